"""Photos and matches made by hand for the tests of grouping: no file is read there, so none is needed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from dedupe.comparing.version import SOURCE
from dedupe.grouping import group as grouping
from dedupe.types import (
    CaptureTime,
    Clue,
    ClueKind,
    Companion,
    CompanionKind,
    Extra,
    Facts,
    FileStamp,
    Group,
    Match,
    Photo,
    PhotoFile,
    Relation,
    Remark,
    Series,
)

ROOT = "/photos"
FACTS = Facts("JPEG", 4000, 3000, quality=90)


def key_of(content: str) -> bytes:
    return hashlib.blake2b(content.encode(), digest_size=16).digest()


def at(seconds: float, digits: int = 0) -> CaptureTime:
    """A capture time so many seconds after some noon."""
    whole = int(seconds // 1)
    return CaptureTime(1_500_000_000 + whole, fraction=seconds - whole, digits=digits)


def shot(seconds: float, **others: Any) -> dict[str, Any]:
    """The facts of a camera's file taken then."""
    return {"taken": at(seconds), "camera": "Maker Model", **others}


def stamp(path: str, size: int = 1_000, mtime: int = 1_600_000_000, links: int = 1) -> FileStamp:
    return FileStamp(1, int.from_bytes(key_of(path)[:6], "big"), size, mtime * 10**9, mtime * 10**9, links)


def companion(path: str, kind: CompanionKind, size: int = 10, links: int = 1) -> Companion:
    return Companion(f"{ROOT}/{path}", kind, stamp(path, size, links=links))


def photo(
    path: str,
    content: str | None = None,
    *,
    pixel_key: str | None = None,
    root: str = ROOT,
    size: int = 1_000,
    mtime: int = 1_600_000_000,
    links: int = 1,
    inside: Sequence[str] = (),
    protected: bool = False,
    reference: bool = False,
    companions: Sequence[Companion] = (),
    members: Sequence[Photo] = (),
    **facts: Any,
) -> Photo:
    """A photo at ROOT/path; ``content`` is the path unless given, ``pixel_key`` is its own unless given."""
    content = content if content is not None else path
    values = {name: getattr(FACTS, name) for name in FACTS.__dataclass_fields__} | facts
    file = PhotoFile(
        f"{root}/{path}",
        root,
        stamp(path, size, mtime, links),
        tuple(companions),
        tuple(inside),
        protected,
        reference,
    )
    return Photo(file, key_of(content), key_of("pixels of " + (pixel_key or content)), Facts(**values), tuple(members))


def match(
    one: Photo,
    other: Photo,
    relation: Relation | None = Relation.RESAVED,
    score: float = 0.9,
    *,
    finer: Photo | None = None,
    source: Photo | None = None,
    made_from: Photo | None = None,
    distance: float = 0.2,
    remark: Remark | None = None,
) -> Match:
    """The verdict on two photos.

    ``finer`` holds more real detail. The other was saved from ``source``. The clues say that the other was made from
    ``made_from``.
    """
    a, b = sorted((one.content_key, other.content_key))
    ahead, size = (finer, 1.0) if source is None else (source, SOURCE)
    detail = 0.0 if ahead is None else size if ahead.content_key == a else -size
    older = 0.0 if made_from is None else 3.0 if made_from.content_key == a else -3.0
    clues = (Clue(ClueKind.COLOUR, older),) if older else ()
    return Match(a, b, distance, relation, score, detail, remark, clues=clues)


def group(
    photos: Iterable[Photo],
    matches: Iterable[Match],
    *,
    decisions: Any = None,
    companion_key: Any = None,
    **options: Any,
) -> tuple[tuple[Group, ...], tuple[Series, ...]]:
    """``grouping.group.group`` with its options by name."""
    found = grouping.group(
        photos, matches, grouping.Options(**options), decisions=decisions, companion_key=companion_key
    )
    return found.groups, found.series


def open_pairs(
    photos: Iterable[Photo], matches: Iterable[Match], *, decisions: Any = None, **options: Any
) -> tuple[tuple[bytes, bytes], ...]:
    """``grouping.group.open_pairs`` with its options by name."""
    return grouping.open_pairs(photos, matches, grouping.Options(**options), decisions=decisions)


def name(photo: Photo) -> str:
    return photo.path.removeprefix(photo.file.root + "/")


def extras_of(group: Group) -> dict[str, Extra]:
    return {name(extra.photo): extra for extra in group.extras}


def as_sets(groups: Sequence[Group]) -> list[set[str]]:
    return [{name(group.keep), *extras_of(group)} for group in groups]
