"""Comparing two photos: the verdict of a scan, how one lies on the other, and the pictures that show it."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dedupe
from dedupe.errors import QueryError, UsageError
from dedupe.queries import contact_sheet
from dedupe.queries.describe import verdict_of
from dedupe.queries.render import previews_of
from dedupe.types import Change, Remark
from tests.album import jpeg, photo
from tests.decoding.made import dng
from tests.queries.made import Library
from tests.support import tree_snapshot


def test_two_names_of_one_file_two_files_of_one_content_and_a_re_save(library: Library) -> None:
    astronaut = library.path("camera/astronaut.jpg")
    itself = dedupe.compare(astronaut, astronaut, library.settings)
    copy = dedupe.compare(astronaut, library.path("old backup/astronaut.jpg"), library.settings)
    small = dedupe.compare(astronaut, library.path("phone/IMG-20240501-WA0001.jpg"), library.settings)
    assert [one.relation for one in (itself, copy, small)] == ["identical", "identical", "resaved"]
    assert (itself.remark, copy.remark) == (Remark(Change.ONE_FILE), Remark(Change.SAME_BYTES))
    assert itself.distance == copy.distance == 0.0 < small.distance
    assert small.duplicates
    assert small.evidence.transform is not None
    assert small.evidence.transform.scale == pytest.approx(2.0, abs=0.02)


def test_the_other_way_round_the_verdict_is_the_same_and_the_way_back_is_the_inverse(library: Library) -> None:
    a, b = library.path("camera/chelsea.jpg"), library.path("web/cat.png")
    forth, back = dedupe.compare(a, b, library.settings), dedupe.compare(b, a, library.settings)
    assert (forth.relation, forth.remark, forth.distance) == (back.relation, back.remark, back.distance)
    there, home = forth.evidence.transform, back.evidence.transform
    assert there is not None
    assert home is not None
    # The PNG is the photo turned anticlockwise: laid on the photo it is turned clockwise.
    assert (round(there.turn), round(home.turn)) == (90, 270)
    one, other = (np.vstack([np.reshape(t.matrix, (2, 3)), [0, 0, 1]]) for t in (there, home))
    assert np.allclose(one @ other, np.eye(3), atol=1e-9)
    assert "turned by 90° clockwise" in " ".join(verdict_of(forth))


def test_a_mirrored_copy_lies_mirrored_either_way(tmp_path: Path) -> None:
    a, b = tmp_path / "a.jpg", tmp_path / "b.jpg"
    a.write_bytes(jpeg(photo("coffee"), 90))
    turned = photo("coffee").transpose(Image.Transpose.FLIP_LEFT_RIGHT).rotate(90, expand=True)
    b.write_bytes(jpeg(turned, 85))
    settings = dedupe.Settings(store=str(tmp_path / "library.db"), jobs=1)
    for one, other in ((a, b), (b, a)):
        found = dedupe.compare(str(one), str(other), settings)
        assert found.relation is dedupe.Relation.RESAVED
        assert found.evidence.transform is not None
        assert found.evidence.transform.mirrored
        # The transform really lays b on a: a corner of b comes out at a corner of a.
        matrix = np.reshape(found.evidence.transform.matrix, (2, 3))
        corners = np.array([[0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]]) @ matrix.T
        assert np.allclose(np.abs(corners - 0.5), 0.5, atol=0.02)
        panel = contact_sheet.compared(found)
        width = (panel.shape[1] - 60) // 3
        left, laid = (panel[60:300, x + 10 : x + width - 10].astype(int) for x in (12, 24 + width))
        assert np.abs(left - laid).mean() < 6


def test_different_photos_are_no_duplicates(library: Library) -> None:
    found = dedupe.compare(library.path("camera/coffee.jpg"), library.path("camera/rocket.jpg"), library.settings)
    assert (found.relation, found.duplicates) == (None, False)
    assert found.distance > 0.8
    assert verdict_of(found)[0].startswith("Not duplicates")
    assert contact_sheet.compared(found).shape[2] == 3


def test_two_shots_of_one_camera_are_told_apart_by_their_times(tmp_path: Path) -> None:
    for second in (1, 4):
        (tmp_path / f"{second}.jpg").write_bytes(
            jpeg(photo("coffee"), 85 + second, taken=f"2024:05:01 12:00:0{second}")
        )
    settings = dedupe.Settings(store=str(tmp_path / "library.db"), jobs=1)
    found = dedupe.compare(str(tmp_path / "1.jpg"), str(tmp_path / "4.jpg"), settings)
    assert (found.relation, found.duplicates) == (dedupe.Relation.SIMILAR, False)
    assert any("Taken 3 s apart by one camera" in line for line in verdict_of(found))


def test_a_picture_is_said_not_to_replace_its_raw(tmp_path: Path) -> None:
    pytest.importorskip("rawpy", reason="rawpy has no wheel for this machine")
    developed, raw = tmp_path / "IMG_1.JPG", tmp_path / "IMG_1.DNG"
    developed.write_bytes(jpeg(photo("coffee"), 90))
    raw.write_bytes(dng(jpeg(photo("coffee"), 90), photo("coffee").size))
    settings = dedupe.Settings(store=str(tmp_path / "library.db"), jobs=1)
    said = verdict_of(dedupe.compare(str(developed), str(raw), settings))
    assert "B is a camera RAW, compared by its preview; the other photo does not replace it." in said
    assert not any("replace" in line for line in verdict_of(dedupe.compare(str(raw), str(raw), settings)))


def test_a_capture_time_that_both_have_is_said_once(library: Library) -> None:
    copy = dedupe.compare(library.path("camera/rocket.jpg"), library.path("camera/rocket.jpg"), library.settings)
    assert verdict_of(copy)[-1] == "Both taken 2024-05-01 12:00:03, which alone proves nothing."


def test_bad_input_is_one_sentence(library: Library, tmp_path: Path) -> None:
    mine = library.copied(tmp_path)
    (tmp_path / "notes.jpg").write_text("words")
    (tmp_path / "half.jpg").write_bytes((mine.photos / "camera" / "coffee.jpg").read_bytes()[:9000])
    good, before = str(mine.photos / "camera" / "coffee.jpg"), tree_snapshot(mine.photos)
    for bad in ("notes.jpg", "half.jpg", "missing.jpg", "photos", "no\0name"):
        for pair in ((good, str(tmp_path / bad)), (str(tmp_path / bad), good)):
            with pytest.raises(QueryError) as caught:
                dedupe.compare(*pair, mine.settings)
            assert "\n" not in str(caught.value)
    assert tree_snapshot(mine.photos) == before


def test_the_sentences_below_narrow_pictures_are_not_cut(tmp_path: Path) -> None:
    from PIL import ImageFont

    narrow = photo("coffee").crop((200, 0, 260, 400))
    for name, quality in (("a.jpg", 95), ("b.jpg", 60)):
        (tmp_path / name).write_bytes(jpeg(narrow, quality))
    settings = dedupe.Settings(store=str(tmp_path / "library.db"), jobs=1)
    found = dedupe.compare(str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg"), settings)
    longest = max(ImageFont.load_default(16).getlength(line) for line in verdict_of(found))
    assert contact_sheet.compared(found).shape[1] > longest > 400


def test_the_difference_is_dark_where_they_agree_and_bright_where_something_was_put_on(tmp_path: Path) -> None:
    marked = photo("coffee").copy()
    marked.paste((255, 255, 0), (200, 150, 260, 190))
    (tmp_path / "a.jpg").write_bytes(jpeg(photo("coffee"), 95))
    (tmp_path / "b.jpg").write_bytes(jpeg(marked, 95))
    settings = dedupe.Settings(store=str(tmp_path / "library.db"), jobs=1)
    found = dedupe.compare(str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg"), settings)
    panel = contact_sheet.compared(found)
    third = panel[40:300, 2 * panel.shape[1] // 3 + 20 : -30].astype(int).max(axis=2)
    rows, columns = np.nonzero(third > 200)
    assert np.median(third) < 40
    assert 0 < len(rows) < third.size / 5
    assert abs(np.median(columns) / third.shape[1] - 0.38) < 0.08


def test_a_picture_is_written_once_and_never_over_something(library: Library, tmp_path: Path) -> None:
    result = dedupe.search([library.path("web")], [str(library.photos)], library.settings, k=7)
    pixels = contact_sheet.contact_sheet(result.answers, previews_of(result, library.settings))
    for name in ("sheet.png", "sheet.JPG", "sheet.webp"):
        target = tmp_path / name
        contact_sheet.write(pixels, str(target))
        with Image.open(io.BytesIO(target.read_bytes())) as picture:
            assert picture.size == (pixels.shape[1], pixels.shape[0])
        data = target.read_bytes()
        with pytest.raises(UsageError, match="already exists"):
            contact_sheet.write(pixels, str(target))
        assert target.read_bytes() == data
    for name in ("sheet.gif", "sheet", "not/there/sheet.png"):
        with pytest.raises(UsageError):
            contact_sheet.write(pixels, str(tmp_path / name))
    tall = np.zeros((70_000, 10, 3), np.uint8)
    with pytest.raises(UsageError, match="too large"):
        contact_sheet.write(tall, str(tmp_path / "tall.jpg"))
    assert sorted(os.listdir(tmp_path)) == ["sheet.JPG", "sheet.png", "sheet.webp"]


def test_a_folder_that_cannot_be_written_in_is_told_before_a_long_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: (path, mode) != (str(tmp_path), os.W_OK))
    with pytest.raises(UsageError, match="not writable"):
        contact_sheet.check_target(str(tmp_path / "sheet.png"))


def test_the_sheet_shows_the_query_first_in_a_frame_and_every_answer(library: Library) -> None:
    result = dedupe.search([library.path("camera/rocket.jpg")], [str(library.photos)], library.settings, k=3)
    pixels = contact_sheet.contact_sheet(result.answers, previews_of(result, library.settings))
    step = 252
    assert tuple(pixels[14, 100]) == (200, 60, 20)
    assert tuple(pixels[14, 100 + step]) != (200, 60, 20)
    for number in range(4):
        tile = pixels[20:244, 20 + number * step : 240 + number * step]
        assert len(np.unique(tile.reshape(-1, 3), axis=0)) > 500
    bare = contact_sheet.contact_sheet(result.answers, {})
    assert bare.shape == pixels.shape
