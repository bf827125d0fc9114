"""Was one picture saved from the other's very pixels? Two shots from a tripod show the same and are not.

Saving a JPEG rounds each coefficient of its 8 × 8 blocks to a multiple of its quantisation step, so a copy of the same size is
within half a step of what it was made from, everywhere (JPEG compatibility: Fridrich, Goljan and Du 2001). The noise of a second
shot knows no such bound. Two copies of a third picture are within half of both their steps.

Measured over eight photographs, saved at quality 40–97 from JPEGs of 60–97: of a copy's coefficients at most 0.2 % are outside
below quality 75, and 0.8 % at 95; of two shots with noise of one grey level 0.3 % at 40, 0.9 % at 70, 10 % and more from 85 on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from dedupe.comparing.align import Floats, Grey, Mask
from dedupe.comparing.pictures import View, luma_of

_BLOCKS: Final = 6_000
_LEAST_BLOCKS: Final = 60
UNCLIPPED: Final = (3, 252)
_SLACK: Final = 1.5
"""Grey levels that rounding to eight bits and the decoders' arithmetic may add to half a step."""
_CHILD_SLACK: Final = 1.0
_CHILD: Final = 0.003
_NO_CHILD: Final = 0.01
"""Share of the telling coefficients outside [true copies ≤ 0.003; false ones of sixteen photographs 0.007–0.7, few below]."""
_SIBLING: Final = 0.004
_HARDLY: Final = 2.0
_RARELY: Final = 0.005
_TELLING_STEP: Final = 4.0
_LEAST_TELLING: Final = 100
_NOT_MADE: Final = 0.05
"""Share of all coefficients farther apart than half a step, from which a JPEG was not made from the other (a guess)."""
_ON_LATTICE: Final = 0.2
_OFF_LATTICE: Final = 0.23
"""Distance from the lattice of a JPEG, in steps, from which another picture that has no lattice may be its source.

Measured on twenty photographs of data/photos/{various,items}: for JPEGs of 60-95 made from HEIC, AVIF, WebP, JPEG XL of
40-95 and JPEG 2000 it is 0.235-0.30. For what was made from the JPEG it is 0.006-0.2 where that was saved well, and
anything above where it was not (``benchmarks.codecs``).
"""
_NEAR_LATTICE: Final = 0.205
_CLEARLY: Final = 0.8
"""Distance from a lattice, in steps, up to which a picture may be on it, and the ratio to the other's that makes it clear.

[What was decoded from it ≤ 0.03, what was saved again and better ≤ 0.20; the other way round ≥ 0.26 against the latter,
≥ 0.12 against the former.]
"""
FREQUENCIES: Final = np.add.outer(np.arange(8), np.arange(8)) <= 7
"""Coefficients looked at: the steps of the finest are too coarse to tell."""
_COSINES: Final = np.array(
    [[(0.5 if k else 0.125**0.5) * np.cos(np.pi * (2 * n + 1) * k / 16) for n in range(8)] for k in range(8)],
    np.float32,
)


STANDARD: Final = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float32,
)
"""Luminance steps of quality 50, JPEG standard, annex K."""
_SEEN_FREQUENCY: Final = 4
_LEAST_RATIOS: Final = 4
_COARSEST: Final = 90
_LEAST_ON_LATTICE: Final = 40
_NEARLY_ALL: Final = 0.93
_COARSER: Final = 1.3
"""How many times coarser than the steps of another picture those of an earlier saving are (a guess)."""


class Origin(Enum):
    """What the coefficients of two files say of how the one came from the other.

    SOURCE: the first is the source of the second, or as good; COPY: the other way round; EQUAL: neither lacks anything of the
    other; UNKNOWN: which was saved from which cannot be told; UNTESTED: nor whether the JPEG was made from the other, which is
    in another lossy format; PROFILE: their colour profiles differ; APART: they differ by more than saving explains.
    """

    SOURCE = "source"
    COPY = "copy"
    EQUAL = "equal"
    UNKNOWN = "unknown"
    UNTESTED = "untested"
    PROFILE = "profile"
    APART = "apart"


def origin(a: View, b: View) -> Origin:
    """How two pictures of one size came from each other, in any of the eight turns and mirrors."""
    one, other = luma_of(a), luma_of(b)
    if one is None or other is None or (one.steps is None and other.steps is None):
        return Origin.UNKNOWN
    if one.profile != other.profile:
        return Origin.PROFILE
    turn = best_turn(one.pixels, other.pixels)
    exact = all(view.facts.format == "JPEG" or view.facts.lossless for view in (a, b))
    unknown = Origin.UNKNOWN if exact else Origin.UNTESTED
    if turn is None:
        return unknown
    pairs = [blocks(turned(one.pixels, turn), other.pixels), blocks(turned_back(other.pixels, turn), one.pixels)]
    if min(len(pair[0]) for pair in pairs) < _LEAST_BLOCKS:
        return unknown
    on_b, on_a = (_Seen(*(coefficients(cut) for cut in pair)) for pair in pairs)
    return _judged(on_a, on_b, one.steps, other.steps, exact)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Coefficients of both pictures on the grid of one of them, float32[n, coefficients]: of the other's and its own."""

    moved: Floats
    own: Floats


