"""A new scan says what it replaces, and the decisions of the earlier one hold in it, down to what apply does."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedupe.library.scans import EditState, GroupEdit
from tests.album import album
from tests.cli.made import Scanned
from tests.queries.made import run

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[bytes]


def test_a_rescan_says_that_decisions_carry_over_and_apply_honours_them(
    tmp_path: Path, monkeypatch: Patch, capfdbinary: Capture
) -> None:
    scanned = Scanned(tmp_path)
    album(scanned.photos)
    words = ("scan", str(scanned.photos), "--jobs", "1", "--no-progress", "--store", scanned.store)
    first = run(monkeypatch, capfdbinary, *words)
    assert (first.code, first.err) == (0, "")
    from dedupe.library.decisions import Decisions

    with Decisions(scanned.paths.decisions) as memory:
        result = memory.last_scan()
        assert result is not None
        groups = [group.id for group in result.groups]
    scanned.review(*(GroupEdit(group, state=EditState.KEEP_ALL) for group in groups))
    again = run(monkeypatch, capfdbinary, *words)
    assert "Replaces the scan of" in again.err
    assert f"your {len(groups)} decision" in again.err
    told = run(monkeypatch, capfdbinary, "apply", "--move-to", str(scanned.away), "--yes", "--store", scanned.store)
    assert told.code == 0
    assert not scanned.away.exists()
    listed = run(monkeypatch, capfdbinary, "review", "--list", "--store", scanned.store).out.decode()
    assert f"{len(groups)} decided  {scanned.photos}" in listed
    shown = run(monkeypatch, capfdbinary, "review", "--decisions", "--store", scanned.store).out.decode()
    assert shown.count("keep all of") == len(groups)
