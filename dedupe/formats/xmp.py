"""XMP packets (ISO 16684-1) as a flat list of properties, read by ElementTree.

A packet is untrusted: one with a document type is refused, since entities may grow without bounds. A packet that is not XML
after all gives no properties; the caller keeps its bytes as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_BODY: Final = re.compile(
    rb"<(?:[\w.-]+:)?(?:xmpmeta|xapmeta|RDF)\b.*</(?:[\w.-]+:)?(?:xmpmeta|xapmeta|RDF)\s*>", re.DOTALL
)
_FORBIDDEN: Final = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_USED: Final = re.compile(r"[<\s/]([A-Za-z_][\w.-]*):[A-Za-z_]")
_LONGEST: Final = 32 << 20
_DEEPEST: Final = 32
PREFIXES: Final = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/xap/1.0/bj/": "xmpBJ",
    "http://ns.adobe.com/xap/1.0/t/pg/": "xmpTPg",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://ns.adobe.com/xmp/1.0/DynamicMedia/": "xmpDM",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://ns.adobe.com/hdr-gain-map/1.0/": "hdrgm",
    "http://ns.apple.com/HDRGainMap/1.0/": "HDRGainMap",
    "http://ns.apple.com/faceinfo/1.0/": "apple-fi",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://www.metadataworkinggroup.com/schemas/regions/": "mwg-rs",
    "http://www.metadataworkinggroup.com/schemas/collections/": "mwg-coll",
    "http://www.metadataworkinggroup.com/schemas/keywords/": "mwg-kw",
    "http://ns.adobe.com/xap/1.0/sType/Dimensions#": "stDim",
    "http://ns.adobe.com/xmp/sType/Area#": "stArea",
    "http://ns.microsoft.com/photo/1.0/": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.0": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.2/": "MP",
    "http://ns.microsoft.com/photo/1.2/t/RegionInfo#": "MPRI",
    "http://ns.microsoft.com/photo/1.2/t/Region#": "MPReg",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://ns.acdsee.com/iptc/1.0/": "acdsee",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
    "http://ns.google.com/photos/1.0/container/": "Container",
    "http://ns.google.com/photos/1.0/container/item/": "Item",
    "http://ns.google.com/photos/1.0/depthmap/": "GDepth",
    "http://ns.google.com/photos/1.0/focus/": "GFocus",
    "http://ns.google.com/photos/1.0/image/": "GImage",
    "http://ns.google.com/photos/1.0/audio/": "GAudio",
    "http://ns.google.com/photos/1.0/panorama/": "GPano",
    "http://ns.google.com/photos/dd/1.0/device/": "Device",
    "http://ns.google.com/photos/1.0/creations/": "GCreations",
}
"""The prefixes that the specifications prefer; a packet may call its namespaces as it likes."""


@dataclass(frozen=True, slots=True)
class Property:
    """One value of a packet.

    ``name`` is its path (``dc:subject``, ``mwg-rs:Regions/mwg-rs:RegionList``); all entries of a list share it.
    ``value`` is the text. For a structure in a list it is ``field=value`` of all its fields, sorted, joined by ``|``.
    """

    name: str
    value: str


def properties(packet: bytes) -> list[Property]:
    """The properties of a packet, in its order; empty where it is not XMP that can be read."""
    root = parsed(packet)
    if root is None:
        return []
    found: list[Property] = []
    for rdf in root.iter(f"{RDF}RDF"):
        for described in rdf:
            found += _fields(described, "", 0)
    return found


def parsed(packet: bytes) -> ElementTree.Element | None:
    """The XML tree of a packet; None where it is too long, has a document type, or is not XML."""
    if len(packet) > _LONGEST:
        return None
    body = packet.strip(b"\x00 \t\r\n")
    for attempt in (body, *(found.group() for found in (_BODY.search(body),) if found)):
        text = _text(attempt)
        if _FORBIDDEN.search(text):
            return None
        for whole in (text, _declared(text)):
            try:
                # A document type was refused above: no entity is left to expand.
                return ElementTree.fromstring(whole)
            except (ElementTree.ParseError, ValueError):
                continue
    return None


def _declared(text: str) -> str:
    """The packet in an element that declares every prefix it uses: some writers forget a namespace."""
    known = {prefix: uri for uri, prefix in reversed(PREFIXES.items())} | {"rdf": RDF[1:-1]}
    used = sorted(set(_USED.findall(text)) - {"xml", "xmlns"})
    names = " ".join(f'xmlns:{prefix}="{known.get(prefix, "urn:undeclared/" + prefix)}"' for prefix in used)
    return f"<packet {names}>{text}</packet>"


def _text(data: bytes) -> str:
    """The packet as text without its XML declaration: UTF-8, or UTF-16 and UTF-32 by their marks."""
    for mark, name in ((b"\xff\xfe\x00\x00", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _without_declaration(data.decode(name, "replace"))
    if data[:2] == b"<\x00":
        return _without_declaration(data.decode("utf-16-le", "replace"))
    if data[:2] == b"\x00<":
        return _without_declaration(data.decode("utf-16-be", "replace"))
    return _without_declaration(data.decode("utf-8-sig", "replace"))


def _without_declaration(text: str) -> str:
    text = text.lstrip("\ufeff")
    end = text.find("?>") if text.startswith("<?xml ") else -1
    return text[end + 2 :] if end >= 0 else text


def _fields(described: ElementTree.Element, path: str, depth: int) -> Iterator[Property]:
    """The properties of an rdf:Description or of a structure: those written as attributes, then those as elements."""
    for name, value in described.attrib.items():
        if not name.startswith((RDF, XML)):
            yield Property(path + short_name(name), value.strip())
    for child in described:
        yield from _property(child, path + short_name(child.tag), depth + 1)


def _property(element: ElementTree.Element, name: str, depth: int) -> Iterator[Property]:
    if depth > _DEEPEST:
        return
    container = next((child for child in element if child.tag in (f"{RDF}Bag", f"{RDF}Seq", f"{RDF}Alt")), None)
    if container is not None:
        for entry in container:
            yield from _entry(entry, name, depth + 1)
    elif len(element) == 1 and element[0].tag == f"{RDF}Description":
        yield from _described(element[0], name, depth)
    elif len(element) or any(not key.startswith((RDF, XML)) for key in element.attrib):
        yield from _fields(element, f"{name}/", depth)
    else:
        text = element.get(f"{RDF}resource") or element.text or ""
        yield Property(name, text.strip())


def _described(described: ElementTree.Element, name: str, depth: int) -> Iterator[Property]:
    """A structure, or a value with qualifiers (whose value is rdf:value)."""
    plain = described.find(f"{RDF}value")
    if plain is not None:
        yield from _property(plain, name, depth + 1)
    else:
        yield from _fields(described, f"{name}/", depth)


def _entry(entry: ElementTree.Element, name: str, depth: int) -> Iterator[Property]:
    """An entry of a list: its text, or its structure in one value."""
    found = list(_property(entry, "", depth + 1))
    if len(found) == 1 and not found[0].name:
        yield Property(name, found[0].value)
    elif found:
        told = sorted(f"{one.name.lstrip('/')}={one.value}" for one in found if one.value)
        yield Property(name, "|".join(told))


def short_name(tag: str) -> str:
    """``{http://purl.org/dc/elements/1.1/}subject`` as ``dc:subject``."""
    if not tag.startswith("{"):
        return tag
    uri, _, name = tag[1:].rpartition("}")
    prefix = PREFIXES.get(uri)
    return f"{prefix or uri.rstrip('/#').rpartition('/')[2] or uri}:{name}"
