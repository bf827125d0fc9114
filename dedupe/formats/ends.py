"""Where the picture in a file ends: what follows is content."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from dedupe.formats import embedded
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.extents import numbers
from dedupe.formats.tiff import Directory, Tiff

_LISTS: Final = ((0x0111, 0x0117), (0x0144, 0x0145), (0x0201, 0x0202))
"""(offsets, byte counts) of strips, tiles and an embedded JPEG."""
_BELOW: Final = (0x014A, 0x8769, 0x8825, 0xA005)
_MOST_DIRECTORIES: Final = 10_000
_ENTRY: Final = 12
_BMP_HEADER: Final = 14


def behind(data: bytes, end: int) -> Iterator[Block]:
    """What follows the picture that ends at ``end``, as blocks."""
    if 0 < end < len(data):
        for stream in embedded.behind(data, end, len(data)):
            yield Block(BlockKind.STREAM, stream.data, stream.name)


def of_tiff(tiff: Tiff) -> int:
    """The offset behind everything that a directory announces; 8 where there is none."""
    return max((end for at in _directories(tiff) for end in _ends(tiff, at)), default=8)


def _directories(tiff: Tiff) -> Iterator[int]:
    todo, seen = [tiff.first], set[int]()
    while todo and len(seen) < _MOST_DIRECTORIES:
        at = todo.pop()
        if at <= 0 or at in seen:
            continue
        seen.add(at)
        yield at
        directory = tiff.directory(at)
        todo += [one for tag in _BELOW for one in tiff.integers(directory, tag)]
        todo.append(tiff.following(at))


def _ends(tiff: Tiff, at: int) -> Iterator[int]:
    if at + 2 > len(tiff.data):
        return
    (count,) = struct.unpack_from(tiff.order + "H", tiff.data, at)
    yield at + 2 + _ENTRY * count + 4
    directory = tiff.directory(at)
    for tag in directory:
        yield directory[tag][2] + len(tiff.whole(directory, tag))
    yield from _of_pixels(tiff, directory)


def _of_pixels(tiff: Tiff, directory: Directory) -> Iterator[int]:
    for offsets, counts in _LISTS:
        starts, sizes = numbers(tiff, directory, offsets), numbers(tiff, directory, counts)
        yield from (start + size for start, size in zip(starts, sizes, strict=False))


def of_bmp(data: bytes) -> int:
    """The offset behind the rows and the colour profile of a BMP, or behind the length it states where that is more."""
    if len(data) < 54:
        return len(data)
    stated, start, size, width, height = struct.unpack_from("<I4xIIii", data, 2)
    bits, compression, coded = struct.unpack_from("<HII", data, 28)
    rows = (abs(width) * bits + 31) // 32 * 4 * abs(height) if compression in (0, 3, 6) else coded
    profile = sum(struct.unpack_from("<II", data, _BMP_HEADER + 112)) + _BMP_HEADER if size >= 124 else 0
    return int(max(stated, start + rows, profile))
