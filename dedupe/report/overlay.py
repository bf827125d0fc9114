"""Two related photos on one grid: one registered on the other, and what differs once tone and sharpness are accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dedupe.decoding.opencv import Pixels

import cv2  # isort: skip
import numpy as np

from dedupe.comparing import align, difference, registration
from dedupe.comparing.grid import FINE
from dedupe.report.placement import Placement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dedupe.comparing.grid import Grid
    from dedupe.comparing.registration import Registered

_DIM: Final = 0.3
_CONTRAST: Final = 4.0
_MARK: Final = (255, 64, 48)
_PAPER: Final = 128


@dataclass(frozen=True, slots=True)
class Differing:
    """Where two pictures differ: ``pixels`` uint8[h, w, 3] on the grid of a.

    Dimmed where both agree, bright where they differ, red round the places that the verdict rests on. ``share`` is how much of
    the common area such places cover, 0–1.
    """

    pixels: Pixels
    share: float


def laid(a: Pixels, b: Pixels, placement: Placement) -> Pixels:
    """``b`` carried onto the grid of ``a``, grey where it does not reach."""
    size = (a.shape[1], a.shape[0])
    matrix = _pixels_of(placement, a, b)
    grey = (_PAPER, _PAPER, _PAPER)
    return np.asarray(
        cv2.warpAffine(b, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=grey)
    )


def differing(a: Pixels, b: Pixels, placement: Placement) -> Differing:
    """Where ``b`` differs from ``a`` (uint8[h, w, 3] RGB each), as the comparison sees it."""
    settled, grid = registration.refine(registration.overlay(a, b, _pixels_of(placement, a, b)), (FINE,))
    found = difference.differences_of(grid)
    shown = _drawn(grid, found.mask)
    inside = max(float(settled.cover.sum()), 1.0)
    share = float((found.mask & (settled.cover > 0)).sum()) / inside
    return Differing(_on_grid_of(a, settled, shown), share)


def _pixels_of(placement: Placement, a: Pixels, b: Pixels) -> NDArray[np.float64]:
    return align.from_unit(np.array(placement, np.float64).reshape(2, 3), b.shape, a.shape)


def _drawn(grid: Grid, mask: NDArray[np.bool_]) -> Pixels:
    """The difference on the grid of the registered pair: the smallest over all tones that may explain it."""
    apart = np.min([np.abs(one.grey - other.grey) for one, other in grid.readings], axis=0)
    inside = grid.ground.inside
    base = cv2.cvtColor((grid.greys[0] * _DIM).astype(np.uint8), cv2.COLOR_GRAY2RGB).astype(np.float32)
    base[inside] += np.minimum(apart * _CONTRAST, 255.0)[inside, None]
    base[~inside] = base[~inside] * 0.5 + _PAPER * 0.25
    shown = np.minimum(base, 255).astype(np.uint8)
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(shown, outlines, -1, _MARK, max(1, round(max(shown.shape) / 400)))
    return np.asarray(shown)


def _on_grid_of(a: Pixels, settled: Registered, shown: Pixels) -> Pixels:
    """``shown`` as large as ``a``; the registration works at the sampling of the coarser one, on that one's grid."""
    over = settled.overlay
    size = (a.shape[1], a.shape[0])
    if not over.swapped:
        return np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_LINEAR))
    grow = np.array([[size[0] / over.moving.shape[1], 0, 0], [0, size[1] / over.moving.shape[0], 0]], np.float64)
    matrix = align.compose(grow, align.invert(over.matrix))
    return np.asarray(cv2.warpAffine(shown, matrix, size, flags=cv2.INTER_LINEAR))
