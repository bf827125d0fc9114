"""From a cluster of one capture to stars: an asset that stays, and the assets directly verified against it.

The keeper is the first by the rules; it takes every asset that lies on it. What is left is asked again, until no two assets
lie on each other. One further down the rules takes the keeper's place only where it reaches more of the cluster and nothing
would be lost with the better one; so a chance gap in the alignment does not tear a group apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from dedupe.comparing.version import SOURCE
from dedupe.grouping.keeper import Candidate, Rule, has_raw, quality_of, ranked, reason
from dedupe.grouping.losses import BETTER, PIXEL_LOSSES, CompanionKey, blocked_reason, losses
from dedupe.grouping.match_graph import Fit, Node, Verdicts
from dedupe.types import Loss, LossCode, Photo, Relation

FEW_PIXELS = 1.6
"""A frame, a tilt or another crop make about so many more pixels of one picture."""


class Decisions(Protocol):
    """The user's word (``library.decisions``)."""

    def not_duplicates(self, a: Photo, b: Photo) -> bool:
        """Whether the user said that these two are no duplicates."""
        ...

    def chosen_keeper(self, photos: Sequence[Photo]) -> Photo | None:
        """The one of these the user chose to keep, None where nothing was chosen."""
        ...


@dataclass(frozen=True, slots=True)
class Membership:
    """How an asset lies on a keeper: the least safe relation of its pictures and its rank, the fit of its first;
    ``lacks``: what of it has no counterpart; ``finer``: its first picture was seen to hold more detail."""

    asset: Candidate
    relation: Relation
    rank: int
    fit: Fit
    lacks: tuple[Loss, ...] = ()
    finer: bool = False


