"""Values for the tests of the library and for the processes they start: nothing slow is imported here."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from dedupe.types import (
    CaptureTime,
    Change,
    ContentKey,
    Evidence,
    Facts,
    FileStamp,
    Match,
    Photo,
    PhotoFile,
    PixelKey,
    Relation,
    Remark,
    Transform,
)

FACTS = Facts("JPEG", 4000, 3000, taken=CaptureTime(1_700_000_000, 0.25, 2, 120), camera="Canon EOS R6")
LONG_AGO_NS = 1_600_000_000_123_456_789


def key(number: int | str) -> ContentKey:
    """A content key, the same for the same number."""
    return hashlib.blake2b(os.fsencode(str(number)), digest_size=16).digest()


def on_disk(path: Path, root: Path | None = None) -> PhotoFile:
    """The file as walk finds it."""
    return PhotoFile(str(path), str(root or path.parent), FileStamp.of(path.lstat()))


def photo(path: str, content: int | str, pixel_key: int | str | None = None) -> Photo:
    """A photo that was read, at a path that need not exist."""
    file = PhotoFile(path, os.path.dirname(path), FileStamp(1, 2, 3, 4, 5))
    return Photo(file, key(content), None if pixel_key is None else _pixel_key(pixel_key), FACTS)


def _pixel_key(number: int | str) -> PixelKey:
    return key(f"payload {number}")


def match(a: ContentKey, b: ContentKey, relation: Relation | None = Relation.RESAVED) -> Match:
    """A verdict with all its evidence."""
    low, high = sorted((a, b))
    transform = Transform((1.0, 0.125, -0.5, 0.0, 1.0, 0.25), 90.0, True, 0.5)
    evidence = Evidence(400, 380, 0.99, 0.97, 0.91, 0.02, 0.01, transform)
    return Match(low, high, 0.125, relation, 0.9, -0.5, Remark(Change.CROPPED, 0.8), evidence)
