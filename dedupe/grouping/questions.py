"""Which pairs are worth a verdict, asked in rounds, so that a family of n photos costs about n verdicts and not n²/2.

Candidates are a graph. In each round every content that comes before all its near neighbours asks them: it is a likely head.

- What turns out to be its copy needs no further verdict, and its open pairs become pairs of the head.
- Two edits of one head are asked only where they may be copies of each other: where they match the head in the same way.
- Two families that show nothing in common are asked for their nearest pairs only.
- Two photos of a crowd (blank scans, a timelapse) are not asked any more once each was found to be no copy of several.
- Where a head and another content are two shots of one scene, its copies are asked about the other shot too: each belongs to the
  shot that it fits best. Shots whose capture times set them apart need only hang together, as a series.

What is asked depends on the contents and their verdicts alone, not on the order in which they come or on what was asked before.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from dedupe.types import SAFE_RELATIONS, Change, ContentKey, Match, Pair, Relation, Transform
from dedupe.union_find import UnionFind

Ends: TypeAlias = tuple[ContentKey, ContentKey]
Priority: TypeAlias = tuple[int | bool, ...]

SAME_FRAME: Final = 0.04
"""How far the corners of two edits may be apart on their head for the two to be copies of each other, as a share of the frame.

A re-save keeps its frame within a hundredth (``classify``); the rest is the alignment of small previews.
"""
STRANGERS: Final = 3
"""This many unrelated pairs, the nearest first, end the asking between two families."""

DENSE: Final = 32
"""Candidates from which a photo may stand in a crowd: the search gives ten, and more only where all of these lie close."""
CROWD: Final = 250
"""So many of these that hang together are a crowd: blank scans, a timelapse [the pages of two benchmark trees: 87, 118]."""
CLOSEST: Final = 3
"""So many nearest candidates of a photo in a crowd are always asked: its copies are among them, however small (a guess)."""
ENOUGH: Final = 8
"""So many answers without a copy are enough for two photos of a crowd, beyond the closest of each.

