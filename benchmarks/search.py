"""Search figures: the time of a query, an update of the index, memory, and VGG16 held against Keras.

    python -m benchmarks.search [--counts 1000,10000,100000] [--dim 256] [--library N] [--parity [--weights FILE]]

The first table is the index alone, on synthetic vectors: opening it, one query, a hundred at once, and 1,000 photos added
and 1,000 removed, each with the file written anew. ``--library N`` makes a store of N photos with synthetic vectors and as
many files, and asks ``dedupe.search`` for the nearest of one: what a person waits for, start-up apart. ``--parity`` prints
how far our fc1 vectors lie from those of Keras' ``model.predict`` on the same pictures and weights (random ones without
``--weights``). Every row is a process of its own, so its peak memory is its own. Seconds are wall-clock, with those of the
processor beside them: where other programs run, the second is the one to compare.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.tables import table

CHANGED = 1_000
_HEAD = ("vectors", "file", "open", "one query", "100 queries", f"{CHANGED:,} added and removed", "peak memory")
_SINGLE = 10


class Clock:
    """Wall-clock and processor seconds."""

    def __init__(self) -> None:
        self.wall = self.processor = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Times what is done inside."""
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self.wall, self.processor = time.perf_counter() - wall, time.process_time() - processor

    def __str__(self) -> str:
        return f"{self.wall:.3f} s ({self.processor:.3f})"


class Vectors:
    """``count`` made-up unit vectors by key; a block of them is made when it is asked for."""

    def __init__(self, count: int, dim: int) -> None:
        self.keys = [number.to_bytes(16, "big") for number in range(count)]
        self._dim = dim

    def load(self, keys: Sequence[bytes]) -> NDArray[np.float16]:
        """float16[n, dim] of these keys."""
        rows = np.array([int.from_bytes(key, "big") for key in keys], np.uint64)
        made = np.random.default_rng(int(rows[0])).normal(size=(len(rows), self._dim))
        unit: NDArray[np.float64] = made / np.linalg.norm(made, axis=1, keepdims=True)
        return unit.astype(np.float16)


def index_row(count: int, dim: int) -> tuple[str, ...]:
    """One row of the table: an index of ``count`` vectors of ``dim`` numbers."""
    from dedupe.queries.index import VectorIndex

    made = Vectors(count + CHANGED, dim)
    queries = made.load(made.keys[:100]).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.vectors")

        def opened() -> VectorIndex:
            return VectorIndex(path, "synthetic", dim, "float16", unit=True)

        index = opened()
        index.update(made.keys[:count], made.load)
        index.save(always=True)
        index.nearest(queries[:1], 11, made.keys[:1])  # imports faiss: a part of the start
        opening, single, many, update = Clock(), Clock(), Clock(), Clock()
        with opening.running():
            index = opened()
            index.update(made.keys[:count], made.load)
        with single.running():
            for _ in range(_SINGLE):
                index.nearest(queries[:1], 11, made.keys[:count])
        single.wall, single.processor = single.wall / _SINGLE, single.processor / _SINGLE
        with many.running():
            index.nearest(queries, 11, made.keys[:count])
        size = os.path.getsize(path)
        with update.running():
            index.update(made.keys[min(CHANGED, count) :], made.load)
            index.save(always=True)
    return (f"{count:,}", _mb(size), str(opening), str(single), str(many), str(update), _peak())


