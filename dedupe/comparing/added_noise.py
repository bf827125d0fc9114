"""Which of two pictures of one size has noise added: what it has more is alike everywhere.

Noise that a program adds is as strong in flat places as in busy ones, and in dark ones as in light ones. Its neighbours have
nothing in common, and its values are normally distributed. What smoothing takes out is none of that: a camera's noise
is stronger in some tones and was spread by its own processing, and a filter takes more where there is structure.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from dedupe.comparing.align import Floats, Mask
from dedupe.comparing.pictures import View, window_of
from dedupe.comparing.registration import grey_of

STRONG: Final = 3.0
"""Grey levels of noise from which it is looked at."""
EVEN: Final = 1.2
"""How many times stronger it may be in busy than in flat places, or in dark than in light ones, and the other way round.

[18 photographs with noise of 5–14 grey levels, saved as JPEG: 0.94–1.13, ``TOGETHER`` −0.07–0.24, ``NORMAL`` 2.9–3.3. What four
filters took out of 15 others: nothing within all of these.]
"""
TOGETHER: Final = 0.3
"""Correlation up to which neighbours have nothing in common."""
NORMAL: Final = 3.5
"""Fourth moment, over the square of the second, up to which values are normally distributed."""
_WINDOW: Final = 512
_UNCLIPPED: Final = (25, 230)
_LEAST_PIXELS: Final = 2_000
_FLAT, _BUSY = 40, 75


def noisier(a: View, b: View) -> float:
    """> 0 where b is a with noise added, < 0 the other way round, 0 where neither is so or their sizes differ.

    The middles of the originals are looked at.
    """
    if (a.facts.width, a.facts.height) != (b.facts.width, b.facts.height):
        return 0.0
    windows = [window_of(view, (0.5, 0.5), _WINDOW) for view in (a, b)]
    if windows[0] is None or windows[1] is None or windows[0].shape != windows[1].shape:
        return 0.0
    one, other = grey_of(windows[0]), grey_of(windows[1])
    if _fine(one) < _fine(other):
        return 1.0 if _is_added(other, one) else 0.0
    return -1.0 if _is_added(one, other) else 0.0


def _fine(grey: Floats) -> float:
    """The usual strength of what is finer than a pixel or two."""
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1.0)
    return float(np.median(cv2.blur(fine * fine, (9, 9))))


def _is_added(noisy: Floats, clean: Floats) -> bool:
    away = noisy - clean
    away -= cv2.GaussianBlur(away, (0, 0), 3.0)
    smooth = cv2.GaussianBlur(clean, (0, 0), 1.5)
    structure = cv2.GaussianBlur((smooth - cv2.GaussianBlur(smooth, (0, 0), 3.0)) ** 2, (0, 0), 4.0)
    seen = (clean > _UNCLIPPED[0]) & (clean < _UNCLIPPED[1])
    if np.count_nonzero(seen) < _LEAST_PIXELS:
        return False
    flat = seen & (structure <= np.percentile(structure[seen], _FLAT))
    busy = seen & (structure >= np.percentile(structure[seen], _BUSY))
    dark = flat & (clean <= np.median(clean[flat]))
    strength = [_strength(away, where) for where in (flat, busy, dark, flat & ~dark)]
    if strength[0] < STRONG or not _even(strength[0], strength[1]) or not _even(strength[2], strength[3]):
        return False
    return _together(away, flat) < TOGETHER and _peakedness(away[flat]) < NORMAL


def _strength(away: Floats, where: Mask) -> float:
    """The usual strength there, grey levels."""
    return float(np.median(cv2.blur(away * away, (7, 7))[where])) ** 0.5 if where.any() else 0.0


def _even(one: float, other: float) -> bool:
    return 1 / EVEN < (one + 1e-6) / (other + 1e-6) < EVEN


def _together(away: Floats, where: Mask) -> float:
    """The larger correlation of neighbours, across or down, without its sign."""
    power = max(float((away[where] ** 2).mean()), 1e-6)
    across, down = where[:, 1:] & where[:, :-1], where[1:] & where[:-1]
    found = ((away[:, 1:] * away[:, :-1])[across], (away[1:] * away[:-1])[down])
    return max(abs(float(products.mean())) / power if len(products) else 1.0 for products in found)


def _peakedness(values: Floats) -> float:
    squares = values.astype(np.float64) ** 2
    return float((squares**2).mean() / max(float(squares.mean()) ** 2, 1e-9))
