"""The last scan as a program decides on it: what a person does with keys, by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dedupe.errors import UsageError
from dedupe.library.decisions import Decisions
from dedupe.library.pairs import Decision
from dedupe.library.scans import EditState
from dedupe.report.sizes import pinned
from dedupe.review.choice import Choice, Verify, accepted, keep_instead, photos_of, restored
from dedupe.review.remember import store_changes
from dedupe.terminal.text import display_path
from dedupe.types import Group, Photo, ScanResult


class Review:
    """The groups of a scan and what was decided on each; nothing here touches a photo.

    ``result`` is the scan as it was made, ``plan`` what it has become. A group may be named by itself or by its id.
    Every call that decides has reached the disk when it returns. Raises UsageError for a group or photo that does not exist.
    """

    def __init__(self, result: ScanResult, memory: Decisions, verify: Verify) -> None:
        self.result = result
        self._memory = memory
        self._verify = verify
        edits = memory.edits()
        self._places = {group.id: place for place, group in enumerate(result.groups)}
        self._choices = [restored(group, edits.get(group.id), verify) for group in result.groups]

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups as the scan made them."""
        return self.result.groups

    @property
    def plan(self) -> ScanResult:
        """The scan with nothing selected but what was accepted: what ``dedupe.apply`` is to be given."""
        return accepted(self.result, self._choices)

    def choice(self, group: Group | str) -> Choice:
        """Give the state of a group: the photo that stays, the extras, and the verdict."""
        return self._choices[self._place(group)]

    def accept(self, group: Group | str) -> Choice:
        """Let the selected extras of the group go."""
        return self._decide(group, EditState.ACCEPTED)

    def keep_all(self, group: Group | str) -> Choice:
        """Let every photo of the group stay, this time."""
        return self._decide(group, EditState.KEEP_ALL)

    def not_duplicates(self, group: Group | str) -> Choice:
        """Say that the photos are different moments: they are never shown as duplicates of each other again."""
        return self._decide(group, EditState.NOT_DUPLICATES)

    def skip(self, group: Group | str) -> Choice:
        """Leave the group for another time."""
        return self._decide(group, EditState.SKIPPED)

    def keep(self, group: Group | str, photo: Photo | str) -> Choice:
        """Let another photo of the group stay; only what is proven against that one may go. Leaves the group open."""
        place = self._place(group)
        held = self.groups[place]
        return self._store(place, keep_instead(held, self._choices[place], _of(held, photo), self._verify))

    def select(self, group: Group | str, photo: Photo | str, *, leaves: bool = True) -> Choice:
        """Choose whether an extra of the group goes. Leaves the group open.

        Raises UsageError for the photo that stays, one that is not proven against it, and one that may never leave.
        """
        place = self._place(group)
        choice = self._choices[place]
        at = _of(self.groups[place], photo)
        extra = choice.extras[at]
        if extra is None:
            why = "is the one that stays" if at == choice.keep else "is not proven to be a copy of the one that stays"
            raise UsageError(f"{_name(self.groups[place], at)} {why}.")
        if leaves and (pin := pinned(extra.photo)):
            raise UsageError(f"{display_path(extra.photo.path)} {pin}, so it is kept.")
        extras = (*choice.extras[:at], replace(extra, selected=leaves), *choice.extras[at + 1 :])
        return self._store(place, replace(choice, extras=extras, verdict=EditState.OPEN))

    def decisions(self) -> tuple[Decision, ...]:
        """List the decisions that last beyond this scan: keepers chosen, and photos that are not duplicates."""
        return tuple(self._memory.made())

    def forget(self, decisions: Iterable[Decision]) -> int:
        """Take decisions back; how many there were."""
        return self._memory.forget(decision.id for decision in decisions)

    def _decide(self, group: Group | str, verdict: EditState) -> Choice:
        place = self._place(group)
        return self._store(place, replace(self._choices[place], verdict=verdict))

    def _store(self, place: int, choice: Choice) -> Choice:
        after = [*self._choices[:place], choice, *self._choices[place + 1 :]]
        store_changes(self.groups, self._choices, after, self._memory)
        self._choices = after
        return choice

    def _place(self, group: Group | str) -> int:
        name = group.id if isinstance(group, Group) else group
        if not isinstance(name, str) or name not in self._places:
            raise UsageError("There is no such group in this scan.")
        return self._places[name]


def _of(group: Group, photo: Photo | str) -> int:
    path = photo.path if isinstance(photo, Photo) else photo
    paths = [one.path for one in photos_of(group)]
    if path not in paths:
        raise UsageError("There is no such photo in this group: name one of it, or its absolute path.")
    return paths.index(path)


def _name(group: Group, place: int) -> str:
    return display_path(photos_of(group)[place].path)
