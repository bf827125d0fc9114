"""What is equal is found without comparing anything, and nothing else is called equal."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image

import dedupe
from dedupe.decoding import glance as glances
from dedupe.decoding.glance import Glance, GlanceRequest, glance
from dedupe.pipeline import scan
from dedupe.types import Relation, ScanResult
from tests.album import encoded, jpeg, photo, wait_until_settled


def relations(result: ScanResult) -> dict[str, Relation]:
    return {extra.photo.path: extra.relation for group in result.groups for extra in group.extras}


def exact(tmp_path: Path, **settings: object) -> ScanResult:
    options = dedupe.Settings(store=str(tmp_path / "library.db"), exact=True, jobs=1, **settings)  # type: ignore[arg-type]
    return scan([str(tmp_path / "photos")], options)


def tagged(data: bytes, text: str) -> bytes:
    """The same JPEG picture under other metadata, its size another."""
    comment = text.encode()
    return data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "old").mkdir(parents=True)
    camera = jpeg(photo("astronaut"), taken="2024:05:01 12:00:00")
    (folder / "astronaut.jpg").write_bytes(camera)
    (folder / "old" / "astronaut.jpg").write_bytes(camera)
    (folder / "tagged.jpg").write_bytes(tagged(camera, "at the fair"))
    (folder / "resaved.jpg").write_bytes(jpeg(photo("astronaut"), 60))
    (folder / "rocket.jpg").write_bytes(jpeg(photo("rocket")))
    (folder / "coffee.png").write_bytes(encoded(photo("coffee"), "PNG"))
    (folder / "coffee.tiff").write_bytes(encoded(photo("coffee"), "TIFF"))
    return folder


def test_the_same_bytes_and_the_same_pixels_are_found_and_a_resave_is_not(tmp_path: Path, photos: Path) -> None:
    result = exact(tmp_path)
    found = relations(result)
    assert len(found) == 3
    assert set(found.values()) <= {Relation.IDENTICAL, Relation.SAME_PIXELS}
    together = [
        {Path(group.keep.path).stem, *(Path(extra.photo.path).stem for extra in group.extras)}
        for group in result.groups
    ]
    assert sorted(together, key=sorted) == [{"astronaut", "tagged"}, {"coffee"}]
    assert (result.stats.files, result.stats.photos) == (7, 7)


def test_no_network_is_loaded_and_no_photo_compared(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError("a network was asked for")

    monkeypatch.setattr("dedupe.session.Session.embedder", refuse)
    result = exact(tmp_path)
    assert result.groups
    assert set(result.stats.seconds) == {"walk", "hash", "read", "complete", "group"}


def test_a_whole_scan_finds_the_same_equal_copies_and_tells_them_early(tmp_path: Path, photos: Path) -> None:
    alone = exact(tmp_path)
    early = []
    settings = dedupe.Settings(store=str(tmp_path / "other.db"), jobs=1)
    whole = scan([str(photos)], settings, early=early.append)
    (told,) = early
    scan([str(photos)], settings, early=early.append)
    assert len(early) == 1  # nothing was read this time, so nothing is worked out twice
    known = {extra.photo.path for group in told.groups for extra in group.extras}
    found = {extra.photo.path for group in alone.groups for extra in group.extras}
    jpegs = {path for path in found if path.endswith(".jpg")}
    assert jpegs == known  # the pixels of other formats are worked out when two of them are candidates
    relation = {extra.photo.path: extra.relation for group in whole.groups for extra in group.extras}
    assert all(relation[path] in (Relation.IDENTICAL, Relation.SAME_PIXELS) for path in found if path in relation)


def test_only_files_that_may_be_equal_are_read(tmp_path: Path, photos: Path) -> None:
    (photos / "damaged.jpg").write_bytes(jpeg(photo("chelsea"))[:5_000])
    result = exact(tmp_path)
    assert [
        os.path.basename(one.path) for one in result.skipped
    ] == []  # its picture is its own, so nobody looked at it
    (photos / "damaged too.jpg").write_bytes((photos / "damaged.jpg").read_bytes())
    result = exact(tmp_path)
    assert {os.path.basename(one.path) for one in result.skipped} == {"damaged.jpg", "damaged too.jpg"}
    assert not [path for path in relations(result) if "damaged" in path]


def test_a_rescan_reads_no_equal_photo_whole_again_and_finds_the_same(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until_settled(photos)
    asked: list[str] = []

    def counted(path: str, whole: bool) -> GlanceRequest:
        if whole:
            asked.append(os.path.relpath(path, photos))
        return GlanceRequest(path, whole)

    monkeypatch.setattr(glances, "GlanceRequest", counted)
    first = relations(exact(tmp_path))
    assert sorted(asked) == ["astronaut.jpg", "old/astronaut.jpg"]
    asked.clear()
    assert relations(exact(tmp_path)) == first
    assert asked == []
    changed = photos / "old" / "astronaut.jpg"
    before = changed.stat()
    data = changed.read_bytes()
    changed.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    wait_until_settled(photos)
    found = relations(exact(tmp_path))
    assert asked == ["old/astronaut.jpg"]
    assert Relation.IDENTICAL not in found.values()


def test_reference_photos_are_not_compared_with_each_other(tmp_path: Path, photos: Path) -> None:
    result = exact(tmp_path, reference=(str(photos),))
    assert result.groups == ()


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("metadata", [10, 70_000, 300_000])
def test_the_mark_of_a_jpeg_is_that_of_its_picture_however_much_metadata_it_has(
    tmp_path: Path, progressive: bool, metadata: int
) -> None:
    out = io.BytesIO()
    photo("coffee").save(out, "JPEG", progressive=progressive)
    plain, more, other = (tmp_path / name for name in ("plain.jpg", "more.jpg", "other.jpg"))
    plain.write_bytes(out.getvalue())
    data = out.getvalue()
    for at in range(0, metadata, 60_000):
        data = tagged(data, "x" * min(60_000, metadata - at))
    more.write_bytes(data)
    other.write_bytes(jpeg(photo("coffee"), 91))
    marks = [glance(GlanceRequest(str(path), whole)) for path in (plain, more, other) for whole in (False, True)]
    assert all(isinstance(mark, Glance) and mark.mark for mark in marks)
    assert len({mark.mark for mark in marks[:4] if mark}) == 1
    assert marks[4] and marks[0] and marks[4].mark != marks[0].mark


def test_a_turned_lossless_picture_has_the_mark_of_the_upright_one(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(photo("coffee"), "PNG"))
    (tmp_path / "b.tiff").write_bytes(encoded(photo("coffee").transpose(Image.Transpose.ROTATE_90), "TIFF"))
    marks = [glance(GlanceRequest(str(tmp_path / name), False)) for name in ("a.png", "b.tiff")]
    assert marks[0] == marks[1] != None  # noqa: E711


def test_what_is_no_picture_or_not_there_has_no_mark(tmp_path: Path) -> None:
    (tmp_path / "note.jpg").write_bytes(b"not a picture")
    (tmp_path / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    for name in ("note.jpg", "cut.jpg"):
        found = glance(GlanceRequest(str(tmp_path / name), False))
        assert found == Glance(None, None)
    assert glance(GlanceRequest(str(tmp_path / "gone.jpg"), True)) is None
    assert glances._mark(b"", True) == b""
