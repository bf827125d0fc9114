"""The embedding vectors, one row a model and content, in the precision in which the embedder gave them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dedupe.errors import StoreError
from dedupe.library.database import CHUNK, Database
from dedupe.types import ContentKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PUT_VECTOR = "INSERT OR REPLACE INTO vectors(model, content_key, vector) VALUES (?, ?, ?)"
_BLOCK = 4 * CHUNK
_FEW = 4


def put_vectors(db: Database, model: str, keys: Sequence[ContentKey], matrix: NDArray[Any]) -> None:
    """Queues row i of ``matrix`` (float16 or float32 ``[n, d]``) as the vector of ``keys[i]``."""
    if len(keys) != len(matrix):
        raise ValueError(f"{len(keys)} keys for {len(matrix)} vectors")
    rows = matrix.astype(matrix.dtype.newbyteorder("<"), copy=False)
    number = _number(db, model, int(matrix.shape[1]), rows.dtype.str)
    for key, row in zip(keys, rows, strict=True):
        db.queue(_PUT_VECTOR, (number, key, row.tobytes()))


def missing(db: Database, model: str, keys: Sequence[ContentKey]) -> list[ContentKey]:
    """The keys that have no vector by this model, in their order."""
    number = db.value("SELECT id FROM models WHERE name = ?", (model,))
    if number is None:
        return list(keys)
    if (db.value("SELECT max(id) FROM vectors") or 0) < _FEW * len(keys):
        # Most of what is stored is asked for: one pass over the index, which holds both columns in order, is faster.
        there = stored(db, model)
        if there == list(keys):  # as in a rescan, whose keys are in order too
            return []
        held = set(there)
    else:
        rows = db.among("SELECT content_key FROM vectors WHERE model = ? AND content_key IN ({})", keys, (number,))
        held = {row[0] for row in rows}
    return [key for key in keys if key not in held]


def stored(db: Database, model: str) -> list[ContentKey]:
    """Every content that has a vector by this model, sorted."""
    number = db.value("SELECT id FROM models WHERE name = ?", (model,))
    rows = db.rows("SELECT content_key FROM vectors WHERE model = ? ORDER BY content_key", (number,))
    return list(itertools.chain.from_iterable(rows))


def blocks(db: Database, model: str, keys: Sequence[ContentKey], size: int = _BLOCK) -> Iterator[NDArray[Any]]:
    """The vectors of ``keys`` in their order, as arrays of at most ``size`` rows in the stored precision.

    Raises StoreError where one is missing.
    """
    import numpy as np

    found = db.rows("SELECT id, dimension, dtype FROM models WHERE name = ?", (model,))
    number, dimension, dtype = found[0] if found else (None, 0, "<f4")
    for start in range(0, len(keys), size):
        chunk = keys[start : start + size]
        held: dict[ContentKey, bytes] = dict(
            db.among(
                "SELECT content_key, vector FROM vectors WHERE model = ? AND content_key IN ({})",
                chunk,
                (number,),
            )
        )
        try:
            joined = b"".join([held[key] for key in chunk])
        except KeyError:
            raise StoreError(
                f"The store lost vectors of the model {model} while they were needed; run dedupe again."
            ) from None
        yield np.frombuffer(joined, dtype).reshape(len(chunk), dimension)


def load(db: Database, model: str, keys: Sequence[ContentKey]) -> NDArray[np.float32]:
    """The vectors of ``keys`` in their order as float32 ``[n, d]``; raises as ``blocks``."""
    import numpy as np

    dimension = db.value("SELECT dimension FROM models WHERE name = ?", (model,)) or 0
    result = np.empty((len(keys), dimension), np.float32)
    start = 0
    for block in blocks(db, model, keys):
        result[start : start + len(block)] = block
        start += len(block)
    return result


def _number(db: Database, model: str, dimension: int, dtype: str) -> int:
    """The model's row, made where it is new.

    Raises StoreError where vectors of another shape are stored under its name: models are never mixed.
    """
    find = "SELECT id, dimension, dtype FROM models WHERE name = ?"
    if not db.rows(find, (model,)):
        with db.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO models(name, dimension, dtype) VALUES (?, ?, ?)",
                (model, dimension, dtype),
            )
    number, held_dimension, held_dtype = db.rows(find, (model,))[0]
    if (held_dimension, held_dtype) != (dimension, dtype):
        raise StoreError(
            f"The store holds vectors of {held_dimension} numbers under the model name {model}, "
            f"not {dimension}: `dedupe cache clear` forgets them."
        )
    return int(number)
