"""The cache: everything up to ``relate`` that a scan has found out, by content, so that nothing is worked out twice.

Disposable and never the truth about a file: before an action the bytes are read again. Rows refer to files
by path and stamp (``files.py``), to everything else by content key, so a moved or renamed photo keeps its
facts, vectors and verdicts.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dedupe.library import files, prune, vectors, verdicts
from dedupe.library.codec import from_json, to_json
from dedupe.library.companions import CompanionKeys
from dedupe.library.database import Closing, Database, Kind
from dedupe.library.paths import prepare
from dedupe.types import ContentKey, Facts, FileStamp, Match, Pair, PhotoFile, PixelKey, Skipped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PUT_CONTENT = (
    "INSERT INTO contents(content_key, payload_key, facts) VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
    "SET payload_key = coalesce(excluded.payload_key, payload_key), facts = excluded.facts"
)
_PUT_WARNING = "INSERT OR REPLACE INTO warnings(content_key, warning) VALUES (?, ?)"
_PUT_PIXEL_KEY = "UPDATE contents SET payload_key = ? WHERE content_key = ?"

KIND = Kind(
    name="cache",
    application_id=0x44644361,  # "DdCa"
    version=4,
    disposable=True,
    schema="cache.sql",
)


class Cache(Closing):
    """An open cache; a context manager. Writes are committed every two seconds and at the end.

    ``decoder`` names the version of the decoder and its limits: with another one, failures are tried again.
    ``reader`` names the version of what is worked out of a photo (keys, facts, preview, the vectors' input):
    with another one everything is read again; None (to look, to tidy) leaves all as it is. ``notices`` are
    sentences the user should read. ``companion_key`` gives the content key of a companion by its path.
    Raises StoreError where the store cannot be used.
    """

    def __init__(self, path: str, *, decoder: str = "", reader: str | None = None) -> None:
        self._db = Database(path, KIND, ours=prepare(path))
        self.companion_key = CompanionKeys(self._db)
        self._decoder = decoder
        self._opened_ns = time.time_ns()
        try:
            if reader is not None:
                self._agree(reader)
        except BaseException:
            self._db.close()
            raise

    @property
    def path(self) -> str:
        return self._db.path

    @property
    def notices(self) -> list[str]:
        return self._db.notices

    # -- files and contents ---------------------------------------------------------------------------------

    def known(self, found: Sequence[PhotoFile], *, retry: bool = False) -> list[files.Answer]:
        """Say what is known of each file.

        Its content key where it is unchanged since it was read; Skipped where it failed before and ``retry`` is not set; None
        where it must be read.
        """
        return files.known(self._db, found, decoder=self._decoder, retry=retry)

    def put(
        self,
        path: str,
        stamp: FileStamp,
        key: ContentKey,
        pixel_key: PixelKey | None,
        facts: Facts,
        *,
        read_ns: int | None = None,
    ) -> None:
        """Store a photo that was read at ``read_ns`` (wall clock; taken as when the cache was opened where it is not known)."""
        self._db.queue(_PUT_CONTENT, (key, pixel_key, to_json(facts)))
        if facts.suspect is not None:
            self._db.queue(_PUT_WARNING, (key, facts.suspect))
        self.put_file(path, stamp, key, read_ns=read_ns)

    def put_file(self, path: str, stamp: FileStamp, key: ContentKey, *, read_ns: int | None = None) -> None:
        """A file whose content is in the cache already: it was hashed at ``read_ns``, not decoded."""
        files.put_file(self._db, path, stamp, key, self._opened_ns if read_ns is None else read_ns)

    def put_skipped(self, skipped: Skipped, stamp: FileStamp, *, read_ns: int | None = None) -> None:
        """Store a file that cannot be judged, where the reason is in the file.

        That is: damaged, too large, no photo, crashes the decoder. What may pass is not stored: no permission, in the cloud,
        changed meanwhile.
        """
        files.put_failure(self._db, skipped, stamp, self._decoder, self._opened_ns if read_ns is None else read_ns)

    def put_pixel_key(self, key: ContentKey, pixel_key: PixelKey | None) -> None:
        """A pixel key worked out later; None says that it was looked for and there is none."""
        self._db.queue(_PUT_PIXEL_KEY, (pixel_key or b"", key))

    def contents(self, keys: Iterable[ContentKey]) -> dict[ContentKey, tuple[PixelKey | None, Facts]]:
        """Give the pixel key and facts by content key; a key is missing where another dedupe has pruned it meanwhile."""
        rows = self._db.among("SELECT content_key, payload_key, facts FROM contents WHERE content_key IN ({})", keys)
        try:
            return {key: (pixel_key or None, from_json(Facts, facts)) for key, pixel_key, facts in rows}
        except ValueError as error:
            raise self._db.damage() from error

    def facts(self, keys: Iterable[ContentKey]) -> dict[ContentKey, Facts]:
        """Facts by content key, as ``contents``."""
        return {key: facts for key, (_, facts) in self.contents(keys).items()}

    def warnings(self, keys: Collection[ContentKey]) -> dict[ContentKey, str]:
        """What the decoder said of corrupt data, by the key of each of these contents that it warned of."""
        held = self._db.rows("SELECT content_key, warning FROM warnings ORDER BY content_key")
        wanted = set(keys) if held else set()
        return {key: warning for key, warning in held if key in wanted}

    def pixel_keys(self, keys: Iterable[ContentKey]) -> dict[ContentKey, PixelKey | None]:
        """Give the pixel keys worked out so far, None where there is none; a key not looked for yet is missing."""
        return {
            key: pixel_key or None
            for key, pixel_key in self._db.among(
                "SELECT content_key, payload_key FROM contents WHERE payload_key IS NOT NULL AND content_key IN ({})",
                keys,
            )
        }

    # -- vectors --------------------------------------------------------------------------------------------

    def put_vectors(self, model: str, keys: Sequence[ContentKey], matrix: NDArray[Any]) -> None:
        """Store row i of ``matrix`` (float16 or float32 ``[n, d]``) as the vector of ``keys[i]``, in that precision."""
        vectors.put_vectors(self._db, model, keys, matrix)

    def missing_vectors(self, model: str, keys: Sequence[ContentKey]) -> list[ContentKey]:
        """The keys that have no vector by this model, in their order."""
        return vectors.missing(self._db, model, keys)

    def vector_keys(self, model: str) -> list[ContentKey]:
        """Every content that has a vector by this model, sorted."""
        return vectors.stored(self._db, model)

    def vectors(self, model: str, keys: Sequence[ContentKey]) -> NDArray[np.float32]:
        """float32 ``[n, d]`` in the order of ``keys``. Raises StoreError where one is missing."""
        return vectors.load(self._db, model, keys)

    def vector_blocks(self, model: str, keys: Sequence[ContentKey], size: int = 4096) -> Iterator[NDArray[Any]]:
        """The same in the stored precision, ``size`` rows at a time."""
        return vectors.blocks(self._db, model, keys, size)

    # -- candidates and verdicts ----------------------------------------------------------------------------

    def put_candidates(self, fingerprint: bytes, pairs: Sequence[Pair]) -> None:
        """The outcome of the search that ``verdicts.fingerprint`` names."""
        verdicts.put_candidates(self._db, fingerprint, pairs)

    def candidates(self, fingerprint: bytes) -> list[Pair] | None:
        """The remembered pairs, None where this search was not made among the last few."""
        return verdicts.candidates(self._db, fingerprint)

    def settle(self, fingerprint: bytes, version: int, matches: Iterable[Match]) -> None:
        """All pairs of this search have verdicts of this version, put before: ``matches``."""
        verdicts.settle(self._db, fingerprint, version, matches)

    def settled(self, fingerprint: bytes, version: int, relate: int) -> list[Match] | None:
        """Give what ``candidates`` and ``matches`` would say, at once and without the unrelated pairs.

        ``version`` is what ``settle`` was told, ``relate`` that of the verdicts. None where not all is known. A rescan with
        nothing changed needs no more.
        """
        return verdicts.settled(self._db, fingerprint, version, relate)

    def put_matches(self, matches: Iterable[Match], version: int) -> None:
        """Verdicts of this version of the alignment."""
        verdicts.put_matches(self._db, matches, version)

    def matches(self, pairs: Sequence[Pair], version: int) -> dict[tuple[ContentKey, ContentKey], Match]:
        """Give the verdicts known of this version by (a, b); an unrelated pair comes back bare, its relation None."""
        return verdicts.matches(self._db, pairs, version)

    def put_refused(self, pairs: Iterable[Pair], version: int) -> None:
        """Pairs that this version of the signatures found to share nothing; apart from the verdicts of a closer look."""
        verdicts.put_refused(self._db, pairs, version)

    def refused(self, pairs: Sequence[Pair], version: int) -> set[tuple[ContentKey, ContentKey]]:
        """Those of the pairs that were refused by this version."""
        return verdicts.refused(self._db, pairs, version)

    # -- maintenance ----------------------------------------------------------------------------------------

    def info(self) -> prune.CacheInfo:
        """Counts and sizes."""
        return prune.info(self._db)

    def prune(self) -> prune.Pruned:
        """Forgets files that are gone from roots that are there, and what nothing refers to any more."""
        return prune.prune(self._db)

    def content_keys(self) -> set[ContentKey]:
        """Every content the cache knows."""
        return {row[0] for row in self._db.stream("SELECT content_key FROM contents")}

    def clear(self) -> None:
        """Forgets everything."""
        prune.clear(self._db)

    def checkpoint(self) -> None:
        """Commit what waits, if the last commit is two seconds old; to be called in long steps without writes."""
        self._db.checkpoint()

    def flush(self) -> None:
        """Commits what waits, now."""
        self._db.flush()

    def close(self) -> None:
        """Commits and closes."""
        self._db.close()

    def _agree(self, reader: str) -> None:
        """Forgets what another version of the reader has worked out."""
        held = self._db.value("SELECT value FROM about WHERE name = 'reader'")
        if held == reader:
            return
        if held is not None:
            prune.clear(self._db)
        with self._db.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO about VALUES ('reader', ?)", (reader,))
