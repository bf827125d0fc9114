"""What a file carries besides its picture counts by its bytes, never by what announces it."""

from __future__ import annotations

import base64
import io
import struct

import pytest
from PIL import Image

from dedupe.formats import embedded, jpeg, jpegxl
from dedupe.formats.block import BlockKind
from dedupe.formats.blocks import blocks
from dedupe.formats.items import items_of
from dedupe.formats.sniff import HEIF, JPEGXL
from tests.decoding.made import encoded, quarters, with_segment, with_xmp


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


MP4 = box(b"ftyp", b"mp42\0\0\0\0isommp42") + box(b"moov", box(b"mvhd", bytes(100))) + box(b"mdat", b"film" * 50)
TAIL = b"\x00\x00\x0a\x30\x10\x00\x00\x00"


def named(data: bytes) -> tuple[str, ...]:
    return embedded.named(stream.name for stream in embedded.in_jpeg(data, jpeg.parse(data)))


def samsung(*entries: tuple[bytes, bytes]) -> bytes:
    """A trailer as Samsung's phones append it."""
    blocks = [TAIL[:4] + struct.pack("<I", len(name)) + name + payload for name, payload in entries]
    back, listed = sum(map(len, blocks)), b""
    for block in blocks:
        listed += b"\0\0\x30\x0a" + struct.pack("<II", back, len(block))
        back -= len(block)
    head = b"SEFH" + struct.pack("<II", 107, len(blocks)) + listed
    return b"".join(blocks) + head + struct.pack("<I", len(head)) + b"SEFT"


def with_index(first: bytes, second: bytes, kind: int) -> bytes:
    """A multi-picture file: its index lists the second picture as of this kind."""

    def index(offset: int) -> bytes:
        entries = struct.pack("<III4x", 0x030000, len(first), 0) + struct.pack(
            "<III4x", kind << 16, len(second), offset
        )
        return b"MPF\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0xB002, 7, len(entries), 26) + bytes(4) + entries

    whole = with_segment(first, 0xE2, index(0))
    at = whole.index(b"MPF\0") + 4
    return with_segment(first, 0xE2, index(len(whole) - at)) + second


def test_the_video_of_a_motion_photo_is_seen_where_its_bytes_are() -> None:
    plain = encoded(quarters())
    assert named(plain) == ()
    assert named(plain + MP4) == ("video",)
    assert named(plain + samsung((b"MotionPhoto_Data", MP4))) == ("video",)
    assert named(plain + samsung((b"Image_UTC_Data", b"1546300800000"), (b"MotionPhoto_Data", MP4))) == (
        "video",
        "further data",
    )


@pytest.mark.parametrize(
    "attributes",
    ['GCamera:MicroVideo="1" GCamera:MicroVideoOffset="99"', 'Camera:MotionPhoto="1"', 'hdrgm:Version="1.0"',
     'Item:Semantic="GainMap"', 'Item:Semantic="Depth"', 'GDepth:Format="RangeInverse"'],
)  # fmt: skip
def test_an_announced_stream_whose_bytes_are_gone_is_not_in_the_file(attributes: str) -> None:
    assert named(with_xmp(encoded(quarters()), attributes)) == ()


def test_a_gain_map_and_a_depth_map_are_told_by_what_they_say_of_themselves() -> None:
    first = encoded(quarters())
    gain = with_xmp(encoded(quarters(16, 16)), 'hdrgm:Version="1.0"')
    apple = with_xmp(encoded(quarters(16, 16)), 'apdi:AuxiliaryImageType="urn:com:apple:photo:2020:aux:hdrgainmap"')
    depth = with_xmp(encoded(quarters(16, 16)), 'depthData:Accuracy="relative"')
    for second, name in (
        (gain, "gain map"),
        (apple, "gain map"),
        (depth, "depth"),
        (encoded(quarters(16, 16)), "further picture"),
    ):
        assert named(first + second) == (name,)
        assert named(with_index(first, second, kind=0)) == (name,)


def test_a_preview_that_the_file_lists_of_itself_is_no_further_picture() -> None:
    first, preview = encoded(quarters()), encoded(quarters(32, 24))
    assert named(with_index(first, preview, kind=1)) == ()


def test_the_second_picture_of_a_stereo_pair_is_seen() -> None:
    buffer = io.BytesIO()
    left, right = (Image.new("RGB", (64, 48), colour) for colour in ("red", "blue"))
    left.save(buffer, "MPO", save_all=True, append_images=[right])
    assert named(buffer.getvalue()) == ("further picture",)


def test_anything_behind_the_picture_but_padding_is_content() -> None:
    plain = encoded(quarters())
    assert named(plain + bytes(5000)) == named(plain + b"\xff" * 100 + b"\r\n") == ()
    assert named(plain + b"a note") == named(plain + b"SEFH and other things") == ("further data",)


def heif(*auxiliary: str, extra: bytes = b"") -> bytes:
    """The boxes of a HEIF with a picture and auxiliary pictures of these types; its pictures are no real ones."""
    count = 1 + len(auxiliary)
    infos = b"".join(box(b"infe", b"\2\0\0\0", struct.pack(">HH", n + 1, 0), b"hvc1\0") for n in range(count))
    types = b"".join(box(b"auxC", bytes(4), urn.encode() + b"\0") for urn in auxiliary)
    uses = b"".join(struct.pack(">HBB", n + 2, 1, n + 1) for n in range(len(auxiliary)))
    links = b"".join(box(b"auxl", struct.pack(">HHH", n + 2, 1, 1)) for n in range(len(auxiliary)))
    inside = (
        box(b"pitm", bytes(4), b"\0\1"),
        box(b"iinf", bytes(4), struct.pack(">H", count), infos),
        box(b"iref", bytes(4), links),
        box(b"iprp", box(b"ipco", types), box(b"ipma", bytes(4), struct.pack(">I", len(auxiliary)), uses)),
    )
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", bytes(4), *inside) + extra


