"""The one type of picture here, and the two things that OpenCV's type hints leave open."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""RGB uint8[h, w, 3]."""


def pixels(values: Any) -> Picture:
    """What OpenCV or arithmetic returned, as a picture; fractions are cut off, values must lie in 0…255."""
    return np.asarray(values, dtype=np.uint8)


def recompressed(picture: Picture, suffix: str, quality: int) -> Picture:
    """Through ".jpg" or ".webp" at that quality. OpenCV takes RGB for BGR both ways; only the codec's weights differ."""
    flag = cv2.IMWRITE_JPEG_QUALITY if suffix == ".jpg" else cv2.IMWRITE_WEBP_QUALITY
    _, data = cv2.imencode(suffix, picture[:, :, ::-1], [flag, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise RuntimeError(f"OpenCV cannot read the {suffix} that it wrote")
    return pixels(decoded[:, :, ::-1])
