"""The blocks of a JPEG: its application segments and comments, those that go over several segments joined, and what follows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from dedupe.formats import embedded, jpeg
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.errors import DamagedError
from dedupe.formats.jpeg import Jpeg

_XMP: Final = b"http://ns.adobe.com/xap/1.0/\x00"
_EXTENSION: Final = b"http://ns.adobe.com/xmp/extension/\x00"
_EXIF: Final = b"Exif\x00\x00"
_PHOTOSHOP: Final = b"Photoshop 3.0\x00"
_MADE_ANEW: Final = ((0xE0, b"JFIF\x00"), (0xE0, b"JFXX\x00"), (0xE0, b"AVI1"), (0xE2, b"ICC_PROFILE\x00"), (0xE2, b"MPF\x00"),
                     (0xEC, b"Ducky"), (0xEE, b"Adobe"), (0xED, b"Adobe_CM"))  # fmt: skip
"""Segments that describe how this file stores its picture; the profile and the multi-picture index are read elsewhere."""
_COM: Final = 0xFE
_FROM_PROGRAMS: Final = re.compile(
    rb"^\s*(?:creator: |created with|lead technologies|file (?:written|source)|intel\(r\) jpeg|lavc\d|optimi[sz]ed|compress"
    rb"|processed by|jpeg-recompress|ns=|handmade software|xv version|appleMark|\*\s*$|ashampoo|easy gif|picresize|resized)",
    re.IGNORECASE,
)
"""Comments that programs write about themselves."""


def is_from_program(comment: bytes) -> bool:
    """Whether a comment is one that a program wrote about itself."""
    return _FROM_PROGRAMS.match(comment) is not None


def in_jpeg(data: bytes, parts: Jpeg | None = None) -> Iterator[Block]:
    """The blocks of a JPEG; ``parts`` are its markers where they were read before."""
    try:
        parts = parts or jpeg.parse(data)
    except DamagedError:
        return
    yield from _joined(data, parts)
    for marker, start, stop in parts.applications:
        body = data[start:stop]
        if marker == _COM:
            if not is_from_program(body):
                yield Block(BlockKind.COMMENT, body)
        elif not _is_known(marker, body):
            yield Block(BlockKind.UNKNOWN, body, f"APP{marker - 0xE0} {_name(body)}".strip())
    if parts.icc:
        yield Block(BlockKind.ICC, parts.icc)
    for stream in embedded.in_jpeg(data, parts):
        yield Block(BlockKind.STREAM, stream.data, stream.name)


def _is_known(marker: int, body: bytes) -> bool:
    if any(marker == known and body.startswith(mark) for known, mark in _MADE_ANEW):
        return True
    return (marker == 0xE1 and body.startswith((_EXIF, _XMP, _EXTENSION))) or (
        marker == 0xED and body.startswith(_PHOTOSHOP)
    )


def _name(body: bytes) -> str:
    """What an unknown segment calls itself: the letters it begins with."""
    found = re.match(rb"[\w .:/-]{2,20}", body)
    return found.group().decode("latin-1").strip() if found else ""


def _joined(data: bytes, parts: Jpeg) -> Iterator[Block]:
    """EXIF, XMP with its extension, and Photoshop's resources, each of which may go over several segments."""
    exif, photoshop = bytearray(), bytearray()
    extensions: dict[bytes, dict[int, bytes]] = defaultdict(dict)
    for marker, start, stop in parts.applications:
        body = data[start:stop]
        if marker == 0xE1 and body.startswith(_EXIF):
            if exif and body[6:10] in (b"II*\x00", b"MM\x00*"):  # a second EXIF, not more of the first
                yield Block(BlockKind.EXIF, body[6:])
            else:
                exif += body[6:]
        elif marker == 0xE1 and body.startswith(_XMP):
            yield Block(BlockKind.XMP, body[len(_XMP) :])
        elif marker == 0xE1 and body.startswith(_EXTENSION):
            at = len(_EXTENSION)
            extensions[body[at : at + 32]][int.from_bytes(body[at + 36 : at + 40], "big")] = body[at + 40 :]
        elif marker == 0xED and body.startswith(_PHOTOSHOP):
            photoshop += body[len(_PHOTOSHOP) :]
    if exif:
        yield Block(BlockKind.EXIF, bytes(exif))
    for pieces in extensions.values():
        yield Block(BlockKind.XMP, b"".join(pieces[at] for at in sorted(pieces)))
    if photoshop:
        yield Block(BlockKind.IPTC, bytes(photoshop))
