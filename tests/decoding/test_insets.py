"""The pictures found on pages and screens, and none where there are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dedupe.decoding import preview
from dedupe.decoding.insets import Box, insets
from dedupe.decoding.squash import looks
from tests.comparing.shots import Picture, photograph

WHITE, BLACK, GREY = 255, 0, 120


def page(width: int = 400, height: int = 300, tone: int = WHITE) -> Picture:
    return np.full((height, width, 3), tone, np.uint8)


def laid(onto: Picture, box: Box, name: str = "coffee") -> Picture:
    left, top, wide, high = box
    onto[top : top + high, left : left + wide] = cv2.resize(
        photograph(name), (wide, high), interpolation=cv2.INTER_AREA
    )
    return onto


def lettered(onto: Picture) -> Picture:
    for line in range(20, onto.shape[0], 22):
        cv2.putText(onto, "Of all that is here", (8, line), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (30, 30, 30), 1, cv2.LINE_AA)
    return onto


def stored(picture: Picture) -> Picture:
    return preview.decode_preview(preview.preview(picture))


def near(found: Box, box: Box, within: int = 4) -> bool:
    return all(abs(one - other) <= within for one, other in zip(found, box, strict=True))


@pytest.mark.parametrize(
    ("name", "tone"),
    [
        ("coffee", WHITE),
        ("coffee", BLACK),
        ("chelsea", BLACK),
        ("chelsea", GREY),
        ("astronaut", WHITE),
        ("rocket", WHITE),
    ],
)
def test_a_photo_on_a_page_is_found(name: str, tone: int) -> None:
    box = (90, 60, 180, 120)
    found = insets(stored(laid(page(tone=tone), box, name)))
    assert any(near(one, box, 12) for one in found)


def test_a_photo_among_lines_of_text_is_found() -> None:
    box = (200, 40, 150, 110)
    assert any(near(one, box) for one in insets(stored(laid(lettered(page()), box))))


def test_bars_beside_a_photo_in_a_panel_are_cut_off() -> None:
    screen = lettered(page())
    screen[120:240, 60:340] = BLACK
    box = (140, 120, 110, 120)
    assert any(near(one, box) for one in insets(stored(laid(screen, box, "chelsea"))))


def test_a_photo_on_a_background_of_noise_is_found() -> None:
    noise = np.random.default_rng(3).integers(90, 130, (300, 400, 3)).astype(np.uint8)
    box = (160, 120, 240, 180)
    assert any(near(one, box, 6) for one in insets(stored(laid(noise, box))))


def test_two_photos_on_one_page_are_both_found_the_larger_first() -> None:
    large, small = (20, 20, 200, 150), (260, 180, 100, 80)
    found = insets(stored(laid(laid(page(), large, "coffee"), small, "astronaut")))
    assert near(found[0], large) and any(near(one, small) for one in found[1:])


@pytest.mark.parametrize("name", ["coffee", "astronaut", "chelsea"])
def test_a_photo_as_it_is_holds_no_other(name: str) -> None:
    assert insets(stored(photograph(name))) == ()


def test_pages_of_text_blank_pages_and_tiny_pictures_hold_none() -> None:
    assert insets(stored(lettered(page()))) == ()
    assert insets(page()) == ()
    assert insets(page(12, 9)) == ()
    assert insets(stored(laid(page(), (100, 100, 24, 18)))) == ()


def test_the_network_is_shown_the_whole_and_what_was_found_in_it() -> None:
    picture = stored(laid(page(), (90, 60, 180, 120)))
    shown = looks(picture, 112)
    assert len(shown) == 2 and all(len(one) == 112 * 112 * 3 for one in shown)
    assert shown[0] == preview.squashed(picture, 112).tobytes()
    inside = np.frombuffer(shown[1], np.uint8).reshape(112, 112, 3).astype(int)
    wanted = cv2.resize(photograph(), (112, 112), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(inside - wanted).mean() < 12
