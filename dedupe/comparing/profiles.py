"""Which of two pictures has lost its colour profile: its values are those of the other, shown without it.

A program that drops a profile leaves the values as they are, and all colours look different. None comes back by editing.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from dedupe.comparing.align import Mask, Rgb
from dedupe.comparing.pictures import View, luma_of
from dedupe.formats.inventory import unpacked

SEEN: Final = 1.0
"""Mean difference of the colours, grey levels, from which the loss of a profile can be seen (a guess)."""
EXPLAINED: Final = 0.6
"""Share of that difference up to which the profile must bring it where it explains it (a guess)."""
WEIGHT: Final = 2.0
_FINE: Final = 3.0
_TOPIC: Final = "profile"


def lost(a: View, b: View, shown: tuple[Rgb, Rgb], inside: Mask) -> float:
    """> 0 where b is a without its colour profile, < 0 the other way round, 0 where neither is so.

    ``shown`` are both pictures on one grid, a's first, uint8[h, w, 3] in sRGB; ``inside`` is where both have content.
    """
    if not (_may_have(a) or _may_have(b)):
        return 0.0
    before = _apart(*shown, inside)
    if before < SEEN:
        return 0.0
    profile, other = _profile(a), _profile(b)
    if (profile is None) == (other is None):
        return 0.0
    from dedupe.decoding import icc

    if profile is not None:
        after = _apart(shown[0], icc.to_srgb(shown[1], profile), inside)
        return WEIGHT if after < EXPLAINED * before else 0.0
    after = _apart(icc.to_srgb(shown[0], other), shown[1], inside)
    return -WEIGHT if after < EXPLAINED * before else 0.0


def _profile(view: View) -> bytes | None:
    """The colour profile; the file is read again only where it may have one."""
    luma = luma_of(view) if _may_have(view) else None
    return None if luma is None else luma.profile


def _may_have(view: View) -> bool:
    """Whether there may be a profile, as far as its inventory says."""
    inventory = view.facts.inventory
    return inventory is None or any(item.topic == _TOPIC for item in unpacked(inventory))


def _apart(one: Rgb, other: Rgb, inside: Mask) -> float:
    """The mean difference of the colours, grey levels, without what compression leaves of fine structure."""
    smooth, beside = (cv2.GaussianBlur(picture, (0, 0), _FINE)[inside].astype(np.int16) for picture in (one, other))
    return float(np.abs(smooth - beside).mean())
