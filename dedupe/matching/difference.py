"""Where two pictures that lie on each other differ, once tone is accounted for; and what kind of difference it is.

Each picture is predicted from the other through the tone curve that both share and a gain that varies slowly over the picture
(contrast, filters, vignettes). The smaller of the two errors counts, since a curve that clips can only be followed one way. What is
left is held against local contrast and against the noise that compression has left everywhere: connected places where it stands
out are spots. A spot that is made of thin strokes (a stamp, a watermark, captions) or a flat band at the rim is something put
on the picture; any other is other content.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from dedupe.matching import tone
from dedupe.matching.align import Floats, Mask, Rgb
from dedupe.matching.residual import band
from dedupe.matching.tone import spread

_WINDOW: Final = 2.5
_SLACK: Final = 0.15
_MOST_NOISE: Final = 2.2
_PAPER: Final = 0.42
_SPECK_SIDE: Final = 0.04
_STROKE_WIDTH: Final = 0.035
_CHANGED: Final = 24


class SpotKind(Enum):
    """What kind of difference a spot is."""

    SPECK = "speck"
    STROKES = "strokes"
    BAND = "band"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Spot:
    """A connected place where the pictures differ: ``share`` of the overlap (0–1), ``replaced`` where both pictures
    hold structure of their own there."""

    kind: SpotKind
    share: float
    replaced: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """``peak``: the strongest local disagreement, 1 and more is a difference whatever the compression. ``share`` of the
    textured area that disagrees. ``tone``: mean departure of the tone curve from no change, grey levels. ``noise``: grey levels of
    unexplained structure in the median. ``mask`` bool[h, w]: the places of the spots."""

    peak: float
    share: float
    tone: float
    noise: float
    mask: Mask
    spots: tuple[Spot, ...]


def differences(still: Rgb, moved: Rgb, cover: Floats) -> Difference:
    """What differs between two pictures on one grid, uint8[h, w, 3] each, where ``cover`` is 1."""
    inside = cover > 0
    p, q = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (still, moved))
    bp, bq = band(p.astype(np.float32), cover), band(q.astype(np.float32), cover)
    change, readings = tone.readings(p, q, cover)
    error2 = _unexplained(bp, bq, cover)
    for one, other in readings[1:]:
        error2 = np.minimum(error2, _unexplained(band(one, cover), band(other, cover), cover))
    contrast2 = cv2.GaussianBlur(np.maximum(bp * bp, bq * bq), (0, 0), _WINDOW)
    noise2 = float(np.median(error2[inside])) if inside.any() else 0.0
    floor = 9 + 9 * min(noise2, _MOST_NOISE**2)
    disagreement = np.where(inside, error2 / (floor + _SLACK * contrast2), 0)
    textured = (contrast2 > 9) & inside
    mask, spots = _spots(disagreement > 1, still, moved, (bp, bq), cover)
    return Difference(
        peak=float(disagreement.max()),
        share=float((disagreement > 1)[textured].mean()) if textured.any() else 0.0,
        tone=change,
        noise=noise2**0.5,
        mask=mask,
        spots=spots,
    )


def departure(still: Rgb, moved: Rgb, cover: Floats) -> tuple[float, float, float]:
    """(chroma, luma, cast) in grey levels, as the pictures are: the strongest local departures beyond what lies on edges, and
    the mean departure of chroma."""
    rim = cv2.erode(cover, np.ones((5, 5), np.uint8), borderValue=0.0) > 0
    if not rim.any():
        return 0.0, 0.0, 0.0
    beyond, cast = [], []
    one, other = (cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb) for picture in (still, moved))
    for channel in range(3):
        u, v = (cv2.GaussianBlur(picture[..., channel].astype(np.float32), (0, 0), _WINDOW) for picture in (one, other))
        steep = np.maximum(_slope(u), _slope(v))
        beyond.append(float((np.abs(u - v) - 0.5 * steep)[rim].max()))
        cast.append(float(np.abs(u - v)[rim].mean()))
    return max(0.0, beyond[1], beyond[2]), max(0.0, beyond[0]), max(cast[1:])


def is_document(picture: Rgb) -> bool:
    """Whether one tone covers so much of the picture that it is a page or a screen rather than a photograph."""
    tones = np.bincount(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).ravel(), minlength=256) / picture[..., 0].size
    return float(np.convolve(tones, np.ones(5), "same").max()) > _PAPER


def _unexplained(source: Floats, target: Floats, cover: Floats) -> Floats:
    """float32[h, w]: local mean square of the structure in ``target`` that ``source`` lacks or has too much of."""
    power = spread(source * source, cover, 32.0)
    gain = np.clip((spread(source * target, cover, 32.0) + 4) / (power + 4), 0.25, 4.0)
    off = target - gain * source
    return cv2.GaussianBlur(off * off, (0, 0), _WINDOW)


def _slope(values: Floats) -> Floats:
    return cv2.morphologyEx(values, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))


def _spots(
    mask: Mask, still: Rgb, moved: Rgb, bands: tuple[Floats, Floats], cover: Floats
) -> tuple[Mask, tuple[Spot, ...]]:
    if not mask.any():
        return mask, ()
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed)
    area = float((cover > 0).sum())
    away = np.abs(still.astype(np.int16) - moved.astype(np.int16)).max(axis=2)
    found = []
    for label in range(1, count):
        left, top, width, height, size = (int(v) for v in stats[label])
        if size < 6:
            continue
        pad = 3
        window = np.s_[max(0, top - pad) : top + height + pad, max(0, left - pad) : left + width + pad]
        place = cv2.dilate((labels[window] == label).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        inside = place & (cover[window] > 0)
        found.append(
            Spot(
                kind=_kind(inside, away[window], still[window], moved[window], cover[window], max(cover.shape)),
                share=size / area,
                replaced=_replaced(bands[0][window][inside], bands[1][window][inside]),
            )
        )
    return closed > 0, tuple(sorted(found, key=lambda spot: -spot.share))


def _kind(place: Mask, away: npt.NDArray[np.int16], still: Rgb, moved: Rgb, cover: Floats, long_side: int) -> SpotKind:
    if place.sum() < (_SPECK_SIDE * long_side) ** 2:
        return SpotKind.SPECK
    strong = float(np.percentile(away[place], 90))
    changed = place & (away > max(_CHANGED, 0.4 * strong))
    thickness = 2 * float(cv2.distanceTransform(np.pad(changed.astype(np.uint8), 1), cv2.DIST_L2, 3).max())
    if thickness <= max(5.0, _STROKE_WIDTH * long_side) or _is_caption(still[changed], moved[changed]):
        return SpotKind.STROKES
    flat = max(flatness(still[place]), flatness(moved[place]))
    edge = place[0].any() or place[-1].any() or place[:, 0].any() or place[:, -1].any() or (cover == 0).any()
    return SpotKind.BAND if flat > 0.6 and edge else SpotKind.CONTENT


def _is_caption(one: Rgb, other: Rgb) -> bool:
    """Whether the changed pixels, uint8[n, 3] each, are white letters outlined in black on one side and not on the other."""
    shares = []
    for colours in (one, other):
        white, black = float((colours.min(axis=1) > 200).mean()), float((colours.max(axis=1) < 55).mean())
        shares.append(white + black if min(white, black) > 0.08 else 0.0)
    return max(shares) > 0.55 and min(shares) < 0.6 * max(shares)


def flatness(colours: Rgb) -> float:
    """The share of the pixels, uint8[n, 3], that have the commonest colour within ± 12."""
    coarse = (colours // 16).astype(np.int32) @ np.array([256, 16, 1], np.int32)
    commonest = np.bincount(coarse).argmax()
    centre = np.median(colours[coarse == commonest], axis=0)
    return float((np.abs(colours - centre).max(axis=1) <= 12).mean())


def _replaced(one: Floats, other: Floats) -> bool:
    a, b = float((one * one).mean()), float((other * other).mean())
    return min(a, b) > 0.2 * max(a, b)
