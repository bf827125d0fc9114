"""How many files a second are acted on, and what the journal costs.

``python -m benchmarks.actions [--files N] [--dir DIR]`` makes N small photos with a copy of each, moves the copies to a
folder of the same volume, undoes it, moves them once more without a journal on the disk (``PRAGMA synchronous=OFF``), trashes
them, and prints a table. ``--crashes`` runs every crash point instead (minutes), ``--growth 2000,6000,20000`` a dry run of so
many files each, all copies in one folder, to show that a file costs the same whatever their number.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dedupe import actions
from dedupe.actions.platform.disk import Disk
from dedupe.types import ActionKind, Extra, Facts, FileStamp, Group, Photo, PhotoFile, Relation, ScanResult, Stats

SIZE = 20_000
BARE = "rename(2) alone, nothing checked"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the journal and the lock are."""

    journal: str
    lock: str


class UnsyncedDisk(Disk):
    """The real disk, but the journal is written without waiting for it."""

    def commit(self, journal: sqlite3.Connection) -> None:
        journal.execute("COMMIT")
        journal.execute("PRAGMA synchronous = OFF")


def make_photos(root: Path, count: int, *, in_a_folder: int = 500, size: int = SIZE) -> ScanResult:
    """``count`` pairs of equal files below ``root``, as a scan would report them."""
    from dedupe.formats.hashing import digest

    groups = []
    for number in range(count):
        content = os.urandom(size)
        photos = []
        for folder in ("keep", "old"):
            path = root / folder / f"{number // in_a_folder:03d}" / f"IMG_{number:06d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            os.utime(path, (1_500_000_000, 1_500_000_000))
            file = PhotoFile(str(path), str(root), FileStamp.of(path.lstat()))
            photos.append(Photo(file, digest(content), None, Facts("JPEG", 100, 100)))
        extra = Extra(photos[1], Relation.IDENTICAL, 0.0, selected=True)
        groups.append(Group(f"g{number}", photos[0], "path", (extra,)))
    stats = Stats(2 * count, 2 * count, count, count, size * count, {})
    return ScanResult("compact-1", 0.8, (str(root),), tuple(groups), (), (), stats)


def rate(count: int, run: Callable[[], int]) -> float:
    """Files a second of ``run``, which tells how many files it acted on; all of them, or the figure is worth nothing."""
    began = time.perf_counter()
    done = run()
    seconds = time.perf_counter() - began
    if done != count:
        raise SystemExit(f"only {done} of {count} files were acted on")
    return count / seconds


def bare_rename(root: Path, target: Path) -> int:
    """What the file system itself needs for as many renames."""
    done = 0
    target.mkdir()
    for path in sorted((root / "old").rglob("*.jpg")):
        os.rename(path, target / path.name)
        done += 1
    for path in target.iterdir():
        os.rename(path, root / "old" / f"{int(path.stem[4:]) // 500:03d}" / path.name)
    target.rmdir()
    return done


