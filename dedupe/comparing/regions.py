"""Connected places where two pictures on one grid differ, and what kind of difference each is.

What people and apps put on a picture is thin (a stamp, a watermark), or a line of outlined letters (a caption), or a flat band at
the rim (a bar, an empty corner), or lets the picture show through (a veil: a local gain and offset explains it). Letters on both
sides, on paper, were typed anew. Anything else that is larger than a speck is other content: put on, moved, or replaced; letters
on a photograph are among it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from dedupe.comparing.align import Floats, Grey, Mask, Rgb
from dedupe.comparing.thresholds import (
    BOTH_TONES,
    CHANGED,
    LEAST_TONE,
    LEAST_VEILED,
    LETTER_CONTRAST,
    PAPER_ROUND,
    PAPER_TONE,
    SPECK_SIDE,
    STROKE_WIDTH,
    VEIL_LIKENESS,
    VEIL_SHARE,
    VEILED,
)

_LEAST: Final = 6
_PAD: Final = 3
_GROWN: Final = 4
"""By how much dilation makes a region longer and wider."""
_LEAST_LETTERS: Final = 40
_RING: Final = 9
"""Pixels round a region that its letters, as saving blurs them, may reach into."""


class RegionKind(Enum):
    """What kind of difference a region is."""

    SPECK = "speck"
    STROKES = "strokes"
    BAND = "band"
    VEIL = "veil"
    RETYPED = "retyped"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Region:
    """A connected place where the pictures differ; ``share`` of the overlap (0–1)."""

    kind: RegionKind
    share: float


@dataclass(frozen=True, slots=True)
class _Place:
    """The surroundings of one difference region, cut out.

    ``mask``, bool[h, w], is the region itself. ``away`` is the largest difference of a channel. ``edge`` says whether
    the region reaches the rim of what both show.
    """

    mask: Mask
    still: Rgb
    moved: Rgb
    away: Grey
    edge: bool


def find(mask: Mask, still: Rgb, moved: Rgb, cover: Floats) -> tuple[Mask, tuple[Region, ...]]:
    """The regions that ``mask`` bool[h, w] marks, largest first, and the mask with their gaps closed."""
    if not mask.any():
        return mask, ()
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed)
    area = float(np.count_nonzero(cover))
    found = []
    for label in range(1, count):
        left, top, width, height, size = (int(v) for v in stats[label])
        if size < _LEAST:
            continue
        if (width + _GROWN) * (height + _GROWN) < _speck(max(cover.shape)):
            found.append(Region(RegionKind.SPECK, size / area))
            continue
        window = np.s_[max(0, top - _PAD) : top + height + _PAD, max(0, left - _PAD) : left + width + _PAD]
        place = _place(labels[window] == label, still[window], moved[window], cover[window])
        kind = _kind(place, max(cover.shape))
        if kind is RegionKind.RETYPED and not _on_paper((left, top, width, height), labels == label, (still, moved)):
            kind = RegionKind.CONTENT
        found.append(Region(kind, size / area))
    return closed > 0, tuple(sorted(found, key=lambda region: (-region.share, region.kind.value)))


def flatness(colours: Rgb, within: int = 12) -> float:
    """The share of the pixels, uint8[n, 3], that have the commonest colour within ± ``within``."""
    return float((np.abs(colours - commonest(colours)).max(axis=1) <= within).mean())


def commonest(colours: Rgb) -> npt.NDArray[np.float64]:
    """float64[3]: the commonest colour of the pixels, uint8[n, 3]."""
    coarse = (colours // 16).astype(np.int32) @ np.array([256, 16, 1], np.int32)
    return np.asarray(np.median(colours[coarse == np.bincount(coarse).argmax()], axis=0))


def thickness(mask: Mask | Grey) -> float:
    """The thickest place of what ``mask``, bool or uint8[h, w], marks, in pixels."""
    return 2 * float(cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 3).max())


def strongest(picture: Rgb) -> Grey:
    """uint8[h, w]: the strongest channel."""
    red, green, blue = cv2.split(picture)
    return cv2.max(cv2.max(red, green), blue)


def _place(own: Mask, still: Rgb, moved: Rgb, cover: Floats) -> _Place:
    mask = (cv2.dilate(own.astype(np.uint8), np.ones((_GROWN + 1, _GROWN + 1), np.uint8)) > 0) & (cover > 0)
    away = strongest(cv2.absdiff(still, moved))
    rim = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
    return _Place(mask, still, moved, away, bool(rim or (cover == 0).any()))


def _kind(place: _Place, long_side: int) -> RegionKind:
    if place.mask.sum() < _speck(long_side):
        return RegionKind.SPECK
    strong = float(np.percentile(place.away[place.mask], 90))
    changed = place.mask & (place.away > max(CHANGED, 0.4 * strong))
    if _retyped(place):
        return RegionKind.RETYPED
    if thickness(changed) <= max(5.0, STROKE_WIDTH * long_side):
        return RegionKind.STROKES
    if _outlined(place.still[changed], place.moved[changed]) or _is_line(place, changed):
        return RegionKind.STROKES
    if _shows_through(place):
        return RegionKind.VEIL
    flat = max(flatness(place.still[place.mask]), flatness(place.moved[place.mask]))
    return RegionKind.BAND if flat > 0.6 and place.edge else RegionKind.CONTENT


def _speck(long_side: int) -> float:
    """Pixels up to which a place is a speck."""
    return (SPECK_SIDE * long_side) ** 2


def _outlined(one: Rgb, other: Rgb) -> bool:
    """Whether the changed pixels, uint8[n, 3] each, are white letters outlined in black on one side and not on the other."""
    shares = []
    for colours in (one, other):
        white, black = float((colours.min(axis=1) > 200).mean()), float((colours.max(axis=1) < 55).mean())
        shares.append(white + black if min(white, black) > 0.08 else 0.0)
    return max(shares) > 0.55 and min(shares) < 0.6 * max(shares)


def _is_line(place: _Place, changed: Mask) -> bool:
    """Whether one side shows a line of colourless letters: long, full of edges, more so than the other side."""
    height, width = place.mask.shape
    if max(height, width) < 2.5 * min(height, width):
        return False
    edges = [_edges(picture)[place.mask].mean() for picture in (place.still, place.moved)]
    lettered = place.still if edges[0] > edges[1] else place.moved
    colours = lettered[changed].astype(np.int16)
    colourful = float((colours.max(axis=1) - colours.min(axis=1)).mean())
    return bool(max(edges) > 10 and max(edges) > 1.25 * min(edges) and colourful < 40)


def _shows_through(place: _Place) -> bool:
    """Whether the structure of the one side is there on the other, weaker or stronger: a thing that moved takes it along."""
    one, other = (_fine(picture) for picture in (place.still, place.moved))
    window = (7, 7)
    oo, tt, ot = (cv2.blur(product, window) for product in (one * one, other * other, one * other))
    told = place.mask & (np.minimum(oo, tt) > VEILED**2)
    if told.sum() < LEAST_VEILED * place.mask.sum():
        return False
    alike = ot / np.sqrt(np.maximum(oo * tt, 1e-6))
    return bool((alike[told] > VEIL_LIKENESS).mean() > VEIL_SHARE)


def _retyped(place: _Place) -> bool:
    """Whether both sides show letters, and others: two tones, and strokes of both."""
    if place.mask.sum() < _LEAST_LETTERS:
        return False
    pictures = (place.still, place.moved)
    # Letters on a page: the two tones go on round them.
    return all(_two_tones(picture[place.mask]) and _two_tones(picture.reshape(-1, 3)) for picture in pictures)


def _on_paper(box: tuple[int, int, int, int], mask: Mask, pictures: tuple[Rgb, Rgb]) -> bool:
    """Whether the ground round a region is of one tone on both sides: a page has neither light and shade nor noise."""
    left, top, width, height = box
    reach = _RING + min(width, height)
    window = np.s_[max(0, top - reach) : top + height + reach, max(0, left - reach) : left + width + reach]
    beside = cv2.dilate(mask[window].astype(np.uint8), np.ones((_RING, _RING), np.uint8)) == 0
    return bool(beside.any()) and all(
        flatness(picture[window][beside], PAPER_TONE) > PAPER_ROUND for picture in pictures
    )


def _two_tones(colours: Rgb) -> bool:
    coarse = (colours // 32).astype(np.int32) @ np.array([64, 8, 1], np.int32)
    first, second = _two_commonest(colours, coarse, np.bincount(coarse, minlength=512))
    if second is None or float(np.abs(first - second).max()) < LETTER_CONTRAST:
        return False
    shares = [float((np.abs(colours - tone).max(axis=1) <= 28).mean()) for tone in (first, second)]
    return sum(shares) > BOTH_TONES and min(shares) > LEAST_TONE


def _two_commonest(
    colours: Rgb, coarse: npt.NDArray[np.int32], count: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None]:
    """The commonest colour, and the commonest of those far from it."""
    first = np.median(colours[coarse == count.argmax()], axis=0)
    far = np.abs(colours - first).max(axis=1) > LETTER_CONTRAST
    if not far.any():
        return first, None
    distant = np.bincount(coarse[far], minlength=512)
    return first, np.median(colours[far & (coarse == distant.argmax())], axis=0)


def _fine(picture: Rgb) -> Floats:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.GaussianBlur(grey, (0, 0), 0.7) - cv2.GaussianBlur(grey, (0, 0), 2.5)


def _edges(picture: Rgb) -> Floats:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.magnitude(
        cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8), cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    )
