"""Draws the verdict from one look. Every threshold of the verdict stands here, with what was measured on either side of it.

Figures in brackets are extremes over the photographs of data/photos and their 32 everyday changes ("copies"), against
simulated and real second shots ("shots").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dedupe.comparing import difference
from dedupe.comparing.measure import Sight
from dedupe.comparing.regions import Spot, SpotKind
from dedupe.types import Relation

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
    """A relation and the short phrase that says why; ``edited`` and safer are one capture."""

    relation: Relation
    why: str


def judge(sight: Sight) -> Verdict:
    """What one look says of two pictures of one scene: `similar`, `edited` or `resaved`."""
    other = another_shot(sight)
    if other is not None:
        return Verdict(Relation.SIMILAR, other)
    change = visible_change(sight)
    if change is not None:
        return Verdict(Relation.EDITED, change)
    return Verdict(Relation.RESAVED, "")


def another_shot(sight: Sight) -> str | None:
    """Why the two pictures are two captures, or None."""
    bend = sight.bend
    if any(bend.certainty > certainty and bend.amplitude > amplitude for certainty, amplitude in BENDS):
        return "another point of view"
    if sight.agreement < AGREEMENT:
        return "differs all over"
    spots = sight.difference.spots
    if sum(spot.share for spot in spots) > MOST_COVERED:
        return "differs in most places"
    if any(spot.kind is SpotKind.CONTENT for spot in spots):
        return "something moved or was replaced"
    laid = sight.laid
    if any(spot.kind is not SpotKind.SPECK for spot in spots) and (
        difference.is_document(laid.still) and difference.is_document(laid.overlay.moving)
    ):
        return "other text"
    return None


def visible_change(sight: Sight) -> str | None:
    """What a person would see, or None where the pictures agree everywhere."""
    grid = min(sight.laid.overlay.moving.shape[:2])
    if sight.frame_error > WHOLE_FRAME + 0.75 / grid:
        return _frame_phrase(sight)
    if sight.difference.spots or sight.difference.peak > CALM_PEAK:
        return _spot_phrase(sight.difference.spots)
    if abs(sight.softened) > SOFT:
        return "blurred or noisy"
    if sight.difference.tone > TONE:
        return "tone changed"
    colour, light, cast = difference.departure(sight.laid.still, sight.laid.moved, sight.laid.cover)
    if colour > COLOUR or cast > CAST:
        return "colour changed"
    if light > LIGHT:
        return "light changed in places"
    return None


def _frame_phrase(sight: Sight) -> str:
    least = min(sight.overlap)
    return f"cropped to {least:.0%}" if least < 0.97 else "framed a little differently"


def _spot_phrase(spots: tuple[Spot, ...]) -> str:
    kinds = {spot.kind for spot in spots}
    if SpotKind.STROKES in kinds:
        return "text or a mark put on it"
    if SpotKind.BAND in kinds:
        return "a band put on it"
    return "a spot differs"
