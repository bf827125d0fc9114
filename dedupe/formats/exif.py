"""The items of a TIFF structure: every tag of every directory of EXIF, TIFF, DNG and the RAW formats built on it (EXIF 2.32).

Read with the project's own TIFF reader: Pillow's leaves out tags of a type it does not know, and unknown is content here.
"""

from __future__ import annotations

import functools
import math
import re
import struct
from collections.abc import Callable, Iterator
from typing import Final

from dedupe.formats.inventory import Item, implied
from dedupe.formats.maker import OVERHANG, unmoved
from dedupe.formats.texts import ZONE, caption_items, date_items, fraction_items, rating_items, text_items, wording
from dedupe.formats.tiff import Directory, Tiff

_MADE_ANEW: Final = frozenset(
    (
        0x00FE, 0x00FF, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0107, 0x0108, 0x0109, 0x010A, 0x0111, 0x0112, 0x0115, 0x0116,
        0x0117, 0x0118, 0x0119, 0x011A, 0x011B, 0x011C, 0x0120, 0x0121, 0x0122, 0x0123, 0x0124, 0x0125, 0x0128, 0x0129, 0x012D,
        0x0131, 0x0132, 0x013D, 0x013E, 0x013F, 0x0140, 0x0141, 0x0142, 0x0143, 0x0144, 0x0145, 0x014A, 0x0150, 0x0152, 0x0153,
        0x0154, 0x0155, 0x015B, 0x0200, 0x0201, 0x0202, 0x0203, 0x0205, 0x0206, 0x0207, 0x0208, 0x0209, 0x0211, 0x0212, 0x0213,
        0x0214, 0x0301, 0x0303, 0x1001, 0x1002, 0x5100, 0x8769, 0x8825, 0xA005, 0xC4A5, 0xEA1C, 0xEA1D, 0x000B,
        0x5010, 0x5011, 0x5012, 0x5013, 0x5090, 0x5091, 0x5110, 0x5111, 0x5112,  # what Windows' GDI+ writes of its own saving
        0x02BC, 0x83BB, 0x8649, 0x8773,  # XMP, IPTC, Photoshop, ICC: blocks of their own
    )
)  # fmt: skip
"""Tags of the main directories that say how this file stores its picture, or which program wrote it."""

_PHOTO_MADE_ANEW: Final = frozenset(
    (
        0x9000,
        0xA000,
        0xA001,
        0xA002,
        0xA003,
        0xA005,
        0x9101,
        0x9102,
        0x9290,
        0x9292,
        0x9010,
        0x9012,
        0xA500,
        0xEA1C,
        0xEA1D,
    )
)
"""The same of the EXIF directory; the sub-seconds and zones of other dates than that of the capture are among them."""

WITHOUT: Final = frozenset(f"exif {tag:04X}" for tag in _MADE_ANEW | _PHOTO_MADE_ANEW)
"""The topics of these tags, for what repeats them elsewhere."""

_SAYS_AGAIN: Final = {0x9201: 0x829A, 0x9202: 0x829D}
"""Shutter speed and aperture as logarithms, which programs work out anew from the exposure time and the f-number."""
_DNG_MADE_ANEW: Final = frozenset(
    (0xC612, 0xC613, 0xC65A, 0xC65B, 0xC61D, 0xC71A, 0xC7A1, 0xC71B, 0xC716, 0xC717, 0xC718)
)
_PLACE: Final = frozenset((0, 1, 2, 3, 4))
"""GPS tags that say the position, which is compared with a tolerance of its own."""
_CAPTIONS: Final = frozenset((0x010E, 0x9C9C, 0x9C9F))
_TEXTS: Final = {0x013B: "author", 0x9C9D: "author", 0x8298: "copyright", 0x9C9B: "title", 0x9C9E: "keyword"}
_UTF16: Final = frozenset((0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F))
_NUMBERS: Final = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_MOST_NUMBERS: Final = 64
_MOST_SHOWN: Final = 5000
_MOST_STOPS: Final = 64
_PLAIN: Final = re.compile(r"\d+(?:\.\d+)?")
_MOST_DIRECTORIES: Final = 64
_BINARY: Final = re.compile(rb"[\x01-\x08\x0e-\x1f]")
_APPLE: Final = b"Apple iOS\x00"
_CONTENT_IDENTIFIER: Final = 0x0011


def items(data: bytes, *, pages: bool = False) -> Iterator[Item]:
    """List the items of a TIFF structure.

    ``pages`` says that it is a whole TIFF file, in which every directory describes a picture. In an EXIF block the
    second directory is the thumbnail, which every save makes anew.
    """
    tiff = Tiff.open(data)
    if tiff is None:
        if data.strip(b"\x00"):
            yield Item.of("exif unreadable", data)
        return
    for directory in _main(tiff, pages):
        yield from _of_directory(tiff, directory, "exif", _MADE_ANEW | (_DNG_MADE_ANEW if pages else frozenset()))
        photo = tiff.directory(tiff.integer(directory, 0x8769) or 0)
        yield from _of_directory(tiff, photo, "exif", _PHOTO_MADE_ANEW)
        yield from _of_directory(tiff, tiff.directory(tiff.integer(directory, 0x8825) or 0), "gps", _PLACE)
        yield from _of_maker(tiff, directory, photo)


