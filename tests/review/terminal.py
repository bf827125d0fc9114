"""A real pseudo-terminal with a program in it, and an emulator (pyte) that says what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import pyte

PATIENCE_S = 20.0


class _Screen(pyte.Screen):
    """Leaving or entering the alternate screen shows an empty one."""

    def set_mode(self, *modes: int, **options: bool) -> None:
        self._switched(modes)
        super().set_mode(*modes, **options)

    def reset_mode(self, *modes: int, **options: bool) -> None:
        self._switched(modes)
        super().reset_mode(*modes, **options)

    def _switched(self, modes: tuple[int, ...]) -> None:
        if 1049 in modes:
            self.erase_in_display(2)
            self.cursor_position()


def _take_terminal() -> None:
    """Makes stdin the controlling terminal, so that Ctrl-C and a hangup reach the program."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """``arguments`` to Python run in a terminal of this size. A context manager: the program is ended with it."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        device: str = "\x1b[?62;1;22c",
    ) -> None:
        self._screen = _Screen(columns, rows)
        self._screen.report_device_attributes = lambda *_, **__: self.send(device)  # what this terminal can do
        self._stream = pyte.ByteStream(self._screen)
        self.sent_by_program = bytearray()
        self.master, slave = pty.openpty()
        self._set_size(columns, rows)
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        for name in ("COLUMNS", "LINES"):
            environment.pop(name, None)
        self.modes = termios.tcgetattr(self.master)
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - one system call
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.master >= 0:
            os.close(self.master)

    @property
    def lines(self) -> list[str]:
        """What the screen shows."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def title(self) -> str:
        """What the program made the window's title."""
        return self._screen.title

    def colours(self, row: int) -> set[str]:
        """The foreground colours in a row of the screen."""
        return {char.fg for char in self._screen.buffer[row].values()}

    def wait_for(self, *texts: str, gone: str = "") -> None:
        """Read on until the screen shows all of ``texts`` and not ``gone``; fails with the screen where it does not."""
        self._read_until(lambda: all(text in self.text for text in texts) and not (gone and gone in self.text), texts)

    def send(self, keys: bytes | str) -> None:
        if self.master >= 0:
            os.write(self.master, keys.encode() if isinstance(keys, str) else keys)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as a window manager does."""
        self._screen.resize(rows, columns)
        self._set_size(columns, rows)
        os.kill(self.process.pid, signal.SIGWINCH)

    def hang_up(self) -> None:
        """The window is closed."""
        os.close(self.master)
        self.master = -1

    def end(self) -> int:
        """Wait for the program to end; its exit code."""
        if self.master >= 0:
            self._read_until(lambda: self.process.poll() is not None, ("the end",))
            self._drain()
        return self.process.wait(PATIENCE_S)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read_until(self, done: object, wanted: object) -> None:
        last = time.monotonic() + PATIENCE_S
        while not done():
            if time.monotonic() > last:
                raise AssertionError(f"waited for {wanted!r}, the screen shows:\n{self.text}")
            self._drain(0.05)

    def _drain(self, seconds: float = 0.0) -> None:
        while select.select([self.master], [], [], seconds)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:  # EIO: the program closed its end
                time.sleep(0.01)
                return
            if not data:
                return
            self.sent_by_program += data
            self._stream.feed(data)
            seconds = 0.0