def _judged(on_a: _Seen, on_b: _Seen, a_steps: Floats | None, b_steps: Floats | None, exact: bool) -> Origin:
    off = _off_lattice(on_a.moved, on_a.own, a_steps), _off_lattice(on_b.moved, on_b.own, b_steps)
    alone = next((one for one in off if one is not None), None) if None in off else None
    lattices = _told_by_lattices(*off)
    b_from_a, a_from_b = _is_child(on_b, b_steps), _is_child(on_a, a_steps)
    sign = lattices or int(b_from_a is True) - int(a_from_b is True)
    if alone is not None and not lattices and alone < _OFF_LATTICE:
        sign = 0  # too near to have been rounded from the other, too far to tell
    if (sign < 0 and _was_saved_before(on_a.own, a_steps, b_steps)) or (
        sign > 0 and _was_saved_before(on_b.own, b_steps, a_steps)
    ):
        sign = 0
    if sign and (True in (b_from_a, a_from_b) or alone is not None):
        return Origin.SOURCE if sign > 0 else Origin.COPY
    if not exact:  # what WebP, HEIC and the like may do to their pixels is not known: only JPEG's bounds are
        child, seen, steps = (a_from_b, on_a, a_steps) if a_steps is not None else (b_from_a, on_b, b_steps)
        near = child is False and alone is not None and alone < _OFF_LATTICE
        return Origin.UNKNOWN if near or _is_too_far(seen, steps) else Origin.UNTESTED
    if float((np.abs(on_b.moved - on_b.own) > _HARDLY).mean()) < _RARELY:
        return Origin.EQUAL
    both = _earlier(on_a.own, a_steps) + _earlier(on_b.own, b_steps)
    apart = min(_outside(seen.moved - seen.own, both) for seen in (on_a, on_b))
    return Origin.APART if apart > _SIBLING and True not in (b_from_a, a_from_b) else Origin.UNKNOWN


def _was_saved_before(own: Floats, steps: Floats | None, coarser: Floats | None) -> bool:
    """Whether a picture that seems to be made from one with ``coarser`` steps was once saved more coarsely still.

    That saving, not the other picture, explains its lattice, and either may be made from the other.
    """
    if steps is None or coarser is None or float(steps[FREQUENCIES].mean()) >= float(coarser[FREQUENCIES].mean()):
        return False
    ratio = _earlier(own, steps)[FREQUENCIES] / np.maximum(coarser[FREQUENCIES], 1)
    return float(np.median(ratio)) > _COARSER


def _earlier(own: Floats, steps: Floats | None) -> Floats:
    """float32[8, 8]: the coarsest steps to which the coefficients ``own`` were ever rounded, at least ``steps``.

    What was saved coarsely, and finely again on the same grid, is still on the coarse lattice (Fan and de Queiroz 2003). Where
    a frequency has too few coefficients to show its own step, that of the standard table at the same quality replaces it.
    """
    known = np.zeros((8, 8), np.float32) if steps is None else steps
    ratios, values = [], np.abs(own)
    for column, (row, frequency) in enumerate(zip(*np.nonzero(FREQUENCIES), strict=True)):
        if 0 < row + frequency <= _SEEN_FREQUENCY:
            step = _lattice_of(values[:, column], float(known[row, frequency]))
            if step is not None:
                ratios.append(step / STANDARD[row, frequency])
    if len(ratios) < _LEAST_RATIOS:
        return known
    return np.maximum(known, np.float32(np.median(ratios)) * STANDARD)


def _lattice_of(values: Floats, own: float) -> float | None:
    """The largest step that divides nearly all the coefficients; None where there is none coarser than ``own``."""
    slack = own / 2 + 1
    for step in range(_COARSEST, int(max(4 * slack, 2 * own)), -1):
        told = values[values > step / 2]
        if len(told) < _LEAST_ON_LATTICE:
            continue
        off = np.abs(told - step * np.rint(told / step))
        if float((off <= slack).mean()) > _NEARLY_ALL:
            return float(step)
    return None


