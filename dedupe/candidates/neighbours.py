"""Find which photos are close enough in the embedding to be compared: a k-nearest-neighbour range search over all of them.

A neighbour is a candidate when it is within ``radius`` **and** is among the ``k`` nearest of either photo;
a photo whose ``k`` nearest all are within ``inner`` (the radius itself unless told) is asked again with a
larger k, so that a set of 500 copies comes back whole. What bounds the whole (a folder of 5,000 blank scans
has 12.5 million pairs):

- the first asking gives at most ``n · k`` pairs;
- a photo that is asked again gets at most ``ROW_LIMIT`` neighbours;
- all askings-again together add at most ``max(ALLOWANCE, ALLOWANCE_EACH · n)`` pairs.

The photos with the fewest neighbours are served first, so small sets come back whole; of larger ones the farthest
neighbours are left out, never a photo: each keeps its k nearest. ``Neighbours.cut`` counts the photos that
got less than all.

Search is exact up to ``EXACT_UP_TO`` vectors; beyond, an inverted file finds ≥ 0.99 of the pairs
(``index.py``, measured by ``benchmarks/neighbours.py``): a pair is found when either of its photos finds the
other.

Distances of what is returned are computed anew from the difference of the two vectors: what FAISS gives for a
block of queries is ‖x‖² + ‖y‖² − 2xy, which loses the small distances and whose last digits depend on the
number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dedupe.candidates.index import BLOCK_BYTES, Floats, Index, Rows, VectorBlocks, Vectors, as_blocks, checked

__all__ = ["EXACT_UP_TO", "Neighbours", "VectorBlocks", "Vectors", "neighbours"]

EXACT_UP_TO: Final = 50_000
ROW_LIMIT: Final = 640
ALLOWANCE: Final = 200_000
ALLOWANCE_EACH: Final = 4

_SLACK = 4
# More than the rounding of a squared distance that FAISS computes for a block of unit vectors.
_ROUNDING = 1e-3
_ASKED_AT_ONCE = 1_024
_MANY = 1 << 40


@dataclass(frozen=True, slots=True)
class Looks:
    """What queries found that are no vectors of the search: query ``row`` found ``other`` at ``distance``, nearest first."""

    row: Rows
    other: Rows
    distance: Floats


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The pairs ``i[m] < j[m]`` (int64, sorted by i, then j, each once) and their Euclidean ``distance`` (float32[m]).

    ``cut`` is the number of vectors that have more neighbours within the radius than they were given. ``looks`` is what the
    further queries found. Unpacks as ``i, j, distance``.
    """

    i: Rows
    j: Rows
    distance: Floats
    cut: int = 0
    looks: Looks | None = None

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return iter((self.i, self.j, self.distance))

    def __len__(self) -> int:
        return len(self.i)


def neighbours(
    vectors: Vectors,
    radius: float,
    k: int = 10,
    *,
    inner: float | None = None,
    exact_up_to: int = EXACT_UP_TO,
    looks: Floats | None = None,
) -> Neighbours:
    """Find all candidate pairs of unit vectors: float32 or float16 [n, d], or ``VectorBlocks``.

    ``radius`` and ``inner`` (at most ``radius``) are Euclidean distances. The result depends on the vectors and the arguments
    alone. ``looks`` are further queries, float32[m, d] of unit vectors: each finds its k nearest within the radius, and
    nothing finds them. Memory: the vectors once, in their own type (float32 up to ``exact_up_to``), and about 300 MB.

    Raises ValueError for a vector that is not finite or not of length 1 (the caller leaves such photos out), for a radius outside
    0…2 and for a k below 1.
    """
    if not 0 < radius <= 2 or k < 1:
        raise ValueError(f"the radius is above 0 and up to 2 and k at least 1, not {radius:g} and {k}")
    blocks = as_blocks(vectors)
    if blocks.count < 2:
        return _gathered(_Hits.none(), 0)
    index = Index(blocks, radius, k, exact=blocks.count <= exact_up_to)
    search = _Search(index, radius, min(inner if inner is not None else radius, radius))
    first, full = search.first(blocks, k)
    more, due = search.again(full, k, max(ALLOWANCE, ALLOWANCE_EACH * blocks.count))
    pairs = _Hits.join([first, more]).best()
    found = _gathered(pairs, _short(pairs, full, due, search.inner))
    return found if looks is None else replace(found, looks=search.asked(looks, k))


