"""Pruning forgets what is surely gone, and nothing whose disk is merely away."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dedupe.library.cache import Cache
from dedupe.library.prune import Pruned
from dedupe.types import PhotoFile, SkipKind, Skipped
from tests.library import made


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache(str(tmp_path / "store.db")) as cache:
        yield cache


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Six photos in two folders."""
    for name in ("a/1.jpg", "a/2.jpg", "a/3.jpg", "b/4.jpg", "b/5.jpg", "6.jpg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "photos"


def scan(cache: Cache, root: Path, dev: int | None = None) -> list[PhotoFile]:
    """Every file below the root as a scan remembers it, with a content of its own."""
    found = [made.on_disk(path, root) for path in sorted(root.rglob("*.jpg"))]
    cache.known(found)
    for file in found:
        stamp = file.stamp if dev is None else replace(file.stamp, dev=dev)
        cache.put(file.path, stamp, key(file.path), None, made.FACTS, read_ns=time.time_ns() + 10**10)
    return found


def key(path: str | Path) -> bytes:
    return made.key(Path(path).name)


def test_nothing_is_forgotten_while_everything_is_there(cache: Cache, library: Path) -> None:
    scan(cache, library)
    assert cache.prune() == Pruned(files=0, contents=0, vectors=0, verdicts=0, away=0)
    assert len(cache.content_keys()) == 6


def test_a_deleted_photo_is_forgotten_with_all_that_is_known_of_it(cache: Cache, library: Path) -> None:
    scan(cache, library)
    keys = [key(path) for path in ("1.jpg", "2.jpg", "3.jpg")]
    cache.put_vectors("compact-1", keys, np.ones((3, 4), "float32"))
    cache.put_matches([made.match(keys[0], keys[1]), made.match(keys[1], keys[2])], 1)
    cache.put_candidates(b"name", [])
    (library / "a/1.jpg").unlink()
    assert cache.prune() == Pruned(files=1, contents=1, vectors=1, verdicts=1, away=0)
    assert key("1.jpg") not in cache.content_keys()
    assert cache.candidates(b"name") is None
    assert cache.missing_vectors("compact-1", keys) == [keys[0]]


def test_a_content_with_another_copy_is_kept(cache: Cache, library: Path) -> None:
    first, second = scan(cache, library)[:2]
    cache.put_file(second.path, second.stamp, key(first.path))
    Path(first.path).unlink()
    cache.prune()
    assert key(first.path) in cache.content_keys()


def test_a_deleted_folder_is_forgotten(cache: Cache, library: Path) -> None:
    scan(cache, library)
    for path in (library / "a").iterdir():
        path.unlink()
    (library / "a").rmdir()
    assert cache.prune().files == 3


def test_a_root_that_is_away_is_not_forgotten(cache: Cache, library: Path, tmp_path: Path) -> None:
    found = scan(cache, library)
    library.rename(tmp_path / "unplugged")
    assert cache.prune() == Pruned(files=0, contents=0, vectors=0, verdicts=0, away=6)
    (tmp_path / "unplugged").rename(library)
    assert None not in cache.known(found)


def test_an_empty_mount_point_is_not_taken_for_deleted_photos(cache: Cache, library: Path, tmp_path: Path) -> None:
    scan(cache, library)
    library.rename(tmp_path / "unplugged")
    library.mkdir()
    assert cache.prune().away == 6


def test_a_disk_mounted_below_a_root_that_is_away_is_not_forgotten(cache: Cache, library: Path) -> None:
    scan(cache, library / "b", dev=77)
    scan(cache, library)
    scan(cache, library / "a", dev=99)
    (library / "a").rename(library.parent / "unplugged")
    (library / "b/4.jpg").unlink()
    pruned = cache.prune()
    assert (pruned.files, pruned.away) == (1, 3)


def test_a_root_inside_a_root_is_judged_by_itself(cache: Cache, library: Path) -> None:
    scan(cache, library)
    scan(cache, library / "a")
    (library / "a").rename(library.parent / "unplugged")
    assert cache.prune().away == 3


def test_a_folder_that_cannot_be_read_keeps_its_photos(
    cache: Cache, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan(cache, library)
    listdir = os.listdir

    def refuse(folder: bytes) -> list[bytes]:
        if folder.endswith(b"/a"):
            raise PermissionError(13, "Permission denied")
        return listdir(folder)

    monkeypatch.setattr(os, "listdir", refuse)
    (library / "a/1.jpg").unlink()
    (library / "b/4.jpg").unlink()
    pruned = cache.prune()
    assert (pruned.files, pruned.away) == (1, 3)


def test_a_failure_is_forgotten_with_its_file(cache: Cache, library: Path) -> None:
    found = scan(cache, library)
    broken = replace(found[0], path=str(library / "broken.jpg"), stamp=replace(found[0].stamp, inode=1))
    cache.put_skipped(Skipped(broken.path, SkipKind.DAMAGED, "cut off"), broken.stamp, read_ns=time.time_ns() + 10**10)
    assert isinstance(cache.known([broken])[0], Skipped)
    assert cache.prune().files == 1
    assert cache.known([broken]) == [None]


def test_clearing_forgets_everything_and_gives_the_space_back(cache: Cache, library: Path) -> None:
    found = scan(cache, library)
    keys = [made.key(number) for number in range(2000)]
    cache.put_vectors("compact-1", keys, np.ones((2000, 256), "float32"))
    cache.put_candidates(b"name", [])
    cache.flush()
    before = cache.info().bytes_on_disk
    cache.clear()
    info = cache.info()
    assert (info.files, info.contents, info.vectors, info.verdicts, info.roots) == (0, 0, (), 0, ())
    assert info.bytes_on_disk < before / 10
    assert cache.known(found) == [None] * 6
    scan(cache, library)
    assert None not in cache.known(found), "it can be filled again"


def test_info_counts_what_there_is(cache: Cache, library: Path) -> None:
    scan(cache, library)
    cache.put_vectors("compact-1", [made.key(1)], np.ones((1, 4), "float32"))
    cache.put_vectors("vgg16", [made.key(1), made.key(2)], np.ones((2, 4), "float16"))
    cache.put_matches([made.match(made.key(1), made.key(2))], 1)
    info = cache.info()
    assert (info.files, info.contents, info.failures, info.verdicts) == (6, 6, 0, 1)
    assert info.vectors == (("compact-1", 1), ("vgg16", 2))
    assert info.roots == (str(library),)
    assert info.bytes_on_disk > 0
