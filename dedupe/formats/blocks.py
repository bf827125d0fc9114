"""The blocks of a picture file that are not its pixels, whatever its container calls them (segments, chunks, boxes, items).

Each container is walked once; its metadata come out as the same few kinds, and what is not known comes out as unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from dedupe.formats import box_blocks, chunk_blocks, jpeg_blocks, sniff
from dedupe.formats.block import Block, BlockKind


def blocks(data: bytes, kind: str) -> Iterator[Block]:
    """The blocks of a file of this format (``sniff``), in its order. A malformed file gives those that can be found."""
    if kind == sniff.JPEG:
        yield from jpeg_blocks.in_jpeg(data)
    elif kind == sniff.PNG:
        yield from chunk_blocks.in_png(data)
    elif kind == sniff.WEBP:
        yield from chunk_blocks.in_webp(data)
    elif kind == sniff.GIF:
        yield from chunk_blocks.in_gif(data)
    elif kind in (sniff.HEIF, sniff.AVIF):
        yield from box_blocks.in_heif(data)
    elif kind in (sniff.JPEG2000, sniff.JPEGXL):
        yield from box_blocks.in_boxes(data)
    elif kind == sniff.TIFF:
        yield Block(BlockKind.TIFF, data)
    elif kind == sniff.RAW:
        yield from box_blocks.in_raw(data)
