"""Single keys from a terminal, as names; and the terminal's modes, which are put back whatever happens.

What a terminal sends of its own accord (answers to questions asked earlier, a pasted text, a mouse) is not a
decision: every escape sequence is read to its end, and those that are no known key are dropped whole.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import FrameType

_CONTROLS = {
    "\r": "enter",
    "\n": "enter",
    "\t": "tab",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\x03": "ctrl-c",
    "\x04": "eof",
}
_FINALS = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end"}
_TILDES = {"1": "home", "4": "end", "7": "home", "8": "end", "5": "pageup", "6": "pagedown"}
_PASTE, _PASTED = "\x1b[200~", "\x1b[201~"
_STRINGS = "]P_^X"  # OSC, DCS, APC, PM, SOS: text up to BEL or ST
_LONGEST = 1 << 16


class Keys(Protocol):
    """Where keys come from."""

    def read(self) -> str:
        """Wait for the next key: a character, or a name (``enter``, ``up``, ``escape``, ``ctrl-c`` …).

        It is ``resize`` where the screen changed, ``hangup`` where the terminal went away or the program is asked to end, ``eof``
        at the end of input.
        """


def take(text: str, *, more: bool) -> tuple[str, str] | None:
    """The first key of ``text`` and what follows it; the key is empty for what is not a key and to be dropped.

    None where ``text`` ends inside a sequence and ``more`` may come; without more it is dropped or a lone
    escape.
    """
    if text.startswith(_PASTE):
        end = text.find(_PASTED)
        if end >= 0:
            return "", text[end + len(_PASTED) :]
        return None if more and len(text) < _LONGEST else ("", "")
    if text[0] != "\x1b":
        key = _CONTROLS.get(text[0], text[0])
        return (key if len(key) > 1 or key.isprintable() else ""), text[1:]
    if len(text) == 1:
        return None if more else ("escape", "")
    kind = text[1]
    if kind == "[":
        return _csi(text, more=more)
    if kind == "O":
        if len(text) == 2:
            return None if more else ("", "")
        return _FINALS.get(text[2], ""), text[3:]
    if kind in _STRINGS:
        return _string(text, more=more)
    # ESC and a key is Alt with it on most terminals: no decision.
    return ("escape", text[1:]) if kind == "\x1b" else ("", text[2:])


def _csi(text: str, *, more: bool) -> tuple[str, str] | None:
    end = 2
    while end < len(text) and " " <= text[end] <= "?":
        end += 1
    if end == len(text):
        return None if more and end < _LONGEST else ("", "")
    parameters, final = text[2:end], text[end]
    if not "@" <= final <= "~":  # a control character cuts the sequence off and is read on its own
        return "", text[end:]
    if final == "M" and not parameters:  # an old mouse report: three more characters
        return None if more and len(text) < end + 4 else ("", text[end + 4 :])
    key = _TILDES.get(parameters, "") if final == "~" else _FINALS.get(final, "") if not parameters else ""
    return key, text[end + 1 :]


def _string(text: str, *, more: bool) -> tuple[str, str] | None:
    ends = [(place, len(mark)) for mark in ("\x07", "\x1b\\") if (place := text.find(mark, 2)) >= 0]
    if ends:
        place, length = min(ends)
        return "", text[place + length :]
    return None if more and len(text) < _LONGEST else ("", "")


@contextmanager
def terminal_keys() -> Iterator[Keys]:
    """Give keys from stdin, one by one and without echo, while the context lasts.

    SIGHUP, SIGTERM and a changed screen come as keys. The terminal's modes and the signal handlers are put back at the end.
    """
    if sys.platform == "win32":
        yield _WindowsKeys()
        return
    with ExitStack() as stack:
        wake = stack.enter_context(_signals())
        stack.enter_context(_cbreak(sys.stdin.fileno()))
        yield _PosixKeys(sys.stdin.fileno(), wake)


class _PosixKeys:
    """Bytes from ``fd``; a byte on ``wake`` says which signal came."""

    def __init__(self, fd: int, wake: int) -> None:
        import codecs

        self._fd = fd
        self._wake = wake
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._ended = ""

    def read(self) -> str:
        while True:
            while self._text:
                # A sequence arrives in one go; 50 ms of silence after an ESC mean the key itself.
                taken = take(self._text, more=not self._ended)
                if taken is None:
                    if not self._wait(0.05):
                        key, self._text = take(self._text, more=False) or ("", "")
                        if key:
                            return key
                    elif (signalled := self._fill()) is not None:
                        return signalled
                    continue
                key, self._text = taken
                if key:
                    return key
            if self._ended:
                return self._ended
            self._wait(None)
            if (signalled := self._fill()) is not None:
                return signalled

    def _wait(self, seconds: float | None) -> bool:
        ready, _, _ = select.select([self._fd, self._wake], [], [], seconds)
        return bool(ready)

    def _fill(self) -> str | None:
        """Read what has arrived; a signal's key where one came."""
        ready, _, _ = select.select([self._fd, self._wake], [], [], 0)
        if self._wake in ready:
            numbers = os.read(self._wake, 64)
            return "resize" if set(numbers) <= {getattr(signal, "SIGWINCH", -1)} else "hangup"
        if self._fd in ready:
            try:
                data = os.read(self._fd, 4096)
            except OSError:  # EIO: the terminal is gone
                self._ended = "hangup"
                return None
            self._text += self._decoder.decode(data)
            if not data:
                self._ended = "eof"
        return None


class _WindowsKeys:
    """Keys from the console through msvcrt; the screen's size is looked at ten times a second."""

    _SPECIAL = {"H": "up", "P": "down", "K": "left", "M": "right", "G": "home", "O": "end"}  # noqa: RUF012

    def __init__(self) -> None:
        self._size = os.get_terminal_size()

    def read(self) -> str:
        import msvcrt
        import time

        while not msvcrt.kbhit():  # type: ignore[attr-defined]
            time.sleep(0.1)
            if (size := os.get_terminal_size()) != self._size:
                self._size = size
                return "resize"
        char = msvcrt.getwch()  # type: ignore[attr-defined]
        if char in "\x00\xe0":
            return self._SPECIAL.get(msvcrt.getwch(), "")  # type: ignore[attr-defined]
        if char == "\x1a":
            return "eof"
        return _CONTROLS.get(char, "escape" if char == "\x1b" else char)


@contextmanager
def _signals() -> Iterator[int]:
    """Give the reading end of a pipe into which SIGWINCH, SIGHUP and SIGTERM write their number, while it lasts."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def tell(number: int, frame: FrameType | None) -> None:
        with suppress(OSError):
            os.write(writing, bytes([number]))

    earlier = {number: signal.signal(number, tell) for number in (signal.SIGWINCH, signal.SIGHUP, signal.SIGTERM)}
    try:
        yield reading
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
        os.close(writing)
        os.close(reading)


@contextmanager
def _cbreak(fd: int) -> Iterator[None]:
    """Keys at once, without echo, Ctrl-C and Ctrl-S as keys, while it lasts."""
    import termios

    earlier = termios.tcgetattr(fd)
    modes = termios.tcgetattr(fd)
    modes[0] &= ~(termios.IXON | termios.ICRNL)
    modes[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
    modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
    try:
        termios.tcsetattr(fd, termios.TCSAFLUSH, modes)
        yield
    finally:
        with suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(fd, termios.TCSAFLUSH, earlier)
