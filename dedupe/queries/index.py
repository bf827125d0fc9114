"""The vectors of a library in one file beside the store, kept up to date by adding and removing; searched exactly.

The search is that of FAISS' ``IndexFlatL2`` (Johnson et al. 2019; ``faiss.knn``, which needs no copy of the vectors), block by
block with the nearest of each block merged, so a query gives what brute force gives, and 100,000 vectors of 4,096 numbers need
no more memory than a block. FAISS chooses, the distances given back are computed anew from the difference of the two vectors:
what it gives for many queries at once is ‖x‖² + ‖y‖² − 2xy, which loses the small ones.

The file holds the content keys, in order, and the vectors in the precision of the search, under a digest of all of it and a
mark of what made them. Where one of these disagrees it is made again from the cache, which is the truth. It is never written in
place, so what another run has mapped stays whole.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeAlias

from dedupe.types import ContentKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Load: TypeAlias = "Callable[[Sequence[ContentKey]], NDArray[Any]]"
"""Vectors float16 or float32 [n, dim] of n content keys, from the cache."""

_MAGIC: Final = b"dedupe index 2\n\0"
_HEAD: Final = struct.Struct("<16s16s16sQQ")
"""Magic, digest of what follows it, digest of the mark, number of vectors, numbers in each."""
_SKIPPED: Final = 32
_KEY: Final = 16
_LOADED_AT_ONCE: Final = 4096
_BLOCK_BYTES: Final = 64 << 20
_SLACK: Final = 8
"""FAISS is asked for this many more, because its rounding may swap two at almost the same distance."""
_SELDOM: Final = 100
"""The file is written anew when more than one vector in this many has come or gone; less is quickly made up for."""
_STALE_S: Final = 3600


class VectorIndex:
    """The index in the file ``path``, for vectors of ``dim`` numbers of the NumPy type ``dtype``; empty where there is none.

    ``mark`` names what made the vectors (model, weights, reader): a file with another mark is not used. With ``asset`` the
    vectors are compared by direction, else as they are. ``rebuilt`` says that a file was there and did not fit.
    """

    def __init__(self, path: str, mark: str, dim: int, dtype: str, *, unit: bool) -> None:
        import numpy as np
        import xxhash

        self._path, self._dim, self._unit = path, dim, unit
        # Directions are kept in full: to make their lengths 1 at every query would take longer than the search.
        self._dtype = np.dtype("float32" if unit else dtype).newbyteorder("<")
        self._mark = xxhash.xxh3_128_digest(mark.encode())
        self._keys = b""
        self._row_of: dict[ContentKey, int] | None = {}
        self._stored: NDArray[Any] = np.empty((0, dim), self._dtype)
        self._added: NDArray[Any] = self._stored
        self._pending = 0
        self.rebuilt = False
        self._open()

    def __len__(self) -> int:
        return len(self._keys) // _KEY if self._row_of is None else len(self._row_of)

    @property
    def _rows(self) -> dict[ContentKey, int]:
        """The row of each content; made when it is first needed, which it is not where nothing has changed."""
        if self._row_of is None:
            keys = self._keys
            self._row_of = {keys[at : at + _KEY]: at // _KEY for at in range(0, len(keys), _KEY)}
        return self._row_of

    def _is_all(self, keys: Sequence[ContentKey]) -> bool:
        """Whether these, sorted, are the contents of the file, which has not been changed since it was opened."""
        return self._row_of is None and len(keys) == len(self) and b"".join(keys) == self._keys

    def update(self, alive: Collection[ContentKey], load: Load) -> tuple[int, int]:
        """Hold exactly the contents ``alive``; how many were added and removed."""
        import numpy as np

        wanted = dict.fromkeys(alive)
        if self._is_all(sorted(wanted)):
            return 0, 0
        gone = self._rows.keys() - wanted.keys()
        for key in gone:
            del self._rows[key]
        fresh = sorted(wanted.keys() - self._rows.keys())
        if fresh:
            first = len(self._stored) + len(self._added)
            more = np.empty((len(fresh), self._dim), self._dtype)
            for start in range(0, len(fresh), _LOADED_AT_ONCE):
                keys = fresh[start : start + _LOADED_AT_ONCE]
                more[start : start + len(keys)] = self._directed(load(keys))
            self._added = np.concatenate([self._added, more]) if len(self._added) else more
            self._rows.update((key, first + number) for number, key in enumerate(fresh))
        self._pending += len(gone) + len(fresh)
        return len(fresh), len(gone)

    def nearest(
        self, vectors: NDArray[np.float32], k: int, among: Collection[ContentKey]
    ) -> list[list[tuple[ContentKey, float]]]:
        """Find for each of float32[q, dim] its ``k`` nearest among these contents, with their Euclidean distance.

        The nearest come first, equally near ones by their keys.
        """
        import numpy as np

        names, rows = self._held(tuple(among))
        if k < 1 or not names or len(vectors) == 0:
            return [[] for _ in vectors]
        asked = self._directed(vectors)
        result = []
        for query, chosen in zip(asked, self._chosen(asked, rows, min(k + _SLACK, len(rows))), strict=True):
            apart = np.linalg.norm(self._take(rows[chosen]) - query, axis=1)
            found = sorted(zip(apart.tolist(), (names[place] for place in chosen.tolist()), strict=True))
            result.append([(key, distance) for distance, key in found[:k]])
        return result

    def _held(self, among: Sequence[ContentKey]) -> tuple[Sequence[ContentKey], NDArray[np.int64]]:
        """Those of the contents that the index holds and their rows, in the order of the rows."""
        import numpy as np

        if self._is_all(among):
            return among, np.arange(len(among), dtype=np.int64)
        places = self._rows
        names = sorted((key for key in among if key in places), key=places.__getitem__)
        return names, np.fromiter((places[key] for key in names), np.int64, len(names))

    def _chosen(self, asked: NDArray[np.float32], rows: NDArray[np.int64], k: int) -> NDArray[np.int64]:
        """int64[q, k]: for each query the places in ``rows`` (sorted) of the nearest, in the order of the rows."""
        import faiss
        import numpy as np

        step = max(1, _BLOCK_BYTES // (4 * self._dim))
        best: NDArray[np.float32] = np.empty((len(asked), 0), np.float32)
        places: NDArray[np.int64] = np.empty((len(asked), 0), np.int64)
        for start in range(0, len(rows), step):
            block = self._take(rows[start : start + step])
            squared, found = faiss.knn(asked, block, min(k, len(block)))
            best, places = np.hstack([best, squared]), np.hstack([places, found + start])
            if best.shape[1] > k:
                kept = np.argpartition(best, k - 1, axis=1)[:, :k]
                best, places = np.take_along_axis(best, kept, 1), np.take_along_axis(places, kept, 1)
        return np.sort(places, axis=1)

    def _take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """float32[n, dim] of these rows (sorted, each once)."""
        import numpy as np

        if len(rows) and rows[-1] - rows[0] == len(rows) - 1 and rows[-1] < len(self._stored):
            return np.ascontiguousarray(self._stored[rows[0] : rows[-1] + 1], np.float32)
        return self._gathered(rows, np.dtype(np.float32))

    def _gathered(self, rows: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
        import numpy as np

        border = len(self._stored)
        vectors: NDArray[Any] = np.empty((len(rows), self._dim), dtype)
        old = rows < border
        vectors[old], vectors[~old] = self._stored[rows[old]], self._added[rows[~old] - border]
        return vectors

    def _directed(self, vectors: NDArray[Any]) -> NDArray[np.float32]:
        import numpy as np

        from dedupe.embedding import unit

        return unit(vectors) if self._unit else np.ascontiguousarray(vectors, np.float32)

    def save(self, *, always: bool = False) -> bool:
        """Write the file where enough has changed, whole or not at all; whether it was written.

        To be called last: the index is then as it is on disk. A folder that cannot be written costs only time later.
        """
        if self._pending == 0 or (not always and self._pending * _SELDOM <= len(self._stored)):
            return False
        fresh = f"{self._path}.{os.getpid()}.new"
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            self._tidy()
            with open(fresh, "wb") as file:
                self._write(file)
            self._forget()  # closes the mapping: Windows does not replace a mapped file
            os.replace(fresh, self._path)  # noqa: TID251 - the index is dedupe's own file and can be made again
        except OSError:
            with suppress(OSError):
                os.unlink(fresh)  # noqa: TID251 - begun above
            written = False
        else:
            written = True
        self._open()
        return written

    def _write(self, file: BinaryIO) -> None:
        import numpy as np
        import xxhash

        keys = sorted(self._rows)
        rows = np.fromiter((self._rows[key] for key in keys), np.int64, len(keys))
        head = _HEAD.pack(_MAGIC, bytes(16), self._mark, len(keys), self._dim)
        digest = xxhash.xxh3_128(head[_SKIPPED:])
        file.write(head)
        for piece in (b"".join(keys), *self._pieces(rows)):
            digest.update(piece)
            file.write(piece)
        file.seek(0)
        file.write(_HEAD.pack(_MAGIC, digest.digest(), self._mark, len(keys), self._dim))
        file.flush()
        os.fsync(file.fileno())

    def _pieces(self, rows: NDArray[np.int64]) -> Iterator[bytes]:
        for start in range(0, len(rows), _LOADED_AT_ONCE):
            yield self._gathered(rows[start : start + _LOADED_AT_ONCE], self._dtype).tobytes()

    def _tidy(self) -> None:
        """Remove what a run that was killed left half written."""
        folder, name = os.path.split(self._path)
        for left in Path(folder).glob(f"{name}.*.new"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _STALE_S:
                    left.unlink()

    def _forget(self) -> None:
        import numpy as np

        self._keys, self._row_of = b"", {}
        self._stored = self._added = np.empty((0, self._dim), self._dtype)
        self._pending = 0

    def _open(self) -> None:
        self._forget()
        try:
            self._keys, self._stored = self._read()
        except FileNotFoundError:
            return
        except (OSError, ValueError, struct.error):
            self.rebuilt = True
            return
        self._row_of = None

    def _read(self) -> tuple[bytes, NDArray[Any]]:
        import numpy as np
        import xxhash

        with open(self._path, "rb") as file:
            head = file.read(_HEAD.size)
            magic, said, mark, count, dim = _HEAD.unpack(head)
            size = _HEAD.size + count * (_KEY + dim * self._dtype.itemsize)
            if (magic, mark, dim) != (_MAGIC, self._mark, self._dim) or os.fstat(file.fileno()).st_size != size:
                raise ValueError("the index is another one")
            keys = file.read(count * _KEY)
            digest = xxhash.xxh3_128(head[_SKIPPED:] + keys)
            stored: NDArray[Any] = np.empty((0, dim), self._dtype)
            if count:
                stored = np.memmap(file, self._dtype, "r", _HEAD.size + len(keys), (count, dim))
                digest.update(stored.data)
        if digest.digest() != said:
            raise ValueError("the index is damaged")
        return keys, stored
