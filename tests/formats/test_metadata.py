"""What a photo says of itself, and nothing that it does not say."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL.TiffImagePlugin import IFDRational

from dedupe.facts import Exposure
from dedupe.formats import jpeg, metadata
from dedupe.formats.tiff import Tiff
from dedupe.types import CaptureTime
from tests.decoding import made
from tests.decoding.made import encoded, quarters, with_segment, with_xmp

NEW_YEAR = 1_577_836_800  # 2020-01-01 00:00:00


def _read(**tags: Any) -> metadata.Metadata:
    return metadata.read(made.exif(**tags)[6:])


def test_the_capture_time_is_the_wall_clock_with_its_fraction_and_its_offset() -> None:
    found = _read(photo={0x9003: "2020:01:01 00:00:07", 0x9291: "0340", 0x9011: "-04:30"})
    assert found.taken == CaptureTime(NEW_YEAR + 7, 0.034, 4, -270)


def test_the_exposure_is_read_and_what_is_not_stated_is_none() -> None:
    found = _read(
        photo={0x829A: IFDRational(1, 125), 0x829D: IFDRational(28, 10), 0x8827: 200, 0x9204: IFDRational(-2, 3)}
    )
    assert found.exposure == Exposure(1 / 125, 2.8, 200, pytest.approx(-2 / 3))
    assert _read(photo={0x8827: 100}).exposure == Exposure(iso=100)
    assert _read(photo={0x829A: IFDRational(0, 1), 0x8827: 0}).exposure is None
    assert _read(photo={0x829A: IFDRational(1, 0)}).exposure is None
    assert _read(photo={0x9003: "2020:01:01 00:00:07"}).exposure is None


def test_a_time_without_fraction_or_offset_says_so() -> None:
    assert _read(photo={0x9003: "2020:01:01 00:00:00"}).taken == CaptureTime(NEW_YEAR)
    assert _read(photo={0x9003: "2020-01-01T00:00:00", 0x9291: "   ", 0x9011: "   :  "}).taken == CaptureTime(NEW_YEAR)


@pytest.mark.parametrize(
    "text",
    ["0000:00:00 00:00:00", "    :  :     :  :  ", "2020:13:01 00:00:00", "2020:02:30 00:00:00", "", "yesterday"],
)
def test_a_clock_that_was_never_set_states_no_time(text: str) -> None:
    assert _read(photo={0x9003: text}).taken is None


def test_the_time_of_the_last_change_is_no_capture_time() -> None:
    assert _read(t0x0132="2020:01:01 00:00:00", photo={0x9004: "2020:01:01 00:00:00"}).taken is None


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Apple", "iPhone 7", "Apple iPhone 7"),
        ("NIKON CORPORATION", "NIKON D70s", "NIKON D70s"),
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
        ("Canon\x00\x00", None, "Canon"),
        (None, "X100", "X100"),
        (None, None, None),
        ("  ", "\x00", None),
    ],
)
def test_the_camera_is_named_once(make: str | None, model: str | None, camera: str | None) -> None:
    tags = {name: text for name, text in (("t0x010F", make), ("t0x0110", model)) if text is not None}
    assert _read(**tags, t0x0112=1).camera == camera


def test_the_place_is_in_degrees_south_and_west_negative() -> None:
    place = _read(gps={1: "S", 2: (33.0, 30.0, 36.0), 3: "W", 4: (70.0, 0.0, 0.0)}).gps
    assert place == (-33.51, -70.0)


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (95.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (45.0, 0.0, 0.0)},
        {},
    ],
)
def test_a_place_that_cannot_be_is_none(gps: dict[int, Any]) -> None:
    assert _read(t0x0112=1, gps=gps).gps is None


def test_a_place_whose_fractions_divide_by_zero_is_none() -> None:
    block = made.exif(gps={1: "N", 2: (33.0, 30.0, 36.0), 3: "E", 4: (70.0, 1.0, 7.0)})[6:]
    assert metadata.read(block).gps is not None
    for top in (33, 70):
        at = block.index(struct.pack("<II", top, 1)) if block[:2] == b"II" else block.index(struct.pack(">II", top, 1))
        broken = block[: at + 4] + b"\x00\x00\x00\x00" + block[at + 8 :]
        assert metadata.read(broken).gps is None


@pytest.mark.parametrize(
    ("tags", "caption"),
    [
        ({"t0x010E": "Grandmother, 1954"}, "Grandmother, 1954"),
        ({"t0x010E": "OLYMPUS DIGITAL CAMERA         "}, None),
        ({"t0x010E": "SONY DSC"}, None),
        ({"t0x010E": "   "}, None),
        ({"t0x9C9B": "Im Garten\x00".encode("utf-16-le")}, "Im Garten"),
        ({"photo": {0x9286: b"ASCII\x00\x00\x00our boat"}}, "our boat"),
        ({"photo": {0x9286: b"ASCII\x00\x00\x00      "}}, None),
        ({"photo": {0x9286: b"ASCII\x00\x00\x00Screenshot"}}, None),
        ({"photo": {0x9286: b"\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03binary"}}, None),
        ({"photo": {0x9286: b"ASCII\x00\x00\x00\x01\x02\x03binary"}}, None),
    ],
)
def test_a_caption_is_what_a_person_wrote_not_what_the_camera_fills_in(
    tags: dict[str, Any], caption: str | None
) -> None:
    assert _read(t0x0112=1, **tags).caption == caption


@pytest.mark.parametrize("written", ["Fêt".encode(), b"F\xeate"])
def test_a_caption_is_read_as_utf_8_or_else_as_latin_1(written: bytes) -> None:
    block = made.exif(t0x010E="F..e").replace(b"F..e", written)
    assert metadata.read(block[6:]).caption in ("Fêt", "Fête")


def test_a_caption_in_iptc_or_xmp_counts() -> None:
    record = b"\x1c\x02\x00\x00\x02\x00\x04\x1c\x02\x78" + struct.pack(">H", 8) + b"At sea \xe9"
    resource = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + struct.pack(">I", len(record)) + record
    parts = jpeg.parse(with_segment(encoded(quarters()), 0xED, resource))
    assert metadata.read(None, None, parts.photoshop).caption == "At sea é"
    packet = (
        b"<rdf:RDF><rdf:Description><dc:description> <rdf:Alt><rdf:li xml:lang='x-default'>Tom &amp; J\xc3\xb8rn</rdf:li>"
        b"</rdf:Alt></dc:description></rdf:Description></rdf:RDF>"
    )
    assert metadata.read(None, packet).caption == "Tom & Jørn"


@pytest.mark.parametrize(
    ("attributes", "rating"),
    [('xmp:Rating="4"', 4), ("xmp:Rating='-1'", -1), ('xmp:Rating="0"', None), ('xmp:Label="Red"', None)],
)
def test_a_rating_in_xmp_counts_and_none_is_none(attributes: str, rating: int | None) -> None:
    parts = jpeg.parse(with_xmp(encoded(quarters()), attributes))
    assert metadata.read(parts.exif, parts.xmp).rating == rating


def test_a_rating_in_exif_counts() -> None:
    assert _read(t0x4746=3).rating == 3
    assert _read(t0x4746=0).rating is None


def test_the_software_is_named() -> None:
    assert _read(t0x0131="Adobe Lightroom 7.1").software == "Adobe Lightroom 7.1"


def test_a_directory_that_leads_in_a_circle_is_read_once() -> None:
    block = b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x08\x00\x00\x00"
    tiff = Tiff.open(block)
    assert tiff is not None
    assert len(list(tiff.chain())) == 1


WHOLE = made.exif(
    t0x010E="A caption", t0x0110="Camera", t0x0112=6, t0x4746=3,
    photo={0x9003: "2020:01:01 00:00:07", 0x9291: "034", 0x9286: b"ASCII\x00\x00\x00words"},
    gps={1: "N", 2: (33.0, 30.0, 36.0), 3: "E", 4: (70.0, 0.0, 0.0)},
)[6:]  # fmt: skip


@given(st.data())
def test_corrupt_exif_says_less_but_never_fails(data: st.DataObject) -> None:
    block = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(block) - 1))
        block[at] = data.draw(st.sampled_from((0, 1, 0x7F, 0x80, 0xFF)))
    cut = bytes(block[: data.draw(st.integers(0, len(block)))])
    for candidate in (bytes(block), cut):
        found = metadata.read(candidate, candidate, candidate)
        assert found.taken is None or -4_600_000_000 < found.taken.seconds < 260_000_000_000
        assert found.caption is None or found.caption.isprintable()


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_nonsense_says_nothing_and_never_fails(one: bytes, two: bytes, three: bytes) -> None:
    assert isinstance(metadata.read(b"II*\x00" + one, two, b"8BIM\x04\x04" + three), metadata.Metadata)
