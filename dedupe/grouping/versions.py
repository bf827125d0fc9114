"""From a cluster of one capture to its versions: of each the head, which stays, and its copies.

The first asset by the rules is the head of a version and takes every asset that is a re-save of it, or safer; what is left is
asked again, until all are in one. One further down the rules takes a head's place only where it reaches more copies and nothing
would be lost with the better one; so a chance gap in the alignment does not tear a version apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from dedupe.comparing.version import SOURCE
from dedupe.grouping.keeper import Candidate, Rule, has_raw, quality_of, ranked
from dedupe.grouping.losses import BETTER, CompanionKey, blocked_reason, losses
from dedupe.grouping.match_graph import Node, Verdicts
from dedupe.grouping.membership import MADE_FROM, SAFE_RANK, Membership, lies_on, real_pixels
from dedupe.types import Loss, LossCode, Photo, Relation
from dedupe.union_find import UnionFind

CHOSEN: Final = "chosen by you"


class Decisions(Protocol):
    """The user's word (``library.decisions``)."""

    def not_duplicates(self, a: Photo, b: Photo) -> bool:
        """Whether the user said that these two are not duplicates."""
        ...

    def chosen_keeper(self, photos: Sequence[Photo]) -> Photo | None:
        """The one of these the user chose to keep, None where nothing was chosen."""
        ...


@dataclass(frozen=True, slots=True)
class Version:
    """A head, why it is that (empty where the rules alone decided), and its copies, the best fit first."""

    head: Candidate
    copies: tuple[Membership, ...]
    said: str = ""

    @property
    def photos(self) -> Iterator[Photo]:
        """The head, then the copies."""
        yield self.head.photo
        for membership in self.copies:
            yield membership.asset.photo


