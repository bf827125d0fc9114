"""Another shot is no copy: it leaves only by the word of a person on its very set, and comes back like any photo."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.planning.plan import draft
from dedupe.actions.report import Report
from dedupe.library.decisions import Decisions
from dedupe.review.series import partings, seen_of, shots_alone, word_of
from dedupe.series.shots import SetKind, ShotSet, set_id
from dedupe.types import Action, ActionKind, ByHand, OutcomeKind, Parting, Relation, ScanResult, Series
from tests.cli.made import Scanned
from tests.faults import FaultyDisk
from tests.safety.conftest import World, refused
from tests.safety.crash_points import in_child
from tests.support import contents, photo_at, photos_below, result_of, tree_snapshot

NOBODY = "is a different shot that nobody selected by hand"


def burst(world: World) -> tuple[ScanResult, ShotSet]:
    """A scan of three shots of one scene, the middle one with a sidecar and a video."""
    world.make({f"b/{name}.jpg": f"shot {name}\n" for name in "123"} | {"b/2.xmp": "stars", "b/2.mov": "film"})
    photos = tuple(photos_below(world.root))
    shots = ShotSet(set_id(photo.content_key for photo in photos), SetKind.BURST, photos)
    return result_of([world.root], [], photos=3, series=[Series("s", photos)]), shots


def act(world: World, result: ScanResult, leaving: Sequence[Parting], *, dry_run: bool = False) -> Report:
    return actions.act(
        result,
        kind=ActionKind.MOVE,
        target=str(world.target),
        paths=world.paths,
        dry_run=dry_run,
        disk=world.disk,
        partings=leaving,
    )


def chosen(shots: ShotSet, *stays: int) -> tuple[Parting, ...]:
    """What leaves where a person lets the shots at these places stay."""
    word = word_of(shots, stays)
    return partings([shots], {shots.id: word})


def test_the_shots_that_a_person_let_go_leave_with_all_their_files_and_come_back(world: World) -> None:
    result, shots = burst(world)
    before = tree_snapshot(world.root)
    rehearsed = act(world, result, chosen(shots, 0), dry_run=True)
    assert tree_snapshot(world.root) == before
    report = act(world, result, chosen(shots, 0))
    assert [one.action.moves[0].source for one in rehearsed.done] == [one.action.moves[0].source for one in report.done]
    assert [path.name for path in (world.root / "b").iterdir()] == ["1.jpg"]
    assert sorted(path.name for path in world.target.rglob("*") if path.is_file()) == [
        "2.jpg",
        "2.mov",
        "2.xmp",
        "3.jpg",
    ]
    world.undo()
    assert tree_snapshot(world.root) == before


def forged(world: World) -> dict[str, Action]:
    """An action that no person's word covers, by what is wrong with it."""
    result, shots = burst(world)
    [good, _] = draft(result, kind=ActionKind.MOVE, target=str(world.target), partings=chosen(shots, 0)).actions
    first, second, third = (photo.content_key for photo in shots.photos)
    return {
        "no word": replace(good, by_hand=None),
        "another shot goes": replace(good, by_hand=ByHand(shots.id, (first,), (third,))),
        "another shot stays": replace(good, by_hand=ByHand(shots.id, (third,), (second,))),
        "it goes and stays": replace(good, by_hand=ByHand(shots.id, (first, second), (second, third))),
        "nothing stays": replace(good, by_hand=ByHand(shots.id, (), (first, second, third))),
        "a copy": replace(good, relation=Relation.RESAVED),
    }


@pytest.mark.parametrize(
    "wrong", ["no word", "another shot goes", "another shot stays", "it goes and stays", "nothing stays", "a copy"]
)
def test_no_shot_leaves_that_a_persons_word_does_not_name(world: World, wrong: str) -> None:
    action = forged(world)[wrong]
    before = tree_snapshot(world.root)
    [reason] = refused(world.carry_out((action,)).outcomes)
    assert "shot" in reason
    assert tree_snapshot(world.root) == before


