"""A photo without copies gets what its own Takeout JSON says into a sidecar, or is left wholly as it was."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.execution.guards import Terms
from dedupe.actions.execution.own_words import would_write
from dedupe.actions.journal.journal import Journal
from dedupe.actions.planning.checks import LeftAloneError
from dedupe.actions.planning.plan import draft
from dedupe.actions.platform.disk import Disk
from dedupe.actions.report import Report
from dedupe.formats.xmp import properties
from dedupe.rescue.own import from_takeout
from dedupe.types import ActionKind, ScanResult
from tests.faults import FaultyDisk
from tests.rescue.made import SIDECAR, picture, read
from tests.safety.crash_points import in_child
from tests.support import Places, result_of, tree_snapshot


@dataclass
class Tree:
    """A photo with its Takeout JSON, in a scanned folder."""

    base: Path

    @property
    def root(self) -> Path:
        return self.base / "photos"

    @property
    def photo(self) -> Path:
        return self.root / "2017" / "a.jpg"

    @property
    def sidecar(self) -> Path:
        return self.photo.with_name("a.jpg.xmp")

    @property
    def json(self) -> Path:
        return self.photo.with_name("a.jpg.json")

    @property
    def paths(self) -> Places:
        return Places.below(self.base / "state")

    def make(self, timestamp: int = 1_500_000_000) -> None:
        picture(self.photo)
        self.say(timestamp)

    def say(self, timestamp: int) -> None:
        self.json.write_text(json.dumps({"title": "a.jpg", "photoTakenTime": {"timestamp": str(timestamp)}}), "utf-8")

    def scan(self) -> ScanResult:
        return replace(result_of([self.root], [], photos=1), from_takeout=tuple(from_takeout([read(self.photo)], [])))

    def act(self, result: ScanResult, disk: Disk | None = None, *, dry_run: bool = False) -> Report:
        target = str(self.base / "moved")
        return actions.act(result, kind=ActionKind.MOVE, target=target, paths=self.paths, disk=disk, dry_run=dry_run)

    def undo(self, disk: Disk | None = None) -> actions.UndoReport:
        return actions.undo(self.paths, disk=disk)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(tmp_path)
    made.make()
    return made


def said(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in properties(path.read_bytes()):
        found.setdefault(one.name, []).append(one.value)
    return found


def test_the_run_is_in_the_history_and_undo_takes_the_sidecar_back(tree: Tree) -> None:
    before = tree_snapshot(tree.root)
    report = tree.act(tree.scan())
    assert report.exit_code == 0 and said(tree.sidecar)["exif:DateTimeOriginal"] == ["2017-07-14T02:40:00Z"]
    assert "takes it back" in report.sentences()[-1]
    (run,) = actions.history(tree.paths)
    assert (run.assets, run.sidecars, run.undoable) == (0, 1, True)
    undone = tree.undo()
    assert undone.exit_code == 0 and undone.sentences() == ["1 sidecar as before (run 1)."]
    assert tree_snapshot(tree.root) == before


def test_a_sidecar_that_a_person_edited_since_stays_at_undo(tree: Tree) -> None:
    tree.act(tree.scan())
    edited = tree.sidecar.read_bytes().replace(b"2017", b"2016")
    tree.sidecar.write_bytes(edited)
    assert tree.undo().left == {"its sidecar changed since it was written": 1}
    assert tree.sidecar.read_bytes() == edited


@pytest.mark.parametrize("what", ["another picture", "another date", "no json", "no photo", "a link"])
def test_a_photo_that_is_not_what_the_scan_saw_gets_no_sidecar(tree: Tree, what: str) -> None:
    result = tree.scan()
    if what == "another picture":
        picture(tree.photo, 2)
    elif what == "another date":
        tree.say(1_400_000_000)
    elif what == "no json":
        tree.json.unlink()
    elif what == "no photo":
        tree.photo.unlink()
    else:
        tree.photo.rename(tree.base / "a.jpg")
        tree.photo.symlink_to(tree.base / "a.jpg")
    picture(tree.root / "other.jpg", 3)  # the folder is not empty: its disk is there
    before = tree_snapshot(tree.root)
    for dry_run in (True, False):
        report = tree.act(result, dry_run=dry_run)
        assert (report.exit_code, len(report.refusals)) == (1, 1)
        assert tree_snapshot(tree.root) == before


def test_a_plan_that_would_move_a_photo_under_the_name_of_a_sidecar_is_refused(tree: Tree) -> None:
    result = tree.scan()
    drafted = draft(result, kind=ActionKind.MOVE, target=str(tree.base / "moved"))
    [action] = drafted.own
    terms = Terms.of((), ActionKind.MOVE, str(tree.base / "moved"), (str(tree.root),))
    assert would_write(action, terms, Disk()) is not None
    for forged in (replace(action, moves=(action.keeper,)), replace(action, handover=None)):
        with pytest.raises(LeftAloneError, match="not planned for a sidecar alone"):
            would_write(forged, terms, Disk())
    with pytest.raises(LeftAloneError, match="outside the scanned folders"):
        would_write(action, replace(terms, roots=(str(tree.base / "elsewhere"),)), Disk())
    with pytest.raises(LeftAloneError, match="selected for removal too"):
        would_write(action, replace(terms, sources=frozenset((str(tree.photo),))), Disk())


def test_a_full_disk_stops_the_run_and_leaves_the_photo_as_it_was(tree: Tree) -> None:
    result, before = tree.scan(), tree_snapshot(tree.root)
    disk = FaultyDisk()
    disk.fail("create", 1, 28)  # ENOSPC
    report = tree.act(result, disk)
    assert report.exit_code == 4 and report.stopped is not None
    assert tree_snapshot(tree.root) == before


# -- crashes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each crash needs a process")
@pytest.mark.parametrize("there", [False, True])
def test_a_crash_at_every_step_leaves_no_half_sidecar(tmp_path: Path, there: bool) -> None:
    number = 0
    for number in range(1, 400):
        tree = Tree(tmp_path / str(number))
        tree.make()
        if there:
            tree.sidecar.write_text(SIDECAR, "utf-8")
        before, result, disk = tree_snapshot(tree.root), tree.scan(), FaultyDisk().crash(number)
        tree.paths  # noqa: B018 - makes the folder
        ended = in_child(lambda tree=tree, result=result, disk=disk: tree.act(result, disk))  # type: ignore[misc]
        if Path(tree.paths.journal).exists():
            actions.recover(tree.paths)
            written = tree.sidecar.exists() and "exif:DateTimeOriginal" in said(tree.sidecar)
            assert written or tree_snapshot(tree.root) == before
            assert not written or said(tree.sidecar).get("xmp:Label") == (["Red"] if there else None)
            assert [path.name for path in tree.base.rglob(".dedupe-*")] == []
            with Journal(tree.paths.journal, Disk()) as journal:
                assert not journal.open_assets() and not journal.unclear_assets()
            if written:
                tree.undo()
            assert tree_snapshot(tree.root) == before
        if ended == 0:
            break
        assert ended == 137
    assert number > 10
