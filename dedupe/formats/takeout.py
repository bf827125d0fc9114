"""The items of the JSON that Google Takeout puts beside a photo: what a person wrote, and where and when it was taken."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dedupe.formats.inventory import Item, position_item, utc_item
from dedupe.formats.texts import caption_items, text_items, wording

_LEFT_OUT: Final = frozenset(
    (
        "title", "url", "imageViews", "creationTime", "modificationTime", "photoLastModifiedTime", "googlePhotosOrigin",
        "appSource", "geoDataExif", "localFolderName", "deviceType", "deviceFolder", "archived", "trashed", "description",
        "photoTakenTime", "geoData", "people", "favorited",
    )
)  # fmt: skip
"""What is read below, what Google notes about its own service, and the position that the photo's own EXIF states."""


def items(data: bytes) -> Iterator[Item]:
    """The items of a Takeout JSON.

    Raises ValueError where it is no Takeout JSON.
    """
    said = json.loads(data)
    if not isinstance(said, dict):
        raise ValueError("no object")
    yield from caption_items(_text(said.get("description")))
    yield from _moment(said.get("photoTakenTime"))
    yield from _place(said.get("geoData"))
    people = said.get("people")
    for person in people if isinstance(people, list) else ():
        if isinstance(person, dict):
            yield from text_items("person", _text(person.get("name")))
    if said.get("favorited") is True:
        yield Item.of("favourite", "yes")
    for name in said.keys() - _LEFT_OUT:
        if said[name]:
            yield Item.of(f"takeout {name}", json.dumps(said[name], sort_keys=True))


def _text(value: Any) -> str | None:
    return wording(value) if isinstance(value, str) else None


def _moment(value: Any) -> Iterator[Item]:
    if isinstance(value, Mapping) and str(value.get("timestamp", "")).lstrip("-").isdigit():
        seconds = int(value["timestamp"])
        if seconds:
            yield utc_item(seconds)


def _place(value: Any) -> Iterator[Item]:
    if isinstance(value, Mapping):
        latitude, longitude = value.get("latitude"), value.get("longitude")
        if isinstance(latitude, (int, float)) and isinstance(longitude, (int, float)) and (latitude or longitude):
            yield position_item((latitude, longitude))
