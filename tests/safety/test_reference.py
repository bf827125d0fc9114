"""A reference folder beside the scanned ones: its photos stay, copies elsewhere leave for them, and nothing in it is touched."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.errors import RefusedError
from dedupe.loss import Rescue
from dedupe.types import ActionKind, Relation, ScanResult
from tests.actions.execution import test_sidecars as sidecars
from tests.album import jpeg, photo
from tests.queries.made import run
from tests.rescue.made import needs_exiftool, picture, read, told
from tests.safety.conftest import World, refused
from tests.support import make, photo_at, result_of, tree_snapshot


def beside(world: World) -> tuple[ScanResult, Path, Path]:
    """A copy in the scanned folder of a photo in a reference folder outside it; the two."""
    keep = make(world.base / "library", {"2015/a.jpg": "x\nsame"})["2015/a.jpg"]
    copy = world.make({"old/a.jpg": "x\nsame"})["old/a.jpg"]
    stays = photo_at(keep, world.base / "library", reference=True)
    result = result_of([world.root], [(stays, [photo_at(copy, world.root)])], relation=Relation.IDENTICAL)
    return result, keep, copy


@pytest.mark.parametrize("trash", [False, True], ids=["move", "trash"])
def test_a_copy_of_a_photo_in_the_reference_folder_leaves_and_comes_back(world: World, trash: bool) -> None:
    result, keep, copy = beside(world)
    before = tree_snapshot(world.root), tree_snapshot(world.base / "library")
    assert len(world.act(result, trash=trash, dry_run=True).done) == 1
    report = world.act(result, trash=trash)
    assert (len(report.done), report.exit_code) == (1, 0), report.sentences()
    assert keep.exists() and not copy.exists()
    assert world.undo().exit_code == 0
    assert (tree_snapshot(world.root), tree_snapshot(world.base / "library")) == before


def test_a_copy_of_a_photo_in_the_reference_folder_becomes_a_link(world: World) -> None:
    result, keep, copy = beside(world)
    report = actions.link(result, kind=ActionKind.HARD_LINK, paths=world.paths, disk=world.disk)
    assert len(report.done) == 1, report.sentences()
    assert keep.samefile(copy)
    assert world.undo().exit_code == 0
    assert not keep.samefile(copy)


@needs_exiftool
def test_what_the_copy_says_goes_beside_the_photo_of_the_reference_folder_and_comes_back(tmp_path: Path) -> None:
    tree = sidecars.Tree(tmp_path)
    library = sidecars.Tree(tmp_path / "library")
    copy = tree.copy("old", "-XMP-dc:Subject=beach")
    stays = read(picture(library.keep))
    stays = replace(stays, file=replace(stays.file, reference=True))
    result = result_of([tree.root], [(stays, [read(copy)])], relation=Relation.RESAVED)
    [group] = result.groups
    extras = tuple(replace(extra, rescue=Rescue(str(library.sidecar))) for extra in group.extras)
    result = replace(result, groups=(replace(group, extras=extras),))
    before = tree_snapshot(tree.root), tree_snapshot(library.root)
    report = tree.act(result)
    assert (len(report.done), report.exit_code) == (1, 0), report.sentences()
    assert told(library.sidecar)["XMP-dc:Subject"] == ["beach"]
    library.root.rename(tmp_path / "taken out")
    with pytest.raises(RefusedError, match="is its disk connected"):
        tree.undo()
    (tmp_path / "taken out").rename(library.root)
    assert tree.undo().exit_code == 0
    assert (tree_snapshot(tree.root), tree_snapshot(library.root)) == before


def test_a_copy_comes_back_while_the_disk_of_the_reference_folder_is_taken_out(world: World) -> None:
    result, keep, copy = beside(world)
    world.act(result)
    (world.base / "library").rename(world.base / "taken out")
    assert world.undo().exit_code == 0
    assert copy.exists() and not keep.exists()


def test_no_photo_of_a_reference_folder_leaves_by_a_forged_plan(world: World) -> None:
    result, keep, copy = beside(world)
    [group] = result.groups
    other = photo_at(copy, world.root)
    turned = result_of([world.root], [(other, [photo_at(keep, world.base / "library")])], relation=Relation.IDENTICAL)
    assert refused(world.act(turned).outcomes) == ["is outside the scanned folders"]
    turned = result_of([world.root], [(other, [group.keep])], relation=Relation.IDENTICAL)
    assert refused(world.act(turned).outcomes) == ["is in a reference folder"]
    assert keep.exists() and copy.exists()


def test_the_folder_that_photos_go_to_is_not_the_reference_folder(world: World) -> None:
    result, *_ = beside(world)
    before = tree_snapshot(world.base)
    for target in (world.base / "library", world.base / "library" / "2015"):
        with pytest.raises(RefusedError, match=r"scanned|photos of this scan"):
            world.act(result, target=target)
    assert tree_snapshot(world.base / "photos", world.base / "library").items() <= before.items()


def test_from_the_scan_to_the_undo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """What the command line does with a library that is not among the folders it is given."""
    data = {name: jpeg(photo(name)) for name in ("astronaut", "coffee")}
    make(tmp_path, {"library/a.jpg": data["astronaut"], "new/a.jpg": data["astronaut"], "new/c.jpg": data["coffee"]})
    new, library, store = (str(tmp_path / name) for name in ("new", "library", "store.db"))
    before = tree_snapshot(new, library)
    wish = ("--move-to", str(tmp_path / "moved"), "--yes", "--store", store)
    told = run(monkeypatch, capfdbinary, "scan", new, "--reference", library, "--jobs", "1", *wish)
    assert told.code == 0, told
    assert (os.listdir(new), os.listdir(library)) == (["c.jpg"], ["a.jpg"])
    assert run(monkeypatch, capfdbinary, "undo", "--yes", "--store", store).code == 0
    assert tree_snapshot(new, library) == before
