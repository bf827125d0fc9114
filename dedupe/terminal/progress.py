"""How far a long run is: one live line on a terminal, elsewhere a plain line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from dedupe.terminal.console import stderr
from dedupe.terminal.display import chosen
from dedupe.terminal.text import format_left
from dedupe.terminal.time_left import TimeLeft

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

STEPS = ("walk", "read", "embed", "neighbours", "refuse", "compare", "complete", "group")
"""The steps a scan shows, in order."""

EXACT_STEPS = ("walk", "hash", "read", "complete", "group")
"""The steps of a scan that only looks for what is equal."""

_COUNTED = {
    "walk": "files",
    "hash": "files",
    "read": "photos",
    "embed": "photos",
    "neighbours": "photos",
    "refuse": "pairs",
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


@runtime_checkable
class Foresight(Protocol):
    """Progress that also wants to know how long a step will take before it begins."""

    def foresee(self, name: str, seconds: float) -> None:
        """The step ``name``, which has not begun, is expected to take so many seconds."""


def progress(steps: Sequence[str] = STEPS) -> Progress:
    """Progress on stderr: one live line on a terminal, elsewhere a plain line every half minute."""
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


class _Run:
    """What the steps of one run share: their numbers, and how long the whole will take."""

    def __init__(self, steps: Sequence[str]) -> None:
        self.steps = tuple(steps)
        self.time = TimeLeft(steps)

    def foresee(self, name: str, seconds: float) -> None:
        """See ``Foresight``."""
        self.time.foresee(name, seconds)

    def left(self) -> str:
        """How long the whole run still takes, in words; empty where that cannot be told yet."""
        seconds = self.time.left(time.monotonic())
        return "" if seconds is None else format_left(seconds)


class _Counted:
    """A step that counts at once and reports only now and then: ``advance`` costs well under a microsecond."""

    def __init__(self, run: _Run, name: str, total: int | None, pause: float) -> None:
        self.name = name
        self.title = _title(run.steps, name)
        self._run = run
        self._pause = pause
        self._pace = run.time.begin(name, total)
        self._next = self._pace.began + pause

    @property
    def total(self) -> int | None:
        return self._pace.total

    @property
    def done(self) -> int:
        return self._pace.done

    def advance(self, count: int = 1) -> None:
        now = time.monotonic()
        self._pace.advance(count, now)
        if now >= self._next:
            self._next = now + self._pause
            self.tell()

    def expect(self, total: int) -> None:
        self._pace.total = total

    def tell(self) -> None:
        raise NotImplementedError

    def rate(self) -> str:
        rate = self._pace.rate(time.monotonic())
        return f"{_figure(rate)} {_COUNTED.get(self.name, '')}".rstrip() + "/s" if rate else ""

    def account(self) -> str:
        total = f"/{self.total:,}" if self.total is not None else ""
        return f"{self.done:,}{total}" if self.done or total else ""


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


class _Plain(_Run):
    """Progress where stderr is a file or a pipe."""

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Step]:
        return _PlainStep(self, name, total, pause=30.0)


class _PlainStep(_Counted):
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._run.time.end(self.name)

    def tell(self) -> None:
        told = (self.title, self.account(), self.rate(), self._run.left())
        print("  ".join(filter(None, told)), file=sys.stderr)  # noqa: T201


class _Terminal(_Run):
    """Progress on a terminal: one live line for the whole, which shows the step that began last."""

    def __init__(self, steps: Sequence[str]) -> None:
        super().__init__(steps)
        self._console = stderr()
        self._live: RichProgress | None = None
        self._task: TaskID | None = None
        self._running: list[_TerminalStep] = []

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Step]:
        return _TerminalStep(self, name, total, pause=0.1)

    def begin(self, step: _TerminalStep) -> None:
        if self._live is None:
            self._live = self._new_live()
            self._live.start()
            self._task = self._live.add_task(step.title, total=None, account="", rate="", left="")
        self._running.append(step)
        self.tell(step)

    def _new_live(self) -> RichProgress:
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.table import Column

        cells = [("rate", 14), ("left", 17)]
        return Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(min_width=14, no_wrap=True)),
            BarColumn(bar_width=None, table_column=Column(ratio=1, max_width=40)),
            TextColumn("{task.fields[account]}", markup=False, justify="right", table_column=Column(no_wrap=True)),
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

    def tell(self, step: _Counted) -> None:
        if self._live is None or self._task is None or step is not self._running[-1]:
            return
        now = time.monotonic()
        spent, left = self.time.spent(now), self.time.left(now)
        self._live.update(
            self._task,
            description=step.title,
            completed=spent,
            total=None if left is None else spent + left,
            account=step.account(),
            rate=step.rate(),
            left=self.left(),
        )

    def end(self, step: _TerminalStep) -> None:
        self.time.end(step.name)
        self._running.remove(step)
        if self._running:
            self.tell(self._running[-1])
        elif self._live is not None:
            self._live.stop()
            self._live = None


class _TerminalStep(_Counted):
    _run: _Terminal

    def __enter__(self) -> Self:
        self._run.begin(self)
        return self

    def __exit__(self, *raised: object) -> None:
        self._run.end(self)

    def tell(self) -> None:
        self._run.tell(self)
