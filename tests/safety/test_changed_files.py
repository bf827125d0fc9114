"""Rows 1 and 2: what changed since the scan is left alone, victim and keeper alike; the photo that stays is there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.platform.volumes import Volume
from dedupe.types import Relation
from tests.faults import FaultyDisk
from tests.safety.conftest import World, refused
from tests.support import fake_scan

Edit = Callable[[Path, Path], None]


def append(file: Path, other: Path) -> None:
    with file.open("ab") as opened:
        opened.write(b"!")


def overwrite_same_length(file: Path, other: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(-1, os.SEEK_END)
        opened.write(b"!")


def overwrite_and_set_time_back(file: Path, other: Path) -> None:
    before = file.stat()
    overwrite_same_length(file, other)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_rename(file: Path, other: Path) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_bytes(file.read_bytes())
    before = file.stat()
    os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    fresh.rename(file)


def swap_both(file: Path, other: Path) -> None:
    between = file.with_suffix(".between")
    file.rename(between)
    other.rename(file)
    between.rename(other)


def remove(file: Path, other: Path) -> None:
    file.unlink()


def become_a_folder(file: Path, other: Path) -> None:
    file.unlink()
    file.mkdir()


def become_a_link(file: Path, other: Path) -> None:
    hidden = file.with_suffix(".hidden")
    file.rename(hidden)
    file.symlink_to(hidden)


def become_a_pipe(file: Path, other: Path) -> None:
    file.unlink()
    os.mkfifo(file)


EDITS = [
    append,
    overwrite_same_length,
    overwrite_and_set_time_back,
    replace_by_rename,
    swap_both,
    remove,
    become_a_folder,
    become_a_link,
    become_a_pipe,
]


@pytest.mark.parametrize(("relation", "trash"), [("identical", False), ("resaved", True)])
@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("victim", [True, False], ids=["victim", "keeper"])
def test_a_photo_that_changed_since_the_scan_is_left_alone(
    world: World, edit: Edit, victim: bool, relation: str, trash: bool
) -> None:
    keep, extra = world.pair(relation)
    result = world.scan()
    edit(*((extra, keep) if victim else (keep, extra)))
    before = world.snapshot()
    report = world.act(result, trash=trash)
    assert world.snapshot() == before
    assert len(refused(report.outcomes)) == 1
    assert report.exit_code == 1
    assert world.act(result, trash=trash, dry_run=True).refusals == report.refusals


def test_same_bytes_in_another_file_are_not_what_was_scanned(world: World) -> None:
    keep, extra = world.pair()
    result = world.scan()
    replace_by_rename(extra, keep)
    assert refused(world.act(result).outcomes) == ["changed since the scan"]


def test_an_edit_with_its_time_set_back_is_seen_by_its_content(world: World) -> None:
    keep, extra = world.pair("resaved")
    result = world.scan()
    overwrite_and_set_time_back(extra, keep)
    assert refused(world.act(result).outcomes) == ["changed since the scan"]


def test_a_changed_keeper_is_named_as_the_reason(world: World) -> None:
    keep, extra = world.pair("resaved")
    result = world.scan()
    overwrite_and_set_time_back(keep, extra)
    assert refused(world.act(result).outcomes) == ["the photo that stays: changed since the scan"]


@pytest.mark.parametrize(("side", "whose"), [(0, "the photo that stays: "), (1, "")])
def test_a_photo_that_was_tagged_since_the_scan_stays(world: World, side: int, whose: str) -> None:
    pair = world.pair()
    result = world.scan()
    try:
        os.setxattr(pair[side], "user.xdg.tags", b"Grandma")
    except (OSError, AttributeError):
        pytest.skip("extended attributes of users need a file system that has them")
    assert refused(world.act(result).outcomes) == [f"{whose}has other tags, comments or stars than at the scan"]
    assert pair[1].exists()


def test_a_vanished_keeper_keeps_its_extra(world: World) -> None:
    keep, extra = world.pair()
    result = world.scan()
    keep.unlink()
    assert refused(world.act(result).outcomes) == ["the photo that stays: no longer exists"]
    assert extra.exists()


def test_a_changed_ctime_alone_is_read_again_and_passes(world: World) -> None:
    keep, extra = world.pair()
    result = world.scan()
    for file in (keep, extra):
        file.chmod(0o640)
    assert len(world.act(result).done) == 1
    assert not extra.exists()
    assert keep.exists()


class WritingDisk(FaultyDisk):
    """Somebody writes to a file while it is being read, after its last byte was."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._wrote = False

    def read(self, handle: int, size: int) -> bytes:
        found = super().read(handle, size)
        same = os.path.samestat(os.fstat(handle), self._file.stat())
        if same and not found and not self._wrote:
            self._wrote = True
            before = self._file.stat()
            overwrite_same_length(self._file, self._file)
            os.utime(self._file, ns=(before.st_atime_ns, before.st_mtime_ns))
        return found


