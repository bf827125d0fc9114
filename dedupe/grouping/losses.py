"""What would be lost with an extra, and why it may not be pre-selected: reasons, not booleans.

Each rule is one line that gives a loss or nothing. Hashing of companions is the caller's, and is asked
for only where names of one kind and of one size face each other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from dedupe.asset import POLICIES, needs_bytes, remarks_on
from dedupe.comparing.thresholds import LOW_TEXTURE
from dedupe.grouping.holdings import missing
from dedupe.grouping.keeper import Candidate, is_quantised
from dedupe.grouping.match_graph import Fit
from dedupe.grouping.provenance import distance_to_camera
from dedupe.types import Caution, Companion, CompanionKind, Facts, Loss, LossCode, Photo, Relation

CompanionKey: TypeAlias = Callable[[str], bytes | None]
"""The content key of a companion by its path; None where it cannot be read, which equals nothing."""

CAMERA_QUALITY: Final = 85
"""Cameras and phones write no JPEG below this quality on their ordinary settings; messengers and editors do."""

BETTER: Final = 5
"""The points of quality by which a copy must be better for that to count as a loss."""

SMALL_SIDE: Final = 240
"""A thumbnail smaller than this may hide a retouched spot: that it agrees proves nothing."""
LEAST_SIDE: Final = 120
TIMES_SMALLER: Final = 1.9
TIMES_TINY: Final = 4.0
"""The long side and the ratios at which a small picture may go for a larger one that it agrees with everywhere.

From LEAST_SIDE pixels on it may go where the larger one has TIMES_SMALLER times its side (half size, with what rounding
takes); a smaller one may go where the larger has TIMES_TINY times its side.
"""
PIXEL_LOSSES: Final = frozenset(map(Loss, (LossCode.RESOLUTION, LossCode.DETAIL, LossCode.QUALITY)))
"""What ``losses`` says of the picture itself."""

EMBEDDED: Final = {
    "video": LossCode.VIDEO,
    "audio": LossCode.AUDIO,
    "depth": LossCode.DEPTH_MAP,
    "gain map": LossCode.GAIN_MAP,
    "further picture": LossCode.FURTHER_PICTURE,
    "further data": LossCode.FURTHER_DATA,
}
"""The loss of each of the streams that ``Facts.embedded`` names."""

_PROVEN: Final = (Relation.IDENTICAL, Relation.SAME_PIXELS)


def losses(
    extra: Candidate, keep: Candidate, relation: Relation | None, companion_key: CompanionKey | None
) -> tuple[Loss, ...]:
    """What of the asset ``extra`` the asset ``keep`` lacks; empty where nothing is lost.

    ``relation`` is that of their first pictures; None where those are not to be compared. What the members lack is the caller's
    to add. Without ``companion_key`` no companion has its equal, unless both share it.
    """
    lost: list[Loss] = []
    if relation is not None and relation is not Relation.IDENTICAL:
        lost += _of_picture(extra, keep, relation)
    lost += missing(extra.photo, keep.photo)
    lost += _of_companions(extra.photo, keep.photo, companion_key)
    return tuple(dict.fromkeys(lost))


def _of_picture(extra: Candidate, keep: Candidate, relation: Relation) -> Iterator[Loss]:
    ours, theirs = extra.photo.facts, keep.photo.facts
    if relation is not Relation.SAME_PIXELS:
        yield from _of_pixels(extra, keep)
    if ours.frames > theirs.frames:
        yield Loss(LossCode.PAGES if ours.format == "TIFF" else LossCode.FRAMES, ours.frames - theirs.frames)
    if not ours.inventory:
        for name in ours.embedded:
            if name not in theirs.embedded:
                yield Loss(EMBEDDED.get(name, LossCode.FURTHER_DATA))
    if ours.alpha and not theirs.alpha:
        yield Loss(LossCode.TRANSPARENCY)


def _of_pixels(extra: Candidate, keep: Candidate) -> Iterator[Loss]:
    """What the pixels hold more. A camera's file lacks nothing that a copy made of it may seem to have."""
    ours, theirs = extra.photo.facts, keep.photo.facts
    if extra.shown > keep.shown:
        yield Loss(LossCode.RESOLUTION if extra.photo.pixels > keep.photo.pixels else LossCode.DETAIL)
    if is_quantised(theirs) and not is_quantised(ours):
        yield Loss(LossCode.COLOURS)
    if extra.shown < keep.shown or _is_master(theirs):
        return
    if extra.shown == keep.shown and extra.quality > keep.quality + BETTER:
        yield Loss(LossCode.QUALITY)
    if extra.quality + BETTER >= keep.quality:
        if ours.bits > theirs.bits:
            yield Loss(LossCode.BITS)
        if ours.chroma > theirs.chroma and not ours.lossless:
            yield Loss(LossCode.CHROMA)


