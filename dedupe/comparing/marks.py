"""Which of two pictures has something laid on it: a mark has an outline that the other does not have.

Across the outline of a mark the picture changes the same way all along it; what the mark hides changes this way and that. So
the change across is averaged along the outline before it is measured, and texture under a mark does not hide it.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from dedupe.comparing.align import Floats, Grey, Mask, Rgb
from dedupe.comparing.regions import strongest, thickness

CLEARER: Final = 1.25
"""How many times stronger the outline must be in the picture that has the mark.

[44 pictures with a text, a stamp, stripes, a watermark, an emoji: 1.26 and more, two nearer to 1; of other pairs, sharpened ones
aside, 0.85–1.12.]
"""
SPOT: Final = 0.004
"""Share of the picture up to which what differs may be a retouched spot (a guess)."""
STROKES: Final = 4
THIN: Final = 7.0
"""More parts than this, thinner than this many pixels of the preview, are letters or lines (a guess)."""
_AWAY: Final = 20.0
_LEAST: Final = 12
_ALONG: Final = 15
_FLOOR: Final = 0.5


def marks(one: Rgb, other: Rgb, mask: Mask, inside: Mask) -> float:
    """Tell which picture has something added: > 0 for ``other``, < 0 for ``one``, 0 where neither is clear.

    ``mask`` is where the two differ, ``inside`` where both have content.
    """
    if not mask.any():
        return 0.0
    away = strongest(cv2.absdiff(one, other))
    strong = mask & (away > max(_AWAY, 0.4 * float(np.percentile(away[mask], 90))))
    if np.count_nonzero(strong) < _LEAST:
        return 0.0
    changed = strong.astype(np.uint8)
    outline = _Outline.of(changed, inside)
    ratio = (outline.step(other) + _FLOOR) / (outline.step(one) + _FLOOR)
    # A small spot that was retouched has lost its outline, too: only strokes, or something larger, are a mark that was put on.
    strokes = cv2.connectedComponents(changed)[0] > STROKES and thickness(changed) < THIN
    weight = 2.0 if strokes or np.count_nonzero(strong) > SPOT * np.count_nonzero(inside) else 0.5
    if ratio > CLEARER:
        return weight
    return -weight if ratio < 1 / CLEARER else 0.0


class _Outline:
    """The outline of what changed: how much each pixel is of it, float32[h, w], and the direction across it."""

    def __init__(self, weight: Floats, across: Floats, down: Floats) -> None:
        self._weight, self._across, self._down = weight, across, down
        self._near = cv2.blur(weight, (_ALONG, _ALONG)) + np.float32(1e-6)

    @classmethod
    def of(cls, changed: Grey, inside: Mask) -> _Outline:
        soft = cv2.GaussianBlur(changed.astype(np.float32), (0, 0), 1.5)
        across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
        steep = np.maximum(cv2.magnitude(across, down), np.float32(1e-6))
        return cls((steep * inside).astype(np.float32), across / steep, down / steep)

    def step(self, picture: Rgb) -> float:
        """How much a picture changes across the outline, averaged along it, grey levels a pixel."""
        found = np.zeros(picture.shape[:2], np.float32)
        for channel in cv2.split(cv2.GaussianBlur(picture, (0, 0), 1.0)):
            steps = [cv2.Sobel(channel, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1))]
            along = cv2.blur(self._weight * (steps[0] * self._across + steps[1] * self._down), (_ALONG, _ALONG))
            found += (along / self._near) ** 2
        return float((self._weight * found).sum() / max(float(self._weight.sum()), 1e-6)) ** 0.5
