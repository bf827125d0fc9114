"""Runs the real program in its own process, as a user would, with a store of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """A finished scan: its JSON, and the wall-clock seconds of the whole process."""

    report: dict[str, Any]
    seconds: float


class ScanFailedError(Exception):
    """The scan ended with an exit code other than 0; the message holds what it said."""


def environment(home: Path) -> dict[str, str]:
    """The environment of a run: everything a program keeps goes below ``home``."""
    places = {
        name: str(home / name.lower())
        for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    }
    path = os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return {**os.environ, **places, "HOME": str(home), "PYTHONPATH": path, "NO_COLOR": "1"}


def command(roots: Sequence[Path], store: Path, report: Path, *more: str) -> list[str]:
    """The scan's command line."""
    return [
        sys.executable, "-m", "dedupe", "scan", *map(str, roots),
        "--store", str(store), "--json", str(report), *more,
    ]  # fmt: skip


def scan(roots: Sequence[Path], place: Path, *more: str, quiet: bool = False, fine: Sequence[int] = (0,)) -> Run:
    """Scan with the store in ``place``, fresh where that is empty.

    Raises ScanFailedError for an exit code that is not ``fine``.
    """
    place.mkdir(parents=True, exist_ok=True)
    report = place / "report.json"
    start = time.perf_counter()
    done = subprocess.run(
        command(roots, place / "store.db", report, *more),
        env=environment(place),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if quiet else None,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode not in fine:
        raise ScanFailedError(f"dedupe scan ended with {done.returncode}. {done.stderr or ''}".strip())
    return Run(json.loads(report.read_text("utf-8", "surrogateescape")), seconds)


def walk_and_stat(folder: Path) -> tuple[float, float]:
    """Wall-clock and processor seconds for the plainest walk there is: every entry listed, every file asked for its status."""
    start, processor, folders, total = time.perf_counter(), time.process_time(), [str(folder)], 0
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return time.perf_counter() - start, time.process_time() - processor
