"""Which of two pictures of one capture holds more real detail: an enlarged copy holds no more than what it was made from.

Looked at is the transfer function: the power of the finer sampled picture over that of the other at the same frequencies, both
of one window of the scene. An enlargement loses towards the frequency at which its source ended and has nothing beyond; a
reduction loses in the smaller picture instead (resampling leaves its mark in the spectrum: Gallagher 2005). A logistic
regression weighs both, and says nothing where it is in doubt. `python -m benchmarks.enlargement` measures and fits it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from dedupe.comparing import align
from dedupe.comparing.align import Floats, Matrix, Rgb
from dedupe.comparing.measure import Measurement
from dedupe.comparing.pictures import View, window_of
from dedupe.comparing.regions import flatness
from dedupe.comparing.registration import Registered, grey_of
from dedupe.comparing.sharpening import Crisp
from dedupe.types import ClueKind

SAME_SAMPLING: Final = 1.08
"""Nearer than this in sampling it cannot be told which of two was made from the other."""
BANDS: Final = ((0.12, 0.25), (0.25, 0.4), (0.4, 0.6), (0.6, 0.75), (0.75, 0.85), (0.85, 0.92), (0.92, 1.0))
"""Shares of the coarse picture's Nyquist frequency; the second is what the others are measured against."""
ENLARGED: Final = np.array((
    14.618, -7.866, -3.704, -2.157, -2.321, 0.348, 0.977, -4.933, -8.908,
    7.457, 2.135, 2.334, -0.578, -4.920, -0.463, -0.547, 0.921, 1.765,
    4.979, -0.379, 1.401, -2.367, -1.122, 0.218, 0.148, -1.527, -2.846,
))  # fmt: skip
"""Weights of ``weighed``."""
SURE: Final = 3.0
SURE_FINER: Final = 2.5
"""Log odds from which the answer counts."""
LEAST_WINDOW: Final = 96
"""Side, in pixels, of the smallest window whose spectrum tells anything."""
_WINDOW, _FINE_WINDOW = 512, 768
_WHOLE: Final = 0.97
_PADDING: Final = 0.75
_PLAIN: Final = 6
"""Measured: of frames and screens ≥ 86 % has one colour within ± 5, of what a crop cuts off ≤ 64 % (floors and beds)."""
_BLURRED: Final = 0.8
_ECHO: Final = 1.2


@dataclass(frozen=True, slots=True)
class _Spectrum:
    """Power by share of the Nyquist frequency, a pixel of the window."""

    power: Floats
    radius: Floats

    def level(self, low: float, high: float) -> float:
        """log2 of the mean power of a ring."""
        ring = (self.radius >= low) & (self.radius < high)
        return float(np.log2(max(float(self.power[ring].mean()), 1e-9))) if ring.any() else -30.0


def detail(a: View, b: View, measurement: Measurement, close: Measurement | None, crisp: Crisp) -> float:
    """> 0 where a holds more real detail than b, < 0 where b does, 0 where they are equal or it cannot be told.

    The size of the number is the log2 of the ratio of sampling, or a small one where blur or padding decides. ``crisp`` as for
    ``direction.clues``.
    """
    scale = sampling(a, b, measurement)
    if max(scale, 1 / scale) < SAME_SAMPLING:
        return _sharper(close or measurement, crisp) or _unpadded(measurement)
    if scale > 1:
        return _finer(a, b, measurement.tangent, scale, measurement.overlap)
    return -_finer(b, a, align.invert(measurement.tangent), 1 / scale, measurement.overlap[::-1])


def sampling(a: View, b: View, measurement: Measurement) -> float:
    """Pixels of a for one pixel of b, along a line."""
    shape_a, shape_b = ((view.facts.height, view.facts.width) for view in (a, b))
    return align.scale_of(align.from_unit(measurement.tangent, shape_b, shape_a))


def _finer(fine: View, coarse: View, placement: Matrix, ratio: float, overlap: tuple[float, float]) -> float:
    """Compare the detail of the more finely sampled picture with that of the other.

    > 0 where it holds more, < 0 where it is merely enlarged, 0 where neither is clear. ``placement`` maps the coarse
    frame onto the fine one.
    """
    middle_fine, middle_coarse = _middles(placement)
    side, fine_side = window_sides(ratio, coarse.facts.width, coarse.facts.height)
    one, other = window_of(fine, middle_fine, fine_side), window_of(coarse, middle_coarse, side)
    if one is None or other is None or min(*one.shape[:2], *other.shape[:2]) < LEAST_WINDOW:
        return 0.0
    odds = float(weighed(evidence(one, other, ratio)) @ ENLARGED)
    if odds > SURE:
        return -float(np.log2(ratio))
    return float(np.log2(ratio)) if odds < -SURE_FINER and overlap[1] > 0.9 else 0.0


