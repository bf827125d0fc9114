"""Giving a file another name on its volume without overwriting anything, by the best way that the volume has."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Protocol

NO_EXCLUSIVE_RENAME = frozenset((errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP))
"""What a file system without RENAME_NOREPLACE answers."""

NO_LINK = NO_EXCLUSIVE_RENAME | {errno.EPERM, errno.EMLINK}
"""What a file system without hard links answers, or a kernel that protects other users' files from them."""

STALE = "another file took its place while it was moved"


class Door(Protocol):
    """What of ``Disk`` is needed here."""

    def lstat(self, path: str) -> os.stat_result: ...
    def fstat(self, handle: int) -> os.stat_result: ...
    def rename(self, source: str, target: str) -> None: ...
    def link(self, source: str, target: str) -> None: ...
    def create(self, path: str) -> int: ...
    def close(self, handle: int) -> None: ...
    def replace_claim(self, source: str, claim: str) -> None: ...
    def unlink(self, path: str) -> None: ...
    def fsync_folder(self, folder: str) -> None: ...


class SwappedError(Exception):
    """The name led to another file than a moment ago; nothing was removed."""


def _nothing() -> None:
    """Nobody needs to know of the placeholder."""


def move_exclusively(
    disk: Door,
    source: str,
    target: str,
    *,
    links: bool,
    claimed: Callable[[], None] = _nothing,
    unclaimed: Callable[[], None] = _nothing,
) -> None:
    """The name ``source`` becomes ``target``. OSError: EEXIST where that is taken, EXDEV across volumes.

    ``links``: two names of one file can be told to be that there, so a link may be made where the volume has no rename that
    refuses. Else an empty file claims the target: ``claimed`` is called before it is made, ``unclaimed`` where it was not.
    Raises SwappedError where ``source`` became another file meanwhile.
    """
    try:
        disk.rename(source, target)
        return
    except OSError as error:
        if error.errno not in NO_EXCLUSIVE_RENAME:
            raise
    if links and _by_link(disk, source, target):
        return
    claimed()
    try:
        claim = disk.create(target)
    except OSError:
        unclaimed()  # what is there, though empty, is somebody else's
        raise
    _replace_claim(disk, claim, source, target)


def _by_link(disk: Door, source: str, target: str) -> bool:
    try:
        disk.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINK:
            raise
        return False
    drop_old_name(disk, source, target)
    return True


def drop_old_name(disk: Door, source: str, target: str) -> None:
    """Of the two names of one file only ``target`` stays."""
    disk.fsync_folder(os.path.dirname(target))
    old, new = disk.lstat(source), disk.lstat(target)
    if (old.st_dev, old.st_ino) != (new.st_dev, new.st_ino):
        raise SwappedError(STALE)
    disk.unlink(source)


def _replace_claim(disk: Door, claim: int, source: str, target: str) -> None:
    made = disk.fstat(claim)
    disk.close(claim)
    try:
        disk.replace_claim(source, target)
    except OSError:
        remove_claim(disk, target, (made.st_dev, made.st_ino))
        raise


def remove_claim(disk: Door, target: str, identity: tuple[int, int] | None) -> None:
    """Remove our placeholder, as long as nobody has written into it."""
    found = disk.lstat(target)
    if found.st_size == 0 and identity in (None, (found.st_dev, found.st_ino)):
        disk.unlink(target)
