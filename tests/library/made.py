"""Values for the tests of the library, and their hypothesis strategies."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from hypothesis import strategies as st

from dedupe.types import (
    CaptureTime,
    Companion,
    ContentKey,
    Evidence,
    Extra,
    Facts,
    FileStamp,
    Group,
    Match,
    PayloadKey,
    Photo,
    PhotoFile,
    Relation,
    ScanResult,
    Series,
    Skipped,
    Stats,
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


def photo(path: str, content: int | str, payload: int | str | None = None) -> Photo:
    """A photo that was read, at a path that need not exist."""
    file = PhotoFile(path, os.path.dirname(path), FileStamp(1, 2, 3, 4, 5))
    return Photo(file, key(content), None if payload is None else _payload(payload), FACTS)


def _payload(number: int | str) -> PayloadKey:
    return key(f"payload {number}")


def match(a: ContentKey, b: ContentKey, relation: Relation | None = Relation.RESAVED) -> Match:
    """A verdict with all its evidence."""
    low, high = sorted((a, b))
    transform = Transform((1.0, 0.125, -0.5, 0.0, 1.0, 0.25), 90.0, True, 0.5)
    evidence = Evidence(400, 380, 0.99, 0.97, 0.91, 0.02, 0.01, transform)
    return Match(low, high, 0.125, relation, 0.9, -0.5, "every block agrees", evidence)


def results() -> st.SearchStrategy[ScanResult]:
    """Any scan result, with any byte in the names of its files."""
    # Paths from bytes: os.fsdecode never makes a lone high surrogate, and JSON could not carry one.
    path = st.binary(min_size=1, max_size=9).map(os.fsdecode)
    number = st.floats(allow_nan=False, allow_infinity=False)
    paths = st.lists(path, max_size=2).map(tuple)
    stamp = st.builds(FileStamp, *[st.integers(-(2**63), 2**64)] * 6)
    companion = st.builds(Companion, path=path, stamp=stamp)
    companions = st.lists(companion, max_size=1).map(tuple)
    file = st.builds(PhotoFile, path=path, root=path, stamp=stamp, companions=companions, links_inside=paths)
    facts = st.builds(
        Facts,
        taken=st.none() | st.builds(CaptureTime, fraction=number),
        caption=st.none() | st.text(max_size=9),
        gps=st.none() | st.tuples(number, number),
        texture=number,
        frames=st.integers(),
        raw=st.booleans(),
        embedded=st.lists(st.text(max_size=3), max_size=2).map(tuple),
    )
    whole = st.builds(Photo, file=file, facts=facts)
    photo = st.builds(Photo, file=file, facts=facts, halves=st.lists(whole, max_size=1).map(tuple))
    extra = st.builds(Extra, photo=photo, distance=number, loses=paths)
    groups = st.lists(st.builds(Group, keep=photo, extras=st.lists(extra, max_size=2).map(tuple)), max_size=2)
    series = st.lists(st.builds(Series, photos=st.lists(photo, max_size=2).map(tuple)), max_size=1)
    return st.builds(
        ScanResult,
        threshold=number,
        roots=paths,
        groups=groups.map(tuple),
        series=series.map(tuple),
        skipped=st.lists(st.builds(Skipped, path=path), max_size=2).map(tuple),
        stats=st.builds(Stats, seconds=st.dictionaries(st.text(max_size=5), number, max_size=2)),
    )
