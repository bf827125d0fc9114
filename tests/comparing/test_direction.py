"""Which of two photos was made from the other: every everyday change leaves a sign that points back at the original."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage import data

from benchmarks.changes import CHANGES
from dedupe.comparing.relate import RelateTask, View, relate
from dedupe.decoding import icc
from dedupe.types import ClueKind
from tests.comparing.shots import Picture, changed, jpeg, photograph, saved, shot_again


def clues_of(source: View, made: View) -> dict[ClueKind, float]:
    """The signs by kind; > 0 where they say that ``made`` was made from ``source``."""
    match = relate(RelateTask(source, made, 0.5))
    assert match.relation is not None
    sign = 1 if match.a == source.content_key else -1
    return {clue.kind: sign * clue.weight for clue in match.clues}


def sharpened(picture: Picture) -> Picture:
    soft = cv2.GaussianBlur(picture, (0, 0), 2.0)
    return cv2.addWeighted(picture, 2.2, soft, -1.2, 0)


def by_name(name: str) -> Callable[[Picture], bytes]:
    assert any(change.name == name for change in CHANGES)
    return lambda picture: changed(name, picture)


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        (ClueKind.CROP, by_name("crop 80")),
        (ClueKind.CROP, by_name("crop 40")),
        (ClueKind.CROP, by_name("straightened 3")),
        (ClueKind.PADDING, by_name("white frame")),
        (ClueKind.PADDING, by_name("screenshot")),
        (ClueKind.MARKS, by_name("date stamp")),
        (ClueKind.MARKS, by_name("watermark")),
        (ClueKind.COLOUR, by_name("grey")),
        (ClueKind.COLOUR, by_name("sepia + vignette")),
        (ClueKind.TONE, by_name("contrast")),
        (ClueKind.BLURRED, by_name("blur")),
        (ClueKind.SHARPENED, lambda picture: jpeg(sharpened(picture))),
        (ClueKind.ENLARGED, by_name("upscaled 1.6")),
        (ClueKind.REDUCED, by_name("half size")),
    ],
)
def test_the_change_points_back_at_the_original(
    tmp_path: Path, kind: ClueKind, make: Callable[[Picture], bytes]
) -> None:
    original = saved(tmp_path, "original", photograph())
    found = clues_of(original, saved(tmp_path, "made", make(photograph())))
    assert found.get(kind, 0.0) > 0
    assert sum(found.values()) >= 1.0


def test_what_was_saved_from_the_pixels_of_another_file_points_back_at_it(tmp_path: Path) -> None:
    first = jpeg(photograph(), 90)
    pixels = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    found = clues_of(saved(tmp_path, "first", first), saved(tmp_path, "again", jpeg(pixels, 45)))
    assert found.get(ClueKind.QUANTISATION, 0.0) > 0


def test_whites_that_may_have_been_clipped_before_they_were_darkened_say_nothing(tmp_path: Path) -> None:
    bright = np.clip(photograph().astype(np.float32) * 1.3, 0, 255).astype(np.uint8)
    found = clues_of(
        saved(tmp_path, "original", bright), saved(tmp_path, "made", jpeg((bright * 0.8).astype(np.uint8)))
    )
    assert ClueKind.TONE not in found


def test_what_a_camera_wrote_comes_before_what_it_got_lost_from(tmp_path: Path) -> None:
    original, copy = saved(tmp_path, "original", photograph()), saved(tmp_path, "copy", changed("blur", photograph()))
    named = replace(original, facts=replace(original.facts, camera="Maker Model"))
    assert ClueKind.METADATA not in clues_of(original, copy)
    assert clues_of(named, copy)[ClueKind.METADATA] > 0
    both = replace(copy, facts=replace(copy.facts, camera="Maker Model"))
    assert ClueKind.METADATA not in clues_of(named, both)


def test_the_signs_turn_with_the_order_of_the_two(tmp_path: Path) -> None:
    original, grey = saved(tmp_path, "original", photograph()), saved(tmp_path, "made", changed("grey", photograph()))
    forth, back = clues_of(original, grey), clues_of(grey, original)
    assert forth == {kind: -weight for kind, weight in back.items()}


def test_two_shots_have_no_direction(tmp_path: Path) -> None:
    first = saved(tmp_path, "first", shot_again(photograph(), 1))
    assert clues_of(first, saved(tmp_path, "second", shot_again(photograph(), 2, turn=1.5))) == {}


def test_a_piece_of_the_photo_pasted_over_another_place_is_seen_as_put_on(tmp_path: Path) -> None:
    first = saved(tmp_path, "first", photograph())
    moved = photograph().copy()
    moved[100:220, 100:260] = moved[200:320, 300:460]
    assert clues_of(first, saved(tmp_path, "second", moved)).get(ClueKind.MARKS, 0.0) > 0


def test_a_caption_on_white_bars_round_the_picture_is_padding_though_it_has_letters(tmp_path: Path) -> None:
    inner = photograph()
    height, width = inner.shape[:2]
    page = np.full((height + 200, width, 3), 255, np.uint8)
    page[100:-100] = inner
    for y in (60, height + 160):
        cv2.putText(page, "WHEN THE COFFEE IS COLD", (20, y), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (0, 0, 0), 5)
    found = clues_of(saved(tmp_path, "original", inner), saved(tmp_path, "made", jpeg(page, 60)))
    assert found.get(ClueKind.PADDING, 0.0) > 0
    assert ClueKind.CROP not in found


def test_a_crop_of_a_subject_on_a_plain_background_is_a_crop(tmp_path: Path) -> None:
    page = np.full((600, 800, 3), 250, np.uint8)
    page[180:420, 260:540] = cv2.resize(photograph(), (280, 240), interpolation=cv2.INTER_AREA)
    found = clues_of(saved(tmp_path, "original", page), saved(tmp_path, "made", jpeg(page[90:510, 130:670])))
    assert found.get(ClueKind.CROP, 0.0) > 0
    assert ClueKind.PADDING not in found


def test_what_is_in_no_camera_format_was_converted(tmp_path: Path) -> None:
    original, made = saved(tmp_path, "original", photograph()), saved(tmp_path, "made", changed("webp", photograph()))
    assert clues_of(original, made)[ClueKind.FORMAT] > 0


def test_a_colourful_sticker_does_not_make_the_original_a_picture_that_lost_its_colours(tmp_path: Path) -> None:
    faded = cv2.cvtColor(cv2.cvtColor(photograph(), cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    faded[..., 2] = (faded[..., 2] * 0.9).astype(np.uint8)
    stuck = faded.copy()
    cv2.circle(stuck, (150, 140), 60, (250, 200, 20), -1)
    found = clues_of(saved(tmp_path, "original", jpeg(faded)), saved(tmp_path, "made", jpeg(stuck)))
    assert found.get(ClueKind.COLOUR, 0.0) >= 0


Pair = Callable[[Picture], tuple[bytes, bytes]]
"""A photo and what was made of it, as files."""


def wide_and_crop(picture: Picture) -> tuple[bytes, bytes]:
    return jpeg(picture), jpeg(picture[60:340, 80:520])


def frame_for_the_scene(picture: Picture) -> tuple[bytes, bytes]:
    """The same two frames, but what the crop leaves out is one colour."""
    framed = np.full_like(picture, 250)
    framed[60:340, 80:520] = picture[60:340, 80:520]
    return jpeg(framed), jpeg(picture[60:340, 80:520])


def skewed(picture: Picture) -> Picture:
    matrix = np.array([[1.0, 0.12, -24.0], [0.0, 1.0, 0.0]])
    return cv2.warpAffine(picture, matrix, picture.shape[1::-1], flags=cv2.INTER_CUBIC)


def skewed_within_the_scene(picture: Picture) -> tuple[bytes, bytes]:
    """Cut so that no corner is empty."""
    return jpeg(picture[:, 60:540]), jpeg(skewed(picture)[:, 60:540])


def stamped(picture: Picture) -> Picture:
    copy = picture.copy()
    cv2.putText(copy, "12 05 2019", (330, 370), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 150, 30), 3)
    return copy


def grey(picture: Picture) -> Picture:
    return cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def contrasted(picture: Picture, contrast: float = 1.6) -> Picture:
    return np.clip((picture.astype(np.float32) - 128) * contrast + 128, 0, 255).astype(np.uint8)


def grainy(picture: Picture) -> Picture:
    noise = np.random.default_rng(4).normal(0, 9, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def bright(picture: Picture) -> Picture:
    """With a window that is wholly white."""
    copy = np.clip(picture.astype(np.float32) * 0.8, 0, 230).astype(np.uint8)
    copy[40:160, 60:200] = 255
    return copy


def paled(picture: Picture) -> Picture:
    return (picture.astype(np.float32) * 0.75 + 20).astype(np.uint8)


def wide_profile() -> bytes:
    """Like sRGB, with a green and a red that lie farther apart."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for name, part in ((b"gXYZ", 0.25), (b"rXYZ", 0.56)):
        at = int.from_bytes(profile[profile.index(name) + 4 :][:4], "big") + 8
        profile[at : at + 4] = round(part * 65536).to_bytes(4, "big")
    return bytes(profile).replace(b"sRGB", b"wide").replace("sRGB".encode("utf-16-be"), "wide".encode("utf-16-be"))


