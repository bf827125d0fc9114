"""The review as a pure machine: ``press(key)`` gives the next state, and nothing else happens.

A group is decided only by a key that says so; going past it, or changing what would go, leaves it open, and
an open group is never acted on. When another photo is to stay, only what is proven against *that* one may go.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Self

from dedupe.library.scans import EditState, GroupEdit
from dedupe.report import phrases
from dedupe.report.order import touches
from dedupe.report.sizes import pinned
from dedupe.review.choice import Choice, Offer, Verify, keep_instead, photos_of, restored, toggled
from dedupe.review.preference import preferred_in_all
from dedupe.terminal.text import display_path, format_count
from dedupe.types import Extra, Group, Photo

_PAGE = 5
"""Photos that a page up or down goes."""


class Mode(Enum):
    """What the screen shows."""

    GROUP = "group"
    JUMP = "jump"
    HELP = "help"
    REST = "rest"
    END = "end"


class Ending(Enum):
    """How the review ended; only after ``FINISHED`` may anything be asked or done."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ReviewState:
    """The whole review.

    ``at`` is the group on the screen, ``cursor`` the place marked in it, ``freed`` the bytes of all accepted groups,
    ``ending`` None while it goes on; ``wants_viewer`` asks to open the two compared. ``plain`` is the message without keys
    of the terminal. ``marks`` are the extras of a group as they were left when another photo was chosen to stay, by group
    and place of the one that stayed. ``folder`` leaves out the groups without a photo in it; empty, none is left out.
    ``preferred`` are folders whose copies stay in the groups not decided, and ``moved`` the choices before and after of the
    groups that these changed, by number.
    """

    groups: tuple[Group, ...]
    choices: tuple[Choice, ...]
    verify: Verify
    at: int = 0
    cursor: int = 1
    mode: Mode = Mode.GROUP
    typed: str = ""
    message: str = ""
    plain: str = ""
    freed: int = 0
    wants_viewer: bool = False
    marks: Mapping[tuple[int, int], tuple[Extra | None, ...]] = field(default_factory=dict)
    folder: str = ""
    ending: Ending | None = None
    offer: Offer | None = None
    preferred: tuple[str, ...] = ()
    moved: Mapping[int, tuple[Choice, Choice]] = field(default_factory=dict)

    @classmethod
    def begin(
        cls,
        groups: Sequence[Group],
        verify: Verify,
        edits: Mapping[str, GroupEdit] | None = None,
        offer: Offer | None = None,
    ) -> Self:
        """Start a review at the first group that is still open.

        ``edits``, by group id, are those of an earlier review. ``offer`` carries metadata over.
        """
        earlier = edits or {}
        choices = tuple(restored(group, earlier.get(group.id), verify) for group in groups)
        first = next((n for n, choice in enumerate(choices) if choice.verdict is EditState.OPEN), None)
        return cls(
            groups=tuple(groups),
            choices=choices,
            verify=verify,
            at=first or 0,
            mode=Mode.END if first is None else Mode.GROUP,
            freed=sum(choice.freed for choice in choices),
            offer=offer,
        )

    @property
    def group(self) -> Group:
        """The group on the screen."""
        return self.groups[self.at]

    @property
    def choice(self) -> Choice:
        """The state of the group on the screen."""
        return self.choices[self.at]

    @property
    def photos(self) -> tuple[Photo, ...]:
        """The photos of the group on the screen, by place."""
        return photos_of(self.group)

    @property
    def compared(self) -> tuple[int, int]:
        """The places to look at side by side: the one that stays, and the marked one (or the first other)."""
        keep = self.choice.keep
        return keep, self.cursor if self.cursor != keep else (1 if keep == 0 else 0)

    def press(self, key: str) -> ReviewState:
        """The state after ``key``: a character, or a name such as ``enter``, ``up``, ``ctrl-c``, ``eof``.

        A key that means nothing changes nothing.
        """
        if key in _ENDINGS:
            return replace(self, ending=_ENDINGS[key])
        return _MODES[self.mode](replace(self, message="", plain="", wants_viewer=False), key)

    def told(self, message: str, plain: str = "") -> ReviewState:
        """The same with ``message`` on the screen; ``plain`` says it without the terminal's keys, where it names any."""
        return replace(self, message=message, plain=plain or message, wants_viewer=False)

    def count(self, verdict: EditState) -> int:
        """Groups with this verdict."""
        return sum(choice.verdict is verdict for choice in self.choices)

    @property
    def unsaid(self) -> Mapping[int, Choice]:
        """What was said of the groups that only a preferred folder changed, by number: a preference ends with the review."""
        return {at: before for at, (before, after) in self.moved.items() if self.choices[at] is after}

    def shows(self, at: int) -> bool:
        """Whether the group ``at`` has a photo in the folder that was chosen."""
        return not self.folder or touches(self.groups[at], self.folder)

    def rest(self) -> tuple[int, ...]:
        """The open groups that may be accepted without a look, by index.

        All that is selected in them has a safe relation. With a folder chosen, only groups with a photo in it count.
        """
        return tuple(at for at, choice in enumerate(self.choices) if choice.needs_no_look and self.shows(at))