@dataclass(frozen=True, slots=True)
class _Hits:
    """Directed results: ``row`` found ``other`` at ``distance``.

    ``crowd`` is the number of neighbours of that row and ``rank`` the place among them, 0 for the nearest.
    """

    row: Rows
    other: Rows
    distance: Floats
    crowd: Rows
    rank: Rows

    @classmethod
    def none(cls) -> _Hits:
        empty = np.empty(0, np.int64)
        return cls(empty, empty, np.empty(0, np.float32), empty, empty)

    @classmethod
    def join(cls, parts: list[_Hits]) -> _Hits:
        fields = ("row", "other", "distance", "crowd", "rank")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))

    def only(self, which: NDArray[Any]) -> _Hits:
        return _Hits(self.row[which], self.other[which], self.distance[which], self.crowd[which], self.rank[which])

    def best(self, most: int | None = None) -> _Hits:
        """Keep at most ``most`` pairs, each once: those of the least crowded rows first, then the nearest.

        Applied to a part and then to the whole it gives what it gives when applied to the whole at once.
        """
        low, high = np.minimum(self.row, self.other), np.maximum(self.row, self.other)
        order = np.lexsort((self.rank, self.crowd, high, low))
        low, high = low[order], high[order]
        fresh = np.ones(len(order), bool)
        fresh[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        kept = order[fresh]
        if most is not None and len(kept) > most:
            low, high = low[fresh], high[fresh]
            kept = kept[np.lexsort((high, low, self.rank[kept], self.crowd[kept]))[:most]]
        return self.only(kept)


class _Search:
    """An index asked for all its own vectors."""

    def __init__(self, index: Index, radius: float, inner: float) -> None:
        self._index, self._radius, self.inner = index, radius, inner

    def first(self, blocks: VectorBlocks, k: int) -> tuple[_Hits, Rows]:
        """The k nearest of every row within the radius, and the rows that are to be asked again."""
        found, full = [], []
        for start, block in checked(blocks):
            rows = np.arange(start, start + len(block), dtype=np.int64)
            hits = self._hits(rows, block, *self._index.nearest(block, self._most(k)))
            full.append(rows[self._crowded(rows, hits, k)])
            found.append(hits.only(hits.rank < k))
        return _Hits.join(found), np.concatenate(full)

    def asked(self, looks: Floats, k: int) -> Looks:
        """What queries find that are none of the vectors: their k nearest within the radius."""
        queries = np.ascontiguousarray(looks, np.float32)
        # Rows that no vector has, so that none is left out as the query itself.
        rows = np.arange(self._index.count, self._index.count + len(queries), dtype=np.int64)
        hits = self._hits(rows, queries, *self._index.nearest(queries, self._most(k)))
        hits = hits.only(hits.rank < k)
        return Looks(hits.row - self._index.count, hits.other, hits.distance)

    def again(self, rows: Rows, k: int, allowance: int) -> tuple[_Hits, Rows]:
        """Ask ``rows`` for what is within the inner radius beyond their k nearest, at most ``allowance`` pairs.

        Returns these and how many neighbours each row has there (``_MANY`` where that is not known).
        """
        kept, asked = _Hits.none(), k
        due = np.full(len(rows), _MANY)
        left = np.arange(len(rows))
        while len(left) and asked < ROW_LIMIT:
            asked = min(8 * asked, ROW_LIMIT)
            still = []
            for start in range(0, len(left), _ASKED_AT_ONCE):
                part = left[start : start + _ASKED_AT_ONCE]
                hits, crowded = self._one_round(rows[part], asked)
                still.append(part[crowded])
                due[part[~crowded]] = self._inside(rows[part], hits)[~crowded]
                wanted = (hits.rank >= k) & (hits.rank < asked) & (hits.distance <= self.inner)
                kept = _Hits.join([kept, hits.only(wanted)])
                if len(kept.row) > 4 * allowance:
                    kept = kept.best(allowance)
            left = np.concatenate(still)
        return kept.best(allowance), due

    def _one_round(self, rows: Rows, asked: int) -> tuple[_Hits, NDArray[np.bool_]]:
        """Find what ``rows`` have among their ``asked`` nearest, and which of them are crowded still.

        A crowded row finds nothing yet, except in the last round.
        """
        queries = self._index.vectors(rows)
        squared, ids = self._index.nearest(queries, self._most(asked))
        crowded = np.zeros(len(rows), bool)
        if asked < ROW_LIMIT:
            crowded = np.count_nonzero(squared <= self.inner**2 - _ROUNDING, axis=1) > asked
        open_ = ~crowded
        hits = self._hits(rows[open_], queries[open_], squared[open_], ids[open_])
        crowded[open_] = self._crowded(rows[open_], hits, asked)
        if asked < ROW_LIMIT:
            hits = hits.only(~np.isin(hits.row, rows[crowded]))
        return hits, crowded

    def _inside(self, rows: Rows, hits: _Hits) -> Rows:
        near = hits.row[hits.distance <= self.inner]
        return np.bincount(np.searchsorted(rows, near), minlength=len(rows)).astype(np.int64)

    def _crowded(self, rows: Rows, hits: _Hits, k: int) -> NDArray[np.bool_]:
        return (self._inside(rows, hits) >= k) & (k < self._index.count - 1)

    def _most(self, k: int) -> int:
        return min(k + 1 + _SLACK, self._index.count)

    def _hits(self, rows: Rows, queries: Floats, squared: Floats, ids: Rows) -> _Hits:
        """The neighbours of ``rows`` (ascending) within the radius among ``ids``, nearest first."""
        near = (squared <= self._radius**2 + _ROUNDING) & (ids >= 0) & (ids != rows[:, None])
        place, column = np.nonzero(near)
        other = ids[place, column].astype(np.int64)
        distance = self._distances(queries, place, other)
        order = np.lexsort((other, distance, place))
        order = order[distance[order] <= self._radius]
        place, other, distance = place[order], other[order], distance[order]
        crowd = np.bincount(place, minlength=len(rows))
        first = np.cumsum(crowd) - crowd
        rank = np.arange(len(place)) - first[place]
        return _Hits(rows[place], other, distance, np.minimum(crowd, ROW_LIMIT)[place], rank)

    def _distances(self, queries: Floats, place: Rows, other: Rows) -> Floats:
        distance = np.empty(len(place), np.float32)
        step = max(1, BLOCK_BYTES // (8 * self._index.dim))
        for start in range(0, len(place), step):
            part = slice(start, start + step)
            gap = queries[place[part]]
            gap -= self._index.vectors(other[part])
            distance[part] = np.sqrt(np.einsum("ij,ij->i", gap, gap))
        return distance


def _short(pairs: _Hits, asked: Rows, due: Rows, inner: float) -> int:
    """Count the rows asked again that have fewer pairs within the inner radius than they have neighbours there."""
    near = pairs.only(pairs.distance <= inner)
    size = int(asked[-1]) + 1 if len(asked) else 0
    got = np.zeros(size, np.int64)
    for end in (near.row, near.other):
        got += np.bincount(end[end < size], minlength=size)
    return int((got[asked] < due).sum())


def _gathered(pairs: _Hits, cut: int) -> Neighbours:
    low, high = np.minimum(pairs.row, pairs.other), np.maximum(pairs.row, pairs.other)
    order = np.lexsort((high, low))
    return Neighbours(low[order], high[order], pairs.distance[order], cut)
