"""What refusing candidate pairs by their signatures saves, and what it loses: every refused pair gets the full look all the same.

python -m benchmarks.refusals [--photos DIR|TAR…] [--pairs 20000]

The photos are read as a scan reads them; the closest pairs of different contents are refused or passed on, and the refused
ones go through `relate`. A refused pair that comes out related is lost: none may be. Every verdict is kept at once, so that a
run that was stopped goes on. The exit code is 1 where a pair was lost that is a copy (`edited` or safer).
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks import judging, tables
from benchmarks.photographs import HELP, photographs
from dedupe.comparing.refusal import RefusalTask, refusals
from dedupe.comparing.version import REFUSAL_VERSION, RELATE_VERSION
from dedupe.decoding.signing import SigningRequest, sign
from dedupe.embedding import info
from dedupe.steps.refuse import CLOSE_SHARE, PAIRS_A_TASK
from dedupe.types import Relation
from dedupe.workers import WorkerPool

_COPIES = frozenset({Relation.IDENTICAL, Relation.SAME_PIXELS, Relation.RESAVED, Relation.EDITED})
_Near = tuple[str, str, float]


@dataclass(frozen=True, slots=True)
class Refused:
    """The pairs asked for, those of them that were refused, and the processor milliseconds of one worker a pair."""

    asked: int
    pairs: tuple[_Near, ...]
    milliseconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0 where no copy is lost, else 1."""
    options = _parser().parse_args(arguments)
    options.photos = options.photos or [str(photographs(options.work))]
    place = options.work / "refusals"
    place.mkdir(parents=True, exist_ok=True)
    name = f"verdicts-{RELATE_VERSION}-{REFUSAL_VERSION}.db"
    with closing(sqlite3.connect(place / name)) as store:
        store.executescript(judging.SCHEMA)
        judging.read_photos(store, list(judging.photo_files(options.photos, place / "photos")), options.jobs)
        refused = _refused(store, judging.nearest_pairs(store, options.pairs), options.jobs)
        judging.judge_pairs(store, refused.pairs, options.jobs)
        return _report(store, refused)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.refusals", description=__doc__)
    parser.add_argument("--photos", nargs="+", metavar="DIR|TAR", help=f"what the pictures are made of {HELP}")
    parser.add_argument("--pairs", type=int, default=20_000, metavar="N", help="the closest pairs (default 20000)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"), metavar="DIR")
    return parser


def _refused(store: sqlite3.Connection, pairs: Sequence[_Near], jobs: int) -> Refused:
    """The pairs of these that a scan would refuse; the closest of all it never does."""
    close = CLOSE_SHARE * info(judging.MODEL).radius
    far = [pair for pair in pairs if pair[2] > close]
    signatures = _signatures(store, sorted({path for a, b, _ in far for path in (a, b)}), jobs)
    found: list[_Near] = []
    spent = 0.0
    for start in range(0, len(far), PAIRS_A_TASK):
        some = far[start : start + PAIRS_A_TASK]
        task = RefusalTask(
            tuple((a.encode(), b.encode()) for a, b, _ in some),
            {path.encode(): signatures[path] for a, b, _ in some for path in (a, b)},
        )
        before = time.process_time()
        answers = refusals(task)
        spent += time.process_time() - before
        found += [pair for pair, no in zip(some, answers, strict=True) if no]
    return Refused(len(pairs), tuple(found), 1000 * spent / max(1, len(far)))


def _signatures(store: sqlite3.Connection, paths: Sequence[str], jobs: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}

    def requests() -> Iterator[SigningRequest]:
        for path in paths:
            yield SigningRequest(path.encode(), judging.view_of(store, path).preview)

    with WorkerPool(jobs) as pool:
        for request, data in pool.run(sign, requests()):
            if isinstance(data, bytes):
                found[request.key.decode()] = data
    return found


def _report(store: sqlite3.Connection, refused: Refused) -> int:
    verdicts = {(a, b): relation for a, b, relation in store.execute("SELECT a, b, relation FROM verdicts")}
    counts = Counter(str(verdicts[a, b] or "unrelated") for a, b, _ in refused.pairs)
    lost = [(a, b) for a, b, _ in refused.pairs if verdicts[a, b] in _COPIES]
    rows = [
        ("closest pairs", f"{refused.asked:,}"),
        ("refused by their signatures", f"{len(refused.pairs):,} ({len(refused.pairs) / max(1, refused.asked):.1%})"),
        ("processor time a pair", f"{refused.milliseconds:.2f} ms"),
        *((f"of the refused, {relation} at a full look", f"{count:,}") for relation, count in sorted(counts.items())),
    ]
    print(tables.table(("refusals", ""), rows))
    for pair in lost:
        print("lost:", *pair, sep="\t")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
