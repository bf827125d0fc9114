"""What reaches a terminal: the consoles, text from outside made harmless, figures for a person, progress.

A file name may hold any byte, so it could move the cursor, hide or reverse text, or set the window's title;
rich passes all of that through. Every path shown goes through ``display_path``, every other text from a file
through ``display_text``: what comes out is printable, its escapes spelt out (SAFETY.md row 18). rich is
imported only when something is shown.
"""

from __future__ import annotations

import os
import sys
import time
import unicodedata
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from dedupe.types import CaptureTime

PIPED_WIDTH = 120
"""Columns where the output is no terminal and COLUMNS is not set."""

STEPS = ("walk", "read", "embed", "neighbours", "relate", "group")
"""The steps a scan shows, in order (DESIGN.md §3)."""

# Controls, formats (bidi, zero-width), surrogates, private use (kitty's pictures), line and paragraph ends.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def display_path(path: str | bytes) -> str:
    r"""``path`` as one line of printable text that stands for exactly this path.

    Control characters appear as ``\x1b``, bytes that are no UTF-8 as ``\xff``, C1 controls, bidi, zero-width,
    private and separator characters as ``\u202e`` or ``\U000e0001``; a backslash in a name is doubled, except
    where it separates folders.
    """
    text = os.fsdecode(path)
    if "\\" in text and os.sep != "\\":
        text = text.replace("\\", "\\\\")
    return display_text(text)


def display_text(text: str) -> str:
    r"""Any text from outside (a caption, a decoder's message, a sentence with a path) as one printable line.

    Unlike ``display_path`` it leaves backslashes alone, so what was made harmless before stays as it is.
    """
    if text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def is_unsafe(char: str) -> bool:
    """``char`` could act on a terminal, hide, reorder or stand in for other text."""
    return not char.isprintable() and unicodedata.category(char) in _UNSAFE


def _shown(char: str) -> str:
    if not is_unsafe(char):
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # os.fsdecode's stand-in for the byte 0x80–0xff
        return f"\\x{code - 0xDC00:02x}"
    # C1 is written \u0085, not \x85: that is the lone byte.
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def shorten_middle(text: str, width: int, sign: str = "…") -> str:
    """``text`` in at most ``width`` terminal cells: where it is longer, ``sign`` stands for its middle."""
    if text.isascii() and len(text) <= width:
        return text
    from rich.cells import cell_len, get_character_cell_size

    if cell_len(text) <= width:
        return text
    room = width - cell_len(sign)
    if room < 2:
        return sign[: max(width, 0)]
    sizes = [get_character_cell_size(char) for char in text]
    head = _fitting(sizes, room // 2)
    tail = _fitting(sizes[::-1], room - sum(sizes[:head]))
    while tail and sizes[-tail] == 0:  # a combining mark would sit on the sign
        tail -= 1
    return f"{text[:head]}{sign}{text[len(text) - tail :]}"


def _fitting(sizes: Sequence[int], room: int) -> int:
    """How many of the first ``sizes`` add up to at most ``room``."""
    for count, size in enumerate(sizes):
        room -= size
        if room < 0:
            return count
    return len(sizes)


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


def format_bytes(count: int) -> str:
    """``count`` in decimal units with three figures: ``999 B``, ``3.41 MB``, ``120 GB``."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if abs(value) < 999.5 or unit == "PB":
            break
        value /= 1000
    if unit == "B":
        return f"{count} B"
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f} {unit}"


def format_count(count: int, noun: str = "", plural: str = "") -> str:
    """``1,234``, or with a noun ``1 photo``, ``1,234 photos``."""
    if not noun:
        return f"{count:,}"
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def format_time(seconds: float) -> str:
    """A length of time: ``0.4 s``, ``42 s``, ``2 min 05 s``, ``1 h 02 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


def format_taken(taken: CaptureTime | None, *, precise: bool = False) -> str:
    """The capture time as written, ``2021-07-04 12:31:07``; ``precise`` adds sub-seconds and the offset.

    Empty where there is none, or it lies outside the calendar.
    """
    if taken is None:
        return ""
    try:
        moment = datetime(1970, 1, 1) + timedelta(seconds=taken.seconds)
    except OverflowError:
        return ""
    text = moment.isoformat(" ", "seconds")
    if not precise:
        return text
    if taken.digits > 0:
        fraction = min(round(taken.fraction * 10**taken.digits), 10**taken.digits - 1)
        text += f".{fraction:0{taken.digits}d}"
    if taken.offset_minutes is not None:
        hours, minutes = divmod(abs(taken.offset_minutes), 60)
        text += f" {'-' if taken.offset_minutes < 0 else '+'}{hours:02d}:{minutes:02d}"
    return text


class Step(Protocol):
    """One step under way."""

    def advance(self, count: int = 1) -> None:
        """``count`` more items are done."""

    def expect(self, total: int) -> None:
        """The number of items turned out to be ``total``."""


class Progress(Protocol):
    """Where a long run tells how far it is. Steps may overlap; each is a context manager."""

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Step]:
        """Begin the step ``name``; ``total`` items, None where that is not known yet."""


