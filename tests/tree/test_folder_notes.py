"""What lists of a folder and files below it say of one photo: they cannot move along, so their content must not get lost."""

from __future__ import annotations

import errno
import os
import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from dedupe.formats.inventory import Item, unpacked
from dedupe.tree import folder_notes
from dedupe.tree.folder_notes import FolderNotes
from dedupe.types import Companion, CompanionKind

PICASA = """[Picasa]
name=Holiday
[Contacts2]
ab12=Ada Lovelace;;
[starred.jpg]
star=yes
backuphash=123
[faces.jpg]
faces=rect64(3f845bcb59418507),ab12;rect64(11112222aaaabbbb),ffff
[named.jpg]
caption=At sea
keywords=Venice,Summer
rotate=rotate(0)
[edited.jpg]
filters=crop64=1,2;
[seen.jpg]
backuphash=9
width=40
height=30
"""


def topics(folder: Path, name: str) -> list[str]:
    return sorted(item.topic for one in FolderNotes().of(str(folder / name)) for item in unpacked(one.inventory or ""))


def remarks(folder: Path, name: str = "a.jpg") -> tuple[Companion, ...]:
    return FolderNotes().of(str(folder / name))


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("starred.jpg", ["favourite"]),
        ("STARRED.JPG", ["favourite"]),
        ("faces.jpg", ["face", "face", "person"]),
        ("named.jpg", ["caption", "keyword", "keyword"]),
        ("edited.jpg", ["develop picasa filters"]),
        ("seen.jpg", []),
        ("other.jpg", []),
    ],
)
def test_what_picasa_keeps_of_a_photo_is_content_and_what_it_notes_for_itself_is_none(
    tmp_path: Path, name: str, expected: list[str]
) -> None:
    (tmp_path / ".picasa.ini").write_text(PICASA, "utf-8")
    (tmp_path / name).touch()
    assert topics(tmp_path, name) == expected
    assert bool(FolderNotes().of(str(tmp_path / name))) == bool(expected)


def test_a_description_in_a_list_of_the_folder_is_the_caption_of_its_photo(tmp_path: Path) -> None:
    (tmp_path / "descript.ion").write_bytes(
        'a.jpg At sea\r\n"with space.jpg" Gro\u00dfmutter\x04\xc2\r\nempty.jpg \r\n'.encode("cp1252", "replace")
    )
    for name in ("a.jpg", "with space.jpg", "empty.jpg", "space.jpg"):
        (tmp_path / name).touch()
    assert topics(tmp_path, "a.jpg") == topics(tmp_path, "with space.jpg") == ["caption"]
    assert topics(tmp_path, "empty.jpg") == topics(tmp_path, "space.jpg") == []


@pytest.mark.parametrize("text", ["[a.jpg\nstar=yes", "star=yes\n[a.jpg]\n"])
def test_a_list_that_cannot_be_read_holds_every_photo_of_its_folder(tmp_path: Path, text: str) -> None:
    (tmp_path / ".picasa.ini").write_text(text)
    (found,) = FolderNotes().of(str(tmp_path / "a.jpg"))
    assert found.kind is CompanionKind.FOLDER and found.inventory is None


@pytest.mark.parametrize(
    "below",
    ["NKSC_PARAM/a.nef.nksc", "CaptureOne/Settings153/a.nef.cos", ".comments/a.nef.xml", ".picasaoriginals/a.nef"],
)
def test_an_edit_that_a_program_keeps_in_a_folder_of_its_own_is_seen(tmp_path: Path, below: str) -> None:
    path = tmp_path / below
    path.parent.mkdir(parents=True)
    path.write_bytes(b"settings")
    (found,) = FolderNotes().of(str(tmp_path / "A.NEF"))
    assert found.kind is CompanionKind.ELSEWHERE and found.path == str(path)
    assert FolderNotes().of(str(tmp_path / "b.nef")) == ()


@pytest.mark.parametrize(("form", "other"), [("NFC", "NFD"), ("NFD", "NFC")])
@pytest.mark.parametrize("kept_in", [".picasa.ini", "descript.ion"])
def test_a_name_with_accents_is_found_in_either_way_of_writing_them(
    tmp_path: Path, form: Literal["NFC", "NFD"], other: Literal["NFC", "NFD"], kept_in: str
) -> None:
    name = unicodedata.normalize(form, "M\u00fcller.jpg")
    fill(tmp_path, name)
    listed = unicodedata.normalize(other, name)
    text = f"[{listed}]\nstar=yes\n" if kept_in == ".picasa.ini" else f"{listed} At sea\n"
    (tmp_path / kept_in).write_text(text, "utf-8")
    assert topics(tmp_path, name) == (["favourite"] if kept_in == ".picasa.ini" else ["caption"])


@pytest.mark.parametrize("page", ["cp850", "cp437", "cp1252", "utf-8", "utf-16", "cp866"])
def test_a_description_is_found_whatever_code_page_its_list_was_written_in(tmp_path: Path, page: str) -> None:
    name = "\u0421\u043e\u043d.jpg" if page == "cp866" else "M\u00fcller.jpg"
    fill(tmp_path, name, "a.jpg")
    (tmp_path / "descript.ion").write_bytes(f"a.jpg sea\r\n{name} At sea\r\n".encode(page))
    assert topics(tmp_path, name) == topics(tmp_path, "a.jpg") == ["caption"]


