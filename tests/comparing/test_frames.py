"""Two animations or documents are one only where all their frames or pages agree, in every format that has several."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks import documents
from dedupe.comparing import frames
from dedupe.types import Change, Remark
from tests.comparing.shots import photograph, saved

SIZE = (320, 240)
NAMES = ("coffee", "chelsea", "astronaut", "rocket")
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "pages.tif": ("TIFF", {"compression": "tiff_lzw"}),
    "jpeg.tif": ("TIFF", {"compression": "jpeg", "quality": 60}),
    "frames.png": ("PNG", {}),
    "frames.gif": ("GIF", {}),
    "frames.webp": ("WEBP", {"quality": 70}),
    "frames.avif": ("AVIF", {"quality": 60}),
    "pictures.heic": ("HEIF", {"quality": 60}),
}


def pictures(*order: int) -> list[Image.Image]:
    return [Image.fromarray(photograph(NAMES[number])).resize(SIZE) for number in order]


def together(shown: Sequence[Image.Image], kind: str) -> bytes:
    import pillow_heif

    pillow_heif.register_heif_opener()
    name, options = KINDS[kind]
    out = io.BytesIO()
    shown[0].save(out, name, save_all=True, append_images=shown[1:], **options)
    return out.getvalue()


def unlike(folder: Path, one: bytes, other: bytes) -> Remark | None:
    return frames.unlike(saved(folder, "one", one), saved(folder, "other", other))


@pytest.mark.parametrize("kind", KINDS)
def test_frames_in_another_order_are_another_file_and_the_first_that_differs_is_named(
    tmp_path: Path, kind: str
) -> None:
    first = together(pictures(0, 1, 2), kind)
    assert unlike(tmp_path, first, together(pictures(0, 2, 1), kind)) == Remark(Change.PAGE, 2)
    assert unlike(tmp_path, first, together(pictures(0, 1, 3), kind)) == Remark(Change.PAGE, 3)
    assert unlike(tmp_path, first, together(pictures(0, 1), kind)) == Remark(Change.PAGE, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_still_of_an_animation_or_document_says_what_it_lacks(tmp_path: Path, kind: str) -> None:
    assert unlike(tmp_path, together(pictures(0, 1, 2), kind), together(pictures(0), kind)) == Remark(Change.STILL, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_frames_saved_again_agree_whatever_the_format(tmp_path: Path, kind: str) -> None:
    assert unlike(tmp_path, together(pictures(0, 1, 2), "pages.tif"), together(pictures(0, 1, 2), kind)) is None


def test_the_same_pages_turned_and_half_as_large_agree(tmp_path: Path) -> None:
    turned = [one.resize((160, 120)).transpose(Image.Transpose.ROTATE_90) for one in pictures(0, 1, 2)]
    assert unlike(tmp_path, together(pictures(0, 1, 2), "pages.tif"), together(turned, "jpeg.tif")) is None


def test_a_word_that_was_put_on_a_later_page_is_seen(tmp_path: Path) -> None:
    sheets = [Image.fromarray(documents.page(number, 1)) for number in range(2)]
    noted = sheets[1].copy()
    ImageDraw.Draw(noted).text((300, 1100), "Not paid", (30, 30, 35), font_size=24)
    one, other = together(sheets, "pages.tif"), together([sheets[0], noted], "jpeg.tif")
    assert unlike(tmp_path, one, other) == Remark(Change.PAGE, 2)
    assert unlike(tmp_path, one, together(sheets, "jpeg.tif")) is None


def test_a_page_that_cannot_be_read_leaves_the_rest_unproven(tmp_path: Path) -> None:
    whole = together(pictures(0, 1, 2), "pages.tif")
    broken = bytearray(whole)
    broken[-2000:-1000] = np.random.default_rng(3).bytes(1000)
    found = unlike(tmp_path, whole, bytes(broken))
    assert found is not None and found.change in (Change.UNREAD, Change.PAGE)