@dataclass(frozen=True, slots=True)
class Star:
    """The asset that stays, why, and those that lie on it, the best fit first."""

    keep: Candidate
    reason: str
    extras: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Stars:
    """Makes stars of clusters. ``may_leave(extra, keep)``: whether the two may be compared, this way round; ``challengers``:
    how many of the next by the rules may take the keeper's place; with 0 a photo is judged by itself alone."""

    known: Verdicts
    rules: Sequence[Rule]
    may_leave: Callable[[Photo, Photo], bool]
    decisions: Decisions | None = None
    companion_key: CompanionKey | None = None
    challengers: int = 16

    def of(self, cluster: Sequence[Node]) -> Iterator[Star]:
        """The stars of a cluster; assets that lie on none, and on which none lies, are in none."""
        left = _Left(self.known, ranked(self._candidates(cluster), self.rules))
        while (first := left.first()) is not None:
            keep, extras, said = self._crowned(first, left)
            if not extras and keep is not first:
                # The user keeps it, and nothing lies on it: then it lies on nothing either.
                left.drop([keep])
            left.tried(keep)
            if extras:
                others = ranked((membership.asset for membership in extras), self.rules)
                yield Star(keep, said or reason(keep, others[0], self.rules), extras)
                left.drop([keep, *(membership.asset for membership in extras)])

    def _candidates(self, cluster: Sequence[Node]) -> Iterator[Candidate]:
        detail = _real_pixels(self.known, cluster)
        most, support = max(detail.values()), self._support(cluster)
        for node in cluster:
            for asset in self.known.assets[node]:
                photo = self.known.photos[asset]
                # A RAW holds no less than what was developed from it, whatever size its preview has.
                real = most if has_raw(photo) else detail[node]
                yield Candidate(photo, real, self._quality(node, photo), support[node])

    def _support(self, cluster: Sequence[Node]) -> dict[Node, int]:
        """Of how many pictures of the cluster each shows the same, by whatever chain of re-saves."""
        if not self.challengers:
            return dict.fromkeys(cluster, 0)
        version = {node: {node} for node in cluster}
        for node in cluster:
            for other, fit in self.known.must_link.get(node, {}).items():
                if fit.rank <= Relation.RESAVED.rank and other in version and version[other] is not version[node]:
                    version[node] |= version[other]
                    version.update(dict.fromkeys(version[node], version[node]))
        return {node: len(same) - 1 for node, same in version.items()}

    def _quality(self, node: Node, photo: Photo) -> int:
        """A lossless file of the very pixels of a lossy one was made from it: it is no better. What was saved from another is
        worse, however little it was compressed."""
        quality = quality_of(photo)
        for other, fit in self.known.must_link.get(node, {}).items():
            if fit.relation is Relation.SAME_PIXELS and photo.facts.lossless:
                quality = min(quality, *self._qualities(other))
            elif 0 < self._holds(other, node) <= SOURCE:
                quality = min(quality, max(self._qualities(other)) - 1)
        return quality

    def _qualities(self, node: Node) -> list[int]:
        return [quality_of(self.known.photos[asset]) for asset in self.known.assets[node]]

    def _holds(self, ours: Node, theirs: Node) -> float:
        """> 0 where ``ours`` holds more than ``theirs``."""
        fit = self.known.between(*(self.known.photos[self.known.assets[node][0]] for node in (ours, theirs)))
        return 0.0 if fit is None else fit.detail

    def _crowned(self, first: Candidate, left: _Left) -> tuple[Candidate, tuple[Membership, ...], str]:
        """The keeper, its extras, and why where it is not the first by the rules."""
        keep, extras, said = first, self._reached(first, left), ""
        if extras and len(extras) < len(left) - 1:
            keep, extras = self._challenged(first, extras, left)
            said = "" if keep is first else "matches more of the copies"
        if self.decisions is not None and extras:
            chosen = self.decisions.chosen_keeper([keep.photo, *(membership.asset.photo for membership in extras)])
            for asset in (keep, *(membership.asset for membership in extras)):
                if chosen is not None and asset.photo.path == chosen.path:
                    return asset, extras if asset is keep else self._reached(asset, left), "chosen by you"
        return keep, extras, said

    def _challenged(
        self, keep: Candidate, extras: tuple[Membership, ...], left: _Left
    ) -> tuple[Candidate, tuple[Membership, ...]]:
        best = keep, extras
        for other in sorted((membership.asset for membership in extras), key=left.rank)[: self.challengers]:
            reached = self._reached(other, left)
            if len(reached) > len(best[1]) and self._yields(keep, reached, other):
                best = other, reached
        return best

    def _yields(self, keep: Candidate, reached: Sequence[Membership], other: Candidate) -> bool:
        """Whether the better asset is among ``reached`` and nothing is lost where ``other`` stays in its place.

        Quality and a few pixels are no loss where the one is an edit of the other, and so never selected: a tilted or framed
        copy saved at a higher quality is "better" than its original, which all the other copies lie on.
        """
        for membership in reached:
            if membership.asset is keep:
                same_rank = keep.photo.file.protected == other.photo.file.protected
                lost = set(self.lost(membership, other))
                if membership.relation is Relation.EDITED and keep.detail <= FEW_PIXELS * other.detail:
                    lost -= PIXEL_LOSSES
                return same_rank and not lost and not blocked_reason(keep.photo, other.photo, membership.relation)
        return False

    def _reached(self, keep: Candidate, left: _Left) -> tuple[Membership, ...]:
        """The assets that lie on ``keep``, the best fit first, without those the user set apart from it or a better one."""
        found = []
        for asset in left.around(keep):
            if self.may_leave(asset.photo, keep.photo):
                membership = lies_on(asset, keep, self.known)
                if membership is not None:
                    found.append(membership)
        found.sort(key=lambda membership: (membership.rank, membership.fit.key, left.rank(membership.asset)))
        if self.decisions is None:
            return tuple(found)
        taken: list[Membership] = []
        for membership in found:
            cannot_link = self.decisions.not_duplicates
            if not any(
                cannot_link(membership.asset.photo, other)
                for other in (keep.photo, *(one.asset.photo for one in taken))
            ):
                taken.append(membership)
        return tuple(taken)

    def lost(self, membership: Membership, keep: Candidate) -> tuple[Loss, ...]:
        """What would be lost with an asset where ``keep`` stays."""
        lost = (*losses(membership.asset, keep, membership.relation, self.companion_key), *membership.lacks)
        if 0 < membership.fit.detail <= SOURCE and quality_of(membership.asset.photo) > quality_of(keep.photo) + BETTER:
            lost = (*lost, Loss(LossCode.QUALITY))
        if membership.finer and not keep.photo.facts.raw and Loss(LossCode.RESOLUTION) not in lost:
            lost = (Loss(LossCode.DETAIL), *lost)
        return tuple(dict.fromkeys(lost))


