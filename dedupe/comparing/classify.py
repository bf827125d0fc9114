"""Draws the verdict from one look. Every threshold of the verdict stands here, with what was measured on either side of it.

Figures in brackets are extremes over the photographs of data/photos and their 32 everyday changes ("copies"), against
simulated and real second shots ("shots").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dedupe.comparing import difference
from dedupe.comparing.measure import Measurement
from dedupe.comparing.regions import Region, RegionKind
from dedupe.types import Change, Relation, Remark

AGREEMENT: Final = 0.85
BENDS: Final = ((12.0, 0.1), (30.0, 0.05))
"""(certainty, amplitude in pixels) pairs; above both of one pair the displacement bends."""
MOST_COVERED: Final = 0.45
WHOLE_FRAME: Final = 0.004
SOFT: Final = 1.2
CALM_PEAK: Final = 0.7
TONE: Final = 5.0
COLOUR: Final = 10.0
LIGHT: Final = 7.0
CAST: Final = 2.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """A relation and what it rests on; ``edited`` and safer are one capture."""

    relation: Relation
    remark: Remark | None = None


def judge(measurement: Measurement) -> Verdict:
    """What one look says of two pictures of one scene: `similar`, `edited` or `resaved`."""
    other = another_shot(measurement)
    if other is not None:
        return Verdict(Relation.SIMILAR, Remark(other))
    change = visible_change(measurement)
    if change is not None:
        return Verdict(Relation.EDITED, change)
    return Verdict(Relation.RESAVED)


def another_shot(measurement: Measurement) -> Change | None:
    """Why the two pictures are two captures, or None."""
    bend = measurement.bend
    if any(bend.certainty > certainty and bend.amplitude > amplitude for certainty, amplitude in BENDS):
        return Change.VIEWPOINT
    if measurement.agreement < AGREEMENT:
        return Change.EVERYWHERE
    found_regions = measurement.difference.found_regions
    if sum(region.share for region in found_regions) > MOST_COVERED:
        return Change.MOST_PLACES
    if any(region.kind is RegionKind.CONTENT for region in found_regions):
        return Change.CONTENT
    registered = measurement.registered
    if any(region.kind is not RegionKind.SPECK for region in found_regions) and (
        difference.is_document(registered.still) and difference.is_document(registered.overlay.moving)
    ):
        return Change.TEXT
    return None


def visible_change(measurement: Measurement) -> Remark | None:
    """What a person would see, or None where the pictures agree everywhere."""
    grid = min(measurement.registered.overlay.moving.shape[:2])
    if measurement.frame_error > WHOLE_FRAME + 0.75 / grid:
        return _frame_change(measurement)
    if measurement.difference.found_regions or measurement.difference.peak > CALM_PEAK:
        return Remark(_region_change(measurement.difference.found_regions))
    if abs(measurement.softened) > SOFT:
        return Remark(Change.BLUR)
    if measurement.difference.tone > TONE:
        return Remark(Change.TONE)
    colour, light, cast = difference.departure(
        measurement.registered.still, measurement.registered.moved, measurement.registered.cover
    )
    if colour > COLOUR or cast > CAST:
        return Remark(Change.COLOUR)
    if light > LIGHT:
        return Remark(Change.LIGHT)
    return None


def _frame_change(measurement: Measurement) -> Remark:
    least = min(measurement.overlap)
    return Remark(Change.CROPPED, round(least, 3)) if least < 0.97 else Remark(Change.FRAMED)


def _region_change(found_regions: tuple[Region, ...]) -> Change:
    kinds = {region.kind for region in found_regions}
    if RegionKind.STROKES in kinds:
        return Change.MARK
    if RegionKind.BAND in kinds:
        return Change.BAND
    return Change.SPOT
