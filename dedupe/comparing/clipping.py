"""Whose tones or colours were changed: what clipping took does not come back, and what was clipped stays in one place.

A change of tone, contrast or saturation clips values that the other picture still tells apart. So where the one is white or
black, the other varies more than elsewhere once the change is taken out of it. If the one was darkened or paled instead after it
was clipped, its values there lie together, at a tone that is neither white nor black, and nothing lies beyond.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from dedupe.comparing.align import Floats, Mask, Rgb

CLIPPED: Final = 0.004
"""How much larger the share of clipped values must be in the picture whose tones were changed."""
SAME_TONE: Final = 3.0
"""Departure of the tone curve, grey levels, up to which two pictures have the same tones."""
SAME_COLOUR: Final = 1.15
"""Ratio of saturation up to which they have the same colours."""
TOOK: Final = 1.3
"""How many times wider the other's values spread where one is clipped than beside, from which clipping took something.

[63 pairs of 40 and 20 photographs in which the clipped picture is the changed one: 0.8–5, 40 of them above; 38 in which it is the
original: 0.5–1.3.]
"""
PLATEAU: Final = 2.0
"""Spread of values, grey levels, up to which they lie at one tone (a guess)."""
INSIDE: Final = (15, 240)
"""Tones between which a plateau is neither white nor black any more."""
BEYOND: Final = 0.1
"""Share of a plateau up to which values may lie beyond it."""
_LEAST: Final = 0.002
_LEAST_PLATEAU: Final = 0.005
_NEAR: Final = ((10, 55), (200, 245))
_SAMPLE: Final = 20_000
_ENOUGH: Final = 200
_WEIGHT: Final = 1.5


@dataclass(frozen=True, slots=True)
class _Clip:
    """Where one channel of one picture is clipped, and what the other shows there.

    ``share`` of the pixels; ``took`` is how far the other's values spread, the change taken out, and ``beside`` the same where
    that channel is not clipped but near it.
    """

    share: float
    took: float
    beside: float
    is_plateau: bool


def tones(one: Rgb, other: Rgb, inside: Mask, changed: float) -> float:
    """Tell whose tones or colours were changed: > 0 for ``other``, < 0 for ``one``, 0 where neither is clear.

    ``changed`` is how far the tone curve departs from no change, in grey levels.
    """
    stronger = (_saturation(other, inside) + 1) / (_saturation(one, inside) + 1)
    if changed < SAME_TONE and 1 / SAME_COLOUR < stronger < SAME_COLOUR:
        return 0.0
    shares = [_clipped(picture, inside) for picture in (one, other)]
    if max(shares) < CLIPPED + min(shares) or max(shares) < 1.5 * min(shares):
        return 0.0
    other_is_less = shares[1] < shares[0]
    clips = list(_clips(*((other, one) if other_is_less else (one, other)), inside))
    towards_more = -_WEIGHT if other_is_less else _WEIGHT
    plateaus = sum(clip.share for clip in clips if clip.is_plateau)
    if plateaus > 0.5 * sum(clip.share for clip in clips):
        return -towards_more
    took, beside = sum(clip.share * clip.took for clip in clips), sum(clip.share * clip.beside for clip in clips)
    return towards_more if took > TOOK * beside else 0.0


def _clips(less: Rgb, more: Rgb, inside: Mask) -> Iterator[_Clip]:
    """Each channel and end of the scale at which ``more`` is clipped, with what ``less`` shows there."""
    seen, shown = less[inside].astype(np.float32), more[inside].astype(np.float32)
    rest = _unexplained(seen, shown)
    if rest is None:
        return

    for channel in range(3):
        for white, (low, high) in enumerate(_NEAR):
            values = shown[:, channel]
            clipped = more[:, :, channel] >= 253 if white else more[:, :, channel] <= 2
            there = clipped[inside]
            near = (values > low) & (values < high)
            if np.count_nonzero(there) < _LEAST * len(values) or np.count_nonzero(near) < _ENOUGH:
                continue
            held = _is_plateau(seen[:, channel], _inner(clipped)[inside], white=bool(white))
            yield _Clip(float(there.mean()), _spread(rest[there, channel]), _spread(rest[near, channel]), held)


def _inner(mask: Mask) -> Mask:
    """Without the rim, where a pixel is clipped in part."""
    return cv2.erode(mask.view(np.uint8), np.ones((3, 3), np.uint8)) > 0


def _unexplained(seen: Floats, shown: Floats) -> Floats | None:
    """What a smooth change of colours, fitted where nothing is clipped, leaves of ``seen``; None where too little is whole."""
    whole = np.flatnonzero(((shown > 8) & (shown < 247)).all(axis=1))
    whole = whole[:: max(1, len(whole) // _SAMPLE)]
    if len(whole) < _ENOUGH:
        return None
    scaled = shown / np.float32(128)
    basis = np.column_stack([np.ones(len(scaled), np.float32), scaled, scaled**2])
    fit, *_ = np.linalg.lstsq(basis[whole], seen[whole], rcond=None)
    return np.asarray(seen - basis @ fit, np.float32)


def _is_plateau(values: Floats, there: Mask, *, white: bool) -> bool:
    """Whether the values there lie at one tone that is neither white nor black, with hardly any beyond."""
    if np.count_nonzero(there) < _LEAST_PLATEAU * len(values):
        return False
    tone = float(np.median(values[there]))
    if not INSIDE[0] <= tone <= INSIDE[1] or _spread(values[there]) > PLATEAU:
        return False
    beyond = values > tone + 2 * PLATEAU if white else values < tone - 2 * PLATEAU
    return bool(np.count_nonzero(beyond) < BEYOND * np.count_nonzero(there))


def _spread(values: Floats) -> float:
    """How far the middle three fifths of the values reach."""
    low, high = np.percentile(values, (20, 80))
    return float(high - low)


def _saturation(picture: Rgb, inside: Mask) -> float:
    """The mean difference between the strongest and the weakest channel."""
    red, green, blue = cv2.split(picture)
    strongest, weakest = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    return float(cv2.mean(strongest - weakest, inside.view(np.uint8))[0])


def _clipped(picture: Rgb, inside: Mask) -> float:
    """The share of the values that are white or black."""
    mask = inside.view(np.uint8)
    counts = sum(cv2.calcHist([picture], [channel], mask, [256], [0, 256]).ravel() for channel in range(3))
    return float((counts[:2].sum() + counts[253:].sum()) / max(float(counts.sum()), 1.0))
