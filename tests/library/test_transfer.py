"""Decisions go to another machine by what the photos hold, and hold there in the next scan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dedupe.cli import cache as command
from dedupe.errors import UsageError
from dedupe.library.decisions import Decisions
from dedupe.library.pairs import DecisionKind
from dedupe.library.paths import StorePaths
from dedupe.library.scans import EditState, GroupEdit
from dedupe.types import Extra, FileStamp, Group, Photo, PhotoFile, Relation, ScanResult, Stats
from tests.library import made


@pytest.fixture
def there(tmp_path: Path) -> str:
    """The decisions of one machine: a group of two that was decided on, and a pair."""
    store = str(tmp_path / "there.db")
    photos = [made.photo(f"/there/{name}.jpg", name, name) for name in "ab"]
    with Decisions(StorePaths.at(store).decisions) as decisions:
        decisions.save_scan(scanned("/there", photos))
        decisions.put_edit(GroupEdit("group", state=EditState.KEEP_ALL))
        decisions.mark_not_duplicates(made.photo("/there/c.jpg", "c", "c"), made.photo("/there/d.jpg", "d", "d"))
        decisions.choose_keeper(made.photo("/there/e.jpg", "e", "e"), [made.photo("/there/f.jpg", "f", "f")])
    return store


def scanned(root: str, photos: list[Photo]) -> ScanResult:
    extras = tuple(Extra(photo, Relation.RESAVED, 0.1, True, keeper=photos[0].path) for photo in photos[1:])
    group = Group("group", photos[0], "the largest", extras)
    return ScanResult("compact-3", 0.8, (root,), (group,), (), (), Stats(2, 2, 1, 1, 0, {}))


def elsewhere(name: str) -> Photo:
    """The same photo on the other machine: another path, another file."""
    path = f"/here/2019/{name}.jpg"
    return replace(made.photo(path, name, name), file=PhotoFile(path, "/here", FileStamp(9, 8, 7, 6, 5)))


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(command.app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def carried(there: str, tmp_path: Path) -> tuple[str, str]:
    """The store of the other machine after the import, and what the import said."""
    file, here = str(tmp_path / "decisions.json"), str(tmp_path / "here.db")
    assert run("export", file, "--store", there).output == ""
    return here, run("import", file, "--store", here).output


def test_what_was_decided_there_holds_here_for_the_same_photos_at_other_paths(there: str, tmp_path: Path) -> None:
    here, said = carried(there, tmp_path)
    assert said == "Took in 1 decision on groups and 2 decisions on pairs of photos. Scan again to see them.\n"
    with Decisions(StorePaths.at(here).decisions) as decisions:
        assert decisions.not_duplicates(elsewhere("c"), elsewhere("d"))
        assert decisions.chosen_keeper([elsewhere("f"), elsewhere("e")]) == elsewhere("e")
        assert decisions.save_scan(scanned("/here", [elsewhere("a"), elsewhere("b")])).carried == 1
        assert decisions.edits()["group"].state is EditState.KEEP_ALL


def test_a_photo_that_was_saved_again_here_is_known_by_its_pixels(there: str, tmp_path: Path) -> None:
    here, _ = carried(there, tmp_path)
    with Decisions(StorePaths.at(here).decisions) as decisions:
        retagged = replace(elsewhere("c"), content_key=made.key("with another caption"))
        assert decisions.not_duplicates(retagged, elsewhere("d"))


def test_importing_twice_adds_nothing(there: str, tmp_path: Path) -> None:
    here, _ = carried(there, tmp_path)
    again = run("import", str(tmp_path / "decisions.json"), "--store", here).output
    assert again.startswith("Took in 0 decisions on groups and 0 decisions on pairs")
    with Decisions(StorePaths.at(here).decisions) as decisions:
        assert [one.kind for one in decisions.made()] == [DecisionKind.NOT_DUPLICATES, DecisionKind.KEEPER]


def test_a_newer_decision_here_is_not_replaced_by_an_older_one_from_there(
    there: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = str(tmp_path / "here.db")
    file = tmp_path / "decisions.json"
    run("export", str(file), "--store", there)
    with Decisions(StorePaths.at(here).decisions) as decisions:
        decisions.save_scan(scanned("/here", [elsewhere("a"), elsewhere("b")]))
        monkeypatch.setattr("dedupe.library.scans.time.time", lambda: 4e9)
        decisions.put_edit(GroupEdit("group", state=EditState.SKIPPED))
        monkeypatch.undo()
        decisions.save_scan(scanned("/here", [elsewhere("a"), elsewhere("b")]))
    assert run("import", str(file), "--store", here).output.startswith("Took in 0 decisions on groups")
    with Decisions(StorePaths.at(here).decisions) as decisions:
        decisions.save_scan(scanned("/here", [elsewhere("a"), elsewhere("b")]))
        assert decisions.edits()["group"].state is EditState.SKIPPED


def test_accepted_there_lets_nothing_leave_here_that_holds_other_bytes(there: str, tmp_path: Path) -> None:
    with Decisions(StorePaths.at(there).decisions) as decisions:
        decisions.put_edit(GroupEdit("group", state=EditState.ACCEPTED))
    here, _ = carried(there, tmp_path)
    edited = replace(elsewhere("b"), content_key=made.key("with another caption"))
    result = scanned("/here", [elsewhere("a"), edited])
    kept = replace(result.groups[0], extras=(replace(result.groups[0].extras[0], selected=False),))
    with Decisions(StorePaths.at(here).decisions) as decisions:
        decisions.save_scan(replace(result, groups=(kept,)))
        assert "group" not in decisions.edits() or decisions.edits()["group"].state is EditState.OPEN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "no JSON",
        '{"dedupe_decisions":1}',
        '{"dedupe_decisions":1,"pairs":[],"groups":[{"photos":[],"stays":0,"chosen":false,"state":"open","made_at":1}]}',
        '{"dedupe_decisions":1,"pairs":[{"id":1,"kind":"keeper","a":{"content_key":"","pixel_key":null,"path":"/a"},'
        '"b":{"content_key":"00","pixel_key":null,"path":"/b"},"made_at":1}],"groups":[]}',
        '{"dedupe_decisions":1,"pairs":[{"id":1,"kind":"keeper","a":{"content_key":"00","pixel_key":null,"path":"\\ud800"},'
        '"b":{"content_key":"00","pixel_key":null,"path":"/b"},"made_at":1}],"groups":[]}',
        '{"dedupe_decisions":2,"pairs":[],"groups":[]}',
    ],
)
def test_a_file_that_holds_no_decisions_is_one_sentence_and_changes_nothing(tmp_path: Path, text: str) -> None:
    file, here = tmp_path / "file.json", tmp_path / "here.db"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"\.$"):
        run("import", str(file), "--store", str(here))
    assert not here.exists()


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        run("import", str(tmp_path / "none.json"))


def test_a_photo_is_never_overwritten_by_an_export(there: str, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(UsageError):
        run("export", str(tmp_path / "photo.jpg"), "--store", there)
    assert (tmp_path / "photo.jpg").read_bytes() == b"\xff\xd8\xff"


def test_where_nothing_was_decided_nothing_is_written(tmp_path: Path) -> None:
    assert (
        "Nothing is remembered yet" in run("export", str(tmp_path / "x.json"), "--store", str(tmp_path / "x.db")).output
    )
    assert list(tmp_path.iterdir()) == []
