"""Sensor noise as evidence: copies of one capture share their noise, two captures each have their own.

Judged where the pictures are flattest, since structure is shared by any two shots of a scene (after Lukáš, Fridrich and
Goljan 2006). Only noise that both pictures still hold proves anything: compression and scaling may have wiped it out of one, and
a drawn page or a screen never had any.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from dedupe.comparing.align import Mask
from dedupe.comparing.measure import Measurement, touched
from dedupe.comparing.registration import Registered, grey_of
from dedupe.comparing.thresholds import (
    LEAST_NOISE,
    LEAST_SHIFTS,
    NOISE_LIKENESS,
    NOISE_SHARED,
    NOISE_STRENGTH,
    NOISELESS,
    SHAKEN,
    STILL,
    STRUCTURE,
    STRUCTURE_LIKENESS,
    SURE_SHIFT,
    UNEXPLAINED,
    UNEXPLAINED_SHARE,
)

_SILENT: Final = 0.15
_CELL: Final = 16
_LEAST_CELLS: Final = 40
_CLIPPED: Final = (8.0, 247.0)


class Captures(Enum):
    """What noise and motion say of two pictures of one scene."""

    ONE = "one"
    TWO = "two"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SensorNoise:
    """The noise of two pictures, and how much of it they share.

    ``strength`` is the noise of the weaker picture in grey levels. ``shared`` is 1 where the weaker one's noise is all
    in the other, 0 where the two have nothing in common; ``error`` is its standard error. ``likeness`` is the
    correlation of both noises. ``noiseless`` is the share of the places in which one of them has no noise at all, or is
    clipped.
    """

    strength: float
    shared: float
    error: float
    likeness: float
    noiseless: float

    @property
    def own(self) -> bool:
        """Whether each has noise of its own, beyond doubt."""
        return self.strength > NOISE_STRENGTH and self.shared + 2 * self.error < NOISE_SHARED


def captures(measurement: Measurement) -> Captures:
    """Say whether two pictures are one capture or two, by what the places outside all difference regions show.

    A second shot differs everywhere, by its noise and by motion of parts of a pixel, however small the thing that moved.
    """
    shift = _shift(measurement)
    if shift is not None and shift > SHAKEN:
        return Captures.TWO
    found = noise(measurement.unsoftened, measurement.difference.mask)
    if found is None:
        return Captures.UNKNOWN
    if found.own and not measurement.softened:
        return Captures.TWO
    told = found.strength > LEAST_NOISE and found.noiseless < NOISELESS
    still = shift is not None and shift < STILL
    explained = measurement.difference.noise < max(UNEXPLAINED, UNEXPLAINED_SHARE * found.strength)
    alike = found.likeness > (NOISE_LIKENESS if found.strength < STRUCTURE else STRUCTURE_LIKENESS)
    return Captures.ONE if told and still and explained and alike else Captures.UNKNOWN


def noise(registered: Registered, regions: Mask | None = None) -> SensorNoise | None:
    """Measure the noise of two pictures on one grid, in the flattest quarter of what both cover.

    ``regions``, bool[h, w], are left out. None where too little is unclipped.
    """
    grey = (grey_of(registered.still), grey_of(registered.moved))
    fine = [cv2.GaussianBlur(g, (0, 0), 0.5) - cv2.GaussianBlur(g, (0, 0), 1.5) for g in grey]
    usable = registered.cover > 0
    if regions is not None:
        usable &= cv2.dilate(regions.astype(np.uint8), np.ones((13, 13), np.uint8)) == 0
    shown = int(np.count_nonzero(usable))
    for g in grey:
        usable &= (g > _CLIPPED[0]) & (g < _CLIPPED[1])
    clipped = 1 - int(np.count_nonzero(usable)) / max(shown, 1)
    inside = usable.astype(np.float32)
    count = _cells(inside)
    whole = count > 0.95 * _CELL**2
    if whole.sum() < _LEAST_CELLS:
        return None
    products = (fine[0] ** 2, fine[1] ** 2, fine[0] * fine[1])
    one, other, both = (_cells(product * inside)[whole] / count[whole] for product in products)
    loud = np.minimum(one, other) > _SILENT**2
    noiseless = clipped + (1 - clipped) * float(1 - loud.mean())
    if loud.sum() < _LEAST_CELLS:
        return SensorNoise(0.0, 0.0, 1.0, 0.0, noiseless)
    busy = np.maximum(one, other)
    flat = loud & (busy <= np.percentile(busy[loud], 25))
    first, second, common = (float(values[flat].mean()) for values in (one, other, both))
    weaker, stronger = sorted((first, second))
    # The band is two pixels wide: a cell holds a quarter as many independent values as pixels.
    independent = float(flat.sum()) * _CELL**2 / 4
    return SensorNoise(
        strength=weaker**0.5,
        shared=common / max(weaker, 1e-6),
        error=(stronger / max(weaker, 1e-6) / max(independent, 1.0)) ** 0.5,
        likeness=common / max((weaker * stronger) ** 0.5, 1e-6),
        noiseless=noiseless,
    )


def _cells(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    rows, cols = (extent // _CELL for extent in values.shape)
    lines = values[: rows * _CELL].reshape(rows, _CELL, -1).sum(1)
    return np.asarray(lines[:, : cols * _CELL].reshape(rows, cols, _CELL).sum(2, dtype=np.float64))


def _shift(measurement: Measurement) -> float | None:
    """Median shift, in pixels, of the blocks whose shift is known to a few hundredths; None where these are too few."""
    field = measurement.registered.field
    sure = (
        field.textured & ~touched(measurement.difference.mask) & (field.sigma < SURE_SHIFT) & (field.correlation > 0.5)
    )
    if sure.sum() < LEAST_SHIFTS:
        return None
    return float(np.median(np.hypot(field.dx, field.dy)[sure]))