def _with(state: ReviewState, choice: Choice, at: int | None = None) -> ReviewState:
    """``state`` with this choice for a group."""
    place = state.at if at is None else at
    freed = state.freed - state.choices[place].freed + choice.freed
    choices = (*state.choices[:place], choice, *state.choices[place + 1 :])
    return replace(state, choices=choices, freed=freed)


def _go(state: ReviewState, at: int) -> ReviewState:
    """``state`` at the group ``at``; past the last one comes the end."""
    if at >= len(state.groups):
        return replace(state, at=len(state.groups) - 1, mode=Mode.END)
    at = max(at, 0)
    keep = state.choices[at].keep
    return replace(state, at=at, cursor=1 if keep == 0 else 0, mode=Mode.GROUP)


def _step(state: ReviewState, step: int) -> ReviewState:
    """``state`` at the next group that is shown, or the one before; past the last one comes the end."""
    places = range(state.at + 1, len(state.groups)) if step > 0 else range(state.at - 1, -1, -1)
    return _go(state, next(filter(state.shows, places), len(state.groups) if step > 0 else state.at))


def _to_folder(state: ReviewState) -> ReviewState:
    """Show only groups with a photo in the folder of the highlighted one, or all groups again."""
    if state.folder:
        return replace(state, folder="").told("All groups are shown again.")
    folder = os.path.dirname(state.photos[state.cursor].path)
    state = replace(state, folder=folder)
    count = sum(map(state.shows, range(len(state.groups))))
    return state.told(f"Only the {format_count(count, 'group')} with a photo in {display_path(folder)}; f shows all.")


def _prefer(state: ReviewState) -> ReviewState:
    """Prefer the folder of the highlighted photo to those before, in all groups not yet decided."""
    folder = os.path.dirname(state.photos[state.cursor].path)
    state = with_preferred(state, (folder, *(one for one in state.preferred if one != folder)))
    count = format_count(sum(bool(choice.by_folder) for choice in state.choices), "group")
    said = f"{display_path(folder)} is preferred: its photo stays in {count}."
    return state.told(f"{said} D takes it back.", said)


def _prefer_none(state: ReviewState) -> ReviewState:
    if not state.preferred:
        return state.told("No folder is preferred; d prefers that of the highlighted photo.", "No folder is preferred.")
    return with_preferred(state, ()).told("No folder is preferred any more.")


def with_preferred(state: ReviewState, folders: tuple[str, ...]) -> ReviewState:
    """``state`` with these folders preferred; groups that a person decided or changed since stay as they are."""
    back = state.unsaid
    by_hand = {at: both for at, both in state.moved.items() if at not in back}
    choices = tuple(back.get(at, choice) for at, choice in enumerate(state.choices))
    changed = preferred_in_all(state.groups, choices, folders, state.verify)
    moved = {at: (choices[at], choice) for at, choice in changed.items() if at not in by_hand}
    after = tuple(moved[at][1] if at in moved else choice for at, choice in enumerate(choices))
    return replace(state, choices=after, preferred=folders, moved={**moved, **by_hand})


