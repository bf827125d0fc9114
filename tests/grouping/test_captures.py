"""Two moments never come into one capture, and a copy belongs to the moment that it fits best."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from dedupe.facts import Exposure
from dedupe.grouping.captures import captures
from dedupe.grouping.match_graph import gather
from dedupe.types import Match, Photo, Relation
from tests.comparing.made import match, name, photo, shot

RESAVED, EDITED, SIMILAR = Relation.RESAVED, Relation.EDITED, Relation.SIMILAR


def clusters(photos: list[Photo], matches: list[Match]) -> list[set[str]]:
    known = gather(photos, matches)
    found = captures(known).clusters
    return [{name(known.photos[asset]) for node in cluster for asset in known.assets[node]} for cluster in found]


def test_photos_that_were_verified_are_one_capture_by_whatever_chain() -> None:
    a, b, c = (photo(f"{letter}.jpg") for letter in "abc")
    assert clusters([a, b, c], [match(a, b), match(b, c)]) == [{"a.jpg", "b.jpg", "c.jpg"}]


def test_a_copy_without_a_time_goes_to_the_shot_it_fits_better_and_is_doubtful() -> None:
    first, second, copy = photo("first.jpg", **shot(0)), photo("second.jpg", **shot(1)), photo("copy.jpg")
    verdicts = [match(first, copy, score=0.9), match(second, copy, score=0.8), match(first, second, SIMILAR)]
    assert clusters([first, second, copy], verdicts) == [{"first.jpg", "copy.jpg"}]
    known = gather([first, second, copy], verdicts)
    assert captures(known).doubtful == {known.node_of[2]}
    turned = [match(first, copy, score=0.7), match(second, copy, score=0.8), match(first, second, SIMILAR)]
    assert clusters([first, second, copy], turned) == [{"second.jpg", "copy.jpg"}]


def test_a_worse_fit_that_is_only_an_edit_leaves_no_doubt() -> None:
    first, second, copy = photo("first.jpg", **shot(0)), photo("second.jpg", **shot(1)), photo("copy.jpg")
    verdicts = [match(first, copy, RESAVED), match(second, copy, EDITED), match(first, second, SIMILAR)]
    assert captures(gather([first, second, copy], verdicts)).doubtful == frozenset()


def test_two_capture_times_of_one_camera_keep_photos_apart_that_nobody_compared() -> None:
    first, second = photo("first.jpg", **shot(0)), photo("second.jpg", **shot(2))
    one, other = photo("one.jpg"), photo("other.jpg")
    verdicts = [match(first, one), match(one, other), match(other, second)]
    found = clusters([first, second, one, other], verdicts)
    assert not any({"first.jpg", "second.jpg"} <= cluster for cluster in found)


def test_the_shots_of_a_bracket_stay_apart_though_one_copy_fits_them_all() -> None:
    dark, right = (photo(f"{time}.jpg", **shot(0, exposure=Exposure(1 / time))) for time in (500, 125))
    copy = photo("copy.jpg")
    assert clusters([dark, right, copy], [match(dark, copy, score=0.8), match(right, copy, score=0.9)]) == [
        {"125.jpg", "copy.jpg"}
    ]


def test_the_order_of_photos_and_verdicts_does_not_matter() -> None:
    first, second, copy = photo("first.jpg", **shot(0)), photo("second.jpg", **shot(1)), photo("copy.jpg")
    verdicts = [match(first, copy, score=0.9), match(second, copy, score=0.8), match(first, second, SIMILAR)]
    results = {
        tuple(frozenset(cluster) for cluster in clusters(list(photos), list(said)))
        for photos in permutations([first, second, copy])
        for said in permutations(verdicts)
    }
    assert len(results) == 1


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.sampled_from([RESAVED, EDITED, SIMILAR])), max_size=24)
)
def test_no_cluster_holds_two_photos_that_were_found_to_be_two_shots(pairs: list[tuple[int, int, Relation]]) -> None:
    photos = [photo(f"{number}.jpg") for number in range(7)]
    verdicts = {(min(a, b), max(a, b)): relation for a, b, relation in pairs if a != b}
    matches = [match(photos[a], photos[b], relation) for (a, b), relation in verdicts.items()]
    known = gather(photos, matches)
    for cluster in captures(known).clusters:
        for node in cluster:
            assert known.cannot_link.get(node, set()).isdisjoint(cluster)