def with_profile(picture: Picture, profile: bytes | None) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=92, icc_profile=profile)
    return out.getvalue()


def converted(picture: Picture) -> bytes:
    """Shown as the picture with its profile is, but in sRGB."""
    return with_profile(icc.to_srgb(picture, wide_profile()), None)


def stretched(picture: Picture) -> Picture:
    return cv2.resize(picture, (picture.shape[1] * 3 // 4, picture.shape[0] * 5 // 4), interpolation=cv2.INTER_CUBIC)


def saved_again(picture: Picture, *, quality: int = 50) -> tuple[bytes, bytes]:
    first = jpeg(picture, 85)
    return first, jpeg(cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)[..., ::-1], quality)


TURNING: dict[ClueKind, tuple[Pair, Pair]] = {
    ClueKind.CROP: (wide_and_crop, frame_for_the_scene),
    ClueKind.PADDING: (lambda picture: (jpeg(picture), jpeg(skewed(picture))), skewed_within_the_scene),
    ClueKind.MARKS: (
        lambda picture: (jpeg(picture), jpeg(stamped(picture))),
        lambda picture: (jpeg(stamped(picture)), jpeg(stamped(picture), 60)),
    ),
    ClueKind.COLOUR: (
        lambda picture: (jpeg(picture), jpeg(grey(picture))),
        lambda picture: (jpeg(grey(picture)), jpeg(grey(picture), 60)),
    ),
    ClueKind.TONE: (
        lambda picture: (jpeg(picture), jpeg(contrasted(picture))),
        lambda picture: (jpeg(contrasted(picture, 0.5)), jpeg(contrasted(picture, 0.7))),
    ),
    ClueKind.PROFILE: (
        lambda picture: (with_profile(picture, wide_profile()), with_profile(picture, None)),
        lambda picture: (with_profile(picture, wide_profile()), converted(picture)),
    ),
    ClueKind.RESHAPED: (
        lambda picture: (jpeg(picture), jpeg(stretched(picture))),
        lambda picture: (jpeg(picture[:, :540]), jpeg(cv2.resize(picture[:, :540], (540, 410)))),
    ),
    ClueKind.NOISE: (
        lambda picture: (jpeg(picture), jpeg(grainy(picture))),
        lambda picture: (jpeg(cv2.bilateralFilter(picture, 7, 25, 3)), jpeg(picture)),
    ),
    ClueKind.SHARPENED: (
        lambda picture: (jpeg(picture), jpeg(sharpened(picture))),
        lambda picture: (jpeg(sharpened(picture)), jpeg(sharpened(picture), 70)),
    ),
    ClueKind.BLURRED: (
        lambda picture: (jpeg(picture), jpeg(cv2.GaussianBlur(picture, (0, 0), 2))),
        lambda picture: (jpeg(cv2.GaussianBlur(picture, (0, 0), 2)), jpeg(cv2.GaussianBlur(picture, (0, 0), 2), 70)),
    ),
    ClueKind.ENLARGED: (
        lambda picture: (jpeg(picture), changed("upscaled 1.6", picture)),
        lambda picture: (jpeg(picture), jpeg(picture, 70)),
    ),
    ClueKind.REDUCED: (
        lambda picture: (jpeg(picture), changed("half size", picture)),
        lambda picture: (jpeg(picture), jpeg(picture, 70)),
    ),
    ClueKind.QUANTISATION: (saved_again, lambda picture: (jpeg(picture, 85), jpeg(picture, 84))),
    ClueKind.FORMAT: (
        lambda picture: (jpeg(picture), changed("webp", picture)),
        lambda picture: (jpeg(picture), jpeg(picture, 70)),
    ),
}
"""For each sign a pair that shows it, and nearly the same pair without the evidence; METADATA has a test of its own."""


@pytest.mark.parametrize("kind", TURNING)
def test_a_sign_points_back_at_the_original_and_is_gone_without_its_evidence(tmp_path: Path, kind: ClueKind) -> None:
    files = [make(photograph()) for make in TURNING[kind]]
    shown, without = (
        clues_of(*(saved(tmp_path, f"{number}-{name}", file) for name, file in zip("ab", pair, strict=True)))
        for number, pair in enumerate(files)
    )
    assert shown.get(kind, 0.0) > 0
    assert kind not in without


def test_every_sign_has_a_pair_that_turns() -> None:
    assert set(TURNING) | {ClueKind.METADATA} == set(ClueKind)


def test_what_lies_round_the_same_crop_turns_the_direction(tmp_path: Path) -> None:
    cut = clues_of(*(saved(tmp_path, name, file) for name, file in zip("ab", wide_and_crop(photograph()), strict=True)))
    framed = frame_for_the_scene(photograph())
    round_it = clues_of(*(saved(tmp_path, name, file) for name, file in zip("cd", framed, strict=True)))
    assert cut[ClueKind.CROP] > 0
    assert round_it[ClueKind.PADDING] < 0


def test_whites_that_lie_together_at_a_grey_were_white_before(tmp_path: Path) -> None:
    clipped = bright(photograph())
    found = clues_of(saved(tmp_path, "original", jpeg(clipped)), saved(tmp_path, "made", jpeg(paled(clipped))))
    assert found.get(ClueKind.TONE, 0.0) > 0


def test_a_picture_paled_that_had_no_whites_says_nothing(tmp_path: Path) -> None:
    whole = np.clip(photograph().astype(np.float32) * 0.8 + 20, 0, 255).astype(np.uint8)
    found = clues_of(saved(tmp_path, "original", jpeg(whole)), saved(tmp_path, "made", jpeg(paled(whole))))
    assert ClueKind.TONE not in found


def test_noise_over_whites_does_not_make_the_noisy_copy_the_original(tmp_path: Path) -> None:
    clipped = bright(photograph())
    noise = np.random.default_rng(4).normal(0, 14, clipped.shape)
    noisy = np.clip(clipped + noise, 0, 255).astype(np.uint8)
    found = clues_of(saved(tmp_path, "original", jpeg(clipped)), saved(tmp_path, "made", jpeg(noisy)))
    assert found.get(ClueKind.TONE, 0.0) >= 0


def test_padding_in_the_tone_of_the_photos_own_ground_is_padding(tmp_path: Path) -> None:
    inner = photograph("chelsea")[40:240, 60:380].copy()
    inner[:70] = 255
    page = np.full((300, 440, 3), 255, np.uint8)
    page[50:250, 60:380] = inner
    found = clues_of(saved(tmp_path, "original", jpeg(inner)), saved(tmp_path, "made", jpeg(page)))
    assert found.get(ClueKind.PADDING, 0.0) > 0
    assert ClueKind.CROP not in found


@pytest.mark.parametrize("ground", ["grass", "brick"])
def test_a_see_through_mark_on_rough_ground_is_seen_by_its_outline(tmp_path: Path, ground: str) -> None:
    rough = np.repeat(getattr(data, ground)()[:, :, None], 3, axis=2)
    marked = rough.astype(np.float32)
    seen = np.zeros(rough.shape[:2], np.float32)
    cv2.circle(seen, (260, 250), 70, 1.0, -1)
    marked = marked * (1 - 0.7 * seen[..., None]) + np.array([250, 200, 60]) * 0.7 * seen[..., None]
    found = clues_of(saved(tmp_path, "original", rough), saved(tmp_path, "made", jpeg(marked.astype(np.uint8))))
    assert found.get(ClueKind.MARKS, 0.0) > 0
