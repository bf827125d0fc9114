"""One file to its new place without overwriting anything, and why the order of the steps is right.

On one volume a rename that refuses an occupied name is a single step: before it the file is at the source, after it at the
target. Where a volume has no such rename, a link is made first and the old name removed after (in between there are two
names of one file); where it has no links either, an empty file claims the target, which the journal knows, and is
replaced. Across volumes the copy is finished, synced, read back and compared under a name of its own before it
takes the target's name, and only then may the source go. So at every instant the photo exists whole at least once.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass

from dedupe.actions.journal.journal import Journal
from dedupe.actions.journal.records import FileRow
from dedupe.actions.planning.checks import CHANGED, GONE, Held, LeftAloneError, content_key_of, let_go, still_blocker
from dedupe.actions.platform.disk import CHUNK, NO_EXCLUSIVE_RENAME, NO_LINK, Disk
from dedupe.formats.hashing import hasher
from dedupe.types import ContentKey

_REFUSALS = {
    errno.EACCES: "may not be moved (permission denied)",
    errno.EPERM: "may not be moved (not permitted)",
    errno.EROFS: "lies on a read-only volume",
    errno.ENAMETOOLONG: "its name is too long there",
    errno.EINVAL: "its name is not possible there",
    errno.EILSEQ: "its name is not possible there",
    errno.ENOTDIR: "a file is in the way of its folder",
    errno.ELOOP: "a link is in the way of its folder",
    errno.EBUSY: "is in use",
    errno.ETXTBSY: "is in use",
    errno.ENOENT: GONE,
}
_STOPS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota on the disk is used up",
    errno.EIO: "the disk reports errors",
    errno.ENODEV: "the disk is gone",
    errno.ENXIO: "the disk is gone",
    errno.ESTALE: "the network drive is gone",
}


class NameTakenError(Exception):
    """Something appeared under the target's name; it stays, and another name must be found."""


class StopError(Exception):
    """Nothing more may be moved; the text is the phrase that says why."""


class ArrivedError(StopError):
    """The asset is whole at its new place, but the disk had a problem on the way: nothing more may be moved."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What was done: ``copied`` means that the source still stands; ``lost`` names what the copy could not carry."""

    copied: bool
    lost: tuple[str, ...] = ()


def refusal(error: OSError) -> Exception:
    """One file's problem is a LeftAloneError, the disk's a StopError; each with its phrase."""
    if error.errno in _REFUSALS:
        return LeftAloneError(_REFUSALS[error.errno])
    return StopError(_STOPS.get(error.errno or 0, (error.strerror or "the disk reports an unknown error").lower()))


def place_file(disk: Disk, journal: Journal, file: FileRow, held: Held, *, siblings: bool = False) -> Placed:
    """Bring the held file to its target. Raises NameTakenError, LeftAloneError, StopError or OSError; what is on the disk
    then, ``reconcile.py`` puts right."""
    source, target = file.move.source, _target(file)
    if os.name == "nt":
        let_go(disk, held)  # Windows moves no open file
    try:
        exclusive_move(disk, journal, file, source, target)
    except OSError as error:
        if error.errno == errno.EEXIST:
            raise NameTakenError from error
        if error.errno != errno.EXDEV:
            raise
        return Placed(True, _copy(disk, journal, file, held, siblings=siblings))
    arrived = disk.lstat(target)
    if (arrived.st_dev, arrived.st_ino, arrived.st_size) != (*held.identity, held.status.st_size):
        # Somebody put another file under the source's name in the last instant: it goes back.
        disk.rename(target, source)
        raise StopError(f"another file than the one that was read was found in its place ({CHANGED})")
    journal.arrived(file, arrived.st_mtime_ns)
    return Placed(False)


