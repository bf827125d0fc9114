"""From the versions of one capture to its family: the root that the others were made from, and a tree of heads below it.

The heads hang together by verified pairs. The root is the one that the others were made from, as far as the clues tell, and each
other head hangs on the one that it agrees with best (image phylogeny: Dias, Rocha and Goldenstein 2012). A head may hang on the
root through others: heads stay, so nothing is let go by a chain.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from dedupe.grouping.keeper import QUALITY_RULES, Candidate, Reason, ranked, reason
from dedupe.grouping.match_graph import Node, Verdicts
from dedupe.grouping.membership import MADE_FROM, Membership, lies_on
from dedupe.grouping.versions import CHOSEN, Version, Versions
from dedupe.types import Photo

ROOT_BONUS: Final = 0.03
"""How much better a version must agree with another version than with the root to count as made from it (a guess)."""
AGAINST: Final = 0.5
"""What agreement loses where the clues say that the child is the older one."""
COPIED: Final = 1.5
"""What it speaks for a version to have more copies than another, log odds (a guess)."""
CLEAR: Final = 3.0
"""Log odds beyond which clues on one pair say no more."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A version in its family. ``parent`` is the head it hangs on and ``made`` how it matches that; None for the root."""

    version: Version
    parent: Candidate | None = None
    made: Membership | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """The branches, the root first and each head after its parent; why the root is that, and whether the clues say so."""

    branches: tuple[Branch, ...]
    reason: Reason
    original: bool = False

    @property
    def root(self) -> Candidate:
        """The head of all."""
        return self.branches[0].version.head

    @property
    def count(self) -> int:
        """How many assets there are."""
        return sum(1 + len(branch.version.copies) for branch in self.branches)


@dataclass(frozen=True, slots=True)
class Families:
    """Makes families of clusters."""

    versions: Versions

    def of(self, cluster: Sequence[Node]) -> Iterator[Family]:
        """The families of a cluster; an asset that hangs on no other is a family of its own."""
        left = self.versions.of(cluster)
        while left:
            family = self._family(left)
            taken = {branch.version.head.photo.path for branch in family.branches}
            left = [version for version in left if version.head.photo.path not in taken]
            yield family

    def alone(self, version: Version) -> Family:
        """The family of one version."""
        return Family((Branch(version),), self._reason(version, ()))

    def _family(self, versions: Sequence[Version]) -> Family:
        """The family of the first of ``versions``: its root, and all that hang on it."""
        heads = _Heads(self.versions.known, versions)
        root, said = self._root(heads)
        branches = self._branches(heads, root)
        made = [branch.made for branch in branches if branch.made is not None and branch.parent is versions[root].head]
        original = any(membership.lineage >= MADE_FROM for membership in made)
        why = Reason(said) if said else self._reason(versions[root], made)
        return Family(tuple(branches), why, original and not said)

    def _reason(self, version: Version, made: Sequence[Membership]) -> Reason:
        """Why the head of ``version`` stays: against the best of its copies and of the versions made from it."""
        if version.said:
            return Reason(version.said)
        others = ranked((membership.asset for membership in (*version.copies, *made)), self.versions.rules)
        return reason(version.head, others[0], self.versions.rules) if others else Reason()

    def _root(self, heads: _Heads) -> tuple[int, str]:
        """Choose the root of the versions, and say why where the user chose it.

        It starts from the first version by the rules and goes up to what that was made from.
        """
        part = heads.part(0)
        if self.versions.decisions is not None and len(part) > 1:
            chosen = self.versions.decisions.chosen_keeper([heads.photo(one) for one in part])
            for one in part:
                if chosen is not None and heads.photo(one).path == chosen.path:
                    return one, CHOSEN
        leading = self._leading(heads, part)
        visited = [min(leading)]
        while True:
            above = [
                (lies.lineage, other)
                for other, lies in heads.around(visited[-1])
                if other in leading and other not in visited and lies.lineage <= -heads.doubt(visited[-1], other)
            ]
            if not above:
                return self._oldest(heads, visited), ""
            visited.append(min(above)[1])

    @staticmethod
    def _oldest(heads: _Heads, visited: Sequence[int]) -> int:
        """Of versions that each seem to be made from the next, the one that the clues support most.

        One wrong clue must not lead away from the original for good.
        """
        speaks = dict.fromkeys(visited, 0.0)
        for one, other in combinations(visited, 2):
            lies = heads.lies(other, one)
            if lies is not None:
                clear = max(-CLEAR, min(CLEAR, lies.lineage))
                speaks[one] += clear
                speaks[other] -= clear
        return max(speaks, key=lambda one: (speaks[one], visited.index(one)))

    def _leading(self, heads: _Heads, part: Sequence[int]) -> set[int]:
        """The versions that no rule before those of quality puts behind the first (undamaged, protected, the user's own)."""
        before = []
        for rule in self.versions.rules:
            if rule.name in QUALITY_RULES:
                break
            before.append(rule)
        keys = {one: tuple(rule.key(heads.versions[one].head) for rule in before) for one in part}
        least = min(keys.values())
        return {one for one in part if keys[one] == least}

    def _branches(self, heads: _Heads, root: int) -> list[Branch]:
        """The tree below ``root``: the versions in the order of their agreement with one that hangs on it already (Prim 1957)."""
        versions = heads.versions
        branches, photos = {root: Branch(versions[root])}, list(versions[root].photos)
        waiting: list[tuple[float, int, int]] = []

        def look(parent: int) -> None:
            for child, lies in heads.around(parent):
                if child not in branches and self.versions.may_leave(lies.asset.photo, versions[parent].head.photo):
                    heapq.heappush(waiting, (-_agreement(lies, parent == root), parent, child))

        look(root)
        while waiting:
            _, parent, child = heapq.heappop(waiting)
            if child in branches or self.versions.set_apart(versions[child].photos, photos):
                continue
            branches[child] = Branch(versions[child], versions[parent].head, heads.lies(child, parent))
            photos += versions[child].photos
            look(child)
        return _in_tree_order(branches, versions[root].head)


