"""Rows 19 to 21: a plan or a journal that somebody edited moves nothing it should not; undo never overwrites."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.execution import sidecars
from dedupe.actions.planning.checks import LeftAloneError
from dedupe.errors import RefusedError, UsageError
from dedupe.loss import Saved
from dedupe.types import Action, ActionKind, Handover
from tests.safety.conftest import World, refused
from tests.support import key, make, tree_snapshot

Forge = Callable[[Action, World], Action]


def victim(action: Action, **changes: object) -> Action:
    return replace(action, moves=(replace(action.moves[0], **changes), *action.moves[1:]))


def keeper(action: Action, **changes: object) -> Action:
    return replace(action, keeper=replace(action.keeper, **changes))


FORGERIES: dict[str, tuple[Forge, str]] = {
    "outside": (lambda a, w: victim(a, source=str(w.base / "secret.jpg")), "is outside the scanned folders"),
    "the root": (lambda a, w: victim(a, source=str(w.root)), "is outside the scanned folders"),
    "relative": (lambda a, w: victim(a, source="old/a.jpg"), "is outside the scanned folders"),
    "dots": (
        lambda a, w: victim(a, source=str(w.root / "old" / ".." / ".." / "secret.jpg")),
        "is outside the scanned folders",
    ),
    "a root's twin": (lambda a, w: victim(a, source=f"{w.root}2/a.jpg"), "is outside the scanned folders"),
    "NUL": (lambda a, w: victim(a, source=f"{w.root}/old/a.jpg\0"), "is outside the scanned folders"),
    "newline": (lambda a, w: victim(a, source=f"{w.root}/old/a.jpg\n{w.base}/secret.jpg"), "no longer exists"),
    "keeper outside": (
        lambda a, w: keeper(a, source=str(w.base / "secret.jpg")),
        "is outside the scanned folders",
    ),
    "keeper elsewhere": (
        lambda a, w: keeper(a, source=str(w.root / "other.jpg")),
        "the photo that stays: changed since the scan",
    ),
    "keeper is the victim": (
        lambda a, w: replace(a, keeper=replace(a.moves[0], target=None)),
        "the photo that stays is selected for removal too",
    ),
    "hash": (lambda a, w: victim(a, content_key=key(b"else")), "changed since the scan"),
    "keeper's hash": (
        lambda a, w: keeper(a, content_key=key(b"else")),
        "the photo that stays: changed since the scan",
    ),
    "inode": (
        lambda a, w: victim(a, stamp=replace(a.moves[0].stamp, inode=a.moves[0].stamp.inode + 1)),
        "changed since the scan",
    ),
    "no file": (lambda a, w: replace(a, moves=()), "names no file, or one twice"),
    "one file twice": (lambda a, w: replace(a, moves=a.moves * 2), "names no file, or one twice"),
    "target outside": (
        lambda a, w: victim(a, target=str(w.base / "elsewhere" / "a.jpg")),
        "would not go into the folder that was named",
    ),
    "target with dots": (
        lambda a, w: victim(a, target=str(w.target / ".." / "a.jpg")),
        "would not go into the folder that was named",
    ),
    "target is the folder": (
        lambda a, w: victim(a, target=str(w.target)),
        "would not go into the folder that was named",
    ),
    "no target": (lambda a, w: victim(a, target=None), "would not go into the folder that was named"),
    "another kind": (lambda a, w: replace(a, kind=ActionKind.TRASH), "is planned for a different action"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_plan_moves_nothing(world: World, forgery: str) -> None:
    world.pair("resaved")
    world.make({"other.jpg": "another picture"})
    (world.base / "secret.jpg").write_bytes(b"beach\nagain")
    [action] = world.plan()
    forge, reason = FORGERIES[forgery]
    before = tree_snapshot(world.base)
    honest = world.make({"keep/z.jpg": "z\n1", "old/z.jpg": "z\n2"})
    honest_action = next(a for a in world.plan() if a.moves[0].source == str(honest["old/z.jpg"]))
    applied = world.carry_out((honest_action, forge(action, world)))
    assert [outcome.kind.value for outcome in applied.outcomes] == ["done", "refused"]
    assert applied.outcomes[1].reason == reason
    after = tree_snapshot(world.base)
    assert {path: after.get(path) for path in before if "state" not in path} == {
        path: entry for path, entry in before.items() if "state" not in path
    }


def test_the_honest_plan_beside_them_is_carried_out(world: World) -> None:
    world.pair("resaved")
    assert len([o for o in world.carry_out(world.plan()).outcomes if o.kind.value == "done"]) == 1


def test_a_trash_plan_with_a_target_is_refused(world: World) -> None:
    world.pair("resaved")
    [action] = world.plan(trash=True)
    applied = world.carry_out((victim(action, target=str(world.target / "x.jpg")),))
    assert refused(applied.outcomes) == ["is planned for a folder, not for the trash"]


# -- undo: only to where it was, and only what it was --------------------------------------------------------------------


def moved(world: World) -> Path:
    """A photo that was moved; where it was."""
    _, extra = world.pair("resaved")
    assert len(world.act().done) == 1
    return extra


ESCAPES = ["{base}/escaped.jpg", "{root}/../escaped.jpg", "{root}/old/../../escaped.jpg", "{root}2/x.jpg"]


@pytest.mark.parametrize("path", [*ESCAPES, "{root}"])
def test_undo_restores_only_below_the_recorded_roots(world: World, path: str) -> None:
    moved(world)
    forged = path.format(base=world.base, root=world.root)
    world.edit_journal(
        "UPDATE files SET source = ?, parent = ?", (os.fsencode(forged), os.fsencode(os.path.dirname(forged)))
    )
    before = tree_snapshot(world.base / "moved", world.root)
    report = world.undo()
    assert report.left == {"its recorded place is outside the folders of that run": 1}
    assert report.exit_code == 1
    assert tree_snapshot(world.base / "moved", world.root) == before
    assert not list(world.base.rglob("escaped.jpg"))


def test_no_folder_is_removed_that_no_run_made(world: World) -> None:
    """Empty or not: an album that is still to be filled is somebody's too."""
    moved(world)
    for name in ("album", "photos/album", "album/.."):
        folder = world.base / name
        folder.mkdir(parents=True, exist_ok=True)
        world.edit_journal("INSERT INTO folders (run, path, marker) VALUES (1, ?, 0)", (os.fsencode(folder),))
    world.edit_journal(
        "INSERT INTO folders (run, path, marker) VALUES (1, ?, 0)", (os.fsencode(f"/{world.base}/album"),)
    )
    assert world.undo().exit_code == 0
    assert (world.base / "album").is_dir() and (world.root / "album").is_dir()
    assert not world.target.exists()


