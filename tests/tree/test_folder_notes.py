"""What lists of a folder and files below it say of one photo: they cannot move along, so their content must not get lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedupe.formats.inventory import unpacked
from dedupe.tree.folder_notes import FolderNotes
from dedupe.types import CompanionKind

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
    assert topics(tmp_path, name) == expected
    assert bool(FolderNotes().of(str(tmp_path / name))) == bool(expected)


def test_a_description_in_a_list_of_the_folder_is_the_caption_of_its_photo(tmp_path: Path) -> None:
    (tmp_path / "descript.ion").write_bytes(
        'a.jpg At sea\r\n"with space.jpg" Gro\u00dfmutter\x04\xc2\r\nempty.jpg \r\n'.encode("cp1252", "replace")
    )
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
