"""`python -m training.sittings --data PHOTOS --out RUN`: from photos to the shipped weights, in one command.

Runs the sittings that made the compact network one after another, exports it and draws the curve. Stopped anywhere, it
goes on from the last checkpoint when it is run again. `EXPERIMENTS.md` says how the sittings came about: their lengths
were set by the clock then, and are given in steps here.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

FIRST = ("--temperature", "0.06", "--queue", "64", "--warm-up", "80")
CROPPED = ("--recipe", "smallest=0.25", "aspect=0.45", "screens=0.15")
LATER = ("--temperature", "0.05", "--queue", "1024", "--warm-up", "1", "--hard", "0.5", "--same", "0.5")
SITTINGS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (160, ("--side", "64", *FIRST, "--recipe", "smallest=0.2", "aspect=0.45", "screens=0.15")),
    (1_536, ("--side", "64", *FIRST, *CROPPED)),
    (2_163, ("--side", "64", *FIRST, *CROPPED, "--hard", "0.5")),
    (4_969, ("--side", "96", *FIRST, *CROPPED, "--hard", "0.5", "--decay", "0.6")),
    (6_009, ("--side", "96", *LATER, "--rate", "1.5e-3")),
    (7_773, ("--side", "112", *LATER, "--rate", "1.2e-3", "--decay", "0.8")),
)
"""The step at which each sitting ends, and its options of `training.train`."""

EXPORT = ("--side", "112", "--radius", "0.68")


def left(step: int, count: int | None = None) -> Iterator[tuple[str, ...]]:
    """Options of `training.train` for those of the first `count` sittings that a run at this step has yet to finish."""
    began = 0
    for ends, options in SITTINGS[:count]:
        if step < ends:
            yield (*options, "--began", str(began), "--steps", str(ends - began))
        began = ends


def main() -> None:
    """Train what is left, export, draw."""
    parser = argparse.ArgumentParser(prog="training.sittings", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with tar shards of photos, or with photos")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints, weights, log and curve")
    parser.add_argument("--cache", type=Path, help="folder for decoded photos (default: OUT/cache)")
    options = parser.parse_args()
    cache, checkpoint = options.cache or options.out / "cache", options.out / "checkpoint.npz"
    for arguments in left(step_of(checkpoint)):
        aim = int(arguments[-1]) + int(arguments[-3])
        _run("training.train", "--data", options.data, "--cache", cache, "--out", options.out, *arguments)
        if step_of(checkpoint) < aim:
            raise SystemExit(f"Stopped at step {step_of(checkpoint)}; the same command goes on from there.")
    _run("training.export", "--run", options.out, "--cache", cache, "--to", options.out / "weights", *EXPORT)
    _run("training.curve", options.out)


def step_of(checkpoint: Path) -> int:
    """How many steps a checkpoint has behind it; 0 where there is none."""
    if not checkpoint.exists():
        return 0
    with np.load(checkpoint) as stored:
        return int(stored["step"])


def _run(module: str, *arguments: object) -> None:
    done = subprocess.run([sys.executable, "-m", module, *(str(argument) for argument in arguments)], check=False)
    if done.returncode:
        raise SystemExit(f"{module} ended with exit code {done.returncode}.")


if __name__ == "__main__":
    main()
