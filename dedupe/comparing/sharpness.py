"""Brings two pictures on one grid to the same sharpness, so that a blurred or noisy copy is compared by what both can show."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from dedupe.comparing.align import Floats, Rgb
from dedupe.comparing.ground import CELL, Ground, blocks_of
from dedupe.comparing.registration import TEXTURED, Laid, Overlay, Registered, grey_of, laid
from dedupe.comparing.thresholds import SHARPNESS_APART

_LEAST_BLOCKS: Final = 6
_SIGMAS: Final = (0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0, 4.0, 5.5)


def even(over: Overlay) -> tuple[Overlay, float, Laid | None]:
    """Soften the sharper picture of an overlay to the other's sharpness.

    Returns the overlay, the sigma in pixels that this took, and the overlay as registered, where nothing was softened.
    Sigma is 0 where the pictures are alike, negative where ``moving`` was softened.
    """
    lies = laid(over, over.matrix)
    still, moved, ground = lies.still.grey, lies.moved, lies.ground
    one, other = _crispness(still, ground), _crispness(moved, ground)
    judged = np.isfinite(one) & np.isfinite(other)
    if judged.sum() < _LEAST_BLOCKS:
        return over, 0.0, lies
    ahead = float(np.median(one[judged] / other[judged]))
    if ahead > SHARPNESS_APART:
        sigma = _matching(still, ground, other)
        return replace(over, still=_soft(over.still, sigma)), sigma, None
    if ahead < 1 / SHARPNESS_APART:
        sigma = _matching(moved, ground, one)
        return replace(over, moving=_soft(over.moving, sigma)), -sigma, None
    return over, 0.0, lies


def echo(registered: Registered) -> float:
    """How much stronger the fine structure of the one picture is, as far as the other shows it too.

    It is 1 for pictures alike and for one that is merely noisier, more where one is blurred. Tone does not change it.
    """
    one, other = grey_of(registered.still), grey_of(registered.moved)
    fine = [
        (cv2.GaussianBlur(g, (0, 0), 0.7) - cv2.GaussianBlur(g, (0, 0), 1.8)) * registered.cover for g in (one, other)
    ]
    rough = [
        (cv2.GaussianBlur(g, (0, 0), 3.0) - cv2.GaussianBlur(g, (0, 0), 8.0)) * registered.cover for g in (one, other)
    ]
    gains = [_gain(*fine) / max(_gain(*rough), 1e-3), _gain(*fine[::-1]) / max(_gain(*rough[::-1]), 1e-3)]
    return max(gains)


def _gain(one: Floats, other: Floats) -> float:
    return float((one * other).sum()) / max(float((other * other).sum()), 1e-3)


def _crispness(grey: Floats, ground: Ground) -> Floats:
    """The share of each block's structure that is finer than 2 px, float32[rows, cols].

    Not a number where a block is not covered or flat. The share falls with blur and rises with noise; tone does not
    change it, and captions reach few blocks.
    """
    soft = cv2.GaussianBlur(grey, (0, 0), 1.8)
    fine, coarse = (
        ground.cut(cv2.GaussianBlur(grey, (0, 0), 0.7) - soft),
        ground.cut(soft - cv2.GaussianBlur(grey, (0, 0), 8.0)),
    )
    sums, area = blocks_of(coarse, coarse), ground.area
    told = (area > 0.9 * (2 * CELL) ** 2) & (sums > TEXTURED**2 * area)
    return np.where(told, (blocks_of(fine, fine) + 1e-3) / np.maximum(sums, 1.0), np.nan).astype(np.float32)


def _matching(grey: Floats, ground: Ground, wanted: Floats) -> float:
    for sigma in _SIGMAS:
        left = _crispness(cv2.GaussianBlur(grey, (0, 0), sigma), ground) / wanted
        told = left[np.isfinite(left)]
        if not len(told) or float(np.median(told)) < 1.1:
            return sigma
    return _SIGMAS[-1]


def _soft(picture: Rgb, sigma: float) -> Rgb:
    return cv2.GaussianBlur(picture, (0, 0), sigma)