def test_a_shot_without_a_word_is_not_acted_on_whatever_is_selected(world: World) -> None:
    result, shots = burst(world)
    first, second, third = shots.photos
    picked = result_of([world.root], [(first, [second, third])], relation=Relation.SIMILAR, series=result.series)
    assert refused(act(world, picked, ()).outcomes) == ["is another shot, not a duplicate"] * 2


def test_a_shot_stays_where_the_one_that_stays_for_it_changed_or_is_gone(world: World) -> None:
    result, shots = burst(world)
    leaving = chosen(shots, 0)
    (world.root / "b" / "1.jpg").write_text("edited meanwhile")
    assert len(refused(act(world, result, leaving).outcomes)) == 2
    (world.root / "b" / "1.jpg").unlink()
    assert len(refused(act(world, result, leaving).outcomes)) == 2
    assert (world.root / "b" / "2.jpg").exists() and (world.root / "b" / "2.mov").exists()


def test_of_two_words_that_contradict_each_other_nothing_leaves(world: World) -> None:
    result, shots = burst(world)
    both = (*chosen(shots, 0)[:1], *chosen(shots, 1)[:1])
    assert {one.photo.path for one in both} == {one.keep.path for one in both}
    before = tree_snapshot(world.root)
    assert refused(act(world, result, both).outcomes) == ["the photo that stays for it is selected for removal too"] * 2
    assert tree_snapshot(world.root) == before


def test_a_protected_shot_stays_whatever_a_person_chose(world: World) -> None:
    result, shots = burst(world)
    photos = (shots.photos[0], photo_at(shots.photos[1].path, world.root, protected=True))
    shots = ShotSet(set_id(photo.content_key for photo in photos), SetKind.BURST, photos)
    assert chosen(shots, 0) == ()
    forged = ByHand(shots.id, *((photo.content_key,) for photo in photos), seen_of(shots))
    leaving = partings([shots], {shots.id: forged})
    assert refused(act(world, result, leaving).outcomes) == ["is in a protected folder"]


def test_the_raw_of_a_shot_goes_with_it(world: World) -> None:
    made = world.make({"b/1.jpg": "shot 1\n", "b/2.jpg": "shot 2\n", "b/2.dng": "raw 2\n"})
    raw = photo_at(made["b/2.dng"], world.root)
    photos = (photo_at(made["b/1.jpg"], world.root), photo_at(made["b/2.jpg"], world.root, members=[raw]))
    shots = ShotSet(set_id(photo.content_key for photo in photos), SetKind.BURST, photos)
    result = result_of([world.root], [], photos=2, series=[Series("s", photos)])
    before = tree_snapshot(world.root)
    act(world, result, chosen(shots, 0))
    assert [path.name for path in (world.root / "b").iterdir()] == ["1.jpg"]
    world.undo()
    assert tree_snapshot(world.root) == before


def test_a_video_that_came_beside_a_shot_after_the_scan_holds_it_back(world: World) -> None:
    result, shots = burst(world)
    world.make({"b/3.mov": "film of the third"})
    report = act(world, result, chosen(shots, 0))
    assert [one.kind for one in report.outcomes] == [OutcomeKind.DONE, OutcomeKind.REFUSED]
    assert (world.root / "b" / "3.jpg").exists()


def test_a_word_is_about_its_own_set_alone(world: World) -> None:
    _, shots = burst(world)
    word = word_of(shots, [0])
    fewer = ShotSet(shots.id, SetKind.BURST, shots.photos[:2])
    for wrong in (
        replace(word, shots="another"),
        replace(word, goes=word.goes[:1]),
        replace(word, stays=()),
        replace(word, stays=(), goes=(*word.stays, *word.goes)),
        replace(word, stays=(*word.stays, *word.goes)),
    ):
        assert partings([shots], {shots.id: wrong}) == ()
    assert partings([fewer], {shots.id: word}) == ()
    assert len(partings([shots], {shots.id: word})) == 2