def exclusive_move(disk: Disk, journal: Journal, file: FileRow, source: str, target: str) -> None:
    """The name ``source`` becomes ``target`` on one volume; EEXIST where that is taken, EXDEV across volumes."""
    try:
        disk.rename(source, target)
        return
    except OSError as error:
        if error.errno not in NO_EXCLUSIVE_RENAME:
            raise
    try:
        disk.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINK:
            raise
    else:
        _drop_old_name(disk, source, target)
        return
    journal.claimed(file)
    try:
        claim = disk.create(target)
    except OSError:
        journal.unclaimed(file)  # what stands there, though empty, is somebody else's
        raise
    _replace_claim(disk, claim, source, target)


def _drop_old_name(disk: Disk, source: str, target: str) -> None:
    disk.fsync_folder(os.path.dirname(target))
    old, new = disk.lstat(source), disk.lstat(target)
    if (old.st_dev, old.st_ino) != (new.st_dev, new.st_ino):
        raise StopError("another file took its place while it was moved")
    disk.unlink(source)


def _replace_claim(disk: Disk, claim: int, source: str, target: str) -> None:
    made = disk.fstat(claim)
    disk.close(claim)
    try:
        disk.replace_claim(source, target)
    except OSError:
        remove_claim(disk, target, (made.st_dev, made.st_ino))
        raise


def remove_claim(disk: Disk, target: str, identity: tuple[int, int] | None) -> None:
    """Remove our placeholder, as long as nobody has written into it."""
    found = disk.lstat(target)
    if found.st_size == 0 and identity in (None, (found.st_dev, found.st_ino)):
        disk.unlink(target)


def _copy(disk: Disk, journal: Journal, file: FileRow, held: Held, *, siblings: bool) -> tuple[str, ...]:
    """Copy, sync, read back, compare, and give the copy the target's name. What could not be carried, by name."""
    target, partial = _target(file), file.partial
    if partial is None:
        raise StopError("no name was set aside for its copy")
    reopened = disk.open_read(file.move.source) if held.handle < 0 else None
    source = held.handle if reopened is None else reopened
    made = disk.create(partial)
    try:
        copied = _copy_bytes(disk, source, made, file.move.content_key)
        lost = disk.copy_metadata(file.move.source, source, partial, made)
        disk.fsync(made)
        if copy_blocker(copied, content_key_of(disk, made, copied), file.move.content_key):
            raise StopError("the copy that was written is not what was read")
        journal.copied(file, disk.fstat(made))
    finally:
        disk.close(made)
        if reopened is not None:
            disk.close(reopened)
    changed = still_blocker(disk, held, siblings=siblings)
    if changed is not None:
        raise LeftAloneError(changed)
    try:
        exclusive_move(disk, journal, file, partial, target)
    except FileExistsError as error:
        raise NameTakenError from error
    disk.fsync_folder(os.path.dirname(target))
    journal.arrived(file, disk.lstat(target).st_mtime_ns)
    return (*lost, "its hard link") if held.status.st_nlink > 1 else lost


def copy_blocker(copied: bytes, read_back: bytes, expected: bytes) -> str | None:
    """What was copied, and what the new disk gives back, must be what was checked."""
    return None if copied == read_back == expected else CHANGED


def _copy_bytes(disk: Disk, source: int, made: int, like: ContentKey) -> ContentKey:
    made_key = hasher(like)
    disk.rewind(source)
    while chunk := disk.read(source, CHUNK):
        made_key.update(chunk)
        disk.write(made, chunk)
    return made_key.digest()


def remove_source(disk: Disk, file: FileRow, held: Held, *, siblings: bool) -> None:
    """After a copy was placed: the last look at both ends, then the source goes."""
    arrived = disk.lstat(_target(file))
    if arrived.st_size != held.status.st_size:
        raise StopError("the copy changed before the original could go")
    changed = still_blocker(disk, held, siblings=siblings)
    if changed is not None:
        raise LeftAloneError(changed)
    let_go(disk, held)
    disk.unlink(file.move.source)
    disk.fsync_folder(os.path.dirname(file.move.source))


def _target(file: FileRow) -> str:
    if file.move.target is None:
        raise StopError("it has no target")
    return file.move.target