class _Left:
    """The assets of a cluster that are in no star yet, in the order of the rules. One that was tried as a keeper, and reached
    nothing, may still be an extra."""

    def __init__(self, known: Verdicts, order: Sequence[Candidate]) -> None:
        self._known = known
        self._order = list(order)
        self._rank = {one.photo.path: rank for rank, one in enumerate(order)}
        self._alive, self._untried = [True] * len(order), [True] * len(order)
        self._count, self._next = len(order), 0
        self._by_node: dict[Node, list[Candidate]] = {}
        for one in order:
            self._by_node.setdefault(self._node(one), []).append(one)

    def __len__(self) -> int:
        return self._count

    def first(self) -> Candidate | None:
        """The next that may keep; None where nothing is left for it to keep."""
        while self._next < len(self._order) and not (self._alive[self._next] and self._untried[self._next]):
            self._next += 1
        return self._order[self._next] if self._count > 1 and self._next < len(self._order) else None

    def rank(self, one: Candidate) -> int:
        return self._rank[one.photo.path]

    def tried(self, one: Candidate) -> None:
        self._untried[self.rank(one)] = False

    def drop(self, assets: Iterable[Candidate]) -> None:
        for one in assets:
            self._alive[self.rank(one)] = False
            self._count -= 1

    def around(self, keep: Candidate) -> Iterator[Candidate]:
        """The other assets left, of the node of ``keep`` and of those near it."""
        node = self._node(keep)
        for must_link in (node, *self._known.must_link.get(node, ())):
            for one in self._by_node.get(must_link, ()):
                if one is not keep and self._alive[self.rank(one)]:
                    yield one

    def _node(self, one: Candidate) -> Node:
        return self._known.picture_of[one.photo.content_key]


def lies_on(asset: Candidate, keep: Candidate, known: Verdicts) -> Membership | None:
    """How ``asset`` lies on ``keep``; None where its first picture has no verified counterpart there."""
    if not asset.photo.members and not keep.photo.members:
        fit = known.between(asset.photo, keep.photo)
        if fit is None:
            return None
        replaces = keep.photo.facts.raw or not asset.photo.facts.raw
        return Membership(
            asset, fit.relation, fit.rank, fit, () if replaces else (Loss(LossCode.RAW),), fit.detail > SOURCE
        )
    parts = (keep.photo, *keep.photo.members)
    first = _counterpart(asset.photo, parts, known)
    if first is None:
        return None
    worst, lacks = first[0], [] if first[1] else [Loss(LossCode.RAW)]
    for half in asset.photo.members:
        found = _counterpart(half, parts, known)
        if found is None or not found[1]:
            lacks.append(Loss(LossCode.RAW if half.facts.raw else LossCode.PICTURE))
        elif found[0].rank > worst.rank:
            worst = found[0]
    return Membership(
        asset, worst.relation, worst.rank, first[0], tuple(dict.fromkeys(lacks)), first[0].detail > SOURCE
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


def _real_pixels(known: Verdicts, cluster: Sequence[Node]) -> dict[Node, int]:
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