def window_sides(ratio: float, width: int, height: int) -> tuple[int, int]:
    """Sides of the windows, in the coarse picture of that size and in the fine one, that show the same of the scene."""
    side = int(min(_WINDOW, _FINE_WINDOW / ratio, width, height))
    return side, round(side * ratio)


def weighed(told: Floats) -> npt.NDArray[np.float64]:
    """``evidence`` as the regression takes it, float64[27]: itself, times the log of the ratio, squared, and 1."""
    exact = told.astype(np.float64)
    return np.concatenate([exact, exact * exact[-1], exact[:-1] ** 2, [1.0]])


def evidence(fine: Rgb, coarse: Rgb, ratio: float) -> Floats:
    """Measure what tells an enlargement from a reduction, float32[9], in two pictures of one window of the scene.

    ``ratio`` > 1 is the pixels of ``fine`` for one of ``coarse``. The values are the transfer function in five bands up
    to the coarse picture's Nyquist frequency; what is beyond it; how steeply either spectrum falls; log2 of the ratio.
    All are in log2 of power.
    """
    high, low, edge = _spectrum(fine), _spectrum(coarse), 1 / ratio
    fines = [high.level(start * edge, end * edge) for start, end in BANDS]
    coarses = [low.level(start, end) for start, end in BANDS]
    transfer = [(f - c) - (fines[1] - coarses[1]) for f, c in zip(fines[2:], coarses[2:], strict=True)]
    beyond = high.level(1.05 * edge, min(1.0, 1.4 * edge)) - fines[3]
    slopes = (fines[3] - fines[1], coarses[6] - coarses[3])
    return np.array([*transfer, beyond, *slopes, np.log2(ratio)], np.float32)


def _spectrum(window: Rgb) -> _Spectrum:
    grey = grey_of(window)
    side = min(grey.shape)
    grey = grey[:side, :side]
    taper = np.hanning(side).astype(np.float32)
    power = np.abs(np.fft.fft2((grey - grey.mean()) * taper[:, None] * taper[None, :])) ** 2
    steps = np.fft.fftfreq(side)
    radius = 2 * np.hypot(steps[:, None], steps[None, :])
    return _Spectrum((power / side**2).astype(np.float32), radius.astype(np.float32))


def _middles(placement: Matrix) -> tuple[tuple[float, float], tuple[float, float]]:
    """The middle of what both show, in the frame (0–1) of the first and of the second picture."""
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]) @ placement[:, :2].T + placement[:, 2]
    low, high = np.clip(corners.min(0), 0, 1), np.clip(corners.max(0), 0, 1)
    middle = (low + high) / 2
    inverse = align.invert(placement)
    back = np.clip(inverse[:, :2] @ middle + inverse[:, 2], 0, 1)
    return (float(middle[0]), float(middle[1])), (float(back[0]), float(back[1]))


def _sharper(look: Measurement, crisp: Crisp) -> float:
    """Tell which picture is the other one blurred: > 0 for b, < 0 for a, 0 where neither is clear.

    Noise makes a picture crisper too, and so does sharpening, but neither adds anything to what the other shows. So only
    fine structure counts that the softer picture shows faintly.
    """
    if abs(look.softened) < _BLURRED or look.echo <= _ECHO:
        return 0.0
    told = crisp()
    if told is not None and told.kind is ClueKind.SHARPENED:
        return 0.0
    return float(np.sign(look.softened)) * 0.5


def _unpadded(measurement: Measurement) -> float:
    """> 0 where b is a with a frame, bars or a screen round it, < 0 the other way round; also where b is cut out of a."""
    share_a, share_b = measurement.overlap
    if min(share_a, share_b) > _WHOLE or max(share_a, share_b) < _WHOLE:
        return 0.0
    outside = _outside(measurement.registered, larger_is_b=share_b < share_a)
    if not len(outside):
        return 0.0
    padded = flatness(outside, _PLAIN) > _PADDING
    return 0.05 if padded == (share_b < share_a) else -0.05


def _outside(registered: Registered, larger_is_b: bool) -> Rgb:
    """uint8[n, 3]: what the larger picture shows outside the smaller one's frame."""
    over = registered.overlay
    if larger_is_b == over.swapped:
        return over.still[registered.cover == 0]
    height, width = over.moving.shape[:2]
    ones = np.ones(over.still.shape[:2], np.uint8)
    cover = cv2.warpAffine(ones, align.invert(over.matrix), (width, height), flags=cv2.INTER_NEAREST)
    return over.moving[cover == 0]