def progress(steps: Sequence[str] = STEPS) -> Progress:
    """Progress on stderr: live lines on a terminal, elsewhere a plain line every half minute."""
    return _Terminal(steps) if sys.stderr.isatty() else _Plain(steps)


class SilentProgress:
    """Progress that tells nobody; the default of the library."""

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Step]:
        """See ``Progress``."""
        return nullcontext(_SilentStep())


class _SilentStep:
    def advance(self, count: int = 1) -> None:
        pass

    def expect(self, total: int) -> None:
        pass


def _title(steps: Sequence[str], name: str) -> str:
    return f"{steps.index(name) + 1}/{len(steps)} {name}" if name in steps else name


class _Counted:
    """A step that counts at once and tells only now and then: ``advance`` costs well under a microsecond."""

    def __init__(self, title: str, total: int | None, pause: float) -> None:
        self.title = title
        self.total = total
        self.done = 0
        self.began = time.monotonic()
        self._pause = pause
        self._next = self.began + pause

    def advance(self, count: int = 1) -> None:
        self.done += count
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._pause
            self.tell()

    def expect(self, total: int) -> None:
        if total != self.total:
            self.total = total
            self.tell()

    def tell(self) -> None:
        raise NotImplementedError

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def rate(self) -> str:
        return f"{_figure(self.done / self.seconds)}/s" if self.done and self.seconds > 0 else ""

    def left(self) -> str:
        if not self.done or not self.total or self.seconds < 1:
            return ""
        return f"{format_time(max(self.total - self.done, 0) * self.seconds / self.done)} left"

    def account(self) -> str:
        total = f"/{self.total:,}" if self.total is not None else ""
        return f"{self.done:,}{total}" if self.done or total else ""


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


class _Plain:
    """Progress where stderr is a file or a pipe."""

    def __init__(self, steps: Sequence[str]) -> None:
        self._steps = tuple(steps)

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Step]:
        return _PlainStep(_title(self._steps, name), total, pause=30.0)


class _PlainStep(_Counted):
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        pass

    def expect(self, total: int) -> None:
        self.total = total

    def tell(self) -> None:
        told = (self.title, self.account(), self.rate(), self.left())
        print("  ".join(filter(None, told)), file=sys.stderr)  # noqa: T201


class _Terminal:
    """Progress on a terminal: a live line for every step under way, and one that stays for each slow one."""

    def __init__(self, steps: Sequence[str]) -> None:
        self._steps = tuple(steps)
        self._console = stderr()
        self._live: RichProgress | None = None
        self._running = 0

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Step]:
        return _TerminalStep(self, _title(self._steps, name), total)

    def begin(self, title: str, total: int | None) -> TaskID:
        if self._live is None:
            self._live = self._new_live()
            self._live.start()
        self._running += 1
        return self._live.add_task(title, total=total, account="", rate="", left="")

    def _new_live(self) -> RichProgress:
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.table import Column

        cells = [("rate", 9), ("left", 16)]
        return Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(min_width=14, no_wrap=True)),
            BarColumn(bar_width=None, table_column=Column(ratio=1, max_width=40)),
            TextColumn("{task.fields[account]}", markup=False, justify="right"),
            *(
                TextColumn(
                    f"{{task.fields[{name}]}}",
                    markup=False,
                    justify="right",
                    table_column=Column(min_width=width, no_wrap=True),
                )
                for name, width in cells
            ),
            console=self._console,
            transient=True,
            expand=True,
            refresh_per_second=5,
        )

    def tell(self, task: TaskID, step: _Counted) -> None:
        if self._live is not None:
            self._live.update(
                task,
                completed=step.done,
                total=step.total,
                account=step.account(),
                rate=step.rate(),
                left=step.left(),
            )

    def end(self, task: TaskID, step: _Counted, *, finished: bool) -> None:
        if self._live is None:
            return
        self._live.remove_task(task)
        if finished and step.seconds >= 1:
            done = f"{step.done:,}" if step.done else ""
            line = f"{step.title:<14}{done:>12}{step.rate():>12}{format_time(step.seconds):>16}"
            self._console.print(line, style="dim")
        self._running -= 1
        if self._running == 0:
            self._live.stop()
            self._live = None


class _TerminalStep(_Counted):
    def __init__(self, owner: _Terminal, title: str, total: int | None) -> None:
        super().__init__(title, total, pause=0.1)
        self._owner = owner
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._task = self._owner.begin(self.title, self.total)
        return self

    def __exit__(self, *raised: object) -> None:
        if self._task is not None:
            self._owner.end(self._task, self, finished=raised[0] is None)

    def tell(self) -> None:
        if self._task is not None:
            self._owner.tell(self._task, self)