def _is_master(facts: Facts) -> bool:
    """A camera's file has all there ever was. One that is compressed as no camera does is a re-save that kept its EXIF."""
    return facts.raw or (facts.camera is not None and (facts.quality is None or facts.quality >= CAMERA_QUALITY))


def _of_companions(extra: Photo, keep: Photo, companion_key: CompanionKey | None) -> Iterator[Loss]:
    """The companions whose bytes must stay and do not; one with a known inventory is compared by that instead."""
    beside = keep.companions
    for companion in extra.companions:
        if not needs_bytes(companion.kind) and companion.inventory is not None:
            continue
        if not _has_equal(companion, beside, companion_key):
            yield _without(companion)
    # What does not move along has no equal: it would stay behind alone.
    yield from (_without(one) for one in remarks_on(extra) if one.inventory is None)


def _without(companion: Companion) -> Loss:
    code, (folder, name) = POLICIES[companion.kind].loss, os.path.split(companion.path)
    if companion.kind is CompanionKind.ELSEWHERE:
        name = os.path.join(os.path.basename(folder), name)
    return Loss(code, name=name if code in (LossCode.NOTE, LossCode.FOLDER_NOTE) else "")


def _has_equal(companion: Companion, beside: Sequence[Companion], companion_key: CompanionKey | None) -> bool:
    if any(other.path == companion.path for other in beside):
        return True
    rivals = [other for other in beside if other.kind is companion.kind and other.stamp.size == companion.stamp.size]
    if not rivals or companion_key is None:
        return False
    key = companion_key(companion.path)
    return key is not None and any(companion_key(other.path) == key for other in rivals)


def blocked_reason(
    extra: Photo, keep: Photo, relation: Relation, caution: Caution = Caution.STRICT, *, on: Photo | None = None
) -> str:
    """Say, as a phrase, why ``extra`` is not pre-selected although nothing is lost.

    The phrase is empty where nothing blocks it. ``caution`` decides whether a small picture may go that agrees with a
    larger one everywhere at its own resolution. ``on`` is the picture of ``keep`` that matches the first picture of
    ``extra``, where that is not the first.
    """
    assets, on = extra.parts, on or keep
    if any(asset.file.protected for asset in assets):
        return "is protected"
    if any(asset.file.stamp.links > 1 + len(asset.file.links_inside) for asset in assets):
        return "has a hard link outside the scanned folders"
    if any(companion.stamp.links > 1 for companion in extra.companions):
        return "one of its files has a hard link"
    if any(asset.facts.suspect is not None for asset in assets):
        return "decodes with warnings"
    if on.facts.raw and not extra.facts.raw:
        return "a RAW does not replace the picture made from it"
    if any(asset.facts.suspect is not None for asset in keep.parts):
        return "the kept photo decodes with warnings"
    if relation not in _PROVEN and not _agrees_enough(extra, on, caution):
        return "too small to be sure"
    if relation not in _PROVEN and min(extra.facts.texture, on.facts.texture) < LOW_TEXTURE:
        return "too little texture to be sure"
    return ""


def turned_reason(extra: Photo, keep: Photo, fit: Fit, caution: Caution, *, is_made_from: bool) -> str:
    """Say, as a phrase, how a copy is shown turned or mirrored against the photo that stays.

    The phrase is empty where the copy may go all the same: the photo that stays is as its camera wrote it, and the copy
    is not, by what it states or because clues say that it was made from it (``is_made_from``).
    """
    if not fit.turn and not fit.mirrored:
        return ""
    as_written = keep.facts.camera and distance_to_camera(keep) == 0
    if caution is not Caution.STRICT and as_written and (is_made_from or distance_to_camera(extra) > 0):
        return ""
    how = [*(["mirrored"] if fit.mirrored else ()), *([f"turned by {fit.turn}°"] if fit.turn else ())]
    return f"shown {' and '.join(how)}"


def damaged_reason(count: int) -> str:
    """Say how many bytes of a copy differ from the photo that stays, where only damage explains it."""
    return f"differs in {count:,} {'byte' if count == 1 else 'bytes'}: one of the two is damaged"


def _agrees_enough(extra: Photo, keep: Photo, caution: Caution) -> bool:
    """Whether the two are large enough for their agreement to say something."""
    small, large = _long_side(extra), _long_side(keep)
    if min(small, large) >= SMALL_SIDE:
        return True
    if caution is Caution.STRICT:
        return False
    return (small >= LEAST_SIDE and large >= TIMES_SMALLER * small) or large >= TIMES_TINY * small


def _long_side(photo: Photo) -> int:
    return max(photo.facts.width, photo.facts.height)
