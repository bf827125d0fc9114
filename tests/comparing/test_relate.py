"""What one photo is to another: each relation, and the promises about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import documents, lookalikes
from dedupe.comparing import pictures
from dedupe.comparing.relate import RelateTask, View, relate
from dedupe.facts import Exposure
from dedupe.types import CaptureTime, Change, Relation, Remark
from tests.comparing.shots import (
    NOT_ONE_CAPTURE,
    SAFE,
    Picture,
    changed,
    compared,
    edited,
    jpeg,
    photograph,
    related,
    saved,
    shot_again,
)

COPIES = (
    "jpeg 20-39",
    "half size",
    "thumbnail 160",
    "upscaled 1.6",
    "png",
    "webp",
    "turned 90",
    "turned 180",
    "mirrored",
)
EDITS = (
    "crop 95", "crop 80", "square", "brighter", "darker", "contrast", "grey", "sepia + vignette", "saturated + warm",
    "date stamp", "watermark", "white frame", "straightened 3", "crop 40", "screenshot", "tilt 10", "meme", "chain",
)  # fmt: skip


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_that_shows_the_same_is_a_resave(tmp_path: Path, name: str) -> None:
    assert related(tmp_path, photograph(), changed(name, photograph())).relation is Relation.RESAVED


@pytest.mark.parametrize("name", EDITS)
def test_a_copy_that_looks_different_is_an_edit(tmp_path: Path, name: str) -> None:
    found = related(tmp_path, photograph(), changed(name, photograph()))
    assert found.relation is Relation.EDITED
    assert found.remark


@pytest.mark.parametrize("name", ["blur", "noise"])
def test_a_blurred_or_noisy_copy_is_still_the_same_capture(tmp_path: Path, name: str) -> None:
    assert related(tmp_path, photograph(), changed(name, photograph())).relation in (Relation.RESAVED, Relation.EDITED)


def test_equal_pixel_key_is_the_same_picture_whatever_else_is_said(tmp_path: Path) -> None:
    a, b = saved(tmp_path, "a.jpg", photograph()), saved(tmp_path, "b.jpg", photograph("rocket"))
    a, b = (replace(view, pixel_key=b"p" * 16, preview=b"not even a picture") for view in (a, b))
    assert compared(a, b).relation is Relation.SAME_PIXELS


def test_photographs_of_other_things_are_unrelated(tmp_path: Path) -> None:
    names = ("coffee", "astronaut", "chelsea", "rocket")
    views = [saved(tmp_path, name, photograph(name)) for name in names]
    found = [compared(a, b) for i, a in enumerate(views) for b in views[:i]]
    assert [match.relation for match in found] == [None] * 6


@pytest.mark.parametrize("seed", range(3))
def test_the_next_shot_from_the_hand_is_never_a_duplicate(tmp_path: Path, seed: int) -> None:
    shot = lookalikes.next_shot(photograph("astronaut"), np.random.default_rng(seed))
    assert related(tmp_path, photograph("astronaut"), shot).relation is Relation.SIMILAR


@pytest.mark.parametrize("quality", [95, 60])
def test_a_camera_that_turned_by_half_a_degree_took_another_shot(tmp_path: Path, quality: int) -> None:
    scene = photograph("astronaut")
    first, second = shot_again(scene, 1), shot_again(scene, 2, turn=0.5)
    assert related(tmp_path, jpeg(first, 95), jpeg(second, quality)).relation is Relation.SIMILAR


def test_two_shots_from_a_tripod_have_each_their_own_noise(tmp_path: Path) -> None:
    scene = photograph("coffee")
    found = related(tmp_path, jpeg(shot_again(scene, 1, strength=4), 95), jpeg(shot_again(scene, 2, strength=4), 95))
    assert found.relation is Relation.SIMILAR


@pytest.mark.parametrize("seed", range(4))
def test_a_thing_that_moved_makes_another_picture(tmp_path: Path, seed: int) -> None:
    moved = lookalikes.moved_object(photograph(), np.random.default_rng(seed))
    assert moved is not None
    assert related(tmp_path, photograph(), jpeg(moved, 80)).relation not in SAFE


@pytest.mark.parametrize("quality", [95, 35])
def test_another_face_is_an_edit_where_the_noise_is_the_same_and_never_a_copy(tmp_path: Path, quality: int) -> None:
    portrait, cat = photograph("astronaut"), photograph("chelsea")

    def swap(picture: Picture) -> None:
        face = cv2.resize(cat[40:200, 130:290], (110, 110), interpolation=cv2.INTER_AREA)
        round_mask = cv2.GaussianBlur(cv2.circle(np.zeros((110, 110), np.float32), (55, 55), 48, 1.0, -1), (0, 0), 3)
        window = picture[50:160, 170:280]
        window[:] = window * (1 - round_mask[..., None]) + face * round_mask[..., None]

    found = related(tmp_path, portrait, jpeg(edited(portrait, swap), quality))
    assert found.relation in ((Relation.EDITED,) if quality > 90 else (Relation.EDITED, Relation.SIMILAR))


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_a_spot_that_was_painted_over_is_never_a_mere_copy(tmp_path: Path, name: str) -> None:
    height, width = photograph(name).shape[:2]
    painted = cv2.circle(photograph(name).copy(), (width // 2, height // 2), 20, (40, 90, 160), -1)
    assert related(tmp_path, photograph(name), painted).relation not in SAFE


def test_a_retouched_spot_is_shown_as_an_edit_and_never_safer(tmp_path: Path) -> None:
    for seed in range(4):
        retouched = lookalikes.retouched_spot(photograph(), np.random.default_rng(seed))
        assert retouched is not None
        assert related(tmp_path, photograph(), jpeg(retouched, 70)).relation is Relation.EDITED


def test_a_spot_too_small_for_the_preview_is_seen_in_the_originals(tmp_path: Path) -> None:
    large = photograph("coffee", 4.0)

    def region(picture: Picture) -> None:
        cv2.circle(picture, (1500, 500), 9, (20, 20, 20), -1)

    assert related(tmp_path, large, jpeg(large, 60)).relation is Relation.RESAVED
    assert related(tmp_path, large, jpeg(edited(large, region), 60)).relation is Relation.EDITED


def test_a_ball_of_another_colour_and_the_same_brightness_is_seen(tmp_path: Path) -> None:
    def ball(colour: tuple[int, int, int]) -> Picture:
        return cv2.circle(photograph().copy(), (120, 90), 16, colour, -1)

    red, green = (200, 60, 60), (50, 137, 50)
    luma = np.array([0.299, 0.587, 0.114])
    assert abs(luma @ red - luma @ green) < 4
    assert related(tmp_path, ball(red), ball(green)).relation not in SAFE


@pytest.mark.parametrize("kind", ["page", "receipt", "chat"])
def test_documents_of_one_layout_and_another_text_are_not_duplicates(tmp_path: Path, kind: str) -> None:
    made = [saved(tmp_path, f"{kind}{n}", jpeg(getattr(documents, kind)(1, n), 85)) for n in range(3)]
    for i, a in enumerate(made):
        for b in made[:i]:
            assert compared(a, b).relation in NOT_ONE_CAPTURE


@pytest.mark.parametrize("kind", ["page", "receipt", "chat"])
def test_a_resaved_document_is_a_resave(tmp_path: Path, kind: str) -> None:
    sheet = getattr(documents, kind)(2, 1)
    assert related(tmp_path, sheet, jpeg(sheet, 55)).relation is Relation.RESAVED


def test_blank_sheets_are_never_duplicates_of_one_another(tmp_path: Path) -> None:
    sheets = [saved(tmp_path, f"{n}.jpg", documents.blank(1, n)) for n in range(3)]
    found = {compared(a, b).relation for i, a in enumerate(sheets) for b in sheets[:i]}
    assert found == {None}


def test_two_empty_skies_are_not_duplicates_and_a_copy_of_one_is_never_selected(tmp_path: Path) -> None:
    def sky(seed: int, top: int) -> Picture:
        ramp = np.linspace(top, 235, 480, dtype=np.float32)[:, None, None] * np.ones((1, 640, 1), np.float32)
        noise = np.random.default_rng(seed).standard_normal((480, 640, 3), np.float32)
        blue = ramp * np.array([0.75, 0.88, 1.0], np.float32) + noise * 1.5
        return np.clip(blue, 0, 255).astype(np.uint8)

    assert related(tmp_path, sky(1, 120), sky(2, 128)).relation in NOT_ONE_CAPTURE
    assert related(tmp_path, sky(1, 120), jpeg(sky(1, 120), 60)).relation not in SAFE


def test_a_pair_is_judged_the_same_whichever_photo_is_named_first(tmp_path: Path) -> None:
    first = saved(tmp_path, "a.jpg", photograph("chelsea"))
    for name in ("half size", "crop 60", "mirrored", "date stamp", "meme"):
        second = saved(tmp_path, "b.jpg", changed(name, photograph("chelsea")))
        assert compared(first, second) == compared(second, first)


def test_a_verdict_does_not_depend_on_what_was_judged_before(tmp_path: Path) -> None:
    views = [saved(tmp_path, "0.jpg", photograph("coffee", 2.0))]
    views += [
        saved(tmp_path, f"{n}.jpg", changed(name, photograph("coffee", 2.0)))
        for n, name in enumerate(("crop 80", "webp"), 1)
    ]
    pairs = [(a, b) for i, a in enumerate(views) for b in views[:i]]
    warm = [compared(a, b) for a, b in pairs]
    cold = []
    for a, b in reversed(pairs):
        for memory in (pictures._features, pictures._key_points, pictures._originals, pictures._windows):
            memory.clear()
        cold.append(compared(a, b))
    assert warm == cold[::-1]


def shots(tmp_path: Path, seconds: float, camera: str | None = "Nikon Z 6") -> tuple[View, View]:
    """A photo and its re-save, their EXIF saying that so many seconds lie between."""
    views = saved(tmp_path, "a.jpg", photograph()), saved(tmp_path, "b.jpg", jpeg(photograph(), 60))
    times = CaptureTime(1_500_000_000), CaptureTime(1_500_000_000 + int(seconds))
    one, other = (replace(v, facts=replace(v.facts, taken=t, camera=camera)) for v, t in zip(views, times, strict=True))
    return one, other


def test_two_capture_times_of_one_camera_outweigh_what_the_pictures_show(tmp_path: Path) -> None:
    found = compared(*shots(tmp_path, 2))
    assert (found.relation, found.remark) == (Relation.SIMILAR, Remark(Change.TIMES, 2))


def test_two_exposures_of_one_camera_within_a_second_are_two_shots(tmp_path: Path) -> None:
    one, other = shots(tmp_path, 0)
    exposures = Exposure(1 / 125, 8.0, 100), Exposure(1 / 30, 8.0, 100)
    one, other = (replace(v, facts=replace(v.facts, exposure=e)) for v, e in zip((one, other), exposures, strict=True))
    found = compared(one, other)
    assert (found.relation, found.remark) == (Relation.SIMILAR, Remark(Change.EXPOSURE))


def test_a_time_zone_put_right_does_not_part_copies(tmp_path: Path) -> None:
    assert compared(*shots(tmp_path, 7200)).relation is Relation.RESAVED


def test_two_capture_times_do_not_make_strangers_similar(tmp_path: Path) -> None:
    one, _ = shots(tmp_path, 2)
    stranger = saved(tmp_path, "c.jpg", photograph("rocket"))
    stranger = replace(stranger, facts=replace(stranger.facts, taken=CaptureTime(1_500_000_007), camera="Nikon Z 6"))
    assert compared(one, stranger).relation is None


def test_equal_pixel_key_outweighs_capture_times(tmp_path: Path) -> None:
    one, other = (replace(view, pixel_key=b"p" * 16) for view in shots(tmp_path, 2))
    assert compared(one, other).relation is Relation.SAME_PIXELS


@pytest.mark.parametrize("loss", ["gone", "changed", "cut off"])
def test_an_original_that_cannot_be_read_again_is_never_a_resave(tmp_path: Path, loss: str) -> None:
    large = photograph("coffee", 3.0)
    one, other = saved(tmp_path, "a.jpg", large), saved(tmp_path, "b.jpg", jpeg(large, 70))
    file = Path(other.path)
    if loss == "gone":
        file.unlink()
    elif loss == "changed":
        file.write_bytes(jpeg(large, 71))
    else:
        file.write_bytes(file.read_bytes()[:-2000])
    assert compared(one, other).relation is Relation.EDITED


def test_a_copy_fits_the_shot_that_it_was_made_from_best(tmp_path: Path) -> None:
    scene = photograph("astronaut")
    shots_taken = [shot_again(scene, seed, strength=4) for seed in range(4)]
    views = [saved(tmp_path, f"{n}.jpg", jpeg(shot, 95)) for n, shot in enumerate(shots_taken)]
    for n, shot in enumerate(shots_taken):
        for copy in (changed("thumbnail 160", shot), jpeg(shot, 40)):
            view = saved(tmp_path, "copy.jpg", copy)
            scores = [compared(view, original).score for original in views]
            assert int(np.argmax(scores)) == n


def test_the_evidence_says_how_the_picture_lies(tmp_path: Path) -> None:
    one = saved(tmp_path, "one", photograph())
    other = saved(tmp_path, "other", jpeg(np.rot90(cv2.resize(photograph(), None, fx=0.5, fy=0.5)).copy(), 90))
    a_is_whole = one.content_key < other.content_key
    transform = relate(RelateTask(one, other, 0.1)).evidence.transform
    assert transform is not None and not transform.mirrored
    assert transform.scale == pytest.approx(2.0 if a_is_whole else 0.5, rel=0.01)
    assert transform.turn == pytest.approx(90 if a_is_whole else 270, abs=0.5)
