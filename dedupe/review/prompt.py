"""The review on a terminal: draw, read a key, store what changed, until it ends.

Every decision is stored before the next key is read, so Ctrl-C, a closed window or a lost connection keep all
of them. Nothing here acts on a photo.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.control import Control

from dedupe.library.decisions import Decisions
from dedupe.review.choice import Offer, Verify
from dedupe.review.remember import store_changes
from dedupe.review.screens import screen
from dedupe.review.state import Mode, ReviewState
from dedupe.terminal.keys import terminal_keys
from dedupe.terminal.pictures import Pictures, Preview, picture_makers
from dedupe.terminal.viewer import open_photos
from dedupe.types import ScanResult


def review(
    result: ScanResult,
    console: Console,
    memory: Decisions,
    *,
    verify: Verify,
    preview: Preview,
    offer: Offer | None = None,
) -> ReviewState:
    """Let a person decide on the groups of ``result``, the scan that ``memory`` holds; the state it ended in.

    Goes on where an earlier review stopped. ``console`` and stdin must be terminals.
    """
    state = ReviewState.begin(result.groups, verify, memory.edits(), offer)
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
    store_changes(state.groups, state.choices, after.choices, memory, after.unsaid)
    if after.wants_viewer:
        return after.told(open_photos([after.photos[place].path for place in after.compared]))
    return after


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