def _main(tiff: Tiff, pages: bool) -> Iterator[Directory]:
    """The first directory; with ``pages`` the others of the chain, too, and those below them."""
    if not pages:
        yield tiff.directory(tiff.first)
        return
    for number, directory in enumerate(tiff.chain(_MOST_DIRECTORIES)):
        if number and (tiff.integer(directory, 0x00FE) or 0) & 1:  # a reduced copy of another page
            continue
        yield directory
        for at in tiff.integers(directory, 0x014A):
            yield tiff.directory(at)


def _of_directory(tiff: Tiff, directory: Directory, kind: str, without: frozenset[int]) -> Iterator[Item]:
    for tag in directory:
        said_again = kind == "exif" and _SAYS_AGAIN.get(tag) in directory
        if tag not in without and tag != 0x927C and not said_again:
            yield from _of_tag(tiff, directory, kind, tag)


def _of_tag(tiff: Tiff, directory: Directory, kind: str, tag: int) -> Iterator[Item]:
    if kind == "exif" and tag in _READERS:
        yield from _READERS[tag](tiff, directory, tag)
    elif kind == "exif" and (tag in _CAPTIONS or tag in _TEXTS) and (text := _text(tiff, directory, tag)):
        yield from caption_items(text) if tag in _CAPTIONS else text_items(_TEXTS[tag], text)
    else:
        value = _value(tiff, directory, tag)
        if value:
            yield Item.of(f"{kind} {tag:04X}", value)


def _date(tiff: Tiff, directory: Directory, tag: int) -> Iterator[Item]:
    yield from date_items(tiff.raw(directory, tag).decode("latin-1"))


def _fraction_of_date(tiff: Tiff, directory: Directory, tag: int) -> Iterator[Item]:
    yield from fraction_items(wording(tiff.raw(directory, tag)))


def _focal_length(tiff: Tiff, directory: Directory, tag: int) -> Iterator[Item]:
    yield from _as_shown(tiff, directory, tag, lambda length: round(length, 1))


def _largest_aperture(tiff: Tiff, directory: Directory, tag: int) -> Iterator[Item]:
    """A logarithm of the f-number, which is what programs show."""
    yield from _as_shown(
        tiff, directory, tag, lambda stops: 2 * math.log2(round(2 ** (min(stops, _MOST_STOPS) / 2), 1))
    )


def _as_shown(tiff: Tiff, directory: Directory, tag: int, shown: Callable[[float], float]) -> Iterator[Item]:
    """A number, and what is left of it where a program copies it as it is shown to people."""
    topic, text = f"exif {tag:04X}", _value(tiff, directory, tag)
    if not text:
        return
    yield Item.of(topic, text)
    text = text if isinstance(text, str) else ""
    value = float(text) if _PLAIN.fullmatch(text) else 0.0
    if 0 < value < _MOST_SHOWN and number(shown(value)) != text:
        yield implied(Item.of(topic, number(shown(value))))


def _zone(tiff: Tiff, directory: Directory, tag: int) -> Iterator[Item]:
    zone = wording(tiff.raw(directory, tag))
    if zone and zone.strip(":"):
        yield Item.of(ZONE, "+00:00" if zone == "Z" else zone)


def _rating(tiff: Tiff, directory: Directory, tag: int) -> Iterator[Item]:
    yield from rating_items(tiff.integer(directory, tag) or 0, percent=tag == 0x4749)


def _comment(tiff: Tiff, directory: Directory, tag: int) -> Iterator[Item]:
    yield from caption_items(comment(tiff.raw(directory, tag), tiff.order))


_READERS: Final[dict[int, Callable[[Tiff, Directory, int], Iterator[Item]]]] = {
    0x9003: _date,
    0x9004: _date,
    0x9291: _fraction_of_date,
    0x9011: _zone,
    0x4746: _rating,
    0x4749: _rating,
    0x9286: _comment,
    0x9205: _largest_aperture,
    0x920A: _focal_length,
}


def _text(tiff: Tiff, directory: Directory, tag: int) -> str | None:
    raw = tiff.raw(directory, tag)
    return wording(raw.decode("utf-16-le", "ignore") if tag in _UTF16 else raw)


