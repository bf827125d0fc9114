"""Which map carries one picture onto another: the simplest that explains it, up to a page photographed askew."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dedupe.comparing import align, keystone
from dedupe.comparing.homography import fitted, homography_of, placed, stretch
from dedupe.comparing.keystone import Keystone
from dedupe.comparing.thresholds import LEAST_TILT
from tests.comparing.shots import photograph

START = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def scattered(count: int = 120) -> np.ndarray:
    return np.random.default_rng(3).uniform((0, 0), (400, 300), (count, 2))


def jittered(points: np.ndarray, pixels: float = 0.5) -> np.ndarray:
    return points + np.random.default_rng(5).normal(0, pixels, points.shape)


def test_a_turned_and_smaller_copy_needs_no_more_than_a_similarity() -> None:
    points = scattered()
    turned = np.array([[0.6, -0.3, 20.0], [0.3, 0.6, 5.0]])
    found = fitted(jittered(placed(turned, points)), points, turned)
    assert found is not None
    assert found.full is None
    assert stretch(found.matrix) == pytest.approx(1.0, abs=1e-6)
    assert found.matrix == pytest.approx(turned, abs=0.5)


@pytest.mark.parametrize("ratio", [0.6, 1.0, 1.7])
def test_a_copy_stretched_or_sheared_to_another_shape_needs_an_affine_map(ratio: float) -> None:
    points = scattered()
    shape = np.array([[ratio, 0.25, 10.0], [0.0, 1.0, -4.0]])
    # One pair of key points proposes a similarity that holds round it.
    middle, zoom = np.array([200.0, 150.0]), ratio**0.5 * np.eye(2)
    start = np.hstack([zoom, (placed(shape, middle[None])[0] - zoom @ middle)[:, None]])
    found = fitted(jittered(placed(shape, points)), points, start)
    assert found is not None
    assert placed(found.matrix, points) == pytest.approx(placed(shape, points), abs=1.0)


def test_a_page_seen_askew_needs_a_homography_whose_middle_is_told_as_an_affine_map() -> None:
    points = scattered()
    askew = np.array([[1.0, 0.05, 4.0], [0.02, 1.0, -6.0], [6e-4, 3e-4, 1.0]])
    found = fitted(jittered(placed(askew, points), 0.3), points, START)
    assert found is not None
    assert found.full is not None
    assert placed(found.full, points) == pytest.approx(placed(askew, points), abs=1.5)
    middle = points.mean(0)[None]
    assert placed(found.matrix, middle) == pytest.approx(placed(askew, middle), abs=1.0)


def test_a_small_tilt_is_told_by_where_the_points_lie_to_the_pixel() -> None:
    points = scattered()
    askew = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.5e-4, 0.0, 1.0]])
    found = fitted(jittered(placed(askew, points), 0.2), points, START)
    assert found is not None
    assert found.full is not None
    assert placed(found.full, points) == pytest.approx(placed(askew, points), abs=0.8)


def test_points_by_chance_are_explained_by_nothing_rich() -> None:
    points, others = scattered(), np.random.default_rng(9).uniform((0, 0), (400, 300), (120, 2))
    found = fitted(others, points, START)
    assert found is None or found.support < 15


def test_points_on_one_line_give_no_homography() -> None:
    line = np.stack([np.arange(40.0), 2 * np.arange(40.0)], 1)
    assert homography_of(line, line) is None


def test_a_homography_is_a_tilt_of_the_frame_and_an_affine_map() -> None:
    full = np.array([[0.9, 0.1, 0.02], [-0.05, 0.8, 0.1], [0.12, -0.08, 1.0]])
    tilt, affine = keystone.split(full)
    both = keystone.joined(tilt, affine)
    assert both / both[2, 2] == pytest.approx(full / full[2, 2])
    assert tilt.amount > LEAST_TILT


def test_a_picture_without_its_tilt_keeps_all_it_shows_and_says_where_that_is() -> None:
    picture = cv2.resize(photograph(), (300, 200), interpolation=cv2.INTER_AREA)
    plane = keystone.untilted(picture, Keystone(0.2, 0.1))
    assert plane.picture.shape == picture.shape
    assert 0.6 < float(plane.mask.mean()) < 0.95
    still = keystone.untilted(picture, Keystone(0.0, 0.0))
    assert float(np.abs(still.picture.astype(int) - picture).max()) <= 1


def test_the_whole_frame_is_laid_on_a_frame_of_any_shape() -> None:
    picture = cv2.resize(photograph(), (300, 200), interpolation=cv2.INTER_AREA)
    square = cv2.resize(picture, (220, 220), interpolation=cv2.INTER_AREA)
    matrix = align.align_whole(align.features(picture), align.features(square))
    assert matrix is not None
    corner = matrix[:, :2] @ np.array([219.5, 219.5]) + matrix[:, 2]
    assert corner == pytest.approx([299.5, 199.5], abs=0.6)
