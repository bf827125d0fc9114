"""Two pictures on one grid, and what is asked of them more than once: greys, bands, block sums, tones, laws.

Registration and differences ask for the same things; each is worked out when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from dedupe.comparing import response, tone_curve
from dedupe.comparing.align import Floats, Grey, Matrix, Rgb
from dedupe.comparing.ground import Ground, blocks_of

FINE: Final = 1.2
COARSE: Final = 8.0


@dataclass(frozen=True, slots=True)
class Slopes:
    """What a block-wise linear model needs of the picture that is moved.

    ``across`` and ``down`` are the slopes of its band, float32[h, w]. ``normal`` is the upper half of the normal matrix
    by row, ``inverse`` that of its inverse, float64[rows, cols] each.
    """

    across: Floats
    down: Floats
    normal: tuple[Matrix, ...]
    inverse: tuple[Matrix, ...]


class Layer:
    """One of two pictures: ``grey`` float32[h, w], and its ``band`` between ``fine`` and a coarse scale."""

    __slots__ = ("_band", "_power", "_slopes", "fine", "grey", "ground")

    def __init__(self, grey: Floats, ground: Ground, fine: float = FINE) -> None:
        self.grey, self.ground, self.fine = grey, ground, fine
        self._band: Floats | None = None
        self._power: Floats | None = None
        self._slopes: Slopes | None = None

    @property
    def band(self) -> Floats:
        """float32[h, w]: structure between ``fine`` and ``max(COARSE, 4 * fine)`` pixels."""
        if self._band is None:
            self._band = band(self.grey, self.ground, self.fine, max(COARSE, 4 * self.fine))
        return self._band

    @property
    def power(self) -> Floats:
        """float32[rows, cols]: the squares of the band, summed over each block."""
        if self._power is None:
            self._power = blocks_of(self.band, self.band)
        return self._power

    @property
    def slopes(self) -> Slopes:
        """What the linear model needs where this picture is the one that is moved."""
        if self._slopes is None:
            self._slopes = _slopes(self.band, self.power, self.ground)
        return self._slopes


class Grid:
    """Two pictures on one grid, ``still`` and ``moved``, uint8[h, w, 3], with their ``ground``.

    ``tone`` is how much the tone changed. ``readings`` are both pictures in one tone, in every way that may explain it
    (``tone_curve.readings``).
    """

    __slots__ = ("_laws", "greys", "ground", "moved", "readings", "still", "tone")

    def __init__(self, still: Rgb, moved: Rgb, ground: Ground, layer: Layer | None = None) -> None:
        """``layer``: the grey of ``still``, where that is there already."""
        self.still, self.moved, self.ground = still, moved, ground
        self.greys: tuple[Grey, Grey] = (
            cv2.cvtColor(still, cv2.COLOR_RGB2GRAY),
            cv2.cvtColor(moved, cv2.COLOR_RGB2GRAY),
        )
        self.tone, readings = tone_curve.readings(*self.greys, ground)
        made = {} if layer is None else {id(readings[0][0]): layer}
        self.readings = [tuple(made.setdefault(id(grey), Layer(grey, ground)) for grey in pair) for pair in readings]
        self._laws: dict[bool, Layer | None] = {}

    def law(self, *, forth: bool) -> tuple[Layer, Layer] | None:
        """Both pictures after applying the law that makes ``moved`` of ``still``.

        Without ``forth`` the law goes the other way round. None where there is no law.
        """
        if forth not in self._laws:
            source, target = (self.still, self.greys[1]) if forth else (self.moved, self.greys[0])
            shown = response.predicted(source, target, self.ground.cover)
            self._laws[forth] = None if shown is None else Layer(shown, self.ground)
        layer = self._laws[forth]
        if layer is None:
            return None
        one, other = self.readings[0]
        return (layer, other) if forth else (one, layer)

    def laws(self) -> Iterator[tuple[Layer, Layer]]:
        """``law`` forth and back, where there is one."""
        for forth in (True, False):
            pair = self.law(forth=forth)
            if pair is not None:
                yield pair


def band(grey: Floats, ground: Ground, fine: float = FINE, coarse: float = COARSE) -> Floats:
    """The structure between ``fine`` and ``coarse`` pixels, float32[h, w].

    It is worked out from covered pixels alone, so that the edge of the overlap looks the same in both pictures
    (normalised convolution, Knutsson and Westin 1993).
    """
    smooth = cv2.GaussianBlur(grey, (0, 0), fine)
    smooth -= ground.spread(grey, coarse)
    return ground.cut(smooth)


def _slopes(band: Floats, power: Floats, ground: Ground) -> Slopes:
    across = ground.cut(cv2.Sobel(band, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8))
    down = ground.cut(cv2.Sobel(band, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8))
    pairs = ((band, across), (band, down), (across, across), (across, down), (down, down))
    sums = [power.astype(np.float64), *(blocks_of(*pair).astype(np.float64) for pair in pairs)]
    # A little noise in the gradients keeps flat and one-directional blocks solvable: their shift is merely uncertain.
    for diagonal in (0, 3, 5):
        sums[diagonal] += 0.02 * np.maximum(ground.area, 1.0)
    return Slopes(across, down, tuple(sums), _inverse(*sums))


def _inverse(*half: Matrix) -> tuple[Matrix, ...]:
    """The inverse of the symmetric matrices [[a, b, c], [b, d, e], [c, e, f]], its upper half by row."""
    a, b, c, d, e, f = half
    first, second, third = d * f - e * e, c * e - b * f, b * e - c * d
    over = 1 / (a * first + b * second + c * third)
    rest = (a * f - c * c, b * c - a * e, a * d - b * b)
    return tuple(minor * over for minor in (first, second, third, *rest))
