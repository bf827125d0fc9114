"""Pictures made by dedupe itself: previews scaled, overlaid, and encoded for a file.

Beside ``decode`` it is the other half of the door to cv2 and Pillow; it reads nothing but what ``decode`` gave.
"""

from __future__ import annotations

import os
from typing import Final

from dedupe.decoding import preview
from dedupe.decoding.opencv import Pixels

import cv2  # isort: skip
import numpy as np
from numpy.typing import NDArray

ENDINGS: Final = (".jpg", ".jpeg", ".png", ".webp")
"""The file names that ``encode`` knows."""
_SHARPER: Final = 2.0


def encode(pixels: Pixels, name: str) -> bytes:
    """uint8[h, w, 3] RGB as the format that the ending of the file ``name`` says.

    Raises ValueError for another ending than ``ENDINGS`` or a picture too large for the format.
    """
    ending = os.path.splitext(name)[1].lower()
    if ending not in ENDINGS:
        raise ValueError(f"a picture ends in {', '.join(ENDINGS)}, not {ending!r}")
    try:
        done, data = cv2.imencode(ending, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    except cv2.error:
        done = False
    if not done:
        raise ValueError(f"a picture of {pixels.shape[1]} × {pixels.shape[0]} is too large for {ending}")
    return bytes(data.tobytes())


def fitted(pixels: Pixels, width: int, height: int) -> Pixels:
    """The picture as large as it fits into ``width`` × ``height``, enlarged twofold at most."""
    rows, columns = pixels.shape[:2]
    scale = min(width / columns, height / rows, _SHARPER)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled: Pixels = cv2.resize(pixels, size, interpolation=how)
    return scaled


def laid(pixels: Pixels, matrix: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[Pixels, NDArray[np.bool_]]:
    """Carry ``pixels`` by ``matrix`` into a picture of ``shape``, and say where that one is covered (bool[h, w]).

    ``matrix`` is float64[2, 3] and takes the pixels' coordinates to the target's.
    """
    size = (shape[1], shape[0])
    moved: Pixels = cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    whole = np.full(pixels.shape[:2], 255, np.uint8)
    cover = cv2.warpAffine(whole, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return moved, cover > 127


def preview_pixels(jpeg: bytes) -> Pixels:
    """uint8[h, w, 3] RGB of a stored preview; DamagedError as ``preview.decode_preview``."""
    return preview.decode_preview(jpeg)
