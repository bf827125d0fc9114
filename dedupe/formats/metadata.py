"""What a photo says of itself: capture time, camera, place, caption, rating (EXIF 2.32, XMP, IPTC-IIM 4.2).

Nothing here raises: a field that is absent, malformed or a camera's filler text is simply not stated.
"""

from __future__ import annotations

import datetime
import html
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from dedupe.formats.tiff import Directory, Tiff
from dedupe.types import CaptureTime

_DATE: Final = re.compile(r"(\d{4})[:/\-. ](\d{1,2})[:/\-. ](\d{1,2})[ T](\d{1,2}):(\d{1,2}):(\d{1,2})")
_OFFSET: Final = re.compile(r"([+-])(\d{2}):?(\d{2})")
_RATING: Final = re.compile(rb"xmp:Rating(?:=[\"']|>)\s*(-?\d)")
_DESCRIPTION: Final = re.compile(
    rb"<dc:(?:description|title)>\s*<rdf:Alt>\s*<rdf:li[^>]*>([^<]+)</rdf:li>", re.IGNORECASE
)
_LONGEST: Final = 2000
_EPOCH: Final = datetime.datetime(1970, 1, 1)
_FILLER: Final = frozenset(
    (
        "olympus digital camera", "sony dsc", "minolta digital camera", "konica minolta digital camera",
        "digital camera", "digital still camera", "exif_jpeg_picture", "samsung", "samsung digital camera",
        "kodak digital still camera", "jpeg", "default", "untitled", "ascii", "charset=ascii", "none", "null",
        "dcim", "user comments", "screenshot", "oplus_0", "oplus_32", "hdrpl",
    )
)  # fmt: skip
"""Captions that cameras and phones write by themselves: losing them loses nothing."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The EXIF part of ``Facts``, field by field."""

    taken: CaptureTime | None = None
    camera: str | None = None
    gps: tuple[float, float] | None = None
    caption: str | None = None
    rating: int | None = None
    software: str | None = None


def read(exif: bytes | None, xmp: bytes | None = None, photoshop: bytes | None = None) -> Metadata:
    """The metadata in a TIFF structure, an XMP packet and Photoshop's image resources, each of them
    optional.
    """
    caption = _iptc_caption(photoshop) or _xmp_caption(xmp)
    rating = _xmp_rating(xmp)
    tiff = Tiff.open(exif) if exif else None
    if tiff is None:
        return Metadata(caption=caption, rating=rating)
    main = tiff.directory(tiff.first)
    photo = tiff.directory(tiff.integer(main, 0x8769) or 0) or _second_block(tiff)
    place = tiff.directory(tiff.integer(main, 0x8825) or 0)
    return Metadata(
        taken=_taken(tiff, photo or main),
        camera=_camera(tiff, main),
        gps=_gps(tiff, place),
        caption=_exif_caption(tiff, main, photo) or caption,
        rating=(tiff.integer(main, 0x4746) or None) if rating is None else rating,
        software=_text(tiff.raw(main, 0x0131)),
    )


def _second_block(tiff: Tiff) -> Directory:
    """Canon CR3 keeps the EXIF directory in a block of its own (CMT2), whose tags are read in place here."""
    at = tiff.data.find(b"CMT2", 0, 65536)
    block = Tiff.open(tiff.data[at + 4 :]) if at >= 0 else None
    if block is None:
        return {}
    return {tag: (kind, count, offset + at + 4) for tag, (kind, count, offset) in block.directory(block.first).items()}


def _taken(tiff: Tiff, photo: Directory) -> CaptureTime | None:
    found = _DATE.match(tiff.raw(photo, 0x9003).decode("latin-1"))
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        moment = datetime.datetime(year, month, day, hour, minute, min(second, 59))
    except ValueError:
        return None
    if year < 1826:  # before the first photograph: a clock that was never set
        return None
    digits = re.match(r"\s*(\d{1,9})", tiff.raw(photo, 0x9291).decode("latin-1"))
    shift = _OFFSET.match(tiff.raw(photo, 0x9011).decode("latin-1"))
    return CaptureTime(
        seconds=int((moment - _EPOCH).total_seconds()),
        fraction=float(f"0.{digits.group(1)}") if digits else 0.0,
        digits=len(digits.group(1)) if digits else 0,
        offset_minutes=(
            (int(shift.group(2)) * 60 + int(shift.group(3))) * (1 if shift.group(1) == "+" else -1) if shift else None
        ),
    )


