"""What a library of a million photos costs after it was read: time a step, memory, databases, at 10⁴, 10⁵ and 10⁶ contents.

    python -m benchmarks.growth [--counts 10000,100000,1000000] [--work DIR]

The files are there (one byte each, so that walking them is real); what reading, embedding and comparing would have found out
of them is written into the store by SQL. Five of a hundred photos are copies of others; a photo has 0.76 candidates besides, as
among 20,549 real ones: of these 95 of 100 were refused by their signatures and the others looked at and found unrelated. The
search itself is measured by ``benchmarks.neighbours``.

- *first*: all verdicts are there, none was put together yet: the plan of what to ask, families, groups, the report.
- *again*: a rescan with nothing changed, against walking the tree and asking each file for its status.
- *new*: one more photo of a hundred is there, known but never compared; the verdicts that are asked for are counted.

Seconds are the main process's processor time (all of its threads); each run is a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks import tables
from benchmarks.running import walk_and_stat
from dedupe import embedding
from dedupe.comparing.version import REFUSAL_VERSION, RELATE_VERSION
from dedupe.decoding.version import READER_VERSION
from dedupe.library.cache import Cache
from dedupe.library.codec import to_json
from dedupe.library.decisions import Decisions
from dedupe.library.paths import StorePaths
from dedupe.library.previews import Previews
from dedupe.session import Session
from dedupe.settings import Settings
from dedupe.steps.neighbours import search_name
from dedupe.tree.file_list import packed
from dedupe.types import Evidence, Facts, FileStamp, Match, Pair, Relation, Transform

_A_FOLDER = 1_000
_COPY_EVERY = 20
_STRANGERS = 0.76
_LOOKED_AT = 20
_MB = 1e6
_FACTS = Facts(
    "JPEG",
    4_000,
    3_000,
    camera="Canon EOS R6",
    gps=(47.3769, 8.5417),
    quality=92,
    inventory="exif:" + "0123456789abcdef" * 40,
)


@dataclass(frozen=True, slots=True)
class World:
    """A library of ``count`` photos below ``folder``, with its store."""

    count: int
    folder: Path
    store: str

    def key(self, number: int) -> bytes:
        """The content key of photo ``number``: its order has nothing to do with that of the paths."""
        return (number * 0x9E3779B97F4A7C15 % (1 << 64)).to_bytes(8, "big") + number.to_bytes(8, "big")

    def path(self, number: int) -> str:
        """Where photo ``number`` is."""
        return str(self.folder / f"{number // _A_FOLDER:05d}" / f"IMG_{number:08d}.jpg")

    def pairs(self, until: int) -> Iterator[tuple[int, int, float]]:
        """The candidates among the first ``until`` photos: two numbers and their distance; copies are within 0.5."""
        rng = np.random.default_rng(17)
        for number in range(_COPY_EVERY, self.count, _COPY_EVERY):
            other = int(rng.integers(number // _COPY_EVERY)) * _COPY_EVERY + 1
            if number < until:
                yield other, number, float(rng.uniform(0.02, 0.5))
        strangers = int(self.count * _STRANGERS)
        ends, apart = rng.integers(0, self.count, (strangers, 2)), rng.uniform(0.61, 0.8, strangers)
        apart[::_LOOKED_AT] = rng.uniform(0.51, 0.59, len(apart[::_LOOKED_AT]))  # what is so near is never refused
        for (number, other), distance in zip(ends.tolist(), apart.tolist(), strict=True):
            if number != other and max(number, other) < until:
                yield number, other, distance


@dataclass(frozen=True, slots=True)
class Run:
    """A scan: processor seconds by step, wall-clock seconds, the process's highest memory, groups, verdicts asked for."""

    steps: dict[str, float] = field(default_factory=dict)
    wall: float = 0.0
    processor: float = 0.0
    peak: float = 0.0
    groups: int = 0
    asked: int = 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--counts", default="10000,100000,1000000")
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks/growth"), metavar="DIR")
    options = parser.parse_args(arguments)
    columns = {count: _measured(options.work, count) for count in map(int, options.counts.split(","))}
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    rows = [(name, *(column.get(name, "") for column in columns.values())) for name in names]
    print(tables.table(("photos", *(f"{count:,}" for count in columns)), rows))


def _measured(work: Path, count: int) -> dict[str, str]:
    """The rows of one size."""
    world = World(count, (work / f"tree-{count}").resolve(), str((work / f"store-{count}" / "library.db").resolve()))
    known = count - count // 100
    _apart(_make, world, known)
    first = _apart(_scan, world)
    walk = _apart(_walk, world)
    again = _apart(_scan, world)
    _apart(_add, world, known)
    new = _apart(_scan, world)
    paths = StorePaths.at(world.store)
    said = {"walking and asking for the status": f"{walk.processor:.2f} s"}
    for name, run in (("first", first), ("again", again), ("new", new)):
        said |= {f"{name}: {step}": f"{spent:.2f} s" for step, spent in run.steps.items() if spent >= 0.005}
        said |= {
            f"{name}: all, with its start": f"{run.processor:.1f} s",
            f"{name}: by the clock": f"{run.wall:.1f} s",
            f"{name}: peak memory": f"{run.peak / _MB:.0f} MB",
            f"{name}: verdicts asked of workers": f"{run.asked:,}",
        }
    said["again ÷ walking"] = f"{sum(again.steps.values()) / walk.processor:.2f}"
    said["groups"] = f"{new.groups:,}"
    for file in (paths.cache, paths.decisions):
        said[os.path.basename(file)] = f"{os.path.getsize(file) / _MB:.0f} MB"
    return said


