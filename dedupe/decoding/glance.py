"""What a file's beginning says about its picture: a worker task that finds files of one picture without reading them whole.

Two files of the same pixels have the same mark; two of the same mark may be different pictures. Of a JPEG it is made from
what is between the metadata and the first kilobyte of the picture's own data, of other formats from the size in pixels.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from dedupe.types import ContentKey

_HEAD: Final = 1 << 16
_DATA: Final = 1 << 10
_MARK_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class GlanceRequest:
    """A file whose beginning is to be read.

    ``whole`` means that another file has as many bytes, so the content key is wanted too.
    """

    path: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Glance:
    """What the beginning of a file tells.

    ``content_key`` is set where it was wanted. ``mark`` is None where the beginning tells nothing (no picture, camera
    RAW).
    """

    content_key: ContentKey | None
    mark: bytes | None


def glance(request: GlanceRequest) -> Glance | None:
    """None where the file cannot be read."""
    from dedupe.decoding.content_key import content_key

    try:
        with open(request.path, "rb") as file:
            data = file.read() if request.whole else file.read(_HEAD)
            key = content_key(data) if request.whole else None
            found = _mark(data, len(data) < _HEAD or request.whole)
            if found is None:  # long metadata: the picture's own data is farther behind
                data += file.read()
                found = _mark(data, True)
    except OSError:
        return None
    return Glance(key, found or None)


def _mark(data: bytes, whole: bool) -> bytes | None:
    """The mark, empty where there is none; None where more of the file is needed."""
    from dedupe.formats import jpeg, sniff
    from dedupe.formats.errors import PhotoError

    kind = sniff.sniff(data)
    if kind is None or kind in (sniff.RAW, sniff.JPEGXL):
        return b""
    if kind != sniff.JPEG:
        return _size_mark(data, kind, whole)
    try:
        parts = jpeg.parse(data)
    except PhotoError:
        return b"" if whole else None
    pieces = [data[start:stop] for start, stop in parts.kept]
    scan = next((number for number, piece in enumerate(pieces) if piece[1:2] == b"\xda"), None)
    if scan is None or (len(pieces[scan]) < _DATA and not whole):
        return b"" if whole else None
    return _digest(b"jpeg", *pieces[:scan], pieces[scan][:_DATA])


def _size_mark(data: bytes, kind: str, whole: bool) -> bytes | None:
    """Width and height, the larger first: a turned picture has the same."""
    from dedupe.decoding import pillow
    from dedupe.formats.errors import BROKEN, PhotoError

    try:
        size = pillow.opened(data, kind).size
    except (PhotoError, MemoryError, *BROKEN):
        return b"" if whole else None
    return _digest(b"size", *(str(side).encode() for side in sorted(size)))


def _digest(*pieces: bytes) -> bytes:
    digest = hashlib.blake2b(digest_size=_MARK_BYTES)
    for piece in pieces:
        digest.update(len(piece).to_bytes(8, "little") + piece)
    return digest.digest()
