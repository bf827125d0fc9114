"""Which of two pictures of one capture was made from the other: signs with a direction and a weight.

What an edit does can seldom be undone, so it leaves a direction. A crop is inside the wider picture, unless what is outside
is a frame, a bar or a screen (`margins`); a mark has an outline where the other picture has none (`marks`); grey comes from
colour, clipped tones from whole ones (`clipping`), blurred structure from sharp (`sharpening`); a sharpened picture can be made
again from the other; a stretched one is softer and of an odd shape; noise that was added is alike everywhere (`added_noise`);
the larger of two with the less detail was enlarged; what a camera wrote gets lost and does not come back, nor does a colour
profile (`profiles`). No sign is proof: each has a weight in log odds, and `python -m benchmarks.direction` counts how often each
is right (image phylogeny: Dias, Rocha and Goldenstein 2012).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from dedupe.comparing import added_noise, align, clipping, margins, profiles
from dedupe.comparing.align import Mask, Rgb
from dedupe.comparing.marks import marks
from dedupe.comparing.measure import Measurement
from dedupe.comparing.pictures import View
from dedupe.comparing.regions import RegionKind
from dedupe.comparing.sharpening import Crisp
from dedupe.comparing.version import SOURCE
from dedupe.types import Clue, ClueKind, Facts

MOST: Final = 0.9
NORMAL: Final = 1.645
"""Share of the picture whose colours count, and the standard deviations within which a normal distribution has that share."""
COLOURFUL: Final = 3.0
"""Standard deviation of chroma that lightness does not explain, grey levels, from which a picture has colours of its own."""
COLOURLESS: Final = 0.4
"""Share of the other's own colours below which a picture has lost them."""
STRETCHED: Final = 1.03
"""Ratio of the scales along two axes from which one picture is the other stretched."""
EVERYDAY: Final = (4 / 3, 3 / 2, 16 / 9)
"""Shapes, long side by short side, of the pictures that cameras and phones take."""
NEARLY: Final = 0.008
"""How far a shape may be off one of these, as a share."""
SOFTER: Final = 1.5
"""What it says at most, log odds, that one of two pictures of different shapes is softer (a guess)."""
NOISY: Final = 2.0
"""What added noise says, log odds. It is looked for where nothing else tells, since the originals are read for it."""
CAMERA_FORMATS: Final = frozenset(("JPEG", "HEIC", "HEIF"))
"""Formats that cameras and phones write; what is in another was converted, most times."""

_ROUNDS: Final = 8
_LEAST_PIXELS: Final = 1_000


def clues(a: View, b: View, measurement: Measurement, crisp: Crisp, more: float) -> tuple[Clue, ...]:
    """The signs of which of a and b was made from the other.

    ``measurement`` is one look at the two; ``crisp`` says which of them is a blurred or sharpened copy (``sharpening.clue``);
    ``more`` > 0 where a holds more real detail (``detail.detail``).
    """
    frames = tuple(margins.clues(measurement))
    # Where the frames differ, they say which came first: more pixels may be a larger frame, and another size looks sharper.
    told = None if frames or measurement.keystone is not None else crisp()
    if not frames and _is_stretched(a, b, measurement):
        told = _reshaped(a, b, told)
    seen = (clue for clue in _seen(a, b, measurement) if not _is_halo(clue, told))
    pixels = () if frames else _detail(a, b, more)
    found = (*frames, *seen, *((told,) if told is not None else ()), *pixels, *_said(a, b))
    return found or tuple(_clue(ClueKind.NOISE, NOISY * added_noise.noisier(a, b)))


def _is_halo(clue: Clue, crisp: Clue | None) -> bool:
    """Whether what looks like a mark is the halos that a sharpened picture has everywhere."""
    return crisp is not None and clue.kind is ClueKind.MARKS and clue.weight * crisp.weight < 0


# -- shape ---------------------------------------------------------------------------------------------------------------


def _is_stretched(a: View, b: View, measurement: Measurement) -> bool:
    """Whether the one picture is the other stretched along one axis."""
    shape_a, shape_b = ((view.facts.height, view.facts.width) for view in (a, b))
    scales = np.linalg.svd(align.from_unit(measurement.tangent, shape_b, shape_a)[:, :2], compute_uv=False)
    return float(scales[0]) > STRETCHED * float(scales[1])


def _reshaped(a: View, b: View, crisp: Clue | None) -> Clue | None:
    """Which of two pictures of different shapes was stretched: the softer one, and the one whose shape no camera takes."""
    weight = 0.0
    if crisp is not None:
        sharper_is_first = crisp.weight if crisp.kind is ClueKind.BLURRED else -crisp.weight
        weight = max(-SOFTER, min(SOFTER, sharper_is_first))
    weight += float(_is_everyday(a.facts)) - float(_is_everyday(b.facts))
    return Clue(ClueKind.RESHAPED, weight) if weight else None


