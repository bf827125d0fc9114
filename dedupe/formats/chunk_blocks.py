"""The blocks of the formats made of chunks: PNG (ISO/IEC 15948, with ImageMagick's raw profiles), WebP (RFC 9649), GIF89a."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Final

from dedupe.formats import webp
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.ends import behind

_PNG_MADE_ANEW: Final = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"bKGD", b"hIST", b"pHYs", b"sBIT",
     b"sPLT", b"tIME", b"acTL", b"fcTL", b"fdAT", b"oFFs", b"vpAg", b"sTER", b"iDOT", b"mDCV", b"cLLI", b"orNT")
)  # fmt: skip
"""Chunks that hold the pixels or say how they are stored and shown; frames are counted by the decoder."""
_TEXTS_MADE_ANEW: Final = re.compile(
    r"^(?:(?:software|signature|width|height)$|date:(?:create|modify|timestamp)$|png:|jpeg:|icc:|thumb::|exif:(?:exif(?:imagewidth|imagelength|offset|version)"
    r"|pixel\w+|colorspace|orientation|compression|resolutionunit|[xy]resolution|software|datetime$|ycbcrpositioning"
    r"|componentsconfiguration|flashpixversion|interop\w*|jpeginterchange\w*|thumbnail:)|xmp:(?:creatortool|modifydate)"
    r"|tiff:(?:alpha|endian|fill-order|has-layers|photometric|predictor|rows-per-strip|subfiletype|tile-geometry|timestamp)$"
    r"|pixel aspect)",
    re.IGNORECASE,
)
_WEBP_MADE_ANEW: Final = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"))
_MOST_TEXT: Final = 64 << 20
_RAW_PROFILE: Final = "Raw profile type "
_EXIF: Final = b"Exif\x00\x00"
_XMP_MARK: Final = b"http://ns.adobe.com/xap/1.0/\x00"


# -- PNG -----------------------------------------------------------------------------------------------------------------


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(name, start, stop) of the bodies of the chunks of a PNG, up to one that is cut off."""
    at = 8
    while at + 12 <= len(data):
        stop = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if stop + 4 > len(data):
            return
        yield data[at + 4 : at + 8], at + 8, stop
        if data[at + 4 : at + 8] == b"IEND":
            return
        at = stop + 4


def in_png(data: bytes) -> Iterator[Block]:
    """The blocks of a PNG."""
    end = None
    for name, start, stop in png_chunks(data):
        if name == b"IEND":
            end = stop + 4
        if name in (b"tEXt", b"zTXt", b"iTXt"):
            yield from _png_text(name, data[start:stop])
        elif name == b"eXIf":
            yield Block(BlockKind.EXIF, data[start:stop].removeprefix(_EXIF))
        elif name == b"iCCP":
            yield from _png_profile(data[start:stop])
        elif name not in _PNG_MADE_ANEW:
            yield Block(BlockKind.UNKNOWN, data[start:stop], f"chunk {name.decode('latin-1')}")
    if end is not None:
        yield from behind(data, end)


def _png_text(name: bytes, body: bytes) -> Iterator[Block]:
    keyword, _, rest = body.partition(b"\x00")
    text = _inflated(name, rest)
    key = keyword.decode("latin-1").strip()
    if text is None:
        yield Block(BlockKind.UNKNOWN, body, f"text {key}")
    elif key == "XML:com.adobe.xmp":
        yield Block(BlockKind.XMP, text)
    elif key.startswith(_RAW_PROFILE):
        yield from _raw_profile(key.removeprefix(_RAW_PROFILE).strip(), text)
    elif not _TEXTS_MADE_ANEW.match(key):
        yield Block(BlockKind.TEXT, text, key)


def _inflated(name: bytes, rest: bytes) -> bytes | None:
    """The text of a chunk; None where it cannot be inflated or is too long."""
    if name == b"tEXt":
        return rest
    if name == b"zTXt":
        return _unzipped(rest[1:])
    compressed, rest = rest[:1] == b"\x01", rest[2:]
    text = rest.partition(b"\x00")[2].partition(b"\x00")[2]  # behind the language and the translated keyword
    return _unzipped(text) if compressed else text


def _unzipped(data: bytes) -> bytes | None:
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(data, _MOST_TEXT)
    except zlib.error:
        return None
    return None if stream.unconsumed_tail else text