@pytest.mark.parametrize("which", [0, 1], ids=["keeper", "victim"])
def test_a_photo_written_to_while_it_is_read_is_left_alone(world: World, which: int) -> None:
    files = world.pair("resaved")
    result = world.scan()
    report = world.act(result, disk=WritingDisk(files[which]))
    assert refused(report.outcomes)[0].endswith("is being changed right now")
    assert files[1].exists()


def before_commit(disk: FaultyDisk, number: int, happens: Callable[[], None]) -> None:
    """Let something happen right before the journal's nth commit: the 2nd is the first asset's intent."""
    seen = []

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "commit":
            seen.append(step)
            if len(seen) == number:
                happens()

    disk.before = hook


@pytest.mark.parametrize("trash", [False, True], ids=["move", "trash"])
@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("victim", [True, False], ids=["victim", "keeper"])
def test_a_change_after_the_check_is_seen_in_the_last_look(world: World, edit: Edit, victim: bool, trash: bool) -> None:
    keep, extra = world.pair("resaved")
    result = world.scan()
    disk = FaultyDisk()
    before_commit(disk, 2 if trash else 3, lambda: edit(*((extra, keep) if victim else (keep, extra))))
    report = world.act(result, trash=trash, disk=disk)
    assert not report.done
    everything = b"".join(world.contents())
    assert b"beach" in everything
    assert not [path for path in world.target.rglob("*") if path.is_file()]


class CoarseClock(FaultyDisk):
    """Two writes within one tick of this clock leave the same times; the photo is written to right after it was read."""

    ticked = edited = False

    def __init__(self, photo: Path) -> None:
        super().__init__()
        self.photo = photo

    def volume(self, folder: str) -> Volume:
        return replace(super().volume(folder), tick_ns=3_600_000_000_000)

    def read(self, handle: int, size: int) -> bytes:
        found = super().read(handle, size)
        if not found and not self.edited and os.path.samestat(os.fstat(handle), self.photo.stat()):
            self.edited = True
            self.photo.write_bytes(self.photo.read_bytes()[::-1])
        return found

    def fstat(self, handle: int) -> os.stat_result:
        found = super().fstat(handle)
        if not os.path.samestat(found, self.photo.stat()):
            return found
        times = {"st_atime_ns": 0, "st_mtime_ns": LONG_AGO, "st_ctime_ns": LATELY + (self.ticked and self.edited)}
        return os.stat_result(tuple(found), times)


LONG_AGO, LATELY = 1_400_000_001_000_000_000, time.time_ns()


def test_a_photo_just_written_is_read_only_after_the_clock_has_ticked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, extra = world.pair("resaved")
    os.utime(extra, ns=(LONG_AGO, LONG_AGO))
    result = world.scan()
    disk = CoarseClock(extra)
    monkeypatch.setattr(
        "dedupe.actions.planning.checks.time.sleep", lambda seconds: setattr(disk, "ticked", seconds > 0)
    )
    assert refused(world.act(result, disk=disk).outcomes) == ["is being changed right now"]
    assert extra.exists()


def test_another_file_swapped_in_after_the_check_stays(world: World) -> None:
    keep, extra = world.pair("resaved")
    result = world.scan()
    disk = FaultyDisk()
    before_commit(disk, 3, lambda: replace_by_rename(extra, keep))
    assert refused(world.act(result, disk=disk).outcomes) == ["changed since the scan"]
    assert extra.exists()


def test_the_wrong_file_found_after_the_rename_goes_back_and_the_run_stops(world: World) -> None:
    _keep, extra = world.pair("resaved")
    world.make({"keep/b.jpg": "cake\n1", "old/b.jpg": "cake\n2"})
    result = world.scan()
    disk = FaultyDisk()

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "rename" and arguments[0] == str(extra):
            disk.before = None
            extra.unlink()
            extra.write_bytes(b"a new photo")

    disk.before = hook
    report = world.act(result, disk=disk)
    assert report.exit_code == 4
    assert extra.read_bytes() == b"a new photo"
    assert (world.root / "old" / "b.jpg").exists()
    assert not list(world.target.rglob("*.jpg"))


def test_two_runs_of_one_plan_move_nothing_twice(world: World) -> None:
    world.pair()
    result = world.scan()
    assert len(world.act(result).done) == 1
    before = world.snapshot()
    report = world.act(result)
    assert report.refusals == {"no longer exists": 1} or report.outcomes == ()
    assert world.snapshot() == before


def test_a_keeper_that_is_to_leave_by_another_group_keeps_its_extra(world: World) -> None:
    world.pair("resaved")
    first = world.plan()
    [action] = first
    forged = replace(
        action,
        moves=(replace(action.keeper, target=str(world.target / "keep" / "a.jpg")),),
        keeper=replace(action.moves[0], target=None),
    )
    before = world.snapshot()
    applied = world.carry_out((action, forged))
    assert refused(applied.outcomes) == ["the photo that stays is selected for removal too"] * 2
    assert world.snapshot() == before


def test_no_group_is_emptied_by_a_second_scan(world: World) -> None:
    made = world.make({f"{folder}/a.jpg": "beach\nsame" for folder in "abcde"})
    while world.act(fake_scan(world.root)).done:
        pass
    assert [path.exists() for path in made.values()] == [True, False, False, False, False]


