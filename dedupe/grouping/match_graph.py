"""What is known of each two pictures: the matches, gathered by picture instead of by file.

Contents of one payload are one *picture*: equal pixel key proves equal pixels, so what was verified against one of them was
verified against the others. Of two pictures several verdicts may be known, one a pair of contents; they are weighed so that
in doubt two captures stay two:

1. verified by contents that both state a capture time (the times spoke for it, or the pixels were equal),
2. another shot,
3. verified without that.

An *asset* has several pictures (RAW+JPEG). The graph has it as its first picture, its *node*; what is known of its members
adds to what is known of the node, and gives way to what is known of the first pictures (``Weight``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from operator import itemgetter
from typing import Final, TypeAlias

from dedupe.types import Change, Clue, ClueKind, ContentKey, Match, Photo, PixelKey, Relation, Remark

Picture: TypeAlias = int
"""A number for all contents of one payload."""

Node: TypeAlias = int
"""The first picture of some asset."""

FitKey: TypeAlias = tuple[int, float, float]


@dataclass(frozen=True, slots=True)
class Fit:
    """How one picture fits another, as verified.

    ``detail`` > 0 means that the lower-numbered picture holds more. The smaller ``key`` is the better: first the safer
    relation (its rank), then the higher score, then the smaller distance. One picture is shown turned by ``turn`` (0, 90
    or 180 degrees, either way) and ``mirrored`` against the other. ``sampling`` is the pixels of the lower-numbered
    picture for one of the other, along a line.
    """

    relation: Relation
    key: FitKey
    detail: float = 0.0
    remark: Remark | None = None
    clues: tuple[Clue, ...] = ()
    turn: int = 0
    mirrored: bool = False
    sampling: float = 1.0

    @property
    def rank(self) -> int:
        return self.key[0]

    @property
    def score(self) -> float:
        return -self.key[1]

    @property
    def lineage(self) -> float:
        """> 0 where the other picture was made from the lower-numbered one, < 0 the other way round, in log odds."""
        return sum(clue.weight for clue in self.clues)

    @property
    def distance(self) -> float:
        return self.key[2]

    def turned(self) -> Fit:
        """The same, seen from the other picture."""
        clues = tuple(Clue(clue.kind, -clue.weight) for clue in self.clues)
        return Fit(
            self.relation, self.key, -self.detail, self.remark, clues, self.turn, self.mirrored, 1 / self.sampling
        )


# Asked for every match: Enum's own way to the rank takes as long as all the rest.
_RANKS = {relation: relation.rank for relation in Relation}

SAME_BYTES = Fit(Relation.IDENTICAL, (Relation.IDENTICAL.rank, -1.0, 0.0))
SAME_PIXELS = Fit(Relation.SAME_PIXELS, (Relation.SAME_PIXELS.rank, -1.0, 0.0))


_MARKS = frozenset((Change.MARK, Change.BAND))
"""What the verdict on a picture and the same with marks on it rests on."""
_MARKED_APART = frozenset((Change.CONTENT, Change.MOST_PLACES))
"""What the verdict on two pictures with different marks on them rests on."""
_SEEN_APART = frozenset(
    (
        Change.VIEWPOINT,
        Change.EVERYWHERE,
        Change.MOST_PLACES,
        Change.CONTENT,
        Change.TEXT,
        Change.SENSOR_NOISE,
    )
)
"""What was seen in two pictures only, and two edits of one picture may show as well as two shots."""
_SOFTER = frozenset((ClueKind.BLURRED, ClueKind.ENLARGED, ClueKind.REDUCED, ClueKind.QUANTISATION))
"""What a picture lost that was made so: in its like two shots cannot be told apart."""
_AS_FINE: Final = 0.95
"""Pixels of a picture for one of another, along a line, from which it shows all that the other does."""

_FINER: Final = 0.1
"""``Fit.detail`` above which the spectra tell that the picture of fewer pixels holds more: the other was enlarged."""


class Weight(IntEnum):
    """The weight of a verdict on two nodes; the smaller number wins.

    That members are two captures weighs as much as that two first pictures are, where both state a time.
    """

    SURE = 0
    CANNOT_LINK = 1
    VERIFIED = 2
    MEMBERS_CANNOT_LINK = 3
    MEMBER_VERIFIED = 4


@dataclass(slots=True)
class _Said:
    """Everything said of two nodes: the weightiest of either kind, and the best fit."""

    must_link: Weight | None = None
    cannot_link: Weight | None = None
    fit: Fit | None = None

    @property
    def together(self) -> bool:
        return self.must_link is not None and (self.cannot_link is None or self.must_link < self.cannot_link)


@dataclass(slots=True)
class Verdicts:
    """All that is known of the pictures, by number.

    ``assets`` are indices into ``photos``. A node without any verdict or second asset is in none of the maps.
    """

    photos: Sequence[Photo]
    picture_of: dict[ContentKey, Picture] = field(default_factory=dict)
    node_of: list[Node] = field(default_factory=list)
    assets: dict[Node, list[int]] = field(default_factory=dict)
    fits: dict[tuple[Picture, Picture], Fit] = field(default_factory=dict)
    must_link: dict[Node, dict[Node, Fit]] = field(default_factory=dict)
    cannot_link: dict[Node, set[Node]] = field(default_factory=dict)
    similar: list[tuple[Node, Node]] = field(default_factory=list)

    def between(self, ours: Photo, theirs: Photo) -> Fit | None:
        """How the picture ``ours`` matches ``theirs`` (members not looked at), ``detail`` > 0 where ours holds more."""
        if ours.content_key == theirs.content_key:
            return SAME_BYTES
        a, b = self.picture_of[ours.content_key], self.picture_of[theirs.content_key]
        if a == b:
            return SAME_PIXELS
        fit = self.fits.get((min(a, b), max(a, b)))
        if fit is None or a < b:
            return fit
        return fit.turned()


def gather(photos: Sequence[Photo], matches: Iterable[Match]) -> Verdicts:
    """The verdicts on ``photos``; matches of contents that none of them has are left out."""
    known = Verdicts(photos)
    members, matches = _number(known), list(matches)
    said = _weigh(known, matches, members, _timed(photos, matches))
    cannot_link = []
    for (a, b), verdict in sorted(said.items(), key=itemgetter(0)):
        if verdict.together and verdict.fit is not None:
            known.must_link.setdefault(a, {})[b] = verdict.fit
            known.must_link.setdefault(b, {})[a] = verdict.fit
        elif verdict.cannot_link is not None:
            cannot_link.append((a, b))
    covered = _covered(known, matches)
    for a, b in cannot_link:
        if (a, b) not in covered:
            known.similar.append((a, b))
            known.cannot_link.setdefault(a, set()).add(b)
            known.cannot_link.setdefault(b, set()).add(a)
    _collect_assets(known)
    return known


def _covered(known: Verdicts, matches: Iterable[Match]) -> set[tuple[Picture, Picture]]:
    """The pairs whose difference is explained by what was done to each of the two.

    Both were verified against one picture that shows at least as much as they do. A date on the one and a watermark on
    the other differ in both places, a sharpened and a noisy copy differ everywhere, and may look like two shots. But
    each matches the same original except for its own edit.
    """
    found = set()
    for match in matches:
        change = _change(match.remark)
        if match.relation is not Relation.SIMILAR or change not in _SEEN_APART:
            continue
        a, b = known.picture_of.get(match.a), known.picture_of.get(match.b)
        if a is None or b is None:
            continue
        ours, theirs = known.must_link.get(a, {}), known.must_link.get(b, {})
        for each in ours.keys() & theirs.keys():
            marked = change in _MARKED_APART and _MARKS & {_change(ours[each].remark), _change(theirs[each].remark)}
            if marked or (_is_witness(each, a, ours[each]) and _is_witness(each, b, theirs[each])):
                found.add((min(a, b), max(a, b)))
    return found


def _is_witness(one: Picture, other: Picture, fit: Fit) -> bool:
    """Whether ``one`` shows all that ``other`` does, as finely: a verdict on the two is as sure as one can be."""
    seen = fit if one < other else fit.turned()
    enlarged = any(clue.kind is ClueKind.ENLARGED and clue.weight > 0 for clue in seen.clues)
    softer = any(clue.kind in _SOFTER and clue.weight < 0 for clue in seen.clues)
    as_fine = enlarged or seen.detail > _FINER or seen.sampling >= _AS_FINE
    return seen.detail >= 0 and not softer and as_fine


def _number(known: Verdicts) -> dict[Picture, set[Node]]:
    """Numbers the pictures; the nodes of the assets that have a picture as a half, by picture."""
    by_pixel_key: dict[PixelKey, Picture] = {}
    members: dict[Picture, set[Node]] = {}
    picture_of, node_of = known.picture_of, known.node_of

    def number(photo: Photo) -> Picture:
        content, pixel_key = photo.content_key, photo.pixel_key
        picture = picture_of.get(content)
        if picture is None:
            picture = len(picture_of) if pixel_key is None else by_pixel_key.setdefault(pixel_key, len(picture_of))
            picture_of[content] = picture
        return picture

    for photo in known.photos:
        node = number(photo)
        node_of.append(node)
        for half in photo.members:
            members.setdefault(number(half), set()).add(node)
    return members


def _timed(photos: Sequence[Photo], matches: Sequence[Match]) -> set[ContentKey]:
    """The matched contents that state a capture time."""
    wanted = {key for match in matches if match.relation is not None for key in (match.a, match.b)}
    return {
        picture.content_key
        for photo in photos
        for picture in photo.parts
        if picture.content_key in wanted and picture.facts.taken is not None
    }


def _weigh(
    known: Verdicts, matches: Iterable[Match], members: dict[Picture, set[Node]], timed: set[ContentKey]
) -> dict[tuple[Node, Node], _Said]:
    said: dict[tuple[Node, Node], _Said] = {}
    firsts = set(known.node_of) if members else None
    for match in matches:
        a, b = known.picture_of.get(match.a), known.picture_of.get(match.b)
        if match.relation is None or a is None or b is None or a == b:
            continue
        fit = None
        if match.relation is not Relation.SIMILAR:
            key = (_RANKS[match.relation], -match.score, match.distance)
            fit = Fit(
                match.relation, key, match.detail, match.remark, match.clues, *_shown_turned(match), _sampling(match)
            )
            fit = fit if a < b else fit.turned()
            ends = (min(a, b), max(a, b))
            known.fits[ends] = _better(known.fits.get(ends), fit)
        both_timed = match.a in timed and match.b in timed
        for one, other, heads in _node_pairs(a, b, members, firsts):
            _tell(said, one, other, fit, _weight(fit is not None, heads, both_timed))
    if firsts is not None:
        for picture in sorted(firsts.intersection(members)):
            for owner in members[picture] - {picture}:
                _tell(said, owner, picture, SAME_BYTES, Weight.SURE)
    return said


def _shown_turned(match: Match) -> tuple[int, bool]:
    """By how many degrees, to the quarter, one picture is shown turned against the other; and whether it is mirrored."""
    transform = match.evidence.transform
    if transform is None:
        return 0, False
    turn = 90 * (round(transform.turn / 90) % 4)
    return min(turn, 360 - turn), transform.mirrored


def _sampling(match: Match) -> float:
    """Pixels of the first picture for one of the second, along a line; 1 where that is not known."""
    transform = match.evidence.transform
    return transform.scale if transform is not None and transform.scale > 0 else 1.0


def _node_pairs(
    a: Picture, b: Picture, members: dict[Picture, set[Node]], firsts: set[Node] | None
) -> Iterator[tuple[Node, Node, int]]:
    """The pairs of nodes that a verdict on two pictures concerns, and of how many of them it concerns the first picture."""
    if firsts is None:
        yield a, b, 2
        return
    ours = [(a, 1)] if a in firsts else []
    theirs = [(b, 1)] if b in firsts else []
    ours += [(owner, 0) for owner in members.get(a, ()) if owner != a]
    theirs += [(owner, 0) for owner in members.get(b, ()) if owner != b]
    for one, head in ours:
        for other, other_head in theirs:
            if one != other:
                yield one, other, head + other_head


def _weight(verified: bool, heads: int, both_timed: bool) -> Weight | None:
    """None where the verdict says nothing of the assets: two members that match prove nothing of the first pictures."""
    if verified:
        if heads == 2:
            return Weight.SURE if both_timed else Weight.VERIFIED
        return Weight.MEMBER_VERIFIED if heads else None
    if heads == 2 or both_timed:
        return Weight.CANNOT_LINK
    return Weight.MEMBERS_CANNOT_LINK


def _tell(said: dict[tuple[Node, Node], _Said], one: Node, other: Node, fit: Fit | None, weight: Weight | None) -> None:
    if weight is None:
        return
    verdict = said.setdefault((min(one, other), max(one, other)), _Said())
    if fit is None:
        verdict.cannot_link = weight if verdict.cannot_link is None else min(verdict.cannot_link, weight)
    else:
        verdict.must_link = weight if verdict.must_link is None else min(verdict.must_link, weight)
        verdict.fit = _better(verdict.fit, fit)


def _better(held: Fit | None, fit: Fit) -> Fit:
    return fit if held is None or _in_order(fit) < _in_order(held) else held


def _in_order(fit: Fit) -> tuple[FitKey, float, str, float]:
    """Puts the better fit first, and one of two equal ones always."""
    said = (fit.remark.change.value, fit.remark.amount) if fit.remark is not None else ("", 0.0)
    return (fit.key, fit.detail, *said)


def _change(remark: Remark | None) -> Change | None:
    return remark.change if remark is not None else None


def _collect_assets(known: Verdicts) -> None:
    """The assets of each node that has more than one, or a verdict."""
    seen = bytearray(len(known.picture_of))
    for node in known.node_of:
        seen[node] += seen[node] < 2
    for node in (*known.must_link, *known.cannot_link):
        seen[node] = 2
    for asset, node in enumerate(known.node_of):
        if seen[node] > 1:
            known.assets.setdefault(node, []).append(asset)
