"""The previews keep to their bound, dropping what was not used for longest."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dedupe.library.previews import Previews
from tests.library import made

DAY_S = 86_400


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "previews.db")


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The day it is."""
    today = [20_000.0]
    monkeypatch.setattr(time, "time", lambda: today[0] * DAY_S)
    yield today


def fill(previews: Previews, numbers: range, size: int = 1000) -> None:
    for number in numbers:
        previews.put(made.key(number), os.urandom(size))


def held(store: str, numbers: range) -> list[int]:
    with Previews(store) as previews:
        gone = set(previews.missing([made.key(number) for number in numbers]))
    return [number for number in numbers if made.key(number) not in gone]


def test_a_preview_comes_back_in_the_next_run(store: str) -> None:
    jpeg = os.urandom(25_000)
    with Previews(store) as previews:
        previews.put(made.key(1), jpeg)
        assert previews.get(made.key(1)) == jpeg
    with Previews(store) as previews:
        assert previews.get(made.key(1)) == jpeg
        assert previews.get(made.key(2)) is None
        assert previews.get_many([made.key(1), made.key(2)]) == {made.key(1): jpeg}
        assert previews.missing([made.key(2), made.key(1), made.key(3)]) == [made.key(2), made.key(3)]


def test_a_new_preview_takes_the_place_of_the_old(store: str) -> None:
    with Previews(store) as previews:
        previews.put(made.key(1), b"old")
        previews.put(made.key(1), b"new")
        assert previews.get(made.key(1)) == b"new"
        assert previews.info()[0] == 1


def test_within_the_bound_nothing_is_dropped(store: str) -> None:
    with Previews(store, limit_bytes=100_000) as previews:
        fill(previews, range(100))
    assert len(held(store, range(100))) == 100


def test_above_the_bound_the_longest_unused_are_dropped(store: str, days: list[float]) -> None:
    with Previews(store, limit_bytes=100_000) as previews:
        fill(previews, range(100))
    days[0] += 1
    with Previews(store, limit_bytes=100_000) as previews:
        assert len(previews.get_many(made.key(number) for number in range(30))) == 30
    days[0] += 1
    with Previews(store, limit_bytes=100_000) as previews:
        fill(previews, range(100, 120))
    assert held(store, range(120)) == [*range(30), *range(60, 120)], "down to nine tenths, the used and new stay"


def test_of_one_day_the_oldest_are_dropped(store: str, days: list[float]) -> None:
    with Previews(store, limit_bytes=50_000) as previews:
        fill(previews, range(100))
    assert held(store, range(100)) == list(range(55, 100))


def test_the_bound_holds_within_a_long_run_too(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedupe.library.previews._SWEEP_EVERY", 50)
    with Previews(store, limit_bytes=100_000) as previews:
        fill(previews, range(1000))
        assert previews.info()[0] <= 150
    assert os.path.getsize(store) < 400_000, "the space of what was dropped is used again"


def test_a_smaller_bound_is_kept_from_the_next_new_preview_on(store: str) -> None:
    with Previews(store) as previews:
        fill(previews, range(100))
    with Previews(store, limit_bytes=10_000) as previews:
        assert previews.sweep() == 91
    assert held(store, range(100)) == list(range(91, 100))


def test_marking_as_used_happens_once_a_day(store: str, days: list[float]) -> None:
    keys = [made.key(number) for number in range(10)]
    with Previews(store) as previews:
        fill(previews, range(10))
    days[0] += 1
    with Previews(store) as previews:
        changes = previews._db.connection
        previews.get_many(keys)
        previews.flush()
        after_first = changes.total_changes
        previews.get_many(keys)
        previews.flush()
        assert (after_first, changes.total_changes) == (10, 10)


def test_previews_of_forgotten_contents_are_dropped(store: str) -> None:
    with Previews(store) as previews:
        fill(previews, range(100), 20_000)
        previews.flush()
        assert previews.prune({made.key(number) for number in range(10)}) == 90
    assert held(store, range(100)) == list(range(10))
    assert os.path.getsize(store) < 400_000, "the space is given back"


def test_clearing_drops_all(store: str) -> None:
    with Previews(store) as previews:
        fill(previews, range(100), 20_000)
        previews.clear()
        assert previews.info()[0] == 0
    assert os.path.getsize(store) < 100_000


def test_a_signature_goes_with_its_preview(store: str) -> None:
    with Previews(store, limit_bytes=100_000) as previews:
        previews.put(made.key(1), b"jpeg", b"signature")
        previews.put(made.key(2), b"jpeg")
        previews.put_signature(made.key(2), b"later")
        assert previews.signatures([made.key(1), made.key(2), made.key(3)]) == {
            made.key(1): b"signature",
            made.key(2): b"later",
        }
        previews.prune({made.key(2)})
        assert previews.signatures([made.key(1), made.key(2)]) == {made.key(2): b"later"}
        previews.clear()
        assert previews.signatures([made.key(2)]) == {}


def test_giving_space_back_needs_no_second_copy_on_the_disk(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedupe.library.database._VACUUM_PAGES", 64)
    sizes = []
    with Previews(store) as previews:
        for number in range(1_000):
            previews.put(made.key(number), bytes([number % 256]) * 20_000)
        previews.flush()
        full = previews.info()[1]
        statements: list[str] = []
        previews._db.connection.set_trace_callback(
            lambda statement: (statements.append(statement), sizes.append(previews._db.bytes_on_disk()))
        )
        alive = {made.key(number) for number in range(0, 1_000, 4)}
        assert previews.prune(alive) == 750
        left = previews.info()[1]
    assert left < full * 0.35
    assert max(sizes) < full * 1.2
    assert sum("incremental_vacuum" in statement for statement in statements) > 10
