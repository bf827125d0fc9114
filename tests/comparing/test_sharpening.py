"""Of two pictures of which one is crisper, the one that looks like a photo came first."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from benchmarks import documents
from dedupe.comparing.relate import RelateTask, relate
from dedupe.types import ClueKind
from tests.comparing.shots import Picture, jpeg, more_detail_in_first, photograph, saved

Filter = Callable[[Image.Image], Image.Image]

BLURS: dict[str, Filter] = {
    "gaussian": lambda image: image.filter(ImageFilter.GaussianBlur(1.5)),
    "box": lambda image: image.filter(ImageFilter.BoxBlur(2)),
}
MASKS: dict[str, Filter] = {
    "unsharp mask": lambda image: image.filter(ImageFilter.UnsharpMask(3, 150, 0)),
    "edges": lambda image: image.filter(ImageFilter.EDGE_ENHANCE_MORE),
    "sharpness slider": lambda image: ImageEnhance.Sharpness(image).enhance(4),
}


def filtered(name: str, one: Filter) -> Picture:
    return np.asarray(one(Image.fromarray(photograph(name))))


def clue(folder: Path, original: Picture, made: Picture) -> tuple[ClueKind | None, float]:
    """The kind of the sign, and its weight: > 0 where it points back at the original."""
    source, other = saved(folder, "original", jpeg(original, 95)), saved(folder, "made", jpeg(made, 88))
    match = relate(RelateTask(source, other, 0.3))
    sign = 1 if match.a == source.content_key else -1
    kinds = (ClueKind.BLURRED, ClueKind.SHARPENED)
    return next(((each.kind, sign * each.weight) for each in match.clues if each.kind in kinds), (None, 0.0))


@pytest.mark.parametrize("name", ["coffee", "chelsea", "astronaut"])
@pytest.mark.parametrize("blur", BLURS)
def test_a_blurred_copy_points_back_at_what_is_crisp(tmp_path: Path, name: str, blur: str) -> None:
    kind, weight = clue(tmp_path, photograph(name), filtered(name, BLURS[blur]))
    assert (kind, weight > 0) == (ClueKind.BLURRED, True)


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("coffee", "unsharp mask"),
        ("chelsea", "unsharp mask"),
        ("astronaut", "unsharp mask"),
        ("chelsea", "edges"),
        ("astronaut", "edges"),
        ("coffee", "sharpness slider"),
    ],
)
def test_a_sharpened_copy_points_back_at_what_is_softer(tmp_path: Path, name: str, mask: str) -> None:
    kind, weight = clue(tmp_path, photograph(name), filtered(name, MASKS[mask]))
    assert (kind, weight > 0) == (ClueKind.SHARPENED, True)


@pytest.mark.parametrize("name", ["coffee", "chelsea", "astronaut"])
@pytest.mark.parametrize("mask", MASKS)
def test_edges_that_a_mask_made_are_no_marks_on_the_softer_picture(tmp_path: Path, name: str, mask: str) -> None:
    source = saved(tmp_path, "original", jpeg(photograph(name), 95))
    match = relate(RelateTask(source, saved(tmp_path, "made", jpeg(filtered(name, MASKS[mask]), 88)), 0.3))
    sign = 1 if match.a == source.content_key else -1
    assert sum(sign * each.weight for each in match.clues) >= 0


@pytest.mark.parametrize("mask", MASKS)
def test_a_sharpened_copy_holds_no_more_detail(tmp_path: Path, mask: str) -> None:
    assert (
        more_detail_in_first(tmp_path, jpeg(filtered("coffee", MASKS[mask]), 92), jpeg(photograph("coffee"), 92)) <= 0
    )


@pytest.mark.parametrize("drawn", [documents.chat, documents.page, documents.receipt])
@pytest.mark.parametrize("quality", [45, 70])
def test_a_drawn_page_or_screen_is_no_sharpened_copy_of_its_jpeg(
    tmp_path: Path, drawn: Callable[[int, int], Picture], quality: int
) -> None:
    page = drawn(1, 2)
    out = io.BytesIO()
    Image.fromarray(page).save(out, "PNG")
    source = saved(tmp_path, "screen", out.getvalue())
    match = relate(RelateTask(source, saved(tmp_path, "sent", jpeg(page, quality)), 0.3))
    sign = 1 if match.a == source.content_key else -1
    kinds = [clue.kind for clue in match.clues]
    assert match.relation is not None and ClueKind.SHARPENED not in kinds and ClueKind.BLURRED not in kinds
    assert sum(sign * clue.weight for clue in match.clues if clue.kind is not ClueKind.FORMAT) >= 0
