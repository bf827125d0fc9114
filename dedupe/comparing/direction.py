"""Which of two pictures of one capture was made from the other: signs with a direction and a weight.

What an edit does can seldom be undone, so it leaves a direction. A crop is inside the wider picture, unless what is outside
is a frame, a bar or a screen; a mark has edges where the other picture has none; grey comes from colour, clipped tones from
whole ones, blurred structure from sharp; a sharpened picture can be made again from the other; the larger of two with the less
detail was enlarged; what a camera wrote gets lost and does not come back. No sign is proof: each has a weight in log odds, and
`python -m benchmarks.direction` counts how often each is right (image phylogeny: Dias, Rocha and Goldenstein 2012).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from dedupe.comparing import align
from dedupe.comparing.align import Floats, Grey, Mask, Rgb
from dedupe.comparing.measure import Measurement
from dedupe.comparing.pictures import View
from dedupe.comparing.regions import RegionKind
from dedupe.comparing.registration import Registered
from dedupe.comparing.sharpening import Crisp
from dedupe.comparing.version import SOURCE
from dedupe.types import Clue, ClueKind, Facts

UNCOVERED: Final = 0.03
"""Share of a frame that the other does not cover, from which it is the wider one."""
BESIDE: Final = 3.0
"""How many times more the one must leave uncovered than the other."""
PAPER: Final = 0.5
"""Share of one colour from which what is outside may be a page with print on it."""
PRINT: Final = 0.95
COLOURLESS_SPAN: Final = 40
"""Share of what is outside that must be colourless then, and the difference of channels up to which a pixel is (a guess)."""
SEAMLESS: Final = 0.5
"""Share of the inner rim that has the colour of what is outside, from which the scene goes on there (a guess)."""
PADDED: Final = 0.75
"""Share of what is outside that has one colour, from which it is a frame, a bar or a page.

[Frames and screens ≥ 0.86 within ± 5; what a crop cuts off ≤ 0.64 (floors and beds).]
"""
PLAIN: Final = 6
"""Grey levels within which a colour is one colour."""
EDGE_RATIO: Final = 1.3
"""How many times stronger the edges along a mark must be in the picture that has it (a guess)."""
SPOT: Final = 0.004
"""Share of the picture up to which what differs may be a retouched spot (a guess)."""
STROKES: Final = 4
THIN: Final = 7.0
"""More parts than this, thinner than this many pixels of the preview, are letters or lines (a guess)."""
MOST: Final = 0.9
NORMAL: Final = 1.645
"""Share of the picture whose colours count, and the standard deviations within which a normal distribution has that share."""
COLOURFUL: Final = 3.0
"""Standard deviation of chroma that lightness does not explain, grey levels, from which a picture has colours of its own."""
COLOURLESS: Final = 0.4
"""Share of the other's own colours below which a picture has lost them."""
CLIPPED: Final = 0.004
"""How much larger the share of clipped values must be in the picture whose tones were changed."""
SAME_TONE: Final = 3.0
"""Departure of the tone curve, grey levels, up to which two pictures have the same tones."""
SAME_COLOUR: Final = 1.15
"""Ratio of saturation up to which they have the same colours."""
DARK: Final = 0.1
"""Share of the other's whites below which a picture may have been darkened (a guess)."""
CAMERA_FORMATS: Final = frozenset(("JPEG", "HEIC", "HEIF"))
"""Formats that cameras and phones write; what is in another was converted, most times."""

_ROUNDS: Final = 8


def clues(a: View, b: View, measurement: Measurement, crisp: Crisp, more: float) -> tuple[Clue, ...]:
    """The signs of which of a and b was made from the other.

    ``measurement`` is one look at the two; ``crisp`` says which of them is a blurred or sharpened copy (``sharpening.clue``);
    ``more`` > 0 where a holds more real detail (``detail.detail``).
    """
    frames = tuple(_geometry(measurement))
    # Where the frames differ, they say which came first: more pixels may be a larger frame, and another size looks sharper.
    told = None if frames else crisp()
    seen = (clue for clue in _seen(measurement) if not _is_halo(clue, told))
    pixels = () if frames else _detail(a, b, more)
    return (*frames, *seen, *((told,) if told is not None else ()), *pixels, *_said(a, b))


