"""IPTC-IIM records and the image resources of Photoshop that hold them (IPTC-IIM 4.2, Adobe Photoshop file formats).

Pillow reads IPTC from an opened image only; here the blocks of every container are at hand, so the records are read directly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dedupe.formats.block import Block, BlockKind
from dedupe.formats.inventory import Item
from dedupe.formats.texts import caption_items, date_items, text_items, wording

_IPTC: Final = 0x0404
_RESOURCES_MADE_ANEW: Final = frozenset(
    (
        0x03E8, 0x03E9, 0x03EA, 0x03ED, 0x03F1, 0x03F2, 0x03F3, 0x03F5, 0x03F8, 0x03FC, 0x0400, 0x0402, 0x0406, 0x0408,
        0x0409, 0x040C, 0x040D, 0x040F, 0x0411, 0x0414, 0x0417, 0x0419, 0x041A, 0x041D, 0x0421, 0x0422, 0x0423,
        0x0424, 0x0425, 0x0426, 0x0428, 0x042D, 0x0430, 0x0431, 0x0432, 0x0433, 0x0435, 0x043A, 0x043B, 0x043C, 0x043D, 0x0440,
        0x2710,
    )
)  # fmt: skip
"""Resources about printing, guides, thumbnails and versions, and the copies of EXIF, XMP and the profile."""
_TOPICS: Final = {
    5: "title", 15: "category", 20: "category", 25: "keyword", 40: "instructions", 80: "author", 85: "author position",
    90: "location", 92: "location", 95: "location", 100: "location code", 101: "location", 103: "transmission reference",
    105: "headline", 110: "credit", 115: "source", 116: "copyright", 122: "caption writer",
}  # fmt: skip
_DATES: Final = ((55, 60), (62, 63))
"""(day, time) of the creation and of the digitisation."""
_NO_ZONE: Final = ("+0000", "-0000")
"""IPTC demands a zone; what a program writes that knows of none."""
_RECORDS_MADE_ANEW: Final = frozenset((0, 3, 65, 70))
_ENVELOPE_MADE_ANEW: Final = frozenset((0, 20, 22, 90))
"""Version, format of the file, and character set, in record 1."""
_FACEBOOK: Final = b"FBMD"
"""Facebook writes two numbers of its own into every photo that is saved from it: instructions that begin so, and a reference."""
_FACEBOOKS: Final = (40, 103)
_INNER: Final = {0x0422: BlockKind.EXIF, 0x0423: BlockKind.EXIF, 0x0424: BlockKind.XMP}
_COPYRIGHTED: Final = 0x040A
_URL: Final = 0x040B
_OLD_CAPTION: Final = 0x03F0

_UTF8: Final = b"\x1b%"
_LATIN_SETS: Final = {
    b"A": "iso8859-1", b"B": "iso8859-2", b"C": "iso8859-3", b"D": "iso8859-4", b"F": "iso8859-7", b"G": "iso8859-6",
    b"H": "iso8859-8", b"L": "iso8859-5", b"M": "iso8859-9", b"V": "iso8859-10", b"b": "iso8859-15",
}  # fmt: skip
"""The last byte of the sequence that calls up a set of 96 characters (ISO 2022), and Python's name of it."""


@dataclass(frozen=True, slots=True)
class Records:
    """The records of an IPTC block, each value as bytes.

    ``values`` are those of application record 2, by data set. ``charset`` is Python's name of the character set that the
    envelope states, None where it states none. ``others`` are (record, data set, value) of the other records.
    """

    values: dict[int, list[bytes]]
    charset: str | None = None
    others: tuple[tuple[int, int, bytes], ...] = ()

    def text(self, raw: bytes) -> str | None:
        """A value as text; None where it is no text."""
        if self.charset is not None:
            try:
                return wording(raw.decode(self.charset))
            except UnicodeDecodeError:
                pass  # many programs state UTF-8 and write another one
        return wording(raw)

    def texts(self, number: int) -> list[str]:
        """The texts of a data set."""
        return [text for raw in self.values.get(number, ()) if (text := self.text(raw)) is not None]

    def dates(self, sets: Iterable[tuple[int, int]] = _DATES) -> Iterator[str]:
        """The dates of creation and of digitisation, as "20190504 120001+0200"; ``sets``: those of their days and times."""
        for day, time in sets:
            times = self.texts(time)
            for number, text in enumerate(self.texts(day)):
                yield f"{text} {times[number]}" if number < len(times) else text


