"""Which shots belong together, as their files state it."""

from __future__ import annotations

from typing import Any

import pytest

from dedupe.series.look import Look
from dedupe.series.shots import LARGEST, SetKind, ShotSet, sets_of, stops
from dedupe.series.suggest import Why, judged
from dedupe.types import CompanionKind, Exposure, Photo, Series
from tests.comparing.made import at, companion, photo


def taken(number: int, seconds: float, **others: Any) -> Photo:
    facts = {"camera": "Maker Model", "exposure": Exposure(1 / 100, 2.8, 100, 0.0), **others}
    return photo(f"{number:03}.jpg", taken=at(seconds), **facts)


def exposed(number: int, seconds: float, value: float, bias: float | None = None) -> Photo:
    return taken(number, seconds, exposure=Exposure(2**value / 100, 2.8, 100, bias))


def sets(*photos: Photo) -> list[tuple[SetKind, list[str]]]:
    found = sets_of([Series("s", photos)])
    return [(one.kind, [photo.path[-7:-4] for photo in one.photos]) for one in found]


def look(sharp: float | None, **others: Any) -> Look:
    values = {"brightness": 50.0, "light": 0.0, "dark": 0.0, "bright": 0.0, "share": 1.0, "place": (0.5, 0.5)}
    return Look(sharp, **{**values, **others})


def of(kind: SetKind = SetKind.BURST, *photos: Photo) -> ShotSet:
    return ShotSet("x", kind, photos or tuple(taken(n, n) for n in range(3)))


def test_shots_within_seconds_are_a_burst_and_those_after_a_pause_another() -> None:
    shots = [taken(n, n * 0.5) for n in range(4)] + [taken(n, 600 + n) for n in range(4, 7)]
    assert sets(*shots) == [
        (SetKind.BURST, ["000", "001", "002", "003"]),
        (SetKind.BURST, ["004", "005", "006"]),
    ]


def test_tries_within_a_minute_are_shots_of_one_scene() -> None:
    assert sets(taken(0, 0), taken(1, 20), taken(2, 50)) == [(SetKind.SHOTS, ["000", "001", "002"])]


def test_two_cameras_make_no_burst_but_one_set() -> None:
    other = taken(1, 1, camera="Other")
    assert sets(taken(0, 0), other) == [(SetKind.SHOTS, ["000", "001"])]


def test_photos_without_a_time_are_a_set_of_their_own() -> None:
    undated = [photo(f"00{n}.jpg") for n in (3, 4)]
    assert sets(taken(0, 0), taken(1, 1), *undated) == [
        (SetKind.BURST, ["000", "001"]),
        (SetKind.SHOTS, ["003", "004"]),
    ]


def test_no_shot_of_a_series_is_in_two_sets_and_a_lone_one_stays_with_the_others() -> None:
    assert sets(taken(0, 0), taken(1, 1), taken(2, 400)) == [(SetKind.SHOTS, ["000", "001", "002"])]


@pytest.mark.parametrize("biases", [(0.0, -1.0, 1.0), (0.0, -0.3, 0.3), (0.0, 2.0)])
def test_shots_of_other_exposure_biases_are_a_bracket(biases: tuple[float, ...]) -> None:
    shots = [exposed(n, n, 0.0, bias) for n, bias in enumerate(biases)]
    assert [kind for kind, _ in sets(*shots)] == [SetKind.BRACKET]


def test_shots_of_other_exposures_are_a_bracket_also_without_a_stated_bias() -> None:
    assert [kind for kind, _ in sets(exposed(0, 0, 0), exposed(1, 1, -1), exposed(2, 2, 1))] == [SetKind.BRACKET]


def test_a_camera_that_meters_anew_by_a_third_of_a_stop_makes_no_bracket() -> None:
    assert [kind for kind, _ in sets(exposed(0, 0, 0), exposed(1, 1, 0.33), exposed(2, 2, -0.33))] == [SetKind.BURST]


