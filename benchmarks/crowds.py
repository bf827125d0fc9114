"""How many verdicts a crowd costs: hundreds of copies of one photo, of blank scans, or of frames of a timelapse.

python -m benchmarks.crowds [--counts 500 1000]

The vectors are made, and every verdict is given as the crowd has it: only the search and the plan of questions do work.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import tables
from dedupe.candidates.neighbours import neighbours
from dedupe.grouping.questions import Questions
from dedupe.types import Match, Pair, Relation

_DIM, _RADIUS, _K = 256, 0.8, 10


@dataclass(frozen=True, slots=True)
class Crowd:
    """What it is made of, what each two of it are, and how far its vectors stray from one and from the one before."""

    name: str
    relation: Relation | None
    spread: float
    drift: float = 0.0


CROWDS: Final = (
    Crowd("copies of one photo", Relation.RESAVED, 0.08),
    Crowd("blank scans, nothing in common", None, 0.15),
    Crowd("frames of a timelapse, all similar", Relation.SIMILAR, 0.05, 0.02),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowds", description=__doc__)
    parser.add_argument("--counts", nargs="+", type=int, default=[500, 1000], metavar="N")
    options = parser.parse_args(arguments)
    rows = [_played(crowd, count) for crowd in CROWDS for count in options.counts]
    print(tables.table(("crowd", "candidates", "verdicts", "a photo", "rounds", "s of planning"), rows))
    return 0


def _played(crowd: Crowd, count: int) -> tuple[str, ...]:
    found = neighbours(_vectors(crowd, count), _RADIUS, _K)
    keys = [hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).digest() for number in range(count)]
    places = zip(found.i.tolist(), found.j.tolist(), found.distance.tolist(), strict=True)
    pairs = [Pair(keys[i], keys[j], distance) for i, j, distance in places]
    began, rounds = time.process_time(), 0
    plan = Questions(pairs, {key: (True, 1000) for key in keys})
    while asked := plan.next():
        rounds += 1
        plan.learn(Match(*ends, 0.3, crowd.relation) for ends in asked)
    spent = time.process_time() - began
    name, each = f"{count:,} {crowd.name}", f"{plan.asked / count:.1f}"
    return name, f"{len(pairs):,}", f"{plan.asked:,}", each, str(rounds), f"{spent:.1f}"


def _vectors(crowd: Crowd, count: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(3)
    around = rng.standard_normal(_DIM) + np.cumsum(crowd.drift * rng.standard_normal((count, _DIM)), 0)
    made = around + crowd.spread * rng.standard_normal((count, _DIM))
    unit: NDArray[np.float32] = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    return unit


if __name__ == "__main__":
    sys.exit(main())
