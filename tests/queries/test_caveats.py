"""Nothing is said to be there where one of the two is damaged, or where they are shown turned against each other."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image

import dedupe
from dedupe.queries.report import check_json, search_json
from tests.album import jpeg, photo


def put(path: Path, data: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(path)


@pytest.fixture
def settings(tmp_path: Path) -> dedupe.Settings:
    return dedupe.Settings(store=str(tmp_path / "library.db"), jobs=1)


def both_ways(one: str, other: str, settings: dedupe.Settings) -> list[tuple[str, str]]:
    """The verdict and the note of each where the other is the library."""
    said = []
    for new, library in ((one, other), (other, one)):
        answer = json.loads("".join(check_json(dedupe.check([new], [str(Path(library).parent)], settings))))
        said += [(entry["verdict"], entry["note"]) for entry in answer["checked"]]
    return said


def test_of_two_photos_of_which_one_is_rotten_neither_is_said_to_be_there(
    tmp_path: Path, settings: dedupe.Settings
) -> None:
    sound = jpeg(photo("chelsea"), 92)
    rotten = bytearray(sound)
    rotten[15] ^= 0x40  # in the header, so that no decoder warns
    one, other = put(tmp_path / "a" / "cat.jpg", sound), put(tmp_path / "b" / "cat.jpg", bytes(rotten))
    note = "differs in 1 byte: one of the two is damaged"
    assert both_ways(one, other, settings) == [("better", note), ("better", note)]
    (query,) = json.loads("".join(search_json(dedupe.search([one], [str(tmp_path / "b")], settings))))["queries"]
    assert [found["note"] for found in query["found"]] == [note]


@pytest.mark.parametrize(
    ("turned", "note"),
    [
        (Image.Transpose.ROTATE_270, "shown turned by 90°"),
        (Image.Transpose.ROTATE_180, "shown turned by 180°"),
        (Image.Transpose.FLIP_LEFT_RIGHT, "shown mirrored"),
    ],
)
def test_a_photo_that_is_there_turned_is_there_as_a_changed_version_only(
    tmp_path: Path, settings: dedupe.Settings, turned: Image.Transpose, note: str
) -> None:
    one = put(tmp_path / "a" / "cup.jpg", jpeg(photo("coffee"), 92))
    other = put(tmp_path / "b" / "cup.jpg", jpeg(photo("coffee").transpose(turned), 92))
    assert both_ways(one, other, settings) == [("edited", note), ("edited", note)]


def test_where_an_upright_copy_is_there_too_the_photo_is_there(tmp_path: Path, settings: dedupe.Settings) -> None:
    cup, buffer = photo("coffee"), io.BytesIO()
    new = put(tmp_path / "new" / "cup.jpg", jpeg(cup, 80))
    put(tmp_path / "library" / "turned.jpg", jpeg(cup.transpose(Image.Transpose.ROTATE_180), 92))
    cup.save(buffer, "PNG")
    put(tmp_path / "library" / "upright.png", buffer.getvalue())
    (checked,) = dedupe.check([new], [str(tmp_path / "library")], settings).checked
    assert (checked.verdict, checked.caveat) == ("have", None)
