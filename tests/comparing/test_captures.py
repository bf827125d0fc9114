"""One capture or two: what two shots must differ in, and what may be put on one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import documents
from dedupe.comparing import align, overlap, quantisation, response, sensor_noise, untouched
from dedupe.comparing.measure import Measurement, measure
from dedupe.comparing.sensor_noise import Captures
from dedupe.types import Change, Relation
from tests.comparing.shots import (
    NOT_ONE_CAPTURE,
    SAFE,
    Picture,
    jpeg,
    photograph,
    related,
    saturated,
    saved,
    shot_again,
)

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def grained(picture: Picture, seed: int, strength: float = 3.0) -> Picture:
    """A shot of that scene with sensor noise of its own."""
    calm = cv2.bilateralFilter(np.ascontiguousarray(picture), 7, 25, 4).astype(np.float32)
    return saturated(calm + np.random.default_rng(seed).standard_normal(calm.shape, np.float32) * strength)


def opened(data: bytes) -> Picture:
    return np.ascontiguousarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])


def emoji(picture: Picture, x: int = 380, y: int = 120) -> Picture:
    """A yellow face, opaque, with eyes and a mouth."""
    out = picture.copy()
    cv2.circle(out, (x, y), 50, (250, 210, 40), -1, cv2.LINE_AA)
    for eye in (x - 18, x + 18):
        cv2.circle(out, (eye, y - 14), 7, (60, 40, 20), -1, cv2.LINE_AA)
    cv2.ellipse(out, (x, y + 12), (26, 16), 0, 0, 180, (60, 40, 20), 5, cv2.LINE_AA)
    return out


def measured(one: Picture, other: Picture) -> Measurement:
    return measure(one, other, IDENTITY)


@pytest.mark.parametrize("name", ["coffee", "astronaut"])
def test_a_sticker_on_a_photo_is_an_edit_of_it(tmp_path: Path, name: str) -> None:
    shot = grained(photograph(name), 1)
    found = related(tmp_path, shot, jpeg(emoji(shot), 90))
    assert found.relation is Relation.EDITED


@pytest.mark.parametrize("name", ["coffee", "astronaut"])
def test_a_thing_that_came_between_two_shots_makes_them_two_captures(tmp_path: Path, name: str) -> None:
    one, other = grained(photograph(name), 1), grained(photograph(name), 2)
    assert related(tmp_path, one, jpeg(emoji(other), 90)).relation in NOT_ONE_CAPTURE


def test_a_much_smaller_look_that_lost_the_noise_does_not_make_two_shots_one(tmp_path: Path) -> None:
    scene = cv2.fastNlMeansDenoisingColored(np.ascontiguousarray(photograph("coffee")), None, 6, 6, 5, 15)
    scene = cv2.resize(scene, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    noise = np.random.default_rng(7)
    one, other = (saturated(scene + noise.standard_normal(scene.shape, np.float32) * 2) for _ in range(2))
    cat = cv2.resize(photograph("cat")[20:240, 90:310], (220, 220))
    one[600:820, 200:420] = cat
    assert related(tmp_path, one, jpeg(other, 90)).relation in NOT_ONE_CAPTURE


def test_the_noise_tells_one_capture_from_two() -> None:
    one, other = grained(photograph(), 1), grained(photograph(), 2)
    assert sensor_noise.captures(measured(one, opened(jpeg(emoji(one), 92)))) is Captures.ONE
    assert sensor_noise.captures(measured(one, emoji(other))) is Captures.TWO


def test_a_drawn_page_has_no_noise_that_could_tell() -> None:
    page = np.full((400, 300, 3), 255, np.uint8)
    for line in range(12):
        cv2.putText(page, f"line {line} of the page", (20, 40 + 28 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1)
    other = page.copy()
    cv2.rectangle(other, (30, 120), (200, 260), (40, 90, 160), -1)
    assert sensor_noise.captures(measured(page, other)) is Captures.UNKNOWN


def in_clouds(folder_seed: int, word: str) -> Picture:
    """A noisy sky of light and dark clouds with a word on it in white."""
    rng = np.random.default_rng(folder_seed)
    clouds = cv2.resize(rng.uniform(60, 190, (9, 12, 1)).astype(np.float32), (800, 600), interpolation=cv2.INTER_CUBIC)
    sky = saturated(clouds[..., None] + rng.standard_normal((600, 800, 1), np.float32) * 5 + np.zeros(3, np.float32))
    sky[430:] = cv2.resize(photograph("coffee"), (800, 170))
    cv2.putText(sky, word, (330, 260), cv2.FONT_HERSHEY_SIMPLEX, 3, (255, 255, 255), 8, cv2.LINE_AA)
    return sky


def test_a_photo_with_one_word_typed_on_it_and_with_another_is_one_capture(tmp_path: Path) -> None:
    found = related(tmp_path, jpeg(in_clouds(1, "one"), 92), jpeg(in_clouds(1, "six"), 92))
    assert found.relation is Relation.EDITED


def calm(name: str) -> Picture:
    """A photograph with as little noise as a phone leaves that smooths it away."""
    return cv2.bilateralFilter(photograph(name), 9, 40, 5)


@pytest.mark.parametrize("name", ["coffee", "astronaut"])
def test_a_sticker_on_a_photo_without_noise_is_told_by_the_rest_which_is_as_saving_leaves_it(
    tmp_path: Path, name: str
) -> None:
    original = jpeg(calm(name), 92)
    found = related(tmp_path, original, jpeg(emoji(opened(original)), 88))
    assert found.relation is Relation.EDITED


@pytest.mark.parametrize("strength", [0.3, 1.0])
@pytest.mark.parametrize("qualities", [(95, 88), (90, 75), (80, 60)])
def test_two_shots_of_a_tripod_are_not_saved_from_each_other(
    tmp_path: Path, strength: float, qualities: tuple[int, int]
) -> None:
    scene = calm("coffee").astype(np.float32)
    rng = np.random.default_rng(4)
    shots = [saturated(scene + rng.standard_normal(scene.shape, np.float32) * strength) for _ in qualities]
    one, other = (
        saved(tmp_path, f"{quality}.jpg", jpeg(shot, quality)) for shot, quality in zip(shots, qualities, strict=True)
    )
    assert not untouched.saved_in_part(one, other)


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_photo_turned_and_with_a_sticker_on_it_was_saved_from_the_original(tmp_path: Path, turn: int) -> None:
    original = jpeg(photograph("coffee"), 93)
    marked = np.ascontiguousarray(np.rot90(emoji(opened(original)), turn))
    one, other = saved(tmp_path, "one.jpg", original), saved(tmp_path, "other.jpg", jpeg(marked, 88))
    assert untouched.saved_in_part(one, other)


def test_two_chats_that_differ_in_one_message_are_not_one_though_the_rest_was_saved_alike(tmp_path: Path) -> None:
    one, other = (jpeg(documents.chat(3, text), quality) for text, quality in ((1, 92), (2, 88)))
    assert related(tmp_path, one, other).relation in NOT_ONE_CAPTURE


def test_stripes_one_can_see_through_are_put_on_the_photo(tmp_path: Path) -> None:
    picture = photograph("astronaut")
    striped = picture.astype(np.float32)
    for left in range(0, picture.shape[1], 100):
        striped[:, left : left + 35] = 0.65 * striped[:, left : left + 35] + 0.35 * 230
    found = related(tmp_path, picture, jpeg(saturated(striped), 88))
    assert found.relation is Relation.EDITED


@pytest.mark.parametrize("size", [(400, 400), (600, 300), (300, 500)])
def test_a_photo_squashed_to_another_shape_is_an_edit(tmp_path: Path, size: tuple[int, int]) -> None:
    squashed = cv2.resize(photograph(), size, interpolation=cv2.INTER_AREA)
    found = related(tmp_path, photograph(), squashed)
    assert found.relation is Relation.EDITED
    assert found.remark is not None
    assert found.remark.change is Change.STRETCHED


@pytest.mark.parametrize("name", ["chelsea", "coffee", "astronaut"])
@pytest.mark.parametrize("turn", [0.3, 0.8])
def test_two_shots_of_a_still_scene_from_one_hand_are_two_captures_though_their_noise_is_faint(
    tmp_path: Path, name: str, turn: float
) -> None:
    scene = cv2.GaussianBlur(photograph(name), (0, 0), 0.8)
    one, other = (jpeg(shot_again(scene, seed, turn=turn, strength=1.0), 93) for seed in (1, 2))
    assert related(tmp_path, one, other).relation is Relation.SIMILAR


def test_a_photo_put_in_perspective_on_black_is_an_edit(tmp_path: Path) -> None:
    picture = photograph("astronaut")
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float32)
    askew = corners + np.array([[30, 12], [-12, 28], [14, -20], [-34, -8]], np.float32)
    tilted = cv2.warpPerspective(
        picture, cv2.getPerspectiveTransform(corners, askew), (width, height), flags=cv2.INTER_CUBIC
    )
    found = related(tmp_path, picture, tilted)
    assert found.relation is Relation.EDITED
    assert found.remark is not None
    assert found.remark.change is Change.PERSPECTIVE


def test_a_photo_small_on_a_page_is_found_there(tmp_path: Path) -> None:
    page = np.full((900, 1200, 3), 252, np.uint8)
    small = cv2.resize(photograph("astronaut"), (280, 280), interpolation=cv2.INTER_AREA)
    page[300:580, 420:700] = small
    for line in range(6):
        cv2.putText(page, "what others say of it", (760, 80 + 60 * line), cv2.FONT_HERSHEY_SIMPLEX, 1, (30, 30, 30), 2)
    found = related(tmp_path, photograph("astronaut"), page)
    assert found.relation is Relation.EDITED


def test_frames_that_merely_overlap_are_two_shots_and_a_crop_lies_inside(tmp_path: Path) -> None:
    picture = photograph("coffee", 2.0)
    width = picture.shape[1]
    left, right = picture[:, : width * 7 // 10], picture[:, width * 3 // 10 :]
    assert related(tmp_path, left, right).relation in NOT_ONE_CAPTURE
    assert related(tmp_path, picture, left).relation is Relation.EDITED


def test_padding_is_nothing_that_a_picture_shows_alone() -> None:
    picture = cv2.resize(photograph(), (400, 266), interpolation=cv2.INTER_AREA)
    framed = cv2.copyMakeBorder(picture[:, 60:], 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    alignment = align.align(align.features(picture), align.features(framed))
    assert alignment is not None
    found = measure(picture, framed, align.to_unit(alignment.matrix, framed.shape, picture.shape))
    alone = overlap.shown_alone(found.registered)
    assert alone[0] > 0.02
    assert alone[1] == 0.0


def test_a_filter_is_one_law_for_the_whole_frame_and_a_moved_thing_is_not() -> None:
    picture = cv2.resize(photograph("astronaut"), (400, 400), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    vivid = saturated(grey[..., None] + 2.0 * (picture.astype(np.float32) - grey[..., None]))
    sharp = saturated(4.0 * vivid - 3.0 * cv2.GaussianBlur(vivid, (0, 0), 1.2).astype(np.float32))
    cover = np.ones((400, 400), np.float32)

    def unexplained(target: Picture) -> float:
        shown = cv2.cvtColor(target, cv2.COLOR_RGB2GRAY)
        law = response.predicted(picture, shown, cover)
        assert law is not None
        return float(np.percentile(np.abs(law - shown), 99.5))

    moved = vivid.copy()
    moved[60:160, 60:160] = vivid[220:320, 200:300]
    assert unexplained(vivid) < 20
    assert unexplained(sharp) < 45
    assert unexplained(moved) > 60


def test_what_was_saved_coarsely_and_finely_again_is_still_a_copy(tmp_path: Path) -> None:
    original = jpeg(photograph("astronaut"), 93)
    twice = jpeg(opened(jpeg(opened(original), 35)), 90)
    assert related(tmp_path, original, twice).relation in SAFE


def test_the_steps_of_an_earlier_saving_show_in_the_coefficients() -> None:
    coarse = np.float32(quantisation.STANDARD * 2)
    rng = np.random.default_rng(1)
    count = int(quantisation.FREQUENCIES.sum())
    steps = coarse[quantisation.FREQUENCIES]
    once = np.rint(rng.laplace(0, 60, (3000, count)) / steps) * steps
    fine = np.full((8, 8), 2.0, np.float32)
    twice = (np.rint((once + rng.normal(0, 0.4, once.shape)) / 2) * 2).astype(np.float32)
    found = quantisation._earlier(twice, fine)
    assert found[0, 1] == pytest.approx(coarse[0, 1], rel=0.15)
    never = (np.rint(rng.laplace(0, 60, (3000, count)) / 2) * 2).astype(np.float32)
    assert quantisation._earlier(never, fine) == pytest.approx(fine)
