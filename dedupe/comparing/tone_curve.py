"""The tone curve that two pictures on one grid share: brightness, contrast, gamma, exposure."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from dedupe.comparing.align import Floats, Grey, Mask, Matrix
from dedupe.comparing.ground import Ground

LEAST_SLOPE: Final = 0.4
_BINS: Final = 32
_CLIPS: Final = 5
SEEN: Final = 4.0
"""Mean departure of the curve, grey levels, from which the tone counts as changed."""


def readings(p: Grey, q: Grey, ground: Ground) -> tuple[float, list[tuple[Floats, Floats]]]:
    """How much the tone changed (grey levels in the mean), and both greys in one tone, in every way that may explain it.

    The first reading is the pictures as they are; it is the only one where the tone did not change. The others bring p to
    q's tone or q to p's, with and without light that varies slowly over the frame (vignettes).
    """
    joint = _joint(p, q, ground.inside)
    forth, back = _curve(joint), _curve(joint.T)
    change = max(bow(forth, joint.sum(1)), bow(back, joint.sum(0)))
    plain = (p.astype(np.float32), q.astype(np.float32))
    if change < SEEN:
        return change, [plain]
    wide = max(p.shape) / 7
    light = (ground.spread(plain[1], wide) + 4) / (ground.spread(plain[0], wide) + 4)
    lit_p, lit_q = _as_grey(plain[0] * light), _as_grey(plain[1] / light)
    return change, [
        plain,
        (cv2.LUT(p, forth), plain[1]),
        (plain[0], cv2.LUT(q, back)),
        (cv2.LUT(lit_p, curve(lit_p, q, ground.inside)), plain[1]),
        (plain[0], cv2.LUT(lit_q, curve(lit_q, p, ground.inside))),
    ]


def _as_grey(values: Floats) -> Grey:
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)


def curve(p: Grey, q: Grey, inside: Mask) -> Floats:
    """The tone curve, float32[256]: what q shows, in the median, where p shows each value.

    It never falls, and is never flatter than LEAST_SLOPE but at the ends of the scale, where exposure clips. (A curve
    free to be flat would explain white letters away.)
    """
    return _curve(_joint(p, q, inside))


def _joint(p: Grey, q: Grey, inside: Mask) -> Floats:
    """float32[256, 256]: how often p shows the one value where q shows the other."""
    return cv2.calcHist([p, q], [0, 1], inside.view(np.uint8), [256, 256], [0, 256, 0, 256])


def _curve(together: Floats) -> Floats:
    joint = together.reshape(_BINS, -1, 256).sum(1)
    count = joint.sum(axis=1).astype(np.float64)
    medians = (joint.cumsum(axis=1) < count[:, None] / 2).sum(axis=1).astype(np.float64)
    levels = together.sum(1).reshape(_BINS, -1)
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


def bow(bent: Floats, levels: Floats) -> float:
    """The mean departure of the curve from no change, over pixels of which ``levels`` float32[256] show each value."""
    return float(levels @ np.abs(bent - np.arange(256)) / max(float(levels.sum()), 1.0))
