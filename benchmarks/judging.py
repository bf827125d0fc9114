"""Judges the closest pairs of different photos once, as a scan judges candidates: by their signatures, then by `relate`.

The photos are read as a scan reads them and embedded. Every verdict is kept at once, so the run goes on where it was stopped;
verdicts of another version are made again. All photos are taken to be different captures: what comes out as `identical` …
`edited` is either a false match or a duplicate in the data, and only an eye can tell. Those pairs go onto contact sheets. The
ones that an eye found to be duplicates are listed in `same.txt`, one "path<tab>path" a line, and left out of the count.
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
from dedupe.comparing.refusal import RefusalTask, refusals
from dedupe.comparing.relate import RelateTask, View, relate
from dedupe.comparing.version import REFUSAL_VERSION, RELATE_VERSION
from dedupe.decoding.read import Read, ReadRequest, read_photo
from dedupe.decoding.version import READER_VERSION
from dedupe.embedding import info, load
from dedupe.report import phrases
from dedupe.steps.refuse import CLOSE_SHARE, PAIRS_A_TASK
from dedupe.types import FileStamp, Match, Relation
from dedupe.workers import WorkerFailure, WorkerPool

MODEL = "compact"
_BLOCK = 1024
_LEAST_NEAREST = 24
_TOGETHER = 60
"""Photos whose pairs are judged together, so that a worker still knows their signatures and key points."""
REFUSED = "refused by their signatures"
_COMMIT_EVERY = 200
_MAX_PIXELS = 200_000_000
_MERGED = frozenset({Relation.IDENTICAL, Relation.SAME_PIXELS, Relation.RESAVED, Relation.EDITED})
SCHEMA = """
CREATE TABLE IF NOT EXISTS photos (path TEXT PRIMARY KEY, key BLOB, view BLOB, vector BLOB, signature BLOB);
CREATE TABLE IF NOT EXISTS verdicts (
  a TEXT, b TEXT, distance REAL, relation TEXT, why TEXT, PRIMARY KEY (a, b)
);
CREATE TABLE IF NOT EXISTS refused (a TEXT, b TEXT, PRIMARY KEY (a, b));
CREATE TABLE IF NOT EXISTS versions (relate INT, refusal INT);
"""
_Near = tuple[str, str, float]


def main(sources: Sequence[str], work: Path, wanted: int, jobs: int) -> int:
    """Judge the ``wanted`` closest pairs; 0 where no pair is left that has to be looked at, else 1."""
    place = work / "judged"
    place.mkdir(parents=True, exist_ok=True)
    files = list(photo_files(sources, place / "photos"))
    with closing(sqlite3.connect(place / f"judged-{READER_VERSION}.db")) as store:
        store.executescript(SCHEMA)
        _forget_other_versions(store)
        read_photos(store, files, jobs)
        pairs = nearest_pairs(store, wanted)
        refuse_pairs(store, pairs, jobs)
        refused = set(store.execute("SELECT a, b FROM refused"))
        judge_pairs(store, [pair for pair in pairs if pair[:2] not in refused], jobs)
        return _report(store, pairs, place)


def _forget_other_versions(store: sqlite3.Connection) -> None:
    relate_version, refusal_version = store.execute("SELECT * FROM versions").fetchone() or (0, 0)
    if relate_version != RELATE_VERSION:
        store.execute("DELETE FROM verdicts")
    if refusal_version != REFUSAL_VERSION:
        store.execute("DELETE FROM refused")
    store.execute("DELETE FROM versions")
    store.execute("INSERT INTO versions VALUES (?, ?)", (RELATE_VERSION, REFUSAL_VERSION))
    store.commit()


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
                vector = network.embed(pixels)[0].tobytes()
                row = (request.path, read.content_key, pickle.dumps(view), vector, read.signature)
                store.execute("INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?)", row)
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
    each = min(max(_LEAST_NEAREST, -(-2 * wanted // len(paths))), len(paths) - 1)
    for start in range(0, len(vectors), _BLOCK):
        products = vectors[start : start + _BLOCK] @ vectors.T
        products[np.arange(len(products)), np.arange(start, start + len(products))] = -2
        best = np.argpartition(-products, each - 1, axis=1)[:, :each]
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


def refuse_pairs(store: sqlite3.Connection, pairs: Sequence[_Near], jobs: int) -> None:
    """Keep those of the pairs that a scan would refuse; the closest of all it never does."""
    close = CLOSE_SHARE * info(MODEL).radius
    asked = set(store.execute("SELECT a, b FROM refused UNION SELECT a, b FROM verdicts"))
    far = _by_photos([pair for pair in pairs if pair[2] > close and pair[:2] not in asked])
    signatures = {path.encode(): data for path, data in store.execute("SELECT path, signature FROM photos")}

    def tasks() -> Iterator[RefusalTask]:
        for start in range(0, len(far), PAIRS_A_TASK):
            ends = tuple((a.encode(), b.encode()) for a, b, _ in far[start : start + PAIRS_A_TASK])
            yield RefusalTask(ends, {key: signatures[key] for pair in ends for key in pair})

    with WorkerPool(jobs) as pool:
        for count, (task, answers) in enumerate(pool.run(refusals, tasks()), 1):
            if isinstance(answers, tuple):
                rows = [(a.decode(), b.decode()) for (a, b), no in zip(task.pairs, answers, strict=True) if no]
                store.executemany("INSERT OR REPLACE INTO refused VALUES (?, ?)", rows)
            if count % _COMMIT_EVERY == 0:
                store.commit()
                _tell("asked for their signatures", count * PAIRS_A_TASK, len(far))
    store.commit()


def _by_photos(pairs: Sequence[_Near]) -> list[_Near]:
    """The pairs, those of the same few photos side by side."""
    number = {path: i // _TOGETHER for i, path in enumerate(sorted({path for a, b, _ in pairs for path in (a, b)}))}
    return sorted(pairs, key=lambda pair: (number[pair[0]], number[pair[1]], *pair))


def judge_pairs(store: sqlite3.Connection, pairs: Sequence[_Near], jobs: int) -> None:
    done = set(store.execute("SELECT a, b FROM verdicts"))
    left = _by_photos([pair for pair in pairs if pair[:2] not in done])
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
    verdicts = {(a, b): (0.0, REFUSED, "") for a, b in store.execute("SELECT a, b FROM refused")}
    verdicts |= {(row[0], row[1]): (row[2], row[3], row[4]) for row in store.execute("SELECT * FROM verdicts")}
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
