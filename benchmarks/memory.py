"""What a process and its workers need while they run, as /proc says (Linux)."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Watched:
    """A command that has ended.

    ``seconds`` are wall-clock; the memory is the highest that was resident, in bytes, of the command itself and of the largest of
    its descendants (0 where /proc says nothing).
    """

    seconds: float
    code: int
    errors: str
    main_bytes: int
    worker_bytes: int


def watched(command: Sequence[str], environment: Mapping[str, str], *, memory: bool = False) -> Watched:
    """Run the command to its end; with ``memory`` its processes are looked at twenty times a second."""
    start = time.perf_counter()
    with subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        peaks: dict[int, int] = {}
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peaks, ended))
        if memory:
            watcher.start()
        _, errors = process.communicate()
        seconds = time.perf_counter() - start
        ended.set()
        if memory:
            watcher.join()
    workers = [peak for pid, peak in peaks.items() if pid != process.pid]
    return Watched(seconds, process.returncode, errors, peaks.get(process.pid, 0), max(workers, default=0))


def _watch(pid: int, peaks: dict[int, int], ended: threading.Event) -> None:
    while not ended.wait(_EVERY_S):
        for one in _family(pid):
            peaks[one] = max(peaks.get(one, 0), _highest(one))


def _family(pid: int) -> list[int]:
    """The process and all its descendants."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            tasks = list((_PROC / str(one) / "task").iterdir())
            children = " ".join((task / "children").read_text() for task in tasks)
        except OSError:
            continue
        waiting += [int(child) for child in children.split()]
    return found


def _highest(pid: int) -> int:
    """Read the highest resident memory so far, in bytes; the kernel keeps the mark, so a rare look misses nothing."""
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return 0
    marks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(marks[0]) * 1024 if marks else 0
