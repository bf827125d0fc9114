"""From verdicts on pairs to what a person is shown: groups with a keeper and its extras, and series.

What holds for every result, whatever the verdicts (``tests/grouping/test_group.py`` draws random ones):

- a group is one capture: its root, the heads of its versions in a tree, and of each version the copies;
- every extra is directly verified against the photo that stays for it: a copy as identical, same-pixels or resaved against the
  head of its version, a head as edited against another head; what a selected extra matches is not selected itself;
- a path is in one group at most, and no group holds two photos that are apart: ``similar`` by a match, set apart by the user,
  or of capture times that prove two captures with no match that overrules them;
- a photo that fits two captures is in the group of the one it fits best;
- a reference photo is never an extra; nothing protected, suspect, in doubt or lossy to lose is selected;
- the order of photos and matches does not matter.

An asset that holds something without counterpart at the keeper's (a RAW, a video, an edit) is shown with the group, is never
selected, and ``Extra.loses`` names what it is.

Series are the connected parts of the pairs that are ``similar``. A group is in a series as its root; its extras are in none.
Groups come by the bytes that their selected extras take up, then by those of all extras, the largest first, then by path; the
extras in the order of the tree, the copies of a version by relation, then path.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from dedupe.grouping.captures import captures
from dedupe.grouping.doubts import Doubts
from dedupe.grouping.extras import Extras
from dedupe.grouping.families import Families, Family
from dedupe.grouping.keeper import RULES, ordered
from dedupe.grouping.losses import CompanionKey
from dedupe.grouping.match_graph import Node, Verdicts, gather
from dedupe.grouping.membership import SAFE_RANK
from dedupe.grouping.versions import Decisions, Versions
from dedupe.types import SAFE_RELATIONS, Caution, ContentKey, Group, Match, Photo, Relation, Series
from dedupe.union_find import UnionFind

MOST_HEADS: Final = 50
"""At most this many heads of a family are compared with its root where that was not asked."""


@dataclass(frozen=True, slots=True)
class Options:
    """How photos are grouped.

    ``rules`` are keeper rules; those not named follow in their default order. ``prefer`` are folders whose copies stay
    where the rules before leave the choice. ``select`` are the relations whose extras are selected where nothing is lost
    (never ``similar``), and ``caution`` sets what a re-save must show for it. ``show`` are the relations that are
    returned at all. ``cross_only`` admits only pairs from different roots.
    """

    rules: Sequence[str] = tuple(RULES)
    prefer: Sequence[str] = ()
    select: Collection[Relation] = SAFE_RELATIONS
    show: Collection[Relation] = tuple(Relation)
    cross_only: bool = False
    caution: Caution = Caution.NORMAL


@dataclass(frozen=True, slots=True)
class Found:
    """The groups and series, and the paths of photos in the groups that fit another capture as well."""

    groups: tuple[Group, ...]
    series: tuple[Series, ...]
    doubtful: tuple[str, ...] = ()


def group(
    photos: Iterable[Photo],
    matches: Iterable[Match],
    options: Options = Options(),
    *,
    decisions: Decisions | None = None,
    companion_key: CompanionKey | None = None,
    damaged: Mapping[frozenset[ContentKey], int] | None = None,
) -> Found:
    """The groups and series of ``photos``; identical contents and equal pixel keys need no match.

    ``companion_key`` is asked for the content key of a companion only where its asset is an extra and a file of the same kind and
    size stands beside the keeper. ``damaged``: two contents of which one is damaged, and the bytes in which they differ: neither
    is selected because of the other.

    Raises UsageError on an unknown rule.
    """
    with _no_collection():
        grouping = _Grouping(photos, matches, options.cross_only, decisions)
        rules = ordered(options.rules, options.prefer)
        versions = Versions(grouping.known, rules, grouping.may_leave, decisions, companion_key)
        families = Families(versions)
        found = [family for cluster in grouping.clusters() for family in families.of(cluster)]
        series = grouping.series(found) if Relation.SIMILAR in options.show else ()
        doubts = Doubts(grouping.doubtful_paths(), damaged or {})
        extras = Extras(versions, doubts, options.select, options.caution)
        groups = (
            _group(one, extras, options.show) for family in found for one in _shown(family, families, options.show)
        )
        shown = _in_order(one for one in groups if one.extras)
        return Found(shown, series, _in_groups(doubts.doubtful, shown))


def open_pairs(
    photos: Iterable[Photo],
    matches: Iterable[Match],
    options: Options = Options(),
    *,
    decisions: Decisions | None = None,
) -> tuple[tuple[ContentKey, ContentKey], ...]:
    """Pairs that were not asked and that the families need, ``a < b``, in order.

    Where two photos are verified, and one or both are copies, their heads were not always compared: with a verdict on the heads a
    copy of a copy finds its head, and a version its family. With verdicts on its heads a root can turn out to be made from one of
    them. Grouping again with it may leave further pairs open. Pairs whose
    verdict was "unrelated" are among them; to remember those is the caller's.
    """
    grouping = _Grouping(photos, matches, options.cross_only, decisions)
    known, rules = grouping.known, ordered(options.rules, options.prefer)
    families = Families(Versions(known, rules, grouping.may_leave, decisions, challengers=0))
    pairs: set[tuple[ContentKey, ContentKey]] = set()
    for cluster in grouping.clusters():
        if len(cluster) < 3:
            continue
        found = list(families.of(cluster))
        for one, other in (*_roots_and_heads(known, found), *_heads_of_copies(known, cluster, found)):
            if one != other and other not in known.must_link.get(one, {}) and grouping.comparable(one, other):
                pairs.add(_ends(known, one, other))
    return tuple(sorted(pairs))


def _heads_of_copies(
    known: Verdicts, cluster: Sequence[Node], families: Iterable[Family]
) -> Iterator[tuple[Node, Node]]:
    """The heads of two verified photos: where the two are copies of each other, or in two families."""
    head, family = _homes(known, families)
    for one in cluster:
        for other, fit in known.must_link.get(one, {}).items():
            if other not in head:
                continue  # it fits another capture better
            ours, theirs = head[one], head[other]
            if fit.rank <= SAFE_RANK and ours != theirs:
                yield ours, theirs
                yield one, theirs
            elif family[ours] != family[theirs]:
                yield ours, theirs


def _roots_and_heads(known: Verdicts, families: Iterable[Family]) -> Iterator[tuple[Node, Node]]:
    """The root of each family with the heads that were not made from it, for all that is known: it may be made from them."""
    for one in families:
        root, *heads = [known.picture_of[branch.version.head.photo.content_key] for branch in one.branches]
        yield from ((root, head) for head in heads[:MOST_HEADS] if head != root)


def _homes(known: Verdicts, families: Iterable[Family]) -> tuple[dict[Node, Node], dict[Node, int]]:
    """The node of the head of each node, and the number of the family of each head."""
    head: dict[Node, Node] = {}
    family: dict[Node, int] = {}
    for number, one in enumerate(families):
        for branch in one.branches:
            top = known.picture_of[branch.version.head.photo.content_key]
            family.setdefault(top, number)
            for photo in branch.version.photos:
                head.setdefault(known.picture_of[photo.content_key], top)
    return head, family


def _ends(known: Verdicts, one: Node, other: Node) -> tuple[ContentKey, ContentKey]:
    a, b = (known.photos[known.assets[node][0]].content_key for node in (one, other))
    return min(a, b), max(a, b)


def reclaimable(groups: Iterable[Group], *, selected_only: bool = False) -> dict[Relation, int]:
    """Count the bytes that the extras of each relation take up, with their companions and members.

    What cannot leave counts nothing: files with further names (hard links), protected and reference photos, and
    companions shared with a photo of the group that stays. A companion of several extras counts once.
    """
    totals: dict[Relation, int] = {relation: 0 for relation in Relation if relation is not Relation.SIMILAR}
    counted: dict[str, int] = {}
    for one in groups:
        leave = [extra for extra in one.extras if extra.selected or not selected_only]
        stay = [one.keep, *(extra.photo for extra in one.extras if selected_only and not extra.selected)]
        for extra in leave:
            fresh = leaving(extra.photo, stay).items() - counted.items()
            totals[extra.relation] += sum(size for _, size in fresh)
            counted.update(fresh)
    return totals


def leaving(photo: Photo, stay: Iterable[Photo]) -> dict[str, int]:
    """The files of ``photo``'s asset whose bytes come free where it leaves and those of ``stay`` do not, with their sizes."""
    if photo.file.protected or photo.file.reference:
        return {}
    held = {companion.path for one in stay for asset in one.parts for companion in asset.file.companions}
    stamps = {asset.path: asset.file.stamp for asset in photo.parts}
    for asset in photo.parts:
        stamps.update((one.path, one.stamp) for one in asset.file.companions if one.path not in held)
    return {path: stamp.size for path, stamp in stamps.items() if stamp.links == 1}


