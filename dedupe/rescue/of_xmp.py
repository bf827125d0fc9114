"""What XMP, IPTC, plain texts and Takeout's JSON state, as the properties of a sidecar."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final
from xml.etree import ElementTree

from dedupe.formats import iptc
from dedupe.formats.metadata import position
from dedupe.formats.texts import is_filler, moment_of, stars_of, wording
from dedupe.formats.xmp import PREFIXES, RDF, XML, parsed, properties, short_name
from dedupe.rescue.statement import (
    DEFAULT_LANGUAGE,
    FORMS,
    REGION_LISTS,
    Form,
    Statement,
    listed,
    namespaces,
    text,
)
from dedupe.rescue.values import degrees, iso_of, utc_of

_RENAMED: Final = {
    "tiff:ImageDescription": "dc:description",
    "tiff:Artist": "dc:creator",
    "tiff:Copyright": "dc:rights",
    "exif:DateTimeDigitized": "xmp:CreateDate",
    "MicrosoftPhoto:LastKeywordIPTC": "dc:subject",
}
"""Properties that say the same as another, under whose name they go into a sidecar."""
_IPTC: Final = {
    5: "dc:title", 80: "dc:creator", 116: "dc:rights", 25: "dc:subject", 92: "Iptc4xmpCore:Location", 90: "photoshop:City",
    95: "photoshop:State", 101: "photoshop:Country", 100: "Iptc4xmpCore:CountryCode", 105: "photoshop:Headline",
    110: "photoshop:Credit", 115: "photoshop:Source", 122: "photoshop:CaptionWriter", 40: "photoshop:Instructions",
    85: "photoshop:AuthorsPosition", 103: "photoshop:TransmissionReference", 15: "photoshop:Category",
    20: "photoshop:SupplementalCategories",
}  # fmt: skip


def of_xmp(packet: bytes, size: tuple[int, int] = (0, 0)) -> Iterator[Statement]:
    """The statements of a packet that a sidecar may be given. ``size`` is that of the picture, for regions on it."""
    found: dict[str, list[str]] = {}
    for one in properties(packet):
        name = _RENAMED.get(one.name, one.name)
        if name == "MicrosoftPhoto:Rating":
            name, value = "xmp:Rating", _stars(one.value)
        else:
            value = one.value
        if name in FORMS and value and FORMS[name] not in (Form.REGIONS, Form.ALT):
            found.setdefault(name, []).append(value)
    for name, values in found.items():
        if FORMS[name] is Form.TEXT:
            yield from (one for value in dict.fromkeys(values) for one in text(name, value))
        else:
            yield from listed(name, values)
    root = parsed(packet)
    if root is not None:
        yield from _structured(root, size)


def _stars(percent: str) -> str:
    try:
        return str(stars_of(round(float(percent))) or "")
    except (ValueError, OverflowError):
        return ""


def _structured(root: ElementTree.Element, size: tuple[int, int]) -> Iterator[Statement]:
    for described in root.iter(f"{RDF}Description"):
        for tag, value in described.attrib.items():
            name = _RENAMED.get(short_name(tag), short_name(tag))
            if FORMS.get(name) is Form.ALT:
                yield from text(name, wording(value))
        for child in described:
            name = _RENAMED.get(short_name(child.tag), short_name(child.tag))
            if FORMS.get(name) is Form.ALT:
                yield from _alternatives(name, child)
            elif FORMS.get(name) is Form.REGIONS:
                yield from _regions(name, child, size)


def _alternatives(name: str, element: ElementTree.Element) -> Iterator[Statement]:
    """A text in one or more languages."""
    entries = list(element.iter(f"{RDF}li")) or [element]
    told: dict[str, str] = {}
    for entry in entries:
        value = wording(entry.text or "")
        if value and not (name in ("dc:description", "exif:UserComment") and is_filler(value)):
            told.setdefault(entry.get(f"{XML}lang", DEFAULT_LANGUAGE), value)
    if told:
        yield Statement(name, tuple(told.values()), tuple(told))


def _regions(name: str, element: ElementTree.Element, size: tuple[int, int]) -> Iterator[Statement]:
    """Each region as it stands; one with a namespace that is not known is left."""
    lists = [one for one in element.iter() if short_name(one.tag) == REGION_LISTS[name]]
    found = [_copied(entry) for one in lists for entry in one.iter(f"{RDF}li")]
    written = tuple(entry for entry in found if entry)
    if written:
        yield Statement(name, written, size=size)


def _copied(entry: ElementTree.Element) -> str:
    """A list entry as XML text with the usual prefixes; empty where it uses others."""
    if any(_uri(one.tag) not in PREFIXES and not one.tag.startswith(RDF) for one in entry.iter()):
        return ""
    written = _written(entry)
    try:
        namespaces(written)
    except KeyError:
        return ""
    return written


def _uri(tag: str) -> str:
    return tag[1:].rpartition("}")[0]


def _written(entry: ElementTree.Element) -> str:
    from xml.sax.saxutils import escape, quoteattr

    attributes = "".join(f" {_name(tag)}={quoteattr(value)}" for tag, value in entry.attrib.items())
    inner = escape((entry.text or "").strip()) + "".join(map(_written, entry))
    return f"<{_name(entry.tag)}{attributes}>{inner}</{_name(entry.tag)}>"


def _name(tag: str) -> str:
    if tag.startswith(RDF):
        return f"rdf:{tag.removeprefix(RDF)}"
    if tag.startswith(XML):
        return f"xml:{tag.removeprefix(XML)}"
    return short_name(tag)


# -- IPTC, texts, Takeout --------------------------------------------------------------------------------------------------


def of_iptc(block: bytes) -> Iterator[Statement]:
    """The statements of IPTC records."""
    read = iptc.records(block)
    for date in read.dates():
        moment = moment_of(date)
        if moment is not None:
            yield from text("photoshop:DateCreated", iso_of(moment))
    for number, name in _IPTC.items():
        if FORMS[name] in (Form.BAG, Form.SEQ):
            yield from listed(name, read.texts(number))
        else:
            yield from (one for value in read.texts(number) for one in text(name, value))
    yield from (one for value in read.texts(120) if not is_filler(value) for one in text("dc:description", value))


def of_text(keyword: str, value: str | None) -> Iterator[Statement]:
    """The statement of a PNG text, or of a comment (an empty keyword)."""
    key = keyword.lower()
    if not value:
        return
    if key in ("", "description", "comment", "caption"):
        if not is_filler(value):
            yield from text("dc:description", value)
    elif key in ("author", "artist"):
        yield from listed("dc:creator", [value])
    elif key in ("copyright", "title"):
        yield from text({"copyright": "dc:rights", "title": "dc:title"}[key], value)
    elif key in ("creation time", "date"):
        moment = moment_of(value)
        yield from text("xmp:CreateDate", iso_of(moment) if moment else None)


def of_takeout(data: bytes) -> Iterator[Statement]:
    """The statements of Google Takeout's JSON; nothing where it is no such JSON."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(said, dict):
        return
    yield from text("dc:description", _text(said.get("description")))
    yield from text("exif:DateTimeOriginal", _instant(said.get("photoTakenTime")))
    yield from _place(said.get("geoData"))
    people = said.get("people")
    names = [_text(one.get("name")) for one in people if isinstance(one, dict)] if isinstance(people, list) else []
    yield from listed("Iptc4xmpExt:PersonInImage", [name for name in names if name])


def _text(value: Any) -> str | None:
    return wording(value) if isinstance(value, str) else None


def _instant(value: Any) -> str | None:
    stamp = str(value.get("timestamp", "")) if isinstance(value, dict) else ""
    return utc_of(int(stamp)) if stamp.lstrip("-").isdecimal() and len(stamp) < 16 and int(stamp) else None


def _place(value: Any) -> Iterable[Statement]:
    if not isinstance(value, dict):
        return
    numbers = [value.get(key) for key in ("latitude", "longitude", "altitude")]
    parts = [float(one) if isinstance(one, int | float) else None for one in numbers]
    place = position(parts[0], parts[1])
    if place is None:
        return
    yield from text("exif:GPSLatitude", degrees(place[0], "NS"))
    yield from text("exif:GPSLongitude", degrees(place[1], "EW"))
    height = parts[2]
    if height and abs(height) < 1e5:
        yield from text("exif:GPSAltitude", f"{round(abs(height) * 100)}/100")
        yield from text("exif:GPSAltitudeRef", str(int(height < 0)))