def _camera(tiff: Tiff, main: Directory) -> str | None:
    make, model = _text(tiff.raw(main, 0x010F)), _text(tiff.raw(main, 0x0110))
    if make and model and not model.lower().startswith(make.split()[0].lower()):
        return f"{make} {model}"
    return model or make


def _gps(tiff: Tiff, place: Directory) -> tuple[float, float] | None:
    """(latitude, longitude) in degrees, north and east positive; None where absent, out of range or a mere 0,
    0.
    """
    latitude = _degrees(tiff.rationals(place, 2), tiff.raw(place, 1)[:1] in (b"S", b"s"))
    longitude = _degrees(tiff.rationals(place, 4), tiff.raw(place, 3)[:1] in (b"W", b"w"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return None if latitude == 0 == longitude else (round(latitude, 7), round(longitude, 7))


def _degrees(parts: tuple[float, ...], negative: bool) -> float | None:
    if not parts or not all(math.isfinite(part) for part in parts):
        return None
    value = sum(part / divisor for part, divisor in zip(parts, (1.0, 60.0, 3600.0), strict=False))
    return -value if negative else value


def _exif_caption(tiff: Tiff, main: Directory, photo: Directory) -> str | None:
    for text in (
        _text(tiff.raw(main, 0x010E)),
        *(_meant(tiff.raw(main, tag).decode("utf-16-le", "ignore")) for tag in (0x9C9B, 0x9C9C, 0x9C9F)),
        _comment(tiff.raw(photo, 0x9286), tiff.order),
    ):
        if text and text.lower() not in _FILLER:
            return text
    return None


def _comment(raw: bytes, order: str) -> str | None:
    """EXIF UserComment: eight bytes name the character set. Many phones write binary data there: that is no
    caption.
    """
    if raw[:5] == b"ASCII":
        return _text(raw[8:])
    if raw[:7] == b"UNICODE":
        return _meant(raw[8:].decode("utf-16-le" if order == "<" else "utf-16-be", "ignore"))
    return None


def _text(raw: bytes) -> str | None:
    """A string as writers mean it: up to the first NUL, UTF-8 or else Latin-1."""
    raw = raw.split(b"\x00", 1)[0][:_LONGEST]
    try:
        return _meant(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return _meant(raw.decode("latin-1"))


def _meant(text: str) -> str | None:
    text = " ".join(text.split("\x00", 1)[0].split())[:_LONGEST]
    # Joiners and direction marks belong to many scripts and to every family of emoji; other controls are no caption.
    signs = [sign for sign in text if unicodedata.category(sign) != "Cf"]
    return text if signs and all(sign.isprintable() for sign in signs) else None


def _xmp_caption(xmp: bytes | None) -> str | None:
    found = _DESCRIPTION.search(xmp) if xmp else None
    text = _meant(html.unescape(found.group(1).decode("utf-8", "ignore"))) if found else None
    return text if text and text.lower() not in _FILLER else None


def _xmp_rating(xmp: bytes | None) -> int | None:
    found = _RATING.search(xmp) if xmp else None
    return (int(found.group(1)) or None) if found else None


def _iptc_caption(photoshop: bytes | None) -> str | None:
    """IPTC 2:120 in image resource 0x0404; 2:05 (title) where there is no caption."""
    at = photoshop.find(b"8BIM\x04\x04") if photoshop else -1
    if photoshop is None or at < 0:
        return None
    at += 6
    at += (photoshop[at] + 2) & ~1 if at < len(photoshop) else 0  # the resource's Pascal name, padded to even
    block = photoshop[at + 4 : at + 4 + int.from_bytes(photoshop[at : at + 4], "big")]
    texts, place = dict[int, str | None](), 0
    while place + 5 <= len(block) and block[place] == 0x1C:
        size = int.from_bytes(block[place + 3 : place + 5], "big")
        if block[place + 1] == 2:
            texts.setdefault(block[place + 2], _text(block[place + 5 : place + 5 + size]))
        place += 5 + size
    text = texts.get(120) or texts.get(5)
    return text if text and text.lower() not in _FILLER else None
