"""One file to its new place without overwriting anything, and why the order of the steps is right.

On one volume a rename that refuses an occupied name is a single step: before it the file is at the source, after it at the
target. Where a volume has no such rename, a link is made first and the old name removed after (in between there are two
names of one file); where it has no links either, or invents its inodes so that two names of one file cannot be told, an
empty file claims the target, which the journal knows, and is replaced. Across volumes the copy is finished, synced, read
back and compared under a name of its own before it takes the target's name. Then the source is renamed to a private name,
looked at once more, and only then removed: what somebody saves under the old name meanwhile is another file and stays.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass

from dedupe.actions.journal.journal import Journal
from dedupe.actions.journal.records import FileRow
from dedupe.actions.planning.checks import CHANGED, GONE, Held, LeftAloneError, content_key_of, let_go, still_blocker
from dedupe.actions.platform.disk import CHUNK, Disk
from dedupe.actions.platform.exclusive import STALE, SwappedError, move_exclusively
from dedupe.formats.hashing import hasher
from dedupe.types import ContentKey

_REFUSALS = {
    errno.EACCES: "can't be moved (permission denied)",
    errno.EPERM: "can't be moved (not permitted)",
    errno.EROFS: "is on a read-only disk",
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
    """What was done: ``copied`` means that the source still exists; ``lost`` names what the copy could not carry."""

    copied: bool
    lost: tuple[str, ...] = ()


def refusal(error: Exception) -> Exception:
    """Of the disk's errors one file's problem is a LeftAloneError, the disk's a StopError, each with its phrase; others stay."""
    if not isinstance(error, OSError):
        return error
    if error.errno in _REFUSALS:
        return LeftAloneError(_REFUSALS[error.errno])
    return StopError(_STOPS.get(error.errno or 0, (error.strerror or "the disk reports an unknown error").lower()))


def place_file(disk: Disk, journal: Journal, file: FileRow, held: Held, *, siblings: bool = False) -> Placed:
    """Bring the held file to its target.

    Raises NameTakenError, LeftAloneError, StopError or OSError. ``reconcile.py`` then puts right what is left on the
    disk.
    """
    source, target = file.move.source, _target(file)
    weak = held.volume_is_weak or disk.volume(os.path.dirname(target)).weak
    if os.name == "nt":
        let_go(disk, held)  # Windows moves no open file
    try:
        _rename(disk, journal, file, source, links=not weak)
    except OSError as error:
        if error.errno == errno.EEXIST:
            raise NameTakenError from error
        if error.errno != errno.EXDEV:
            raise
        return Placed(True, _copy(disk, journal, file, held, siblings=siblings))
    arrived = disk.lstat(target)
    if not _is_the_one(disk, file, held, (target, arrived), weak=weak):
        # Somebody put another file under the source's name in the last instant: it goes back.
        move_exclusively(disk, target, source, links=not weak)
        raise StopError(f"another file than the one that was read was found in its place ({CHANGED})")
    journal.arrived(file, arrived.st_mtime_ns)
    return Placed(False)


def _rename(disk: Disk, journal: Journal, file: FileRow, source: str, *, links: bool) -> None:
    """The name ``source`` becomes the file's target on one volume; a placeholder there is journalled."""
    try:
        move_exclusively(
            disk,
            source,
            _target(file),
            links=links,
            claimed=lambda: journal.claimed(file),
            unclaimed=lambda: journal.unclaimed(file),
        )
    except SwappedError as error:
        raise StopError(STALE) from error


def _is_the_one(disk: Disk, file: FileRow, held: Held, there: tuple[str, os.stat_result], *, weak: bool) -> bool:
    """The file that is ``there`` is the held one: the same inode, or the same bytes where a volume invents its inodes."""
    path, found = there
    if not weak:
        return (found.st_dev, found.st_ino, found.st_size) == (*held.identity, held.status.st_size)
    return found.st_size == held.status.st_size and holds(disk, path, file.move.content_key)


