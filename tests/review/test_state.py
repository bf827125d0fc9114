"""The review as a machine: what each key does, and what never happens whatever is pressed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.library.scans import EditState, GroupEdit
from dedupe.review.choice import CHOSEN, Offer, Reviewed, accepted, edit_of, photos_of, restored, reviewed, suggested
from dedupe.review.state import Ending, Mode, ReviewState
from dedupe.types import Extra, Loss, LossCode, Obstacle, Photo, Relation, Rescue, Saved
from tests.review import made

SIZE = 3_412_345


def verify(keeper: Photo, photo: Photo) -> Extra | None:
    """Against another keeper: photos of one folder are proven, those of the folder “apart” against nothing else."""
    if "apart/" in keeper.path or "apart/" in photo.path:
        return None
    return made.extra(photo, Relation.RESAVED, 0.2)


def three() -> made.ScanResult:
    """Three groups: two safe extras; one edited, not selected; a safe one and one proven only against the suggested keeper."""
    edit = made.extra(made.photo("2/edit.jpg"), Relation.EDITED, 0.3, selected=False, loses=("GPS",))
    return made.result(
        made.group("g1", made.photo("1/a.jpg"), made.extra(made.photo("1/b.jpg")), made.extra(made.photo("1/c.jpg"))),
        made.group("g2", made.photo("2/a.jpg"), edit),
        made.group(
            "g3", made.photo("3/a.jpg"), made.extra(made.photo("3/b.jpg")), made.extra(made.photo("apart/c.jpg"))
        ),
    )


def begin(result: made.ScanResult | None = None, edits: dict[str, GroupEdit] | None = None) -> ReviewState:
    return ReviewState.begin((result or three()).groups, verify, edits)


def press(state: ReviewState, *keys: str) -> ReviewState:
    for key in keys:
        state = state.press(key)
    return state


def going(state: ReviewState, result: made.ScanResult | None = None) -> set[str]:
    """The paths that would leave, below the root."""
    kept = accepted(result or three(), state.choices)
    return {
        extra.photo.path.removeprefix(f"{made.ROOT}/")
        for group in kept.groups
        for extra in group.extras
        if extra.selected
    }


def test_enter_accepts_the_suggestion_and_goes_on() -> None:
    state = press(begin(), "enter")
    assert state.at == 1
    assert going(state) == {"1/b.jpg", "1/c.jpg"}
    assert state.freed == 2 * SIZE


def test_nothing_goes_of_a_group_that_nobody_accepted() -> None:
    state = press(begin(), "right", "down", " ", "left", "right", "q", "enter")
    assert state.ending is Ending.FINISHED
    assert going(state) == set()


@pytest.mark.parametrize(
    ("key", "verdict"), [("a", EditState.KEEP_ALL), ("n", EditState.NOT_DUPLICATES), ("s", EditState.SKIPPED)]
)
def test_keep_all_not_duplicates_and_skip_let_nothing_go(key: str, verdict: EditState) -> None:
    state = press(begin(), key)
    assert state.choices[0].verdict is verdict
    assert state.at == 1
    assert going(state) == set()
    groups = [group.id for group in accepted(three(), state.choices).groups]
    assert ("g1" in groups) is (verdict is not EditState.NOT_DUPLICATES)


def test_another_keeper_lets_go_only_what_is_proven_against_it() -> None:
    state = press(begin(), "right", "right", "2")
    assert "1 photo not verified against this one is kept too" in state.message
    state = press(state, "enter")
    assert going(state) == {"3/a.jpg"}
    group = accepted(three(), state.choices).groups[2]
    assert (group.keep.path, group.reason) == (f"{made.ROOT}/3/b.jpg", CHOSEN)
    assert [extra.photo.path for extra in group.extras] == [f"{made.ROOT}/3/a.jpg"]


def test_what_is_not_proven_against_the_new_keeper_cannot_be_selected() -> None:
    state = press(begin(), "right", "right", "3", "home", "right", "right")
    assert state.choice.keep == 2
    for _ in range(3):
        state = press(state, "down", " ")
    assert "Not verified" in state.message or "stays" in state.message
    assert going(press(state, "enter")) == set()


def test_the_first_keeper_chosen_again_is_the_suggestion_again() -> None:
    state = press(begin(), "2", "1", "enter")
    assert state.choices[0] == replace(suggested(three().groups[0]), verdict=EditState.ACCEPTED)


def test_k_keeps_the_marked_photo_and_space_lets_it_stay_or_go() -> None:
    state = press(begin(), "down", "k")
    assert state.choice.keep == 2
    state = press(begin(), "down", " ", "enter")
    assert going(state) == {"1/b.jpg"}
    state = press(begin(), "right", " ")
    assert state.message == "This would lose: GPS. Enter accepts."
    assert going(press(state, "enter")) == {"2/edit.jpg"}


def test_a_change_to_an_accepted_group_opens_it_again() -> None:
    state = press(begin(), "enter", "b", " ")
    assert state.choice.verdict is EditState.OPEN
    assert state.freed == 0
    assert going(state) == set()


def test_a_number_beyond_the_group_changes_nothing_but_the_message() -> None:
    state = press(begin(), "9")
    assert state.choices == begin().choices
    assert "only 3 photos" in state.message


@pytest.mark.parametrize("file", [{"protected": True}, {"reference": True}, {"links": 2}])
def test_a_pinned_photo_cannot_be_selected_by_any_key(file: dict[str, bool | int]) -> None:
    links = int(file.pop("links", 1))
    pinned = made.extra(made.photo("b.jpg", links=links, **file), selected=False)
    result = made.result(made.group("g", made.photo("a.jpg"), pinned))
    state = press(ReviewState.begin(result.groups, verify), " ", "enter")
    assert "so it is kept" in press(ReviewState.begin(result.groups, verify), " ").message
    assert going(state, result) == set()


def test_a_pinned_photo_that_was_to_stay_is_not_let_go_by_another_keeper() -> None:
    result = made.result(made.group("g", made.photo("a.jpg", protected=True), made.extra(made.photo("b.jpg"))))
    state = press(ReviewState.begin(result.groups, verify), "2", "enter")
    assert going(state, result) == set()


def test_all_remaining_safe_groups_are_accepted_after_a_yes() -> None:
    state = press(begin(), "A")
    assert state.mode is Mode.REST
    assert state.rest() == (0, 2)
    assert going(press(state, "n")) == set()
    assert going(press(state, "enter")) == set()
    state = press(state, "y")
    assert going(state) == {"1/b.jpg", "1/c.jpg", "3/b.jpg", "apart/c.jpg"}
    assert state.at == 1  # the group that needs a look
    assert state.freed == 4 * SIZE


def test_accepting_the_rest_lets_nothing_go_that_was_not_suggested_and_safe() -> None:
    edit = made.extra(made.photo("e.jpg"), Relation.EDITED, 0.3, selected=False)
    mixed = made.group("mixed", made.photo("a.jpg"), made.extra(made.photo("b.jpg")), edit)
    unsafe = made.group("unsafe", made.photo("x.jpg"), replace(edit, photo=made.photo("y.jpg"), selected=True))
    result = made.result(mixed, unsafe)
    state = press(ReviewState.begin(result.groups, verify), "A", "y")
    assert going(state, result) == {"b.jpg"}
    assert state.choices[1].verdict is EditState.OPEN
    # A photo that was marked by hand, or another keeper that was only tried, needs an Enter of its own.
    for keys in (("down", " ", "A", "y"), ("2", "A", "y")):
        state = press(ReviewState.begin(result.groups, verify), *keys)
        assert going(state, result) == set()


def test_accepting_the_rest_touches_no_group_that_was_decided() -> None:
    state = press(begin(), "s", "A", "y")
    assert state.choices[0].verdict is EditState.SKIPPED
    assert going(state) == {"3/b.jpg", "apart/c.jpg"}


def test_jump_goes_to_a_group_and_refuses_others() -> None:
    assert press(begin(), "g", "3", "enter").at == 2
    assert press(begin(), "g", "9", "enter").message == "There is no group 9."
    assert press(begin(), "g", "1", "2", "backspace", "backspace", "3", "enter").at == 2
    assert press(begin(), "g", "2", "escape").mode is Mode.GROUP
    # A letter in the middle of a number is no decision.
    assert press(begin(), "g", "a", "n", "s", "A").choices == begin().choices


def test_the_end_comes_after_the_last_group_and_one_can_go_back_from_it() -> None:
    state = press(begin(), "s", "s", "s")
    assert (state.mode, state.ending) == (Mode.END, None)
    assert press(state, "b").mode is Mode.GROUP
    assert press(state, "enter").ending is Ending.FINISHED
    assert press(state, "x").ending is None


def test_help_changes_nothing() -> None:
    assert press(begin(), "?").mode is Mode.HELP
    assert replace(press(begin(), "?", "A"), mode=Mode.GROUP) == begin()


@pytest.mark.parametrize(
    ("key", "ending"), [("ctrl-c", Ending.INTERRUPTED), ("eof", Ending.CLOSED), ("hangup", Ending.CLOSED)]
)
@pytest.mark.parametrize("before", [(), ("?",), ("g", "1"), ("A",), ("q",)])
def test_from_everywhere_the_review_can_be_left_with_its_decisions(
    key: str, ending: Ending, before: tuple[str, ...]
) -> None:
    state = press(begin(), "enter", *before, key)
    assert state.ending is ending
    assert going(state) == {"1/b.jpg", "1/c.jpg"}


KEYS = st.sampled_from(
    [*"123456789ansbkgoA?q yx", "enter", "up", "down", "left", "right", "home", "end", "backspace", "escape", "tab"]
)


@given(st.lists(KEYS, max_size=60))
def test_whatever_is_pressed_every_photo_that_goes_is_proven_against_one_that_stays(keys: list[str]) -> None:
    result = three()
    state = press(begin(), *keys)
    after = accepted(result, state.choices)
    for group in after.groups:
        before = next(one for one in result.groups if one.id == group.id)
        goes = [extra for extra in group.extras if extra.selected]
        assert group.keep in photos_of(before)
        assert group.keep not in [extra.photo for extra in goes]
        for extra in goes:
            suggested = group.keep == before.keep and extra.photo in [one.photo for one in before.extras]
            assert suggested or verify(group.keep, extra.photo) is not None
    assert state.freed == sum(extra.photo.file.stamp.size for g in after.groups for extra in g.extras if extra.selected)


@given(st.lists(KEYS, max_size=60))
def test_what_was_stored_comes_back_as_it_was(keys: list[str]) -> None:
    result = three()
    state = press(begin(), *keys)
    for group, choice in zip(result.groups, state.choices, strict=True):
        assert restored(group, edit_of(group, choice), verify) == choice


@given(st.lists(KEYS, max_size=60))
def test_apply_after_a_review_takes_nothing_that_the_review_did_not_show(keys: list[str]) -> None:
    result = three()
    state = press(begin(), *keys)
    edits = {group.id: edit_of(group, choice) for group, choice in zip(result.groups, state.choices, strict=True)}
    verdicts = {group.id: choice.verdict for group, choice in zip(result.groups, state.choices, strict=True)}
    reviewed_ = reviewed(result, edits, verify)
    for group in reviewed_.plan.groups:
        if verdicts[group.id] is not EditState.ACCEPTED:
            assert not any(extra.selected for extra in group.extras)
    assert {group.id for group in reviewed_.plan.groups}.isdisjoint(
        {name for name, verdict in verdicts.items() if verdict is EditState.NOT_DUPLICATES}
    )
    assert reviewed_.plan == accepted(result, state.choices)
    assert reviewed_.unproven == 0


def test_an_untouched_scan_is_applied_as_it_was_scanned() -> None:
    assert reviewed(three(), {}, verify) == Reviewed(three())


@pytest.mark.parametrize(("keys", "still_open"), [(["enter"], 1), (["s"], 1), ([" "], 2), (["2"], 2)])
def test_once_a_review_was_begun_what_nobody_decided_on_is_left_alone(keys: list[str], still_open: int) -> None:
    state = press(begin(), *keys)
    edits = {"g1": edit_of(three().groups[0], state.choices[0])}
    found = reviewed(three(), edits, verify)
    goes = {extra.photo.path for group in found.plan.groups for extra in group.extras if extra.selected}
    assert goes == ({f"{made.ROOT}/1/{name}.jpg" for name in "bc"} if keys == ["enter"] else set())
    assert found.open == still_open  # nothing was selected in the second group


def test_accepted_photos_without_their_proof_are_counted_and_stay() -> None:
    state = press(begin(), "2", "enter")
    edits = {"g1": edit_of(three().groups[0], state.choices[0])}
    assert reviewed(three(), edits, verify).unproven == 0
    found = reviewed(three(), edits, lambda keep, photo: None)
    assert found.unproven == 2
    assert not any(extra.selected for group in found.plan.groups for extra in group.extras)


def test_a_review_goes_on_at_the_first_open_group() -> None:
    state = press(begin(), "enter", "s")
    edits = {group.id: edit_of(group, choice) for group, choice in zip(state.groups, state.choices, strict=True)}
    again = begin(edits=edits)
    assert again.at == 2
    assert again.choices == state.choices
    assert again.freed == state.freed
    done = {
        group.id: replace(edits["g1"], group=group.id, state=EditState.SKIPPED, selected=None) for group in state.groups
    }
    assert begin(edits=done).mode is Mode.END


def test_an_edit_that_does_not_fit_the_group_is_forgotten() -> None:
    edit = GroupEdit("g1", keeper="/elsewhere.jpg", selected=("/elsewhere.jpg",), state=EditState.ACCEPTED)
    assert begin(edits={"g1": edit}).choices == begin().choices
    forged = GroupEdit("g1", selected=("/etc/passwd", f"{made.ROOT}/1/a.jpg"), state=EditState.ACCEPTED)
    assert going(begin(edits={"g1": forged})) == set()


def test_a_look_at_another_keeper_and_back_keeps_what_was_marked() -> None:
    photos = [made.photo(f"{n}.jpg") for n in range(4)]
    group = made.group("g", photos[0], *(made.extra(one) for one in photos[1:]))
    state = ReviewState.begin((group,), verify)
    state = state.press(" ")
    assert [extra.selected for extra in state.choice.extras if extra] == [False, True, True]
    looked = state.press("3").press("1")
    assert [extra.selected for extra in looked.choice.extras if extra] == [False, True, True]
    again = looked.press("3")
    changed = again.press("down").press(" ")
    back = changed.press("1").press("3")
    assert back.choice.extras == changed.choice.extras


def _in_folders(*folders: tuple[str, str]) -> ReviewState:
    groups = [
        made.group(f"g{n}", made.photo(f"/{keep}/{n}.jpg"), made.extra(made.photo(f"/{old}/{n}.jpg")))
        for n, (keep, old) in enumerate(folders)
    ]
    return ReviewState.begin(groups, lambda keep, photo: made.extra(photo))


def test_only_the_groups_of_one_folder_are_gone_through_and_all_again() -> None:
    state = _in_folders(("a", "x"), ("b", "y"), ("c", "x"), ("d", "y"))
    state = state.press("f")
    assert "2 groups with a photo in" in state.message
    state = state.press("right")
    assert state.at == 2, "the group without a photo there is passed over"
    assert state.press("left").at == 0
    assert state.press("enter").mode is Mode.END
    assert state.press("f").press("right").at == 3


def test_accepting_the_rest_with_a_folder_chosen_takes_nothing_of_the_others() -> None:
    state = _in_folders(("a", "x"), ("b", "y"), ("c", "x")).press("f")
    assert state.rest() == (0, 2)
    state = state.press("A").press("y")
    assert [choice.verdict for choice in state.choices] == [EditState.ACCEPTED, EditState.OPEN, EditState.ACCEPTED]
    assert state.mode is Mode.END


def held_back(**more: object) -> Extra:
    """A copy that stays only because it alone has a keyword."""
    loses = (Loss(LossCode.KEYWORDS, 1),)
    return made.extra(made.photo("1/b.jpg"), selected=False, loses=loses, only_lossy=True, **more)


def carrying(keep: Photo, extra: Extra) -> Extra:
    rescue = Rescue(f"{keep.path}.xmp", (Saved("dc:subject", ("beach",)),))
    return replace(extra, selected=True, rescue=rescue)


def in_the_way(keep: Photo, extra: Extra) -> Extra:
    return replace(extra, rescue=Rescue("", obstacle=Obstacle.CONFLICT, detail="dc:description"))


def begin_with(extra: Extra, offer: Offer | None) -> tuple[made.ScanResult, ReviewState]:
    result = made.result(made.group("g1", made.photo("1/a.jpg"), extra))
    return result, ReviewState.begin(result.groups, verify, offer=offer)


def test_r_carries_over_what_only_a_copy_says_so_that_it_goes_and_a_second_time_does_not() -> None:
    result, state = begin_with(held_back(), carrying)
    state = press(state, "r")
    assert "keywords" in state.message
    assert going(press(state, "enter"), result) == {"1/b.jpg"}
    state = press(state, "r")
    assert "Nothing is carried over" in state.message
    assert going(press(state, "enter"), result) == set()


def test_what_r_carried_over_is_stored_and_is_there_again() -> None:
    result, state = begin_with(held_back(), carrying)
    [choice] = press(state, "r", "enter").choices
    edit = edit_of(result.groups[0], choice)
    assert edit.rescued == (f"{made.ROOT}/1/b.jpg",)
    again = restored(result.groups[0], edit, verify)
    [extra] = again.selected
    assert extra.rescue is not None and extra.rescue.obstacle is None


def test_where_something_is_in_the_way_r_says_what_and_the_copy_stays() -> None:
    result, state = begin_with(held_back(), in_the_way)
    state = press(state, "r")
    assert state.message.startswith("Not carried over")
    assert going(press(state, "enter"), result) == set()


@pytest.mark.parametrize(
    "extra", [made.extra(made.photo("1/b.jpg")), held_back(note="protected")], ids=["safe", "pinned"]
)
def test_r_changes_nothing_where_there_is_nothing_to_carry_over(extra: Extra) -> None:
    if extra.note:
        extra = replace(extra, photo=made.photo("1/b.jpg", protected=True))
    _, state = begin_with(extra, carrying)
    before = state.choices
    for keys in (("r",), ("down", "r")):
        pressed = press(state, *keys)
        assert pressed.choices == before and pressed.message
    _, state = begin_with(held_back(), None)
    assert press(state, "r").choices == state.choices
