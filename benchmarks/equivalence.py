"""Hold that the same tree gives the same JSON, seconds aside: cold or cached, one worker or two, stopped by kill -9 or not.

python -m benchmarks.equivalence [--photos DIR…] [--originals 60] [--kills 6]

Uses the tree of the accuracy benchmark. The exit code is 1 where two reports differ.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.photographs import HELP, photographs
from benchmarks.running import command, environment, scan
from benchmarks.tree import TreeOptions, build


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0 where all reports are equal and a scan was killed, else 1."""
    options = _parser().parse_args(arguments)
    options.photos = options.photos or [str(photographs(options.work))]
    folders = tuple(str(Path(folder).resolve()) for folder in options.photos)
    tree = build(TreeOptions(folders, originals=options.originals), options.work)
    place = options.work / "equivalence"
    shutil.rmtree(place, ignore_errors=True)
    start = time.perf_counter()
    cold = without_seconds(scan([tree.root], place / "cold", "--jobs", "2", quiet=True).report)
    took = time.perf_counter() - start
    reports = {
        "cached": scan([tree.root], place / "cold", "--jobs", "2", quiet=True).report,
        "--jobs 1": scan([tree.root], place / "one", "--jobs", "1", quiet=True).report,
        "cold again": scan([tree.root], place / "again", "--jobs", "2", quiet=True).report,
    }
    kills = _killed(tree.root, place / "killed", took, options.kills)
    reports[f"resumed after {kills} × kill -9"] = scan([tree.root], place / "killed", quiet=True).report
    differing = {name: differences(cold, without_seconds(report)) for name, report in reports.items()}
    groups = len(cold["groups"])
    rows = [(name, f"{len(found)} differences" if found else "equal") for name, found in differing.items()]
    print(tables.table((f"{len(tree.entries)} files, {groups} groups, against a cold scan", "report"), rows))
    for name, found in differing.items():
        print(*(f"- {name}: {place}" for place in found[:10]), sep="\n", end="\n" if found else "")
    return 1 if any(differing.values()) or not groups or not kills else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.equivalence", description=__doc__)
    parser.add_argument("--photos", nargs="+", metavar="DIR", help=HELP)
    parser.add_argument("--originals", type=int, default=60, metavar="N")
    parser.add_argument("--kills", type=int, default=6, metavar="N", help="how often the scan is killed")
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"), metavar="DIR")
    return parser


def without_seconds(report: dict[str, Any]) -> dict[str, Any]:
    """The report without the times that no two runs share."""
    return {**report, "stats": {name: value for name, value in report["stats"].items() if name != "seconds"}}


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """The places at which two JSON values differ, as paths into them; empty where they are equal."""
    if isinstance(one, dict) and isinstance(other, dict):
        missing = [f"{where}/{key} only in one" for key in sorted(one.keys() ^ other.keys())]
        shared = [key for key in one if key in other]
        return missing + [place for key in shared for place in differences(one[key], other[key], f"{where}/{key}")]
    if isinstance(one, list) and isinstance(other, list):
        length = [] if len(one) == len(other) else [f"{where}: {len(one)} against {len(other)} entries"]
        pairs = enumerate(zip(one, other, strict=False))
        return length + [place for i, (a, b) in pairs for place in differences(a, b, f"{where}/{i}")]
    return [] if one == other else [f"{where}: {one!r} against {other!r}"]


def _killed(root: Path, place: Path, took: float, kills: int) -> int:
    """Start the scan and kill its process group again and again, until it gets through or was killed ``kills`` times.

    It is killed after a sixth of what it takes uninterrupted. A scan that gets through before the first kill is begun anew with
    an empty store and half the time. Returns how many times it was killed.
    """
    line, counted, patience = command([root], place / "store.db", place / "report.json"), 0, took / 6
    for _ in range(2 * kills + 8):
        place.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            line,
            env=environment(place),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            counted += 1
        else:
            if counted:
                break
            shutil.rmtree(place)
            patience /= 2
        if counted == kills:
            break
    return counted


if __name__ == "__main__":
    sys.exit(main())
