"""From the blocks of a file to the items of its inventory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from dedupe.formats import exif, iptc, profile, xmp_items
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.inventory import Item
from dedupe.formats.texts import caption_items, date_items, text_items, wording
from dedupe.formats.tiff import Tiff

_TIFF_BLOCKS: Final = (
    (0x02BC, BlockKind.XMP),
    (0x83BB, BlockKind.IPTC),
    (0x8649, BlockKind.IPTC),
    (0x8773, BlockKind.ICC),
)
_PNG_TEXTS: Final = {"author": "author", "artist": "author", "copyright": "copyright", "title": "title"}
_PNG_CAPTIONS: Final = frozenset(("description", "comment", "caption"))
_PNG_DATES: Final = frozenset(("creation time", "date"))


MODIFIED: Final = "date modified"
"""The topic of the date of the last change, an item only where there is no better date."""
_STREAM: Final = "stream "


def streams(held: Iterable[Item]) -> Iterator[str]:
    """The names of the streams among items, as ``embedded`` has them."""
    return (item.topic.removeprefix(_STREAM) for item in held if item.topic.startswith(_STREAM))


def items_of(found: Iterable[Block]) -> Iterator[Item]:
    """The items of all blocks of a file."""
    for block in found:
        yield from _READERS[block.kind](block)


def within_tiff(data: bytes) -> Iterator[Block]:
    """The blocks in tags of a TIFF structure: XMP, IPTC, Photoshop's resources, the colour profile."""
    tiff = Tiff.open(data)
    if tiff is not None:
        for directory in tiff.chain(64):
            for tag, kind in _TIFF_BLOCKS:
                if tag in directory:
                    yield Block(kind, tiff.whole(directory, tag))


def within(block: Block) -> Iterator[Block]:
    """The blocks inside another: in the tags of a TIFF structure, among Photoshop's image resources."""
    if block.kind in (BlockKind.EXIF, BlockKind.TIFF):
        for one in within_tiff(block.data):
            yield one
            yield from within(one)
    elif block.kind is BlockKind.IPTC:
        yield from iptc.inner(block.data)


def _exif(block: Block) -> Iterator[Item]:
    yield from exif.items(block.data)
    yield from items_of(within_tiff(block.data))


def _iptc(block: Block) -> Iterator[Item]:
    yield from iptc.items(block.data)
    yield from items_of(iptc.inner(block.data))


def _tiff(block: Block) -> Iterator[Item]:
    yield from exif.items(block.data, pages=True)
    yield from items_of(within_tiff(block.data))


def _text(block: Block) -> Iterator[Item]:
    key, text = block.name.lower(), wording(block.data)
    if key in _PNG_TEXTS:
        yield from text_items(_PNG_TEXTS[key], text)
    elif key.startswith("exif:") and text:  # ImageMagick repeats EXIF's tags as texts
        yield from xmp_items.mirrored(block.name[5:], text)
    elif key in _PNG_CAPTIONS:
        yield from caption_items(text)
    elif key in _PNG_DATES and text:
        yield from date_items(text)
    elif block.data.strip():
        yield Item.of(f"text {block.name}", text or block.data)


def _comment(block: Block) -> Iterator[Item]:
    text = wording(block.data)
    if text is not None:
        yield from caption_items(text)
    elif block.data.strip(b"\x00 "):
        yield Item.of("comment", block.data)


def _unknown(block: Block) -> Iterator[Item]:
    if block.data.strip(b"\x00"):
        yield Item.of(f"block {block.name}", block.data)


_READERS: Final[dict[BlockKind, Callable[[Block], Iterator[Item]]]] = {
    BlockKind.EXIF: _exif,
    BlockKind.TIFF: _tiff,
    BlockKind.XMP: lambda block: xmp_items.items(block.data),
    BlockKind.IPTC: _iptc,
    BlockKind.ICC: lambda block: profile.items(block.data),
    BlockKind.TEXT: _text,
    BlockKind.COMMENT: _comment,
    BlockKind.STREAM: lambda block: iter((Item.of(_STREAM + block.name, block.data),)),
    BlockKind.UNKNOWN: _unknown,
}