def test_a_word_lets_no_copy_of_these_shots_in_another_folder_go(world: World) -> None:
    _, shots = burst(world)
    word = word_of(shots, [0])
    made = world.make({f"backup/{name}.jpg": f"shot {name}\n" for name in "123"})
    copies = tuple(photo_at(made[path], world.root) for path in sorted(made))
    backup = ShotSet(shots.id, SetKind.BURST, copies)
    assert set_id(backup.contents) == shots.id
    assert partings([backup], {shots.id: word}) == ()
    assert len(partings([shots, backup], {shots.id: word})) == 2


@pytest.mark.parametrize("came", ["2.xmp", "2.mov"])
def test_a_word_holds_no_longer_where_something_else_is_beside_a_shot(world: World, came: str) -> None:
    world.make({f"b/{name}.jpg": f"shot {name}\n" for name in "123"})
    before = tuple(photos_below(world.root))
    shots = ShotSet(set_id(photo.content_key for photo in before), SetKind.BURST, before)
    word = word_of(shots, [0])
    assert len(partings([shots], {shots.id: word})) == 2
    world.make({f"b/{came}": "made since\n"})
    later = replace(shots, photos=tuple(photos_below(world.root)))
    assert later.contents == shots.contents
    assert partings([later], {shots.id: word}) == ()


def test_a_shot_goes_for_one_that_is_still_there(world: World) -> None:
    result, shots = burst(world)
    word = word_of(shots, [0, 1])
    (world.root / "b" / "1.jpg").unlink()
    leaving = partings([shots], {shots.id: word}, away=[shots.photos[0].path])
    assert [one.keep.path for one in leaving] == [shots.photos[1].path]
    assert len(act(world, result, leaving).done) == 1
    assert {path.name for path in (world.root / "b").iterdir()} == {"2.jpg", "2.xmp", "2.mov"}


def test_neither_apply_nor_a_scan_lets_a_shot_go_that_a_person_chose(tmp_path: Path) -> None:
    scanned = Scanned(tmp_path)
    result = scanned.scan(2)
    photos = tuple(photo for group in result.groups for photo in (group.keep,))
    shots = ShotSet(set_id(photo.content_key for photo in photos), SetKind.BURST, photos)
    scanned.save(replace(shots_alone(result), series=(Series("s", photos),)))
    with Decisions(scanned.paths.decisions) as memory:
        memory.put_word(word_of(shots, [0]))
    before = scanned.snapshot()
    scanned.ran("apply", "--move-to", str(scanned.away), "--yes")
    assert scanned.snapshot() == before
    done = scanned.ran("series", "--move-to", str(scanned.away), "--yes")
    assert done.returncode == 0, done.stderr
    assert [os.path.exists(photo.path) for photo in photos] == [True, False]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each crash needs a process")
@pytest.mark.parametrize("undoing", [False, True])
def test_a_crash_at_every_step_loses_no_shot(quick_path: Path, undoing: bool) -> None:
    for number in range(1, 400):
        base = quick_path / str(number)
        base.mkdir()
        world = World(base, base / "home")
        result, shots = burst(world)
        before = contents(world.root)
        if undoing:
            act(world, result, chosen(shots, 0))
        world.disk = FaultyDisk().crash(number)

        def run(world: World = world, result: ScanResult = result, shots: ShotSet = shots) -> object:
            return world.undo() if undoing else act(world, result, chosen(shots, 0))

        ended = in_child(run)
        actions.recover_if_needed(world.paths)
        assert contents(world.root, world.target) == before
        assert (world.root / "b" / "1.jpg").exists()
        beside = {path.parent for path in (*world.root.rglob("2.*"), *world.target.rglob("2.*"))}
        assert len(beside) == 1  # the shot with its sidecar and its video: all here, or all there
        if ended == 0:
            break
        assert ended == 137
    assert number > 20
