"""The content keys of companions, remembered by path and stamp, so that a rescan reads no video again.

A companion is read whole only where another asset has one of its kind and size. A film takes minutes to read, and it rarely
changes.
"""

from __future__ import annotations

import os
import time

from dedupe.decoding.content_key import content_key_of_file
from dedupe.library.database import Database
from dedupe.library.files import settled
from dedupe.tree.file_list import packed
from dedupe.types import ContentKey, FileStamp

_ALL = "SELECT path, stamp, content_key FROM companions"
_PUT = "INSERT OR REPLACE INTO companions(path, stamp, content_key) VALUES (?, ?, ?)"


class CompanionKeys:
    """Gives the content key of a companion; reads the file only where its stamp is new."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[bytes, tuple[bytes, ContentKey]] | None = None

    def __call__(self, path: str) -> ContentKey | None:
        """The key of the file as it is now; None where it cannot be read, or is being written to."""
        if self._known is None:
            self._known = {name: (stamp, key) for name, stamp, key in self._db.rows(_ALL)}
        name = os.fsencode(path)
        try:
            held, key = self._known.get(name, (b"", b""))
            if held and held == packed(FileStamp.of(os.stat(path))):
                return key
            return self._read(path, name, self._known)
        except OSError:
            return None

    def _read(self, path: str, name: bytes, known: dict[bytes, tuple[bytes, ContentKey]]) -> ContentKey | None:
        read_ns = time.time_ns()
        with open(path, "rb", buffering=0) as file:
            before = FileStamp.of(os.fstat(file.fileno()))
            key = content_key_of_file(file.fileno())
            stamp = packed(before)
            if stamp != packed(FileStamp.of(os.fstat(file.fileno()))):
                return None
        known[name] = stamp, key
        if settled(before, read_ns):
            self._db.queue(_PUT, (name, stamp, key))
        return key
