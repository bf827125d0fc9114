"""What makes two files the same: the bytes (content key) or the picture alone (pixel key).

Both are cryptographic (``formats.hashing``), so a picture cannot be made to bear the key of another one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from dedupe.formats.hashing import digest, digest_of, hasher
from dedupe.formats.jpeg import payload
from dedupe.types import ContentKey, PixelKey

if TYPE_CHECKING:
    from dedupe.formats.jpeg import Jpeg

_BLOCK: Final = 1 << 20


def content_key(data: bytes) -> ContentKey:
    """The key of the bytes."""
    return digest(data)


def content_key_of_file(descriptor: int) -> ContentKey:
    """The key of an open file, from its beginning; moves the file position."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    made = hasher()
    while block := os.read(descriptor, _BLOCK):
        made.update(block)
    return made.digest()


def jpeg_pixel_key(data: bytes, parts: Jpeg, orientation: int, like: PixelKey = b"") -> PixelKey | None:
    """The key of a JPEG's picture; None for one that is cut off. ``like`` is a key of the kind that is wanted."""
    pieces = payload(data, parts, orientation)
    return None if pieces is None else digest_of(pieces, like)
