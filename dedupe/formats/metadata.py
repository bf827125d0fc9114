"""What a photo says of itself: capture time, camera, place, caption, rating (EXIF 2.32, XMP, IPTC-IIM 4.2).

Nothing here raises: a field that is absent, malformed or a camera's filler text is simply not stated. Where several blocks
state a field, EXIF comes first, then XMP, then IPTC.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dedupe.facts import Exposure
from dedupe.formats import iptc
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.exif import comment
from dedupe.formats.items import within
from dedupe.formats.texts import is_filler, minutes_of, moment_of, stars_of, wording
from dedupe.formats.tiff import Directory, Tiff
from dedupe.formats.xmp import Property, properties
from dedupe.types import CaptureTime, Dated, DateSource

_TIME: Final = re.compile(r"\d{4}[:/\-. ]\d{1,2}[:/\-. ]\d{1,2}[ T]\d{1,2}:\d{1,2}:\d{1,2}")
_XMP_DATES: Final = (
    ("exif:DateTimeOriginal", DateSource.XMP),
    ("photoshop:DateCreated", DateSource.XMP),
)
_LONGEST: Final = 2000
"""So much of a caption is a fact; the inventory knows all of it."""
_POSITION: Final = re.compile(
    r"\s*(\d+)(?:[,\s]\s*(\d+(?:\.\d+)?))?(?:[,\s]\s*(\d+(?:\.\d+)?))?\s*([NSEW])?\s*$", re.IGNORECASE
)
_CAPTION_PROPERTIES: Final = ("dc:description", "dc:title", "tiff:ImageDescription", "exif:UserComment")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The fields of ``Facts`` that metadata states.

    ``dated`` is set only where ``taken`` is not stated.
    """

    taken: CaptureTime | None = None
    dated: Dated | None = None
    camera: str | None = None
    gps: tuple[float, float] | None = None
    caption: str | None = None
    rating: int | None = None
    software: str | None = None
    exposure: Exposure | None = None


def read(exif: bytes | None, xmp: bytes | None = None, photoshop: bytes | None = None) -> Metadata:
    """The metadata in a TIFF structure, an XMP packet and Photoshop's image resources, each of them optional."""
    kinds = ((BlockKind.EXIF, exif), (BlockKind.XMP, xmp), (BlockKind.IPTC, photoshop))
    return of_blocks([Block(kind, data) for kind, data in kinds if data])


def of_blocks(found: Sequence[Block]) -> Metadata:
    """The metadata in the blocks of a file, those inside a TIFF structure included."""
    every = [*found, *(inner for block in found for inner in within(block))]
    said = _Exif.first(block.data for block in every if block.kind in _STRUCTURES)
    told = [one for block in every if block.kind is BlockKind.XMP for one in properties(block.data)]
    records = [iptc.records(block.data) for block in every if block.kind is BlockKind.IPTC]
    texts = {block.name.lower(): wording(block.data) for block in every if block.kind is BlockKind.TEXT}
    plain = next((wording(block.data) for block in every if block.kind is BlockKind.COMMENT), None)
    captions = (
        said.caption,
        *_xmp_captions(told),
        *_iptc_captions(records),
        texts.get("description"),
        texts.get("comment"),
        plain,
    )
    rating = _xmp_rating(told)
    caption = next((text for text in captions if text and not is_filler(text)), None)
    return dataclasses.replace(
        said.metadata,
        dated=None if said.metadata.taken else _dated(said, told, records, texts),
        gps=said.metadata.gps or _xmp_gps(told),
        caption=caption[:_LONGEST] if caption else None,
        rating=said.metadata.rating if rating is None else rating or None,
        camera=said.metadata.camera or _xmp_camera(told),
    )


_STRUCTURES: Final = (BlockKind.EXIF, BlockKind.TIFF)


