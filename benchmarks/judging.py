"""Judges nearest-neighbour pairs of different photos once, by the relate step alone.

The photos are read as a scan reads them, embedded, and their closest pairs go to `relate` in order of
distance. Every verdict is kept at once, so the run goes on where it was stopped. All photos are taken to be
different captures: what comes out as `identical` … `edited` is either a false match or a duplicate in the
data, and only an eye can tell; those pairs go onto contact sheets, and the ones that an eye found to be
duplicates are listed, one "path<tab>path" a line, in `same.txt`, which is then left out of the count.
"""

from __future__ import annotations

import pickle
import sqlite3
import sys
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import tables
from benchmarks.score import Finding
from benchmarks.sheets import contact_sheets
from benchmarks.tree import PICTURES
from dedupe.comparing.relate import RELATE_VERSION, RelateTask, View, relate
from dedupe.decoding.read import Read, ReadRequest, read_photo
from dedupe.embedding import load
from dedupe.report import phrases
from dedupe.types import FileStamp, Match, Relation
from dedupe.workers import WorkerFailure, WorkerPool

MODEL = "compact"
_BLOCK = 1024
_NEAREST = 24
_COMMIT_EVERY = 200
_MAX_PIXELS = 200_000_000
_MERGED = frozenset({Relation.IDENTICAL, Relation.SAME_PIXELS, Relation.RESAVED, Relation.EDITED})
SCHEMA = """
CREATE TABLE IF NOT EXISTS photos (path TEXT PRIMARY KEY, key BLOB, view BLOB, vector BLOB);
CREATE TABLE IF NOT EXISTS verdicts (
  a TEXT, b TEXT, distance REAL, relation TEXT, why TEXT, PRIMARY KEY (a, b)
);
"""
_Near = tuple[str, str, float]


def main(sources: Sequence[str], work: Path, wanted: int, jobs: int) -> int:
    """Judge the ``wanted`` closest pairs; 0 where no pair is left that has to be looked at, else 1."""
    place = work / "judged"
    place.mkdir(parents=True, exist_ok=True)
    files = list(photo_files(sources, place / "photos"))
    with closing(sqlite3.connect(place / f"verdicts-{RELATE_VERSION}.db")) as store:
        store.executescript(SCHEMA)
        read_photos(store, files, jobs)
        pairs = nearest_pairs(store, wanted)
        judge_pairs(store, pairs, jobs)
        return _report(store, pairs, place)


def photo_files(sources: Iterable[str], unpacked: Path) -> Iterator[Path]:
    """Find the photos in folders and tar files; what is in a tar file is unpacked below ``unpacked``."""
    for source in map(Path, sources):
        if source.is_dir():
            yield from sorted(p for p in source.rglob("*") if p.suffix.lower() in PICTURES and p.is_file())
            continue
        target = unpacked / source.stem
        if not target.exists():
            with tarfile.open(source) as archive:
                archive.extractall(target, filter="data")
        yield from sorted(p for p in target.rglob("*") if p.suffix.lower() in PICTURES and p.is_file())


def read_photos(store: sqlite3.Connection, files: Sequence[Path], jobs: int) -> None:
    """Read and embed what the store does not hold yet."""
    known = {path for (path,) in store.execute("SELECT path FROM photos")}
    network = load(MODEL)
    requests = [
        ReadRequest(str(path), FileStamp.of(path.stat()), _MAX_PIXELS, None, side=network.input_size)
        for path in files
        if str(path) not in known
    ]
    side = network.input_size
    with WorkerPool(jobs) as pool:
        for count, (request, read) in enumerate(pool.run(read_photo, requests), 1):
            if isinstance(read, Read):
                pixels = np.frombuffer(read.looks[0], np.uint8).reshape(1, side, side, 3)
                view = View(read.content_key, read.preview, read.facts, read.path, read.pixel_key)
                row = (request.path, read.content_key, pickle.dumps(view), network.embed(pixels)[0].tobytes())
                store.execute("INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?)", row)
            if count % _COMMIT_EVERY == 0:
                store.commit()
                _tell("read", count, len(requests))
    store.commit()


