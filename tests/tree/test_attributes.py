"""Tags, comments and stars in extended attributes: of the file, not of its bytes, so two equal files may differ in them."""

from __future__ import annotations

import errno
import os
import plistlib
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

import dedupe
from dedupe.formats.attributes import said
from dedupe.formats.inventory import Item, packed, unpacked
from dedupe.report import phrases
from dedupe.settings import Settings
from dedupe.tree import attributes
from dedupe.types import Extra, FileStamp, PhotoFile, ScanResult

TAGS = "user.com.apple.metadata:_kMDItemUserTags"
COMMENT = "user.com.apple.metadata:kMDItemFinderComment"
BINARY = plistlib.FMT_BINARY


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("user.xdg.tags", b"Grandma,Venice", [Item.of("keyword", "grandma"), Item.of("keyword", "venice")]),
        ("user.xdg.comment", "Am Gänsemarkt".encode(), [Item.of("caption", "Am Gänsemarkt")]),
        ("user.baloo.rating", b"8", [Item.of("rating", "4")]),
        ("user.baloo.rating", b"0", []),
        (
            TAGS,
            plistlib.dumps(["Grandma\n6", "Venice"], fmt=BINARY),
            [Item.of("keyword", "grandma"), Item.of("keyword", "venice")],
        ),
        (COMMENT, plistlib.dumps("At sea", fmt=BINARY), [Item.of("caption", "At sea")]),
        (
            "user.DosStream.com.apple.metadata:kMDItemFinderComment:$DATA",
            plistlib.dumps("At sea", fmt=BINARY) + b"\0",
            [Item.of("caption", "At sea")],
        ),
        ("user.xdg.origin.url", b"https://example.org/a.jpg", []),
        ("user.xdg.tags", b"", []),
    ],
)
def test_what_a_file_manager_wrote_is_what_a_photo_editor_would_have_written(
    name: str, value: bytes, expected: list[Item]
) -> None:
    assert said({name: value}) == packed(expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user.baloo.rating", b"7"),
        ("user.baloo.rating", b"many"),
        (TAGS, b"no list"),
        (TAGS, b"bplist00"),
        (TAGS, plistlib.dumps({"a": 1})),
        (TAGS, plistlib.dumps([5])),
        (COMMENT, b"\xff"),
        (COMMENT, plistlib.dumps(5)),
    ],
)
def test_of_an_attribute_in_another_form_the_bytes_count(name: str, value: bytes) -> None:
    assert any(item.topic.startswith("attribute") for item in unpacked(said({name: value})))


@pytest.mark.parametrize("error", [errno.ENOTSUP, errno.ENOENT])
def test_a_volume_without_attributes_says_nothing(monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    monkeypatch.setattr(os, "listxattr", refuse(error))
    assert attributes.remarks(PhotoFile("/a.jpg", "/", FileStamp(0, 0, 0, 0, 0))) == ()


def test_attributes_that_cannot_be_read_are_not_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "listxattr", refuse(errno.EIO))
    (found,) = attributes.remarks(PhotoFile("/a.jpg", "/", FileStamp(0, 0, 0, 0, 0)))
    assert found.inventory is None


def refuse(error: int) -> object:
    def listxattr(*_: object, **__: object) -> list[str]:
        raise OSError(error, os.strerror(error))

    return listxattr


# -- in a scan, and when photos are to leave -------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of the same bytes, ``a.jpg`` and ``older/a.jpg``."""
    folder = tmp_path / "photos"
    (folder / "older").mkdir(parents=True)
    for path in (folder / "a.jpg", folder / "older/a.jpg"):
        Image.fromarray(data.astronaut()[:160, :200]).save(path)
        os.utime(path, (1e9, 1e9))
    try:
        os.setxattr(folder / "a.jpg", "user.none", b"")
    except OSError:
        pytest.skip("extended attributes of users need a file system that has them")
    return folder


def scanned(folder: Path) -> ScanResult:
    return dedupe.scan(str(folder), Settings(store=str(folder.parent / "x.db"), jobs=1))


def extra_of(result: ScanResult) -> Extra:
    ((extra,),) = (group.extras for group in result.groups)
    return extra


def tag(path: Path, tags: bytes) -> None:
    os.setxattr(path, "user.xdg.tags", tags)


@pytest.mark.parametrize("tagged", ["a.jpg", "older/a.jpg"])
def test_of_two_equal_files_the_tagged_one_stays(folder: Path, tagged: str) -> None:
    tag(folder / tagged, b"Grandma")
    result = scanned(folder)
    assert result.groups[0].keep.path == str(folder / tagged)
    assert extra_of(result).selected


def test_of_two_equal_files_with_other_tags_none_is_selected_and_the_table_says_why(folder: Path) -> None:
    tag(folder / "a.jpg", b"Grandma")
    tag(folder / "older/a.jpg", b"Venice")
    extra = extra_of(scanned(folder))
    assert not extra.selected
    assert phrases.losses(extra) == ("keywords",)


def test_a_tag_that_was_put_on_after_a_scan_is_seen_by_the_next_one(folder: Path) -> None:
    gone = Path(extra_of(scanned(folder)).photo.path)
    tag(gone, b"Grandma")
    assert scanned(folder).groups[0].keep.path == str(gone)


@pytest.mark.parametrize("side", ["goes", "stays"])
def test_a_photo_whose_tags_changed_since_the_scan_is_left_alone(folder: Path, tmp_path: Path, side: str) -> None:
    tag(folder / "a.jpg", b"Grandma")
    tag(folder / "older/a.jpg", b"Grandma")
    result = scanned(folder)
    assert extra_of(result).selected
    store, out = tmp_path / "x.db", tmp_path / "out"
    assert len(dedupe.plan(result, move_to=out, store=store).done) == 1
    tag(Path(extra_of(result).photo.path if side == "goes" else result.groups[0].keep.path), b"Venice")
    report = dedupe.plan(result, move_to=out, store=store)
    assert not report.done
    assert "has other tags, comments or stars than at the scan" in str(report.refusals)
