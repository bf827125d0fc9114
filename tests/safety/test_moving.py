"""Rows 7 to 10: folded names, other volumes, occupied names, full disks. Nothing is overwritten, nothing half-written stays."""

from __future__ import annotations

import errno
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.planning.names import MARKER, folded
from dedupe.actions.platform.volumes import Volume
from dedupe.errors import RefusedError, UsageError
from dedupe.types import ActionKind
from tests.faults import FaultyDisk
from tests.safety.conftest import World, refused
from tests.support import fake_scan, make, photo_at, result_of, tree_snapshot

SHAPES: list[Callable[[World], FaultyDisk]] = [
    lambda world: FaultyDisk(),
    lambda world: FaultyDisk(exclusive_rename=False),
    lambda world: FaultyDisk(exclusive_rename=False, links=False),
    lambda world: FaultyDisk(volumes=(str(world.root),)),
    lambda world: FaultyDisk(volumes=(str(world.root),), exclusive_rename=False),
    lambda world: FaultyDisk(volumes=(str(world.root),), exclusive_rename=False, links=False),
]
NAMES = ["rename", "link", "claim", "other volume", "other volume by link", "other volume by claim"]
every_way = pytest.mark.parametrize("shape", SHAPES, ids=NAMES)


# -- folders, times, undo ----------------------------------------------------------------------------------------------


@every_way
def test_a_move_keeps_folders_times_modes_and_undo_restores_everything(
    world: World, shape: Callable[[World], FaultyDisk]
) -> None:
    made = world.make({"keep/a.jpg": "x\n1", "old/2014/trip/a.jpg": "x\n2", "old/a.jpg": "x\n3", "b.jpg": "x\n4"})
    made["old/a.jpg"].chmod(0o604)
    result = result_of(
        [world.root],
        [(photo_at(made["keep/a.jpg"], world.root), [photo_at(p, world.root) for p in list(made.values())[1:]])],
    )
    before = world.snapshot()
    report = world.act(result, disk=shape(world))
    assert (len(report.done), report.exit_code) == (3, 0)
    moved = world.snapshot()
    for name in ("old/2014/trip/a.jpg", "old/a.jpg", "b.jpg"):
        assert moved[str(world.target / name)] == before[str(world.root / name)]
        assert str(world.root / name) not in moved
    world.undo(disk=shape(world))
    assert world.snapshot() == before
    assert not world.target.exists()


@every_way
def test_extended_attributes_go_along(world: World, shape: Callable[[World], FaultyDisk]) -> None:
    _keep, extra = world.pair("resaved")
    try:
        os.setxattr(extra, "user.comment", b"grandma")
    except OSError:
        pytest.skip("no extended attributes on this file system")
    world.act(disk=shape(world))
    moved = world.target / "old" / "a.jpg"
    assert os.getxattr(moved, "user.comment") == b"grandma"
    world.undo(disk=shape(world))
    assert os.getxattr(extra, "user.comment") == b"grandma"


def test_what_a_copy_cannot_carry_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _keep, extra = world.pair("resaved")
    try:
        os.setxattr(extra, "user.comment", b"grandma")
    except OSError:
        pytest.skip("no extended attributes on this file system")

    def refuse(*arguments: object) -> None:
        raise OSError(errno.ENOTSUP, "no attributes here")

    monkeypatch.setattr(os, "setxattr", refuse)
    report = world.act(disk=FaultyDisk(volumes=(str(world.root),)))
    [outcome] = report.done
    assert outcome.reason == "moved without the attribute user.comment"
    assert "1 moved without the attribute user.comment." in report.sentences()


def test_several_roots_keep_their_names_below_the_target(world: World) -> None:
    roots = [world.base / "one" / "Photos", world.base / "two" / "Photos", world.base / "Camera"]
    for number, root in enumerate(roots):
        make(root, {"a.jpg": f"x\n{number}"})
    report = actions.act(
        fake_scan(*roots), kind=ActionKind.MOVE, target=str(world.target), paths=world.paths, disk=world.disk
    )
    assert len(report.done) == 2
    assert (world.target / "Photos (2)" / "a.jpg").read_text() == "x\n1"
    assert (world.target / "Camera" / "a.jpg").read_text() == "x\n2"


