"""The trash is asked politely, one call at a time, and never believed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from dedupe import actions
from dedupe.actions.journal.journal import Journal
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.trash import Trash, windows_blocker
from dedupe.actions.platform.volumes import WINDOWS_FIXED, windows_volume
from dedupe.actions.report import preview_of
from dedupe.errors import RefusedError
from dedupe.types import ActionKind
from tests.faults import CRASHED, FaultyDisk
from tests.safety.conftest import World, refused
from tests.safety.crash_points import in_child
from tests.support import tree_snapshot

pytestmark = pytest.mark.skipif(
    sys.platform in ("darwin", "win32"), reason="the FreeDesktop trash is Linux's and BSD's"
)


def test_a_photo_goes_to_the_trash_with_a_record_and_comes_back(world: World) -> None:
    _, extra = world.pair()
    before = world.snapshot()
    assert world.act(trash=True).exit_code == 0
    assert not extra.exists()
    record = (world.trash / "info" / "a.jpg.trashinfo").read_text()
    assert f"Path={quote(str(extra))}\n" in record
    assert world.undo().exit_code == 0
    after = world.snapshot()
    assert {path: after[path] for path in before} == before
    assert not [path for path in world.trash.rglob("*") if path.is_file()]


def test_names_that_the_trash_already_has_are_not_overwritten(world: World) -> None:
    world.pair()
    for name in ("a.jpg", "a 1.jpg"):
        (world.trash / "files").mkdir(parents=True, exist_ok=True)
        (world.trash / "info").mkdir(exist_ok=True)
        (world.trash / "files" / name).write_bytes(b"older trash")
        (world.trash / "info" / f"{name}.trashinfo").write_text("[Trash Info]\nPath=/elsewhere/a.jpg\n")
    before = tree_snapshot(world.trash)
    assert world.act(trash=True).exit_code == 0
    assert (world.trash / "files" / "a 2.jpg").read_text() == "beach\nsame"
    assert world.undo().exit_code == 0
    assert tree_snapshot(world.trash) == before


def test_a_photo_trashed_twice_from_one_path_comes_back_as_it_was_each_time(world: World) -> None:
    keep, extra = world.pair("resaved")
    world.act(trash=True)
    extra.write_bytes(b"beach\nthe second")
    assert world.act(world.scan(), trash=True).exit_code == 0
    world.undo()
    assert extra.read_bytes() == b"beach\nthe second"
    extra.unlink()
    world.undo()
    assert extra.read_text() == "beach\nagain"
    assert keep.exists()


def test_an_entry_under_a_name_nobody_expected_is_still_found(world: World) -> None:
    """GIO names its entries otherwise; the inode is what tells."""

    class OtherTrash(FaultyDisk):
        def throw_away(self, path: str, record: str | None = None) -> None:
            super().throw_away(path, record)
            (world.trash / "files" / "a.jpg").rename(world.trash / "files" / "a.7.jpg")
            (world.trash / "info" / "a.jpg.trashinfo").rename(world.trash / "info" / "a.7.jpg.trashinfo")

    _, extra = world.pair()
    assert world.act(trash=True, disk=OtherTrash()).exit_code == 0
    assert world.undo().exit_code == 0
    assert extra.exists()


@pytest.mark.parametrize("first", ["ours", "somebody else's"])
def test_recovery_takes_the_file_that_was_thrown_not_an_equal_one_from_the_same_place(world: World, first: str) -> None:
    keep, extra = world.pair()
    if first == "ours":
        world.act(trash=True)
    else:
        world.make({"old/a.jpg": extra.read_bytes()})
        Disk().throw_away(str(extra))
    world.make({"old/a.jpg": keep.read_bytes()})
    world.act(trash=True)
    number = 2 if first == "ours" else 1
    world.edit_journal("UPDATE runs SET ended = NULL WHERE id = ?", (number,))
    world.edit_journal("UPDATE units SET state = 'begun' WHERE id = ?", (number,))
    world.edit_journal("UPDATE files SET entry = NULL, info = NULL WHERE unit = ?", (number,))

    class OldestFirst(FaultyDisk):
        def listdir(self, folder: str) -> list[str]:
            return sorted(super().listdir(folder), reverse=True)

    assert len(actions.recover(world.paths, disk=OldestFirst())) == 1
    with Journal(world.paths.journal, Disk()) as journal:
        assert journal.asset(number).files[0].entry == str(world.trash / "files" / "a 1.jpg")


def test_recovery_does_not_take_an_earlier_runs_file_for_one_that_was_lost(world: World) -> None:
    keep, extra = world.pair()
    world.act(trash=True)
    world.make({"old/a.jpg": keep.read_bytes()})
    world.act(trash=True)
    world.edit_journal("UPDATE runs SET ended = NULL WHERE id = 2")
    world.edit_journal("UPDATE units SET state = 'begun' WHERE id = 2")
    world.edit_journal("UPDATE files SET entry = NULL WHERE unit = 2")
    for name in ("files/a 1.jpg", "info/a 1.jpg.trashinfo"):
        (world.trash / name).unlink()
    [told] = actions.recover(world.paths)
    assert "needs your attention" in told
    assert world.undo(1).exit_code == 0
    assert extra.exists()


@pytest.mark.parametrize("value", ["", "relative/path"])
def test_an_empty_or_relative_data_folder_refuses(world: World, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    world.pair()
    monkeypatch.setenv("XDG_DATA_HOME", value)
    before = tree_snapshot(world.base / "photos", os.getcwd())
    [reason] = refused(world.act(trash=True).outcomes)
    assert reason.startswith("XDG_DATA_HOME is empty")
    assert tree_snapshot(world.base / "photos", os.getcwd()) == before


@pytest.mark.parametrize("home", ["", "relative"])
def test_no_trash_is_made_at_the_top_or_in_the_current_folder_where_home_is_no_folder(
    world: World, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    """An empty HOME is read as `/` by many programs: no desktop looks for a trash there."""
    world.pair()
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", home)
    monkeypatch.chdir(world.base)
    before = tree_snapshot(world.base / "photos")
    assert refused(world.act(trash=True).outcomes) == ["there is no home folder (HOME), so the trash can't be found"]
    assert tree_snapshot(world.base / "photos") == before
    assert world.act().exit_code == 0


@pytest.mark.parametrize("dry_run", [False, True])
def test_without_a_home_folder_each_photo_is_refused_with_the_reason(
    world: World, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    world.make({f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(2) for folder in ("keep", "old")})
    monkeypatch.setenv("HOME", "/nonexistent")
    before = world.snapshot()
    report = world.act(trash=True, dry_run=dry_run)
    assert report.refusals == {"its trash can't be found (no such file or directory)": 2}
    assert report.exit_code == 1
    assert world.snapshot() == before


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_disk_that_breaks_in_the_checks_is_said_in_words(world: World, dry_run: bool) -> None:
    class Breaking(FaultyDisk):
        def fstat(self, handle: int) -> os.stat_result:
            raise OSError(errno.EIO, os.strerror(errno.EIO), "a\x1b.jpg")

    world.pair()
    before = world.snapshot()
    report = world.act(dry_run=dry_run, disk=Breaking())
    assert [(outcome.reason, report.exit_code) for outcome in report.failed] == [("the disk reports errors", 4)]
    assert world.snapshot() == before


def test_a_name_too_long_for_its_record_is_refused(world: World) -> None:
    name = "n" * 240 + ".jpg"
    made = world.make({"keep.jpg": "x\n1", f"old/{name}": "x\n2"})
    assert refused(world.act(trash=True).outcomes) == ["its name is too long for the trash"]
    assert made[f"old/{name}"].exists()
    assert not world.trash.exists()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_a_refusing_trash_is_one_refusal_and_the_rest_goes_on(world: World, number: int) -> None:
    world.make({f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(3) for folder in ("keep", "old")})
    report = world.act(trash=True, disk=FaultyDisk().fail("throw_away", 2, number))
    assert len(report.done) == 2
    assert list(report.refusals.values()) == [1]


@pytest.mark.parametrize(
    "error", [OSError("The volume has no trash."), RuntimeError("com_error(-2147)"), ValueError("\x1b[31m")]
)
def test_a_refusal_in_whatever_form_is_one_refusal_and_the_rest_goes_on(world: World, error: Exception) -> None:
    world.make({f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(3) for folder in ("keep", "old")})

    class Grumpy(FaultyDisk):
        def throw_away(self, path: str, record: str | None = None) -> None:
            if path.endswith("1.jpg"):
                raise error
            super().throw_away(path, record)

    report = world.act(trash=True, disk=Grumpy())
    assert (len(report.done), report.exit_code) == (2, 1)
    [reason] = report.refusals
    assert reason.startswith("the trash refuses it (")
    assert "\x1b" not in reason
    assert not reason.endswith(".)")
    assert (world.root / "old" / "1.jpg").exists()


def test_a_failing_trash_that_took_the_file_is_not_taken_for_a_refusal(world: World) -> None:
    world.make({f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(3) for folder in ("keep", "old")})

    class Failing(FaultyDisk):
        def throw_away(self, path: str, record: str | None = None) -> None:
            os.rename(path, world.base / "nobody knows.jpg")
            raise RuntimeError("it failed")

    report = world.act(trash=True, disk=Failing())
    assert report.exit_code == 4
    assert "no longer in its place" in report.failed[0].reason
    assert len(list(world.root.rglob("*.jpg"))) == 5


def test_an_empty_record_that_another_program_has_just_begun_stays(world: World) -> None:
    world.pair()
    theirs = world.trash / "info" / "a.jpg.trashinfo"
    theirs.parent.mkdir(parents=True)
    (world.trash / "files").mkdir()
    theirs.touch()
    report = world.act(trash=True, disk=FaultyDisk().fail("throw_away", 1, errno.EACCES))
    assert len(refused(report.outcomes)) == 1
    assert theirs.exists()


def crash_in_the_trash(world: World) -> Path:
    """Ends a process right after its intent, before send2trash wrote a byte; the record that it would have made."""
    disk = FaultyDisk()
    disk.before = lambda step, arguments: os._exit(CRASHED) if step == "throw_away" else None
    assert in_child(lambda: world.act(trash=True, disk=disk) and None) == CRASHED
    (world.trash / "info").mkdir(parents=True, exist_ok=True)
    (world.trash / "files").mkdir(exist_ok=True)
    return world.trash / "info" / "a.jpg.trashinfo"


def test_an_empty_record_that_stood_there_before_a_crash_is_another_programs(world: World) -> None:
    _, extra = world.pair()
    theirs = world.trash / "info" / "a.jpg.trashinfo"
    theirs.parent.mkdir(parents=True)
    (world.trash / "files").mkdir()
    theirs.touch()
    crash_in_the_trash(world)
    ours = theirs.with_name("a 1.jpg.trashinfo")
    ours.touch()
    assert "taken back" in actions.recover(world.paths)[0]
    assert (theirs.exists(), ours.exists(), extra.exists()) == (True, False, True)


@pytest.mark.parametrize("name", ["a 1.jpg.trashinfo", "b.jpg.trashinfo"])
def test_an_empty_record_of_another_name_after_a_crash_is_another_programs(world: World, name: str) -> None:
    world.pair()
    ours = crash_in_the_trash(world)
    ours.touch()
    theirs = ours.with_name(name)
    theirs.touch()
    actions.recover(world.paths)
    assert (theirs.exists(), ours.exists()) == (True, False)


@pytest.mark.parametrize("what", ["another photo's", "with its file"])
def test_a_record_of_our_name_that_another_program_made_after_a_crash_stays(world: World, what: str) -> None:
    world.pair()
    theirs = crash_in_the_trash(world)
    theirs.write_text("[Trash Info]\nPath=/elsewhere/a.jpg\n" if what == "another photo's" else "")
    if what == "with its file":
        (world.trash / "files" / "a.jpg").write_bytes(b"theirs")
    before = tree_snapshot(world.trash)
    assert "taken back" in actions.recover(world.paths)[0]
    assert tree_snapshot(world.trash) == before


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("moment", range(1, 40))
def test_a_crash_on_a_volume_without_exclusive_renames_leaves_nothing_empty_in_the_trash(
    world: World, moment: int, links: bool
) -> None:
    world.pair()
    disk = FaultyDisk(exclusive_rename=False, links=links).crash(moment)
    if in_child(lambda: world.act(trash=True, disk=disk) and None) != CRASHED:
        return
    actions.recover(world.paths)
    files, info = (sorted(path.name for path in (world.trash / name).glob("*")) for name in ("files", "info"))
    assert [f"{name}.trashinfo" for name in files] == info
    assert all(path.stat().st_size for path in (world.trash / "files").glob("*"))


def test_a_record_that_another_program_is_just_filling_after_a_crash_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pair()
    theirs = crash_in_the_trash(world)
    theirs.touch()
    waited = []

    def fill(seconds: float) -> None:
        waited.append(seconds)
        theirs.write_text("[Trash Info]\nPath=/elsewhere/a.jpg\n")

    monkeypatch.setattr("dedupe.actions.platform.trash.time.sleep", fill)
    actions.recover(world.paths)
    assert waited
    assert theirs.exists()


@pytest.mark.parametrize("record", ["{base}/notes/info/a.jpg.trashinfo", "{trash}/info/../../a.trashinfo"])
def test_a_forged_record_is_not_swept(world: World, record: str) -> None:
    world.pair()
    crash_in_the_trash(world)
    forged = Path(record.format(base=world.base, trash=world.trash))
    forged.parent.mkdir(parents=True, exist_ok=True)
    forged.touch()
    world.edit_journal("UPDATE files SET info = ?", (os.fsencode(str(forged)),))
    actions.recover(world.paths)
    assert forged.exists()


def test_a_full_trash_stops_the_run_and_the_original_stays(world: World) -> None:
    world.make({f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(3) for folder in ("keep", "old")})
    report = world.act(trash=True, disk=FaultyDisk().fail("throw_away", 2, errno.ENOSPC))
    assert (len(report.done), report.exit_code) == (1, 4)
    assert report.failed[0].reason == "the disk is full"
    assert len(list(world.root.rglob("*.jpg"))) == 5


def test_another_volume_without_a_trash_is_refused_by_its_name(world: World) -> None:
    """Home and photos on two volumes, and the photos' one gives no place for a trash."""

    class OtherHome(FaultyDisk):
        def lstat(self, path: str) -> os.stat_result:
            found = super().lstat(path)
            if path == os.path.realpath(world.home):
                values = list(found)
                values[2] += 1
                return os.stat_result(values)
            return found

    _, extra = world.pair()
    mount = Disk().volume(str(extra.parent)).mount
    shadow = Path(mount) / f".Trash-{os.getuid()}"
    if shadow.exists() or os.path.ismount(world.root):
        pytest.skip("a trash is on this volume already")
    shadow.symlink_to(world.base)
    try:
        [reason] = refused(world.act(trash=True, disk=OtherHome()).outcomes)
    finally:
        shadow.unlink()
    assert reason == f"no trash can be made on {mount}; use --move-to with a folder on that volume"
    assert extra.exists()


