"""The previews: one small JPEG a content and the signature made of it, in a database of bounded size.

Above the bound the longest unused are dropped, in bulk and rarely: at the end of a run and after every few
thousand new ones, down to nine tenths. "Used" is counted in days, so a scan marks each preview at most once
a day.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from dedupe.library.database import Closing, Database, Kind
from dedupe.library.paths import prepare
from dedupe.types import ContentKey

DEFAULT_LIMIT_BYTES = 4_000_000_000

_PUT_PICTURE = "INSERT OR REPLACE INTO previews(content_key, jpeg) VALUES (?, ?)"
_PUT_SHELF = "INSERT OR REPLACE INTO shelf(content_key, bytes, used) VALUES (?, ?, ?)"
_PUT_SIGNATURE = "INSERT OR REPLACE INTO signatures(content_key, signature) VALUES (?, ?)"
_TOUCH = "UPDATE shelf SET used = ? WHERE content_key = ?"
_DROP = (
    "DELETE FROM previews WHERE content_key = ?",
    "DELETE FROM signatures WHERE content_key = ?",
    "DELETE FROM shelf WHERE content_key = ?",
)
_SWEEP_EVERY = 5_000
_DAY_S = 86_400

KIND = Kind(
    name="previews",
    application_id=0x44645072,  # "DdPr"
    version=2,
    disposable=True,
    schema="previews.sql",
    page_size=8192,
)


class Previews(Closing):
    """The open previews; a context manager. Writes are committed every two seconds and at the end.

    ``limit_bytes`` bounds the JPEGs' total; it may be passed by a few thousand previews for a while. A
    preview may be gone whenever it is asked for: the photo is then read again. ``notices`` and StoreError
    as for Cache.
    """

    def __init__(self, path: str, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        prepare(path)
        self._db = Database(path, KIND, ours=True)
        self.limit = limit_bytes
        self._today = int(time.time()) // _DAY_S
        self._new = 0

    @property
    def path(self) -> str:
        return self._db.path

    @property
    def notices(self) -> list[str]:
        return self._db.notices

    def put(self, key: ContentKey, jpeg: bytes, signature: bytes = b"") -> None:
        """The preview of a content, and the signature made of it (``decoding.signature``)."""
        self._db.queue(_PUT_PICTURE, (key, jpeg))
        if signature:
            self._db.queue(_PUT_SIGNATURE, (key, signature))
        self._db.queue(_PUT_SHELF, (key, len(jpeg) + len(signature), self._today))
        self._new += 1
        if self._new % _SWEEP_EVERY == 0:
            self.sweep()

    def get(self, key: ContentKey) -> bytes | None:
        """The JPEG, None where there is none."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Iterable[ContentKey]) -> dict[ContentKey, bytes]:
        """The JPEGs there are; all of them at once in memory, so ask for some thousands at a time."""
        found = {}
        for key, jpeg, used in self._db.among(
            "SELECT content_key, jpeg, used FROM previews JOIN shelf USING(content_key) WHERE content_key IN ({})",
            keys,
        ):
            found[key] = jpeg
            if used < self._today:
                self._db.queue(_TOUCH, (self._today, key))
        return found

    def put_signature(self, key: ContentKey, signature: bytes) -> None:
        """A signature made later than its preview."""
        self._db.queue(_PUT_SIGNATURE, (key, signature))

    def signatures(self, keys: Iterable[ContentKey]) -> dict[ContentKey, bytes]:
        """All stored signatures, of any version."""
        found = "SELECT content_key, signature FROM signatures WHERE content_key IN ({})"
        return dict(self._db.among(found, keys))

    def missing(self, keys: Sequence[ContentKey]) -> list[ContentKey]:
        """The keys that have no preview, in their order."""
        held = {row[0] for row in self._db.among("SELECT content_key FROM shelf WHERE content_key IN ({})", keys)}
        return [key for key in keys if key not in held]

    def sweep(self) -> int:
        """Drops the longest unused where the bound is passed; how many."""
        excess = (self._db.value("SELECT sum(bytes) FROM shelf") or 0) - self.limit
        if excess <= 0:
            return 0
        excess += self.limit // 10
        dropped = []
        for key, size in self._db.stream(
            "SELECT content_key, bytes FROM shelf JOIN previews USING(content_key) ORDER BY used, previews.id"
        ):
            if excess <= 0:
                break
            dropped.append((key,))
            excess -= size
        self._drop(dropped)
        return len(dropped)

    def prune(self, alive: set[ContentKey]) -> int:
        """Drops the previews of contents that the cache does not know any more; how many."""
        dropped = [row for row in self._db.stream("SELECT content_key FROM shelf") if row[0] not in alive]
        self._drop(dropped)
        self._db.shrink()
        return len(dropped)

    def clear(self) -> None:
        """Drops all and gives the space back."""
        self._db.flush()
        with self._db.transaction() as connection:
            connection.execute("DELETE FROM previews")
            connection.execute("DELETE FROM signatures")
            connection.execute("DELETE FROM shelf")
        self._db.shrink()

    def info(self) -> tuple[int, int]:
        """How many previews, and the bytes on disk."""
        return self._db.value("SELECT count(*) FROM shelf"), self._db.bytes_on_disk()

    def checkpoint(self) -> None:
        """Commits what waits, if the last commit is two seconds old."""
        self._db.checkpoint()

    def flush(self) -> None:
        """Commits what waits, now."""
        self._db.flush()

    def close(self) -> None:
        """Keeps to the bound, commits and closes."""
        try:
            if self._new:
                self.sweep()
        finally:
            self._new = 0
            self._db.close()

    def _drop(self, keys: Sequence[tuple[ContentKey]]) -> None:
        with self._db.transaction() as connection:
            for statement in _DROP:
                connection.executemany(statement, keys)