@pytest.mark.parametrize("state", ["done", "begun"])
@pytest.mark.parametrize("before", [None, b"<xmp/>"], ids=["there was none", "there was one"])
def test_a_photo_is_never_taken_back_as_a_sidecar_that_a_run_wrote(
    world: World, state: str, before: bytes | None
) -> None:
    moved(world)
    only = world.make({"keep/only.jpg": "the only one"})["keep/only.jpg"]
    world.edit_journal("UPDATE units SET purpose = 'rescue', state = ?", (state,))
    partial = only.with_name(".dedupe-0123456789abcdef.partial")
    world.edit_journal(
        "UPDATE files SET source = ?, parent = ?, target = NULL, partial = ?, content_key = ?",
        (os.fsencode(only), os.fsencode(only.parent), os.fsencode(partial), key(only.read_bytes())),
    )
    world.edit_journal("INSERT INTO sidecars SELECT id, ? FROM files", (before,))
    found = tree_snapshot(world.base / "moved", world.root)
    if state == "begun":
        world.edit_journal("UPDATE runs SET ended = NULL")
    if state == "done":
        assert world.undo().left == {"it is not a sidecar": 1}
    else:
        assert "it is not a sidecar" in actions.recover(world.paths)[0]
    assert tree_snapshot(world.base / "moved", world.root) == found


@pytest.mark.parametrize("place", ["{base}/elsewhere", "{root}/../elsewhere"])
def test_a_sidecar_is_written_only_below_the_scanned_folders(world: World, place: str) -> None:
    from tests.rescue.made import picture, read

    world.pair()
    [action] = world.plan()

    def drafted(folder: str) -> object:
        keep = read(picture(Path(folder) / "photo.jpg"))
        told = Handover(None, keep, (Saved("xmp:Rating", ("4",)),))
        planned = replace(action, keeper=replace(action.keeper, source=keep.path), handover=told)
        return sidecars.drafted(planned, (str(world.root),))

    with pytest.raises(LeftAloneError, match="its sidecar would lie outside the scanned folders"):
        drafted(place.format(base=world.base, root=world.root))
    assert drafted(f"{world.root}/keep") is not None


