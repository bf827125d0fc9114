"""`python -m training.stages --data PHOTOS --out RUN`: from photos to the shipped weights, in one command.

Runs the stages that made the compact network one after another, exports it with a radius calibrated on these
photos, and draws the curve. Stopped anywhere, it goes on from the last checkpoint when it is run again. How the stages
came about is in `EXPERIMENTS.md`: their lengths were set by the clock then, and are given in steps here.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

FIRST = ("--temperature", "0.06", "--queue", "64", "--warm-up", "80")
CROPPED = ("--recipe", "smallest=0.25", "aspect=0.45", "screens=0.15")
HARSHER = ("--recipe", "whole=0.3", "smallest=0.14", "aspect=0.8", "screens=0.2", "turned=0.35", "tones=1")
LATER = ("--temperature", "0.05", "--queue", "1024", "--warm-up", "1", "--hard", "0.5", "--same", "0.5", *HARSHER)
TURNED = ("--recipe", "whole=0.2", "smallest=0.14", "aspect=0.8", "screens=0.2", "turned=0.6", "tones=1.3")
LAST = ("--temperature", "0.05", "--queue", "1024", "--warm-up", "1", "--same", "0.3", *TURNED)
STAGES: tuple[tuple[int, tuple[str, ...]], ...] = (
    (160, ("--side", "64", *FIRST, "--recipe", "smallest=0.2", "aspect=0.45", "screens=0.15")),
    (1_536, ("--side", "64", *FIRST, *CROPPED)),
    (2_163, ("--side", "64", *FIRST, *CROPPED, "--hard", "0.5")),
    (4_969, ("--side", "96", *FIRST, *CROPPED, "--hard", "0.5", "--decay", "0.6")),
    (6_009, ("--side", "96", *LATER, "--rate", "1.5e-3")),
    (7_773, ("--side", "112", *LATER, "--rate", "1.2e-3", "--decay", "0.8")),
    (8_343, ("--side", "112", *LATER, "--rate", "1e-3")),
    (9_140, ("--side", "112", *LAST, "--rate", "1e-3", "--hard", "0.5")),
    (9_525, ("--side", "112", *LAST, "--rate", "8e-4", "--hard", "0.75")),
    (10_799, ("--side", "112", *LAST, "--rate", "8e-4", "--hard", "0.75", "--spread", "3", "--decay", "0.9")),
)
"""The step at which each stage ends, and its options of `training.train`."""

EXPORT = ("--side", "112")  # the shipped radius was rounded down, to 0.80


def left(step: int, count: int | None = None) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Say which of the first `count` stages a run at this step has yet to finish.

    Each is (step at which it ends, options of `training.train`).
    """
    began = 0
    for ends, options in STAGES[:count]:
        if step < ends:
            yield ends, (*options, "--began", str(began), "--steps", str(ends - began))
        began = ends


def main() -> None:
    """Train what is left, export, draw."""
    parser = argparse.ArgumentParser(prog="training.stages", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with tar shards of photos, or with photos")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints, weights, log and curve")
    parser.add_argument("--cache", type=Path, help="folder for decoded photos (default: OUT/cache)")
    parser.add_argument(
        "--name", default="own-1", help="of the weights: with a version, because vectors are kept by it"
    )
    options = parser.parse_args()
    cache = options.cache or options.out / "cache"
    for _, arguments in left(step_of(options.out / "checkpoint.npz")):
        run("training.train", "--data", options.data, "--cache", cache, "--out", options.out, *arguments)
    place = ("--cache", cache, "--to", options.out / "weights", "--name", options.name)
    run("training.export", "--run", options.out, *place, *EXPORT)
    run("training.curve", options.out)


def step_of(checkpoint: Path) -> int:
    """How many steps a checkpoint has behind it; 0 where there is none."""
    if not checkpoint.exists():
        return 0
    with np.load(checkpoint) as stored:
        return int(stored["step"])


def run(module: str, *arguments: object) -> None:
    """Run a module of this package in a process of its own; SystemExit with its exit code where that is not 0.

    Ctrl-C and SIGTERM are for that process, which saves its work first; this one waits for it.
    """
    stops: list[int] = []
    command = [sys.executable, "-m", module, *(str(argument) for argument in arguments)]
    before = signal.signal(signal.SIGINT, lambda number, _: stops.append(number))  # not SIG_IGN: a child inherits that
    process = subprocess.Popen(command)

    def pass_on(number: int, _: object) -> None:
        stops.append(number)
        process.terminate()

    ended = signal.signal(signal.SIGTERM, pass_on)
    try:
        code = process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, ended)
    if stops:
        raise SystemExit("Stopped; the same command goes on from the last checkpoint.")
    if code:
        raise SystemExit(code)


if __name__ == "__main__":
    main()
