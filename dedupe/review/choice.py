"""What was chosen for one group, and what that makes of the scan's result.

An extra is only ever selected against a photo that stays and that it is proven against. Where another photo is to stay, what hung
on the one before has to be proven against it, and what cannot be proven stays too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

from dedupe.library.scans import EditState, GroupEdit
from dedupe.report import phrases
from dedupe.report.sizes import freed_by, freed_bytes, pinned
from dedupe.types import SAFE_RELATIONS, Extra, Group, Photo, Rescue, ScanResult

Verify: TypeAlias = Callable[[Photo, Photo], Extra | None]
"""What the second photo is to the first if the first stays, selected where that is safe; None: not proven."""

Offer: TypeAlias = Callable[[Photo, Extra], Extra]
"""The extra with what only it says carried over to the photo, or with what is in the way of that."""

CHOSEN = "your choice"
"""The reason of a keeper that a person chose."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The state of a group: its root, the place of that, and for every place the extra that it is.

    ``extras`` has None at the root and at those not proven against any photo that stays for them. ``heads`` are the places that a
    person chose to stay, in that order; ``by_folder`` are those of them of which only the folder was chosen.
    """

    stays: Photo
    keep: int
    extras: tuple[Extra | None, ...]
    verdict: EditState = EditState.OPEN
    heads: tuple[int, ...] = ()
    by_folder: frozenset[int] = frozenset()

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
        """It may be accepted without a look: open, the keeper as suggested or of a preferred folder, all that goes safe."""
        safe = all(extra.relation in SAFE_RELATIONS for extra in self.selected)
        as_suggested = self.keep == 0 or self.by_folder.issuperset(self.heads or (self.keep,))
        return self.verdict is EditState.OPEN and as_suggested and safe and bool(self.selected)


def photos_of(group: Group) -> tuple[Photo, ...]:
    """The photos of ``group`` by place: the one suggested to stay, then the extras."""
    return (group.keep, *(extra.photo for extra in group.extras))


def suggested(group: Group) -> Choice:
    """The choice that the scan proposes."""
    return Choice(group.keep, 0, (None, *group.extras))


def keep_instead(group: Group, choice: Choice, place: int, verify: Verify) -> Choice:
    """``choice``, open again, with the photo at ``place`` staying.

    A copy takes the place of the head of its version, and what hung on that has to be proven against it. The head of another
    version, or a photo that nothing is proven of, becomes the root; the other versions keep their copies.
    """
    if place == choice.keep:
        return replace(choice, verdict=EditState.OPEN, by_folder=choice.by_folder - {place})
    if place == 0:
        return suggested(group)
    tree = _Tree(photos_of(group), list(choice.extras), verify)
    extra = choice.extras[place]
    keep = choice.keep
    if extra is not None and extra.relation in SAFE_RELATIONS:
        keep = tree.crown(place, keep)
    else:
        tree.turn(place, keep)
        keep = place
    heads = (*(one for one in choice.heads if one != place), place)
    return Choice(photos_of(group)[keep], keep, tuple(tree.extras), heads=heads, by_folder=choice.by_folder - {place})


def toggled(group: Group, choice: Choice, place: int, verify: Verify) -> Choice:
    """``choice``, open again, with the extra at ``place`` selected, or staying where it was selected.

    With the head of a version its copies are selected, each against a photo that stays and that it is proven against; what is
    proven against none stays. A choice whose extra at ``place`` is None is given back as it is.
    """
    extra = choice.extras[place]
    if extra is None:
        return choice
    tree = _Tree(photos_of(group), list(choice.extras), verify)
    if extra.selected:
        tree.extras[place] = replace(extra, selected=False)
        tree.take_back(place, suggested(group))
    else:
        tree.let_go(place, choice.keep)
    return replace(choice, extras=tuple(tree.extras), verdict=EditState.OPEN)


@dataclass(slots=True)
class _Tree:
    """The extras of a group while they are changed, by place."""

    photos: tuple[Photo, ...]
    extras: list[Extra | None]
    verify: Verify

    def crown(self, place: int, root: int) -> int:
        """Puts a copy in the place of its head; the place of the root afterwards."""
        copy = self.extras[place]
        before = self._place_of(copy.keeper, root) if copy is not None else root
        head, others = self.extras[before], self._on(before, root)
        if before == root:
            root, self.extras[place] = place, None
        else:
            above = self._place_of(head.keeper, root) if head is not None else root
            self.extras[place] = self._proven(above, place)
        for other in (*others, before):
            if other != place:
                self.extras[other] = self._proven(place, other)
        return root

    def turn(self, place: int, root: int) -> None:
        """Makes the head at ``place`` the root: what it hung on hangs on it, up to the root before."""
        chain = [place]
        while chain[-1] != root:
            extra = self.extras[chain[-1]]
            chain.append(root if extra is None else self._place_of(extra.keeper, root))
        self.extras[place] = None
        for below, above in pairwise(chain):
            self.extras[above] = self._staying(self._proven(below, above), above)

    def _staying(self, extra: Extra | None, place: int) -> Extra | None:
        """The extra, not selected while a copy that goes, goes for it."""
        path = self.photos[place].path
        needed = any(one is not None and one.selected and one.keeper == path for one in self.extras)
        return replace(extra, selected=False) if extra is not None and extra.selected and needed else extra

    def let_go(self, place: int, root: int) -> None:
        """Selects the extra at ``place`` against a photo that stays, and what hung on it."""
        extra = self.extras[place]
        stays = root if extra is None else self._place_of(extra.keeper, root)
        while (above := self.extras[stays]) is not None and above.selected:
            stays = self._place_of(above.keeper, root)
        if extra is not None and extra.keeper and self.photos[stays].path != extra.keeper:
            extra = self.verify(self.photos[stays], self.photos[place])
        self.extras[place] = None if extra is None else replace(extra, selected=True)
        if extra is None:
            return
        for other in self._on(place, root):
            was, proven = self.extras[other], self._proven(stays, other)
            self.extras[other] = proven and _held(replace(proven, selected=_follows(was, proven)))

    def take_back(self, place: int, suggestion: Choice) -> None:
        """What hung on ``place`` by the scan hangs on it again."""
        path = self.photos[place].path
        for other, extra in enumerate(suggestion.extras):
            if extra is not None and extra.keeper == path and other != place:
                self.extras[other] = extra

    def _proven(self, keep: int, place: int) -> Extra | None:
        extra = self.verify(self.photos[keep], self.photos[place])
        return extra and _held(replace(extra, keeper=self.photos[keep].path))

    def _on(self, place: int, root: int) -> list[int]:
        """The places that hang on ``place``."""
        return [
            other
            for other, extra in enumerate(self.extras)
            if extra is not None and other != place and self._place_of(extra.keeper, root) == place
        ]

    def _place_of(self, path: str, root: int) -> int:
        """The place of a keeper; the root for none, as in scans saved before versions."""
        return next((place for place, photo in enumerate(self.photos) if photo.path == path), root)


def _follows(was: Extra | None, proven: Extra) -> bool:
    """Whether a copy goes with its head: it was to go, and nothing is lost where another photo stays for it."""
    return was is not None and was.selected and was.relation in SAFE_RELATIONS and not proven.loses


def _held(extra: Extra) -> Extra:
    return replace(extra, selected=False) if extra.selected and pinned(extra.photo) else extra


def edit_of(group: Group, choice: Choice) -> GroupEdit:
    """``choice`` as it is stored: by paths, so that it fits only the scan it was made on.

    Where a copy was let stay that a sidecar may free, what goes is stored although it is as suggested: by another ``--rescue``
    the copy would be suggested to go as well.
    """
    stays = choice.verdict is EditState.ACCEPTED and any(extra and extra.may_be_rescued for extra in choice.extras)
    same = choice.extras == suggested(group).extras and not stays
    photos = photos_of(group)
    return GroupEdit(
        group.id,
        keeper=choice.stays.path if choice.keep else None,
        selected=None if same else tuple(extra.photo.path for extra in choice.selected),
        state=choice.verdict,
        heads=tuple(photos[place].path for place in choice.heads),
        rescued=() if same else tuple(extra.photo.path for extra in choice.selected if _is_carried(extra)),
        by_folder=tuple(photos[place].path for place in choice.heads if place in choice.by_folder),
    )


def _is_carried(extra: Extra) -> bool:
    return extra.rescue is not None and extra.rescue.obstacle is None


def restored(group: Group, edit: GroupEdit | None, verify: Verify) -> Choice:
    """The choice that ``edit`` describes; the scan's own where there is none or it does not fit the group."""
    choice = suggested(group)
    if edit is None:
        return choice
    places = {photo.path: place for place, photo in enumerate(photos_of(group))}
    heads = edit.heads or ((edit.keeper,) if edit.keeper is not None else ())
    if not all(path in places for path in heads):
        return choice
    for path in heads:
        choice = keep_instead(group, choice, places[path], verify)
    if edit.selected is not None:
        choice = _carrying(_selecting(group, choice, frozenset(edit.selected), verify), frozenset(edit.rescued))
    by_folder = frozenset(place for place in choice.heads if photos_of(group)[place].path in edit.by_folder)
    return replace(choice, verdict=edit.state, by_folder=by_folder)


