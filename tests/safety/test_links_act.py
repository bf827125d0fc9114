"""Rows 3, 4 and 5, acting: no chains, hard links together or not at all, a link is never what is acted on."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe.actions.planning.plan import draft
from dedupe.types import ActionKind, Relation
from tests.faults import FaultyDisk
from tests.safety.conftest import World, refused
from tests.support import fake_scan, photo_at, result_of


def test_two_extras_of_one_star_go_each_for_the_keeper(world: World) -> None:
    made = world.make({"b.jpg": "x\nbb", "a.jpg": "x\na", "c.jpg": "x\ncc"})
    photos = {name: photo_at(path, world.root) for name, path in made.items()}
    result = result_of([world.root], [(photos["b.jpg"], [photos["a.jpg"], photos["c.jpg"]])])
    report = world.act(result)
    assert [outcome.action.keeper.source for outcome in report.done] == [str(made["b.jpg"])] * 2
    assert [path.exists() for path in made.values()] == [True, False, False]


def test_a_chain_of_groups_is_refused_where_a_keeper_would_leave(world: World) -> None:
    """A goes for B and B for C: then A would have been judged against a photo that is not there any more."""
    made = world.make({"a.jpg": "x\na", "b.jpg": "x\nbb", "c.jpg": "x\ncc"})
    a, b, c = (photo_at(path, world.root) for path in made.values())
    report = world.act(result_of([world.root], [(b, [a]), (c, [b])]))
    assert report.refusals == {"the photo that stays for it is selected for removal too": 1}
    assert [path.exists() for path in made.values()] == [True, False, True]


def test_links_to_one_inode_are_one_photo_that_nobody_touches(world: World) -> None:
    made = world.make({"a.jpg": "x\nsame"})
    os.link(made["a.jpg"], world.root / "b.jpg")
    before = world.snapshot()
    report = world.act()
    assert (report.outcomes, report.bytes_freed) == ((), 0)
    assert world.snapshot() == before


def test_a_hard_linked_extra_leaves_with_all_its_names(world: World) -> None:
    _keep, extra = world.pair("resaved")
    os.link(extra, world.root / "old" / "z.jpg")
    before = world.snapshot()
    report = world.act()
    assert report.files == 2
    assert report.bytes_freed == len(b"beach\nagain")
    moved = [world.target / "old" / "a.jpg", world.target / "old" / "z.jpg"]
    assert moved[0].samefile(moved[1])
    world.undo()
    assert world.snapshot() == before
    assert extra.samefile(world.root / "old" / "z.jpg")


@pytest.mark.parametrize("trash", [False, True], ids=["move", "trash"])
def test_a_hard_linked_extra_with_a_name_elsewhere_stays(world: World, trash: bool) -> None:
    _keep, extra = world.pair("resaved")
    (world.base / "elsewhere").mkdir()
    os.link(extra, world.base / "elsewhere" / "a.jpg")
    before = world.snapshot()
    report = world.act(trash=trash)
    assert refused(report.outcomes) == ["has another name (a hard link) that would stay behind"]
    assert world.snapshot() == before


def test_a_victim_that_became_a_hard_link_to_its_keeper_is_left_alone(world: World) -> None:
    keep, extra = world.pair()
    result = world.scan()
    extra.unlink()
    os.link(keep, extra)
    before = world.snapshot()
    assert len(refused(world.act(result).outcomes)) == 1
    assert world.snapshot() == before


def test_a_link_swapped_in_after_the_plan_is_not_followed(world: World) -> None:
    _keep, extra = world.pair()
    result = world.scan()
    outside = world.base / "outside.jpg"
    extra.rename(outside)
    extra.symlink_to(outside)
    report = world.act(result)
    assert refused(report.outcomes) == ["is a link, or no longer a regular file"]
    assert outside.exists()
    assert extra.is_symlink()


class SwappingDisk(FaultyDisk):
    """Puts a link in the file's place between the look at the name and the opening."""

    def __init__(self, path: Path, elsewhere: Path) -> None:
        super().__init__()
        self._path, self._elsewhere = path, elsewhere

    def open_read(self, path: str) -> int:
        if path == str(self._path) and not self._path.is_symlink():
            self._path.rename(self._elsewhere)
            self._path.symlink_to(self._elsewhere)
        return super().open_read(path)


