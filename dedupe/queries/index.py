"""The vectors of a library as a FAISS index on disk, kept up to date by adding and removing, rebuilt where it does not match.

Exact: ``IndexFlatL2`` under an id map (Johnson et al. 2019), so a query gives what brute force gives. Two files below the
store's index folder: the index, and the content keys by id with a digest of the index. Where the digest or the shape
disagrees, both are made again from the cache, which is the truth.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dedupe.types import ContentKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Load: TypeAlias = "Callable[[Sequence[ContentKey]], NDArray[np.float32]]"
"""Vectors float32[n, dim] of n content keys, from the cache."""

_MAGIC: Final = b"dedupe index 1\n\0"
_HEAD: Final = struct.Struct("<16s16sQ")
_ROW: Final = struct.Struct("<q16s")
_BLOCK: Final = 4096


class VectorIndex:
    """The index called ``name`` in ``folder``, for vectors of ``dim`` numbers; empty where there is none on disk.

    ``rebuilt`` says that what lay on disk did not match and was left unused.
    """

    def __init__(self, folder: str, name: str, dim: int) -> None:
        self._index_path = os.path.join(folder, f"{name}.faiss")
        self._keys_path = os.path.join(folder, f"{name}.keys")
        self._dim = dim
        self._changed = False
        self._ids: dict[ContentKey, int] = {}
        self._index: Any = None
        self.rebuilt = False
        self._open()

    def __len__(self) -> int:
        return len(self._ids)

    def update(self, alive: Iterable[ContentKey], load: Load) -> tuple[int, int]:
        """Hold exactly the contents ``alive``; how many were added and removed."""
        import numpy as np

        wanted = set(alive)
        gone = sorted(self._ids[key] for key in self._ids.keys() - wanted)
        if gone:
            self._index.remove_ids(np.asarray(gone, np.int64))
            self._ids = {key: number for key, number in self._ids.items() if key in wanted}
        fresh = sorted(wanted - self._ids.keys())
        first = max(self._ids.values(), default=-1) + 1
        for start in range(0, len(fresh), _BLOCK):
            keys = fresh[start : start + _BLOCK]
            numbers = range(first + start, first + start + len(keys))
            self._index.add_with_ids(np.ascontiguousarray(load(keys), np.float32), np.asarray(numbers, np.int64))
            self._ids.update(zip(keys, numbers, strict=True))
        self._changed = self._changed or bool(gone or fresh)
        return len(fresh), len(gone)

    def nearest(
        self, vectors: NDArray[np.float32], k: int, among: Iterable[ContentKey]
    ) -> list[list[tuple[ContentKey, float]]]:
        """For each of float32[q, dim] its ``k`` nearest among these contents with their Euclidean distance, nearest first."""
        import faiss
        import numpy as np

        numbers = {self._ids[key]: key for key in among if key in self._ids}
        k = min(k, len(numbers))
        if k == 0 or len(vectors) == 0:
            return [[] for _ in vectors]
        options = None
        if len(numbers) < len(self._ids):
            chosen = np.fromiter(numbers, np.int64, len(numbers))
            options = faiss.SearchParameters()
            options.sel = faiss.IDSelectorBatch(chosen)
        squared, found = self._index.search(np.ascontiguousarray(vectors, np.float32), k, params=options)
        distances = np.sqrt(np.maximum(squared, 0))
        return [
            [(numbers[number], distance) for number, distance in zip(row, apart, strict=True) if number >= 0]
            for row, apart in zip(found.tolist(), distances.tolist(), strict=True)
        ]

    def save(self) -> None:
        """Write what changed, each file whole or not at all; a folder that cannot be written costs only time later."""
        if not self._changed:
            return
        import faiss
        import xxhash

        data = faiss.serialize_index(self._index).tobytes()
        rows = b"".join(_ROW.pack(number, key) for key, number in self._ids.items())
        head = _HEAD.pack(_MAGIC, xxhash.xxh3_128_digest(data), len(self._ids))
        with suppress(OSError):
            os.makedirs(os.path.dirname(self._index_path), mode=0o700, exist_ok=True)
            _write(self._index_path, data)
            _write(self._keys_path, head + rows)
            self._changed = False

    def _open(self) -> None:
        import faiss

        try:
            self._ids, self._index = self._read()
        except FileNotFoundError:
            pass
        except (OSError, ValueError, RuntimeError, struct.error):
            self.rebuilt = True
        if self._index is None:
            self._ids, self._index = {}, faiss.IndexIDMap2(faiss.IndexFlatL2(self._dim))

    def _read(self) -> tuple[dict[ContentKey, int], Any]:
        import faiss
        import numpy as np
        import xxhash

        with open(self._keys_path, "rb") as file:
            said = file.read()
        with open(self._index_path, "rb") as file:
            data = file.read()
        magic, digest, count = _HEAD.unpack_from(said)
        rows = said[_HEAD.size :]
        if magic != _MAGIC or len(rows) != count * _ROW.size or xxhash.xxh3_128_digest(data) != digest:
            raise ValueError("the index and its keys do not belong together")
        index = faiss.deserialize_index(np.frombuffer(data, np.uint8))
        if index.d != self._dim or index.ntotal != count:
            raise ValueError("the index is of another model")
        return {key: number for number, key in _ROW.iter_unpack(rows)}, index


def _write(path: str, data: bytes) -> None:
    fresh = f"{path}.{os.getpid()}.new"
    with open(fresh, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)  # noqa: TID251 - the index is dedupe's own file and can be made again
