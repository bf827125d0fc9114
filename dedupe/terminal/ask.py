"""Questions on a terminal. Whatever is not a clear yes is a no: an empty line, the end of input, Ctrl-C."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO

from dedupe.terminal.text import display_text


def is_terminal(stream: TextIO | None) -> bool:
    """A person is at the other end; not where the program was started with the stream closed."""
    return stream is not None and not stream.closed and stream.isatty()


def agreed(question: str, *, default: bool = False) -> bool:
    """Whether a person answers yes; ``default`` is what an empty line means."""
    answer = _line(f"{question} [{'Y/n' if default else 'y/N'}] ")
    if answer is None:
        return False
    if not answer:
        return default
    return answer.lower() in ("y", "yes")


def answer(question: str) -> str:
    """The line a person types, without blanks around it; empty where there is none."""
    return _line(f"{question} ") or ""


def _line(prompt: str) -> str | None:
    """One line from stdin; None at its end and on Ctrl-C. Keys typed before the question do not answer it."""
    _drop_typed_ahead()
    try:
        sys.stderr.write(display_text(prompt))
        sys.stderr.flush()
        line = "" if sys.stdin is None or sys.stdin.closed else sys.stdin.readline()
    except KeyboardInterrupt:
        line = ""
    if not line:
        sys.stderr.write("\n")
        return None
    return line.strip()


def _drop_typed_ahead() -> None:
    if sys.platform == "win32":
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
        return
    import termios

    if not is_terminal(sys.stdin):
        return
    with suppress(termios.error, OSError):  # the terminal may be gone
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
