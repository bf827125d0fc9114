"""What the bytes of a photo say about it, whatever its name and place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class CaptureTime:
    """When a photo was taken, as EXIF DateTimeOriginal states it.

    Wall-clock seconds since 1970-01-01 as written (no zone applied), the sub-second digits as a fraction with its number of
    digits, and the UTC offset in minutes where the file states one.
    """

    seconds: int
    fraction: float = 0.0
    digits: int = 0
    offset_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """How the camera exposed a shot, as EXIF states it; 0 where a value is not stated.

    ``seconds`` is the exposure time, ``f_number`` the aperture, ``iso`` the sensitivity; ``bias`` the exposure bias in stops,
    None where it is not stated.
    """

    seconds: float = 0.0
    f_number: float = 0.0
    iso: float = 0.0
    bias: float | None = None


class DateSource(StrEnum):
    """Where a date comes from that is not EXIF's date of capture, the most believable first."""

    XMP = "XMP"
    IPTC = "IPTC"
    DIGITIZED = "EXIF, digitised"
    CREATED = "created"
    TAKEOUT = "Google Takeout"
    MODIFIED = "last change"
    NAME = "name of the file"


@dataclass(frozen=True, slots=True)
class Dated:
    """A date that stands in for the capture time; it proves nothing about two captures."""

    time: CaptureTime
    source: DateSource


@dataclass(frozen=True, slots=True)
class Facts:
    """What a photo's bytes say about it; depends on content alone, so it is cached by content key.

    ``width``/``height`` are upright. ``quality`` is the JPEG (or WebP) quality 1–100 estimated from its tables, None where
    lossless or unknown. ``texture`` is the share (0–1) of blocks in the preview with enough contrast to align. ``suspect`` is the
    decoder's corruption warning. ``embedded`` names extra streams in the file: "video", "audio", "depth", "gain map",
    "further picture", "further data". ``taken`` is EXIF's date of capture alone, ``dated`` the best of the other dates.
    ``bits`` are those of a channel; ``colours`` how many a palette has, None without one; ``chroma`` the share (0–1) of colour
    samples to lightness samples; ``chroma_quality`` as ``quality``, of the colours. ``inventory`` is all that is in the file
    besides its pixels (``formats.inventory.packed``). ``exposure`` is that of the shot.
    """

    format: str
    width: int
    height: int
    orientation: int = 1
    taken: CaptureTime | None = None
    camera: str | None = None
    gps: tuple[float, float] | None = None
    caption: str | None = None
    rating: int | None = None
    software: str | None = None
    frames: int = 1
    embedded: tuple[str, ...] = ()
    alpha: bool = False
    raw: bool = False
    lossless: bool = False
    quality: int | None = None
    texture: float = 1.0
    suspect: str | None = None
    dated: Dated | None = None
    bits: int = 8
    colours: int | None = None
    chroma: float = 1.0
    chroma_quality: int | None = None
    inventory: str = ""
    exposure: Exposure | None = None

    @property
    def date(self) -> CaptureTime | None:
        """The capture time, or the best date there is."""
        return self.taken or (self.dated.time if self.dated else None)

    @property
    def pixels(self) -> int:
        """Width × height."""
        return self.width * self.height
