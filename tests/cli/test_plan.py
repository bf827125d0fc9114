"""A plan can be written, edited and acted on, and never makes anything leave that the scan did not verify."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dedupe.library.scans import EditState, GroupEdit
from dedupe.review.plan_file import HELD, planned, read_plan, write_plan
from dedupe.types import Photo, Relation, ScanResult
from tests.cli.made import Scanned
from tests.queries.made import run

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[bytes]


@pytest.fixture
def scanned(tmp_path: Path) -> Scanned:
    return Scanned(tmp_path)


class Plan:
    """A plan of ``pairs`` pairs on the disk, to be edited."""

    def __init__(self, scanned: Scanned, pairs: int) -> None:
        self.path = scanned.base / "plan.json"
        write_plan(scanned.scan(pairs), str(self.path))
        self.data: dict[str, Any] = json.loads(self.path.read_text())

    def save(self) -> str:
        self.path.write_text(json.dumps(self.data))
        return str(self.path)


def apply(scanned: Scanned, monkeypatch: Patch, capture: Capture, plan: str) -> Any:
    return run(
        monkeypatch, capture, "apply", "--plan", plan, "--move-to", str(scanned.away), "--yes", "--store", scanned.store
    )


def test_a_plan_that_nobody_edited_does_what_the_scan_proposed(
    scanned: Scanned, monkeypatch: Patch, capfdbinary: Capture
) -> None:
    plan = Plan(scanned, 3)
    assert [entry["remove"] for entry in plan.data["copies"]] == [True] * 3
    assert apply(scanned, monkeypatch, capfdbinary, plan.save()).code == 0
    assert scanned.gone() == ["0.jpg", "1.jpg", "2.jpg"]


def test_what_was_turned_off_or_taken_out_stays(scanned: Scanned, monkeypatch: Patch, capfdbinary: Capture) -> None:
    plan = Plan(scanned, 3)
    plan.data["copies"][0]["remove"] = False
    del plan.data["copies"][1]
    assert apply(scanned, monkeypatch, capfdbinary, plan.save()).code == 0
    assert scanned.gone() == ["2.jpg"]


@pytest.mark.parametrize(
    ("state", "selected"),
    [
        (EditState.KEEP_ALL, None),
        (EditState.SKIPPED, None),
        (EditState.NOT_DUPLICATES, None),
        (EditState.ACCEPTED, ()),
        (EditState.OPEN, ()),
    ],
)
def test_what_a_person_let_stay_in_a_review_no_plan_lets_go(
    scanned: Scanned,
    monkeypatch: Patch,
    capfdbinary: Capture,
    state: EditState,
    selected: tuple[str, ...] | None,
) -> None:
    plan = Plan(scanned, 3)
    result = scanned.scan(3)
    scanned.review(GroupEdit(result.groups[0].id, selected=selected, state=state))
    scanned.review(GroupEdit(result.groups[1].id, state=EditState.ACCEPTED))
    told = apply(scanned, monkeypatch, capfdbinary, plan.save())
    assert told.code == 1
    assert "0.jpg: you let it stay in a review; skipped." in told.out.decode() + told.err
    assert scanned.gone() == ["1.jpg", "2.jpg"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("path", "keep/0.jpg", "not in the last scan"),
        ("path", "nowhere.jpg", "not in the last scan"),
        ("keep", "old/1.jpg", "keeps another photo for it"),
        ("content", "00" * 16, "changed since the plan was written"),
    ],
)
def test_a_forged_entry_makes_nothing_leave_and_is_named(
    scanned: Scanned, monkeypatch: Patch, capfdbinary: Capture, key: str, value: str, said: str
) -> None:
    plan = Plan(scanned, 2)
    path = value if key == "content" else str(scanned.photos / value)
    plan.data["copies"][0][key] = path
    told = apply(scanned, monkeypatch, capfdbinary, plan.save())
    assert told.code == 1
    assert f"{said}; skipped." in told.out.decode()
    assert scanned.gone() == ["1.jpg"]


def with_edits(result: ScanResult, *, of_copy: str, of_keeper: str) -> ScanResult:
    """The scan with an edit beside the photos of its first group, the contents of both told."""

    def one(photo: Photo, content: str) -> Photo:
        edit = replace(photo, file=replace(photo.file, path=f"{photo.path}.e"), content_key=content.encode())
        return replace(photo, members=(edit,))

    first, *others = result.groups
    [extra] = first.extras
    extra = replace(extra, photo=one(extra.photo, of_copy))
    return replace(result, groups=(replace(first, keep=one(first.keep, of_keeper), extras=(extra,)), *others))


def another_keeper(result: ScanResult) -> ScanResult:
    """The scan with other bytes in the photo of the first group that stays."""
    first, *others = result.groups
    return replace(result, groups=(replace(first, keep=replace(first.keep, content_key=b"cropped")), *others))


def less_safe(result: ScanResult) -> ScanResult:
    """The scan with an edit where there was a re-save."""
    first, *others = result.groups
    [extra] = first.extras
    edited = replace(extra, relation=Relation.EDITED, selected=False)
    return replace(result, groups=(replace(first, extras=(edited,)), *others))


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (lambda scan: with_edits(scan, of_copy="new", of_keeper="edit"), "a file beside them changed"),
        (lambda scan: with_edits(scan, of_copy="edit", of_keeper="new"), "a file beside them changed"),
        (lambda scan: another_keeper(with_edits(scan, of_copy="edit", of_keeper="edit")), "the photo that stays"),
        (less_safe, "the last scan calls it edited, the plan resaved"),
    ],
    ids=["edit of the copy", "edit of the keeper", "keeper", "relation"],
)
def test_a_plan_lets_nothing_go_that_a_later_scan_found_otherwise(
    scanned: Scanned, later: Callable[[ScanResult], ScanResult], said: str
) -> None:
    result, path = scanned.scan(2), str(scanned.base / "plan.json")
    before = result if later is less_safe else with_edits(result, of_copy="edit", of_keeper="edit")
    write_plan(before, path)
    found = planned(later(result), read_plan(path))
    assert [extra.selected for group in found.result.groups for extra in group.extras] == [False, True]
    [refused] = found.refused
    assert said in refused
    assert planned(before, read_plan(path)).refused == ()


def test_a_plan_of_another_program_need_not_say_what_dedupe_adds(scanned: Scanned) -> None:
    plan = Plan(scanned, 1)
    for key in ("relation", *HELD):
        del plan.data["copies"][0][key]
    found = planned(scanned.scan(1), read_plan(plan.save()))
    assert (found.refused, [group.extras[0].selected for group in found.result.groups]) == ((), [True])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not valid JSON"),
        ("[]", "is not a dedupe plan"),
        ('{"plan": 99, "roots": [], "copies": []}', "its version is 99"),
        ('{"plan": 2, "roots": ["/nowhere"], "copies": []}', "There is no scan of /nowhere"),
        (
            '{"plan": 2, "roots": [], "copies": [{"path": "/a", "keep": "/b", "remove": 1, "content": ""}]}',
            "neither true",
        ),
    ],
)
def test_what_is_no_plan_is_refused_in_one_sentence(
    scanned: Scanned, monkeypatch: Patch, capfdbinary: Capture, text: str, said: str
) -> None:
    Plan(scanned, 1)
    before = scanned.snapshot()
    wrong = scanned.base / "wrong.json"
    wrong.write_text(text)
    told = apply(scanned, monkeypatch, capfdbinary, str(wrong))
    assert (told.code, told.out, told.err.count("\n")) == (2, b"", 1)
    assert said in told.err
    assert scanned.snapshot() == before


def test_a_plan_never_replaces_another_file(scanned: Scanned, monkeypatch: Patch, capfdbinary: Capture) -> None:
    scanned.scan(1)
    photo = scanned.photos / "keep" / "0.jpg"
    before = scanned.snapshot()
    told = run(
        monkeypatch,
        capfdbinary,
        "scan",
        str(scanned.photos),
        "--plan",
        str(photo),
        "--store",
        str(scanned.base / "n.db"),
    )
    assert told.code == 2
    assert scanned.snapshot() == before


@pytest.mark.skipif(os.name == "nt", reason="such a name needs POSIX")
def test_a_name_that_is_not_text_survives_the_plan(scanned: Scanned, monkeypatch: Patch, capfdbinary: Capture) -> None:
    scanned.photos.mkdir()
    for folder in ("keep", "old"):
        (scanned.photos / folder).mkdir()
        path = os.path.join(os.fsencode(scanned.photos), folder.encode(), b"\xff.jpg")
        with open(path, "wb") as file:
            file.write(b"p\n")
        os.utime(path, ns=(1_400_000_000_000_000_000,) * 2)
    from tests.support import fake_scan

    result = fake_scan(scanned.photos)
    scanned.save(result)
    plan = scanned.base / "plan.json"
    write_plan(result, str(plan))
    told = apply(scanned, monkeypatch, capfdbinary, str(plan))
    assert told.code == 0, told
    assert not os.listdir(scanned.photos / "old")


def test_the_result_of_acting_is_json_where_that_is_asked_for(
    scanned: Scanned, monkeypatch: Patch, capfdbinary: Capture
) -> None:
    scanned.scan(2)
    store = ("--store", scanned.store)
    told = run(monkeypatch, capfdbinary, "apply", "--move-to", str(scanned.away), "--yes", "--json", *store)
    done = json.loads(told.out)
    assert (done["run"], done["kind"], done["photos"], done["undo"]) == (1, "move", 2, "dedupe undo 1")
    assert {Path(one["files"][0]["path"]).name for one in done["outcomes"]} == {"0.jpg", "1.jpg"}
    assert all(Path(one["files"][0]["to"]).exists() for one in done["outcomes"])
    runs = json.loads(run(monkeypatch, capfdbinary, "history", "--json", *store).out)["runs"]
    assert [(one["run"], one["photos"], one["undoable"]) for one in runs] == [(1, 2, True)]
    undone = json.loads(run(monkeypatch, capfdbinary, "undo", "--yes", "--json", *store).out)
    assert (undone["run"], undone["photos"], undone["skipped"]) == (1, 2, [])
    assert scanned.gone() == []
    for words in (["cache", "info"], ["cache", "prune"], ["cache", "clear"], ["models"], ["review", "--decisions"]):
        more = () if words == ["models"] else store
        assert isinstance(json.loads(run(monkeypatch, capfdbinary, *words, "--json", *more).out), dict)
