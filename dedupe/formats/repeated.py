"""Which texts of a PNG only repeat its EXIF, XMP or IPTC.

ImageMagick writes every tag of EXIF and every property of XMP once more as a text. Such a text is known by its value: one
under the same name that says another thing is content.
"""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from dedupe.formats import exif, iptc, xmp
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.texts import wording
from dedupe.formats.tiff import Directory, Tiff

_UNNAMED: Final = "unknown"
"""What ImageMagick calls a text of a tag that it has no name for."""
_CUT: Final = 4080
"""Longer values are cut off by ImageMagick, a few bytes later."""
_BYTES: Final = frozenset((1, 6, 7))
_NUMBERS: Final = {3: "H", 4: "I", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_FRACTIONS: Final = {5: "I", 10: "i"}
_BETWEEN: Final = re.compile(r"[,\s]+")
_NUMBER: Final = re.compile(r"-?\d{1,40}(?:/-?\d{1,40}|\.\d{1,40})?|0[xX][0-9a-fA-F]{1,16}")


def may_repeat(block: Block) -> bool:
    """Whether a block is a text whose name could be ImageMagick's for a tag or a property."""
    return block.kind is BlockKind.TEXT and (":" in block.name or block.name == _UNNAMED)


@dataclass(frozen=True, slots=True)
class Repeated:
    """What the blocks of a file state, in the forms in which a text may repeat it.

    ``tags`` has the forms of EXIF's values by topic, ``properties`` those of XMP by name, without the prefixes, which
    ImageMagick confuses. ``unnamed`` has the forms of all values of EXIF and IPTC, without those that do not show every byte.
    """

    tags: Mapping[str, frozenset[str]]
    properties: Mapping[str, frozenset[str]]
    unnamed: frozenset[str]

    @classmethod
    def of(cls, found: Iterable[Block]) -> Repeated:
        """Collect what blocks state, those inside other blocks given too."""
        tags, properties, unnamed = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set), set[str]()
        for block in found:
            if block.kind is BlockKind.EXIF:
                for topic, forms, dotted in _stated(block.data):
                    tags[topic].update(forms, dotted)
                    unnamed.update(forms)
            elif block.kind is BlockKind.XMP:
                for name, value in _told(block.data):
                    properties[name].update(_forms(value))
            elif block.kind is BlockKind.IPTC:
                unnamed.update(_of_iptc(block.data))
        return cls(_frozen(tags), _frozen(properties), frozenset(unnamed))

    def holds(self, block: Block) -> bool:
        """Whether a block is a text that says again what another one states."""
        return may_repeat(block) and _is_among(block.data, self._may_be(block.name))

    def _may_be(self, name: str) -> frozenset[str]:
        """The forms of what a text of this name may repeat."""
        prefix, _, tag = name.partition(":")
        known = self.properties.get(name.rpartition(":")[2], frozenset())
        if name == _UNNAMED:
            return self.unnamed
        if prefix != "exif":
            return known
        topic = exif.topic_of(tag)
        return known | (self.unnamed if topic is None else self.tags.get(topic, frozenset()))


def _frozen(found: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(forms) for name, forms in found.items()}


def _is_among(data: bytes, forms: frozenset[str]) -> bool:
    """Whether a text has one of the forms, or is the cut off beginning of one."""
    said = _forms(wording(data) or "")
    if not said.isdisjoint(forms):
        return True
    return len(data) >= _CUT and any(form.startswith(_uncut(one)) for one in said for form in forms)


def _uncut(form: str) -> str:
    """A form without its last word or number, of which only a part may be there."""
    return form.rpartition(" ")[0] or form


def _forms(text: str) -> set[str]:
    """A text as it is and, where it is nothing but numbers, as these, whatever is between them."""
    parts = [part for part in _BETWEEN.split(text) if part]
    numbers = [_number(part) for part in parts]
    return {text, *([_listed(number for number in numbers if number)] if parts and all(numbers) else [])} - {""}


def _number(text: str) -> str | None:
    if _NUMBER.fullmatch(text) is None:
        return None
    if text[:2].lower() == "0x":
        return str(int(text, 16))
    return _fraction(*map(int, text.split("/"))) if "/" in text else str(Fraction(text))


def _fraction(top: int, bottom: int) -> str:
    return str(Fraction(top, bottom)) if bottom else f"{top}/0"


def _listed(numbers: Iterable[str]) -> str:
    return "numbers " + " ".join(numbers)


def _told(packet: bytes) -> Iterator[tuple[str, str]]:
    """(name without its prefix, text) of each property of a packet, and of each field of the structures in its lists."""
    for one in xmp.properties(packet):
        for part in one.name.split("/"):
            yield part.rpartition(":")[2], wording(one.value) or ""
        for field in one.value.split("|") if "=" in one.value else ():
            name, _, value = field.partition("=")
            yield name.rpartition(":")[2], wording(value) or ""


def _of_iptc(block: bytes) -> Iterator[str]:
    read = iptc.records(block)
    for number in read.values:
        yield from read.texts(number)


def _stated(data: bytes) -> Iterator[tuple[str, set[str], set[str]]]:
    """(topic, forms, forms that do not show every byte) of all tags of a TIFF structure; the thumbnail's have no topic."""
    tiff = Tiff.open(data)
    if tiff is None:
        return
    main = tiff.directory(tiff.first)
    photo = tiff.directory(tiff.integer(main, 0x8769) or 0)
    places = (
        ("exif ", main),
        ("exif ", photo),
        ("gps ", tiff.directory(tiff.integer(main, 0x8825) or 0)),
        ("", tiff.directory(tiff.integer(photo, 0xA005) or 0)),
        ("", tiff.directory(tiff.following(tiff.first))),
    )
    for kind, directory in places:
        for tag in directory:
            yield (f"{kind}{tag:04X}" if kind else "", *_shown(tiff, directory, tag))


def _shown(tiff: Tiff, directory: Directory, tag: int) -> tuple[set[str], set[str]]:
    """The forms in which a tag is shown, and those that show a dot for what is no letter of ASCII."""
    kind, count, at = directory[tag]
    raw = tiff.whole(directory, tag)
    if kind in _NUMBERS or kind in _FRACTIONS:
        return {_listed(_numbers(tiff, kind, count, at))}, set()
    forms = {wording(raw) or ""} | ({_listed(map(str, _as_bytes(raw, kind)))} if kind in _BYTES else set())
    return forms - {""}, {
        wording("".join(chr(byte) if 32 <= byte < 127 or not byte else "." for byte in raw)) or ""
    } - {""}


def _as_bytes(raw: bytes, kind: int) -> Iterable[int]:
    return struct.unpack(f"{len(raw)}b", raw) if kind == 6 else raw


def _numbers(tiff: Tiff, kind: int, count: int, at: int) -> list[str]:
    if kind in _FRACTIONS:
        numbers = struct.unpack_from(f"{tiff.order}{2 * count}{_FRACTIONS[kind]}", tiff.data, at)
        return [_fraction(top, bottom) for top, bottom in zip(numbers[::2], numbers[1::2], strict=True)]
    values = struct.unpack_from(f"{tiff.order}{count}{_NUMBERS[kind]}", tiff.data, at)
    return [_number(f"{value:f}" if kind in (11, 12) else str(value)) or "" for value in values]
