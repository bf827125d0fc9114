"""Which of these do I have already: where, what it is to the new one, and never a photo as a copy of itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dedupe
from dedupe.errors import MissingRootError, QueryError
from dedupe.library.decisions import Decisions
from tests.album import jpeg, photo
from tests.queries.made import Library
from tests.support import tree_snapshot


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A memory card: a photo the library has, and one it never saw."""
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "cat small.jpg").write_bytes(jpeg(photo("chelsea").resize((225, 150)), 80))
    blots = np.random.default_rng(3).integers(0, 256, (12, 16, 3), np.uint8)
    (folder / "new.jpg").write_bytes(jpeg(Image.fromarray(blots).resize((640, 480), Image.Resampling.BICUBIC)))
    return folder


def verdicts(result: dedupe.CheckResult) -> dict[str, str]:
    return {os.path.basename(one.photo.path): one.verdict for one in result.checked}


def test_each_new_photo_is_there_already_or_new(library: Library, tmp_path: Path, card: Path) -> None:
    mine = library.copied(tmp_path)
    before = tree_snapshot(mine.photos, card)
    result = dedupe.check([str(card)], [str(mine.photos)], mine.settings)
    assert tree_snapshot(mine.photos, card) == before
    assert verdicts(result) == {"cat small.jpg": "have", "new.jpg": "new"}
    cat = result.have[0]
    assert {os.path.basename(found.photo.path) for found in cat.have} == {"chelsea.jpg", "cat.png", "cat.tiff"}
    assert {found.relation for found in cat.have} == {dedupe.Relation.RESAVED}


def test_a_photo_better_than_the_one_there_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "card").mkdir()
    (tmp_path / "library" / "IMG-20240501-WA0001.jpg").write_bytes(jpeg(photo("coffee").resize((300, 200)), 60))
    (tmp_path / "card" / "DSC_1.jpg").write_bytes(jpeg(photo("coffee"), 95, taken="2024:05:01 12:00:00"))
    settings = dedupe.Settings(store=str(tmp_path / "library.db"), jobs=1)
    forth = dedupe.check([str(tmp_path / "card")], [str(tmp_path / "library")], settings)
    assert verdicts(forth) == {"DSC_1.jpg": "better"}
    back = dedupe.check([str(tmp_path / "library")], [str(tmp_path / "card")], settings)
    assert verdicts(back) == {"IMG-20240501-WA0001.jpg": "have"}


def test_a_photo_of_which_only_an_edited_version_is_there_is_not_had(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "card").mkdir()
    (tmp_path / "library" / "crop.jpg").write_bytes(jpeg(photo("coffee").crop((40, 30, 500, 360)), 90))
    (tmp_path / "card" / "DSC_1.jpg").write_bytes(jpeg(photo("coffee"), 92))
    settings = dedupe.Settings(store=str(tmp_path / "library.db"), jobs=1)
    result = dedupe.check([str(tmp_path / "card")], [str(tmp_path / "library")], settings)
    assert verdicts(result) == {"DSC_1.jpg": "edited"}
    assert (len(result.edited), result.have, result.new) == (1, (), ())
    assert [os.path.basename(found.photo.path) for found in result.edited[0].have] == ["crop.jpg"]
    (tmp_path / "library" / "again.jpg").write_bytes(jpeg(photo("coffee"), 80))
    result = dedupe.check([str(tmp_path / "card")], [str(tmp_path / "library")], settings)
    assert verdicts(result)["DSC_1.jpg"] in ("have", "better")


@pytest.mark.parametrize("keep", [(), ("path",), ("oldest", "name")])
def test_no_photo_is_better_for_its_age_name_or_path(tmp_path: Path, keep: tuple[str, ...]) -> None:
    """The same picture with another comment; the new file is older and has the shorter path."""
    picture = jpeg(photo("coffee"), 90)
    comment = b"\xff\xfe\x00\x08another"[:10]
    new, mine = tmp_path / "a" / "b.jpg", tmp_path / "library" / "holidays" / "IMG_0001 (1).jpg"
    for path, data in ((new, picture), (mine, picture[:2] + comment + picture[2:])):
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    os.utime(new, (1_000_000_000, 1_000_000_000))
    settings = dedupe.Settings(store=str(tmp_path / "library.db"), jobs=1)
    settings = replace(settings, keep=keep or settings.keep)
    (one,) = dedupe.check([str(new)], [str(tmp_path / "library")], settings).checked
    assert [found.relation for found in one.have] == [dedupe.Relation.SAME_PIXELS]
    assert one.verdict == "have"


