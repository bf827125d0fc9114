"""The consoles, for results and for talk. rich is imported only when something is shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from dedupe.terminal.display import Color, chosen
from dedupe.terminal.text import sentence_lines

if TYPE_CHECKING:
    from rich.console import Console

PIPED_WIDTH = 120
"""Columns where the output is not a terminal and COLUMNS is not set."""


def stdout() -> Console:
    """The console for results; nothing in what it prints is read as markup, emoji or syntax."""
    return _console(to_stderr=False)


def stderr() -> Console:
    """The console for talk, questions and progress."""
    return _console(to_stderr=True)


def say(*lines: str, talk: bool = False) -> None:
    """Print sentences on stdout; ``talk`` goes to stderr, and nowhere in a quiet run."""
    if talk and chosen().quiet:
        return
    print_sentences(stderr() if talk else stdout(), lines)


def print_sentences(console: Console, sentences: Iterable[str]) -> None:
    """Print sentences, on a terminal broken between words; a path stays whole."""
    for sentence in sentences:
        lines = sentence_lines(sentence, console.width) if console.is_terminal else [sentence]
        for line in lines:
            console.print(line, soft_wrap=True)


def forget_reader() -> None:
    """Nobody reads stdout any more (`dedupe scan … | head`): what is still written there is dropped, and the work goes on."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@cache
def _console_class() -> type[Console]:
    from rich.console import Console

    class Patient(Console):
        """A console whose reader may go away without ending what is under way."""

        def on_broken_pipe(self) -> None:
            """See rich, which would end the program with exit code 1."""
            self.quiet = True
            if not self.stderr:
                forget_reader()

    return Patient


def _console(*, to_stderr: bool) -> Console:
    stream = sys.stderr if to_stderr else sys.stdout
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:  # a Windows pipe is cp1252: a name it cannot spell must not stop the table
        reconfigure(errors="backslashreplace")
    # rich would take the width from stdin's terminal where stdout is a pipe.
    piped = not stream.isatty() and "COLUMNS" not in os.environ
    color = chosen().color
    return _console_class()(
        stderr=to_stderr,
        markup=False,
        emoji=False,
        highlight=False,
        width=PIPED_WIDTH if piped else None,
        color_system="truecolor" if color is Color.ALWAYS else None if color is Color.NEVER else "auto",
        force_terminal=True if color is Color.ALWAYS else None,
        no_color=True if color is Color.NEVER else False if color is Color.ALWAYS else None,
    )


class Signs(NamedTuple):
    """The signs beside the words, in what the output's encoding can spell."""

    ellipsis: str
    dot: str
    dash: str
    times: str
    tick: str
    rule: str


def signs(console: Console) -> Signs:
    """Unicode signs where the console can print them, ASCII otherwise."""
    if "utf" in console.encoding.lower():
        return Signs("…", "·", "–", "×", "✓", "─")
    return Signs("...", "-", "-", "x", "*", "-")
