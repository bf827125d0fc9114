"""The trash of Linux and BSD, by the FreeDesktop trash specification 1.0.

It says where the trash is, how an entry is named, what its record says, and how a file gets there.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, unquote_to_bytes

from dedupe.actions.platform import exclusive

RECORD = ".trashinfo"
NAME_BYTES = 255


class Door(exclusive.Door, Protocol):
    """What of ``Disk`` is needed here."""

    def mkdir(self, folder: str, mode: int = ...) -> None: ...
    def write(self, handle: int, data: bytes) -> None: ...
    def fsync(self, handle: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the trash and the record that says where it came from."""

    file: str
    info: str


@dataclass(frozen=True, slots=True)
class Place:
    """A trash folder, and the folder that relative paths in its records begin at."""

    folder: str
    top: str


def home_folder() -> str | None:
    """The user's home; None for a user without one, as containers have them."""
    home = os.path.expanduser("~")
    return home if os.path.isabs(home) and os.environ.get("HOME") != "" else None


def home_trash() -> str | None:
    """Where the trash of the home volume is; None without a home. The specification ignores an XDG_DATA_HOME that is relative."""
    data, home = os.environ.get("XDG_DATA_HOME", ""), home_folder()
    if os.path.isabs(data):
        return os.path.join(data, "Trash")
    return None if home is None else os.path.join(home, ".local", "share", "Trash")


def places(path: str) -> Iterator[Place]:
    """Where an entry for ``path`` may be: the home's trash, then those of its volume."""
    home = home_trash()
    if home is not None:
        yield Place(home, os.path.dirname(home))
    top = mount_point(os.path.dirname(path))
    user = str(os.getuid()) if sys.platform != "win32" else ""
    yield Place(os.path.join(top, ".Trash", user), top)
    yield Place(os.path.join(top, f".Trash-{user}"), top)


def volume_trash(top: str) -> str:
    """Where files of a volume go that is not the home's."""
    user = str(os.getuid()) if sys.platform != "win32" else ""
    shared = os.path.join(top, ".Trash")
    with contextlib.suppress(OSError):
        mode = os.lstat(shared).st_mode
        if stat.S_ISDIR(mode) and mode & stat.S_ISVTX:
            return os.path.join(shared, user)
    return os.path.join(top, f".Trash-{user}")


def mount_point(folder: str) -> str:
    """The mount point that the folder is below."""
    folder = os.path.realpath(folder)
    while not os.path.ismount(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def nearest_existing(path: str) -> str:
    """``path``, or the nearest folder above it that exists; a link exists, wherever it leads."""
    while not os.path.lexists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def entry_in(place: Place, name: str) -> Entry:
    """The entry of that name."""
    return Entry(os.path.join(place.folder, "files", name), os.path.join(place.folder, "info", name + RECORD))


def entry_of(record: str) -> Entry:
    """The entry that ``record`` is the record of, by its name."""
    return entry_in(Place(os.path.dirname(os.path.dirname(record)), ""), name_of(record))


def name_of(record: str) -> str:
    """The name that the record is of."""
    return os.path.basename(record).removesuffix(RECORD)


def numbered(name: str) -> Iterator[str]:
    """Yield ``name``, then the names to try where it is taken: ``a 1.jpg``, ``a 2.jpg`` and so on."""
    base, extension = os.path.splitext(name)
    yield name
    for count in range(1, 1_000_000):
        yield f"{base} {count}{extension}"


def names_by_inode(place: Place, inode: int) -> Iterator[str]:
    """The names in a trash that the file with this inode has."""
    try:
        with os.scandir(os.path.join(place.folder, "files")) as entries:
            yield from (entry.name for entry in entries if entry.inode() == inode)
    except OSError:
        return


def recorded_path(info: str, place: Place) -> str | None:
    """The path that a record names, absolute; None where it is not a record."""
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


def aliases(path: str) -> tuple[str, str]:
    """How a record may write the path: as it is, or with the links among its folders resolved."""
    parent, name = os.path.split(path)
    return os.path.normpath(path), os.path.join(os.path.realpath(parent), name)


def is_entry_of(entry: Entry, path: str) -> bool:
    """``entry`` is in a trash folder and its record names ``path`` (a journal row may have been edited)."""
    return path_of(entry) in aliases(path)


def is_entry_shaped(file: str, info: str | None) -> bool:
    """``file`` is named as a file in a trash folder is, and ``info`` (where known) as its record."""
    files, name = os.path.split(file)
    folder = os.path.dirname(files)
    entry = entry_in(Place(folder, ""), name)
    return bool(name) and os.path.normpath(file) == file == entry.file and info in (None, entry.info)


def names_folder_of(entry: Entry, path: str) -> bool:
    """The record names ``path`` or a name beside it, where an occupied one makes a file be put."""
    recorded = path_of(entry)
    return recorded is not None and os.path.dirname(recorded) in {os.path.dirname(alias) for alias in aliases(path)}


def path_of(entry: Entry) -> str | None:
    """The path that the record of ``entry`` names; None where it is not an entry of a trash folder."""
    if not is_entry_shaped(entry.file, entry.info):
        return None
    folder = os.path.dirname(os.path.dirname(entry.file))
    return recorded_path(entry.info, Place(folder, top_of(folder)))


def put_into_trash(disk: Door, path: str, record: str) -> None:
    """Write ``record``, whose name must be free, then rename the file at ``path`` to its entry; nothing is overwritten.

    Raises OSError (EEXIST where a name is taken); the record is then removed again.
    """
    entry = entry_of(record)
    folder = os.path.dirname(os.path.dirname(record))
    for made in (folder, os.path.dirname(entry.file), os.path.dirname(record)):
        _make_private(disk, made)
    handle = disk.create(record)
    try:
        try:
            disk.write(handle, _record_text(path, folder))
            disk.fsync(handle)
        finally:
            disk.close(handle)
        exclusive.move_exclusively(disk, path, entry.file, links=False)
    except OSError:
        with contextlib.suppress(OSError):
            disk.unlink(record)
        raise
    for changed in (os.path.dirname(entry.file), os.path.dirname(record), os.path.dirname(path)):
        disk.fsync_folder(changed)


def _make_private(disk: Door, folder: str) -> None:
    """Make a folder of the trash, and those above it, for this user alone."""
    if os.path.isdir(folder):
        return
    _make_private(disk, os.path.dirname(folder))
    with contextlib.suppress(FileExistsError):
        disk.mkdir(folder, 0o700)


def _record_text(path: str, folder: str) -> bytes:
    """What a record says: the path, absolute in the home's trash and below the mount point in a volume's."""
    place = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    if folder != home_trash():
        place = os.path.relpath(place, top_of(folder))
    date = time.strftime("%Y-%m-%dT%H:%M:%S")
    return f"[Trash Info]\nPath={quote(os.fsencode(place))}\nDeletionDate={date}\n".encode("ascii")


def top_of(folder: str) -> str:
    """The folder that relative paths in the records of the trash ``folder`` begin at."""
    above = os.path.dirname(folder)
    return os.path.dirname(above) if os.path.basename(above) == ".Trash" else above
