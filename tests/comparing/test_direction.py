"""Which of two photos was made from the other: every everyday change leaves a sign that points back at the original."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.changes import CHANGES
from dedupe.comparing.relate import RelateTask, View, relate
from dedupe.types import ClueKind
from tests.comparing.shots import Picture, changed, jpeg, photograph, saved


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
    first = saved(tmp_path, "first", photograph())
    moved = photograph().copy()
    moved[100:220, 100:260] = moved[200:320, 300:460]
    assert clues_of(first, saved(tmp_path, "second", moved)) == {}


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
