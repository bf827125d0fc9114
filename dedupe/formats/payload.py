"""The picture inside a file, told from the file's structure alone.

Two files that were once found to show the same pixels are compared again without decoding either.
"""

from __future__ import annotations

from dedupe.formats import header, jpeg, sniff
from dedupe.formats.errors import PhotoError


def same(a: bytes, b: bytes) -> bool | None:
    """Whether the two files hold the same picture, as far as their structure says; None where only their pixels can tell.

    Two JPEGs do if their streams are byte for byte the same. A JPEG and something else, or pictures of different sizes, do not.
    """
    kinds = [sniff.sniff(data) for data in (a, b)]
    if sniff.JPEG in kinds:
        return kinds == [sniff.JPEG, sniff.JPEG] and _payload(a) is not None and _payload(a) == _payload(b)
    sizes = [_size(data, kind) for data, kind in zip((a, b), kinds, strict=True)]
    return False if None not in sizes and sizes[0] != sizes[1] else None


def _payload(data: bytes) -> list[bytes] | None:
    try:
        parts = jpeg.parse(data)
    except PhotoError:
        return None
    pieces = jpeg.payload(data, parts, header.orientation(parts.exif))
    return None if pieces is None else [bytes(piece) for piece in pieces]


def _size(data: bytes, kind: str | None) -> list[int] | None:
    """Both sides, the shorter first (an orientation may turn one of the two); None where the header does not say."""
    try:
        stated = None if kind is None else sniff.frame_size(data, kind)
    except PhotoError:
        return None
    return None if stated is None else sorted(stated)
