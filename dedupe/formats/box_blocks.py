"""The blocks of the formats made of boxes (HEIF, AVIF, JPEG 2000, JPEG XL) and of camera RAW files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dedupe.formats import embedded, ends, isobmff, jpegxl
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.tiff import Tiff

_UUIDS: Final = {
    b"JpgTiffExif->JP2": BlockKind.EXIF,
    bytes.fromhex("05 37 cd ab 9d 0c 44 31 a7 2a fa 56 1f 2a 11 3e"): BlockKind.EXIF,
    bytes.fromhex("be 7a cf cb 97 a9 42 e8 9c 71 99 94 91 e3 af ac"): BlockKind.XMP,
    bytes.fromhex("33 c7 a4 d2 b8 1d 47 23 a0 ba f1 a3 e0 97 ad 38"): BlockKind.IPTC,
    bytes.fromhex("09 a1 4e 97 c0 b4 42 e0 be bf 36 df 6f 0c e3 6f"): BlockKind.IPTC,
    bytes.fromhex("2c 4c 01 00 85 04 40 b9 a0 3e 56 21 48 d6 df eb"): BlockKind.IPTC,
}
"""The types of the uuid boxes that hold metadata in JPEG 2000 and its kin (exiftool's Jpeg2000 tables)."""
_STRUCTURE: Final = frozenset(
    (b"ftyp", b"jP  ", b"jp2h", b"jp2c", b"JXL ", b"jxlc", b"jxlp", b"jxli", b"jxll", b"jbrd", b"meta", b"mdat", b"moov", b"mpvd",
     b"free", b"skip", b"wide", b"rreq", b"jpch", b"jplh", b"ftbl", b"idat", b"sefd")
)  # fmt: skip
_STORING: Final = frozenset(
    (b"hvcC", b"lhvC", b"av1C", b"avcC", b"vvcC", b"evcC", b"jpgC", b"j2kH", b"uncC", b"cmpd", b"cmpC", b"icef", b"ispe", b"pixi",
     b"colr", b"pasp", b"clap", b"irot", b"imir", b"auxC", b"rloc", b"iscl", b"rref", b"lsel", b"tols", b"oinf", b"a1op", b"a1lx",
     b"clli", b"mdcv", b"cclv", b"amve", b"ndwt", b"reve", b"mskC", b"splz", b"sbpm", b"cpat", b"crtt", b"mdft", b"free", b"skip")
)  # fmt: skip
"""Properties of items that say how a picture is stored and shown, and when the file was written."""
_EXIF: Final = b"Exif\x00\x00"
_TIFF_HEADS: Final = (b"II*\x00", b"MM\x00*")
_MOST_METADATA: Final = 64 << 20
_CANON: Final = bytes.fromhex("85 c0 b6 87 82 0f 11 e0 81 11 f4 ce 46 2b 6a 48")


def in_heif(data: bytes) -> Iterator[Block]:
    """The blocks of a HEIF or AVIF."""
    meta = isobmff.meta_of(data)
    for item in meta.items.values() if meta else ():
        body = isobmff.bytes_of(data, item)
        if item.kind == b"Exif":
            yield Block(BlockKind.EXIF, _tiff_in(body))
        elif item.kind == b"mime" and item.content_type == "application/rdf+xml":
            yield Block(BlockKind.XMP, body)
        elif not isobmff.is_image(item) and body:
            yield Block(BlockKind.UNKNOWN, body, f"item {item.kind.decode('latin-1')} {item.content_type}".strip())
    for stream in embedded.in_heif(data):
        yield Block(BlockKind.STREAM, stream.data, stream.name)
    yield from _top(data)
    yield from _properties(data)
    for box in isobmff.find(data, (b"meta", b"iprp", b"ipco", b"colr")):
        if data[box.body : box.body + 4] in (b"prof", b"rICC"):
            yield Block(BlockKind.ICC, data[box.body + 4 : box.stop])
            return


def _properties(data: bytes) -> Iterator[Block]:
    """The properties of HEIF's items that say more than how they are stored and shown, like a description of their user."""
    for shared in isobmff.find(data, (b"meta", b"iprp", b"ipco")):
        for box in isobmff.boxes(data, shared.body, shared.stop):
            if box.kind not in _STORING:
                yield Block(BlockKind.UNKNOWN, data[box.body : box.stop], f"property {box.kind.decode('latin-1')}")


def in_boxes(data: bytes) -> Iterator[Block]:
    """The blocks of a JPEG 2000 or JPEG XL; a bare code stream has none, except a video behind it."""
    stream = jpegxl.code_stream(data)
    if jpegxl.is_animated(stream):  # the decoder gives its first frame alone
        yield Block(BlockKind.STREAM, stream, embedded.FURTHER)
    if data[4:8] not in (b"jP  ", b"JXL "):
        yield from ends.behind(data, embedded.appended_movie(data))
        return
    yield from _top(data)
    for box in isobmff.find(data, (b"jp2h", b"colr")):
        if data[box.body] in (2, 3):
            yield Block(BlockKind.ICC, data[box.body + 3 : box.stop])
    yield from ends.behind(data, _end_of_boxes(data))


def _end_of_boxes(data: bytes) -> int:
    """Where the boxes of the picture end: at a movie that was appended, or at what is not a box."""
    last = types = 0
    for box in isobmff.boxes(data):
        types += box.kind == b"ftyp"
        if types > 1:
            return box.at
        last = box.stop
    return last


def _top(data: bytes) -> Iterator[Block]:
    end = _end_of_boxes(data)
    for box in isobmff.boxes(data, 0, end):
        yield from _of_box(box.kind, data[box.body : box.stop])


def _of_box(kind: bytes, body: bytes) -> Iterator[Block]:
    if kind in _STRUCTURE:
        return
    if kind == b"uuid":
        known = _UUIDS.get(body[:16], BlockKind.UNKNOWN)
        yield Block(known, body[16:].removeprefix(b"Exif\x00\x00"), f"box uuid {body[:16].hex()}")
    elif kind == b"brob":
        yield from _compressed(body)
    elif kind == b"Exif":
        yield Block(BlockKind.EXIF, _tiff_in(body))
    elif kind == b"xml ":
        yield Block(
            BlockKind.XMP if b"adobe:ns:meta" in body or b":RDF" in body else BlockKind.UNKNOWN, body, "box xml"
        )
    else:
        yield Block(BlockKind.UNKNOWN, body, f"box {kind.decode('latin-1')}")


def _tiff_in(body: bytes) -> bytes:
    """The TIFF structure of an EXIF box or item: its offset comes first, which some programs leave out."""
    start = 0 if body[:4] in _TIFF_HEADS or body.startswith(_EXIF) else 4 + int.from_bytes(body[:4], "big")
    return (body[start:] or body).removeprefix(_EXIF)


def _compressed(body: bytes) -> Iterator[Block]:
    """A box of JPEG XL that is compressed by Brotli: its type, then its body; as it is where the library is missing."""
    plain = None if body[:4] == b"brob" else _decompressed(body[4:])
    if plain is None:
        yield Block(BlockKind.UNKNOWN, body, f"box brob {body[:4].decode('latin-1')}")
    else:
        yield from _of_box(body[:4], plain)


def _decompressed(data: bytes) -> bytes | None:
    """What Brotli compressed; None where it is broken, too long, or the library is missing."""
    try:
        import brotli
    except ImportError:
        return None
    stream = brotli.Decompressor()
    try:
        plain: bytes = stream.process(data, output_buffer_limit=_MOST_METADATA)
    except brotli.error:
        return None
    return plain if stream.is_finished() else None


def in_raw(data: bytes) -> Iterator[Block]:
    """The metadata of a camera RAW: of those built on TIFF the file itself, of Canon's CR3 its blocks."""
    if Tiff.open(data):
        yield Block(BlockKind.TIFF, data)
        return
    for box in isobmff.find(data, (b"moov", b"uuid")):
        if data[box.body : box.body + 16] == _CANON:
            for inner in isobmff.boxes(data, box.body + 16, box.stop):
                if inner.kind in (b"CMT1", b"CMT2", b"CMT3", b"CMT4"):
                    yield Block(BlockKind.EXIF, data[inner.body : inner.stop])
    for box in isobmff.boxes(data):
        if box.kind == b"uuid":
            yield from _of_box(box.kind, data[box.body : box.stop])
    if data[:15] == b"FUJIFILMCCD-RAW":
        from dedupe.formats import jpeg_blocks

        start, size = (int.from_bytes(data[at : at + 4], "big") for at in (84, 88))
        yield from (one for one in jpeg_blocks.in_jpeg(data[start : start + size]) if one.kind is not BlockKind.STREAM)