def test_a_target_inside_the_root_is_marked_and_skipped_by_the_next_scan(world: World) -> None:
    world.pair()
    world.target = world.root / "moved"
    before = tree_snapshot(world.root)
    assert world.act().exit_code == 0
    assert (world.target / MARKER).is_file()
    assert not fake_scan(world.root).groups
    world.undo()
    assert tree_snapshot(world.root) == before


def test_the_marked_folder_is_what_walk_skips(world: World) -> None:
    from dedupe.tree.walk import WalkOptions, walk

    world.pair()
    world.target = world.root / "moved"
    assert len(walk([str(world.root)], WalkOptions()).files) == 2
    world.act()
    assert [file.path for file in walk([str(world.root)], WalkOptions()).files] == [str(world.root / "keep" / "a.jpg")]
    world.undo()
    assert len(walk([str(world.root)], WalkOptions()).files) == 2


def test_a_second_move_into_the_same_folder_is_welcome(world: World) -> None:
    world.pair()
    world.target = world.root / "moved"
    before = tree_snapshot(world.root)
    world.act()
    world.make({"old/b.jpg": "beach\nsame"})
    assert len(world.act().done) == 1
    world.undo()
    world.undo()
    (world.root / "old" / "b.jpg").unlink()
    assert tree_snapshot(world.root) == before


def test_a_target_that_nothing_went_to_is_not_left_behind(world: World) -> None:
    _keep, _extra = world.pair("resaved")
    result = world.scan()
    disk = FaultyDisk().fail("rename", 1, errno.EACCES)
    assert refused(world.act(result, disk=disk).outcomes) == ["can't be moved (permission denied)"]
    assert not world.target.exists()


# -- occupied names ----------------------------------------------------------------------------------------------------


def a_file(path: Path) -> None:
    path.write_bytes(b"somebody else's")


def an_empty_file(path: Path) -> None:
    path.touch()


def a_folder(path: Path) -> None:
    path.mkdir()


def a_dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


OCCUPANTS = [a_file, an_empty_file, a_folder, a_dangling_link]


@pytest.mark.parametrize("occupy", OCCUPANTS)
def test_an_occupied_name_is_left_and_another_is_found(world: World, occupy: Callable[[Path], None]) -> None:
    world.pair("resaved")
    (world.target / "old").mkdir(parents=True)
    occupy(world.target / "old" / "a.jpg")
    before = tree_snapshot(world.target)
    [outcome] = world.act().done
    assert outcome.action.moves[0].target == str(world.target / "old" / "a (2).jpg")
    after = tree_snapshot(world.target)
    assert {path: after[path] for path in before} == before
    assert (world.target / "old" / "a (2).jpg").read_text() == "beach\nagain"


@every_way
@pytest.mark.parametrize("occupy", OCCUPANTS)
def test_a_name_taken_in_the_last_instant_is_not_overwritten(
    world: World, occupy: Callable[[Path], None], shape: Callable[[World], FaultyDisk]
) -> None:
    world.pair("resaved")
    disk = shape(world)
    place = world.target / "old" / "a.jpg"
    last = {"rename": 1, "link": 1, "create": 1}

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step in last and str(place) in map(str, arguments) and not os.path.lexists(place):
            occupy(place)

    disk.before = hook
    [outcome] = world.act(disk=disk).done
    assert outcome.action.moves[0].target == str(world.target / "old" / "a (2).jpg")
    assert (world.target / "old" / "a (2).jpg").read_text() == "beach\nagain"
    if occupy is a_file:
        assert place.read_bytes() == b"somebody else's"
    assert os.path.lexists(place)
    assert not [path for path in world.target.rglob("*") if path.name.endswith(".partial")]


def test_a_placeholder_that_somebody_wrote_into_is_theirs(world: World) -> None:
    world.pair("resaved")
    place = world.target / "old" / "a.jpg"
    disk = FaultyDisk(exclusive_rename=False, links=False)

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "replace_claim" and str(place) in arguments:
            place.write_bytes(b"written into our placeholder")

    disk.before = hook
    done = world.act(disk=disk).done
    assert place.read_bytes() == b"written into our placeholder"
    assert [outcome.action.moves[0].target for outcome in done] == [str(world.target / "old" / "a (2).jpg")]


