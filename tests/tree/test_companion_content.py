"""What the companions of a photo say, and which film of its name is its moving half."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from dedupe.formats.inventory import Item, packed, unpacked
from dedupe.tree import companion_content
from dedupe.tree.companion_content import described
from dedupe.types import CaptureTime, Companion, CompanionKind, Facts, FileStamp, Photo, PhotoFile

NOON = 1_577_880_000  # 2020-01-01 12:00:00
VIDEO, TAKEOUT, SIDECAR = CompanionKind.VIDEO, CompanionKind.TAKEOUT, CompanionKind.SIDECAR
RDF = (
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Description '
)


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def movie(seconds: int = 0, *, version: int = 0, late: bool = False, keys: dict[str, str] | None = None) -> bytes:
    """A film made ``seconds`` after 1970 by its header, with QuickTime's metadata keys."""
    since_1904 = seconds + 2_082_844_800 if seconds else 0
    header = struct.pack(">B3xI" if version == 0 else ">B3xQ", version, since_1904) + bytes(90)
    named = keys or {}
    names = box(b"keys", struct.pack(">II", 0, len(named)), *(box(b"mdta", name.encode()) for name in named))
    texts = [box(b"data", struct.pack(">II", 1, 0), text.encode()) for text in named.values()]
    values = box(b"ilst", *(box(struct.pack(">I", number), text) for number, text in enumerate(texts, 1)))
    meta = box(b"meta", box(b"hdlr", bytes(24)), names, values) if named else b""
    moov = box(b"moov", box(b"mvhd", header), meta)
    mdat = struct.pack(">I4sQ", 1, b"mdat", 16 + 5000) + bytes(5000)
    return box(b"ftyp", b"qt  \0\0\0\0qt  ") + (mdat + moov if late else moov + mdat)


def photo(folder: Path, *files: tuple[str, CompanionKind, bytes], taken: int | None = NOON, live: str = "") -> Photo:
    """A photo with these companions, taken at noon, perhaps with Apple's identifier of a Live Photo."""
    stamp = FileStamp(1, 2, 3, 4, 5)
    found = []
    for name, kind, data in files:
        (folder / name).write_bytes(data)
        found.append(Companion(str(folder / name), kind, stamp))
    identified = packed([Item.of("live", live)] if live else [])
    facts = Facts("HEIF", 40, 30, taken=None if taken is None else CaptureTime(taken), inventory=identified)
    return Photo(PhotoFile(str(folder / "a.heic"), str(folder), stamp, tuple(found)), b"k", None, facts)


def kept(one: Photo) -> list[str]:
    return [Path(companion.path).name for companion in described(one).file.companions]


def topics(one: Photo) -> set[str]:
    return {item.topic for item in unpacked(described(one).file.companions[0].inventory or "")}


FILMS = [movie(NOON), movie(NOON, version=1), movie(NOON, late=True), movie(0), b"", bytes(100), movie(NOON)[:44]]


@pytest.mark.parametrize("data", FILMS)
def test_a_film_of_the_same_moment_or_of_none_is_the_moving_half(tmp_path: Path, data: bytes) -> None:
    assert kept(photo(tmp_path, ("a.mov", VIDEO, data))) == ["a.mov"]


def test_a_film_of_another_moment_is_another_cameras(tmp_path: Path) -> None:
    files = (("a.mov", VIDEO, movie(NOON + 2)), ("b.mov", VIDEO, movie(NOON + 4000)))
    assert kept(photo(tmp_path, *files)) == ["a.mov"]
    assert kept(photo(tmp_path, *files, taken=None)) == ["a.mov", "b.mov"]


def test_a_film_with_the_stills_identifier_is_its_own_whatever_its_clocks_say(tmp_path: Path) -> None:
    same = movie(NOON + 86_400 * 90 + 77, keys={"com.apple.quicktime.content.identifier": "A-1"})
    other = movie(NOON, keys={"com.apple.quicktime.content.identifier": "B-2"})
    assert kept(photo(tmp_path, ("a.mov", VIDEO, same), ("b.mov", VIDEO, other), live="A-1")) == ["a.mov"]


