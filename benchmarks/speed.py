"""Measure how fast dedupe is, as a ratio to the least that the same machine can do in the same run.

python -m benchmarks.speed [--photos DIR|TAR…] [--large 500] [--tiny 50000] [--only help,cold,rescan]
[--stored] [--out FILE.md]

cold: a scan of different 12-megapixel JPEGs with an empty store, against merely decoding them at 1/8 scale
on all cores, in turns; start-up and alignment are shown apart. rescan: nothing changed in a tree of tiny
JPEGs, against walking and stat-ing it; start-up, the scan of an empty folder, is shown apart; in wall-clock and
in processor time, of which the second is the one to compare where other programs run. help: how long
`dedupe --help` takes, against Python alone. Memory is the highest of each run. Modules are compiled once, as
pip compiles them when it installs.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks import tables
from benchmarks.material import large_photos, tiny_photos
from benchmarks.memory import Watched, watched
from benchmarks.photographs import HELP, photographs
from benchmarks.running import ScanFailedError, command, environment, walk_and_stat

HEAVY = ("tensorflow", "cv2", "faiss", "ai_edge_litert", "numpy")
_SECTIONS = ("help", "cold", "rescan")
_STARTS = 15
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Timed:
    """A scan that was timed: the whole process, processor seconds with its workers', steps in seconds, and pairs aligned."""

    whole: Watched
    processor: float
    steps: dict[str, float]
    aligned: int


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: print the tables; 0."""
    options = _parser().parse_args(arguments)
    options.photos = options.photos or [str(photographs(options.work))]
    parts = []
    for name in options.only.split(","):
        parts.append({"help": _help, "cold": _cold, "rescan": _rescan}[name](options))
        print(parts[-1] + "\n", flush=True)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text("\n\n".join(parts) + "\n", "utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--photos", nargs="+", metavar="DIR|TAR", help=f"what the pictures are made of {HELP}")
    parser.add_argument("--large", type=int, default=500, metavar="N", help="12-megapixel JPEGs (default 500)")
    parser.add_argument("--tiny", type=int, default=50_000, metavar="N", help="tiny JPEGs (default 50000)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of each measurement (default 3)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"), metavar="DIR")
    parser.add_argument("--only", default=",".join(_SECTIONS), metavar="NAME,…")
    parser.add_argument("--stored", action="store_true", help="rescan with the store of an earlier run")
    parser.add_argument("--out", type=Path, metavar="FILE.md")
    return parser


def _help(options: argparse.Namespace) -> str:
    place = options.work / "speed" / "home"
    place.mkdir(parents=True, exist_ok=True)
    said = {
        "python -m dedupe --help": [sys.executable, "-m", "dedupe", "--help"],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in said}
    watched(said["python -m dedupe --help"], _installed(place))
    for _ in range(_STARTS):
        for name, line in said.items():
            seconds[name].append(watched(line, _installed(place)).seconds)
    rows = [(name, f"{statistics.median(each):.3f} s", f"{min(each):.3f} s") for name, each in seconds.items()]
    return tables.table(("start", f"median of {_STARTS}", "best"), rows)


def _installed(home: Path) -> dict[str, str]:
    """The environment of a program whose modules are compiled, as pip leaves them, whatever the caller's says of it."""
    found = environment(home)
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**found, "PYTHONPYCACHEPREFIX": str(home.parent / "bytecode")}


def _cold(options: argparse.Namespace) -> str:
    work = options.work / "speed"
    folder = large_photos(options.photos, options.large, work, options.jobs)
    paths = sorted(str(path) for path in folder.rglob("*.jpg"))
    size = sum(len(Path(path).read_bytes()) for path in paths) / len(paths) / _MB
    few = tiny_photos(options.photos, options.jobs, work, 1)
    start_up = min(_scan(few, work / "store", options.jobs).whole.seconds for _ in range(options.rounds))
    decoded: list[float] = []
    scans: list[Timed] = []
    for _ in range(options.rounds):
        decoded.append(_decode_all(paths, options.jobs))
        scans.append(_scan(folder, work / "store", options.jobs))
    rates = [len(paths) / (s.whole.seconds - start_up - s.steps.get("compare", 0.0)) for s in scans]
    baseline = [len(paths) / seconds for seconds in decoded]
    ratios = [rate / base for rate, base in zip(rates, baseline, strict=True)]
    last = scans[-1]
    aligning = statistics.median(1000 * s.steps.get("compare", 0.0) / max(1, s.aligned) for s in scans)
    rows = [
        ("photos, mean size", f"{len(paths)}, {size:.1f} MB", ""),
        (f"decoding at 1/8 on {options.jobs} cores", f"{statistics.median(baseline):.1f} photos/s", ""),
        ("cold scan, start-up and alignment apart", f"{statistics.median(rates):.1f} photos/s", ""),
        ("ratio", _scattered(ratios), "≥ 0.80"),
        (
            "cold scan, everything",
            f"{statistics.median(len(paths) / s.whole.seconds for s in scans):.1f} photos/s",
            "",
        ),
        ("start-up (scan of one tiny photo a worker)", f"{start_up:.2f} s", ""),
        ("pairs aligned", last.aligned, ""),
        ("alignment, wall clock a pair", f"{aligning:.1f} ms", ""),
        ("peak memory, main", _megabytes(s.whole.main_bytes for s in scans), ""),
        ("peak memory, largest worker", _megabytes(s.whole.worker_bytes for s in scans), "≤ 200 MB"),
    ]
    steps = {name: f"{seconds:.2f} s" for name, seconds in last.steps.items()}
    return tables.table(("cold scan", "reached", "asked"), rows) + "\n\n" + tables.by_name("step", steps)


