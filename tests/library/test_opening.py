"""What is no store is refused untouched, and what is damaged or newer is kept aside.

The user's word is never begun afresh.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from dedupe import mounts
from dedupe.errors import DedupeError, StoreError
from dedupe.library import header, quarantine
from dedupe.library.cache import Cache
from dedupe.library.database import DamagedStoreError
from dedupe.library.decisions import Decisions
from dedupe.library.previews import Previews
from tests.library import made

Store: TypeAlias = Cache | Previews | Decisions
DISPOSABLE = [Cache, Previews]
ALL = [Cache, Previews, Decisions]


def fill(opened: Callable[[str], Store], path: Path) -> bytes:
    """A store of some pages, closed; its bytes."""
    with opened(str(path)) as store:
        for number in range(300):
            if isinstance(store, Cache):
                stamp = made.FileStamp(1, number, 3, 4, made.LONG_AGO_NS)
                store.put(f"/photos/{number}.jpg", stamp, made.key(number), None, made.FACTS)
            elif isinstance(store, Previews):
                store.put(made.key(number), os.urandom(500))
        if isinstance(store, Decisions):
            others = [made.photo(f"/{n}.jpg", n) for n in range(300)]
            store.choose_keeper(made.photo("/a.jpg", "a"), others)
    return path.read_bytes()


def test_a_new_store_is_begun_without_a_word(tmp_path: Path) -> None:
    for opened in ALL:
        with opened(str(tmp_path / f"{opened.__name__}.db")) as store:
            assert store.notices == []


@pytest.mark.parametrize("opened", [Cache, Decisions])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(5000)),
        ("notes.txt", b"SQLite format 3"),
        ("short.jpg", b"\xff"),
    ],
)
def test_a_photo_named_as_the_store_is_refused_and_left_alone(
    tmp_path: Path, opened: Callable[[str], Store], name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    before = path.stat()
    with pytest.raises(StoreError, match=r"is not a dedupe store|is damaged and was left as it is"):
        opened(str(path))
    assert path.read_bytes() == content
    after = path.stat()
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (before.st_ino, before.st_mode, before.st_mtime_ns)
    assert [one.name for one in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("opened", ALL)
def test_a_database_of_another_program_is_refused_and_left_alone(
    tmp_path: Path, opened: Callable[[str], Store]
) -> None:
    path = tmp_path / "catalogue.lrcat"
    with sqlite3.connect(path) as catalogue:
        catalogue.execute("CREATE TABLE photos(name TEXT)")
    catalogue.close()
    content = path.read_bytes()
    with pytest.raises(StoreError, match=r"is a database, but not dedupe's .* nothing in it was touched"):
        opened(str(path))
    assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_one_store_is_not_taken_for_another(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    content = fill(Decisions, path)
    for opened in DISPOSABLE:
        with pytest.raises(StoreError, match="not dedupe's"):
            opened(str(path))
    assert path.read_bytes() == content


@pytest.mark.parametrize("opened", DISPOSABLE)
@pytest.mark.parametrize("damage", ["truncated", "schema overwritten", "newer"])
def test_a_damaged_or_newer_store_is_kept_aside_and_a_fresh_one_begun(
    tmp_path: Path, opened: Callable[[str], Store], damage: str
) -> None:
    path = tmp_path / "x.db"
    content = spoil(fill(opened, path), damage)
    path.write_bytes(content)
    with opened(str(path)) as store:
        (notice,) = store.notices
        assert (store.content_keys() if isinstance(store, Cache) else store.info()[0]) in (set(), 0)
    why = "newer" if damage == "newer" else "corrupt"
    (kept,) = (one for one in tmp_path.iterdir() if one.name != path.name)
    assert re.fullmatch(rf"x\.db\.{why}-\d{{8}}-\d{{6}}", kept.name)
    assert kept.read_bytes() == content, "the damaged store is kept as it was"
    assert str(kept) in notice
    assert "a new one was started" in notice
    with opened(str(path)) as store:
        assert store.notices == [], "said once"


@pytest.mark.parametrize("damage", ["truncated", "schema overwritten", "newer", "middle overwritten", "no header"])
def test_damaged_or_newer_decisions_are_refused_and_left_as_they_are(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "decisions.db"
    content = spoil(fill(Decisions, path), damage)
    path.write_bytes(content)
    with pytest.raises(StoreError) as refusal:
        Decisions(str(path))
    assert str(path) in str(refusal.value)
    assert "left as it is" in str(refusal.value)
    assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("opened", DISPOSABLE)
def test_even_a_store_without_a_header_is_kept_aside_where_dedupe_put_it(
    home: Path, opened: Callable[[str], Store]
) -> None:
    path = home / ".local/share/dedupe" / ("cache.db" if opened is Cache else "previews.db")
    content = spoil(fill(opened, path), "no header")
    path.write_bytes(content)
    with opened(str(path)) as store:
        assert len(store.notices) == 1
    assert content in [one.read_bytes() for one in path.parent.iterdir()]


def spoil(content: bytes, damage: str) -> bytes:
    """The store's bytes, damaged in one way."""
    spoilt = bytearray(content)
    match damage:
        case "truncated":
            return content[: len(content) - 4096]
        case "newer":
            spoilt[60:64] = (99).to_bytes(4, "big")
        case "schema overwritten":
            spoilt[100:4000] = b"\xaa" * 3900
        case "middle overwritten":
            at = len(content) // 2 // 4096 * 4096
            spoilt[at : at + 4096] = b"\xaa" * 4096
        case "no header":
            spoilt[:4096] = bytes(4096)
    return bytes(spoilt)