def test_the_date_of_a_films_key_is_believed_before_that_of_its_header(tmp_path: Path) -> None:
    key = "com.apple.quicktime.creationdate"
    exported = movie(NOON + 86_400 * 90 + 77, keys={key: "2020-01-01T12:00:01+0100"})
    another = movie(NOON, keys={key: "2020-03-05T17:20:31+0100"})
    assert kept(photo(tmp_path, ("a.mov", VIDEO, exported), ("b.mov", VIDEO, another))) == ["a.mov"]


@pytest.mark.parametrize(
    ("apart", "agree"),
    [(0, True), (3, True), (-3, True), (3600, True), (-7202, True), (20_700, True), (50_400, True), (60, False),
     (-450, False), (54_000, False), (86_400 * 365, False)],
)  # fmt: skip
def test_clocks_of_other_zones_agree_other_moments_do_not(apart: int, agree: bool) -> None:
    assert companion_content.same_moment(NOON, NOON + apart) is agree
    assert companion_content.same_moment(NOON, None)


def test_a_sidecar_that_corrects_the_date_still_belongs_to_its_photo(tmp_path: Path) -> None:
    for name, kind, data in (
        ("a.xmp", SIDECAR, RDF + b'exif:DateTimeOriginal="1999-08-11T11:30:00"/></rdf:RDF>'),
        ("a.heic.json", TAKEOUT, json.dumps({"photoTakenTime": {"timestamp": "934371000"}}).encode()),
    ):
        assert kept(photo(tmp_path, (name, kind, data))) == [name]


def test_what_a_sidecar_says_is_known(tmp_path: Path) -> None:
    place = b'exif:GPSLatitude="45,26.5N" exif:GPSLongitude="12,20.1E"'
    words = b'xmp:Rating="4" exif:DateTimeOriginal="2020-01-01" ' + place + b"/></rdf:RDF>"
    found = topics(photo(tmp_path, ("a.xmp", SIDECAR, RDF + words)))
    assert found == {"rating", "date", "at 45.44167 12.33500", "implied utc 1577836800"}


def test_what_takeout_says_is_known(tmp_path: Path) -> None:
    said = {
        "title": "a.heic", "description": "At sea", "photoTakenTime": {"timestamp": str(NOON)}, "url": "https://photos.google.com/x",
        "geoData": {"latitude": 45.4, "longitude": 12.3}, "people": [{"name": "Ada"}, {"name": "Grace"}], "imageViews": "7",
        "favorited": True, "aNewThing": {"of": "Google"},
    }  # fmt: skip
    found = topics(photo(tmp_path, ("a.heic.json", TAKEOUT, json.dumps(said).encode())))
    assert found == {"caption", f"utc {NOON}", "at 45.40000 12.30000", "person", "favourite", "takeout aNewThing"}


WRONG = (
    5,
    -1,
    True,
    1e300,
    float("nan"),
    "x",
    "\ud800",
    [],
    {},
    [1],
    [[1]],
    {"timestamp": 1e300},
    {"latitude": []},
    "9" * 5000,
)


@pytest.mark.parametrize(
    "name", ["title", "description", "photoTakenTime", "geoData", "people", "favorited", "aNewThing"]
)
def test_a_takeout_json_with_a_value_of_another_kind_costs_that_value_alone(tmp_path: Path, name: str) -> None:
    good = {"description": "At sea", "people": [{"name": "Ada"}], "favorited": True}
    for number, wrong in enumerate(WRONG):
        said = json.dumps({**good, name: wrong}).encode()
        (tmp_path / str(number)).mkdir()
        found = topics(photo(tmp_path / str(number), ("a.heic.json", TAKEOUT, said)))
        left = {"description": "caption", "people": "person", "favorited": "favourite"}
        assert found >= {topic for key, topic in left.items() if key != name}


@pytest.mark.parametrize("kind", [TAKEOUT, SIDECAR])
def test_of_a_companion_that_cannot_be_read_nothing_is_claimed(tmp_path: Path, kind: CompanionKind) -> None:
    one = photo(tmp_path, ("a.json", kind, b"{"))
    (tmp_path / "a.json").unlink()
    assert described(one).file.companions[0].inventory is None
    for data in (b"{", b"[]", b"\xff\xfe\x00") if kind is TAKEOUT else ():
        assert companion_content.said(str(_put(tmp_path, data)), kind) is None


def _put(folder: Path, data: bytes) -> Path:
    (folder / "x").write_bytes(data)
    return folder / "x"