def _is_halo(clue: Clue, crisp: Clue | None) -> bool:
    """Whether what looks like a mark is the halos that a sharpened picture has everywhere."""
    return crisp is not None and clue.kind is ClueKind.MARKS and clue.weight * crisp.weight < 0


# -- frames --------------------------------------------------------------------------------------------------------------


def _geometry(measurement: Measurement) -> Iterator[Clue]:
    """A crop, or a frame put round the picture."""
    left = [1 - share for share in measurement.overlap]
    if max(left) < UNCOVERED:
        return
    wider = int(left[1] > left[0])
    # The still picture is a unless the two were swapped.
    of_still = (wider == 0) != measurement.registered.overlay.swapped
    towards_wider = 1.0 if wider else -1.0
    if _is_padding(_outside(measurement.registered, of_still=of_still), measurement.registered):
        yield Clue(ClueKind.PADDING, 3.0 * towards_wider)
    elif left[wider] > BESIDE * left[1 - wider]:
        yield Clue(ClueKind.CROP, -3.0 * towards_wider)


def _is_padding(outside: Rgb, registered: Registered) -> bool:
    """Say whether what is outside is padding, not a scene.

    It is of one colour, or colourless print on paper of one colour, and the inner picture ends there. A subject on a
    plain background has the background on both sides of a crop.
    """
    if len(outside) == 0:
        return False
    paper = _commonest(outside)
    plain = float((np.abs(outside.astype(np.int16) - paper).max(axis=1) <= PLAIN).mean())
    colourless = float((np.ptp(outside, axis=1) < COLOURLESS_SPAN).mean())
    if not (plain > PADDED or (plain > PAPER and colourless > PRINT)):
        return False
    return _goes_on(registered, paper) < SEAMLESS


def _commonest(colours: Rgb) -> Rgb:
    coarse = (colours // 16).astype(np.int32) @ np.array([256, 16, 1], np.int32)
    return np.median(colours[coarse == np.bincount(coarse).argmax()], axis=0).astype(np.uint8)


def _goes_on(registered: Registered, paper: Rgb) -> float:
    """The share of the rim of what both show that has the colour of what is outside."""
    cover = (registered.cover > 0).astype(np.uint8)
    inner = cv2.erode(cover, np.ones((5, 5), np.uint8), borderValue=0)
    rim = (inner > 0) & (cv2.erode(inner, np.ones((5, 5), np.uint8), borderValue=0) == 0)
    colours = registered.still[rim].astype(np.int16)
    return float((np.abs(colours - paper).max(axis=1) <= 2 * PLAIN).mean()) if len(colours) else 0.0


def _outside(registered: Registered, *, of_still: bool) -> Rgb:
    """uint8[n, 3]: what one picture shows outside the other's frame, without the seam, where the two are mixed."""
    over = registered.overlay
    if of_still:
        picture, cover = over.still, (registered.cover > 0).astype(np.uint8)
    else:
        picture = over.moving
        height, width = picture.shape[:2]
        ones = np.ones(over.still.shape[:2], np.uint8)
        cover = cv2.warpAffine(ones, align.invert(over.matrix), (width, height), flags=cv2.INTER_NEAREST)
    beyond = cv2.dilate(cover, np.ones((7, 7), np.uint8)) == 0
    return picture[beyond] if beyond.any() else picture[cover == 0]


# -- what can be seen ----------------------------------------------------------------------------------------------------


def _seen(measurement: Measurement) -> Iterator[Clue]:
    """Marks, lost colours and changed tones in what both show."""
    registered = measurement.registered
    one, other = registered.still, registered.moved
    inside = cv2.erode(registered.cover, np.ones((3, 3), np.uint8), borderValue=0.0) > 0
    if inside.sum() < 1_000:
        return
    sign = -1.0 if registered.overlay.swapped else 1.0
    marked = any(region.kind is not RegionKind.SPECK for region in measurement.difference.found_regions)
    for kind, weight in (
        (ClueKind.MARKS, _marks(one, other, measurement.difference.mask & inside, inside) if marked else 0.0),
        (ClueKind.COLOUR, colour := _colours(one, other, inside)),
        (ClueKind.TONE, 0.0 if colour else _tones(one, other, inside, measurement.difference.tone)),
    ):
        if weight:
            yield Clue(kind, sign * weight)


def _marks(one: Rgb, other: Rgb, mask: Mask, inside: Mask) -> float:
    """Tell which picture has something added: > 0 for ``other``, < 0 for ``one``, 0 where neither is clear.

    A mark has edges along its outline, beyond those that a change of tone gives it everywhere.
    """
    away = _strongest(cv2.absdiff(one, other))
    if not mask.any():
        return 0.0
    strong = mask & (away > max(20.0, 0.4 * float(np.percentile(away[mask], 90))))
    if strong.sum() < 12:
        return 0.0
    changed = strong.astype(np.uint8)
    outline = (cv2.dilate(changed, np.ones((3, 3), np.uint8)) - cv2.erode(changed, np.ones((3, 3), np.uint8))) > 0
    ours, theirs = _edges(one), _edges(other)
    elsewhere = inside & ~mask
    overall = (theirs[elsewhere].mean() + 1) / (ours[elsewhere].mean() + 1) if elsewhere.any() else 1.0
    ratio = (float(theirs[outline].mean()) + 1) / (float(ours[outline].mean()) + 1) / overall
    # A small spot that was retouched has lost edges, too: only strokes, or something larger, are a mark that was put on.
    strokes = cv2.connectedComponents(changed)[0] > STROKES and _thickness(changed) < THIN
    weight = 2.0 if strokes or strong.sum() > SPOT * inside.sum() else 0.5
    if ratio > EDGE_RATIO:
        return weight
    return -weight if ratio < 1 / EDGE_RATIO else 0.0


def _thickness(changed: Grey) -> float:
    """The thickest place of what changed, pixels."""
    return 2 * float(cv2.distanceTransform(np.pad(changed, 1), cv2.DIST_L2, 3).max())


def _edges(picture: Rgb) -> Floats:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.magnitude(
        cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8), cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    )


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