class WeakDisk(FaultyDisk):
    """A network drive: its inode numbers say nothing."""

    def volume(self, folder: str) -> Volume:
        return replace(super().volume(folder), weak=True)


def test_on_a_network_drive_the_inode_may_change_but_not_the_content(world: World) -> None:
    keep, extra = world.pair("resaved")
    result = world.scan()
    replace_by_rename(extra, keep)
    assert len(world.act(result, disk=WeakDisk()).done) == 1
    world.undo()
    result = world.scan()
    overwrite_and_set_time_back(extra, keep)
    assert refused(world.act(result, disk=WeakDisk()).outcomes) == ["changed since the scan"]


def test_a_photo_never_leaves_in_favour_of_itself(world: World) -> None:
    keep, extra = world.pair()
    result = world.scan()
    before = extra.stat()
    os.utime(keep, ns=(before.st_atime_ns, before.st_mtime_ns))
    result = world.scan()
    extra.unlink()
    os.link(keep, extra)
    disk = WeakDisk()
    report = world.act(result, disk=disk)
    assert refused(report.outcomes) == ["is the same file as the photo that stays"]
    assert "replace_claim" not in disk.taken, "it did not even begin"
    assert "rename" not in disk.taken


class OtherMount(WeakDisk):
    """What is opened below ``folder`` is reached through a second mount: the same inode with another device number."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = str(folder)
        self.opened: dict[int, bool] = {}

    def open_read(self, path: str) -> int:
        handle = super().open_read(path)
        self.opened[handle] = path.startswith(self.folder)
        return handle

    def lstat(self, path: str) -> os.stat_result:
        return self.seen(super().lstat(path), path.startswith(self.folder))

    def fstat(self, handle: int) -> os.stat_result:
        return self.seen(super().fstat(handle), self.opened.get(handle, False))

    def seen(self, found: os.stat_result, elsewhere: bool) -> os.stat_result:
        exact = {name: getattr(found, name) for name in ("st_atime_ns", "st_mtime_ns", "st_ctime_ns")}
        return os.stat_result((*found[:2], found.st_dev + elsewhere, *found[3:]), exact)


def test_one_file_reached_through_two_mounts_stays(world: World) -> None:
    keep, extra = world.pair()
    before = extra.stat()
    os.utime(keep, ns=(before.st_atime_ns, before.st_mtime_ns))
    result = world.scan()
    extra.unlink()
    os.link(keep, extra)
    report = world.act(result, disk=OtherMount(keep.parent))
    assert refused(report.outcomes) == ["is the same file as the photo that stays"]


class OneFile(FaultyDisk):
    """Two names that nothing shows to be of one file, until the one leaves and the other is gone as well."""

    pair: tuple[str, str] = ("", "")

    def gone(self, path: str) -> None:
        if path == self.pair[1]:
            os.unlink(self.pair[0])
            self.pair = ("", "")

    def rename(self, source: str, target: str) -> None:
        super().rename(source, target)
        self.gone(source)


@pytest.mark.parametrize("way", ["move", "copy", "trash"])
def test_where_the_photo_that_stays_goes_with_the_other_that_one_comes_back(world: World, way: str) -> None:
    keep, extra = world.pair()
    world.make({"keep/b.jpg": "y\n1", "old/b.jpg": "y\n2"})
    disk = OneFile(volumes=(str(world.root),) if way == "copy" else ())
    disk.pair = (str(keep), str(extra))
    report = world.act(trash=way == "trash", disk=disk)
    assert (len(report.done), report.exit_code) == (0, 4)
    assert report.failed[0].reason == "the photo that stays: no longer exists, now that the other has left"
    assert extra.read_text() == "beach\nsame"
    assert (world.root / "old" / "b.jpg").exists()


def test_a_crash_after_the_photo_that_stays_went_brings_the_other_back(world: World) -> None:
    keep, extra = world.pair()
    world.act()
    world.edit_journal("UPDATE runs SET ended = NULL")
    world.edit_journal("UPDATE units SET state = 'begun'")
    keep.unlink()
    [told] = actions.recover(world.paths)
    assert "was taken back" in told
    assert extra.exists()


def test_a_keeper_that_goes_before_the_count_is_no_success(world: World) -> None:
    keep, _ = world.pair()
    world.make({"keep/b.jpg": "y\n1", "old/b.jpg": "y\n2"})
    disk = FaultyDisk()

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "rename" and str(arguments[0]).endswith("old/b.jpg"):
            keep.unlink()

    disk.before = hook
    report = world.act(disk=disk)
    assert report.exit_code == 4
    assert [outcome.reason for outcome in report.failed] == ["the photo that stays is no longer there"]


def test_identical_means_the_same_bytes_not_the_same_hash(world: World) -> None:
    world.pair("resaved")
    [action] = world.plan()
    applied = world.carry_out((replace(action, relation=Relation.IDENTICAL),))
    assert refused(applied.outcomes) == ["its bytes are not those of the photo that stays"]
