"""The blocks of a picture file that are not its pixels, whatever its container calls them (segments, chunks, boxes, items).

Each container is walked once; its metadata come out as the same few kinds, and what is not known comes out as unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from dedupe.formats import box_blocks, chunk_blocks, ends, jpeg_blocks, sniff
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.tiff import Tiff


def blocks(data: bytes, kind: str) -> Iterator[Block]:
    """The blocks of a file of this format (``sniff``), in its order. A malformed file gives those that can be found."""
    reader = _READERS.get(kind)
    if reader is not None:
        yield from reader(data)


def _tiff(data: bytes) -> Iterator[Block]:
    yield Block(BlockKind.TIFF, data)
    tiff = Tiff.open(data)
    if tiff is not None:
        yield from ends.behind(data, ends.of_tiff(tiff))


def _bmp(data: bytes) -> Iterator[Block]:
    yield from ends.behind(data, ends.of_bmp(data))


_READERS: Final[dict[str, Callable[[bytes], Iterator[Block]]]] = {
    sniff.JPEG: jpeg_blocks.in_jpeg,
    sniff.PNG: chunk_blocks.in_png,
    sniff.WEBP: chunk_blocks.in_webp,
    sniff.GIF: chunk_blocks.in_gif,
    sniff.HEIF: box_blocks.in_heif,
    sniff.AVIF: box_blocks.in_heif,
    sniff.JPEG2000: box_blocks.in_boxes,
    sniff.JPEGXL: box_blocks.in_boxes,
    sniff.TIFF: _tiff,
    sniff.RAW: box_blocks.in_raw,
    sniff.BMP: _bmp,
}
