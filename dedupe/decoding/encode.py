"""Pixels → JPEG: what dedupe draws itself, for a page or a report."""

from __future__ import annotations

from typing import Final

from dedupe.decoding.opencv import Pixels
from dedupe.formats.errors import UnsupportedError

import cv2  # isort: skip

SHARP_COLOURS: Final = 0x111111
"""OpenCV's IMWRITE_JPEG_SAMPLING_FACTOR_444: no colour is thinned out."""


def jpeg(pixels: Pixels, quality: int = 88) -> bytes:
    """uint8[h, w, 3] RGB as a JPEG with full colours. Raises UnsupportedError where it is too large for one."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SHARP_COLOURS]
    try:
        done, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), settings)
    except cv2.error:
        done = False
    if not done:
        raise UnsupportedError("is too large to be shown")
    return bytes(data.tobytes())