@dataclass(frozen=True, slots=True)
class _Exif:
    """What EXIF says: the metadata it decides, its caption, and the dates that may stand in for the capture time."""

    metadata: Metadata = dataclasses.field(default_factory=Metadata)
    caption: str | None = None
    digitized: CaptureTime | None = None
    modified: CaptureTime | None = None

    @classmethod
    def first(cls, structures: Iterable[bytes]) -> _Exif:
        """The fields of all structures (Canon's CR3 keeps them in several), each from the first that states it."""
        said = cls()
        for data in structures:
            tiff = Tiff.open(data)
            if tiff is not None:
                said = said.merged(cls.of(tiff))
        return said

    def merged(self, other: _Exif) -> _Exif:
        names = [field.name for field in dataclasses.fields(Metadata)]
        held = {name: getattr(self.metadata, name) or getattr(other.metadata, name) for name in names}
        return _Exif(
            Metadata(**held),
            self.caption or other.caption,
            self.digitized or other.digitized,
            self.modified or other.modified,
        )

    @classmethod
    def of(cls, tiff: Tiff) -> _Exif:
        main = tiff.directory(tiff.first)
        photo = tiff.directory(tiff.integer(main, 0x8769) or 0) or _second_block(tiff) or main
        place = tiff.directory(tiff.integer(main, 0x8825) or 0) or main  # CR3 keeps GPS in a block of its own
        percent = tiff.integer(main, 0x4749)
        return cls(
            Metadata(
                taken=_taken(tiff, photo),
                camera=_camera(tiff, main),
                gps=_gps(tiff, place),
                rating=tiff.integer(main, 0x4746) or (stars_of(percent) if percent else None) or None,
                software=wording(tiff.raw(main, 0x0131)),
                exposure=_exposure(tiff, photo),
            ),
            _exif_caption(tiff, main, photo),
            _moment(tiff, photo, 0x9004),
            _moment(tiff, main, 0x0132),
        )


def _second_block(tiff: Tiff) -> Directory:
    """Canon CR3 keeps the EXIF directory in a block of its own (CMT2), whose tags are read in place here."""
    at = tiff.data.find(b"CMT2", 0, 65536)
    block = Tiff.open(tiff.data[at + 4 :]) if at >= 0 else None
    if block is None:
        return {}
    return {tag: (kind, count, offset + at + 4) for tag, (kind, count, offset) in block.directory(block.first).items()}


def _moment(tiff: Tiff, directory: Directory, tag: int) -> CaptureTime | None:
    text = tiff.raw(directory, tag).decode("latin-1")
    return moment_of(text) if _TIME.match(text) else None


def _taken(tiff: Tiff, photo: Directory) -> CaptureTime | None:
    moment = _moment(tiff, photo, 0x9003)
    if moment is None:
        return None
    digits = re.match(r"\s*(\d{1,9})", tiff.raw(photo, 0x9291).decode("latin-1"))
    shift = re.match(r"[+-]\d{2}:?\d{2}", tiff.raw(photo, 0x9011).decode("latin-1"))
    return CaptureTime(
        seconds=moment.seconds,
        fraction=float(f"0.{digits.group(1)}") if digits else 0.0,
        digits=len(digits.group(1)) if digits else 0,
        offset_minutes=minutes_of(shift.group()) if shift else None,
    )


def _exposure(tiff: Tiff, photo: Directory) -> Exposure | None:
    """What EXIF says of the exposure; None where it says nothing that is a number above 0."""
    seconds, f_number = (_above_zero(tiff.rationals(photo, tag)) for tag in (0x829A, 0x829D))
    iso = _above_zero(tiff.integers(photo, 0x8827))
    bias = next(iter(tiff.rationals(photo, 0x9204)), None)
    if bias is None and not (seconds or f_number or iso):
        return None
    return Exposure(seconds, f_number, iso, bias)


def _above_zero(values: Sequence[float]) -> float:
    return float(values[0]) if values and math.isfinite(values[0]) and values[0] > 0 else 0.0


