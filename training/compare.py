"""`python -m training.compare --data DIR --out DIR --photos UNSEEN…`: experiments, each with one thing changed.

The *trunk* is the first three sittings of `sittings.py`, at 64 px. Each branch goes on from it for `--steps` more steps,
its rate brought to zero, and differs from `base`, today's recipe, in one option of training.train; branches that change
the network start from nothing and stand beside `base from nothing`. All are measured by their averaged weights on the
33 changes of UNSEEN, photos never trained on. A branch that has its row in OUT/branches.csv is not run again.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from numpy.typing import NDArray

from training.augment import square
from training.copies import TIERS
from training.evaluate import collect
from training.export import averaged
from training.metrics import figures, widest_radius
from training.photos import Photos, open_cache
from training.pixels import Picture
from training.sittings import SITTINGS, left, step_of

TRUNK = 3
BRANCH = (
    "--side",
    "64",
    "--temperature",
    "0.05",
    "--queue",
    "1024",
    "--warm-up",
    "1",
    "--decay",
    "0.9",
    "--hard",
    "0.5",
)
BRANCHES: dict[str, tuple[str, ...]] = {
    "base": (),
    "base, another seed": ("--seed", "2"),
    "no hard negatives": ("--hard", "0"),
    "hard negatives 0.75": ("--hard", "0.75"),
    "no look-alikes drawn more often": ("--lookalikes", "0"),
    "temperature 0.03": ("--temperature", "0.03"),
    "temperature 0.08": ("--temperature", "0.08"),
    "no spreading": ("--spread", "0"),
    "spreading 0.3": ("--spread", "0.3"),
    "spreading 3": ("--spread", "3"),
    "no queue": ("--queue", "1"),
    "queue 4,096": ("--queue", "4096"),
    "128 photos × 2 views": ("--photos", "128", "--views", "2"),
    "32 photos × 8 views": ("--photos", "32", "--views", "8"),
    "near photos left out": ("--same", "0.3"),
    "no screenshots": ("--recipe", "screens=0"),
    "no frames": ("--recipe", "framed=0"),
    "no captions, stamps, boxes": ("--recipe", "drawn=0"),
    "no tones": ("--recipe", "tones=0"),
    "no wear": ("--recipe", "wear=0"),
    "no turns": ("--recipe", "turned=0"),
    "no mirror": ("--recipe", "mirrored=0"),
    "no tilt": ("--recipe", "tilted=0"),
    "crops to 40 %": ("--recipe", "smallest=0.4"),
    "crops to 25 %": ("--recipe", "smallest=0.25"),
    "crops of about the same shape": ("--recipe", "aspect=0.3"),
    "no clean views": ("--recipe", "clean=0"),
    "all views cropped": ("--recipe", "whole=0"),
    "rate 5e-4": ("--rate", "5e-4"),
    "twice as long": ("--steps", "300"),
    "112 px": ("--side", "112"),
    "128 px": ("--side", "128"),
    "160 px": ("--side", "160"),
}
FROM_NOTHING: dict[str, tuple[str, ...]] = {
    "base from nothing": (),
    "dimension 128": ("--dim", "128"),
    "dimension 512": ("--dim", "512"),
    "prototype's widths": ("--widths", "prototype"),
    "slim": ("--widths", "slim"),
    "wide": ("--widths", "wide"),
    "no neck": ("--no-neck",),
    "view to view as well": ("--no-anchored",),
}
SHOWN = (
    "phone screenshot",
    "white frame",
    "meme",
    "turn 90",
    "mirror",
    "tilt 10",
    "crop 40",
    "16:9",
    "sepia + vignette",
)
HEAD = "branch,steps,seconds a step,AP,recall at 0,recall at 0.1 %,recall at 1 %,radius,copy,edit,hard"


@dataclass(frozen=True, slots=True)
class Bench:
    """What every branch is measured on: unseen photos, and others that must stay away from them."""

    pictures: tuple[Picture, ...]
    others: Photos
    chosen: NDArray[np.int64]

    def squares(self, side: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """uint8[n, 1 + changes, s, s, 3], original first, and the others uint8[m, s, s, 3]."""
        changes = [change for tier in TIERS.values() for change in tier.values()]
        made = [np.stack([square(p, side), *(square(change(p), side) for change in changes)]) for p in self.pictures]
        return np.stack(made), np.stack([square(self.others[int(i)], side) for i in self.chosen])


def measure(network: keras.Model, squares: NDArray[np.uint8], others: NDArray[np.uint8], false: float) -> list[float]:
    """The columns of HEAD from AP on, then a share for each change of SHOWN.

    The radius is the widest with at most `false` others a photo; the shares are of copies within it.
    """
    count, each = squares.shape[:2]
    unit = _embedded(network, squares.reshape(-1, *squares.shape[2:])).reshape(count, each, -1)
    near = unit[:, 0] @ _embedded(network, others).T
    radius = widest_radius(np.sqrt(np.maximum(2 - 2 * near, 0)), false)
    found = np.linalg.norm(unit[:, 1:] - unit[:, :1], axis=2) <= radius
    names = [name for tier in TIERS.values() for name in tier]
    share = dict(zip(names, found.mean(axis=0).tolist(), strict=True))
    made = figures(unit[:, 1:].reshape(count * (each - 1), -1), np.repeat(np.arange(count), each - 1), unit[:, 0])
    tiers = [float(np.mean([share[name] for name in tier])) for tier in TIERS.values()]
    return [made.average_precision, *made.recall, radius, *tiers, *(share[name] for name in SHOWN)]


def _embedded(network: keras.Model, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    parts = [
        np.asarray(keras.ops.convert_to_numpy(network(pixels[i : i + 200].astype(np.float32), training=False)))
        for i in range(0, len(pixels), 200)
    ]
    return np.concatenate(parts)


def train(options: argparse.Namespace, out: Path, *arguments: str) -> float:
    """One sitting of training.train in a process of its own; its seconds, start included."""
    command = [sys.executable, "-m", "training.train", "--data", options.data, "--cache", options.cache, "--out", out]
    began = time.monotonic()
    subprocess.run([str(part) for part in (*command, "--evaluate-every", "0", *arguments)], check=True)
    return time.monotonic() - began


def branch(options: argparse.Namespace, name: str) -> tuple[Path, int, float]:
    """Train a branch; its folder, its steps of its own, and what one took in seconds."""
    out = options.out / "branch"
    out.mkdir(parents=True, exist_ok=True)
    (out / "checkpoint.npz").unlink(missing_ok=True)
    if name in BRANCHES:
        shutil.copy(options.out / "trunk" / "checkpoint.npz", out)
        arguments = [*BRANCH, "--steps", str(options.steps), "--rate", str(options.rate), *BRANCHES[name]]
    else:
        arguments = [*SITTINGS[0][1], "--decay", "0.5", "--steps", str(2 * options.steps), *FROM_NOTHING[name]]
    seconds = train(options, out, *arguments)
    steps = int(arguments[len(arguments) - 1 - arguments[::-1].index("--steps") + 1])
    return out, steps, seconds / steps


def main() -> None:
    """Train and measure the branches asked for."""
    parser = argparse.ArgumentParser(prog="training.compare", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--cache", type=Path, required=True, help="decoded photos of --data, as training.train makes them"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", type=Path, nargs="+", required=True, help="folders of photos never trained on")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--rate", type=float, default=1e-3, help="of the branches")
    parser.add_argument("--others", type=int, default=2000, help="photos that must stay away from UNSEEN")
    parser.add_argument("--only", nargs="*", default=[*BRANCHES, *FROM_NOTHING], choices=[*BRANCHES, *FROM_NOTHING])
    options = parser.parse_args()
    for arguments in left(step_of(options.out / "trunk" / "checkpoint.npz"), TRUNK):
        train(options, options.out / "trunk", *arguments)
    table = options.out / "branches.csv"
    if not table.exists():
        table.write_text(",".join([HEAD, *SHOWN]) + "\n")
    cache = open_cache(options.cache)
    bench = Bench(tuple(collect(options.photos, 0, None)), cache, cache.split(400)[0][:: len(cache) // options.others])
    squares: dict[int, tuple[NDArray[np.uint8], NDArray[np.uint8]]] = {}
    for name in options.only:
        with table.open(newline="") as file:
            if name in {row[0] for row in csv.reader(file)}:
                continue
        out, steps, seconds = branch(options, name)
        with np.load(out / "checkpoint.npz") as stored:
            side = int(stored["side"])
        if side not in squares:
            squares = {side: bench.squares(side)}
        false = len(bench.chosen) / 20_000  # as many a photo as one in a library of 20,000
        for label, network in (
            (name, averaged(out)),
            *(((f"{name}, last weights", averaged(out, last=True)),) if name == "base" else ()),
        ):
            row = [label, str(steps), f"{seconds:.2f}", *(f"{v:.4f}" for v in measure(network, *squares[side], false))]
            with table.open("a", newline="") as file:
                csv.writer(file).writerow(row)
            print(*row, flush=True)


if __name__ == "__main__":
    main()
