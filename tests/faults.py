"""A real disk that fails, or ends the process, at a chosen step: SQLite's and borg's way of testing every step in turn."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.volumes import Volume

STEPS = (
    "mkdir",
    "rmdir",
    "rename",
    "link",
    "create",
    "replace_claim",
    "unlink",
    "write",
    "set_size",
    "copy_metadata",
    "set_times",
    "fsync",
    "fsync_folder",
    "commit",
    "throw_away",
    "exchange",
    "set_look",
)
"""The methods of Disk that change something."""

CRASHED = 137


class FaultyDisk(Disk):
    """The real disk, with a fault at one step.

    Steps are counted before and after they are taken (a crash may come at either). ``volumes`` are folders that act as
    if each were a volume of its own.
    """

    def __init__(self, *, volumes: tuple[str, ...] = (), exclusive_rename: bool = True, links: bool = True) -> None:
        super().__init__()
        self.volumes = volumes
        self.exclusive_rename = exclusive_rename
        self.links = links
        self.moments = 0
        self.taken: list[str] = []
        self._counts: dict[str, int] = {}
        self._crash_at: int | None = None
        self._failures: dict[tuple[str, int], int] = {}
        self.before: Callable[[str, tuple[Any, ...]], None] | None = None

    def crash(self, nth: int) -> FaultyDisk:
        """End the process, as a power cut would, at the nth moment (before or after any step)."""
        self._crash_at = nth
        return self

    def fail(self, step: str, nth: int, number: int) -> FaultyDisk:
        """The nth call of ``step`` ("any" for any of them) fails with this errno and does nothing."""
        self._failures[(step, nth)] = number
        return self

    def moment(self) -> None:
        """One moment passes."""
        self.moments += 1
        if self.moments == self._crash_at:
            os._exit(CRASHED)

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in STEPS:
            return found

        def step(*arguments: Any) -> Any:
            self._enter(name, arguments)
            self.moment()
            result = found(*arguments)
            self.moment()
            return result

        return step

    def _enter(self, name: str, arguments: tuple[Any, ...]) -> None:
        if self.before is not None:
            self.before(name, arguments)
        self.taken.append(name)
        for counted in (name, "any"):
            self._counts[counted] = self._counts.get(counted, 0) + 1
            number = self._failures.get((counted, self._counts[counted]))
            if number is not None:
                if name == "commit":
                    raise sqlite3.OperationalError("database or disk is full")
                raise OSError(number, os.strerror(number), arguments[0] if arguments else None)

    def volume(self, folder: str) -> Volume:
        """As on the disk, but with a clock so fine that nobody has to wait for its tick."""
        return replace(super().volume(folder), tick_ns=0)

    def _volume(self, path: str) -> str:
        return max((v for v in self.volumes if path.startswith(v + os.sep)), key=len, default="")

    def rename(self, source: str, target: str) -> None:
        self._check_volumes(source, target)
        if not self.exclusive_rename:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), source, None, target)
        super().rename(source, target)

    def link(self, source: str, target: str) -> None:
        self._check_volumes(source, target)
        if not self.links:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM), source, None, target)
        super().link(source, target)

    def _check_volumes(self, source: str, target: str) -> None:
        if self._volume(source) != self._volume(target):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), source, None, target)


def every_failure(step: str, number: int, run: Callable[[FaultyDisk], None]) -> Iterator[FaultyDisk]:
    """``run`` with a disk whose 1st, 2nd, … call of ``step`` fails, until one run ends without meeting the fault."""
    nth = 1
    while True:
        disk = FaultyDisk().fail(step, nth, number)
        run(disk)
        yield disk
        if disk._counts.get(step, 0) < nth:
            return
        nth += 1
