"""Row 24: nothing without a plan that was agreed to; limits hold; a target that is no fit place is refused."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.planning.preflight import target_folder
from dedupe.actions.platform.disk import Disk
from dedupe.errors import RefusedError, UsageError
from dedupe.types import ActionKind
from tests.faults import STEPS, FaultyDisk
from tests.safety.conftest import World
from tests.support import make, tree_snapshot


def many(world: World, pairs: int = 10) -> None:
    make(world.root, {f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(pairs) for folder in ("keep", "old")})


@pytest.mark.parametrize("limit", ["9", "0", "49%", "0%", "1.5 %"])
def test_more_than_max_drop_is_refused_as_a_whole(world: World, limit: str) -> None:
    many(world)
    before = world.snapshot()
    with pytest.raises(RefusedError, match=r"10 photos of 20 would be removed, more than --max-drop"):
        world.act(max_drop=limit)
    with pytest.raises(RefusedError, match=r"--max-drop"):
        world.act(max_drop=limit, dry_run=True)
    assert world.snapshot() == before


@pytest.mark.parametrize("limit", ["10", "50%", "100%", " 50 % "])
def test_up_to_max_drop_is_done(world: World, limit: str) -> None:
    many(world)
    assert len(world.act(max_drop=limit).done) == 10


@pytest.mark.parametrize("limit", ["", "many", "-1", "5 photos", "101%", "5%%", "1e3", "½", "٣"])
def test_a_max_drop_that_is_no_number_is_a_sentence(world: World, limit: str) -> None:
    many(world)
    before = world.snapshot()
    with pytest.raises(UsageError, match="--max-drop takes"):
        world.act(max_drop=limit)
    assert world.snapshot() == before


@pytest.mark.parametrize("trash", [False, True], ids=["move", "trash"])
def test_a_dry_run_touches_nothing_and_tells_the_very_same_actions(world: World, trash: bool) -> None:
    many(world)
    result = world.scan()
    (world.root / "old" / "3.jpg").write_bytes(b"p3\nxxx")
    (world.root / "keep" / "5.jpg").unlink()
    before = world.snapshot()
    disk = FaultyDisk()
    rehearsed = world.act(result, trash=trash, dry_run=True, disk=disk)
    assert not set(disk.taken) & set(STEPS)
    assert not os.path.exists(world.paths.journal)
    assert world.snapshot() == before
    real = world.act(result, trash=trash)
    assert [outcome.action for outcome in rehearsed.outcomes] == [outcome.action for outcome in real.outcomes]
    assert [outcome.kind for outcome in rehearsed.outcomes] == [outcome.kind for outcome in real.outcomes]
    assert rehearsed.refusals == real.refusals
    assert (rehearsed.run, real.run) == (None, 1)
    assert rehearsed.exit_code == real.exit_code == 1


def test_a_preview_reads_no_photo_and_says_all_of_it(world: World) -> None:
    many(world)
    world.make({"old/0.xmp": "stars"})
    result = world.scan()
    before = world.snapshot()
    disk = FaultyDisk()
    told = actions.preview(result, kind=ActionKind.MOVE, target=str(world.target), disk=disk)
    assert not disk.taken
    assert (told.photos, told.files, dict(told.relations)) == (10, 11, {"resaved": 10})
    assert told.bytes == sum(len(f"p{n}\nold") for n in range(10)) + len("stars")
    text = " ".join(told.sentences())
    assert str(world.target) in text
    assert "dedupe undo" in text
    assert world.snapshot() == before


def test_nothing_selected_is_no_run(world: World) -> None:
    world.make({"a.jpg": "alone"})
    report = world.act()
    assert (report.run, report.outcomes, report.exit_code) == (None, (), 0)
    assert actions.history(world.paths) == ()
    assert not world.target.exists()


def test_a_move_without_a_folder_is_a_usage_error(world: World) -> None:
    with pytest.raises(UsageError):
        actions.act(world.scan(), kind=ActionKind.MOVE, target=None, paths=world.paths)


# -- the target --------------------------------------------------------------------------------------------------------


def refuses(world: World, target: Path, match: str) -> None:
    before = tree_snapshot(world.base)
    for dry_run in (True, False):
        with pytest.raises(RefusedError, match=match):
            world.act(target=target, dry_run=dry_run)
    after = tree_snapshot(world.base)
    assert {path: entry for path, entry in after.items() if "state" not in path} == {
        path: entry for path, entry in before.items() if "state" not in path
    }


def test_a_scanned_folder_is_no_target(world: World) -> None:
    world.pair()
    refuses(world, world.root, "one of those that were scanned")
    (world.base / "alias").symlink_to(world.root)
    refuses(world, world.base / "alias", "one of those that were scanned")


@pytest.mark.parametrize("name", ["keep", "old"])
def test_a_folder_that_holds_photos_of_the_plan_is_no_target(world: World, name: str) -> None:
    world.pair()
    refuses(world, world.root / name, "holds photos of this scan")


def test_a_folder_above_the_roots_is_no_target(world: World) -> None:
    world.pair()
    refuses(world, world.base, "holds photos of this scan")


def test_a_folder_in_the_root_with_photos_of_its_own_is_no_target(world: World) -> None:
    """The marker would hide them from every later scan."""
    world.pair()
    world.make({"album/only.jpg": "alone"})
    refuses(world, world.root / "album", "photos of its own")


@pytest.mark.parametrize("name", [".hidden", ".hidden/below", "@eaDir", "$RECYCLE.BIN"])
def test_a_hidden_folder_is_no_target(world: World, name: str) -> None:
    world.pair()
    refuses(world, world.base / name, "hidden")


@pytest.mark.parametrize("folder", ["/", "/etc/photos", "/usr/share/photos", "/proc/photos", "/dev/photos"])
def test_a_system_folder_is_no_target(world: World, folder: str) -> None:
    world.pair()
    refuses(world, Path(folder), "belongs to the system|can't be written|holds photos of this scan")


def test_a_file_is_no_target(world: World) -> None:
    world.pair()
    world.target.write_bytes(b"a file")
    refuses(world, world.target, "is not a folder")
    refuses(world, world.target / "below", "is not a folder")


def test_a_link_to_a_folder_is_that_folder(world: World) -> None:
    world.pair("resaved")
    real = world.base / "real"
    real.mkdir()
    world.target.symlink_to(real)
    assert len(world.act().done) == 1
    assert (real / "old" / "a.jpg").exists()
    assert world.undo().exit_code == 0


@pytest.mark.parametrize("below", ["", "holidays", "../elsewhere"])
def test_a_link_whose_folder_is_gone_is_no_target_and_nothing_is_made_there(world: World, below: str) -> None:
    """Its disk may not be connected: what was made under its mount point would lie on another one."""
    world.pair()
    disk = world.base / "media" / "disk"
    disk.parent.mkdir()
    world.target.symlink_to(disk)
    refuses(world, Path(f"{world.target}/{below}"), "is a link to .*, which does not exist: is its disk gone")
    assert list(disk.parent.iterdir()) == []
    disk.mkdir()
    assert len(world.act().done) == 1
    assert (disk / "old" / "a.jpg").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows removes no folder that a program is in")
def test_a_whole_path_is_a_target_also_where_the_current_folder_was_removed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pair()
    (world.base / "gone").mkdir()
    monkeypatch.chdir(world.base / "gone")
    (world.base / "gone").rmdir()
    assert target_folder(str(world.target)) == os.path.realpath(world.target)


def test_links_that_lead_to_each_other_are_no_target(world: World) -> None:
    world.pair()
    world.target.symlink_to(world.base / "other")
    (world.base / "other").symlink_to(world.target)
    refuses(world, world.target, "is a link to .*, which does not exist")


# -- row 22: roots and disks that are gone ---------------------------------------------------------------------------------


def test_a_root_that_is_gone_does_nothing(world: World) -> None:
    many(world)
    result = world.scan()
    world.root.rename(world.base / "unplugged")
    with pytest.raises(RefusedError, match="does not exist any more"):
        world.act(result)
    assert not world.target.exists()


def test_an_empty_mount_point_is_not_the_same_as_deleted_photos(world: World) -> None:
    many(world)
    result = world.scan()
    world.root.rename(world.base / "unplugged")
    world.root.mkdir()
    with pytest.raises(RefusedError, match="is its disk gone"):
        world.act(result)


def test_a_disk_that_goes_in_mid_run_stops_it(world: World) -> None:
    many(world, 3)
    disk = FaultyDisk(volumes=(str(world.root),)).fail("create", 2, errno.ENODEV)
    report = world.act(disk=disk)
    assert report.exit_code == 4
    assert report.failed[0].reason == "the disk is gone"


def test_a_target_folder_that_goes_in_mid_run_stops_it(world: World) -> None:
    many(world, 3)
    disk = FaultyDisk()
    count = []

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "rename":
            count.append(step)
            if len(count) == 2:
                world.target.rename(world.base / "unplugged")

    disk.before = hook
    report = world.act(disk=disk)
    assert report.exit_code == 4
    assert report.stopped
    assert len(list(world.root.rglob("*.jpg"))) == 5
    assert len(list((world.base / "unplugged").rglob("*.jpg"))) == 1


def test_a_folder_sync_that_is_not_supported_is_let_pass_but_a_broken_disk_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(world, 2)
    real = os.fsync

    def fsync(number: int) -> None:
        def on_folder(handle: int) -> None:
            if os.path.isdir(f"/proc/self/fd/{handle}"):
                raise OSError(number, os.strerror(number))
            real(handle)

        monkeypatch.setattr(os, "fsync", on_folder)

    fsync(errno.EINVAL)
    assert world.act(disk=FaultyDisk(volumes=(str(world.root),))).exit_code == 0
    world.undo()
    fsync(errno.EIO)
    with pytest.raises(RefusedError, match="disk reports errors"):
        world.act(disk=FaultyDisk(volumes=(str(world.root),)))


def test_ctrl_c_ends_the_run_between_two_photos(world: World) -> None:
    import signal

    many(world, 5)
    everything = world.contents()
    disk = FaultyDisk()
    seen = []

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "rename":
            seen.append(step)
            if len(seen) == 2:
                os.kill(os.getpid(), signal.SIGINT)

    disk.before = hook
    report = world.act(disk=disk)
    assert (len(report.done), report.exit_code) == (2, 4)
    assert "Ctrl-C" in (report.stopped or "")
    assert world.contents() == everything
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert len(world.act().done) == 3


def test_a_drive_that_is_not_there_ends_the_search_for_a_folder(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows nothing of a missing drive exists, not even its root."""
    from dedupe.actions.execution import move
    from dedupe.actions.planning import preflight
    from dedupe.actions.platform import freedesktop

    asked = []

    def nothing(path: str) -> bool:
        asked.append(path)
        assert len(asked) < 100
        return False

    for name in ("lexists", "exists", "isdir", "ismount"):
        monkeypatch.setattr(os.path, name, nothing)
    assert move.missing_folders(["/gone/deep/a.jpg"]) == ("/gone", "/gone/deep")
    assert preflight.folder_blocker("/gone/deep") == "/ is not a folder."
    assert preflight.space_blocker(Disk(), "/gone/deep", ()) is None
    assert freedesktop.nearest_existing("/gone/deep") == "/"
    assert freedesktop.mount_point("/gone/deep") == "/"
