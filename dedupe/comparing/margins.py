"""What one of two pictures shows beside the other: was the one cut out, or was something put round the other?

Padding is of one colour, or print on paper of one colour, and the picture ends where it begins: of what is not of that colour
along the seam nothing goes on beyond. A warp leaves such corners as well, while its source goes on there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from dedupe.comparing import align
from dedupe.comparing.align import Floats, Grey, Mask, Rgb
from dedupe.comparing.measure import Measurement
from dedupe.comparing.regions import commonest
from dedupe.comparing.registration import Registered
from dedupe.types import Clue, ClueKind

UNCOVERED: Final = 0.03
"""Share of a frame that the other does not cover, from which it is the wider one."""
BESIDE: Final = 3.0
"""How many times more the one must leave uncovered than the other."""
CORNERS: Final = 0.01
"""Share of a frame from which what the other does not cover may be padding: a warp leaves narrow corners."""
PADDED: Final = 0.75
"""Share of what is outside that has one colour, from which it is a frame, a bar or a page.

[Frames and screens ≥ 0.86 within ± 5; what a crop cuts off ≤ 0.64 (floors and beds).]
"""
PAPER: Final = 0.5
PRINT: Final = 0.95
"""Shares of one colour and of colourless pixels from which what is outside may be a page with print on it."""
COLOURLESS_SPAN: Final = 40
"""Difference of channels up to which a pixel is colourless (a guess)."""
PLAIN: Final = 6
"""Grey levels within which a colour is one colour."""
ENDS: Final = 0.4
ENDS_BESIDE_PRINT: Final = 0.25
"""Share of what is not of the outer colour along the seam that must end there.

[165 crops of data/photos/{items,various} and of 40 other photographs ≤ 0.18, one of 0.32; frames, bars and corners of as
many ≥ 0.43; screens with print close by ≥ 0.30.]
"""
LEAST_RIM: Final = 0.03
"""Share of the rim that must not be of the outer colour: where all is, a subject on a plain ground was cut out."""
_GRAIN: Final = 1.5
_SEAM: Final = 7
_REACH: Final = 17
_LEAST_PIXELS: Final = 50


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the pictures, and uint8[h, w] where it has content and where the other covers it."""

    picture: Rgb
    content: Grey
    cover: Grey


def clues(measurement: Measurement) -> Iterator[Clue]:
    """A crop, or a frame, bar, page or empty corner beside the picture."""
    left = [1 - share for share in measurement.overlap]
    if max(left) < CORNERS:
        return
    registered = measurement.registered
    sides = (_still(registered), _moving(registered))
    a, b = reversed(sides) if registered.overlay.swapped else sides
    padded = [share >= CORNERS and _is_padded(side) for share, side in zip(left, (a, b), strict=True)]
    wider = int(left[1] > left[0])
    if padded[0] != padded[1]:
        yield Clue(ClueKind.PADDING, 3.0 if padded[1] else -3.0)
    elif not padded[0] and left[wider] >= UNCOVERED and left[wider] > BESIDE * left[1 - wider]:
        yield Clue(ClueKind.CROP, -3.0 if wider else 3.0)


def _still(registered: Registered) -> _Side:
    over = registered.overlay
    content = np.ones(over.still.shape[:2], np.uint8)
    if over.still_mask is not None:
        content = (over.still_mask > 0.999).astype(np.uint8)
    return _Side(over.still, content, (registered.cover > 0).astype(np.uint8))


def _moving(registered: Registered) -> _Side:
    over = registered.overlay
    height, width = over.moving.shape[:2]
    back = align.invert(over.matrix)
    cover = cv2.warpAffine(_still(registered).content, back, (width, height), flags=cv2.INTER_NEAREST)
    content = np.ones((height, width), np.uint8)
    if over.moving_mask is not None:
        content = (over.moving_mask > 0.999).astype(np.uint8)
    return _Side(over.moving, content, cover & content)


def _is_padded(side: _Side) -> bool:
    """Say whether what the other picture does not cover is padding, not a scene."""
    beyond = _beyond(side)
    if np.count_nonzero(beyond) < _LEAST_PIXELS:
        return False
    outside = side.picture[beyond]
    paper = commonest(outside).astype(np.uint8)
    plain = float((np.abs(outside.astype(np.int16) - paper).max(axis=1) <= PLAIN).mean())
    # What a picture is laid on may have grain.
    off = np.where(beyond[:, :, None], _smooth(side.picture, beyond), side.picture.astype(np.float32)) - paper
    ends = _ends(side, beyond, np.abs(off).max(axis=2) > 2 * PLAIN)
    printed = plain > PAPER and float((np.ptp(outside, axis=1) < COLOURLESS_SPAN).mean()) > PRINT
    return (plain > PADDED and ends > ENDS) or (printed and ends > ENDS_BESIDE_PRINT)


def _beyond(side: _Side) -> Mask:
    """bool[h, w]: outside the other's frame, without the seam, where the two are mixed."""
    return (side.content > 0) & (cv2.dilate(side.cover, np.ones((_SEAM, _SEAM), np.uint8)) == 0)


def _ends(side: _Side, beyond: Mask, unlike: Mask) -> float:
    """The share of the rim that is unlike what is outside and beyond which nothing unlike it lies; 0 where hardly any is."""
    inside = cv2.erode(side.cover, np.ones((5, 5), np.uint8), borderValue=1) > 0
    rim = inside & _near(beyond, _REACH)
    seen = rim & unlike
    if np.count_nonzero(seen) < max(1.0, LEAST_RIM * np.count_nonzero(rim)):
        return 0.0
    goes_on = _near(beyond & unlike, _REACH + 4)
    return 1 - np.count_nonzero(seen & goes_on) / np.count_nonzero(seen)


def _smooth(picture: Rgb, beyond: Mask) -> Floats:
    """float32[h, w, 3]: what is outside without its grain, and without what is inside."""
    weight = beyond.astype(np.float32)
    total = cv2.GaussianBlur(picture * weight[:, :, None], (0, 0), _GRAIN)
    return total / np.maximum(cv2.GaussianBlur(weight, (0, 0), _GRAIN), np.float32(1e-3))[:, :, None]


def _near(mask: Mask, size: int) -> Mask:
    return cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