def test_another_file_that_takes_the_old_name_in_the_last_instant_stays(world: World) -> None:
    """Where a link is made and the old name removed after: that name may be somebody else's by then."""
    _, extra = world.pair("resaved")
    place = world.target / "old" / "a.jpg"
    disk = FaultyDisk(exclusive_rename=False)

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "fsync_folder" and place.exists() and extra.read_text() != "just arrived":
            extra.with_name("new").write_text("just arrived")
            os.replace(extra.with_name("new"), extra)

    disk.before = hook
    report = world.act(disk=disk)
    assert report.exit_code == 4
    assert extra.read_text() == "just arrived"
    assert b"beach\nagain" in world.contents()


def test_equal_names_from_many_folders_all_arrive(world: World) -> None:
    files: dict[str, str | bytes] = {"keep/IMG_1.jpg": "x\nkept"}
    files |= {f"{n:02d}/IMG_1.jpg": f"x\n{n}" for n in range(30)}
    world.make(files)
    result = fake_scan(world.root)
    # One root for each folder, all of one name, so that every photo wants the same place.
    flat = replace(result, roots=(str(world.root),))
    before = world.contents()
    assert len(world.act(flat).done) == 30
    assert world.contents() == before


def test_names_that_only_differ_in_case_do_not_meet_on_a_folding_disk(world: World) -> None:
    class FoldingDisk(FaultyDisk):
        """A case-insensitive, normalising target."""

        def volume(self, folder: str) -> Volume:
            return replace(super().volume(folder), folds=True)

        def _folded(self, path: str) -> bool:
            folder, name = os.path.split(path)
            return os.path.isdir(folder) and any(folded(other) == folded(name) for other in os.listdir(folder))

        def is_taken(self, path: str) -> bool:
            return super().is_taken(path) or (path.startswith(str(world.target)) and self._folded(path))

        def rename(self, source: str, target: str) -> None:
            if target.startswith(str(world.target)) and self._folded(target):
                raise FileExistsError(errno.EEXIST, "taken", target)
            super().rename(source, target)

    composed, decomposed = "\u00e9.jpg", "e\u0301.jpg"
    names = ["d/A.JPG", "d/a.jpg", f"d/{composed}", f"d/{decomposed}"]
    made = world.make({"keep.jpg": "x\n0"} | {name: f"x\n{n}" for n, name in enumerate(names, start=1)})
    photos = [photo_at(path, world.root) for path in made.values()]
    result = result_of([world.root], [(photos[0], photos[1:])])
    report = world.act(result, disk=FoldingDisk())
    targets = [os.path.basename(outcome.action.moves[0].target or "") for outcome in report.done]
    assert sorted(map(folded, targets)) == sorted(map(folded, ["a.jpg", "a (2).jpg", composed, "\u00e9 (2).jpg"]))
    planned = world.act(result, disk=FoldingDisk(), dry_run=True)
    assert not planned.done


def test_what_is_planned_for_a_volume_that_folds_names_stays_apart_there(world: World) -> None:
    class Folding(FaultyDisk):
        def volume(self, folder: str) -> Volume:
            return replace(super().volume(folder), folds=True)

    made = world.make(
        {"keep.jpg": "x\n0", "d/A.JPG": "x\n1", "d/a.jpg": "x\n2", "d/\u00e9.jpg": "x\n3", "d/e\u0301.jpg": "x\n4"}
    )
    photos = [photo_at(path, world.root) for path in made.values()]
    planned = world.act(result_of([world.root], [(photos[0], photos[1:])]), disk=Folding(), dry_run=True)
    targets = [outcome.action.moves[0].target or "" for outcome in planned.done]
    assert (len(targets), len(set(map(folded, targets)))) == (4, 4)


