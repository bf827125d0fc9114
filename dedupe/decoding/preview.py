"""The small picture that stands for a photo: made once, shown, embedded, and judged for texture."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from dedupe.decoding.opencv import Pixels, imdecode, resized, shrink, swap_red_blue
from dedupe.formats.errors import DamagedError, UnsupportedError

PREVIEW_SIDE: Final = 400
PREVIEW_BYTES: Final = 25_600
_QUALITIES: Final = (76, 66, 55, 44, 33, 22, 12)
_BEST_QUALITY: Final = 88


def preview(pixels: Pixels) -> bytes:
    """A JPEG of uint8[h, w, 3] RGB with the long side at most 400 and at most 25 KB, as good as that allows."""
    small = swap_red_blue(shrink(pixels, PREVIEW_SIDE))
    encoded = _encoded(small, _QUALITIES[0])
    if len(encoded) <= 0.7 * PREVIEW_BYTES:  # a plain picture may be kept better still
        better = _encoded(small, _BEST_QUALITY)
        return better if len(better) <= PREVIEW_BYTES else encoded
    for quality in _QUALITIES[1:]:
        if len(encoded) <= PREVIEW_BYTES:
            break
        encoded = _encoded(small, quality)
    return encoded


def _encoded(pixels: Pixels, quality: int) -> bytes:
    done, buffer = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise UnsupportedError("cannot be made into a preview")
    return bytes(buffer)


def decode_preview(data: bytes) -> Pixels:
    """uint8[h, w, 3] RGB of a stored preview; DamagedError where the bytes are no whole JPEG."""
    array = imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION) if data else None
    if array is None:
        raise DamagedError("has a damaged preview")
    return swap_red_blue(array)


def squash(data: bytes, side: int) -> Pixels:
    """The stored preview squashed to uint8[side, side, 3] RGB: what an embedding network is shown."""
    return squashed(decode_preview(data), side)


def squashed(pixels: Pixels, side: int) -> Pixels:
    """A decoded preview squashed to uint8[side, side, 3] RGB."""
    return resized(pixels, (side, side))


def texture(pixels: Pixels) -> float:
    """The share (0–1) of the cells of an 8 × 8 grid over the picture that have contrast enough to be aligned.

    Contrast is the standard deviation of the band-passed luminance (difference of Gaussians 1.5/8 px at 400 px,
    made at half that size, where it is 0.75/4) within a cell; 2.5 grey levels are above sensor and compression
    noise. A picture less than 8 px wide or high has fewer cells.
    """
    grey = cv2.cvtColor(shrink(pixels, PREVIEW_SIDE // 2), cv2.COLOR_RGB2GRAY).astype(np.float32)
    band = cv2.GaussianBlur(grey, (0, 0), 0.75) - cv2.GaussianBlur(grey, (0, 0), 4.0)
    grid = min(8, band.shape[1]), min(8, band.shape[0])
    mean, square = (cv2.resize(each, grid, interpolation=cv2.INTER_AREA) for each in (band, band * band))
    return float(np.mean(square - mean * mean > 2.5**2))
