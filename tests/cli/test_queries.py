"""search, compare and check as they are typed: what stdout carries, what stderr, and the exit code."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.queries.made import Library, Ran, run
from tests.support import tree_snapshot


@pytest.fixture
def dedupe(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> object:
    """Runs a command on a store of its own that knows the album."""
    mine = library.copied(tmp_path)

    def ran(*arguments: str | bytes) -> Ran:
        return run(monkeypatch, capfdbinary, *arguments, "--store", str(mine.store))

    return ran


def test_search_prints_the_nearest_with_their_relation(library: Library, dedupe) -> None:  # type: ignore[no-untyped-def]
    ran = dedupe("search", library.path("phone/crop.jpg"), str(library.photos), "-k", "4")
    assert (ran.code, ran.err) == (0, "")
    first, heading, *lines = ran.out.decode().splitlines()
    rows = [line for line in lines if "/" in line]
    assert [line.strip() for line in lines if line not in rows] == ["lacks what the query has: a higher resolution"]
    assert first == f"Query  {library.path('phone/crop.jpg')}"
    assert heading.split() == ["#", "distance", "relation", "pixels", "size", "taken", "path"]
    assert all(row.index("/") == heading.index("path") for row in rows)
    assert [row.split()[0] for row in rows] == ["1", "2", "3", "4"]
    assert [row.split()[2] for row in rows] == ["edited"] * 3 + ["–"]


def test_search_writes_json_alone_on_stdout(library: Library, dedupe) -> None:  # type: ignore[no-untyped-def]
    ran = dedupe("search", library.path("web"), str(library.photos), "-k", "2", "--json")
    said = json.loads(ran.out)
    assert ran.code == 0
    assert list(said) == ["schema", "dedupe", "model", "roots", "queries", "skipped"]
    assert [os.path.basename(one["path"]) for one in said["queries"]] == ["cat.png", "cat.tiff"]
    found = said["queries"][0]["found"][0]
    assert (found["relation"], found["width"], found["height"]) == ("same-pixels", 300, 451)
    assert set(found) >= {"path", "bytes", "taken", "taken_from", "distance", "why", "loses"}


def test_search_saves_the_contact_sheet_and_never_over_a_photo(
    library: Library,
    dedupe,  # type: ignore[no-untyped-def]
    tmp_path: Path,
) -> None:
    asked = ("search", library.path("phone/crop.jpg"), str(library.photos), "--save")
    assert dedupe(*asked, str(tmp_path / "sheet.png")).code == 0
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    photo = tmp_path / "photos" / "camera" / "coffee.jpg"
    before = tree_snapshot(tmp_path)
    for bad in (str(photo), str(tmp_path / "sheet.png"), str(tmp_path / "sheet.bmp"), "/not/there/sheet.png"):
        ran = dedupe(*asked, bad)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, b"", 1)
    assert tree_snapshot(tmp_path) == before


def test_search_shows_the_sheet_in_the_systems_viewer(
    library: Library,
    dedupe,  # type: ignore[no-untyped-def]
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bin_, shown = tmp_path / "bin", tmp_path / "shown"
    bin_.mkdir()
    (bin_ / "xdg-open").write_text(f'#!/bin/sh\ncp "$1" {shown}.part && mv {shown}.part {shown}\n')
    (bin_ / "xdg-open").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    ran = dedupe("search", library.path("phone/crop.jpg"), str(library.photos), "-k", "2", "--show")
    sheet = next(tmp_path.glob("dedupe-*.png"))
    assert (ran.code, ran.err) == (0, f"Opened in the viewer. The contact sheet is {sheet}.\n")
    for _ in range(200):
        if shown.exists():
            break
        __import__("time").sleep(0.05)
    assert shown.read_bytes().startswith(b"\x89PNG")


def test_without_a_desktop_search_says_where_the_sheet_is(
    library: Library,
    dedupe,  # type: ignore[no-untyped-def]
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    ran = dedupe("search", library.path("phone/crop.jpg"), str(library.photos), "-k", "1", "--show")
    (sheet,) = tmp_path.glob("dedupe-*.png")
    assert (ran.code, ran.err.count("\n")) == (0, 1)
    assert "no desktop" in ran.err
    assert str(sheet) in ran.err
    assert sheet.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("b", "code", "said"),
    [
        ("old backup/astronaut.jpg", 0, "Duplicates: identical"),
        ("phone/crop.jpg", 0, "Duplicates: edited"),
        ("camera/coffee.jpg", 1, "Not duplicates"),
    ],
)
def test_compare_says_by_its_exit_code_whether_they_are_duplicates(
    library: Library,
    dedupe,  # type: ignore[no-untyped-def]
    tmp_path: Path,
    b: str,
    code: int,
    said: str,
) -> None:
    picture = tmp_path / "why.jpg"
    ran = dedupe("compare", library.path("camera/astronaut.jpg"), library.path(b), "--save", str(picture))
    assert (ran.code, ran.err) == (code, f"Saved {picture}.\n")
    assert said in ran.out.decode()
    assert picture.read_bytes().startswith(b"\xff\xd8")
    as_json = dedupe("compare", library.path("camera/astronaut.jpg"), library.path(b), "--json")
    assert as_json.code == code
    assert json.loads(as_json.out)["duplicates"] is (code == 0)


def test_check_answers_as_grep_does(library: Library, dedupe, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    have = dedupe("check", library.path("phone"), "--against", library.path("camera"), library.path("web"))
    assert have.code == 0
    assert have.out.decode().splitlines()[0] == "2 photos: 1 edited, 1 already there."
    new = dedupe("check", library.path("phone"), "--against", library.path("web"))
    assert (new.code, new.err) == (1, "")
    for wrong in (
        (library.path("phone"),),
        (library.path("phone"), "--against", str(tmp_path / "nowhere")),
        (str(tmp_path / "nowhere.jpg"), "--against", library.path("web")),
        ("--against", library.path("web")),
        (library.path("phone"), "--against", library.path("web"), "--print0", "all"),
        (library.path("phone"), "--against", library.path("web"), "--print0", "new,"),
        (library.path("phone"), "--against", library.path("web"), "--print0", "new", "--json"),
    ):
        assert dedupe("check", *wrong).code == 2


def test_of_many_copies_in_the_library_check_names_the_safest_and_counts_the_rest(
    library: Library,
    dedupe,  # type: ignore[no-untyped-def]
    tmp_path: Path,
) -> None:
    for number in range(5):
        shutil.copy(library.path("phone/crop.jpg"), tmp_path / "photos" / f"crop {number}.jpg")
    shown = dedupe("check", library.path("camera/astronaut.jpg"), "--against", str(tmp_path / "photos"))
    lines = shown.out.decode().splitlines()
    assert len(lines) == 8  # how many, a blank, the answer, the photo, three copies and how many more
    assert lines[4].split()[0] == "identical"
    assert lines[7].split()[:3] == ["and", "6", "more"]


def test_check_hands_the_bytes_of_the_paths_to_another_program(
    library: Library,
    dedupe,  # type: ignore[no-untyped-def]
    tmp_path: Path,
) -> None:
    card = os.fsencode(tmp_path / "card")
    os.mkdir(card)
    odd, plain = card + b"/\xff\n\x1b[31m.jpg", card + b"/b.jpg"
    shutil.copy(library.path("phone/crop.jpg"), odd)
    shutil.copy(library.path("camera/rocket.jpg"), plain)
    against = ("--against", library.path("camera"))
    assert dedupe("check", card, *against, "--print0", "have,edited").out == plain + b"\0" + odd + b"\0"
    ran = dedupe("check", card, "--against", library.path("web"), "--print0", "new")
    assert (ran.code, ran.out) == (1, plain + b"\0" + odd + b"\0")
    shown = dedupe("check", card, *against)
    assert not [byte for byte in shown.out if byte < 32 and byte != 10]
    said = json.loads(dedupe("check", card, *against, "--json").out)
    assert [one["verdict"] for one in said["checked"]] == ["have", "edited"]
    assert "path_b64" in said["checked"][1]


def test_what_stands_after_against_is_the_library_up_to_the_next_option(
    library: Library,
    dedupe,  # type: ignore[no-untyped-def]
) -> None:
    """A second folder taken for a new one would offer the library itself for removal."""
    ran = dedupe("check", library.path("web"), "--against", library.path("camera"), library.path("phone"), "--json")
    checked = [os.path.basename(one["path"]) for one in json.loads(ran.out)["checked"]]
    assert checked == ["cat.png", "cat.tiff"]


def test_files_that_could_not_be_read_are_named_where_they_are_few(
    library: Library,
    dedupe,  # type: ignore[no-untyped-def]
    tmp_path: Path,
) -> None:
    photos = tmp_path / "photos"
    asked = ("search", library.path("phone/crop.jpg"), str(photos), "-k", "1")
    (photos / "half.jpg").write_bytes((photos / "camera" / "coffee.jpg").read_bytes()[:9000])
    ran = dedupe(*asked)
    assert (ran.code, ran.err.count("\n")) == (0, 1)
    assert str(photos / "half.jpg") in ran.err
    for number in range(6):
        (photos / f"words {number}.jpg").write_text("words")
    assert dedupe(*asked).err == "7 files could not be read and were left out; --json lists them.\n"


def test_bad_queries_are_one_sentence_on_stderr_and_exit_2(library: Library, dedupe, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "notes.jpg").write_text("words")
    (tmp_path / "empty").mkdir()
    good, photos = library.path("phone/crop.jpg"), str(library.photos)
    before = tree_snapshot(library.photos)
    for wrong in (
        ("search", str(tmp_path / "notes.jpg"), photos),
        ("search", str(tmp_path / "missing.jpg"), photos),
        ("search", good),
        ("search", good, str(tmp_path / "empty")),
        ("search", good, str(tmp_path / "nowhere")),
        ("search", good, photos, "-k", "0"),
        ("search", good, photos, "--threshold", "7"),
        ("search", good, photos, "--model", "resnet"),
        ("compare", good, str(tmp_path / "notes.jpg")),
        ("compare", good, photos),
    ):
        ran = dedupe(*wrong)
        assert (ran.code, ran.out) == (2, b"")
        assert ran.err.startswith("dedupe: ")
        assert ran.err.count("\n") == 1
    assert tree_snapshot(library.photos) == before
