"""An unchanged photo is never read twice, a changed one never taken for known."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe.library import files
from dedupe.library.cache import Cache
from dedupe.types import Facts, FileStamp, PhotoFile, SkipKind, Skipped
from tests.library import made


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.db")


@pytest.fixture
def cache(store: str) -> Iterator[Cache]:
    with Cache(store) as cache:
        yield cache


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def later() -> int:
    """A time of reading at which nothing written so far can still be changing."""
    return time.time_ns() + 10_000_000_000


def remember(cache: Cache, *found: PhotoFile) -> None:
    """The files as read, each with a content of its own."""
    for file in found:
        cache.put(file.path, file.stamp, made.key(file.path), None, made.FACTS, read_ns=later())


def known(cache: Cache, *paths: Path) -> list[files.Answer]:
    return cache.known([made.on_disk(path) for path in paths])


def test_an_unchanged_file_is_known_in_the_next_run(store: str, photos: Path) -> None:
    path = photos / "a.jpg"
    path.write_bytes(b"picture")
    with Cache(store) as cache:
        assert known(cache, path) == [None]
        remember(cache, made.on_disk(path))
    with Cache(store) as cache:
        assert known(cache, path) == [made.key(str(path))]


@pytest.mark.parametrize("change", ["grown", "same size", "same size and time", "replaced", "touched"])
def test_a_changed_file_is_read_again(cache: Cache, photos: Path, change: str) -> None:
    path = photos / "a.jpg"
    path.write_bytes(b"picture")
    remember(cache, made.on_disk(path))
    before = path.stat()
    time.sleep(0.05)
    match change:
        case "grown":
            path.write_bytes(b"picture!")
        case "same size":
            path.write_bytes(b"Picture")
        case "same size and time":
            path.write_bytes(b"Picture")
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        case "replaced":
            (photos / "new").write_bytes(b"Picture")
            (photos / "new").replace(path)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        case "touched":
            os.utime(path)
    assert known(cache, path) == [None]


def test_a_file_written_in_the_tick_in_which_it_was_read_is_read_again(cache: Cache, photos: Path) -> None:
    path = photos / "a.jpg"
    path.write_bytes(b"picture")
    file = made.on_disk(path)
    cache.put(file.path, file.stamp, made.key(1), None, made.FACTS, read_ns=file.stamp.ctime_ns + 1_000_000)
    assert known(cache, path) == [None]
    assert cache.facts([made.key(1)]) == {made.key(1): made.FACTS}, "its content is known all the same"


@pytest.mark.parametrize(
    ("ctime_ns", "after_ns", "settled"),
    [
        (made.LONG_AGO_NS, 1_000_000, False),
        (made.LONG_AGO_NS, 30_000_000, True),
        (made.LONG_AGO_NS, -5_000_000_000, False),
        (1_600_000_000_000_000_000, 30_000_000, False),
        (1_600_000_000_000_000_000, 3_000_000_000, True),
    ],
)
def test_a_coarse_clock_settles_later_than_a_fine_one(ctime_ns: int, after_ns: int, settled: bool) -> None:
    assert files.settled(FileStamp(1, 2, 3, 4, ctime_ns), ctime_ns + after_ns) is settled


def test_a_new_device_number_after_a_reboot_reads_nothing_again(cache: Cache) -> None:
    file = PhotoFile("/photos/a.jpg", "/photos", FileStamp(65, 2, 3, 4, made.LONG_AGO_NS))
    remember(cache, file)
    assert cache.known([replace(file, stamp=replace(file.stamp, dev=99))]) == [made.key(file.path)]


def test_on_a_coarse_clock_another_device_is_another_file(cache: Cache) -> None:
    file = PhotoFile("/photos/a.jpg", "/photos", FileStamp(65, 2, 3, 4, 1_600_000_000_000_000_000))
    remember(cache, file)
    assert cache.known([file]) == [made.key(file.path)]
    assert cache.known([replace(file, stamp=replace(file.stamp, dev=99))]) == [None]


def test_photos_in_a_renamed_folder_are_known_without_reading(cache: Cache, photos: Path) -> None:
    (photos / "old").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (photos / "old" / name).write_bytes(name.encode())
    found = [made.on_disk(photos / "old" / name, photos) for name in ("a.jpg", "b.jpg")]
    remember(cache, *found)
    (photos / "old").rename(photos / "new")
    moved = [made.on_disk(photos / "new" / name, photos) for name in ("b.jpg", "a.jpg")]
    assert cache.known(moved) == [made.key(found[1].path), made.key(found[0].path)]


def test_a_renamed_photo_is_hashed_again_and_then_known(cache: Cache, photos: Path) -> None:
    (photos / "a.jpg").write_bytes(b"picture")
    file = made.on_disk(photos / "a.jpg")
    remember(cache, file)
    time.sleep(0.05)
    (photos / "a.jpg").rename(photos / "b.jpg")
    renamed = made.on_disk(photos / "b.jpg")
    assert cache.known([renamed]) == [None], "its change time is new: the bytes must be hashed"
    cache.put_file(renamed.path, renamed.stamp, made.key(file.path), read_ns=later())
    assert cache.known([renamed]) == [made.key(file.path)]


def test_a_made_up_inode_on_a_coarse_clock_is_never_taken_for_a_move(cache: Cache) -> None:
    stamp = FileStamp(65, 2, 3, 4, 1_600_000_000_000_000_000)
    remember(cache, PhotoFile("/usb/a.jpg", "/usb", stamp))
    assert cache.known([PhotoFile("/usb/b.jpg", "/usb", stamp)]) == [None]


def test_every_file_gets_its_own_answer_whatever_the_order_and_the_roots(cache: Cache) -> None:
    roots = ["/photos", "/photos/2024", "/photos-old", "/", "/zoo"]
    chance = random.Random(7)
    found = []
    for number in range(3000):
        root = chance.choice(roots)
        folder = chance.choice(["", "x", "y/é", "\udcff"])
        path = os.path.join(root, folder, f"{chance.randrange(10**9)}.jpg")
        found.append(PhotoFile(path, root, FileStamp(1, number, 3, 4, made.LONG_AGO_NS)))
    stored = {file.path for file in found if chance.random() < 0.7}
    remember(cache, *(file for file in found if file.path in stored))
    chance.shuffle(found)
    assert cache.known(found) == [made.key(file.path) if file.path in stored else None for file in found]


@pytest.mark.parametrize("changes", [0, 1, 40])
def test_what_changed_came_or_went_among_unchanged_files_is_told_apart(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, changes: int
) -> None:
    monkeypatch.setattr(files, "_ROWS", 16)
    chance = random.Random(changes)
    stored = [
        PhotoFile(f"/photos/{number:04}.jpg", "/photos", FileStamp(1, number, 3, 4, made.LONG_AGO_NS))
        for number in range(0, 1000, 2)
    ]
    remember(cache, *stored)
    now = {file.path: file for file in stored}
    expected: dict[str, files.Answer] = {file.path: made.key(file.path) for file in stored}
    for file in chance.sample(stored, changes):
        changed = replace(file, stamp=replace(file.stamp, ctime_ns=made.LONG_AGO_NS + 1))
        now[file.path], expected[file.path] = changed, None
    for file in chance.sample(stored, changes):
        now.pop(file.path)
    for number in chance.sample(range(-9, 1010, 2), changes):
        path = f"/photos/{number:04}.jpg"
        now[path] = PhotoFile(path, "/photos", FileStamp(1, 10**6 + number, 3, 4, made.LONG_AGO_NS))
        expected[path] = None
    found = sorted(now.values(), key=lambda file: os.fsencode(file.path))
    assert cache.known(found) == [expected[file.path] for file in found]


def test_no_files_and_files_without_a_row_have_their_answers(cache: Cache) -> None:
    assert cache.known([]) == []
    assert cache.known([PhotoFile("/photos/a.jpg", "/photos", FileStamp(1, 2, 3, 4, 5))]) == [None]


def test_inodes_of_128_bits_are_told_apart_by_the_rest(cache: Cache) -> None:
    file = PhotoFile("/refs/a.jpg", "/refs", FileStamp(1, 1 << 100, 3, 4, made.LONG_AGO_NS))
    remember(cache, file)
    changed = replace(file, stamp=replace(file.stamp, size=9))
    assert cache.known([file]) == [made.key(file.path)]
    assert cache.known([changed]) == [None]


def test_any_byte_in_a_name_is_remembered(store: str, photos: Path) -> None:
    names = [b"\xff.jpg", b"a\nb.jpg", "\u202e.jpg".encode(), b"'; DROP TABLE files; --.jpg"]
    paths = [Path(os.fsdecode(os.fsencode(photos) + b"/" + name)) for name in names]
    for path in paths:
        path.write_bytes(b"picture")
    with Cache(store) as cache:
        remember(cache, *(made.on_disk(path) for path in paths))
    with Cache(store) as cache:
        assert known(cache, *paths) == [made.key(str(path)) for path in paths]


@pytest.mark.parametrize(
    "kind",
    [SkipKind.DAMAGED, SkipKind.TOO_LARGE, SkipKind.NOT_A_PHOTO, SkipKind.UNSUPPORTED, SkipKind.POISON],
)
def test_a_photo_that_cannot_be_judged_is_not_tried_again(store: str, kind: SkipKind) -> None:
    file = PhotoFile("/photos/a.jpg", "/photos", FileStamp(1, 2, 3, 4, made.LONG_AGO_NS))
    skipped = Skipped(file.path, kind, "it ends in the middle")
    with Cache(store, decoder="1") as cache:
        cache.put_skipped(skipped, file.stamp)
    with Cache(store, decoder="1") as cache:
        assert cache.known([file]) == [skipped]
        assert cache.known([file], retry=True) == [None], "--retry tries it again"
        changed = replace(file, stamp=replace(file.stamp, mtime_ns=5))
        assert cache.known([changed]) == [None], "a changed file is tried again"
    with Cache(store, decoder="2") as cache:
        assert cache.known([file]) == [None], "a new decoder tries it again"


@pytest.mark.parametrize("kind", [SkipKind.UNREADABLE, SkipKind.PLACEHOLDER, SkipKind.CHANGED])
def test_what_may_pass_by_itself_is_tried_every_time(cache: Cache, kind: SkipKind) -> None:
    file = PhotoFile("/photos/a.jpg", "/photos", FileStamp(1, 2, 3, 4, made.LONG_AGO_NS))
    cache.put_skipped(Skipped(file.path, kind, "no permission"), file.stamp)
    assert cache.known([file]) == [None]


def test_a_photo_that_failed_once_and_then_was_read_is_known(cache: Cache) -> None:
    file = PhotoFile("/photos/a.jpg", "/photos", FileStamp(1, 2, 3, 4, made.LONG_AGO_NS))
    skipped = Skipped(file.path, SkipKind.POISON, "hung")
    cache.put_skipped(skipped, file.stamp)
    remember(cache, file)
    assert cache.known([file]) == [made.key(file.path)]
    cache.flush()
    cache.put_skipped(skipped, file.stamp)
    assert cache.known([file]) == [skipped]


def test_a_file_is_not_known_without_its_content(cache: Cache) -> None:
    file = PhotoFile("/photos/a.jpg", "/photos", FileStamp(1, 2, 3, 4, made.LONG_AGO_NS))
    cache.put_file(file.path, file.stamp, made.key("pruned meanwhile"))
    assert cache.known([file]) == [None]


def test_facts_and_pixel_key_come_back_by_content(cache: Cache) -> None:
    stamp = FileStamp(1, 2, 3, 4, made.LONG_AGO_NS)
    other = Facts("HEIC", 4032, 3024, gps=(47.5, 8.25), embedded=("depth",), suspect="zeroed in the middle")
    cache.put("/a.jpg", stamp, made.key(1), made.key("payload"), made.FACTS)
    cache.put("/b.heic", stamp, made.key(2), None, other)
    assert cache.contents([made.key(1), made.key(2), made.key(3)]) == {
        made.key(1): (made.key("payload"), made.FACTS),
        made.key(2): (None, other),
    }
    assert cache.pixel_keys([made.key(1), made.key(2)]) == {made.key(1): made.key("payload")}


def test_that_a_picture_has_no_pixel_key_is_remembered_too(cache: Cache) -> None:
    cache.put("/a.png", FileStamp(1, 2, 3, 4, 5), made.key(1), None, made.FACTS)
    cache.put_pixel_key(made.key(1), None)
    assert cache.pixel_keys([made.key(1)]) == {made.key(1): None}
    cache.put_pixel_key(made.key(1), made.key("payload"))
    assert cache.contents([made.key(1)]) == {made.key(1): (made.key("payload"), made.FACTS)}


def test_a_photo_seen_again_does_not_lose_the_pixel_key_worked_out_for_it(cache: Cache) -> None:
    cache.put("/a.png", FileStamp(1, 2, 3, 4, 5), made.key(1), None, made.FACTS)
    cache.put_pixel_key(made.key(1), made.key("payload"))
    cache.flush()
    cache.put("/copy of a.png", FileStamp(1, 3, 3, 4, 5), made.key(1), None, made.FACTS)
    assert cache.pixel_keys([made.key(1)]) == {made.key(1): made.key("payload")}


def test_another_reader_reads_everything_again(store: str) -> None:
    file = PhotoFile("/photos/a.jpg", "/photos", FileStamp(1, 2, 3, 4, made.LONG_AGO_NS))
    with Cache(store, reader="1") as cache:
        remember(cache, file)
    with Cache(store, reader="1") as cache:
        assert cache.known([file]) == [made.key(file.path)]
    with Cache(store, reader="2") as cache:
        assert cache.known([file]) == [None]
        assert cache.content_keys() == set()


def test_what_waits_is_committed_after_two_seconds(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    with Cache(store) as cache, Cache(store) as other:
        for number in range(3):
            cache.put(f"/{number}.jpg", FileStamp(1, 2, 3, 4, 5), made.key(number), None, made.FACTS)
        assert other.content_keys() == set()
        clock[0] += 2.5
        cache.checkpoint()
        assert len(other.content_keys()) == 3
