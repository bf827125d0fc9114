"""From a scan's selected extras to the actions that would be taken: calling this touches nothing, it only reads.

Dry run and real run consume the same actions. An extra that must not leave is planned nowhere; why is said by the
outcomes beside the plan.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from dedupe.actions.planning.checks import LeftAloneError, content_key_of, hold
from dedupe.actions.planning.names import folded, free_names, root_labels, root_of
from dedupe.actions.planning.siblings import Siblings
from dedupe.actions.platform.disk import Disk
from dedupe.asset import attributes_of, needs_bytes, remarks_on
from dedupe.types import (
    Action,
    ActionKind,
    Companion,
    ContentKey,
    Equal,
    Extra,
    FileMove,
    FromTakeout,
    Group,
    Handover,
    Outcome,
    OutcomeKind,
    Parting,
    Photo,
    Relation,
    ScanResult,
)

NOT_READ: ContentKey = b""
"""The key of a companion that was not read; it equals no file's."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, in order, and the selected extras that are left alone, with the reason."""

    actions: tuple[Action, ...]
    left: tuple[Outcome, ...] = ()
    shared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The companions that several photos share, each with the names of all these photos.

    Such a companion leaves with the last of them, and only if all the others have left before.
    """
    own: tuple[Action, ...] = ()
    """The photos that get what their own Takeout JSON says into a sidecar; nothing leaves for these."""


def plan(
    result: ScanResult,
    *,
    kind: ActionKind,
    target: str | None,
    disk: Disk | None = None,
    read_companions: bool = True,
    partings: Sequence[Parting] = (),
) -> tuple[Action, ...]:
    """The actions for the selected extras of ``result``, in its order, then for the shots of ``partings``, which a person let go.

    ``target`` is the folder of a move, None for the trash. Without ``read_companions`` (a preview) companions are compared by
    size alone and carry no content key.
    """
    return draft(
        result, kind=kind, target=target, disk=disk, read_companions=read_companions, partings=partings
    ).actions


def draft(
    result: ScanResult,
    *,
    kind: ActionKind,
    target: str | None,
    disk: Disk | None = None,
    read_companions: bool = True,
    partings: Sequence[Parting] = (),
) -> Plan:
    """As ``plan``, with what was left alone."""
    drafter = _Drafter(result, kind, target, disk or Disk(), read_companions, tuple(partings))
    actions: list[Action] = []
    left: list[Outcome] = []
    for action, reason in drafter.drafted():
        if reason is None:
            actions.append(drafter.placed(action))
        else:
            left.append(Outcome(action, OutcomeKind.REFUSED, reason))
    return Plan(tuple(actions), tuple(left), drafter.shared, tuple(map(drafter.own_words, result.own_sidecars)))


def selected(result: ScanResult) -> Iterator[tuple[Group, Extra]]:
    """Every extra that is to leave, with its group."""
    for group in result.groups:
        for extra in group.extras:
            if extra.selected:
                yield group, extra


def references_of(result: ScanResult) -> tuple[str, ...]:
    """The folders, beside the roots, whose photos only stay."""
    parts = (part.file for photo in _photos(result) for part in photo.parts)
    return tuple(sorted({file.root for file in parts if file.reference} - {*result.roots}))


def names_of(photo: Photo) -> Iterator[FileMove]:
    """Every name of a photo and of its members, each with what it must be."""
    for half in photo.parts:
        for path in (half.file.path, *half.file.links_inside):
            yield FileMove(path, None, half.file.stamp, half.content_key, attributes_of(half))


def companions_of(photo: Photo) -> list[Companion]:
    """The companions of a photo and its members, each once."""
    seen: dict[str, Companion] = {}
    for half in photo.parts:
        for companion in half.file.companions:
            seen.setdefault(companion.path, companion)
    return list(seen.values())


# -- guards --------------------------------------------------------------------------------------------------------------


def relation_blocker(extra: Extra) -> str | None:
    """Another shot of the same scene is not a duplicate, whatever was selected."""
    return "is another shot, not a duplicate" if extra.relation is Relation.SIMILAR else None


def protected_blocker(photo: Photo) -> str | None:
    """Protected and reference folders give nothing away."""
    assets = photo.parts
    if any(asset.file.protected for asset in assets):
        return "is in a protected folder"
    if any(asset.file.reference for asset in assets):
        return "is in a reference folder"
    return None


def member_blocker(half: Photo, keep: Photo) -> str | None:
    """A RAW leaves only for a RAW, a picture for a picture: the scan verified the pair, here it must still be there."""
    return None if counterpart_of(half, keep) else f"its {_noun(half)} has no counterpart beside the photo that stays"


def companion_blocker(companion: Companion, counterpart: FileMove | None) -> str | None:
    """A video, RAW, picture or edit leaves only while the same bytes stay beside the kept photo."""
    if needs_bytes(companion.kind) and counterpart is None:
        return f"its {companion.kind.value} has no equal beside the photo that stays"
    return None


def counterpart_of(half: Photo, keep: Photo) -> Photo | None:
    """Find the part of the keeper's asset that stays in place of ``half``.

    It has the same content, the same picture, or at least the same kind. None where there is no such part.
    """
    same_kind = [part for part in keep.parts if part.facts.raw == half.facts.raw]
    return next(iter((*_equals(half, keep), *same_kind)), None)


def equals_of(photo: Photo, keep: Photo) -> tuple[Equal, ...]:
    """The members of ``photo`` that are in the keeper's asset again, by their bytes or their pixels."""
    found = []
    for half in photo.members:
        part = next(iter(_equals(half, keep)), None)
        if part is not None:
            same = part.content_key == half.content_key
            found.append(Equal(half.path, part.path, Relation.IDENTICAL if same else Relation.SAME_PIXELS))
    return tuple(found)


