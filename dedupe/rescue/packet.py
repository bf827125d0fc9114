"""Statements put into an XMP sidecar: a new one, or an existing one, of which no byte changes but for what is inserted.

What another program wrote is never parsed and written anew: that would lose comments, prefixes and the order of things. The new
properties go into an rdf:Description of their own before the end of the RDF, new entries of a list before the end of that list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from dedupe._version import __version__
from dedupe.formats.xmp import RDF, parsed, properties, short_name
from dedupe.rescue.statement import REGION_LISTS, Form, Statement, described, entries, namespaces

LARGEST: Final = 4 << 20
"""A larger sidecar is left as it is."""
_BEGIN: Final = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_END: Final = '\n<?xpacket end="w"?>\n'
_RDF_URI: Final = RDF[1:-1]


class PacketError(Exception):
    """The sidecar cannot be added to; the text is the phrase that says why."""


class ClashError(Exception):
    """The sidecar has another value of a property; the text is the property's name."""


@dataclass(slots=True)
class _Layout:
    """Where things are in a packet, in bytes: the end of the RDF, and of each list by the path of its property."""

    about: str = ""
    end: int = -1
    lists: dict[tuple[str, ...], int] = field(default_factory=dict)
    values: dict[tuple[str, ...], list[str]] = field(default_factory=dict)


def merged(packet: bytes | None, statements: Sequence[Statement]) -> bytes:
    """The packet with these statements as well; a new one for None. The same packet where it says them all.

    Raises ClashError for another value of a property that has one, PacketError where nothing can be added.
    """
    if packet is None:
        return _new(statements)
    if len(packet) > LARGEST:
        raise PacketError("its sidecar is too large")
    layout = _layout(packet)
    told = {one.name.partition("/")[0] for one in properties(packet)} | {path[0] for path in layout.values}
    inserts: list[tuple[int, str]] = []
    absent = [said for said in statements if said.name not in told]
    for said in statements:
        if said.name in told:
            inserts += _into(packet, layout, said)
    if absent:
        inserts.append((layout.end, f" {_with_rdf(described(absent, layout.about))}\n "))
    made = _inserted(packet, inserts)
    _check(packet, made)
    return made


def _new(statements: Sequence[Statement]) -> bytes:
    body = described(statements)
    text = (
        f'{_BEGIN}<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="dedupe {__version__}">\n <rdf:RDF xmlns:rdf="{_RDF_URI}">\n'
        f"  {body}\n </rdf:RDF>\n</x:xmpmeta>{_END}"
    )
    made = text.encode("utf-8")
    if parsed(made) is None:
        raise PacketError("what the copy says cannot be written as XMP")
    return made


def _into(packet: bytes, layout: _Layout, said: Statement) -> list[tuple[int, str]]:
    """The insertion that adds the values of ``said`` to an existing property."""
    if not said.is_list:
        theirs = {one.value for one in properties(packet) if one.name == said.name and one.value}
        if theirs != set(said.values):
            raise ClashError(said.name)
        return []
    path = (said.name, REGION_LISTS[said.name]) if said.form is Form.REGIONS else (said.name,)
    at = layout.lists.get(path)
    if at is None:
        raise PacketError(f"its sidecar writes {said.name} in a way that cannot be added to")
    have = {value.casefold() for value in layout.values.get(path, ())}
    new = tuple(value for value in said.values if said.form is Form.REGIONS or value.casefold() not in have)
    if not new:
        return []
    added = Statement(said.name, new)
    return [(at, "".join(f" {_with_rdf(entry)}\n" for entry in _single(added)))]


def _single(said: Statement) -> list[str]:
    return [entries(Statement(said.name, (value,))) for value in said.values]


def _with_rdf(xml: str) -> str:
    """A piece of XML that declares every prefix it uses, whatever the document around it calls them."""
    head, gap, rest = xml.partition(" ") if xml.partition(" ")[0].find(">") < 0 else xml.partition(">")
    known = "" if head == "<rdf:Description" else namespaces(xml)
    return f'{head} xmlns:rdf="{_RDF_URI}"{known}{gap}{rest}'