def _is_everyday(facts: Facts) -> bool:
    shape = max(facts.width, facts.height) / max(1, min(facts.width, facts.height))
    return any(abs(shape / known - 1) < NEARLY for known in EVERYDAY)


# -- what can be seen ----------------------------------------------------------------------------------------------------


def _seen(a: View, b: View, measurement: Measurement) -> Iterator[Clue]:
    """Marks, lost colours, a lost profile and changed tones in what both show."""
    registered = measurement.registered
    one, other = registered.still, registered.moved
    inside = cv2.erode(registered.cover, np.ones((3, 3), np.uint8), borderValue=0.0) > 0
    if np.count_nonzero(inside) < _LEAST_PIXELS:
        return
    swapped = registered.overlay.swapped
    sign = -1.0 if swapped else 1.0
    found = measurement.difference
    if any(region.kind is not RegionKind.SPECK for region in found.found_regions):
        yield from _clue(ClueKind.MARKS, sign * marks(one, other, found.mask & inside, inside))
    if colour := _colours(one, other, inside & ~found.mask):
        yield Clue(ClueKind.COLOUR, sign * colour)
    elif profile := profiles.lost(a, b, (other, one) if swapped else (one, other), inside):
        yield Clue(ClueKind.PROFILE, profile)
    else:
        yield from _clue(ClueKind.TONE, sign * clipping.tones(one, other, inside, found.tone))


def _clue(kind: ClueKind, weight: float) -> Iterator[Clue]:
    if weight:
        yield Clue(kind, weight)


def _colours(one: Rgb, other: Rgb, inside: Mask) -> float:
    """> 0 where ``other`` has lost the colours of ``one``, to grey or to one tint."""
    ours, theirs = _own_colours(one, inside), _own_colours(other, inside)
    if ours > COLOURFUL and theirs < COLOURLESS * ours:
        return 3.0
    return -3.0 if theirs > COLOURFUL and ours < COLOURLESS * theirs else 0.0


def _own_colours(picture: Rgb, inside: Mask) -> float:
    """Spread of chroma beyond what a curve of the lightness explains, grey levels; one sticker on a grey picture is no spread."""
    seen, mask, levels = cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb), inside.view(np.uint8), np.arange(256.0)
    basis = np.stack([np.ones(256), levels / 128, (levels / 128) ** 2], 1)
    found = []
    for channel in (1, 2):
        joint = cv2.calcHist([seen], [0, channel], mask, [256, 256], [0, 256, 0, 256]).astype(np.float64)
        # The curve goes through the usual colour of each lightness, which a sticker does not move.
        count = joint.sum(1)
        usual = np.argmax(joint.cumsum(1) >= count[:, None] / 2, axis=1)
        told, weight = usual.astype(np.float64), count
        for _ in range(_ROUNDS):
            solved, *_ = np.linalg.lstsq((basis.T * weight) @ basis, (basis.T * weight) @ usual, rcond=None)
            told = basis @ solved
            weight = count / (1 + ((usual - told) / COLOURFUL) ** 2)
        away = np.abs(levels[None, :] - told[:, None])
        order = np.argsort(away, axis=None)
        held = joint.ravel()[order].cumsum()
        found.append(float(away.ravel()[order][np.searchsorted(held, MOST * held[-1])]) / NORMAL)
    return max(found)


# -- files ---------------------------------------------------------------------------------------------------------------


def _detail(a: View, b: View, more: float) -> Iterator[Clue]:
    """Enlarged or reduced, or saved from the other's very pixels."""
    if 0 < abs(more) <= SOURCE:
        yield Clue(ClueKind.QUANTISATION, 3.0 if more > 0 else -3.0)
    elif abs(more) > SOURCE and a.facts.pixels != b.facts.pixels:
        larger_holds_more = (more > 0) == (a.facts.pixels > b.facts.pixels)
        kind = ClueKind.REDUCED if larger_holds_more else ClueKind.ENLARGED
        yield Clue(kind, 2.0 if more > 0 else -2.0)


def _said(a: View, b: View) -> Iterator[Clue]:
    """What a camera wrote is lost by editing, and does not come back."""
    ours, theirs = _camera(a.facts), _camera(b.facts)
    if ours != theirs:
        yield Clue(ClueKind.METADATA, 1.5 if ours else -1.5)
    written = [view.facts.raw or view.facts.format in CAMERA_FORMATS for view in (a, b)]
    if written[0] != written[1]:
        yield Clue(ClueKind.FORMAT, 1.0 if written[0] else -1.0)


def _camera(facts: Facts) -> bool:
    return facts.raw or bool(facts.camera)
