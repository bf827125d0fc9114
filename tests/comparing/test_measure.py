"""What is measured of two pictures that lie on each other, step by step: registration, tone, differences, verdict."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dedupe.comparing import classify, difference, regions, registration, tone_curve
from dedupe.comparing.ground import Ground
from dedupe.comparing.measure import Measurement, measure
from dedupe.types import Change, Relation
from tests.comparing.shots import Picture, photograph

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@pytest.fixture(scope="module")
def picture() -> Picture:
    """A photograph of 400 × 266."""
    return cv2.resize(photograph(), (400, 266), interpolation=cv2.INTER_AREA)


def resaved(picture: Picture, quality: int = 70) -> Picture:
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def shifted(picture: Picture, x: float, y: float) -> Picture:
    move = np.array([[1.0, 0, x], [0, 1.0, y]])
    return cv2.warpAffine(picture, move, picture.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def gamma(picture: Picture, power: float) -> Picture:
    return np.rint(255 * (picture / 255.0) ** power).astype(np.uint8)


def replaced(picture: Picture) -> Picture:
    """A place of 60 × 60 shows another photograph."""
    other = photograph("astronaut")
    changed = picture.copy()
    changed[100:160, 180:240] = cv2.resize(other[0:180, 150:330], (60, 60), interpolation=cv2.INTER_AREA)
    return changed


def captioned(picture: Picture) -> Picture:
    changed = picture.copy()
    cv2.putText(changed, "2024-05-01", (200, 250), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 140, 0), 2, cv2.LINE_AA)
    return changed


def measured(a: Picture, b: Picture) -> Measurement:
    return measure(a, b, IDENTITY)


def grey(picture: Picture) -> Picture:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def everywhere(picture: Picture) -> np.ndarray:
    return np.ones(picture.shape[:2], np.float32)


# -- registration --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "y"), [(0.3, -0.4), (1.5, 0.7), (-2.2, 1.1)])
def test_a_small_shift_is_found_to_a_fraction_of_a_pixel(picture: Picture, x: float, y: float) -> None:
    found, _ = registration.refine(registration.overlay(picture, shifted(picture, x, y), IDENTITY))
    assert found.overlay.matrix == pytest.approx(np.array([[1, 0, -x], [0, 1, -y]]), abs=0.08)


def test_the_finer_of_two_pictures_is_brought_down_to_the_coarser(picture: Picture) -> None:
    small = cv2.resize(picture, (200, 133), interpolation=cv2.INTER_AREA)
    double = np.array([[2.0, 0, 0.5], [0, 2.0, 0.5]])
    there = registration.overlay(picture, small, double)
    assert there.swapped and there.still.shape == small.shape
    assert there.moving.shape[1] == pytest.approx(200, abs=2)
    assert not registration.overlay(picture, picture, IDENTITY).swapped


def test_a_smooth_warp_bends_and_an_affine_one_does_not(picture: Picture) -> None:
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    u = (x - width / 2) / (width / 2)
    bent = cv2.remap(picture, x + 1.5 * u**2, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    tilt = cv2.getRotationMatrix2D((width / 2, height / 2), 0.4, 1.003)
    tilted = cv2.warpAffine(picture, tilt, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    curved, straight = measured(picture, bent).bend, measured(picture, tilted).bend
    assert curved.amplitude > 0.2 and straight.amplitude < 0.05
    assert curved.certainty > 10 * max(straight.certainty, 1)


# -- tone ----------------------------------------------------------------------------------------------------------------


def test_pictures_of_one_tone_have_one_reading(picture: Picture) -> None:
    change, readings = tone_curve.readings(grey(picture), grey(resaved(picture)), Ground(everywhere(picture)))
    assert change < tone_curve.SEEN and len(readings) == 1


@pytest.mark.parametrize("power", [0.6, 1.6])
def test_a_gamma_is_read_off_and_taken_out(picture: Picture, power: float) -> None:
    p, q = grey(picture), grey(gamma(picture, power))
    change, readings = tone_curve.readings(p, q, Ground(everywhere(picture)))
    assert change > tone_curve.SEEN
    apart = [float(np.abs(one - other).mean()) for one, other in readings]
    assert min(apart[1:]) < 0.25 * apart[0]


def test_a_tone_curve_never_falls(picture: Picture) -> None:
    turned = 255 - grey(picture)
    found = tone_curve.curve(grey(picture), turned, np.ones(turned.shape, np.bool_))
    assert found.shape == (256,) and (np.diff(found) >= 0).all()


# -- differences ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quality", [95, 70, 40])
def test_what_compression_leaves_is_no_difference(picture: Picture, quality: int) -> None:
    found = difference.differences(picture, resaved(picture, quality), everywhere(picture))
    assert found.found_regions == () and found.peak < 1


def test_a_replaced_place_is_found_where_it_is(picture: Picture) -> None:
    found = difference.differences(picture, resaved(replaced(picture)), everywhere(picture))
    assert found.peak > 1
    inside = np.zeros(picture.shape[:2], np.bool_)
    inside[80:180, 160:260] = True  # with the halo of the band
    assert found.mask[100:160, 180:240].mean() > 0.5
    assert (found.mask & ~inside).sum() < 0.05 * found.mask.sum()
    shares = [region.share for region in found.found_regions]
    assert shares == sorted(shares, reverse=True) and shares[0] > 0.01


def test_writing_is_told_from_another_thing(picture: Picture) -> None:
    written = difference.differences(picture, captioned(picture), everywhere(picture)).found_regions
    thing = difference.differences(picture, replaced(picture), everywhere(picture)).found_regions
    assert written and {region.kind for region in written} <= {regions.RegionKind.STROKES, regions.RegionKind.SPECK}
    assert regions.RegionKind.CONTENT in {region.kind for region in thing}


def test_nothing_marked_is_no_region(picture: Picture) -> None:
    nowhere = np.zeros(picture.shape[:2], np.bool_)
    assert regions.find(nowhere, picture, picture, everywhere(picture))[1] == ()


def test_a_page_is_told_from_a_photograph(picture: Picture) -> None:
    page = np.full((266, 400, 3), 250, np.uint8)
    cv2.putText(page, "INVOICE 4711", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
    assert difference.is_document(page) and not difference.is_document(picture)


# -- the verdict of one look ---------------------------------------------------------------------------------------------


def test_a_resave_agrees_everywhere(picture: Picture) -> None:
    found = measured(picture, resaved(picture, 60))
    assert found.quarter > 0.8 and found.agreement > 0.95 and found.overlap == pytest.approx((1, 1), abs=0.01)
    assert classify.judge(found) == classify.Verdict(Relation.RESAVED)


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (captioned, Change.MARK),
        (lambda picture: gamma(picture, 0.7), Change.TONE),
        (lambda picture: cv2.GaussianBlur(picture, (0, 0), 2.5), Change.BLUR),
    ],
    ids=["caption", "gamma", "blur"],
)
def test_a_visible_change_is_an_edit_and_named(picture: Picture, change: object, seen: Change) -> None:
    verdict = classify.judge(measured(picture, change(picture)))  # type: ignore[operator]
    assert verdict.relation is Relation.EDITED
    assert verdict.remark is not None and verdict.remark.change is seen


def test_a_thing_that_was_not_there_is_never_a_resave(picture: Picture) -> None:
    assert classify.judge(measured(picture, replaced(picture))).relation is not Relation.RESAVED


def test_the_order_of_the_two_pictures_changes_no_verdict(picture: Picture) -> None:
    for other in (resaved(picture), captioned(picture), gamma(picture, 0.7), replaced(picture)):
        there, back = classify.judge(measured(picture, other)), classify.judge(measured(other, picture))
        assert there.relation is back.relation


def test_another_photograph_agrees_nowhere(picture: Picture) -> None:
    other = cv2.resize(photograph("astronaut"), (400, 266), interpolation=cv2.INTER_AREA)
    found = measured(picture, other)
    assert found.agreement < 0.5 and classify.judge(found).relation is Relation.SIMILAR
