"""How far a long run is: live lines on a terminal, elsewhere a plain line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol, Self

from dedupe.terminal.console import stderr
from dedupe.terminal.display import chosen
from dedupe.terminal.text import format_time

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

STEPS = ("walk", "read", "embed", "neighbours", "compare", "complete", "group")
"""The steps a scan shows, in order."""

EXACT_STEPS = ("walk", "hash", "read", "complete", "group")
"""The steps of a scan that only looks for what is equal."""

_COUNTED = {
    "walk": "files",
    "hash": "files",
    "read": "photos",
    "embed": "photos",
    "neighbours": "photos",
    "compare": "pairs",
    "complete": "pairs",
    "group": "photos",
    "look": "sets",
    "apply": "photos",
    "undo": "photos",
}


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
    if chosen().quiet or not chosen().progress:
        return SilentProgress()
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
    return f"{steps.index(name) + 1}/{len(steps)} {name}" if name in steps and len(steps) > 1 else name


class _Counted:
    """A step that counts at once and reports only now and then: ``advance`` costs well under a microsecond."""

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
        if not self.done or self.seconds <= 0:
            return ""
        counted = _COUNTED.get(self.title.rpartition(" ")[2], "")
        return f"{_figure(self.done / self.seconds)} {counted}".rstrip() + "/s"

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

        cells = [("rate", 14), ("left", 16)]
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
            line = f"{step.title:<14}{done:>12}{step.rate():>18}{format_time(step.seconds):>16}"
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