def comment(raw: bytes, order: str) -> str | None:
    """EXIF UserComment: eight bytes name the character set, which many writers leave out or leave undefined.

    Binary data, which many phones write there, is not a comment.
    """
    code, body = raw[:8], raw[8:]
    if code.rstrip(b"\x00 ") == b"ASCII":
        return wording(body)
    if code.rstrip(b"\x00 ") == b"UNICODE":
        return wording(_utf16(body, order))
    if code.rstrip(b"\x00 ") == b"JIS":
        return wording(body.decode("iso2022_jp", "ignore"))
    if not code.strip(b"\x00 "):
        return None if _BINARY.search(body.strip(b"\x00")) else wording(body.strip(b"\x00"))
    return wording(raw) if re.match(rb"[\x20-\x7e\xc2-\xf4]{8}", code) and not _BINARY.search(raw) else None


def _utf16(body: bytes, order: str) -> str:
    """UTF-16 in the byte order that gives text: by its mark, else the file's, unless the other one reads as Latin."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "ignore")
    own, other = ("utf-16-le", "utf-16-be") if order == "<" else ("utf-16-be", "utf-16-le")
    zeros = body[0::2].count(0), body[1::2].count(0)
    swapped = zeros[0] > zeros[1] if own == "utf-16-le" else zeros[1] > zeros[0]
    return body.decode(other if swapped else own, "ignore")


def _value(tiff: Tiff, directory: Directory, tag: int) -> str | bytes:
    """A value in a normal form: the same number whatever its type, the same text whatever its padding; empty for none."""
    kind, count, at = directory[tag]
    if kind == 2:
        return " ".join(tiff.raw(directory, tag).replace(b"\x00", b" ").decode("latin-1").split())
    if kind in (5, 10) and count <= _MOST_NUMBERS:
        numbers = struct.unpack_from(f"{tiff.order}{2 * count}{'I' if kind == 5 else 'i'}", tiff.data, at)
        return " ".join(_fraction(top, bottom) for top, bottom in zip(numbers[::2], numbers[1::2], strict=True))
    if kind in (11, 12) and count <= _MOST_NUMBERS:
        return " ".join(
            number(value) for value in struct.unpack_from(f"{tiff.order}{count}{_NUMBERS[kind]}", tiff.data, at)
        )
    if kind in _NUMBERS and kind not in (1, 6) and count <= _MOST_NUMBERS:
        return " ".join(map(str, struct.unpack_from(f"{tiff.order}{count}{_NUMBERS[kind]}", tiff.data, at)))
    raw = tiff.whole(directory, tag)
    return raw if raw.strip(b"\x00 ") or (kind == 1 and count < 8) else b""


def _fraction(top: int, bottom: int) -> str:
    return number(top / bottom) if bottom else f"{top}/0"


def number(value: float) -> str:
    """A number to five digits: programs write one fraction as another, and a float as a fraction near it."""
    return f"{value:.5g}"


def _of_maker(tiff: Tiff, main: Directory, photo: Directory) -> Iterator[Item]:
    """The maker note as a whole, and of an Apple note what ties a still to its video."""
    note = tiff.whole(photo, 0x927C)
    if not note.strip(b"\x00"):
        return
    position, maker = photo[0x927C][2], (wording(tiff.raw(main, 0x010F)) or "").encode() + b"\x00"
    said = unmoved(note, position)
    yield Item.of("maker", maker + said)
    # A program that moves a note may leave its offsets as they were, or put behind it the end of a value that was not in it.
    whole = unmoved(note, position, tiff.data[position + len(note) :][:OVERHANG])
    yield from (implied(Item.of("maker", maker + other)) for other in {note, whole} - {said})
    identifier = content_identifier(note)
    if identifier:
        yield Item.of("live", identifier)


def content_identifier(note: bytes) -> str | None:
    """The identifier that an iPhone gives a still and its video alike, from Apple's maker note."""
    if not note.startswith(_APPLE) or note[12:14] not in (b"MM", b"II"):
        return None
    order = ">" if note[12:14] == b"MM" else "<"
    reader = Tiff(note, order, 14)
    found = reader.raw(reader.directory(14), _CONTENT_IDENTIFIER)
    return found.split(b"\x00", 1)[0].decode("ascii", "ignore").strip() or None


def topic_of(name: str) -> str | None:
    """The topic of a tag by the name that XMP has for it (``FNumber``, ``Make``, ``GPSAltitude``); None for other names."""
    return _topics().get(name.casefold())


@functools.cache
def _topics() -> dict[str, str]:
    from PIL import ExifTags

    # Of two tags of one name that of EXIF counts (0xA215), not that of TIFF/EP (0x9215).
    names = {name: f"exif {tag:04X}" for tag, name in sorted(ExifTags.TAGS.items())}
    names.update((name, f"gps {tag:04X}") for tag, name in ExifTags.GPSTAGS.items())
    names.update(
        {
            "ISOSpeedRatings": "exif 8827", "PhotographicSensitivity": "exif 8827", "SerialNumber": "exif A431",
            "SubjectArea": "exif 9214", "SubSecTime": "exif 9290",
        }
    )  # fmt: skip
    return {name.casefold(): topic for name, topic in names.items()}
