"""Build the tree that accuracy is judged on, from any folders of photos, and its answer sheet.

Every original gets copies by different changes; all 32 come up equally often. Beside them stands what must
not be merged: for every fourth photo each the next shot of a burst, a moved thing, a replaced patch, a
retouched spot; and pages, receipts, chats and blank scans. The same options give the same tree, byte for
byte, whatever the number of processes; a finished tree is used again.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from numpy.random import Generator, default_rng

from benchmarks import capture_times, makers
from benchmarks.capture_times import Taken
from benchmarks.changes import CHANGES
from benchmarks.manifest import Entry, Manifest, in_order

VERSION = 2
"""Goes up when the same options would give another tree."""

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_SEQUENCE_GAP_S = 120.0
_SEQUENCE_LEAST = 3


@dataclass(frozen=True, slots=True)
class TreeOptions:
    """What to build.

    ``originals`` bounds how many captures have copies (None: all); sequences always come whole. ``distractors`` are folders or
    tar files of further photos without copies, at most ``distractor_count``.
    """

    photos: tuple[str, ...]
    seed: int = 1
    originals: int | None = None
    copies: int = 5
    distractors: tuple[str, ...] = ()
    distractor_count: int = 500


def build(options: TreeOptions, work: Path, jobs: int = 2) -> Manifest:
    """Build the tree below ``work``, unless it is there already. Raises ValueError where the folders hold no photo."""
    sources = _sources(options.photos)
    if not sources:
        raise ValueError(f"There is no photo in {', '.join(options.photos)}.")
    place = work / f"tree-{_fingerprint(options, sources)}"
    sheet, root = place / "manifest.json", place / "tree"
    if sheet.exists():
        return Manifest.load(root, sheet)
    tasks = list(_tasks(options, sources, root))
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        entries = [entry for made in pool.imap_unordered(makers.make, tasks, chunksize=2) for entry in made]
    entries += _distractors(options, root)
    manifest = Manifest(root, in_order(entries))
    manifest.save(sheet)
    return manifest


def _sources(folders: Iterable[str]) -> list[Path]:
    return [
        path
        for folder in folders
        for path in sorted(Path(folder).rglob("*"))
        if path.suffix.lower() in PICTURES and path.is_file()
    ]


def _fingerprint(options: TreeOptions, sources: Sequence[Path]) -> str:
    said = [VERSION, options, [(str(path), path.stat().st_size) for path in sources]]
    return hashlib.blake2b(repr(said).encode(), digest_size=6).hexdigest()


def _tasks(options: TreeOptions, sources: Sequence[Path], root: Path) -> Iterator[makers.Task]:
    rng = default_rng([options.seed, 1])
    chosen = _chosen(sources, options.originals, rng)
    hands = _hands(options.copies, rng)
    for index, (path, scene, taken) in enumerate(chosen):
        yield makers.PhotoTask(
            root=str(root),
            source=str(path),
            donor=str(chosen[(index + 1) % len(chosen)][0]),
            index=index,
            seed=options.seed,
            scene=scene,
            taken=taken,
            changes=next(hands),
        )
    yield from makers.document_tasks(str(root), options.seed)


def _chosen(sources: Sequence[Path], limit: int | None, rng: Generator) -> list[tuple[Path, str | None, Taken | None]]:
    """The photos that get copies: (file, scene or None, capture time), sequences first and whole."""
    times = {path: capture_times.read_taken(path.read_bytes()) for path in sources}
    scenes = {path: scene for folder in {p.parent for p in sources} for path, scene in _sequence(folder, times)}
    in_sequence = [path for path in sources if path in scenes]
    single = [path for path in sources if path not in scenes]
    order = [single[int(i)] for i in rng.permutation(len(single))]
    room = len(order) if limit is None else max(0, limit - len(in_sequence))
    return [(path, scenes.get(path), times[path]) for path in (*in_sequence, *order[:room])]


def _sequence(folder: Path, times: dict[Path, Taken | None]) -> list[tuple[Path, str]]:
    """Pick the photos of the folder that were taken within two minutes of one another, with a name for their scene."""
    dated = sorted((t.time, path) for path, t in times.items() if path.parent == folder and t is not None)
    gaps = [(b[0] - a[0]).total_seconds() for a, b in pairwise(dated)]
    if len(dated) < _SEQUENCE_LEAST or max(gaps) > _SEQUENCE_GAP_S:
        return []
    return [(path, f"sequence {folder.name}") for _, path in dated]


def _hands(copies: int, rng: Generator) -> Iterator[tuple[str, ...]]:
    """Endless hands of different changes; over many hands all come up equally often."""
    deck: list[str] = []
    while True:
        hand: list[str] = []
        while len(hand) < min(copies, len(CHANGES)):
            fresh = [name for name in deck if name not in hand]
            if not fresh:
                deck += [CHANGES[int(i)].name for i in rng.permutation(len(CHANGES))]
                continue
            hand.append(fresh[0])
            deck.remove(fresh[0])
        yield tuple(hand)


def _distractors(options: TreeOptions, root: Path) -> list[Entry]:
    entries: list[Entry] = []
    per_source = -(-options.distractor_count // max(1, len(options.distractors)))
    for number, source in enumerate(options.distractors):
        for count, (name, data) in enumerate(islice(photos_in(Path(source)), per_source)):
            path = f"others/{number}-{count:05d}{Path(name).suffix.lower()}"
            entries.append(makers.place(root, path, data, makers.single(path, f"other {number} {name}")))
    return entries


def photos_in(source: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every photo in a folder or a tar file."""
    if source.is_dir():
        for path in _sources([str(source)]):
            yield path.name, path.read_bytes()
        return
    with tarfile.open(source) as archive:
        for member in archive:
            body = archive.extractfile(member) if Path(member.name).suffix.lower() in PICTURES else None
            if body is not None:
                yield Path(member.name).name, body.read()
