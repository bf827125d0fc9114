"""From the blocks of a file to the items of its inventory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from dedupe.formats import exif, iptc, profile, xmp, xmp_items
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.inventory import Item
from dedupe.formats.repeated import Repeated, may_repeat
from dedupe.formats.texts import caption_items, date_items, text_items, wording
from dedupe.formats.tiff import Directory, Tiff

_BARE_IPTC: Final = 0x83BB
_PHOTOSHOP: Final = 0x8649
_TIFF_BLOCKS: Final = (
    (0x02BC, BlockKind.XMP),
    (_BARE_IPTC, BlockKind.IPTC),
    (_PHOTOSHOP, BlockKind.IPTC),
    (0x8773, BlockKind.ICC),
)
_XMP_PREFIXES: Final = frozenset(xmp.PREFIXES.values())
_PNG_TEXTS: Final = {"author": "author", "artist": "author", "copyright": "copyright", "title": "title"}
_PNG_CAPTIONS: Final = frozenset(("description", "comment", "caption"))
_TIFF_NAMES: Final = {"artist": "Artist", "copyright": "Copyright", "document": "DocumentName"}
_PNG_DATES: Final = frozenset(("creation time", "date"))


MODIFIED: Final = "date modified"
"""The topic of the date of the last change, an item only where there is no better date."""
_STREAM: Final = "stream "


def streams(held: Iterable[Item]) -> Iterator[str]:
    """The names of the streams among items, as ``embedded`` has them."""
    return (item.topic.removeprefix(_STREAM) for item in held if item.topic.startswith(_STREAM))


def items_of(found: Iterable[Block]) -> Iterator[Item]:
    """The items of all blocks of a file."""
    every = tuple(found)
    repeated = None
    if any(map(may_repeat, every)):
        repeated = Repeated.of(one for block in every for one in (block, *within(block)))
    for block in every:
        if repeated is None or not repeated.holds(block):
            yield from _READERS[block.kind](block)


def within_tiff(data: bytes) -> Iterator[Block]:
    """The blocks in tags of a TIFF structure: XMP, IPTC, Photoshop's resources, the colour profile."""
    tiff = Tiff.open(data)
    if tiff is not None:
        for directory in tiff.chain(64):
            for tag, kind in _TIFF_BLOCKS:
                if tag in directory and not (tag == _BARE_IPTC and _is_cut_off(tiff, directory)):
                    yield Block(kind, tiff.whole(directory, tag))


def _is_cut_off(tiff: Tiff, directory: Directory) -> bool:
    """Whether bare IPTC is the beginning of what Photoshop's resources hold: ImageMagick writes a quarter of it."""
    whole = tiff.whole(directory, _PHOTOSHOP)
    return bool(whole) and any(data.startswith(tiff.whole(directory, _BARE_IPTC)) for data in iptc.bare(whole))


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
    elif key.startswith(("exif:", "tiff:")) and text:  # ImageMagick says EXIF's and TIFF's tags as texts
        name = block.name[5:]
        yield from xmp_items.mirrored(_TIFF_NAMES.get(name, name), text)
    elif text and key.partition(":")[0] in _XMP_PREFIXES:  # and XMP's properties
        yield from xmp_items.of_properties([xmp.Property(block.name, text)])
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
