"""A film beside a photo is read whole once, and again only where it changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import dedupe
from dedupe.decoding.content_key import content_key
from dedupe.library import companions
from dedupe.library.cache import Cache
from tests.album import jpeg, photo, wait_until_settled


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read whole as companions, in order."""
    names: list[str] = []
    whole = companions.content_key_of_file

    def counted(descriptor: int) -> bytes:
        names.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
        return whole(descriptor)

    monkeypatch.setattr(companions, "content_key_of_file", counted)
    return names


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A Live Photo and its copy, each with its film; a third whose film is another of the same size."""
    folder = tmp_path / "photos"
    data = jpeg(photo("astronaut"))
    for name, film in (("a", b"film" * 9_000), ("b", b"film" * 9_000), ("c", b"mlif" * 9_000)):
        place = folder / name
        place.mkdir(parents=True)
        (place / "IMG_1.jpg").write_bytes(data)
        (place / "IMG_1.mov").write_bytes(film)
    wait_until_settled(folder)
    return folder


def scanned(library: Path) -> dict[str, tuple[bool, tuple[str, ...]]]:
    """Each copy by its folder: whether it goes, and what would be lost with it."""
    result = dedupe.scan([str(library)], dedupe.Settings(store=str(library.parent / "store.db"), jobs=1))
    return {
        Path(extra.photo.path).parent.name: (extra.selected, tuple(loss.code.value for loss in extra.loses))
        for group in result.groups
        for extra in group.extras
    }


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="the names of open files are asked of /proc")
def test_a_rescan_reads_no_film_again_and_says_the_same(library: Path, read: list[str]) -> None:
    first = scanned(library)
    assert first["b"] == (True, ())
    assert not first["c"][0] and first["c"][1]
    assert read == ["IMG_1.mov"] * 3
    read.clear()
    assert scanned(library) == first
    assert read == []


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="the names of open files are asked of /proc")
def test_a_film_that_changed_is_read_again_also_where_its_size_and_times_are_as_before(
    library: Path, read: list[str]
) -> None:
    scanned(library)
    film = library / "b" / "IMG_1.mov"
    before = film.stat()
    film.write_bytes(b"fiLm" * 9_000)
    os.utime(film, ns=(before.st_atime_ns, before.st_mtime_ns))
    wait_until_settled(library)
    read.clear()
    found = scanned(library)
    assert read == ["IMG_1.mov"]
    assert not found["b"][0] and found["b"][1]


def test_a_film_that_is_gone_or_a_folder_has_no_key(tmp_path: Path) -> None:
    with Cache(str(tmp_path / "store.db")) as cache:
        assert cache.companion_key(str(tmp_path / "none.mov")) is None
        assert cache.companion_key(str(tmp_path)) is None


def test_the_keys_of_films_that_are_gone_are_forgotten_with_the_photos(tmp_path: Path) -> None:
    kept, gone = (tmp_path / "photos" / name for name in ("kept.mov", "gone.mov"))
    kept.parent.mkdir()
    for film in (kept, gone):
        film.write_bytes(film.name.encode())
    wait_until_settled(kept.parent)
    with Cache(str(tmp_path / "store.db")) as cache:
        cache.known([])
        for film in (kept, gone):
            assert cache.companion_key(str(film)) == content_key(film.name.encode())
        cache._db.queue("INSERT INTO roots(path) VALUES (?)", (os.fsencode(kept.parent),))
        gone.unlink()
        cache.prune()
        assert [row[0] for row in cache._db.rows("SELECT path FROM companions")] == [os.fsencode(kept)]
    with Cache(str(tmp_path / "store.db")) as cache:
        cache.clear()
        assert cache._db.rows("SELECT path FROM companions") == []
