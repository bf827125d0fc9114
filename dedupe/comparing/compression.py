"""The quality of the coarsest save that a picture went through, regardless of what its own file says.

A photo that was saved at 25 and again at 90 says 90 and is worth 25. Its coefficients are still near the multiples of the coarse
steps, as long as nothing moved the grid of its 8 × 8 blocks (Lukáš and Fridrich 2003; Fan and de Queiroz 2003).

Measured on twenty photographs of data/photos/{items,various}, reduced to 0.61 and saved at 20-80, then as JPEG of 75-95, WebP
of 90 or PNG: the mean squared distance from the lattice is 0.01-0.39 of that by chance where there is a coarser saving (WebP
hides those from 50 on), and never below 0.95 where there is none. The quality found is 0-4 below the true one.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from dedupe.comparing import quantisation
from dedupe.comparing.align import Floats
from dedupe.comparing.pictures import Luma, Memory, View, luma_of
from dedupe.comparing.quantisation import STANDARD
from dedupe.comparing.version import SOURCE
from dedupe.types import ContentKey

_QUALITIES: Final = range(10, 91, 2)
_BLOCKS: Final = 3_000
_SEEN: Final = (np.add.outer(np.arange(8), np.arange(8)) <= 4) & (np.arange(64) > 0).reshape(8, 8)
"""Coefficients looked at: the lower ones, without the mean."""
_LEAST_STEP: Final = 4.0
_LEAST_TOLD: Final = 200
_ON_LATTICE: Final = 0.4
_SAID_MORE: Final = 5
"""How much more a file must say than what was found, to have been saved again [saved once ≤ 3]."""
_CLEARLY: Final = 8
"""How much two qualities must differ to say which picture is the better one: twice the estimate's error (a guess)."""
_qualities: Memory[ContentKey, int | None] = Memory(4_096)


def better(a: View, b: View) -> float:
    """> 0 where b was once saved more coarsely than a and its file hides it, < 0 where a was; 0 where their files say it all.

    The number is small (``SOURCE``): neither holds more pixels of the scene.
    """
    ours, theirs = coarsest(a), coarsest(b)
    if ours is None or theirs is None or _hides(a) or _hides(b):
        return 0.0
    again = [_was_saved_again(view, found) for view, found in ((a, ours), (b, theirs))]
    if abs(ours - theirs) < _CLEARLY:
        # Worth the same, and one of them says more: it was saved from the like of the other.
        return 0.0 if again[0] == again[1] else -SOURCE if again[0] else SOURCE
    if ours > theirs:
        return SOURCE if again[1] else 0.0
    return -SOURCE if again[0] else 0.0


def _was_saved_again(view: View, found: int) -> bool:
    """Whether the file says clearly more than its coarsest saving left."""
    said = _said(view)
    return said is None or said - found >= _SAID_MORE


def _hides(view: View) -> bool:
    """Whether a picture is in a lossy codec other than JPEG: it leaves nothing of an earlier save to be seen."""
    return view.facts.format != "JPEG" and not view.facts.lossless


def coarsest(view: View) -> int | None:
    """The quality of the coarsest saving, 1–100 as a JPEG's, 101 where a lossless file shows none; None where nothing tells."""
    found = _qualities.get(view.content_key, lambda: _earlier(luma_of(view)))
    said = _said(view)
    if found is None:
        return said
    return found if said is None else min(found, said)


def _said(view: View) -> int | None:
    """The quality that the file itself states."""
    return 101 if view.facts.lossless else view.facts.quality


def _earlier(luma: Luma | None) -> int | None:
    """The lowest quality on whose lattice the coefficients are."""
    if luma is None:
        return None
    (cut,) = quantisation.blocks(luma.pixels, most=_BLOCKS)
    values = np.abs(quantisation.coefficients(cut, _SEEN))
    return next((quality for quality in _QUALITIES if _off_lattice(values, quality) < _ON_LATTICE), None)


def _off_lattice(values: Floats, quality: int) -> float:
    """The mean squared distance of the coefficients from the multiples of a quality's steps, over that by chance.

    Coefficients below half a step are near 0 in any case and do not count. 1.0 where too few count.
    """
    scale = 5_000 / quality if quality < 50 else 200 - 2 * quality
    steps = np.floor((STANDARD[_SEEN] * np.float32(scale) + 50) / 100)
    told = (values > steps / 2) & (steps >= _LEAST_STEP)
    if told.sum() < _LEAST_TOLD:
        return 1.0
    shares = values / np.maximum(steps, 1.0)
    off = (shares - np.rint(shares))[told]
    return float((off * off).mean()) * 12
