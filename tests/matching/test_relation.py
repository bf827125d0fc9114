"""The verdict on two photos: one capture and what was done to it, another shot, or nothing in common."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from dedupe.matching.relation import RelateTask, View, relate
from dedupe.photos import decode
from dedupe.photos.identity import content_key
from dedupe.types import CaptureTime, Facts, Match, Relation
from tests.album import jpeg, photo


def view(folder: Path, picture: Image.Image, quality: int = 92, *, seconds: int | None = None) -> View:
    data = jpeg(picture, quality)
    path = folder / f"{content_key(data).hex()}.jpg"
    path.write_bytes(data)
    pixels = decode.decode(data, long_side=decode.PREVIEW_SIDE).pixels
    taken = None if seconds is None else CaptureTime(1_700_000_000 + seconds)
    facts = Facts("JPEG", *picture.size, quality=quality, taken=taken, camera=None if taken is None else "Acme Phone")
    return View(content_key(data), decode.preview(pixels), facts, str(path))


def verdict(folder: Path, one: Image.Image, other: Image.Image, quality: int = 92) -> Match:
    return relate(RelateTask(view(folder, one), view(folder, other, quality), 0.1))


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_a_whole_copy_is_resaved_however_it_was_saved_turned_or_sized(tmp_path: Path, name: str) -> None:
    whole = photo(name)
    half = whole.resize((whole.width // 2, whole.height // 2), Image.Resampling.LANCZOS)
    turned = whole.transpose(Image.Transpose.ROTATE_90)
    mirrored = whole.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for copy, quality in ((whole, 45), (half, 90), (turned, 90), (mirrored, 90)):
        assert verdict(tmp_path, whole, copy, quality).relation is Relation.RESAVED


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_a_copy_with_a_change_anywhere_is_edited(tmp_path: Path, name: str) -> None:
    whole = photo(name)
    width, height = whole.size
    cropped = whole.crop((width // 10, height // 10, width * 9 // 10, height * 9 // 10))
    framed = Image.new("RGB", (width + 60, height + 60), "white")
    framed.paste(whole, (30, 30))
    dark = Image.fromarray((np.asarray(whole) * 0.6).astype(np.uint8))
    for changed in (cropped, framed, dark, whole.convert("L").convert("RGB")):
        assert verdict(tmp_path, whole, changed).relation is Relation.EDITED


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_a_spot_that_was_painted_over_is_never_a_mere_copy(tmp_path: Path, name: str) -> None:
    whole = photo(name)
    painted = whole.copy()
    x, y = whole.width // 2, whole.height // 2
    ImageDraw.Draw(painted).ellipse((x, y, x + 40, y + 40), fill=(40, 90, 160))
    found = verdict(tmp_path, whole, painted).relation
    assert found in (Relation.EDITED, Relation.SIMILAR, None)


def test_different_photos_have_nothing_in_common(tmp_path: Path) -> None:
    assert verdict(tmp_path, photo("astronaut"), photo("coffee")).relation is None
    assert verdict(tmp_path, photo("chelsea"), photo("rocket")).relation is None


def test_capture_times_of_one_camera_that_differ_make_two_captures(tmp_path: Path) -> None:
    whole = photo("coffee")
    first, second = view(tmp_path, whole, 92, seconds=0), view(tmp_path, whole, 80, seconds=2)
    assert relate(RelateTask(first, second, 0.0)).relation is Relation.SIMILAR
    corrected = view(tmp_path, whole, 81, seconds=3600)
    assert relate(RelateTask(first, corrected, 0.0)).relation is Relation.RESAVED, "a zone was corrected"


def test_the_verdict_does_not_depend_on_who_is_named_first(tmp_path: Path) -> None:
    one = view(tmp_path, photo("astronaut"))
    other = view(tmp_path, photo("astronaut").crop((40, 40, 480, 480)))
    assert relate(RelateTask(one, other, 0.1)) == relate(RelateTask(other, one, 0.1))


def test_a_blank_page_is_never_more_than_edited(tmp_path: Path) -> None:
    noise = np.random.default_rng(1)
    pages = [
        Image.fromarray((250 + noise.normal(0, 1.5, (400, 300, 3))).clip(0, 255).astype(np.uint8)) for _ in range(2)
    ]
    assert verdict(tmp_path, *pages).relation in (None, Relation.EDITED, Relation.SIMILAR)