def test_a_recorded_place_that_is_no_whole_path_is_said_to_be_damaged_and_nothing_moves(world: World) -> None:
    moved(world)
    world.edit_journal("UPDATE files SET source = ?, parent = ?", (b"x.jpg", b""))
    before = tree_snapshot(world.base / "moved", world.root)
    with pytest.raises(UsageError, match="rows of the journal are damaged"):
        world.undo()
    assert tree_snapshot(world.base / "moved", world.root) == before


def test_undo_does_not_follow_a_link_that_took_a_folders_place(world: World) -> None:
    extra = moved(world)
    outside = world.base / "outside"
    outside.mkdir()
    extra.parent.rmdir()
    extra.parent.symlink_to(outside)
    report = world.undo()
    assert report.left == {"one of the folders it came from is now a link": 1}
    assert not list(outside.iterdir())
    assert (world.target / "old" / "a.jpg").exists()


def test_undo_does_not_follow_a_link_higher_up(world: World) -> None:
    made = world.make({"a.jpg": "x\n1", "deep/er/a.jpg": "x\n2"})
    world.act()
    outside = world.base / "outside"
    (outside / "er").mkdir(parents=True)
    (world.root / "deep" / "er").rmdir()
    (world.root / "deep").rmdir()
    (world.root / "deep").symlink_to(outside)
    assert world.undo().exit_code == 1
    assert not list((outside / "er").iterdir())
    assert not made["deep/er/a.jpg"].exists()


def test_a_link_swapped_in_right_before_the_restoring_is_not_followed(world: World) -> None:
    from tests.faults import FaultyDisk

    extra = moved(world)
    outside = world.base / "outside"
    outside.mkdir()
    disk = FaultyDisk()
    commits = []

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        commits.extend([step] if step == "commit" else [])
        if (
            step == "commit" and len(commits) == 3
        ):  # the first is the lease, the second the run, the third the asset's intent
            extra.parent.rmdir()
            extra.parent.symlink_to(outside)

    disk.before = hook
    report = world.undo(disk=disk)
    assert report.exit_code == 1
    assert not list(outside.iterdir())


@pytest.mark.parametrize("place", ["/etc/hostname", "{base}/secret.jpg", "{target}/../secret.jpg"])
def test_undo_takes_only_from_where_it_put(world: World, place: str) -> None:
    moved(world)
    (world.base / "secret.jpg").write_bytes(b"beach\nagain")
    forged = place.format(base=world.base, target=world.target)
    world.edit_journal("UPDATE files SET target = ?", (os.fsencode(forged),))
    report = world.undo()
    assert report.left == {"it is outside the folder it was moved to": 1}
    assert (world.base / "secret.jpg").exists()


def test_undo_takes_only_from_a_trash_that_has_a_record_of_it(world: World) -> None:
    world.pair("resaved")
    world.act(trash=True)
    (world.base / "secret.jpg").write_bytes(b"beach\nagain")
    world.edit_journal("UPDATE files SET entry = ?", (os.fsencode(world.base / "secret.jpg"),))
    report = world.undo()
    assert report.left == {"the trash has no record of it any more": 1}
    assert (world.base / "secret.jpg").exists()


EDITS: list[Callable[[Path], object]] = [
    lambda path: path.write_bytes(b"edited"),
    lambda path: path.write_bytes(b"beach\nagaim"),
    os.utime,
]


@pytest.mark.parametrize("edit", EDITS, ids=["content", "same length", "time"])
@pytest.mark.parametrize("trash", [False, True], ids=["moved", "trashed"])
def test_what_changed_since_it_was_moved_stays_where_it_is(
    world: World, edit: Callable[[Path], object], trash: bool
) -> None:
    world.pair("resaved")
    world.act(trash=trash)
    place = world.trash / "files" / "a.jpg" if trash else world.target / "old" / "a.jpg"
    edit(place)
    before = world.snapshot()
    assert world.undo().left == {"changed since it was moved": 1}
    assert world.snapshot() == before