def _dated(
    said: _Exif, told: Sequence[Property], records: Sequence[iptc.Records], texts: dict[str, str | None]
) -> Dated | None:
    """The most credible date other than EXIF's own date of capture."""
    by_name = {one.name: one.value for one in reversed(told)}
    created = texts.get("creation time") or ""
    candidates = (
        *((moment_of(by_name.get(name, "")), source) for name, source in _XMP_DATES),
        *((moment_of(text), DateSource.IPTC) for record in records for text in record.dates()),
        (said.digitized, DateSource.DIGITIZED),
        (moment_of(by_name.get("xmp:CreateDate", "")), DateSource.CREATED),
        (moment_of(created), DateSource.CREATED),
        (said.modified, DateSource.MODIFIED),
    )
    return next((Dated(moment, source) for moment, source in candidates if moment is not None), None)


def _camera(tiff: Tiff, main: Directory) -> str | None:
    return _named(wording(tiff.raw(main, 0x010F)), wording(tiff.raw(main, 0x0110)))


def _named(make: str | None, model: str | None) -> str | None:
    if make and model and not model.lower().startswith(make.split()[0].lower()):
        return f"{make} {model}"
    return model or make


def _xmp_camera(told: Sequence[Property]) -> str | None:
    by_name = {one.name: wording(one.value) for one in told}
    return _named(by_name.get("tiff:Make"), by_name.get("tiff:Model"))


def _gps(tiff: Tiff, place: Directory) -> tuple[float, float] | None:
    """(latitude, longitude) in degrees, north and east positive; None where absent, out of range or a mere 0, 0."""
    latitude = _degrees(tiff.rationals(place, 2), tiff.raw(place, 1)[:1] in (b"S", b"s"))
    longitude = _degrees(tiff.rationals(place, 4), tiff.raw(place, 3)[:1] in (b"W", b"w"))
    return position(latitude, longitude)


def position(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    """A position that can be: None where a part is absent or out of range, or where both are 0."""
    if latitude is None or longitude is None or not abs(latitude) <= 90 or not abs(longitude) <= 180:
        return None
    return None if latitude == 0 == longitude else (round(latitude, 7), round(longitude, 7))


def _degrees(parts: tuple[float, ...], negative: bool) -> float | None:
    if not parts or not all(math.isfinite(part) for part in parts):
        return None
    value = sum(part / divisor for part, divisor in zip(parts, (1.0, 60.0, 3600.0), strict=False))
    return -value if negative else value


def _xmp_gps(told: Sequence[Property]) -> tuple[float, float] | None:
    by_name = {one.name: one.value for one in told}
    return position(*(_xmp_degrees(by_name.get(f"exif:GPS{axis}", "")) for axis in ("Latitude", "Longitude")))


def _xmp_degrees(text: str) -> float | None:
    """``48,51.5N`` or ``48,51,30N`` in degrees; a plain number is taken as it is."""
    found = _POSITION.match(text)
    if found is None or found.group(4) is None:
        try:
            return float(text)
        except ValueError:
            return None
    return _degrees(tuple(float(part) for part in found.group(1, 2, 3) if part), found.group(4).upper() in "SW")


def _exif_caption(tiff: Tiff, main: Directory, photo: Directory) -> str | None:
    for text in (
        wording(tiff.raw(main, 0x010E)),
        *(wording(tiff.raw(main, tag).decode("utf-16-le", "ignore")) for tag in (0x9C9B, 0x9C9C, 0x9C9F)),
        comment(tiff.raw(photo, 0x9286), tiff.order),
    ):
        if text and not is_filler(text):
            return text
    return None


def _xmp_captions(told: Sequence[Property]) -> list[str | None]:
    return [wording(one.value) for name in _CAPTION_PROPERTIES for one in told if one.name == name]


def _xmp_rating(told: Sequence[Property]) -> int | None:
    """The rating in stars, 0 where the packet says that there is none, None where it says nothing."""
    for one in told:
        if one.name in ("xmp:Rating", "MicrosoftPhoto:Rating"):
            try:
                value = round(float(one.value))
            except (ValueError, OverflowError):
                continue
            return stars_of(value) if one.name.startswith("Micro") else value
    return None


def _iptc_captions(records: Sequence[iptc.Records]) -> list[str]:
    """IPTC's caption (2:120), and its title (2:05) where there is none."""
    return [text for number in (120, 5) for record in records for text in record.texts(number)]
