"""Whether the picture data that a file announces are all there: where its strips, tiles and boxes end.

LibRaw and libtiff decode what is left of a file that was cut off, and fill the rest with black or noise.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from dedupe.formats import isobmff, sniff
from dedupe.formats.tiff import Directory, Tiff

_LISTS: Final = ((0x0111, 0x0117), (0x0144, 0x0145), (0x0201, 0x0202))
"""(offsets, byte counts) of strips, tiles and an embedded JPEG."""
_ENTRY: Final = 12
_MOST_DIRECTORIES: Final = 32
_PANASONIC: Final = b"IIU\x00"
_FUJI: Final = b"FUJIFILMCCD-RAW"


def is_cut_off(data: bytes) -> bool:
    """Whether a TIFF or camera RAW ends before the picture data it announces do."""
    if data[:15] == _FUJI:
        return any(sum(struct.unpack_from(">II", data, at)) > len(data) for at in (84, 100) if len(data) >= at + 8)
    if data[4:8] == b"ftyp":
        last = max((box.stop for box in isobmff.boxes(data)), default=0)
        return last < len(data) and isobmff.is_head(data, last)
    if data[:4] == _PANASONIC:
        return _panasonic(data)
    tiff = Tiff.open(data)
    return tiff is not None and any(_ends_beyond(tiff, at) for at in _directories(tiff))


def _directories(tiff: Tiff) -> Iterator[int]:
    """The offsets of the directories of pictures: the chain, and those below each."""
    at, seen = tiff.first, set[int]()
    while at > 0 and at not in seen and len(seen) < _MOST_DIRECTORIES:
        seen.add(at)
        yield at
        below = [one for one in tiff.integers(tiff.directory(at), 0x014A)[:_MOST_DIRECTORIES] if one not in seen]
        seen.update(below)
        yield from below
        at = tiff.following(at)


def _ends_beyond(tiff: Tiff, at: int) -> bool:
    if at + 2 > len(tiff.data):
        return True  # a directory that is announced and missing
    directory = tiff.directory(at)
    announced = _tags(tiff, at)
    for offsets, counts in _LISTS:
        if offsets in announced and offsets not in directory:
            return True  # the list of the strips itself is behind the end
        starts, sizes = numbers(tiff, directory, offsets), numbers(tiff, directory, counts)
        if any(start + size > len(tiff.data) for start, size in zip(starts, sizes, strict=False)):
            return True
    return 0x0144 in directory and directory[0x0144][1] < _tiles(tiff, directory)


def _tiles(tiff: Tiff, directory: Directory) -> int:
    """How many tiles cover the picture once; 0 where its size is not stated."""
    width, height, across, down = (tiff.integer(directory, tag) or 0 for tag in (0x0100, 0x0101, 0x0142, 0x0143))
    return -(-width // across) * -(-height // down) if across and down else 0


def _tags(tiff: Tiff, at: int) -> set[int]:
    """The tags that a directory announces, whether or not their values are there."""
    (count,) = struct.unpack_from(tiff.order + "H", tiff.data, at)
    ends = range(at + 2, min(at + 2 + _ENTRY * min(count, 4096), len(tiff.data) - _ENTRY + 1), _ENTRY)
    return {struct.unpack_from(tiff.order + "H", tiff.data, end)[0] for end in ends}


def numbers(tiff: Tiff, directory: Directory, tag: int) -> tuple[int, ...]:
    """All values of a tag of 16 or 32 bits, however many."""
    kind, count, at = directory.get(tag, (0, 0, 0))
    code = {3: "H", 4: "I", 13: "I"}.get(kind)
    return struct.unpack_from(f"{tiff.order}{count}{code}", tiff.data, at) if code else ()


def _panasonic(data: bytes) -> bool:
    """Whether an RW2 holds less than the 16 bytes for every 14 pixels that its sensor data take up at least."""
    if len(data) < 8:
        return True
    reader = Tiff(data, "<", int.from_bytes(data[4:8], "little"))
    main = reader.directory(reader.first)
    width, height = (reader.integer(main, tag) or 0 for tag in (0x0002, 0x0003))
    start = reader.integer(main, 0x0118) or reader.integer(main, 0x0111) or 0
    return start + width * height * 8 // 7 * 9 // 10 > len(data)


def is_incomplete(data: bytes, kind: str) -> bool:
    """Whether a picture of this format (``sniff``) surely ends before it is whole."""
    if kind in (sniff.TIFF, sniff.RAW):
        return is_cut_off(data)
    if kind == sniff.GIF:
        return not data.rstrip(b"\x00").endswith(b";")
    if kind == sniff.WEBP:
        return 8 + int.from_bytes(data[4:8], "little") > len(data) + 1
    if kind == sniff.BMP:
        return _bmp_ends_beyond(data)
    if kind == sniff.JPEG2000:
        whole = max((box.stop for box in isobmff.boxes(data)), default=0) == len(data)
        return not whole and not data.rstrip(b"\x00").endswith(b"\xff\xd9")
    if kind in (sniff.HEIF, sniff.AVIF) and _lacks_items(data):
        return True
    if kind in (sniff.HEIF, sniff.AVIF) or data[4:8] == b"JXL ":
        last = max((box.stop for box in isobmff.boxes(data)), default=0)
        return last < len(data) and isobmff.is_head(data, last)
    return False


def _bmp_ends_beyond(data: bytes) -> bool:
    """Whether the rows of an uncompressed BMP end behind the file, or a compressed one is not as long as it says."""
    if len(data) < 54:
        return True
    start, width, height = struct.unpack_from("<10xI4xii", data)
    bits, compression = struct.unpack_from("<HI", data, 28)
    if compression in (0, 3, 6):
        return bool(start + (abs(width) * bits + 31) // 32 * 4 * abs(height) > len(data))
    return bool(int.from_bytes(data[2:6], "little") > len(data))


def _lacks_items(data: bytes) -> bool:
    """Whether the bytes of a coded picture are not in the file."""
    meta = isobmff.meta_of(data)
    return meta is None or any(item.kind in (b"hvc1", b"av01") and not item.extents for item in meta.items.values())
