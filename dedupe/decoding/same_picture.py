"""The worker task that compares two pictures byte by byte before one of them leaves; light to import, as tasks are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from dedupe.formats.errors import PhotoError
from dedupe.formats.hashing import digest
from dedupe.types import ContentKey


@dataclass(frozen=True, slots=True)
class SamePictureRequest:
    """Two files, as long as they still hold these contents."""

    paths: tuple[str, str]
    content_keys: tuple[ContentKey, ContentKey]


def same_picture(request: SamePictureRequest) -> bool | None:
    """Whether two files hold the same picture in every pixel; a worker task.

    False also where one of the pictures cannot be had in full. None where a file holds another content by now, or cannot be read.
    """
    from dedupe.decoding.pixel_key import pieces

    both = []
    for path, key in zip(request.paths, request.content_keys, strict=True):
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError:
            return None
        if digest(data, key) != key:
            return None
        both.append(data)
    try:
        one, other = (pieces(data) for data in both)
        if one is None or other is None:
            return False
        return all(ours == theirs for ours, theirs in zip_longest(one, other))
    except PhotoError:
        return False