def test_a_changed_content_with_its_time_set_back_is_seen_by_undo(world: World) -> None:
    moved(world)
    place = world.target / "old" / "a.jpg"
    status = place.stat()
    place.write_bytes(b"beach\nagaim")
    os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert world.undo().left == {"changed since it was moved": 1}
    assert place.exists()


def test_a_changed_ctime_is_no_obstacle_to_undo(world: World) -> None:
    extra = moved(world)
    (world.target / "old" / "a.jpg").chmod(0o600)
    assert world.undo().exit_code == 0
    assert extra.exists()


# -- row 21 ----------------------------------------------------------------------------------------------------------------

OCCUPANTS: list[Callable[[Path], object]] = [
    lambda path: path.write_bytes(b"new photo"),
    lambda path: path.mkdir(),
    lambda path: path.symlink_to("nowhere"),
]


@pytest.mark.parametrize("occupy", OCCUPANTS, ids=["file", "folder", "dangling link"])
@pytest.mark.parametrize("trash", [False, True], ids=["moved", "trashed"])
def test_an_occupied_place_is_left_and_the_photo_put_beside_it(
    world: World, occupy: Callable[[Path], object], trash: bool
) -> None:
    _, extra = world.pair("resaved")
    world.act(trash=trash)
    occupy(extra)
    before = tree_snapshot(world.root)
    report = world.undo()
    siblings = extra.with_name("a (restored).jpg")
    assert [(restored.path, restored.now) for restored in report.restored] == [(str(extra), str(siblings))]
    assert "a (restored).jpg" in " ".join(report.sentences())
    assert siblings.read_text() == "beach\nagain"
    after = tree_snapshot(world.root)
    assert {path: after[path] for path in before} == before


def test_a_place_taken_in_the_last_instant_of_undo_is_not_overwritten(world: World) -> None:
    from tests.faults import FaultyDisk

    extra = moved(world)
    disk = FaultyDisk()

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == "rename" and arguments[1] == str(extra) and not extra.exists():
            extra.write_bytes(b"new photo")

    disk.before = hook
    [restored] = world.undo(disk=disk).restored
    assert extra.read_bytes() == b"new photo"
    assert Path(restored.now).read_text() == "beach\nagain"
    assert restored.siblings


def test_a_asset_put_beside_keeps_its_common_name(world: World) -> None:
    made = world.make({"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2", "old/a.xmp": "stars"})
    world.act()
    made["old/a.jpg"].write_bytes(b"new photo")
    world.undo()
    assert (world.root / "old" / "a (restored).jpg").read_text() == "x\n2"
    assert (world.root / "old" / "a (restored).xmp").read_text() == "stars"


def test_only_an_occupied_companion_is_put_beside(world: World) -> None:
    made = world.make({"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2", "old/a.xmp": "stars"})
    world.act()
    made["old/a.xmp"].write_bytes(b"new stars")
    world.undo()
    assert made["old/a.jpg"].read_text() == "x\n2"
    assert made["old/a.xmp"].read_text() == "new stars"
    assert (world.root / "old" / "a (restored).xmp").read_text() == "stars"


def test_undo_makes_the_folders_again_that_are_gone(world: World) -> None:
    extra = moved(world)
    extra.parent.rmdir()
    assert world.undo().exit_code == 0
    assert extra.exists()


def test_undo_twice_and_undo_of_nothing_are_one_sentence(world: World) -> None:
    with pytest.raises(UsageError, match="nothing to undo"):
        world.undo()
    moved(world)
    world.undo()
    with pytest.raises(UsageError, match="nothing to undo"):
        world.undo()
    with pytest.raises(RefusedError, match="left to undo"):
        world.undo(1)
    with pytest.raises(RefusedError, match="itself an undo"):
        world.undo(2)
    with pytest.raises(UsageError, match="no run 99"):
        world.undo(99)


def test_runs_are_undone_in_any_order(world: World) -> None:
    world.make({"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2"})
    first = world.snapshot()
    assert world.act().run == 1
    world.make({"old/b.jpg": "x\n3"})
    assert world.act().run == 2
    world.undo(1)
    world.undo()
    (world.root / "old" / "b.jpg").unlink()
    assert world.snapshot() == first


