"""How often the clues to which picture was made from which are right, by change.

python -m benchmarks.direction --photos DIR… [--count N]

Every photo is changed in every fourth of the everyday ways (changes.py), and the pair compared. ``right``: the clues say that the
copy was made from the photo; ``wrong``: the other way round; ``unclear``: neither clearly.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import tables
from benchmarks.changes import CHANGES, encode
from benchmarks.pictures import upright
from benchmarks.tree import PICTURES
from dedupe.comparing.relate import RelateTask, View, relate
from dedupe.decoding import content_key, decode, preview, read
from dedupe.grouping.membership import MADE_FROM
from dedupe.types import Match, Relation

_EVERY = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.direction", description=__doc__)
    parser.add_argument("--photos", nargs="+", required=True, metavar="DIR")
    parser.add_argument("--count", type=int, default=40, metavar="N", help="so many photos at most (default 40)")
    options = parser.parse_args(arguments)
    files = [path for folder in options.photos for path in sorted(Path(folder).rglob("*")) if path.suffix in PICTURES]
    told: dict[str, Counter[str]] = {change.name: Counter() for change in CHANGES}
    with tempfile.TemporaryDirectory() as folder:
        for number, file in enumerate(files[: options.count]):
            for name, answer in _answers(number, file, Path(folder)):
                told[name][answer] += 1
    rows = [
        (name, *(counts[answer] for answer in ("right", "wrong", "unclear", "not one capture")))
        for name, counts in told.items()
    ]
    print(tables.table(("change", "right", "wrong", "unclear", "not one capture"), rows))
    return 0


def _answers(number: int, file: Path, folder: Path) -> Iterator[tuple[str, str]]:
    data = file.read_bytes()
    original = _view(folder / "original", data)
    for at, change in enumerate(CHANGES):
        if (number + at) % _EVERY == 0:
            made = encode(change.apply(upright(data), np.random.default_rng([number, at])))
            match = relate(RelateTask(original, _view(folder / "made", made), 0.5))
            yield change.name, _answer(match, original)


def _answer(match: Match, original: View) -> str:
    if match.relation in (None, Relation.SIMILAR):
        return "not one capture"
    sign = 1 if match.a == original.content_key else -1
    weight = sign * sum(clue.weight for clue in match.clues)
    return "right" if weight >= MADE_FROM else "wrong" if weight <= -MADE_FROM else "unclear"


def _view(path: Path, data: bytes) -> View:
    path.write_bytes(data)
    decoded = decode.decode(data, long_side=preview.PREVIEW_SIDE)
    return View(content_key.content_key(data), preview.preview(decoded.pixels), read.facts_of(decoded), str(path))


if __name__ == "__main__":
    sys.exit(main())
