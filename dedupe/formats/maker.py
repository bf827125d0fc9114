"""Maker notes in a form that stays the same when a program moves them: the values of their directory, not their positions.

Most notes are a directory like TIFF's behind a few letters. A program that moves a note corrects the offsets in it, and often
puts the values in another order.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_POINTERS: Final = frozenset((4, 13))
_ENTRY: Final = 12
_MOST_ENTRIES: Final = 512
_FARTHEST: Final = 34
"""Bytes within which the directory of a note begins."""
_DEEPEST: Final = 3
_TIFF_HEAD: Final = 8
_PREVIEW: Final = 0x0201
_PLACES: Final = frozenset((0x0004, 0x0011, 0x0088, 0x0101, 0x0E10, 0xFF00, *range(0xFC00, 0xFD00)))
"""Tags by which makers say where a block of the note or a preview is: Pentax and Casio, Nikon, Minolta and Olympus, Kodak.

Any other number is content, even one that could be a place in the note: a shutter count, the time since power-on.
"""
OVERHANG: Final = 64


def unmoved(note: bytes, position: int, behind: bytes = b"") -> bytes:
    """What a note says: the values of its directory and of those below it, in order; the note itself where it has no directory.

    ``position`` is its offset in the TIFF structure, from whose start most makers count their offsets. ``behind`` is what
    follows it there, for a value that ends behind the note: some cameras state the note a few bytes too short.
    """
    for start in range(0, min(_FARTHEST, len(note) - 2), 2):
        for order in "<>":
            if _count(note, order, start):
                own_head = start - _TIFF_HEAD
                bases = (own_head, -position, 0) if _has_head(note, own_head) else (-position, 0, own_head)
                readers = (_Note(note + behind, len(note), order, base) for base in bases)
                said = (reader.values(start, _DEEPEST) for reader in readers)
                return next((one for one in said if one is not None), note)
    return note


def _has_head(note: bytes, at: int) -> bool:
    """Whether a TIFF structure of the note's own begins there."""
    return at >= 0 and note[at : at + 4] in (b"II*\x00", b"MM\x00*")


def _count(note: bytes, order: str, start: int) -> int:
    """The number of entries of the directory at this place; 0 where there is none."""
    if not 0 <= start <= len(note) - 2:
        return 0
    (count,) = struct.unpack_from(order + "H", note, start)
    if not 0 < count <= _MOST_ENTRIES or start + 2 + _ENTRY * count > len(note):
        return 0
    heads = (struct.unpack_from(order + "HI", note, start + 4 + _ENTRY * number) for number in range(count))
    return count if all(kind in _SIZES and 0 < many <= len(note) for kind, many in heads) else 0


@dataclass(frozen=True, slots=True)
class _Note:
    """A note of ``size`` bytes, with what follows it; its offsets become places in it by adding ``base``."""

    data: bytes
    size: int
    order: str
    base: int

    def values(self, start: int, depth: int) -> bytes | None:
        """The entries of a directory in a fixed order, each with its value; None where these cannot be the values.

        No value is outside the note, or in the directory itself, and not all are places.
        """
        found, known = [], False
        end = start + 2 + _ENTRY * _count(self.data, self.order, start)
        for at in range(start + 2, end, _ENTRY):
            value = self._value(at, depth, range(start, end))
            if value is None:
                return None
            known |= bool(value)
            found.append(struct.pack("<I", len(value)) + self.data[at : at + 8] + value)
        return b"".join(sorted(found)) if known else None

    def _value(self, at: int, depth: int, directory: range) -> bytes | None:
        tag, kind, count = struct.unpack_from(self.order + "HHI", self.data, at)
        (offset,) = struct.unpack_from(self.order + "I", self.data, at + 8)
        size, place = _SIZES[kind] * count, offset + self.base
        if size > 4:
            inside = 0 <= place < self.size and place + size <= self.size + OVERHANG
            apart = place >= directory.stop or place + size <= directory.start
            return self.data[place : place + size] if inside and apart else None
        if kind in _POINTERS and count == 1:
            if depth and _count(self.data, self.order, place):
                return self.values(place, depth - 1)
            if tag == _PREVIEW or (tag in _PLACES and directory.stop <= place < self.size + OVERHANG):
                return b""
        return self.data[at + 8 : at + 12]
