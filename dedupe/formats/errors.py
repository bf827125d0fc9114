"""Why a file is not read as a photo.

Each class carries the :class:`SkipKind` under which the file is listed.
"""

from __future__ import annotations

import struct
import zlib
from typing import ClassVar, Final

from dedupe.errors import DedupeError
from dedupe.types import SkipKind


class PhotoError(DedupeError):
    """A file cannot be judged as a photo; the message is the rest of a sentence that begins with its name."""

    kind: ClassVar[SkipKind] = SkipKind.UNREADABLE


class DamagedError(PhotoError):
    """The picture is cut off or its data are corrupt."""

    kind = SkipKind.DAMAGED


class TooLargeError(PhotoError):
    """The header announces more pixels (or the file has more bytes) than the limit allows."""

    kind = SkipKind.TOO_LARGE


class NotAPhotoError(PhotoError):
    """The content is not a picture format that dedupe knows, whatever the name says."""

    kind = SkipKind.NOT_A_PHOTO


class UnsupportedError(PhotoError):
    """The content is a picture, in a format or a variant that nothing installed here can decode."""

    kind = SkipKind.UNSUPPORTED


BROKEN: Final = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    zlib.error,
)
"""What Pillow and its plug-ins raise for malformed files, besides OverflowError and RuntimeError."""
