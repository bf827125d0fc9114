"""The trash: send2trash does it, one call at a time, and is never believed.

Before a call it is known that the trash can take the file by a rename; after it, the file must be gone from its place and
(Linux, BSD) stand in the trash as the same inode, with a record that names our path: that entry is what undo moves back.
Everything follows the FreeDesktop trash specification 1.0 and what send2trash 2.2 does with it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import unquote_to_bytes

from dedupe.actions.planning.checks import LeftAloneError
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.volumes import Volume, mount_id
from dedupe.terminal.text import display_path
from dedupe.types import FileMove

_RECORD = ".trashinfo"
_NAME_BYTES = 255
_ROOM_FOR_COUNTER = 7
_READ_ONLY = "it is read-only, and the trash refuses such files"
_FOLDER_CLOSED = "its folder may not be changed"
_NAME_TOO_LONG = "its name is too long for the trash"


class TrashError(Exception):
    """The trash did not do what it said; the text is a phrase. ``unknown``: where the file is now is not known."""

    def __init__(self, reason: str, *, unknown: bool = False) -> None:
        super().__init__(reason)
        self.unknown = unknown


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the trash and the record that says where it came from."""

    file: str
    info: str


@dataclass(frozen=True, slots=True)
class _Place:
    """A trash folder, and the folder that relative paths in its records begin at."""

    folder: str
    top: str


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
        if len(os.fsencode(os.path.basename(path))) + len(_RECORD) + _ROOM_FOR_COUNTER > _NAME_BYTES:
            return _NAME_TOO_LONG
        if not os.path.isabs(os.environ.get("XDG_DATA_HOME", "/")):
            return "XDG_DATA_HOME is empty or no absolute path, so there is no telling where the trash is"
        try:
            return self._linux_blocker(parent, status)
        except OSError as error:  # a user without a home folder, as services have none
            return f"there is no telling where its trash is ({(error.strerror or 'unknown error').lower()})"

    def _linux_blocker(self, parent: str, status: os.stat_result) -> str | None:
        folder = self._folder(parent, status.st_dev)
        if folder != home_trash():
            top = _mount_point(parent)
            if os.path.islink(folder) or self._disk.lstat(top).st_dev != status.st_dev:
                return self._no_trash_on(parent)
        there = _nearest_existing(folder)
        if self._disk.lstat(there).st_dev != status.st_dev or mount_id(there) != mount_id(parent):
            return self._no_trash_on(parent)  # a rename would fail there, and send2trash would copy into the home
        for place in (folder, os.path.join(folder, "files"), os.path.join(folder, "info")):
            if not os.access(_nearest_existing(place), os.W_OK | os.X_OK):
                return self._no_trash_on(parent)
        return None

    def _folder(self, parent: str, device: int) -> str:
        """The trash folder that send2trash puts files of this device to."""
        home = os.path.realpath(os.path.expanduser("~"))
        return home_trash() if device == self._disk.lstat(home).st_dev else _volume_trash(_mount_point(parent))

    def _no_trash_on(self, parent: str) -> str:
        mount = display_path(self._disk.volume(parent).mount)
        return f"no trash can be made on {mount}; --move-to a folder on that volume can"

    def records(self, moves: Sequence[FileMove]) -> tuple[str | None, ...]:
        """For each of these files the record that send2trash will make for it, of a name that is free now; None where
        only the system knows. What stands under it after a crash cannot have been there before."""
        if not self.undoable:
            return (None,) * len(moves)
        chosen: dict[str, None] = {}
        for move in moves:
            place = _Place(self._folder(os.path.dirname(move.source), move.stamp.dev), "")
            entries = (_entry(place, name) for name in _numbered(os.path.basename(move.source)))
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
        _check_environment()
        try:
            self._disk.throw_away(path)
        except Exception as error:  # GIO, macOS and Windows each raise what they like
            raise self._problem(path, status, record, error) from error
        if self._is_same(path, status):
            raise TrashError("the trash said it took the file, but it is still in its place")
        if not self.undoable:
            return None
        entry = self._entry_of(path, status)
        if entry is None:
            raise TrashError("it is gone from its place, but is not in the trash", unknown=True)
        return entry

    def _problem(self, path: str, status: os.stat_result, record: str | None, error: Exception) -> Exception:
        """What a failed call means: a refusal of this file, as long as it still stands in its place."""
        told = display_path(str(error).strip().rstrip("."))
        if not self._is_same(path, status):
            return TrashError(f"the trash failed ({told}), and it is no longer in its place", unknown=True)
        with contextlib.suppress(OSError):
            self.sweep(record, path)
        if isinstance(error, OSError) and error.errno is not None:
            return error
        return LeftAloneError(f"the trash refuses it ({told})")

    def _is_same(self, path: str, status: os.stat_result) -> bool:
        try:
            found = self._disk.lstat(path)
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino) == (status.st_dev, status.st_ino)

    # -- after ---------------------------------------------------------------------------------------------------------

    def _entry_of(self, path: str, status: os.stat_result) -> Entry | None:
        """The entry with this inode and size: first under the names that send2trash would choose, then any (GIO's)."""
        likely = ((place, name) for place in _places(path) for name in self._likely_names(place, path))
        others = ((place, name) for place in _places(path) for name in _names_by_inode(place, status.st_ino))
        for place, name in chain(likely, others):
            entry = _entry(place, name)
            with contextlib.suppress(OSError):
                found = self._disk.lstat(entry.file)
                same = (found.st_dev, found.st_ino) == (status.st_dev, status.st_ino)
                if same and found.st_size == status.st_size and self._disk.is_taken(entry.info):
                    return entry
        return None

    def _likely_names(self, place: _Place, path: str) -> Iterator[str]:
        for name in _numbered(os.path.basename(path)):
            entry = _entry(place, name)
            if not self._stands(entry):
                return
            yield name

    def find(self, path: str) -> Iterator[Entry]:
        """Every entry whose record names ``path``."""
        for place in _places(path):
            folder = os.path.join(place.folder, "info")
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                for name in self._disk.listdir(folder):
                    if name.endswith(_RECORD) and _recorded_path(os.path.join(folder, name), place) in _aliases(path):
                        yield _entry(place, name.removesuffix(_RECORD))

    def sweep(self, record: str | None, path: str) -> None:
        """Remove the ``record`` that a call for ``path`` left without a file when it failed or was cut off (``path`` itself
        still stands): one that names it, or was cut off before its first byte.

        Its name was free when the call was journalled. Any other record stays, though it be empty: nothing is lost with it,
        and another program may be about to fill it; one that began this very one since is given the time for that.
        """
        if record is None or record not in {_entry(place, _name_of(record)).info for place in _places(path)}:
            return
        entry = entry_of(record)
        self._let_it_be_filled(entry)
        if not self._disk.is_taken(record) or self._disk.is_taken(entry.file):
            return
        status = self._disk.lstat(record)
        cut_off = stat.S_ISREG(status.st_mode) and status.st_size == 0
        if cut_off or _path_of(entry) in _aliases(path):
            self._disk.unlink(record)

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
        if left and _names_folder_of(entry, place):
            self._disk.unlink(entry.info)


