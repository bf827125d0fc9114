"""The inventory of a file: everything in it besides its pixels, each thing as a topic and a short hash of its value.

Two items are equal where topic and value are; so what one file holds and another lacks is a difference of sets. What saving a
picture makes anew (sizes, thumbnails, software, resolution, quantisation …) is not an item; everything else is, known or not.
``docs/losses.md`` lists what is left out.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ANY: Final = ""
"""The hash of an item that any value of its topic in the other file replaces."""

_HASH: Final = 6
_HASH_TEXT: Final = 8
_LONGEST_TOPIC: Final = 60
_MOST_ITEMS: Final = 1500
_UNSAFE: Final = re.compile(r"[^\w .:/()+-]", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One thing in a file.

    ``topic`` names what it is (``keyword``, ``exif 829A``, ``stream video``). ``value`` is a hash of its value in
    base64, or ANY.
    """

    topic: str
    value: str = ANY

    @classmethod
    def of(cls, topic: str, value: str | bytes) -> Item:
        """The item of a value, as text in a normal form or as bytes."""
        data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        digest = hashlib.blake2b(data, digest_size=_HASH).digest()
        return cls(named(topic), base64.urlsafe_b64encode(digest).decode("ascii"))


_UTC: Final = "utc "
_AT: Final = "at "
_IMPLIED: Final = "implied "


def utc_item(seconds: int) -> Item:
    """The item of an instant, in seconds since 1970 UTC, which may be the wall clock of any zone."""
    return Item(f"{_UTC}{seconds}")


def position_item(place: tuple[float, float]) -> Item:
    """The item of a position (latitude, longitude) in degrees."""
    return Item(f"{_AT}{place[0]:.5f} {place[1]:.5f}")


def implied(item: Item) -> Item:
    """Mark an item as something that another value already implies.

    A date in XMP implies its zone, which has a tag of its own in EXIF. The marked item stands in for that tag; it is
    never counted as lost.
    """
    return Item(f"{_IMPLIED}{item.topic}", item.value)


def with_implied(items: frozenset[Item]) -> frozenset[Item]:
    """The items, and those that they stand in for."""
    said = (item for item in items if item.topic.startswith(_IMPLIED))
    return items | {Item(item.topic.removeprefix(_IMPLIED), item.value) for item in said}


def is_compared_apart(item: Item) -> bool:
    """A position or an instant, which are compared with a tolerance, or what stands in for another item."""
    return item.topic.startswith((_UTC, _AT, _IMPLIED))


def instants(items: Iterable[Item]) -> list[int]:
    """The instants among items, in order."""
    return sorted(int(item.topic.removeprefix(_UTC)) for item in items if item.topic.startswith(_UTC))


def positions(items: Iterable[Item]) -> list[tuple[float, float]]:
    """The positions among items, in order."""
    found = []
    for item in items:
        if item.topic.startswith(_AT):
            latitude, longitude = item.topic.removeprefix(_AT).split()
            found.append((float(latitude), float(longitude)))
    return sorted(found)


def named(topic: str) -> str:
    """A topic made of names from a file, safe to store and short."""
    return _UNSAFE.sub("_", topic)[:_LONGEST_TOPIC]


def packed(items: Iterable[Item]) -> str:
    """The items as one short ASCII text; the same for the same items in any order.

    Of a file with more than 1,500 items the rest becomes one.
    """
    every = sorted(set(items))
    if len(every) > _MOST_ITEMS:
        rest = "".join(item.topic + item.value for item in every[_MOST_ITEMS:])
        every = [*every[:_MOST_ITEMS], Item.of("further metadata", rest)]
    values: dict[str, list[str]] = defaultdict(list)
    for item in every:
        values[item.topic].append(item.value)
    return ";".join(f"{topic}={''.join(held)}" for topic, held in values.items())


@functools.lru_cache(maxsize=4096)
def unpacked(text: str) -> frozenset[Item]:
    """The items that ``packed`` wrote."""
    found = set[Item]()
    for part in text.split(";") if text else ():
        topic, _, values = part.rpartition("=")
        if not values:
            found.add(Item(topic))
        for at in range(0, len(values), _HASH_TEXT):
            found.add(Item(topic, values[at : at + _HASH_TEXT]))
    return frozenset(found)


def lacking(items: Iterable[Item], held: frozenset[Item]) -> list[Item]:
    """The items that ``held`` does not replace, in order."""
    topics = {item.topic for item in held}
    return sorted(item for item in items if item not in held and not (item.value == ANY and item.topic in topics))
