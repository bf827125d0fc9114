"""What a walk found says the same as records and as photos."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dedupe.tree.file_list import Folder, Found, packed, photo_of, record, record_of
from dedupe.types import FileStamp, PhotoFile

FOLDER = Folder("/photos/a", "/photos", protected=True)
STAMP = FileStamp(66_305, 1234, 5_000_000, -1_500_000_001, 1_700_000_000_123_456_789, 2)


def status(stamp: FileStamp) -> Any:
    return SimpleNamespace(
        st_dev=stamp.dev,
        st_ino=stamp.inode,
        st_size=stamp.size,
        st_mtime_ns=stamp.mtime_ns,
        st_ctime_ns=stamp.ctime_ns,
        st_nlink=stamp.links,
    )


@pytest.mark.parametrize(
    "stamp",
    [
        STAMP,
        replace(STAMP, ctime_ns=1_700_000_000_000_000_000),
        replace(STAMP, inode=1 << 100),
        replace(STAMP, dev=1 << 63),
    ],
    ids=["fine clock", "coarse clock", "128 bits", "large device"],
)
def test_a_photo_has_the_very_stamp_that_the_system_gave(stamp: FileStamp) -> None:
    made = record("/photos/a/b.jpg", status(stamp), FOLDER)
    assert photo_of(made) == PhotoFile("/photos/a/b.jpg", "/photos", stamp, (), (), True, False)
    found = Found([made])
    assert found.stamps == Found([record_of(photo_of(made))]).stamps == [packed(stamp)]
    assert len(packed(stamp)) == 40


@pytest.mark.parametrize("field", ["inode", "size", "mtime_ns", "ctime_ns"])
def test_a_changed_file_has_another_packed_stamp(field: str) -> None:
    assert packed(replace(STAMP, **{field: getattr(STAMP, field) + 1})) != packed(STAMP)


def test_the_device_counts_where_the_clock_is_coarse() -> None:
    coarse = replace(STAMP, ctime_ns=1_700_000_000_000_000_000)
    assert packed(replace(coarse, dev=1)) != packed(coarse)
    assert packed(replace(STAMP, dev=1)) == packed(STAMP)


def test_photos_found_are_a_sequence_like_any_other(tmp_path: Path) -> None:
    files = []
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(name.encode())
        files.append(PhotoFile(str(tmp_path / name), str(tmp_path), FileStamp.of(os.lstat(tmp_path / name))))
    folder = Folder(str(tmp_path), str(tmp_path))
    found = Found(record(file.path, os.lstat(file.path), folder) for file in files)
    assert list(found) == files and found == tuple(files) and len(found) == 3
    assert (found[0], found[-1], list(found[1:])) == (files[0], files[2], files[1:])
    assert found.paths == [file.path for file in files]
    assert found.roots == {str(tmp_path)}
    assert Found.of(found) is found
    assert Found.of(files) == found and hash(Found.of(files)) == hash(found)
    assert found != Found(()) and not Found(())
