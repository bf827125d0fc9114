"""Two photos by themselves: what the one is to the other, and which of them the rules would keep."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from dedupe.grouping.doubts import NO_DOUBTS, Doubts
from dedupe.grouping.extras import Extras
from dedupe.grouping.keeper import QUALITY_RULES, RULES, UNDAMAGED, Candidate, ordered
from dedupe.grouping.losses import CompanionKey, turned_reason
from dedupe.grouping.match_graph import Verdicts, gather
from dedupe.grouping.membership import MADE_FROM, lies_on
from dedupe.grouping.versions import Versions
from dedupe.types import SAFE_RELATIONS, Caution, Extra, Match, Photo, Relation


def extra_of(
    keep: Photo,
    photo: Photo,
    matches: Iterable[Match],
    *,
    select: Collection[Relation] = SAFE_RELATIONS,
    cross_only: bool = False,
    companion_key: CompanionKey | None = None,
    caution: Caution = Caution.NORMAL,
    doubts: Doubts = NO_DOUBTS,
) -> Extra | None:
    """What ``photo`` is where ``keep`` stays, selected where that is safe.

    None where the two were not verified, are two captures, or may not be compared. Other matches than those of the two are left
    out. ``doubts`` are those of the scan that found the two.
    """
    if photo.file.reference or (cross_only and photo.file.root == keep.file.root):
        return None
    found = _candidates(keep, photo, matches)
    if found is None:
        return None
    known, stays, goes = found
    lies = lies_on(goes, stays, known)
    if lies is None:
        return None
    versions = Versions(known, ordered(), lambda _extra, _keep: True, companion_key=companion_key)
    return Extras(versions, doubts, select, caution).extra(lies, stays)


def turned_note(photo: Photo, keep: Photo, matches: Iterable[Match], caution: Caution = Caution.NORMAL) -> str:
    """Say how ``photo`` is shown turned or mirrored against ``keep``, in the words of ``Extra.note``.

    Empty where it is not, or where the turn may be lost.
    """
    found = _candidates(keep, photo, matches)
    lies = lies_on(found[2], found[1], found[0]) if found is not None else None
    if lies is None or lies.relation is not Relation.RESAVED:
        return ""
    return turned_reason(photo, lies.on, lies.fit, caution, is_made_from=lies.lineage >= MADE_FROM)


def is_better(photo: Photo, other: Photo, matches: Iterable[Match], rules: Sequence[str]) -> bool:
    """Say whether ``photo`` is verified against ``other`` and comes first by the rules named.

    No other rules count. False where all of them call the two equal.
    """
    found = _candidates(photo, other, matches)
    if found is None:
        return False
    known, ours, theirs = found
    lies = lies_on(ours, theirs, known)
    for rule in (UNDAMAGED, *(RULES[name] for name in rules if name != UNDAMAGED.name)):
        if rule.name in QUALITY_RULES and lies is not None and abs(lies.lineage) >= MADE_FROM:
            return lies.lineage < 0
        if rule.key(ours) != rule.key(theirs):
            return rule.key(ours) < rule.key(theirs)
    return False


def _candidates(one: Photo, other: Photo, matches: Iterable[Match]) -> tuple[Verdicts, Candidate, Candidate] | None:
    """The two as candidates, in their order; None where nothing joins them."""
    known = gather([one, other], matches)
    nodes = sorted({known.picture_of[photo.content_key] for photo in (one, other)})
    if len(nodes) == 2 and nodes[1] not in known.must_link.get(nodes[0], {}):
        return None
    made = Versions(known, (), lambda _extra, _keep: True).candidates(nodes)
    by_path = {candidate.photo.path: candidate for candidate in made}
    return known, by_path[one.path], by_path[other.path]
