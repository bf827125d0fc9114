"""A group is one capture, its versions and their copies: verified against what stays, different shots apart, nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.comparing.capture_time import seconds_apart
from dedupe.grouping.group import reclaimable
from dedupe.report.phrases import losses
from dedupe.types import (
    SAFE_RELATIONS,
    Caution,
    Change,
    ClueKind,
    CompanionKind,
    Evidence,
    Group,
    Match,
    Photo,
    Relation,
    Remark,
    Transform,
)
from tests.comparing.made import as_sets, at, companion, extras_of, group, key_of, match, name, open_pairs, photo, shot

RESAVED, EDITED, SIMILAR = Relation.RESAVED, Relation.EDITED, Relation.SIMILAR
CROPPED = Remark(Change.CROPPED, 0.6)


def only(photos: Sequence[Photo], matches: Sequence[Match] = (), **options) -> Group:
    groups, _ = group(photos, matches, **options)
    assert len(groups) == 1
    return groups[0]


def kept_by(found: Group) -> dict[str, str]:
    """Which photo stays for each extra, by name."""
    return {name(extra.photo): name(found.keeper_of(extra)) for extra in found.extras}


class UsersWord:
    """What a user said, by paths."""

    def __init__(self, cannot_link: Sequence[tuple[Photo, Photo]] = (), keep: Sequence[Photo] = ()) -> None:
        self._apart = {frozenset((a.path, b.path)) for a, b in cannot_link}
        self._keep = {one.path for one in keep}

    def not_duplicates(self, a: Photo, b: Photo) -> bool:
        return frozenset((a.path, b.path)) in self._apart

    def chosen_keeper(self, photos: Sequence[Photo]) -> Photo | None:
        return next((one for one in photos if one.path in self._keep), None)


# -- what is one group ---------------------------------------------------------------------------------------------------


def test_the_same_bytes_need_no_match():
    found = only([photo("b/1.jpg", "same"), photo("1.jpg", "same"), photo("c/d/1.jpg", "same"), photo("2.jpg")])
    assert name(found.keep) == "1.jpg"
    assert [name(extra.photo) for extra in found.extras] == ["b/1.jpg", "c/d/1.jpg"]
    assert all(extra.relation is Relation.IDENTICAL and extra.selected for extra in found.extras)
    assert {extra.distance for extra in found.extras} == {0.0}


def test_the_same_pixel_key_is_the_same_pixels_and_needs_no_match():
    found = only([photo("1.jpg", pixel_key="p", mtime=1_400_000_000), photo("2.jpg", pixel_key="p")])
    assert extras_of(found)["2.jpg"].relation is Relation.SAME_PIXELS
    assert extras_of(found)["2.jpg"].selected


def test_photos_without_a_pixel_key_are_told_apart_by_their_content():
    a, b = (replace(photo(path), pixel_key=None) for path in ("a.png", "b.png"))
    assert group([a, b], []) == ((), ())
    c = replace(photo("c.png", "a.png"), pixel_key=None)
    assert as_sets(group([a, b, c], [])[0]) == [{"a.png", "c.png"}]


def test_a_version_may_join_by_way_of_another_version():
    a, b, c = photo("a.jpg", width=8000), photo("b.jpg"), photo("c.jpg", width=100)
    found = only([a, b, c], [match(a, b, EDITED), match(b, c, EDITED, remark=CROPPED)])
    assert name(found.keep) == "a.jpg"
    assert kept_by(found) == {"b.jpg": "a.jpg", "c.jpg": "b.jpg"}
    assert not any(extra.selected for extra in found.extras)
    found = only([a, b, c], [match(a, b, EDITED), match(b, c, EDITED), match(a, c, EDITED)])
    assert kept_by(found) == {"b.jpg": "a.jpg", "c.jpg": "a.jpg"}


def test_a_copy_is_never_joined_by_a_chain_of_resaves():
    a, b, c = photo("a.jpg", width=8000, **shot(0)), photo("b.jpg", width=4000), photo("c.jpg", width=2000)
    groups, _ = group([a, b, c], [match(a, b), match(b, c)])
    assert as_sets(groups) == [{"a.jpg", "b.jpg"}], "c.jpg lies on b.jpg, which goes"
    pair = (min(a.content_key, c.content_key), max(a.content_key, c.content_key))
    assert open_pairs([a, b, c], [match(a, b), match(b, c)]) == (pair,)
    assert kept_by(only([a, b, c], [match(a, b), match(b, c), match(a, c)])) == {"b.jpg": "a.jpg", "c.jpg": "a.jpg"}


def test_the_copies_of_a_crop_are_copies_of_the_crop():
    original, crop = photo("original.jpg"), photo("crop.jpg", width=3000)
    again = [photo(f"again {number}.jpg", "crop.jpg", width=3000, mtime=1_700_000_000) for number in (1, 2)]
    small = photo("small crop.jpg", width=1000, height=750)
    verdicts = [match(original, crop, EDITED), match(crop, small), match(original, small, EDITED)]
    found = only([original, crop, *again, small], verdicts)
    assert found.keep is original
    assert kept_by(found) == {
        "crop.jpg": "original.jpg",
        **dict.fromkeys(["again 1.jpg", "again 2.jpg", "small crop.jpg"], "crop.jpg"),
    }
    extras = extras_of(found)
    assert [extras[one].relation for one in ("crop.jpg", "again 1.jpg", "small crop.jpg")] == [
        EDITED,
        Relation.IDENTICAL,
        RESAVED,
    ]
    assert {one for one, extra in extras.items() if extra.selected} == {"again 1.jpg", "again 2.jpg", "small crop.jpg"}
    identical = only([original, crop, *again], verdicts, select=[Relation.IDENTICAL], show=[Relation.IDENTICAL])
    assert (identical.keep, len([extra for extra in identical.extras if extra.selected])) == (crop, 2)


def test_where_edits_are_selected_too_everything_lies_on_what_stays():
    original, crop, small = (
        photo("original.jpg"),
        photo("crop.jpg", width=3000),
        photo("small.jpg", width=1000, height=750),
    )
    verdicts = [match(original, crop, EDITED), match(crop, small)]
    extras = extras_of(only([original, crop, small], verdicts, select=list(Relation)))
    assert (extras["crop.jpg"].selected, extras["small.jpg"].selected) == (False, True), (
        "nothing else stays for small.jpg"
    )
    verdicts.append(match(original, small, EDITED))
    found = only([original, crop, small], verdicts, select=list(Relation))
    assert all(extra.selected for extra in found.extras)
    assert set(kept_by(found).values()) == {"original.jpg"}


def test_the_clues_say_which_version_is_the_original_and_come_before_the_pixels():
    grey, colour = photo("a.jpg", width=6000), photo("a longer name.jpg")
    verdicts = [match(grey, colour, EDITED)]
    assert only([grey, colour], verdicts).keep is grey
    verdicts = [match(grey, colour, EDITED, made_from=colour)]
    found = only([grey, colour], verdicts)
    assert (found.keep, found.original, found.extras[0].clue) == (colour, True, ClueKind.COLOUR)
    protected = photo("a.jpg", width=6000, protected=True)
    assert only([protected, colour], [match(protected, colour, EDITED, made_from=colour)]).keep is protected
    assert only([grey, colour], verdicts, rules=["path"]).keep is grey, "the user's own rule comes first"


def test_a_photo_that_reaches_more_stays_where_the_better_one_has_nothing_more():
    a, b, c = photo("a.jpg"), photo("bb.jpg"), photo("c.jpg", width=100)
    found = only([a, b, c], [match(a, b), match(b, c)])
    assert name(found.keep) == "bb.jpg"
    assert found.reason == "matches more of the copies"
    dated = photo("a.jpg", taken=at(0))
    found = only([dated, b, c], [match(dated, b), match(b, c)])
    assert name(found.keep) == "a.jpg", "its date would be lost"


def test_what_one_version_leaves_makes_another():
    a, b, c, d = (
        photo(f"{letter}.jpg", width=width, **shot(0) if letter == "a" else {})
        for letter, width in {"a": 8000, "b": 4000, "c": 2000, "d": 1000}.items()
    )
    groups, _ = group([a, b, c, d], [match(a, b), match(b, c), match(c, d)])
    assert sorted(map(sorted, as_sets(groups))) == [["a.jpg", "b.jpg"], ["c.jpg", "d.jpg"]]


def test_unrelated_photos_are_in_no_group_and_no_series():
    a, b = photo("a.jpg"), photo("b.jpg")
    assert group([a, b], [match(a, b, None)]) == ((), ())


def test_a_match_of_a_photo_that_is_gone_changes_nothing():
    a, gone = photo("a.jpg"), photo("gone.jpg")
    assert group([a], [match(a, gone)]) == ((), ())
    assert group([], []) == ((), ())


# -- different captures ----------------------------------------------------------------------------------------------------


def test_a_copy_without_exif_belongs_to_the_shot_it_fits_best():
    first, second = photo("1.jpg", **shot(0)), photo("2.jpg", **shot(1))
    copy = photo("copy of one.jpg", width=800, height=600)
    verdicts = [match(first, second, SIMILAR), match(first, copy, score=0.95), match(second, copy, score=0.97)]
    groups, series = group([first, second, copy], verdicts)
    assert as_sets(groups) == [{"2.jpg", "copy of one.jpg"}]
    assert [[name(one) for one in part.photos] for part in series] == [["1.jpg", "2.jpg"]]


def test_the_safer_relation_fits_better_than_the_higher_score():
    first, second, copy = photo("1.jpg", **shot(0)), photo("2.jpg", **shot(1)), photo("copy.jpg")
    verdicts = [
        match(first, second, SIMILAR),
        match(first, copy, RESAVED, score=0.8),
        match(second, copy, EDITED, score=0.99),
    ]
    assert as_sets(group([first, second, copy], verdicts)[0]) == [{"1.jpg", "copy.jpg"}]


def test_a_copy_that_fits_two_shots_as_a_resave_is_not_preselected():
    first, second, copy = photo("1.jpg", **shot(0)), photo("2.jpg", **shot(1)), photo("copy.jpg")
    verdicts = [match(first, second, SIMILAR), match(first, copy, score=0.99), match(second, copy, score=0.98)]
    extra = extras_of(only([first, second, copy], verdicts))["copy.jpg"]
    assert not extra.selected
    assert extra.note == "fits another shot of the series as well"
    verdicts[2] = match(second, copy, EDITED, score=0.98)
    assert extras_of(only([first, second, copy], verdicts))["copy.jpg"].selected


def test_a_copy_that_cannot_join_the_shot_it_fits_best_does_not_join_the_next():
    first, second = photo("1.jpg", **shot(0)), photo("2.jpg", **shot(1))
    whole, crop = photo("whole.jpg"), photo("crop.jpg")
    verdicts = [
        match(first, second, SIMILAR),
        match(first, whole, RESAVED, 0.99),
        match(first, crop, EDITED, 0.98),
        match(second, crop, EDITED, 0.95),
        match(whole, crop, SIMILAR),
    ]
    assert as_sets(group([first, second, whole, crop], verdicts)[0]) == [{"1.jpg", "whole.jpg"}]


def test_two_shots_are_kept_apart_by_their_times_although_nobody_compared_them():
    first, second, copy = photo("1.jpg", **shot(0)), photo("2.jpg", **shot(1)), photo("copy.jpg", width=9000)
    groups, _ = group([first, second, copy], [match(first, copy, score=0.9), match(second, copy, score=0.8)])
    assert as_sets(groups) == [{"1.jpg", "copy.jpg"}]


def test_a_whole_chain_of_copies_does_not_join_two_shots():
    first, second = photo("1.jpg", **shot(0)), photo("2.jpg", **shot(1))
    copies = [photo(f"copy {number}.jpg") for number in range(4)]
    chain = [first, *copies, second]
    verdicts = [match(*pair, score=0.9) for pair in combinations(chain, 2) if set(pair) != {first, second}]
    for found in as_sets(group(chain, verdicts)[0]):
        assert not {"1.jpg", "2.jpg"} <= found


def test_a_copy_whose_clock_was_shifted_keeps_its_place_beside_the_equal_pixels():
    original, resaved = photo("1.jpg", pixel_key="p", **shot(0)), photo("small.jpg", width=800, **shot(0))
    shifted = photo("shifted.jpg", pixel_key="p", **shot(1000))
    verdicts = [match(original, resaved), match(shifted, resaved, SIMILAR)]
    assert as_sets(group([original, resaved, shifted], verdicts)[0]) == [{"1.jpg", "small.jpg", "shifted.jpg"}]


def test_the_pixels_of_one_shot_without_exif_do_not_draw_in_another_shot():
    first, bare = photo("1.jpg", pixel_key="p", **shot(0)), photo("bare.jpg", pixel_key="p")
    second = photo("2.jpg", **shot(1))
    verdicts = [match(first, second, SIMILAR), match(bare, second, EDITED)]
    assert as_sets(group([first, bare, second], verdicts)[0]) == [{"1.jpg", "bare.jpg"}]


def test_a_burst_and_the_copies_of_each_shot_come_apart_into_as_many_groups():
    shots = [photo(f"{number}.jpg", taken=at(number * 0.1, digits=1), camera="M") for number in range(6)]
    bare = [photo(f"bare {number}.jpg", width=1000, height=750) for number in range(6)]
    verdicts = [match(a, b, SIMILAR) for a, b in combinations(shots, 2)]
    for number, copy in enumerate(bare):
        verdicts += [
            match(copy, one, RESAVED if number == at_ else EDITED, 0.99 if number == at_ else 0.97)
            for at_, one in enumerate(shots)
        ]
    groups, series = group([*shots, *bare], verdicts)
    assert sorted(map(sorted, as_sets(groups))) == [[f"{number}.jpg", f"bare {number}.jpg"] for number in range(6)]
    assert [name(one) for one in series[0].photos] == [f"{number}.jpg" for number in range(6)]


# -- series ----------------------------------------------------------------------------------------------------------------


def test_a_group_stands_in_a_series_as_the_photo_that_stays():
    first, second = photo("1.jpg", **shot(0)), photo("2.jpg", **shot(1))
    copy = photo("copy.jpg", width=800, height=600, **shot(1))
    verdicts = [match(second, copy), match(first, copy, SIMILAR)]
    groups, series = group([first, second, copy], verdicts)
    assert as_sets(groups) == [{"2.jpg", "copy.jpg"}]
    assert [[name(one) for one in part.photos] for part in series] == [["1.jpg", "2.jpg"]]


def test_series_are_left_out_where_similar_is_not_shown():
    first, second = photo("1.jpg", **shot(0)), photo("2.jpg", **shot(1))
    verdicts = [match(first, second, SIMILAR)]
    assert len(group([first, second], verdicts)[1]) == 1
    assert group([first, second], verdicts, show=SAFE_RELATIONS)[1] == ()


def test_a_series_is_what_similar_pairs_connect_in_the_order_of_capture():
    shots = [
        photo(f"{letter}.jpg", **shot(seconds)) for letter, seconds in zip("abcdef", range(5, -1, -1), strict=True)
    ]
    verdicts = [match(a, b, SIMILAR) for a, b in pairwise(shots[:4])] + [match(shots[4], shots[5], SIMILAR)]
    _, series = group(shots, verdicts)
    assert [[name(one) for one in part.photos] for part in series] == [
        ["d.jpg", "c.jpg", "b.jpg", "a.jpg"],
        ["f.jpg", "e.jpg"],
    ]
    assert len({part.id for part in series}) == 2


# -- what is selected, and what would be lost --------------------------------------------------------------------------------

ORIGINAL = photo("original.jpg")


@pytest.mark.parametrize(
    ("facts", "relation", "loses"),
    [
        ({"taken": at(0)}, RESAVED, "the capture date"),
        ({"gps": (48.1, 11.5)}, RESAVED, "GPS"),
        ({"caption": "Ada's first steps"}, RESAVED, "the caption"),
        ({"rating": 5}, RESAVED, "the rating"),
        ({"frames": 12, "format": "GIF"}, RESAVED, "11 further frames"),
        ({"frames": 3, "format": "TIFF"}, RESAVED, "2 further pages"),
        ({"embedded": ("video",)}, Relation.SAME_PIXELS, "the embedded video"),
        ({"embedded": ("depth",)}, RESAVED, "the depth map"),
        ({"embedded": ("gain map",)}, RESAVED, "the embedded gain map"),
        ({"alpha": True}, RESAVED, "the transparency"),
        ({"quality": 98}, RESAVED, "a better quality"),
        ({"width": 5000, "height": 3750}, RESAVED, "a higher resolution"),
        ({"raw": True, "format": "RAW"}, RESAVED, "the RAW"),
    ],
)
def test_an_extra_with_something_the_kept_one_lacks_is_not_selected(facts, relation, loses):
    extra = photo("b/x.jpg", **facts)
    found = only([ORIGINAL, extra], [match(ORIGINAL, extra, relation)], rules=["path"])
    assert found.extras[0].photo is not ORIGINAL or found.keep is extra
    found = only([ORIGINAL, extra], [match(ORIGINAL, extra, relation)], decisions=UsersWord(keep=[ORIGINAL]))
    assert found.keep is ORIGINAL
    assert loses in losses(found.extras[0])
    assert not found.extras[0].selected


@pytest.mark.parametrize(
    ("field", "kept", "extra", "loses"),
    [
        ("taken", at(0), at(3600), "another capture date"),
        ("caption", "Ada", "Grace", "another caption"),
        ("rating", 3, 5, "another rating"),
        ("gps", (48.1, 11.5), (48.2, 11.5), "another GPS position"),
    ],
)
def test_what_both_have_and_the_extra_has_otherwise_is_said(field, kept, extra, loses):
    keep, other = photo("1.jpg", pixel_key="p", **{field: kept}), photo("22.jpg", pixel_key="p", **{field: extra})
    found = only([keep, other])
    assert losses(found.extras[0]) == (loses,)
    assert not found.extras[0].selected
    same = photo("22.jpg", pixel_key="p", **{field: kept})
    assert only([keep, same]).extras[0].selected


def test_what_the_kept_photo_has_too_is_not_lost():
    rich = {"taken": at(0), "gps": (48.1, 11.5), "caption": "Ada", "rating": 5, "frames": 2, "embedded": ("video",)}
    keep, extra = photo("1.jpg", **rich), photo("22.jpg", **rich)
    found = only([keep, extra], [match(keep, extra)])
    assert losses(found.extras[0]) == ()
    assert found.extras[0].selected


def test_more_real_detail_in_the_extra_keeps_it_from_being_selected():
    keep, extra = photo("1.jpg", width=4000), photo("2.jpg", width=3999)
    found = only([keep, extra], [match(keep, extra, finer=extra)], decisions=UsersWord(keep=[keep]))
    assert losses(found.extras[0]) == ("more real detail",)
    assert not found.extras[0].selected


@pytest.mark.parametrize("relation", [one for one in Relation if one is not SIMILAR])
def test_only_the_safe_relations_are_selected_unless_told(relation):
    a, b = photo("a.jpg"), photo("b.jpg")
    verdicts = [match(a, b, relation, remark=CROPPED if relation is EDITED else None)]
    assert only([a, b], verdicts).extras[0].selected == (relation in SAFE_RELATIONS)
    assert only([a, b], verdicts, select=list(Relation)).extras[0].selected
    assert not only([a, b], verdicts, select=[]).extras[0].selected
    assert only([a, b], verdicts).extras[0].remark == (CROPPED if relation is EDITED else None)


def test_a_resave_whose_source_is_in_doubt_goes_only_where_the_one_that_stays_is_as_good_by_every_measure():
    a, b = photo("a.jpg"), photo("b.jpg")
    verdicts = [match(a, b, RESAVED, remark=Remark(Change.LINEAGE))]
    (extra,) = only([a, b], verdicts).extras
    assert (extra.relation, extra.selected, extra.remark) == (RESAVED, True, Remark(Change.LINEAGE))
    (extra,) = only([a, b], verdicts, caution=Caution.STRICT).extras
    assert (extra.relation, extra.selected, extra.remark) == (RESAVED, False, Remark(Change.LINEAGE))
    better = photo("b.jpg", quality=93)
    (extra,) = only([a, better], verdicts, decisions=UsersWord(keep=[a])).extras
    assert not extra.selected, "it was compressed less"
    larger = photo("b.jpg", width=4010)
    (extra,) = only([a, larger], verdicts, decisions=UsersWord(keep=[a])).extras
    assert not extra.selected, "it is larger"


@pytest.mark.parametrize(
    ("stays", "goes", "selected"),
    [
        ({}, {}, True),
        ({"camera": "Acme"}, {}, True),
        ({"camera": "Acme"}, {"camera": "Acme"}, True),
        ({}, {"camera": "Acme"}, False),
        ({"camera": "Acme", "software": "GIMP"}, {"camera": "Acme"}, False),
        ({}, {"quality": 91}, False),
        ({}, {"bits": 10}, False),
        ({"chroma": 0.25}, {"chroma": 1.0}, False),
    ],
)
@pytest.mark.parametrize("change", [Change.UNTOLD, Change.PROFILE])
def test_a_resave_that_may_hold_more_goes_only_where_what_stays_is_as_good_and_as_near_to_the_camera(
    stays, goes, selected, change
):
    keep, extra = photo("a.jpg", **stays), photo("b.jpg", **goes)
    seen = [match(keep, extra, RESAVED, remark=Remark(change))]
    assert only([keep, extra], seen, decisions=UsersWord(keep=[keep])).extras[0].selected is selected
    assert not only([keep, extra], seen, caution=Caution.STRICT).extras[0].selected


def test_a_resave_of_which_something_else_is_in_doubt_is_never_selected():
    a, b = photo("a.jpg"), photo("b.jpg")
    (extra,) = only([a, b], [match(a, b, RESAVED, remark=Remark(Change.UNREAD))], select=list(Relation)).extras
    assert (extra.relation, extra.selected, extra.remark) == (RESAVED, False, Remark(Change.UNREAD))


def test_of_edits_the_one_stays_that_most_copies_are_copies_of():
    original, copy, framed = (
        photo("2.jpg", quality=70),
        photo("3.jpg", width=800, height=600),
        photo("1.jpg", quality=95),
    )
    verdicts = [match(original, copy), match(original, framed, EDITED), match(copy, framed, EDITED)]
    found = only([original, copy, framed], verdicts)
    assert (found.keep, found.reason) == (original, "what most of the copies show")


def test_what_is_not_shown_is_in_no_group():
    a, b, c = photo("a.jpg"), photo("b.jpg"), photo("c.jpg")
    verdicts = [match(a, b, RESAVED), match(a, c, EDITED)]
    assert as_sets(group([a, b, c], verdicts, show=[RESAVED])[0]) == [{"a.jpg", "b.jpg"}]
    assert as_sets(group([a, b, c], verdicts, show=[Relation.IDENTICAL])[0]) == []


def test_a_suspect_photo_is_neither_kept_over_a_clean_one_nor_selected():
    suspect, clean = photo("a.jpg", width=8000, suspect="corrupt data"), photo("a longer name.jpg")
    found = only([suspect, clean], [match(suspect, clean)])
    assert found.keep is clean
    assert (found.extras[0].selected, found.extras[0].note) == (False, "decodes with warnings")
    both = only([photo("a.jpg", "same", suspect="corrupt"), photo("b.jpg", "same", suspect="corrupt")])
    assert not both.extras[0].selected


def test_the_extras_of_a_suspect_keeper_are_not_selected():
    suspect, clean = photo("a.jpg", suspect="corrupt data"), photo("b.jpg")
    found = only([suspect, clean], [match(suspect, clean)], decisions=UsersWord(keep=[suspect]))
    assert found.keep is suspect
    assert (found.extras[0].selected, found.extras[0].note) == (False, "the kept photo decodes with warnings")


def test_a_blank_page_is_selected_only_where_its_pixels_are_equal():
    blank, same = photo("1.jpg", pixel_key="p", texture=0.0), photo("2.jpg", pixel_key="p", texture=0.0)
    assert only([blank, same]).extras[0].selected
    other = photo("2.jpg", texture=0.5)
    for verdicts in ([match(blank, other)], [match(blank, other, EDITED)]):
        found = only([blank, other], verdicts, select=list(Relation)).extras[0]
        assert (found.selected, found.note) == (False, "too little texture to be sure")


def test_extras_come_by_relation_then_path_and_groups_by_what_they_take_up():
    keep = photo("k.jpg", width=9000)
    others = [photo("z.jpg", "k.jpg", width=9000, mtime=1_700_000_000), photo("b.jpg"), photo("a.jpg"), photo("c.jpg")]
    verdicts = [match(keep, others[1]), match(keep, others[2], EDITED), match(keep, others[3])]
    small = [photo("0.jpg", "small", size=10), photo("00.jpg", "small", size=10)]
    groups, _ = group([*small, *others, keep], verdicts)
    assert [name(extra.photo) for extra in groups[0].extras] == ["z.jpg", "b.jpg", "c.jpg", "a.jpg"]
    assert [name(one.keep) for one in groups] == ["k.jpg", "0.jpg"]


# -- folders and links -----------------------------------------------------------------------------------------------------


def test_a_reference_photo_keeps_and_is_never_an_extra():
    better, reference = photo("a.jpg", width=9000), photo("library/a.jpg", reference=True)
    found = only([better, reference], [match(better, reference)])
    assert found.keep is reference
    assert found.reason == "in a reference folder"
    assert losses(found.extras[0]) == ("a higher resolution",)
    assert not found.extras[0].selected


def test_reference_photos_are_not_compared_with_each_other():
    first, second = (photo(f"library/{number}.jpg", "same", reference=True) for number in (1, 2))
    third = photo("library/3.jpg", reference=True, **shot(0))
    verdicts = [match(first, third), match(second, third)]
    assert group([first, second, third], verdicts) == ((), ())
    mine = photo("mine.jpg", "same")
    assert as_sets(group([first, second, mine], [])[0]) == [{"library/1.jpg", "mine.jpg"}]
    similar = [photo(f"library/{number}.jpg", reference=True, **shot(number)) for number in (1, 2)]
    assert group(similar, [match(*similar, SIMILAR)]) == ((), ())


def test_of_two_protected_copies_both_stay():
    first, second = (photo(f"{number}.jpg", "same", protected=True) for number in (1, 2))
    found = only([first, second, photo("3.jpg", "same")])
    assert name(found.keep) == "1.jpg"
    assert found.reason == "first by path"
    extras = extras_of(found)
    assert (extras["2.jpg"].selected, extras["2.jpg"].note) == (False, "is protected")
    assert extras["3.jpg"].selected


def test_cross_only_compares_photos_of_different_folders_only():
    here, there = photo("1.jpg", "same", root="/here"), photo("1.jpg", "same", root="/there")
    again = photo("2.jpg", "same", root="/there")
    assert group([there, again], [], cross_only=True) == ((), ())
    found = only([here, there, again], cross_only=True)
    for extra in found.extras:
        assert extra.photo.file.root != found.keep.file.root
    a, b, c = photo("a.jpg", root="/here"), photo("b.jpg", root="/here"), photo("c.jpg", root="/there")
    verdicts = [match(a, b), match(b, c), match(a, c, EDITED)]
    groups, _ = group([a, b, c], verdicts, cross_only=True)
    assert len(groups) == 1
    assert all(extra.photo.file.root != groups[0].keep.file.root for extra in groups[0].extras)
    shots = [photo(f"{number}.jpg", root="/here", **shot(number)) for number in (1, 2)]
    assert group(shots, [match(*shots, SIMILAR)], cross_only=True) == ((), ())
    assert len(group(shots, [match(*shots, SIMILAR)])[1]) == 1


@pytest.mark.parametrize("why", ["a copy of the edit", "an edit of the edit"])
def test_where_edits_are_selected_too_nothing_goes_for_a_photo_that_it_may_not_go_for(why):
    original, crop = photo("original.jpg", root="/here"), photo("crop.jpg", width=3000, root="/there")
    third = photo("third.jpg", width=1000, height=750, root="/here")
    of_crop = RESAVED if why == "a copy of the edit" else EDITED
    verdicts = [match(original, crop, EDITED), match(crop, third, of_crop, 0.99), match(original, third, EDITED, 0.7)]
    found = only([original, crop, third], verdicts, select=list(Relation), cross_only=True)
    assert kept_by(found) == {"crop.jpg": "original.jpg", "third.jpg": "crop.jpg"}
    going = {name(extra.photo) for extra in found.extras if extra.selected}
    assert going == ({"third.jpg"} if of_crop is RESAVED else {"crop.jpg"})
    elsewhere = replace(third, file=replace(third.file, root="/elsewhere"))
    found = only([original, crop, elsewhere], verdicts, select=list(Relation), cross_only=True)
    assert all(extra.selected for extra in found.extras)
    assert set(kept_by(found).values()) == {"original.jpg"}


def test_a_hard_linked_extra_is_selected_only_where_all_its_names_are_in_sight():
    keep = photo("1.jpg", "same", mtime=1_400_000_000)
    whole = photo("2.jpg", "same", links=2, inside=["/photos/3.jpg"])
    partly = photo("4.jpg", "same", links=3, inside=["/photos/5.jpg"])
    extras = extras_of(only([keep, whole, partly]))
    assert extras["2.jpg"].selected
    assert (extras["4.jpg"].selected, extras["4.jpg"].note) == (False, "has a hard link outside the scanned folders")


def test_hard_links_give_no_bytes_back_and_protected_photos_none_either():
    keep = photo("1.jpg", "same", mtime=1_400_000_000)
    linked = photo("2.jpg", "same", links=2, inside=["/photos/3.jpg"], size=50)
    plain = photo("4.jpg", "same", size=70)
    protected = photo("5.jpg", "same", size=90, protected=True)
    groups, _ = group([keep, linked, plain], [])
    assert reclaimable(groups)[Relation.IDENTICAL] == 70
    groups, _ = group([keep, plain, protected], [])
    assert groups[0].keep is protected
    other = photo("a/6.jpg", "same", size=90, protected=True)
    groups, _ = group([plain, protected, other], [])
    assert reclaimable(groups)[Relation.IDENTICAL] == 70


def test_reclaimable_bytes_are_counted_by_relation_with_what_moves_along():
    video = companion("b.mov", CompanionKind.VIDEO, size=30)
    takeout = companion("c.jpg.json", CompanionKind.TAKEOUT, size=4)
    keep = photo("a.jpg", "one", size=100, companions=[companion("a.mov", CompanionKind.VIDEO, size=30)])
    same = photo("b.jpg", "one", size=100, mtime=1_700_000_000, companions=[video])
    edited = photo("c.jpg", size=20, companions=[takeout])
    groups, _ = group([keep, same, edited], [match(keep, edited, EDITED)], companion_key=lambda path: b"one")
    assert reclaimable(groups) == {
        Relation.IDENTICAL: 130,
        Relation.SAME_PIXELS: 0,
        Relation.RESAVED: 0,
        Relation.EDITED: 24,
    }
    assert sum(reclaimable(groups, selected_only=True).values()) == 130


def test_a_sidecar_that_stays_with_the_kept_photo_is_not_counted():
    shared = companion("1.xmp", CompanionKind.SIDECAR, size=5)
    keep = photo("1.jpg", "same", size=100, mtime=1_400_000_000, companions=[shared])
    extra = photo("1.jpeg", "same", size=100, companions=[shared])
    groups, _ = group([keep, extra], [])
    assert groups[0].extras[0].selected
    assert reclaimable(groups)[Relation.IDENTICAL] == 100


# -- assets -----------------------------------------------------------------------------------------------------------------


def asset(folder: str, jpeg: str, raw: str, **facts) -> Photo:
    half = photo(f"{folder}/1.nef", raw, format="RAW", raw=True)
    return photo(f"{folder}/1.jpg", jpeg, members=[half], **facts)


def test_the_halves_of_a_asset_are_no_duplicates_of_each_other():
    pair = asset("a", "jpeg", "raw")
    assert group([pair], [match(pair, pair.members[0])]) == ((), ())


def test_two_copies_of_a_raw_and_jpeg_are_one_extra_of_the_other():
    first, second = asset("a", "jpeg", "raw"), asset("bb", "jpeg", "raw")
    found = only([first, second], [match(first, first.members[0], EDITED)])
    assert (found.keep, found.extras[0].photo) == (first, second)
    assert found.extras[0].relation is Relation.IDENTICAL
    assert found.extras[0].selected


@pytest.mark.parametrize("jpeg_alone", [True, False])
def test_either_half_elsewhere_alone_is_an_extra_of_the_asset(jpeg_alone):
    pair = asset("a", "jpeg", "raw")
    alone = photo("alone.jpg", "jpeg") if jpeg_alone else photo("alone.nef", "raw", format="RAW", raw=True)
    found = only([pair, alone])
    assert found.keep is pair
    assert found.extras[0].relation is Relation.IDENTICAL
    assert found.extras[0].selected


def test_a_raw_with_its_jpeg_stays_over_the_same_raw_alone():
    pair = asset("far/away", "jpeg", "raw")
    alone = [photo(f"{number}.nef", "raw", format="RAW", raw=True, **shot(0)) for number in (1, 2)]
    found = only([pair, *alone])
    assert (found.keep, found.reason) == (pair, "has the RAW and what was developed from it")
    assert len(found.extras) == 2


def test_a_asset_on_which_nothing_else_lies_may_still_be_an_extra():
    pair, alone = asset("a", "jpeg", "raw"), photo("alone.nef", "raw", format="RAW", raw=True)
    found = only([pair, alone], rules=["path"])
    assert (found.keep, found.extras[0].photo) == (pair, alone)
    live = photo("x.nef", "raw", format="RAW", raw=True, mtime=1_400_000_000)
    assert only([pair, live], rules=["oldest"]).keep is pair


def test_a_asset_whose_raw_has_no_counterpart_is_not_selected_and_says_so():
    pair, alone = asset("a", "jpeg", "raw"), photo("alone.jpg", "jpeg")
    found = only([pair, alone], decisions=UsersWord(keep=[alone]))
    assert found.keep is alone
    assert losses(found.extras[0]) == ("the RAW",)
    assert not found.extras[0].selected


def test_a_raw_is_replaced_by_a_raw_only():
    pair, jpegs = asset("a", "jpeg", "raw"), photo("b/1.jpg", "jpeg", members=[photo("b/1.png", "developed")])
    verdicts = [match(pair.members[0], jpegs.members[0], RESAVED)]
    found = only([pair, jpegs], verdicts, decisions=UsersWord(keep=[jpegs]))
    assert found.keep is jpegs
    assert losses(found.extras[0]) == ("the RAW",)


def test_a_asset_is_no_safer_than_the_least_safe_of_its_pictures():
    first, second = asset("a", "jpeg", "raw one"), asset("bb", "jpeg", "raw two")
    assert losses(extras_of(only([first, second]))["bb/1.jpg"]) == ("the RAW",)
    edited = match(first.members[0], second.members[0], EDITED)
    extra = extras_of(only([first, second], [edited]))["bb/1.jpg"]
    assert (extra.relation, losses(extra), extra.selected) == (EDITED, ("the RAW",), False)


def test_a_raw_goes_for_the_same_sensor_data_and_not_for_a_raw_whose_preview_alone_agrees():
    first, second = asset("a", "jpeg", "raw one"), asset("bb", "jpeg", "raw two")
    extra = extras_of(only([first, second], [match(first.members[0], second.members[0], RESAVED)]))["bb/1.jpg"]
    assert (extra.relation, losses(extra), extra.selected) == (RESAVED, ("the RAW",), False)
    lossless, lossy = (photo(f"{n}.dng", format="RAW", raw=True, lossless=True) for n in (22, 1))
    extra = only([lossless, lossy], [match(lossless, lossy, RESAVED)]).extras[0]
    assert (losses(extra), extra.selected) == (("the RAW",), False)
    converted = (
        photo("22.dng", pixel_key="sensor", format="RAW", raw=True),
        photo("1.nef", pixel_key="sensor", raw=True),
    )
    assert only(converted).extras[0].selected
    halves = [photo(f"{folder}/1.dng", pixel_key="sensor", format="RAW", raw=True) for folder in ("a", "bb")]
    pairs = [photo(f"{name(half)[:-4]}.jpg", "jpeg", members=[half]) for half in halves]
    assert only(pairs).extras[0].selected


def edited(folder: str, **facts) -> Photo:
    """An iPhone's photo with its edit, of which ``facts`` are told."""
    return photo(f"{folder}/IMG_1.jpg", "original", members=[photo(f"{folder}/IMG_E1.jpg", **facts)])