def bare_commits(path: Path, count: int) -> int:
    """What the disk itself needs for as many synced rows."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, path BLOB)")
    for _ in range(count):
        db.execute("INSERT INTO rows (path) VALUES (?)", (bytes(300),))
    db.close()
    return count


def measure(base: Path, count: int) -> list[tuple[str, float]]:
    """The rows of the table."""
    root, paths = base / "photos", Places(str(base / "state" / "journal.db"), str(base / "state" / "lock"))
    result = make_photos(root, count)
    os.sync()

    def act(kind: ActionKind, name: str, disk: Disk, *, dry_run: bool = False) -> int:
        target = str(base / name) if kind is ActionKind.MOVE else None
        report = actions.act(result, kind=kind, target=target, paths=paths, disk=disk, dry_run=dry_run)
        return len(report.done)

    def undo(disk: Disk) -> int:
        return len(actions.undo(paths, disk=disk).restored)

    rows = [(BARE, rate(count, lambda: bare_rename(root, base / "bare")))]
    synced = rate(count, lambda: bare_commits(base / "bare.db", count))
    rows.append(("one synced row each in SQLite, nothing else", synced))
    rows.append(
        ("dry run: every check, both files read", rate(count, lambda: act(ActionKind.MOVE, "a", Disk(), dry_run=True)))
    )
    rows.append(("move, journal synced (as shipped)", rate(count, lambda: act(ActionKind.MOVE, "a", Disk()))))
    rows.append(("undo of it", rate(count, lambda: undo(Disk()))))
    rows.append(
        ("move, journal written but not synced", rate(count, lambda: act(ActionKind.MOVE, "b", UnsyncedDisk())))
    )
    undo(UnsyncedDisk())
    rows.append(("trash, journal synced (as shipped)", rate(count, lambda: act(ActionKind.TRASH, "", Disk()))))
    rows.append(("undo of it", rate(count, lambda: undo(Disk()))))
    return rows


def growth(base: Path, counts: Sequence[int]) -> Iterator[tuple[int, float, float]]:
    """For each count: a dry run of so many files in one folder, its seconds by the clock and of the processor."""
    for count in counts:
        result = make_photos(base / str(count), count, in_a_folder=count, size=2_000)
        paths = Places(str(base / "state" / "journal.db"), str(base / "state" / "lock"))
        clock, processor = time.perf_counter(), time.process_time()
        report = actions.act(result, kind=ActionKind.MOVE, target=str(base / "target"), paths=paths, dry_run=True)
        yield count, time.perf_counter() - clock, time.process_time() - processor
        if len(report.done) != count:
            raise SystemExit(f"only {len(report.done)} of {count} files would be acted on")
        shutil.rmtree(base / str(count))


def crash_points(base: Path) -> list[tuple[str, int, int, int]]:
    """For each scenario: its name, how many runs, at how many points the process was ended, how many things went wrong."""
    from tests.safety.crash_points import SCENARIOS

    rows = []
    cases = [(what, scenario) for what in ("act", "undo") for scenario in SCENARIOS]
    cases += [("recover", scenario) for scenario in ("move", "move-by-claim", "move-across-volumes", "trash")]
    for what, scenario in cases:
        home = base / scenario / "world" / "home"
        told = subprocess.run(
            [sys.executable, "-m", "tests.safety.crash_points", what, scenario, str(base / scenario)],
            capture_output=True,
            check=True,
            env={**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data")},
        )
        account = json.loads(told.stdout)
        rows.append((f"{what}: {scenario}", account["points"], account["crashes"], len(account["wrong"])))
        print("{:<42}{:>8,}{:>10,}{:>8}".format(*rows[-1]), flush=True)
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--dir", default=tempfile.gettempdir(), help="a folder on the volume to measure")
    parser.add_argument("--growth", help="dry runs of so many files each instead: 2000,6000,20000")
    parser.add_argument("--crashes", action="store_true", help="try every crash point instead")
    options = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="dedupe-bench-", dir=options.dir))
    (base / "home" / "data").mkdir(parents=True)
    os.environ["HOME"], os.environ["XDG_DATA_HOME"] = str(base / "home"), str(base / "home" / "data")
    try:
        if options.crashes:
            rows = crash_points(base)
            ended, wrong = sum(row[2] for row in rows), sum(row[3] for row in rows)
            print(f"processes ended: {ended:,}; lost, doubled or left lying around: {wrong}")
            return
        if options.growth:
            print(f"{'files in one folder':>20}{'s':>8}{'s of processor':>16}{'ms of it a file':>17}")
            for count, clock, processor in growth(base, [int(one) for one in options.growth.split(",")]):
                print(f"{count:>20,}{clock:>8.1f}{processor:>16.1f}{1000 * processor / count:>17.2f}", flush=True)
            return
        print(f"{options.files:,} files of {SIZE // 1000} kB\n{'':<42}{'files/s':>10}{'ms a file':>11}")
        for name, figure in measure(base, options.files):
            print(f"{name:<42}{figure:>10,.0f}{1000 / figure:>11.2f}")
    finally:
        shutil.rmtree(base)


if __name__ == "__main__":
    main()
