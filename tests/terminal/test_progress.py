"""The time left, by a recorded clock: right within a factor of two from the first minute, whatever the items cost."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import dedupe
from dedupe.terminal import progress
from tests.album import album

_LEFT = re.compile(r"(?:(\d+) h )?(?:(\d+) min )?(?:([\d.]+) s )?left")


class Clock:
    """A clock that a test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def _told(out: str) -> list[float]:
    """The seconds left in each line that was printed."""
    found = [_LEFT.search(line) for line in out.splitlines()]
    return [
        3600 * float(one[1] or 0) + 60 * float(one[2] or 0) + float(one[3] or 0) for one in found if one is not None
    ]


@pytest.mark.parametrize(
    "costs",
    [
        pytest.param([0.1] * 4_000, id="all alike"),
        pytest.param([0.01] * 3_000 + [0.2] * 3_000, id="slow from the middle on"),
        pytest.param([0.3] * 500 + [0.05] * 6_000, id="fast from some time on"),
        pytest.param([0.02, 0.3] * 1_500, id="mixed"),
    ],
)
def test_the_time_left_follows_what_the_items_cost_now(
    costs: list[float], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A minute after the cost changed, the time told is right if the rest costs what items cost now."""
    clock, told = Clock(monkeypatch), list[tuple[float, float]]()
    ends = clock.now + sum(costs)
    changes = [clock.now]
    with progress.progress().step("compare", len(costs)) as step:
        for number, cost in enumerate(costs):
            if number > 1 and cost not in costs[number - 2 : number]:
                changes.append(clock.now)
            clock.now += cost
            step.advance()
            told += [(clock.now, left) for left in _told(capsys.readouterr().err)]
    last = changes[-1]
    judged = [(ends - at, left) for at, left in told if at >= last + 60 and ends - at > 10]
    assert len(judged) >= 3
    assert [one for one in judged if not 0.5 <= one[1] / one[0] <= 2.0] == []


def test_pairs_that_are_refused_at_once_do_not_count_as_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """9,000 of 10,000 candidates end after a millisecond; the others cost 200 times as much."""
    clock, told = Clock(monkeypatch), list[tuple[float, float]]()
    ends = clock.now + 9_000 * 0.001 + 1_000 * 0.2
    with progress.progress().step("compare", 10_000) as step:
        for refused in range(64, 9_001, 64):
            clock.now += 0.064
            step.expect(10_000 - refused)
        for _ in range(1_000):
            clock.now += 0.2
            step.advance()
            told += [(clock.now, left) for left in _told(capsys.readouterr().err)]
    judged = [(ends - at, left) for at, left in told if ends - at > 10]
    assert len(judged) >= 5
    assert [one for one in judged if not 0.5 <= one[1] / one[0] <= 2.0] == []


class Recorder:
    """A Progress that notes what each step counted and expected in the end."""

    def __init__(self) -> None:
        self.done: dict[str, int] = {}
        self.total: dict[str, int | None] = {}

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[progress.Step]:
        self.done.setdefault(name, 0)
        self.total[name] = total
        yield _Recorded(self, name)


class _Recorded:
    def __init__(self, owner: Recorder, name: str) -> None:
        self._owner, self._name = owner, name

    def advance(self, count: int = 1) -> None:
        self._owner.done[self._name] += count

    def expect(self, total: int) -> None:
        assert total >= self._owner.done[self._name]
        self._owner.total[self._name] = total


def test_a_scan_compares_as_many_pairs_as_it_expects_in_the_end(tmp_path: Path) -> None:
    album(tmp_path / "photos")
    shown = Recorder()
    settings = dedupe.Settings(store=str(tmp_path / "store.db"), jobs=1)
    dedupe.scan(tmp_path / "photos", settings, progress=shown)
    assert shown.done["compare"] == shown.total["compare"]
    assert shown.done["compare"] > 0
