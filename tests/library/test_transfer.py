"""Decisions go to another machine by what the photos hold, and hold there in the next scan."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dedupe.cli import cache as command
from dedupe.errors import StoreError, UsageError
from dedupe.library import remember
from dedupe.library.decisions import Decisions
from dedupe.library.pairs import DecisionKind
from dedupe.library.paths import StorePaths
from dedupe.library.scans import EditState, GroupEdit
from dedupe.library.transfer import read
from dedupe.types import Extra, FileStamp, Group, Photo, PhotoFile, Relation, ScanResult, Stats
from tests.library import made


def file_of(pair: str = "", group: str = "", **header: object) -> str:
    """A file of one pair and one group; ``name=JSON`` puts another value wherever that name stands."""

    def photo(name: str) -> dict[str, Any]:
        return {"content_key": name * 64, "pixel_key": None, "path": f"/{name}.jpg"}

    stamp = dict.fromkeys(("dev", "inode", "size", "mtime_ns", "ctime_ns"), 0)
    a_pair: dict[str, Any] = {"id": 1, "kind": "keeper", "a": photo("a"), "b": photo("b"), "made_at": 1}
    photos = [{**photo(name), "stamp": dict(stamp), "beside": ""} for name in "ab"]
    a_group: dict[str, Any] = {"photos": photos, "stays": 0, "chosen": True, "state": "accepted", "made_at": 1}
    for told, places in (
        (pair, (a_pair, a_pair["a"], a_pair["b"])),
        (group, (a_group, *photos, *(one["stamp"] for one in photos))),
    ):
        name, _, value = told.partition("=")
        for place in places:
            if name in place:
                place[name] = json.loads(value)
    return json.dumps({"dedupe_decisions": 1, "pairs": [a_pair], "groups": [a_group], **header})


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
        '{"dedupe_decisions":"x","pairs":[],"groups":[]}',
        '{"dedupe_decisions":0,"pairs":[],"groups":[]}',
        '{"dedupe_decisions":true,"pairs":[],"groups":[]}',
        *(file_of(pair=told) for told in ("made_at=-1", "made_at=9223372036854775808", 'made_at="x"', "made_at=null")),
        *(
            file_of(pair=told)
            for told in ("made_at=NaN", "made_at=true", "id=1.5", "path=5", "path=null", 'path="/a\\u0000b"')
        ),
        *(file_of(pair=told) for told in ('pixel_key=""', 'content_key="' + "aa" * 256 + '"')),
        *(
            file_of(group=told)
            for told in ('stays="0"', "stays=0.5", "stays=2", "stays=true", "stays=-1", 'chosen="x"')
        ),
        *(file_of(group=told) for told in ("made_at=-1" + "0" * 30, "made_at=null", 'size="x"', "path=5", "beside=5")),
        *(file_of(group=told) for told in ('path="/a\\u0000b"', 'content_key="' + "aa" * 256 + '"', "state=1")),
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


@pytest.mark.parametrize("file", ["x.json", "-"])
def test_where_nothing_was_decided_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.chdir(tmp_path)
    told = run("export", file, "--store", str(tmp_path / "x.db"))
    assert (told.exit_code, told.stdout, told.stderr) == (0, "", "Nothing is remembered yet.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_group_of_one_photo_is_no_decision() -> None:
    held = json.loads(file_of())
    del held["groups"][0]["photos"][1]
    with pytest.raises(UsageError):
        read(json.dumps(held), "file")


def test_a_newer_dedupe_is_named_whatever_its_file_holds() -> None:
    with pytest.raises(UsageError, match="newer dedupe"):
        read(file_of(dedupe_decisions=2, shots=[]), "file")


def test_a_decision_that_cannot_be_stored_leaves_nothing_of_the_others(tmp_path: Path) -> None:
    with Decisions(str(tmp_path / "here.db")) as decisions:
        decisions._db.connection.execute(
            "CREATE TEMP TRIGGER full BEFORE INSERT ON decisions BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
        with pytest.raises((StoreError, sqlite3.Error)):
            decisions.take_in(read(file_of(), "file"))
    with Decisions(str(tmp_path / "here.db")) as decisions:
        assert "accepted" not in decisions.exported()


@pytest.mark.parametrize("ahead", [0, 10**8])
def test_a_clock_that_is_ahead_there_does_not_overrule_what_was_decided_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    now = int(time.time())
    monkeypatch.setattr("time.time", lambda: now)
    a, b = made.photo("/a.jpg", "a", "a"), made.photo("/b.jpg", "b", "b")
    with Decisions(str(tmp_path / "there.db")) as decisions:
        monkeypatch.setattr("time.time", lambda: now + ahead)
        decisions.save_scan(scanned("/", [a, b]))
        decisions.put_edit(GroupEdit("group", state=EditState.ACCEPTED))
        decisions.choose_keeper(b, [a])
        held = read(decisions.exported(), "file")
    monkeypatch.setattr("time.time", lambda: now)
    with Decisions(str(tmp_path / "here.db")) as decisions:
        decisions.save_scan(scanned("/", [a, b]))
        decisions.put_edit(GroupEdit("group", state=EditState.NOT_DUPLICATES))
        decisions.choose_keeper(a, [b])
        taken = decisions.take_in(held)
        assert (taken.groups, taken.pairs) == (0, 0)
        assert decisions.chosen_keeper([a, b]) == a
        decisions.save_scan(scanned("/", [a, b]))
        assert decisions.edits()["group"].state is EditState.NOT_DUPLICATES


@pytest.mark.parametrize("later", [-5, 5])
def test_of_two_keepers_chosen_of_the_same_photos_the_newer_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: int
) -> None:
    now = int(time.time()) - 100
    a, b = made.photo("/a.jpg", "a", "a"), made.photo("/b.jpg", "b", "b")
    with Decisions(str(tmp_path / "here.db")) as here, Decisions(str(tmp_path / "there.db")) as there:
        for decisions, keep, over, when in ((here, a, b, now), (there, b, a, now + later)):
            monkeypatch.setattr("time.time", lambda when=when: when)
            decisions.choose_keeper(keep, [over])
        monkeypatch.undo()
        here.take_in(read(there.exported(), "file"))
        assert here.chosen_keeper([a, b]) == (b if later > 0 else a)


def test_what_a_file_says_of_stamps_is_never_believed(tmp_path: Path) -> None:
    with Decisions(str(tmp_path / "here.db")) as decisions:
        decisions.take_in(read(file_of(group="size=7"), "file"))
        assert '"size":7' not in decisions.exported()
        assert [review.photos[0].stamp.size for review in remember.reviews(decisions._db)] == [0]
