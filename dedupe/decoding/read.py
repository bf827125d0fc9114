"""One photo's bytes, read once: keys, facts, preview and the pixels for the embedding.

This runs in a worker process.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dedupe.decoding import content_key
from dedupe.formats import embedded, items, metadata
from dedupe.formats.errors import PhotoError
from dedupe.formats.inventory import Item, packed
from dedupe.formats.sniff import DEFAULT_MAX_PIXELS
from dedupe.types import ContentKey, DateSource, Facts, FileStamp, PixelKey, SkipKind, Skipped

if TYPE_CHECKING:
    from dedupe.decoding.decode import Decoded

MAX_BYTES: Final = 1 << 30
"""Larger files are "too large to judge": they would not fit the workers' memory limit."""

_OPEN_FLAGS: Final = (
    os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
)


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A file to be read and judged.

    ``stamp`` is what walk saw. ``side`` is the input size of the embedding network (0: no pixels wanted).
    """

    path: str
    stamp: FileStamp
    max_pixels: int = DEFAULT_MAX_PIXELS
    cache_path: str | None = None
    side: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """A photo that was read.

    ``looks`` are the network's inputs (``squash.looks``), made of the *decoded preview*, so that its embedding is the same cold
    and from a stored preview; empty where none was asked for.
    """

    path: str
    stamp: FileStamp
    content_key: ContentKey
    pixel_key: PixelKey | None
    facts: Facts
    preview: bytes
    signature: bytes = b""
    looks: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A file whose content the cache already knows: it was hashed, not decoded."""

    path: str
    stamp: FileStamp
    content_key: ContentKey


def read_photo(request: ReadRequest) -> Read | Skipped | Known:
    """Read and judge one file.

    A file that is bad in any way comes back as Skipped, with the rest of a sentence that says why. MemoryError passes:
    the pool reports it with the limit.
    """
    path = request.path
    try:
        data, stamp = _read(path)
    except OSError as problem:
        return Skipped(path, SkipKind.UNREADABLE, f"cannot be read: {problem.strerror or type(problem).__name__}")
    except PhotoError as problem:
        return Skipped(path, problem.kind, str(problem))
    if not _same(stamp, request.stamp) or len(data) != stamp.size:
        return Skipped(path, SkipKind.CHANGED, "changed while it was read: scan again")
    key = content_key.content_key(data)
    if request.cache_path is not None and _known(request.cache_path, key):
        return Known(path, stamp, key)
    try:
        return _judge(request, data, stamp, key)
    except PhotoError as problem:
        return Skipped(path, problem.kind, str(problem))


def _judge(request: ReadRequest, data: bytes, stamp: FileStamp, key: ContentKey) -> Read:
    from dedupe.decoding import decode, preview, squash
    from dedupe.decoding.signature import signature

    decoded = decode.decode(data, long_side=preview.PREVIEW_SIDE, max_pixels=request.max_pixels)
    shown = preview.preview(decoded.pixels)
    # What is made of the preview is made of its stored bytes, so that it is the same when it is made again.
    pixels = preview.decode_preview(shown)
    return Read(
        request.path,
        stamp,
        key,
        _pixel_key(data, decoded),
        facts_of(decoded),
        shown,
        signature(pixels),
        squash.looks(pixels, request.side) if request.side else (),
    )


def _pixel_key(data: bytes, decoded: Decoded) -> PixelKey | None:
    if decoded.parts is None or decoded.warning is not None:
        return None
    return content_key.jpeg_pixel_key(data, decoded.parts, decoded.source.orientation)


def facts_of(decoded: Decoded) -> Facts:
    """The facts of a decoded picture; its pixels must have been asked for at the preview's size."""
    from dedupe.decoding.preview import texture
    from dedupe.decoding.storage import quality_of_bits

    source = decoded.source
    textured = texture(decoded.pixels)
    said = metadata.of_blocks(source.blocks)
    held = set(items.items_of(source.blocks))
    # Of a file that no camera is named in, the last change is the saving by the program that it names.
    by_program = said.software is not None and said.camera is None
    if said.dated is not None and said.dated.source is DateSource.MODIFIED and not by_program:
        held.add(Item(items.MODIFIED))
    return Facts(
        format=source.format,
        width=decoded.width,
        height=decoded.height,
        orientation=source.orientation,
        taken=said.taken,
        camera=said.camera,
        gps=said.gps,
        caption=said.caption,
        rating=said.rating,
        software=said.software,
        frames=source.frames,
        embedded=embedded.named(items.streams(held)),
        alpha=source.alpha,
        raw=source.raw,
        lossless=source.lossless,
        quality=source.quality if source.bits_a_pixel is None else quality_of_bits(source.bits_a_pixel, textured),
        texture=textured,
        suspect=decoded.warning,
        dated=said.dated,
        bits=source.bits,
        colours=source.colours,
        chroma=source.chroma,
        chroma_quality=source.chroma_quality,
        inventory=packed(held),
        exposure=said.exposure,
    )


def _read(path: str) -> tuple[bytes, FileStamp]:
    """Read the bytes of a regular file, and return them with its stamp.

    Raises OSError where it cannot be read, and PhotoError of kind CHANGED where the stamps before and after reading
    differ, UNREADABLE where it is no regular file, TOO_LARGE beyond ``MAX_BYTES``.
    """
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise _RefusedError(SkipKind.UNREADABLE, "is not a regular file")
        if before.st_size > MAX_BYTES:
            raise _RefusedError(SkipKind.TOO_LARGE, f"has {before.st_size / 1e9:.1f} GB, more than dedupe judges")
        data = _bytes(descriptor, before.st_size)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    stamp = FileStamp.of(before)
    if not _same(stamp, FileStamp.of(after)):
        raise _RefusedError(SkipKind.CHANGED, "changed while it was read: scan again")
    return data, stamp


def _bytes(descriptor: int, size: int) -> bytes:
    """The whole file, in one read where the system allows it (Linux gives at most 2 GiB at once)."""
    data = os.read(descriptor, size + 1)
    if len(data) in (size, size + 1):
        return data
    pieces = [data]
    while piece := os.read(descriptor, 1 << 24):
        pieces.append(piece)
    return b"".join(pieces)


class _RefusedError(PhotoError):
    """A file refused before its content was looked at."""

    def __init__(self, kind: SkipKind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind  # type: ignore[misc]  # the one class whose kind is the instance's


def _same(one: FileStamp, other: FileStamp) -> bool:
    """Whether two stamps are of one unchanged file; the ctime may differ (a new hard link changes it)."""
    return (one.dev, one.inode, one.size, one.mtime_ns) == (
        other.dev,
        other.inode,
        other.size,
        other.mtime_ns,
    )


def _known(cache_path: str, key: ContentKey) -> bool:
    """Whether the cache holds this content; False where it cannot be asked."""
    try:
        # Opened for each question, 0.1 ms: a worker that waits must not hold a file that may have to be kept aside.
        with closing(
            sqlite3.connect(Path(cache_path).absolute().as_uri() + "?mode=ro", uri=True, timeout=1.0)
        ) as cache:
            return cache.execute("SELECT 1 FROM contents WHERE content_key = ?", (key,)).fetchone() is not None
    except sqlite3.Error:
        return False