def _in_tree_order(branches: Mapping[int, Branch], root: Candidate) -> list[Branch]:
    """The branches from the root down, each subtree whole, siblings by the rules."""
    children: dict[str, list[int]] = {}
    for number in sorted(branches):
        parent = branches[number].parent
        children.setdefault(parent.photo.path if parent else "", []).append(number)
    found, stack = [], list(reversed(children.get("", ())))
    while stack:
        branch = branches[stack.pop()]
        found.append(branch)
        stack += reversed(children.get(branch.version.head.photo.path, ()))
    return found


def _agreement(membership: Membership, with_root: bool) -> float:
    against = AGAINST if membership.lineage <= -MADE_FROM else 0.0
    return membership.fit.score + (ROOT_BONUS if with_root else 0.0) - against


class _Heads:
    """How the heads of versions are placed on each other; versions go by their number."""

    def __init__(self, known: Verdicts, versions: Sequence[Version]) -> None:
        self.versions = versions
        self._known = known
        self._by_node: dict[Node, list[int]] = {}
        for number in range(len(versions)):
            self._by_node.setdefault(self._node(number), []).append(number)

    def photo(self, number: int) -> Photo:
        return self.versions[number].head.photo

    def part(self, start: int) -> list[int]:
        """The versions that hang together with ``start``, in order."""
        seen, stack = {start}, [start]
        while stack:
            one = stack.pop()
            for other in self._beside(one):
                if other not in seen and (self.lies(other, one) or self.lies(one, other)):
                    seen.add(other)
                    stack.append(other)
        return sorted(seen)

    def around(self, number: int) -> Iterator[tuple[int, Membership]]:
        """The versions whose heads match the head of this one, and how."""
        for other in self._beside(number):
            lies = self.lies(other, number)
            if lies is not None:
                yield other, lies

    def lies(self, child: int, parent: int) -> Membership | None:
        """How one head matches another."""
        return lies_on(self.versions[child].head, self.versions[parent].head, self._known)

    def doubt(self, one: int, other: int) -> float:
        """Log odds from which the clues may say that ``one`` was made from ``other``: an original has copies more often."""
        ours, theirs = (len(self.versions[each].copies) for each in (one, other))
        return MADE_FROM + (COPIED if ours > theirs else 0.0)

    def _beside(self, number: int) -> Iterator[int]:
        node = self._node(number)
        for near in (node, *self._known.must_link.get(node, ())):
            yield from (other for other in self._by_node.get(near, ()) if other != number)

    def _node(self, number: int) -> Node:
        return self._known.picture_of[self.photo(number).content_key]
