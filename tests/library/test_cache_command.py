"""`dedupe cache` shows and forgets what was found out, and never touches the user's word or the photos."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dedupe.cli import cache as command
from dedupe.errors import StoreError
from dedupe.library import maintenance
from dedupe.library.cache import Cache
from dedupe.library.decisions import Decisions
from dedupe.library.paths import StorePaths
from dedupe.library.previews import Previews
from tests.library import made


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three photos that a scan has remembered in the default store."""
    folder = tmp_path / "photos"
    folder.mkdir()
    paths = StorePaths.at()
    with Cache(paths.cache) as cache, Previews(paths.previews) as previews, Decisions(paths.decisions) as decisions:
        for name in ("a.jpg", "b.jpg", "c.jpg"):
            (folder / name).write_bytes(name.encode())
            file = made.on_disk(folder / name)
            cache.known([file])
            cache.put(file.path, file.stamp, made.key(name), None, made.FACTS, read_ns=time.time_ns() + 10**10)
            previews.put(made.key(name), b"jpeg")
        decisions.mark_not_duplicates(made.photo("/a", "a"), made.photo("/b", "b"))
    return folder


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(command.app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_info_tells_what_is_remembered_and_where(photos: Path) -> None:
    output = run("info").output
    assert "3 files, 3 photos read, 0 files that cannot be judged" in output
    assert "3 previews" in output
    assert "1 decision on pairs of photos\n" in output
    assert StorePaths.at().cache in output
    assert f"from {photos}" in output
    assert f"{StorePaths.at().journal}: empty" in output


@pytest.mark.parametrize("name", ["info", "prune", "clear"])
def test_a_store_that_is_not_there_is_not_begun_by_asking(tmp_path: Path, name: str) -> None:
    result = run(name, "--store", str(tmp_path / "new.db"))
    assert result.exit_code == 0
    assert ": empty" in result.output or "Nothing is remembered yet" in result.output
    assert list(tmp_path.iterdir()) == []


def test_prune_tells_what_it_forgot(photos: Path) -> None:
    (photos / "a.jpg").unlink()
    assert run("prune").output == "Forgot 1 deleted file, 1 photo without a file, and 1 preview.\n"
    assert "2 files, 2 photos read" in run("info").output


def test_prune_keeps_what_is_only_away(photos: Path) -> None:
    photos.rename(photos.parent / "unplugged")
    assert "Kept 3 files on a disk or in a folder that is not connected now." in run("prune").output
    assert "3 files, 3 photos read" in run("info").output


def test_clear_empties_the_cache_and_leaves_the_decisions_and_the_photos(photos: Path) -> None:
    before = {path.name: path.read_bytes() for path in photos.iterdir()}
    assert "Your decisions, the last scans and the history stay." in run("clear").output
    output = run("info").output
    assert "0 files, 0 photos read" in output
    assert "0 previews" in output
    assert "1 decision on pairs of photos\n" in output
    assert {path.name: path.read_bytes() for path in photos.iterdir()} == before


def test_a_photo_named_as_the_store_is_refused_and_left_alone(photos: Path) -> None:
    photo = photos / "a.jpg"
    for name in ("info", "prune", "clear"):
        with pytest.raises(StoreError, match="is not a dedupe store"):
            run(name, "--store", str(photo))
    assert photo.read_bytes() == b"a.jpg"
    assert len(list(photos.iterdir())) == 3


def test_a_root_of_escapes_is_shown_harmless(tmp_path: Path) -> None:
    with Cache(StorePaths.at().cache) as cache:
        cache.known([made.PhotoFile("/\x1b[31m/a.jpg", "/\x1b[31m", made.FileStamp(1, 2, 3, 4, 5))])
    output = run("info").output
    assert "\x1b" not in output
    assert r"from /\x1b[31m" in output


def test_info_says_what_100_000_photos_cost_where_there_are_enough_to_tell(tmp_path: Path) -> None:
    paths = StorePaths.at()
    with Cache(paths.cache) as cache, Previews(paths.previews) as previews:
        for number in range(1_000):
            file = made.PhotoFile(f"/photos/{number}.jpg", "/photos", made.FileStamp(1, number, 3, 4, 5))
            cache.put(file.path, file.stamp, made.key(number), None, made.FACTS)
            previews.put(made.key(number), bytes(1_000))
    held = {part.name: part for part in maintenance.held(paths)}
    assert held["cache"].bytes_for_many == held["cache"].bytes_on_disk * 100
    assert held["previews"].bytes_for_many == held["previews"].bytes_on_disk * 100
    assert held["decisions"].bytes_for_many is None
    assert run("info").output.count(" for 100,000 photos\n") == 2
    assert "1,000 previews, at most 4.00 GB" in run("info").output


def test_info_of_a_few_photos_says_nothing_of_many(photos: Path) -> None:
    assert "for 100,000" not in run("info").output
