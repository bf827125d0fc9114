"""A reader for the TIFF structure that EXIF, TIFF, DNG and most RAW files share (TIFF 6.0, EXIF 2.32).

Every offset is checked against the data: a corrupt file yields fewer tags, never an exception.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I"}
_MOST_ENTRIES = 4096

Directory: TypeAlias = Mapping[int, tuple[int, int, int]]
"""Tag → (type, count, offset of the value)."""


@dataclass(frozen=True, slots=True)
class Tiff:
    """A reader of TIFF-structured bytes.

    ``first`` is the offset of the first directory. ``order`` is struct's sign of the byte order.
    """

    data: bytes
    order: str
    first: int

    @classmethod
    def open(cls, data: bytes) -> Tiff | None:
        """Make a reader, or return None where the bytes do not begin as TIFF.

        BigTIFF is not read here: it gives None too.
        """
        order = {b"II": "<", b"MM": ">"}.get(data[:2])
        if order is None or len(data) < 8 or data[2:4] in (b"+\x00", b"\x00+"):
            return None
        return cls(data, order, struct.unpack_from(order + "I", data, 4)[0])

    def directory(self, offset: int) -> dict[int, tuple[int, int, int]]:
        """The entries of the directory at an offset; empty where there is none."""
        return self._entries(offset)[0]

    def following(self, offset: int) -> int:
        """The offset of the directory that follows the one at an offset; 0 where it is the last."""
        return self._entries(offset)[1]

    def chain(self, limit: int = 10_000) -> Iterator[Directory]:
        """The directories that follow one another from the first, each offset once."""
        offset, seen = self.first, set[int]()
        while offset and offset not in seen and len(seen) < limit:
            seen.add(offset)
            entries, offset = self._entries(offset)
            if entries:
                yield entries

    def _entries(self, offset: int) -> tuple[dict[int, tuple[int, int, int]], int]:
        data, order, entries = self.data, self.order, dict[int, tuple[int, int, int]]()
        if not 0 < offset <= len(data) - 2:
            return entries, 0
        (count,) = struct.unpack_from(order + "H", data, offset)
        end = offset + 2 + 12 * count
        if count > _MOST_ENTRIES:
            return entries, 0
        for at in range(offset + 2, min(end, len(data) - 11), 12):
            tag, kind, number = struct.unpack_from(order + "HHI", data, at)
            size = _SIZES.get(kind, 0) * number
            value = at + 8 if size <= 4 else struct.unpack_from(order + "I", data, at + 8)[0]
            if size and value + size <= len(data):
                entries.setdefault(tag, (kind, number, value))
        following = struct.unpack_from(order + "I", data, end)[0] if end + 4 <= len(data) else 0
        return entries, following

    def integers(self, directory: Directory, tag: int) -> tuple[int, ...]:
        """The integer values of a tag, at most 64; empty where it is absent or of another type."""
        kind, count, at = directory.get(tag, (0, 0, 0))
        code = _INTEGERS.get(kind)
        return struct.unpack_from(f"{self.order}{min(count, 64)}{code}", self.data, at) if code else ()

    def integer(self, directory: Directory, tag: int) -> int | None:
        """The first integer value of a tag."""
        values = self.integers(directory, tag)
        return values[0] if values else None

    def rationals(self, directory: Directory, tag: int) -> tuple[float, ...]:
        """The fractions of a tag, at most 8.

        Empty where the tag is absent, has another type, or divides by zero.
        """
        kind, count, at = directory.get(tag, (0, 0, 0))
        if kind not in (5, 10):
            return ()
        numbers = struct.unpack_from(f"{self.order}{2 * min(count, 8)}{'I' if kind == 5 else 'i'}", self.data, at)
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        return tuple(top / bottom for top, bottom in pairs) if all(bottom for _, bottom in pairs) else ()

    def raw(self, directory: Directory, tag: int) -> bytes:
        """The bytes of a tag of a byte-sized type; empty where it is absent."""
        kind, count, at = directory.get(tag, (0, 0, 0))
        return self.data[at : at + count] if kind in (1, 2, 6, 7, 129) else b""

    def whole(self, directory: Directory, tag: int) -> bytes:
        """The bytes of a tag of any type; empty where it is absent."""
        kind, count, at = directory.get(tag, (0, 0, 0))
        return self.data[at : at + _SIZES.get(kind, 0) * count]
