"""The consoles, for results and for talk. rich is imported only when something is shown."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rich.console import Console

PIPED_WIDTH = 120
"""Columns where the output is no terminal and COLUMNS is not set."""


def stdout() -> Console:
    """The console for results; nothing in what it prints is read as markup, emoji or syntax."""
    return _console(to_stderr=False)


def stderr() -> Console:
    """The console for talk, questions and progress."""
    return _console(to_stderr=True)


def _console(*, to_stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:  # a Windows pipe is cp1252: a name it cannot spell must not stop the table
        reconfigure(errors="backslashreplace")
    # rich would take the width from stdin's terminal where stdout is a pipe.
    piped = not stream.isatty() and "COLUMNS" not in os.environ
    return Console(stderr=to_stderr, markup=False, emoji=False, highlight=False, width=PIPED_WIDTH if piped else None)


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
