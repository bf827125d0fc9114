"""The plan: reads only, deterministic, each asset with its files, each target free."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe.actions.planning.plan import NOT_READ, draft, plan
from dedupe.types import ActionKind, Extra, Group, Relation, ScanResult
from tests.faults import FaultyDisk
from tests.support import companion_at, fake_scan, key, make, photo_at, result_of, tree_snapshot


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "photos"


def test_planning_touches_nothing(root: Path, tmp_path: Path) -> None:
    make(root, {"a.jpg": "x\n1", "b.jpg": "x\n2", "b.xmp": "stars"})
    before = tree_snapshot(tmp_path)
    disk = FaultyDisk()
    [action] = plan(fake_scan(root), kind=ActionKind.MOVE, target=str(tmp_path / "to"), disk=disk)
    assert tree_snapshot(tmp_path) == before
    assert disk.taken == []
    assert [move.content_key for move in action.moves] == [key(b"x\n2"), key(b"stars")]


def test_the_same_scan_gives_the_same_plan(root: Path, tmp_path: Path) -> None:
    make(root, {f"{folder}/{n}.jpg": f"p{n % 3}\n{folder}{n}" for n in range(9) for folder in "ab"})
    result = fake_scan(root)
    to = str(tmp_path / "to")
    assert plan(result, kind=ActionKind.MOVE, target=to) == plan(result, kind=ActionKind.MOVE, target=to)
    assert plan(result, kind=ActionKind.TRASH, target=None) == plan(result, kind=ActionKind.TRASH, target=None)


def test_only_what_is_selected_is_planned(root: Path, tmp_path: Path) -> None:
    make(root, {"a.jpg": "x\n1", "b.jpg": "x\n2", "c.jpg": "x\n3"})
    result = fake_scan(root)
    [group] = result.groups
    first, second = group.extras
    chosen = replace(group, extras=(replace(first, selected=False), second))
    [action] = plan(replace(result, groups=(chosen,)), kind=ActionKind.TRASH, target=None)
    assert action.moves[0].source == second.photo.path
    assert (action.group, action.relation, action.keeper.source) == (group.id, Relation.RESAVED, group.keep.path)
    assert action.moves[0].target is None


def test_wanted_names_of_two_actions_do_not_collide(root: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one" / "P", tmp_path / "two" / "p"
    made = [*make(one, {"a.jpg": "x\n1", "A.jpg": "x\n2"}).values(), *make(two, {"a.jpg": "x\n3"}).values()]
    photos = [photo_at(path, path.parent) for path in made]
    result = result_of([one, two], [(photos[0], photos[1:])])
    targets = [a.moves[0].target for a in plan(result, kind=ActionKind.MOVE, target=str(tmp_path / "to"))]
    assert targets == [str(tmp_path / "to" / "P" / "A.jpg"), str(tmp_path / "to" / "p (2)" / "a.jpg")]


def test_a_preview_compares_companions_by_size_and_reads_none(root: Path) -> None:
    make(root, {"a/x.jpg": "x\n1", "a/x.mov": "film", "b/x.jpg": "x\n2", "b/x.mov": "fill", "b/x.xmp": "stars"})
    result = fake_scan(root)
    read = draft(result, kind=ActionKind.TRASH, target=None)
    assert [outcome.reason for outcome in read.left] == ["its video has no equal beside the photo that stays"]
    [action] = plan(result, kind=ActionKind.TRASH, target=None, read_companions=False)
    assert {move.content_key for move in action.moves[1:]} == {NOT_READ}


def test_a_companion_that_changed_since_the_scan_gets_the_key_of_nothing(root: Path) -> None:
    made = make(root, {"a.jpg": "x\n1", "b.jpg": "x\n2", "b.xmp": "stars"})
    result = fake_scan(root)
    made["b.xmp"].write_text("other")
    [action] = plan(result, kind=ActionKind.TRASH, target=None)
    assert action.moves[1].content_key == NOT_READ


def test_a_further_name_in_another_root_goes_below_that_roots_name(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    keep = make(one, {"keep.jpg": "x\n1"})["keep.jpg"]
    extra = make(one, {"a.jpg": "x\n2"})["a.jpg"]
    two.mkdir()
    os.link(extra, two / "b.jpg")
    photo = photo_at(extra, one, links_inside=[str(two / "b.jpg")])
    result = result_of([one, two], [(photo_at(keep, one), [photo])])
    [action] = plan(result, kind=ActionKind.MOVE, target=str(tmp_path / "to"))
    assert [move.target for move in action.moves] == [
        str(tmp_path / "to" / "one" / "a.jpg"),
        str(tmp_path / "to" / "two" / "b.jpg"),
    ]


def test_what_stays_in_place_of_a_part_is_named(root: Path) -> None:
    made = make(root, {"k/x.jpg": "x\n1", "k/x.mov": "film", "b/x.jpg": "x\n2", "b/x.mov": "film"})
    [action] = plan(fake_scan(root), kind=ActionKind.TRASH, target=None)
    kept, extra = sorted([action.keeper.source, action.moves[0].source]), action.keeper_parts
    assert kept == sorted([str(made["k/x.jpg"]), str(made["b/x.jpg"])])
    assert [part.source for part in extra] == [os.path.splitext(action.keeper.source)[0] + ".mov"]


def test_a_sidecar_of_a_photo_in_a_series_stays(root: Path) -> None:
    from dedupe.types import Series

    made = make(root, {"k.jpg": "x\n1", "b.jpg": "x\n2", "s.jpg": "y\n1", "b.xmp": "both"})
    shared = [companion_at(made["b.xmp"])]
    keep, extra = photo_at(made["k.jpg"], root), photo_at(made["b.jpg"], root, companions=shared)
    other = photo_at(made["s.jpg"], root, companions=shared)
    result = result_of([root], [(keep, [extra])], series=[Series("s0", (other,))])
    [action] = plan(result, kind=ActionKind.TRASH, target=None)
    assert [move.source for move in action.moves] == [str(made["b.jpg"])]


def test_a_photo_that_is_in_a_group_and_a_series_shares_with_nobody(root: Path) -> None:
    from dedupe.types import Series

    made = make(root, {"k.jpg": "x\n1", "b.jpg": "x\n2", "b.xmp": "own"})
    keep = photo_at(made["k.jpg"], root)
    extra = photo_at(made["b.jpg"], root, companions=[companion_at(made["b.xmp"])])
    result = result_of([root], [(keep, [extra])], series=[Series("s0", (extra, keep))])
    [action] = plan(result, kind=ActionKind.TRASH, target=None)
    assert len(action.moves) == 2


def test_an_empty_scan_is_an_empty_plan() -> None:
    result = result_of(["/p"], [])
    assert plan(result, kind=ActionKind.MOVE, target="/nowhere") == ()
    assert isinstance(result, ScanResult)
    assert not any(isinstance(group, Group) for group in result.groups)
    assert Extra.__name__ == "Extra"