def holds(disk: Disk, path: str, key: ContentKey) -> bool:
    """The file at ``path``, opened anew, has the content ``key``; False where it cannot be read."""
    try:
        handle = disk.open_read(path)
    except OSError:
        return False
    try:
        return content_key_of(disk, handle, key) == key
    except OSError:
        return False
    finally:
        disk.close(handle)


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
        _rename(disk, journal, file, partial, links=not disk.volume(os.path.dirname(target)).weak)
    except FileExistsError as error:
        raise NameTakenError from error
    disk.fsync_folder(os.path.dirname(target))
    journal.arrived(file, disk.lstat(target).st_mtime_ns)
    return (*lost, "its hard link") if held.status.st_nlink > 1 else lost


def copy_blocker(copied: bytes, read_back: bytes, expected: bytes) -> str | None:
    """What was copied, and what the new disk gives back, must be what was checked."""
    return None if copied == read_back == expected else CHANGED


def _copy_bytes(disk: Disk, source: int, made: int, like: ContentKey) -> ContentKey:
    """Copy all bytes; the holes of a sparse file stay holes. The key of what was read."""
    status = disk.fstat(source)
    sparse = getattr(status, "st_blocks", 0) * 512 < status.st_size and hasattr(status, "st_blocks")
    hashed, size = hasher(like), 0
    disk.rewind(source)
    while chunk := disk.read(source, CHUNK):
        hashed.update(chunk)
        size += len(chunk)
        if not (sparse and not any(chunk)):
            disk.write_at(made, chunk, size - len(chunk))
    if disk.fstat(made).st_size != size:  # it ends in a hole
        disk.set_size(made, size)
    return hashed.digest()


# -- the source of a copy ------------------------------------------------------------------------------------------------


def aside_name(file: FileRow) -> str | None:
    """The private name, in the source's folder, under which a copied file waits until its asset ends.

    The journal knows it by the name of the unfinished copy. None where there is no such copy.
    """
    if file.partial is None:
        return None
    return os.path.join(
        os.path.dirname(file.move.source), os.path.basename(file.partial).removesuffix(".partial") + ".leaving"
    )


@dataclass(frozen=True, slots=True)
class Aside:
    """What was set aside: its private name, and its size and time then."""

    path: str
    size: int
    mtime_ns: int


def set_aside(disk: Disk, file: FileRow, held: Held, *, siblings: bool) -> Aside:
    """Look at both ends once more, then rename the source of a placed copy to its private name.

    Raises LeftAloneError where another file was under the source's name: it is back there then.
    """
    if disk.lstat(_target(file)).st_size != held.status.st_size:
        raise StopError("the copy changed before the original could go")
    changed = still_blocker(disk, held, siblings=siblings)
    if changed is not None:
        raise LeftAloneError(changed)
    source, aside = file.move.source, aside_name(file)
    if aside is None:
        raise StopError("no name was set aside for its original")
    let_go(disk, held)
    try:
        move_exclusively(disk, source, aside, links=not held.volume_is_weak)
    except SwappedError as error:
        raise StopError(STALE) from error
    found = disk.lstat(aside)
    if aside_blocker(disk, file, held, (aside, found)):
        move_exclusively(disk, aside, source, links=not held.volume_is_weak)
        raise LeftAloneError(CHANGED)
    # Some volumes set a new time when a file is renamed: there its bytes were just read, so its time of now counts.
    known = found if held.volume_is_weak else held.status
    return Aside(aside, known.st_size, known.st_mtime_ns)


def aside_blocker(disk: Disk, file: FileRow, held: Held, there: tuple[str, os.stat_result]) -> str | None:
    """What was renamed is not the file that was copied: somebody saved another one under its name in the last instant."""
    return None if _is_the_one(disk, file, held, there, weak=held.volume_is_weak) else CHANGED


def drop_aside(disk: Disk, aside: Aside) -> None:
    """Remove what was set aside, unless somebody has written to it through a handle of his own."""
    found = disk.lstat(aside.path)
    if (found.st_size, found.st_mtime_ns) != (aside.size, aside.mtime_ns):
        raise LeftAloneError(CHANGED)
    disk.unlink(aside.path)
    disk.fsync_folder(os.path.dirname(aside.path))


def remove_source(disk: Disk, file: FileRow, held: Held, *, siblings: bool) -> None:
    """After a copy was placed: the source goes."""
    drop_aside(disk, set_aside(disk, file, held, siblings=siblings))


def _target(file: FileRow) -> str:
    if file.move.target is None:
        raise StopError("it has no target")
    return file.move.target