def test_a_photo_that_somebody_already_put_back_counts_as_back(world: World) -> None:
    extra = moved(world)
    (world.target / "old" / "a.jpg").rename(extra)
    report = world.undo()
    assert (len(report.restored), report.exit_code) == (1, 0)
    with pytest.raises(UsageError):
        world.undo()


def test_undo_with_its_root_gone_touches_nothing(world: World) -> None:
    moved(world)
    world.root.rename(world.base / "unplugged")
    before = tree_snapshot(world.target)
    with pytest.raises(RefusedError, match="is its disk connected"):
        world.undo()
    assert tree_snapshot(world.target) == before


def test_a_target_that_is_gone_says_so(world: World) -> None:
    moved(world)
    world.target.rename(world.base / "unplugged")
    with pytest.raises(RefusedError, match="is its disk connected"):
        world.undo()


def test_undo_of_many_loses_none_when_one_is_missing(world: World) -> None:
    make(world.root, {f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(5) for folder in ("keep", "old")})
    world.act()
    (world.target / "old" / "3.jpg").unlink()
    report = world.undo()
    assert len(report.restored) == 4
    assert report.left == {"no longer exists": 1}


# -- recovery: an edited row leads nowhere either ------------------------------------------------------------------------


def begin_again(world: World, column: str, value: Path) -> None:
    world.edit_journal("UPDATE runs SET ended = NULL")
    world.edit_journal("UPDATE units SET state = 'begun'")
    world.edit_journal(f"UPDATE files SET {column} = ?", (os.fsencode(value),))


FORGED_ROWS = ["partial", "info", "entry", "target", "source"]


@pytest.mark.parametrize("column", FORGED_ROWS)
@pytest.mark.parametrize("undone", [False, True], ids=["act", "undo"])
@pytest.mark.parametrize("trash", [False, True], ids=["moved", "trashed"])
def test_recovery_removes_and_moves_nothing_that_a_forged_row_names(
    world: World, column: str, undone: bool, trash: bool
) -> None:
    world.pair("resaved")
    world.act(trash=trash)
    if undone:
        world.undo()
    only = make(world.base / "elsewhere", {"only.jpg": "beach\nagain"})["only.jpg"]
    begin_again(world, column, only)
    before = tree_snapshot(world.root, world.target, world.trash, only.parent)
    [told] = actions.recover(world.paths)[:1]
    assert "needs your attention" in told or (
        column == "entry" and not trash
    )  # a move has no entry that could be followed
    assert tree_snapshot(world.root, world.target, world.trash, only.parent) == before


@pytest.mark.parametrize("name", ["only.jpg", ".dedupe-0123456789abcdef.partial/../only.jpg", ".dedupe-0.partial"])
def test_recovery_removes_no_partial_copy_that_is_not_named_as_one(world: World, name: str) -> None:
    moved(world)
    world.undo()
    only = make(world.target / "old", {os.path.basename(name): "the only one"})[os.path.basename(name)]
    begin_again(world, "partial", world.target / "old" / name)
    actions.recover(world.paths)
    assert only.exists()


def test_recovery_removes_no_stand_in_that_is_not_named_as_one(world: World) -> None:
    _, extra = world.pair()
    actions.link(world.scan(), kind=ActionKind.HARD_LINK, paths=world.paths)
    only = make(world.root, {"old/only.jpg": "the only one"})["old/only.jpg"]
    begin_again(world, "partial", only)
    world.edit_journal("UPDATE files SET inode = ?, copy_dev = NULL, copy_inode = NULL", (str(extra.stat().st_ino),))
    actions.recover(world.paths)
    assert only.exists()


def test_the_record_of_another_folders_file_stays_in_the_trash(world: World) -> None:
    from dedupe.actions.platform.disk import Disk
    from dedupe.actions.platform.trash import Entry, Trash

    made = make(world.trash / "info", {"b.jpg.trashinfo": "[Trash Info]\nPath=/elsewhere/b.jpg\n"})
    entry = Entry(str(world.trash / "files" / "b.jpg"), str(made["b.jpg.trashinfo"]))
    Trash(Disk()).forget(entry, str(world.root / "b.jpg"))
    assert made["b.jpg.trashinfo"].exists()
    Trash(Disk()).forget(entry, "/elsewhere/b (restored).jpg")
    assert not made["b.jpg.trashinfo"].exists()