def resources(block: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, data) of the image resources in a Photoshop block."""
    at = 0
    while at + 12 <= len(block) and block[at : at + 4] in (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR"):
        number = int.from_bytes(block[at + 4 : at + 6], "big")
        name = (block[at + 6] + 2) & ~1  # a Pascal string, padded to even
        start = at + 10 + name
        size = int.from_bytes(block[start - 4 : start], "big")
        yield number, block[start : start + size]
        at = start + size + (size & 1)


def bare(block: bytes) -> list[bytes]:
    """The IPTC data in a Photoshop block; the block itself where it is bare."""
    if block[:1] == b"\x1c":
        return [block]
    if (
        block[3:4] == b"\x1c" and len(block) % 4 == 0 and block[:1] != b"8"
    ):  # as numbers of 32 bits in the other byte order
        return [b"".join(block[at : at + 4][::-1] for at in range(0, len(block), 4))]
    return [data for number, data in resources(block) if number == _IPTC]


def records(block: bytes) -> Records:
    """The IPTC records in a Photoshop block, or in bare IPTC data."""
    found: dict[int, list[bytes]] = defaultdict(list)
    others: list[tuple[int, int, bytes]] = []
    charset: str | None = None
    for data in bare(block):
        at = 0
        while at + 5 <= len(data) and data[at] == 0x1C:
            size, start = int.from_bytes(data[at + 3 : at + 5], "big"), at + 5
            if size & 0x8000:  # an extended size: this many bytes of length follow
                start += size & 0x7FFF
                size = int.from_bytes(data[at + 5 : start], "big")
            value = data[start : start + size]
            if data[at + 1] == 2:
                found[data[at + 2]].append(value)
            elif data[at + 1 : at + 3] == b"\x01\x5a":
                charset = _charset(value)
            elif data[at + 1] != 1 or data[at + 2] not in _ENVELOPE_MADE_ANEW:
                others.append((data[at + 1], data[at + 2], value))
            at = start + size
    return Records(_without_facebook(found), charset, tuple(others))


def _without_facebook(found: dict[int, list[bytes]]) -> dict[int, list[bytes]]:
    if not any(value.startswith(_FACEBOOK) for value in found.get(_FACEBOOKS[0], ())):
        return dict(found)
    return {number: values for number, values in found.items() if number not in _FACEBOOKS}


def _charset(sequence: bytes) -> str | None:
    """The character set that an escape sequence of ISO 2022 calls up; None where it is not known here."""
    if sequence.startswith(_UTF8):
        return "utf-8"
    return _LATIN_SETS.get(sequence[2:3]) if sequence[:1] == b"\x1b" and sequence[1:2] in (b"-", b".", b"/") else None


def inner(block: bytes) -> Iterator[Block]:
    """The blocks of EXIF and XMP among the image resources of a Photoshop block."""
    if block[:1] != b"\x1c":
        for number, data in resources(block):
            if number in _INNER:
                yield Block(_INNER[number], data)


def items(block: bytes) -> Iterator[Item]:
    """The items of a Photoshop block or of bare IPTC data, without those of the blocks inside it."""
    if block[:1] != b"\x1c":
        for number, data in resources(block):
            yield from _of_resource(number, data)
    read = records(block)
    for text in read.dates(_DATES[:1]):
        yield from date_items(text, capture=not text.endswith(_NO_ZONE))
    for text in read.dates(_DATES[1:]):
        yield from date_items(text)
    for number, values in read.values.items():
        if number not in _RECORDS_MADE_ANEW and number not in (55, 60, 62, 63):
            yield from _of(number, values, read)
    for record, number, value in read.others:
        if value.strip(b"\x00 "):
            yield Item.of(f"iptc {record}:{number}", value)


def _of_resource(number: int, data: bytes) -> Iterator[Item]:
    """The item of an image resource; the copyright mark and its address are those of XMP."""
    if number in _INNER or number == _IPTC or number in _RESOURCES_MADE_ANEW or not data.strip(b"\x00"):
        return
    if number == _COPYRIGHTED:
        yield Item.of("xmp xmpRights:Marked", "True")
    elif number == _URL:
        yield Item.of("xmp xmpRights:WebStatement", wording(data) or data)
    elif number == _OLD_CAPTION:
        yield from caption_items(wording(data[1 : 1 + data[0]]))
    else:
        yield Item.of(f"photoshop {number:04X}", data)


def _of(number: int, values: Sequence[bytes], read: Records) -> Iterator[Item]:
    for value in values:
        if number == 120:
            yield from caption_items(read.text(value))
        elif number in _TOPICS:
            yield from text_items(_TOPICS[number], read.text(value))
        elif value.strip(b"\x00 "):
            yield Item.of(f"iptc {number}", read.text(value) or value)
