"""The review on a terminal: draw, read a key, store what changed, until it ends.

Every decision is stored before the next key is read, so Ctrl-C, a closed window or a lost connection keep all
of them. Nothing here acts on a photo.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import combinations

from rich.console import Console
from rich.control import Control

from dedupe.library.decisions import DecisionKind, Decisions
from dedupe.library.scans import EditState
from dedupe.review.choice import Choice, Verify, edit_of, photos_of
from dedupe.review.screens import screen
from dedupe.review.state import Mode, ReviewState
from dedupe.terminal.keys import terminal_keys
from dedupe.terminal.pictures import Pictures, Preview, picture_makers
from dedupe.terminal.viewer import open_photos
from dedupe.types import Group, Photo, ScanResult

_ALL_PAIRS = 50


def review(result: ScanResult, console: Console, memory: Decisions, *, verify: Verify, preview: Preview) -> ReviewState:
    """Let a person decide on the groups of ``result``, the scan that ``memory`` holds, and go on where an
    earlier review stopped; the state it ended in. ``console`` and stdin must be terminals."""
    state = ReviewState.begin(result.groups, verify, memory.edits())
    pictures = Pictures(console, preview, picture_makers(console))
    with terminal_keys() as keys, _full_screen(console, pictures):
        while state.ending is None:
            try:
                _draw(state, console, result.roots, pictures)
                key = keys.read()
            except KeyboardInterrupt:  # sent by another program: the terminal's own comes as a key
                key = "ctrl-c"
            except OSError:  # the terminal is gone
                key = "hangup"
            if key == "p" and state.mode is Mode.GROUP:
                pictures.switch()
            elif key != "resize":
                state = pressed(state, key, memory)
    return state


def pressed(state: ReviewState, key: str, memory: Decisions) -> ReviewState:
    """The state after ``key``, with all that it changed stored."""
    after = state.press(key)
    changed = [one for one in zip(state.groups, state.choices, after.choices, strict=True) if one[1] is not one[2]]
    if changed:
        memory.put_edits(edit_of(group, new) for group, _, new in changed)
    for group, old, new in changed:
        remember(group, old, new, memory)
    if after.wants_viewer:
        return after.told(open_photos([after.photos[place].path for place in after.compared]))
    return after


def remember(group: Group, before: Choice, after: Choice, memory: Decisions) -> None:
    """Store what is to last beyond this scan; a decision that replaces another takes that one back."""
    photos = photos_of(group)
    if after.verdict is EditState.NOT_DUPLICATES:
        memory.set_apart([(a, b) for a, b in _pairs(photos) if not memory.not_duplicates(a, b)])
    elif before.verdict is EditState.NOT_DUPLICATES:
        memory.forget(_marked(photos, memory))
    chosen, earlier = _chosen(after), _chosen(before)
    if chosen == earlier:
        return
    if earlier:
        memory.forget(_stored(before, memory))
    if chosen:
        memory.choose_keeper(photos[chosen], _over(after))


def _chosen(choice: Choice) -> int:
    """The place of the keeper that a person chose and accepted; 0 where nobody did."""
    return choice.keep if choice.verdict is EditState.ACCEPTED else 0


def _over(choice: Choice) -> list[Photo]:
    return [extra.photo for extra in choice.extras if extra is not None]


def _stored(choice: Choice, memory: Decisions) -> list[int]:
    """The decisions that accepting ``choice`` stored: of each pair the newest, one that stood before it stays."""
    over = {(photo.content_key, photo.path) for photo in _over(choice)}
    keep = (choice.stays.content_key, choice.stays.path)
    newest = {
        (made.b.content_key, made.b.path): made.id
        for made in memory.made()
        if made.kind is DecisionKind.KEEPER and (made.a.content_key, made.a.path) == keep
    }
    return [number for photo, number in newest.items() if photo in over]


def _pairs(photos: Sequence[Photo]) -> Iterator[tuple[Photo, Photo]]:
    """The pairs of a group that are no duplicates: all of them, in a large group those with the first."""
    if len(photos) <= _ALL_PAIRS:
        return combinations(photos, 2)
    return ((photos[0], photo) for photo in photos[1:])


def _marked(photos: Sequence[Photo], memory: Decisions) -> list[int]:
    pairs = {frozenset((a.content_key, b.content_key)) for a, b in _pairs(photos)}
    return [
        made.id
        for made in memory.made()
        if made.kind is DecisionKind.NOT_DUPLICATES and frozenset((made.a.content_key, made.b.content_key)) in pairs
    ]


def _draw(state: ReviewState, console: Console, roots: Sequence[str], pictures: Pictures) -> None:
    with console:  # one write for the whole screen
        console.control(Control.home(), Control.clear())
        lines = screen(state, console, roots, pictures)
        for number, line in enumerate(lines):
            last = number == len(lines) - 1  # a newline on the last row would scroll
            console.print(line, no_wrap=True, overflow="crop", end="" if last else "\n")


@contextmanager
def _full_screen(console: Console, pictures: Pictures) -> Iterator[None]:
    """The alternate screen without a cursor; a pasted text is marked as one, so that it decides nothing."""
    try:
        console.set_alt_screen(True)
        console.show_cursor(False)
        _send(console, "\x1b[?2004h")
        yield
    finally:
        with suppress(OSError):
            pictures.close()
            _send(console, "\x1b[?2004l")
            console.show_cursor(True)
            console.set_alt_screen(False)


def _send(console: Console, sequence: str) -> None:
    if not console.legacy_windows:
        console.file.write(sequence)
        console.file.flush()
