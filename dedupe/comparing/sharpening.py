"""Which of two pictures, one crisper than the other, came first: was the one blurred, or the other sharpened?

Either is made from the other by a filter, so the filter alone does not tell. What tells is which of the two looks like a photo:
in those the strength of structure falls evenly with its fineness; a blur makes it fall faster, an unsharp mask more slowly
(natural scenes: Field 1987). A logistic regression weighs that with how well a blur and an unsharp mask explain the one by the
other, and says nothing where it is in doubt.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from dedupe.comparing import align, registration
from dedupe.comparing.align import Floats, Mask, Rgb
from dedupe.comparing.difference import is_document
from dedupe.comparing.measure import Measurement
from dedupe.types import Clue, ClueKind

Crisp: TypeAlias = Callable[[], Clue | None]
"""``clue`` of one pair, worked out when it is asked for."""

LIKE_TONE: Final = 12.0
"""Departure of the tone curve, grey levels, from which sharpness is not compared (heavy sharpening changes it by 11)."""
FINER: Final = 1.25
"""Ratio of fine structure from which one of two pictures is sharper than the other."""
NOISY: Final = 2.0
EVEN: Final = 3.0
"""Grey levels of fine structure in flat places, and how many times stronger it may be in busy ones, to be noise (a guess)."""
WEIGHTS: Final = np.array((-0.133, 0.448, 1.191, 1.201, 0.785, -1.928, 3.059, 6.336, 6.640, 2.008))
"""Log odds that the softer picture came first, by ``_evidence``.

