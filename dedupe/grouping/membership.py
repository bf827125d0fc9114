"""How one asset lies on another: the relation of its pictures to their counterparts, and what has none there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dedupe.comparing.version import SOURCE
from dedupe.grouping.keeper import Candidate
from dedupe.grouping.match_graph import Fit, Node, Verdicts
from dedupe.types import Loss, LossCode, Photo, Relation

SAFE_RANK: Final = Relation.RESAVED.rank
"""The rank up to which a photo is a copy of another."""
MADE_FROM: Final = 1.0
"""Log odds from which the clues say which of two photos was made from the other."""


@dataclass(frozen=True, slots=True)
class Membership:
    """How an asset lies on another that stays: the least safe relation of its pictures and its rank, the fit of its first;
    ``lacks``: what of it has no counterpart; ``finer``: its first picture was seen to hold more detail."""

    asset: Candidate
    relation: Relation
    rank: int
    fit: Fit
    lacks: tuple[Loss, ...] = ()
    finer: bool = False

    @property
    def lineage(self) -> float:
        """> 0 where the asset was made from what it lies on, < 0 the other way round, in log odds."""
        return -self.fit.lineage


def lies_on(asset: Candidate, keep: Candidate, known: Verdicts) -> Membership | None:
    """How ``asset`` lies on ``keep``; None where its first picture has no verified counterpart there."""
    if not asset.photo.members and not keep.photo.members:
        fit = known.between(asset.photo, keep.photo)
        if fit is None:
            return None
        replaces = keep.photo.facts.raw or not asset.photo.facts.raw
        lacks = () if replaces else (Loss(LossCode.RAW),)
        return Membership(asset, fit.relation, fit.rank, fit, lacks, fit.detail > SOURCE)
    parts = keep.photo.parts
    first = _counterpart(asset.photo, parts, known)
    if first is None:
        return None
    worst, lacking = first[0], [] if first[1] else [Loss(LossCode.RAW)]
    for half in asset.photo.members:
        found = _counterpart(half, parts, known)
        if found is None or not found[1]:
            lacking.append(Loss(LossCode.RAW if half.facts.raw else LossCode.PICTURE))
        elif found[0].rank > worst.rank:
            worst = found[0]
    return Membership(
        asset, worst.relation, worst.rank, first[0], tuple(dict.fromkeys(lacking)), first[0].detail > SOURCE
    )


def _counterpart(picture: Photo, parts: Sequence[Photo], known: Verdicts) -> tuple[Fit, bool] | None:
    """The best fit of ``picture`` on any of ``parts``, and whether it replaces it: only a RAW replaces a RAW."""
    found = [
        (not replaces, fit.key, index, fit)
        for index, part in enumerate(parts)
        if (fit := known.between(picture, part)) is not None
        for replaces in (part.facts.raw or not picture.facts.raw,)
    ]
    if not found:
        return None
    lacking, _, _, fit = min(found)
    return fit, not lacking


def real_pixels(known: Verdicts, cluster: Sequence[Node]) -> dict[Node, int]:
    """The pixels of each node, an enlarged or blurred picture's brought down to just below those of the smaller one in
    which more detail was seen."""
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