UNKNOWN = {
    "a NUL": (".picasa.ini", b"[b.jpg]\nstar=yes\n\0[a.jpg]\nstar=yes\n"),
    "UTF-16 without its mark": ("descript.ion", "a.jpg At sea\r\n".encode("utf-16-le")),
    "half a letter of UTF-16": ("descript.ion", b"\xff\xfea\0.\0j"),
    "a name that no file has": ("descript.ion", b"a.jpg Sea\r\nIMG_00~1.JPG At sea\r\n"),
    "a name with spaces and two endings, without its quotes": ("descript.ion", b"c.jpg copy.jpg At sea\r\n"),
    "an old name in letters of another character set": (
        "descript.ion",
        "a.jpg Sea\r\n\u043c\u0430.jpg At sea\r\n".encode("koi8-r"),
    ),
    "a name with a space, without its quotes": ("descript.ion", b"with space.jpg At sea\r\n"),
    "a shortened name": (".picasa.ini", b"[M?ller.jpg]\nstar=yes\n"),
    "a name in another character set": (".picasa.ini", "[\u043c.jpg]\nstar=yes\n".encode("koi8-r")),
    "a caption on two lines": (".picasa.ini", b"[a.jpg]\ncaption=At sea\nin summer\n"),
}


@pytest.mark.parametrize(("kept_in", "data"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_list_that_is_not_understood_whole_may_say_anything_of_every_photo(
    tmp_path: Path, kept_in: str, data: bytes
) -> None:
    fill(tmp_path, "a.jpg", "b.jpg", "with space.jpg", "c.jpg copy.jpg", "\u043c.jpg")
    (tmp_path / kept_in).write_bytes(data)
    assert [one.inventory for one in remarks(tmp_path)] == [None]


def test_a_star_or_description_of_a_photo_that_is_gone_holds_no_other(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg")
    (tmp_path / "descript.ion").write_text("gone.jpg At sea\n")
    (tmp_path / ".picasa.ini").write_text("[gone.jpg]\nstar=yes\n[fort\u00e9.jpg]\nstar=yes\n", "utf-8")
    assert remarks(tmp_path) == ()


def test_what_a_list_says_twice_of_a_photo_adds_up(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg")
    (tmp_path / ".picasa.ini").write_text(
        "[a.jpg]\ncaption=At sea\n[A.JPG]\nbackuphash=1\n[a.jpg]\ncaption=In summer\nstar=yes\n"
    )
    assert topics(tmp_path, "a.jpg") == ["caption", "caption", "favourite"]


@pytest.mark.parametrize("kept_in", ["picasa.ini", "Picasa.ini", "PICASA.INI", ".Picasa.ini", "DESCRIPT.ion"])
def test_the_case_of_a_lists_own_name_does_not_count(tmp_path: Path, kept_in: str) -> None:
    fill(tmp_path, "a.jpg")
    (tmp_path / kept_in).write_text("[a.jpg]\nstar=yes\n" if "icasa" in kept_in.lower() else "a.jpg At sea\n")
    assert len(topics(tmp_path, "a.jpg")) == 1


@pytest.mark.parametrize("made", ["link", "loose link", "folder"])
def test_a_list_that_is_no_plain_file_may_say_anything(tmp_path: Path, made: str) -> None:
    fill(tmp_path, "a.jpg")
    kept = tmp_path / "elsewhere"
    if made == "link":
        kept.write_text("[b.jpg]\nstar=yes\n")
    (tmp_path / ".picasa.ini").mkdir() if made == "folder" else (tmp_path / ".picasa.ini").symlink_to(kept)
    assert [one.inventory for one in remarks(tmp_path)] == [None]


@pytest.mark.parametrize("call", ["lstat", "listdir"])
@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
def test_where_the_disk_does_not_answer_a_list_may_say_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    fill(tmp_path, "a.jpg", ".picasa.ini")

    def fails(path: str) -> None:
        raise OSError(number, "no answer", path)

    monkeypatch.setattr(folder_notes.os, call, fails)
    assert [one.inventory for one in remarks(tmp_path)] == [None]


def test_a_folder_of_settings_that_cannot_be_listed_may_hold_some_of_every_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "a.jpg")
    (tmp_path / "NKSC_PARAM").mkdir()
    real = os.listdir

    def fails(path: str) -> list[str]:
        if path.endswith("NKSC_PARAM"):
            raise PermissionError(errno.EACCES, "no", path)
        return real(path)

    monkeypatch.setattr(folder_notes.os, "listdir", fails)
    assert [one.inventory for one in remarks(tmp_path)] == [None]


def test_of_two_names_that_differ_in_case_alone_each_has_only_its_own_star(tmp_path: Path) -> None:
    fill(tmp_path, "IMG.JPG", "img.jpg")
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this volume holds no two names that differ in case alone")
    (tmp_path / ".picasa.ini").write_text("[img.jpg]\nstar=yes\n[IMG.JPG]\ncaption=At sea\n")
    assert (topics(tmp_path, "img.jpg"), topics(tmp_path, "IMG.JPG")) == (["favourite"], ["caption"])
    (tmp_path / ".picasa.ini").write_text("[Img.jpg]\nstar=yes\n")
    assert [one.inventory for name in ("img.jpg", "IMG.JPG") for one in remarks(tmp_path, name)] == [None, None]


@pytest.mark.parametrize(
    "said", ["geotag=nan,nan", "geotag=inf,5", "geotag=95,200", "geotag=here", "star=no", "faces=odd"]
)
def test_what_a_list_says_in_a_way_not_known_is_no_place_star_or_face(tmp_path: Path, said: str) -> None:
    """It must not get lost, and proves nothing of the photo that stays."""
    fill(tmp_path, "a.jpg")
    (tmp_path / ".picasa.ini").write_text(f"[a.jpg]\n{said}\n")
    key, _, value = said.partition("=")
    assert [list(unpacked(one.inventory or "")) for one in remarks(tmp_path)] == [[Item.of(f"picasa {key}", value)]]
