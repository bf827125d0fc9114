"""Train the compact embedding, in as many stages as it takes: the command line of `training.train`.

A stage goes on from the last checkpoint in OUT and lasts `--steps` or `--minutes`. The learning rate stays constant
after its warm-up, except in a stage with `--decay SHARE`, which brings it to zero over that share of the stage; so
a run can end whenever the clock says so. Ctrl-C or SIGTERM stores a checkpoint first. The side of the input may differ
from stage to stage: 64 px for most of the steps, the final side for the rest.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from training.augment import Recipe
from training.network import WIDTHS, Architecture


@dataclass(frozen=True, slots=True)
class Stage:
    """One call of the command."""

    out: Path
    side: int
    photos: int
    views: int
    rate: float
    warm_up: int
    decay: float
    steps: int
    began: float | None
    minutes: float
    workers: int
    seed: int
    evaluate_every: float
    lookalikes: float
    hard: float
    same: float
    queue: int
    spread: float
    temperature: float
    memory: int
    recipe: Recipe
    architecture: Architecture
    anchored: bool


def parse_stage(arguments: Sequence[str] | None = None) -> tuple[Stage, Path, Path]:
    """What the command line asks for, with the folders of the data and of the decoded photos."""
    options = vars(_parser().parse_args(arguments))
    data, cache = options.pop("data"), options.pop("cache") or options["out"] / "cache"
    widths, dim, neck = options.pop("widths"), options.pop("dim"), options.pop("neck")
    options["architecture"] = replace(WIDTHS[widths], dim=dim, neck=neck)
    options["recipe"] = replace(Recipe(), **dict(options["recipe"]))
    return Stage(**options), data, cache


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="training.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with tar shards of photos, or with photos")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints and log")
    parser.add_argument("--cache", type=Path, help="folder for decoded photos (default: OUT/cache)")
    parser.add_argument("--side", type=_positive(int), default=112, help="input side of this stage, px")
    parser.add_argument("--photos", type=_positive(int), default=64, help="photos a step")
    parser.add_argument("--views", type=_positive(int), default=4, help="views a photo")
    parser.add_argument("--rate", type=_positive(float), default=2e-3)
    parser.add_argument("--warm-up", type=_positive(int), default=300, help="steps")
    parser.add_argument(
        "--decay", type=_between(0, 1), default=0, help="bring the rate to zero over this last share, 0 to 1"
    )
    parser.add_argument("--steps", type=_positive(int), default=10**9, help="stop after this many steps of this stage")
    parser.add_argument(
        "--began", type=_between(0, 1e9), help="step at which this stage began, where it was stopped in between"
    )
    parser.add_argument("--minutes", type=_positive(float), default=1e9, help="stop after this time")
    parser.add_argument("--workers", type=_positive(int), default=1)
    parser.add_argument("--seed", type=_positive(int), default=1)
    parser.add_argument("--evaluate-every", type=_between(0, 1e9), default=10, help="minutes; 0: never")
    parser.add_argument(
        "--lookalikes", type=_between(0, 1), default=0.3, help="share of photos whose name begins with clothing_"
    )
    parser.add_argument(
        "--hard", type=_between(0, 1), default=0.0, help="share of a batch that is nearest neighbours of the rest"
    )
    parser.add_argument(
        "--same",
        type=_between(0, 2),
        default=0.0,
        help="leave out photos nearer than this to another: the same one twice",
    )
    parser.add_argument("--queue", type=_positive(int), default=4096, help="past embeddings that serve as negatives")
    parser.add_argument("--spread", type=_between(0, 1e9), default=1.0, help="weight of KoLeo")
    parser.add_argument("--temperature", type=_positive(float), default=0.06)
    parser.add_argument(
        "--memory", type=_positive(int), default=600, help="steps that the average of the weights spans"
    )
    parser.add_argument(
        "--recipe",
        type=_setting,
        nargs="*",
        action="extend",
        default=[],
        help=f"of the views, NAME=VALUE: {asdict(Recipe())}",
    )
    parser.add_argument("--widths", choices=WIDTHS, default="taken")
    parser.add_argument("--dim", type=_positive(int), default=256, help="numbers a photo")
    parser.add_argument(
        "--anchored", action=argparse.BooleanOptionalAction, default=True, help="pair views with the original only"
    )
    parser.add_argument("--neck", action=argparse.BooleanOptionalAction, default=True)
    return parser


def _setting(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    known = {field.name for field in fields(Recipe)}
    if name not in known or not value.replace(".", "", 1).isdecimal():
        raise argparse.ArgumentTypeError(
            f"{text!r} is not NAME=VALUE with a value of 0 or more and one of {', '.join(sorted(known))}"
        )
    return name, float(value)


def _positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    def number(text: str) -> float:
        if not (value := kind(text)) > 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    return number


def _between(least: float, most: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        if not least <= float(text) <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least:g} and {most:g}")
        return float(text)

    return number
