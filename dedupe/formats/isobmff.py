"""The boxes of the ISO base media file format (ISO/IEC 14496-12), which HEIF, AVIF, JPEG 2000, JPEG XL, CR3 and MP4 share.

Every length is held against the file: a corrupt one yields fewer boxes, never an exception.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_CONTAINERS: Final = frozenset((b"moov", b"trak", b"mdia", b"minf", b"dinf", b"iprp", b"ipco", b"jp2h", b"udta"))
_MOST_BOXES: Final = 20_000
_IMAGES: Final = frozenset(
    (b"hvc1", b"av01", b"grid", b"iden", b"iovl", b"jpeg", b"tmap", b"unci", b"vvc1", b"j2k1", b"lhv1")
)
_VISUAL: Final = frozenset((b"vide", b"pict", b"auxv"))


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type, where it begins, where its body begins, and where it ends."""

    kind: bytes
    at: int
    body: int
    stop: int


def boxes(data: bytes, start: int = 0, stop: int | None = None) -> Iterator[Box]:
    """The boxes of a range, one after the other; a last one that is cut off or malformed is left out."""
    at, end = start, len(data) if stop is None else stop
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, body = int.from_bytes(data[at : at + 4], "big"), at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif size == 0:
            size = end - at
        if size < body - at or at + size > end:
            return
        yield Box(data[at + 4 : at + 8], at, body, at + size)
        at += size


def find(data: bytes, path: tuple[bytes, ...], start: int = 0, stop: int | None = None) -> Iterator[Box]:
    """The boxes at a path like (moov, trak), each in each; a full box on the way (meta) has four bytes before its boxes."""
    for box in boxes(data, start, stop):
        if box.kind == path[0]:
            if len(path) == 1:
                yield box
            else:
                yield from find(data, path[1:], box.body + 4 * (box.kind == b"meta"), box.stop)


@dataclass(slots=True)
class MetaItem:
    """An item of a meta box.

    ``extents`` are the ranges of its bytes in the file. ``auxiliary`` is its URN where it is an auxiliary picture.
    """

    number: int
    kind: bytes = b""
    content_type: str = ""
    extents: list[tuple[int, int]] = field(default_factory=list)
    auxiliary: str = ""


@dataclass(slots=True)
class Meta:
    """The items of a HEIF or AVIF; ``references`` are (type, from, to)."""

    primary: int = 0
    items: dict[int, MetaItem] = field(default_factory=dict)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)

    def made_of(self, number: int) -> set[int]:
        """The item and all that it is derived from (the tiles of a grid)."""
        found, todo = set[int](), [number]
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo += [
                    other
                    for kind, source, targets in self.references
                    if kind == b"dimg" and source == one
                    for other in targets
                ]
        return found

    def sources_of(self, kind: bytes) -> set[int]:
        """The items that refer to another by this type: thumbnails (thmb), auxiliary pictures (auxl), descriptions (cdsc)."""
        return {source for name, source, _ in self.references if name == kind}


def meta_of(data: bytes) -> Meta | None:
    """The items of the file; None where it has no meta box."""
    box = next(find(data, (b"meta",)), None)
    if box is None:
        return None
    inside = {each.kind: each for each in reversed(list(boxes(data, box.body + 4, box.stop)))}
    meta = Meta()
    for kind, read in ((b"iinf", _infos), (b"iref", _references), (b"iprp", _properties)):
        if kind in inside:
            read(data, inside[kind], meta)
    if b"pitm" in inside:
        at = inside[b"pitm"].body
        meta.primary = int.from_bytes(data[at + 4 : at + (8 if data[at] else 6)], "big")
    if b"iloc" in inside:
        _locations(data, inside[b"iloc"], meta, inside.get(b"idat"))
    return meta


def _infos(data: bytes, box: Box, meta: Meta) -> None:
    start = box.body + (8 if data[box.body] else 6)
    for entry in boxes(data, start, box.stop):
        version, at = data[entry.body], entry.body + 4
        if entry.kind != b"infe" or version < 2:
            continue
        wide = 4 if version == 3 else 2
        item = MetaItem(int.from_bytes(data[at : at + wide], "big"))
        item.kind = data[at + wide + 2 : at + wide + 6]
        names = data[at + wide + 6 : entry.stop].split(b"\x00")
        item.content_type = names[1].decode("latin-1") if item.kind == b"mime" and len(names) > 1 else ""
        meta.items[item.number] = item


def _references(data: bytes, box: Box, meta: Meta) -> None:
    wide = 4 if data[box.body] else 2
    for entry in boxes(data, box.body + 4, box.stop):
        source = int.from_bytes(data[entry.body : entry.body + wide], "big")
        count = int.from_bytes(data[entry.body + wide : entry.body + wide + 2], "big")
        at = entry.body + wide + 2
        ends = range(at, min(at + count * wide, entry.stop), wide)
        meta.references.append(
            (entry.kind, source, tuple(int.from_bytes(data[end : end + wide], "big") for end in ends))
        )


def _properties(data: bytes, box: Box, meta: Meta) -> None:
    """The types of auxiliary pictures, by the property associations."""
    shared = next(find(data, (b"ipco",), box.body, box.stop), None)
    kinds = list(boxes(data, shared.body, shared.stop)) if shared else []
    for entry in find(data, (b"ipma",), box.body, box.stop):
        for number, indices in _associations(data, entry):
            for index in indices:
                if 0 < index <= len(kinds) and kinds[index - 1].kind == b"auxC" and number in meta.items:
                    about = kinds[index - 1]
                    urn = data[about.body + 4 : about.stop].split(b"\x00", 1)[0]
                    meta.items[number].auxiliary = urn.decode("latin-1")


