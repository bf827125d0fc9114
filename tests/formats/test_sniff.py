"""Type by content, not by extension; structure of JPEG without decoding."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dedupe.decoding import decode
from dedupe.formats import jpeg, sniff, webp
from dedupe.formats.errors import DamagedError, UnsupportedError
from tests.decoding.made import encoded, photograph, quarters, with_segment

KINDS = {
    "JPEG": sniff.JPEG,
    "PNG": sniff.PNG,
    "GIF": sniff.GIF,
    "BMP": sniff.BMP,
    "WEBP": sniff.WEBP,
    "TIFF": sniff.TIFF,
    "JPEG2000": sniff.JPEG2000,
    "AVIF": sniff.AVIF,
    "HEIF": sniff.HEIF,
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_format_is_known_by_its_first_bytes(kind: str) -> None:
    data = encoded(quarters(), kind)
    assert sniff.sniff(data) == sniff.sniff(data[: sniff.SNIFF_BYTES]) == KINDS[kind]


@pytest.mark.parametrize(
    "head",
    [
        b"IIRO\x08\x00\x00\x00" + b"\x00" * 24,
        b"IIU\x00\x18\x00\x00\x00" + b"\x00" * 24,
        b"FUJIFILMCCD-RAW 0201FF129502" + b"\x00" * 8,
        b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01crx isom" + b"\x00" * 8,
        b"II\x1a\x00\x00\x00HEAPCCDR" + b"\x00" * 18,
        b"II*\x00\x10\x00\x00\x00CR\x02\x00" + b"\x00" * 20,
    ],
    ids=["Olympus", "Panasonic", "Fuji", "Canon CR3", "Canon CRW", "Canon CR2"],
)
def test_camera_raws_are_known_by_their_first_bytes(head: bytes) -> None:
    assert sniff.sniff(head) == sniff.RAW


@pytest.mark.parametrize(
    "head",
    [b"", b"\xff", b"\xff\xd8", b"%PDF-1.7 and more of it follows here..", b"BM and so on, a text that begins so....",
     b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 9,
     b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  " + b"\x00" * 12, b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\x00" * 20],
)  # fmt: skip
def test_texts_videos_and_sounds_are_no_pictures(head: bytes) -> None:
    assert sniff.sniff(head) is None


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"II*\x00", b"MM\x00*", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8X"])
)
def test_sniffing_never_fails(rest: bytes, start: bytes) -> None:
    kind = sniff.sniff(start + rest)
    if kind is not None:
        sniff.frame_size(start + rest, kind)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "WEBP"])
@pytest.mark.parametrize("size", [(1, 1), (96, 64), (301, 7)])
def test_the_header_states_the_size(kind: str, size: tuple[int, int]) -> None:
    for options in ({}, {"lossless": True}) if kind == "WEBP" else ({},):
        data = encoded(quarters(*size), kind, **options)
        assert sniff.frame_size(data, KINDS[kind]) == size
    assert sniff.frame_size(data[:9], KINDS[kind]) is None


@pytest.mark.parametrize("quality", [5, 20, 50, 60, 75, 85, 92, 98, 100])
def test_the_quality_of_a_jpeg_is_read_from_its_tables(quality: int) -> None:
    found = jpeg.quality(jpeg.parse(encoded(quarters(), quality=quality)))
    assert found is not None and abs(found - quality) <= 1


def _segments(data: bytes, marker: int) -> list[tuple[int, int]]:
    """Where the segments with this marker start and stop."""
    return [(start, stop) for found, start, _, stop in jpeg._segments(data) if found == marker]


def _rewritten(data: bytes, number: dict[int, int], order: list[int], *, joined: bool, deep: bool = False) -> bytes:
    """The JPEG with its quantisation tables renumbered, in this order, in one segment or one each.

    With ``deep`` a value has 16 bits. It decodes to the same picture.
    """
    found = _segments(data, 0xDB)
    tables = {data[start + 4]: data[start + 5 : stop] for start, stop in found}
    told = [
        bytes([number[old] | deep << 4])
        + (b"".join(bytes((0, value)) for value in tables[old]) if deep else tables[old])
        for old in order
    ]
    for start, stop in reversed(found):
        data = data[:start] + data[stop:]
    for body in reversed([b"".join(told)] if joined else told):
        data = with_segment(data, 0xDB, body)
    ((start, stop),) = _segments(data, 0xC0)
    frame = bytearray(data[start:stop])
    for at in range(12, len(frame), 3):
        frame[at] = number[frame[at]]
    if deep:
        frame[1] = 0xC1  # a baseline frame has no 16-bit tables
    return data[:start] + bytes(frame) + data[stop:]


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
@pytest.mark.parametrize("number", [{0: 0, 1: 1}, {0: 1, 1: 0}, {0: 3, 1: 2}], ids=["as made", "swapped", "high"])
def test_the_luminance_table_is_the_one_that_the_first_component_names(
    number: dict[int, int], order: list[int], deep: bool, joined: bool
) -> None:
    plain = encoded(photograph(64), quality=70)
    data = _rewritten(plain, number, order, joined=joined, deep=deep)
    with Image.open(io.BytesIO(plain)) as one, Image.open(io.BytesIO(data)) as other:
        assert one.tobytes() == other.tobytes()
    parts = jpeg.parse(data)
    assert parts.luminance == jpeg.parse(plain).luminance
    assert jpeg.quality(parts) == 70


def test_a_table_that_is_missing_or_cut_off_is_none() -> None:
    plain = encoded(photograph(64), quality=70)
    for body in (b"\x01" + bytes(range(1, 65)), b"\x00" + bytes(range(1, 64)), b"\x10" + bytes(127)):
        data = plain
        for start, stop in reversed(_segments(plain, 0xDB)):
            data = data[:start] + data[stop:]
        assert jpeg.parse(with_segment(data, 0xDB, body)).luminance == ()


def test_a_jpeg_ends_where_its_picture_ends() -> None:
    for options in ({}, {"progressive": True}, {"restart_marker_blocks": 1}):
        data = encoded(photograph(128), quality=90, **options)
        parts = jpeg.parse(data + b"\xff\xd8 more \xff\xd9")
        assert parts.end == len(data)
        assert parts.progressive == ("progressive" in options)
        assert (parts.width, parts.height) == (128, 128)
        assert jpeg.parse(data[:-2]).end is None


def test_the_end_of_a_scan_is_found_across_the_blocks_in_which_it_is_sought() -> None:
    for size in (0, 1, 7, jpeg._BLOCK - 1, jpeg._BLOCK, jpeg._BLOCK + 1, 2 * jpeg._BLOCK):
        scan = b"\x11" * size
        assert jpeg._scan_end(scan + b"\xff\xd9", 0) == size
        assert jpeg._scan_end(scan + b"\xff\x00\xff\xd3\xff\xff\xd9", 0) == size + 5
        assert jpeg._scan_end(scan + b"\xff", 0) == size + 1


def test_the_thumbnail_in_the_exif_is_not_taken_for_the_picture() -> None:
    thumbnail = encoded(quarters(16, 16))
    data = with_segment(encoded(quarters(96, 64)), 0xE1, b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00" + thumbnail)
    parts = jpeg.parse(data)
    assert (parts.width, parts.height, parts.end) == (96, 64, len(data))


def test_a_profile_in_several_segments_is_put_together_in_order() -> None:
    data = encoded(quarters())
    for number, piece in ((3, b"three"), (1, b"one"), (2, b"two")):
        data = with_segment(data, 0xE2, b"ICC_PROFILE\x00" + bytes((number, 3)) + piece)
    assert jpeg.parse(data).icc == b"onetwothree"


@pytest.mark.parametrize(
    "data", [b"\xff\xd8\xff", b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xe0\x00", b"\xff\xd8\xff" + b"\xff" * 50]
)
def test_a_jpeg_without_a_picture_is_damaged(data: bytes) -> None:
    with pytest.raises(DamagedError):
        jpeg.parse(data)


@given(st.binary(max_size=400))
def test_reading_the_markers_never_fails_otherwise(rest: bytes) -> None:
    try:
        parts = jpeg.parse(b"\xff\xd8\xff" + rest)
    except DamagedError:
        return
    assert all(0 <= start <= stop <= len(rest) + 3 for start, stop in parts.kept)


def test_an_mpo_of_two_pictures_is_read_as_its_first() -> None:
    buffer = io.BytesIO()
    Image.fromarray(quarters()).save(buffer, "MPO", save_all=True, append_images=[Image.fromarray(quarters(16, 16))])
    assert (jpeg.parse(buffer.getvalue()).width, sniff.sniff(buffer.getvalue())) == (96, sniff.JPEG)


@pytest.mark.parametrize("quality", [5, 20, 50, 75, 90, 100])
def test_the_quality_of_a_webp_is_read_from_its_quantizer(quality: int) -> None:
    alpha = np.dstack([photograph(128), np.full((128, 128), 200, np.uint8)])
    for picture in (photograph(128), alpha):
        found = webp.quality(encoded(picture, "WEBP", quality=quality))
        assert found is not None and abs(found - quality) <= 6
    assert webp.quality(encoded(photograph(128), "WEBP", lossless=True)) is None


@given(st.binary(max_size=120))
def test_a_malformed_webp_has_some_quality_or_none(rest: bytes) -> None:
    for head in (b"RIFF\0\0\0\0WEBP", b"RIFF\0\0\0\0WEBPVP8 \xff\0\0\0\x10\0\0\x9d\x01\x2a\x10\0\x10\0"):
        found = webp.quality(head + rest)
        assert found is None or 1 <= found <= 100
        webp.is_lossless(head + rest)


def test_what_is_a_picture_that_nothing_here_decodes_is_unsupported() -> None:
    twelve_bits = encoded(quarters()).replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc1\x00\x11\x0c")
    lossless = encoded(quarters()).replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc3\x00\x11\x08")
    for data in (twelve_bits, lossless):
        with pytest.raises(UnsupportedError):
            decode.decode(data, long_side=400)