def _carrying(choice: Choice, rescued: frozenset[str]) -> Choice:
    """``choice`` with the metadata of these and no others carried over; what it is, is worked out when it is acted on."""
    extras = tuple(
        extra
        and replace(
            extra,
            rescue=(extra.rescue if _is_carried(extra) else Rescue("")) if extra.photo.path in rescued else None,
        )
        for extra in choice.extras
    )
    return replace(choice, extras=extras)


def _selecting(group: Group, choice: Choice, wanted: frozenset[str], verify: Verify) -> Choice:
    """``choice`` with these and no others selected, those excepted that may not leave or whose keeper leaves."""
    keepers = {extra.keeper for extra in choice.extras if extra is not None}
    for place, photo in enumerate(photos_of(group)):
        extra = choice.extras[place]
        if extra is not None and photo.path in wanted & keepers and not extra.selected and not pinned(photo):
            choice = toggled(group, choice, place, verify)
    leaving = {extra.photo.path for extra in choice.extras if extra is not None and extra.photo.path in wanted}
    extras = tuple(
        extra
        and replace(
            extra,
            selected=extra.photo.path in wanted and extra.keeper not in leaving and not pinned(extra.photo),
        )
        for extra in choice.extras
    )
    return replace(choice, extras=extras)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The scan as its review left it, for `dedupe apply`.

    ``open`` counts the groups left alone because nobody decided on them, ``unproven`` the photos accepted to go that are not
    proven any more against the one that stays.
    """

    plan: ScanResult
    open: int = 0
    unproven: int = 0


def reviewed(result: ScanResult, edits: Mapping[str, GroupEdit], verify: Verify) -> Reviewed:
    """Give ``result`` as ``edits`` leave it.

    All that the scan selected where no review was begun, else only what was accepted.
    """
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
    """``result`` with nothing selected but what was accepted; groups that are not duplicates are left out."""
    both = zip(result.groups, choices, strict=True)
    groups = tuple(group for before, choice in both for group in accepted_groups(before, choice))
    return with_groups(result, groups)


def with_groups(result: ScanResult, groups: tuple[Group, ...]) -> ScanResult:
    """``result`` with these groups, and the figures that they come to."""
    extras = sum(len(group.extras) for group in groups)
    reclaimable = sum(freed_bytes(extra.photo, group.keeper_of(extra)) for group in groups for extra in group.extras)
    stats = replace(result.stats, groups=len(groups), extras=extras, reclaimable_bytes=reclaimable)
    return replace(result, groups=groups, stats=stats)


def accepted_groups(group: Group, choice: Choice) -> Iterator[Group]:
    """``group`` with nothing selected but what was accepted.

    A photo that is not proven against the root, but stays for others, makes a group with these.
    """
    if choice.verdict is EditState.NOT_DUPLICATES:
        return
    extras = [
        replace(extra, selected=extra.selected and choice.verdict is EditState.ACCEPTED)
        for extra in choice.extras
        if extra is not None
    ]
    reason = phrases.reason(group) if choice.keep == 0 else CHOSEN
    loose = [photo for photo, extra in zip(photos_of(group), choice.extras, strict=True) if extra is None]
    for number, photo in enumerate(sorted(loose, key=lambda photo: photo.path != choice.stays.path)):
        below = tuple(_below(photo.path, extras, root=photo.path == choice.stays.path))
        if below:
            yield Group(f"{group.id}-{number + 1}" if number else group.id, photo, reason, below)


def _below(path: str, extras: Sequence[Extra], *, root: bool) -> Iterator[Extra]:
    """The extras below ``path`` by any chain; below the root also those of scans saved before versions."""
    above = {extra.photo.path: extra.keeper for extra in extras}
    for extra in extras:
        top, steps = extra.keeper, 0
        while top in above and steps < len(above):
            top, steps = above[top], steps + 1
        if top == path or (root and not top):
            yield extra