def test_the_light_of_an_exposure_counts_time_aperture_and_sensitivity() -> None:
    one, other = Exposure(1 / 50, 4.0, 100), Exposure(1 / 200, 2.0, 100)
    assert stops(one) == pytest.approx(stops(other) or 0)
    assert stops(Exposure(1 / 50, 4.0, 200)) == pytest.approx((stops(one) or 0) + 1)
    assert stops(Exposure(1 / 50)) is None
    assert stops(None) is None


def test_a_bracket_among_other_shots_is_a_set_of_its_own() -> None:
    bracket = [exposed(n, n, value, value) for n, value in enumerate((0.0, -2.0, 2.0))]
    assert sets(*bracket, taken(3, 30), taken(4, 31)) == [
        (SetKind.BRACKET, ["000", "001", "002"]),
        (SetKind.BURST, ["003", "004"]),
    ]


def test_a_long_burst_comes_in_parts_that_a_person_can_look_at() -> None:
    found = sets(*[taken(n, n * 0.1) for n in range(LARGEST * 2 + 10)])
    assert [len(names) for _, names in found] == [30, 30, 30]
    assert [name for _, names in found for name in names] == [f"{n:03}" for n in range(LARGEST * 2 + 10)]


def test_the_sharpest_is_suggested_and_of_equally_sharp_ones_the_less_clipped() -> None:
    one = judged(of(), [look(70.0), look(100.0), look(80.0)])
    assert (one.suggested, one.why) == (1, Why.SHARPEST)
    one = judged(of(), [look(70.0), look(100.0, bright=6.0), look(98.0)])
    assert (one.suggested, one.why) == (2, Why.LESS_CLIPPED)
    one = judged(of(), [look(99.0), look(100.0), look(98.0)])
    assert (one.suggested, one.why) == (1, Why.ALIKE)


def test_the_one_that_a_person_rated_or_edited_is_suggested() -> None:
    edit = companion("b.aae", CompanionKind.EDIT)
    for marked in (taken(2, 2, rating=4), taken(2, 2, companions=[edit])):
        one = judged(of(SetKind.BURST, taken(0, 0), taken(1, 1), marked), [look(100.0), look(90.0), look(60.0)])
        assert (one.suggested, one.why) == (2, Why.MARKED)


def test_where_the_shots_share_too_little_none_is_suggested() -> None:
    one = judged(of(), [look(None, share=0.1, place=None), look(100.0), None])
    assert (one.suggested, one.why) == (None, Why.UNCOMPARABLE)


def test_nothing_is_suggested_of_a_bracket() -> None:
    one = judged(of(SetKind.BRACKET), [look(100.0), look(90.0), look(80.0)])
    assert (one.suggested, one.why, one.shots.kind.whole) == (None, Why.WHOLE, True)


def test_a_bracket_is_seen_by_its_light_where_no_exposure_is_stated() -> None:
    photos = tuple(taken(n, n, exposure=None) for n in range(3))
    looks = [look(100.0, light=-1.5), look(90.0), look(80.0, light=1.4)]
    assert judged(of(SetKind.BURST, *photos), looks).shots.kind is SetKind.BRACKET
    assert judged(of(), looks).shots.kind is SetKind.BURST  # the files say that all were exposed alike


def test_shots_that_go_on_in_one_direction_are_a_panorama() -> None:
    along = [look(100.0, place=(x, 0.5)) for x in (0.0, 0.5, 1.0)]
    assert judged(of(), along).shots.kind is SetKind.PANORAMA
    there_and_back = [look(100.0, place=(x, 0.5)) for x in (0.0, 0.5, 0.0)]
    assert judged(of(), there_and_back).shots.kind is SetKind.BURST
    hardly = [look(100.0, place=(x, 0.5)) for x in (0.4, 0.5, 0.6)]
    assert judged(of(), hardly).shots.kind is SetKind.BURST
    slow = of(SetKind.SHOTS, *(taken(n, 40 * n) for n in range(3)))
    assert judged(slow, along).shots.kind is SetKind.SHOTS
