"""The copies of a version are each verified against its head, and the head is the one that loses nothing by staying."""

from __future__ import annotations

from collections.abc import Sequence

from dedupe.grouping.captures import captures
from dedupe.grouping.keeper import ordered
from dedupe.grouping.match_graph import gather
from dedupe.grouping.versions import CHOSEN, Version, Versions
from dedupe.types import LossCode, Match, Photo, Relation
from tests.comparing.made import match, name, photo

RESAVED, EDITED = Relation.RESAVED, Relation.EDITED


class Said:
    """A user who keeps the photos of these names, and set apart those pairs."""

    def __init__(self, keep: Sequence[str] = (), apart: Sequence[tuple[str, str]] = ()) -> None:
        self._keep = set(keep)
        self._apart = {frozenset(pair) for pair in apart}

    def not_duplicates(self, a: Photo, b: Photo) -> bool:
        return frozenset((name(a), name(b))) in self._apart

    def chosen_keeper(self, photos: Sequence[Photo]) -> Photo | None:
        return next((one for one in photos if name(one) in self._keep), None)


def versions(photos: Sequence[Photo], matches: Sequence[Match], said: Said | None = None) -> list[Version]:
    known = gather(photos, matches)
    made = Versions(known, ordered(), lambda extra, keep: True, decisions=said)
    [cluster] = captures(known).clusters
    return made.of(cluster)


def shown(found: Sequence[Version]) -> list[tuple[str, set[str]]]:
    return [(name(one.head.photo), {name(copy.asset.photo) for copy in one.copies}) for one in found]


def test_resaves_of_one_photo_are_copies_of_the_largest() -> None:
    large, half, small = photo("large.jpg"), photo("half.jpg", width=2000), photo("small.jpg", width=400)
    found = versions([half, small, large], [match(large, half), match(large, small), match(half, small)])
    assert shown(found) == [("large.jpg", {"half.jpg", "small.jpg"})]


def test_an_edit_is_a_version_of_its_own_with_its_own_copies() -> None:
    large, crop, again = photo("large.jpg"), photo("crop.jpg", width=3000), photo("again.jpg", width=900)
    found = versions(
        [large, crop, again], [match(large, crop, EDITED), match(crop, again), match(large, again, EDITED)]
    )
    assert shown(found) == [("large.jpg", set()), ("crop.jpg", {"again.jpg"})]


def test_a_photo_that_was_not_verified_against_the_head_is_no_copy_of_it() -> None:
    large, middle, small = photo("large.jpg"), photo("middle.jpg", width=2000), photo("small.jpg", width=400)
    found = versions([large, middle, small], [match(large, middle), match(middle, small)])
    assert shown(found)[0] == ("large.jpg", {"middle.jpg"})
    assert all("small.jpg" not in copies for _, copies in shown(found))


def test_the_photo_that_a_person_chose_is_the_head() -> None:
    large, small = photo("large.jpg"), photo("small.jpg", width=400)
    [found] = versions([large, small], [match(large, small)], Said(keep=["small.jpg"]))
    assert (name(found.head.photo), found.said) == ("small.jpg", CHOSEN)


def test_photos_that_a_person_set_apart_are_no_copies_of_each_other() -> None:
    large, half, small = photo("large.jpg"), photo("half.jpg", width=2000), photo("small.jpg", width=400)
    verdicts = [match(large, half), match(large, small), match(half, small)]
    found = versions([large, half, small], verdicts, Said(apart=[("large.jpg", "small.jpg")]))
    assert ("large.jpg", {"half.jpg"}) in shown(found)


def test_what_holds_more_real_detail_loses_it_where_another_stays() -> None:
    large, sharp = photo("large.jpg"), photo("sharp.jpg", width=3000)
    known = gather([large, sharp], [match(large, sharp, finer=sharp)])
    made = Versions(known, ordered(), lambda extra, keep: True)
    [cluster] = captures(known).clusters
    [found] = made.of(cluster)
    assert name(found.head.photo) == "sharp.jpg"
    [copy] = found.copies
    assert LossCode.DETAIL not in {lost.code for lost in made.lost(copy, found.head)}
