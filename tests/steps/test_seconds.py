"""Each second of a scan is booked once, under the step that spent it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dedupe.session import Session
from dedupe.settings import Settings


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    clock = iter(range(0, 1_000, 10))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    with Session(Settings(store=str(tmp_path / "library.db"))) as opened:
        yield opened


def test_embedding_while_photos_are_read_counts_as_embedding(session: Session) -> None:
    with session.step("read"):  # the clock ticks 10 s at each look
        with session.booked("embed"):
            pass
        with session.booked("embed"):
            pass
    assert session.seconds == {"embed": 20.0, "read": 30.0}


def test_a_step_in_a_step_in_a_step_counts_once(session: Session) -> None:
    with session.step("group"), session.step("relate"), session.booked("read"):
        pass
    assert session.seconds == {"read": 10.0, "relate": 20.0, "group": 20.0}
    assert sum(session.seconds.values()) == 50.0
