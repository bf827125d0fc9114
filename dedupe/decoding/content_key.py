"""What makes two files the same: the bytes (content key) or the picture alone (pixel key); DESIGN.md §5.

Both are XXH3-128, fast and not cryptographic: bytes are compared again before any action.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import xxhash

from dedupe.types import ContentKey, PixelKey

if TYPE_CHECKING:
    from dedupe.formats.jpeg import Jpeg

_BLOCK: Final = 1 << 20


def content_key(data: bytes) -> ContentKey:
    """XXH3-128 of the bytes."""
    return xxhash.xxh3_128_digest(data)


def content_key_of_file(descriptor: int) -> ContentKey:
    """XXH3-128 of an open file, from its beginning; moves the file position."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    digest = xxhash.xxh3_128()
    while block := os.read(descriptor, _BLOCK):
        digest.update(block)
    return digest.digest()


def content_key_of_path(path: str) -> ContentKey | None:
    """XXH3-128 of a file; None where it cannot be read."""
    try:
        with open(path, "rb", buffering=0) as file:
            return content_key_of_file(file.fileno())
    except OSError:
        return None


def jpeg_pixel_key(data: bytes, parts: Jpeg, orientation: int) -> PixelKey | None:
    """The key of a JPEG's picture: its stream without APPn, COM and what follows the end, but with all that
    changes how it looks: ICC profile, Adobe marker, orientation. None for a picture that is cut off.
    """
    if parts.end is None:
        return None
    view = memoryview(data)
    extras = (
        b"jpeg",
        bytes((orientation, parts.jfif and parts.components != (1, 2, 3))),  # JFIF overrules component names
        parts.adobe[:12] if parts.adobe else b"",
        parts.icc or b"",
    )
    return digest_of((*extras, *(view[start:stop] for start, stop in parts.kept)))


def digest_of(pieces: Iterable[bytes | memoryview]) -> bytes:
    """XXH3-128 of pieces, each preceded by its length, so that no two lists of pieces share one stream."""
    digest = xxhash.xxh3_128()
    for piece in pieces:
        digest.update(len(piece).to_bytes(8, "little"))
        digest.update(piece)
    return digest.digest()