def test_a_asset_of_two_names_that_fold_to_one_is_left_alone(world: World) -> None:
    """Both names cannot be had at once there, so the asset does not go at all, and nothing loops."""
    _keep, extra = world.pair("resaved")
    os.link(extra, extra.with_name("A.JPG"))

    class Folding(FaultyDisk):
        def rename(self, source: str, target: str) -> None:
            folder = os.path.dirname(target)
            if target.startswith(str(world.target)) and os.listdir(folder):
                raise FileExistsError(errno.EEXIST, "taken", target)
            super().rename(source, target)

    before = tree_snapshot(world.root)
    assert refused(world.act(disk=Folding()).outcomes) == ["no name is free for it"]
    assert tree_snapshot(world.root) == before


# -- other volumes -----------------------------------------------------------------------------------------------------


class FlippingDisk(FaultyDisk):
    """The new disk gives back one wrong bit."""

    flips = 1

    def write(self, handle: int, data: bytes) -> None:
        if self.flips and b"beach" in data:
            self.flips -= 1
            data = bytes([data[0] ^ 1]) + data[1:]
        super().write(handle, data)


def test_a_copy_with_one_wrong_bit_is_removed_and_the_run_stops(world: World) -> None:
    world.pair("resaved")
    world.make({"keep/b.jpg": "cake\n1", "old/b.jpg": "cake\n2"})
    before = tree_snapshot(world.root)
    report = world.act(disk=FlippingDisk(volumes=(str(world.root),)))
    assert report.exit_code == 4
    assert "the copy that was written is not what was read" in report.failed[0].reason
    assert tree_snapshot(world.root) == before
    assert not [path for path in world.target.rglob("*") if path.is_file()]
    assert len(world.act().done) == 2


def test_a_source_edited_while_it_is_copied_stays_as_edited(world: World) -> None:
    _keep, extra = world.pair("resaved")
    disk = FaultyDisk(volumes=(str(world.root),))

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "copy_metadata":
            extra.write_bytes(b"edited just now")

    disk.before = hook
    report = world.act(disk=disk)
    assert refused(report.outcomes) == ["changed since the scan"]
    assert extra.read_bytes() == b"edited just now"
    assert not [path for path in world.target.rglob("*") if path.is_file()]


def test_a_source_edited_right_before_it_would_go_stays_as_edited(world: World) -> None:
    _keep, extra = world.pair("resaved")
    disk = FaultyDisk(volumes=(str(world.root),))
    seen = []

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "fsync_folder" and not seen:
            seen.append(step)
            extra.write_bytes(b"edited just now")

    disk.before = hook
    report = world.act(disk=disk)
    assert not report.done
    assert extra.read_bytes() == b"edited just now"
    assert b"beach\nagain" in world.contents() or not world.target.exists() or report.failed


# -- full disks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["create", "write", "copy_metadata", "fsync", "rename", "fsync_folder", "unlink"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
def test_the_original_stays_when_the_target_is_full_or_breaks(world: World, step: str, number: int) -> None:
    world.make({f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(3) for folder in ("keep", "old")})
    before = tree_snapshot(world.root)
    count = len(world.contents())
    for nth in range(1, 4):
        disk = FaultyDisk(volumes=(str(world.root),)).fail(step, nth, number)
        try:
            report = world.act(disk=disk)
        except RefusedError as refusal:
            assert "Nothing was touched" in str(refusal)
            assert tree_snapshot(world.root) == before
            assert not world.target.exists()
            continue
        assert len(world.contents()) == count
        assert not [path for path in world.base.rglob("*.partial")]
        done = {outcome.action.moves[0].source for outcome in report.done}
        after = tree_snapshot(world.root)
        assert {path for path in before if path not in after} == done
        assert len(report.outcomes) == 3
        if step in disk.taken and report.stopped is not None:
            begun = len(done) + len(report.failed)
            assert report.exit_code == 4
            assert report.refusals.get("not started, because the run had stopped", 0) == 3 - begun
        else:
            assert report.exit_code == 0
        if actions.history(world.paths) and actions.history(world.paths)[0].undoable:
            world.undo()
        assert tree_snapshot(world.root) == before