def _associations(data: bytes, box: Box) -> Iterator[tuple[int, list[int]]]:
    version, long_index = data[box.body], data[box.body + 3] & 1
    wide, at = 4 if version else 2, box.body + 8
    for _ in range(int.from_bytes(data[box.body + 4 : box.body + 8], "big")):
        if at + wide >= box.stop:
            return
        number, count = int.from_bytes(data[at : at + wide], "big"), data[at + wide]
        at += wide + 1
        size = 2 if long_index else 1
        indices = [
            int.from_bytes(data[at + size * n : at + size * (n + 1)], "big") & (0x7FFF if long_index else 0x7F)
            for n in range(count)
        ]
        yield number, indices
        at += size * count


def _locations(data: bytes, box: Box, meta: Meta, idat: Box | None) -> None:
    reader = _Reader(data, box.body, box.stop)
    version = reader.take(1)
    reader.take(3)
    sizes = reader.take(2)
    offset, length, base, index = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15 if version else 0
    for _ in range(min(reader.take(4 if version == 2 else 2), _MOST_BOXES)):
        number = reader.take(4 if version == 2 else 2)
        method = reader.take(2) & 15 if version else 0
        reader.take(2)
        start = reader.take(base) + (idat.body if method == 1 and idat else 0)
        for _ in range(reader.take(2)):
            if reader.over:
                return
            reader.take(index)
            at, size = start + reader.take(offset), reader.take(length)
            if method < 2 and number in meta.items and at + size <= len(data):
                meta.items[number].extents.append((at, at + size if size or length else len(data)))


class _Reader:
    """Big-endian numbers, one after the other; 0 beyond the end."""

    def __init__(self, data: bytes, at: int, stop: int) -> None:
        self._data, self._at, self._stop = data, at, stop

    @property
    def over(self) -> bool:
        return self._at >= self._stop

    def take(self, size: int) -> int:
        at = self._at
        self._at += size
        return int.from_bytes(self._data[at : min(at + size, self._stop)], "big")


def bytes_of(data: bytes, item: MetaItem) -> bytes:
    """The bytes of an item."""
    return b"".join(data[start:stop] for start, stop in item.extents)


def is_image(item: MetaItem) -> bool:
    """Whether an item is a picture, coded or derived."""
    return item.kind in _IMAGES


def is_head(data: bytes, at: int) -> bool:
    """Whether a box begins there, be it cut off."""
    return at + 8 <= len(data) and data[at + 4 : at + 8].isalnum()


def tracks(data: bytes, start: int = 0, stop: int | None = None) -> Iterator[tuple[bytes, bytes]]:
    """The tracks of a movie: the handler type (``vide``, ``pict``, ``auxv``, ``soun`` …) and the bytes of the samples of each."""
    for track in find(data, (b"moov", b"trak"), start, stop):
        handler = next(find(data, (b"mdia", b"hdlr"), track.body, track.stop), None)
        table = next(find(data, (b"mdia", b"minf", b"stbl"), track.body, track.stop), None)
        if handler is not None:
            yield (
                data[handler.body + 8 : handler.body + 12],
                b"" if table is None else b"".join(_samples(data, table)),
            )


def _samples(data: bytes, table: Box) -> Iterator[bytes]:
    """The bytes of the chunks that a sample table lists (ISO/IEC 14496-12 §8.7)."""
    inside = {box.kind: box for box in boxes(data, table.body, table.stop)}
    offsets = inside.get(b"stco") or inside.get(b"co64")
    if offsets is None or b"stsc" not in inside or b"stsz" not in inside:
        return
    wide, sizes = 8 if offsets.kind == b"co64" else 4, _sample_sizes(data, inside[b"stsz"])
    runs = _numbers(data, inside[b"stsc"], 12)
    per_chunk = 0
    for number, at in enumerate(_numbers(data, offsets, wide), 1):
        while runs and int.from_bytes(runs[0][:4], "big") <= number:
            per_chunk = int.from_bytes(runs.pop(0)[4:8], "big")
        size = sum(itertools.islice(sizes, min(per_chunk, _MOST_BOXES)))
        begin = int.from_bytes(at, "big")
        yield data[begin : begin + size]


def _sample_sizes(data: bytes, box: Box) -> Iterator[int]:
    """The size of each sample, one after the other."""
    same, count = (int.from_bytes(data[at : at + 4], "big") for at in (box.body + 4, box.body + 8))
    if same:
        return itertools.repeat(same, count)
    places = range(box.body + 12, min(box.body + 12 + 4 * count, box.stop), 4)
    return (int.from_bytes(data[at : at + 4], "big") for at in places)


def _numbers(data: bytes, box: Box, size: int) -> list[bytes]:
    """The entries, of this many bytes each, of a full box with their count."""
    first, count = box.body + 8, int.from_bytes(data[box.body + 4 : box.body + 8], "big")
    return [data[at : at + size] for at in range(first, min(first + size * count, box.stop - size + 1), size)]


def is_video(data: bytes, start: int, stop: int | None = None) -> bool:
    """Whether a whole movie is there: a header and media data, neither of them cut off."""
    inside = {box.kind for box in boxes(data, start, stop)}
    return b"moov" in inside and not inside.isdisjoint((b"mdat", b"moof"))


def end_of(data: bytes, start: int) -> int:
    """Where the boxes that begin at ``start`` end: at what is not a box of a movie any more."""
    at = start
    for box in boxes(data, start):
        if not box.kind.isalnum() and box.kind[:1] != b"\xa9":
            break
        if box.kind == b"ftyp" and box.at != start:
            break
        at = box.stop
    return at