@pytest.mark.parametrize("kind", [0, 1, 2, 4, 5, 6], ids=["unknown", "none", "removable", "network", "CD", "memory"])
def test_drives_of_windows_without_a_recycle_bin_are_refused(kind: int) -> None:
    assert "Recycle Bin" in (windows_blocker(windows_volume("R:\\", kind, "FAT32")) or "")


def test_only_a_fixed_drive_of_windows_has_a_recycle_bin() -> None:
    nas = windows_volume("\\\\nas\\photos\\", WINDOWS_FIXED, "NTFS")
    disk = windows_volume("C:\\", WINDOWS_FIXED, "NTFS")
    assert "Recycle Bin" in (windows_blocker(nas) or "")
    assert windows_blocker(disk) is None
    assert (nas.weak, disk.weak, disk.folds) == (True, False, True)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_undo_cannot_reach_the_trash_it_says_so_before(
    world: World, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    world.pair()
    planned = world.plan(trash=True)
    world.act(trash=True)
    monkeypatch.setattr("dedupe.actions.platform.trash.sys", SimpleNamespace(platform=platform, modules=sys.modules))
    trash = Trash(Disk())
    assert not trash.undoable
    told = preview_of(planned, (), kind=ActionKind.TRASH, target=None, undoable=trash.undoable)
    assert "`dedupe undo` cannot" in told.undo
    with pytest.raises(RefusedError, match="Trash or Recycle Bin"):
        world.undo()


def test_there_is_no_way_to_delete_for_good() -> None:
    """No option, setting or environment variable of the actions speaks of deleting; unlink is called where it is argued."""
    folder = Path(__file__).parents[2] / "dedupe"
    calls = subprocess.run(
        ["grep", "-rnE", r"\bunlink\(|os\.remove\(|rmtree\(|\.rmdir\(", "--include=*.py", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    files = {Path(line.split(":")[0]).relative_to(folder).as_posix() for line in calls}
    assert {name for name in files if name.startswith("actions/")} == {
        "actions/platform/disk.py",
        "actions/execution/links.py",
        "actions/execution/place.py",
        "actions/execution/prune.py",
        "actions/execution/recover.py",
        "actions/execution/reconcile.py",
        "actions/execution/sidecar_end.py",
        "actions/execution/sidecars.py",
        "actions/platform/exclusive.py",
        "actions/platform/freedesktop.py",
        "actions/platform/trash.py",
    }


@pytest.mark.parametrize("part", ["", "files", "info"])
@pytest.mark.parametrize("leads", ["nowhere", "to a file", "to another disk"])
def test_a_trash_folder_that_is_a_link_is_refused_in_words(
    world: World, part: str, leads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pair()
    place = world.trash / part if part else world.trash
    place.parent.mkdir(parents=True, exist_ok=True)
    goal = world.base / "goal"
    if leads == "to a file":
        goal.write_bytes(b"")
    elif leads == "to another disk":
        goal.mkdir()
    place.symlink_to(goal)
    disk = ElsewhereDisk(goal) if leads == "to another disk" else world.disk
    before = world.snapshot()
    for dry_run in (True, False):
        [reason] = refused(world.act(trash=True, dry_run=dry_run, disk=disk).outcomes)
        assert str(place) in reason
        assert ("is a link" in reason) or ("is no folder" in reason)
    assert world.snapshot() == before


def test_a_trash_folder_that_is_a_link_on_the_same_disk_is_used(world: World) -> None:
    _, extra = world.pair()
    goal = world.base / "goal"
    goal.mkdir()
    world.trash.symlink_to(goal)
    assert world.act(trash=True).exit_code == 0
    assert (goal / "files" / "a.jpg").exists()
    assert world.undo().exit_code == 0
    assert extra.exists()


class ElsewhereDisk(FaultyDisk):
    """A disk on which one folder lies on another device."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = str(folder)

    def lstat(self, path: str) -> os.stat_result:
        found = super().lstat(path)
        if not path.startswith(self.folder):
            return found
        exact = {name: getattr(found, name) for name in ("st_atime_ns", "st_mtime_ns", "st_ctime_ns")}
        return os.stat_result((*found[:2], found.st_dev + 1, *found[3:]), exact)
