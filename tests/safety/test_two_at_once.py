"""Row 13: one mutator at a time; the second is told who holds the lock; a dead holder's lock is taken over."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dedupe.actions.platform import lock
from dedupe.actions.platform.lock import only_one
from dedupe.errors import LockedError, RefusedError
from tests.safety.conftest import World

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
