"""The review behind the page: which decisions stand, what changes them, and what to take back.

Lives on the main thread, with the databases. What other threads may look at is one frozen ``Snapshot``, replaced whole
after every change. Every change goes through the review's own machine and is stored before it is answered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from dedupe.errors import DedupeError, UsageError
from dedupe.library.scans import EditState
from dedupe.rescue.offer import offer as carry_over
from dedupe.review.choice import Choice, accepted, photos_of, unproven
from dedupe.review.remember import store_changes
from dedupe.review.saved_scan import verifier
from dedupe.review.series import partings, sets_in, word_of
from dedupe.review.state import Mode, ReviewState, with_preferred
from dedupe.review.web.filters import GroupFilter, Traits, shown
from dedupe.series.shots import ShotSet
from dedupe.series.suggest import Judged
from dedupe.steps.series import look
from dedupe.terminal.viewer import open_photos
from dedupe.types import ByHand, Parting, ScanResult

if TYPE_CHECKING:
    from dedupe.session import Session

_REMEMBERED = 500


class Intent(StrEnum):
    """What a person asks of one group."""

    ACCEPT = "accept"
    KEEP_ALL = "keep all"
    NOT_DUPLICATES = "not duplicates"
    SKIP = "skip"
    KEEP = "keep"
    TOGGLE = "toggle"
    VIEW = "view"
    RESCUE = "rescue"
    PREFER = "prefer"
    PREFER_NONE = "prefer none"


_KEYS = {
    Intent.ACCEPT: "enter",
    Intent.KEEP_ALL: "a",
    Intent.NOT_DUPLICATES: "n",
    Intent.SKIP: "s",
    Intent.KEEP: "k",
    Intent.TOGGLE: " ",
    Intent.VIEW: "o",
    Intent.RESCUE: "r",
    Intent.PREFER: "d",
    Intent.PREFER_NONE: "D",
}
"""The key of the terminal review that means the same."""


class Clash(StrEnum):
    """Why the page's view no longer holds; the page loads anew."""

    OLD_PAGE = "This page shows an older state of the group. It is loaded anew; nothing was changed."
    NEW_SCAN = "A new scan was made, or another dedupe decided meanwhile. The page is loaded anew; nothing was changed."
    OTHER_COUNT = "The groups shown have changed meanwhile. Look at the new count first; nothing was changed."
    OTHER_PLAN = "The decisions have changed since the summary. Look at the new one first; nothing was moved."
    BUSY = "Photos are being moved right now. Wait until that is done; nothing was changed."


class ClashError(DedupeError):
    """The page asked on the strength of something that is no longer so."""

    def __init__(self, clash: Clash) -> None:
        super().__init__(clash.value)
        self.clash = clash


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The review at one moment.

    ``scan`` names the scan, ``revisions`` counts the changes of each group, ``away`` are the paths of photos that a run moved,
    ``undoable`` is how many decisions ``back`` can take back. ``sets`` are the sets of shots; ``picks`` the photos of each that a
    person ticked, ``words`` what a person said of each, both by its id.
    """

    scan: str
    made_at: int
    result: ScanResult
    state: ReviewState
    traits: tuple[Traits, ...]
    revisions: tuple[int, ...]
    away: frozenset[str] = frozenset()
    undoable: int = 0
    unproven: int = 0
    sets: tuple[ShotSet, ...] = ()
    picks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, ByHand] = field(default_factory=dict)

    @property
    def partings(self) -> tuple[Parting, ...]:
        """The shots that a person let go and that are not away yet."""
        return partings(self.sets, self.words, self.away)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Where each group stands."""
        return self.state.choices

    def numbers(self, wanted: GroupFilter) -> list[int]:
        """The groups that the filter shows."""
        return shown(self.traits, self.choices, wanted)

    def safe(self, wanted: GroupFilter) -> list[int]:
        """Those of them that may be accepted without a look."""
        return [number for number in self.numbers(wanted) if self.choices[number].needs_no_look]

    def plan(self) -> ScanResult:
        """What was accepted and is not away yet, as a scan whose selected extras are to leave; nothing else is done."""
        chosen = accepted(self.result, self.choices)
        groups = tuple(
            replace(
                group,
                extras=tuple(
                    replace(extra, selected=extra.selected and extra.photo.path not in self.away)
                    for extra in group.extras
                ),
            )
            for group in chosen.groups
        )
        return replace(chosen, groups=groups, from_takeout=())


