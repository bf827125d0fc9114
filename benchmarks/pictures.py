"""Small tools for pictures, RGB uint8[h, w, 3], that the benchmark's makers share."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFont, ImageOps

Picture: TypeAlias = NDArray[np.uint8]


def as_picture(values: NDArray[Any]) -> Picture:
    """Rounded and clipped to 0–255."""
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    rounded: Picture = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rounded


def long_side(picture: Picture) -> int:
    """Pixels of the longer side."""
    return int(max(picture.shape[0], picture.shape[1]))


def resized(picture: Picture, factor: float) -> Picture:
    """Both sides times ``factor``: area averaging down, cubic up."""
    height, width = picture.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return as_picture(cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC))


def scaled_down(picture: Picture, side: int) -> Picture:
    """At most that many pixels on the long side."""
    return resized(picture, min(1.0, side / long_side(picture)))


def upright(data: bytes) -> Picture:
    """The picture in a file's bytes, full size, its EXIF orientation applied."""
    with Image.open(io.BytesIO(data)) as opened:
        turned = ImageOps.exif_transpose(opened)
        return np.asarray(turned.convert("RGB"), dtype=np.uint8).copy()


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, the same on every machine."""
    return ImageFont.load_default(size=max(6, size))
