"""What the alignment says of every copy and its original in a tree with a ``truth.csv``, without a scan.

python -m benchmarks.pairs TREE [--changes NAME…] [--measures] [--without PIECE…]

``truth.csv`` is what ``benchmarks.truth`` describes. Prints, for each change, how many copies are verified and what their
verdicts rest on. With ``--measures`` also the extremes of what ``dedupe.comparing.thresholds`` are held against. With
``--without`` also how many are verified when each of these pieces of evidence alone is not asked.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from unittest import mock

from benchmarks import tables
from benchmarks.truth import Copied, copies
from dedupe.comparing import classify, homography, regions, response, sensor_noise, untouched
from dedupe.comparing import relate as relating
from dedupe.comparing.measure import Measurement
from dedupe.comparing.pictures import features_of
from dedupe.comparing.relate import RelateTask, View, relate
from dedupe.decoding import content_key, decode, preview, read
from dedupe.report import phrases
from dedupe.types import Match, Relation

PIECES: Mapping[str, tuple[ModuleType, str, object]] = {
    "untouched places": (untouched, "saved_in_part", False),
    "tilt to the pixel": (homography, "_is_finer", False),
    "a hand's tilt": (classify, "_tilted_by_hand", False),
    "letters on paper": (regions, "_on_paper", True),
    "a filter's law": (response, "predicted", None),
    "veils": (regions, "_shows_through", False),
    "sensor noise": (sensor_noise, "captures", sensor_noise.Captures.UNKNOWN),
}
"""Each piece of evidence: the function that asks for it, and the answer where nothing is known."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairs", description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--changes", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--measures", action="store_true")
    parser.add_argument("--without", nargs="*", default=[], metavar="PIECE", choices=PIECES)
    options = parser.parse_args(arguments)
    pairs = [pair for pair in copies(options.tree) if not options.changes or pair.change in options.changes]
    verdicts = _verdicts(pairs)
    rows = [_row(change, matches) for change, matches in sorted(verdicts.items())]
    rows.append(_row("all", [match for matches in verdicts.values() for match in matches]))
    print(tables.table(("change", "verified", "what the verdicts rest on"), rows))
    if options.without:
        print("\n" + _ablations(pairs, verdicts, options.without))
    if options.measures:
        print("\n" + tables.table(("measure", "least", "10 %", "median", "90 %", "most"), _measures(pairs)))
    return 0


@lru_cache(maxsize=64)
def view(path: Path) -> View:
    """The photo as the scan hands it to the alignment."""
    data = path.read_bytes()
    decoded = decode.decode(data, long_side=preview.PREVIEW_SIDE)
    return View(content_key.content_key(data), preview.preview(decoded.pixels), read.facts_of(decoded), str(path))


def _verdicts(pairs: Sequence[Copied]) -> dict[str, list[Match]]:
    verdicts: dict[str, list[Match]] = defaultdict(list)
    for pair in pairs:
        verdicts[pair.change].append(relate(RelateTask(view(pair.original), view(pair.copy), 0.5)))
    return verdicts


def _ablations(pairs: Sequence[Copied], whole: Mapping[str, Sequence[Match]], without: Sequence[str]) -> str:
    """How many copies are verified, by change, with all evidence and without each piece alone."""
    columns = [whole, *(_verdicts_without(piece, pairs) for piece in without)]
    rows = [
        (change, *(f"{_verified(column[change])}/{len(column[change])}" for column in columns))
        for change in sorted(whole)
    ]
    totals = [f"{sum(map(_verified, column.values()))}/{len(pairs)}" for column in columns]
    return tables.table(
        ("change", "all evidence", *(f"without {piece}" for piece in without)), [*rows, ("all", *totals)]
    )


def _verdicts_without(piece: str, pairs: Sequence[Copied]) -> dict[str, list[Match]]:
    module, name, answer = PIECES[piece]
    with mock.patch.object(module, name, return_value=answer):
        return _verdicts(pairs)


def _verified(matches: Sequence[Match]) -> int:
    return sum(match.relation not in (None, Relation.SIMILAR) for match in matches)


def _row(change: str, matches: Sequence[Match]) -> tuple[str, str, str]:
    said = Counter(_said(match) for match in matches)
    verified = _verified(matches)
    share = f"{verified / len(matches):.2f} ({verified}/{len(matches)})"
    return change, share, "; ".join(f"{words} × {count}" for words, count in said.most_common(4))


def _said(match: Match) -> str:
    relation = match.relation.value if match.relation is not None else "unrelated"
    return f"{relation} ({phrases.change(match.remark).partition(' to ')[0]})" if match.remark else relation


def _measures(pairs: Sequence[Copied]) -> list[tuple[str, ...]]:
    values: dict[str, list[float]] = defaultdict(list)
    for pair in pairs:
        _, measurement = relating.first_measurement(*(features_of(view(path)) for path in (pair.original, pair.copy)))
        for name, value in _values(measurement) if measurement is not None else ():
            values[name].append(value)
    return [
        (name, *(f"{_quantile(found, share):.3f}" for share in (0, 0.1, 0.5, 0.9, 1))) for name, found in values.items()
    ]


def _values(measurement: Measurement) -> Iterator[tuple[str, float]]:
    yield from (("fit", measurement.fit), ("quarter", measurement.quarter), ("agreement", measurement.agreement))
    yield from (("bend, px", measurement.bend.amplitude), ("tone, levels", measurement.difference.tone))
    yield "unexplained, levels", measurement.difference.noise
    found = sensor_noise.noise(measurement.unsoftened, measurement.difference.mask)
    if found is not None:
        yield from (
            ("noise, levels", found.strength),
            ("noise shared", found.shared),
            ("noise likeness", found.likeness),
        )


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[round(share * (len(ordered) - 1))]


if __name__ == "__main__":
    sys.exit(main())
