"""What only a copy says stands beside the photo that stays before the copy leaves, and is taken back with it."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.journal.journal import Journal
from dedupe.actions.platform.disk import Disk
from dedupe.actions.report import Report
from dedupe.formats.xmp import properties
from dedupe.loss import Rescue, Saved
from dedupe.types import ActionKind, OutcomeKind, Relation, ScanResult
from tests.faults import FaultyDisk
from tests.rescue.made import SIDECAR, needs_exiftool, picture, read, tagged, told
from tests.safety.crash_points import in_child
from tests.support import Places, result_of, tree_snapshot

pytestmark = needs_exiftool


@dataclass
class Tree:
    """A photo that stays, copies of it, and where they go."""

    base: Path

    @property
    def keep(self) -> Path:
        return self.base / "photos" / "keep" / "a.jpg"

    @property
    def sidecar(self) -> Path:
        return self.keep.with_name("a.jpg.xmp")

    @property
    def root(self) -> Path:
        return self.base / "photos"

    @property
    def paths(self) -> Places:
        return Places.below(self.base / "state")

    def copy(self, name: str, *tags: str) -> Path:
        return tagged(picture(self.root / name / "a.jpg"), *tags)

    def scan(self, *copies: Path) -> ScanResult:
        """All copies selected, with what they say to be carried over."""
        result = result_of([self.root], [(read(self.keep), [read(one) for one in copies])], relation=Relation.RESAVED)
        (group,) = result.groups
        extras = tuple(replace(one, rescue=Rescue(str(self.sidecar))) for one in group.extras)
        return replace(result, groups=(replace(group, extras=extras),))

    def act(self, result: ScanResult, disk: Disk | None = None, *, dry_run: bool = False) -> Report:
        target = str(self.base / "moved")
        return actions.act(result, kind=ActionKind.MOVE, target=target, paths=self.paths, disk=disk, dry_run=dry_run)

    def undo(self, disk: Disk | None = None) -> actions.UndoReport:
        return actions.undo(self.paths, disk=disk)

    def leftovers(self) -> list[str]:
        return [path.name for path in self.base.rglob(".dedupe-*") if path.name != ".dedupe-moved"]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(tmp_path)
    picture(made.keep)
    return made


def reasons(report: Report) -> list[str]:
    return [outcome.reason for outcome in report.outcomes if outcome.kind is not OutcomeKind.DONE]


def test_the_copy_leaves_when_its_words_stand_in_a_new_sidecar_and_undo_takes_both_back(tree: Tree) -> None:
    copy = tree.copy("old", "-XMP-dc:Subject=beach", "-XMP-dc:Title=Rome")
    before = tree_snapshot(tree.root)
    bytes_before = tree.keep.read_bytes()
    report = tree.act(tree.scan(copy))
    assert reasons(report) == [] and not copy.exists()
    assert told(tree.sidecar)["XMP-dc:Title"] == "Rome"
    assert tree.keep.read_bytes() == bytes_before
    assert tree.sidecar.stat().st_mode & 0o777 == tree.keep.stat().st_mode & 0o666
    (outcome,) = report.done
    assert outcome.sidecar == str(tree.sidecar)
    assert Saved("dc:subject", ("beach",)) in outcome.saved
    undone = tree.undo()
    assert undone.exit_code == 0 and len(undone.restored) == len(undone.sidecars) == 1
    assert tree_snapshot(tree.root) == before
    assert tree.leftovers() == []


def test_a_sidecar_that_is_there_gets_what_is_new_and_undo_brings_it_back_to_the_byte(tree: Tree) -> None:
    tree.sidecar.write_text(SIDECAR, "utf-8")
    tree.sidecar.chmod(0o640)
    os.utime(tree.sidecar, ns=(10**18, 10**18))
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    before = tree_snapshot(tree.root)
    assert reasons(tree.act(tree.scan(copy))) == []
    assert told(tree.sidecar)["XMP-dc:Subject"] == ["beach"] and told(tree.sidecar)["XMP-xmp:Label"] == "Red"
    assert tree.sidecar.stat().st_mode & 0o777 == 0o640
    assert tree.undo().exit_code == 0
    assert tree_snapshot(tree.root) == before
    assert tree.sidecar.read_text("utf-8") == SIDECAR and tree.sidecar.stat().st_mtime_ns == 10**18


def test_two_copies_fill_one_sidecar_and_undo_empties_it_step_by_step(tree: Tree) -> None:
    one, two = tree.copy("one", "-XMP-dc:Subject=beach"), tree.copy("two", "-XMP-dc:Subject=sea", "-XMP-dc:Title=Rome")
    three = tree.copy("three", "-XMP-dc:Subject=sea")
    before = tree_snapshot(tree.root)
    report = tree.act(tree.scan(one, two, three))
    assert reasons(report) == [] and [bool(done.sidecar) for done in report.done] == [True, True, False]
    assert told(tree.sidecar)["XMP-dc:Subject"] == ["beach", "sea"]
    undone = tree.undo()
    assert (len(undone.restored), len(undone.sidecars), undone.exit_code) == (3, 2, 0)
    assert tree_snapshot(tree.root) == before


def test_of_two_copies_that_say_two_things_the_second_stays(tree: Tree) -> None:
    one, two = tree.copy("one", "-XMP-dc:Title=Rome"), tree.copy("two", "-XMP-dc:Title=Roma")
    report = tree.act(tree.scan(one, two))
    assert reasons(report) == ["the photo that stays, or another copy, has another title"]
    assert not one.exists() and two.exists()


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(tree: Tree) -> None:
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    before = tree_snapshot(tree.root)
    report = tree.act(tree.scan(copy), dry_run=True)
    assert [done.sidecar for done in report.done] == [str(tree.sidecar)]
    assert tree_snapshot(tree.root) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_copy_stays_where_the_folder_of_the_keeper_may_not_be_written_to(tree: Tree) -> None:
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    tree.keep.parent.chmod(0o555)
    try:
        assert reasons(tree.act(tree.scan(copy))) == ["the folder of the photo that stays can't be written to"]
    finally:
        tree.keep.parent.chmod(0o755)
    assert copy.exists() and not tree.sidecar.exists()


def test_a_copy_stays_where_the_disk_of_the_keeper_is_read_only(tree: Tree) -> None:
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    disk = FaultyDisk()
    disk.fail("create", 1, 30)  # EROFS
    assert reasons(tree.act(tree.scan(copy), disk)) == ["the folder of the photo that stays can't be written to"]
    assert copy.exists() and not tree.sidecar.exists() and tree.leftovers() == []


@pytest.mark.parametrize("there", [False, True])
def test_the_sidecar_is_taken_back_where_the_copy_cannot_leave(tree: Tree, there: bool) -> None:
    if there:
        tree.sidecar.write_text(SIDECAR, "utf-8")
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    before = tree_snapshot(tree.root)
    disk = FaultyDisk()
    renames = iter(range(100))

    def refuse(step: str, arguments: tuple[object, ...]) -> None:
        if step == "rename" and arguments[0] == str(copy):
            next(renames)
            raise PermissionError(13, "Permission denied")

    disk.before = refuse
    assert reasons(tree.act(tree.scan(copy), disk)) == ["can't be moved (permission denied)"]
    assert next(renames) == 1
    assert tree_snapshot(tree.root) == before and tree.leftovers() == []


def edited_at(tree: Tree, wanted: str) -> FaultyDisk:
    """A disk on which somebody writes into the sidecar right before this step is done with it."""
    disk = FaultyDisk()

    def write(step: str, arguments: tuple[object, ...]) -> None:
        if step == wanted and str(tree.sidecar) in arguments:
            disk.before = None
            tree.sidecar.write_text(SIDECAR.replace("Red", "Green"), "utf-8")

    disk.before = write
    return disk


def test_a_sidecar_that_is_edited_in_the_last_instant_stays_as_edited_and_so_does_the_copy(tree: Tree) -> None:
    tree.sidecar.write_text(SIDECAR, "utf-8")
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    report = tree.act(tree.scan(copy), edited_at(tree, "exchange"))
    assert reasons(report) == ["changed since the scan"]
    assert said(tree.sidecar) == {"xmp:Label": ["Green"]} and copy.exists() and tree.leftovers() == []


def test_a_sidecar_that_is_edited_in_the_last_instant_of_undo_stays_as_edited(tree: Tree) -> None:
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    tree.act(tree.scan(copy))
    undone = tree.undo(edited_at(tree, "rename"))
    assert undone.left == {"its sidecar changed since it was written": 1}
    assert said(tree.sidecar) == {"xmp:Label": ["Green"]} and copy.exists() and tree.leftovers() == []


def test_a_sidecar_that_changed_since_stays_as_it_is_at_undo(tree: Tree) -> None:
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    tree.act(tree.scan(copy))
    edited = tree.sidecar.read_bytes().replace(b"beach", b"shore")
    tree.sidecar.write_bytes(edited)
    undone = tree.undo()
    assert copy.exists() and undone.left == {"its sidecar changed since it was written": 1}
    assert tree.sidecar.read_bytes() == edited


def test_the_sidecar_stays_at_undo_while_a_copy_that_it_speaks_for_is_not_back(tree: Tree) -> None:
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    tree.act(tree.scan(copy))
    (tree.base / "moved" / "old" / "a.jpg").write_bytes(b"edited")
    undone = tree.undo()
    assert "its sidecar holds what a photo said that is not back" in undone.left
    assert tree.sidecar.exists()


def test_a_copy_that_would_still_lose_something_stays(tree: Tree) -> None:
    copy = tree.copy("old", "-XMP-dc:Subject=beach", "-EXIF:LensModel=X")
    told = reasons(tree.act(tree.scan(copy)))
    assert len(told) == 1 and "hold all that would be lost" in told[0]
    assert copy.exists() and not tree.sidecar.exists()


def test_a_sidecar_that_appeared_since_the_scan_is_added_to(tree: Tree) -> None:
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    result = tree.scan(copy)
    tree.sidecar.write_text(SIDECAR, "utf-8")
    assert reasons(tree.act(result)) == []
    assert told(tree.sidecar)["XMP-xmp:Label"] == "Red" and told(tree.sidecar)["XMP-dc:Subject"] == ["beach"]


def test_a_link_in_the_place_of_the_sidecar_is_not_followed(tree: Tree) -> None:
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    elsewhere = tree.base / "elsewhere.xmp"
    elsewhere.write_text(SIDECAR, "utf-8")
    tree.sidecar.symlink_to(elsewhere)
    assert len(reasons(tree.act(tree.scan(copy)))) == 1
    assert elsewhere.read_text("utf-8") == SIDECAR and copy.exists()


def test_history_counts_the_sidecars_that_a_run_wrote(tree: Tree) -> None:
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    tree.act(tree.scan(copy))
    (run,) = actions.history(tree.paths)
    assert (run.assets, run.sidecars, run.undoable) == (1, 1, True)
    tree.undo()
    assert [run.sidecars for run in actions.history(tree.paths)] == [0, 0]


# -- crashes ---------------------------------------------------------------------------------------------------------------


def said(path: Path) -> dict[str, list[str]]:
    """The properties of a sidecar, read without another process."""
    found: dict[str, list[str]] = {}
    for one in properties(path.read_bytes()):
        found.setdefault(one.name, []).append(one.value)
    return found


def check(tree: Tree, keeper: bytes, copy: Path, there: bool) -> None:
    """Nothing is lost: the copy is there, or its words are; no half sidecar, no leftovers, no open rows."""
    assert tree.keep.read_bytes() == keeper
    moved = tree.base / "moved" / "old" / "a.jpg"
    assert copy.exists() != moved.exists()
    if tree.sidecar.exists():
        found = said(tree.sidecar)
        assert found.get("xmp:Label") == (["Red"] if there else None)
        assert found.get("dc:subject", ["beach"]) == ["beach"]
    if not copy.exists():
        assert said(tree.sidecar)["dc:subject"] == ["beach"]
    assert not there or tree.sidecar.exists()
    assert tree.leftovers() == []
    with Journal(tree.paths.journal, Disk()) as journal:
        assert not journal.open_assets() and not journal.unclear_assets()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each crash needs a process")
@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("undoing", [False, True])
def test_a_crash_at_every_step_leaves_no_half_sidecar_and_loses_nothing(
    tmp_path: Path, there: bool, undoing: bool
) -> None:
    number = 0
    for number in range(1, 400):
        tree = Tree(tmp_path / str(number))
        picture(tree.keep)
        if there:
            tree.sidecar.write_text(SIDECAR, "utf-8")
        copy = tagged_once(tree, tmp_path)
        keeper = tree.keep.read_bytes()
        result = tree.scan(copy)
        tree.paths  # noqa: B018 - makes the folder
        if undoing:
            tree.act(result)
        disk = FaultyDisk().crash(number)
        ended = in_child((lambda disk=disk, tree=tree: tree.undo(disk)) if undoing else lambda: tree.act(result, disk))  # noqa: B023
        if Path(tree.paths.journal).exists():
            actions.recover(tree.paths)
            check(tree, keeper, copy, there)
        if ended == 0:
            break
        assert ended == 137
    assert number > 25


def tagged_once(tree: Tree, cache: Path) -> Path:
    """The copy, tagged by exiftool a single time."""
    made = cache / "tagged.jpg"
    if not made.exists():
        tagged(picture(made), "-XMP-dc:Subject=beach")
    copy = tree.root / "old" / "a.jpg"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(made.read_bytes())
    return copy


def test_a_journal_from_before_there_were_sidecars_is_brought_up_to_date_and_its_run_undone(tree: Tree) -> None:
    picture(tree.keep)
    copy = picture(tree.root / "copy" / "a.jpg")
    before = tree_snapshot(tree.root)
    plain = result_of([tree.root], [(read(tree.keep), [read(copy)])])
    kind, target = ActionKind.MOVE, str(tree.base / "moved")
    actions.act(plain, kind=kind, target=target, paths=tree.paths)
    with sqlite3.connect(tree.paths.journal) as db:
        db.execute("DROP TABLE sidecars")
        db.execute("PRAGMA user_version = 2")
    db.close()
    [run] = actions.history(tree.paths)
    assert (run.assets, run.undoable) == (1, True)
    assert len(list(tree.base.glob("state/journal.db.v2-*"))) == 1
    assert actions.undo(tree.paths).exit_code == 0
    assert tree_snapshot(tree.root) == before
    tree.copy("copy", "-XMP-dc:Subject=beach")
    report = actions.act(tree.scan(copy), kind=kind, target=target, paths=tree.paths)
    assert report.done and tree.sidecar.exists()