def _decide(verdict: EditState) -> Callable[[ReviewState], ReviewState]:
    def decide(state: ReviewState) -> ReviewState:
        return _step(_with(state, replace(state.choice, verdict=verdict)), 1)

    return decide


def _keep(state: ReviewState, place: int) -> ReviewState:
    if place >= len(state.photos):
        return state.told(f"There are only {format_count(len(state.photos), 'photo')} in this group.")
    choice = keep_instead(state.group, state.choice, place, state.verify)
    marked = state.marks.get((state.at, place))
    if marked is not None and place != state.choice.keep:
        choice = replace(choice, extras=marked)
    marks = {**state.marks, (state.at, state.choice.keep): state.choice.extras}
    state = _with(replace(state, marks=marks), choice)
    if choice.unproven:
        kept = "is kept" if choice.unproven == 1 else "are kept"
        return state.told(f"{format_count(choice.unproven, 'photo')} not verified against this one {kept} too.")
    return state.told("Enter accepts." if place else "")


def _toggle(state: ReviewState) -> ReviewState:
    extra = state.choice.extras[state.cursor]
    if state.cursor == state.choice.keep:
        return state.told("This is the photo to keep; choose another one with its number first.")
    if extra is None:
        return state.told("Not verified as a copy of the photo to keep, so it is kept too.")
    pin = pinned(extra.photo)
    if pin and not extra.selected:
        return state.told(f"This photo {pin}, so it is kept.")
    state = _with(state, toggled(state.group, state.choice, state.cursor, state.verify))
    changed = state.choice.extras[state.cursor]
    if changed is None:
        return state.told("Not verified as a copy of a photo to keep, so it is kept too.")
    if changed.selected and (lost := phrases.losses(changed)):
        return state.told(f"This would lose: {', '.join(lost)}. Enter accepts.")
    return state.told("Enter accepts.")


def _rescue(state: ReviewState) -> ReviewState:
    """Carry over what only the marked photo says, so that it may go; a second time lets it stay."""
    extra = state.choice.extras[state.cursor]
    if extra is None or state.cursor == state.choice.keep:
        return state.told("Choose a copy: the metadata that only it has is carried over to the photo to keep.")
    if extra.rescue is not None and extra.rescue.obstacle is None:
        changed = replace(extra, rescue=None, selected=extra.selected and not extra.loses)
        return _put(state, changed).told("Nothing is carried over. Enter accepts.")
    keeper = next((one for one in state.photos if one.path == extra.keeper), state.choice.stays)
    if pinned(extra.photo) or state.offer is None or not extra.only_lossy:
        return state.told("Nothing of this photo has to be carried over, or something else keeps it.")
    changed = state.offer(keeper, extra)
    words = phrases.carried(changed) or "all of its metadata is already with the photo to keep"
    return _put(state, changed).told(f"{words[:1].upper()}{words[1:]}. Enter accepts.")


def _put(state: ReviewState, extra: Extra) -> ReviewState:
    """``state`` with this extra in the place of the marked one, its group open again."""
    extras = (*state.choice.extras[: state.cursor], extra, *state.choice.extras[state.cursor + 1 :])
    return _with(state, replace(state.choice, extras=extras, verdict=EditState.OPEN))


def _move(step: int) -> Callable[[ReviewState], ReviewState]:
    return lambda state: replace(state, cursor=(state.cursor + step) % len(state.photos))


def _page(step: int) -> Callable[[ReviewState], ReviewState]:
    return lambda state: replace(state, cursor=min(max(state.cursor + step * _PAGE, 0), len(state.photos) - 1))


def _walk(step: int) -> Callable[[ReviewState], ReviewState]:
    return lambda state: _step(state, step)


