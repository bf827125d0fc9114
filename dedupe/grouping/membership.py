"""How one asset matches another: the relation of its pictures to their counterparts, and what has none there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dedupe.comparing.thresholds import LOW_TEXTURE
from dedupe.comparing.version import SOURCE
from dedupe.grouping.keeper import Candidate, quality_of
from dedupe.grouping.losses import SMALL_SIDE
from dedupe.grouping.match_graph import Fit, Node, Verdicts
from dedupe.types import Loss, LossCode, Photo, Relation

SAFE_RANK: Final = Relation.RESAVED.rank
"""The rank up to which a photo is a copy of another."""
_SAME: Final = Relation.SAME_PIXELS.rank
MADE_FROM: Final = 1.0
"""Log odds from which the clues say which of two photos was made from the other."""


@dataclass(frozen=True, slots=True)
class Membership:
    """How an asset matches another that stays.

    ``relation`` is the least safe relation of its pictures, with its ``rank``. ``fit`` says how its first picture fits
    ``on``, a picture of the other. ``lacks`` is what of it has no counterpart. ``finer`` says that its first picture was
    seen to hold more detail.
    """

    asset: Candidate
    relation: Relation
    rank: int
    fit: Fit
    on: Photo
    lacks: tuple[Loss, ...] = ()
    finer: bool = False

    @property
    def lineage(self) -> float:
        """> 0 where the asset was made from what it matches, < 0 the other way round, in log odds."""
        return -self.fit.lineage


@dataclass(frozen=True, slots=True)
class _Counterpart:
    """The picture that another matches, how, and whether nothing is lost where it stays in its place."""

    fit: Fit
    part: Photo
    replaces: bool


def lies_on(asset: Candidate, keep: Candidate, known: Verdicts) -> Membership | None:
    """How ``asset`` matches ``keep``; None where its first picture has no verified counterpart there.

    What the first picture of ``asset`` holds more than that of ``keep`` is not in ``lacks``: ``losses`` says it.
    """
    if not asset.photo.members and not keep.photo.members:
        fit = known.between(asset.photo, keep.photo)
        if fit is None:
            return None
        lacks = _lacks_raw(asset.photo, keep.photo, fit)
        return Membership(asset, fit.relation, fit.rank, fit, keep.photo, lacks, fit.detail > SOURCE)
    return _asset_lies_on(asset, keep, known)


def _asset_lies_on(asset: Candidate, keep: Candidate, known: Verdicts) -> Membership | None:
    first = _counterpart(asset.photo, keep.photo.parts, known)
    if first is None:
        return None
    on_first = first.part is keep.photo
    lacking = list(_lacks_raw(asset.photo, first.part, first.fit)) if on_first else _lacking(asset.photo, first)
    worst = first.fit
    for half in asset.photo.members:
        found = _counterpart(half, keep.photo.parts, known)
        lacking += _lacking(half, found)
        if found is not None and found.fit.rank > worst.rank:
            worst = found.fit
    lacks, finer = tuple(dict.fromkeys(lacking)), first.fit.detail > SOURCE
    return Membership(asset, worst.relation, worst.rank, first.fit, first.part, lacks, finer)


def _lacking(picture: Photo, found: _Counterpart | None) -> list[Loss]:
    if found is not None and found.replaces:
        return []
    return [Loss(LossCode.RAW if picture.facts.raw else LossCode.PICTURE)]


def _lacks_raw(picture: Photo, part: Photo, fit: Fit) -> tuple[Loss, ...]:
    """A RAW is replaced by a RAW of the same sensor data only: what was compared of two others are their previews."""
    kept = not picture.facts.raw or (part.facts.raw and fit.rank <= _SAME)
    return () if kept else (Loss(LossCode.RAW),)


def _counterpart(picture: Photo, parts: Sequence[Photo], known: Verdicts) -> _Counterpart | None:
    """The best fit of ``picture`` on any of ``parts``, one that replaces it before all others."""
    found = [
        (not replaces, fit.key, index, _Counterpart(fit, part, replaces))
        for index, part in enumerate(parts)
        if (fit := known.between(picture, part)) is not None
        for replaces in (_replaces(picture, part, fit),)
    ]
    return min(found)[3] if found else None


def _replaces(picture: Photo, part: Photo, fit: Fit) -> bool:
    """Whether nothing of the pixels of ``picture`` is lost where ``part`` stays. A RAW replaces no picture, no picture a RAW."""
    ours, theirs = picture.facts, part.facts
    if fit.rank <= Relation.IDENTICAL.rank:
        return True
    if ours.raw != theirs.raw or ours.frames > theirs.frames or (ours.alpha and not theirs.alpha):
        return False
    if not ours.inventory and not set(ours.embedded) <= set(theirs.embedded):
        return False
    return fit.rank <= _SAME or (fit.rank <= SAFE_RANK and not ours.raw and _is_as_good(picture, part, fit))


def _is_as_good(picture: Photo, part: Photo, fit: Fit) -> bool:
    """Whether ``part`` agrees with ``picture`` beyond doubt and is no worse by any measure."""
    ours, theirs = picture.facts, part.facts
    told = fit.remark is None and fit.detail <= 0 and not fit.turn and not fit.mirrored
    large = min(max(ours.width, ours.height), max(theirs.width, theirs.height)) >= SMALL_SIDE
    textured = min(ours.texture, theirs.texture) >= LOW_TEXTURE
    stored = ours.bits <= theirs.bits and (ours.chroma <= theirs.chroma or ours.lossless)
    fine = stored and quality_of(picture) <= quality_of(part)
    return told and large and textured and fine and picture.pixels <= part.pixels


def real_pixels(known: Verdicts, cluster: Sequence[Node]) -> dict[Node, int]:
    """Count the real pixels of each node.

    An enlarged or blurred picture counts just below the smaller one in which more detail was seen.
    """
    heads = {node: known.photos[known.assets[node][0]] for node in cluster}
    if len(cluster) == 1:
        return {node: photo.pixels for node, photo in heads.items()}
    seen = {node: _finer(node, heads, known) for node in cluster}
    # A picture is judged after all it can be judged by: the smaller ones, and of its own size those seen to be finer.
    real: dict[Node, int] = {}
    for node in sorted(cluster, key=lambda node: (heads[node].pixels, len(seen[node]), node)):
        bounds = (real[other] - 1 for other in seen[node] if other in real)
        real[node] = min(heads[node].pixels, *bounds, heads[node].pixels)
    return real


def _finer(node: Node, heads: dict[Node, Photo], known: Verdicts) -> list[Node]:
    """The pictures, no larger than that of ``node``, in which more detail was seen than in it."""
    return [
        other
        for other in known.must_link.get(node, ())
        if other in heads
        and heads[other].pixels <= heads[node].pixels
        and (fit := known.between(heads[node], heads[other])) is not None
        and fit.detail < -SOURCE
    ]
