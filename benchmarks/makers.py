"""Make the files of a benchmark tree, one photo or document at a time, so that processes can share the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from numpy.random import Generator, default_rng

from benchmarks import capture_times, documents, lookalikes
from benchmarks.capture_times import Exif, Taken
from benchmarks.changes import CHANGES, Encoding, Rendered, encode, jpeg
from benchmarks.manifest import EXACT_CHANGES, Entry, Kind
from benchmarks.pictures import Picture, upright

_CHANGES = {change.name: change for change in CHANGES}
_COPY_CHANGES = ("jpeg 40-60", "half size", "webp")
_LOOKALIKES = 4
_EXACT_EVERY = 8
_LAYOUTS = {"page": (3, 6), "receipt": (3, 6), "chat": (4, 5), "blank": (2, 6)}
"""Of each kind of document: so many layouts, so many different texts in each."""


@dataclass(frozen=True, slots=True)
class PhotoTask:
    """One capture: its original, its copies by ``changes``, and one look-alike.

    ``scene`` is None for a photo that stands alone.
    """

    root: str
    source: str
    donor: str
    index: int
    seed: int
    scene: str | None
    taken: Taken | None
    changes: tuple[str, ...]

    @property
    def capture(self) -> str:
        """The capture's name."""
        return f"{Path(self.source).parent.name}/{Path(self.source).stem}"


@dataclass(frozen=True, slots=True)
class DocumentTask:
    """One document, and a copy of it for every second one."""

    root: str
    material: str
    layout: int
    text: int
    seed: int


Task: TypeAlias = PhotoTask | DocumentTask


def make(task: Task) -> list[Entry]:
    """Write the files of the task and say what they are."""
    return _photo(task) if isinstance(task, PhotoTask) else _document(task)


def document_tasks(root: str, seed: int) -> Iterator[DocumentTask]:
    """All documents of a tree."""
    for material, (layouts, texts) in _LAYOUTS.items():
        for layout in range(layouts):
            for text in range(texts):
                yield DocumentTask(root, material, layout, text, seed)