Fitted to 56 photographs of data/photos/{various,items,camera}, each blurred in six ways and sharpened in nine. Of those
left out of the fit in turn 0.83 are told rightly and 0.04 wrongly. Of 35 other photographs, four of data/photos/scene,
sharpened in five ways 0.93 and 0.01, blurred in three 0.57 and 0.09.
"""
TOLD: Final = 1.0
CLEAR: Final = 3.0
"""Log odds from which the answer counts, and beyond which it counts no more."""
_BLURS: Final = (0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
_BANDS: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
_LEAST_PIXELS: Final = 1_000
_HALO: Final = 4.0


def clue(measurement: Measurement, shown: tuple[Rgb, Rgb]) -> Clue | None:
    """Which of a and b is a blurred or a sharpened copy of the other; None where they are as crisp, or nothing tells.

    ``measurement`` is one look at the two; ``shown`` are a's and b's pictures, uint8[h, w, 3]. Where tones differ much, or one of
    them is merely noisier, nothing is told; nor of pages and screens, which were never like a photo.
    """
    one, other = shown
    if measurement.difference.tone >= LIKE_TONE or is_document(one) or is_document(other):
        return None
    over = registration.overlay(one, other, align.from_unit(measurement.tangent, other.shape, one.shape))
    cover = registration.cover_of(over, over.matrix).astype(np.uint8)
    inside = cv2.erode(cover, np.ones((9, 9), np.uint8), borderValue=0) > 0
    if np.count_nonzero(inside) < _LEAST_PIXELS:
        return None
    still = registration.grey_of(over.still)
    moved = registration.warped(registration.grey_of(over.moving), over.matrix, over.still.shape)
    # Contrast changes fine and rough structure alike, sharpness only the fine.
    contrast = (_rough(still, inside) / max(_rough(moved, inside), 1e-3)) ** 0.5
    moved = moved * np.float32(contrast) + np.float32((1 - contrast) * float(cv2.mean(moved, inside.view(np.uint8))[0]))
    ahead = _fine(still, inside) / max(_fine(moved, inside), 1e-3)
    sharp, soft = (still, moved) if ahead > 1 else (moved, still)
    if 1 / FINER < ahead < FINER or _is_noise(sharp - soft, soft, inside):
        return None
    odds = float(_evidence(sharp, soft, inside, measurement.difference.tone) @ WEIGHTS)
    if abs(odds) < TOLD:
        return None
    a_is_sharp = (ahead > 1) != over.swapped
    a_is_first = a_is_sharp == (odds < 0)
    weight = min(abs(odds), CLEAR)
    return Clue(ClueKind.SHARPENED if odds > 0 else ClueKind.BLURRED, weight if a_is_first else -weight)


def _evidence(sharp: Floats, soft: Floats, inside: Mask, tone: float) -> npt.NDArray[np.float64]:
    """Measure what tells a blurred picture from a sharpened one, float64[10].

    The values are: how evenly the structure of either falls, log2 of power; how much better a blur explains the soft
    picture than an unsharp mask the sharp one; halos; how far the tone curve departs from no change; 1.
    """
    blurred = min(_error(cv2.GaussianBlur(sharp, (0, 0), sigma), soft, inside) for sigma in _BLURS)
    masked = min(_error(_sharpened(soft, sharp, sigma, inside), sharp, inside) for sigma in _BLURS)
    explained = [
        max(error / max(_structure(wanted, inside), 1e-3), 1e-3) for error, wanted in ((blurred, soft), (masked, sharp))
    ]
    near = np.ones((3, 3), np.uint8)
    halo = (sharp > cv2.dilate(soft, near) + _HALO) | (sharp < cv2.erode(soft, near) - _HALO)
    halos = np.count_nonzero(halo & inside) / np.count_nonzero(inside)
    return np.array(
        [*_fall(sharp, inside), *_fall(soft, inside), np.log2(explained[0] / explained[1]), halos**0.5, tone / 10, 1.0]
    )


def _fall(grey: Floats, inside: Mask) -> tuple[float, float, float]:
    """Strength of structure of half a pixel, of one and of two against the next, log2 of power."""
    steps = [grey, *(cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in _BANDS)]
    power = [np.log2(_mean_square(fine - rough, inside) + 1e-3) for fine, rough in pairwise(steps)]
    return power[0] - power[2], power[1] - power[2], power[2] - power[4]


def _fine(grey: Floats, inside: Mask) -> float:
    """Mean square of the structure finer than 2 pixels."""
    return _mean_square(grey - cv2.GaussianBlur(grey, (0, 0), 1.0), inside)


def _rough(grey: Floats, inside: Mask) -> float:
    """Mean square of the structure between 6 and 16 pixels."""
    return _mean_square(cv2.GaussianBlur(grey, (0, 0), 3.0) - cv2.GaussianBlur(grey, (0, 0), 8.0), inside)


def _mean_square(values: Floats, inside: Mask) -> float:
    return float(cv2.mean(values * values, inside.view(np.uint8))[0])


def _is_noise(off: Floats, soft: Floats, inside: Mask) -> bool:
    """Whether what the sharper picture has more is as strong in flat places as in structured ones."""
    energy = cv2.GaussianBlur((off - cv2.GaussianBlur(off, (0, 0), 2.0)) ** 2, (0, 0), 4.0)
    contrast = cv2.GaussianBlur((soft - cv2.GaussianBlur(soft, (0, 0), 2.0)) ** 2, (0, 0), 4.0)
    low, high = np.percentile(contrast[inside], (30, 70))
    flat, busy = (float(np.median(energy[inside & there])) for there in (contrast <= low, contrast >= high))
    return flat > NOISY**2 and busy < EVEN * flat


def _sharpened(soft: Floats, sharp: Floats, sigma: float, inside: Mask) -> Floats:
    """The soft picture under the unsharp mask of that sigma that comes nearest to the sharp one."""
    detail = soft - cv2.GaussianBlur(soft, (0, 0), sigma)
    mask, count = inside.view(np.uint8), np.count_nonzero(inside)
    wanted, own = (cv2.mean(values, mask)[0] * count for values in (detail * (sharp - soft), detail * detail))
    amount = float(wanted) / max(float(own), 1e-3)
    return np.clip(soft + np.float32(max(0.0, amount)) * detail, 0, 255)


def _error(made: Floats, wanted: Floats, inside: Mask) -> float:
    """Root mean square of what is left of structure, tone set aside."""
    return _structure(made - wanted, inside)


def _structure(grey: Floats, inside: Mask) -> float:
    """Root mean square of what is finer than 16 pixels."""
    return _mean_square(grey - cv2.GaussianBlur(grey, (0, 0), 8.0), inside) ** 0.5