def nearest_pairs(store: sqlite3.Connection, wanted: int) -> list[_Near]:
    """The closest pairs of different contents, nearest first."""
    rows = store.execute("SELECT path, vector FROM photos GROUP BY key ORDER BY path").fetchall()
    paths = [path for path, _ in rows]
    vectors = np.stack([np.frombuffer(vector, np.float32) for _, vector in rows])
    near: dict[tuple[int, int], float] = {}
    for start in range(0, len(vectors), _BLOCK):
        products = vectors[start : start + _BLOCK] @ vectors.T
        products[np.arange(len(products)), np.arange(start, start + len(products))] = -2
        best = np.argpartition(-products, min(_NEAREST, len(vectors) - 1) - 1, axis=1)[:, :_NEAREST]
        _collect(near, products, best, start)
    closest = sorted((distance, pair) for pair, distance in near.items())[:wanted]
    return [(paths[i], paths[j], distance) for distance, (i, j) in closest]


def _collect(
    near: dict[tuple[int, int], float], products: NDArray[np.float32], best: NDArray[np.int64], start: int
) -> None:
    for row, columns in enumerate(best):
        for column in columns:
            i, j = sorted((start + row, int(column)))
            near[i, j] = float(np.sqrt(max(0.0, 2 - 2 * float(products[row, column]))))


def judge_pairs(store: sqlite3.Connection, pairs: Sequence[_Near], jobs: int) -> None:
    done = set(store.execute("SELECT a, b FROM verdicts"))
    left = [pair for pair in pairs if pair[:2] not in done]
    asked = {(a, b): distance for a, b, distance in left}
    with WorkerPool(jobs) as pool:
        for count, (task, match) in enumerate(pool.run(relate, _tasks(store, left)), 1):
            ends = (task.a.path, task.b.path)
            a, b = ends if ends in asked else ends[::-1]
            store.execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?)", _verdict(a, b, asked[a, b], match))
            if count % _COMMIT_EVERY == 0:
                store.commit()
                _tell("judged", count, len(left))
    store.commit()


def _tasks(store: sqlite3.Connection, pairs: Sequence[_Near]) -> Iterator[RelateTask]:
    for a, b, distance in pairs:
        views = [view_of(store, path) for path in (a, b)]
        first, second = sorted(views, key=lambda view: view.content_key)
        yield RelateTask(first, second, distance)


def view_of(store: sqlite3.Connection, path: str) -> View:
    """Read what `relate` needs of a photo."""
    (blob,) = store.execute("SELECT view FROM photos WHERE path = ?", (path,)).fetchone()
    view: View = pickle.loads(blob)
    return view


def _verdict(a: str, b: str, distance: float, match: Match | WorkerFailure) -> tuple[str, str, float, str | None, str]:
    if isinstance(match, WorkerFailure):
        return a, b, distance, "failed", f"{match.kind}: {match.detail}"
    return a, b, distance, match.relation, phrases.change(match.remark)


def _report(store: sqlite3.Connection, pairs: Sequence[_Near], place: Path) -> int:
    listed = place / "same.txt"
    same = set(listed.read_text("utf-8").splitlines()) if listed.exists() else set()
    verdicts = {(a, b): rest for a, b, *rest in store.execute("SELECT * FROM verdicts")}
    counts: dict[str, int] = {}
    doubtful: list[Finding] = []
    for a, b, _ in pairs:
        distance, relation, why = verdicts[a, b]
        told = f"{a}\t{b}" in same
        row = "duplicates in the data, by eye" if told else str(relation or "unrelated")
        counts[row] = counts.get(row, 0) + 1
        if relation in _MERGED and not told:
            doubtful.append(Finding(a, b, relation, False, f"{distance:.2f} {why}"))
    print(tables.by_name(f"verdict on {len(pairs)} pairs", dict(sorted(counts.items()))))
    (place / "doubtful.txt").write_text("".join(f"{f.a}\t{f.b}\n" for f in doubtful), "utf-8")
    for sheet in contact_sheets(doubtful, Path("/"), place / "doubtful", limit=600):
        print(f"to look at: {sheet}", file=sys.stderr)
    return 1 if doubtful else 0


def _tell(word: str, count: int, total: int) -> None:
    print(f"{word} {count} of {total}", file=sys.stderr, flush=True)
