"""Row 25: success is what the disk shows afterwards, not what somebody claimed."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from dedupe import actions
from tests.faults import FaultyDisk
from tests.safety.conftest import World
from tests.support import tree_snapshot


class LazyTrash(FaultyDisk):
    """A trash that says yes and does nothing."""

    def throw_away(self, path: str, record: str | None = None) -> None:
        pass


class ShreddingTrash(FaultyDisk):
    """A trash that deletes for good."""

    def throw_away(self, path: str, record: str | None = None) -> None:
        os.unlink(path)


def test_a_trash_that_does_nothing_is_reported_as_failed(world: World) -> None:
    world.pair()
    world.make({"keep/b.jpg": "y\n1", "old/b.jpg": "y\n2"})
    before = tree_snapshot(world.root)
    report = world.act(trash=True, disk=LazyTrash())
    assert report.exit_code == 4
    assert (len(report.done), len(report.failed), report.bytes_freed) == (0, 1, 0)
    assert "still in its place" in report.failed[0].reason
    assert tree_snapshot(world.root) == before
    assert actions.history(world.paths) == ()


def test_a_trash_that_deletes_stops_the_run_at_the_first_photo(world: World) -> None:
    world.pair()
    world.make({"keep/b.jpg": "y\n1", "old/b.jpg": "y\n2"})
    report = world.act(trash=True, disk=ShreddingTrash())
    assert report.exit_code == 4
    assert not report.done
    assert "not in the trash" in report.failed[0].reason
    assert len(list(world.root.rglob("*.jpg"))) == 3
    assert actions.history(world.paths)[0].needs_person == 1


def test_a_file_that_came_back_before_the_count_is_not_counted(world: World) -> None:
    _, extra = world.pair("resaved")
    FaultyDisk()
    seen = []

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "commit":
            seen.append(step)
        if step == "rename":
            world.base.joinpath("armed").touch()

    class Returning(FaultyDisk):
        def is_taken(self, path: str) -> bool:
            moved = world.target / "old" / "a.jpg"
            if path == str(extra) and moved.exists():
                moved.rename(extra)
            return super().is_taken(path)

    report = world.act(disk=Returning())
    assert report.exit_code == 4
    assert report.failed[0].reason == "it is still in its place"
    assert report.bytes_freed == 0


def test_a_file_that_vanished_from_the_target_before_the_count_is_not_counted(world: World) -> None:
    world.pair("resaved")

    class Vanishing(FaultyDisk):
        def is_taken(self, path: str) -> bool:
            moved = world.target / "old" / "a.jpg"
            if path == str(moved) and moved.exists():
                moved.unlink()
            return super().is_taken(path)

    report = world.act(disk=Vanishing())
    assert report.failed[0].reason == "it is not where it was moved to"
    assert report.exit_code == 4


@pytest.mark.parametrize("undone", [False, True])
def test_a_disk_that_breaks_before_the_count_is_no_success(world: World, undone: bool) -> None:
    _, extra = world.pair("resaved")
    place = extra if undone else world.target / "old" / "a.jpg"

    class Breaking(FaultyDisk):
        looks = 0

        def lstat(self, path: str) -> os.stat_result:
            self.looks += path == str(place)
            if self.looks == 3 if undone else self.looks == 2:
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
            return super().lstat(path)

    if undone:
        world.act()
    report = world.undo(disk=Breaking()) if undone else world.act(disk=Breaking())
    told = "The disk could not be looked at once more (the disk reports errors); the next run corrects the journal."
    assert (report.stopped, report.exit_code) == (told, 4)
    assert b"beach\nagain" in world.contents()


@pytest.mark.parametrize("what", ["vanished", "went there again"])
def test_what_undo_put_back_is_counted_from_the_disk(world: World, what: str) -> None:
    world.pair("resaved")
    first = world.make({"keep/b.jpg": "y\n1", "old/b.jpg": "y\n2"})["old/b.jpg"]
    world.act()
    away = world.base / "elsewhere.jpg" if what == "vanished" else world.target / "old" / "b.jpg"

    class Meddled(FaultyDisk):
        def commit(self, journal: sqlite3.Connection) -> None:
            super().commit(journal)
            if first.exists():
                first.rename(away)

    report = world.undo(disk=Meddled())
    assert (len(report.restored), sum(report.left.values()), report.exit_code) == (1, 1, 4)
    assert report.stopped == "The disk does not show what was done."


@pytest.mark.parametrize("trash", [False, True], ids=["move", "trash"])
def test_the_account_adds_up(world: World, trash: bool) -> None:
    files: dict[str, str | bytes] = {
        f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(9) for folder in ("keep", "old")
    }
    made = world.make(files)
    result = world.scan()
    made["old/1.jpg"].write_bytes(b"changed")
    made["keep/2.jpg"].unlink()
    made["old/3.jpg"].unlink()
    size = sum(made[f"old/{n}.jpg"].stat().st_size for n in (0, 4, 5, 6, 7, 8))
    report = world.act(result, trash=trash)
    assert len(report.outcomes) == 9
    assert len(report.done) + sum(report.refusals.values()) + len(report.failed) == 9
    gone = [path for path in made.values() if not path.exists()]
    assert len(report.done) == len(gone) - 2
    assert report.bytes_freed == size
    [run] = actions.history(world.paths)
    assert (run.assets, run.files, run.bytes, run.undone) == (6, 6, size, 0)
    world.undo()
    newest, oldest = actions.history(world.paths)
    assert (oldest.assets, oldest.undone, oldest.undoable) == (6, 6, False)
    assert (newest.undoes, newest.assets) == (1, 6)
    assert "left to undo" in (oldest.why_not or "")


def test_a_hard_linked_photo_counts_its_bytes_once(world: World) -> None:
    _, extra = world.pair("resaved")
    os.link(extra, Path(f"{extra}.jpeg"))
    assert world.act().bytes_freed == len(b"beach\nagain")
