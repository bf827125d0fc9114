"""A review of versions: another head, a version that goes with its copies, and what stays because nothing is proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dedupe.library.scans import EditState
from dedupe.review.choice import Choice, accepted, edit_of, keep_instead, photos_of, restored, suggested, toggled
from dedupe.review.state import ReviewState
from dedupe.types import Extra, Group, Loss, LossCode, Photo, Relation
from tests.review.made import extra, group, photo, result

ORIGINAL, AGAIN = photo("original.jpg"), photo("again.jpg")
CROP, CROP_TWICE, CROP_SMALL = photo("crop.jpg"), photo("crop twice.jpg"), photo("crop small.jpg")
GREY_CROP = photo("grey crop.jpg")
ROOT, AGAIN_AT, CROP_AT, TWICE_AT, SMALL_AT, GREY_AT = range(6)


def family() -> Group:
    """An original with a copy, a crop of it with two copies, and a grey version of the crop."""
    return group(
        "g",
        ORIGINAL,
        extra(AGAIN, keeper=ORIGINAL.path),
        extra(CROP, Relation.EDITED, 0.2, selected=False, keeper=ORIGINAL.path),
        extra(CROP_TWICE, keeper=CROP.path),
        extra(CROP_SMALL, Relation.RESAVED, 0.1, keeper=CROP.path),
        extra(GREY_CROP, Relation.EDITED, 0.3, selected=False, keeper=CROP.path),
    )


class Proofs:
    """What was proven of pairs; ``unknown`` names photos that nothing is proven of."""

    def __init__(self, *unknown: Photo) -> None:
        self.unknown = {one.path for one in unknown}
        self.asked: list[tuple[str, str]] = []

    def __call__(self, keep: Photo, one: Photo) -> Extra | None:
        self.asked.append((keep.path, one.path))
        if self.unknown & {keep.path, one.path}:
            return None
        crops = {CROP.path, CROP_TWICE.path, CROP_SMALL.path}
        wholes = {ORIGINAL.path, AGAIN.path}
        same = any({keep.path, one.path} <= family for family in (crops, wholes))
        relation = Relation.RESAVED if same else Relation.EDITED
        return Extra(one, relation, 0.1, selected=same, keeper=keep.path)


def hangs(choice: Choice) -> dict[int, int | None]:
    """On which place each place hangs; None where it hangs on none."""
    places = {one.path: place for place, one in enumerate(photos_of(family()))}
    return {n: None if one is None else places[one.keeper] for n, one in enumerate(choice.extras)}


def going(choice: Choice) -> set[int]:
    return {n for n, one in enumerate(choice.extras) if one is not None and one.selected}


def test_a_copy_takes_the_place_of_its_head_and_the_others_hang_on_it() -> None:
    choice = keep_instead(family(), suggested(family()), TWICE_AT, Proofs())
    assert choice.keep == ROOT
    assert hangs(choice) == {0: None, 1: 0, CROP_AT: TWICE_AT, TWICE_AT: ROOT, SMALL_AT: TWICE_AT, GREY_AT: TWICE_AT}
    assert going(choice) == {AGAIN_AT, CROP_AT, SMALL_AT}


def test_a_copy_of_the_root_becomes_the_root() -> None:
    choice = keep_instead(family(), suggested(family()), AGAIN_AT, Proofs())
    assert (choice.keep, choice.stays) == (AGAIN_AT, AGAIN)
    assert hangs(choice) == {
        0: AGAIN_AT,
        1: None,
        CROP_AT: AGAIN_AT,
        TWICE_AT: CROP_AT,
        SMALL_AT: CROP_AT,
        GREY_AT: CROP_AT,
    }
    assert going(choice) == {ROOT, TWICE_AT, SMALL_AT}


def test_another_version_becomes_the_root_and_every_version_keeps_its_copies() -> None:
    choice = keep_instead(family(), suggested(family()), GREY_AT, Proofs())
    assert choice.stays == GREY_CROP
    assert hangs(choice) == {0: CROP_AT, 1: 0, CROP_AT: GREY_AT, TWICE_AT: CROP_AT, SMALL_AT: CROP_AT, GREY_AT: None}
    assert going(choice) == going(suggested(family()))


def test_where_edits_are_selected_a_root_that_gives_way_stays_for_the_copies_that_go_for_it() -> None:
    def verify(keep: Photo, one: Photo) -> Extra | None:
        return replace(Proofs()(keep, one), selected=True)

    choice = keep_instead(family(), suggested(family()), GREY_AT, verify)
    assert hangs(choice)[ROOT] == CROP_AT
    assert going(choice) == {AGAIN_AT, TWICE_AT, SMALL_AT}


def test_what_is_not_proven_against_the_new_head_stays() -> None:
    choice = keep_instead(family(), suggested(family()), TWICE_AT, Proofs(CROP_SMALL))
    assert choice.extras[SMALL_AT] is None
    assert going(choice) == {AGAIN_AT, CROP_AT}


def test_a_version_goes_with_its_copies_each_proven_against_what_stays() -> None:
    proofs = Proofs()
    choice = toggled(family(), suggested(family()), CROP_AT, proofs)
    assert going(choice) == {AGAIN_AT, CROP_AT, TWICE_AT, SMALL_AT}
    assert set(hangs(choice).values()) == {None, ROOT}
    assert (ORIGINAL.path, CROP_TWICE.path) in proofs.asked, "it was only proven against the crop, which goes"
    back = toggled(family(), choice, CROP_AT, proofs)
    assert hangs(back) == hangs(suggested(family()))
    assert going(back) == going(suggested(family()))


def test_a_copy_of_a_version_that_goes_stays_where_nothing_else_is_proven_to_hold_it() -> None:
    choice = toggled(family(), suggested(family()), CROP_AT, Proofs(CROP_SMALL))
    assert choice.extras[SMALL_AT] is None
    assert going(choice) == {AGAIN_AT, CROP_AT, TWICE_AT}


def test_a_copy_that_was_to_stay_stays_where_its_version_goes() -> None:
    choice = toggled(family(), suggested(family()), SMALL_AT, Proofs())
    choice = toggled(family(), choice, CROP_AT, Proofs())
    assert going(choice) == {AGAIN_AT, CROP_AT, TWICE_AT}
    assert hangs(choice)[SMALL_AT] == ROOT


@pytest.mark.parametrize("lost", [CROP_TWICE, CROP_SMALL], ids=lambda one: one.path)
def test_a_copy_with_which_something_would_be_lost_stays_where_its_version_goes(lost: Photo) -> None:
    def verify(keep: Photo, one: Photo) -> Extra | None:
        found = Proofs()(keep, one)
        loses = (Loss(LossCode.KEYWORDS),) if one is lost and keep is ORIGINAL else ()
        return found and replace(found, loses=loses)

    choice = toggled(family(), suggested(family()), CROP_AT, verify)
    place = photos_of(family()).index(lost)
    assert going(choice) == {AGAIN_AT, CROP_AT, TWICE_AT, SMALL_AT} - {place}
    extra = choice.extras[place]
    assert extra is not None
    assert extra.loses, "and says so"


def test_a_version_of_a_version_that_goes_goes_for_what_stays_in_the_end() -> None:
    choice = toggled(family(), suggested(family()), CROP_AT, Proofs())
    choice = toggled(family(), choice, GREY_AT, Proofs())
    assert hangs(choice)[GREY_AT] == ROOT
    assert GREY_AT in going(choice)


@pytest.mark.parametrize(
    ("keeps", "toggles"),
    [
        ((TWICE_AT,), ()),
        ((), (CROP_AT,)),
        ((TWICE_AT, AGAIN_AT), ()),
        ((GREY_AT,), (ROOT,)),
        ((SMALL_AT, TWICE_AT), (GREY_AT,)),
    ],
)
def test_what_was_chosen_is_there_again_after_a_break(keeps: tuple[int, ...], toggles: tuple[int, ...]) -> None:
    choice = suggested(family())
    for place in keeps:
        choice = keep_instead(family(), choice, place, Proofs())
    for place in toggles:
        choice = toggled(family(), choice, place, Proofs())
    choice = replace(choice, verdict=EditState.ACCEPTED)
    again = restored(family(), edit_of(family(), choice), Proofs())
    assert (again.keep, hangs(again), going(again), again.verdict) == (
        choice.keep,
        hangs(choice),
        going(choice),
        choice.verdict,
    )


@pytest.mark.parametrize("unknown", [(), (CROP_SMALL,), (ORIGINAL,), (CROP, GREY_CROP)])
@pytest.mark.parametrize(
    "keys", ["3", "4", "5 6", "2 4", "4 down down space", "6 1 3", "down down space down down down space"]
)
def test_whatever_is_pressed_nothing_goes_for_a_photo_that_goes_too(keys: str, unknown: tuple[Photo, ...]) -> None:
    state = ReviewState.begin([family()], Proofs(*unknown))
    for key in [*keys.split(), "enter"]:
        state = state.press(" " if key == "space" else key)
    plan = accepted(result(family()), state.choices)
    leaving = {one.photo.path for found in plan.groups for one in found.extras if one.selected}
    for found in plan.groups:
        assert found.keep.path not in leaving
        for one in found.extras:
            assert found.keeper_of(one).path == one.keeper
            assert not (one.selected and one.keeper in leaving)


def test_an_edit_of_a_scan_saved_before_versions_is_understood() -> None:
    old = group("g", ORIGINAL, extra(AGAIN), extra(CROP, Relation.EDITED, 0.2, selected=False))
    choice = replace(keep_instead(old, suggested(old), 1, Proofs()), verdict=EditState.ACCEPTED)
    edit = replace(edit_of(old, choice), heads=())
    assert restored(old, edit, Proofs()).stays == AGAIN
    assert [one.photo for one in restored(old, edit, Proofs()).selected] == [ORIGINAL]
