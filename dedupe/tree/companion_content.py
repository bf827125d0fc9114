"""What the companions of a photo say, and which video is the moving half of a still.

Sidecars and Takeout's JSON belong by their names, whatever date they state: a date that differs is often the one a person put
right. A video of the same name may be another camera's film: it belongs where Apple's identifiers are equal, else where the
times agree.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import BinaryIO, Final

from dedupe.asset import POLICIES, Need
from dedupe.formats import isobmff, items, metadata, takeout, texts, xmp_items
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.blocks import blocks
from dedupe.formats.inventory import Item, implied, packed, position_item, unpacked, utc_item
from dedupe.formats.sniff import sniff
from dedupe.tree import attributes
from dedupe.tree.folder_notes import FolderNotes
from dedupe.types import CaptureTime, Companion, CompanionKind, Photo

_EPOCH_1904: Final = 2_082_844_800
"""Seconds from 1904, where QuickTime counts from, to 1970."""
_MOST_BYTES: Final = 4 << 20
_MOST_MOVIE: Final = 64 << 20
_ZONES_S: Final = 14 * 3600
_TOLERANCE_S: Final = 10
_IDENTIFIER: Final = b"com.apple.quicktime.content.identifier"
_CREATED: Final = b"com.apple.quicktime.creationdate"


def described(photo: Photo, folders: FolderNotes | None = None) -> Photo:
    """The photo (and each of its members) with what its companions say, without the videos that are not its own.

    Opens the companions; one that cannot be read stays, and nothing is known of it. ``folders`` remembers the lists of
    folders from one photo to the next.
    """
    folders = folders or FolderNotes()
    members = tuple(described(member, folders) for member in photo.members)
    remarks = (*folders.on(photo), *attributes.remarks(photo.file))
    kept = tuple(
        _read(one) for one in photo.file.companions if one.kind is not CompanionKind.VIDEO or _is_own(photo, one)
    )
    if kept == photo.file.companions and members == photo.members and remarks == photo.remarks:
        return photo
    file = dataclasses.replace(photo.file, companions=kept)
    return dataclasses.replace(photo, file=file, members=members, remarks=remarks)


def _read(companion: Companion) -> Companion:
    if POLICIES[companion.kind].need is Need.BYTES or companion.inventory is not None:
        return companion
    return dataclasses.replace(companion, inventory=said(companion.path, companion.kind))


def said(path: str, kind: CompanionKind) -> str | None:
    """The inventory of a sidecar or Takeout JSON; None where it cannot be read as what it is called."""
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            return None
        return packed(takeout.items(data) if kind is CompanionKind.TAKEOUT else sidecar_items(data))
    except (OSError, ValueError, RecursionError):
        return None


def sidecar_items(data: bytes) -> Iterator[Item]:
    """The items of a sidecar: an XMP packet, or a small picture with EXIF (Canon's THM)."""
    kind = sniff(data)
    if kind is not None:
        yield from items.items_of(blocks(data, kind))
        return
    yield from xmp_items.items(data)
    stated = metadata.of_blocks([Block(BlockKind.XMP, data)])
    if stated.gps is not None:
        yield position_item(stated.gps)
    if stated.dated is not None:
        yield from _of_date(stated.dated.time)


def _of_date(date: CaptureTime) -> Iterator[Item]:
    """What a date in XMP says beside its wall clock, which EXIF has in tags of their own: an instant, the zone, the fraction."""
    # An instant is compared with a tolerance of zones; a wall clock without its zone is one of them.
    yield implied(utc_item(date.seconds - 60 * (date.offset_minutes or 0)))
    yield from map(implied, texts.precision_items(date))


# -- the moving half -----------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Movie:
    """What a video says of itself: Apple's identifier, and when it was made, in seconds since 1970 by some clock."""

    identifier: str | None = None
    made: int | None = None


def _is_own(photo: Photo, video: Companion) -> bool:
    """Whether nothing speaks against a video being the moving half of a still."""
    movie = movie_of(video.path)
    identifiers = {item for item in unpacked(photo.facts.inventory) if item.topic == "live"}
    if movie.identifier is not None and identifiers:
        return Item.of("live", movie.identifier) in identifiers
    return photo.facts.taken is None or same_moment(photo.facts.taken.seconds, movie.made)


def same_moment(taken: int, other: int | None) -> bool:
    """Whether nothing speaks against one moment; both in seconds since 1970, by clocks of unknown zones."""
    if other is None:
        return True
    apart = abs(taken - other)
    return apart <= _ZONES_S + _TOLERANCE_S and min(apart % 900, -apart % 900) <= _TOLERANCE_S


def movie_of(path: str) -> Movie:
    """What a video says of itself; nothing where it cannot be read."""
    try:
        with open(path, "rb") as file:
            movie = _movie_box(file)
    except OSError:
        return Movie()
    keys = dict(_keys(movie))
    identifier = keys.get(_IDENTIFIER, b"").split(b"\x00", 1)[0].decode("utf-8", "ignore").strip() or None
    created = texts.moment_of(keys.get(_CREATED, b"").decode("utf-8", "ignore"))
    return Movie(identifier, created.seconds if created else _header_time(movie))


def _movie_box(file: BinaryIO) -> bytes:
    """The movie box of a file, without reading the film; empty where there is none."""
    size, at = os.fstat(file.fileno()).st_size, 0
    for _ in range(1000):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return b""
        length = int.from_bytes(head[:4], "big")
        length = int.from_bytes(head[8:], "big") if length == 1 and len(head) == 16 else length or size - at
        if head[4:8] == b"moov":
            file.seek(at)
            return file.read(min(length, _MOST_MOVIE))
        if length < 8:
            return b""
        at += length
    return b""


def _keys(movie: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(name, value) of QuickTime's metadata keys: the names are in one box, the values by number in another."""
    for meta in (*isobmff.find(movie, (b"moov", b"meta")), *isobmff.find(movie, (b"moov", b"trak", b"meta"))):
        full = (
            0 if movie[meta.body + 4 : meta.body + 8] == b"hdlr" else 4
        )  # MP4's meta box is a full box, QuickTime's is not
        inside = {box.kind: box for box in isobmff.boxes(movie, meta.body + full, meta.stop)}
        if b"keys" not in inside or b"ilst" not in inside:
            continue
        keys, values = inside[b"keys"], inside[b"ilst"]
        names = [movie[box.body : box.stop] for box in isobmff.boxes(movie, keys.body + 8, keys.stop)]
        for entry in isobmff.boxes(movie, values.body, values.stop):
            number = int.from_bytes(entry.kind, "big")
            value = next((box for box in isobmff.boxes(movie, entry.body, entry.stop) if box.kind == b"data"), None)
            if value is not None and 0 < number <= len(names):
                yield names[number - 1], movie[value.body + 8 : value.stop]


def _header_time(movie: bytes) -> int | None:
    """The creation time in the movie header (ISO/IEC 14496-12 §8.2.2), where a camera wrote one."""
    for box in isobmff.find(movie, (b"moov", b"mvhd")):
        body = movie[box.body : box.body + 12]
        if len(body) == 12:
            seconds = int.from_bytes(body[4:12] if body[0] == 1 else body[4:8], "big") - _EPOCH_1904
            return seconds if seconds > 0 else None
    return None