@dataclass(frozen=True, slots=True)
class Versions:
    """Makes versions of clusters.

    ``may_leave(extra, keep)`` says whether the two may be compared, this way round. ``challengers`` is the number of the
    next by the rules that may take a head's place.
    """

    known: Verdicts
    rules: Sequence[Rule]
    may_leave: Callable[[Photo, Photo], bool]
    decisions: Decisions | None = None
    companion_key: CompanionKey | None = None
    challengers: int = 16

    def of(self, cluster: Sequence[Node]) -> list[Version]:
        """The versions by the order of their heads."""
        order = ranked(self.candidates(cluster), self.rules)
        left, found = _Left(self.known, order), []
        while (first := left.first()) is not None:
            head, copies, said = self._crowned(first, left)
            left.tried(head)
            # Where the user keeps one that nothing matches, it matches nothing either.
            if copies or head is not first:
                found.append(Version(head, copies, said))
                left.drop([head, *(membership.asset for membership in copies)])
        found += [Version(one, ()) for one in left.remaining()]
        return sorted(found, key=lambda version: left.rank(version.head))

    def candidates(self, cluster: Sequence[Node]) -> Iterator[Candidate]:
        """The assets of a cluster with what the verdicts say of them."""
        detail = real_pixels(self.known, cluster)
        most, support = max(detail.values()), self._support(cluster)
        for node in cluster:
            source = any(self._is_source(node, other, proven=True) for other in self.known.must_link.get(node, ()))
            for asset in self.known.assets[node]:
                photo = self.known.photos[asset]
                # A RAW holds no less than what was developed from it, whatever size its preview has.
                real = most if has_raw(photo) else detail[node]
                shown = most if photo.facts.raw else detail[node]
                yield Candidate(photo, real, shown, self._quality(node, photo), support[node], source)

    def _support(self, cluster: Sequence[Node]) -> dict[Node, int]:
        """Count, for each picture, how many others of the cluster show the same through any chain of re-saves."""
        same, inside = UnionFind[Node](), set(cluster)
        for node in cluster:
            for other, fit in self.known.must_link.get(node, {}).items():
                if fit.rank <= SAFE_RANK and other in inside:
                    same.join(node, other)
        return {node: same.size(node) - 1 for node in cluster}

    def _quality(self, node: Node, photo: Photo) -> int:
        """The quality of a node's photo, lowered where the photo was made from another.

        A lossless file of the very pixels of a lossy one was made from it and is no better. What was saved from another
        is worse, however little it was compressed.
        """
        quality = quality_of(photo)
        for other, fit in self.known.must_link.get(node, {}).items():
            if fit.relation is Relation.SAME_PIXELS and photo.facts.lossless:
                quality = min(quality, *self._qualities(other))
            elif self._is_source(other, node):
                quality = min(quality, max(self._qualities(other)) - 1)
        return quality

    def _qualities(self, node: Node) -> list[int]:
        return [quality_of(self.known.photos[asset]) for asset in self.known.assets[node]]

    def _is_source(self, ours: Node, theirs: Node, *, proven: bool = False) -> bool:
        """Whether ``theirs`` was saved from ``ours``, as its pixels or, unless it must be ``proven``, other clues say."""
        fit = self.known.between(*(self.known.photos[self.known.assets[node][0]] for node in (ours, theirs)))
        if fit is None or fit.rank > SAFE_RANK:
            return False
        return 0 < fit.detail <= SOURCE or (not proven and fit.lineage >= MADE_FROM)

    def _crowned(self, first: Candidate, left: _Left) -> tuple[Candidate, tuple[Membership, ...], str]:
        """A head, its copies, and why where it is not the first by the rules."""
        head, copies, said = first, self._reached(first, left), ""
        if copies and len(copies) < len(left) - 1:
            head, copies = self._challenged(first, copies, left)
            said = "" if head is first else "matches more of the copies"
        if self.decisions is not None and copies:
            chosen = self.decisions.chosen_keeper([head.photo, *(membership.asset.photo for membership in copies)])
            for asset in (head, *(membership.asset for membership in copies)):
                if chosen is not None and asset.photo.path == chosen.path:
                    return asset, copies if asset is head else self._reached(asset, left), CHOSEN
        return head, copies, said

    def _challenged(
        self, head: Candidate, copies: tuple[Membership, ...], left: _Left
    ) -> tuple[Candidate, tuple[Membership, ...]]:
        best = head, copies
        for other in sorted((membership.asset for membership in copies), key=left.rank)[: self.challengers]:
            reached = self._reached(other, left)
            if len(reached) > len(best[1]) and self._yields(head, reached, other):
                best = other, reached
        return best

    def _yields(self, head: Candidate, reached: Sequence[Membership], other: Candidate) -> bool:
        """Whether the better asset is among ``reached`` and nothing is lost where ``other`` stays in its place."""
        for membership in reached:
            if membership.asset is head:
                same_rank = head.photo.file.protected == other.photo.file.protected
                lost = self.lost(membership, other)
                blocked = blocked_reason(head.photo, other.photo, membership.relation, on=membership.on)
                return same_rank and not lost and not blocked
        return False

    def _reached(self, head: Candidate, left: _Left) -> tuple[Membership, ...]:
        """The copies of ``head``, the best fit first, without those the user set apart from it or a better one."""
        found = []
        for asset in left.around(head):
            if self.may_leave(asset.photo, head.photo):
                membership = lies_on(asset, head, self.known)
                if membership is not None and membership.rank <= SAFE_RANK:
                    found.append(membership)
        found.sort(key=lambda membership: (membership.rank, membership.fit.key, left.rank(membership.asset)))
        if self.decisions is None:
            return tuple(found)
        taken: list[Membership] = []
        for membership in found:
            others = [head.photo, *(one.asset.photo for one in taken)]
            if not self.set_apart([membership.asset.photo], others):
                taken.append(membership)
        return tuple(taken)

    def set_apart(self, ours: Iterable[Photo], theirs: Iterable[Photo]) -> bool:
        """Whether the user said of any of ours and any of theirs that they are not duplicates."""
        if self.decisions is None:
            return False
        others = list(theirs)
        return any(self.decisions.not_duplicates(one, other) for one in ours for other in others)

    def lost(self, membership: Membership, keep: Candidate) -> tuple[Loss, ...]:
        """What would be lost with an asset where ``keep`` stays."""
        asset, on_first = membership.asset, membership.on is keep.photo
        relation = membership.fit.relation if on_first else None
        lost = (*losses(asset, keep, relation, self.companion_key), *membership.lacks)
        if not on_first:
            return lost
        if (
            -SOURCE <= membership.fit.detail < 0
        ):  # saved from the very pixels of the other: what it stores more finely is made up
            lost = tuple(loss for loss in lost if loss.code not in (LossCode.CHROMA, LossCode.BITS))
        if 0 < membership.fit.detail <= SOURCE and quality_of(asset.photo) > quality_of(keep.photo) + BETTER:
            lost = (*lost, Loss(LossCode.QUALITY))
        if membership.finer and not keep.photo.facts.raw and Loss(LossCode.RESOLUTION) not in lost:
            lost = (Loss(LossCode.DETAIL), *lost)
        return tuple(dict.fromkeys(lost))


class _Left:
    """The assets of a cluster that are in no version yet, in the order of the rules.

    An asset that was tried as a head and matched nothing may still be a copy.
    """

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

    def remaining(self) -> Iterator[Candidate]:
        """Those left, in order."""
        return (one for one, alive in zip(self._order, self._alive, strict=True) if alive)

    def first(self) -> Candidate | None:
        """The next that may be a head; None where nothing is left that could be its copy."""
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
