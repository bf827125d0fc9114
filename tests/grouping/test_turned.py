"""Copies that are shown turned or mirrored against each other: one of the two is wrong, and which one only a person knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dedupe.types import Caution, Clue, ClueKind, Evidence, Extra, Photo, Relation, Transform
from tests.comparing.made import group, match, photo


def turned(a: Photo, b: Photo, turn: float, *, mirrored: bool = False) -> Extra:
    """The extra of the two, seen to lie on each other with this turn."""
    return _extra(a, b, turn, mirrored=mirrored, caution=Caution.NORMAL)


def _extra(a: Photo, b: Photo, turn: float, *, caution: Caution, mirrored: bool = False) -> Extra:
    transform = Transform((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), turn, mirrored, 1.0)
    seen = replace(match(a, b, Relation.RESAVED), evidence=Evidence(transform=transform))
    ((found,), _) = group([a, b], [seen], caution=caution)
    (extra,) = found.extras
    return extra


@pytest.mark.parametrize(
    ("turn", "mirrored", "said"),
    [
        (90.0, False, "shown turned by 90°"),
        (270.2, False, "shown turned by 90°"),
        (180.0, False, "shown turned by 180°"),
        (0.0, True, "shown mirrored"),
        (180.0, True, "shown mirrored and turned by 180°"),
    ],
)
def test_a_copy_that_is_shown_turned_is_not_selected_and_says_so(turn: float, mirrored: bool, said: str) -> None:
    camera = {"camera": "Canon SD1100"}
    for facts in ({}, camera):
        extra = turned(photo("1.jpg", **facts), photo("22.jpg", **facts), turn, mirrored=mirrored)
        assert (extra.selected, extra.note) == (False, said)


def test_a_copy_that_is_shown_upright_is_selected() -> None:
    for turn in (0.0, 359.9):
        assert turned(photo("1.jpg"), photo("22.jpg"), turn).selected


def test_a_turned_copy_may_go_for_the_file_as_its_camera_wrote_it_but_not_under_strict_caution() -> None:
    camera, copy = photo("22.jpg", camera="Canon SD1100"), photo("1.jpg")
    assert _extra(camera, copy, 90.0, caution=Caution.NORMAL).selected
    extra = _extra(camera, copy, 90.0, caution=Caution.STRICT)
    assert (extra.selected, extra.note) == (False, "shown turned by 90°")


def saved_from(camera: Photo, copy: Photo) -> Extra:
    """The extra of a camera's file and a turned copy that names the camera too, with a sign of which came first."""
    transform = Transform((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), 90.0, False, 1.0)
    seen = match(camera, copy, Relation.RESAVED)
    weight = 3.0 if seen.a == camera.content_key else -3.0
    clues = (Clue(ClueKind.QUANTISATION, weight),)
    ((found,), _) = group([camera, copy], [replace(seen, evidence=Evidence(transform=transform), clues=clues)])
    (extra,) = found.extras
    return extra


def test_a_turned_copy_that_kept_its_cameras_data_may_go_for_the_file_that_it_was_saved_from() -> None:
    camera, copy = photo("1.jpg", camera="Canon SD1100"), photo("22.jpg", camera="Canon SD1100")
    extra = saved_from(camera, copy)
    assert (extra.photo, extra.selected) == (copy, True)


def test_a_turned_copy_of_a_photo_that_names_no_camera_stays_whatever_it_was_saved_from() -> None:
    extra = saved_from(photo("1.jpg"), photo("22.jpg"))
    assert (extra.selected, extra.note) == (False, "shown turned by 90°")
