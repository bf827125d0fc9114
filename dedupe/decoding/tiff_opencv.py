"""The TIFFs that Pillow reads wrongly or not at all and cv2 reads well.

These have samples of 10, 12, 14 or 32 bits, deep samples in separate planes, or floating point in colour or in double
precision.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dedupe.decoding import opencv, stderr_capture
from dedupe.formats import sniff
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.errors import DamagedError, UnsupportedError
from dedupe.formats.extents import is_incomplete
from dedupe.formats.header import Source
from dedupe.formats.tiff import Tiff

_BROUGHT_UP: Final = frozenset((10, 12, 14, 32))
_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _SAMPLES, _PLANES, _FORMAT, _ICC = 256, 257, 258, 262, 277, 284, 339, 34675


def is_odd(tiff: Tiff) -> bool:
    """Whether the first page is one that only cv2 reads rightly."""
    page = tiff.directory(tiff.first)
    bits = max(tiff.integers(page, _BITS), default=1)
    if tiff.integer(page, _FORMAT) == 3:
        return bits != 32 or (tiff.integer(page, _SAMPLES) or 1) > 1
    return (bits > 8 and tiff.integer(page, _PLANES) == 2) or _is_unpacked(tiff)


def _is_unpacked(tiff: Tiff) -> bool:
    """Whether the samples have a number of bits that only cv2 brings to 16 or 32."""
    page = tiff.directory(tiff.first)
    bits = max(tiff.integers(page, _BITS), default=1)
    return bits in _BROUGHT_UP and (tiff.integer(page, _FORMAT) or 1) == 1 and (tiff.integer(page, _PLANES) or 1) == 1


def is_plainly_deep(tiff: Tiff) -> bool:
    """Whether cv2 gives the samples of the first page just as they are: interleaved, upright, black is zero."""
    page = tiff.directory(tiff.first)
    return (
        (tiff.integer(page, _PLANES) or 1) == 1
        and tiff.integer(page, _PHOTOMETRIC) in (1, 2)
        and (tiff.integer(page, 0x0112) or 1) == 1
        and (tiff.integer(page, _FORMAT) or 1) == 1
    )


def is_white_zero(tiff: Tiff) -> bool:
    """Whether zero stands for white, which Pillow leaves as it is in pictures of 16 bits."""
    return tiff.integer(tiff.directory(tiff.first), _PHOTOMETRIC) == 0


def load(data: bytes, tiff: Tiff, max_pixels: int) -> tuple[NDArray[np.uint8], Source, str | None]:
    """As ``pillow.load``; cv2 has turned the pixels upright. UnsupportedError where cv2 refuses, too."""
    page = tiff.directory(tiff.first)
    opencv.check_size(tiff.integer(page, _WIDTH) or 0, tiff.integer(page, _HEIGHT) or 0, max_pixels)
    if is_incomplete(data, sniff.TIFF):
        raise DamagedError("is a damaged TIFF: it is cut off")
    floating, unpacked = tiff.integer(page, _FORMAT) == 3, _is_unpacked(tiff)
    with stderr_capture.captured():  # cv2 speaks its mind there
        array = opencv.unchanged(data) if floating or unpacked else opencv.coloured(data)
    if array is None:
        raise UnsupportedError("is not supported: nothing here decodes this TIFF")
    pixels = _shown(array) if floating else _reduced(array) if unpacked else array
    if unpacked and is_white_zero(tiff):
        pixels = 255 - pixels
    pages = max(1, sum(not (tiff.integer(each, 0x00FE) or 0) & 1 for each in tiff.chain()))
    source = Source(
        sniff.TIFF,
        width=pixels.shape[1],
        height=pixels.shape[0],
        frames=pages,
        lossless=True,
        icc=tiff.raw(page, _ICC) or None,
        exif=data,
        blocks=(Block(BlockKind.TIFF, data),),
        bits=max(8, *tiff.integers(page, _BITS)),
    )
    return pixels, source, None


def _reduced(array: NDArray[Any]) -> NDArray[np.uint8]:
    """uint8[h, w, 3] of unsigned samples; those of 32 bits that fill 8 or 16 alone are taken for such."""
    values = array[:, :, None] if array.ndim == 2 else array[:, :, :3]
    top = int(values.max(initial=0))
    bits = 16 if values.dtype == np.uint16 else next(bits for bits in (8, 16, 32) if top < 1 << bits)
    grey = (values >> (bits - 8)).astype(np.uint8)
    return grey if grey.shape[2] == 3 else np.repeat(grey[:, :, :1], 3, axis=2)


def _shown(array: NDArray[Any]) -> NDArray[np.uint8]:
    """uint8[h, w, 3] of floating point: 0–1 as it is meant, wider ranges by their largest value."""
    values = np.nan_to_num(array[:, :, None] if array.ndim == 2 else array[:, :, :3], posinf=0.0, neginf=0.0)
    top = float(values.max(initial=0.0))
    grey = np.clip(values * (255.0 / (top if top > 1.0 else 1.0)), 0, 255).astype(np.uint8)
    return grey if grey.shape[2] == 3 else np.repeat(grey[:, :, :1], 3, axis=2)
