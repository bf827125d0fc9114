"""The FAISS index that neighbours are searched in: flat and exact, or an inverted file (Jégou et al. 2011).

The number of lists an inverted file probes is raised until ``RECALL_WANTED`` of the pairs that exact search gives a
sample of its vectors are found from either end. What it gives depends on the vectors alone, not on the number of
threads: products of matrices round differently with another number, so lists are made and chosen on one
thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Rows: TypeAlias = NDArray[np.int64]

RECALL_WANTED: Final = 0.995
BLOCK_BYTES: Final = 64 << 20

_TRAIN_BYTES = 256 << 20
_SAMPLE = 1_024
_SEED = 20_200_629


@dataclass(frozen=True, slots=True)
class VectorBlocks:
    """Vectors that need not be in memory: ``read(start, stop)`` gives rows start…stop−1 as float[stop − start, dim].

    With ``half`` they are float16, and the search keeps them so: 2 bytes a number instead of 4.
    """

    count: int
    dim: int
    read: Callable[[int, int], NDArray[np.floating[Any]]]
    half: bool = False


Vectors: TypeAlias = NDArray[np.floating[Any]] | VectorBlocks


def as_blocks(vectors: Vectors) -> VectorBlocks:
    """Raises ValueError for an array that has not two axes."""
    if isinstance(vectors, VectorBlocks):
        return vectors
    if vectors.ndim != 2:
        raise ValueError(f"expected float[n, d], got an array of shape {list(vectors.shape)}")
    count, dim = vectors.shape
    return VectorBlocks(count, dim, lambda start, stop: vectors[start:stop], vectors.dtype == np.float16)


def checked(blocks: VectorBlocks) -> Iterator[tuple[int, Floats]]:
    """The first row and the vectors of each block, C-contiguous float32.

    Raises ValueError for a vector that is not finite or not of length 1.
    """
    step = max(256, BLOCK_BYTES // (4 * blocks.dim))
    for start in range(0, blocks.count, step):
        block = np.ascontiguousarray(blocks.read(start, min(start + step, blocks.count)), np.float32)
        length = np.sqrt(np.einsum("ij,ij->i", block, block))
        # A comparison with NaN is false, so this also finds every vector that holds one.
        wrong = np.flatnonzero(~(np.abs(length - 1) < 0.01))
        if len(wrong):
            row = int(wrong[0])
            finite = bool(np.isfinite(length[row]))
            what = "is not of length 1" if finite else "holds a value that is not a finite number"
            raise ValueError(f"vector {start + row} {what}; leave it out of the search")
        yield start, block


class Index:
    """All vectors of a search as FAISS holds them: ``exact``, or an inverted file made for ``radius`` and ``k``.

    Raises ValueError as ``checked`` does.
    """

    def __init__(self, blocks: VectorBlocks, radius: float, k: int, *, exact: bool) -> None:
        self.count, self.dim = blocks.count, blocks.dim
        self._inverted = not exact
        self._faiss = _exact(blocks) if exact else _inverted(blocks, radius, k)

    def vectors(self, rows: Rows) -> Floats:
        """float32[len(rows), dim]."""
        found: Floats = self._faiss.reconstruct_batch(rows)
        return found

    def nearest(self, queries: Floats, k: int) -> tuple[Floats, Rows]:
        """Find the k nearest of each query: squared distances, rounded, and rows, [len(queries), k].

        The row is −1 where there are fewer.
        """
        found: tuple[Floats, Rows]
        if self._inverted:
            with _one_thread():
                apart, lists = self._faiss.quantizer.search(queries, self._faiss.nprobe)
            found = self._faiss.search_preassigned(queries, k, lists, apart)
        else:
            found = self._faiss.search(queries, k)
        return found


def _exact(blocks: VectorBlocks) -> Any:
    import faiss

    index = faiss.IndexFlatL2(blocks.dim)
    for _, block in checked(blocks):
        index.add(block)
    return index


def _inverted(blocks: VectorBlocks, radius: float, k: int) -> Any:
    """An inverted file over all vectors, with as many lists probed as the sample needs."""
    import faiss

    lists = _list_count(blocks)
    index: Any
    quantizer = faiss.IndexFlatL2(blocks.dim)
    if blocks.half:
        index = faiss.IndexIVFScalarQuantizer(
            quantizer, blocks.dim, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_L2, False
        )
    else:
        index = faiss.IndexIVFFlat(quantizer, blocks.dim, lists, faiss.METRIC_L2)
    index.cp.niter, index.cp.seed = 10, _SEED
    with _one_thread():
        index.train(_sample(blocks, min(blocks.count, 40 * lists))[1])
        for _, block in checked(blocks):
            index.add(block)
    index.make_direct_map()
    index.nprobe = _probes(index, blocks, radius, k)
    return index


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let FAISS use one thread meanwhile, so that the result does not depend on the cores.

    Products of matrices round differently with another number of threads, and a vector at the border of two lists would go into
    the other one.
    """
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _list_count(blocks: VectorBlocks) -> int:
    """About 4·√n lists, fewer where 40 training vectors a list would not fit into memory."""
    return int(max(1, min(4 * blocks.count**0.5, blocks.count // 40, _TRAIN_BYTES // (160 * blocks.dim))))


def _sample(blocks: VectorBlocks, size: int) -> tuple[Rows, Floats]:
    """``size`` rows and their vectors, always the same of the same vectors."""
    chosen = np.sort(np.random.default_rng(_SEED).choice(blocks.count, size, replace=False))
    parts = []
    for start, block in checked(blocks):
        low, high = np.searchsorted(chosen, (start, start + len(block)))
        parts.append(block[chosen[low:high] - start])
    return chosen, np.concatenate(parts)


def _probes(index: Any, blocks: VectorBlocks, radius: float, k: int) -> int:
    """Find the fewest lists to probe (4, 8, 16, …) with which ``RECALL_WANTED`` of the true pairs of a sample are found.

    A pair is found where either of its two finds the other, so each needs to look in fewer lists than one alone would.
    """
    rows, queries = _sample(blocks, min(_SAMPLE, blocks.count))
    ids, squared = _true_neighbours(blocks, queries, k)
    place, column = _near(rows, ids, squared, radius)
    one, other = rows[place], ids[place, column]
    partners = np.unique(other)
    back = index.reconstruct_batch(partners) if len(partners) else np.empty((0, blocks.dim), np.float32)
    probes = 4
    while probes < index.nlist and len(one):
        index.nprobe = probes
        there = np.isin(one * blocks.count + other, _found(index, rows, queries, radius, k))
        there |= np.isin(other * blocks.count + one, _found(index, partners, back, radius, k))
        if there.mean() >= RECALL_WANTED:
            break
        probes *= 2
    return min(probes, int(index.nlist))


def _found(index: Any, rows: Rows, queries: Floats, radius: float, k: int) -> Rows:
    """Ask the index for these rows: one number for each (row, neighbour within the radius)."""
    squared, ids = index.search(queries, k + 1)
    place, column = _near(rows, ids, squared, radius)
    return rows[place] * int(index.ntotal) + ids[place, column]


def _true_neighbours(blocks: VectorBlocks, queries: Floats, k: int) -> tuple[Rows, Floats]:
    """Find the k + 1 nearest of each query and their squared distances, block by block.

    Each block of vectors is searched, and what it gives is merged with what those before gave.
    """
    import faiss

    squared = np.empty((len(queries), 0), np.float32)
    ids = np.empty((len(queries), 0), np.int64)
    for start, block in checked(blocks):
        near, where = faiss.knn(queries, block, min(k + 1, len(block)))
        squared, ids = np.hstack([squared, near]), np.hstack([ids, where + start])
        order = np.argsort(squared, axis=1, kind="stable")[:, : k + 1]
        squared, ids = np.take_along_axis(squared, order, 1), np.take_along_axis(ids, order, 1)
    return ids, squared


def _near(rows: Rows, ids: Rows, squared: Floats, radius: float) -> tuple[Rows, Rows]:
    """The places (row, column) of the neighbours within the radius, a row itself left out."""
    place, column = np.nonzero((squared <= radius**2) & (ids >= 0) & (ids != rows[:, None]))
    return place, column