def test_a_file_is_no_copy_of_itself_under_any_name(library: Library, tmp_path: Path) -> None:
    mine = library.copied(tmp_path)
    (tmp_path / "by link").symlink_to(mine.photos)
    os.link(mine.photos / "camera" / "rocket.jpg", mine.photos / "camera" / "rocket again.jpg")
    for rocket in (mine.photos / "camera" / "rocket.jpg", tmp_path / "by link" / "camera" / "rocket.jpg"):
        result = dedupe.check([str(rocket)], [str(mine.photos)], mine.settings)
        assert verdicts(result) == {"rocket.jpg": "new"}
    inside = dedupe.check([str(mine.photos / "old backup")], [str(mine.photos)], mine.settings)
    assert inside.have[0].have[0].photo.path == str(mine.photos / "camera" / "astronaut.jpg")


def test_what_the_user_called_no_duplicates_is_not_said_to_be_there(
    library: Library, tmp_path: Path, card: Path
) -> None:
    mine = library.copied(tmp_path)
    cat = dedupe.check([str(card)], [str(mine.photos)], mine.settings).have[0]
    with Decisions(str(tmp_path / "library.decisions.db")) as decisions:
        for found in cat.have:
            decisions.mark_not_duplicates(cat.photo, found.photo)
    assert verdicts(dedupe.check([str(card)], [str(mine.photos)], mine.settings))["cat small.jpg"] == "new"


def test_the_library_is_not_read_again_and_tensorflow_is_not_loaded(
    library: Library, tmp_path: Path, card: Path
) -> None:
    mine = library.copied(tmp_path)
    dedupe.check([str(mine.photos / "web")], [str(mine.photos)], mine.settings)  # it learns where the copies lie
    code = (
        "import json, sys, dedupe\n"
        "import importlib\n"
        "reading = importlib.import_module('dedupe.steps.read')\n"
        "read = []\n"
        "todo = reading._read_files\n"
        "def counted(session, files, batch):\n"
        "    read.extend(file.path for file in files)\n"
        "    return todo(session, files, batch)\n"
        "reading._read_files = counted\n"
        "if __name__ == '__main__':\n"
        f"    settings = dedupe.Settings(store={str(mine.store)!r}, jobs=1)\n"
        f"    result = dedupe.check([{str(card)!r}], [{str(mine.photos)!r}], settings)\n"
        "    heavy = {'tensorflow', 'keras'} & set(sys.modules)\n"
        "    print(json.dumps([len(result.have), read, sorted(heavy)]))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, check=True, cwd=os.getcwd())
    have, read, heavy = json.loads(ran.stdout)
    assert have == 1
    assert sorted(map(os.path.basename, read)) == ["cat small.jpg", "new.jpg"]
    assert heavy == []


def test_what_could_not_be_read_is_told_on_both_sides(library: Library, tmp_path: Path, card: Path) -> None:
    mine = library.copied(tmp_path)
    half = (mine.photos / "camera" / "coffee.jpg").read_bytes()[:9000]
    (card / "half.jpg").write_bytes(half)
    (mine.photos / "half too.jpg").write_bytes(half + b"x")
    (tmp_path / "notes").write_text("words")
    result = dedupe.check([str(card), str(tmp_path / "notes")], [str(mine.photos)], mine.settings)
    assert [os.path.basename(one.path) for one in result.skipped] == ["half.jpg", "notes"]
    assert [os.path.basename(one.path) for one in result.unread] == ["half too.jpg"]
    assert len(result.checked) == 2


def test_a_duplicate_hidden_behind_many_lookalikes_is_found(tmp_path: Path) -> None:
    """A burst of more shots than the nearest that are asked for, all of them nearer than the crop's original."""
    photos, new = tmp_path / "photos", tmp_path / "new.jpg"
    photos.mkdir()
    coffee = photo("coffee")
    for number in range(14):
        shot = coffee.crop((number, number // 2, 586 + number, 386 + number // 2)).resize((320, 213))
        (photos / f"copy {number:02}.jpg").write_bytes(jpeg(shot, 60 + number))
    new.write_bytes(jpeg(coffee.resize((320, 213)), 90))
    settings = dedupe.Settings(store=str(tmp_path / "library.db"), jobs=1)
    result = dedupe.check([str(new)], [str(photos)], settings)
    assert len(result.checked[0].have) == 14


def test_bad_input_is_one_sentence(library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.jpg").write_text("words")
    photos, settings = str(library.photos), replace(library.settings, store=str(tmp_path / "library.db"))
    for new, against, kind in (
        (str(tmp_path / "missing.jpg"), photos, QueryError),
        (str(tmp_path / "empty"), photos, QueryError),
        (str(tmp_path / "notes.jpg"), str(tmp_path / "empty"), QueryError),
        (photos, str(tmp_path / "nowhere"), MissingRootError),
    ):
        with pytest.raises(kind) as caught:
            dedupe.check([new], [against], settings)
        assert "\n" not in str(caught.value)


def test_against_an_empty_library_everything_is_new(library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    mine = library.copied(tmp_path)
    result = dedupe.check([library.path("web")], [str(tmp_path / "empty")], mine.settings)
    assert verdicts(result) == {"cat.png": "new", "cat.tiff": "new"}