@dataclass(frozen=True, slots=True)
class Change:
    """What a write did: the groups that are other now, and a sentence for the person (or an empty string)."""

    numbers: tuple[int, ...]
    message: str = ""


@dataclass(frozen=True, slots=True)
class _Before:
    """What a decision replaced: the choices of the groups that it changed, and the folders that were preferred."""

    choices: Mapping[int, Choice]
    preferred: tuple[str, ...]
    moved: Mapping[int, tuple[Choice, Choice]]


class Desk:
    """The decisions of one scan. All methods belong to the main thread; ``snapshot`` may be read anywhere.

    Raises UsageError where there is no scan.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._memory = session.decisions
        self._taken_back: list[_Before] = []
        self._foreign = self._memory.foreign_writes()
        self._seen: dict[str, Judged] = {}
        self.snapshot = self._load()

    def _load(self) -> Snapshot:
        saved = self._memory.saved_scan()
        if saved is None:
            raise UsageError("There is no scan yet: run `dedupe scan DIR` first.")
        edits = self._memory.edits()
        state = ReviewState.begin(saved.result.groups, verifier(self._session, saved.result), edits, carry_over)
        groups = saved.result.groups
        traits = tuple(Traits.of(group) for group in groups)
        lost = unproven(edits, groups, state.choices)
        scan = _name_of(saved.made_at, saved.result)
        return Snapshot(
            scan,
            saved.made_at,
            saved.result,
            state,
            traits,
            (0,) * len(groups),
            unproven=lost,
            sets=sets_in(saved.result),
            picks=self._memory.picks(),
            words=self._memory.words(),
        )

    # -- before a write ------------------------------------------------------------------------------------------------------

    def check(self, scan: str) -> None:
        """Raises ClashError where the page shows another scan, or another program wrote to the store."""
        self.refresh()
        if scan != self.snapshot.scan:
            raise ClashError(Clash.NEW_SCAN)

    def refresh(self) -> bool:
        """Load anew where another program wrote to the store; whether it did."""
        foreign = self._memory.foreign_writes()
        if foreign == self._foreign:
            return False
        self._foreign = foreign
        before, after = self.snapshot, self._load()
        self._taken_back.clear()
        if after.scan == before.scan:
            after = replace(after, state=_preferred_still(before.state, after.state))
            same = [old == new for old, new in zip(before.choices, after.choices, strict=True)]
            revisions = tuple(rev + (not kept) for rev, kept in zip(before.revisions, same, strict=True))
            after = replace(after, revisions=revisions)
        self.snapshot = replace(after, away=before.away)
        return True

    def see_away(self, away: frozenset[str]) -> None:
        """These paths are away now."""
        self.snapshot = replace(self.snapshot, away=away)

    # -- writing -------------------------------------------------------------------------------------------------------------

    def decide(self, number: int, revision: int, intent: Intent, place: int) -> Change:
        """Do what a person asks of the group, as its key in the terminal does. Raises ClashError on an older revision."""
        now = self.snapshot
        if now.revisions[number] != revision:
            raise ClashError(Clash.OLD_PAGE)
        if not 0 <= place < len(photos_of(now.state.groups[number])):
            raise UsageError("There is no such photo in this group.")
        at_group = replace(now.state, at=number, cursor=place, mode=Mode.GROUP, message="", plain="")
        after = at_group.press(_KEYS[intent])
        if after.wants_viewer:
            paths = [after.photos[at].path for at in after.compared]
            return Change((), open_photos(paths))
        return self._stored(after, after.plain)

    def accept_safe(self, wanted: GroupFilter, expected: int) -> Change:
        """Accept the groups that the filter shows and that need no look.

        Raises ClashError where they are not ``expected`` many.
        """
        numbers = self.snapshot.safe(wanted)
        if len(numbers) != expected:
            raise ClashError(Clash.OTHER_COUNT)
        choices = list(self.snapshot.choices)
        for number in numbers:
            choices[number] = replace(choices[number], verdict=EditState.ACCEPTED)
        return self._stored(replace(self.snapshot.state, choices=tuple(choices)), "")

    def back(self) -> Change:
        """Take the last decision of this session back (a bulk accept is one)."""
        if not self._taken_back:
            return Change((), "There is nothing to take back.")
        before, choices = self._taken_back.pop(), list(self.snapshot.choices)
        for number, choice in before.choices.items():
            choices[number] = choice
        state = replace(
            self.snapshot.state,
            choices=tuple(choices),
            marks={at: left for at, left in self.snapshot.state.marks.items() if at[0] not in before.choices},
            preferred=before.preferred,
            moved=before.moved,
        )
        return self._stored(state, "Taken back.", remember=False)

    def pick(self, number: int, places: Iterable[int]) -> None:
        """Remember which shots of a set a person ticked. What was said of the set before holds no longer."""
        one = self.snapshot.sets[number]
        picked = tuple(one.photos[place].path for place in places)
        self._memory.put_picks(one.id, picked)
        self.snapshot = replace(self.snapshot, picks={**self.snapshot.picks, one.id: picked})
        self.take_back_word(number)

    def say(self, number: int, stays: Collection[int]) -> None:
        """Remember that these shots of a set stay and that the others may leave.

        Raises UsageError unless one stays, and for a bracket or a panorama: here these are left whole.
        """
        if self.looked_at(number).shots.kind.whole:
            raise UsageError("The shots of this set are parts of one picture: they stay.")
        word = word_of(self.snapshot.sets[number], stays)
        self._memory.put_word(word)
        self.snapshot = replace(self.snapshot, words={**self.snapshot.words, word.shots: word})

    def take_back_word(self, number: int) -> None:
        """Forget what was said of a set: all its shots stay."""
        name = self.snapshot.sets[number].id
        if name in self.snapshot.words:
            self._memory.drop_words([name])
            words = {shots: word for shots, word in self.snapshot.words.items() if shots != name}
            self.snapshot = replace(self.snapshot, words=words)

    def looked_at(self, number: int) -> Judged:
        """What was seen of a set; its photos are read for it once."""
        one = self.snapshot.sets[number]
        if one.id not in self._seen:
            [self._seen[one.id]] = look(self._session, [one])
        return self._seen[one.id]

    def _stored(self, after: ReviewState, message: str, *, remember: bool = True) -> Change:
        now, choices = self.snapshot, after.choices
        numbers = store_changes(now.state.groups, now.choices, choices, self._memory, after.unsaid)
        if remember and numbers:
            changed = {number: now.choices[number] for number in numbers}
            self._taken_back.append(_Before(changed, now.state.preferred, now.state.moved))
            del self._taken_back[:-_REMEMBERED]
        revisions = list(now.revisions)
        for number in numbers:
            revisions[number] += 1
        freed = now.state.freed + sum(choices[n].freed - now.choices[n].freed for n in numbers)
        state = replace(
            now.state,
            choices=choices,
            freed=freed,
            message="",
            plain="",
            marks=after.marks,
            preferred=after.preferred,
            moved=after.moved,
        )
        self.snapshot = replace(now, state=state, revisions=tuple(revisions), undoable=len(self._taken_back))
        return Change(numbers, message)


def _preferred_still(before: ReviewState, now: ReviewState) -> ReviewState:
    """``now``, which was just loaded, with the folders of this session preferred, but for the groups changed by hand since."""
    if not before.preferred:
        return now
    by_hand = {at: both for at, both in before.moved.items() if at not in before.unsaid}
    return with_preferred(replace(now, moved=by_hand), before.preferred)


def _name_of(made_at: int, result: ScanResult) -> str:
    """A short name that another scan does not have."""
    digest = hashlib.blake2b(f"{made_at}\0{len(result.groups)}\0".encode(), digest_size=8)
    for name in (*(group.id for group in result.groups), *(one.id for one in sets_in(result))):
        digest.update(name.encode())
    return digest.hexdigest()