def test_damage_met_in_mid_work_is_one_sentence_and_the_next_start_is_fresh(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    content = bytearray(fill(Cache, path))
    for at in range(4096 * 3, len(content), 4096):
        content[at : at + 4096] = b"\xaa" * 4096
    path.write_bytes(content)
    with pytest.raises(DamagedStoreError, match=r"is damaged: it is kept aside"), Cache(str(path)) as cache:
        cache.contents([made.key(number) for number in range(300)])
    (kept,) = (one for one in tmp_path.iterdir() if ".corrupt-" in one.name)
    assert kept.read_bytes() == bytes(content)
    with Cache(str(path)) as cache:
        assert cache.content_keys() == set()


def test_facts_that_dedupe_cannot_have_written_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    fill(Cache, path)
    with sqlite3.connect(path) as tampered:
        tampered.execute("UPDATE contents SET facts = '{\"colour\": 3}'")
    tampered.close()
    with pytest.raises(DamagedStoreError), Cache(str(path)) as cache:
        cache.contents([made.key(1)])


def test_nothing_that_was_kept_aside_is_ever_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine.time, "strftime", lambda _: "20240101-000000")
    path = tmp_path / "x.db"
    kept = []
    for _ in range(3):
        content = spoil(fill(Cache, path), "newer")
        path.write_bytes(content)
        kept.append(content + b"")
        Cache(str(path)).close()
    names = sorted(one.name for one in tmp_path.iterdir() if one != path)
    assert names == [f"x.db.newer-20240101-000000{end}" for end in ("", "-1", "-2")]


def test_keeping_aside_works_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "x.db"
    content = spoil(fill(Cache, path), "newer")
    path.write_bytes(content)
    with Cache(str(path)) as cache:
        assert len(cache.notices) == 1
    (kept,) = (one for one in tmp_path.iterdir() if one != path)
    assert kept.read_bytes() == content


@pytest.mark.parametrize("damage", ["newer", "schema overwritten"])
def test_a_newer_or_damaged_store_that_is_in_use_is_not_taken_away(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "x.db"
    content = fill(Cache, path)
    holds = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT count(*) FROM files').fetchall();"
        "print('open', flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", holds, path], stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        path.write_bytes(spoil(content, damage))
        with pytest.raises(StoreError, match="Another dedupe is busy with"):
            Cache(str(path))
        assert not [one for one in tmp_path.iterdir() if ".newer-" in one.name or ".corrupt-" in one.name]
        other.communicate()
    with Cache(str(path)) as cache:
        assert len(cache.notices) == 1, "it is kept aside once it is free"


