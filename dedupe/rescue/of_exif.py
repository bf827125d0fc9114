"""What EXIF states, as the XMP properties that the standard gives it (EXIF 2.32, XMP part 2, MWG 2.0)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from dedupe.formats.exif import comment
from dedupe.formats.texts import is_filler, moment_of, stars_of, wording
from dedupe.formats.tiff import Directory, Tiff
from dedupe.rescue.statement import Statement, listed, text
from dedupe.rescue.values import degrees, iso_of

_UTF16: Final = frozenset((0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F))
_TEXTS: Final = (
    (0x010E, "dc:description"),
    (0x9C9C, "dc:description"),
    (0x9C9F, "dc:description"),
    (0x9C9B, "dc:title"),
    (0x8298, "dc:rights"),
)
_Value: TypeAlias = Callable[[Tiff, Directory, int], str | None]


def of_exif(data: bytes) -> Iterator[Statement]:
    """The statements of a TIFF structure."""
    tiff = Tiff.open(data)
    if tiff is None:
        return
    main = tiff.directory(tiff.first)
    photo = tiff.directory(tiff.integer(main, 0x8769) or 0)
    yield from _dates(tiff, photo)
    yield from _texts(tiff, main, photo)
    percent = tiff.integer(main, 0x4749)
    stars = tiff.integer(main, 0x4746) or (stars_of(percent) if percent else 0)
    yield from text("xmp:Rating", str(stars) if stars else None)
    yield from _place(tiff, tiff.directory(tiff.integer(main, 0x8825) or 0))


def _dates(tiff: Tiff, photo: Directory) -> Iterator[Statement]:
    for tag, fraction, zone, name in (
        (0x9003, 0x9291, 0x9011, "exif:DateTimeOriginal"),
        (0x9004, 0x9292, 0x9012, "xmp:CreateDate"),
    ):
        moment = moment_of(_raw(tiff, photo, tag))
        if moment is not None:
            yield from text(name, iso_of(moment, digits=_raw(tiff, photo, fraction), zone=_raw(tiff, photo, zone)))


def _raw(tiff: Tiff, directory: Directory, tag: int) -> str:
    return tiff.raw(directory, tag).split(b"\x00", 1)[0].decode("latin-1").strip()


def _texts(tiff: Tiff, main: Directory, photo: Directory) -> Iterator[Statement]:
    for tag, name in _TEXTS:
        said = _text(tiff, main, tag)
        if said and not (name == "dc:description" and is_filler(said)):
            yield from text(name, said)
    note = comment(tiff.raw(photo, 0x9286), tiff.order)
    if note and not is_filler(note):
        yield from text("dc:description", note)
    yield from listed("dc:creator", [said for tag in (0x013B, 0x9C9D) if (said := _text(tiff, main, tag))])
    words = _text(tiff, main, 0x9C9E)
    yield from listed("dc:subject", [word.strip() for word in (words or "").split(";")])


def _text(tiff: Tiff, directory: Directory, tag: int) -> str | None:
    raw = tiff.raw(directory, tag)
    return wording(raw.decode("utf-16-le", "ignore") if tag in _UTF16 else raw)


# -- where ---------------------------------------------------------------------------------------------------------------


def _place(tiff: Tiff, place: Directory) -> Iterator[Statement]:
    for axis, tag, signs in (("Latitude", 2, "NS"), ("Longitude", 4, "EW")):
        parts = tiff.rationals(place, tag)
        negative = tiff.raw(place, tag - 1)[:1].upper() == signs[1].encode()
        whole = sum(part / divisor for part, divisor in zip(parts, (1.0, 60.0, 3600.0), strict=False))
        if parts:
            yield from text(f"exif:GPS{axis}", degrees(-whole if negative else whole, signs))
    for tag, (name, value) in _GPS.items():
        if tag in place:
            yield from text(f"exif:{name}", value(tiff, place, tag))


def _fraction(tiff: Tiff, directory: Directory, tag: int) -> str | None:
    kind, count, at = directory[tag]
    if kind not in (5, 10) or count < 1:
        return None
    top, bottom = struct.unpack_from(f"{tiff.order}2{'I' if kind == 5 else 'i'}", tiff.data, at)
    return f"{top}/{bottom}" if bottom else None


def _word(tiff: Tiff, directory: Directory, tag: int) -> str | None:
    return wording(tiff.raw(directory, tag))


def _byte(tiff: Tiff, directory: Directory, tag: int) -> str | None:
    raw = tiff.raw(directory, tag)
    return str(raw[0]) if len(raw) == 1 else None


def _integer(tiff: Tiff, directory: Directory, tag: int) -> str | None:
    number = tiff.integer(directory, tag)
    return None if number is None else str(number)


def _coded(tiff: Tiff, directory: Directory, tag: int) -> str | None:
    """A text behind eight bytes that name its character set."""
    raw = tiff.raw(directory, tag)
    return wording(raw[8:]) if raw[:8] == b"ASCII\x00\x00\x00" else None


def _moment(tiff: Tiff, directory: Directory, tag: int) -> str | None:
    """The day and the time of the satellites' clock, which EXIF states apart."""
    day = moment_of(_raw(tiff, directory, 0x001D))
    time = tiff.rationals(directory, tag)
    if day is None or len(time) != 3 or not all(0 <= part < 100 for part in time):
        return None
    hour, minute, second = int(time[0]), int(time[1]), time[2]
    seconds = f"{second:09.6f}".rstrip("0").rstrip(".")
    return f"{iso_of(day)[:10]}T{hour:02}:{minute:02}:{seconds}Z"


_GPS: Final[Mapping[int, tuple[str, _Value]]] = {
    0x0005: ("GPSAltitudeRef", _byte),
    0x0006: ("GPSAltitude", _fraction),
    0x0007: ("GPSTimeStamp", _moment),
    0x0008: ("GPSSatellites", _word),
    0x0009: ("GPSStatus", _word),
    0x000A: ("GPSMeasureMode", _word),
    0x000B: ("GPSDOP", _fraction),
    0x000C: ("GPSSpeedRef", _word),
    0x000D: ("GPSSpeed", _fraction),
    0x000E: ("GPSTrackRef", _word),
    0x000F: ("GPSTrack", _fraction),
    0x0010: ("GPSImgDirectionRef", _word),
    0x0011: ("GPSImgDirection", _fraction),
    0x0012: ("GPSMapDatum", _word),
    0x0017: ("GPSDestBearingRef", _word),
    0x0018: ("GPSDestBearing", _fraction),
    0x001B: ("GPSProcessingMethod", _coded),
    0x001E: ("GPSDifferential", _integer),
    0x001F: ("GPSHPositioningError", _fraction),
}
"""EXIF's GPS tags beside the position, with what XMP calls them."""
