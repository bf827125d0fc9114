"""From a family to what a person is shown: each photo beside the root with what it is to the one that stays for it.

Only what lies on a photo that stays is selected. A head is selected only where the user selects edits; then its copies, and the
versions made from it, need another photo that stays and that they were verified against, or the head stays for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from dedupe.grouping.families import Branch, Family
from dedupe.grouping.keeper import Candidate
from dedupe.grouping.losses import blocked_reason, turned_reason
from dedupe.grouping.membership import MADE_FROM, Membership, lies_on
from dedupe.grouping.versions import Versions
from dedupe.types import Caution, Change, ClueKind, ContentKey, Extra, Photo, Relation

_UNDECIDED = frozenset((Change.LINEAGE, Change.UNTOLD))
"""Doubts about which of two pictures was saved from the other, not about what they show."""
_PROVEN = (Relation.IDENTICAL, Relation.SAME_PIXELS)


@dataclass(slots=True)
class Extras:
    """Makes the extras of families. ``doubtful``: paths of photos that fit another capture as well; ``select``: the relations
    that are selected where nothing is lost; ``caution``: what a re-save must show for it; ``damaged``: contents of which one is
    damaged."""

    versions: Versions
    doubtful: frozenset[str]
    select: Collection[Relation]
    caution: Caution = Caution.NORMAL
    damaged: Mapping[frozenset[ContentKey], int] = field(default_factory=dict)
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
        """How a head lies on the photo that stays for its parent; None where that was not verified."""
        while parent.photo.path in self._leaving:
            parent = self._leaving[parent.photo.path]
        lies = lies_on(branch.version.head, parent, self.versions.known)
        return None if lies is None else (lies, parent)

    def _may_go(self, branch: Branch, parent: Candidate) -> bool:
        """Whether ``parent`` stays, and stays for all copies of the head as well."""
        known = self.versions.known
        stays = parent.photo.path not in self._leaving
        return stays and all(lies_on(one.asset, parent, known) is not None for one in branch.version.copies)

    def _copies(self, branch: Branch, stays: Candidate) -> Iterator[Extra]:
        for membership in branch.version.copies:
            moved = stays is not branch.version.head
            lies = lies_on(membership.asset, stays, self.versions.known) if moved else None
            yield self.extra(lies or membership, stays)

    def extra(self, membership: Membership, keep: Candidate) -> Extra:
        """What the asset is where ``keep`` stays."""
        photo, relation = membership.asset.photo, membership.relation
        lost = self.versions.lost(membership, keep)
        blocked = blocked_reason(photo, keep.photo, relation, self.caution, on=membership.on)
        if not blocked and (differing := self._differing(photo, keep.photo)):
            blocked = f"differs in {differing:,} {'byte' if differing == 1 else 'bytes'}: one of the two is damaged"
        if not blocked and relation not in _PROVEN and self._in_doubt(photo, keep.photo):
            blocked = "fits another shot of the series as well"
        if not blocked and relation is Relation.RESAVED:
            blocked = turned_reason(photo, membership.on, membership.fit, self.caution)
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
        )

    def _enough(self, membership: Membership, keep: Candidate) -> bool:
        """Whether a re-save may go: nothing about it is in doubt, or only which of the two was saved from the other, and the one
        that stays is at least as good by every measure."""
        remark = membership.fit.remark
        if remark is None:
            return True
        if self.caution is Caution.STRICT or remark.change not in _UNDECIDED:
            return False
        asset = membership.asset
        return asset.detail <= keep.detail and asset.quality <= keep.quality and not membership.finer

    def _differing(self, photo: Photo, keep: Photo) -> int:
        """In how many bytes two pictures of the assets differ where one of them is damaged; 0 where none is."""
        pairs = (frozenset((one.content_key, other.content_key)) for one in photo.parts for other in keep.parts)
        return max((self.damaged.get(pair, 0) for pair in pairs), default=0) if self.damaged else 0

    def _in_doubt(self, photo: Photo, keep: Photo) -> bool:
        return photo.path in self.doubtful or keep.path in self.doubtful


def _held(extra: Extra) -> Extra:
    """The extra, which stays because others hang on it."""
    note = extra.note or "a copy of it is verified against no other photo that stays"
    return replace(extra, selected=False, note=note)


def _in_version(extra: Extra) -> tuple[int, str]:
    return extra.relation.rank, extra.photo.path


def _clue(membership: Membership) -> ClueKind | None:
    """The weightiest sign that the asset was made from what it lies on; None where the signs do not say so."""
    if membership.lineage < MADE_FROM:
        return None
    # Seen from the asset, what speaks for the other as its source is negative.
    return min(membership.fit.clues, key=lambda clue: (clue.weight, clue.kind.value)).kind