def test_a_link_swapped_in_between_look_and_open_is_not_followed(world: World) -> None:
    _keep, extra = world.pair()
    report = world.act(disk=SwappingDisk(extra, world.base / "outside.jpg"))
    assert refused(report.outcomes) == ["is a link, or no longer a regular file"]


def test_a_keeper_that_is_only_a_link_keeps_nothing(world: World) -> None:
    keep, _extra = world.pair()
    result = world.scan()
    keep.rename(world.base / "real.jpg")
    keep.symlink_to(world.base / "real.jpg")
    report = world.act(result)
    assert refused(report.outcomes) == ["the photo that stays: is a link, or no longer a regular file"]


def test_a_link_among_the_folders_of_the_target_is_not_followed(world: World) -> None:
    world.pair("resaved")
    outside = world.base / "outside"
    outside.mkdir()
    world.target.mkdir()
    (world.target / "old").symlink_to(outside)
    report = world.act()
    assert refused(report.outcomes) == ["a link is in the way of its folder"]
    assert not list(outside.iterdir())


def test_a_file_among_the_folders_of_the_target_is_not_replaced(world: World) -> None:
    world.pair("resaved")
    world.target.mkdir()
    (world.target / "old").write_bytes(b"a file")
    report = world.act()
    assert refused(report.outcomes) == ["a file is in the way of its folder"]
    assert (world.target / "old").read_bytes() == b"a file"


def test_a_similar_photo_is_never_planned_nor_moved(world: World) -> None:
    keep, extra = world.pair("resaved")
    photos = [photo_at(path, world.root) for path in (keep, extra)]
    result = result_of([world.root], [(photos[0], photos[1:])], relation=Relation.SIMILAR)
    assert refused(world.act(result).outcomes) == ["is another shot, not a duplicate"]
    [action] = world.plan()
    applied = world.carry_out((replace(action, relation=Relation.SIMILAR),))
    assert refused(applied.outcomes) == ["is another shot, not a duplicate"]
    assert extra.exists()


def test_a_similar_photo_is_not_even_planned(world: World) -> None:
    keep, extra = world.pair("resaved")
    photos = [photo_at(path, world.root) for path in (keep, extra)]
    result = result_of([world.root], [(photos[0], photos[1:])], relation=Relation.SIMILAR)
    drafted = draft(result, kind=ActionKind.MOVE, target=str(world.target))
    assert (drafted.actions, refused(drafted.left)) == ((), ["is another shot, not a duplicate"])


@pytest.mark.parametrize("kind", ["protected", "reference"])
def test_protected_and_reference_folders_give_nothing_away(world: World, kind: str) -> None:
    keep, extra = world.pair("resaved")
    photo = photo_at(extra, world.root, protected=kind == "protected", reference=kind == "reference")
    result = result_of([world.root], [(photo_at(keep, world.root), [photo])])
    assert refused(world.act(result).outcomes) == [f"is in a {kind} folder"]
    assert extra.exists()


@pytest.mark.parametrize("which", ["old", "keep"])
@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
def test_a_folder_that_became_a_link_after_the_scan_is_not_followed(world: World, which: str, inside: bool) -> None:
    keep, extra = world.pair()
    result = world.scan()
    folder = (extra if which == "old" else keep).parent
    elsewhere = (world.root if inside else world.base) / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    before = world.snapshot()
    whose = "the photo that stays: " if which == "keep" else ""
    assert refused(world.act(result).outcomes) == [f"{whose}is reached through a link"]
    assert refused(world.act(result, trash=True).outcomes) == [f"{whose}is reached through a link"]
    assert world.snapshot() == before
    assert (elsewhere / "a.jpg").exists()


def test_a_root_that_is_reached_through_a_link_is_acted_on(world: World) -> None:
    world.pair()
    (world.base / "link").symlink_to(world.root)
    assert len(world.act(fake_scan(world.base / "link")).done) == 1
