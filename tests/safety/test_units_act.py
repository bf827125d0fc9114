"""Row 23: a photo with its sidecars, video, RAW or edit moves as one, or not at all; what others share stays."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dedupe.actions.unseen import UNSEEN
from dedupe.types import CompanionKind, Photo
from tests.faults import FaultyDisk
from tests.safety.conftest import World, refused
from tests.support import companion_at, photo_at, result_of, tree_snapshot

UNIT = {
    "keep/IMG.jpg": "x\nkept",
    "keep/IMG.mov": "the video",
    "keep/IMG.aae": "the edit",
    "old/IMG.jpg": "x\nextra",
    "old/IMG.mov": "the video",
    "old/IMG.aae": "the edit",
    "old/IMG.xmp": "five stars",
    "old/IMG.json": "takeout",
}


def parts(world: World, folder: str = "old") -> list[Path]:
    return sorted((world.root / folder).iterdir())


@pytest.mark.parametrize("trash", [False, True], ids=["move", "trash"])
def test_a_unit_goes_and_comes_back_whole(world: World, trash: bool) -> None:
    world.make(UNIT)
    before = world.snapshot()
    report = world.act(trash=trash)
    assert (len(report.done), report.files) == (1, 5)
    assert parts(world) == []
    assert len(parts(world, "keep")) == 3
    world.undo()
    after = world.snapshot()
    assert {path: after[path] for path in before} == before


@pytest.mark.parametrize("missing", ["old/IMG.jpg", "old/IMG.mov", "old/IMG.aae", "old/IMG.xmp"])
def test_a_unit_with_a_part_gone_stays(world: World, missing: str) -> None:
    made = world.make(UNIT)
    result = world.scan()
    made[missing].unlink()
    before = world.snapshot()
    assert len(refused(world.act(result).outcomes)) == 1
    assert world.snapshot() == before


@pytest.mark.parametrize("changed", ["old/IMG.mov", "old/IMG.xmp", "keep/IMG.mov", "keep/IMG.aae"])
def test_a_unit_with_a_part_changed_on_either_side_stays(world: World, changed: str) -> None:
    made = world.make(UNIT)
    result = world.scan()
    made[changed].write_bytes(made[changed].read_bytes()[::-1])
    before = world.snapshot()
    assert len(refused(world.act(result).outcomes)) == 1
    assert world.snapshot() == before


@pytest.mark.parametrize("missing", ["keep/IMG.mov", "keep/IMG.aae"])
def test_a_video_or_edit_without_an_equal_beside_the_keeper_holds_its_unit_back(world: World, missing: str) -> None:
    made = world.make(UNIT)
    made[missing].unlink()
    before = world.snapshot()
    kind = "video" if missing.endswith("mov") else "edit"
    report = world.act()
    assert report.refusals == {f"its {kind} has no equal beside the photo that stays": 1}
    assert world.act(dry_run=True).refusals == report.refusals
    assert world.snapshot() == before


def test_another_video_of_the_same_size_is_no_equal(world: World) -> None:
    made = world.make(UNIT)
    made["keep/IMG.mov"].write_text("the Video")
    assert refused(world.act().outcomes) == ["its video has no equal beside the photo that stays"]


def test_a_keeper_part_that_changes_after_the_plan_holds_the_unit_back(world: World) -> None:
    made = world.make(UNIT)
    planned = world.plan()
    made["keep/IMG.mov"].write_text("the Video")
    assert refused(world.carry_out(planned).outcomes) == ["the photo that stays: changed since the scan"]
    assert len(parts(world)) == 5


@pytest.mark.parametrize("nth", range(1, 6))
@pytest.mark.parametrize("volumes", [False, True], ids=["same volume", "other volume"])
def test_when_one_part_cannot_move_none_does(world: World, nth: int, volumes: bool) -> None:
    world.make(UNIT)
    before = tree_snapshot(world.root)
    disk = FaultyDisk(volumes=(str(world.root),) if volumes else ()).fail("rename", nth, errno.EACCES)
    assert refused(world.act(disk=disk).outcomes) == ["may not be moved (permission denied)"]
    assert tree_snapshot(world.root) == before
    assert not world.target.exists()


@pytest.mark.parametrize("nth", range(1, 6))
def test_when_one_part_cannot_be_trashed_none_is(world: World, nth: int) -> None:
    world.make(UNIT)
    before = tree_snapshot(world.root)
    report = world.act(trash=True, disk=FaultyDisk().fail("throw_away", nth, errno.EACCES))
    assert refused(report.outcomes) == ["may not be moved (permission denied)"]
    assert tree_snapshot(world.root) == before
    assert not [path for path in world.trash.rglob("*") if path.is_file()]


@pytest.mark.parametrize("nth", range(1, 6))
def test_when_one_original_cannot_be_removed_all_come_back(world: World, nth: int) -> None:
    """Across volumes all copies are made first; then the nth original refuses to go."""
    world.make(UNIT)
    before = tree_snapshot(world.root)

    class Stubborn(FaultyDisk):
        refusals = 0

        def unlink(self, path: str) -> None:
            if path.startswith(str(world.root)):
                self.refusals += 1
                if self.refusals >= nth:
                    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), path)
            super().unlink(path)

    report = world.act(disk=Stubborn(volumes=(str(world.root),)))
    assert not report.done
    assert tree_snapshot(world.root) == before
    assert not [path for path in world.target.rglob("*") if path.is_file()]


def test_a_sidecar_that_another_photo_shares_stays(world: World) -> None:
    made = world.make(
        {"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2", "old/a.png": "another picture", "old/a.xmp": "of both"}
    )
    report = world.act()
    assert (len(report.done), report.files) == (1, 1)
    assert made["old/a.xmp"].exists()
    assert made["old/a.png"].exists()


def test_a_sidecar_of_its_own_goes_though_another_photo_has_the_stem(world: World) -> None:
    made = world.make({"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2", "old/a.png": "another", "old/a.jpg.xmp": "own"})
    photo = photo_at(made["old/a.jpg"], world.root, companions=[companion_at(made["old/a.jpg.xmp"])])
    report = world.act(result_of([world.root], [(photo_at(made["keep/a.jpg"], world.root), [photo])]))
    assert report.files == 2
    assert (world.target / "old" / "a.jpg.xmp").exists()


def test_a_sidecar_that_two_photos_of_the_scan_name_stays(world: World) -> None:
    made = world.make({"keep/a.jpg": "x\n1", "old/a-1.jpg": "x\n2", "old/a-2.jpg": "x\n3", "old/takeout.json": "both"})
    shared = [companion_at(made["old/takeout.json"])]
    extras = [photo_at(made[f"old/a-{n}.jpg"], world.root, companions=shared) for n in (1, 2)]
    report = world.act(result_of([world.root], [(photo_at(made["keep/a.jpg"], world.root), extras)]))
    assert report.files == 2
    assert made["old/takeout.json"].exists()


@pytest.mark.parametrize("name", ["a.xmp", "a.jpg.xmp", "a.mov", "a.aae", "a.jpg.json"])
@pytest.mark.parametrize("trash", [False, True], ids=["move", "trash"])
def test_a_companion_that_came_after_the_scan_holds_its_photo_back(world: World, name: str, trash: bool) -> None:
    world.pair()
    result = world.scan()
    world.make({f"old/{name}": "new"})
    before = world.snapshot()
    assert refused(world.act(result, trash=trash, dry_run=True).outcomes) == [UNSEEN]
    assert refused(world.act(result, trash=trash).outcomes) == [UNSEEN]
    assert world.snapshot() == before


def test_a_companion_that_comes_after_the_plan_holds_its_photo_back(world: World) -> None:
    world.pair()
    world.make({"keep/b.jpg": "y\n1", "old/b.jpg": "y\n2"})
    planned = world.plan()
    disk = FaultyDisk()

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "rename":
            world.make({"old/b.xmp": "new"})

    disk.before = hook
    applied = world.carry_out(planned, disk=disk)
    assert [outcome.reason for outcome in applied.outcomes] == ["", UNSEEN]
    assert (world.root / "old" / "b.jpg").exists()


def raw_and_jpeg(world: World, folder: str, jpeg: str) -> Photo:
    made = world.make({f"{folder}/R.dng": "raw\nsensor", f"{folder}/R.jpg": jpeg})
    half = photo_at(made[f"{folder}/R.jpg"], world.root)
    return photo_at(made[f"{folder}/R.dng"], world.root, halves=[half])


def test_raw_and_jpeg_of_one_shot_go_together(world: World) -> None:
    keep, extra = raw_and_jpeg(world, "keep", "x\nkept"), raw_and_jpeg(world, "old", "x\nsaved again")
    report = world.act(result_of([world.root], [(keep, [extra])]))
    assert report.files == 2
    assert parts(world) == []


def test_a_raw_is_not_given_up_for_a_jpeg_alone(world: World) -> None:
    raw = raw_and_jpeg(world, "old", "x\nsaved again")
    unit = photo_at(world.root / "old" / "R.jpg", world.root, halves=[photo_at(raw.path, world.root)])
    keep = photo_at(world.make({"keep/R.jpg": "x\nkept"})["keep/R.jpg"], world.root)
    before = tree_snapshot(world.root)
    report = world.act(result_of([world.root], [(keep, [unit])]))
    assert refused(report.outcomes) == ["its raw has no counterpart beside the photo that stays"]
    assert tree_snapshot(world.root) == before


def test_a_raw_that_nobody_could_read_needs_the_same_bytes_beside_the_keeper(world: World) -> None:
    made = world.make({"keep/R.jpg": "x\n1", "old/R.jpg": "x\n2", "old/R.cr2": "sensor"})
    raw = companion_at(made["old/R.cr2"], CompanionKind.RAW)
    keep = photo_at(made["keep/R.jpg"], world.root)
    extra = photo_at(made["old/R.jpg"], world.root, companions=[raw])
    report = world.act(result_of([world.root], [(keep, [extra])]))
    assert refused(report.outcomes) == ["its raw has no equal beside the photo that stays"]
    twin = world.make({"keep/R.cr2": "sensor"})["keep/R.cr2"]
    keep = photo_at(made["keep/R.jpg"], world.root, companions=[companion_at(twin, CompanionKind.RAW)])
    assert world.act(result_of([world.root], [(keep, [extra])])).files == 2


def test_a_name_taken_for_one_part_moves_the_whole_unit_to_another(world: World) -> None:
    world.make(UNIT)
    (world.target / "old").mkdir(parents=True)
    (world.target / "old" / "IMG.xmp").write_text("in the way")
    world.act()
    names = sorted(path.name for path in (world.target / "old").iterdir())
    assert names == [
        "IMG (2).aae",
        "IMG (2).jpg",
        "IMG (2).json",
        "IMG (2).mov",
        "IMG (2).xmp",
        "IMG.xmp",
    ]
