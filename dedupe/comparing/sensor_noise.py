"""Sensor noise as evidence: copies of one capture share its grain, two captures each have their own.

Judged where the pictures are flattest, since structure is shared by any two shots of a scene (after Lukáš, Fridrich and
Goljan 2006). Only grain that both pictures still hold proves anything: compression and scaling may have wiped it out of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from dedupe.comparing.registration import Registered, grey_of

_CELL: Final = 16
_LEAST_CELLS: Final = 80
_CLIPPED: Final = (8.0, 247.0)


@dataclass(frozen=True, slots=True)
class SensorNoise:
    """``strength``: grain of the weaker picture in grey levels; ``shared``: 1 where the weaker one's grain is all in the other, 0
    where the two have nothing in common."""

    strength: float
    shared: float


def noise(registered: Registered) -> SensorNoise | None:
    """The grain of two pictures on one grid, in the flattest quarter of what both cover; None where too little is flat and
    unclipped."""
    grey = (grey_of(registered.still), grey_of(registered.moved))
    fine = [cv2.GaussianBlur(g, (0, 0), 0.5) - cv2.GaussianBlur(g, (0, 0), 1.5) for g in grey]
    usable = registered.cover > 0
    for g in grey:
        usable &= (g > _CLIPPED[0]) & (g < _CLIPPED[1])
    inside = usable.astype(np.float32)
    height, width = (extent // _CELL * _CELL for extent in inside.shape)

    def cells(values: np.ndarray) -> np.ndarray:
        cut = (values * inside)[:height, :width]
        return cut.reshape(height // _CELL, _CELL, width // _CELL, _CELL).sum((1, 3), dtype=np.float64)

    count = cells(np.ones_like(inside))
    whole = count > 0.95 * _CELL**2
    if whole.sum() < _LEAST_CELLS:
        return None
    one, other, both = (cells(x)[whole] / count[whole] for x in (fine[0] ** 2, fine[1] ** 2, fine[0] * fine[1]))
    busy = np.maximum(one, other)
    flat = busy <= np.percentile(busy, 25)
    weaker = min(float(one[flat].mean()), float(other[flat].mean()))
    return SensorNoise(strength=weaker**0.5, shared=float(both[flat].mean()) / max(weaker, 1e-6))
