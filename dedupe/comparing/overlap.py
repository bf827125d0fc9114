"""What each of two pictures shows that the other does not: a crop is inside the picture it was cut from.

Frames, bars, the page round a picture and empty corners are no content. Two pictures each of which shows something of the
scene that the other does not are two shots.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from dedupe.comparing import align
from dedupe.comparing.align import Floats, Mask, Rgb
from dedupe.comparing.regions import flatness
from dedupe.comparing.registration import Registered, grey_of
from dedupe.comparing.thresholds import BESIDE_EACH_OTHER, PADDED, RIM, SHOWN_STRUCTURE

_CELL: Final = 8
_WITHIN: Final = 12
_ONE_COLOUR: Final = 6


def shown_alone(registered: Registered) -> tuple[float, float]:
    """The share (0–1) of each frame, a and b, that shows something of the scene outside the other's frame."""
    over = registered.overlay
    onto, back = _covers(registered)
    shares = (_alone(over.still, onto, over.still_mask), _alone(over.moving, back, over.moving_mask))
    return (shares[1], shares[0]) if over.swapped else shares


def beside_each_other(registered: Registered) -> bool:
    """Whether each picture shows something outside the other's frame, however little, that is not of one colour."""
    over = registered.overlay
    sides = ((over.still, over.still_mask), (over.moving, over.moving_mask))
    return all(
        _is_beside(picture, cover, mask) for (picture, mask), cover in zip(sides, _covers(registered), strict=True)
    )


def _covers(registered: Registered) -> tuple[Floats, Floats]:
    """How far the moving picture covers the frame of the still one, and the still one that of the moving one, 0–1 each."""
    over = registered.overlay
    height, width = over.moving.shape[:2]
    whole = np.ones(over.still.shape[:2], np.float32)
    back = cv2.warpAffine(whole, align.invert(over.matrix), (width, height), flags=cv2.INTER_LINEAR)
    moving = np.ones((height, width), np.float32)
    onto = cv2.warpAffine(moving, over.matrix, (over.still.shape[1], over.still.shape[0]), flags=cv2.INTER_LINEAR)
    return onto, back


def _is_beside(picture: Rgb, cover: Floats, mask: Floats | None) -> bool:
    outside = cover < 0.5
    if mask is not None:
        outside &= mask > 0.5
    outside = cv2.erode(outside.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
    if outside.mean() < BESIDE_EACH_OTHER:
        return False
    return flatness(picture[outside], _ONE_COLOUR) < PADDED


def _alone(picture: Rgb, cover: Floats, mask: Floats | None) -> float:
    outside = cover < 0.5
    if mask is not None:
        outside &= mask > 0
    if not outside.any():
        return 0.0
    rim = max(3, round(RIM * max(picture.shape[:2]))) // 2 * 2 + 1
    outside = cv2.erode(outside.astype(np.uint8), np.ones((rim, rim), np.uint8), borderValue=1) > 0
    if not outside.any() or _padded(picture[outside]):
        return 0.0
    return float((outside & _structured(picture)).mean())


def _padded(colours: Rgb) -> bool:
    """Whether two colours make up most of what is outside, uint8[n, 3]: a page, bars, a frame."""
    red, green, blue = (colours[:, channel].astype(np.float32) for channel in range(3))
    coarse = (colours >> 4).astype(np.int32) @ np.array([256, 16, 1], np.int32)
    left = np.arange(len(colours))
    for _ in range(2):
        if not len(left):
            break
        among = coarse[left]
        commonest = left[among == np.bincount(among).argmax()]
        away = [np.abs(channel[left] - np.float32(np.median(channel[commonest]))) for channel in (red, green, blue)]
        left = left[np.maximum(np.maximum(away[0], away[1]), away[2]) > _WITHIN]
    return len(colours) - len(left) > PADDED * len(colours)


def _structured(picture: Rgb) -> Mask:
    grey = grey_of(picture)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 3.0)
    return np.asarray(cv2.blur(fine * fine, (2 * _CELL + 1, 2 * _CELL + 1)) > SHOWN_STRUCTURE**2)
