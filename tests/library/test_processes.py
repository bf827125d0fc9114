"""A kill loses seconds, and two dedupes on one store do not hurt each other.

These are real processes, really killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from dedupe.library import database
from dedupe.library.cache import Cache
from dedupe.library.previews import Previews
from dedupe.types import FileStamp, PhotoFile
from tests.library import made

HEAD = """
import os, sys, time
from dedupe.errors import DedupeError
from dedupe.library.cache import Cache
from dedupe.library.decisions import Decisions
from dedupe.library.previews import Previews
from dedupe.types import FileStamp, PhotoFile
from tests.library import made
store, who = sys.argv[1], int(sys.argv[2])

def stamp(number):
    return FileStamp(1, number, 3, 4, made.LONG_AGO_NS)
"""


def start(store: Path, program: str, who: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HEAD + textwrap.dedent(program), str(store), str(who)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_killed_scan_has_lost_at_most_the_last_two_seconds(tmp_path: Path) -> None:
    store = tmp_path / "x.db"
    child = start(
        store,
        """
        with Cache(store) as cache, Previews(store + ".previews") as previews:
            for number in range(10**9):
                previews.put(made.key(number), b"jpeg")
                cache.put(f"/photos/{number}.jpg", stamp(number), made.key(number), None, made.FACTS)
                print(time.monotonic(), flush=True)
                time.sleep(0.002)
        """,
    )
    assert child.stdout is not None
    printed = [float(child.stdout.readline())]
    pause = 0.0  # the longest between two photos: how late this busy machine makes a commit
    while printed[-1] - printed[0] < 2.5 + 2 * pause:
        printed.append(float(child.stdout.readline()))
        pause = max(pause, printed[-1] - printed[-2])
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    due = [number for number, when in enumerate(printed) if when < printed[-1] - 2.1 - 2 * pause]
    assert due
    with Cache(str(store)) as cache, Previews(str(store) + ".previews") as previews:
        assert cache.notices == []
        found = [PhotoFile(f"/photos/{n}.jpg", "/photos", FileStamp(1, n, 3, 4, made.LONG_AGO_NS)) for n in due]
        assert cache.known(found) == [made.key(number) for number in due]
        assert len(cache.facts(made.key(number) for number in due)) == len(due)
        assert previews.missing([made.key(number) for number in due]) == []


def test_a_kill_in_the_middle_of_a_commit_loses_nothing_older(tmp_path: Path) -> None:
    store = tmp_path / "x.db"
    for number in range(4):
        child = start(
            store,
            """
            with Cache(store) as cache:
                cache.put("/photos/first.jpg", stamp(who), made.key(who), None, made.FACTS)
                cache.flush()
                print("committed", flush=True)
                while True:
                    for number in range(500):
                        cache.put(f"/photos/{number}.jpg", stamp(number), made.key(number), None, made.FACTS)
                    cache.flush()
            """,
            number,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "committed\n"
        time.sleep(0.013 * number)
        child.kill()
        child.communicate()
        with Cache(str(store)) as cache:
            assert cache.notices == []
            first = PhotoFile("/photos/first.jpg", "/photos", FileStamp(1, number, 3, 4, made.LONG_AGO_NS))
            assert cache.known([first]) == [made.key(number)]


def test_two_dedupes_work_on_one_store_at_once(tmp_path: Path) -> None:
    store = tmp_path / "x.db"
    program = """
        with Cache(store) as cache, Previews(store + ".previews") as previews, Decisions(store + ".d") as decisions:
            for number in range(who, 1200, 2):
                cache.put(f"/photos/{number}.jpg", stamp(number), made.key(number), None, made.FACTS)
                previews.put(made.key(number), b"jpeg")
                if number % 40 == who:
                    cache.flush()
                    previews.flush()
                    cache.known([made.PhotoFile(f"/photos/{n}.jpg", "/photos", stamp(n)) for n in range(50)])
                    a, b = made.photo(f"/{number}.jpg", number), made.photo("/b.jpg", "b")
                    decisions.mark_not_duplicates(a, b)
        """
    children = [start(store, program, who) for who in (0, 1)]
    for child in children:
        child.communicate()
    assert [child.returncode for child in children] == [0, 0]
    with Cache(str(store)) as cache, Previews(str(store) + ".previews") as previews:
        assert cache.notices == []
        assert cache.info().files == 1200
        assert previews.info()[0] == 1200
    from dedupe.library.decisions import Decisions

    with Decisions(str(store) + ".d") as decisions:
        assert len(decisions.made()) == 60


@pytest.mark.parametrize("spoilt", ["", "newer", "corrupt"])
def test_many_dedupes_started_at_once_begin_one_store(tmp_path: Path, spoilt: str) -> None:
    store = tmp_path / "x.db"
    if spoilt:
        with Cache(str(store)):
            pass
        content = bytearray(store.read_bytes())
        content[60:64] = b"\0\0\0\x63" if spoilt == "newer" else content[60:64]
        content[100:4000] = bytes(3900)
        store.write_bytes(content)
    program = """
        try:
            with Cache(store) as cache:
                cache.put(f"/photos/{who}.jpg", stamp(who), made.key(who), None, made.FACTS)
                print(len(cache.notices))
        except DedupeError as error:
            print(error)
        """
    children = [start(store, program, who) for who in range(4)]
    said = [child.communicate()[0].strip() for child in children]
    assert [child.returncode for child in children] == [0] * 4
    assert sorted(said) == ["0", "0", "0", "1" if spoilt else "0"]
    with Cache(str(store)) as cache:
        assert cache.info().files == 4
    assert len([one for one in tmp_path.iterdir() if f".{spoilt}-" in one.name]) == bool(spoilt)


def test_a_store_put_right_by_another_dedupe_meanwhile_is_used_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "x.db"
    Cache(str(store)).close()
    content = bytearray(store.read_bytes())
    content[100:4000] = b"\xaa" * 3900
    store.write_bytes(content)
    lock = database.folder_lock

    def late(path: str, *, alone: bool) -> AbstractContextManager[None]:
        if alone:
            monkeypatch.undo()
            with Cache(path) as other:
                assert len(other.notices) == 1
                other.put("/a.jpg", FileStamp(1, 2, 3, 4, 5), made.key(1), None, made.FACTS)
        return lock(path, alone=alone)

    monkeypatch.setattr(database, "folder_lock", late)
    with Cache(str(store)) as cache:
        assert cache.notices == []
        assert cache.content_keys() == {made.key(1)}
    with Cache(str(store)) as cache:
        assert cache.content_keys() == {made.key(1)}


def test_a_store_that_stays_busy_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    from dedupe.errors import StoreError

    monkeypatch.setattr("dedupe.library.database._BUSY_MS", 200)
    store = tmp_path / "x.db"
    with Cache(str(store)) as cache:
        other = sqlite3.connect(store, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        cache.put("/a.jpg", FileStamp(1, 2, 3, 4, 5), made.key(1), None, made.FACTS)
        with pytest.raises(StoreError, match=r"Another dedupe is busy with .*; try again"):
            cache.flush()
        other.execute("ROLLBACK")
        other.close()
        cache.flush()
        assert cache.content_keys() == {made.key(1)}, "what could not be written is not lost"


def test_a_full_disk_is_one_sentence_and_loses_nothing_older(tmp_path: Path) -> None:
    from dedupe.errors import StoreError

    store = tmp_path / "x.db"
    with Cache(str(store)) as cache:
        cache.put("/a.jpg", FileStamp(1, 2, 3, 4, 5), made.key(1), None, made.FACTS)
        cache.flush()
    with pytest.raises(StoreError, match=r"The disk that holds dedupe's cache file .* is full\."):  # noqa: SIM117
        with Cache(str(store)) as cache:
            cache._db.connection.execute("PRAGMA max_page_count = 20")
            for number in range(5000):
                cache.put(f"/{number}.jpg", FileStamp(1, 2, 3, 4, 5), made.key(number), None, made.FACTS)
    with Cache(str(store)) as cache:
        assert cache.content_keys() == {made.key(1)}