@contextmanager
def _no_collection() -> Iterator[None]:
    """No cyclic garbage is made here, and looking for some among a million photos takes longer than the grouping."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _each_once(photos: Iterable[Photo]) -> list[Photo]:
    """The photos by path, each path once."""
    by_path = sorted(photos, key=_path_of)
    return [
        photo
        for photo, before in zip(by_path, [None, *by_path], strict=False)
        if before is None or before.file.path != photo.file.path
    ]


def _path_of(photo: Photo) -> str:
    return photo.file.path


class _Grouping:
    """What ``group`` and ``open_pairs`` share: the verdicts that count, and the clusters made of them."""

    def __init__(
        self, photos: Iterable[Photo], matches: Iterable[Match], cross_only: bool, decisions: Decisions | None
    ) -> None:
        self.known = gather(_each_once(photos), matches)
        self._cross_only = cross_only
        self._similar = [ends for ends in self.known.similar if self.comparable(*ends)]
        self._obey(decisions)
        self._captures = captures(self.known)

    def may_leave(self, extra: Photo, keep: Photo) -> bool:
        """Whether ``extra`` may be an extra of ``keep`` as far as their folders go."""
        if extra.file.reference:
            return False
        return not self._cross_only or extra.file.root != keep.file.root

    def clusters(self) -> Iterator[tuple[Node, ...]]:
        """The nodes of each capture that may give a group."""
        joined = {node for cluster in self._captures.clusters for node in cluster}
        yield from self._captures.clusters
        for node, assets in self.known.assets.items():
            if node not in joined and len(assets) > 1:
                yield (node,)

    def doubtful_paths(self) -> frozenset[str]:
        """The photos that fitted another capture as well."""
        assets, photos = self.known.assets, self.known.photos
        return frozenset(photos[asset].path for node in self._captures.doubtful for asset in assets[node])

    def series(self, families: Iterable[Family]) -> tuple[Series, ...]:
        """The connected parts of the similar pairs, each photo of a group standing as its root."""
        roots = {
            photo.path: family.root.photo
            for family in families
            for branch in family.branches
            for photo in branch.version.photos
        }
        parts, shown = UnionFind[str](), dict[str, Photo]()
        for ends in self._similar:
            stand_ins = [
                roots.get(photo.path, photo)
                for node in ends
                for photo in (self.known.photos[asset] for asset in self.known.assets[node])
            ]
            shown.update((photo.path, photo) for photo in stand_ins)
            for photo in stand_ins[1:]:
                parts.join(stand_ins[0].path, photo.path)
        found = (sorted((shown[path] for path in part), key=_moment) for part in parts.sets() if len(part) > 1)
        made = (Series(_name([photo.content_key for photo in part]), tuple(part)) for part in found)
        return tuple(sorted(made, key=lambda one: one.photos[0].path))

    def _obey(self, decisions: Decisions | None) -> None:
        """Takes out the pairs that are not to be compared, and sets apart those that the user set apart."""
        known = self.known
        for one in sorted(known.must_link):
            for other in [other for other in known.must_link[one] if one < other]:
                cannot_link = decisions is not None and decisions.not_duplicates(self._head(one), self._head(other))
                if cannot_link:
                    known.cannot_link.setdefault(one, set()).add(other)
                    known.cannot_link.setdefault(other, set()).add(one)
                if cannot_link or not self.comparable(one, other):
                    del known.must_link[one][other], known.must_link[other][one]
        known.must_link = {node: others for node, others in known.must_link.items() if others}

    def _head(self, node: Node) -> Photo:
        return self.known.photos[self.known.assets[node][0]]

    def comparable(self, one: Node, other: Node) -> bool:
        """Whether any asset of the one may be compared with any of the other."""
        ours, theirs = ([self.known.photos[asset].file for asset in self.known.assets[node]] for node in (one, other))
        if all(file.reference for file in (*ours, *theirs)):
            return False
        return not self._cross_only or len({file.root for file in (*ours, *theirs)}) > 1


def _in_groups(paths: Collection[str], groups: Iterable[Group]) -> tuple[str, ...]:
    if not paths:
        return ()
    photos = (photo for one in groups for photo in (one.keep, *(extra.photo for extra in one.extras)))
    return tuple(sorted(photo.path for photo in photos if photo.path in paths))


def _shown(family: Family, families: Families, show: Collection[Relation]) -> Iterator[Family]:
    """The family; each of its versions alone where edits are not shown."""
    if Relation.EDITED in show or len(family.branches) == 1:
        yield family
        return
    for branch in family.branches:
        yield families.alone(branch.version)


def _group(family: Family, extras: Extras, show: Collection[Relation]) -> Group:
    keep = family.root.photo
    found = tuple(extra for extra in extras.of(family) if extra.relation in show)
    keys = [keep.content_key, *sorted(extra.photo.content_key for extra in found)]
    return Group(_name(keys), keep, family.reason.text, found, family.original, family.reason.has)


def _in_order(groups: Iterable[Group]) -> tuple[Group, ...]:
    """The groups by the bytes that their selected extras take up, then by those of all extras, each with an id of its own."""
    sizes = [(_taken_up(one, selected=True), _taken_up(one, selected=False), one) for one in groups]
    sizes.sort(key=lambda sized: (-sized[0], -sized[1], sized[2].keep.path))
    seen: dict[str, int] = {}
    named = []
    for _, _, one in sizes:
        count = seen[one.id] = seen.get(one.id, 0) + 1
        # The same contents in two groups (two reference folders, say) need two names.
        named.append(one if count == 1 else replace(one, id=f"{one.id}-{count}"))
    return tuple(named)


def _taken_up(one: Group, *, selected: bool) -> int:
    extras = (extra for extra in one.extras if extra.selected or not selected)
    return sum(sum(leaving(extra.photo, (one.keep,)).values()) for extra in extras)


def _name(keys: Sequence[ContentKey]) -> str:
    return hashlib.blake2b(b"".join(keys), digest_size=6).hexdigest()


def _moment(photo: Photo) -> tuple[bool, int, float, str]:
    taken = photo.facts.taken
    if taken is None:
        return True, 0, 0.0, photo.path
    return False, taken.seconds, taken.fraction, photo.path
