"""The quality a picture is worth is that of its coarsest saving, whatever its own file says."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from dedupe.comparing.compression import better, coarsest
from tests.comparing.shots import Picture, jpeg, more_detail_in_first, photograph, saved

PHOTOS = ("chelsea", "coffee", "astronaut")


def photo(name: str) -> Picture:
    """Without the traces of an earlier saving."""
    return np.ascontiguousarray(cv2.resize(photograph(name), None, fx=0.61, fy=0.61, interpolation=cv2.INTER_AREA))


def pixels(data: bytes) -> Picture:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def as_format(picture: Picture, name: str) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, name, quality=90)
    return out.getvalue()


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("quality", [20, 35, 50, 65])
def test_a_coarse_saving_shows_below_a_fine_one(tmp_path: Path, name: str, quality: int) -> None:
    again = jpeg(pixels(jpeg(photo(name), quality)), 92)
    found = coarsest(saved(tmp_path, "again", again))
    assert found is not None and quality - 5 <= found <= quality + 2


@pytest.mark.parametrize(("format_", "quality"), [("PNG", 30), ("PNG", 60), ("WEBP", 25)])
def test_a_coarse_saving_shows_in_other_formats(tmp_path: Path, format_: str, quality: int) -> None:
    again = as_format(pixels(jpeg(photo("coffee"), quality)), format_)
    found = coarsest(saved(tmp_path, "again", again))
    assert found is not None and quality - 5 <= found <= quality + 2


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("quality", [60, 75, 88, 95])
def test_what_was_saved_once_is_worth_what_its_file_says(tmp_path: Path, name: str, quality: int) -> None:
    found = coarsest(saved(tmp_path, "once", jpeg(photo(name), quality)))
    assert found is not None and quality - 4 <= found <= quality


def test_a_picture_never_saved_with_loss_is_worth_more_than_any_that_was(tmp_path: Path) -> None:
    assert coarsest(saved(tmp_path, "drawn", as_format(photo("coffee"), "PNG"))) == 101


@pytest.mark.parametrize("name", PHOTOS)
def test_the_better_of_two_is_not_the_one_that_was_saved_last_at_a_higher_quality(tmp_path: Path, name: str) -> None:
    good = jpeg(photo(name), 75)
    spoiled = jpeg(pixels(jpeg(pixels(good), 25)), 90)
    one, other = saved(tmp_path, "good", good), saved(tmp_path, "spoiled", spoiled)
    assert better(one, other) > 0 > better(other, one)
    assert better(one, one) == 0
    assert more_detail_in_first(tmp_path, good, spoiled) > 0


def test_a_codec_that_hides_an_earlier_saving_makes_no_picture_the_better_one(tmp_path: Path) -> None:
    spoiled = jpeg(pixels(jpeg(photo("coffee"), 36)), 92)
    resaved = as_format(pixels(spoiled), "WEBP")
    one, other = saved(tmp_path, "spoiled", spoiled), saved(tmp_path, "resaved", resaved)
    assert better(one, other) >= 0 >= better(other, one)


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize(("first", "second"), [(50, 80), (60, 88), (70, 92)])
def test_what_was_saved_again_and_better_is_not_better_than_its_source(
    tmp_path: Path, name: str, first: int, second: int
) -> None:
    source = jpeg(photo(name), first)
    again = jpeg(pixels(source), second)
    one, other = saved(tmp_path, "source", source), saved(tmp_path, "again", again)
    assert better(one, other) > 0 > better(other, one)


@pytest.mark.parametrize(("first", "second"), [(70, 80), (85, 75), (90, 92)])
def test_of_two_saved_once_their_files_say_it_all(tmp_path: Path, first: int, second: int) -> None:
    one, other = (
        saved(tmp_path, "one", jpeg(photo("coffee"), first)),
        saved(tmp_path, "other", jpeg(photo("coffee"), second)),
    )
    assert better(one, other) == 0
