"""The methods that dedupe is held against, as distances between all files: its own embeddings, pHash and PDQ."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.pictures import upright
from benchmarks.ranking import Matrix

_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Method:
    """A method's distances between the files in their order, and what a photo costs on one core.

    ``own_ms`` is the method's own time, without decoding. ``vectors`` is float32[n, d] where there are any.
    """

    name: str
    distances: Matrix
    own_ms: float
    vectors: NDArray[np.float32] | None = None


def phash(paths: Sequence[Path], jobs: int = 2) -> Method:
    """The 64-bit DCT hash of the imagehash package; distance in bits."""
    return _hashed("pHash", paths, _phash_of, jobs)


def pdq(paths: Sequence[Path], jobs: int = 2) -> Method:
    """The 256-bit hash of the pdqhash package; distance in bits."""
    return _hashed("PDQ", paths, _pdq_of, jobs)


def embedding(paths: Sequence[Path], model: str, jobs: int = 2, weights: Path | None = None) -> Method:
    """Measure the embedding alone: Euclidean distances between unit vectors of the previews, as a scan computes them."""
    from dedupe.embedding import load

    network = load(model, weights)
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        squashed = pool.map(partial(_squashed, side=network.input_size), paths, chunksize=16)
    vectors: list[NDArray[np.float32]] = []
    seconds = 0.0
    for start in range(0, len(squashed), 32):
        pixels = np.stack(squashed[start : start + 32])
        before = time.process_time()
        vectors.append(network.embed(pixels))
        seconds += time.process_time() - before
    unit = np.concatenate(vectors)
    products = np.clip(unit @ unit.T, -1, 1)
    distances: Matrix = np.sqrt(2 - 2 * products).astype(np.float32)
    return Method(network.name, distances, 1000 * seconds / max(1, len(paths)), unit)


def _hashed(
    name: str, paths: Sequence[Path], of: Callable[[Path], tuple[NDArray[np.uint8], float]], jobs: int
) -> Method:
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        results = pool.map(of, paths, chunksize=16)
    bits = np.stack([bits for bits, _ in results]).astype(np.float32)
    ones = bits.sum(axis=1)
    distances = np.empty((len(bits), len(bits)), np.float32)
    for start in range(0, len(bits), _BLOCK):
        part = bits[start : start + _BLOCK]
        distances[start : start + _BLOCK] = ones[start : start + _BLOCK, None] + ones - 2 * (part @ bits.T)
    return Method(name, distances, 1000 * sum(seconds for _, seconds in results) / max(1, len(paths)))


def _phash_of(path: Path) -> tuple[NDArray[np.uint8], float]:
    import imagehash

    picture = Image.fromarray(upright(path.read_bytes()))
    start = time.process_time()
    bits = np.asarray(imagehash.phash(picture).hash, np.uint8).ravel()
    return bits, time.process_time() - start


def _pdq_of(path: Path) -> tuple[NDArray[np.uint8], float]:
    import pdqhash

    picture = upright(path.read_bytes())
    start = time.process_time()
    bits, _ = pdqhash.compute(picture)
    return np.asarray(bits, np.uint8), time.process_time() - start


def _squashed(path: Path, side: int) -> NDArray[np.uint8]:
    from dedupe.decoding import decode, preview

    decoded = decode.decode(path.read_bytes(), long_side=400, max_pixels=400_000_000)
    return preview.squash(preview.preview(decoded.pixels), side)
