"""Whether a picture was saved from another's very pixels, or is a second shot of the same."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from benchmarks import documents
from dedupe.matching.requantised import Saved, saved
from dedupe.types import Relation
from tests.matching.shots import Picture, jpeg, photograph, related, shot_again
from tests.matching.shots import saved as view

TURNS = {
    "as it is": lambda picture: picture,
    "turned by 90°": np.rot90,
    "turned by 270°": lambda picture: np.rot90(picture, 3),
    "upside down": lambda picture: np.rot90(picture, 2),
    "mirrored": lambda picture: picture[:, ::-1],
    "mirrored and turned": lambda picture: np.rot90(picture[:, ::-1]),
}


def pixels(data: bytes) -> Picture:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def told(folder: Path, one: bytes, other: bytes) -> Saved | None:
    return saved(view(folder, "one", one), view(folder, "other", other))


def two_shots(strength: float = 2.0) -> tuple[Picture, Picture]:
    """One scene twice without any motion: only the sensor's noise is new. The scene's own noise is averaged away first."""
    scene = cv2.GaussianBlur(photograph("coffee"), (0, 0), 1.0)
    return shot_again(scene, 1, grain=strength), shot_again(scene, 2, grain=strength)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("quality", [95, 80, 55, 30])
def test_a_copy_is_proven_however_it_is_turned(tmp_path: Path, quality: int, turn: str) -> None:
    original = jpeg(photograph("chelsea"), 90)
    copy = jpeg(np.ascontiguousarray(TURNS[turn](pixels(original))), quality)
    found = told(tmp_path, original, copy)
    assert found is not None and found.proven and not found.excluded


@pytest.mark.parametrize(("one", "other"), [(95, 95), (95, 60), (85, 85), (90, 75)])
def test_two_shots_from_a_tripod_are_never_proven(tmp_path: Path, one: int, other: int) -> None:
    first, second = two_shots()
    found = told(tmp_path, jpeg(first, one), jpeg(second, other))
    assert found is not None and not found.proven


@pytest.mark.parametrize("quality", [95, 90])
def test_two_shots_at_high_quality_are_told_apart(tmp_path: Path, quality: int) -> None:
    first, second = two_shots()
    found = told(tmp_path, jpeg(first, quality), jpeg(second, quality))
    assert found is not None and found.excluded
    assert related(tmp_path, jpeg(first, quality), jpeg(second, quality)).relation in (
        Relation.EDITED,
        Relation.SIMILAR,
    )


def test_two_copies_of_a_third_picture_are_not_excluded(tmp_path: Path) -> None:
    original = pixels(jpeg(photograph("astronaut"), 92))
    for one, other in ((90, 60), (75, 75), (85, 40)):
        found = told(tmp_path, jpeg(original, one), jpeg(np.ascontiguousarray(original[::-1, ::-1]), other))
        assert found is not None and not found.excluded


@pytest.mark.parametrize(("first", "second"), [(60, 95), (70, 82), (70, 87), (80, 91), (90, 94)])
@pytest.mark.parametrize("turn", ["as it is", "turned by 90°", "mirrored"])
def test_the_source_is_known_though_its_copy_was_saved_better(
    tmp_path: Path, first: int, second: int, turn: str
) -> None:
    original = jpeg(photograph("chelsea"), first)
    better = jpeg(np.ascontiguousarray(TURNS[turn](pixels(original))), second)
    assert told(tmp_path, original, better) == Saved(proven=True, excluded=False, source=1)
    assert told(tmp_path, better, original) == Saved(proven=True, excluded=False, source=-1)


def test_a_lossless_copy_of_a_jpeg_holds_nothing_that_it_lacks(tmp_path: Path) -> None:
    original = jpeg(photograph("chelsea"), 70)
    out = io.BytesIO()
    Image.fromarray(pixels(original)).save(out, "PNG")
    assert told(tmp_path, original, out.getvalue()) == Saved(proven=True, excluded=False, source=1)


def test_a_jpeg_of_a_lossless_original_is_its_copy(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.fromarray(photograph("chelsea")).save(out, "PNG")
    assert told(tmp_path, out.getvalue(), jpeg(photograph("chelsea"), 85)) == Saved(
        proven=True, excluded=False, source=1
    )


def test_nothing_is_said_of_other_sizes_or_where_no_jpeg_is(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.fromarray(photograph("chelsea")).save(out, "PNG")
    assert told(tmp_path, out.getvalue(), out.getvalue()) is None
    assert told(tmp_path, jpeg(photograph("chelsea")), jpeg(photograph("chelsea")[:-8])) is None


def test_nothing_is_said_where_nearly_all_is_clipped(tmp_path: Path) -> None:
    white = np.full((400, 400, 3), 255, np.uint8)
    assert told(tmp_path, jpeg(white), jpeg(white, 40)) is None


def test_a_poor_copy_of_a_drawing_is_not_taken_for_its_source(tmp_path: Path) -> None:
    sheet = documents.chat(1, 0)
    out = io.BytesIO()
    Image.fromarray(sheet).save(out, "PNG")
    found = told(tmp_path, out.getvalue(), jpeg(sheet, 45))
    assert found is None or found.source == 1


@pytest.mark.parametrize("quality", [92, 70])
def test_a_png_is_known_to_be_made_from_a_jpeg_or_a_jpeg_from_it(tmp_path: Path, quality: int) -> None:
    scene = photograph("coffee")
    for first in (pixels(jpeg(scene, quality)), scene):
        out = io.BytesIO()
        Image.fromarray(first).save(out, "PNG")
        found = told(tmp_path, jpeg(scene, quality), out.getvalue())
        assert found is not None and found.source == (-1 if first is scene else 1)


def test_colours_beyond_what_rgb_can_show_are_no_second_shot(tmp_path: Path) -> None:
    red = photograph("coffee").astype(np.int16)
    vivid = np.clip(red + (red - red.mean(axis=2, keepdims=True)) * 0.8, 0, 255).astype(np.uint8)
    original = jpeg(vivid, 70)
    out = io.BytesIO()
    Image.fromarray(pixels(original)).save(out, "PNG")
    for copy in (out.getvalue(), jpeg(pixels(original), 90), jpeg(pixels(original), 50)):
        found = told(tmp_path, original, copy)
        assert found is not None and found.proven
