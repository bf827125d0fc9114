"""Recall and time of the neighbour search: the inverted file against exact search, on synthetic unit vectors.

    python -m benchmarks.neighbours [--counts 20000,60000] [--dims 128,256] [--half] [--no-exact]

The vectors imitate a photo library: scenes scattered over some topics, a few shots of each, copies of a third
of the shots at all distances up to the radius. Each row of the table is one search in a process of its own,
so that its peak memory is its own; "pairs found" is the share of the exact search's pairs that the inverted
file gives (with --no-exact: of the exact pairs of 4,096 of the vectors).
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dedupe.candidates.neighbours import VectorBlocks, neighbours

RADIUS = 0.8
NEAREST = 10
_BLOCK = 8_192
_SAMPLE = 4_096


@dataclass(frozen=True, slots=True)
class Library:
    """A made-up library of ``count`` unit vectors, any block of which can be made alone: it need not fit into memory."""

    count: int
    dim: int
    seed: int = 0

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Rows start…stop−1, float32[stop − start, dim]."""
        first = start // _BLOCK
        blocks = [self._block(number) for number in range(first, (stop - 1) // _BLOCK + 1)]
        return np.concatenate(blocks)[start - first * _BLOCK : stop - first * _BLOCK]

    def _block(self, number: int) -> NDArray[np.float32]:
        topics = _unit(np.random.default_rng(self.seed).normal(size=(200, self.dim)))
        random = np.random.default_rng((self.seed, number))
        shots = _BLOCK * 3 // 4
        scenes = _unit(0.7 * topics[random.integers(0, 200, shots // 3)] + _noise(random, shots // 3, self.dim))
        captures = _unit(scenes[random.integers(0, len(scenes), shots)] + 0.75 * _noise(random, shots, self.dim))
        chosen = captures[random.integers(0, shots // 3, _BLOCK - shots)]
        apart = random.uniform(0.0, 0.8, (len(chosen), 1)).astype(np.float32)
        copies = _unit(chosen + apart * _noise(random, len(chosen), self.dim))
        return np.concatenate([captures, copies])[random.permutation(_BLOCK)]


def _noise(random: np.random.Generator, count: int, dim: int) -> NDArray[np.float32]:
    return _unit(random.normal(size=(count, dim)))


def _unit(rows: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


@dataclass(frozen=True, slots=True)
class Run:
    """One search.

    Seconds by the clock and of all its threads' processor time, the process's peak memory in MB (with the vectors), and the
    keys of its pairs.
    """

    seconds: float
    processor: float
    peak_mb: float
    pairs: NDArray[np.int64]
    cut: int


def search(library: Library, exact: bool, half: bool) -> Run:
    """One search of the whole library, in this process; float16 vectors come block by block from a file."""
    with tempfile.TemporaryFile() as file:
        vectors = _in_file(library, file) if half else library.read(0, library.count)
        began, spent = time.perf_counter(), time.process_time()
        found = neighbours(vectors, RADIUS, NEAREST, exact_up_to=library.count if exact else 1)
        seconds, processor = time.perf_counter() - began, time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return Run(seconds, processor, peak, found.i * library.count + found.j, found.cut)


def sampled_pairs(library: Library, sample: int = _SAMPLE) -> NDArray[np.int64]:
    """Find the pairs of a sample of the vectors by exact search; their keys.

    An index is held against them where exact search of all would take hours.
    """
    rows = np.sort(np.random.default_rng(7).choice(library.count, min(sample, library.count), replace=False))
    starts = range(0, library.count, _BLOCK)
    blocks = [library.read(start, min(start + _BLOCK, library.count)).astype(np.float16) for start in starts]
    queries = np.concatenate(
        [
            block[rows[(rows >= start) & (rows < start + _BLOCK)] - start]
            for start, block in zip(starts, blocks, strict=True)
        ]
    ).astype(np.float32)
    found = []
    for start, block in zip(starts, blocks, strict=True):
        products = queries @ block.astype(np.float32).T
        place, other = np.nonzero(2 - 2 * products <= RADIUS**2)
        found.append(np.stack([place, other + start, np.round(products[place, other] * 1e6).astype(np.int64)]))
    place, other, likeness = np.concatenate(found, axis=1)
    order = np.lexsort((-likeness, place))
    place, other = rows[place[order]], other[order]
    place, other = place[place != other], other[place != other]
    rank = np.arange(len(place)) - np.searchsorted(place, place)
    low, high = np.minimum(place, other), np.maximum(place, other)
    return np.unique((low * library.count + high)[rank < NEAREST])


def _in_file(library: Library, file: IO[bytes]) -> VectorBlocks:
    for start in range(0, library.count, _BLOCK):
        library.read(start, min(start + _BLOCK, library.count)).astype(np.float16).tofile(file)

    def read(start: int, stop: int) -> NDArray[np.float16]:
        file.seek(start * library.dim * 2)
        numbers = np.fromfile(file, np.float16, (stop - start) * library.dim)
        return numbers.reshape(stop - start, library.dim)

    return VectorBlocks(library.count, library.dim, read, half=True)


def _apart(library: Library, exact: bool, half: bool) -> Run:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(search, (library, exact, half))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Recall and time of the neighbour search.")
    parser.add_argument("--counts", default="20000,60000")
    parser.add_argument("--dims", default="128,256")
    parser.add_argument("--half", action="store_true", help="float16 vectors, read block by block from a file")
    parser.add_argument("--no-exact", action="store_true", help="leave out the exact search")
    given = parser.parse_args(arguments)
    print(f"radius {RADIUS}, {NEAREST} nearest, {'float16 in a file' if given.half else 'float32 in memory'}")
    print("| vectors | dim | index | seconds | processor s | peak MB | pairs a photo | pairs found | cut |")
    print("|---:|---:|---|---:|---:|---:|---:|---:|---:|")
    for dim in map(int, given.dims.split(",")):
        for count in map(int, given.counts.split(",")):
            library = Library(count, dim)
            truth = None if given.no_exact else _apart(library, True, given.half)
            if truth is not None:
                print(_row(library, "exact", truth, "1"))
            run = _apart(library, False, given.half)
            true = sampled_pairs(library) if truth is None else truth.pairs
            share = f"{np.isin(true, run.pairs).mean():.4f} of {len(true):,}"
            print(_row(library, "inverted", run, share), flush=True)


def _row(library: Library, index: str, run: Run, share: str) -> str:
    return (
        f"| {library.count:,} | {library.dim} | {index} | {run.seconds:.1f} | {run.processor:.1f} "
        f"| {run.peak_mb:.0f} "
        f"| {len(run.pairs) / library.count:.2f} | {share} | {run.cut} |"
    )


if __name__ == "__main__":
    main()
