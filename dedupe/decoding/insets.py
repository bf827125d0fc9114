"""Pictures inside a picture: a photo on a page, in a screenshot, on a plain background.

The network sees such a page as a page. So each picture found on it is shown to the network as well, and only asked with: it is
no photo of its own. A page is what has one of the commonest tones; a picture is what is left in a whole rectangle, once bars of
one colour along its sides are cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from dedupe.decoding.opencv import Pixels
from dedupe.decoding.version import MOST_INSETS

Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, width and height, in pixels."""

LEAST_SIDE: Final = 32
"""Pixels of a preview; a smaller picture shows the network too little."""
LEAST_SHARE: Final = 0.03
MOST_SHARE: Final = 0.85
"""Of the whole frame; what covers more is the picture itself in a frame, which the network knows without this."""
TONES: Final = 3
LEAST_TONE: Final = 0.08
LEAST_PAGE: Final = 0.2
"""A tone of the page covers at least so much of the frame, all of them together at least so much."""
_WITHIN: Final = 14
_BAR: Final = 10
_STRAY: Final = 0.1
"""A row is of one colour where at most so much of it is farther than ``_BAR`` from its median."""
_FILLED: Final = 0.85
_BUSY: Final = 0.6
_SAME: Final = 0.7
_HALF: Final = 2

_Mask: TypeAlias = npt.NDArray[np.bool_]


def insets(preview: Pixels) -> tuple[Box, ...]:
    """The pictures found in a decoded preview, uint8[h, w, 3]: the largest first, at most MOST_INSETS."""
    height, width = preview.shape[:2]
    if min(height, width) < 2 * LEAST_SIDE:
        return ()
    small = cv2.resize(preview, (width // _HALF, height // _HALF), interpolation=cv2.INTER_AREA)
    calm = cv2.medianBlur(small, 3)
    found: list[Box] = []
    for page in _pages(calm):
        for box in _rectangles(page):
            whole = _without_bars(preview, _doubled(box))
            if whole is not None and all(_overlap(whole, other) < _SAME for other in found):
                found.append(whole)
    return tuple(sorted(found, key=lambda box: (-box[2] * box[3], box))[:MOST_INSETS])


def _pages(picture: Pixels) -> Iterator[_Mask]:
    """bool[h, w]: what the commonest tone covers, then the two commonest together, and so on."""
    page = np.zeros(picture.shape[:2], np.bool_)
    for _ in range(TONES):
        left = picture[::2, ::2][~page[::2, ::2]]
        if not len(left):
            return
        tone = _commonest(left)
        low, high = (np.clip(tone + away, 0, 255).astype(np.float64) for away in (-_WITHIN, _WITHIN))
        near = (cv2.inRange(picture, low, high) > 0) & ~page
        if near.mean() < LEAST_TONE:
            return
        page = page | near
        if page.mean() >= LEAST_PAGE:
            yield page


def _commonest(colours: Pixels) -> npt.NDArray[np.int16]:
    """int16[3]: the commonest of colours uint8[n, 3]."""
    red, green, blue = (colours[:, channel].astype(np.int32) >> 4 for channel in range(3))
    coarse = red << 8 | green << 4 | blue
    return np.median(colours[coarse == np.bincount(coarse).argmax()], axis=0).astype(np.int16)


def _rectangles(page: _Mask) -> Iterator[Box]:
    """The whole rectangles that are no page, once lines and letters are left out."""
    height, width = page.shape
    rest = (~page).astype(np.uint8)
    reach = max(3, round(0.03 * max(height, width))) | 1
    closed = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
    for left, top, wide, high, size in cv2.connectedComponentsWithStats(opened)[2][1:].tolist():
        share = wide * high / page.size
        if not LEAST_SHARE <= share <= MOST_SHARE or _HALF * min(wide, high) < LEAST_SIDE:
            continue
        if size >= _FILLED * wide * high and rest[top : top + high, left : left + wide].mean() >= _BUSY:
            yield left, top, wide, high


def _doubled(box: Box) -> Box:
    left, top, wide, high = (_HALF * side for side in box)
    return left, top, wide, high


def _without_bars(picture: Pixels, box: Box) -> Box | None:
    """The box without the rows and columns of one colour along its sides; None where too little is left."""
    left, top, wide, high = box
    for _ in range(2):
        across = _inner(picture[top : top + high, left : left + wide].transpose(1, 0, 2))
        left, wide = left + across[0], across[1] - across[0]
        down = _inner(picture[top : top + high, left : left + wide])
        top, high = top + down[0], down[1] - down[0]
        if min(wide, high) < LEAST_SIDE:
            return None
    return left, top, wide, high


def _inner(rows: Pixels) -> tuple[int, int]:
    """The first row that is not of one colour, and the one after the last."""
    if not rows.size:
        return 0, 0
    wide = rows[:, ::2].astype(np.int16)
    away = np.abs(wide - np.median(wide, axis=1, keepdims=True).astype(np.int16))
    strays = np.maximum(np.maximum(away[..., 0], away[..., 1]), away[..., 2]) > _BAR
    busy = np.flatnonzero(np.count_nonzero(strays, axis=1) > _STRAY * strays.shape[1])
    return (int(busy[0]), int(busy[-1]) + 1) if len(busy) else (0, 0)


def _overlap(one: Box, other: Box) -> float:
    """The share (0–1) of both together that both have in common."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    common = max(0, wide) * max(0, high)
    return common / (one[2] * one[3] + other[2] * other[3] - common)
