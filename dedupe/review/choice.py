"""What was chosen for one group, and what that makes of the scan's result.

An extra is only ever selected against the photo that stays: where another one is to stay, every other photo
has to be proven against that one (SAFETY.md row 3), and what cannot be proven stays too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from dedupe.library.scans import EditState, GroupEdit
from dedupe.review.unit import SAFE, freed_by, freed_bytes, pinned
from dedupe.types import Extra, Group, Photo, ScanResult

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
        return freed_by(self.selected, self.stays)

    @property
    def freed(self) -> int:
        """Bytes that acting on this choice frees; 0 unless it was accepted."""
        return self.would_free if self.verdict is EditState.ACCEPTED else 0

    @property
    def needs_no_look(self) -> bool:
        """It may be accepted without a look: open, the keeper as suggested, and all that goes of a safe relation."""
        safe = all(extra.relation in SAFE for extra in self.selected)
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


def edited(result: ScanResult, edits: Mapping[str, GroupEdit], verify: Verify) -> ScanResult:
    """``result`` as the review left it, for `dedupe apply`: accepted groups as chosen, nothing selected in
    those skipped or kept, those that are no duplicates left out. In an open group what the scan selected
    stays selected unless it was taken out; what was only tried there is not."""
    choices = [restored(group, edits.get(group.id), verify) for group in result.groups]
    open_too = {number for number, choice in enumerate(choices) if choice.verdict is EditState.OPEN}
    return _with(result, choices, open_too)


def accepted(result: ScanResult, choices: Sequence[Choice]) -> ScanResult:
    """``result`` with nothing selected but what was accepted in this review."""
    return _with(result, choices, ())


def _with(result: ScanResult, choices: Sequence[Choice], open_too: Iterable[int]) -> ScanResult:
    allowed = frozenset(open_too)
    groups = tuple(
        group
        for number, (before, choice) in enumerate(zip(result.groups, choices, strict=True))
        if (group := _group(before, choice, as_scanned=number in allowed)) is not None
    )
    extras = sum(len(group.extras) for group in groups)
    reclaimable = sum(freed_bytes(extra.photo, group.keep) for group in groups for extra in group.extras)
    stats = replace(result.stats, groups=len(groups), extras=extras, reclaimable_bytes=reclaimable)
    return replace(result, groups=groups, stats=stats)


def _group(group: Group, choice: Choice, *, as_scanned: bool) -> Group | None:
    """``group`` as chosen; None where nothing is left of it."""
    if choice.verdict is EditState.NOT_DUPLICATES:
        return None
    before = {extra.photo.path for extra in group.extras if extra.selected} if choice.keep == 0 else set()
    extras = tuple(
        replace(extra, selected=extra.selected and _may_go(extra, choice, before if as_scanned else None))
        for extra in choice.extras
        if extra is not None
    )
    reason = group.reason if choice.keep == 0 else CHOSEN
    return Group(group.id, choice.stays, reason, extras) if extras else None


def _may_go(extra: Extra, choice: Choice, scanned: set[str] | None) -> bool:
    if choice.verdict is EditState.ACCEPTED:
        return True
    return scanned is not None and choice.verdict is EditState.OPEN and extra.photo.path in scanned