def _tones(one: Rgb, other: Rgb, inside: Mask, changed: float) -> float:
    """Tell whose tones or colours were changed: > 0 for ``other``, < 0 for ``one``, 0 where neither is clear.

    They were clipped where the other's are whole, or darkened after they were clipped. ``changed`` is how far the tone
    curve departs from no change, in grey levels.
    """
    stronger = (_saturation(other, inside) + 1) / (_saturation(one, inside) + 1)
    if changed < SAME_TONE and 1 / SAME_COLOUR < stronger < SAME_COLOUR:
        return 0.0
    clipped = [_clipped(picture, inside) for picture in (one, other)]
    other_is_less = clipped[1] < clipped[0]
    less, more = (other, one) if other_is_less else (one, other)
    if max(clipped) < CLIPPED + min(clipped) or max(clipped) < 1.5 * min(clipped):
        return 0.0
    # What hardly reaches white may have been darkened after it was clipped: then nothing is told.
    if _white(less, inside) < DARK * _white(more, inside):
        return 0.0
    return -1.5 if other_is_less else 1.5


def _strongest(picture: Rgb) -> Grey:
    """uint8[h, w]: the strongest channel."""
    red, green, blue = cv2.split(picture)
    return cv2.max(cv2.max(red, green), blue)


def _saturation(picture: Rgb, inside: Mask) -> float:
    """The mean difference between the strongest and the weakest channel."""
    red, green, blue = cv2.split(picture)
    weakest = cv2.min(cv2.min(red, green), blue)
    return float(cv2.mean(_strongest(picture) - weakest, inside.view(np.uint8))[0])


def _white(picture: Rgb, inside: Mask) -> float:
    """The share of the pixels that are near white."""
    return int(np.count_nonzero((_strongest(picture) >= 248) & inside)) / max(1, int(np.count_nonzero(inside)))


def _clipped(picture: Rgb, inside: Mask) -> float:
    """The share of the values that are white or black."""
    mask = inside.view(np.uint8)
    counts = sum(cv2.calcHist([picture], [channel], mask, [256], [0, 256]).ravel() for channel in range(3))
    return float((counts[:2].sum() + counts[253:].sum()) / max(float(counts.sum()), 1.0))


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