@pytest.mark.parametrize(
    ("auxiliary", "found"),
    [
        ((), ()),
        (("urn:com:apple:photo:2020:aux:hdrgainmap",), ("gain map",)),
        (("urn:mpeg:hevc:2015:auxid:2",), ("further picture",)),
        (("urn:com:apple:photo:2018:aux:portraiteffectsmatte",), ("depth",)),
        (("urn:mpeg:mpegB:cicp:systems:auxiliary:depth", "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"), ("depth",)),
    ],
)
def test_the_auxiliary_pictures_of_a_heif_are_told_by_their_types(
    auxiliary: tuple[str, ...], found: tuple[str, ...]
) -> None:
    assert embedded.named(one.name for one in embedded.in_heif(heif(*auxiliary))) == found


def test_a_video_in_or_behind_a_heif_is_seen() -> None:
    for extra in (box(b"mpvd", MP4), MP4):
        assert embedded.named(one.name for one in embedded.in_heif(heif(extra=extra))) == ("video",)
    sound = box(b"moov", box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), b"soun", bytes(12)))))
    assert embedded.named(one.name for one in embedded.in_heif(heif(extra=sound))) == ("audio",)


def sequence(handler: bytes, samples: bytes, brand: bytes = b"heic") -> bytes:
    """A HEIF with a track of two chunks, whose samples stand in front of the movie box."""
    head = box(b"ftyp", brand + b"\0\0\0\0mif1" + brand)
    media, half = box(b"mdat", samples), len(samples) // 2
    at = len(head) + 8
    tables = (
        box(b"stsc", bytes(4), struct.pack(">IIII", 1, 1, 1, 1)),
        box(b"stsz", bytes(4), struct.pack(">II", 0, 2), struct.pack(">II", half, len(samples) - half)),
        box(b"stco", bytes(4), struct.pack(">III", 2, at, at + half)),
    )
    track = box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(12)), box(b"minf", box(b"stbl", *tables)))
    return head + media + box(b"moov", box(b"trak", track))


def test_sound_and_the_frames_of_a_sequence_count_by_their_bytes() -> None:
    for handler, name in ((b"soun", "audio"), (b"pict", "video"), (b"vide", "video")):
        (found,) = embedded.in_heif(sequence(handler, b"one thing and another"))
        assert (found.name, found.data) == (name, b"one thing and another")
    assert embedded.in_heif(sequence(b"pict", b"compared frame by frame", b"avis")) == []


ANIMATION = base64.b64decode(
    "/wpPBE0AICcAEwgoAPwAtZ8gAAAVKqOMG7yc6/nyQ4fFtI3rDG21bWEJY7O9MEgIgAsZI+PFGOM1j5UBAIPQNEO9AeP+jWJBAMSKShIAABMIKA"
    "BkArWfIAAAFSqjjBu8nOv58kOHxbSN6wxttW1hCWOzvTBICICDKFJ3jGw6ioAEwNZGrxba0xIAEoOs6LrbQHBngRFzpBHAAS2Oh4oGJuFzAKBD"
    "gAziGRVSIPtiDB7nbjL/fz7+mLiGCax6yD3u4tzvEOAOUWSMHb2fZIUTreM14IBzsWPB+nmkB5JPKfkA66IsJl6aoS7lAobBAAATKAoAPAO1ny"
    "AAABUqo4wbvJzr+fJDh8W0jesMbbVtYQljs70wSAiAS6W24h2vwTBEcOPpDJL3qD1NoxBnMWCMWAyCgiPFSywY8nBASTMUjn1YynG5ZPhjE/ge"
    "lAmQb9moGwz5mFtDAwCMRMKMMgBDrpACaYyXGS9jvMzIeJd5d5e+u6YESIKRS0pky/wpizHEDwWtavmIx6WdaBhnIoVGDu1RY+Acu2NnRnyx4F"
    "WHelFfVvR6shvFacYYM6aUJr8BjNkfC9XoDKwVgbMkvZlvUpnlgLM="
)
"""A JPEG XL of three frames of 64 × 64 pixels in flat colours, made by libjxl."""


def test_a_jpeg_xl_of_several_frames_holds_more_than_its_still() -> None:
    pytest.importorskip("pillow_jxl")
    assert jpegxl.is_animated(ANIMATION)
    assert [item.topic for item in items_of(blocks(ANIMATION, JPEGXL))] == ["stream further picture"]
    for options in ({}, {"use_container": True}, {"lossless": True}):
        for size in ((64, 64), (100, 36), (1000, 3)):
            assert not jpegxl.is_animated(jpegxl.code_stream(encoded(quarters(*size), "JXL", **options)))


def test_a_description_in_a_property_of_a_heif_is_content_and_how_it_is_stored_is_none() -> None:
    plain = heif("urn:com:apple:photo:2020:aux:hdrgainmap")
    assert {block.name for block in blocks(plain, HEIF) if block.kind is BlockKind.UNKNOWN} == set()
    words = box(b"udes", bytes(4), b"en\0Ada\0at sea\0\0")
    told = box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", bytes(4), box(b"iprp", box(b"ipco", words)))
    assert [block.name for block in blocks(told, HEIF) if block.kind is BlockKind.UNKNOWN] == ["property udes"]
