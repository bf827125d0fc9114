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


def unmoved(note: bytes, position: int) -> bytes:
    """What a note says: the values of its directory and of those below it, in order; the note itself where it has no directory.

    ``position`` is its offset in the TIFF structure, from whose start most makers count their offsets.
    """
    for start in range(0, min(_FARTHEST, len(note) - 2), 2):
        for order in "<>":
            if _count(note, order, start):
                bases = (-position, 0, start - _TIFF_HEAD)
                readers = (_Note(note, order, base) for base in bases)
                said = (reader.values(start, _DEEPEST) for reader in readers)
                return next((one for one in said if one is not None), note)
    return note


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
    """A note whose offsets become places in it by adding ``base``."""

    data: bytes
    order: str
    base: int

    def values(self, start: int, depth: int) -> bytes | None:
        """The entries of a directory in a fixed order, each with its value; None where a value is outside the note."""
        found = []
        for at in range(start + 2, start + 2 + _ENTRY * _count(self.data, self.order, start), _ENTRY):
            value = self._value(at, depth)
            if value is None:
                return None
            found.append(struct.pack("<I", len(value)) + self.data[at : at + 8] + value)
        return b"".join(sorted(found))

    def _value(self, at: int, depth: int) -> bytes | None:
        kind, count = struct.unpack_from(self.order + "HI", self.data, at + 2)
        (offset,) = struct.unpack_from(self.order + "I", self.data, at + 8)
        size, place = _SIZES[kind] * count, offset + self.base
        if size > 4:
            return self.data[place : place + size] if 0 <= place <= len(self.data) - size else None
        if kind in _POINTERS and count == 1 and depth and _count(self.data, self.order, place):
            return self.values(place, depth - 1)
        return self.data[at + 8 : at + 12]
