"""What else a picture file carries, by its bytes: the video of a motion photo, sound, a depth map, a gain map, more pictures.

What the metadata announces counts for nothing here: an announced video that some program cut off is not in the file.

Sources: Google's Motion Photo 1.0 and Ultra HDR 1.1 formats, Samsung's trailer (SEF), Apple's auxiliary images, CIPA DC-007,
ISO/IEC 23008-12 (HEIF).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from dedupe.formats import isobmff
from dedupe.formats.isobmff import Box, Meta, MetaItem
from dedupe.formats.jpeg import Jpeg
from dedupe.formats.tiff import Tiff

VIDEO: Final = "video"
AUDIO: Final = "audio"
DEPTH: Final = "depth"
GAIN_MAP: Final = "gain map"
FURTHER: Final = "further picture"
DATA: Final = "further data"
_ORDER: Final = (VIDEO, AUDIO, DEPTH, GAIN_MAP, FURTHER, DATA)

_DEPTH_MARKS: Final = re.compile(
    rb"GDepth:|depthData:|aux:(?:depth|disparity)|Semantic(?:=|>)[\"']?Depth", re.IGNORECASE
)
_GAIN_MARKS: Final = re.compile(rb"hdrgm:|HDRGainMap|aux:hdrgainmap|urn:iso:std:iso:ts:21496", re.IGNORECASE)
_PADDING: Final = b"\x00\xff\r\n\t "
_MP_ENTRY: Final = 0xB002
_THUMBNAIL: Final = 0x01
_MOST_STREAMS: Final = 200
_SAMSUNG: Final = {b"MotionPhoto_Data": VIDEO, b"DualShot_DepthMap": DEPTH, b"DualShot_": FURTHER, b"SoundShot": AUDIO}
_MOVIE: Final = re.compile(rb"ftyp(?:mp4|iso|qt  |avc|M4V|3gp|hvc|dash|msnv)")
_START: Final = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]|SEFH|" + _MOVIE.pattern)


@dataclass(frozen=True, slots=True)
class Stream:
    """One thing in a file besides its picture: what it is, and the bytes of it in the file."""

    name: str
    data: bytes


def named(names: Iterable[str]) -> tuple[str, ...]:
    """The names of streams, each once, in a fixed order."""
    there = set(names)
    return tuple(name for name in _ORDER if name in there)


# -- JPEG ----------------------------------------------------------------------------------------------------------------


def in_jpeg(data: bytes, parts: Jpeg) -> list[Stream]:
    """The streams behind the picture of a JPEG; previews of the picture itself, which a multi-picture file lists, are none."""
    if parts.end is None:
        return []
    pictures = _mp_pictures(data, parts)
    previews = [(start, stop) for start, stop, kind in pictures if kind == _THUMBNAIL]
    found = [_picture(data[start:stop]) for start, stop, kind in pictures if kind != _THUMBNAIL]
    covered = [(start, stop) for start, stop, _ in pictures]
    for start, stop in _gaps(parts.end, len(data), covered):
        found += behind(data, start, stop, thumbnails=bool(previews))
    return found


def _mp_pictures(data: bytes, parts: Jpeg) -> list[tuple[int, int, int]]:
    """(start, stop, type) of the further pictures that a multi-picture index lists and that are there (CIPA DC-007 §5.2.3)."""
    mpf = parts.mpf
    tiff = Tiff.open(mpf) if mpf else None
    if tiff is None or mpf is None:
        return []
    entries = tiff.raw(tiff.directory(tiff.first), _MP_ENTRY)
    order: Literal["little", "big"] = "little" if mpf[:2] == b"II" else "big"
    found = []
    for at in range(16, min(len(entries) - 15, 16 * _MOST_STREAMS), 16):
        kind, size, offset = (int.from_bytes(entries[at + n : at + n + 4], order) for n in (0, 4, 8))
        start = parts.mpf_at + offset
        if offset and start >= (parts.end or 0) and data[start : start + 2] == b"\xff\xd8":
            found.append((start, min(start + size, len(data)), kind >> 16 & 0xFF))
    return sorted(found)


def _gaps(start: int, stop: int, covered: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What of a range is outside the ranges covered."""
    at = start
    for first, last in covered:
        if first > at:
            yield at, first
        at = max(at, last)
    if at < stop:
        yield at, stop


