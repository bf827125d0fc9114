"""A folder preferred for the rest of a review: its copies stay, where nothing else changes by that."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from dedupe.library.decisions import Decisions
from dedupe.library.scans import EditState
from dedupe.review.preference import preferring
from dedupe.review.prompt import pressed
from dedupe.review.screens import screen
from dedupe.review.state import ReviewState
from dedupe.terminal.pictures import Pictures
from dedupe.types import Extra, Group, Loss, LossCode, Photo, Relation
from tests.review.made import ROOT, extra, group, photo, result

ALBUM = f"{ROOT}/album"


def pair(number: int, relation: Relation = Relation.IDENTICAL) -> Group:
    """A photo in another folder that stays, and its copy in the album."""
    keep = photo(f"phone/{number}.jpg")
    return group(f"g{number}", keep, extra(photo(f"album/{number}.jpg"), relation, keeper=keep.path))


def alike(keep: Photo, one: Photo) -> Extra | None:
    return extra(one, keeper=keep.path)


def lost(keep: Photo, one: Photo) -> Extra | None:
    return extra(one, keeper=keep.path, selected=False, loses=(Loss(LossCode.CAPTION),))


def begun(*groups: Group) -> ReviewState:
    return ReviewState.begin(groups, alike)


def staying(state: ReviewState) -> list[str]:
    return [choice.stays.path.removeprefix(f"{ROOT}/") for choice in state.choices]


def test_the_copy_in_the_preferred_folder_stays_in_every_group_not_yet_decided() -> None:
    state = begun(pair(1), pair(2), pair(3)).press("enter").press("d")
    assert staying(state) == ["phone/1.jpg", "album/2.jpg", "album/3.jpg"]
    assert state.choices[1].selected[0].photo.path == f"{ROOT}/phone/2.jpg"
    assert "2 groups" in state.message


def test_a_preference_is_taken_back_but_not_what_was_decided_meanwhile() -> None:
    state = begun(pair(1), pair(2)).press("d").press("enter").press("D")
    assert staying(state) == ["album/1.jpg", "phone/2.jpg"]
    assert state.choices[0].verdict is EditState.ACCEPTED
    assert state.preferred == ()


def test_a_group_changed_back_by_hand_stays_so_when_another_folder_is_preferred() -> None:
    state = begun(pair(1), pair(2)).press("d").press("1").press("d")
    assert staying(state) == ["phone/1.jpg", "album/2.jpg"]
    assert staying(state.press("D")) == ["phone/1.jpg", "phone/2.jpg"]


def test_the_folder_preferred_last_comes_first() -> None:
    state = begun(pair(1), pair(2)).press("d")
    assert (state.cursor, state.choice.keep) == (1, 1)
    state = state.press("up").press("d")
    assert state.preferred == (f"{ROOT}/phone", ALBUM)
    assert staying(state) == ["phone/1.jpg", "phone/2.jpg"]


def test_groups_of_a_preferred_folder_are_accepted_with_the_rest() -> None:
    state = begun(pair(1), pair(2)).press("d").press("A").press("y")
    assert state.count(EditState.ACCEPTED) == 2
    assert staying(state) == ["album/1.jpg", "album/2.jpg"]


def test_a_resaved_copy_does_not_take_the_place_of_its_photo_for_its_folder() -> None:
    choice = begun(pair(1, Relation.RESAVED)).choice
    assert preferring(pair(1, Relation.RESAVED), choice, [ALBUM], alike) is choice


def test_a_photo_that_would_lose_something_is_not_let_go_for_a_folder() -> None:
    choice = begun(pair(1)).choice
    assert preferring(pair(1), choice, [ALBUM], lost) is choice


def test_a_photo_chosen_by_hand_stays_whatever_folder_is_preferred() -> None:
    three = group("g", photo("phone/1.jpg"), extra(photo("web/1.jpg")), extra(photo("album/1.jpg")))
    choice = begun(three).press("2").choice
    assert preferring(three, choice, [ALBUM], alike) is choice


def test_a_copy_unmarked_by_hand_stays_unmarked() -> None:
    three = group("g", photo("phone/1.jpg"), extra(photo("web/1.jpg")), extra(photo("album/1.jpg")))
    choice = begun(three).press(" ").choice
    assert [one.photo.path for one in preferring(three, choice, [ALBUM], alike).selected] == [f"{ROOT}/album/1.jpg"]


def test_of_two_preferred_folders_the_first_is_preferred_most() -> None:
    three = group("g", photo("phone/1.jpg"), extra(photo("web/1.jpg")), extra(photo("album/1.jpg")))
    choice = preferring(three, begun(three).choice, [f"{ROOT}/web", ALBUM], alike)
    assert choice.stays.path == f"{ROOT}/web/1.jpg"


def test_copies_of_a_crop_change_places_without_touching_the_original() -> None:
    original, crop, again = photo("phone/1.jpg"), photo("phone/crop.jpg"), photo("album/crop.jpg")
    family = group(
        "g",
        original,
        extra(crop, Relation.EDITED, selected=False, keeper=original.path),
        extra(again, keeper=crop.path),
    )

    def proofs(keep: Photo, one: Photo) -> Extra | None:
        same = {keep.path, one.path} == {crop.path, again.path}
        return extra(one, Relation.IDENTICAL if same else Relation.EDITED, selected=same, keeper=keep.path)

    choice = preferring(family, begun(family).choice, [ALBUM], proofs)
    assert choice.stays == original
    assert [one.photo for one in choice.selected] == [crop]
    assert [one.keeper for one in choice.extras if one is not None] == [again.path, original.path]


def test_in_the_terminal_too_a_preferred_folder_ends_with_the_review(tmp_path: Path) -> None:
    groups = (pair(1), pair(2), pair(3))
    with Decisions(str(tmp_path / "cache.decisions.db")) as memory:
        memory.save_scan(result(*groups))
        state = begun(*groups)
        for key in ("d", "enter"):
            state = pressed(state, key, memory)
        assert staying(state) == ["album/1.jpg", "album/2.jpg", "album/3.jpg"]
        again = ReviewState.begin(groups, alike, memory.edits())
        assert staying(again) == ["album/1.jpg", "phone/2.jpg", "phone/3.jpg"]
        assert len(again.rest()) == 2
        assert not list(memory.made())


def test_a_photo_accepted_for_its_folder_is_no_choice_of_that_photo_in_the_next_scan_either(tmp_path: Path) -> None:
    with Decisions(str(tmp_path / "cache.decisions.db")) as memory:
        memory.save_scan(result(pair(1)))
        state = pressed(begun(pair(1)), "d", memory)
        pressed(state, "enter", memory)
        memory.save_scan(result(replace(pair(1), id="later")))
        state = ReviewState.begin([replace(pair(1), id="later")], alike, memory.edits())
        assert state.choices[0].verdict is EditState.ACCEPTED
        for key in ("b", " ", " ", "enter"):
            state = pressed(state, key, memory)
        assert staying(state) == ["album/1.jpg"]
        assert not list(memory.made())


def test_the_summary_names_the_preferred_folder() -> None:
    console = Console(file=StringIO(), width=100)
    state = begun(pair(1), pair(2)).press("d").press("q")
    shown = [str(line) for line in screen(state, console, (ROOT,), Pictures(console, lambda _: None, ()))]
    (said,) = [line for line in shown if "by folder" in line]
    assert " 2 " in said
    assert ALBUM in " ".join(shown)
