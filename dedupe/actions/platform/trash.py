"""The trash: asked for one file at a time, and never believed.

Before a call it is known that the trash can take the file by a rename; after it, the file must be gone from its place and
(Linux, BSD) are in the trash with a record that names our path: that entry is what undo moves back. On Linux and BSD
dedupe follows the FreeDesktop specification itself (``freedesktop.py``): send2trash overwrites a name that another program
takes at the same moment. On macOS and Windows send2trash asks the system.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from collections.abc import Iterator, Sequence

from dedupe.actions.planning.checks import LeftAloneError
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.exclusive import remove_claim
from dedupe.actions.platform.freedesktop import (
    NAME_BYTES,
    RECORD,
    Entry,
    Place,
    aliases,
    entry_in,
    entry_of,
    home_folder,
    home_trash,
    is_entry_of,
    is_entry_shaped,
    mount_point,
    name_of,
    names_by_inode,
    names_folder_of,
    nearest_existing,
    numbered,
    path_of,
    places,
    recorded_path,
    volume_trash,
)
from dedupe.actions.platform.volumes import Volume, mount_id
from dedupe.terminal.text import display_path
from dedupe.types import FileMove

_ROOM_FOR_COUNTER = 7
_READ_ONLY = "it is read-only, and the trash refuses such files"
_FOLDER_CLOSED = "its folder may not be changed"
_NAME_TOO_LONG = "its name is too long for the trash"


__all__ = ["Entry", "Trash", "TrashError", "entry_of", "is_entry_of", "is_entry_shaped", "windows_blocker"]


class TrashError(Exception):
    """The trash did not do what it said; the text is a phrase. ``unknown``: where the file is now is not known."""

    def __init__(self, reason: str, *, unknown: bool = False) -> None:
        super().__init__(reason)
        self.unknown = unknown


class Trash:
    """The trash of this user, on this machine."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    @property
    def undoable(self) -> bool:
        """dedupe can take files out of this trash again; on macOS and Windows only a person can."""
        return sys.platform not in ("darwin", "win32")

    # -- before --------------------------------------------------------------------------------------------------------

    def blocker(self, path: str, status: os.stat_result) -> str | None:
        """Why the trash would refuse, copy or destroy this file, as a phrase; None where it will take it. Reads only."""
        if sys.platform == "win32":
            return windows_blocker(self._disk.volume(os.path.dirname(path)))
        parent = os.path.dirname(path)
        if not os.access(path, os.W_OK):
            return _READ_ONLY
        if not os.access(parent, os.W_OK | os.X_OK):
            return _FOLDER_CLOSED
        if sys.platform == "darwin":
            return None
        if len(os.fsencode(os.path.basename(path))) + len(RECORD) + _ROOM_FOR_COUNTER > NAME_BYTES:
            return _NAME_TOO_LONG
        if not os.path.isabs(os.environ.get("XDG_DATA_HOME", "/")):
            return "XDG_DATA_HOME is empty or no absolute path, so the trash can't be found"
        if home_trash() is None:
            return "there is no home folder (HOME), so the trash can't be found"
        try:
            return self._linux_blocker(parent, status)
        except OSError as error:  # a user without a home folder, as services have none
            return f"its trash can't be found ({(error.strerror or 'unknown error').lower()})"

    def _linux_blocker(self, parent: str, status: os.stat_result) -> str | None:
        folder = self._folder(parent, status.st_dev)
        if folder != home_trash():
            top = mount_point(parent)
            if os.path.islink(folder) or self._disk.lstat(top).st_dev != status.st_dev:
                return self._no_trash_on(parent)
        for place in (folder, os.path.join(folder, "files"), os.path.join(folder, "info")):
            there = nearest_existing(place)
            if not os.path.isdir(there):
                return f"the trash cannot be used: {display_path(there)} {_what_stands_there(there)}"
            if self._disk.lstat(os.path.realpath(there)).st_dev != status.st_dev or mount_id(there) != mount_id(parent):
                # A rename would fail there.
                return self._no_trash_on(parent) if not os.path.islink(there) else self._leads_away(there)
            if not os.access(there, os.W_OK | os.X_OK):
                return self._no_trash_on(parent)
        return None

    def _leads_away(self, link: str) -> str:
        return f"the trash cannot be used: {display_path(link)} is a link to another disk"

    def _folder(self, parent: str, device: int) -> str:
        """The trash folder for files of this device."""
        trash = home_trash()
        if trash is not None:
            home = os.path.realpath(home_folder() or nearest_existing(trash))
            if self._disk.lstat(home).st_dev == device:
                return trash
        return volume_trash(mount_point(parent))

    def _no_trash_on(self, parent: str) -> str:
        mount = display_path(self._disk.volume(parent).mount)
        return f"no trash can be made on {mount}; use --move-to with a folder on that volume"

    def records(self, moves: Sequence[FileMove]) -> tuple[str | None, ...]:
        """Choose, for each of these files, the record that it will get in the trash.

        The names are free now, so that what has one of them after a crash cannot have been there before. None for each
        where only the system knows the record.
        """
        if not self.undoable:
            return (None,) * len(moves)
        chosen: dict[str, None] = {}
        for move in moves:
            place = Place(self._folder(os.path.dirname(move.source), move.stamp.dev), "")
            entries = (entry_in(place, name) for name in numbered(os.path.basename(move.source)))
            free = (entry.info for entry in entries if entry.info not in chosen and not self._stands(entry))
            chosen[next(free)] = None
        return tuple(chosen)

    def _stands(self, entry: Entry) -> bool:
        return self._disk.is_taken(entry.file) or self._disk.is_taken(entry.info)

    # -- the call ------------------------------------------------------------------------------------------------------

    def move_to_trash(self, path: str, status: os.stat_result, record: str | None) -> Entry | None:
        """Trash one file; its entry, or None where only the system knows it.

        ``status`` is what is known of the open file, ``record`` is its one of ``records``. Raises OSError or LeftAloneError
        where the trash refused (nothing is left behind), TrashError where it did not do what it said.
        """
        try:
            if record is None:
                self._disk.throw_away(path)
            else:
                self._disk.throw_away(path, record)
        except Exception as error:  # macOS and Windows each raise what they like
            raise self._problem(path, status, record, error) from error
        if self._is_same(path, status):
            raise TrashError("the trash said it took the file, but it is still in its place")
        if not self.undoable:
            return None
        entry = self._entry_of(path, status, record)
        if entry is None:
            raise TrashError("it is gone from its place, but is not in the trash", unknown=True)
        return entry

    def _problem(self, path: str, status: os.stat_result, record: str | None, error: Exception) -> Exception:
        """What a failed call means: a refusal of this file, as long as it is still in its place."""
        told = display_path(str(error).strip().rstrip("."))
        if not self._is_same(path, status):
            return TrashError(f"the trash failed ({told}), and it is no longer in its place", unknown=True)
        with contextlib.suppress(OSError):
            self.sweep(record, path)
        if isinstance(error, FileExistsError):
            return LeftAloneError("another program took its name in the trash just now")
        if isinstance(error, OSError) and error.errno == errno.EXDEV:  # a pool of disks, whose trash is on another one
            return LeftAloneError(self._no_trash_on(os.path.dirname(path)))
        if isinstance(error, OSError) and error.errno is not None:
            return error
        return LeftAloneError(f"the trash refuses it ({told})")

    def _is_same(self, path: str, status: os.stat_result) -> bool:
        try:
            found = self._disk.lstat(path)
        except FileNotFoundError:
            return False
        return self._weak(path) or (found.st_dev, found.st_ino) == (status.st_dev, status.st_ino)

    # -- after ---------------------------------------------------------------------------------------------------------

    def _entry_of(self, path: str, status: os.stat_result, record: str | None) -> Entry | None:
        """The entry of ``record``, or another that holds the file; where inodes are invented, the size must do."""
        weak = self._weak(path)
        if record is not None and self._is_entry(entry_of(record), status, weak=weak):
            return entry_of(record)
        for place in places(path):
            for name in names_by_inode(place, status.st_ino):
                if self._is_entry(entry_in(place, name), status, weak=False):
                    return entry_in(place, name)
        return None

    def _is_entry(self, found: Entry, status: os.stat_result, *, weak: bool) -> bool:
        try:
            thrown = self._disk.lstat(found.file)
        except OSError:
            return False
        same = weak or (thrown.st_dev, thrown.st_ino) == (status.st_dev, status.st_ino)
        return same and thrown.st_size == status.st_size and self._disk.is_taken(found.info)

    def _weak(self, path: str) -> bool:
        return self._disk.volume(os.path.dirname(path)).weak

    def find(self, path: str) -> Iterator[Entry]:
        """Every entry whose record names ``path``."""
        for place in places(path):
            folder = os.path.join(place.folder, "info")
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                for name in self._disk.listdir(folder):
                    if name.endswith(RECORD) and recorded_path(os.path.join(folder, name), place) in aliases(path):
                        yield entry_in(place, name.removesuffix(RECORD))

    def sweep(self, record: str | None, path: str) -> None:
        """Remove the ``record`` that a failed or interrupted call for ``path`` left without a file.

        The call left ``path`` itself where it is. The record is removed only where it names ``path``, or was cut off
        before its first byte.

        Its name was free when the call was journalled. Any other record stays, even an empty one: nothing is lost with
        it, and another program may be about to fill it. A program that has begun this very record since is given the
        time to fill it.
        """
        if record is None or record not in {entry_in(place, name_of(record)).info for place in places(path)}:
            return
        entry = entry_of(record)
        self._let_it_be_filled(entry)
        if not self._disk.is_taken(record):
            return
        if self._disk.is_taken(entry.file):
            if not self._is_claim(entry, path):
                return
            remove_claim(self._disk, entry.file, None)
        status = self._disk.lstat(record)
        cut_off = stat.S_ISREG(status.st_mode) and status.st_size == 0
        if cut_off or path_of(entry) in aliases(path):
            self._disk.unlink(record)

    def _is_claim(self, entry: Entry, path: str) -> bool:
        """Whether the entry is the empty file that claimed its name for ``path``, which is still in its place and not empty."""
        claim, photo = self._disk.lstat(entry.file), self._disk.lstat(path)
        empty = stat.S_ISREG(claim.st_mode) and claim.st_size == 0 and claim.st_nlink == 1
        return empty and photo.st_size > 0 and path_of(entry) in aliases(path)

    def _let_it_be_filled(self, entry: Entry) -> None:
        with contextlib.suppress(OSError):
            status = self._disk.lstat(entry.info)
            grace = min(50 * self._disk.volume(os.path.dirname(entry.info)).tick_ns, 1_000_000_000)
            age = time.time_ns() - status.st_ctime_ns
            if status.st_size == 0 and 0 <= age < grace:
                time.sleep((grace - age) / 1e9)

    def forget(self, entry: Entry, place: str) -> None:
        """Remove the record of a file that left the trash for ``place``; only one that names that folder."""
        left = not self._disk.is_taken(entry.file) and self._disk.is_taken(entry.info)
        if left and names_folder_of(entry, place):
            self._disk.unlink(entry.info)


def windows_blocker(volume: Volume) -> str | None:
    """Only fixed drives have a Recycle Bin; elsewhere Windows deletes for good (send2trash #2, #94)."""
    if not volume.recycles:
        return "its drive has no Recycle Bin, so Windows would delete it for good; use --move-to instead"
    return None


def _what_stands_there(path: str) -> str:
    return "is a link that leads nowhere" if os.path.islink(path) else "is not a folder"
