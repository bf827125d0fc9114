"""Whether parts of one picture are the very pixels of another, as saving leaves them: then something was put on the rest.

What was saved from a picture is within half a quantisation step of it, in every coefficient of every block that nothing was put
on. Blocks with a sticker or a stripe are far off. A second shot is a little off everywhere, however still the camera stood and
however faint its noise. So the places of a frame are counted that hold exactly, and those that nearly hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dedupe.comparing import quantisation
from dedupe.comparing.align import Floats, Grey
from dedupe.comparing.pictures import View, luma_of
from dedupe.comparing.thresholds import EXACT_AMONG_NEAR, EXACT_PLACES, EXACT_SHARE

_SIDE: Final = 4
"""Blocks along the side of a place."""
_PLACES: Final = 300
_STEPS: Final = (4.0, 12.0)
"""Quantisation steps, grey levels, that exclude something and are fine enough for a second shot's noise to show."""
_SLACK: Final = 1.0
"""Grey levels that rounding to eight bits and the decoders' arithmetic may add to half a step."""
_LEAST_TOLD: Final = 20
"""Telling coefficients that a place must have."""
_NEARLY: Final = 0.15
"""Share of a place's coefficients outside, up to which it nearly holds."""


@dataclass(frozen=True, slots=True)
class Places:
    """How many places of a frame tell anything, how many of them hold exactly, and how many nearly."""

    told: int
    exact: int
    nearly: int

    @property
    def saved_from(self) -> bool:
        """Whether the one picture was saved from the other, in these places."""
        enough = self.exact >= max(EXACT_PLACES, EXACT_SHARE * self.told)
        return enough and self.exact > EXACT_AMONG_NEAR * (self.exact + self.nearly)


def saved_in_part(a: View, b: View) -> bool:
    """Whether one of two JPEGs of one size, in any turn or mirror image, was saved from the other, but for what was put on it."""
    one, other = luma_of(a), luma_of(b)
    if one is None or other is None or one.profile != other.profile:
        return False
    turn = quantisation.best_turn(one.pixels, other.pixels)
    if turn is None:
        return False
    onto_b = (quantisation.turned(one.pixels, turn), other.pixels, other.steps)
    onto_a = (quantisation.turned_back(other.pixels, turn), one.pixels, one.steps)
    return any(steps is not None and places(source, copy, steps).saved_from for source, copy, steps in (onto_b, onto_a))


def places(source: Grey, copy: Grey, steps: Floats) -> Places:
    """Count the places, of two pictures of one shape, that agree with ``copy`` being saved from ``source`` by these ``steps``."""
    chosen = (_cut(source), _cut(copy))
    stride = max(1, -(-len(chosen[0]) // _PLACES))
    made, own = (cut[::stride].astype(np.float32) for cut in chosen)
    low, high = quantisation.UNCLIPPED
    whole = [(part.min((2, 3)) > low) & (part.max((2, 3)) < high) for part in (made, own)]
    was, now = (quantisation.coefficients(part.reshape(-1, 8, 8)).reshape(*part.shape[:2], -1) for part in (made, own))
    step = steps[quantisation.FREQUENCIES]
    telling = (step >= _STEPS[0]) & (step <= _STEPS[1]) & (np.maximum(np.abs(was), np.abs(now)) > 0.5 * step)
    telling &= (whole[0] & whole[1])[..., None]
    outside = telling & (np.abs(was - now) > 0.5 * step + _SLACK)
    told, off = telling.sum((1, 2)), outside.sum((1, 2))
    told, off = told[told >= _LEAST_TOLD], off[told >= _LEAST_TOLD]
    return Places(len(told), int((off == 0).sum()), int(((off > 0) & (off <= _NEARLY * told)).sum()))


def _cut(picture: Grey) -> Grey:
    """uint8[places, blocks, 8, 8]: the picture cut into places, and these into blocks."""
    side = 8 * _SIDE
    high, wide = (extent // side for extent in picture.shape)
    rows = picture[: high * side, : wide * side].reshape(high, _SIDE, 8, wide, _SIDE, 8)
    return rows.transpose(0, 3, 1, 4, 2, 5).reshape(high * wide, _SIDE * _SIDE, 8, 8)
