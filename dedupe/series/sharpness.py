"""How sharp each shot of a scene is in the part that all of them show, whatever its noise and exposure.

Of each shot the energy of two bands is taken, cell by cell: fine structure, which blur takes away first, and coarse structure,
which it leaves. Their ratio does not change with exposure or tone, since both bands do alike. Noise stands in the fine band as
well; its share is read off the cells in which there is least to see, and taken away. Each shot is measured on its own pixels,
because moving one onto another by fractions of a pixel would soften it; only the maps of cells are moved onto one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from dedupe.comparing.align import Floats, Mask, Matrix

CELL: Final = 24
"""The side of a cell, in pixels."""
LEAST_CELLS: Final = 12
"""With fewer cells in common nothing is said."""
_FINE: Final = (0.8, 1.6)
_MIDDLE: Final = (1.6, 3.2)
_COARSE: Final = (3.2, 6.4)
_QUIET: Final = 0.1
_HALF: Final = 0.5
_FAINT: Final = 16.0
_LEAST_SHARE: Final = 1e-3
_DARK, _BRIGHT = 4, 251
_CLIPPED: Final = (0.25, 0.9)
"""Cells with a larger clipped share are left out; the second holds where so too few are left, as on a page of text."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What one shot shows, cell by cell: the energy of three bands in grey levels squared, and the share that is clipped.

    Each float32[rows, cols]; ``shape`` is that of the picture, in pixels.
    """

    fine: Floats
    middle: Floats
    coarse: Floats
    clipped: Floats
    shape: tuple[int, int]


def cells_of(grey: Floats) -> Cells:
    """The cells of a picture float32[h, w], 0–255."""
    height, width = grey.shape
    size = max(1, width // CELL), max(1, height // CELL)

    def averaged(values: Floats) -> Floats:
        return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)

    fine, middle, coarse = (
        averaged((cv2.GaussianBlur(grey, (0, 0), a) - cv2.GaussianBlur(grey, (0, 0), b)) ** 2)
        for a, b in (_FINE, _MIDDLE, _COARSE)
    )
    clipped = averaged(((grey <= _DARK) | (grey >= _BRIGHT)).astype(np.float32))
    return Cells(fine, middle, coarse, clipped, (height, width))


def laid(cells: Cells, matrix: Matrix, shape: tuple[int, int]) -> tuple[Cells, Mask]:
    """Resample a shot's cells onto the grid of a picture of ``shape``, and say which of them the shot shows.

    ``matrix``, float64[2, 3], maps pixels of that picture onto the shot's.
    """
    rows, cols = max(1, shape[0] // CELL), max(1, shape[1] // CELL)
    x, y = np.meshgrid((np.arange(cols) + 0.5) * shape[1] / cols, (np.arange(rows) + 0.5) * shape[0] / rows)
    height, width = cells.fine.shape
    there_x, there_y = (matrix[axis, 0] * x + matrix[axis, 1] * y + matrix[axis, 2] for axis in (0, 1))
    u = (there_x * width / cells.shape[1] - 0.5).astype(np.float32)
    v = (there_y * height / cells.shape[0] - 0.5).astype(np.float32)
    inside = (u >= -0.01) & (v >= -0.01) & (u <= width - 0.99) & (v <= height - 0.99)

    def moved(values: Floats) -> Floats:
        return np.asarray(cv2.remap(values, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)

    fine, middle, coarse, clipped = map(moved, (cells.fine, cells.middle, cells.coarse, cells.clipped))
    return Cells(fine, middle, coarse, clipped, cells.shape), inside


def sharpness(shots: Sequence[Cells], shared: Mask) -> list[float] | None:
    """Rate the sharpness of each shot from 0 to 100, the sharpest at 100, or return None.

    The cells of all shots are on one grid. ``shared``, bool[rows, cols], is true where all show the scene. None means
    that too little of it has structure.
    """
    coarse = np.min([one.coarse for one in shots], axis=0)
    clipped = np.max([one.clipped for one in shots], axis=0)
    for most in _CLIPPED:
        usable = shared & (clipped < most)
        told = usable & (coarse > _FAINT)
        if told.sum() >= LEAST_CELLS:
            break
    if told.sum() < LEAST_CELLS:
        return None
    ratios = np.stack([_ratio(one, usable)[told] for one in shots])
    apart = ratios - np.median(ratios, axis=0)
    levels = [_weighted_median(row, coarse[told]) for row in apart]
    best = max(levels)
    return [100.0 * float(np.exp((level - best) / 2)) for level in levels]


def _ratio(cells: Cells, usable: Mask) -> Floats:
    """float32[rows, cols]: the logarithm of fine over coarse energy, without the noise's share."""
    coarse = np.maximum(cells.coarse, 1e-3)
    fine = cells.fine - _noise(cells.fine[usable], (cells.middle + cells.coarse)[usable])
    return np.asarray(np.log(np.maximum(fine, coarse * _LEAST_SHARE) / coarse), np.float32)


def _noise(fine: Floats, seen: Floats) -> float:
    """The energy of the noise: what of the fine band is left where the other bands show nothing.

    Where every cell shows something, the line through the quieter half says what would be left.
    """
    quiet = seen <= np.quantile(seen, _QUIET)
    half = seen <= np.quantile(seen, _HALF)
    least = float(np.median(fine[quiet]))
    spread = seen[half] - seen[half].mean()
    slope = float((spread * fine[half]).sum()) / max(float((spread * spread).sum()), 1e-6)
    return min(least, max(0.0, float(fine[half].mean()) - max(0.0, slope) * float(seen[half].mean())))


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    gathered = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(gathered, gathered[-1] / 2)])
