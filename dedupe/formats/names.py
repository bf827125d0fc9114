"""Dates that the names of photos state: ``IMG_20240131_123456.jpg``, ``2024-01-31 12.34.56.png``, ``IMG-20240131-WA0001.jpg``.

The weakest of all dates: anybody may give a file any name, and a messenger writes the day on which it got the photo.
"""

from __future__ import annotations

import datetime
import os
import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from dedupe.types import CaptureTime

Clock: TypeAlias = tuple[int, int, int]
_EPOCH: Final = datetime.datetime(1970, 1, 1)
_DATE: Final = re.compile(
    r"(?<!\d)(?P<year>(?:18|19|20)\d\d)(?P<between>[-_.]?)(?P<month>\d\d)(?P=between)(?P<day>\d\d)"
    r"(?:(?:[-_ T,]| at |)"
    r"(?P<hour>\d\d?)(?P<apart>[-_.:]?)(?P<minute>\d\d)(?P=apart)(?P<second>\d\d)(?:[._-]?(?P<fraction>\d{3}))?(?!\d)"
    r"(?:\s?(?P<half>[AaPp])\.?[Mm])?)?(?!\d)"
)
_DAY_FIRST: Final = re.compile(r"@(\d\d)-(\d\d)-(\d{4})_(\d\d)-(\d\d)-(\d\d)(?!\d)")
"""Telegram's desktop program: ``photo_5@31-01-2024_12-34-56.jpg``."""
_IN_UTC: Final = "PXL_"
"""Pixel phones name their photos in UTC."""
_COMPACT_SINCE: Final = 1990
"""Eight digits in a row are a date only since there are digital cameras; before, they are any number."""


@dataclass(frozen=True, slots=True)
class NamedDate:
    """The date in a name; ``day``: the day alone, whose time is midnight."""

    time: CaptureTime
    day: bool


def date_in(path: str) -> NamedDate | None:
    """The first date in the name of a file that can be one; None where it states none."""
    stem = os.path.splitext(os.path.basename(path))[0]
    turned = _DAY_FIRST.search(stem)
    if turned is not None:
        day, month, year, hour, minute, second = map(int, turned.groups())
        return _named((year, month, day), (hour, minute, second))
    for found in _DATE.finditer(stem):
        date = int(found["year"]), int(found["month"]), int(found["day"])
        if found["between"] or date[0] >= _COMPACT_SINCE:
            named = _named(date, _clock(found), found["fraction"], 0 if stem.startswith(_IN_UTC) else None)
            if named is not None:
                return named
    return None


def _clock(found: re.Match[str]) -> Clock | None:
    """Hour, minute and second of a match, of twenty-four hours; None where it is a day alone."""
    if found["hour"] is None:
        return None
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + 12 * (found["half"] in "Pp")
    return hour, int(found["minute"]), int(found["second"])


def _named(
    date: tuple[int, int, int], clock: Clock | None, fraction: str | None = None, offset: int | None = None
) -> NamedDate | None:
    """The date with its time, or the day alone where the time is impossible; None where the day is impossible."""
    if clock is not None:
        try:
            moment = datetime.datetime.combine(datetime.date(*date), datetime.time(*clock))
        except ValueError:
            pass
        else:
            digits = len(fraction or "")
            part = float(f"0.{fraction}") if fraction else 0.0
            return NamedDate(CaptureTime(int((moment - _EPOCH).total_seconds()), part, digits, offset), day=False)
    try:
        return NamedDate(CaptureTime(int((datetime.datetime(*date) - _EPOCH).total_seconds())), day=True)
    except ValueError:
        return None