def place(root: Path, path: str, data: bytes, entry: Entry) -> Entry:
    """Write the file; the entry comes back for the sheet."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return entry


def single(path: str, capture: str) -> Entry:
    """A photo without copies."""
    return Entry(path, capture, capture, Kind.ORIGINAL, "photo")


def _photo(task: PhotoTask) -> list[Entry]:
    rng = default_rng([task.seed, 2, task.index])
    data = Path(task.source).read_bytes()
    picture, taken = upright(data), task.taken
    data, taken = _original(data, taken, task, rng)
    scene = task.scene or task.capture
    name = f"photos/{Path(task.source).parent.name}/{Path(task.source).stem}{Path(task.source).suffix.lower()}"
    exif = Exif.NONE if capture_times.read_taken(data) is None else Exif.KEPT
    first = Entry(name, task.capture, scene, Kind.ORIGINAL, "photo", exif=exif)
    entries = [place(Path(task.root), name, data, first)]
    entries += [_copy(task, picture, taken, change, rng) for change in task.changes]
    if task.index % _EXACT_EVERY == 0 and name.endswith((".jpg", ".jpeg")):
        entries += _exact(task, data)
    if task.scene is None:
        entries += _lookalike(task, picture, taken, rng)
    return entries


def _original(data: bytes, taken: Taken | None, task: PhotoTask, rng: Generator) -> tuple[bytes, Taken | None]:
    """Write the original, with a capture time as often as real folders have one.

    Shots of a sequence lose it in a third of the cases; then only the picture tells them apart.
    """
    is_jpeg = data[:3] == b"\xff\xd8\xff"
    if taken is None and is_jpeg:
        taken = capture_times.invented(rng)
        made = capture_times.block(taken, Exif.KEPT, rng, capture_times.orientation_of(data))
        return (data if made is None else capture_times.with_block(data, made)), taken
    if task.scene is not None and is_jpeg and rng.random() < 1 / 3:
        return capture_times.stripped(data), None
    return data, taken


def _copy(task: PhotoTask, picture: Picture, taken: Taken | None, change: str, rng: Generator) -> Entry:
    rendered = _CHANGES[change].apply(picture, rng)
    exif = capture_times.fate(taken, rng)
    path = _path("copies", task.index, change, rendered.encoding.extension)
    entry = Entry(path, task.capture, task.scene or task.capture, Kind.COPY, "photo", change, exif)
    return place(Path(task.root), path, encode(rendered, capture_times.block(taken, exif, rng)), entry)


def _exact(task: PhotoTask, data: bytes) -> list[Entry]:
    root, scene = Path(task.root), task.scene or task.capture
    other = capture_times.stripped(data)
    if other == data:
        scanned = capture_times.block(_SCANNER, Exif.KEPT, default_rng(0), capture_times.orientation_of(data))
        other = capture_times.with_block(data, scanned or b"")
    made = []
    for change, body, exif in zip(EXACT_CHANGES, (data, other), ("same", "other"), strict=True):
        path = _path("backup", task.index, change, ".jpg")
        made.append(place(root, path, body, Entry(path, task.capture, scene, Kind.COPY, "photo", change, exif)))
    return made


def _lookalike(task: PhotoTask, picture: Picture, taken: Taken | None, rng: Generator) -> list[Entry]:
    which = task.index % _LOOKALIKES
    if which == 0:
        return _burst(task, picture, taken, rng)
    changed: Picture | None
    if which == 1:
        name, changed = "moved", lookalikes.moved_object(picture, rng)
    elif which == 2:
        donor = upright(Path(task.donor).read_bytes())
        name, changed = "replaced", lookalikes.replaced_patch(picture, donor, rng)
    else:
        name, changed = "retouched", lookalikes.retouched_spot(picture, rng)
    if changed is None:
        return []
    exif = capture_times.fate(taken, rng)
    path = _path("altered", task.index, name, ".jpg")
    data = encode(Rendered(changed, jpeg(int(rng.integers(85, 96)))), capture_times.block(taken, exif, rng))
    entry = Entry(path, task.capture, task.capture, Kind.ALTERED, "photo", name, exif)
    return [place(Path(task.root), path, data, entry)]


def _burst(task: PhotoTask, picture: Picture, taken: Taken | None, rng: Generator) -> list[Entry]:
    """The next shot, a capture of its own, and a copy of it."""
    root, capture = Path(task.root), f"{task.capture} next"
    shot = lookalikes.next_shot(picture, rng)
    when = None if taken is None or rng.random() < 0.4 else capture_times.later(taken, rng)
    path = _path("bursts", task.index, "next", ".jpg")
    data = encode(Rendered(shot, jpeg(92)), capture_times.block(when, Exif.KEPT, rng))
    exif = Exif.NONE if when is None else Exif.KEPT
    made = [place(root, path, data, Entry(path, capture, task.capture, Kind.ORIGINAL, "photo", None, exif))]
    change = _COPY_CHANGES[task.index // _LOOKALIKES % len(_COPY_CHANGES)]
    rendered, copied = _CHANGES[change].apply(shot, rng), capture_times.fate(when, rng)
    path = _path("bursts", task.index, f"next {change}", rendered.encoding.extension)
    entry = Entry(path, capture, task.capture, Kind.COPY, "photo", change, copied)
    return [*made, place(root, path, encode(rendered, capture_times.block(when, copied, rng)), entry)]


def _document(task: DocumentTask) -> list[Entry]:
    draw: Callable[[int, int], Picture] = getattr(documents, task.material)
    picture = draw(task.layout + 100 * task.seed, task.text)
    encoding = Encoding(".png", None) if task.material == "chat" else jpeg(85)
    capture = f"{task.material} {task.layout}.{task.text}"
    scene, root = f"{task.material} {task.layout}", Path(task.root)
    path = f"documents/{capture.replace(' ', '-')}{encoding.extension}"
    data = encode(Rendered(picture, encoding))
    made = [place(root, path, data, Entry(path, capture, scene, Kind.ORIGINAL, task.material))]
    if task.text % 2 == 0 and task.material != "blank":
        change = _COPY_CHANGES[task.text // 2 % len(_COPY_CHANGES)]
        rendered = _CHANGES[change].apply(picture, default_rng([task.seed, 3, task.layout, task.text]))
        path = f"documents/{capture.replace(' ', '-')}-{_slug(change)}{rendered.encoding.extension}"
        entry = Entry(path, capture, scene, Kind.COPY, task.material, change)
        made.append(place(root, path, encode(rendered), entry))
    return made


def _path(folder: str, index: int, name: str, extension: str) -> str:
    return f"{folder}/{index % 9}/{index:04d}-{_slug(name)}{extension}"


def _slug(name: str) -> str:
    return name.replace(" + ", "-").replace(" ", "-").replace(":", "-")


_SCANNER = Taken(capture_times.EPOCH, None, "Epson", "V600")