def _inserted(packet: bytes, inserts: Sequence[tuple[int, str]]) -> bytes:
    made = packet
    for at, text in sorted(inserts, key=lambda one: one[0], reverse=True):
        made = made[:at] + text.encode("utf-8") + made[at:]
    return made


def _check(before: bytes, after: bytes) -> None:
    """All that the packet said it says still, in its order. Raises PacketError."""
    if before == after:
        return
    if parsed(after) is None:
        raise PacketError("what the copy says cannot be written as XMP")
    rest = iter(properties(after))
    if not all(any(one == other for other in rest) for one in properties(before)):
        raise PacketError("its sidecar would not say all that it says now")


# -- where things are ----------------------------------------------------------------------------------------------------


def _layout(packet: bytes) -> _Layout:
    """Raises PacketError where the packet is not UTF-8 XML with an RDF in it."""
    if parsed(packet) is None:
        raise PacketError("its sidecar cannot be read as XMP")
    reader = _Reader()
    try:
        reader.feed(packet)
        packet.decode("utf-8")
    except (expat.ExpatError, UnicodeDecodeError) as error:
        raise PacketError("its sidecar cannot be read as XMP") from error
    layout = reader.layout
    if layout.end < 0 or packet[layout.end : layout.end + 2] != b"</":
        raise PacketError("its sidecar holds no RDF that can be added to")
    layout.lists = {path: at for path, at in layout.lists.items() if packet[at : at + 2] == b"</"}
    return layout


class _Reader:
    """Walks a packet and notes the byte at which things end."""

    def __init__(self) -> None:
        self.layout = _Layout()
        self._stack: list[str] = []
        self._text = ""
        self._parser = expat.ParserCreate(None, "}")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._told

    def feed(self, packet: bytes) -> None:
        self._parser.Parse(packet, True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _name(tag)
        self._stack.append(name)
        self._text = ""
        if name == "rdf:Description" and self._depth() == 1:
            self.layout.about = self.layout.about or attributes.get(f"{_RDF_URI}}}about", "")
            for key in attributes:
                self.layout.values.setdefault((_name(key),), [])
        elif self._depth() == 2:
            self.layout.values.setdefault((name,), [])

    def _told(self, text: str) -> None:
        self._text += text

    def _end(self, tag: str) -> None:
        name, at = _name(tag), self._parser.CurrentByteIndex
        path = self._path()
        if name == "rdf:RDF":
            self.layout.end = at
        elif name in ("rdf:Bag", "rdf:Seq") and path is not None:
            self.layout.lists[path] = at
        elif name == "rdf:li" and path is not None and self._text.strip():
            self.layout.values.setdefault(path, []).append(self._text.strip())
        self._text = ""
        self._stack.pop()

    def _depth(self) -> int:
        """How deep within the RDF: 1 for an rdf:Description, 2 for a property."""
        return len(self._stack) - 1 - self._stack.index("rdf:RDF") if "rdf:RDF" in self._stack else -1

    def _path(self) -> tuple[str, ...] | None:
        """The property that the innermost list belongs to; None where nothing is ever added to that one."""
        if "rdf:RDF" not in self._stack:
            return None
        inner = self._stack[self._stack.index("rdf:RDF") + 1 :]
        if inner and inner[-1] == "rdf:li":
            inner = inner[:-1]
        named = tuple(name for name in inner[1:-1] if name != "rdf:Description")
        return (
            named if inner[:1] == ["rdf:Description"] and named and not any("rdf:" in name for name in named) else None
        )


def _name(tag: str) -> str:
    uri, gap, local = tag.rpartition("}")
    if uri == _RDF_URI:
        return f"rdf:{local}"
    return short_name(f"{{{uri}}}{local}") if gap else tag
