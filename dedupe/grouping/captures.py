"""Which pictures show one capture: clusters of verified pictures that no verdict and no capture time sets apart.

Two shots of one scene, taken a second apart, can each be verified against a copy that has lost its EXIF. The copy must not
tie them together, so:

- of verified neighbours that are apart from each other a picture keeps the best and is apart from the others (a copy without
  EXIF belongs to the capture it fits best); it is *doubtful* where one of those fitted as safely as a re-save;
- the remaining pairs are joined best fit first (Kruskal 1956), and two clusters with any two pictures apart are never joined.

Apart are two pictures that a match says are ``similar``, that the user says are not duplicates, or that no match joins and
whose capture times or exposures prove two captures. The result depends on the verdicts alone, not on their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dedupe.comparing.capture_time import two_captures
from dedupe.facts import Exposure
from dedupe.grouping.match_graph import FitKey, Node, Verdicts
from dedupe.types import CaptureTime, Facts, Relation

Moments: TypeAlias = tuple[int, ...]
"""The different capture times and exposures of a node's assets, by number; empty where none states one."""

_AS_A_RESAVE = Relation.RESAVED.rank


@dataclass(frozen=True, slots=True)
class Captures:
    """Which nodes show one capture.

    ``clusters`` are nodes that show one capture, each at least one fit away from another, in ascending order.
    ``doubtful`` are nodes that fitted a second capture as safely as a re-save does.
    """

    clusters: tuple[tuple[Node, ...], ...]
    doubtful: frozenset[Node]


def captures(known: Verdicts) -> Captures:
    """The clusters of all nodes that are near another."""
    times = _Times(known)
    doubtful: set[Node] = set()
    cannot_link = dict(known.cannot_link)
    edges: list[tuple[FitKey, Node, Node]] = []
    rejected = {(node, other) for node in known.must_link for other in _rejected(node, known, times, doubtful)}
    for one, other in rejected:
        cannot_link[one] = cannot_link.get(one, set()) | {other}
        cannot_link[other] = cannot_link.get(other, set()) | {one}
    for one, others in known.must_link.items():
        for other, fit in others.items():
            if one < other and (one, other) not in rejected and (other, one) not in rejected:
                edges.append((fit.key, one, other))
    clusters = _joined(sorted(edges), _Making(known, cannot_link, times), doubtful)
    return Captures(tuple(sorted(clusters)), frozenset(doubtful))


def _rejected(node: Node, known: Verdicts, times: _Times, doubtful: set[Node]) -> Sequence[Node]:
    """The neighbours of ``node`` that are apart from one that fits it better."""
    must_link = known.must_link[node]
    if len(must_link) == 1:
        return ()
    making = _Making(known, known.cannot_link, times)
    kept, rejected = _Cluster(), []
    for other in sorted(must_link, key=lambda other: (must_link[other].key, other)):
        one = making.cluster(other)
        if making.clash(kept, one):
            rejected.append(other)
            if must_link[other].rank <= _AS_A_RESAVE:
                doubtful.add(node)
        else:
            kept.absorb(one)
    return rejected


@dataclass(slots=True)
class _Cluster:
    """Nodes of one capture: ``cannot_link`` are the nodes apart from any of them, ``moments`` which of them state which times."""

    members: set[Node] = field(default_factory=set)
    cannot_link: set[Node] = field(default_factory=set)
    moments: dict[Moments, list[Node]] = field(default_factory=dict)

    def absorb(self, other: _Cluster) -> None:
        self.members |= other.members
        self.cannot_link |= other.cannot_link
        for moments, nodes in other.moments.items():
            self.moments.setdefault(moments, []).extend(nodes)


@dataclass(frozen=True, slots=True)
class _Making:
    """What clusters are made by; ``cannot_link`` goes both ways."""

    known: Verdicts
    cannot_link: Mapping[Node, set[Node]]
    times: _Times

    def cluster(self, node: Node) -> _Cluster:
        """The node alone."""
        moments = self.times.of(node)
        return _Cluster({node}, set(self.cannot_link.get(node, ())), {moments: [node]} if moments else {})

    def clash(self, one: _Cluster, other: _Cluster) -> bool:
        """Whether any picture of the one is apart from any of the other."""
        if not one.cannot_link.isdisjoint(other.members):
            return True
        for ours, our_nodes in one.moments.items():
            for theirs, their_nodes in other.moments.items():
                if self.times.differ(ours, theirs):
                    must_link = self.known.must_link
                    if any(a not in must_link[b] for a in our_nodes for b in their_nodes):
                        return True
        return False


def _joined(edges: Sequence[tuple[FitKey, Node, Node]], making: _Making, doubtful: set[Node]) -> list[tuple[Node, ...]]:
    home: dict[Node, _Cluster] = {}
    for key, one, other in edges:
        ours = home.get(one) or home.setdefault(one, making.cluster(one))
        theirs = home.get(other) or home.setdefault(other, making.cluster(other))
        if ours is theirs:
            continue
        if making.clash(ours, theirs):
            if key[0] <= _AS_A_RESAVE:
                doubtful.update((one, other))
            continue
        large, small = (ours, theirs) if len(ours.members) >= len(theirs.members) else (theirs, ours)
        large.absorb(small)
        home.update(dict.fromkeys(small.members, large))
    distinct = {id(cluster): cluster for cluster in home.values()}
    return [tuple(sorted(cluster.members)) for cluster in distinct.values() if len(cluster.members) > 1]


class _Times:
    """The capture times and exposures of nodes, and whether they prove two captures; each comparison is made once."""

    def __init__(self, known: Verdicts) -> None:
        self._known = known
        self._numbers: dict[tuple[str | None, CaptureTime | None, Exposure | None], int] = {}
        self._facts: list[Facts] = []
        self._of: dict[Node, Moments] = {}
        self._differ: dict[tuple[Moments, Moments], bool] = {}

    def of(self, node: Node) -> Moments:
        moments = self._of.get(node)
        if moments is None:
            numbers = set()
            for asset in self._known.assets[node]:
                photo = self._known.photos[asset]
                for picture in photo.parts:
                    if picture.facts.camera and (picture.facts.taken or picture.facts.exposure):
                        numbers.add(self._number(picture.facts))
            moments = self._of[node] = tuple(sorted(numbers))
        return moments

    def differ(self, ours: Moments, theirs: Moments) -> bool:
        """Whether each of ours differs from each of theirs by what proves two captures."""
        ends = (ours, theirs)
        if ends not in self._differ:
            self._differ[ends] = all(
                two_captures(self._facts[a], self._facts[b]) is not None for a in ours for b in theirs
            )
        return self._differ[ends]

    def _number(self, facts: Facts) -> int:
        number = self._numbers.setdefault((facts.camera, facts.taken, facts.exposure), len(self._facts))
        if number == len(self._facts):
            self._facts.append(facts)
        return number
