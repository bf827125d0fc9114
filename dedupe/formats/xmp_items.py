"""The items of an XMP packet: each property by what it means, in the same topics as EXIF and IPTC.

Left out is what programs write of their own saving, and what only announces data elsewhere in the file: an
announced video is none unless its bytes are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

from dedupe.formats.exif import WITHOUT, number, topic_of
from dedupe.formats.inventory import Item
from dedupe.formats.texts import FRACTION, caption_items, date_items, fraction_items, rating_items, text_items, wording
from dedupe.formats.xmp import Property, properties

_MADE_ANEW: Final = frozenset(
    (
        "xmp:CreatorTool", "xmp:ModifyDate", "xmp:MetadataDate", "xmp:Thumbnails", "xmpMM:DocumentID", "xmpMM:InstanceID",
        "xmpMM:OriginalDocumentID", "xmpMM:History", "xmpMM:DerivedFrom", "xmpMM:RenditionClass", "xmpMM:VersionID",
        "photoshop:ICCProfile", "photoshop:ColorMode", "photoshop:LegacyIPTCDigest", "photoshop:DocumentAncestors", "dc:format",
        "xmpNote:HasExtendedXMP", "exif:NativeDigest", "tiff:NativeDigest", "tiff:Software", "tiff:DateTime", "aux:Version",
        "crs:RawFileName", "digiKam:ImageUniqueID",
    )
)  # fmt: skip
"""Properties that say how, when or by what this file was written."""

_STORAGE: Final = frozenset(
    (
        "ImageWidth", "ImageLength", "ImageHeight", "BitsPerSample", "Compression", "PhotometricInterpretation", "Orientation",
        "SamplesPerPixel", "PlanarConfiguration", "YCbCrSubSampling", "YCbCrPositioning", "XResolution", "YResolution",
        "ResolutionUnit", "TransferFunction", "WhitePoint", "PrimaryChromaticities", "YCbCrCoefficients", "ReferenceBlackWhite",
        "ExifVersion", "FlashpixVersion", "ColorSpace", "ComponentsConfiguration", "CompressedBitsPerPixel", "PixelXDimension",
        "PixelYDimension", "Gamma", "GPSVersionID", "GPSLatitude", "GPSLongitude", "GPSLatitudeRef", "GPSLongitudeRef",
        "InteroperabilityIndex",
    )
)  # fmt: skip
"""EXIF's names, as XMP repeats them, of what saving makes anew, and of the position, which is compared with a tolerance."""

_ANNOUNCEMENTS: Final = ("GCamera:", "Container:", "Item:", "hdrgm:", "HDRGainMap:", "GDepth:", "GImage:", "GAudio:")
_STREAMS: Final = {
    "GDepth:Data": "stream depth",
    "GImage:Data": "stream further picture",
    "GAudio:Data": "stream audio",
}
_TEXTS: Final = {
    "dc:title": "title", "dc:creator": "author", "dc:rights": "copyright", "dc:subject": "keyword",
    "tiff:Artist": "author", "tiff:Copyright": "copyright", "xmpRights:Owner": "author",
    "photoshop:City": "location", "photoshop:State": "location", "photoshop:Country": "location",
    "Iptc4xmpCore:Location": "location", "Iptc4xmpCore:CountryCode": "location code", "photoshop:Headline": "headline",
    "photoshop:Credit": "credit", "photoshop:Source": "source", "photoshop:CaptionWriter": "caption writer",
    "photoshop:Instructions": "instructions", "photoshop:AuthorsPosition": "author position",
    "photoshop:TransmissionReference": "transmission reference", "photoshop:Category": "category",
    "photoshop:SupplementalCategories": "category", "MicrosoftPhoto:LastKeywordXMP": "keyword",
    "MicrosoftPhoto:LastKeywordIPTC": "keyword", "Iptc4xmpExt:PersonInImage": "person", "Iptc4xmpExt:Event": "event",
}  # fmt: skip
_CAPTIONS: Final = frozenset(("dc:description", "tiff:ImageDescription", "exif:UserComment"))
_DATES: Final = frozenset(
    ("exif:DateTimeOriginal", "exif:DateTimeDigitized", "photoshop:DateCreated", "xmp:CreateDate")
)
_CAPTURE: Final = frozenset(("exif:DateTimeOriginal", "photoshop:DateCreated"))
"""Dates of the capture itself: programs write the others with the zone of the computer."""
_SAYS_AGAIN: Final = {"exif:ShutterSpeedValue": "exif:ExposureTime", "exif:ApertureValue": "exif:FNumber"}
"""Logarithms that programs work out anew from the other."""
_MIRRORS: Final = ("exif", "tiff", "exifEX", "aux")
_REGION_LISTS: Final = ("mwg-rs:RegionList", "MPRI:Regions", "Iptc4xmpExt:ImageRegion")
_BYTES: Final = frozenset(("gps 0005",))
"""Tags that EXIF writes as one byte and XMP as a number."""
_CODED: Final = frozenset(("gps 001B", "gps 001C"))
"""Tags that EXIF writes behind the name of a character set."""
_SATELLITE_TIME: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d(?:\.\d+)?)Z?$")
_FRACTION: Final = re.compile(r"^-?\d+(?:/-?\d+)?$|^-?\d+\.\d+$")


