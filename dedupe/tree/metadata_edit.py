"""Whether two files of one length differ in metadata alone, as a program leaves them that writes a date or a rating in place.

Without this, a photo whose clock was put right by an hour would be called damaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dedupe.formats.block import Block, BlockKind
from dedupe.formats.blocks import blocks
from dedupe.formats.sniff import PNG, RAW, TIFF
from dedupe.formats.tiff import Tiff

_TEXTUAL: Final = (BlockKind.EXIF, BlockKind.XMP, BlockKind.IPTC, BlockKind.COMMENT, BlockKind.TEXT)
_ORIENTATION: Final = 0x0112
_CHECKSUM: Final = 4
"""A PNG's chunk ends with one: it is made anew with the text, and wrong where the text is damaged."""
_MOST_BYTES: Final = 256 << 20


def is_metadata_edit(one: bytes, other: bytes, places: Sequence[int], kind: str) -> bool:
    """Whether every place at which two files of this format differ is one of a text, or of the orientation, in both.

    One flipped bit in EXIF is damage all the same: nothing tells it from a figure that somebody changed by one.
    """
    if kind in (TIFF, RAW) or max(len(one), len(other)) > _MOST_BYTES:
        return False
    ours, theirs = (set(_written(data, kind, places)) for data in (one, other))
    if not ours.issuperset(places) or not theirs.issuperset(places):
        return False
    return len(places) > 1 or _is_more_than_a_bit(one, other, places[0], kind)


def _is_more_than_a_bit(one: bytes, other: bytes, place: int, kind: str) -> bool:
    if (one[place] ^ other[place]).bit_count() > 1:
        return True
    inside = (block.kind for block, start in _found(one, kind) if start <= place < start + len(block.data))
    return next(inside, None) is BlockKind.XMP and bytes((one[place], other[place])).isdigit()


def _found(data: bytes, kind: str) -> Iterator[tuple[Block, int]]:
    """The blocks of metadata that are verbatim in the file, and where."""
    for block in blocks(data, kind):
        at = data.find(block.data) if block.kind in _TEXTUAL and block.data else -1
        if at >= 0:
            yield block, at


def _written(data: bytes, kind: str, places: Sequence[int]) -> Iterator[int]:
    """Those of the places that hold a text or the orientation."""
    for block, at in _found(data, kind):
        stop, turn = at + len(block.data), _orientation_at(block)
        sum_stop = stop + _CHECKSUM if kind == PNG else stop
        yield from (one for one in places if at <= one < stop and (0x20 <= data[one] < 0x7F or one - at in turn))
        yield from (one for one in places if stop <= one < sum_stop)


def _orientation_at(block: Block) -> range:
    """The bytes of a valid orientation in an EXIF block."""
    tiff = Tiff.open(block.data) if block.kind is BlockKind.EXIF else None
    main = tiff.directory(tiff.first) if tiff is not None else {}
    if tiff is None or not 1 <= (tiff.integer(main, _ORIENTATION) or 0) <= 8:
        return range(0)
    return range(main[_ORIENTATION][2], main[_ORIENTATION][2] + 2)
