"""TIFFs whose strips or tiles are WebP pictures (compression 50001), which libtiff reads only where it was built for it."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dedupe.formats.errors import BROKEN, DamagedError
from dedupe.formats.extents import numbers
from dedupe.formats.tiff import Tiff

_COMPRESSION: Final = 0x0103
_WEBP: Final = 50001


def is_webp(tiff: Tiff) -> bool:
    """Whether the first page is stored so."""
    return tiff.integer(tiff.directory(tiff.first), _COMPRESSION) == _WEBP


def load(tiff: Tiff) -> NDArray[np.uint8]:
    """uint8[h, w, 3] of the first page, as stored.

    Raises DamagedError where a strip cannot be read.
    """
    page = tiff.directory(tiff.first)
    width, height = (tiff.integer(page, tag) or 0 for tag in (0x0100, 0x0101))
    tiled = 0x0144 in page
    starts, sizes = (numbers(tiff, page, tag) for tag in ((0x0144, 0x0145) if tiled else (0x0111, 0x0117)))
    across = (tiff.integer(page, 0x0142) or width) if tiled else width
    down = (tiff.integer(page, 0x0143) if tiled else tiff.integer(page, 0x0116)) or height
    columns = -(-width // max(1, across))
    canvas = np.zeros((-(-height // max(1, down)) * down, columns * across, 3), np.uint8)
    for number, (start, size) in enumerate(zip(starts, sizes, strict=False)):
        try:
            part = np.asarray(Image.open(io.BytesIO(tiff.data[start : start + size]), formats=("WEBP",)).convert("RGB"))
        except BROKEN as problem:
            raise DamagedError("is a damaged TIFF: a strip cannot be read") from problem
        top, left = number // columns * down, number % columns * across
        room = canvas[top : top + part.shape[0], left : left + part.shape[1]]
        room[:] = part[: room.shape[0], : room.shape[1]]
    return canvas[:height, :width]