def test_a_store_beside_its_log_is_not_mistaken_for_a_truncated_one(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    reader = sqlite3.connect(path)
    with Cache(str(path)) as cache:
        for number in range(2000):
            cache.put(f"/{number}.jpg", made.FileStamp(1, number, 3, 4, 5), made.key(number), None, made.FACTS)
        cache.flush()
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{path}{suffix}", f"{tmp_path}/copy.db{suffix}")
    reader.close()
    with Cache(str(tmp_path / "copy.db")) as cache:
        assert cache.notices == []
        assert len(cache.content_keys()) == 2000


@pytest.mark.parametrize("opened", ALL)
def test_places_where_no_store_can_be_are_refused_in_one_sentence(
    tmp_path: Path, opened: Callable[[str], Store]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "x.db")
    for name, words in {
        "": "is a folder",
        "missing/x.db": "There is no folder",
        "file/x.db": "cannot be opened: Not a directory",
        "pipe": "is not a file",
        "dangling": "There is no folder",
        "n" * 300: "cannot be opened: File name too long",
    }.items():
        with pytest.raises(StoreError, match=words) as refusal:
            opened(str(tmp_path / name))
        assert "\n" not in str(refusal.value)
        assert refusal.value.exit_code == 2


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def as_nobody(do: Callable[[], object]) -> str:
    """The sentence of the DedupeError that ``do`` raises for a user without rights, or what else happens."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        said = "nothing"
        try:
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            do()
        except DedupeError as error:
            said = str(error)
        except BaseException as error:
            said = f"traceback: {error!r}"
        os.write(send, said.encode())
        os._exit(0)
    os.close(send)
    os.waitpid(child, 0)
    with os.fdopen(receive) as pipe:
        return pipe.read()


@pytest.mark.parametrize("opened", ALL)
def test_a_folder_that_may_not_be_written_is_one_sentence(open_folder: Path, opened: Callable[[str], Store]) -> None:
    open_folder.chmod(0o555)
    assert "cannot be opened for writing" in as_nobody(lambda: opened(str(open_folder / "x.db")))


@pytest.mark.parametrize("opened", ALL)
def test_a_store_that_may_not_be_written_or_read_is_one_sentence(
    open_folder: Path, opened: Callable[[str], Store]
) -> None:
    path = open_folder / "x.db"
    fill(opened, path)
    path.chmod(0o444)
    assert "cannot be opened for writing" in as_nobody(lambda: opened(str(path)))
    path.chmod(0o000)
    assert "cannot be opened: Permission denied" in as_nobody(lambda: opened(str(path)))


def test_a_name_of_escapes_does_not_reach_the_sentence_raw(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refusal:
        Cache(str(tmp_path / "\x1b[31mred" / "{x}.db"))
    assert "\x1b" not in str(refusal.value)
    assert "{x}.db" in str(refusal.value)


_ROOT = b"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"


@pytest.mark.parametrize(
    ("table", "path", "network"),
    [
        (_ROOT + b"36 22 0:31 / /mnt/nas rw - nfs4 nas:/x rw\n", "/mnt/nas/x.db", True),
        (
            b"36 22 0:31 / /mnt rw - nfs nas:/x rw\n37 36 8:2 / /mnt/nas rw - ext4 /dev/sdb1 rw\n",
            "/mnt/nas/x.db",
            False,
        ),
        (_ROOT + b"36 22 0:31 / /mnt/na rw - nfs nas:/x rw\n", "/mnt/nas/x.db", False),
        (_ROOT + b"36 22 0:31 / /mnt/nas rw - cifs //nas/x rw\n", "/mnt/nas/x.db", True),
        (_ROOT + b"36 22 0:31 / /mnt/my\\040nas rw - cifs //nas/x rw\n", "/mnt/my nas/x.db", True),
    ],
)
def test_a_share_is_told_from_a_disk_by_its_mount_also_with_a_space_in_its_name(
    table: bytes, path: str, network: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / "mountinfo"
    written.write_bytes(table)
    monkeypatch.setattr(mounts, "TABLE", str(written))
    monkeypatch.setattr(header.sys, "platform", "linux")
    assert header.lies_on_a_network(path) is network


def test_on_a_share_the_store_keeps_no_memory_shared_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedupe.library.database.lies_on_a_network", lambda _: True)
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put("/a.jpg", made.FileStamp(1, 2, 3, 4, 5), made.key(1), None, made.FACTS)
        cache.flush()
        assert not (tmp_path / "x.db-shm").exists()
        assert cache.content_keys() == {made.key(1)}


def test_a_database_without_tables_is_begun(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with sqlite3.connect(path, isolation_level=None) as half_made:
        half_made.execute("PRAGMA auto_vacuum = INCREMENTAL")
    half_made.close()
    assert path.stat().st_size > 0
    with Cache(str(path)) as cache:
        assert cache.notices == []
        assert cache.content_keys() == set()
