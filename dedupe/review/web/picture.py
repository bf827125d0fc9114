"""What a worker makes for the page: a view, a tile or a difference, always decoded and encoded anew.

A file is opened as an action would open it: no link, and the very file that the scan saw, else it is refused with a
sentence. Bytes of a photo never reach the browser as they are.
"""

from __future__ import annotations

import os
import stat
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final

from dedupe.formats.errors import PhotoError
from dedupe.report.placement import Placement
from dedupe.types import ContentKey, FileStamp, Photo

VIEW_SIDE: Final = 2048
TILE_SIDE: Final = 1024
DIFFERENCE_SIDE: Final = 1200
MAX_BYTES: Final = 1 << 30
_KEPT_PIXELS: Final = 40_000_000
_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)


@dataclass(frozen=True, slots=True)
class Original:
    """One photo's file, and what it must still be."""

    path: str
    stamp: FileStamp
    content_key: ContentKey
    width: int
    height: int
    max_pixels: int

    @classmethod
    def of(cls, photo: Photo, max_pixels: int) -> Original:
        """The file of a photo of the scan."""
        facts = photo.facts
        return cls(photo.path, photo.file.stamp, photo.content_key, facts.width, facts.height, max_pixels)


@dataclass(frozen=True, slots=True)
class View:
    """The whole photo with its long side at ``side`` at most."""

    original: Original
    side: int = VIEW_SIDE


@dataclass(frozen=True, slots=True)
class Tile:
    """The square of TILE_SIDE pixels at column ``x``, row ``y``, of the photo at its full size."""

    original: Original
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs of ``other`` from ``original``, on whose grid it is drawn."""

    original: Original
    other: Original
    placement: Placement


Order = View | Tile | Difference


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no picture, as a sentence's rest; ``gone`` where the file is not what the scan saw."""

    reason: str
    gone: bool = False


def made(order: Order) -> bytes | Refused:
    """The JPEG that was ordered; a task for a worker. MemoryError passes: the pool reports it."""
    try:
        if isinstance(order, Difference):
            return _difference(order)
        return _tile(order) if isinstance(order, Tile) else _view(order)
    except _RefusedError as error:
        return error.refused
    except PhotoError as error:
        return Refused(str(error))
    except OSError as error:
        return Refused(f"cannot be read: {error.strerror or type(error).__name__}", gone=True)


def warmed(ready: bool) -> bool:
    """Load what pictures are made with, before the first one is ordered; a task for a worker."""
    from dedupe.decoding import decode, encode

    return ready and bool(decode and encode)


def _view(order: View) -> bytes:
    from dedupe.decoding import encode

    return encode.jpeg(_pixels(order.original, order.side), 86)


def _tile(order: Tile) -> bytes:
    from dedupe.decoding import encode

    whole = _pixels(order.original, max(order.original.width, order.original.height))
    # A RAW's embedded picture may be smaller than what its header says: the tile is a share of the frame.
    across, down = whole.shape[1] / order.original.width, whole.shape[0] / order.original.height
    left, top = round(order.x * TILE_SIDE * across), round(order.y * TILE_SIDE * down)
    right, bottom = round((order.x + 1) * TILE_SIDE * across), round((order.y + 1) * TILE_SIDE * down)
    part = whole[top:bottom, left:right]
    if not part.size:
        raise _RefusedError(Refused("has no such part"))
    return encode.jpeg(part, 92)


def _difference(order: Difference) -> bytes:
    from dedupe.decoding import encode
    from dedupe.report.overlay import differing

    a, b = (_pixels(one, DIFFERENCE_SIDE) for one in (order.original, order.other))
    return encode.jpeg(differing(a, b, order.placement).pixels, 90)


_kept: OrderedDict[tuple[ContentKey, int], object] = OrderedDict()


def _pixels(original: Original, side: int):  # type: ignore[no-untyped-def]  # NumPy is loaded in workers alone
    """Read a photo's pixels: uint8[h, w, 3], upright, sRGB, long side ``side`` at most.

    The file is looked at each time, the pixels of the last two photos are kept: the tiles of a photo come one after the other.
    """
    from dedupe.decoding import decode

    key = (original.content_key, side)
    with _opened(original) as file:
        if key not in _kept:
            data = file.read(MAX_BYTES + 1)
            pixels = decode.decode(data, long_side=side, max_pixels=original.max_pixels).pixels
            if pixels.size > 3 * _KEPT_PIXELS:
                _kept.clear()
            _kept[key] = pixels
            while len(_kept) > 2:
                _kept.popitem(last=False)
    _kept.move_to_end(key)
    return _kept[key]


@contextmanager
def _opened(original: Original) -> Iterator[IO[bytes]]:
    """The same file that was scanned, open for reading."""
    try:
        descriptor = os.open(original.path, _FLAGS)
    except FileNotFoundError:
        raise _RefusedError(Refused("is no longer there", gone=True)) from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or _identity(FileStamp.of(found)) != _identity(original.stamp):
            raise _RefusedError(Refused("has changed since the scan", gone=True))
        if found.st_size > MAX_BYTES:
            raise _RefusedError(Refused("is too large to be shown"))
        yield file


def _identity(stamp: FileStamp) -> tuple[int, int, int, int]:
    """What says that it is the same file with the same content; the ctime changes with a new hard link alone."""
    return stamp.dev, stamp.inode, stamp.size, stamp.mtime_ns


class _RefusedError(Exception):
    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.refused = refused
