"""`python -m training.compare --data DIR --out DIR --photos UNSEEN…`: experiments, each with one thing changed.

The *trunk* is the first three stages of `stages.py`, at 64 px. Each branch goes on from it for `--steps` more steps,
its rate brought to zero, and differs from `base` in one option of training.train. The kinds of views, which a trunk that
has seen them does not forget so soon, and the network itself are tried from nothing, for twice as many steps, beside
`base from nothing`. All are measured by their averaged weights on the 33 changes of UNSEEN, photos never trained on. A
branch that has its row in OUT/branches.csv is not run again.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from numpy.typing import NDArray

from training.augment import square
from training.checkpoints import averaged
from training.copies import TIERS
from training.evaluate import collect
from training.metrics import figures, widest_radius
from training.network import embedded
from training.photos import HELD_OUT, Photos, open_cache
from training.pixels import Picture
from training.stages import STAGES, left, run, step_of

TRUNK = 3
BRANCH = (
    *("--side", "64", "--temperature", "0.05", "--queue", "1024", "--hard", "0.5", "--warm-up", "1", "--decay", "0.9"),
    *("--memory", "40"),  # a longer one would average the trunk into every branch
)
BRANCHES: dict[str, tuple[str, ...]] = {
    "base": (),
    "other photos and views (seed 2)": ("--seed", "2"),
    "no hard negatives": ("--hard", "0"),
    "hard negatives 0.75": ("--hard", "0.75"),
    "clothes as often as they occur": ("--lookalikes", "0.17"),
    "temperature 0.03": ("--temperature", "0.03"),
    "temperature 0.08": ("--temperature", "0.08"),
    "no spreading": ("--spread", "0"),
    "spreading 0.3": ("--spread", "0.3"),
    "spreading 3": ("--spread", "3"),
    "spreading 10": ("--spread", "10"),
    "no queue": ("--queue", "1"),
    "queue 4,096": ("--queue", "4096"),
    "128 photos × 2 views": ("--photos", "128", "--views", "2"),
    "32 photos × 8 views": ("--photos", "32", "--views", "8"),
    "near photos left out": ("--same", "0.3"),
    "rate 5e-4": ("--rate", "5e-4"),
    "300 steps": ("--steps", "300"),
    "112 px": ("--side", "112"),
    "128 px": ("--side", "128"),
    "160 px": ("--side", "160"),
}
FROM_NOTHING: dict[str, tuple[str, ...]] = {
    "base from nothing": (),
    "no screenshots": ("--recipe", "screens=0"),
    "no frames": ("--recipe", "framed=0"),
    "no captions, stamps, boxes": ("--recipe", "drawn=0"),
    "no tones": ("--recipe", "tones=0"),
    "no wear": ("--recipe", "wear=0"),
    "no turns": ("--recipe", "turned=0"),
    "no mirror": ("--recipe", "mirrored=0"),
    "no tilt": ("--recipe", "tilted=0"),
    "crops to 40 %": ("--recipe", "smallest=0.4"),
    "crops of about the same shape": ("--recipe", "aspect=0.3"),
    "no clean views": ("--recipe", "clean=0"),
    "all views cropped": ("--recipe", "whole=0"),
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
HEAD = ("branch", "steps", "AP", "recall at 0", "recall at 0.1 %", "recall at 1 %", "radius", "copy", "edit", "hard")


@dataclass(frozen=True, slots=True)
class Bench:
    """What every branch is measured on: unseen photos, and training photos that must stay away from them."""

    pictures: tuple[Picture, ...]
    cache: Photos
    others: NDArray[np.int64]

    @classmethod
    def of(cls, pictures: Sequence[Picture], cache: Photos, others: int) -> Bench:
        """With so many others, or all there are; ValueError without pictures."""
        pool = cache.split(HELD_OUT)[0]
        if not pictures or others < 1:
            raise ValueError("no photos to measure on")
        return cls(tuple(pictures), cache, pool[:: max(1, len(pool) // others)][:others])

    @property
    def allowed(self) -> float:
        """As many of the others a photo as one in a library of 20,000."""
        return len(self.others) / 20_000

    def squares(self, side: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """uint8[n, 1 + changes, s, s, 3], original first, and the others uint8[m, s, s, 3]."""
        changes = [change for tier in TIERS.values() for change in tier.values()]
        made = [np.stack([square(p, side), *(square(change(p), side) for change in changes)]) for p in self.pictures]
        return np.stack(made), np.stack([square(self.cache[int(i)], side) for i in self.others])


def measure(unit: NDArray[np.float32], others: NDArray[np.float32], false: float) -> list[float]:
    """The columns of HEAD from AP on, then a share for each change of SHOWN.

    Unit vectors float32[n, 1 + changes, d], original first, and of others float32[m, d]. The radius is the widest with
    at most `false` others a photo; the shares are of copies within it. Shots of one scene count as false pairs here.
    """
    count, each = unit.shape[:2]
    near = unit[:, 0] @ others.T
    radius = widest_radius(np.sqrt(np.maximum(2 - 2 * near, 0)), false)
    found = np.linalg.norm(unit[:, 1:] - unit[:, :1], axis=2) <= radius
    names = [name for tier in TIERS.values() for name in tier]
    share = dict(zip(names, found.mean(axis=0).tolist(), strict=True))
    made = figures(unit[:, 1:].reshape(count * (each - 1), -1), np.repeat(np.arange(count), each - 1), unit[:, 0])
    tiers = [float(np.mean([share[name] for name in tier])) for tier in TIERS.values()]
    return [made.average_precision, *made.recall, radius, *tiers, *(share[name] for name in SHOWN)]


class Comparison:
    """One folder of branches, all from one trunk and with the same settings."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Open the folder; ValueError where there are no photos, or the rows there are of other settings."""
        self.options = options
        cache = open_cache(options.cache)
        self.bench = Bench.of(collect(options.photos, 0, None), cache, options.others)
        self.table, self.trunk = options.out / "branches.csv", options.out / "trunk" / "checkpoint.npz"
        folders = [str(folder.resolve()) for folder in (options.data, *options.photos)]
        settings = json.dumps([*BRANCH, options.steps, options.rate, len(self.bench.others), *folders])
        path = options.out / "settings.json"
        if path.exists() and path.read_text() != settings:
            raise ValueError(f"{options.out} holds branches of other settings")
        options.out.mkdir(parents=True, exist_ok=True)
        path.write_text(settings)
        if not self.table.exists():
            self.write([[*HEAD, *SHOWN]])

    def write(self, rows: Sequence[Sequence[str]]) -> None:
        """Append rows to branches.csv, all at once."""
        with self.table.open("a", newline="") as file:
            csv.writer(file).writerows(rows)

    def done(self) -> set[str]:
        """The branches that have their row."""
        with self.table.open(newline="") as file:
            return {row[0] for row in csv.reader(file)}

    def train(self, out: Path, *arguments: str) -> None:
        """One stage of training.train."""
        place = ("--data", self.options.data, "--cache", self.options.cache, "--out", out)
        run("training.train", *place, "--evaluate-every", "0", *arguments)

    def branch(self, name: str) -> None:
        """Train a branch, measure it, write its row."""
        out = self.options.out / "branch"
        out.mkdir(parents=True, exist_ok=True)
        checkpoint = out / "checkpoint.npz"
        checkpoint.unlink(missing_ok=True)
        steps, rate = self.options.steps, str(self.options.rate)
        if name in BRANCHES:
            shutil.copy(self.trunk, checkpoint)
            self.train(out, *BRANCH, "--steps", str(steps), "--rate", rate, *BRANCHES[name])
        else:
            self.train(out, *STAGES[0][1], "--decay", "0.5", "--steps", str(2 * steps), *FROM_NOTHING[name])
        with np.load(checkpoint) as stored:
            side, own = int(stored["side"]), int(stored["step"]) - (step_of(self.trunk) if name in BRANCHES else 0)
        measured = {name: averaged(out)}
        if name == "base":
            measured["base, last weights"] = averaged(out, last=True)
        rows = [[label, str(own), *self.measured(network, side)] for label, network in measured.items()]
        self.write(rows)
        for row in rows:
            print(*row, flush=True)

    def measured(self, network: keras.Model, side: int) -> list[str]:
        """The figures of a network, as they stand in the table."""
        squares, others = self.bench.squares(side)
        unit = embedded(network, squares.reshape(-1, *squares.shape[2:])).reshape(*squares.shape[:2], -1)
        return [f"{value:.4f}" for value in measure(unit, embedded(network, others), self.bench.allowed)]


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
    try:
        comparison = Comparison(options)
    except (ValueError, OSError) as error:
        raise SystemExit(f"{error}.") from error
    for _, arguments in left(step_of(comparison.trunk), TRUNK):
        comparison.train(comparison.trunk.parent, *arguments)
    for name in options.only:
        if name not in comparison.done():
            comparison.branch(name)


if __name__ == "__main__":
    main()
