"""Dates and positions in the form that XMP gives them."""

from __future__ import annotations

import datetime
import re

from dedupe.facts import CaptureTime

_EPOCH = datetime.datetime(1970, 1, 1)
_ZONE = re.compile(r"(?:Z|[+-]\d{2}:\d{2})$")


def iso_of(moment: CaptureTime, *, digits: str = "", zone: str = "") -> str:
    """A wall clock in ISO 8601. ``digits`` of the second and ``zone`` (``+02:00``) are EXIF's own, where it states them apart."""
    told = (_EPOCH + datetime.timedelta(seconds=moment.seconds)).isoformat()
    if not digits.isdecimal():
        digits = f"{moment.fraction:.{moment.digits}f}"[2:] if moment.digits else ""
    if not _ZONE.fullmatch(zone):
        zone = "" if moment.offset_minutes is None else _zone(moment.offset_minutes)
    return f"{told}{'.' + digits[:9] if digits.isascii() and digits else ''}{zone}"


def _zone(minutes: int) -> str:
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def utc_of(seconds: int) -> str | None:
    """An instant in seconds since 1970, in ISO 8601; None where the calendar has none."""
    try:
        return (_EPOCH + datetime.timedelta(seconds=seconds)).isoformat() + "Z"
    except OverflowError:
        return None


def local_of(seconds: float) -> str:
    """An instant in seconds since 1970 by this machine's clock, with its zone."""
    return datetime.datetime.fromtimestamp(int(seconds)).astimezone().isoformat()


def degrees(value: float, signs: str) -> str | None:
    """Degrees as XMP writes them, ``48,51.5N``; ``signs`` are the letters of positive and negative. None where out of range."""
    if not abs(value) <= (90 if signs == "NS" else 180):
        return None
    whole = int(abs(value))
    minutes = f"{(abs(value) - whole) * 60:.8f}"
    if minutes.startswith("60."):
        whole, minutes = whole + 1, "0.0"
    return f"{whole},{minutes.rstrip('0') + '0' if minutes.endswith('00') else minutes}{signs[value < 0]}"
