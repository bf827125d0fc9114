"""One file replaced by another in a single step, journalled: by a link to the photo that stays, or in an undo by a file again.

The replacement is made beside the file under a name of dedupe's own, then both names are exchanged (RENAME_EXCHANGE): there is no
instant without a whole picture under the file's name. What came out is looked at, and only if it is the very file that was
read is it removed. Whatever interrupts this, the inodes of the journal say how far it came.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from contextlib import ExitStack

from dedupe.actions.execution.place import StopError
from dedupe.actions.journal.journal import Journal
from dedupe.actions.journal.records import AssetRow, AssetState, FileRow
from dedupe.actions.planning.checks import CHANGED, Held, LeftAloneError, content_key_of, hold, still_blocker
from dedupe.actions.platform.disk import Disk
from dedupe.types import FileMove, FileStamp

UNCLEAR = "neither the file nor its replacement is in its place"


def stand_in_name(source: str) -> str:
    """A name beside ``source`` for its replacement that nobody else uses."""
    return os.path.join(os.path.dirname(source), f".dedupe-{os.urandom(8).hex()}.partial")


def replace_file(disk: Disk, journal: Journal, asset: AssetRow, held: Held, make: Callable[[str], None]) -> None:
    """Put what ``make`` makes under the asset's stand-in name in the place of the held file, which is then removed.

    Raises LeftAloneError, StopError or OSError, with the disk as ``settle`` finds it.
    """
    [file] = asset.files
    source, beside = file.move.source, file.partial or ""
    make(beside)
    made = disk.lstat(beside)
    journal.copied(file, made)
    if _key_at(disk, beside, made) != file.move.content_key:
        raise StopError("the replacement that was made is not what was read")
    _refuse(still_blocker(disk, held, siblings=False))
    disk.exchange(beside, source)
    out, now = disk.lstat(beside), disk.lstat(source)
    if _identity(out) != held.identity or _identity(now) != _identity(made) or _changed(out, held):
        disk.exchange(beside, source)
        raise LeftAloneError(CHANGED)
    disk.fsync_folder(os.path.dirname(source))
    journal.placed(file)
    disk.unlink(beside)
    disk.fsync_folder(os.path.dirname(source))
    journal.end_asset(asset, AssetState.DONE)


def settle(disk: Disk, journal: Journal, asset: AssetRow) -> tuple[AssetState, str]:
    """End an asset that was begun, from what is on the disk: finished where the exchange happened, else taken back.

    Raises OSError where the disk does not allow it.
    """
    state, reason = _settled(disk, journal.asset(asset.id).files[0])
    if state is not AssetState.BEGUN:
        journal.end_asset(asset, state, reason)
    return state, reason


def _settled(disk: Disk, file: FileRow) -> tuple[AssetState, str]:
    source, beside = file.move.source, file.partial or ""
    if not os.path.isdir(os.path.dirname(source)):
        return AssetState.BEGUN, "its folder does not exist now"
    # Inodes alone: all are in one folder, and a disk may have another device number after a crash.
    here, there = _inode_at(disk, source), _inode_at(disk, beside)
    first, made = file.move.stamp.inode, None if file.copy is None else file.copy[1]
    if there is None:
        if here == first:
            return AssetState.ROLLED_BACK, ""
        return (AssetState.DONE, "") if here is not None and here == made else (AssetState.NEEDS_PERSON, UNCLEAR)
    if here == first:
        return _taken_back(disk, file, there)
    if here is not None and here == made and there == first:
        return _finished(disk, file)
    return AssetState.NEEDS_PERSON, UNCLEAR


def _taken_back(disk: Disk, file: FileRow, there: int) -> tuple[AssetState, str]:
    """The file is in its place: the stand-in goes, if it is the one that dedupe made. Its name is random, so nobody else's is."""
    source, beside = file.move.source, file.partial or ""
    if file.copy is not None and file.copy[1] != there:
        return AssetState.NEEDS_PERSON, "another file has the name of its replacement"
    if _key_at(disk, source, disk.lstat(source)) != file.move.content_key:
        return AssetState.NEEDS_PERSON, "it changed while it was replaced"
    disk.unlink(beside)
    disk.fsync_folder(os.path.dirname(source))
    return AssetState.ROLLED_BACK, ""


def _finished(disk: Disk, file: FileRow) -> tuple[AssetState, str]:
    """The replacement is in its place: the file that came out goes, if the replacement is whole; else it comes back."""
    source, beside = file.move.source, file.partial or ""
    if _key_at(disk, source, disk.lstat(source)) != file.move.content_key:
        disk.exchange(beside, source)
        return AssetState.NEEDS_PERSON, "its replacement changed; the file is back in its place"
    if _key_at(disk, beside, disk.lstat(beside)) != file.move.content_key:
        return AssetState.NEEDS_PERSON, "it changed while it was replaced"
    disk.unlink(beside)
    disk.fsync_folder(os.path.dirname(source))
    return AssetState.DONE, ""


def _key_at(disk: Disk, path: str, status: os.stat_result) -> bytes:
    """The content key of the file at ``path``, read to its end; empty where it is not the file of ``status``."""
    with ExitStack() as stack, contextlib.suppress(LeftAloneError):
        held = hold(disk, FileMove(path, None, FileStamp.of(status), b""), stack)
        if held.identity == _identity(status):
            return content_key_of(disk, held.handle)
    return b""


def _changed(out: os.stat_result, held: Held) -> bool:
    return (out.st_size, out.st_mtime_ns) != (held.status.st_size, held.status.st_mtime_ns)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _inode_at(disk: Disk, path: str) -> int | None:
    try:
        return disk.lstat(path).st_ino
    except FileNotFoundError:
        return None


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise LeftAloneError(reason)