Only in a crowd: of 98 pages of few layouts a quarter of the copies were found after their eighth answer.
"""

NEAR: Final = 1.25
NEAR_BY: Final = 0.05
"""A pair is near within this many times the distance of the nearest, plus ``NEAR_BY``."""


def ends_of(one: ContentKey, other: ContentKey) -> Ends:
    """The two in the order in which verdicts name them."""
    return (one, other) if one < other else (other, one)


@dataclass(slots=True)
class Questions:
    """The plan of which pairs to compare.

    ``candidates`` are the pairs to begin with. Of two contents the one with the larger ``priority`` is the likelier
    head. ``apart`` says whether the capture times of two contents make them two captures.
    """

    candidates: Sequence[Pair]
    priority: Mapping[ContentKey, Priority]
    apart: Callable[[ContentKey, ContentKey], bool] = lambda _one, _other: False
    _open: dict[ContentKey, dict[ContentKey, float]] = field(default_factory=dict)
    _asked: set[Ends] = field(default_factory=set)
    _scenes: UnionFind[ContentKey] = field(default_factory=UnionFind)
    _head: dict[ContentKey, ContentKey] = field(default_factory=dict)
    _copies: dict[ContentKey, list[ContentKey]] = field(default_factory=dict)
    _made_from: dict[ContentKey, dict[ContentKey, Match]] = field(default_factory=dict)
    _strangers: dict[Ends, int] = field(default_factory=dict)
    _contested: list[Ends] = field(default_factory=list)
    _near: dict[Ends, float] = field(default_factory=dict)
    _in_crowd: frozenset[ContentKey] = frozenset()
    _closest: frozenset[Ends] = frozenset()
    _fruitless: dict[ContentKey, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for pair in self.candidates:
            self._near[ends_of(pair.a, pair.b)] = pair.distance
            self._add(pair.a, pair.b, pair.distance)
        self._in_crowd = _crowded(self._open)
        self._closest = frozenset(
            ends_of(one, other)
            for one in self._in_crowd
            for _, other in heapq.nsmallest(CLOSEST, ((far, other) for other, far in self._open[one].items()))
        )

    @property
    def asked(self) -> int:
        """How many pairs were asked."""
        return len(self._asked)

    @property
    def foreseen(self) -> int:
        """How many pairs will have been asked in the end, if as many of the open ones need it as of the others did."""
        waiting = sum(map(len, self._open.values())) // 2
        closed = max(len(self._near) - waiting, 1)
        return len(self._asked) + round(waiting * min(1.0, len(self._asked) / closed))

    def next(self) -> list[Ends]:
        """The pairs to ask now, in order; none where nothing is left to ask. ``learn`` takes the answers before the next call."""
        while True:
            asking = {*self._contests(), *self._round()}
            if asking or not self._open:
                self._asked.update(asking)
                return sorted(asking)

    def learn(self, matches: Iterable[Match]) -> None:
        """Takes the verdicts on the pairs that ``next`` gave, those of unrelated pairs too."""
        for match in sorted(matches, key=lambda match: (match.a, match.b)):
            self._take(match)
        self._leave_crowds()

    # -- asking ----------------------------------------------------------------------------------------------------------

    def _round(self) -> set[Ends]:
        """Choose the pairs to ask next: the near open pairs of contents that come before all their near open neighbours.

        A pair is near where either content has hardly a nearer one. The others wait: by then most are pairs of two
        heads.
        """
        nearest = {one: min(beside.values()) for one, beside in self._open.items()}
        near = {
            one: [other for other, distance in beside.items() if distance <= _reach(nearest[one], nearest[other])]
            for one, beside in self._open.items()
        }
        leading = [one for one, beside in near.items() if beside and all(self._before(one, other) for other in beside)]
        asking: set[Ends] = set()
        between: set[Ends] = set()
        for one in sorted(leading, key=lambda one: (self._rank(one), one), reverse=True):
            for other in sorted(near[one], key=lambda other: (self._open[one][other], other)):
                if self._is_settled(one, other):
                    self._close(one, other)
                    continue
                families = ends_of(self._family(one), self._family(other))
                if families[0] != families[1] and families in self._strangers and families in between:
                    continue  # the nearest pair first; the rest waits for its answer
                between.add(families)
                asking.add(ends_of(one, other))
                self._close(one, other)
        return asking

    def _is_settled(self, one: ContentKey, other: ContentKey) -> bool:
        if ends_of(one, other) in self._asked:
            return True
        if self._scenes.find(one) == self._scenes.find(other) and self.apart(one, other):
            return True
        ours, theirs = self._family(one), self._family(other)
        if ours != theirs:
            return self._strangers.get(ends_of(ours, theirs), 0) >= STRANGERS
        made = self._made_from
        shared = made.get(one, {}).keys() & made.get(other, {}).keys()
        return any(not _may_be_copies(made[one][head], made[other][head], one, other) for head in shared)

    def _contests(self) -> list[Ends]:
        """The copies of a head with another shot of its scene, where the two are candidates."""
        asking = []
        for head, rival in self._contested:
            for one in (head, *self._copies.get(head, ())):
                for other in (rival, *self._copies.get(rival, ())):
                    ends = ends_of(one, other)
                    if ends in self._near and ends not in self._asked:
                        asking.append(ends)
        return asking

    # -- learning --------------------------------------------------------------------------------------------------------

    def _take(self, match: Match) -> None:
        one, other = match.a, match.b
        if self._before(other, one):
            one, other = other, one
        if _is_fruitless(match):
            for each in self._in_crowd.intersection((one, other)):
                self._fruitless[each] = self._fruitless.get(each, 0) + 1
        if match.relation in SAFE_RELATIONS:
            self._join(one, other)
        elif match.relation is Relation.EDITED:
            self._made_from.setdefault(other, {})[one] = match
        elif match.relation is Relation.SIMILAR:
            self._contested.append((self._top(one), self._top(other)))
            self._scenes.join(one, other)
        else:
            families = ends_of(self._family(one), self._family(other))
            self._strangers[families] = self._strangers.get(families, 0) + 1

    def _join(self, head: ContentKey, copy: ContentKey) -> None:
        """``copy`` needs no verdict any more: what is open of it is open of the head."""
        head, copy = self._top(head), self._top(copy)
        if head == copy:
            return
        self._head[copy] = head
        self._copies.setdefault(head, []).extend((copy, *self._copies.pop(copy, ())))
        for other, distance in list(self._open.get(copy, {}).items()):
            self._close(copy, other)
            if self._top(other) != head:
                self._add(head, self._top(other), distance)

    def _leave_crowds(self) -> None:
        """Close the pairs of which both were asked about enough others of their crowd."""
        for one in [one for one in self._open if self._has_enough(one)]:
            for other in [other for other in self._open.get(one, ()) if self._is_let_go(one, other)]:
                self._close(one, other)

    def _has_enough(self, one: ContentKey) -> bool:
        return self._fruitless.get(one, 0) >= ENOUGH

    def _is_let_go(self, one: ContentKey, other: ContentKey) -> bool:
        return self._has_enough(one) and self._has_enough(other) and ends_of(one, other) not in self._closest

    def _add(self, one: ContentKey, other: ContentKey, distance: float) -> None:
        if ends_of(one, other) in self._asked or self._is_let_go(one, other):
            return
        for this, that in ((one, other), (other, one)):
            beside = self._open.setdefault(this, {})
            beside[that] = min(distance, beside.get(that, distance))

    def _close(self, one: ContentKey, other: ContentKey) -> None:
        for this, that in ((one, other), (other, one)):
            beside = self._open.get(this)
            if beside is not None and beside.pop(that, None) is not None and not beside:
                del self._open[this]

    # -- who is who ------------------------------------------------------------------------------------------------------

    def _rank(self, one: ContentKey) -> Priority:
        return self.priority.get(one, ())

    def _before(self, one: ContentKey, other: ContentKey) -> bool:
        return (self._rank(one), one) > (self._rank(other), other)

    def _top(self, one: ContentKey) -> ContentKey:
        while (above := self._head.get(one)) is not None:
            one = above
        return one

    def _family(self, one: ContentKey) -> ContentKey:
        """The head of the original that a content was made from, for all that is known."""
        one, seen = self._top(one), set()
        while one not in seen and (made := self._made_from.get(one)):
            seen.add(one)
            one = self._top(max(made, key=lambda head: (self._rank(head), head)))
        return one


def _crowded(candidates: Mapping[ContentKey, Mapping[ContentKey, float]]) -> frozenset[ContentKey]:
    """The contents that stand in a crowd."""
    dense = {one for one, beside in candidates.items() if len(beside) >= DENSE}
    if len(dense) < CROWD:
        return frozenset()
    together = UnionFind[ContentKey]()
    for one in sorted(dense):
        for other in candidates[one]:
            if other in dense:
                together.join(one, other)
    return frozenset(one for one in dense if together.size(one) >= CROWD)


def _is_fruitless(match: Match) -> bool:
    """Whether no copy was found: nothing in common, another shot, or too little to see to tell."""
    if match.relation is Relation.EDITED:
        return match.remark is not None and match.remark.change is Change.LOW_TEXTURE
    return match.relation in (None, Relation.SIMILAR)


def _reach(ours: float, theirs: float) -> float:
    """How far apart two contents may be to be near, for the distances of the nearest of each."""
    return NEAR * max(ours, theirs) + NEAR_BY


def _may_be_copies(ours: Match, theirs: Match, one: ContentKey, other: ContentKey) -> bool:
    """Whether two contents may be copies of each other, by how each matches one head."""
    apart = _corners_apart(ours, theirs, one, other)
    if apart is not None and apart > SAME_FRAME:
        return False
    kinds = [{clue.kind for clue in match.clues} for match in (ours, theirs)]
    same_change = ours.remark is not None and theirs.remark is not None and ours.remark.change is theirs.remark.change
    return same_change or kinds[0] == kinds[1]


def _corners_apart(ours: Match, theirs: Match, one: ContentKey, other: ContentKey) -> float | None:
    """The largest distance, on the head's frame, of a corner of one frame from the nearest corner of the other.

    Turns do not matter. None where a frame is not known.
    """
    frames = [_frame_on_head(match, key) for match, key in ((ours, one), (theirs, other))]
    if frames[0] is None or frames[1] is None:
        return None
    return max(min(max(abs(x - u), abs(y - v)) for u, v in frames[1]) for x, y in frames[0])


def _frame_on_head(match: Match, edit: ContentKey) -> list[tuple[float, float]] | None:
    """The corners of the edit's frame on the head's, 0–1 each way."""
    transform: Transform | None = match.evidence.transform
    if transform is None:
        return None
    xx, xy, x0, yx, yy, y0 = transform.matrix
    if match.b != edit:  # the matrix lays b on a
        det = xx * yy - xy * yx
        if abs(det) < 1e-9:
            return None
        xx, xy, yx, yy = yy / det, -xy / det, -yx / det, xx / det
        x0, y0 = -(xx * x0 + xy * y0), -(yx * x0 + yy * y0)
    return [(xx * x + xy * y + x0, yx * x + yy * y + y0) for x in (0.0, 1.0) for y in (0.0, 1.0)]
