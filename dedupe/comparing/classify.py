"""Draws the verdict from one measurement. Every threshold of the verdict is here, with what was measured on either side of it.

Figures in brackets are extremes over the photographs of data/photos and their 32 everyday changes ("copies"), against
simulated and real second shots ("shots").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dedupe.comparing import difference, overlap, sensor_noise
from dedupe.comparing.homography import stretch
from dedupe.comparing.measure import Measurement
from dedupe.comparing.regions import Region, RegionKind
from dedupe.comparing.sensor_noise import Captures
from dedupe.comparing.thresholds import (
    AGREEMENT,
    BENDS,
    CALM_PEAK,
    CAST,
    COLOUR,
    HAND_TILT,
    HARDLY_FINER,
    LIGHT,
    MOST_COVERED,
    NEARLY_ALL,
    NOISELESS,
    SHOWN_ALONE,
    SOFT,
    STRETCH,
    TONE,
    WHOLE_FRAME,
)
from dedupe.types import Change, Relation, Remark

_SEEN: Final = frozenset(
    (Change.VIEWPOINT, Change.EVERYWHERE, Change.CONTENT, Change.TEXT, Change.MOST_PLACES, Change.SENSOR_NOISE)
)
"""What the look of two pictures says against one capture, whatever their files say."""
_IN_PLACES: Final = frozenset((Change.PUT_ON, Change.MARK, Change.BAND, Change.SPOT))
_LAID_ON: Final = frozenset((RegionKind.STROKES, RegionKind.BAND, RegionKind.VEIL))


@dataclass(frozen=True, slots=True)
class Verdict:
    """A relation and what it rests on.

    ``edited`` and every safer relation mean one capture. ``open`` means that the relation holds only if the noise of the
    originals says that this is one capture. ``captures`` is what the noise of this measurement says, where it was asked.
    """

    relation: Relation
    remark: Remark | None = None
    open: bool = False
    captures: Captures | None = None

    @property
    def rests_on_regions(self) -> bool:
        """Whether it is `edited` for what differs in places."""
        return self.relation is Relation.EDITED and self.remark is not None and self.remark.change in _IN_PLACES


def judge(measurement: Measurement) -> Verdict:
    """What one look says of two pictures of one scene: `similar`, `edited` or `resaved`."""
    other = another_shot(measurement)
    if other is not None:
        return Verdict(Relation.SIMILAR, Remark(other))
    doubtful = needs_proof(measurement)
    captures = None if doubtful is None else sensor_noise.captures(measurement)
    if doubtful is not None and captures is Captures.TWO:
        return Verdict(Relation.SIMILAR, Remark(_apart(doubtful)))
    change = visible_change(measurement)
    if doubtful is not None:
        return Verdict(Relation.EDITED, change or Remark(Change.PUT_ON), open=True, captures=captures)
    if change is not None:
        return Verdict(Relation.EDITED, change)
    return Verdict(Relation.RESAVED)


def proven(verdict: Verdict, looks: Sequence[tuple[Verdict, Measurement]]) -> Verdict:
    """The verdict, once the noise is asked: what it leaves open is `similar` unless the noise says one capture.

    ``looks`` are the looks at the pair and what each says, the closest last. Where the closest shows too little noise to
    tell, the one before may, if it is nearly as close: a much smaller picture has lost the noise by which two shots differ.
    """
    if not verdict.open:
        return verdict
    closest = looks[-1][1]
    if _tilted_by_hand(closest):
        return Verdict(Relation.SIMILAR, Remark(Change.VIEWPOINT))
    near = [look for look in looks if _side(closest) <= HARDLY_FINER * _side(look[1])]
    said = [seen.captures or sensor_noise.captures(measurement) for seen, measurement in near]
    if Captures.TWO not in said and Captures.ONE in said:
        return Verdict(verdict.relation, verdict.remark)
    doubtful = needs_proof(closest) or (verdict.remark.change if verdict.remark else Change.PUT_ON)
    return Verdict(Relation.SIMILAR, Remark(_apart(doubtful)))


def _side(measurement: Measurement) -> int:
    """The long side, in pixels, of the grid that both pictures were laid on."""
    return max(measurement.registered.still.shape)


def may_be_put_on(verdict: Verdict, measurement: Measurement) -> bool:
    """Whether what makes the two `similar` may be a thing put on one of them, so that the files have to be asked.

    Pages and screens of one template agree exactly as well, and are not one: only pictures with noise are asked about.
    """
    if verdict.relation is not Relation.SIMILAR or verdict.remark is None or verdict.remark.change not in _SEEN:
        return False
    registered = measurement.registered
    if any(region.kind is RegionKind.RETYPED for region in measurement.difference.found_regions):
        return False
    if any(difference.is_document(picture) for picture in (registered.still, registered.overlay.moving)):
        return False
    found = sensor_noise.noise(measurement.unsoftened, measurement.difference.mask)
    return found is not None and found.noiseless < NOISELESS


def _tilted_by_hand(measurement: Measurement) -> bool:
    """Say whether one picture is tilted against the other by no more than a hand moves between two shots.

    Each must also show something of the scene that the other does not. Two shots of a far, still scene differ only by
    that and by their noise, which the structure of the scene may hide. What an editor tilts is inside its source, or on
    black.
    """
    if measurement.keystone is None or measurement.keystone.amount >= HAND_TILT:
        return False
    return overlap.beside_each_other(measurement.registered)


def bends(measurement: Measurement) -> bool:
    """Whether the displacement is none that an affine map explains."""
    bend = measurement.bend
    return any(bend.certainty > certainty and bend.amplitude > amplitude for certainty, amplitude in BENDS)


def another_shot(measurement: Measurement) -> Change | None:
    """Why the two pictures are two captures whatever their noise says, or None."""
    if bends(measurement):
        return Change.VIEWPOINT
    if measurement.agreement < AGREEMENT:
        return Change.EVERYWHERE
    if min(overlap.shown_alone(measurement.registered)) > SHOWN_ALONE:
        return Change.OVERLAP
    regions = measurement.difference.found_regions
    if any(region.kind is RegionKind.RETYPED for region in regions):
        return Change.TEXT
    if sum(region.share for region in regions) > NEARLY_ALL:
        return Change.MOST_PLACES
    return None


def needs_proof(measurement: Measurement) -> Change | None:
    """What one capture may show after an edit, and two captures as well: something there that was not, another perspective."""
    if measurement.keystone is not None:
        return Change.PERSPECTIVE
    regions = measurement.difference.found_regions
    registered = measurement.registered
    if any(region.kind is not RegionKind.SPECK for region in regions) and (
        difference.is_document(registered.still) and difference.is_document(registered.overlay.moving)
    ):
        return Change.TEXT
    if any(region.kind is RegionKind.CONTENT for region in regions):
        return Change.PUT_ON
    if sum(region.share for region in regions if region.kind not in _LAID_ON) > MOST_COVERED:
        return Change.MOST_PLACES
    return None


def _apart(doubtful: Change) -> Change:
    """What is said of it where the two are two captures."""
    return {Change.PUT_ON: Change.CONTENT, Change.PERSPECTIVE: Change.VIEWPOINT}.get(doubtful, doubtful)


def visible_change(measurement: Measurement) -> Remark | None:
    """What a person would see, or None where the pictures agree everywhere."""
    if measurement.keystone is not None:
        return Remark(Change.PERSPECTIVE)
    grid = min(measurement.registered.overlay.moving.shape[:2])
    if stretch(measurement.registered.overlay.matrix) > 1 + STRETCH + 1.5 / grid:
        return Remark(Change.STRETCHED)
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
    if RegionKind.CONTENT in kinds:
        return Change.PUT_ON
    if kinds & {RegionKind.STROKES, RegionKind.VEIL}:
        return Change.MARK
    if RegionKind.BAND in kinds:
        return Change.BAND
    return Change.SPOT
