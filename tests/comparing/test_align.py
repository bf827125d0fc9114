"""Where one picture lies on another."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dedupe.comparing import align
from tests.comparing.shots import Picture, photograph


def membership(found: align.Alignment | None, points: list[tuple[float, float]]) -> np.ndarray:
    assert found is not None
    return np.array(points) @ found.matrix[:, :2].T + found.matrix[:, 2]


def features(picture: Picture) -> align.Features:
    return align.features(np.ascontiguousarray(picture))


@pytest.fixture(scope="module")
def whole() -> align.Features:
    return features(cv2.resize(photograph(), None, fx=2 / 3, fy=2 / 3, interpolation=cv2.INTER_AREA))


def test_a_crop_lies_where_it_was_cut_out(whole: align.Features) -> None:
    cut = whole.rgb[40:220, 90:330]
    corners = [(0, 0), (239, 0), (0, 179), (239, 179)]
    assert membership(align.align(whole, features(cut)), corners) == pytest.approx(
        np.array(corners) + np.array([90, 40]), abs=0.5
    )


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_or_mirrored_picture_is_turned_back(whole: align.Features, quarters: int, mirrored: bool) -> None:
    height, width = whole.rgb.shape[:2]
    marks = np.zeros((height, width), np.int32)
    marks[20, 30], marks[200, 350] = 1, 2
    other, moved = (np.rot90(picture[:, ::-1] if mirrored else picture, quarters) for picture in (whole.rgb, marks))
    found = align.align(whole, features(other))
    points = [tuple(map(float, np.argwhere(moved == mark)[0][::-1])) for mark in (1, 2)]
    assert membership(found, points) == pytest.approx(np.array([(30, 20), (350, 200)]), abs=0.7)
    assert found is not None and found.mirrored is mirrored


@pytest.mark.parametrize("factor", [0.4, 0.75])
def test_a_smaller_copy_lies_on_the_whole_frame(whole: align.Features, factor: float) -> None:
    small = cv2.resize(whole.rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    found = align.align(whole, features(small))
    assert found is not None
    assert align.scale_of(found.matrix) == pytest.approx(1 / factor, rel=0.01)
    middle = [((small.shape[1] - 1) / 2, (small.shape[0] - 1) / 2)]
    assert membership(found, middle) == pytest.approx(np.array([[199.5, 133.0]]), abs=1.0)


def test_a_picture_tilted_by_ten_degrees_is_found(whole: align.Features) -> None:
    height, width = whole.rgb.shape[:2]
    tilt = cv2.getRotationMatrix2D((width / 2, height / 2), 10, 1)
    found = align.align(whole, features(cv2.warpAffine(whole.rgb, tilt, (width, height))))
    assert found is not None
    assert found.matrix == pytest.approx(align.invert(tilt), abs=0.02, rel=0.05)


def test_other_photographs_have_next_to_nothing_in_common(whole: align.Features) -> None:
    for name in ("astronaut", "chelsea", "rocket"):
        found = align.align(whole, features(photograph(name)[:300, :400]))
        assert found is None or found.inliers < 8


def test_a_blank_sheet_has_no_key_points_and_no_alignment(whole: align.Features) -> None:
    blank = features(np.full((300, 400, 3), 240, np.uint8))
    assert len(blank.points) == 0
    assert align.align(whole, blank) is None and align.align(blank, whole) is None and align.align(blank, blank) is None


def test_the_same_pictures_always_give_the_same_transform(whole: align.Features) -> None:
    tilted = features(np.rot90(whole.rgb[10:250, 20:380]))
    first, second = align.align(whole, tilted), align.align(features(whole.rgb), features(tilted.rgb))
    assert first is not None and second is not None
    assert first.matrix.tobytes() == second.matrix.tobytes()


def test_each_of_the_eight_turns_and_mirrors_lays_the_whole_frame_on_the_whole_frame() -> None:
    wide, high = (300, 400), (400, 300)
    corners = np.array([[-0.5, -0.5], [399.5, -0.5], [-0.5, 299.5], [399.5, 299.5]])
    seen = set()
    for number, matrix in enumerate(align.frame_matrices(wide, high)):
        source = corners[:, ::-1] if number % 2 == 0 or number % 2 == 1 else corners
        registered = np.round(source @ matrix[:, :2].T + matrix[:, 2], 6)
        assert {tuple(p) for p in registered} == {tuple(p) for p in corners}
        seen.add(registered.tobytes())
    assert len(seen) == 8


def test_thumbnails_name_the_turn_where_there_are_no_key_points(whole: align.Features) -> None:
    hazy = cv2.GaussianBlur(whole.rgb, (0, 0), 9)
    for quarters in range(4):
        for mirrored in (False, True):
            other = np.rot90(hazy[:, ::-1] if mirrored else hazy, quarters)
            matrix = align.align_whole(features(hazy), features(other))
            assert matrix is not None
            back = cv2.warpAffine(np.ascontiguousarray(other), matrix, hazy.shape[1::-1])
            assert np.abs(back.astype(int) - hazy).mean() < 1.0


def test_thumbnails_of_other_shapes_or_other_content_name_no_turn(whole: align.Features) -> None:
    assert align.align_whole(whole, features(whole.rgb[:, :200])) is None
    assert align.align_whole(whole, features(photograph("rocket")[:266, :400])) is None


def test_frame_coordinates_and_pixels_are_told_apart_and_back() -> None:
    matrix = np.array([[0.5, 0.1, 20.0], [-0.1, 0.5, 7.0]])
    unit = align.to_unit(matrix, (300, 400), (150, 210))
    assert align.from_unit(unit, (300, 400), (150, 210)) == pytest.approx(matrix)
    assert align.from_unit(np.eye(2, 3), (150, 200), (300, 400)) == pytest.approx(np.array([[2, 0, 0.5], [0, 2, 0.5]]))