def _told_by_lattices(a_lattice: float | None, b_lattice: float | None) -> int:
    """Tell which picture is on the other's lattice: 1 for b, -1 for a, 0 where neither is clear.

    What was made from a picture is still near the multiples of the steps by which that was saved, however well it was
    saved itself (Fan and de Queiroz 2003).
    """
    if a_lattice is not None and b_lattice is not None:
        nearer, farther = sorted((a_lattice, b_lattice))
        return (1 if a_lattice < b_lattice else -1) if nearer < _NEAR_LATTICE and nearer < _CLEARLY * farther else 0
    if a_lattice is not None:
        return int(a_lattice < _ON_LATTICE)
    return -int(b_lattice is not None and b_lattice < _ON_LATTICE)


def _off_lattice(copy: Floats, source: Floats, steps: Floats | None) -> float | None:
    """The mean distance, in steps, of the coefficients of ``copy`` from those of ``source``, saved by these steps.

    It is 0.25 by chance. None where too few coefficients tell. The mean of a block tells nothing, because flat blocks
    keep it exactly.
    """
    if steps is None:
        return None
    step = np.broadcast_to(steps[FREQUENCIES], source.shape)
    telling = (step >= _TELLING_STEP) & (np.abs(source) > 0.75 * step)
    telling[:, 0] = False
    if telling.sum() < _LEAST_TELLING:
        return None
    return float((np.abs(copy - source)[telling] / step[telling]).mean())


def _is_child(seen: _Seen, steps: Floats | None) -> bool | None:
    """Say whether what was saved by these steps was made from the other; None where that is not clear.

    Only coefficients that one of the two has, at steps that exclude something, count: zeros agree with everything.
    """
    if steps is None:
        return False
    step = np.broadcast_to(steps[FREQUENCIES], seen.own.shape)
    telling = (step >= _TELLING_STEP) & (np.maximum(np.abs(seen.own), np.abs(seen.moved)) > 0.5 * step)
    if telling.sum() < _LEAST_TELLING:
        return None
    outside = float((np.abs(seen.moved - seen.own)[telling] > 0.5 * step[telling] + _CHILD_SLACK).mean())
    return True if outside < _CHILD else None if outside < _NO_CHILD else False


def _is_too_far(seen: _Seen, steps: Floats | None) -> bool:
    """Whether a JPEG, however finely saved, is farther from the other than it would be if it were made from it."""
    return steps is not None and _outside(seen.moved - seen.own, steps) > _NOT_MADE


def _outside(apart: Floats, steps: Floats) -> float:
    """The share of all coefficients that are farther apart than half a step."""
    return float((np.abs(apart) > 0.5 * steps[FREQUENCIES] + _SLACK).mean())


def coefficients(cut: Floats, wanted: Mask = FREQUENCIES) -> Floats:
    """float32[n, coefficients]: those ``wanted`` of the discrete cosine transform of blocks float32[n, 8, 8]."""
    return (_COSINES @ cut @ _COSINES.T)[:, wanted].astype(np.float32)


def blocks(*pictures: Grey, most: int = _BLOCKS) -> tuple[Floats, ...]:
    """Blocks of pictures of one shape at the same places, float32[n, 8, 8], spread over the frame; clipped ones left out.

    There are about ``most`` of them, fewer where the picture has no more.
    """
    height, width = (extent // 8 for extent in pictures[0].shape)
    stride = max(1, int(np.ceil((height * width / most) ** 0.5)))
    tiles = [picture[: height * 8, : width * 8].reshape(height, 8, width, 8) for picture in pictures]
    cut = [tile[::stride, :, ::stride].transpose(0, 2, 1, 3).reshape(-1, 8, 8) for tile in tiles]
    low, high = UNCLIPPED
    kept = np.logical_and.reduce([(part.min((1, 2)) > low) & (part.max((1, 2)) < high) for part in cut])
    return tuple(part[kept].astype(np.float32) for part in cut)


def best_turn(one: Grey, other: Grey) -> int | None:
    """Which of the eight turns and mirrors lays ``one`` onto ``other``; None where their sizes differ."""
    fitting = [turn for turn in range(8) if turned(one, turn).shape == other.shape]
    stride = max(1, max(other.shape) // 96)
    target = other[::stride, ::stride].astype(np.float32)
    if not fitting:
        return None
    return min(fitting, key=lambda turn: float(np.abs(turned(one, turn)[::stride, ::stride] - target).mean()))


def turned(picture: Grey, turn: int) -> Grey:
    return np.rot90(picture[:, ::-1] if turn >= 4 else picture, turn % 4)


def turned_back(picture: Grey, turn: int) -> Grey:
    back = np.rot90(picture, -(turn % 4))
    return back[:, ::-1] if turn >= 4 else back