def _picture(data: bytes) -> Stream:
    """A further JPEG by what it says of itself in its own metadata."""
    head = data[:65536]
    name = GAIN_MAP if _GAIN_MARKS.search(head) else DEPTH if _DEPTH_MARKS.search(head) else FURTHER
    return Stream(name, data)


def behind(data: bytes, start: int, stop: int, *, thumbnails: bool = False) -> list[Stream]:
    """The streams in what follows a picture: further JPEGs, videos, Samsung's trailer; everything else is data.

    ``thumbnails``: the file lists previews of itself, so that padding among them is no data.
    """
    samsung, first = _samsung(data, start, stop)
    if samsung:
        return [*behind(data, start, first, thumbnails=thumbnails), *samsung]
    found: list[Stream] = []
    at = start
    while at < stop and len(found) < _MOST_STREAMS:
        mark = _START.search(data, at, stop)
        where = stop if mark is None else mark.start() - 4 * (data[mark.start() : mark.start() + 4] == b"ftyp")
        if where > at and data[at:where].strip(_PADDING) and not thumbnails:
            found.append(Stream(DATA, data[at:where]))
        if mark is None:
            break
        end = _end(data, where, stop)
        found.append(
            _picture(data[where:end]) if data[where : where + 2] == b"\xff\xd8" else _not_jpeg(data[where:end])
        )
        at = end
    return found


def _not_jpeg(data: bytes) -> Stream:
    return Stream(VIDEO if data[4:8] == b"ftyp" else DATA, data)


def _end(data: bytes, start: int, stop: int) -> int:
    """Where the picture or movie that begins at ``start`` ends."""
    if data[start : start + 2] == b"\xff\xd8":
        at = data.find(b"\xff\xd9", start, stop)
        following = data.find(b"\xff\xd8\xff", start + 3, stop)
        # A thumbnail inside the picture's EXIF has an end marker of its own: the last one before the next start counts.
        last = data.rfind(b"\xff\xd9", start, stop if following < 0 else following)
        return max(at, last) + 2 if at >= 0 else stop
    if data[start + 4 : start + 8] == b"ftyp":
        return min(max(isobmff.end_of(data, start), start + 8), stop) if isobmff.is_video(data, start, stop) else stop
    return stop


def _samsung(data: bytes, start: int, stop: int) -> tuple[list[Stream], int]:
    """The entries of the trailer that Samsung's phones append, and the offset where the first of them begins.

    A directory at the trailer's end (SEFH … SEFT) lists them. Without one, the offset is ``stop``.
    """
    if data[stop - 4 : stop] != b"SEFT":
        return [], stop
    size = int.from_bytes(data[stop - 8 : stop - 4], "little")
    head = stop - 8 - size
    if not start <= head < stop or data[head : head + 4] != b"SEFH":
        return [], stop
    found, first = [], head
    for at in range(head + 12, min(stop - 19, head + 12 + 12 * _MOST_STREAMS), 12):
        back, length = (int.from_bytes(data[at + n : at + n + 4], "little") for n in (4, 8))
        if not 8 <= length <= back or head - back < start:
            continue
        entry = data[head - back : head - back + length]
        width = int.from_bytes(entry[4:8], "little")
        found.append(_samsung_entry(entry[8 : 8 + width], entry[8 + width :]))
        first = min(first, head - back)
    return found, first


def appended_movie(data: bytes) -> int:
    """Where a movie begins that was put behind a bare code stream; 0 where none was."""
    found = _MOVIE.search(data)
    where = found.start() - 4 if found is not None else 0
    return where if where > 0 and isobmff.is_video(data, where) else 0


