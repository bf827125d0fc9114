"""What a file's first bytes say about it, before SQLite opens (and may change) it."""

from __future__ import annotations

import os
import stat
import struct
import sys
from dataclasses import dataclass

from dedupe import mounts
from dedupe.errors import StoreError
from dedupe.terminal.text import display_path

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 108
_TABLE_LEAF = 13


@dataclass(frozen=True, slots=True)
class Header:
    """The parts of an SQLite file that say whose it is and whether it is whole (https://sqlite.org/fileformat.html §1.3, §1.6).

    ``empty``: no bytes, or a database without tables that nobody has put a number on, as it is for a moment while it is made.
    ``truncated``: shorter than the pages it counts, with no log beside it that could hold the rest.
    """

    empty: bool = False
    is_sqlite: bool = False
    application_id: int = 0
    version: int = 0
    truncated: bool = False


def read_header(path: str) -> Header | None:
    """The header of the file at ``path``, None where there is no file yet.

    Raises StoreError where a database cannot be: a folder, a device, a file in no folder, one that may not
    be read.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        folder = os.path.dirname(path)
        if os.path.isdir(folder):
            return None
        raise StoreError(
            f"There is no folder {display_path(folder)} to put the store {display_path(os.path.basename(path))} into."
        ) from None
    except OSError as error:
        raise StoreError(f"The store {display_path(path)} cannot be opened: {error.strerror}.") from error
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a file"
        raise StoreError(f"The store {display_path(path)} is {what}; --store takes the name of a file.")
    try:
        # Closing the file drops SQLite's locks on it in this process: not while it has the database open elsewhere.
        with open(path, "rb") as file:
            return _parse(file.read(_HEADER_BYTES), status.st_size, os.path.exists(path + "-wal"), _in_change(path))
    except OSError as error:
        raise StoreError(f"The store {display_path(path)} cannot be opened: {error.strerror}.") from error


def _parse(head: bytes, size: int, has_log: bool, in_change: bool) -> Header:
    if not head:
        return Header(empty=True)
    if len(head) < _HEADER_BYTES or not head.startswith(_MAGIC):
        return Header()
    (page_bytes,) = struct.unpack_from(">H", head, 16)
    changes, pages, version, application_id, counted_at = (
        struct.unpack_from(">I", head, at)[0] for at in (24, 28, 60, 68, 92)
    )
    kind, cells = struct.unpack_from(">BxxH", head, 100)
    if not (application_id or version or cells or has_log) and kind == _TABLE_LEAF:
        return Header(empty=True)
    # The count of pages holds only where it was written with the last change.
    whole = has_log or in_change or counted_at != changes or size >= pages * (65536 if page_bytes == 1 else page_bytes)
    return Header(is_sqlite=True, application_id=application_id, version=version, truncated=not whole)


def _in_change(path: str) -> bool:
    """Whether a transaction with a rollback journal is under way, or was cut short."""
    return file_size(path + "-journal") > 0


def file_size(path: str) -> int:
    """The bytes of a file that may come and go; 0 where there is none."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def lies_on_a_network(path: str) -> bool:
    """Whether ``path`` is on a file system without shared memory between hosts, as far as this system tells."""
    if sys.platform == "win32":
        return path.startswith("\\\\")
    if sys.platform == "darwin":
        return path.startswith("/Volumes/")
    return mounts.mount_of(os.path.realpath(path))[1] in mounts.NETWORK
