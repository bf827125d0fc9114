"""Row 23: a photo with its sidecars, video, RAW or edit moves as one, or not at all; what others share stays."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe.actions.planning.plan import plan
from dedupe.actions.planning.siblings import UNSEEN
from dedupe.tree.companions import attach
from dedupe.types import ActionKind, CompanionKind, Extra, Photo, Relation, ScanResult
from tests.faults import FaultyDisk
from tests.safety.conftest import World, refused
from tests.support import companion_at, photo_at, result_of, tree_snapshot

SIDECAR = CompanionKind.SIDECAR
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
def test_a_asset_goes_and_comes_back_whole(world: World, trash: bool) -> None:
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
def test_a_asset_with_a_part_gone_stays(world: World, missing: str) -> None:
    made = world.make(UNIT)
    result = world.scan()
    made[missing].unlink()
    before = world.snapshot()
    assert len(refused(world.act(result).outcomes)) == 1
    assert world.snapshot() == before


@pytest.mark.parametrize("changed", ["old/IMG.mov", "old/IMG.xmp", "keep/IMG.mov", "keep/IMG.aae"])
def test_a_asset_with_a_part_changed_on_either_side_stays(world: World, changed: str) -> None:
    made = world.make(UNIT)
    result = world.scan()
    made[changed].write_bytes(made[changed].read_bytes()[::-1])
    before = world.snapshot()
    assert len(refused(world.act(result).outcomes)) == 1
    assert world.snapshot() == before


@pytest.mark.parametrize("missing", ["keep/IMG.mov", "keep/IMG.aae"])
def test_a_video_or_edit_without_an_equal_beside_the_keeper_holds_its_asset_back(world: World, missing: str) -> None:
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


def test_a_keeper_part_that_changes_after_the_plan_holds_the_asset_back(world: World) -> None:
    made = world.make(UNIT)
    planned = world.plan()
    made["keep/IMG.mov"].write_text("the Video")
    assert refused(world.carry_out(planned).outcomes) == ["a file beside the photo that stays: changed since the scan"]
    assert len(parts(world)) == 5


def beside(world: World, what: str) -> tuple[ScanResult, Path]:
    """A copy, a photo that stays with an edit and a sidecar that was read, and the path of one of those two."""
    made = world.make({"keep/a.jpg": "x\n1", "keep/a-e.jpg": "edit", "keep/a.xmp": "five stars", "old/a.jpg": "x\n2"})
    said = replace(companion_at(made["keep/a.xmp"]), inventory="what it says")
    edit = photo_at(made["keep/a-e.jpg"], world.root)
    keep = photo_at(made["keep/a.jpg"], world.root, companions=[said], members=[edit])
    result = result_of([world.root], [(keep, [photo_at(made["old/a.jpg"], world.root)])])
    return result, made[what]


@pytest.mark.parametrize("what", ["keep/a-e.jpg", "keep/a.xmp"])
@pytest.mark.parametrize("when", ["after the scan", "after the plan"])
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_a_photo_stays_where_a_picture_or_sidecar_beside_the_other_is_not_as_it_was(
    world: World, what: str, when: str, how: str
) -> None:
    """It may be the one that holds what the scan found in both."""
    result, path = beside(world, what)
    planned = plan(result, kind=ActionKind.MOVE, target=str(world.target), disk=world.disk)
    path.unlink() if how == "gone" else path.write_bytes(path.read_bytes()[::-1])
    before = world.snapshot()
    outcomes = world.act(result).outcomes if when == "after the scan" else world.carry_out(planned).outcomes
    said = "no longer exists" if how == "gone" else "changed since the scan"
    assert refused(outcomes) == [f"a file beside the photo that stays: {said}"]
    assert world.snapshot() == before


def test_a_photo_goes_where_the_pictures_and_sidecars_beside_the_other_are_as_they_were(world: World) -> None:
    result, _ = beside(world, "keep/a.xmp")
    assert world.act(result).files == 1
    assert parts(world) == []


@pytest.mark.parametrize("how", ["changed", "gone"])
def test_a_photo_stays_where_the_equal_of_its_unreadable_sidecar_is_not_as_it_was(world: World, how: str) -> None:
    made = world.make({f"{folder}/a.{kind}": kind for folder in ("keep", "old") for kind in ("jpg", "xmp")})
    keep, extra = (
        photo_at(made[f"{folder}/a.jpg"], world.root, companions=[companion_at(made[f"{folder}/a.xmp"])])
        for folder in ("keep", "old")
    )
    result = result_of([world.root], [(keep, [extra])])
    assert world.act(result, dry_run=True).files == 2
    made["keep/a.xmp"].unlink() if how == "gone" else made["keep/a.xmp"].write_text("new")
    said = "no longer exists" if how == "gone" else "changed since the scan"
    assert refused(world.act(result).outcomes) == [f"a file beside the photo that stays: {said}"]
    assert made["old/a.xmp"].exists()


def test_a_raw_alone_goes_for_the_same_raw_beside_its_jpeg(world: World) -> None:
    keep = raw_and_jpeg(world, "keep", "x\nkept")
    half, raw = keep.members[0], replace(keep, members=())
    keep = replace(half, members=(raw,))
    alone = photo_at(world.make({"old/R.dng": "raw\nsensor"})["old/R.dng"], world.root)
    result = result_of([world.root], [(keep, [alone])], relation=Relation.IDENTICAL)
    [action] = plan(result, kind=ActionKind.MOVE, target=str(world.target), disk=world.disk)
    assert (action.keeper.source, [part.source for part in action.keeper_parts]) == (raw.path, [half.path])
    assert world.act(result).files == 1


@pytest.mark.parametrize("nth", range(1, 6))
@pytest.mark.parametrize("volumes", [False, True], ids=["same volume", "other volume"])
def test_when_one_part_cannot_move_none_does(world: World, nth: int, volumes: bool) -> None:
    world.make(UNIT)
    before = tree_snapshot(world.root)
    disk = FaultyDisk(volumes=(str(world.root),) if volumes else ()).fail("rename", nth, errno.EACCES)
    assert refused(world.act(disk=disk).outcomes) == ["can't be moved (permission denied)"]
    assert tree_snapshot(world.root) == before
    assert not world.target.exists()


@pytest.mark.parametrize("nth", range(1, 6))
def test_when_one_part_cannot_be_trashed_none_is(world: World, nth: int) -> None:
    world.make(UNIT)
    before = tree_snapshot(world.root)
    report = world.act(trash=True, disk=FaultyDisk().fail("throw_away", nth, errno.EACCES))
    assert refused(report.outcomes) == ["can't be moved (permission denied)"]
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


SHARED = {
    "keep/a.jpg": "x\n1",
    "keep/b.jpg": "y\n1",
    "old/i.heic": "x\n2",
    "old/i.jpg": "y\n2",
    "old/i.xmp": "five stars for both",
}


def test_a_sidecar_leaves_with_the_last_of_the_photos_that_share_it(world: World, trash: bool = False) -> None:
    world.make(SHARED)
    before = world.snapshot()
    assert world.act(trash=trash, dry_run=True).files == 3
    assert world.snapshot() == before
    report = world.act(trash=trash)
    assert [len(outcome.action.moves) for outcome in report.done] == [1, 2]
    assert parts(world) == []
    if not trash:
        assert (world.target / "old" / "i.xmp").read_text() == "five stars for both"
    assert world.undo().exit_code == 0
    after = world.snapshot()
    assert {path: after[path] for path in before} == before


def test_a_shared_sidecar_goes_to_the_trash_with_the_last_and_comes_back(world: World) -> None:
    test_a_sidecar_leaves_with_the_last_of_the_photos_that_share_it(world, trash=True)


@pytest.mark.parametrize("stays", ["old/i.heic", "old/i.jpg"])
@pytest.mark.parametrize("why", ["not selected", "protected", "changed", "gone", "locked"])
def test_a_sidecar_stays_while_any_photo_that_shares_it_did_not_leave_in_the_run(
    world: World, stays: str, why: str
) -> None:
    made = world.make(SHARED)
    result = world.scan()
    disk = FaultyDisk()
    if why in ("not selected", "protected"):
        result = altered(result, str(made[stays]), selected=why != "not selected", protected=why == "protected")
    elif why == "changed":
        made[stays].write_text("edited")
    elif why == "gone":
        made[stays].unlink()
    else:
        disk.fail("rename", 1 if stays == "old/i.heic" else 2, errno.EACCES)
        assert world.act(result, dry_run=True).files == 3
    if why != "locked":
        assert world.act(result, dry_run=True).files == 1
    report = world.act(result, disk=disk)
    assert (len(report.done), report.files) == (1, 1)
    assert made["old/i.xmp"].read_text() == "five stars for both"


def altered(result: ScanResult, path: str, *, selected: bool, protected: bool) -> ScanResult:
    """``result`` with the extra at ``path`` not selected, or protected."""

    def one(extra: Extra) -> Extra:
        if extra.photo.path != path:
            return extra
        photo = replace(extra.photo, file=replace(extra.photo.file, protected=protected))
        return replace(extra, photo=photo, selected=selected)

    groups = tuple(replace(group, extras=tuple(map(one, group.extras))) for group in result.groups)
    return replace(result, groups=groups)


def test_an_edit_that_leaves_with_the_last_needs_its_equal_there(world: World) -> None:
    made = world.make({**SHARED, "old/i.aae": "the edit of both"})
    report = world.act()
    assert report.refusals == {"its edit has no equal beside the photo that stays": 1}
    assert (report.files, sorted(path.name for path in parts(world))) == (1, ["i.aae", "i.jpg", "i.xmp"])
    assert made["old/i.aae"].exists()


def test_a_photo_that_comes_after_the_plan_and_shares_a_sidecar_holds_the_asset_back(world: World) -> None:
    made = world.make({"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2", "old/a.xmp": "five stars"})
    planned = world.plan()
    world.make({"old/a.png": "another, of the same name"})
    before = world.snapshot()
    assert refused(world.carry_out(planned).outcomes) == ["shares a companion with a photo that the scan did not see"]
    assert world.snapshot() == before
    assert made["old/a.xmp"].exists()


@pytest.mark.parametrize(
    ("extra", "other", "shared"),
    [
        ("IMG_1.jpg", "IMG_1-edited.jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.png", "IMG_1.jpg.supplemental-metadata.json"),
        ("P.jpg", "P.heic", "P.mov"),
        ("P.jpg", "P.png", "P.xmp"),
    ],
)
def test_a_companion_of_a_photo_that_is_in_no_group_stays(world: World, extra: str, other: str, shared: str) -> None:
    """By the very rules that gave it to both, spellings of Takeout included."""
    made = world.make({f"keep/{extra}": "x\n1", f"old/{extra}": "x\n2", f"old/{other}": "alone", f"old/{shared}": "of"})
    owned = {name for names in attach([extra, other], [shared]).values() for name, _ in names}
    both = shared in owned and len(attach([extra, other], [shared])) == 2
    photo = photo_at(made[f"old/{extra}"], world.root, companions=[companion_at(made[f"old/{shared}"], SIDECAR)])
    report = world.act(result_of([world.root], [(photo_at(made[f"keep/{extra}"], world.root), [photo])]))
    assert report.files == (1 if both else 2)
    assert made[f"old/{shared}"].exists() == both
    assert both == (other != "IMG_1.png")


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
    return photo_at(made[f"{folder}/R.dng"], world.root, members=[half])


def test_raw_and_jpeg_of_one_shot_go_together(world: World) -> None:
    keep, extra = raw_and_jpeg(world, "keep", "x\nkept"), raw_and_jpeg(world, "old", "y\nsaved again")
    report = world.act(result_of([world.root], [(keep, [extra])]))
    assert report.files == 2
    assert parts(world) == []


def test_a_raw_is_not_given_up_for_a_jpeg_alone(world: World) -> None:
    raw = raw_and_jpeg(world, "old", "x\nsaved again")
    asset = photo_at(world.root / "old" / "R.jpg", world.root, members=[photo_at(raw.path, world.root)])
    keep = photo_at(world.make({"keep/R.jpg": "x\nkept"})["keep/R.jpg"], world.root)
    before = tree_snapshot(world.root)
    report = world.act(result_of([world.root], [(keep, [asset])]))
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


def test_a_name_taken_for_one_part_moves_the_whole_asset_to_another(world: World) -> None:
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