def _samsung_entry(name: bytes, payload: bytes) -> Stream:
    kind = next((kind for mark, kind in _SAMSUNG.items() if name.startswith(mark)), DATA)
    return Stream(kind, payload if kind != DATA else name + payload)


# -- HEIF and AVIF -------------------------------------------------------------------------------------------------------


def in_heif(data: bytes) -> list[Stream]:
    """The streams in a HEIF or AVIF: auxiliary pictures and gain maps, sound, a movie in a box of its own or appended."""
    meta = isobmff.meta_of(data)
    found = list(_of_items(data, meta)) if meta is not None else []
    top = list(isobmff.boxes(data))
    found += _of_tracks(data, top)
    for number, box in enumerate(top):
        if box.kind == b"ftyp" and number:
            found.append(Stream(VIDEO, data[box.at :]))
            return found
        if box.kind == b"mpvd":
            found.append(Stream(VIDEO, data[box.body : box.stop]))
    end = top[-1].stop if top else 0
    if 0 < end < len(data) and data[end + 4 : end + 8] == b"mpvd":  # its length was not mended when it was cut
        return [*found, Stream(VIDEO, data[end + 8 :])]
    return [*found, *(behind(data, end, len(data)) if 0 < end < len(data) else ())]


def _of_tracks(data: bytes, top: Sequence[Box]) -> Iterator[Stream]:
    """The sound beside a picture, and the frames of a sequence in HEVC.

    The decoder gives only the first of these frames. Those of an AVIF are left out: they are compared frame by frame.
    """
    brands = data[top[0].body : top[0].stop] if top else b""
    end = next(
        (box.at for box in top[1:] if box.kind == b"ftyp"), None
    )  # a movie that was appended is a stream of its own
    for handler, samples in isobmff.tracks(data, 0, end):
        if handler == b"soun":
            yield Stream(AUDIO, samples or handler)
        elif handler in (b"vide", b"pict") and b"avis" not in brands and b"avif" not in brands:
            yield Stream(VIDEO, samples or handler)


def _of_items(data: bytes, meta: Meta) -> Iterator[Stream]:
    shown = meta.made_of(meta.primary)
    thumbnails = meta.sources_of(b"thmb")
    gains = {one for item in meta.items.values() if item.kind == b"tmap" for one in meta.made_of(item.number)} - shown
    parts = {one for item in meta.items.values() for one in meta.made_of(item.number) - {item.number}}
    for number, item in meta.items.items():
        if number in shown or number in thumbnails or not isobmff.is_image(item) or item.kind == b"tmap":
            continue
        if number in gains:
            if number not in parts or item.kind != b"hvc1" or not _is_tile(meta, number):
                yield Stream(GAIN_MAP, _bytes(data, meta, item))
        elif number in meta.sources_of(b"auxl"):
            if not item.auxiliary.endswith(":alpha"):
                yield Stream(_auxiliary(item.auxiliary), _bytes(data, meta, item))
        elif number not in parts:
            yield Stream(FURTHER, _bytes(data, meta, item))


def _is_tile(meta: Meta, number: int) -> bool:
    """Whether an item is part of a grid."""
    return any(
        kind == b"dimg" and number in targets and source in meta.items and meta.items[source].kind == b"grid"
        for kind, source, targets in meta.references
    )


def _auxiliary(urn: str) -> str:
    text = urn.lower()
    if "gainmap" in text or "21496" in text:
        return GAIN_MAP
    return DEPTH if any(word in text for word in ("depth", "disparity", "matte")) else FURTHER


def _bytes(data: bytes, meta: Meta, item: MetaItem) -> bytes:
    """The bytes of an item and of all that it is made of."""
    return b"".join(
        isobmff.bytes_of(data, meta.items[one]) for one in sorted(meta.made_of(item.number)) if one in meta.items
    )
