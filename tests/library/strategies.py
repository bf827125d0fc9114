"""Any scan result, for hypothesis."""

from __future__ import annotations

import os

from hypothesis import strategies as st

from dedupe.types import (
    CaptureTime,
    Companion,
    Extra,
    Facts,
    FileStamp,
    Group,
    Loss,
    Photo,
    PhotoFile,
    ScanResult,
    Series,
    Skipped,
    Stats,
)


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
    photo = st.builds(Photo, file=file, facts=facts, members=st.lists(whole, max_size=1).map(tuple))
    losses = st.lists(st.builds(Loss, name=st.text(max_size=3)), max_size=2).map(tuple)
    extra = st.builds(Extra, photo=photo, distance=number, loses=losses)
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