@pytest.mark.parametrize("nth", [1, 2], ids=["at the lease", "at the run"])
def test_a_full_journal_refuses_before_anything_is_touched(world: World, nth: int) -> None:
    world.pair()
    before = world.snapshot()
    with pytest.raises(RefusedError, match="Nothing was touched"):
        world.act(disk=FaultyDisk().fail("commit", nth, errno.ENOSPC))
    assert world.snapshot() == before


@pytest.mark.parametrize("trash", [False, True], ids=["move", "trash"])
@pytest.mark.parametrize("nth", range(3, 9))
def test_a_journal_that_fills_up_stops_the_run_and_loses_nothing(world: World, nth: int, trash: bool) -> None:
    world.make({f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(3) for folder in ("keep", "old")})
    before = tree_snapshot(world.root)
    everything = world.contents()
    report = world.act(trash=trash, disk=FaultyDisk().fail("commit", nth, errno.ENOSPC))
    assert world.contents() == everything
    assert report.exit_code in (0, 4)
    actions.recover(world.paths)
    assert world.contents() == everything
    summaries = actions.history(world.paths)
    if summaries and summaries[0].undoable:
        world.undo()
    assert tree_snapshot(world.root) == before


def test_too_little_room_on_the_other_disk_refuses_the_whole(world: World) -> None:
    class SmallDisk(FaultyDisk):
        def free_bytes(self, folder: str) -> int:
            return 11

        def lstat(self, path: str) -> os.stat_result:
            found = super().lstat(path)
            if not path.startswith(str(world.root)):
                values = list(found)
                values[2] = found.st_dev + 1
                return os.stat_result(values)
            return found

    world.pair("resaved")
    before = world.snapshot()
    with pytest.raises(RefusedError, match="would be copied"):
        world.act(disk=SmallDisk())
    assert world.snapshot() == before


# -- equal names, several processes --------------------------------------------------------------------------------------

_RACER = """
import json, sys, time
from pathlib import Path
from dedupe import actions
from dedupe.errors import LockedError
from dedupe.types import ActionKind
from tests.support import Places, fake_scan
base, number = Path(sys.argv[1]), sys.argv[2]
kind = ActionKind.TRASH if sys.argv[3] == "trash" else ActionKind.MOVE
target = None if kind is ActionKind.TRASH else str(base / "moved")
result = fake_scan(base / "photos" / number)
tries = 0
while True:
    tries += 1
    try:
        report = actions.act(result, kind=kind, target=target, paths=Places.below(base / "state"))
        break
    except LockedError:
        time.sleep(0.02)
print(json.dumps([len(report.done), report.exit_code, tries]))
"""


@pytest.mark.parametrize(("kind", "each"), [("move", 40), ("trash", 150)])
def test_eight_processes_with_equal_names_lose_nothing(world: World, kind: str, each: int) -> None:
    """send2trash alone lost 2–23 of 1,200 photos of equal names in each of nine such runs."""
    for worker in range(8):
        make(world.root / str(worker), {f"IMG_{n}.jpg": f"p{n}\n{worker}" for n in range(each)})
        make(world.root / str(worker) / "keep", {f"IMG_{n}.jpg": f"p{n}\nkept by {worker}" for n in range(each)})
    before = world.contents()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACER, str(world.base), str(worker), kind],
            stdout=subprocess.PIPE,
            env=environment,
        )
        for worker in range(8)
    ]
    told = [json.loads(racer.communicate()[0]) for racer in racers]
    assert [(done, code) for done, code, _ in told] == [(each, 0)] * 8
    assert world.contents() == before
    assert len([path for path in world.root.rglob("IMG_*.jpg")]) == 8 * each


# -- new folders ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("copies", [False, True], ids=["same volume", "other volume"])
def test_every_new_folder_is_on_the_disk_before_a_photo_leaves_its_place(world: World, copies: bool) -> None:
    world.make({"keep/a.jpg": "x\n1", "old/deep/er/a.jpg": "x\n2"})
    disk = FaultyDisk(volumes=(str(world.root),) if copies else ())
    steps: list[tuple[str, str]] = []
    disk.before = lambda step, arguments: steps.append((step, str(arguments[0])))
    assert len(world.act(disk=disk).done) == 1
    leaves = next(
        index for index, (step, path) in enumerate(steps) if step == "rename" and path.endswith("old/deep/er/a.jpg")
    )
    made = [path for step, path in steps if step == "mkdir"]
    assert made == [str(world.target / name) for name in ("", "old", "old/deep", "old/deep/er")]
    for path in made:
        begun = steps.index(("mkdir", path))
        assert ("fsync_folder", os.path.dirname(path)) in steps[begun:leaves]


