"""One statement about a photo as a sidecar makes it: an XMP property in its standard form, with its values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from dedupe.formats.xmp import PREFIXES, RDF


class Form(Enum):
    """How XMP writes the values of a property (ISO 16684-1)."""

    TEXT = "text"
    BAG = "Bag"
    SEQ = "Seq"
    ALT = "Alt"
    REGIONS = "regions"


DEFAULT_LANGUAGE: Final = "x-default"
FORMS: Final[Mapping[str, Form]] = {
    **dict.fromkeys(
        (
            "exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate", "exif:DateTimeDigitized", "xmp:Rating",
            "xmp:Label",
            "exif:GPSLatitude", "exif:GPSLongitude", "exif:GPSAltitude", "exif:GPSAltitudeRef", "exif:GPSTimeStamp",
            "exif:GPSImgDirection", "exif:GPSImgDirectionRef", "exif:GPSSpeed", "exif:GPSSpeedRef", "exif:GPSTrack",
            "exif:GPSTrackRef", "exif:GPSDestBearing", "exif:GPSDestBearingRef", "exif:GPSMapDatum", "exif:GPSDOP",
            "exif:GPSHPositioningError", "exif:GPSProcessingMethod", "exif:GPSStatus", "exif:GPSMeasureMode",
            "exif:GPSSatellites", "exif:GPSDifferential",
            "photoshop:City", "photoshop:State", "photoshop:Country", "photoshop:Headline", "photoshop:Credit",
            "photoshop:Source", "photoshop:CaptionWriter", "photoshop:Instructions", "photoshop:AuthorsPosition",
            "photoshop:TransmissionReference", "photoshop:Category", "photoshop:Urgency", "Iptc4xmpCore:Location",
            "Iptc4xmpCore:CountryCode", "xmpRights:Marked", "xmpRights:WebStatement",
        ),
        Form.TEXT,
    ),
    **dict.fromkeys(
        (
            "dc:subject", "lr:hierarchicalSubject", "lr:weightedFlatSubject", "photoshop:SupplementalCategories",
            "Iptc4xmpExt:PersonInImage", "MicrosoftPhoto:LastKeywordXMP", "xmpRights:Owner",
        ),
        Form.BAG,
    ),
    "dc:creator": Form.SEQ,
    "digiKam:TagsList": Form.SEQ,
    **dict.fromkeys(
        ("dc:title", "dc:description", "dc:rights", "exif:UserComment", "xmpRights:UsageTerms", "Iptc4xmpExt:Event"), Form.ALT
    ),
    "mwg-rs:Regions": Form.REGIONS,
    "MP:RegionInfo": Form.REGIONS,
}  # fmt: skip
"""The properties that a sidecar may be given, each with its form. Everything else stays where it is."""

REGION_LISTS: Final[Mapping[str, str]] = {"mwg-rs:Regions": "mwg-rs:RegionList", "MP:RegionInfo": "MPRI:Regions"}
"""The list of regions within each property of regions."""

_URIS: Final = {prefix: uri for uri, prefix in reversed(PREFIXES.items())} | {"rdf": RDF[1:-1]}
_USED: Final = re.compile(r"[<\s/]([A-Za-z_][\w.-]*):[A-Za-z_]")
_IMPOSSIBLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Statement:
    """A property and what it says.

    ``languages`` go with the values of an ``Alt``. The values of ``REGIONS`` are whole list entries in XML, all others
    plain text. ``size`` is that of the picture on which the regions are drawn.
    """

    name: str
    values: tuple[str, ...]
    languages: tuple[str, ...] = ()
    size: tuple[int, int] = (0, 0)

    @property
    def form(self) -> Form:
        """How XMP writes it."""
        return FORMS[self.name]

    @property
    def is_list(self) -> bool:
        """Whether values can be added to the existing ones."""
        return self.form in (Form.BAG, Form.SEQ, Form.REGIONS) and self.name != "dc:creator"


def text(name: str, value: str | None) -> Iterable[Statement]:
    """The statement of one value; nothing where there is none, or where XML cannot hold it."""
    if value and not _IMPOSSIBLE.search(value):
        languages = (DEFAULT_LANGUAGE,) if FORMS[name] is Form.ALT else ()
        yield Statement(name, (value,), languages)


def listed(name: str, values: Iterable[str]) -> Iterable[Statement]:
    """The statement of several values; nothing where there are none."""
    found = tuple(dict.fromkeys(value for value in values if value and not _IMPOSSIBLE.search(value)))
    if found:
        yield Statement(name, found)


def namespaces(content: str) -> str:
    """The declarations of the prefixes that a piece of XML uses.

    Raises KeyError for a prefix that has no known namespace.
    """
    used = sorted(set(_USED.findall(content)) - {"xml", "xmlns", "rdf"})
    return "".join(f" xmlns:{prefix}={quoteattr(_URIS[prefix])}" for prefix in used)


def entries(said: Statement) -> str:
    """The list entries of a statement."""
    if said.form is Form.REGIONS:
        return "".join(said.values)
    if said.form is Form.ALT:
        both = zip(said.languages, said.values, strict=True)
        return "".join(f"<rdf:li xml:lang={quoteattr(lang)}>{escape(value)}</rdf:li>" for lang, value in both)
    return "".join(f"<rdf:li>{escape(value)}</rdf:li>" for value in said.values)


def element(said: Statement) -> str:
    """The statement as an XML element."""
    name = said.name
    if said.form is Form.TEXT:
        return f"<{name}>{escape(said.values[0])}</{name}>"
    if said.form is not Form.REGIONS:
        kind = said.form.value
        return f"<{name}><rdf:{kind}>{entries(said)}</rdf:{kind}></{name}>"
    inner = REGION_LISTS[name]
    size = ""
    if name == "mwg-rs:Regions" and all(said.size):
        width, height = said.size
        size = f'<mwg-rs:AppliedToDimensions stDim:w="{width}" stDim:h="{height}" stDim:unit="pixel"/>'
    regions = f"<{inner}><rdf:Bag>{entries(said)}</rdf:Bag></{inner}>"
    return f'<{name} rdf:parseType="Resource">{size}{regions}</{name}>'


def described(statements: Iterable[Statement], about: str = "") -> str:
    """The statements as one rdf:Description that declares all its prefixes but rdf's."""
    content = "\n   ".join(map(element, statements))
    return f"<rdf:Description rdf:about={quoteattr(about)}{namespaces(content)}>\n   {content}\n  </rdf:Description>"
