"""The pixels of a JPEG, at the smallest scaled decode that serves, and what its decoder said of corrupt data."""

from __future__ import annotations

from typing import Final

import cv2

from dedupe.decoding import pillow, stderr_capture
from dedupe.decoding.opencv import Pixels, imdecode, swap_red_blue
from dedupe.formats import jpeg
from dedupe.formats.errors import DamagedError, UnsupportedError

_REDUCED: Final = (
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
)


def jpeg_pixels(data: bytes, parts: jpeg.Jpeg, long_side: int) -> tuple[Pixels, str | None]:
    """(RGB as stored, neither turned nor scaled to the exact size; corruption warning or None).

    DamagedError where the picture is cut off. A file that merely lacks its end marker is decoded with one
    added: it is whole if libjpeg then has nothing to complain about.
    """
    whole = data if parts.end is not None else data + b"\xff\xd9"
    flag = cv2.IMREAD_COLOR
    for factor, reduced in _REDUCED:
        if max(parts.width, parts.height) >= long_side * factor:
            flag = reduced
            break
    with stderr_capture.captured() as lines:
        array = imdecode(whole, flag | cv2.IMREAD_IGNORE_ORIENTATION)
    warning = stderr_capture.corruption(lines, _padding(whole, parts.end))
    if parts.end is None and (array is None or warning):
        raise DamagedError("is cut off: the picture ends early")
    if array is None and (parts.precision != 8 or parts.process not in (0xC0, 0xC1, 0xC2)):
        raise UnsupportedError("is not supported: nothing here decodes this JPEG")
    if len(parts.components) == 4 or array is None:
        return pillow.jpeg_pixels(whole, parts, long_side), warning
    return swap_red_blue(array), warning


def _padding(data: bytes, end: int | None) -> int:
    """The number of zero bytes before the end marker, at most 64."""
    if end is None:
        return 0
    tail = data[max(0, end - 66) : end - 2]
    return len(tail) - len(tail.rstrip(b"\x00"))