def test_an_empty_folder_that_somebody_made_in_the_same_instant_is_theirs(world: World) -> None:
    world.pair()
    disk = FaultyDisk().fail("rename", 1, errno.EACCES)
    theirs = world.target / "old"

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "mkdir" and str(arguments[0]) == str(theirs):
            os.mkdir(theirs)

    disk.before = hook
    assert not world.act(disk=disk).done
    assert theirs.is_dir()


@pytest.mark.parametrize("moment", ["before it is set aside", "before it goes"])
def test_a_file_saved_under_the_old_name_in_the_last_instant_stays(world: World, moment: str) -> None:
    """Across volumes the original is removed at the end: not what somebody saved under its name meanwhile."""
    _, extra = world.pair("resaved")
    times = extra.stat()
    disk = FaultyDisk(volumes=(str(world.root),))
    saved = []

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        setting_aside = step == "rename" and str(arguments[1]).endswith(".leaving")
        going = step == "unlink" and str(arguments[0]).endswith(".leaving")
        if not saved and (setting_aside if moment == "before it is set aside" else going):
            saved.append(step)
            new = world.base / "new"
            new.write_bytes(b"just saved!")
            os.utime(new, ns=(times.st_atime_ns, times.st_mtime_ns))
            os.replace(new, extra)

    disk.before = hook
    report = world.act(disk=disk)
    assert saved
    assert extra.read_bytes() == b"just saved!"
    assert len(report.done) == 1, "the photo itself is whole in the other place"
    assert report.exit_code == (4 if moment == "before it is set aside" else 0)
    assert b"beach\nagain" in world.contents()
    assert not list(world.root.rglob("*.leaving"))


def test_what_is_written_into_a_photo_on_its_way_out_is_kept(world: World) -> None:
    """An editor that holds the photo open saves while it waits, renamed, for its end."""
    made = world.make({"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2", "old/a.xmp": "stars"})
    disk = FaultyDisk(volumes=(str(world.root),))
    handle = os.open(made["old/a.jpg"], os.O_WRONLY | os.O_APPEND)

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        leaves = step == "rename" and str(arguments[1]).endswith(".leaving")
        if leaves and str(arguments[0]).endswith("a.xmp") and not made["old/a.jpg"].exists():
            os.write(handle, b" and more")
            disk.before = None

    disk.before = hook
    report = world.act(disk=disk)
    os.close(handle)
    assert report.exit_code == 4
    assert made["old/a.jpg"].read_bytes() == b"x\n2 and more"
    assert {b"x\n2", b"stars"} <= set(world.contents())


def test_a_target_that_cannot_be_made_is_refused_with_nothing_touched(world: World) -> None:
    """Nothing was begun: that is exit code 3 with the reason, not a run that stopped midway."""
    world.pair()
    before = world.snapshot()
    with pytest.raises(RefusedError, match=r"target folder cannot be made .*full.* Nothing was touched\.") as refusal:
        world.act(disk=FaultyDisk().fail("mkdir", 1, errno.ENOSPC))
    assert refusal.value.exit_code == 3
    assert world.snapshot() == before
    assert actions.history(world.paths) == ()
    assert actions.recover(world.paths) == []


@pytest.mark.parametrize("levels", [1, 30])
def test_a_target_with_too_long_a_name_is_refused_by_its_name(world: World, levels: int) -> None:
    world.pair()
    before = world.snapshot()
    target = world.base.joinpath(*["n" * (300 if levels == 1 else 200)] * levels)
    with pytest.raises(RefusedError, match=r"is too long\. Nothing was touched") as refusal:
        world.act(target=target)
    assert refusal.value.exit_code == 3
    assert world.snapshot() == before


