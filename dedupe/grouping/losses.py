"""What would be lost with an extra, and why it may not be pre-selected: reasons, not booleans.

Each rule of DESIGN.md §5 is one line that gives a phrase or nothing. Hashing of companions is the caller's, and is asked
for only where names of one kind and of one size face each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from dedupe.grouping.keeper import Candidate
from dedupe.types import Companion, CompanionKind, Facts, Photo, Relation

CompanionKey: TypeAlias = Callable[[str], bytes | None]
"""The content key of a companion by its path; None where it cannot be read, which equals nothing."""

LOW_TEXTURE: Final = 0.1
"""Below this share of blocks with contrast, agreement of the rest proves little (DESIGN.md §5)."""

CAMERA_QUALITY: Final = 85
"""Cameras and phones write no JPEG below this quality on their ordinary settings; messengers and editors do."""

BETTER: Final = 5
"""By so many points of quality a copy must be better for that to be lost with it."""

SMALL_SIDE: Final = 240
"""A thumbnail smaller than this may hide a retouched spot: that it agrees settles nothing (MATCHING.md §3)."""
PIXEL_LOSSES: Final = frozenset(("a higher resolution", "more real detail", "a better quality"))
"""What ``losses`` says of the picture itself."""

_PROVEN: Final = (Relation.IDENTICAL, Relation.SAME_PIXELS)
_COMPANIONS: Final = {
    CompanionKind.RAW: "the RAW",
    CompanionKind.PHOTO: "another picture of its unit",
    CompanionKind.VIDEO: "the Live Photo video",
    CompanionKind.EDIT: "the edit beside it",
    CompanionKind.SIDECAR: "the sidecar's metadata",
}
"""What must have its equal beside the keeper; Takeout's JSON only moves along."""


def losses(
    extra: Candidate, keep: Candidate, relation: Relation, companion_key: CompanionKey | None
) -> tuple[str, ...]:
    """What of the asset ``extra`` the asset ``keep`` lacks, as phrases; empty where nothing is lost.

    ``relation`` is that of their first pictures. What the members lack is the caller's to add. Without ``companion_key``
    no companion has its equal, unless both share it.
    """
    lost: list[str] = []
    if relation is not Relation.IDENTICAL:
        lost += _of_picture(extra, keep, relation)
        lost += _of_metadata(extra.photo.facts, keep.photo.facts)
    lost += _of_companions(extra.photo, keep.photo, companion_key)
    return tuple(dict.fromkeys(lost))


def _of_picture(extra: Candidate, keep: Candidate, relation: Relation) -> Iterator[str]:
    ours, theirs = extra.photo.facts, keep.photo.facts
    if relation is not Relation.SAME_PIXELS:
        if extra.detail > keep.detail:
            yield "a higher resolution" if extra.photo.pixels > keep.photo.pixels else "more real detail"
        elif extra.detail == keep.detail and extra.quality > keep.quality + BETTER and not _is_master(theirs):
            yield "a better quality"
    if ours.frames > theirs.frames:
        yield "further pages" if ours.format == "TIFF" else "further frames"
    for name in ours.embedded:
        if name not in theirs.embedded:
            yield "the depth map" if name == "depth" else f"the embedded {name}"
    if ours.alpha and not theirs.alpha:
        yield "the transparency"


def _is_master(facts: Facts) -> bool:
    """A camera's file has all there ever was. One that is compressed as no camera does is a re-save that kept its EXIF."""
    return facts.raw or (facts.camera is not None and (facts.quality is None or facts.quality >= CAMERA_QUALITY))


def _of_metadata(ours: Facts, theirs: Facts) -> Iterator[str]:
    if ours.taken is not None and theirs.taken is None:
        yield "the capture date"
    elif ours.taken is not None and theirs.taken is not None and ours.taken.seconds != theirs.taken.seconds:
        yield "another capture date"
    if ours.gps is not None and (theirs.gps is None or _far(ours.gps, theirs.gps)):
        yield "GPS" if theirs.gps is None else "another GPS position"
    if ours.caption and ours.caption != theirs.caption:
        yield "another caption" if theirs.caption else "the caption"
    if ours.rating and ours.rating != theirs.rating:
        yield "another rating" if theirs.rating else "the rating"


def _far(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Farther apart than programs round positions, about 100 m."""
    return any(abs(one - other) > 1e-3 for one, other in zip(a, b, strict=True))


def _of_companions(extra: Photo, keep: Photo, companion_key: CompanionKey | None) -> Iterator[str]:
    held = [companion for asset in (keep, *keep.members) for companion in asset.file.companions]
    for asset in (extra, *extra.members):
        for companion in asset.file.companions:
            if companion.kind in _COMPANIONS and not _has_equal(companion, held, companion_key):
                yield _COMPANIONS[companion.kind]


def _has_equal(companion: Companion, held: list[Companion], companion_key: CompanionKey | None) -> bool:
    if any(other.path == companion.path for other in held):
        return True
    rivals = [other for other in held if other.kind is companion.kind and other.stamp.size == companion.stamp.size]
    if not rivals or companion_key is None:
        return False
    key = companion_key(companion.path)
    return key is not None and any(companion_key(other.path) == key for other in rivals)


def blocked_reason(extra: Photo, keep: Photo, relation: Relation) -> str:
    """Why ``extra`` is not pre-selected although nothing is lost, as a phrase; empty where nothing hinders."""
    assets = (extra, *extra.members)
    if any(asset.file.protected for asset in assets):
        return "is protected"
    if any(asset.file.stamp.links > 1 + len(asset.file.links_inside) for asset in assets):
        return "has another name outside the scanned folders"
    if any(companion.stamp.links > 1 for asset in assets for companion in asset.file.companions):
        return "a file of its unit has another name"
    if any(asset.facts.suspect is not None for asset in assets):
        return "decodes with warnings"
    if any(asset.facts.suspect is not None for asset in (keep, *keep.members)):
        return "the kept photo decodes with warnings"
    if relation not in _PROVEN and min(_long_side(extra), _long_side(keep)) < SMALL_SIDE:
        return "too small to be sure"
    if relation not in _PROVEN and min(extra.facts.texture, keep.facts.texture) < LOW_TEXTURE:
        return "too little texture to be sure"
    return ""


def _long_side(photo: Photo) -> int:
    return max(photo.facts.width, photo.facts.height)