def _rescan(options: argparse.Namespace) -> str:
    work = options.work / "speed"
    folder = tiny_photos(options.photos, options.tiny, work, options.jobs)
    store = work / "store-tiny"
    first = _scan(folder, store, options.jobs, "--threshold", "0.3", fresh=not options.stored)
    walks: list[tuple[float, float]] = []
    starts: list[Timed] = []
    again: list[Timed] = []
    for _ in range(options.rounds):
        walks.append(min(walk_and_stat(folder) for _ in range(3)))
        starts.append(_scan(_empty(work), work / "store-empty", options.jobs, fresh=False))
        again.append(_scan(folder, store, options.jobs, "--threshold", "0.3", fresh=False))
    rounds = list(zip(walks, starts, again, strict=True))
    apart = [(scan.whole.seconds - start.whole.seconds) / walk for (walk, _), start, scan in rounds]
    processor = [(scan.processor - start.processor) / walk for (_, walk), start, scan in rounds]
    rows = [
        ("files", options.tiny, "≥ 50000"),
        ("walking and stat-ing the tree", _wall_and_processor(walks), ""),
        ("rescan, the whole process", _wall_and_processor((s.whole.seconds, s.processor) for s in again), ""),
        ("start-up (scan of an empty folder)", _wall_and_processor((s.whole.seconds, s.processor) for s in starts), ""),
        ("ratio, start-up apart", _scattered(apart), "≤ 4"),
        ("the same in processor time", _scattered(processor), "≤ 4"),
        (
            "imported in a rescan",
            ", ".join(_imported(folder, store)) or "none of " + ", ".join(HEAVY),
            "none",
        ),
        ("peak memory, main, rescan", _megabytes(s.whole.main_bytes for s in again), ""),
    ]
    if not options.stored:
        rows += [
            ("peak memory, main, first scan", _megabytes([first.whole.main_bytes]), "≤ 600 MB"),
            ("peak memory, largest worker, first scan", _megabytes([first.whole.worker_bytes]), "≤ 200 MB"),
            ("first scan", f"{options.tiny / first.whole.seconds:.0f} photos/s", ""),
        ]
    steps = {name: f"{seconds:.2f} s" for name, seconds in again[-1].steps.items()}
    return tables.table(("rescan, nothing changed", "reached", "asked"), rows) + "\n\n" + tables.by_name("step", steps)


def _scattered(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def _wall_and_processor(seconds: Iterable[tuple[float, float]]) -> str:
    wall, processor = map(statistics.median, zip(*seconds, strict=True))
    return f"{wall:.2f} s ({processor:.2f})"


def _scan(root: Path, store: Path, jobs: int, *more: str, fresh: bool = True) -> Timed:
    if fresh:
        shutil.rmtree(store, ignore_errors=True)
    store.mkdir(parents=True, exist_ok=True)
    report = store / "report.json"
    line = command([root], store / "store.db", report, "--jobs", str(jobs), *more)
    before = _spent()
    whole = watched(line, _installed(store), memory=True)
    processor = _spent() - before
    if whole.code != 0:
        raise ScanFailedError(f"dedupe scan ended with {whole.code}. {whole.errors[-2000:]}")
    steps = json.loads(report.read_text("utf-8", "surrogateescape"))["stats"]["seconds"]
    return Timed(whole, processor, steps, _pairs_in(store / "store.db"))


def _spent() -> float:
    """Processor seconds of all that was run here and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _pairs_in(store: Path) -> int:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as cache:
        return int(cache.execute("SELECT count(*) FROM verdicts").fetchone()[0])


def _empty(work: Path) -> Path:
    folder = work / "empty"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _decode_all(paths: Sequence[str], jobs: int) -> float:
    """Seconds to read and decode all of them at 1/8 scale, the workers already running."""
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        pool.map(_decode, paths[:jobs], chunksize=1)
        start = time.perf_counter()
        for _ in pool.imap_unordered(_decode, paths, chunksize=4):
            pass
        return time.perf_counter() - start


def _decode(path: str) -> int:
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    pixels = cv2.imdecode(np.frombuffer(Path(path).read_bytes(), np.uint8), cv2.IMREAD_REDUCED_COLOR_8)
    return 0 if pixels is None else int(pixels.size)


def _imported(folder: Path, store: Path) -> list[str]:
    """Which of the heavy libraries a rescan imports, as Python itself reports."""
    line = command([folder], store / "store.db", store / "report.json", "--threshold", "0.3")
    done = watched([line[0], "-X", "importtime", *line[1:]], _installed(store))
    names = {row.rpartition("|")[2].strip().partition(".")[0] for row in done.errors.splitlines() if "|" in row}
    return [name for name in HEAVY if name in names]


def _megabytes(sizes: Iterable[int]) -> str:
    return f"{max(sizes, default=0) / _MB:.0f} MB"


if __name__ == "__main__":
    sys.exit(main())
