"""Where two registered pictures differ, once tone is accounted for.

Each picture is predicted from the other through the tone curve that both share and a gain that varies slowly over the picture
(contrast, filters, vignettes). The smaller of the errors counts, since a curve that clips can only be followed one way. What is
left is held against local contrast and against the noise that compression has left everywhere: connected places where it
stands out are difference regions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from dedupe.comparing import regions
from dedupe.comparing.align import Floats, Mask, Rgb
from dedupe.comparing.grid import Grid
from dedupe.comparing.ground import Ground
from dedupe.comparing.regions import Region
from dedupe.comparing.thresholds import CONTRAST_SLACK, PAPER, PAPER_AND_PANELS

_WINDOW: Final = 2.5
_LIGHT: Final = 32.0
_MOST_NOISE: Final = 2.2
_LAWFUL: Final = 0.7
_PREVIEW: Final = 400.0


@dataclass(frozen=True, slots=True)
class Difference:
    """How two registered pictures differ.

    ``peak`` is the strongest local disagreement; 1 and more is a difference whatever the compression. ``share`` is the
    part of the textured area that disagrees. ``tone`` is the mean departure of the tone curve from no change, in grey
    levels. ``noise`` is the unexplained structure in the median, in grey levels. ``mask``, bool[h, w], marks the
    difference regions.
    """

    peak: float
    share: float
    tone: float
    noise: float
    mask: Mask
    found_regions: tuple[Region, ...]


def none_sought(grid: Grid) -> Difference:
    """Stands for the differences of two pictures that show different things; ``tone`` alone was measured."""
    return Difference(0.0, 0.0, grid.tone, 0.0, np.zeros(grid.ground.cover.shape, np.bool_), ())


def differences(still: Rgb, moved: Rgb, cover: Floats) -> Difference:
    """What differs between two pictures on one grid, uint8[h, w, 3] each, where ``cover`` float32[h, w] is 1."""
    return differences_of(Grid(still, moved, Ground(cover)))


def differences_of(grid: Grid) -> Difference:
    """What differs between two pictures on one grid."""
    inside = grid.ground.inside
    bp, bq = (layer.band for layer in grid.readings[0])
    error2 = _unexplained(bp, bq, grid.ground)
    for one, other in grid.readings[1:]:
        error2 = np.minimum(error2, _unexplained(one.band, other.band, grid.ground))
    contrast2 = cv2.GaussianBlur(np.maximum(bp * bp, bq * bq), (0, 0), _WINDOW)
    disagreement, noise2 = _disagreement(error2, contrast2, inside)
    if disagreement.max() > _LAWFUL:
        for one, other in grid.laws():
            error2 = np.minimum(error2, _unexplained(one.band, other.band, grid.ground))
        disagreement, noise2 = _disagreement(error2, contrast2, inside)
    textured, differing = (contrast2 > 9) & inside, disagreement > 1
    mask, found = regions.find(differing, grid.still, grid.moved, grid.ground.cover)
    return Difference(
        peak=float(disagreement.max()),
        share=int(np.count_nonzero(differing & textured)) / max(1, int(np.count_nonzero(textured))),
        tone=grid.tone,
        noise=noise2**0.5,
        mask=mask,
        found_regions=found,
    )


def _disagreement(error2: Floats, contrast2: Floats, inside: Mask) -> tuple[Floats, float]:
    """How far the unexplained structure stands out, 1 and more is a difference; and its mean square in the median."""
    noise2 = float(np.median(error2 if inside.all() else error2[inside])) if inside.any() else 0.0
    floor = 9 + 9 * min(noise2, _MOST_NOISE**2)
    out = contrast2 * np.float32(CONTRAST_SLACK)
    out += np.float32(floor)
    np.divide(error2, out, out=out)
    out[~inside] = 0
    return out, noise2


def departure(still: Rgb, moved: Rgb, cover: Floats) -> tuple[float, float, float]:
    """Measure how far the tones and colours depart: (chroma, luma, cast) in grey levels, of the pictures as they are.

    The first two are the strongest local departures beyond what edges explain; cast is the mean departure of chroma.
    """
    rim = cv2.erode((cover > 0).astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=0)
    if not rim.any():
        return 0.0, 0.0, 0.0
    # A difference region is a share of the frame, however finely that is sampled.
    window = _WINDOW * max(1.0, max(cover.shape) / _PREVIEW)
    beyond, cast = [], []
    one, other = (cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb) for picture in (still, moved))
    for channel in range(3):
        u, v = (cv2.GaussianBlur(picture[..., channel].astype(np.float32), (0, 0), window) for picture in (one, other))
        steep = np.maximum(_slope(u), _slope(v))
        apart = cv2.absdiff(u, v)
        cast.append(cv2.mean(apart, rim)[0])
        beyond.append(cv2.minMaxLoc(cv2.scaleAdd(steep, -0.5, apart), rim)[1])
    return max(0.0, beyond[1], beyond[2]), max(0.0, beyond[0]), max(cast[1:])


def is_document(picture: Rgb) -> bool:
    """Whether one tone or two cover so much of the picture that it is a page or a screen rather than a photograph."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    tones = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().astype(np.float64) / grey.size
    first = np.convolve(tones, np.ones(5), "same")
    peak = int(first.argmax())
    tones[max(0, peak - 2) : peak + 3] = 0
    second = np.convolve(tones, np.ones(5), "same")
    return float(first[peak]) > PAPER or float(first[peak] + second.max()) > PAPER_AND_PANELS


def _unexplained(source: Floats, target: Floats, ground: Ground) -> Floats:
    """float32[h, w]: local mean square of the structure in ``target`` that ``source`` lacks or has too much of."""
    gain = ground.spread(source * target, _LIGHT) + 4
    gain /= ground.spread(source * source, _LIGHT) + 4
    off = np.clip(gain, 0.25, 4.0, out=gain)
    off *= source
    off -= target
    off *= off
    return cv2.GaussianBlur(off, (0, 0), _WINDOW)


def _slope(values: Floats) -> Floats:
    return cv2.morphologyEx(values, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
