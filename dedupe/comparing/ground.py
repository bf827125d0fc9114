"""Where two pictures on one grid both have content, and the means and sums that are taken over it.

A band or a sum is asked for many times on one ground: what depends on the ground alone is worked out once.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from dedupe.comparing.align import Floats, Mask

CELL: Final = 16
"""Blocks are 2 × 2 cells and overlap by half."""


class Ground:
    """Where two pictures on one grid both have content.

    ``cover``, float32[h, w], is 1 there and 0 elsewhere; ``inside``, bool[h, w], says the same. ``whole`` says that this
    is everywhere.
    """

    __slots__ = ("_area", "_weights", "cover", "inside", "whole")

    def __init__(self, cover: Floats) -> None:
        self.cover = cover
        self.inside: Mask = cover > 0
        self.whole = bool(self.inside.all())
        self._weights: dict[float, Floats] = {}
        self._area: Floats | None = None

    def only(self, values: Floats) -> Floats:
        """float32[h, w]: the values, 0 outside."""
        return values if self.whole else values * self.cover

    def cut(self, values: Floats) -> Floats:
        """``values`` themselves, float32[h, w], set to 0 outside."""
        return values if self.whole else np.multiply(values, self.cover, out=values)

    def spread(self, values: Floats, sigma: float) -> Floats:
        """float32[h, w]: mean of the covered ``values`` under a wide Gaussian, worked out at a quarter of the size."""
        height, width = values.shape
        mean = _blurred(self.only(values), sigma)
        mean /= self._weight(sigma)
        return cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR)

    def _weight(self, sigma: float) -> Floats:
        if sigma not in self._weights:
            self._weights[sigma] = _blurred(self.cover, sigma) + np.float32(1e-3)
        return self._weights[sigma]

    @property
    def area(self) -> Floats:
        """float32[rows, cols]: how many pixels of each block are covered."""
        if self._area is None:
            self._area = blocks(self.cover)
        return self._area


def blocks(values: Floats) -> Floats:
    """Sums over blocks of 2 × 2 cells, one block every cell; the ragged margin is padded with nothing."""
    height, width = values.shape
    whole, lines = height // CELL, _lines(values)
    values[: whole * CELL].reshape(whole, CELL, width).sum(1, out=lines[:whole, :width])
    if height % CELL:
        values[whole * CELL :].sum(0, out=lines[whole, :width])
    return _joined(lines)


def blocks_of(one: Floats, other: Floats) -> Floats:
    """``blocks`` of the product of two pictures of one shape."""
    height, width = one.shape
    whole, lines = height // CELL, _lines(one)
    cut = [values[: whole * CELL].reshape(whole, CELL, width) for values in (one, other)]
    np.einsum("iaw,iaw->iw", *cut, out=lines[:whole, :width])
    if height % CELL:
        np.einsum("aw,aw->w", one[whole * CELL :], other[whole * CELL :], out=lines[whole, :width])
    return _joined(lines)


def _lines(values: Floats) -> Floats:
    """Room for the sums of each column of each cell, float32[rows, padded width]."""
    rows, cols = (max(2, -(-extent // CELL)) for extent in values.shape)
    return np.zeros((rows, cols * CELL), np.float32)


def _joined(lines: Floats) -> Floats:
    cells = lines.reshape(len(lines), -1, CELL).sum(2)
    return cells[:-1, :-1] + cells[1:, :-1] + cells[:-1, 1:] + cells[1:, 1:]


def _blurred(values: Floats, sigma: float) -> Floats:
    height, width = values.shape
    small = cv2.resize(values, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small, (0, 0), sigma / 4)
