"""A library that is scanned again and again: what is known is neither read nor compared again, wherever it is by now."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import dedupe
from dedupe.decoding.read import Known
from dedupe.library.cache import Cache
from dedupe.library.paths import StorePaths
from dedupe.workers import WorkerPool
from tests.album import jpeg, wait_until_settled

COUNT = 8


class Work:
    """What the workers were asked: items by task, answers by type, and the paths of the pairs compared."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: Callable[[int], None] = lambda _: None) -> None:
        self.items: Counter[str] = Counter()
        self.answers: Counter[type] = Counter()
        self.compared: list[tuple[str, str]] = []
        run = WorkerPool.run

        def counted(pool: WorkerPool, task: Any, items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
            for item, answer in run(pool, task, items):
                self.items[task.__name__] += 1
                self.answers[type(answer)] += 1
                if task.__name__ == "relate":
                    self.compared.append((item.a.path, item.b.path))
                after(self.items[task.__name__])
                yield item, answer

        monkeypatch.setattr(WorkerPool, "run", counted)


def picture(number: int) -> Image.Image:
    colours = np.random.default_rng(number).integers(0, 255, (7, 9, 3), np.uint8)
    return Image.fromarray(colours).resize((360, 280), Image.Resampling.BICUBIC)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Eight pictures, two of them twice, scanned once."""
    folder = tmp_path / "photos" / "2024"
    folder.mkdir(parents=True)
    for number in range(COUNT):
        (folder / f"{number}.jpg").write_bytes(jpeg(picture(number), 90))
    for number in range(2):
        (folder / f"copy of {number}.jpg").write_bytes(jpeg(picture(number), 70))
    wait_until_settled(tmp_path / "photos")
    assert len(scan(tmp_path).groups) == 2
    return folder


def scan(tmp_path: Path, name: str = "photos", store: str = "library.db") -> dedupe.ScanResult:
    return dedupe.scan([str(tmp_path / name)], dedupe.Settings(store=str(tmp_path / store), jobs=1))


def test_a_rescan_with_nothing_changed_asks_no_worker_and_plans_no_comparison(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(monkeypatch)
    monkeypatch.setattr("dedupe.grouping.questions.Questions.next", None)
    assert len(scan(tmp_path).groups) == 2
    assert not work.items


def test_of_a_new_photo_alone_is_anything_read_or_compared(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (library / "new copy of 3.jpg").write_bytes(jpeg(picture(3), 70))
    work = Work(monkeypatch)
    assert len(scan(tmp_path).groups) == 3
    assert work.items["read_photo"] == 1
    assert work.compared
    assert all(any(Path(path).name.startswith("new") for path in pair) for pair in work.compared)


def test_a_library_that_was_moved_or_renamed_is_not_read_again(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = scan(tmp_path)
    library.rename(library.with_name("the year 2024"))
    (tmp_path / "photos").rename(tmp_path / "moved")
    work = Work(monkeypatch)
    after = scan(tmp_path, "moved")
    assert not work.items
    assert names(after) == names(before)


def test_a_library_on_another_disk_is_hashed_and_neither_decoded_nor_compared(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = scan(tmp_path)
    shutil.copytree(tmp_path / "photos", tmp_path / "other disk")
    shutil.rmtree(tmp_path / "photos")
    work = Work(monkeypatch)
    after = scan(tmp_path, "other disk")
    assert dict(work.items) == {"read_photo": COUNT + 2}
    assert dict(work.answers) == {Known: COUNT + 2}
    assert names(after) == names(before)


def test_a_mount_that_vanishes_midway_costs_what_was_not_read_and_nothing_else(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20, 40):
        (library / f"{number}.jpg").write_bytes(jpeg(picture(number), 90))
    wait_until_settled(tmp_path / "photos")

    def pulled(done: int) -> None:
        if done == 2 and (tmp_path / "photos").exists():
            (tmp_path / "photos").rename(tmp_path / "unplugged")

    with monkeypatch.context() as patch:
        work = Work(patch, pulled)
        cut_off = scan(tmp_path)
    assert work.items["read_photo"] == 20
    lost = [one for one in cut_off.skipped if "cannot be read" in one.reason]
    assert 10 <= len(lost) <= 18
    with Cache(StorePaths.at(str(tmp_path / "library.db")).cache) as cache:
        pruned = cache.prune()
        assert (pruned.files, pruned.contents) == (0, 0), "what is only away is never forgotten"
    (tmp_path / "unplugged").rename(tmp_path / "photos")
    work = Work(monkeypatch)
    whole = scan(tmp_path)
    assert work.items["read_photo"] == len(lost)
    assert not whole.skipped
    assert names(whole) == names(scan(tmp_path, store="fresh.db"))


def names(result: dedupe.ScanResult) -> list[list[str]]:
    """The names of each group's photos."""
    return sorted(
        sorted(Path(photo.path).name for photo in (group.keep, *(extra.photo for extra in group.extras)))
        for group in result.groups
    )
