"""What was chosen for one group, and what that makes of the scan's result.

An extra is only ever selected against the photo that stays: where another one is to stay, every other photo
has to be proven against that one, and what cannot be proven stays too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from dedupe.library.scans import EditState, GroupEdit
from dedupe.report import phrases
from dedupe.report.sizes import freed_by, freed_bytes, pinned
from dedupe.types import SAFE_RELATIONS, Extra, Group, Photo, ScanResult

Verify: TypeAlias = Callable[[Photo, Photo], Extra | None]
"""What the second photo is to the first if the first stays, selected where that is safe; None: not proven."""

CHOSEN = "your choice"
"""The reason of a keeper that a person chose."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a group stands: the photo that stays, its place, and for every place the extra that it is.

    ``extras`` has None at the place that stays and at those not proven against it.
    """

    stays: Photo
    keep: int
    extras: tuple[Extra | None, ...]
    verdict: EditState = EditState.OPEN

    @property
    def selected(self) -> tuple[Extra, ...]:
        """The extras that would go."""
        return tuple(extra for extra in self.extras if extra is not None and extra.selected)

    @property
    def unproven(self) -> int:
        """How many photos are not proven against the one that stays."""
        return self.extras.count(None) - 1

    @property
    def would_free(self) -> int:
        """Bytes that letting the selected go frees."""
        return freed_by((extra for extra in self.extras if extra is not None), self.stays)

    @property
    def freed(self) -> int:
        """Bytes that acting on this choice frees; 0 unless it was accepted."""
        return self.would_free if self.verdict is EditState.ACCEPTED else 0

    @property
    def needs_no_look(self) -> bool:
        """It may be accepted without a look: open, the keeper as suggested, and all that goes of a safe relation."""
        safe = all(extra.relation in SAFE_RELATIONS for extra in self.selected)
        return self.verdict is EditState.OPEN and self.keep == 0 and safe and bool(self.selected)


def photos_of(group: Group) -> tuple[Photo, ...]:
    """The photos of ``group`` by place: the one suggested to stay, then the extras."""
    return (group.keep, *(extra.photo for extra in group.extras))


def suggested(group: Group) -> Choice:
    """The choice that the scan proposes."""
    return Choice(group.keep, 0, (None, *group.extras))


def keep_instead(group: Group, choice: Choice, place: int, verify: Verify) -> Choice:
    """``choice``, open again, with the photo at ``place`` staying."""
    if place == choice.keep:
        return replace(choice, verdict=EditState.OPEN)
    if place == 0:
        return suggested(group)
    photos = photos_of(group)
    proven = (None if n == place else verify(photos[place], photo) for n, photo in enumerate(photos))
    return Choice(photos[place], place, tuple(extra and _held(extra) for extra in proven))


def _held(extra: Extra) -> Extra:
    return replace(extra, selected=False) if extra.selected and pinned(extra.photo) else extra


def edit_of(group: Group, choice: Choice) -> GroupEdit:
    """``choice`` as it is stored: by paths, so that it fits only the scan it was made on."""
    same = choice.extras == suggested(group).extras
    return GroupEdit(
        group.id,
        keeper=choice.stays.path if choice.keep else None,
        selected=None if same else tuple(extra.photo.path for extra in choice.selected),
        state=choice.verdict,
    )


def restored(group: Group, edit: GroupEdit | None, verify: Verify) -> Choice:
    """The choice that ``edit`` describes; the scan's own where there is none or it does not fit the group."""
    choice = suggested(group)
    if edit is None:
        return choice
    if edit.keeper is not None:
        paths = [photo.path for photo in photos_of(group)]
        if edit.keeper not in paths:
            return choice
        choice = keep_instead(group, choice, paths.index(edit.keeper), verify)
    extras = choice.extras
    if edit.selected is not None:
        extras = tuple(
            extra and replace(extra, selected=extra.photo.path in edit.selected and not pinned(extra.photo))
            for extra in extras
        )
    return replace(choice, extras=extras, verdict=edit.state)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The scan as its review left it, for `dedupe apply`. ``open`` counts the groups left alone because nobody decided
    on them, ``unproven`` the photos accepted to go that are not proven any more against the one that stays."""

    plan: ScanResult
    open: int = 0
    unproven: int = 0


def reviewed(result: ScanResult, edits: Mapping[str, GroupEdit], verify: Verify) -> Reviewed:
    """``result`` as ``edits`` leave it: all that the scan selected where no review was begun, else only what was
    accepted."""
    if not edits:
        return Reviewed(result)
    choices = [restored(group, edits.get(group.id), verify) for group in result.groups]
    left = sum(choice.verdict is EditState.OPEN and bool(choice.selected) for choice in choices)
    return Reviewed(accepted(result, choices), left, unproven(edits, result.groups, choices))


def unproven(edits: Mapping[str, GroupEdit], groups: Sequence[Group], choices: Sequence[Choice]) -> int:
    """How many photos ``edits`` accepted to go that ``choices``, made of these edits, have no proof of."""
    lost = 0
    for group, choice in zip(groups, choices, strict=True):
        edit = edits.get(group.id)
        if edit is not None and edit.state is choice.verdict is EditState.ACCEPTED:
            proven = {extra.photo.path for extra in choice.extras if extra is not None}
            lost += len(set(edit.selected or ()) - proven)
    return lost


def accepted(result: ScanResult, choices: Sequence[Choice]) -> ScanResult:
    """``result`` with nothing selected but what was accepted; groups that are no duplicates are left out."""
    chosen = (_group(before, choice) for before, choice in zip(result.groups, choices, strict=True))
    groups = tuple(group for group in chosen if group is not None)
    extras = sum(len(group.extras) for group in groups)
    reclaimable = sum(freed_bytes(extra.photo, group.keeper_of(extra)) for group in groups for extra in group.extras)
    stats = replace(result.stats, groups=len(groups), extras=extras, reclaimable_bytes=reclaimable)
    return replace(result, groups=groups, stats=stats)


def _group(group: Group, choice: Choice) -> Group | None:
    """``group`` as chosen; None where nothing is left of it."""
    if choice.verdict is EditState.NOT_DUPLICATES:
        return None
    extras = tuple(
        replace(extra, selected=extra.selected and choice.verdict is EditState.ACCEPTED)
        for extra in choice.extras
        if extra is not None
    )
    reason = phrases.reason(group) if choice.keep == 0 else CHOSEN
    return Group(group.id, choice.stays, reason, extras) if extras else None
