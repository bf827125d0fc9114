"""Which files belong to a photo and move with it."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from dedupe.formats.sniff import RAW_EXTENSIONS
from dedupe.tree import companions
from dedupe.tree.companions import attach, join_members, stem_families
from dedupe.tree.walk import walk
from dedupe.types import CaptureTime, Companion, CompanionKind, Facts, FileStamp, Photo, PhotoFile
from tests.decoding.made import dng, encoded, put, quarters

SIDECAR, EDIT, VIDEO, TAKEOUT = (CompanionKind(name) for name in ("sidecar", "edit", "video", "takeout"))


def _owners(photos: list[str], other: str) -> list[str]:
    """The photos to which ``other`` is attached."""
    return sorted(photo for photo, found in attach(photos, [other]).items() if other in [name for name, _ in found])


@pytest.mark.parametrize(
    ("photos", "other", "owners"),
    [
        (["IMG.jpg"], "IMG.xmp", ["IMG.jpg"]),
        (["IMG.jpg"], "IMG.jpg.xmp", ["IMG.jpg"]),
        (["IMG.JPG"], "img.XMP", ["IMG.JPG"]),
        (["IMG.jpg", "IMG.cr2"], "IMG.xmp", ["IMG.cr2", "IMG.jpg"]),
        (["IMG.jpg", "IMG.cr2"], "IMG.cr2.xmp", ["IMG.cr2"]),
        (["IMG.jpg", "IMG2.jpg"], "IMG.xmp", ["IMG.jpg"]),
        (["IMG.jpg"], "IMG_1.xmp", []),
        (["IMG.CR2"], "IMG_01.CR2.xmp", ["IMG.CR2"]),
        (["IMG.jpg"], "IMG.jpg.pp3", ["IMG.jpg"]),
        (["IMG_1234.HEIC"], "IMG_1234.AAE", ["IMG_1234.HEIC"]),
        (["IMG_1234.HEIC"], "IMG_O1234.AAE", ["IMG_1234.HEIC"]),
        (["IMG_1234.HEIC", "IMG_E1234.HEIC"], "IMG_E1234.AAE", ["IMG_E1234.HEIC"]),
        (["a.b.jpg"], "a.b.xmp", ["a.b.jpg"]),
        (["a.jpg"], "a.b.xmp", []),
    ],
)
def test_a_sidecar_or_an_edit_belongs_to_the_photo_it_names(photos: list[str], other: str, owners: list[str]) -> None:
    assert _owners(photos, other) == owners
    kinds = {kind for found in attach(photos, [other]).values() for _, kind in found}
    assert kinds <= {EDIT if other.lower().endswith((".aae", ".pp3")) else SIDECAR}


@pytest.mark.parametrize(
    ("photos", "other", "owners"),
    [
        (["IMG.NEF", "IMG.JPG"], "IMG.WAV", ["IMG.JPG", "IMG.NEF"]),
        (["IMG.jpg"], "IMG.txt", ["IMG.jpg"]),
        (["IMG.jpg"], "IMG.exv", ["IMG.jpg"]),
        *(
            (["IMG.jpg"], f"IMG.{end}", ["IMG.jpg"])
            for end in ["mp3", "aac", "ogg", "3gp", "md", "rtf", "pdf", "srt", "gpx"]
        ),
        (["IMG.jpg"], "IMG.jpg.xmp.bak", ["IMG.jpg"]),
        (["IMG.jpg"], "IMG.xmp~", ["IMG.jpg"]),
        (["IMG.jpg"], "IMG.jpg_original", ["IMG.jpg"]),
        (["IMG.jpg", "IMG.png"], "IMG.jpg.mine", ["IMG.jpg"]),
        (["IMG.jpg"], "IMG.mine", []),
        (["IMG"], "IMG.mine", []),
        (["IMG.jpg"], "other.txt", []),
        (["IMG.jpg"], "IMG.bak", []),
    ],
)
def test_a_file_that_names_a_photo_belongs_to_it_whatever_is_in_it(
    photos: list[str], other: str, owners: list[str]
) -> None:
    assert _owners(photos, other) == owners
    assert {kind for found in attach(photos, [other]).values() for _, kind in found} <= {CompanionKind.NOTE}


@pytest.mark.parametrize("name", ["IMG.ARW.cos", "IMG.dop", "IMG.arw.on1", "IMG.vrd", "IMG.psd", "IMG.ARW.nksc"])
def test_the_settings_and_documents_of_an_editor_are_edits(name: str) -> None:
    assert attach(["IMG.ARW"], [name]) == {"IMG.ARW": [(name, EDIT)]}


@pytest.mark.parametrize(
    ("photos", "other", "owners"),
    [
        (["IMG_1.HEIC"], "IMG_1.MOV", ["IMG_1.HEIC"]),
        (["IMG_1.JPG"], "IMG_1.mp4", ["IMG_1.JPG"]),
        (["IMG_1.HEIC"], "IMG_1_HEVC.MOV", ["IMG_1.HEIC"]),
        (["IMG_1.HEIC"], "IMG_1.HEIC.MOV", ["IMG_1.HEIC"]),
        (["PXL_1.MP.jpg"], "PXL_1.MP", ["PXL_1.MP.jpg"]),
        (["PXL_1.jpg"], "PXL_1.MP", ["PXL_1.jpg"]),
        (["IMG_1.HEIC"], "IMG_2.MOV", []),
        (["IMG_1.HEIC"], "IMG_10.MOV", []),
    ],
)
def test_the_moving_half_of_a_live_photo_belongs_to_it(photos: list[str], other: str, owners: list[str]) -> None:
    assert _owners(photos, other) == owners
    assert all(kind is VIDEO for found in attach(photos, [other]).values() for _, kind in found)


LONG = "A very long name that somebody gave to a picture of theirs.jpg"


@pytest.mark.parametrize(
    ("photos", "other", "owners"),
    [
        (["IMG.jpg"], "IMG.jpg.json", ["IMG.jpg"]),
        (["IMG.jpg"], "IMG.jpg.supplemental-metadata.json", ["IMG.jpg"]),
        (["IMG.jpg"], "IMG.jpg.supplemental-me.json", ["IMG.jpg"]),
        (["IMG.jpg"], "IMG.jpg.s.json", ["IMG.jpg"]),
        (["IMG.jpg"], "IMG.jpg.other.json", []),
        (["IMG.jpg"], "metadata.json", []),
        (["IMG.jpg"], "IMG.json", ["IMG.jpg"]),
        (["IMG(2).jpg", "IMG.jpg"], "IMG(2).json", ["IMG(2).jpg"]),
        (["img(18).jpg"], "img(18).jpg.supple(18).json", ["img(18).jpg"]),
        (["img(18).jpg", "img.jpg"], "img.jpg.supple(18).json", ["img(18).jpg"]),
        (["img.jpg"], "img.jpg.supple(18).json", []),
        (["IMG.jpg", "IMG(1).jpg"], "IMG.jpg(1).json", ["IMG(1).jpg"]),
        (["IMG.jpg", "IMG(1).jpg"], "IMG.jpg.json", ["IMG.jpg"]),
        (["IMG.jpg", "IMG(1).jpg"], "IMG.jpg.supplemental-metadata(1).json", ["IMG(1).jpg"]),
        (["IMG(1).jpg"], "IMG(1).jpg.json", ["IMG(1).jpg"]),
        (["IMG.jpg", "IMG-edited.jpg"], "IMG.jpg.json", ["IMG-edited.jpg", "IMG.jpg"]),
        (["IMG.jpg", "IMG-bearbeitet.jpg"], "IMG.jpg.json", ["IMG-bearbeitet.jpg", "IMG.jpg"]),
        ([LONG], LONG[:46] + ".json", [LONG]),
        ([LONG, "other.jpg"], LONG[:46] + "(1).json", []),
        (["PXL_20230101_120000000.PORTRAIT.jpg"], "PXL_20230101_120000000.PORTRAIT.jpg.supplement.json",
         ["PXL_20230101_120000000.PORTRAIT.jpg"]),
        (["original_1d4caa6f-16c6-4c3d-901b-9387de10e528_P.jpg"], "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_.json",
         ["original_1d4caa6f-16c6-4c3d-901b-9387de10e528_P.jpg"]),
        (["IMG.JPG"], "img.jpg.JSON", ["IMG.JPG"]),
        (["IMG (1).jpg", "IMG.jpg"], "IMG (1).jpg.supplemental-metadata.json", ["IMG (1).jpg"]),
        (["IMG.jpg", "IMG.jpg.jpg"], "IMG.jpg.json", ["IMG.jpg"]),
    ],
)  # fmt: skip
def test_google_takeouts_json_belongs_to_its_photo_in_every_spelling(
    photos: list[str], other: str, owners: list[str]
) -> None:
    assert _owners(photos, other) == owners
    assert all(kind is TAKEOUT for found in attach(photos, [other]).values() for _, kind in found)


def test_a_photo_has_all_of_its_companions_in_order() -> None:
    found = attach(["IMG_1.HEIC"], ["IMG_1.xmp", "IMG_1.AAE", "IMG_1.MOV", "x.mov", "IMG_1.HEIC.json"])
    assert found == {
        "IMG_1.HEIC": [
            ("IMG_1.AAE", EDIT), ("IMG_1.HEIC.json", TAKEOUT), ("IMG_1.MOV", VIDEO), ("IMG_1.xmp", SIDECAR),
        ]
    }  # fmt: skip


def test_matching_a_folder_of_thousands_does_not_take_the_square_of_its_size() -> None:
    photos = [f"IMG_{number:05}.jpg" for number in range(3000)]
    others = [f"{name}.supplemental-metadata.json" for name in photos]
    found = attach(photos, others)
    assert len(found) == 3000 and all(len(each) == 1 for each in found.values())
    assert found["IMG_01234.jpg"] == [("IMG_01234.jpg.supplemental-metadata.json", TAKEOUT)]


def _photo(path: str, *, raw: bool | None = None, taken: int | None = 1000, found: tuple[Companion, ...] = ()) -> Photo:
    is_raw = Path(path).suffix.lower() in RAW_EXTENSIONS if raw is None else raw
    facts = Facts("JPEG", 10, 10, taken=None if taken is None else CaptureTime(taken), raw=is_raw)
    file = PhotoFile(path, "/r", FileStamp(1, abs(hash(path)), 1, 1, 1), companions=found)
    return Photo(file, path.encode(), None, facts)


def _joined(*photos: Photo) -> list[Any]:
    return [(photo.path, [half.path for half in photo.members]) for photo in join_members(photos)]


def test_raw_and_jpeg_of_one_shot_are_one_photo_led_by_the_jpeg() -> None:
    assert _joined(_photo("/r/IMG_1.CR2"), _photo("/r/IMG_1.JPG"), _photo("/r/IMG_2.JPG")) == [
        ("/r/IMG_1.JPG", ["/r/IMG_1.CR2"]),
        ("/r/IMG_2.JPG", []),
    ]


def test_raw_and_heic_and_a_converted_dng_are_one_photo_too() -> None:
    assert _joined(_photo("/r/a.ARW"), _photo("/r/a.HIF"), _photo("/r/a.dng")) == [
        ("/r/a.HIF", ["/r/a.ARW", "/r/a.dng"])
    ]


@pytest.mark.parametrize(
    "photos",
    [
        ("/r/a.CR2", "/r/b.JPG"),
        ("/r/a.CR2", "/r/sub/a.JPG"),
        ("/r/a.JPG", "/r/a.HEIC"),
        ("/r/a.jpg", "/r/a.png"),
        ("/r/a.CR2", "/r/a.dng"),
        ("/r/a.CR2", "/r/a (1).JPG"),
        ("/r/IMG_E1234.JPG", "/r/IMG_1235.JPG"),
    ],
)
def test_other_pairs_are_photos_of_their_own(photos: tuple[str, str]) -> None:
    assert [members for _, members in _joined(*map(_photo, photos))] == [[], []]


def test_a_jpeg_in_raws_clothing_is_no_raw() -> None:
    assert len(_joined(_photo("/r/a.NEF", raw=False), _photo("/r/a.JPG"))) == 2


def test_capture_times_that_disagree_keep_raw_and_jpeg_apart() -> None:
    assert len(_joined(_photo("/r/a.CR2", taken=1000), _photo("/r/a.JPG", taken=1002))) == 1
    assert len(_joined(_photo("/r/a.CR2", taken=1000), _photo("/r/a.JPG", taken=1003))) == 2
    assert len(_joined(_photo("/r/a.CR2", taken=1000), _photo("/r/a.JPG", taken=None))) == 1


def test_an_iphones_edit_is_one_photo_with_its_original() -> None:
    assert _joined(_photo("/r/IMG_E1234.JPG"), _photo("/r/IMG_1234.HEIC"), _photo("/r/IMG_1235.HEIC")) == [
        ("/r/IMG_1234.HEIC", ["/r/IMG_E1234.JPG"]),
        ("/r/IMG_1235.HEIC", []),
    ]
    assert len(_joined(_photo("/r/IMG_E1234.JPG", taken=5), _photo("/r/IMG_1234.HEIC", taken=500))) == 2
    assert _joined(_photo("/r/IMG_E1234.JPG")) == [("/r/IMG_E1234.JPG", [])]


def test_an_edit_keeps_its_own_companions() -> None:
    aae = Companion("/r/IMG_1234.AAE", EDIT, FileStamp(1, 9, 1, 1, 1))
    (photo,) = join_members([_photo("/r/IMG_1234.HEIC", found=(aae,)), _photo("/r/IMG_E1234.HEIC")])
    assert photo.file.companions == (aae,) and photo.members[0].file.companions == ()


def test_only_what_might_be_joined_needs_its_facts() -> None:
    names = [
        "a.CR2",
        "a.JPG",
        "b.CR2",
        "c.JPG",
        "c.HEIC",
        "IMG_1234.HEIC",
        "IMG_E1234.JPG",
        "d/a.JPG",
        "E.jpg",
        "x_E.jpg",
    ]
    paths = [f"/r/{name}" for name in names]
    families = {tuple(sorted(family)) for family in stem_families(paths)}
    assert families == {("/r/a.CR2", "/r/a.JPG"), ("/r/IMG_1234.HEIC", "/r/IMG_E1234.JPG")}
    assert stem_families(paths[2:5]) == []


def test_every_raw_extension_is_seen_by_the_quick_look() -> None:
    paths = [f"/r/a{extension.upper()}" for extension in RAW_EXTENSIONS]
    assert companions._leading_to_members([*paths, "/r/a.JPG"]) == paths


def test_walk_keeps_raw_and_jpeg_as_two_files_with_the_sidecar_of_both(tmp_path: Path) -> None:
    put(tmp_path, "IMG.DNG", dng(encoded(quarters())))
    put(tmp_path, "IMG.JPG", encoded(quarters()))
    put(tmp_path, "IMG.xmp", b"<x/>")
    found = walk([str(tmp_path)]).files
    assert [[one.path[-7:] for one in file.companions] for file in found] == [["IMG.xmp"], ["IMG.xmp"]]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_written_as_macos_or_as_others_do_are_one_name(form: str) -> None:
    photo, other = unicodedata.normalize(form, "Grüße.jpg"), "NFC" if form == "NFD" else "NFD"
    beside = [unicodedata.normalize(other, name) for name in ("Grüße.jpg.json", "Grüße.xmp", "Grüße.mov")]
    found = attach([photo], beside)
    assert sorted(name for name, _ in found[photo]) == sorted(beside)
