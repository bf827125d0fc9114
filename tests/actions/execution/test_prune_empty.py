"""Folders that a run emptied are named, removed only where that was asked for, and there again after an undo."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.platform.disk import Disk
from dedupe.types import ActionKind, ScanResult
from tests.support import MARKER, Places, fake_scan, make, tree_snapshot


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """``old/2019`` and ``old/2020/may`` hold copies alone, ``mixed`` a copy and a photo of its own, ``old`` nothing else."""
    root = tmp_path / "photos"
    names = ("old/2019/1.jpg", "old/2020/may/2.jpg", "mixed/3.jpg")
    make(root, {f"a/{number}.jpg": f"p{number}\n" for number in (1, 2, 3)})
    make(root, {name: f"p{number}\ncopy" for number, name in enumerate(names, 1)})
    make(root, {"mixed/own.jpg": "own\n"})
    (root / "old/2019").chmod(0o750)
    return root


def act(result: ScanResult, tmp_path: Path, *, prune_empty: bool, disk: Disk | None = None) -> actions.Report:
    return actions.act(
        result,
        kind=ActionKind.MOVE,
        target=str(tmp_path / "away"),
        paths=Places.below(tmp_path / "state"),
        prune_empty=prune_empty,
        disk=disk,
    )


def below(tree: Path, names: tuple[str, ...]) -> set[str]:
    return {str(Path(name).relative_to(tree)) for name in names}


def test_empty_folders_are_named_and_left_where_nobody_asked(tree: Path, tmp_path: Path) -> None:
    report = act(fake_scan(tree), tmp_path, prune_empty=False)
    assert below(tree, report.emptied) == {"old", "old/2019", "old/2020", "old/2020/may"}
    assert report.pruned == ()
    assert (tree / "old/2020/may").is_dir()
    assert "Now these folders are empty (--prune-empty removes such folders):" in report.sentences()
    assert "Now these folders are empty:" in report.sentences(options=False)
    assert report.sentences()[-1] == "`dedupe undo 1` puts them back."


def test_they_are_removed_where_that_was_asked_and_an_undo_makes_them_again_as_they_were(
    tree: Path, tmp_path: Path
) -> None:
    before = tree_snapshot(tree)
    report = act(fake_scan(tree), tmp_path, prune_empty=True)
    assert below(tree, report.pruned) == {"old", "old/2019", "old/2020", "old/2020/may"}
    assert not (tree / "old").exists()
    assert (tree / "mixed/own.jpg").exists()
    assert (tree / "a").is_dir()
    assert "Removed 4 folders that became empty." in report.sentences()
    assert actions.undo(Places.below(tmp_path / "state")).exit_code == 0
    assert tree_snapshot(tree) == before
    assert stat.S_IMODE((tree / "old/2019").stat().st_mode) == 0o750


@pytest.mark.parametrize("name", [".DS_Store", "notes.txt", "inner/deep.txt"])
def test_a_folder_that_holds_anything_at_all_stays(tree: Path, tmp_path: Path, name: str) -> None:
    make(tree, {f"old/2019/{name}": "x"})
    report = act(fake_scan(tree), tmp_path, prune_empty=True)
    assert below(tree, report.pruned) == {"old/2020", "old/2020/may"}
    assert (tree / "old/2019" / name).exists()


def test_a_scanned_folder_itself_is_never_removed_nor_one_that_was_empty_before(tree: Path, tmp_path: Path) -> None:
    (tree / "empty before").mkdir()
    roots = (tree / "a", tree / "old/2019", tree / "old")
    report = act(fake_scan(*roots), tmp_path, prune_empty=True)
    assert str(tree / "old/2019") not in report.pruned
    assert (tree / "old/2019").is_dir()
    assert (tree / "empty before").is_dir()


@pytest.mark.skipif(os.name == "nt", reason="a link needs rights on Windows")
def test_a_link_to_a_folder_is_not_followed_and_not_removed(tree: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tree / "old/2019/link").symlink_to(elsewhere)
    report = act(fake_scan(tree), tmp_path, prune_empty=True)
    assert str(tree / "old/2019") not in report.pruned
    assert elsewhere.is_dir()


def test_a_photo_that_arrives_in_the_last_instant_keeps_its_folder(tree: Path, tmp_path: Path) -> None:
    class Late(Disk):
        def rmdir(self, folder: str) -> None:
            Path(folder, "new.jpg").write_text("new")
            super().rmdir(folder)

    report = act(fake_scan(tree), tmp_path, prune_empty=True, disk=Late())
    assert report.pruned == ()
    assert (tree / "old/2019/new.jpg").read_text() == "new"
    assert actions.undo(Places.below(tmp_path / "state")).exit_code == 0
    assert (tree / "old/2019/1.jpg").exists()


def test_a_crash_before_the_folder_went_leaves_nothing_to_repair(tree: Path, tmp_path: Path) -> None:
    class Cut(Disk):
        def rmdir(self, folder: str) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        act(fake_scan(tree), tmp_path, prune_empty=True, disk=Cut())
    before = tree_snapshot(tree)
    actions.recover(Places.below(tmp_path / "state"))
    assert tree_snapshot(tree) == before
    assert actions.undo(Places.below(tmp_path / "state")).exit_code == 0
    assert (tree / "old/2019/1.jpg").exists()


def test_the_marker_of_the_target_is_not_taken_for_a_removed_folder(tree: Path, tmp_path: Path) -> None:
    report = actions.act(
        fake_scan(tree),
        kind=ActionKind.MOVE,
        target=str(tree / "Extras"),
        paths=Places.below(tmp_path / "state"),
        prune_empty=True,
    )
    assert report.pruned
    assert (tree / "Extras" / MARKER).exists()
    assert actions.undo(Places.below(tmp_path / "state")).exit_code == 0
    assert not (tree / "Extras").exists()
    assert (tree / "old/2020/may/2.jpg").exists()
