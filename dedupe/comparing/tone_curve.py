"""The tone curve that two pictures on one grid share: brightness, contrast, gamma, exposure."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from dedupe.comparing.align import Floats, Grey, Mask, Matrix

LEAST_SLOPE: Final = 0.4
_BINS: Final = 32
_CLIPS: Final = 5
SEEN: Final = 4.0
"""Mean departure of the curve, grey levels, from which the tone counts as changed."""


def readings(p: Grey, q: Grey, cover: Floats) -> tuple[float, list[tuple[Floats, Floats]]]:
    """How much the tone changed (grey levels in the mean), and both greys in one tone, in every way that may explain it.

    The first reading is the pictures as they are; it stands alone where the tone did not change. The others bring p to q's tone
    or q to p's, with and without light that varies slowly over the frame (vignettes).
    """
    inside = cover > 0
    forth, back = curve(p, q, inside), curve(q, p, inside)
    change = max(bow(forth, p, inside), bow(back, q, inside))
    plain = (p.astype(np.float32), q.astype(np.float32))
    if change < SEEN:
        return change, [plain]
    wide = max(cover.shape) / 7
    light = (spread(plain[1], cover, wide) + 4) / (spread(plain[0], cover, wide) + 4)
    lit_p, lit_q = _as_grey(plain[0] * light), _as_grey(plain[1] / light)
    return change, [
        plain,
        (cv2.LUT(p, forth), plain[1]),
        (plain[0], cv2.LUT(q, back)),
        (cv2.LUT(lit_p, curve(lit_p, q, inside)), plain[1]),
        (plain[0], cv2.LUT(lit_q, curve(lit_q, p, inside))),
    ]


def spread(values: Floats, cover: Floats, sigma: float) -> Floats:
    """float32[h, w]: mean of the covered ``values`` under a wide Gaussian, worked out at a quarter of the size."""
    height, width = values.shape
    small = (max(1, width // 4), max(1, height // 4))
    weighed = cv2.GaussianBlur(cv2.resize(values * cover, small, interpolation=cv2.INTER_AREA), (0, 0), sigma / 4)
    weight = cv2.GaussianBlur(cv2.resize(cover, small, interpolation=cv2.INTER_AREA), (0, 0), sigma / 4)
    return cv2.resize(weighed / (weight + 1e-3), (width, height), interpolation=cv2.INTER_LINEAR)


def _as_grey(values: Floats) -> Grey:
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)


def curve(p: Grey, q: Grey, inside: Mask) -> Floats:
    """float32[256]: what q shows where p shows each value, in the median; never falling, and never flatter than LEAST_SLOPE
    but at the ends of the scale, where exposure clips. (A curve free to be flat would explain white letters away.)"""
    mask = inside.astype(np.uint8)
    joint = cv2.calcHist([p, q], [0, 1], mask, [_BINS, 256], [0, 256, 0, 256])
    count = joint.sum(axis=1).astype(np.float64)
    medians = (joint.cumsum(axis=1) < count[:, None] / 2).sum(axis=1).astype(np.float64)
    levels = cv2.calcHist([p], [0], mask, [256], [0, 256]).reshape(_BINS, -1)
    centres = (levels * np.arange(256).reshape(_BINS, -1)).sum(1) / np.maximum(levels.sum(1), 1)
    filled = count > max(30.0, 0.0005 * float(count.sum()))
    free = filled & (medians > _CLIPS) & (medians < 255 - _CLIPS)
    if free.sum() < 2:
        return np.arange(256, dtype=np.float32)
    medians[free] = LEAST_SLOPE * centres[free] + _rising(medians[free] - LEAST_SLOPE * centres[free], count[free])
    bent = np.interp(np.arange(256), centres[filled], medians[filled])
    return np.clip(np.maximum.accumulate(bent), 0, 255).astype(np.float32)


def _rising(values: Matrix, weights: Matrix) -> Matrix:
    """The rising sequence nearest to ``values`` (pool adjacent violators: Ayer et al. 1955)."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        pool = (float(value), float(weight), 1)
        while pools and pools[-1][0] > pool[0]:
            mean, mass, length = pools.pop()
            mass_now = mass + pool[1]
            pool = ((mean * mass + pool[0] * pool[1]) / mass_now, mass_now, length + pool[2])
        pools.append(pool)
    return np.repeat([mean for mean, _, _ in pools], [length for _, _, length in pools])


def bow(bent: Floats, values: Grey, inside: Mask) -> float:
    """The mean departure of the curve from no change, over the pixels."""
    levels = cv2.calcHist([values], [0], inside.astype(np.uint8), [256], [0, 256]).ravel()
    return float(levels @ np.abs(bent - np.arange(256)) / max(float(levels.sum()), 1.0))
