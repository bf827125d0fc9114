"""Texts, dates and ratings in one normal form, whatever container they are in: EXIF, XMP, IPTC, PNG's text, a sidecar.

So a caption in IPTC is the caption in XMP, and a rating is the same in stars and in per cent.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from dedupe.formats.inventory import Item
from dedupe.types import CaptureTime

_MOST: Final = 1 << 18
_TEXT_PER_CONTROL: Final = 10
"""Text with more than one control character in this many is no text."""
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_EPOCH: Final = datetime.datetime(1970, 1, 1)
_DATE: Final = re.compile(
    r"\s*(\d{4})[:/\-. ]?(\d{1,2})[:/\-. ]?(\d{1,2})(?:[ T]?(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
_PART: Final = re.compile(r"\s*(\d{4})(?:[:/\-. ]?(\d{2}))?(?:[:/\-. ]?00)?(?!\d)")
"""A year, or a year and its month."""
_MAIL: Final = re.compile(r"\s*(?:[A-Za-z]{3},\s*)?\d{1,2} [A-Za-z]{3} \d{4}")
ZONE: Final = "exif 9011"
FRACTION: Final = "exif 9291"
"""The topics of the zone and of the fraction of a capture time."""
_FIRST_YEAR: Final = 1826
"""Before the first photograph: a clock that was never set."""
_STARS: Final = ((0, 0), (1, 1), (25, 2), (50, 3), (75, 4), (99, 5))
FILLER: Final = frozenset(
    (
        "olympus digital camera", "sony dsc", "minolta digital camera", "konica minolta digital camera",
        "digital camera", "digital still camera", "exif_jpeg_picture", "samsung", "samsung digital camera",
        "kodak digital still camera", "jpeg", "default", "untitled", "ascii", "charset=ascii", "none", "null",
        "dcim", "user comments", "screenshot", "oplus_0", "oplus_32", "hdrpl",
    )
)  # fmt: skip
"""Captions that cameras and phones write by themselves: losing them loses nothing."""


def wording(said: bytes | str) -> str | None:
    """Clean a text up to what its writer meant, or return None where nothing is left.

    The text ends at the first NUL. Runs of white space become one space, stray control characters are left out. Bytes
    are read by ``decoded``.
    """
    text = " ".join((decoded(said) if isinstance(said, bytes) else said).split("\x00", 1)[0].split())[:_MOST]
    controls = [sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs")]
    if len(controls) * _TEXT_PER_CONTROL > len(text):
        return None
    for sign in set(controls):
        text = text.replace(sign, "")
    # Joiners and direction marks belong to many scripts and to every family of emoji, but are no text alone.
    return text.strip() if any(unicodedata.category(sign) not in ("Cf", "Zs") for sign in text) else None


def decoded(raw: bytes) -> str:
    """Bytes of which no character set is stated, as text: by a byte order mark, else UTF-8, else Windows' Latin, else Latin-1.

    A last letter of UTF-8 that the length of a field cut in two is left out.
    """
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(name, "ignore")
    raw = raw.split(b"\x00", 1)[0]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        whole = raw[: problem.start]
        if problem.reason == "unexpected end of data" and not whole.isascii():
            return whole.decode("utf-8")
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def is_filler(text: str) -> bool:
    """Whether a caption is one that a camera wrote by itself."""
    return text.lower() in FILLER


def text_items(topic: str, text: str | None) -> Iterator[Item]:
    """The items of a text; each keyword of a list with semicolons is one, the letters' case does not count in them."""
    if not text:
        return
    if topic == "keyword":
        for word in text.split(";"):
            if word.strip():
                yield Item.of(topic, unicodedata.normalize("NFC", word.strip()).casefold())
    else:
        yield Item.of(topic, unicodedata.normalize("NFC", text))


def caption_items(text: str | None) -> Iterator[Item]:
    """The item of a caption that a person wrote."""
    if text and not is_filler(text):
        yield from text_items("caption", text)


def rating_items(rating: int, *, percent: bool = False) -> Iterator[Item]:
    """The item of a rating in stars (−1: rejected); 0 is none."""
    stars = stars_of(rating) if percent else rating
    if stars and -1 <= stars <= 5:
        yield Item.of("rating", str(stars))


def stars_of(percent: int) -> int:
    """The stars that Windows writes as 1, 25, 50, 75 or 99 per cent."""
    return max((stars for least, stars in _STARS if percent >= least), default=0)


def date_items(text: str, *, capture: bool = False) -> Iterator[Item]:
    """Yield the items of a date.

    A date gives its wall clock to the second. The date of ``capture`` also gives the fraction and the zone, which have
    tags of their own in EXIF. A partial date, such as a year alone, gives its digits.
    """
    moment = moment_of(text)
    if moment is None:
        part = _PART.match(text)
        if part is not None and int(part.group(1)) >= _FIRST_YEAR:
            month = part.group(2) or ""
            yield Item.of("date", f"about {part.group(1)}{month.replace('00', '')}")
        return
    yield Item.of("date", str(moment.seconds))
    if capture:
        yield from precision_items(moment)


def precision_items(moment: CaptureTime) -> Iterator[Item]:
    """The items that EXIF has of the zone and of the fraction of a date: one of 0 is none."""
    if moment.offset_minutes is not None:
        hours, minutes = divmod(abs(moment.offset_minutes), 60)
        yield Item.of(ZONE, f"{'-' if moment.offset_minutes < 0 else '+'}{hours:02}:{minutes:02}")
    yield from fraction_items(f"{moment.fraction:.{moment.digits}f}"[2:] if moment.digits else None)


def fraction_items(digits: str | None) -> Iterator[Item]:
    """The item of the digits behind the second of a date; zeros at their end say nothing."""
    if digits and digits.rstrip("0"):
        yield Item.of(FRACTION, digits.rstrip("0"))


def moment_of(text: str) -> CaptureTime | None:
    """A date and time as EXIF, XMP or IPTC write it; a day alone is its midnight. None where it is no possible date."""
    found = _DATE.match(text)
    if found is None:
        return _mail_date(text)
    year, month, day = (int(part) for part in found.group(1, 2, 3))
    hour, minute, second = (int(part or 0) for part in found.group(4, 5, 6))
    try:
        moment = datetime.datetime(year, month, day, hour, minute, min(second, 59))
    except ValueError:
        return None
    if year < _FIRST_YEAR:
        return None
    digits = found.group(7) or ""
    return CaptureTime(
        seconds=int((moment - _EPOCH).total_seconds()),
        fraction=float(f"0.{digits}") if digits else 0.0,
        digits=len(digits),
        offset_minutes=minutes_of(found.group(8)),
    )


def _mail_date(text: str) -> CaptureTime | None:
    """A date as mail writes it ("Sat, 03 Feb 2001 04:05:06 GMT"), which PNG prefers; None where it is none."""
    if not _MAIL.match(text):
        return None
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    offset = moment.utcoffset()
    return CaptureTime(
        seconds=int((moment.replace(tzinfo=None) - _EPOCH).total_seconds()),
        offset_minutes=None if offset is None else round(offset.total_seconds() / 60),
    )


def minutes_of(zone: str | None) -> int | None:
    """A zone like "+02:00" or "Z" in minutes east of UTC."""
    if not zone:
        return None
    if zone == "Z":
        return 0
    digits = zone[1:].replace(":", "")
    return (int(digits[:2]) * 60 + int(digits[2:4])) * (1 if zone[0] == "+" else -1)