def stand_in_of(photo: Photo, keep: Photo) -> Photo:
    """The part of the keeper's asset that the first picture of an asset is held against: its equal, or the first."""
    return next(iter((*_equals(photo, keep), keep)))


def _equals(picture: Photo, keep: Photo) -> list[Photo]:
    """The parts of ``keep`` of the same content, then those of the same picture."""
    parts = keep.parts
    same_content = [part for part in parts if part.content_key == picture.content_key]
    same_picture = [part for part in parts if part.pixel_key is not None and part.pixel_key == picture.pixel_key]
    return [*same_content, *same_picture]


def handover_of(extra: Extra, keep: Photo) -> Handover | None:
    """What goes into the keeper's sidecar before the extra leaves.

    None where nothing is to be written, or where a person lets the extra go although something is in the way of writing.
    """
    if extra.rescue is None or extra.rescue.obstacle is not None:
        return None
    return Handover(extra.photo, keep, extra.rescue.added)


def _noun(half: Photo) -> str:
    return "raw" if half.facts.raw else "photo"


# -- the drafting --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Drafter:
    result: ScanResult
    kind: ActionKind
    target: str | None
    disk: Disk
    read_companions: bool
    partings: tuple[Parting, ...] = ()
    shared: dict[str, frozenset[str]] = field(default_factory=dict)
    _planned: set[str] = field(default_factory=set)
    _names: set[str] = field(default_factory=set)
    _owners: dict[str, set[str]] = field(default_factory=dict)
    _labels: dict[str, str] = field(default_factory=dict)
    _known: dict[Companion, FileMove] = field(default_factory=dict)
    _folds: bool = False
    _selected: frozenset[str] = frozenset()
    _siblings: Siblings = field(init=False)

    def __post_init__(self) -> None:
        self._siblings = Siblings(self.disk)
        self._labels = root_labels(self.result.roots)
        extras = (extra.photo for _, extra in selected(self.result))
        self._selected = frozenset(photo.path for photo in (*extras, *(one.photo for one in self.partings)))
        for photo in _photos(self.result):
            for companion in companions_of(photo):
                self._owners.setdefault(companion.path, set()).update(name.source for name in names_of(photo))
        if self.target is not None:
            self.target = os.path.realpath(self.target)
            self._folds = self.disk.volume(self.target).folds

    def drafted(self) -> Iterator[tuple[Action, str | None]]:
        """Every action, each with why it must not be taken, or None."""
        for group, extra in selected(self.result):
            yield self.action(group, extra)
        for parting in self.partings:
            yield self.farewell(parting)

    def farewell(self, parting: Parting) -> tuple[Action, str | None]:
        """The action for a shot that a person let go: it takes all its files along, because no other photo stands in for it."""
        moves = [replace(name, attributes=None) for name in dict.fromkeys(names_of(parting.photo))]
        moves += [self._read(companion) for companion in self._leaving(parting.photo)]
        keep = parting.keep
        reason = protected_blocker(parting.photo)
        if keep.path in self._selected:
            reason = reason or "the photo that stays for it is selected for removal too"
        sources = [move.source for move in moves]
        reason = reason or self._siblings.unseen_blocker(sources, self.shared, again=False)
        action = Action(
            kind=self.kind,
            group=parting.word.shots,
            relation=Relation.SIMILAR,
            moves=tuple(moves),
            keeper=FileMove(keep.path, None, keep.file.stamp, keep.content_key),
            by_hand=parting.word,
        )
        return action, reason

    def action(self, group: Group, extra: Extra) -> tuple[Action, str | None]:
        """The action without targets, and why it must not be taken, or None."""
        moves = list(dict.fromkeys(names_of(extra.photo)))
        keep = group.keeper_of(extra)
        first, parts = stand_in_of(extra.photo, keep), self._staying(extra.photo, keep)
        reason = relation_blocker(extra) or protected_blocker(extra.photo) or self._keeper_blocker(extra, keep)
        reason = reason or self._siblings.remarks_blocker(extra.photo)
        for half in extra.photo.members:
            reason = reason or member_blocker(half, keep)
        for companion in self._leaving(extra.photo):
            move, counterpart = self._companion(companion, keep)
            reason = reason or companion_blocker(companion, counterpart)
            moves.append(move)
            if counterpart is not None:
                parts[counterpart.source] = counterpart
        sources = [move.source for move in moves]
        reason = reason or self._siblings.unseen_blocker(sources, self.shared, again=False)
        return (
            Action(
                kind=self.kind,
                group=group.id,
                relation=extra.relation,
                moves=tuple(moves),
                keeper=parts[first.path],
                keeper_parts=tuple(part for path, part in parts.items() if path != first.path),
                handover=handover_of(extra, keep),
                equals=equals_of(extra.photo, keep),
            ),
            reason,
        )

    def own_words(self, said: FromTakeout) -> Action:
        """A sidecar beside the photo, and nothing that leaves."""
        parts, told = self._staying(said.photo, said.photo), Handover(None, said.photo)
        keeper = parts.pop(said.photo.path)
        return Action(self.kind, "", Relation.IDENTICAL, (), keeper, tuple(parts.values()), told)

    def _staying(self, photo: Photo, keep: Photo) -> dict[str, FileMove]:
        """Every file of the keeper's asset on which the judgement rests, ready to be looked at again.

        Its pictures, the companions that were read for what they say, and those that may be the equal of one that could not be
        read. Any of them may hold what nothing else does, now that the other asset leaves.
        """
        unread = {one.kind for one in companions_of(photo) if one.inventory is None and not needs_bytes(one.kind)}
        pictures = {part.path for part in keep.parts}
        staying = {name.source: name for name in names_of(keep) if name.source in pictures}
        for companion in (*companions_of(keep), *remarks_on(keep)):
            if companion.path not in pictures and (companion.inventory is not None or companion.kind in unread):
                staying[companion.path] = self._read(companion)
        return staying

    def _keeper_blocker(self, extra: Extra, keep: Photo) -> str | None:
        """A photo leaves only for the one it was proven against, and only where that stays."""
        if extra.keeper not in ("", keep.path):
            return "the photo that stays for it is not in its group"
        return "the photo that stays for it is selected for removal too" if keep.path in self._selected else None

    def placed(self, action: Action) -> Action:
        """The action, now planned, with its targets: the folders of the root kept, one free number for the whole asset."""
        self._planned.update(move.source for move in action.moves)
        if self.target is None:
            return action
        names = free_names([self._wanted(move.source) for move in action.moves], self._is_taken)
        self._names.update(self._key(name) for name in names)
        moves = (replace(move, target=name) for move, name in zip(action.moves, names, strict=True))
        return replace(action, moves=tuple(moves))

    def _wanted(self, source: str) -> str:
        root = root_of(source, self.result.roots)
        below = os.path.basename(source) if root is None else os.path.relpath(source, root)
        return os.path.join(self.target or "", self._labels.get(root or "", ""), below)

    def _is_taken(self, name: str) -> bool:
        return self._key(name) in self._names or self.disk.is_taken(name)

    def _key(self, name: str) -> str:
        return folded(name) if self._folds else name

    # -- companions ------------------------------------------------------------------------------------------------------

    def _leaving(self, photo: Photo) -> Iterator[Companion]:
        """The companions that go with the photo: its own, and a shared one if all the others are planned to leave before."""
        companions = companions_of(photo)
        own = {name.source for name in names_of(photo)} | {companion.path for companion in companions}
        for companion in companions:
            holders = self._siblings.owners(companion.path) | self._owners[companion.path]
            if not holders <= own:
                self.shared[companion.path] = holders
            if holders <= own | self._planned:
                yield companion

    def _companion(self, companion: Companion, keep: Photo) -> tuple[FileMove, FileMove | None]:
        """What moves, and the file with the same bytes in the keeper's asset, or None."""
        move = self._read(companion)
        for other in self._same_kind(companion, keep):
            if other.stamp.size == move.stamp.size and other.source != move.source:
                read = other if other.content_key else self._read(Companion(other.source, companion.kind, other.stamp))
                if not self.read_companions or (move.content_key and read.content_key == move.content_key):
                    return move, read
        return move, None

    def _same_kind(self, companion: Companion, keep: Photo) -> Iterable[FileMove]:
        if not needs_bytes(companion.kind):
            return
        for other in companions_of(keep):
            if other.kind is companion.kind:
                yield FileMove(other.path, None, other.stamp, NOT_READ)
        yield from names_of(keep)

    def _read(self, companion: Companion) -> FileMove:
        """The companion with its content key; with the key of nothing where it is not what the scan saw. Each is read once."""
        if companion not in self._known:
            self._known[companion] = self._look_into(companion)
        return self._known[companion]

    def _look_into(self, companion: Companion) -> FileMove:
        move = FileMove(companion.path, None, companion.stamp, NOT_READ)
        if not self.read_companions:
            return move
        try:
            with ExitStack() as stack:
                held = hold(self.disk, move, stack)
                return replace(move, content_key=content_key_of(self.disk, held.handle))
        except (LeftAloneError, OSError):
            return move


def _photos(result: ScanResult) -> Iterator[Photo]:
    for group in result.groups:
        yield group.keep
        yield from (extra.photo for extra in group.extras)
    for series in result.series:
        yield from series.photos
