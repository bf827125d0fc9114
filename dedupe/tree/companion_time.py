"""When a companion was made, as it says itself, and whether that is its photo's moment.

A name alone may mislead: counters start again, and another camera's ``IMG_0001.MOV`` is no Live Photo. Where
photo and companion both state a time and the times disagree, the companion is none. Sidecars state a wall
clock or an instant in UTC, a photo a wall clock: a difference of whole quarter hours within the world's time
zones is agreement.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from typing import BinaryIO, Final

from dedupe.types import CompanionKind, FileStamp, Photo

_EPOCH: Final = datetime.datetime(1970, 1, 1)
_EPOCH_1904: Final = 2_082_844_800
"""Seconds from 1904, where QuickTime counts from, to 1970."""
_MOST_BYTES: Final = 1 << 20
_ZONES_S: Final = 14 * 3600
_TOLERANCE_S: Final = 10
_XMP_TIME: Final = re.compile(
    rb"(?:exif:DateTimeOriginal|photoshop:DateCreated|xmp:CreateDate)(?:=[\"']|>)"
    rb"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?"
)


def agreeing(photo: Photo) -> Photo:
    """The photo (and each of its members) without the companions whose own time contradicts its capture time.

    Opens the companions; those that cannot be read or say nothing stay.
    """
    members = tuple(agreeing(half) for half in photo.members)
    taken = photo.facts.taken
    kept = photo.file.companions
    if taken is not None:
        kept = tuple(one for one in kept if same_moment(taken.seconds, stated(one.path, one.kind, one.stamp)))
    if kept == photo.file.companions and members == photo.members:
        return photo
    return dataclasses.replace(photo, file=dataclasses.replace(photo.file, companions=kept), members=members)


def same_moment(taken: int, other: int | None) -> bool:
    """Whether nothing speaks against one moment; both in seconds since 1970, by clocks of unknown zones."""
    if other is None:
        return True
    apart = abs(taken - other)
    return apart <= _ZONES_S + _TOLERANCE_S and min(apart % 900, -apart % 900) <= _TOLERANCE_S


def stated(path: str, kind: CompanionKind, stamp: FileStamp) -> int | None:
    """The capture time that a companion states, in seconds since 1970; None where it states none."""
    try:
        with open(path, "rb") as file:
            if kind is CompanionKind.VIDEO:
                return _video_time(file, stamp.size)
            if kind is CompanionKind.TAKEOUT:
                return _takeout_time(file.read(_MOST_BYTES))
            if kind is CompanionKind.SIDECAR:
                return _xmp_time(file.read(_MOST_BYTES))
    except (OSError, ValueError, OverflowError):
        return None
    return None


def _takeout_time(data: bytes) -> int | None:
    said = json.loads(data)
    taken = said.get("photoTakenTime") if isinstance(said, dict) else None
    seconds = int(taken["timestamp"]) if isinstance(taken, dict) and "timestamp" in taken else 0
    return seconds or None


def _xmp_time(data: bytes) -> int | None:
    found = _XMP_TIME.search(data)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return int((datetime.datetime(year, month, day, hour, minute, second) - _EPOCH).total_seconds())


def _video_time(file: BinaryIO, size: int) -> int | None:
    """The creation time in the movie header (ISO/IEC 14496-12 §8.2.2), where a camera wrote one."""
    movie = _box(file, 0, size, b"moov")
    header = _box(file, *movie, b"mvhd") if movie else None
    if header is None:
        return None
    file.seek(header[0])
    body = file.read(12)
    if len(body) < 12:
        return None
    seconds = int.from_bytes(body[4:12] if body[0] == 1 else body[4:8], "big") - _EPOCH_1904
    return seconds if seconds > 0 else None


def _box(file: BinaryIO, start: int, stop: int, name: bytes) -> tuple[int, int] | None:
    """(start, stop) of the body of the first box of that name within a range; None where there is none."""
    at = start
    for _ in range(1000):
        file.seek(at)
        head = file.read(16)
        if at + 8 > stop or len(head) < 8:
            return None
        length, body = int.from_bytes(head[:4], "big"), 8
        if length == 1 and len(head) == 16:
            length, body = int.from_bytes(head[8:], "big"), 16
        length = length or stop - at
        if head[4:8] == name:
            return at + body, min(at + length, stop)
        if length < body:
            return None
        at += length
    return None
