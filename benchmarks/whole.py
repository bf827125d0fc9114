"""What a whole scan costs against its reading, and `scan --exact` against hashing; both in one run, nothing set apart.

python -m benchmarks.whole [--photos DIR…] [--originals 400] [--jobs 2] [--out FILE.md]

The tree is that of the accuracy benchmark, full of copies. "Everything after reading" is what the scan books under neighbours,
relate, complete and group; reading is walk, read and embed. Hashing is the content key of every file that shares its size with
another, by as many processes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks import tables
from benchmarks.photographs import HELP, photographs
from benchmarks.running import Run, scan
from benchmarks.tree import TreeOptions, build

_READING = ("walk", "read", "embed")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; 0."""
    options = _parser().parse_args(arguments)
    options.photos = options.photos or [str(photographs(options.work))]
    folders = tuple(str(Path(folder).resolve()) for folder in options.photos)
    tree = build(TreeOptions(folders, originals=options.originals), options.work, options.jobs)
    place = options.work / "whole"
    shutil.rmtree(place, ignore_errors=True)
    before = _processor()
    whole = scan([tree.root], place / "whole", "--jobs", str(options.jobs), quiet=True)
    spent = _processor() - before
    hashing = _hash_shared(tree.root, options.jobs)
    start_up = scan([_empty(place)], place / "empty", "--exact", quiet=True).seconds
    exact = scan([tree.root], place / "exact", "--exact", "--jobs", str(options.jobs), quiet=True)
    text = _table(whole, place / "whole" / "store.db", len(tree.entries), spent)
    text += f"\n\n{_exact_table(exact, hashing, start_up)}"
    print(text)
    if options.out:
        options.out.write_text(text + "\n", "utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whole", description=__doc__)
    parser.add_argument("--photos", nargs="+", metavar="DIR", help=f"what the pictures are made of {HELP}")
    parser.add_argument("--originals", type=int, default=400, metavar="N")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"), metavar="DIR")
    parser.add_argument("--out", type=Path, metavar="FILE.md")
    return parser


def _processor() -> float:
    """Seconds of processor that all finished child processes used."""
    times = os.times()
    return times.children_user + times.children_system


def _table(run: Run, store: Path, files: int, spent: float) -> str:
    seconds = run.report["stats"]["seconds"]
    reading = sum(seconds.get(name, 0.0) for name in _READING)
    after = sum(seconds.values()) - reading
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as cache:
        refused, judged = (
            cache.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("refusals", "verdicts")
        )
    rows = [
        ("the whole scan", f"{run.seconds:.1f} s", ""),
        ("… of one processor, a file", f"{spent:.1f} s, {1000 * spent / files:.0f} ms", ""),
        ("reading and embedding", f"{reading:.1f} s", ""),
        ("everything after reading", f"{after:.1f} s", ""),
        ("ratio", f"{after / reading:.2f}", "≤ 2"),
        ("pairs refused by their signatures", f"{refused:,}", ""),
        ("pairs looked at closely, a photo", f"{judged:,}, {judged / files:.2f}", ""),
    ]
    table = tables.table((f"scan of {files:,} files", "reached", "asked"), rows)
    return f"{table}\n\n{tables.by_name('step', {name: f'{spent:.1f} s' for name, spent in seconds.items()})}"


def _exact_table(run: Run, hashing: float, start_up: float) -> str:
    own = run.seconds - start_up
    rows = [
        ("hashing the files that share a size", f"{hashing:.2f} s", ""),
        ("start-up (an empty folder)", f"{start_up:.2f} s", ""),
        ("`scan --exact`, start-up apart", f"{own:.2f} s", ""),
        ("ratio", f"{own / max(hashing, 1e-3):.2f}", "≤ 1.5"),
        ("copies found", run.report["stats"]["extras"], ""),
    ]
    return tables.table(("`scan --exact`", "reached", "asked"), rows)


def _empty(place: Path) -> Path:
    folder = place / "nothing"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _hash_shared(root: Path, jobs: int) -> float:
    """Seconds to hash the files that share a size, the processes already running."""
    files = [path for path in root.rglob("*") if path.is_file()]
    sizes = Counter(path.stat().st_size for path in files)
    shared = [str(path) for path in files if sizes[path.stat().st_size] > 1]
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        pool.map(_hash, shared[:jobs], chunksize=1)
        began = time.perf_counter()
        for _ in pool.imap_unordered(_hash, shared, chunksize=8):
            pass
        return time.perf_counter() - began


def _hash(path: str) -> bytes:
    from dedupe.decoding.content_key import content_key

    return content_key(Path(path).read_bytes())


if __name__ == "__main__":
    sys.exit(main())
