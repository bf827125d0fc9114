"""What is known of two photos is weighed so that in doubt two moments stay two."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dedupe.grouping.match_graph import SAME_BYTES, SAME_PIXELS, gather
from dedupe.types import Change, Match, Photo, Relation, Remark, Transform
from tests.comparing.made import match, photo, shot

RESAVED, EDITED, SIMILAR = Relation.RESAVED, Relation.EDITED, Relation.SIMILAR


def test_photos_of_equal_bytes_or_equal_pixels_are_one_picture_and_need_no_verdict() -> None:
    a, again, recoded = (
        photo("a.jpg", "same", pixel_key="p"),
        photo("b.jpg", "same", pixel_key="p"),
        photo("c.png", pixel_key="p"),
    )
    known = gather([a, again, recoded], [])
    assert len(set(known.node_of)) == 1
    assert known.between(a, again) is SAME_BYTES
    assert known.between(a, recoded) is SAME_PIXELS
    assert known.assets == {known.node_of[0]: [0, 1, 2]}


def test_what_was_verified_against_one_file_of_a_picture_holds_for_the_others() -> None:
    a, recoded, small = photo("a.jpg", pixel_key="p"), photo("a.png", pixel_key="p"), photo("small.jpg")
    known = gather([a, recoded, small], [match(a, small)])
    for one in (a, recoded):
        fit = known.between(one, small)
        assert fit is not None and fit.relation is RESAVED


def test_a_verdict_seen_from_the_other_photo_says_the_opposite_of_who_holds_more() -> None:
    large, small = photo("large.jpg"), photo("small.jpg")
    known = gather([large, small], [match(large, small, finer=large)])
    there, back = known.between(large, small), known.between(small, large)
    assert there is not None and back is not None
    assert there.detail == -back.detail != 0
    assert there.relation is back.relation


def test_of_two_verdicts_on_two_pictures_another_shot_wins_unless_times_spoke_for_it() -> None:
    a, b, other = photo("a.jpg", pixel_key="p"), photo("a.png", pixel_key="p"), photo("other.jpg")
    known = gather([a, b, other], [match(a, other, RESAVED), match(b, other, SIMILAR)])
    node, far = known.node_of[0], known.node_of[2]
    assert far in known.cannot_link[node] and far not in known.must_link.get(node, {})
    timed = photo("a.jpg", pixel_key="p", **shot(0))
    late = photo("other.jpg", **shot(0))
    known = gather([timed, b, late], [match(timed, late, RESAVED), match(b, late, SIMILAR)])
    assert known.node_of[2] in known.must_link[known.node_of[0]]


def test_a_raw_that_matches_ties_its_photos_only_where_one_of_them_is_a_first_picture() -> None:
    raw, other_raw = photo("1.dng"), photo("2.dng")
    one, two = photo("1.jpg", members=[raw]), photo("2.jpg", members=[other_raw])
    known = gather([one, two], [match(raw, other_raw, RESAVED)])
    assert known.must_link == {} and known.cannot_link == {}
    known = gather([one, two], [match(raw, other_raw, SIMILAR)])
    assert known.cannot_link == {known.node_of[0]: {known.node_of[1]}, known.node_of[1]: {known.node_of[0]}}


def test_two_different_marks_on_one_photo_are_not_two_shots() -> None:
    plain, dated, stamped = photo("plain.jpg"), photo("dated.jpg"), photo("stamped.jpg")
    marks = [
        match(plain, dated, EDITED, remark=Remark(Change.MARK)),
        match(plain, stamped, EDITED, remark=Remark(Change.MARK)),
    ]
    apart = match(dated, stamped, SIMILAR, remark=Remark(Change.CONTENT))
    assert gather([plain, dated, stamped], [*marks, apart]).similar == []
    alone = gather([dated, stamped], [apart])
    assert alone.similar == [tuple(sorted(alone.node_of))]


def on_a_screen(original: Photo, screenshot: Photo, detail: float) -> Match:
    """The verdict on a photo and a screenshot that shows it at twice its size; ``detail`` > 0 where the photo holds more."""
    first = original.content_key < screenshot.content_key
    shown = Transform((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), 0.0, False, 0.5 if first else 2.0)
    found = match(original, screenshot, EDITED)
    return replace(found, detail=detail if first else -detail, evidence=replace(found.evidence, transform=shown))


@pytest.mark.parametrize(("detail", "apart"), [(1.0, False), (0.0, True)])
def test_a_framed_copy_and_a_screenshot_of_one_photo_are_not_two_shots_though_the_screen_enlarged_it(
    detail: float, apart: bool
) -> None:
    original, framed, screenshot = photo("1.jpg"), photo("framed.jpg"), photo("screenshot.png")
    verdicts = [
        match(original, framed, EDITED),
        on_a_screen(original, screenshot, detail),
        match(framed, screenshot, SIMILAR, remark=Remark(Change.VIEWPOINT)),
    ]
    assert bool(gather([original, framed, screenshot], verdicts).similar) is apart


def test_matches_of_photos_that_are_not_there_are_left_out() -> None:
    here, gone = photo("here.jpg"), photo("gone.jpg")
    known = gather([here], [match(here, gone)])
    assert (known.must_link, known.cannot_link, known.fits) == ({}, {}, {})
