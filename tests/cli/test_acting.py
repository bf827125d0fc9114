"""Acting from the command line: whatever is not a clear yes is a no, and only what was agreed to happens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.made import Scanned

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals and sh are POSIX")


@pytest.fixture
def scanned(tmp_path: Path) -> Scanned:
    return Scanned(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["apply", "--trash"],
        ["apply", "--move-to", "away"],
        ["review"],
        ["scan", "PHOTOS", "--jobs", "1", "--trash"],
        ["undo"],
    ],
    ids=" ".join,
)
def test_a_closed_stdin_is_a_no_and_a_sentence(scanned: Scanned, arguments: list[str]) -> None:
    scanned.scan(1)
    if arguments == ["undo"]:
        assert scanned.ran("apply", "--move-to", str(scanned.away), "--yes").returncode == 0
    before = scanned.snapshot()
    told = scanned.closed(*(str(scanned.photos) if word == "PHOTOS" else word for word in arguments))
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.count("\n") == 1
    assert "terminal" in told.stderr
    assert scanned.snapshot() == before


def test_a_closed_stdin_stops_nothing_that_asks_nothing(scanned: Scanned) -> None:
    scanned.scan(1)
    assert scanned.closed("review", "--decisions").stdout == "Nothing was decided yet.\n"
    scanned.photos.joinpath("empty").mkdir()
    assert scanned.closed("scan", str(scanned.photos / "empty"), "--jobs", "1").returncode == 0
