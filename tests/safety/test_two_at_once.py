"""Row 13: one mutator at a time; the second is told who holds the lock; a dead holder's lock is taken over."""

from __future__ import annotations

import json
import os
import platform
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.journal.journal import Journal
from dedupe.actions.journal.records import Lease
from dedupe.actions.platform import lock
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.lock import only_one
from dedupe.errors import LockedError, RefusedError
from tests.safety.conftest import World
from tests.support import Places

_HOLD = """
import sys
from dedupe.actions.platform.lock import only_one
with only_one(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_holder(path: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock for the length of the block."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def test_a_second_one_refuses_and_names_the_first(world: World) -> None:
    world.pair()
    before = world.snapshot()
    with another_holder(world.paths.lock) as holder, pytest.raises(LockedError, match=f"process {holder.pid}"):
        world.act()
    assert world.snapshot() == before
    assert len(world.act().done) == 1
    with another_holder(world.paths.lock), pytest.raises(LockedError):
        world.undo()


def test_a_dry_run_needs_no_lock(world: World) -> None:
    world.pair()
    with another_holder(world.paths.lock):
        assert len(world.act(dry_run=True).done) == 1


def test_a_killed_holder_is_no_obstacle(world: World) -> None:
    world.pair()
    with another_holder(world.paths.lock) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert json.loads(Path(world.paths.lock).read_bytes())["pid"] == holder.pid
        assert len(world.act().done) == 1


def test_a_holder_on_another_machine_is_respected(world: World) -> None:
    world.pair()
    Path(world.paths.lock).write_text(json.dumps({"pid": 1, "host": "the-nas"}))
    before = world.snapshot()
    with pytest.raises(LockedError, match="the-nas") as raised:
        world.act()
    assert world.paths.lock in str(raised.value)
    assert world.snapshot() == before
    Path(world.paths.lock).write_bytes(b"")
    assert len(world.act().done) == 1


def test_the_lock_file_stays_and_is_empty_after_use(world: World) -> None:
    world.pair()
    world.act()
    inode = os.stat(world.paths.lock).st_ino
    assert Path(world.paths.lock).read_bytes() == b""
    world.undo()
    assert os.stat(world.paths.lock).st_ino == inode


def test_a_half_written_lock_is_nobodys(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_bytes(b'{"pid": 1')
    with only_one(str(path)):
        assert json.loads(path.read_bytes()) == {"pid": os.getpid(), "host": platform.node()}


def test_two_threads_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with only_one(path), pytest.raises(LockedError), only_one(path):
        pass
    with only_one(path):
        pass


def test_without_kernel_locks_a_living_process_holds_and_a_dead_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    monkeypatch.setattr(lock, "_try_lock", lambda handle, path: False)
    path.write_text(json.dumps({"pid": os.getppid(), "host": platform.node()}))
    with pytest.raises(LockedError), only_one(str(path)):
        pass
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    path.write_text(json.dumps({"pid": gone.pid, "host": platform.node()}))
    with only_one(str(path)):
        pass


def test_what_happens_within_is_not_mistaken_for_a_broken_lock(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), only_one(str(tmp_path / "lock")):
        raise FileNotFoundError("within")


@pytest.mark.parametrize("obstacle", ["folder", "link"])
def test_a_lock_that_is_no_file_is_refused_in_one_sentence(tmp_path: Path, obstacle: str) -> None:
    path = tmp_path / "lock"
    if obstacle == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match="lock"), only_one(str(path)):
        pass
    assert not (tmp_path / "elsewhere").exists()


_ACT = """
import sys, time
sys.path.insert(0, sys.argv[1])
from dedupe.actions.journal.access import acting_alone
from dedupe.actions.platform.disk import Disk
from tests.support import Places
with acting_alone(Places(sys.argv[2], sys.argv[3]), Disk()):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_dedupe(journal: str, lock: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that acts by this journal for the length of the block."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _ACT, str(Path(__file__).parents[2]), journal, lock],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def test_two_users_of_one_store_do_not_act_at_once(world: World) -> None:
    """Each has a state folder, and a lock there, of his own; the journal is the same."""
    world.pair()
    world.act()
    before = world.snapshot()
    other = Places(world.paths.journal, str(world.base / "state of B" / "lock"))
    with another_dedupe(world.paths.journal, world.paths.lock) as holder:
        for attempt in (lambda: actions.recover(other), lambda: actions.undo(other)):
            with pytest.raises(LockedError, match=f"process {holder.pid}"):
                attempt()
    assert world.snapshot() == before
    assert actions.undo(other).exit_code == 0, "it was killed: its locks and its lease hold nobody up"


def test_a_journal_under_two_names_is_one(world: World) -> None:
    """Where the lock beside it is another file, the lease in the journal tells."""
    world.pair()
    world.act()
    elsewhere = world.base / "elsewhere"
    elsewhere.mkdir()
    with sqlite3.connect(world.paths.journal) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    db.close()
    os.link(world.paths.journal, elsewhere / "journal.db")
    with (
        another_dedupe(world.paths.journal, world.paths.lock) as holder,
        sqlite3.connect(world.paths.journal) as db,
    ):
        lease = db.execute("SELECT pid FROM lease").fetchone()
    db.close()
    assert lease == (holder.pid,)
    with Journal(world.paths.journal, Disk()) as journal:
        held = replace(journal.lease(), pid=os.getppid(), token=lock.started(os.getppid()))  # type: ignore[type-var]
        journal.put_lease(held)
        journal.flush()
    with pytest.raises(LockedError, match=f"process {os.getppid()}"):
        world.undo()


@pytest.mark.parametrize(
    ("seconds", "holds"), [(0.0, True), (3000.0, True), (7200.0, False)], ids=["now", "an hour ago", "long ago"]
)
def test_the_lease_of_another_machine_holds_until_it_was_silent_for_an_hour(
    world: World, seconds: float, holds: bool
) -> None:
    world.pair()
    world.act()
    with Journal(world.paths.journal, Disk()) as journal:
        journal.put_lease(Lease(17, "elsewhere.example", "", time.time() - seconds))
        journal.flush()
    if holds:
        with pytest.raises(LockedError, match=r"elsewhere\.example"):
            world.undo()
    else:
        assert world.undo().exit_code == 0


@pytest.mark.parametrize("where", ["user", "journal"])
@pytest.mark.parametrize("what", ["hard link", "photo", "link", "folder", "pipe"])
def test_a_lock_that_is_a_photo_is_left_as_it_is(world: World, where: str, what: str) -> None:
    keep, _extra = world.pair()
    path = Path(world.paths.lock if where == "user" else world.paths.journal + ".lock")
    path.unlink(missing_ok=True)
    match what:
        case "hard link":
            os.link(keep, path)
        case "photo":
            path.write_bytes(b"\xff\xd8\xff\xe0 a photo")
        case "link":
            path.symlink_to(keep)
        case "folder":
            path.mkdir()
        case _:
            os.mkfifo(path)
    before = world.snapshot()
    content = path.read_bytes() if path.is_file() else b""
    with pytest.raises(RefusedError):
        world.act()
    assert world.snapshot() == before
    assert not path.is_file() or path.read_bytes() == content


@pytest.mark.parametrize("text", ['{"pid":' + "[" * 3000, '{"pid": 1e999, "host": 3}', '{"pid"', '{"pid": null}'])
def test_a_lock_with_nonsense_in_it_is_taken(world: World, text: str) -> None:
    world.pair()
    Path(world.paths.lock).write_text(text)
    assert len(world.act().done) == 1
