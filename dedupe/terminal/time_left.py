"""How long a run will still take: from what its steps have done, and from what those to come are expected to cost.

A step under way is judged by the pace of its last half: what was known before it began is counted at once and says nothing
of the rest. A step to come takes what was foreseen of it or, where nothing was, its usual share of the reading.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

_SHARES: Final = {
    "neighbours": ("read", 0.03),
    "refuse": ("read", 0.05),
    "compare": ("read", 1.0),
    "complete": ("compare", 0.15),
    "group": ("read", 0.03),
}
"""Seconds of a step for a second of another (guesses; the scan foresees better as soon as some hundred photos are read)."""
_MARK_S: Final = 0.5
_MOST_MARKS: Final = 240


@dataclass(slots=True)
class Pace:
    """How fast a step goes; ``marks`` are moments in seconds since it began, with what was done by then."""

    began: float
    total: int | None = None
    done: int = 0
    marks: list[tuple[float, int]] = field(default_factory=lambda: [(0.0, 0)])

    def advance(self, count: int, now: float) -> None:
        """Count what was done at the moment ``now``, in seconds of the clock of ``began``."""
        self.done += count
        spent = now - self.began
        if spent - self.marks[-1][0] >= _MARK_S:
            self.marks.append((spent, self.done))
            if len(self.marks) > _MOST_MARKS:
                self.marks = self.marks[::2]

    def rate(self, now: float) -> float:
        """Items a second in the last half of the time; 0 where none was done in it."""
        spent = now - self.began
        since, before = max((mark for mark in self.marks if mark[0] <= spent / 2), default=self.marks[0])
        if self.done == before:
            since, before = self.marks[0]
        return (self.done - before) / (spent - since) if spent > since else 0.0

    def left(self, now: float) -> float | None:
        """Seconds until all is done; None where that cannot be told yet."""
        if self.total is None or now - self.began < 1:
            return None
        rate = self.rate(now)
        return max(self.total - self.done, 0) / rate if rate > 0 else None


class TimeLeft:
    """The seconds that a run of these ``steps``, in order, still takes."""

    def __init__(self, steps: Sequence[str]) -> None:
        self._steps = tuple(steps)
        self._begun: dict[str, Pace] = {}
        self._ended: dict[str, float] = {}
        self._foreseen: dict[str, float] = {}
        self._began: float | None = None

    def begin(self, name: str, total: int | None, now: float | None = None) -> Pace:
        """A step begins; the pace is to be told what is done of it."""
        moment = time.monotonic() if now is None else now
        if self._began is None:
            self._began = moment
        self._ended.pop(name, None)
        pace = self._begun[name] = Pace(moment, total)
        return pace

    def end(self, name: str, now: float | None = None) -> None:
        """A step is done; it took the seconds since it began."""
        moment = time.monotonic() if now is None else now
        self._ended[name] = moment - self._begun[name].began

    def foresee(self, name: str, seconds: float) -> None:
        """A step that has not begun is expected to take so many seconds."""
        self._foreseen[name] = seconds

    def spent(self, now: float) -> float:
        """Seconds since the first step began."""
        return 0.0 if self._began is None else now - self._began

    def left(self, now: float) -> float | None:
        """Seconds until the last step ends; None where that cannot be told yet."""
        running = [name for name in self._begun if name not in self._ended]
        total = 0.0
        for name in running:
            own = self._left_of(name, now)
            if own is None:
                return None
            total += own
        return total + sum(self._expected(name, now) for name in self._to_come())

    def _left_of(self, name: str, now: float) -> float | None:
        pace = self._begun[name]
        own = pace.left(now)
        if own is None and (name in self._foreseen or name in _SHARES):
            return max(self._expected(name, now) - (now - pace.began), 0.0)
        return own

    def _to_come(self) -> Sequence[str]:
        """The steps after the last that began; one that was passed over does not come any more."""
        begun = [place for place, name in enumerate(self._steps) if name in self._begun]
        return self._steps[begun[-1] + 1 :] if begun else ()

    def _expected(self, name: str, now: float) -> float:
        """Seconds that a step takes in all, for what was foreseen or by its usual share of another."""
        if name in self._foreseen:
            return self._foreseen[name]
        if name not in _SHARES:
            return 0.0
        other, share = _SHARES[name]
        return share * self._whole(other, now)

    def _whole(self, name: str, now: float) -> float:
        """Seconds that a step took, or will have taken."""
        if name in self._ended:
            return self._ended[name]
        pace = self._begun.get(name)
        if pace is None:
            return self._expected(name, now)
        return now - pace.began + (self._left_of(name, now) or 0.0)
