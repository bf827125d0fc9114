"""Everything in a file is in its inventory, under one name whatever the container; what saving makes anew is not."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin, TiffImagePlugin

from dedupe.formats import sniff
from dedupe.formats.blocks import blocks
from dedupe.formats.inventory import ANY, Item, is_compared_apart, lacking, packed, unpacked, with_implied
from dedupe.formats.items import items_of
from dedupe.formats.maker import unmoved
from tests.decoding import made
from tests.decoding.made import encoded, quarters, with_segment

MAGICK = shutil.which("convert-im6.q16") or shutil.which("magick")
NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "dc": "http://purl.org/dc/elements/1.1/",
    "xap": "http://ns.adobe.com/xap/1.0/", "exif": "http://ns.adobe.com/exif/1.0/", "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "regions": "http://www.metadataworkinggroup.com/schemas/regions/", "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "mine": "http://example.org/mine/", "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/", "GDepth": "http://ns.google.com/photos/1.0/depthmap/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
}  # fmt: skip


def packet(inside: str = "", attributes: str = "") -> bytes:
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    described = f'<rdf:Description rdf:about="" {attributes}>{inside}</rdf:Description>'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/" {names}><rdf:RDF>{described}</rdf:RDF></x:xmpmeta>'.encode()


def bag(name: str, *words: str) -> str:
    return f"<{name}><rdf:Bag>{''.join(f'<rdf:li>{word}</rdf:li>' for word in words)}</rdf:Bag></{name}>"


def iptc(*records: tuple[int, bytes]) -> bytes:
    data = b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(value)) + value for number, value in records)
    return b"8BIM\x04\x04\0\0" + struct.pack(">I", len(data)) + data + b"\0" * (len(data) & 1)


def inventory(data: bytes) -> frozenset[Item]:
    kind = sniff.sniff(data)
    assert kind is not None
    return frozenset(items_of(blocks(data, kind)))


def jpeg(*, xmp: bytes | None = None, photoshop: bytes | None = None, **tags: Any) -> bytes:
    data = encoded(quarters())
    if photoshop is not None:
        data = with_segment(data, 0xED, b"Photoshop 3.0\0" + photoshop)
    if xmp is not None:
        data = with_segment(data, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
    return with_segment(data, 0xE1, made.exif(**tags)) if tags else data


def topics(data: bytes) -> set[str]:
    return {item.topic for item in inventory(data)}


def test_a_plain_picture_holds_nothing_but_its_pixels() -> None:
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "HEIF", "JPEG2000"):
        assert inventory(encoded(quarters(), kind)) == set(), kind


def test_a_keyword_is_the_same_in_xmp_and_in_iptc() -> None:
    in_xmp = inventory(jpeg(xmp=packet(bag("dc:subject", "Venice", "Grandma"))))
    in_iptc = inventory(jpeg(photoshop=iptc((25, b"Grandma"), (25, b"Venice"))))
    assert in_xmp == in_iptc
    assert {item.topic for item in in_xmp} == {"keyword"} and len(in_xmp) == 2


def test_a_caption_is_the_same_wherever_it_stands() -> None:
    alternatives = "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>At sea</rdf:li></rdf:Alt></dc:description>"
    comment = with_segment(encoded(quarters()), 0xFE, b"At sea")
    text = PngImagePlugin.PngInfo()
    text.add_itxt("Description", "At sea")
    expected = inventory(jpeg(t0x010E="At sea"))
    assert {item.topic for item in expected} == {"caption"}
    for data in (
        jpeg(xmp=packet(alternatives)),
        jpeg(photoshop=iptc((120, b"At sea"))),
        jpeg(photo={0x9286: b"ASCII\0\0\0At sea"}),
        jpeg(photo={0x9286: b"\0\0\0\0\0\0\0\0At sea"}),
        comment,
        encoded(quarters(), "PNG", pnginfo=text),
    ):
        assert inventory(data) == expected


def test_a_rating_is_the_same_in_stars_and_in_per_cent_and_by_either_prefix() -> None:
    expected = inventory(jpeg(t0x4746=4))
    assert {item.topic for item in expected} == {"rating"}
    assert inventory(jpeg(xmp=packet(attributes='xap:Rating="4"'))) == expected
    assert inventory(jpeg(xmp=packet(attributes='MicrosoftPhoto:Rating="75"'))) == expected
    assert inventory(jpeg(xmp=packet(attributes='xap:Rating="0"'))) == set()


def test_each_face_is_an_item_and_the_size_it_was_marked_at_is_none() -> None:
    def region(name: str) -> str:
        return (
            f'<rdf:li><rdf:Description regions:Name="{name}" regions:Type="Face"><regions:Area stArea:x="0.33" stArea:y="0.5"'
            f' stArea:w="0.1" stArea:h="0.1" stArea:unit="normalized"/></rdf:Description></rdf:li>'
        )

    inside = (
        "<regions:Regions rdf:parseType='Resource'><regions:AppliedToDimensions stArea:w='400'/>"
        f"<regions:RegionList><rdf:Bag>{region('Ada')}{region('Grace')}</rdf:Bag></regions:RegionList></regions:Regions>"
    )
    assert [item.topic for item in sorted(inventory(jpeg(xmp=packet(inside))))] == ["face", "face"]


def test_a_date_is_the_same_in_exif_xmp_and_iptc() -> None:
    expected = inventory(jpeg(photo={0x9003: "2019:05:04 12:00:01"}))
    assert {item.topic for item in expected} == {"date"}
    assert inventory(jpeg(xmp=packet(attributes='photoshop:DateCreated="2019-05-04T12:00:01"'))) == expected
    assert inventory(jpeg(photoshop=iptc((55, b"20190504"), (60, b"120001+0000")))) == expected


def test_the_zone_and_the_fraction_of_a_capture_date_are_the_same_in_exif_xmp_and_iptc() -> None:
    expected = inventory(jpeg(photo={0x9003: "2019:05:04 12:00:01", 0x9011: "+02:00", 0x9291: "50"}))
    assert {item.topic for item in expected} == {"date", "exif 9011", "exif 9291"}
    for name in ("exif:DateTimeOriginal", "photoshop:DateCreated"):
        assert inventory(jpeg(xmp=packet(attributes=f'{name}="2019-05-04T12:00:01.5+02:00"'))) == expected
    zoned = inventory(jpeg(photo={0x9003: "2019:05:04 12:00:01", 0x9011: "+02:00"}))
    assert inventory(jpeg(photoshop=iptc((55, b"20190504"), (60, b"120001+0200")))) == zoned
    written = inventory(jpeg(xmp=packet(attributes='xap:CreateDate="2019-05-04T12:00:01+02:00"')))
    assert {item.topic for item in written} == {"date"}  # with the zone of the computer that saved it


def test_a_year_alone_is_a_date_and_a_clock_that_was_never_set_is_none() -> None:
    years = [jpeg(xmp=packet(attributes='photoshop:DateCreated="1945"')), jpeg(photoshop=iptc((55, b"19450000")))]
    assert [{item.topic for item in inventory(data)} for data in years] == [{"date"}, {"date"}]
    assert (
        inventory(years[0])
        == inventory(years[1])
        != inventory(jpeg(xmp=packet(attributes='photoshop:DateCreated="1946"')))
    )
    assert (
        inventory(jpeg(photo={0x9003: "0000:00:00 00:00:00"}))
        == inventory(jpeg(photo={0x9003: "    :  :     :  :  "}))
        == set()
    )


def test_a_png_states_its_date_as_mail_does() -> None:
    said = PngImagePlugin.PngInfo()
    said.add_text("Creation Time", "Sat, 4 May 2019 12:00:01 GMT")
    assert inventory(encoded(quarters(), "PNG", pnginfo=said)) == inventory(jpeg(photo={0x9003: "2019:05:04 12:00:01"}))


def resource(number: int, data: bytes) -> bytes:
    return b"8BIM" + struct.pack(">H2xI", number, len(data)) + data + b"\0" * (len(data) & 1)


def test_exif_and_xmp_among_photoshops_resources_are_read() -> None:
    exif = made.exif(photo={0x9003: "2019:05:04 12:00:01"}).removeprefix(b"Exif\0\0")
    inside = resource(0x0422, exif) + resource(0x0424, packet(bag("dc:subject", "Ada")))
    assert {item.topic for item in inventory(jpeg(photoshop=inside))} == {"date", "keyword"}


def test_the_copyright_mark_and_its_address_are_the_same_in_photoshops_resources_and_in_xmp() -> None:
    inside = resource(0x040A, b"\1") + resource(0x040B, b"https://example.org/me")
    rights = 'xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmpRights:Marked="True"'
    told = packet(attributes=f'{rights} xmpRights:WebStatement="https://example.org/me"')
    assert inventory(jpeg(photoshop=inside)) == inventory(jpeg(xmp=told)) != set()
    assert inventory(jpeg(photoshop=resource(0x040A, b"\0"))) == set()


def test_every_record_of_iptc_is_content_but_what_facebook_writes_of_its_own() -> None:
    sent = b"\x1c\x01\x64" + struct.pack(">H", 8) + b"ABC:1234"
    assert {item.topic for item in inventory(jpeg(photoshop=resource(0x0404, sent)))} == {"iptc 1:100"}
    facebook = iptc((40, b"FBMD0f000aa"), (103, b"aBcDeFgHiJ"))
    assert inventory(jpeg(photoshop=facebook)) == set()
    assert inventory(jpeg(photoshop=iptc((103, b"aBcDeFgHiJ")))) != set()


NOTE: list[tuple[int, bytes | int]] = [(0x0001, b"a serial number"), (0x0002, b"the lens and more of it")]


def maker_note(entries: list[tuple[int, bytes | int]], at: int) -> bytes:
    """A note as Canon writes it: offsets count from the head of the TIFF structure, where the note stands ``at``."""
    body, values = struct.pack("<H", len(entries)), b""
    for tag, value in entries:
        if isinstance(value, int):
            body += struct.pack("<HHII", tag, 4, 1, value)
            continue
        place = at + 2 + 12 * len(entries) + 4 + len(values)
        body += struct.pack("<HHII", tag, 2, len(value), place)
        values += value
    return body + bytes(4) + values


def test_a_maker_note_is_the_same_where_it_was_moved_and_another_where_a_value_differs() -> None:
    moved, again = unmoved(maker_note(NOTE, 200), 200), unmoved(maker_note(NOTE[::-1], 900), 900)
    assert moved == again
    assert unmoved(maker_note([NOTE[0], (0x0002, b"the lens and more of I!")], 200), 200) != moved
    assert unmoved(b"no directory at all, but a text", 8) == b"no directory at all, but a text"


@pytest.mark.parametrize("at", [0, 200])
@pytest.mark.parametrize("head", [b"", b"Nikon\0\x02\0\0\0II*\0\x08\0\0\0"])
def test_a_shutter_count_is_content_whatever_its_size_and_stays_the_same_where_its_note_is_moved(
    head: bytes, at: int
) -> None:
    def note(count: int, at: int) -> bytes:
        return head + maker_note([*NOTE, (0x00A7, count)], 8 if head else at) + bytes(900)

    for few, more in ((5, 7), (300, 777), (at + 500, at + 501), (70_000, 70_001)):
        assert unmoved(note(few, at), at) != unmoved(note(more, at), at)
        assert unmoved(note(few, at), at) == unmoved(note(few, at + 64), at + 64)


@pytest.mark.parametrize("tag", [0x0201, 0x0088])
def test_where_a_maker_note_holds_its_preview_is_no_content(tag: int) -> None:
    def note(at: int) -> bytes:
        return maker_note([*NOTE, (tag, at + 300)], at) + bytes(900)

    assert unmoved(note(200), 200) == unmoved(note(900), 900)


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "PNG", "WEBP", "GIF", "HEIF", "AVIF", "JPEG2000", "JPEG"])
@pytest.mark.parametrize("behind", [b"a note of somebody", b"PK\x03\x04" + bytes(range(200))])
def test_what_follows_the_picture_is_content_in_every_container(kind: str, behind: bytes) -> None:
    plain = encoded(quarters(), kind)
    assert inventory(plain) == inventory(plain + bytes(64)) == set()
    assert {item.topic for item in inventory(plain + behind)} == {"stream further data"}


@pytest.mark.parametrize("container", [False, True])
@pytest.mark.parametrize("kind", ["JXL", "JPEG2000"])
def test_a_video_behind_a_jpeg_2000_or_jpeg_xl_is_seen(kind: str, container: bool) -> None:
    pytest.importorskip("pillow_jxl")
    options = {"use_container": container} if kind == "JXL" else {"no_jp2": not container}
    movie = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x10moov12345678" + b"\0\0\0\x10mdat12345678"
    plain = encoded(quarters(), kind, **options)
    assert inventory(plain) == set()
    assert {item.topic for item in inventory(plain + movie)} == {"stream video"}


@pytest.mark.parametrize("compressed", [False, True])
def test_the_metadata_of_a_jpeg_xl_are_read_compressed_or_not(compressed: bool) -> None:
    pytest.importorskip("pillow_jxl")
    pytest.importorskip("brotli")
    exif, xmp = made.exif(photo={0x9003: "2019:05:04 12:00:01"}), packet(bag("dc:subject", "Ada"))
    data = encoded(quarters(), "JXL", exif=exif, xmp=xmp, compress_metadata=compressed)
    assert (b"brob" in data) == compressed
    assert {item.topic for item in inventory(data)} == {"date", "keyword"}


def test_what_stands_before_samsungs_trailer_is_content_too() -> None:
    name = b"Image_UTC_Data"
    entry = b"\0\0\x01\x0a" + struct.pack("<I", len(name)) + name + b"1500000000000"
    head = b"SEFH" + struct.pack("<II", 106, 1) + b"\0\0\x01\x0a" + struct.pack("<II", len(entry), len(entry))
    trailer = entry + head + struct.pack("<I", len(head)) + b"SEFT"
    alone, more = (inventory(encoded(quarters()) + rest + trailer) for rest in (b"", b"something of somebody's"))
    assert len(more - alone) == 1 and alone < more


def test_a_number_is_the_same_in_exif_and_in_xmp() -> None:
    expected = inventory(jpeg(photo={0x829D: 2.8}))
    assert inventory(jpeg(xmp=packet(attributes='exif:FNumber="28/10"'))) == expected


def test_what_is_not_known_is_content() -> None:
    plain = encoded(quarters(), "PNG")
    body = b"myTa" + b"something of somebody's"
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    webp = encoded(quarters(), "WEBP", lossless=True)
    longer = webp + b"MINE" + struct.pack("<I", 4) + b"four"
    longer = longer[:4] + struct.pack("<I", len(longer) - 8) + longer[8:]
    gif = encoded(quarters(), "GIF")
    heif = encoded(quarters(), "HEIF")
    for data in (
        with_segment(encoded(quarters()), 0xEB, b"JP" + bytes(9) + b"credentials"),
        with_segment(encoded(quarters()), 0xE3, b"Meta\0something"),
        plain[:33] + chunk + plain[33:],
        longer,
        gif[:-1] + b"\x21\xff\x0bMYSTERY1.00\x03abc\0;",
        heif + struct.pack(">I", 12) + b"minetext",
        jpeg(t0xC123="what a camera of tomorrow says"),
        jpeg(xmp=packet(attributes='mine:Secret="where the treasure is"')),
        jpeg(photoshop=iptc((233, b"an unknown record"))),
        encoded(quarters()) + b"something behind the picture",
        plain + b"something behind the picture",
    ):
        assert len(inventory(data)) == 1, sorted(inventory(data))


def test_what_saving_makes_anew_is_no_content() -> None:
    anew = packet(
        attributes='xap:CreatorTool="An editor" xap:ModifyDate="2024-01-01" xmpMM:DocumentID="7" exif:PixelXDimension="9"'
    )
    tags: dict[str, Any] = {"t0x0131": "An editor 3.1", "t0x0132": "2024:01:01 00:00:00", "t0x011A": 72.0, "t0x0112": 1}
    assert inventory(jpeg(xmp=anew, **tags, photo={0xA002: 96, 0xA003: 64, 0xA001: 1})) == set()


def test_an_announcement_is_no_content_and_the_bytes_it_announces_are() -> None:
    assert inventory(jpeg(xmp=packet(attributes='GCamera:MotionPhoto="1" GDepth:Format="RangeInverse"'))) == set()
    assert topics(jpeg(xmp=packet(attributes='GDepth:Data="AAECAwQ="'))) == {"stream depth"}


def test_the_pages_of_a_tiff_and_the_directories_below_them_are_all_read() -> None:
    buffer = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(buffer) as writer:
        for name in ("", "the cellar", "the attic"):
            Image.fromarray(quarters()).save(writer, "TIFF", tiffinfo={0x010E: name})
            writer.newFrame()
    assert len([item for item in inventory(buffer.getvalue()) if item.topic == "caption"]) == 2


def test_imagemagicks_raw_profiles_are_read() -> None:
    for kind, data, expected in (
        ("exif", made.exif(t0x010E="At sea"), "caption"),
        ("iptc", iptc((25, b"Venice")), "keyword"),
        ("xmp", packet(attributes='xap:Rating="4"'), "rating"),
        ("APP1", b"http://ns.adobe.com/xap/1.0/\0" + packet(attributes='xap:Rating="4"'), "rating"),
    ):
        text = PngImagePlugin.PngInfo()
        lines = data.hex()
        hexed = "\n".join(lines[at : at + 72] for at in range(0, len(lines), 72))
        text.add_text(f"Raw profile type {kind}", f"\n{kind}\n{len(data):8d}\n{hexed}\n", zip=True)
        assert topics(encoded(quarters(), "PNG", pnginfo=text)) == {expected}, kind


def test_extended_xmp_is_put_together() -> None:
    long = packet(bag("dc:subject", *(f"word {n}" for n in range(9000))))
    guid, half = b"0123456789ABCDEF0123456789ABCDEF", len(long) // 5 + 1
    data = encoded(quarters())
    for start in range(0, len(long), half):
        head = b"http://ns.adobe.com/xmp/extension/\0" + guid + struct.pack(">II", len(long), start)
        data = with_segment(data, 0xE1, head + long[start : start + half])
    assert len(unpacked(packed(inventory(data)))) > 1000


def test_a_packet_with_a_document_type_is_kept_whole_and_never_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + packet(attributes='xap:Rating="4"')
    assert topics(jpeg(xmp=bomb)) == {"xmp unreadable"}


def test_the_same_things_are_packed_alike_in_any_order_and_come_back() -> None:
    every = [Item.of("keyword", word) for word in ("b", "a", "c")] + [Item("exif 9209", ANY), Item.of("caption", "x")]
    assert packed(every) == packed(reversed(every))
    assert unpacked(packed(every)) == set(every)
    assert unpacked(packed([])) == set()


def test_what_another_file_has_too_is_not_lacking() -> None:
    held = frozenset((Item.of("keyword", "a"), Item.of("exif 9209", "16")))
    assert lacking([Item.of("keyword", "a"), Item("exif 9209")], held) == []
    assert lacking([Item.of("keyword", "b"), Item("exif 9999")], held) == [Item("exif 9999"), Item.of("keyword", "b")]


@given(st.sampled_from(("JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF", "HEIF", "JPEG2000")), st.data())
def test_a_corrupt_file_has_some_inventory_and_never_fails(kind: str, draw: st.DataObject) -> None:
    data = bytearray(_RICH[kind])
    for _ in range(draw.draw(st.integers(1, 12))):
        at = draw.draw(st.integers(12, len(data) - 1))
        data[at] = draw.draw(st.sampled_from((0, 1, 2, 0x1C, 0x7F, 0x80, 0xFF)))
    cut = bytes(data[: draw.draw(st.integers(12, len(data)))])
    found = sniff.sniff(cut)
    if found is not None:
        assert unpacked(packed(items_of(blocks(cut, found)))) is not None


def _rich(kind: str) -> bytes:
    exif = made.exif(t0x010E="At sea", photo={0x9003: "2019:05:04 12:00:01"}, gps={1: "N", 2: (33.0, 30.0, 36.0)})
    if kind == "JPEG":
        return jpeg(xmp=packet(bag("dc:subject", "a", "b")), photoshop=iptc((25, b"a"), (120, b"b")), t0x010E="At sea")
    more: dict[str, Any] = {} if kind in ("GIF", "JPEG2000") else {"exif": exif}
    return encoded(quarters(), kind, **more) + (b"" if kind == "GIF" else b"behind")


_RICH = {kind: _rich(kind) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF", "HEIF", "JPEG2000")}


@pytest.mark.parametrize("rest", [b"", b"x", b"MM", b"\xff" * 40, bytes(60)])
def test_nonsense_in_the_metadata_is_kept_or_left_out_and_never_fails(rest: bytes) -> None:
    for head in (
        b"Exif\0\0",
        b"http://ns.adobe.com/xap/1.0/\0",
        b"Photoshop 3.0\0",
        b"MPF\0II*\0",
        b"ICC_PROFILE\0\1\1",
    ):
        for marker in (0xE1, 0xE2, 0xED):
            inventory(with_segment(encoded(quarters()), marker, head + rest))


def test_the_shutter_speed_is_no_item_where_the_exposure_time_stands_and_one_where_it_does_not() -> None:
    plain = inventory(jpeg(photo={0x829A: 0.01, 0x829D: 2.8}))
    assert inventory(jpeg(photo={0x829A: 0.01, 0x829D: 2.8, 0x9201: 6.64, 0x9202: 2.97})) == plain
    told = 'exif:ExposureTime="1/100" exif:ShutterSpeedValue="6643856/1000000" exif:FNumber="28/10" exif:ApertureValue="297/100"'
    assert inventory(jpeg(xmp=packet(attributes=told))) == plain
    assert {item.topic for item in inventory(jpeg(photo={0x9201: 6.64}))} == {"exif 9201"}


def png(**texts: str) -> bytes:
    held = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        held.add_text(name.replace("_", ":", 1), text)
    return encoded(quarters(), "PNG", pnginfo=held)


def test_a_text_of_a_png_that_repeats_its_exif_or_xmp_is_no_content_and_one_that_stands_alone_is() -> None:
    said = {"exif_FNumber": "28/10", "exif_ImageDescription": "At sea", "xmp_Rating": "4", "unknown": "At sea"}
    held = PngImagePlugin.PngInfo()
    held.add_itxt("XML:com.adobe.xmp", packet(attributes='xap:Rating="4"').decode())
    block = made.exif(t0x010E="At sea", photo={0x829D: 2.8})
    source = inventory(encoded(quarters(), "PNG", pnginfo=held, exif=block))
    for name, text in said.items():
        held.add_text(name.replace("_", ":", 1), text)
    assert inventory(encoded(quarters(), "PNG", pnginfo=held, exif=block)) == source
    assert topics(png(exif_ImageDescription="At sea")) == {"caption"}
    assert inventory(png(exif_FNumber="28/10")) == inventory(jpeg(photo={0x829D: 2.8}))
    assert inventory(png(xmp_Rating="4")) == inventory(jpeg(t0x4746=4))
    assert topics(png(unknown="2")) == {"text unknown"}


BESIDE = packet(
    attributes='photoshop:City="Berlin" xap:Rating="4" xmlns:lens="http://example.org/lens/" lens:Name="50 mm"'
)


def beside_metadata(**texts: str) -> frozenset[Item]:
    """The items that texts add to a PNG with EXIF, XMP and IPTC."""
    block = made.exif(
        t0x010E="At sea", t0x013B="Jürgen".encode(), t0xC4A5=b"PrintIM\x000300", gps={6: 35.5, 7: (10.0, 0.0, 1.0)},
        photo={0x829D: 2.8, 0x9286: b"ASCII\0\0\0No wind", 0xA432: (24.0, 70.0, 2.8, 2.8), 0x927C: bytes(range(1, 250)) * 20},
    )  # fmt: skip
    held = PngImagePlugin.PngInfo()
    held.add_itxt("XML:com.adobe.xmp", BESIDE.decode())
    data = iptc((25, b"Venice"))
    held.add_text("Raw profile type iptc", f"\niptc\n{len(data):8d}\n{data.hex()}\n")
    plain = inventory(encoded(quarters(), "PNG", pnginfo=held, exif=block))
    for name, text in texts.items():
        held.add_text(name.replace("_", ":", 1), text)
    return inventory(encoded(quarters(), "PNG", pnginfo=held, exif=block)) - plain


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("album_source", "Found in grandmother's album"),
        ("unknown", "the only note about this picture"),
        ("exif_ImageDescription", "In the harbour"),
        ("exif_ImageDescription", "Jürgen"),
        ("exif_UserComment", "Much wind"),
        ("exif_UserComment", "65, 83, 67, 73, 73, 0, 0, 0, 77, 117, 99, 104"),
        ("exif_Artist", "Ada"),
        ("exif_GPSAltitude", "36/1"),
        ("trip_City", "Rome"),
        ("photoshop_City", "Hamburg"),
        ("xmp_Rating", "5"),
        ("tiff_artist", "Ada"),
        ("tiff_document", "The cellar"),
        ("dng_lens", "50 mm"),
        ("signature of Ada", "on the back"),
        ("width of the print", "9 cm"),
    ],
)
def test_a_text_of_a_png_that_says_another_thing_under_a_known_name_is_content(name: str, text: str) -> None:
    assert len(beside_metadata(**{name: text})) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("exif_FNumber", "14/5"),
        ("exif_Artist", "J..rgen"),
        ("exif_UserComment", "65, 83, 67, 73, 73, 0, 0, 0, 78, 111, 32, 119, 105, 110, 100"),
        ("exif_LensSpecification", "24/1, 70/1, 14/5, 14/5"),
        ("exif_GPSAltitude", "71/2"),
        ("exif_GPSTimeStamp", "10/1, 0/1, 1/1"),
        ("exif_PrintImageMatching", "80, 114, 105, 110, 116, 73, 77, 0, 48, 51, 48, 48"),
        ("exif_MakerNote", ", ".join(map(str, list(range(1, 250)) * 20))[:4092]),
        ("photoshop_City", "Berlin"),
        ("xmp_City", " Berlin "),
        ("lens_Name", "50 mm"),
        ("unknown", "Venice"),
        ("unknown", "At sea"),
        ("tiff_photometric", "RGB"),
        ("tiff_rows-per-strip", "8"),
    ],
)
def test_a_text_of_a_png_that_says_the_same_thing_as_its_metadata_is_no_content(name: str, text: str) -> None:
    assert beside_metadata(**{name: text}) == set()


@pytest.mark.skipif(MAGICK is None, reason="needs ImageMagick")
def test_a_png_that_imagemagick_made_holds_nothing_that_its_jpeg_lacks(tmp_path: Path) -> None:
    lens = tuple(map(TiffImagePlugin.IFDRational, (24, 70, 28, 28), (1, 1, 10, 10)))
    photo = {0x829D: lens[3], 0x9286: b"ASCII\0\0\0No wind", 0xA432: lens, 0x9003: "2019:05:04 12:00:01"}
    gps = {6: 35.5, 7: (10.0, 0.0, 1.0)}
    tags: dict[str, Any] = {"t0x010E": "At sea", "t0x013B": "Jürgen".encode(), "t0x9C9B": "Wind".encode("utf-16-le")}
    source = jpeg(xmp=BESIDE, photoshop=iptc((25, b"Venice")), photo=photo, gps=gps, **tags)
    (tmp_path / "a.jpg").write_bytes(source)
    subprocess.run([str(MAGICK), "a.jpg", "a.png"], cwd=tmp_path, check=True, timeout=60)
    copy = inventory((tmp_path / "a.png").read_bytes())
    assert len(copy) > 8
    assert not [one for one in lacking(copy, with_implied(inventory(source))) if not is_compared_apart(one)]


def test_who_took_a_photo_is_the_same_in_a_tiff_and_in_the_png_that_imagemagick_made_of_it() -> None:
    said = encoded(quarters(), "TIFF", tiffinfo={0x013B: "Ada", 0x8298: "Bob", 0x010D: "The cellar", 0x010F: "Maker"})
    texts = {"tiff_artist": "Ada", "tiff_copyright": "Bob", "tiff_document": "The cellar", "tiff_make": "Maker"}
    assert inventory(png(**texts)) == inventory(said) != set()


def test_a_webp_by_imagemagick_names_its_xmp_in_its_own_way() -> None:
    data = encoded(quarters(), "WEBP", xmp=packet(attributes='xap:Rating="4"'))
    assert topics(data.replace(b"XMP ", b"XMP\0")) == topics(data) == {"rating"}


def test_iptc_of_a_tiff_is_read_in_either_byte_order_and_a_part_of_what_photoshop_holds_is_none() -> None:
    bare = iptc((25, b"Venice"), (120, b"At sea!"))[12:]
    bare += bytes(-len(bare) % 4)
    swapped = b"".join(bare[at : at + 4][::-1] for at in range(0, len(bare), 4))

    def tiff(**tags: bytes) -> frozenset[Item]:
        return inventory(
            encoded(quarters(), "TIFF", tiffinfo={int(name[1:], 16): value for name, value in tags.items()})
        )

    whole = tiff(t83BB=bare)
    assert {item.topic for item in whole} == {"keyword", "caption"} and tiff(t83BB=swapped) == whole
    resources = iptc((25, b"Venice"), (120, b"At sea!"))
    assert tiff(t83BB=bare[:8], t8649=resources) == tiff(t8649=resources) == whole
    assert tiff(t83BB=bare[:8]) != set()


def camera_photo(note: bytes, at: int) -> frozenset[Item]:
    """The inventory of a photo with a maker note ``at`` this place of its EXIF."""
    photo = struct.pack(">HHHIII", 1, 0x927C, 7, len(note), at, 0)
    maker = struct.pack(">HHI4s", 0x010F, 2, 4, b"Abc\0")
    block = b"MM\0*" + struct.pack(">IH", 8, 2) + maker + struct.pack(">HHIII", 0x8769, 4, 1, 38, 0) + photo
    return inventory(with_segment(encoded(quarters()), 0xE1, b"Exif\0\0" + block.ljust(at, b"\0") + note))


def test_a_maker_note_that_a_program_moved_without_its_offsets_loses_nothing_for_the_one_that_stayed_in_place() -> None:
    note = maker_note(NOTE, 300)
    in_place, moved = camera_photo(note, 300), camera_photo(note, 600)
    assert in_place != moved
    assert not [item for item in lacking(moved, with_implied(in_place)) if not is_compared_apart(item)]
    other = camera_photo(maker_note([NOTE[0], (0x0002, b"another lens")], 600), 600)
    assert [item.topic for item in lacking(other, with_implied(in_place)) if not is_compared_apart(item)] == ["maker"]


def test_a_note_with_a_head_of_its_own_is_read_from_there() -> None:
    values: list[tuple[int, bytes | int]] = [(0x0002, b"Serial"), (0x0004, b"FINE NORMAL  ")]
    head = b"Nikon\0\x02\0\0\0II*\0\x08\0\0\0"
    note = head + maker_note(values, 8)
    assert b"FINE NORMAL  " in unmoved(note, 500) and unmoved(note, 500) == unmoved(note, 90)


def test_a_focal_length_that_was_copied_as_it_is_shown_is_not_lost() -> None:
    exact, shown = jpeg(photo={0x920A: 5.85, 0x9205: 2.97}), jpeg(photo={0x920A: 5.8, 0x9205: 2.9709})
    assert not [one for one in lacking(inventory(shown), with_implied(inventory(exact))) if not is_compared_apart(one)]
    assert {one.topic for one in lacking(inventory(exact), with_implied(inventory(shown)))} >= {"exif 920A"}
    another = jpeg(photo={0x920A: 24.0})
    assert {one.topic for one in lacking(inventory(another), with_implied(inventory(exact)))} == {"exif 920A"}