def _mode(mode: Mode) -> Callable[[ReviewState], ReviewState]:
    return lambda state: replace(state, mode=mode, typed="")


def _ask_rest(state: ReviewState) -> ReviewState:
    if not state.rest():
        return state.told("No undecided group is left that is safe to accept without a look.")
    return replace(state, mode=Mode.REST)


def _accept_rest(state: ReviewState) -> ReviewState:
    chosen = frozenset(state.rest())
    choices = tuple(
        replace(choice, verdict=EditState.ACCEPTED) if number in chosen else choice
        for number, choice in enumerate(state.choices)
    )
    state = replace(state, choices=choices, freed=sum(choice.freed for choice in choices))
    left = next(
        (n for n, choice in enumerate(choices) if choice.verdict is EditState.OPEN and state.shows(n)), len(choices)
    )
    return _go(state, left).told(f"{format_count(len(chosen), 'group')} accepted.")


def _in_group(state: ReviewState, key: str) -> ReviewState:
    if key in "123456789" and len(key) == 1:
        return _keep(state, int(key) - 1)
    act = _GROUP_KEYS.get(key)
    return act(state) if act else state


def _in_jump(state: ReviewState, key: str) -> ReviewState:
    if key.isascii() and key.isdigit():
        return replace(state, typed=(state.typed + key)[:9])
    if key == "backspace":
        return replace(state, typed=state.typed[:-1])
    if key != "enter":
        return replace(state, mode=Mode.GROUP, typed="") if key == "escape" else state
    number = int(state.typed or "0")
    if not 1 <= number <= len(state.groups):
        return replace(state, typed="").told(f"There is no group {number}." if state.typed else "")
    return replace(_go(state, number - 1), typed="")


def _in_help(state: ReviewState, key: str) -> ReviewState:
    return replace(state, mode=Mode.GROUP)


def _in_rest(state: ReviewState, key: str) -> ReviewState:
    return _accept_rest(state) if key in ("y", "Y") else replace(state, mode=Mode.GROUP)


def _in_end(state: ReviewState, key: str) -> ReviewState:
    if key in ("enter", "q"):
        return replace(state, ending=Ending.FINISHED)
    if key in ("b", "left", "backspace"):
        return _go(state, state.at)
    return replace(state, mode=Mode.JUMP, typed="") if key == "g" else state


_ENDINGS = {"ctrl-c": Ending.INTERRUPTED, "eof": Ending.CLOSED, "hangup": Ending.CLOSED}
_MODES: Mapping[Mode, Callable[[ReviewState, str], ReviewState]] = {
    Mode.GROUP: _in_group,
    Mode.JUMP: _in_jump,
    Mode.HELP: _in_help,
    Mode.REST: _in_rest,
    Mode.END: _in_end,
}
_GROUP_KEYS: Mapping[str, Callable[[ReviewState], ReviewState]] = {
    "enter": _decide(EditState.ACCEPTED),
    "a": _decide(EditState.KEEP_ALL),
    "n": _decide(EditState.NOT_DUPLICATES),
    "s": _decide(EditState.SKIPPED),
    "b": _walk(-1),
    "left": _walk(-1),
    "backspace": _walk(-1),
    "right": _walk(1),
    "home": lambda state: _go(state, next(filter(state.shows, range(len(state.groups))), state.at)),
    "end": lambda state: _go(state, next(filter(state.shows, range(len(state.groups) - 1, -1, -1)), state.at)),
    "up": _move(-1),
    "down": _move(1),
    "pageup": _page(-1),
    "pagedown": _page(1),
    "k": lambda state: _keep(state, state.cursor),
    " ": _toggle,
    "g": _mode(Mode.JUMP),
    "r": _rescue,
    "f": _to_folder,
    "d": _prefer,
    "D": _prefer_none,
    "o": lambda state: replace(state, wants_viewer=True),
    "A": _ask_rest,
    "?": _mode(Mode.HELP),
    "q": lambda state: replace(state, mode=Mode.END),
}
