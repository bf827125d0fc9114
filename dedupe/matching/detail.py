"""Which of two pictures of one capture holds more real detail: an enlarged copy holds no more than what it was made from.

An enlarged picture betrays itself in its spectrum: nothing lies beyond the frequency at which its source ended, and below that it
is softer than its source (Gallagher 2005). Both signs are asked for; where they do not agree, pixels are believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from dedupe.matching import align
from dedupe.matching.align import Floats, Matrix, Rgb
from dedupe.matching.residual import Laid, grey_of
from dedupe.matching.sight import Sight
from dedupe.matching.sources import View, window_of
from dedupe.matching.spots import flatness

SAME_SAMPLING: Final = 1.03
_WINDOW: Final = 512
_LEAST_WINDOW: Final = 96
_EMPTY: Final = -4.0
_SOFTER: Final = -0.1
_WHOLE: Final = 0.97
_PADDING: Final = 0.45
_BLURRED: Final = 0.8
_ECHO: Final = 1.2


@dataclass(frozen=True, slots=True)
class _Spectrum:
    """Mean power by share of the Nyquist frequency."""

    power: Floats
    radius: Floats

    def mean(self, low: float, high: float) -> float:
        ring = (self.radius >= low) & (self.radius < high)
        return float(self.power[ring].mean()) if ring.any() else 0.0


def detail(a: View, b: View, sight: Sight, close: Sight | None) -> float:
    """> 0 where a holds more real detail than b, < 0 where b does, 0 where they are equal or it cannot be told.

    The size of the number is the log2 of the ratio of sampling, or a small one where blur or padding decides.
    """
    shape_a, shape_b = ((view.facts.height, view.facts.width) for view in (a, b))
    scale = align.scale_of(align.from_unit(sight.placement, shape_b, shape_a))
    if max(scale, 1 / scale) < SAME_SAMPLING:
        return _sharper(close or sight) or _unpadded(sight)
    if scale > 1:
        return _finer(a, b, sight.placement, scale, sight.overlap)
    return -_finer(b, a, align.invert(sight.placement), 1 / scale, sight.overlap[::-1])


def _finer(fine: View, coarse: View, placement: Matrix, ratio: float, overlap: tuple[float, float]) -> float:
    """> 0 where the more finely sampled picture holds more, < 0 where it is merely enlarged; ``placement`` maps the coarse frame
    onto the fine one."""
    middle_fine, middle_coarse = _middles(placement)
    one, other = window_of(fine, middle_fine, _WINDOW), window_of(coarse, middle_coarse, _WINDOW)
    if one is None or other is None or min(*one.shape[:2], *other.shape[:2]) < _LEAST_WINDOW:
        return 0.0
    if _is_enlarged(_spectrum(one), _spectrum(other), ratio):
        return -float(np.log2(ratio))
    return float(np.log2(ratio)) if overlap[1] > 0.9 else 0.0


def _is_enlarged(fine: _Spectrum, coarse: _Spectrum, ratio: float) -> bool:
    edge = 1 / ratio
    beyond, within = fine.mean(1.05 * edge, min(1.0, 1.4 * edge)), fine.mean(0.6 * edge, 0.85 * edge)
    source = coarse.mean(0.6, 0.85) / max(coarse.mean(0.25, 0.4), 1e-9)
    grown = within / max(fine.mean(0.25 * edge, 0.4 * edge), 1e-9)
    empty = float(np.log2(max(beyond, 1e-9) / max(within, 1e-9)))
    softer = float(np.log2(max(source, 1e-9) / max(grown, 1e-9)))
    return empty < _EMPTY and softer > _SOFTER


def _spectrum(window: Rgb) -> _Spectrum:
    grey = grey_of(window)
    side = min(grey.shape)
    grey = grey[:side, :side]
    taper = np.hanning(side).astype(np.float32)
    power = np.abs(np.fft.fft2((grey - grey.mean()) * taper[:, None] * taper[None, :])) ** 2
    steps = np.fft.fftfreq(side)
    return _Spectrum(power.astype(np.float32), (2 * np.hypot(steps[:, None], steps[None, :])).astype(np.float32))


def _middles(placement: Matrix) -> tuple[tuple[float, float], tuple[float, float]]:
    """The middle of what both show, in the frame (0–1) of the first and of the second picture."""
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]) @ placement[:, :2].T + placement[:, 2]
    low, high = np.clip(corners.min(0), 0, 1), np.clip(corners.max(0), 0, 1)
    middle = (low + high) / 2
    inverse = align.invert(placement)
    back = np.clip(inverse[:, :2] @ middle + inverse[:, 2], 0, 1)
    return (float(middle[0]), float(middle[1])), (float(back[0]), float(back[1]))


def _sharper(sight: Sight) -> float:
    """> 0 where b is a blurred a, < 0 where a is a blurred b. Noise makes a picture crisper too, but adds nothing to what the
    other shows: only fine structure that the softer one shows faintly counts."""
    if abs(sight.softened) < _BLURRED:
        return 0.0
    return float(np.sign(sight.softened)) * 0.5 if sight.echo > _ECHO else 0.0


def _unpadded(sight: Sight) -> float:
    """> 0 where b is a with a frame, bars or a screen round it, < 0 the other way round; also where b is cut out of a."""
    share_a, share_b = sight.overlap
    if min(share_a, share_b) > _WHOLE or max(share_a, share_b) < _WHOLE:
        return 0.0
    outside = _outside(sight.laid, larger_is_b=share_b < share_a)
    if not len(outside):
        return 0.0
    padded = flatness(outside) > _PADDING
    return 0.05 if padded == (share_b < share_a) else -0.05


def _outside(laid: Laid, larger_is_b: bool) -> Rgb:
    """uint8[n, 3]: what the larger picture shows outside the smaller one's frame."""
    over = laid.overlay
    if larger_is_b == over.swapped:
        return over.still[laid.cover == 0]
    height, width = over.moving.shape[:2]
    ones = np.ones(over.still.shape[:2], np.uint8)
    cover = cv2.warpAffine(ones, align.invert(over.matrix), (width, height), flags=cv2.INTER_NEAREST)
    return over.moving[cover == 0]
