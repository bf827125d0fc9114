"""Photos on a slow share are read several at once; on a quick disk next to nothing is read twice."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from dedupe import steps
from dedupe.session import Session
from dedupe.settings import Settings
from dedupe.steps import read_ahead
from dedupe.steps.read_ahead import reading_ahead
from dedupe.types import FileStamp, PhotoFile
from tests.album import jpeg, photo

FILES = tuple(PhotoFile(f"/share/{number:03}.jpg", "/share", FileStamp(0, number, 1_000, 1, 1)) for number in range(40))


class Share:
    """A share on which reading a file takes its time; what was read, and how many were in flight at most."""

    def __init__(self, seconds: float, problem: OSError | None = None) -> None:
        self.seconds, self.problem = seconds, problem
        self.read: list[str] = []
        self.in_flight = self.most = 0
        self._lock = threading.Lock()

    def __call__(self, path: str) -> None:
        with self._lock:
            self.read.append(path)
            self.in_flight += 1
            self.most = max(self.most, self.in_flight)
        time.sleep(self.seconds)
        with self._lock:
            self.in_flight -= 1
        if self.problem is not None:
            raise self.problem


def _wait(there: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and not there():
        time.sleep(0.005)


def test_on_a_slow_share_the_next_photos_are_in_flight_together_and_each_is_read_once() -> None:
    share = Share(0.05)
    with reading_ahead(FILES, share) as coming:
        given = []
        for file in coming:
            given.append(file)
            _wait(lambda file=file: file.path in share.read or not share.in_flight)  # type: ignore[misc]
    assert given == list(FILES)
    assert share.most == read_ahead.IN_FLIGHT
    assert len(share.read) == len(set(share.read))


def test_on_a_quick_disk_only_a_sample_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_ahead, "QUICK_S", 60.0)
    share = Share(0.0)
    with reading_ahead(FILES, share) as coming:
        assert list(coming) == list(FILES)
        _wait(lambda: len(share.read) == read_ahead.SAMPLES + 1)
    assert share.read == [FILES[place].path for place in (0, 1, 2, 32)]


def test_a_disk_that_wakes_up_is_no_longer_read_ahead_of() -> None:
    share = Share(0.05)
    with reading_ahead(FILES, share) as coming:
        for place, _ in enumerate(coming):
            share.seconds = 0.05 if place < 3 else 0.0
            _wait(lambda: not share.in_flight)
    assert len(share.read) < len(FILES)


def test_a_share_that_never_answers_keeps_no_scan_from_ending() -> None:
    share = Share(3_600.0)
    with reading_ahead(FILES, share) as coming:
        assert list(coming) == list(FILES)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.endswith("(_work)"))


def test_a_photo_that_cannot_be_read_ahead_is_given_all_the_same() -> None:
    share = Share(0.02, OSError(5, "Input/output error"))
    with reading_ahead(FILES, share) as coming:
        assert list(coming) == list(FILES)


def test_a_very_large_file_is_left_to_its_worker() -> None:
    share = Share(0.0)
    large = PhotoFile("/share/film.tif", "/share", FileStamp(0, 1, read_ahead.LARGEST + 1, 1, 1))
    with reading_ahead([large], share) as coming:
        assert list(coming) == [large]
    assert share.read == []


def test_reading_through_a_file_reads_all_of_it_and_does_not_wait_for_a_pipe(tmp_path: Path) -> None:
    photo, pipe = tmp_path / "photo", tmp_path / "pipe"
    photo.write_bytes(bytes(10))
    read_ahead.read_through(str(photo))
    if hasattr(os, "mkfifo"):
        os.mkfifo(pipe)
        read_ahead.read_through(str(pipe))
    with pytest.raises(FileNotFoundError):
        read_ahead.read_through(str(tmp_path / "gone"))


def test_photos_of_a_slow_share_are_read_as_those_of_a_quick_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(photo("coffee").resize((60 + number, 40)), 80))
    share = Share(0.05)
    quick = _keys(tmp_path, tmp_path / "quick.db")
    monkeypatch.setattr(import_module("dedupe.steps.read"), "reading_ahead", lambda files: reading_ahead(files, share))
    assert _keys(tmp_path, tmp_path / "slow.db") == quick
    assert share.read


def _keys(folder: Path, store: Path) -> dict[str, bytes]:
    with Session(Settings(store=str(store), jobs=1)) as session:
        found = steps.walk(session, [str(folder)]).files
        contents = steps.read(session, found)
        return {file.path: key for key, same in contents.files.items() for file in same}
