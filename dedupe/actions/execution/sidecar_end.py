"""How the begun writing of a sidecar is ended: what its two names hold decides, not what interrupted it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from dedupe.actions.execution.place import holds
from dedupe.actions.journal.journal import Journal
from dedupe.actions.journal.records import AssetPurpose, AssetRow, AssetState, FileRow
from dedupe.actions.planning.checks import content_key_of
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.exclusive import move_exclusively, remove_claim
from dedupe.formats.hashing import digest
from dedupe.terminal.text import display_path
from dedupe.types import ContentKey


@dataclass(frozen=True, slots=True)
class Ends:
    """What the sidecar holds before and after, as content keys; None where there is no sidecar."""

    old: ContentKey | None
    new: ContentKey | None

    @classmethod
    def of(cls, journal: Journal, asset: AssetRow, file: FileRow) -> Ends:
        """The ends of a row of the journal."""
        before = journal.sidecar_before(file)
        first = None if before is None else digest(before)
        written = file.move.content_key
        return cls(first, written) if asset.purpose is AssetPurpose.RESCUE else cls(written, first)


def settle(disk: Disk, journal: Journal, asset: AssetRow) -> tuple[AssetState, str]:
    """End an asset that was begun: finished where the sidecar has its new content, else taken back.

    Raises OSError where the disk does not allow it, JournalError where the journal does not say what was there.
    """
    file = journal.asset(asset.id).files[0]
    if not os.path.isdir(os.path.dirname(file.move.source)):
        return AssetState.BEGUN, "its folder does not exist now"
    ends = Ends.of(journal, asset, file)
    if ends.old is None:
        state, reason = _new(disk, file, ends)
    elif ends.new is None:
        state, reason = _gone(disk, file, ends)
    else:
        state, reason = _exchanged(disk, file, ends)
    journal.end_asset(asset, state, reason)
    return state, reason


def _new(disk: Disk, file: FileRow, ends: Ends) -> tuple[AssetState, str]:
    """There was none: it has its name already, or the unfinished one goes."""
    path = file.move.source
    if file.claimed and disk.is_taken(path) and disk.lstat(path).st_size == 0:
        remove_claim(disk, path, None)
    done = ends.new is not None and disk.is_taken(path) and holds(disk, path, ends.new)
    _drop(disk, file)
    return (AssetState.DONE if done else AssetState.ROLLED_BACK), ""


def _gone(disk: Disk, file: FileRow, ends: Ends) -> tuple[AssetState, str]:
    """It was to go: what is under the private name goes, unless somebody wrote to it."""
    path, aside = file.move.source, file.partial or ""
    if not disk.is_taken(aside):
        stays = ends.old is not None and disk.is_taken(path) and holds(disk, path, ends.old)
        return (AssetState.ROLLED_BACK if stays else AssetState.DONE), ""
    if key_at(disk, aside) == ends.old:
        both = disk.is_taken(path) and identity(disk.lstat(path)) == identity(disk.lstat(aside))
        disk.unlink(aside)
        disk.fsync_folder(os.path.dirname(path))
        return (AssetState.ROLLED_BACK if both else AssetState.DONE), ""
    if disk.is_taken(path):
        return AssetState.NEEDS_PERSON, f"it was written to while it was taken back; see {display_path(aside)}"
    move_exclusively(disk, aside, path, links=not disk.volume(os.path.dirname(path)).weak)
    return AssetState.ROLLED_BACK, ""


def _exchanged(disk: Disk, file: FileRow, ends: Ends) -> tuple[AssetState, str]:
    """One for another: the private name holds the new one before the exchange, the old one after it."""
    path, beside = file.move.source, file.partial or ""
    here = disk.lstat(path).st_ino if disk.is_taken(path) else None
    there = disk.lstat(beside).st_ino if disk.is_taken(beside) else None
    made = None if file.copy is None else file.copy[1]
    if there is None:
        if here is None:
            return AssetState.NEEDS_PERSON, "neither the sidecar nor its replacement is in its place"
        return (AssetState.DONE if here == made else AssetState.ROLLED_BACK), ""
    if made is None or there == made:
        _drop(disk, file)
        return AssetState.ROLLED_BACK, ""
    if here is None:
        move_exclusively(disk, beside, path, links=True)
        return AssetState.ROLLED_BACK, ""
    if key_at(disk, beside) == ends.old:
        _drop(disk, file)
        return AssetState.DONE, ""
    if here == made and key_at(disk, path) == ends.new:
        disk.exchange(beside, path)  # somebody wrote to it in the last instant: it comes back
        _drop(disk, file)
        return AssetState.ROLLED_BACK, ""
    return AssetState.NEEDS_PERSON, f"it was written to while it was replaced; see {display_path(beside)}"


def _drop(disk: Disk, file: FileRow) -> None:
    """What is under the private name, which is random, so that nobody else's file has it."""
    beside = file.partial or ""
    if disk.is_taken(beside):
        disk.unlink(beside)
        disk.fsync_folder(os.path.dirname(beside))


def key_at(disk: Disk, path: str) -> ContentKey:
    """The content key of the file at ``path``, opened anew and read to its end; empty where it cannot be read."""
    try:
        handle = disk.open_read(path)
    except OSError:
        return b""
    try:
        return content_key_of(disk, handle)
    except OSError:
        return b""
    finally:
        disk.close(handle)


def identity(status: os.stat_result) -> tuple[int, int]:
    """(device, inode)."""
    return status.st_dev, status.st_ino
