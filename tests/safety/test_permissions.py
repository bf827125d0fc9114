"""Row 12: what may not be moved is refused one by one with its reason, the rest goes on, and nothing is ever chmodded."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from dedupe.errors import RefusedError
from tests.safety.conftest import World
from tests.support import tree_snapshot

NOBODY = 65534
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="permissions are tried in a child that gave up root")


def as_nobody(world: World, check: Callable[[], None]) -> None:
    """``check`` in a child that is not root: root may do everything, so it would test nothing."""
    if os.getuid() == 0:
        for folder, folders, files in os.walk(world.base):
            for name in (*folders, *files):
                os.chown(os.path.join(folder, name), NOBODY, NOBODY, follow_symlinks=False)
        os.chown(world.base, NOBODY, NOBODY)
    # Who gave up root may be unable to read the interpreter's own folders: what is imported late must be here already.
    import send2trash  # noqa: F401

    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            check()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def two_pairs(world: World) -> tuple[Path, Path]:
    """The extra that is in the way, and one that is not."""
    made = world.make({"keep/a.jpg": "x\n1", "keep/b.jpg": "y\n1", "locked/a.jpg": "x\n2", "open/b.jpg": "y\n2"})
    return made["locked/a.jpg"], made["open/b.jpg"]


@pytest.mark.parametrize("trash", [False, True], ids=["move", "trash"])
def test_a_photo_in_a_folder_that_may_not_be_changed_stays(world: World, trash: bool) -> None:
    locked, free = two_pairs(world)
    locked.parent.chmod(0o555)

    def check() -> None:
        before = tree_snapshot(world.root)
        report = world.act(trash=trash)
        assert len(report.done) == 1
        assert list(report.refusals.values()) == [1]
        assert next(iter(report.refusals)) in (
            "can't be moved (permission denied)",
            "its folder may not be changed",
        )
        assert not free.exists()
        after = tree_snapshot(world.root)
        assert {path for path in before if path not in after} == {str(free)}
        assert all(after[path] == before[path] for path in after)
        assert not list(world.base.rglob("*.partial"))
        assert len(list(world.trash.glob("info/*"))) == int(trash)

    try:
        as_nobody(world, check)
    finally:
        locked.parent.chmod(0o755)


def test_a_read_only_photo_is_refused_by_the_trash_and_nothing_is_left_behind(world: World) -> None:
    locked, _free = two_pairs(world)
    locked.chmod(0o444)

    def check() -> None:
        report = world.act(trash=True)
        assert report.refusals == {"it is read-only, and the trash refuses such files": 1}
        assert len(report.done) == 1
        assert locked.stat().st_mode & 0o777 == 0o444
        assert [path.name for path in world.trash.glob("info/*")] == ["b.jpg.trashinfo"]

    as_nobody(world, check)


def test_a_read_only_photo_can_be_moved_and_stays_read_only(world: World) -> None:
    locked, _free = two_pairs(world)
    locked.chmod(0o444)

    def check() -> None:
        assert len(world.act().done) == 2
        assert (world.target / "locked" / "a.jpg").stat().st_mode & 0o777 == 0o444
        assert world.undo().exit_code == 0
        assert locked.stat().st_mode & 0o777 == 0o444

    as_nobody(world, check)


@pytest.mark.parametrize("which", ["victim", "keeper"])
def test_a_photo_that_may_not_be_read_is_not_judged(world: World, which: str) -> None:
    locked, free = two_pairs(world)
    result = world.scan()
    (locked if which == "victim" else world.root / "keep" / "a.jpg").chmod(0)

    def check() -> None:
        report = world.act(result)
        phrase = "cannot be read (permission denied)"
        assert report.refusals == {phrase if which == "victim" else f"the photo that stays: {phrase}": 1}
        assert locked.exists()
        assert not free.exists()

    as_nobody(world, check)


def test_a_target_that_may_not_be_written_refuses_everything(world: World) -> None:
    world.pair("resaved")
    world.target.mkdir()
    world.target.chmod(0o555)

    def check() -> None:
        before = tree_snapshot(world.base / "photos")
        with pytest.raises(RefusedError, match="can't be written to"):
            world.act()
        assert tree_snapshot(world.base / "photos") == before

    as_nobody(world, check)


def test_a_trash_that_may_not_be_written_refuses_each_photo(world: World) -> None:
    locked, free = two_pairs(world)
    (world.trash / "files").mkdir(parents=True)
    (world.trash / "info").mkdir()
    (world.trash / "files").chmod(0o555)

    def check() -> None:
        report = world.act(trash=True)
        assert not report.done
        [reason] = report.refusals
        assert reason.startswith("no trash can be made on ")
        assert locked.exists()
        assert free.exists()

    try:
        as_nobody(world, check)
    finally:
        (world.trash / "files").chmod(0o755)


def test_a_asset_with_one_locked_companion_stays_whole(world: World) -> None:
    made = world.make({"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2", "old/a.xmp": "stars"})
    result = world.scan()
    made["old/a.xmp"].chmod(0)

    def check() -> None:
        assert list(world.act(result).refusals.values()) == [1]
        assert made["old/a.jpg"].exists()
        assert made["old/a.xmp"].exists()

    as_nobody(world, check)


def test_a_failing_trash_leaves_no_record_behind(world: World) -> None:
    """send2trash writes its record first; where the rename then fails, the record names a file that is not there."""
    locked, _free = two_pairs(world)

    class ClosingDisk(type(world.disk)):  # type: ignore[misc]
        def throw_away(self, path: str, record: str | None = None) -> None:
            folder = os.path.dirname(path)
            if path == str(locked):
                Path(folder).chmod(0o555)
            try:
                super().throw_away(path, record)
            finally:
                Path(folder).chmod(0o755)

    def check() -> None:
        report = world.act(trash=True, disk=ClosingDisk())
        assert report.refusals == {"can't be moved (permission denied)": 1}
        assert [path.name for path in world.trash.glob("info/*")] == ["b.jpg.trashinfo"]

    as_nobody(world, check)
