"""What a picture that cannot be read is called: damaged only where the file itself shows it, since people delete what is damaged.

A file is damaged where it ends too early, where a checksum or a compressed stream is broken, or where its format has no variant
that the libraries here do not read. All else is "not supported".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from dedupe.formats import sniff
from dedupe.formats.errors import DamagedError, PhotoError, UnsupportedError
from dedupe.formats.extents import is_incomplete
from dedupe.formats.tiff import Tiff

_WHOLLY_READ: Final = frozenset((sniff.JPEG, sniff.PNG, sniff.GIF, sniff.WEBP))
"""Formats whose every variant is read here, but for those of ``_is_variant``."""
_NOT_SUPPORTED: Final = re.compile(
    r"not supported|unsupported|not (?:been )?(?:built|configured|implemented)", re.IGNORECASE
)
_BROKEN_STREAM: Final = re.compile(
    r"JPEGLib: |Decode: |decoding error|not enough data|code not yet in table|corrupt|bad code word",
    re.IGNORECASE,
)
"""What libtiff says of compressed data that are broken."""
_COMPRESSION: Final = 0x0103
_READ_BY_LIBTIFF: Final = frozenset((1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000))


def refused(data: bytes, kind: str, problem: BaseException, said: Iterable[str] = ()) -> PhotoError:
    """The error for a picture of this format that ``problem`` kept from being read; ``said`` is what the library wrote of it."""
    if is_incomplete(data, kind):
        return DamagedError(f"is a damaged {kind}: it is cut off")
    if kind == sniff.TIFF:
        broken = broken_stream(said)
        if broken is not None and _compression(data) in _READ_BY_LIBTIFF:
            return DamagedError(f"is a damaged {kind}: {broken}")
    elif kind in _WHOLLY_READ and not _is_variant(data, kind, problem):
        return DamagedError(f"is a damaged {kind}: {_short(problem)}")
    return UnsupportedError(f"is not supported: nothing here decodes this {kind}")


def broken_stream(said: Iterable[str]) -> str | None:
    """The first of libtiff's messages that speaks of broken data; None where none does."""
    return next((_plain(line) for line in said if _BROKEN_STREAM.search(line)), None)


def _is_variant(data: bytes, kind: str, problem: BaseException) -> bool:
    if isinstance(problem, NotImplementedError) or _NOT_SUPPORTED.search(str(problem)):
        return True
    # Apple's own PNG begins with another chunk; compression, filter and interlacing have numbers that may grow.
    if kind != sniff.PNG or len(data) <= 28:
        return False
    return data[12:16] == b"CgBI" or (data[12:16] == b"IHDR" and (data[26:28] != b"\x00\x00" or data[28] > 1))


def _compression(data: bytes) -> int:
    tiff = Tiff.open(data)
    return (tiff.integer(tiff.directory(tiff.first), _COMPRESSION) or 1) if tiff is not None else 0


def _short(problem: BaseException) -> str:
    text = " ".join(str(problem).split())
    return text[:80] if text.isprintable() and text and "<_io." not in text else "its header is broken"


def _plain(line: str) -> str:
    """The message without the name of the file that libtiff thinks it reads."""
    return line.removeprefix("tempfile.tif: ").rstrip(".")[:80]