@pytest.mark.parametrize(
    "better",
    [
        {"width": 5000},
        {"quality": 91},
        {"bits": 10},
        {"chroma": 1.0},
        {"frames": 2},
        {"alpha": True},
        {"embedded": ("depth",)},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_an_edit_stays_where_the_edit_beside_the_other_original_holds_less(better):
    plain = {"width": 4000, "quality": 90, "bits": 8, "chroma": 0.25}
    keep, extra = edited("a", **plain), edited("bb", **(plain | better))
    found = only([keep, extra], [match(keep.members[0], extra.members[0], RESAVED)], rules=["path"])
    assert (found.keep, losses(found.extras[0]), found.extras[0].selected) == (
        keep,
        ("another picture of the same photo",),
        False,
    )


@pytest.mark.parametrize("doubt", ["remark", "finer", "source", "small", "smooth", "turned"])
def test_an_edit_stays_where_it_is_in_doubt_that_the_other_edit_is_as_good(doubt):
    facts = {"small": {"width": 200, "height": 150}, "smooth": {"texture": 0.0}}.get(doubt, {})
    keep, extra = edited("a", **facts), edited("bb", **facts)
    ours = extra.members[0]
    said = {
        "remark": {"remark": Remark(Change.LINEAGE)},
        "finer": {"finer": ours},
        "source": {"source": ours},
    }.get(doubt, {})
    seen = match(keep.members[0], ours, RESAVED, **said)
    if doubt == "turned":
        seen = replace(seen, evidence=Evidence(transform=Transform((0, 1, 0, 1, 0, 0), 90.0, False, 1.0)))
    found = only([keep, extra], [seen], rules=["path"])
    assert losses(found.extras[0]) == ("another picture of the same photo",)
    assert not found.extras[0].selected


def test_an_edit_that_another_is_as_good_as_goes_with_its_original():
    keep, extra = edited("a"), edited("bb")
    found = only([keep, extra], [match(keep.members[0], extra.members[0], RESAVED)], rules=["path"])
    assert (found.extras[0].relation, found.extras[0].selected) == (RESAVED, True)


def test_an_edit_alone_stays_where_the_edit_beside_its_original_is_smaller():
    keep, alone = edited("a", width=1000, height=750), photo("grey.jpg", width=4000, height=3000)
    verdicts = [match(keep.members[0], alone, RESAVED), match(keep, alone, EDITED)]
    found = only([keep, alone], verdicts, rules=["raw"], decisions=UsersWord(keep=[keep]))
    extra = extras_of(found)["grey.jpg"]
    assert (found.keep, extra.selected) == (keep, False)
    assert losses(extra) == ("another picture of the same photo",)
    small, large = photo("grey.jpg", width=1000, height=750), edited("a", width=4000, height=3000)
    found = only([large, small], [match(large.members[0], small, RESAVED), match(large, small, EDITED)])
    assert found.extras[0].selected


def test_a_large_jpeg_stays_where_a_small_one_has_the_raw_beside_it():
    small = asset("a", "small", "raw", width=1000, height=750)
    large = photo("large.jpg", width=4000, height=3000)
    found = only([small, large], [match(small, large, RESAVED)])
    assert (found.keep, losses(found.extras[0]), found.extras[0].selected) == (small, ("a higher resolution",), False)
    again = asset("bb", "large", "raw", width=4000, height=3000)
    found = only([small, again], [match(small, again, RESAVED)], rules=["path"])
    assert (found.keep, losses(found.extras[0]), found.extras[0].selected) == (small, ("a higher resolution",), False)


def test_a_cameras_jpeg_stays_where_only_the_raw_beside_an_edit_shows_the_same():
    keep = asset("a", "edit", "raw")
    camera = photo("camera.jpg")
    verdicts = [match(keep, camera, EDITED), match(keep.members[0], camera, RESAVED)]
    found = only([keep, camera], verdicts)
    assert (found.keep, found.extras[0].selected) == (keep, False)


def test_raws_of_two_captures_keep_their_jpegs_apart():
    first = photo("a/1.jpg", "one", members=[photo("a/1.nef", "r1", format="RAW", raw=True, **shot(0))])
    second = photo("b/1.jpg", "two", members=[photo("b/1.nef", "r2", format="RAW", raw=True, **shot(1))])
    verdicts = [match(first, second, RESAVED), match(first.members[0], second.members[0], SIMILAR)]
    groups, series = group([first, second], verdicts)
    assert groups == ()
    assert len(series) == 1


@pytest.mark.parametrize(
    ("kind", "loses"),
    [
        (CompanionKind.VIDEO, "the Live Photo video"),
        (CompanionKind.RAW, "the RAW"),
        (CompanionKind.EDIT, "the edit beside it"),
        (CompanionKind.SIDECAR, "the sidecar's metadata"),
    ],
)
def test_a_companion_needs_its_equal_beside_the_kept_photo(kind, loses):
    def pair(second: bytes | None, size: int = 10, other: CompanionKind | None = kind) -> tuple[Group, list[str]]:
        mine = photo("22.jpg", "same", companions=[companion("22.x", kind)])
        beside = [companion("1.x", other, size)] if other else []
        keep = photo("1.jpg", "same", companions=beside)
        asked: list[str] = []

        def companion_key(path: str) -> bytes | None:
            asked.append(path)
            return b"one" if path == "/photos/22.x" else second

        return only([mine, keep], decisions=UsersWord(keep=[keep]), companion_key=companion_key), asked

    equal, _ = pair(b"one")
    assert (losses(equal.extras[0]), equal.extras[0].selected) == ((), True)
    for (different, asked), read in (
        (pair(b"two"), True),
        (pair(None), True),
        (pair(b"one", size=11), False),
        (pair(b"one", other=None), False),
    ):
        assert (losses(different.extras[0]), different.extras[0].selected) == ((loses,), False)
        assert bool(asked) == read, "what differs in size is not read"


def test_a_companion_that_cannot_be_read_equals_nothing_not_even_another_such():
    keep, mine = (
        photo(f"{one}.jpg", "same", companions=[companion(f"{one}.xmp", CompanionKind.SIDECAR)]) for one in "ab"
    )
    found = only([keep, mine], companion_key=lambda path: None)
    assert not found.extras[0].selected


def test_takeout_json_only_moves_along():
    mine = photo("22.jpg", "same", companions=[companion("22.jpg.json", CompanionKind.TAKEOUT)])
    assert only([mine, photo("1.jpg", "same")]).extras[0].selected


def test_a_companion_with_a_further_name_keeps_its_asset_from_being_selected():
    mine = photo("22.jpg", "same", companions=[companion("22.jpg.json", CompanionKind.TAKEOUT, links=2)])
    keep = photo("1.jpg", "same")
    extra = only([mine, keep], decisions=UsersWord(keep=[keep])).extras[0]
    assert (extra.selected, extra.note) == (False, "one of its files has a hard link")


def test_companions_of_photos_in_no_group_are_never_read():
    def companion_key(path: str) -> bytes:
        raise AssertionError(path)

    alone = [photo(f"{one}.jpg", companions=[companion(f"{one}.xmp", CompanionKind.SIDECAR)]) for one in "ab"]
    assert group(alone, [match(*alone, SIMILAR)], companion_key=companion_key)[0] == ()


# -- the user's word ---------------------------------------------------------------------------------------------------------


def test_what_the_user_set_apart_stays_apart():
    a, b, c = photo("a.jpg", width=9000), photo("b.jpg"), photo("c.jpg", width=1000)
    verdicts = [match(a, b), match(a, c), match(b, c)]
    groups, series = group([a, b, c], verdicts, decisions=UsersWord(cannot_link=[(a, b)]))
    assert as_sets(groups) == [{"a.jpg", "c.jpg"}] or as_sets(groups) == [{"b.jpg", "c.jpg"}]
    assert series == ()
    groups, _ = group([a, b, c], verdicts, decisions=UsersWord(cannot_link=[(b, c)]))
    assert len(groups) == 1
    assert len(as_sets(groups)[0]) == 2


def test_two_copies_of_the_same_bytes_may_be_set_apart():
    a, b, c = (photo(f"{one}.jpg", "same") for one in "abc")
    groups, _ = group([a, b, c], [], decisions=UsersWord(cannot_link=[(a, b)]))
    assert as_sets(groups) == [{"a.jpg", "c.jpg"}]


def test_extras_that_the_user_set_apart_without_a_match_are_in_different_groups():
    keep, b, c = photo("a.jpg", width=9000), photo("b.jpg"), photo("c.jpg")
    groups, _ = group(
        [keep, b, c], [match(keep, b, score=0.8), match(keep, c)], decisions=UsersWord(cannot_link=[(b, c)])
    )
    assert as_sets(groups) == [{"a.jpg", "c.jpg"}]


def test_the_photo_the_user_chose_is_kept():
    a, b = photo("a.jpg", width=9000), photo("b.jpg")
    found = only([a, b], [match(a, b)], decisions=UsersWord(keep=[b]))
    assert (found.keep, found.reason) == (b, "chosen by you")
    assert losses(found.extras[0]) == ("a higher resolution",)


def test_a_photo_chosen_over_a_reference_is_not_its_extra():
    reference, mine = photo("library/a.jpg", "same", reference=True), photo("mine.jpg", "same")
    assert group([reference, mine], [], decisions=UsersWord(keep=[mine])) == ((), ())


# -- ids ---------------------------------------------------------------------------------------------------------------------


def test_the_same_photos_get_the_same_ids_wherever_they_lie():
    def tree(folder: str) -> list[Photo]:
        return [
            photo(f"{folder}/{path}", content) for path, content in (("1", "x"), ("2", "x"), ("3", "y"), ("4", "y"))
        ]

    here, there = group(tree("here"), [])[0], group(tree("there"), [])[0]
    assert [one.id for one in here] == [one.id for one in there]
    assert len({one.id for one in here}) == 2


def test_two_groups_of_the_same_contents_have_two_ids():
    photos = [photo(f"library/{number}.jpg", "same", reference=True) for number in (1, 2)]
    mine = [photo(f"{number}.jpg", "same") for number in (1, 2)]
    word = UsersWord(cannot_link=[(photos[0], mine[1]), (photos[1], mine[0])])
    groups, _ = group([*photos, *mine], [], decisions=word)
    assert len(groups) == 2
    assert len({one.id for one in groups}) == 2


# -- whatever the verdicts -----------------------------------------------------------------------------------------------------


@st.composite
def libraries(draw) -> tuple[list[Photo], list[Match], dict]:
    """Photos with some bytes, payloads and times in common, and any verdicts on any pairs of their contents."""
    count = draw(st.integers(2, 9))
    flag = st.integers(0, 9).map(lambda number: number == 0)
    contents: dict[str, dict] = {}
    photos = []
    for number in range(count):
        content = draw(st.sampled_from([f"c{number}", f"c{number // 2}"]))
        if content not in contents:
            seconds = draw(st.sampled_from([None, None, 0, 1]))
            contents[content] = {
                "pixel_key": draw(st.sampled_from([content, content, "p"])),
                "width": draw(st.sampled_from([1000, 4000])),
                **({} if seconds is None else shot(seconds)),
            }
        root = draw(st.sampled_from(["/one", "/two"]))
        places = {"reference": draw(flag), "protected": draw(flag)}
        photos.append(photo(f"{number}.jpg", content, root=root, **places, **contents[content]))
    by_content = {one.content_key: one for one in photos}
    matches = []
    for one, other in combinations(by_content.values(), 2):
        relation = draw(st.sampled_from(["no verdict", None, *Relation, RESAVED, EDITED, SIMILAR]))
        if relation != "no verdict":
            finer = draw(st.sampled_from([None, one, other]))
            matches.append(match(one, other, relation, draw(st.sampled_from([0.3, 0.6, 0.9])), finer=finer))
    cannot_link = [pair for pair in combinations(photos, 2) if draw(flag)] if draw(flag) else []
    keep = [one for one in photos if draw(flag)]
    options = {"cross_only": draw(flag), "decisions": UsersWord(cannot_link, keep) if draw(st.booleans()) else None}
    return photos, matches, options


class Truth:
    """What the verdicts say of two photos, worked out pair by pair."""

    def __init__(self, photos: Sequence[Photo], matches: Sequence[Match]) -> None:
        self.photos = photos
        self.timed = {one.content_key for one in photos if one.facts.taken}
        self.said: dict[frozenset[bytes | None], list[Match]] = {}
        pixel_key = {one.content_key: one.pixel_key for one in photos}
        for one in matches:
            if one.relation is not None and pixel_key[one.a] != pixel_key[one.b]:
                self.said.setdefault(frozenset((pixel_key[one.a], pixel_key[one.b])), []).append(one)

    def verdicts(self, a: Photo, b: Photo) -> list[Match]:
        return self.said.get(frozenset((a.pixel_key, b.pixel_key)), [])

    def relation(self, a: Photo, b: Photo) -> Relation | None:
        if a.content_key == b.content_key:
            return Relation.IDENTICAL
        if a.pixel_key == b.pixel_key:
            return Relation.SAME_PIXELS
        fits = [one for one in self.verdicts(a, b) if one.relation is not SIMILAR]
        return min(fits, key=self.fit).relation if fits else None

    @staticmethod
    def fit(one: Match) -> tuple:
        return (one.relation.rank, -one.score, one.distance)

    def cannot_link(self, a: Photo, b: Photo) -> bool:
        if a.pixel_key == b.pixel_key:
            return False
        verdicts = self.verdicts(a, b)
        fits = [one for one in verdicts if one.relation is not SIMILAR]
        if any(one.a in self.timed and one.b in self.timed for one in fits):
            return False
        if len(fits) < len(verdicts):
            return True
        ours, theirs = (
            [one.facts for one in self.photos if one.pixel_key == side.pixel_key and one.facts.taken] for side in (a, b)
        )
        differ = [seconds_apart(one, other) is not None for one in ours for other in theirs]
        return not fits and bool(differ) and all(differ)

    def best(self, a: Photo) -> list[Photo]:
        """The photos of other pixels that fit ``a`` as well as any."""
        must_link = [(other, fit) for other in self.photos if (fit := self.best_fit(a, other)) is not None]
        least = min((fit for _, fit in must_link), default=None)
        return [other for other, fit in must_link if fit == least]

    def best_fit(self, a: Photo, b: Photo) -> tuple | None:
        fits = [self.fit(one) for one in self.verdicts(a, b) if one.relation is not SIMILAR]
        return (
            min(fits) if fits and not self.cannot_link(a, b) and not (a.file.reference and b.file.reference) else None
        )


@given(libraries(), st.sampled_from([SAFE_RELATIONS, tuple(Relation)]))
def test_every_extra_is_directly_verified_against_a_photo_of_the_group_that_stays(library, select):
    photos, matches, options = library
    truth = Truth(photos, matches)
    for one in group(photos, matches, select=select, **options)[0]:
        leaving = {extra.photo.path for extra in one.extras if extra.selected}
        assert one.keep.path not in leaving
        for extra in one.extras:
            keeper = one.keeper_of(extra)
            assert keeper.path == extra.keeper != extra.photo.path
            assert truth.relation(extra.photo, keeper) is extra.relation
            assert extra.relation is not SIMILAR
            assert not extra.selected or keeper.path not in leaving


@given(libraries())
def test_a_group_is_a_tree_of_heads_with_their_copies_right_after_them(library):
    photos, matches, options = library
    for one in group(photos, matches, **options)[0]:
        heads = [one.keep.path, *(extra.photo.path for extra in one.extras if extra.relation is EDITED)]
        placed = [one.keep.path]
        for extra in one.extras:
            assert extra.keeper in placed, "a keeper stands before what it stays for"
            assert extra.keeper in heads
            if extra.relation is not EDITED:
                assert extra.keeper == [path for path in placed if path in heads][-1]
            placed.append(extra.photo.path)


@given(libraries())
def test_a_copy_of_anything_that_stays_is_not_called_an_edit_of_something_else(library):
    photos, matches, options = library
    if options["cross_only"] or options["decisions"] is not None:
        return
    for one in group(photos, matches)[0]:
        heads = {one.keep.content_key: one.keep.path}
        for extra in one.extras:
            if extra.relation is EDITED:
                assert extra.photo.content_key not in heads
                heads[extra.photo.content_key] = extra.photo.path


@given(libraries())
def test_a_path_is_in_one_group_at_most_and_never_with_what_is_apart_from_it(library):
    photos, matches, options = library
    truth, word = Truth(photos, matches), options["decisions"]
    groups, _ = group(photos, matches, **options)
    members = [[one.keep, *(extra.photo for extra in one.extras)] for one in groups]
    paths = [photo.path for group_ in members for photo in group_]
    assert len(paths) == len(set(paths))
    for group_ in members:
        for a, b in combinations(group_, 2):
            assert not truth.cannot_link(a, b)
            assert word is None or not word.not_duplicates(a, b)


@given(libraries())
def test_no_photo_is_in_the_group_of_another_capture_than_the_one_it_fits_best(library):
    photos, matches, options = library
    truth = Truth(photos, matches)
    if options["decisions"] is not None or options["cross_only"]:
        return
    for one in group(photos, matches)[0]:
        for extra in one.extras:
            keeper = one.keeper_of(extra)
            for a, b in ((extra.photo, keeper), (keeper, extra.photo)):
                best = truth.best(a)
                if len({each.pixel_key for each in best}) == 1 and a.pixel_key != b.pixel_key:
                    assert not truth.cannot_link(best[0], b)


@given(libraries())
def test_reference_protected_and_other_roots_are_what_they_say(library):
    photos, matches, options = library
    for one in group(photos, matches, select=list(Relation), **options)[0]:
        for extra in one.extras:
            assert not extra.photo.file.reference
            assert not (extra.selected and (extra.photo.file.protected or extra.loses))
            assert not options["cross_only"] or extra.photo.file.root != one.keeper_of(extra).file.root


@given(libraries(), st.randoms(use_true_random=False))
def test_the_order_of_photos_and_matches_does_not_matter(library, random):
    photos, matches, options = library
    expected = group(photos, matches, **options)
    more = open_pairs(photos, matches, **options)
    random.shuffle(photos)
    random.shuffle(matches)
    assert group(photos, matches, **options) == expected
    assert open_pairs(photos, iter(matches), **options) == more


@given(libraries())
def test_photos_that_verify_each_other_all_and_are_one_capture_are_one_group(library):
    photos, _, _ = library
    photos = [photo(name(one), one.path, width=one.facts.width) for one in photos]
    matches = [match(a, b, EDITED) for a, b in combinations(photos, 2)]
    groups, series = group(photos, matches)
    assert as_sets(groups) == [{name(one) for one in photos}]
    assert series == ()


@given(libraries())
def test_every_similar_pair_that_no_group_overrules_is_in_one_series(library):
    photos, matches, _ = library
    groups, series = group(photos, matches)
    truth = Truth(photos, matches)
    stands_as = {extra.photo.path: one.keep.path for one in groups for extra in one.extras}
    home = {photo.path: part.id for part in series for photo in part.photos}
    for a, b in combinations(photos, 2):
        similar = any(one.relation is SIMILAR for one in truth.verdicts(a, b))
        if similar and truth.cannot_link(a, b) and not (a.file.reference or b.file.reference):
            ours, theirs = (stands_as.get(one.path, one.path) for one in (a, b))
            assert home[ours] == home[theirs]
    assert not set(home) & set(stands_as)


@given(libraries())
def test_asking_the_open_pairs_too_leaves_none_open(library):
    photos, matches, options = library
    known = {(one.a, one.b) for one in matches}
    asked = open_pairs(photos, matches, **options)
    assert all(a < b for a, b in asked)
    assert not {(one.a, one.b) for one in matches if one.relation not in (None, SIMILAR)} & set(asked)
    pixel_keys = {one.content_key: one.pixel_key for one in photos}
    assert all(pixel_keys[a] != pixel_keys[b] for a, b in asked)
    verified = [Match(a, b, 0.5, EDITED, 0.1) for a, b in asked if (a, b) not in known]
    assert not set(open_pairs(photos, [*matches, *verified], **options)) & {(one.a, one.b) for one in verified}


def test_what_may_not_be_compared_is_not_open():
    mine = photo("mine.jpg", root="/here")
    library = [photo(f"{number}.jpg", reference=True, root="/there") for number in (1, 2)]
    verdicts = [match(mine, one, EDITED) for one in library]
    assert open_pairs([mine, *library], verdicts) == ()
    theirs = [photo(f"{number}.jpg", root="/there") for number in (1, 2)]
    assert open_pairs([mine, *theirs], verdicts, cross_only=True) == ()


def test_the_pair_that_would_let_the_better_photo_stay_is_open():
    best, middle, last = photo("a.jpg"), photo("bb.jpg"), photo("c.jpg")
    verdicts = [match(best, middle), match(middle, last)]
    assert only([best, middle, last], verdicts).keep is middle
    (pair,) = open_pairs([best, middle, last], verdicts)
    assert set(pair) == {best.content_key, last.content_key}
    assert only([best, middle, last], [*verdicts, match(best, last)]).keep is best


def test_a_thousand_copies_are_one_group():
    photos = [photo(f"{number:04}.jpg", width=4000 - number) for number in range(1000)]
    matches = [match(photos[0], one, score=0.9) for one in photos[1:]]
    found = only(photos, matches)
    assert len(found.extras) == 999
    assert key_of("0000.jpg") == found.keep.content_key


def test_a_poor_resave_that_kept_its_exif_does_not_take_the_better_one_with_it():
    poor = photo("1.jpg", quality=22, **shot(0))
    better = photo("22.jpg", quality=96)
    found = only([poor, better], [match(poor, better, RESAVED)])
    assert (found.keep, losses(found.extras[0]), found.extras[0].selected) == (poor, ("a better quality",), False)


def test_a_cameras_file_has_all_there_ever_was():
    camera = photo("1.jpg", quality=90, **shot(0))
    lossless = photo("22.png", format="PNG", quality=None, lossless=True)
    found = only([camera, lossless], [match(camera, lossless, RESAVED)])
    assert (found.keep, losses(found.extras[0]), found.extras[0].selected) == (camera, (), True)


def test_an_original_that_all_copies_lie_on_keeps_over_an_edit_of_higher_quality():
    original, tilted = photo("1.jpg", quality=90), photo("tilted.jpg", quality=95)
    copies = [photo(f"copy{number}.jpg", quality=60, width=2000) for number in range(3)]
    verdicts = [match(original, tilted, EDITED), *(match(original, one, RESAVED) for one in copies)]
    found = only([original, tilted, *copies], verdicts)
    assert found.keep is original
    assert len(found.extras) == 4


@pytest.mark.parametrize(
    ("large", "small", "goes"),
    [(4000, 160, True), (400, 200, True), (500, 160, True), (300, 160, False), (400, 100, True), (390, 100, False)],
)
def test_a_thumbnail_goes_where_it_agrees_with_a_photo_that_is_large_enough(large, small, goes):
    whole = photo("1.jpg", width=large, height=large * 3 // 4)
    thumbnail = photo("22.jpg", width=small, height=small * 3 // 4)
    (extra,) = only([whole, thumbnail], [match(whole, thumbnail, RESAVED)]).extras
    assert (extra.selected, extra.note) == ((True, "") if goes else (False, "too small to be sure"))
    (extra,) = only([whole, thumbnail], [match(whole, thumbnail, RESAVED)], caution=Caution.STRICT).extras
    assert (extra.selected, extra.note) == (False, "too small to be sure")
    same = photo("22.jpg", width=small, height=small, pixel_key="p")
    exact = only([whole, same, photo("33.jpg", width=small, pixel_key="p")])
    assert exact.extras[0].relation is Relation.SAME_PIXELS


def test_two_marks_on_one_original_are_not_two_shots():
    original, dated, marked = photo("1.jpg"), photo("dated.jpg"), photo("marked.jpg")
    cannot_link = match(dated, marked, SIMILAR, remark=Remark(Change.CONTENT))
    put_on = Remark(Change.MARK)
    found = only(
        [original, dated, marked],
        [match(original, dated, EDITED, remark=put_on, finer=dated), match(original, marked, EDITED), cannot_link],
    )
    assert len(found.extras) == 2


SEEN_APART = [
    Change.VIEWPOINT,
    Change.EVERYWHERE,
    Change.MOST_PLACES,
    Change.CONTENT,
    Change.TEXT,
    Change.SENSOR_NOISE,
]


@pytest.mark.parametrize("seen", SEEN_APART)
def test_two_edits_of_one_original_are_not_two_shots(seen):
    original, sharpened, noisy = photo("1.jpg"), photo("sharpened.jpg"), photo("noisy.jpg")
    verified = [match(original, sharpened, EDITED), match(original, noisy, EDITED)]
    found = only([original, sharpened, noisy], [*verified, match(sharpened, noisy, SIMILAR, remark=Remark(seen))])
    assert len(found.extras) == 2


@pytest.mark.parametrize("seen", [*SEEN_APART, Change.TIMES, Change.EXPOSURE])
def test_two_shots_are_not_tied_together_by_a_softer_copy_of_one(seen):
    copy, one, other = photo("1.jpg"), photo("one.jpg"), photo("other.jpg")
    cannot_link = match(one, other, SIMILAR, remark=Remark(seen))
    verified = [match(copy, one, RESAVED, finer=one), match(copy, other, EDITED, finer=other)]
    groups, _ = group([copy, one, other], [*verified, cannot_link])
    assert [len(found.extras) for found in groups] == [1]


@pytest.mark.parametrize("proven", [Change.TIMES, Change.EXPOSURE, Change.OVERLAP])
def test_two_shots_that_the_camera_set_apart_are_not_tied_together_by_any_photo(proven):
    original, one, other = photo("1.jpg"), photo("one.jpg"), photo("other.jpg")
    cannot_link = match(one, other, SIMILAR, remark=Remark(proven))
    groups, _ = group(
        [original, one, other], [match(original, one, EDITED), match(original, other, EDITED), cannot_link]
    )
    assert [len(found.extras) for found in groups] == [1]


def test_what_was_saved_again_at_a_higher_quality_does_not_take_its_sources_place():
    source, again = photo("longer.jpg", quality=70), photo("a.jpg", quality=95)
    found = only([source, again], [match(source, again, source=source)])
    assert (found.keep, found.extras[0].selected, losses(found.extras[0])) == (source, True, ())
    camera = photo("b.jpg", quality=90, camera="Maker Model")
    found = only([source, camera], [match(source, camera, source=source)])
    assert found.keep is camera, "a camera's file comes first all the same"


def test_a_proven_source_of_better_quality_is_not_selected_though_its_copy_names_a_camera():
    source, copy = photo("a.png", format="PNG", lossless=True), photo("b.jpg", quality=88, camera="Maker Model")
    (extra,) = only([source, copy], [match(source, copy, source=source)]).extras
    assert (extra.photo, extra.selected, losses(extra)) == (source, False, ("a better quality",))


@pytest.mark.parametrize("form", ["HEIF", "AVIF", "WebP", "JPEG XL", "JPEG 2000"])
def test_a_guessed_quality_does_not_let_a_photo_go_for_what_may_be_made_from_it(form):
    jpeg, other = photo("a.jpg", quality=75), photo("b.jpg", quality=90, format=form)
    doubt = [match(jpeg, other, RESAVED, remark=Remark(Change.LINEAGE))]
    (extra,) = only([jpeg, other], doubt, decisions=UsersWord(keep=[other])).extras
    assert not extra.selected
    named = photo("b.jpg", quality=90, format=form, camera="Maker Model")
    (extra,) = only([jpeg, named], [match(jpeg, named, RESAVED, remark=Remark(Change.LINEAGE))]).extras
    assert (extra.photo, extra.selected) == (jpeg, True)


@pytest.mark.parametrize("form", ["HEIF", "AVIF", "WebP", "JPEG XL", "JPEG 2000"])
def test_a_photo_does_not_go_for_a_jpeg_that_may_be_made_from_it(form):
    other, jpeg = photo("a.jpg", quality=80, format=form), photo("b.jpg", quality=95)
    (extra,) = only([other, jpeg], [match(other, jpeg, RESAVED, remark=Remark(Change.UNTOLD))]).extras
    assert (extra.photo, extra.selected) == (other, False)
    (extra,) = only([other, jpeg], [match(other, jpeg, RESAVED, remark=Remark(Change.LINEAGE))]).extras
    assert (extra.photo, extra.selected) == (other, True), "the JPEG is known not to be made from it"
    named = photo("b.jpg", quality=95, camera="Maker Model")
    (extra,) = only([other, named], [match(other, named, RESAVED, remark=Remark(Change.UNTOLD))]).extras
    assert (extra.photo, extra.selected) == (other, True)


def test_the_webp_from_which_a_jpeg_was_made_stays_for_it():
    webp, jpeg = photo("longer.webp", quality=90, format="WebP"), photo("a.jpg", quality=75)
    found = only([webp, jpeg], [match(webp, jpeg, source=webp)])
    assert (found.keep, found.extras[0].selected) == (webp, True)
    unproven = only([webp, jpeg], [match(webp, jpeg, RESAVED)])
    assert (unproven.keep, unproven.reason) == (jpeg, "in a format that cameras write")


def test_colours_that_a_resave_stores_more_finely_than_its_source_are_no_loss():
    jpeg, made = (
        photo("a.jpg", quality=88, chroma=0.25),
        photo("b.jxl", quality=92, format="JPEG XL", chroma=1.0, bits=16),
    )
    (extra,) = only([jpeg, made], [match(jpeg, made, source=jpeg)]).extras
    assert (extra.photo, extra.selected, losses(extra)) == (made, True, ())
    (extra,) = only([jpeg, made], [match(jpeg, made, RESAVED)], decisions=UsersWord(keep=[jpeg])).extras
    assert not extra.selected


def test_the_reason_does_not_claim_a_quality_that_a_file_does_not_have():
    source, again = photo("longer.jpg", quality=70), photo("a.jpg", quality=95)
    assert only([source, again], [match(source, again, source=source)]).reason == "the other was saved again"