def test_a_photo_whose_path_would_be_too_long_there_is_left_alone_with_the_reason(world: World) -> None:
    deep = "/".join(["d" * 200] * 11)
    world.make({"keep/a.jpg": "x\n1", f"old/{deep}/a.jpg": "x\n2", "keep/b.jpg": "y\n1", "old/b.jpg": "y\n2"})
    target = world.base.joinpath(*["t" * 200] * 11)
    for dry_run in (True, False):
        report = world.act(target=target, dry_run=dry_run)
        assert report.refusals == {"its name would be too long there": 1}
        assert report.exit_code == 1


def test_a_tilde_is_the_home_folder_and_never_a_folder_of_that_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pair()
    (world.home / "moved").mkdir()
    monkeypatch.chdir(world.base)
    report = world.act(target="~/moved")  # type: ignore[arg-type]
    assert report.target == str(world.home / "moved")
    assert (world.home / "moved" / "old" / "a.jpg").exists()
    assert not (world.base / "~").exists()
    with pytest.raises(UsageError, match=r"~nobody-has-this-name is nobody's home folder"):
        world.act(target="~nobody-has-this-name/x")  # type: ignore[arg-type]


# -- what a move keeps ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("copies", [False, True], ids=["same volume", "other volume"])
def test_folders_that_a_move_makes_are_as_private_as_those_the_photos_leave(world: World, copies: bool) -> None:
    world.make({"keep/a.jpg": "x\n1", "old/private/a.jpg": "x\n2", "old/b.jpg": "y\n1", "keep/b.jpg": "y\n2"})
    modes = {"": 0o750, "old": 0o2770, "old/private": 0o700}
    for name, mode in modes.items():
        (world.root / name).chmod(mode)
    disk = FaultyDisk(volumes=(str(world.root),) if copies else ())
    assert len(world.act(disk=disk).done) == 2
    for name, mode in modes.items():
        assert (world.target / name).stat().st_mode & 0o7777 == mode, name


def test_undo_makes_the_folders_again_as_they_were(world: World) -> None:
    world.make({"keep/a.jpg": "x\n1", "old/private/a.jpg": "x\n2"})
    (world.root / "old").chmod(0o2770)
    (world.root / "old/private").chmod(0o700)
    before = tree_snapshot(world.root)
    world.act()
    (world.root / "old/private").rmdir()
    (world.root / "old").rmdir()
    assert world.undo().exit_code == 0
    assert tree_snapshot(world.root) == before


def test_an_access_list_of_a_folder_goes_with_the_photos(world: World) -> None:
    extra = world.make({"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2"})["old/a.jpg"]
    # Owner rwx, user 4711 r-x, group r-x, mask r-x, others none (acl(5), version 2).
    entries = ((1, 7, -1), (2, 5, 4711), (4, 5, -1), (16, 5, -1), (32, 0, -1))
    packed = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(extra.parent, "system.posix_acl_access", packed)
    except OSError as error:
        pytest.skip(f"no access lists here: {error.strerror}")
    world.act()
    assert os.getxattr(world.target / "old", "system.posix_acl_access") == packed
    extra.parent.rmdir()
    world.undo()
    assert os.getxattr(extra.parent, "system.posix_acl_access") == packed


def test_what_a_folder_could_not_be_given_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.make({"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2"})
    (world.root / "old").chmod(0o2770)
    monkeypatch.setattr(os, "chmod", lambda *arguments, **named: None)
    report = world.act()
    assert [outcome.reason for outcome in report.done] == ["moved without the permissions of its folder"]


def test_a_sparse_photo_stays_sparse_on_another_disk(world: World) -> None:
    extra = world.make({"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2"})["old/a.jpg"]
    with extra.open("r+b") as file:
        file.truncate(32 << 20)
        file.seek(16 << 20)
        file.write(b"in the middle")
    content = extra.read_bytes()
    if extra.stat().st_blocks * 512 >= len(content):
        pytest.skip("this file system has no holes")
    assert len(world.act(disk=FaultyDisk(volumes=(str(world.root),))).done) == 1
    copy = world.target / "old" / "a.jpg"
    assert copy.read_bytes() == content
    assert copy.stat().st_blocks * 512 < 8 << 20