def windows_blocker(volume: Volume) -> str | None:
    """Only fixed drives have a Recycle Bin; elsewhere Windows deletes for good (send2trash #2, #94)."""
    if not volume.recycles:
        return "its drive has no Recycle Bin, Windows would delete it for good; --move-to can take it"
    return None


def home_trash() -> str:
    """Where the trash of the home volume is."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(data, "Trash")


def _check_environment() -> None:
    """send2trash reads XDG_DATA_HOME once, when it is imported."""
    import send2trash  # noqa: F401

    module: Any = sys.modules.get("send2trash.plat_other")
    if module is not None and os.fsdecode(module.HOMETRASH_B) != home_trash():
        raise TrashError("the environment changed, so there is no telling where the trash is")


def _places(path: str) -> Iterator[_Place]:
    """Where an entry for ``path`` may be: the home's trash, then those of its volume."""
    yield _Place(home_trash(), os.path.dirname(home_trash()))
    top = _mount_point(os.path.dirname(path))
    user = str(os.getuid()) if sys.platform != "win32" else ""
    yield _Place(os.path.join(top, ".Trash", user), top)
    yield _Place(os.path.join(top, f".Trash-{user}"), top)


def _volume_trash(top: str) -> str:
    """Where send2trash puts files of a volume that is not the home's."""
    user = str(os.getuid()) if sys.platform != "win32" else ""
    shared = os.path.join(top, ".Trash")
    with contextlib.suppress(OSError):
        mode = os.lstat(shared).st_mode
        if stat.S_ISDIR(mode) and mode & stat.S_ISVTX:
            return os.path.join(shared, user)
    return os.path.join(top, f".Trash-{user}")