def _apart(function: Any, *arguments: object) -> Run:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found: Run = pool.apply(function, arguments)
    return found


def _walk(world: World) -> Run:
    wall, processor = walk_and_stat(world.folder)
    return Run(wall=wall, processor=processor)


def _scan(world: World) -> Run:
    """A scan in this process; a pair that the store has no verdict on is answered as unrelated, and counted."""
    import dedupe.session
    from dedupe.pipeline import scan

    asked: list[Pair] = []
    compare: Any = sys.modules["dedupe.steps.compare"]

    def answered(session: object, contents: object, pairs: Sequence[Pair]) -> Iterator[Match]:
        asked.extend(pairs)
        return (Match(pair.a, pair.b, pair.distance, None) for pair in pairs)

    compare._related = answered
    # What a step is booked with is processor time then.
    dedupe.session.time = SimpleNamespace(monotonic=time.process_time)  # type: ignore[assignment,attr-defined]
    began, spent = time.perf_counter(), time.process_time()
    result = scan([str(world.folder)], Settings(store=world.store))
    wall, processor = time.perf_counter() - began, time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1024 if sys.platform != "darwin" else 1)
    return Run(dict(result.stats.seconds), wall, processor, peak, len(result.groups), len(asked))


def _make(world: World, known: int) -> Run:
    """The tree and the store of the first ``known`` photos."""
    world.folder.mkdir(parents=True, exist_ok=True)
    Path(world.store).parent.mkdir(parents=True, exist_ok=True)
    paths = StorePaths.at(world.store)
    for file in (paths.cache, paths.previews, paths.decisions):
        for end in ("", "-wal", "-shm"):
            Path(file + end).unlink(missing_ok=True)  # the benchmark's own store
    for number in range(known, world.count):
        Path(world.path(number)).unlink(missing_ok=True)
    with Cache(paths.cache, reader=str(READER_VERSION)), Previews(paths.previews), Decisions(paths.decisions):
        pass
    _put(world, range(known))
    _put_pairs(world, world.count)
    _put_candidates(world, known)
    return Run()


def _add(world: World, known: int) -> Run:
    """The photos from ``known`` on, read and embedded, and the search that found their candidates."""
    _put(world, range(known, world.count))
    _put_candidates(world, world.count)
    return Run()


def _put(world: World, numbers: range) -> None:
    """The files with their contents and vectors."""
    facts = to_json(_FACTS)
    model = embedding.info("compact")
    rng = np.random.default_rng(numbers.start)
    with closing(sqlite3.connect(StorePaths.at(world.store).cache)) as cache, cache:
        cache.execute("INSERT OR IGNORE INTO models VALUES (1, ?, ?, '<f2')", (model.name, model.dim))
        for start in range(numbers.start, numbers.stop, 4_096):
            some = range(start, min(start + 4_096, numbers.stop))
            vectors = rng.standard_normal((len(some), model.dim), np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            rows = [(world.key(number), _file(world, number)) for number in some]
            cache.executemany(
                "INSERT INTO contents VALUES (?, NULL, ?)",
                [(key, facts) for key, _ in rows],
            )
            cache.executemany(
                "INSERT INTO files VALUES (?, ?, ?, ?)",
                [
                    (os.fsencode(world.path(number)), packed(stamp), key, stamp.dev)
                    for (key, stamp), number in zip(rows, some, strict=True)
                ],
            )
            cache.executemany(
                "INSERT INTO vectors(model, content_key, vector) VALUES (1, ?, ?)",
                [(key, row.tobytes()) for (key, _), row in zip(rows, vectors.astype(np.float16), strict=True)],
            )


def _file(world: World, number: int) -> FileStamp:
    path = world.path(number)
    if number % _A_FOLDER == 0:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(b"x")
    return FileStamp.of(os.stat(path))


def _put_pairs(world: World, until: int) -> None:
    """The verdicts on the candidates and on what copies of one photo are to each other."""
    made = Match(b"", b"", 0.0, Relation.RESAVED, 0.9, 0.0, None, _evidence())
    verdict = to_json(made)
    with closing(sqlite3.connect(StorePaths.at(world.store).cache)) as cache, cache:
        source = world.pairs(until)
        while some := list(islice(source, 10_000)):
            named = [(b"".join(sorted((world.key(a), world.key(b)))), apart) for a, b, apart in some]
            cache.executemany(
                "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?)",
                [(pair, RELATE_VERSION, verdict if apart <= 0.5 else None) for pair, apart in named if apart < 0.6],
            )
            cache.executemany(
                "INSERT OR REPLACE INTO refusals VALUES (?, ?)",
                [(pair, REFUSAL_VERSION) for pair, apart in named if apart > 0.6],
            )


def _evidence() -> Evidence:
    return Evidence(400, 380, 0.99, 0.97, 0.91, 0.02, 0.01, Transform((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), 0.0, False, 1.0))


def _put_candidates(world: World, until: int) -> None:
    """What the search finds among the first ``until`` photos, by the name that a scan asks for."""
    found = {}
    for a, b, apart in world.pairs(until):
        low, high = sorted((world.key(a), world.key(b)))
        found[low, high] = Pair(low, high, apart)
    keys = sorted(map(world.key, range(until)))
    with Session(Settings(store=world.store)) as session:
        session.cache.put_candidates(search_name(session, keys), [found[ends] for ends in sorted(found)])


if __name__ == "__main__":
    main()