def library_row(count: int, dim: int) -> tuple[str, ...]:
    """A search among ``count`` stored photos with as many files."""
    import dedupe
    from dedupe import embedding
    from dedupe.decoding.version import READER_VERSION
    from dedupe.library.cache import Cache
    from dedupe.library.previews import Previews
    from dedupe.session import Session
    from dedupe.types import Facts, FileStamp

    made, model = Vectors(count, dim), embedding.info("compact")
    with tempfile.TemporaryDirectory() as folder:
        store, photos = os.path.join(folder, "library.db"), Path(folder) / "photos"
        settings = dedupe.Settings(store=store)
        with Session(settings) as session:
            decoder = session._decoder()
        with Cache(store, decoder=decoder, reader=str(READER_VERSION)) as cache:
            with Previews(os.path.join(folder, "library.previews.db")) as previews:
                for number, key in enumerate(made.keys):
                    path = photos / f"{number // 500:04}" / f"IMG_{number:06}.jpg"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(b"x")
                    old = time.time() - 86_400
                    os.utime(path, (old, old))
                    later = time.time_ns() + 60 * 10**9  # what was written a moment ago is read again
                    facts = Facts("JPEG", 4000, 3000)
                    cache.put(str(path), FileStamp.of(path.lstat()), key, None, facts, read_ns=later)
                    previews.put(key, b"x")
            for start in range(0, count, 4096):
                keys = made.keys[start : start + 4096]
                cache.put_vectors(model.name, keys, made.load(keys))
        query = str(photos / "0000" / "IMG_000000.jpg")
        cells = []
        for _ in range(3):
            clock = Clock()
            with clock.running():
                result = dedupe.search([query], [str(photos)], settings)
            cells.append(str(clock))
            if len(result.answers[0].found) != min(10, count - 1) or result.skipped:
                raise RuntimeError("the made-up library was not taken as stored")
    return (f"{count:,}", *cells, _peak())


def parity_rows(weights: str | None) -> list[tuple[str, str]]:
    """Our fc1 vectors of three photos against Keras' own, relative to the largest value."""
    import keras
    from keras.applications.vgg16 import VGG16, preprocess_input
    from skimage import data

    from dedupe import embedding
    from dedupe.decoding.preview import preview, squash

    pixels = np.stack([squash(preview(each()), 224) for each in (data.astronaut, data.chelsea, data.coffee)])
    with tempfile.TemporaryDirectory() as folder:
        if weights is None:
            from tests.embedding.test_vgg16 import write_weights

            keras.utils.set_random_seed(7)
            network = VGG16(weights=None)
            for layer in network.layers:
                if layer.weights:
                    kernel, bias = layer.get_weights()
                    layer.set_weights([kernel * np.float32(1.4), bias])
            weights = os.path.join(folder, "vgg16.h5")
            write_weights(network, Path(weights))
        else:
            network = VGG16(weights=weights)
        fc1 = keras.Model(network.input, network.get_layer("fc1").output)
        keras_said = fc1.predict(preprocess_input(pixels.astype(np.float32)), verbose=0)
        ours = embedding.load("vgg16", Path(weights)).embed_raw(pixels)
    scale = float(np.abs(keras_said).max())
    stored = ours.astype(np.float16).astype(np.float32)
    return [
        ("largest difference of a value, float32", f"{np.abs(ours - keras_said).max() / scale:.1e}"),
        ("largest difference of a value, as stored (float16)", f"{np.abs(stored - keras_said).max() / scale:.1e}"),
        ("largest difference of a distance, as stored", f"{_distances_apart(stored, keras_said):.1e}"),
    ]


def _distances_apart(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    one, other = (np.linalg.norm(each[:, None] - each[None], axis=2) for each in (a, b))
    return float(np.abs(one - other).max() / other.max())


def _mb(size: float) -> str:
    return f"{size / 1e6:,.1f} MB"


def _peak() -> str:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return _mb(peak if sys.platform == "darwin" else peak * 1024)


def _alone(function: Callable[..., Any], *arguments: object) -> Any:
    """The result of the function in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--counts", default="1000,10000,100000", help="sizes of the index, none where empty")
    parser.add_argument("--dim", type=int, default=256, help="numbers in a vector")
    parser.add_argument("--library", type=int, default=0, metavar="N", help="a search among N stored photos too")
    parser.add_argument("--parity", action="store_true", help="VGG16 against Keras too")
    parser.add_argument("--weights", help="the weights for --parity")
    asked = parser.parse_args()
    counts = [int(count) for count in asked.counts.split(",") if count]
    if counts:
        print(table(_HEAD, [_alone(index_row, count, asked.dim) for count in counts]))
    if asked.library:
        head = ("stored photos", "first search", "second", "third", "peak memory")
        print(table(head, [_library_row_here(asked.library, asked.dim)]))
    if asked.parity:
        print(table(("VGG16 fc1 against Keras, relative", "figure"), _alone(parity_rows, asked.weights)))


def _library_row_here(count: int, dim: int) -> tuple[str, ...]:
    # In this process: one of a pool may not start workers of its own.
    return library_row(count, dim)


if __name__ == "__main__":
    main()
