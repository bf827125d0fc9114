"""From a cluster of one capture to stars: a unit that stays, and the units directly verified against it.

The keeper is the first by the rules; it takes every unit that lies on it. What is left is asked again, until no two units
lie on each other. One further down the rules takes the keeper's place only where it reaches more of the cluster and nothing
would be lost with the better one; so a chance gap in the alignment does not tear a group apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from dedupe.comparing.version import SOURCE
from dedupe.grouping.keeper import Contender, Rule, has_raw, quality_of, ranked, reason
from dedupe.grouping.losses import BETTER, PIXEL_LOSSES, CompanionKey, hindrance, losses
from dedupe.grouping.match_graph import Fit, Node, Verdicts
from dedupe.types import Photo, Relation

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
class Lies:
    """How a unit lies on a keeper: the least safe relation of its pictures and its rank, the fit of its first;
    ``lacks``: what of it has no counterpart, as phrases; ``finer``: its first picture was seen to hold more detail."""

    unit: Contender
    relation: Relation
    rank: int
    fit: Fit
    lacks: tuple[str, ...] = ()
    finer: bool = False


@dataclass(frozen=True, slots=True)
class Star:
    """The unit that stays, why, and those that lie on it, the best fit first."""

    keep: Contender
    reason: str
    extras: tuple[Lies, ...]


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
        """The stars of a cluster; units that lie on none, and on which none lies, are in none."""
        left = _Left(self.known, ranked(self._contenders(cluster), self.rules))
        while (first := left.first()) is not None:
            keep, extras, said = self._crowned(first, left)
            if not extras and keep is not first:
                # The user keeps it, and nothing lies on it: then it lies on nothing either.
                left.drop([keep])
            left.tried(keep)
            if extras:
                others = ranked((lies.unit for lies in extras), self.rules)
                yield Star(keep, said or reason(keep, others[0], self.rules), extras)
                left.drop([keep, *(lies.unit for lies in extras)])

    def _contenders(self, cluster: Sequence[Node]) -> Iterator[Contender]:
        detail = _real_pixels(self.known, cluster)
        most, followers = max(detail.values()), self._followers(cluster)
        for node in cluster:
            for unit in self.known.units[node]:
                photo = self.known.photos[unit]
                # A RAW holds no less than what was developed from it, whatever size its preview has.
                real = most if has_raw(photo) else detail[node]
                yield Contender(photo, real, self._quality(node, photo), followers[node])

    def _followers(self, cluster: Sequence[Node]) -> dict[Node, int]:
        """Of how many pictures of the cluster each shows the same, by whatever chain of re-saves."""
        if not self.challengers:
            return dict.fromkeys(cluster, 0)
        version = {node: {node} for node in cluster}
        for node in cluster:
            for other, fit in self.known.near.get(node, {}).items():
                if fit.rank <= Relation.RESAVED.rank and other in version and version[other] is not version[node]:
                    version[node] |= version[other]
                    version.update(dict.fromkeys(version[node], version[node]))
        return {node: len(same) - 1 for node, same in version.items()}

    def _quality(self, node: Node, photo: Photo) -> int:
        """A lossless file of the very pixels of a lossy one was made from it: it is no better. What was saved from another is
        worse, however little it was compressed."""
        quality = quality_of(photo)
        for other, fit in self.known.near.get(node, {}).items():
            if fit.relation is Relation.SAME_PIXELS and photo.facts.lossless:
                quality = min(quality, *self._qualities(other))
            elif 0 < self._holds(other, node) <= SOURCE:
                quality = min(quality, max(self._qualities(other)) - 1)
        return quality

    def _qualities(self, node: Node) -> list[int]:
        return [quality_of(self.known.photos[unit]) for unit in self.known.units[node]]

    def _holds(self, ours: Node, theirs: Node) -> float:
        """> 0 where ``ours`` holds more than ``theirs``."""
        fit = self.known.between(*(self.known.photos[self.known.units[node][0]] for node in (ours, theirs)))
        return 0.0 if fit is None else fit.detail

    def _crowned(self, first: Contender, left: _Left) -> tuple[Contender, tuple[Lies, ...], str]:
        """The keeper, its extras, and why where it is not the first by the rules."""
        keep, extras, said = first, self._reached(first, left), ""
        if extras and len(extras) < len(left) - 1:
            keep, extras = self._challenged(first, extras, left)
            said = "" if keep is first else "matches more of the copies"
        if self.decisions is not None and extras:
            chosen = self.decisions.chosen_keeper([keep.photo, *(lies.unit.photo for lies in extras)])
            for unit in (keep, *(lies.unit for lies in extras)):
                if chosen is not None and unit.photo.path == chosen.path:
                    return unit, extras if unit is keep else self._reached(unit, left), "chosen by you"
        return keep, extras, said

    def _challenged(self, keep: Contender, extras: tuple[Lies, ...], left: _Left) -> tuple[Contender, tuple[Lies, ...]]:
        best = keep, extras
        for other in sorted((lies.unit for lies in extras), key=left.rank)[: self.challengers]:
            reached = self._reached(other, left)
            if len(reached) > len(best[1]) and self._yields(keep, reached, other):
                best = other, reached
        return best

    def _yields(self, keep: Contender, reached: Sequence[Lies], other: Contender) -> bool:
        """Whether the better unit is among ``reached`` and nothing is lost where ``other`` stays in its place.

        Quality and a few pixels are no loss where the one is an edit of the other, and so never selected: a tilted or framed
        copy saved at a higher quality is "better" than its original, which all the other copies lie on.
        """
        for lies in reached:
            if lies.unit is keep:
                same_rank = keep.photo.file.protected == other.photo.file.protected
                lost = set(self.lost(lies, other))
                if lies.relation is Relation.EDITED and keep.detail <= FEW_PIXELS * other.detail:
                    lost -= PIXEL_LOSSES
                return same_rank and not lost and not hindrance(keep.photo, other.photo, lies.relation)
        return False

    def _reached(self, keep: Contender, left: _Left) -> tuple[Lies, ...]:
        """The units that lie on ``keep``, the best fit first, without those the user set apart from it or a better one."""
        found = []
        for unit in left.around(keep):
            if self.may_leave(unit.photo, keep.photo):
                lies = lies_on(unit, keep, self.known)
                if lies is not None:
                    found.append(lies)
        found.sort(key=lambda lies: (lies.rank, lies.fit.key, left.rank(lies.unit)))
        if self.decisions is None:
            return tuple(found)
        taken: list[Lies] = []
        for lies in found:
            apart = self.decisions.not_duplicates
            if not any(apart(lies.unit.photo, other) for other in (keep.photo, *(one.unit.photo for one in taken))):
                taken.append(lies)
        return tuple(taken)

    def lost(self, lies: Lies, keep: Contender) -> tuple[str, ...]:
        """What would be lost with a unit where ``keep`` stays, as phrases."""
        lost = (*losses(lies.unit, keep, lies.relation, self.companion_key), *lies.lacks)
        if 0 < lies.fit.detail <= SOURCE and quality_of(lies.unit.photo) > quality_of(keep.photo) + BETTER:
            lost = (*lost, "a better quality")
        if lies.finer and not keep.photo.facts.raw and "a higher resolution" not in lost:
            lost = ("more real detail", *lost)
        return tuple(dict.fromkeys(lost))


class _Left:
    """The units of a cluster that are in no star yet, in the order of the rules. One that was tried as a keeper, and reached
    nothing, may still be an extra."""

    def __init__(self, known: Verdicts, order: Sequence[Contender]) -> None:
        self._known = known
        self._order = list(order)
        self._rank = {one.photo.path: rank for rank, one in enumerate(order)}
        self._alive, self._untried = [True] * len(order), [True] * len(order)
        self._count, self._next = len(order), 0
        self._by_node: dict[Node, list[Contender]] = {}
        for one in order:
            self._by_node.setdefault(self._node(one), []).append(one)

    def __len__(self) -> int:
        return self._count

    def first(self) -> Contender | None:
        """The next that may keep; None where nothing is left for it to keep."""
        while self._next < len(self._order) and not (self._alive[self._next] and self._untried[self._next]):
            self._next += 1
        return self._order[self._next] if self._count > 1 and self._next < len(self._order) else None

    def rank(self, one: Contender) -> int:
        return self._rank[one.photo.path]

    def tried(self, one: Contender) -> None:
        self._untried[self.rank(one)] = False

    def drop(self, units: Iterable[Contender]) -> None:
        for one in units:
            self._alive[self.rank(one)] = False
            self._count -= 1

    def around(self, keep: Contender) -> Iterator[Contender]:
        """The other units left, of the node of ``keep`` and of those near it."""
        node = self._node(keep)
        for near in (node, *self._known.near.get(node, ())):
            for one in self._by_node.get(near, ()):
                if one is not keep and self._alive[self.rank(one)]:
                    yield one

    def _node(self, one: Contender) -> Node:
        return self._known.picture_of[one.photo.content_key]


def lies_on(unit: Contender, keep: Contender, known: Verdicts) -> Lies | None:
    """How ``unit`` lies on ``keep``; None where its first picture has no verified counterpart there."""
    if not unit.photo.halves and not keep.photo.halves:
        fit = known.between(unit.photo, keep.photo)
        if fit is None:
            return None
        replaces = keep.photo.facts.raw or not unit.photo.facts.raw
        return Lies(unit, fit.relation, fit.rank, fit, () if replaces else ("the RAW",), fit.detail > SOURCE)
    parts = (keep.photo, *keep.photo.halves)
    first = _counterpart(unit.photo, parts, known)
    if first is None:
        return None
    worst, lacks = first[0], [] if first[1] else ["the RAW"]
    for half in unit.photo.halves:
        found = _counterpart(half, parts, known)
        if found is None or not found[1]:
            lacks.append("the RAW" if half.facts.raw else "another picture of its unit")
        elif found[0].rank > worst.rank:
            worst = found[0]
    return Lies(unit, worst.relation, worst.rank, first[0], tuple(dict.fromkeys(lacks)), first[0].detail > SOURCE)


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
    heads = {node: known.photos[known.units[node][0]] for node in cluster}
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
        for other in known.near.get(node, ())
        if other in heads
        and heads[other].pixels <= heads[node].pixels
        and (fit := known.between(heads[node], heads[other])) is not None
        and fit.detail < -SOURCE
    ]
