"""The frames of an animation or the pages of a document, one after the other, small: enough to see whether they agree."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dedupe.decoding import pillow
from dedupe.decoding.opencv import check_size, shrink, upright
from dedupe.formats import sniff
from dedupe.formats.errors import BROKEN, DamagedError
from dedupe.formats.tiff import Tiff


def frames(data: bytes, long_side: int) -> Iterator[NDArray[np.uint8]]:
    """uint8[h, w] lightness of each frame or page in order, upright, the long side at most ``long_side``.

    Raises as ``decode``; a frame that cannot be read is a DamagedError.
    """
    kind = sniff.sniff(data) or ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = pillow.opened(data, kind)
        check_size(*image.size, sniff.DEFAULT_MAX_PIXELS)
        source = pillow.source_of(data, kind, image)
        for number in _numbers(data, kind, source.frames):
            pixels = pillow.rgb(_sought(image, kind, number, data), None)
            turned = upright(shrink(pixels, long_side), 1 if kind == sniff.TIFF else source.orientation)
            yield cv2.cvtColor(turned, cv2.COLOR_RGB2GRAY)


def _numbers(data: bytes, kind: str, count: int) -> list[int]:
    """The numbers by which Pillow knows the frames that count: reduced copies of a page do not."""
    tiff = Tiff.open(data) if kind == sniff.TIFF else None
    if tiff is None:
        return list(range(count))
    return [number for number, page in enumerate(tiff.chain()) if not (tiff.integer(page, 0x00FE) or 0) & 1]


def _sought(image: Any, kind: str, number: int, data: bytes) -> Any:
    try:
        image.seek(number)
    except (*BROKEN, OverflowError, RuntimeError) as problem:
        raise DamagedError(f"has a damaged frame {number + 1}") from problem
    return pillow.loaded(image, kind, data)
