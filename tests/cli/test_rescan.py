"""A new scan says what it replaces, and the decisions of the earlier one hold in it, down to what apply does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dedupe
from dedupe.library.decisions import Decisions
from dedupe.library.scans import EditState, GroupEdit
from dedupe.types import ScanResult
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
    assert shown.count("keep all\n") == len(groups)


def _first_scan(
    tmp_path: Path, monkeypatch: Patch, capfdbinary: Capture
) -> tuple[Scanned, tuple[str, ...], ScanResult]:
    """An album that was scanned once, the words of that scan, and its result."""
    scanned = Scanned(tmp_path)
    album(scanned.photos)
    words = ("scan", str(scanned.photos), "--jobs", "1", "--no-progress", "--store", scanned.store)
    assert run(monkeypatch, capfdbinary, *words).code == 0
    with Decisions(scanned.paths.decisions) as memory:
        result = memory.last_scan()
    assert result is not None
    return scanned, words, result


def _selected(result: ScanResult) -> list[str]:
    return [extra.photo.path for group in result.groups for extra in group.extras if extra.selected]


@pytest.mark.parametrize("state", [EditState.KEEP_ALL, EditState.SKIPPED])
def test_a_scan_that_acts_at_once_lets_what_a_person_kept_stay(
    tmp_path: Path, monkeypatch: Patch, capfdbinary: Capture, state: EditState
) -> None:
    scanned, words, result = _first_scan(tmp_path, monkeypatch, capfdbinary)
    assert _selected(result)
    scanned.review(*(GroupEdit(group.id, state=state) for group in result.groups))
    before = scanned.snapshot()
    told = run(monkeypatch, capfdbinary, *words, "--move-to", str(scanned.away), "--yes")
    assert told.code == 0
    assert scanned.snapshot() == before
    assert "Nothing to do" in told.out.decode()


def test_a_new_scan_shows_and_reports_nothing_as_to_be_removed_that_a_person_kept(
    tmp_path: Path, monkeypatch: Patch, capfdbinary: Capture
) -> None:
    scanned, words, result = _first_scan(tmp_path, monkeypatch, capfdbinary)
    scanned.review(*(GroupEdit(group.id, state=EditState.KEEP_ALL) for group in result.groups))
    report = json.loads(run(monkeypatch, capfdbinary, *words, "--json", "-").out)
    assert [extra["selected"] for group in report["groups"] for extra in group["extras"]].count(True) == 0
    plan = json.loads(run(monkeypatch, capfdbinary, *words, "--plan", "-").out)
    assert not any(copy["remove"] for copy in plan["copies"])
    shown = run(monkeypatch, capfdbinary, *words).out.decode()
    assert "✓ remove" not in shown
    assert "look at your decisions again" in shown
    assert "dedupe apply" not in shown


def test_a_photo_that_a_person_unmarked_stays_and_the_others_of_its_group_go(
    tmp_path: Path, monkeypatch: Patch, capfdbinary: Capture
) -> None:
    scanned, words, result = _first_scan(tmp_path, monkeypatch, capfdbinary)
    group = next(group for group in result.groups if sum(extra.selected for extra in group.extras) > 1)
    stays, *leave = [extra.photo.path for extra in group.extras if extra.selected]
    scanned.review(GroupEdit(group.id, selected=tuple(leave), state=EditState.ACCEPTED))
    shown = run(monkeypatch, capfdbinary, *words).out.decode()
    assert f"move the {len(leave)} accepted photo" in shown
    told = run(monkeypatch, capfdbinary, *words, "--move-to", str(scanned.away), "--yes")
    assert told.code == 0
    assert Path(stays).exists()
    assert not any(Path(path).exists() for path in leave)


def test_a_group_that_somebody_changed_and_did_not_decide_on_waits(
    tmp_path: Path, monkeypatch: Patch, capfdbinary: Capture
) -> None:
    scanned, words, result = _first_scan(tmp_path, monkeypatch, capfdbinary)
    group = next(group for group in result.groups if sum(extra.selected for extra in group.extras) > 1)
    one = next(extra.photo.path for extra in group.extras if extra.selected)
    scanned.review(GroupEdit(group.id, selected=(one,)))
    report = json.loads(run(monkeypatch, capfdbinary, *words, "--json", "-").out)
    again = next(entry for entry in report["groups"] if entry["id"] == group.id)
    assert not any(extra["selected"] for extra in again["extras"])


def test_a_program_that_scans_again_gets_the_decisions_too(
    tmp_path: Path, monkeypatch: Patch, capfdbinary: Capture
) -> None:
    scanned, _, result = _first_scan(tmp_path, monkeypatch, capfdbinary)
    scanned.review(*(GroupEdit(group.id, state=EditState.KEEP_ALL) for group in result.groups))
    settings = dedupe.Settings(store=scanned.store, jobs=1)
    assert _selected(dedupe.scan(scanned.photos, settings)) == []


def test_a_scan_of_another_folder_replaces_neither_the_scan_nor_its_decisions(
    tmp_path: Path, monkeypatch: Patch, capfdbinary: Capture
) -> None:
    scanned, words, result = _first_scan(tmp_path, monkeypatch, capfdbinary)
    scanned.review(*(GroupEdit(group.id, state=EditState.KEEP_ALL) for group in result.groups))
    album(tmp_path / "other")
    other = run(monkeypatch, capfdbinary, words[0], str(tmp_path / "other"), *words[2:])
    assert (other.code, other.err) == (0, "")
    listed = run(monkeypatch, capfdbinary, "review", "--list", "--store", scanned.store).out.decode()
    assert f"{len(result.groups)} decided  {scanned.photos}" in listed
    assert f" decided  {tmp_path / 'other'}" in listed
    said = ("apply", str(scanned.photos), "--move-to", str(scanned.away), "--yes", "--store", scanned.store)
    assert run(monkeypatch, capfdbinary, *said).code == 0
    assert not scanned.away.exists()


def test_a_dry_run_keeps_the_decisions(tmp_path: Path, monkeypatch: Patch, capfdbinary: Capture) -> None:
    scanned, words, result = _first_scan(tmp_path, monkeypatch, capfdbinary)
    scanned.review(*(GroupEdit(group.id, state=EditState.KEEP_ALL) for group in result.groups))
    told = run(monkeypatch, capfdbinary, *words, "--trash", "--dry-run")
    assert (told.code, "Nothing to do" in told.out.decode()) == (0, True)
    with Decisions(scanned.paths.decisions) as memory:
        assert [edit.state for edit in memory.edits().values()] == [EditState.KEEP_ALL] * len(result.groups)