def _mount_point(folder: str) -> str:
    folder = os.path.realpath(folder)
    while not os.path.ismount(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def _nearest_existing(path: str) -> str:
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def _entry(place: _Place, name: str) -> Entry:
    return Entry(os.path.join(place.folder, "files", name), os.path.join(place.folder, "info", name + _RECORD))


def entry_of(record: str) -> Entry:
    """The entry that ``record`` is the record of, by its name."""
    return _entry(_Place(os.path.dirname(os.path.dirname(record)), ""), _name_of(record))


def _name_of(record: str) -> str:
    return os.path.basename(record).removesuffix(_RECORD)


def _numbered(name: str) -> Iterator[str]:
    """``name``, then what send2trash makes of it where it is taken: ``a 1.jpg``, ``a 2.jpg``, …"""
    base, extension = os.path.splitext(name)
    yield name
    for count in range(1, 1_000_000):
        yield f"{base} {count}{extension}"


def _names_by_inode(place: _Place, inode: int) -> Iterator[str]:
    try:
        with os.scandir(os.path.join(place.folder, "files")) as entries:
            yield from (entry.name for entry in entries if entry.inode() == inode)
    except OSError:
        return


def _recorded_path(info: str, place: _Place) -> str | None:
    """The path that a record names, absolute; None where it is no record."""
    try:
        with open(info, "rb") as record:
            lines = record.read(65_536).splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith(b"Path="):
            path = os.fsdecode(unquote_to_bytes(line[len(b"Path=") :]))
            return os.path.normpath(os.path.join(place.top, path))
    return None


def _aliases(path: str) -> tuple[str, str]:
    parent, name = os.path.split(path)
    return os.path.normpath(path), os.path.join(os.path.realpath(parent), name)


def is_entry_of(entry: Entry, path: str) -> bool:
    """``entry`` lies in a trash folder and its record names ``path`` (a journal row may have been edited)."""
    return _path_of(entry) in _aliases(path)


def is_entry_shaped(file: str, info: str | None) -> bool:
    """``file`` is named as a file in a trash folder is, and ``info`` (where known) as its record."""
    files, name = os.path.split(file)
    folder = os.path.dirname(files)
    entry = _entry(_Place(folder, ""), name)
    return bool(name) and os.path.normpath(file) == file == entry.file and info in (None, entry.info)


def _names_folder_of(entry: Entry, path: str) -> bool:
    """The record names ``path`` or a name beside it, where an occupied one makes a file be put."""
    recorded = _path_of(entry)
    return recorded is not None and os.path.dirname(recorded) in {os.path.dirname(alias) for alias in _aliases(path)}


def _path_of(entry: Entry) -> str | None:
    """The path that the record of ``entry`` names; None where it is no entry of a trash folder."""
    if not is_entry_shaped(entry.file, entry.info):
        return None
    folder = os.path.dirname(os.path.dirname(entry.file))
    above = os.path.dirname(folder)
    top = os.path.dirname(above) if os.path.basename(above) == ".Trash" else above
    return _recorded_path(entry.info, _Place(folder, top))