def _raw_profile(kind: str, text: bytes) -> Iterator[Block]:
    """ImageMagick's and exiftool's way to put a profile into text: its name, its length, and its bytes in hexadecimal."""
    lines = text.strip().split(b"\n", 2)
    try:
        data = bytes.fromhex(b"".join(lines[2].split()).decode("ascii")) if len(lines) == 3 else b""
    except ValueError:
        data = b""
    if not data:
        yield Block(BlockKind.UNKNOWN, text, f"text {_RAW_PROFILE}{kind}")
    elif data.startswith(_XMP_MARK) or kind == "xmp":
        yield Block(BlockKind.XMP, data.removeprefix(_XMP_MARK))
    elif kind in ("exif", "APP1", "app1"):
        yield Block(BlockKind.EXIF, data.removeprefix(_EXIF))
    elif kind in ("iptc", "8bim"):
        yield Block(BlockKind.IPTC, data.removeprefix(b"Photoshop 3.0\x00"))
    elif kind in ("icc", "icm"):
        yield Block(BlockKind.ICC, data)
    else:
        yield Block(BlockKind.UNKNOWN, data, f"text {_RAW_PROFILE}{kind}")


def _png_profile(body: bytes) -> Iterator[Block]:
    profile = _unzipped(body.partition(b"\x00")[2][1:])
    if profile:
        yield Block(BlockKind.ICC, profile)


# -- WebP ----------------------------------------------------------------------------------------------------------------


def in_webp(data: bytes) -> Iterator[Block]:
    """The blocks of a WebP."""
    for name, start, stop in webp.chunks(data):
        body = data[start:stop]
        if name == b"EXIF":
            yield Block(BlockKind.EXIF, body.removeprefix(_EXIF))
        elif name in (b"XMP ", b"XMP\x00"):  # the latter is ImageMagick's
            yield Block(BlockKind.XMP, body)
        elif name == b"ICCP":
            yield Block(BlockKind.ICC, body)
        elif name not in _WEBP_MADE_ANEW:
            yield Block(BlockKind.UNKNOWN, body, f"chunk {name.decode('latin-1')}")
    size = int.from_bytes(data[4:8], "little")
    end = 8 + size + (size & 1)
    if end < len(data):
        yield from behind(data, end)


# -- GIF -----------------------------------------------------------------------------------------------------------------


def in_gif(data: bytes) -> Iterator[Block]:
    """The blocks of a GIF: comments, texts, application extensions, and what follows its end."""
    at = 13 + (3 << (data[10] & 7) + 1 if len(data) > 12 and data[10] & 0x80 else 0)
    while at + 1 < len(data):
        mark = data[at]
        if mark == 0x3B:
            yield from behind(data, at + 1)
            return
        if mark == 0x2C:
            local = data[at + 9] if at + 9 < len(data) else 0
            at += 11 + (3 << (local & 7) + 1 if local & 0x80 else 0)
            at = _after(data, at)
        elif mark == 0x21:
            label, start = data[at + 1], at + 2
            at = _after(data, start)
            yield from _gif_extension(label, data, start, at)
        else:
            return


def _after(data: bytes, at: int) -> int:
    """The offset behind the sub-blocks that begin at ``at``."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


def _sub_blocks(data: bytes, at: int, stop: int) -> bytes:
    found = bytearray()
    while at < stop and data[at]:
        found += data[at + 1 : at + 1 + data[at]]
        at += data[at] + 1
    return bytes(found)


def _gif_extension(label: int, data: bytes, start: int, stop: int) -> Iterator[Block]:
    if label == 0xFE:
        yield Block(BlockKind.COMMENT, _sub_blocks(data, start, stop))
    elif label == 0xFF:
        name = data[start + 1 : start + 12]
        if name == b"XMP DataXMP":  # the packet itself, then a trailer of 258 bytes that ends the sub-blocks
            yield Block(BlockKind.XMP, data[start + 12 : stop - 258])
        elif name == b"ICCRGBG1012":
            yield Block(BlockKind.ICC, _sub_blocks(data, start + 12, stop))
        elif name in (b"MGK8BIM0000", b"MGKIPTC0000"):  # ImageMagick's
            yield Block(BlockKind.IPTC, _sub_blocks(data, start + 12, stop))
        elif name not in (b"NETSCAPE2.0", b"ANIMEXTS1.0"):
            yield Block(BlockKind.UNKNOWN, _sub_blocks(data, start, stop), f"extension {name.decode('latin-1')}")
    elif label == 0x01:
        yield Block(BlockKind.UNKNOWN, _sub_blocks(data, start, stop), "plain text")
