"""From a family to what a person is shown: each photo beside the root with what it is to the one that stays for it.

Only what matches a photo that stays is selected. A head is selected only where the user selects edits; then its copies, and the
versions made from it, need another photo that stays and that they were verified against, or the head stays for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from dedupe.grouping.doubts import FITS_ANOTHER, Doubts
from dedupe.grouping.families import Branch, Family
from dedupe.grouping.keeper import Candidate
from dedupe.grouping.losses import blocked_reason, damaged_reason, turned_reason
from dedupe.grouping.membership import MADE_FROM, Membership, lies_on
from dedupe.grouping.provenance import UNNAMED, distance_to_camera, is_converted
from dedupe.grouping.versions import Versions
from dedupe.types import Caution, Change, ClueKind, Extra, Photo, Relation

_UNDECIDED = frozenset((Change.LINEAGE, Change.UNTOLD, Change.PROFILE))
"""Doubts about which of two pictures was saved from the other, not about what they show.

Of two colour profiles the verdict saw the same colours; a profile that sRGB does not hold is a loss of its own.
"""
_PROVEN = (Relation.IDENTICAL, Relation.SAME_PIXELS)


@dataclass(slots=True)
class Extras:
    """Makes the extras of families.

    ``doubts`` tells what else speaks against letting a copy go. ``select`` are the relations whose copies are selected
    where nothing is lost. ``caution`` sets what a re-save must show to be selected.
    """

    versions: Versions
    doubts: Doubts
    select: Collection[Relation]
    caution: Caution = Caution.NORMAL
    _leaving: dict[str, Candidate] = field(default_factory=dict)

    def of(self, family: Family) -> Iterator[Extra]:
        """The extras in the order of the tree."""
        for branch in family.branches:
            head = branch.version.head
            stays = head
            if branch.parent is not None and branch.made is not None:
                lies, parent = branch.made, branch.parent
                if parent.photo.path in self._leaving:
                    lies, parent = self._on_what_stays(branch, parent) or (lies, parent)
                extra = self.extra(lies, parent)
                if extra.selected and not self._may_go(branch, parent):
                    extra = _held(extra)
                if extra.selected:
                    self._leaving[head.photo.path] = parent
                    stays = parent
                yield extra
            yield from sorted(self._copies(branch, stays), key=_in_version)

    def _on_what_stays(self, branch: Branch, parent: Candidate) -> tuple[Membership, Candidate] | None:
        """How a head matches the photo that stays for its parent; None where it may not go for that."""
        while parent.photo.path in self._leaving:
            parent = self._leaving[parent.photo.path]
        lies = self._lies_on(branch.version.head, parent)
        return None if lies is None else (lies, parent)

    def _may_go(self, branch: Branch, parent: Candidate) -> bool:
        """Whether ``parent`` stays, and stays for all copies of the head as well."""
        stays = parent.photo.path not in self._leaving
        return stays and all(self._lies_on(one.asset, parent) is not None for one in branch.version.copies)

    def _lies_on(self, asset: Candidate, keep: Candidate) -> Membership | None:
        """The membership of an asset in another that stays in place of its head.

        None where it was not verified, or where the asset may not leave for the other (both from one folder where only
        pairs from two count).
        """
        if not self.versions.may_leave(asset.photo, keep.photo):
            return None
        return lies_on(asset, keep, self.versions.known)

    def _copies(self, branch: Branch, stays: Candidate) -> Iterator[Extra]:
        for membership in branch.version.copies:
            moved = stays is not branch.version.head
            lies = self._lies_on(membership.asset, stays) if moved else None
            yield self.extra(lies or membership, stays)

    def extra(self, membership: Membership, keep: Candidate) -> Extra:
        """What the asset is where ``keep`` stays."""
        photo, relation = membership.asset.photo, membership.relation
        lost = self.versions.lost(membership, keep)
        blocked = blocked_reason(photo, keep.photo, relation, self.caution, on=membership.on)
        if not blocked and (differing := self.doubts.differing(photo, keep.photo)):
            blocked = damaged_reason(differing)
        if not blocked and relation not in _PROVEN and self.doubts.concern(photo, keep.photo):
            blocked = FITS_ANOTHER
        if not blocked and relation is Relation.RESAVED:
            made = membership.lineage >= MADE_FROM
            blocked = turned_reason(photo, membership.on, membership.fit, self.caution, is_made_from=made)
        uncertain = relation is Relation.RESAVED and not self._enough(membership, keep)
        wanted = relation in self.select and relation is not Relation.SIMILAR and not uncertain
        return Extra(
            photo=photo,
            relation=relation,
            distance=membership.fit.distance,
            selected=wanted and not lost and not blocked,
            note=blocked,
            loses=lost,
            keeper=keep.photo.path,
            clue=_clue(membership),
            remark=membership.fit.remark,
            only_lossy=wanted and bool(lost) and not blocked and _is_upright(membership),
        )

    def _enough(self, membership: Membership, keep: Candidate) -> bool:
        """Say whether enough is known of a re-save to let it go.

        Nothing about it is in doubt; or the only doubt is which of the two was saved from the other, and the one that
        stays is at least as good by every measure. Where their samplings or colour profiles do not tell which holds
        more, the one that stays must also be as near to the camera. A picture that may have been converted from the
        other gets no credit for its quality, which is guessed from its size; nor does a JPEG that may have been made
        from such a picture.
        """
        remark = membership.fit.remark
        if remark is None:
            return True
        if self.caution is Caution.STRICT or remark.change not in _UNDECIDED:
            return False
        asset, on = membership.asset, membership.on
        nearer = distance_to_camera(asset.photo) - distance_to_camera(on)
        if on.facts.format != asset.photo.facts.format:
            if is_converted(on.facts) and nearer <= 0:
                return False
            if is_converted(asset.photo.facts) and remark.change is Change.UNTOLD and not _names_camera(on):
                return False
        return _is_as_good(membership, keep) and (nearer >= 0 or remark.change is Change.LINEAGE)


def _names_camera(photo: Photo) -> bool:
    """Whether a picture names a camera, or is a RAW."""
    return distance_to_camera(photo) < UNNAMED


def _is_as_good(membership: Membership, keep: Candidate) -> bool:
    """Whether ``keep`` is no worse than the asset by any measure."""
    asset, ours, theirs = membership.asset, membership.asset.photo.facts, membership.on.facts
    stored = ours.bits <= theirs.bits and (ours.chroma <= theirs.chroma or ours.lossless)
    return stored and asset.shown <= keep.shown and asset.quality <= keep.quality and not membership.finer


def _is_upright(membership: Membership) -> bool:
    """Shown neither turned nor mirrored, so that what is marked in the one is in the same place of the other."""
    return not membership.fit.turn and not membership.fit.mirrored


def _held(extra: Extra) -> Extra:
    """The extra, which stays because others hang on it."""
    note = extra.note or "a copy of it is verified against no other photo that stays"
    return replace(extra, selected=False, note=note)


def _in_version(extra: Extra) -> tuple[int, str]:
    return extra.relation.rank, extra.photo.path


def _clue(membership: Membership) -> ClueKind | None:
    """The weightiest sign that the asset was made from what it matches; None where the signs do not say so."""
    if membership.lineage < MADE_FROM:
        return None
    # Seen from the asset, what speaks for the other as its source is negative.
    return min(membership.fit.clues, key=lambda clue: (clue.weight, clue.kind.value)).kind
