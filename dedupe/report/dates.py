"""When a photo was taken, and where that is known from: the best date there is, always with its source where it is not EXIF's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dedupe.formats.inventory import instants, unpacked
from dedupe.formats.names import date_in
from dedupe.report import phrases
from dedupe.terminal.text import format_taken
from dedupe.types import CaptureTime, CompanionKind, DateSource, Photo

_DAY: Final = len("2024-01-31")


@dataclass(frozen=True, slots=True)
class Stated:
    """A date and where it is from.

    ``source`` None means EXIF's date of capture. ``day`` means that only the day is known.
    """

    time: CaptureTime
    source: DateSource | None = None
    day: bool = False


def stated(photo: Photo) -> Stated | None:
    """The most believable date of a photo: its file's, its companions', then its name's."""
    facts = photo.facts
    if facts.taken is not None:
        return Stated(facts.taken)
    dated = facts.dated
    if dated is not None and dated.source is not DateSource.MODIFIED:
        return Stated(dated.time, dated.source)
    takeout = _of_takeout(photo)
    if takeout is not None:
        return Stated(takeout, DateSource.TAKEOUT)
    if dated is not None:
        return Stated(dated.time, dated.source)
    named = date_in(photo.path)
    return Stated(named.time, DateSource.NAME, named.day) if named is not None else None


def _of_takeout(photo: Photo) -> CaptureTime | None:
    said = (one.inventory for one in photo.companions if one.kind is CompanionKind.TAKEOUT and one.inventory)
    found = next((moments[0] for text in said if (moments := instants(unpacked(text)))), None)
    return None if found is None else CaptureTime(found, offset_minutes=0)


def shown(photo: Photo, *, precise: bool = False) -> str:
    """The date in words, like ``2024-01-31 12:34:56 (name of the file)``; empty where there is none."""
    date = stated(photo)
    if date is None:
        return ""
    text = _text(date, precise=precise)
    return f"{text} ({date.source.value})" if text and date.source is not None else text


def brief(photo: Photo) -> str:
    """The date in sixteen signs at most: the minute where it is EXIF's, else the day and a word for its source."""
    date = stated(photo)
    if date is None:
        return ""
    text = format_taken(date.time)
    return f"{text[:_DAY]} {phrases.date_source(date.source)}" if text and date.source is not None else text[:16]


def iso(photo: Photo) -> str | None:
    """The date as ISO 8601, with sub-seconds and offset where they are stated; None where there is none."""
    date = stated(photo)
    return _text(date, precise=True).replace(" ", "T", 1).replace(" ", "") or None if date is not None else None


def source(photo: Photo) -> str | None:
    """Where the date is from: ``EXIF`` or what ``DateSource`` says; None where there is no date."""
    date = stated(photo)
    return None if date is None else "EXIF" if date.source is None else date.source.value


def _text(date: Stated, *, precise: bool) -> str:
    text = format_taken(date.time, precise=precise)
    return text[:_DAY] if date.day else text
