"""What cv2 does for decoding: bytes to pixels, and the sizes and turns of arrays.

Everything is decoded from bytes in memory: ``cv2.imread`` crashes on some names and accepts truncated files. cv2 is told
to ignore EXIF orientation where the caller turns the picture.
"""

from __future__ import annotations

import os
from typing import Any, Final

from dedupe.formats.errors import DamagedError, TooLargeError
from dedupe.formats.sniff import DEFAULT_MAX_PIXELS

os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(DEFAULT_MAX_PIXELS))  # cv2 reads it once, at its import

import cv2
import numpy as np
from numpy.typing import NDArray

cv2.setNumThreads(1)  # the worker processes share the cores among themselves

_FLIPS: Final = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
"""EXIF orientation → what is mirrored (after the transposition of 5–8): 1 columns, 0 rows, -1 both."""

Pixels = NDArray[np.uint8]


def imdecode(data: bytes, flags: int) -> Pixels | None:
    """cv2's decoder; None where it refuses. MemoryError where memory is short."""
    try:
        array: Pixels | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as problem:
        if problem.code == cv2.Error.STS_NO_MEM:
            raise MemoryError from None
        return None
    return array


def unchanged(data: bytes) -> NDArray[Any] | None:
    """Decode the pixels as stored, in the file's own depth, or return None where cv2 refuses.

    The shape is [h, w] for grey, else [h, w, 3 or 4] in RGB(A) order.
    """
    array = imdecode(data, cv2.IMREAD_UNCHANGED)
    if array is None or array.ndim == 2 or array.shape[2] < 3:
        return array
    return np.concatenate([array[:, :, 2::-1], array[:, :, 3:]], axis=2)


def coloured(data: bytes) -> Pixels | None:
    """uint8[h, w, 3] RGB of any picture that cv2 reads, alpha dropped; None where it refuses."""
    array = imdecode(data, cv2.IMREAD_COLOR)
    return None if array is None else swap_red_blue(array)


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raise TooLargeError where a header announces more pixels than allowed, DamagedError where it announces none."""
    if width <= 0 or height <= 0:
        raise DamagedError("says that it has no pixels")
    if width * height > max_pixels:
        raise TooLargeError(f"has {width} × {height} pixels, more than the limit of {max_pixels / 1e6:.0f} megapixels")


_MOST_PIXELS_A_BYTE = 10_000
_SMALL_PICTURE = 16_000_000
_MOST_SCANS = 200
_MOST_WORK = 4_000_000_000


def check_claim(width: int, height: int, size: int) -> None:
    """Raise TooLargeError where a header announces many more pixels than its few bytes can describe.

    Such a file can only be of one colour, and decoding it takes gigabytes. A solid PNG has 1,000 pixels a byte, a real
    photo less than 20.
    """
    if width * height > _SMALL_PICTURE and width * height > size * _MOST_PIXELS_A_BYTE:
        raise TooLargeError(f"says that it has {width} × {height} pixels, in {size} bytes")


def check_scans(width: int, height: int, scans: int) -> None:
    """Raise TooLargeError where a JPEG has so many scans that decoding it takes minutes.

    Cameras and programs write a dozen at most.
    """
    if scans > _MOST_SCANS or width * height * scans > _MOST_WORK:
        raise TooLargeError(f"is drawn over {scans} times, which takes too long to decode")


def shrink(pixels: Pixels, long_side: int) -> Pixels:
    """The picture with its long side at ``long_side``; unchanged where it is no larger.

    Averages areas; less than 1.5-fold it interpolates, which is measured to be nearer to the area average of the full
    picture when what is shrunk was itself averaged down, and six times as fast.
    """
    height, width = pixels.shape[:2]
    if max(width, height) <= long_side:
        return pixels
    scale = long_side / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return resized(pixels, size, cv2.INTER_LINEAR if scale > 1 / 1.5 else cv2.INTER_AREA)


def resized(pixels: Pixels, size: tuple[int, int], method: int = cv2.INTER_AREA) -> Pixels:
    small: Pixels = cv2.resize(pixels, size, interpolation=method)
    return small


def swap_red_blue(pixels: Pixels) -> Pixels:
    swapped: Pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)  # its own inverse
    return swapped


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """The array (rows, columns, 3 or 4 channels) turned as EXIF orientation 1–8 asks; other values turn nothing."""
    if orientation in (5, 6, 7, 8):
        pixels = cv2.transpose(pixels)
    axis = _FLIPS.get(orientation)
    return pixels if axis is None else cv2.flip(pixels, axis)
