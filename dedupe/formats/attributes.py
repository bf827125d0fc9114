"""What a person said of a photo in extended attributes of its file: tags, comments and ratings of file managers.

They belong to the file, not to its content: of two files of the same bytes each has its own. The names are those of
freedesktop.org (``xdg``), KDE (``baloo``) and Apple's Finder, whose names other systems store with something before them.
"""

from __future__ import annotations

import plistlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from dedupe.formats.inventory import Item, packed
from dedupe.formats.texts import caption_items, decoded, rating_items, text_items, wording

_BEFORE: Final = ("user.DosStream.", "user.")
_BEHIND: Final = ":$DATA"
"""What Samba writes around the name of an attribute of Apple's, with a NUL behind its value."""


def said(held: Mapping[str, bytes]) -> str:
    """The inventory of a file's extended attributes, by their names; empty where a person said nothing there."""
    return packed(item for name, value in held.items() for item in _items(name, value))


def is_read(name: str) -> bool:
    """Whether an attribute is one in which a person says something of a photo."""
    return _plain(name) in _READERS


def _items(name: str, value: bytes) -> Iterator[Item]:
    reader = _READERS.get(_plain(name))
    if reader is None:
        return
    try:
        yield from reader(value.removesuffix(b"\0") if name.endswith(_BEHIND) else value)
    except (ValueError, TypeError, AttributeError, OverflowError, IndexError, RecursionError):
        yield Item.of(f"attribute {_plain(name)}", value)  # not in its form: its bytes count


def _plain(name: str) -> str:
    for before in _BEFORE:
        if name.startswith(before):
            return name.removeprefix(before).removesuffix(_BEHIND)
    return name


def _tags(value: bytes) -> Iterator[Item]:
    yield from text_items("keyword", wording(decoded(value).replace(",", ";")))


def _comment(value: bytes) -> Iterator[Item]:
    yield from caption_items(wording(value))


def _rating(value: bytes) -> Iterator[Item]:
    """KDE counts half stars, from 0 to 10; half a star is more than the whole ones below it."""
    halves = int(value)
    if halves % 2 or not 0 <= halves <= 10:
        raise ValueError(halves)
    yield from rating_items(halves // 2)


def _finder_tags(value: bytes) -> Iterator[Item]:
    """A list of texts, each with the number of its colour on a line of its own."""
    tags = plistlib.loads(value)
    if not isinstance(tags, list):
        raise TypeError(type(tags))
    for tag in tags:
        yield from text_items("keyword", wording(tag.partition("\n")[0]))


def _finder_comment(value: bytes) -> Iterator[Item]:
    text = plistlib.loads(value)
    if not isinstance(text, str):
        raise TypeError(type(text))
    yield from caption_items(wording(text))


_READERS: Final[Mapping[str, Callable[[bytes], Iterator[Item]]]] = {
    "xdg.tags": _tags,
    "xdg.comment": _comment,
    "baloo.rating": _rating,
    "com.apple.metadata:_kMDItemUserTags": _finder_tags,
    "com.apple.metadata:kMDItemFinderComment": _finder_comment,
}