def items(packet: bytes) -> Iterator[Item]:
    """The items of a packet; one that cannot be read is an item as a whole."""
    found = properties(packet)
    if not found and packet.strip(b"\x00 \t\r\n"):
        yield from _unread(packet)
    yield from of_properties(found)


def _unread(packet: bytes) -> Iterator[Item]:
    """The item of a packet without properties: nothing where it is well-formed and empty."""
    from dedupe.formats.xmp import parsed

    if parsed(packet) is None:
        yield Item.of("xmp unreadable", packet.strip(b"\x00 \t\r\n"))


def of_properties(found: Iterable[Property]) -> Iterator[Item]:
    """The items of properties that were read."""
    every = list(found)
    names = {one.name for one in every}
    for one in every:
        if (one.value or one.name.startswith(_REGION_LISTS)) and _SAYS_AGAIN.get(one.name) not in names:
            yield from _of(one)


def _of(one: Property) -> Iterator[Item]:
    name, value = one.name, one.value
    head = name.partition("/")[0]
    if head in _STREAMS:
        yield Item.of(_STREAMS[head], value)
    elif head in _MADE_ANEW or head.startswith(_ANNOUNCEMENTS) or "AppliedToDimensions" in name:
        return
    elif name in _TEXTS:
        yield from text_items(_TEXTS[name], wording(value))
    elif name in _CAPTIONS:
        yield from caption_items(wording(value))
    elif name in _DATES:
        yield from date_items(value, capture=name in _CAPTURE)
    elif name in ("xmp:Rating", "MicrosoftPhoto:Rating"):
        yield from rating_items(_integer(value), percent=name.startswith("Micro"))
    elif any(name.endswith(end) for end in _REGION_LISTS):
        yield from _region(value)
    elif head.partition(":")[0] in _MIRRORS:
        yield from _mirror(name, value)
    else:
        topic = f"develop {head}" if head.startswith("crs:") else f"xmp {name}"
        yield Item.of(topic, wording(value) or value)


def _region(value: str) -> Iterator[Item]:
    """A region of a face (or of what an app calls a person) is a face; other regions, like a focus, are metadata."""
    fields = dict(field.partition("=")[::2] for field in value.split("|"))
    kind = next((text for name, text in fields.items() if name.endswith(":Type")), "Face")
    told = "|".join(sorted(f"{name.rpartition(':')[2]}={_rounded(text)}" for name, text in fields.items()))
    yield Item.of("face" if kind in ("Face", "Pet") else f"region {kind}", told)


def _rounded(text: str) -> str:
    """Numbers to three digits, as programs round them."""
    try:
        return ",".join(f"{float(part):.3f}" for part in text.split(","))
    except ValueError:
        return text


def mirrored(name: str, value: str) -> Iterator[Item]:
    """The items of one of EXIF's tags by its name, as a text repeats it."""
    in_tiff = f"tiff:{name}"
    yield from _of(Property(in_tiff if in_tiff in _TEXTS or in_tiff in _CAPTIONS else f"exif:{name}", value))


def _mirror(name: str, value: str) -> Iterator[Item]:
    """The tag's own item for what XMP repeats of EXIF; for a structure only that there is one."""
    field = name.partition(":")[2]
    if field.partition("/")[0] in _STORAGE:
        return
    head, _, below = field.partition("/")
    topic = topic_of(head)
    if topic in WITHOUT:
        return
    if topic is None:
        yield Item.of(f"xmp {name}", value)
    elif topic == "gps 0007":
        yield from _satellite_time(value)
    elif topic == FRACTION:
        yield from fraction_items(value)
    elif topic in _BYTES:
        yield Item.of(topic, bytes([_integer(value) & 0xFF]))
    elif topic in _CODED:
        yield Item.of(topic, b"ASCII\x00\x00\x00" + value.encode("utf-8"))
    elif below or topic == "exif 927C":
        yield Item(topic)
    else:
        yield Item.of(topic, _number(value))


def _satellite_time(value: str) -> Iterator[Item]:
    """The two items that EXIF makes of it: the time and the day by the satellites' clock."""
    found = _SATELLITE_TIME.match(value)
    if found is None:
        yield Item("gps 0007")
        return
    year, month, day, hour, minute, second = found.groups()
    yield Item.of("gps 0007", " ".join(number(float(part)) for part in (hour, minute, second)))
    yield Item.of("gps 001D", f"{year}:{month}:{day}")


def _number(value: str) -> str:
    """A number as EXIF's items have it."""
    text = " ".join(value.split())
    if not _FRACTION.match(text):
        return text
    try:
        return number(float(Fraction(text)))
    except (ValueError, ZeroDivisionError, OverflowError):
        return text


def _integer(value: str) -> int:
    try:
        return round(float(value))
    except (ValueError, OverflowError):
        return 0
