"""Views and copies: what the network learns from and what it is judged by."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from training import drawing, photometric
from training.augment import DRAWN, TONES, WEAR, Recipe, square, view, views
from training.copies import TIERS

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def photo() -> Picture:
    from skimage import data

    return np.ascontiguousarray(data.chelsea()[::2, ::2])


def test_the_same_seed_gives_the_same_views_and_another_seed_others(photo: Picture) -> None:
    first, again, other = (views(photo, 6, 64, default_rng(seed), Recipe()) for seed in (1, 1, 2))
    assert first.shape == (6, 64, 64, 3) and first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_two_hundred_hard_views_of_any_shape_of_photo_are_whole_squares() -> None:
    rng = default_rng(3)
    for shape in ((150, 150), (40, 256), (256, 33), (1, 1), (176, 235)):
        picture = rng.integers(0, 256, (*shape, 3)).astype(np.uint8)
        for _ in range(40):
            made = view(picture, 48, rng, Recipe(clean=0, tones=1.5, drawn=1.5, wear=1.5))
            assert made.shape == (48, 48, 3) and made.dtype == np.uint8


@pytest.mark.parametrize("change", [c for _, c in (*TONES, *DRAWN, *WEAR)] + [drawing.frame, drawing.screenshot])
def test_each_change_changes_the_picture_and_leaves_colour_channels_alone(
    photo: Picture, change: Callable[[Picture, Generator], Picture]
) -> None:
    made = [change(photo.copy(), default_rng(seed)) for seed in range(8)]
    assert all(m.ndim == 3 and m.shape[2] == 3 and m.dtype == np.uint8 for m in made)
    assert any(m.shape != photo.shape or not np.array_equal(m, photo) for m in made)


def test_the_first_view_is_nearly_the_photo_itself(photo: Picture) -> None:
    clean = square(photo, 64).astype(float)
    gaps = [
        np.abs(views(photo, 2, 64, default_rng(s), Recipe(clean=0)).astype(float) - clean).mean((1, 2, 3))
        for s in range(30)
    ]
    first, second = np.array(gaps).T
    assert np.median(first) < 2 < np.median(second)


def test_there_are_thirty_three_changes_in_three_tiers_and_each_returns_a_picture(photo: Picture) -> None:
    changes = {name: change for tier in TIERS.values() for name, change in tier.items()}
    assert [len(tier) for tier in TIERS.values()] == [11, 16, 6]
    for name, change in changes.items():
        before = photo.copy()
        made = change(photo)
        assert made.ndim == 3 and made.shape[2] == 3 and made.dtype == np.uint8, name
        assert np.array_equal(photo, before), f"{name} wrote into its input"


def test_grey_is_grey_and_posterised_is_not_black(photo: Picture) -> None:
    grey = TIERS["edit"]["grey"](photo)
    assert np.array_equal(grey[..., 0], grey[..., 1])
    assert all(photometric.equalised(photo, default_rng(s)).mean() > 20 for s in range(10))
