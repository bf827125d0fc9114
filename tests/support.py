"""What many tests need: a picture of a tree, and a scan of made-up photos without decoding any.

A made-up photo is a text: its first line names the picture, the rest is what makes the file differ. Files with equal first
lines show the same picture; ``fake_scan`` groups them as a real scan would. Imports ``dedupe.types`` and light parts of
``dedupe.actions`` only, because crash tests use it in bare processes.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dedupe.formats.hashing import digest
from dedupe.types import (
    Companion,
    CompanionKind,
    Extra,
    Facts,
    FileStamp,
    Group,
    Photo,
    PhotoFile,
    Relation,
    ScanResult,
    Series,
    Stats,
)

MARKER = ".dedupe-moved"
_COMPANIONS = {
    ".xmp": CompanionKind.SIDECAR,
    ".aae": CompanionKind.EDIT,
    ".mov": CompanionKind.VIDEO,
    ".json": CompanionKind.TAKEOUT,
}
_RAW = (".cr2", ".dng")

Entry = tuple[object, ...]


def tree_snapshot(*roots: str | os.PathLike[str]) -> dict[str, Entry]:
    """Every name below ``roots`` with all that must not change: kind, mode, and for files size, mtime and content."""
    seen: dict[str, Entry] = {}
    for root in map(os.fspath, roots):
        for folder, folders, files in os.walk(root):
            for name in (*folders, *files):
                path = os.path.join(folder, name)
                seen[path] = _entry(path)
    return seen


def _entry(path: str) -> Entry:
    status = os.lstat(path)
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return ("link", os.readlink(path))
    if stat.S_ISDIR(status.st_mode):
        return ("folder", mode)
    if not stat.S_ISREG(status.st_mode):
        return ("special", mode)
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return ("file", mode, status.st_size, status.st_mtime_ns, digest)


def contents(*roots: str | os.PathLike[str]) -> list[bytes]:
    """The bytes of every file below ``roots``, sorted, dedupe's own marker left out; a file with two names counts twice."""
    found = []
    for root in map(os.fspath, roots):
        for folder, _, files in os.walk(root):
            for name in files:
                path = os.path.join(folder, name)
                plain = stat.S_ISREG(os.lstat(path).st_mode)
                if plain and name != MARKER and not name.endswith(".trashinfo"):
                    with open(path, "rb") as file:
                        found.append(file.read())
    return sorted(found)


def make(root: Path, files: Mapping[str, str | bytes]) -> dict[str, Path]:
    """Files below ``root`` with these contents and times of years ago."""
    made = {}
    for index, (name, content) in enumerate(files.items()):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        moment = 1_400_000_000_123_456_789 + index * 1_000_000_007
        os.utime(path, ns=(moment, moment))
        made[name] = path
    return made


@dataclass(frozen=True)
class Places:
    """A journal and a lock somewhere."""

    journal: str
    lock: str

    @classmethod
    def below(cls, folder: Path) -> Places:
        folder.mkdir(parents=True, exist_ok=True)
        return cls(str(folder / "journal.db"), str(folder / "lock"))


def key(content: bytes) -> bytes:
    """The content key of these bytes."""
    return digest(content)


def photo_at(
    path: str | os.PathLike[str],
    root: str | os.PathLike[str],
    *,
    companions: Sequence[Companion] = (),
    members: Sequence[Photo] = (),
    links_inside: Sequence[str] = (),
    protected: bool = False,
    reference: bool = False,
) -> Photo:
    """The photo that a scan would have read at ``path``."""
    path = os.fspath(path)
    with open(path, "rb") as file:
        content = file.read()
    stamp = FileStamp.of(os.lstat(path))
    extension = os.path.splitext(path)[1].lower()
    return Photo(
        file=PhotoFile(
            path=path,
            root=os.fspath(root),
            stamp=stamp,
            companions=tuple(companions),
            links_inside=tuple(links_inside),
            protected=protected,
            reference=reference,
        ),
        content_key=key(content),
        pixel_key=key(content.split(b"\n")[0]),
        facts=Facts(format="JPEG", width=40, height=30, raw=extension in _RAW),
        members=tuple(members),
    )


def companion_at(path: str | os.PathLike[str], kind: CompanionKind | None = None) -> Companion:
    """The companion at ``path``; its kind by its extension."""
    path = os.fspath(path)
    kind = kind or _COMPANIONS[os.path.splitext(path)[1].lower()]
    return Companion(path, kind, FileStamp.of(os.lstat(path)))


def result_of(
    roots: Iterable[str | os.PathLike[str]],
    groups: Iterable[tuple[Photo, Sequence[Photo]]],
    *,
    relation: Relation | None = None,
    photos: int = 0,
    series: Sequence[Series] = (),
) -> ScanResult:
    """A scan's result: for each group the photo that stays and its extras, all selected.

    Equal bytes are ``identical``, others ``resaved``, unless ``relation`` says something else.
    """
    made = []
    for index, (keep, extras) in enumerate(groups):
        chosen = tuple(_extra(keep, photo, relation) for photo in extras)
        made.append(Group(id=f"g{index}", keep=keep, reason="path", extras=chosen))
    count = photos or sum(1 + len(group.extras) for group in made)
    stats = Stats(
        files=count,
        photos=count,
        groups=len(made),
        extras=sum(len(group.extras) for group in made),
        reclaimable_bytes=0,
        seconds={},
    )
    return ScanResult(
        model="compact-1",
        threshold=0.8,
        roots=tuple(os.fspath(root) for root in roots),
        groups=tuple(made),
        series=tuple(series),
        skipped=(),
        stats=stats,
    )


def _extra(keep: Photo, photo: Photo, relation: Relation | None) -> Extra:
    same = Relation.IDENTICAL if keep.content_key == photo.content_key else Relation.RESAVED
    return Extra(photo=photo, relation=relation or same, distance=0.0, selected=True)


def fake_scan(*roots: str | os.PathLike[str]) -> ScanResult:
    """A scan of made-up photos: every file but companions is one; the keeper is the first by path."""
    by_picture: dict[bytes, list[Photo]] = {}
    photos = 0
    for root in map(os.fspath, roots):
        for photo in photos_below(root):
            photos += 1
            with open(photo.path, "rb") as file:
                by_picture.setdefault(file.readline(), []).append(photo)
    groups = [(found[0], found[1:]) for found in by_picture.values() if len(found) > 1]
    return result_of(roots, groups, photos=photos)


def photos_below(root: str | os.PathLike[str]) -> list[Photo]:
    """The made-up photos below ``root`` by path, with their companions and further names."""
    photos: dict[tuple[int, int], list[str]] = {}
    families: dict[str, list[Companion]] = {}
    for folder, folders, files in os.walk(root):
        if MARKER in files:
            folders.clear()
            continue
        for name in sorted(files):
            path = os.path.join(folder, name)
            stem, extension = os.path.splitext(path)
            if extension.lower() in _COMPANIONS:
                families.setdefault(stem, []).append(companion_at(path))
            elif not os.path.islink(path):
                status = os.lstat(path)
                photos.setdefault((status.st_dev, status.st_ino), []).append(path)
    return [
        photo_at(
            names[0],
            root,
            links_inside=names[1:],
            companions=[c for name in names for c in families.get(os.path.splitext(name)[0], ())],
        )
        for names in sorted(photos.values())
    ]
