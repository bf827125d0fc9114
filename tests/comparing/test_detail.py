"""Which of two copies holds more real detail."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from dedupe.comparing import detail, pictures
from dedupe.types import Change, Relation, Remark
from tests.comparing.shots import changed, jpeg, more_detail_in_first, photograph, related, saved


@pytest.mark.parametrize("name", ["coffee", "astronaut", "chelsea"])
def test_an_enlarged_copy_holds_no_more_than_the_original(tmp_path: Path, name: str) -> None:
    enlarged = changed("upscaled 1.6", photograph(name))
    assert more_detail_in_first(tmp_path, photograph(name), enlarged) > 0


@pytest.mark.parametrize("name", ["coffee", "astronaut"])
def test_a_smaller_copy_holds_less(tmp_path: Path, name: str) -> None:
    for change in ("half size", "thumbnail 160"):
        assert more_detail_in_first(tmp_path, photograph(name), changed(change, photograph(name))) >= 0


def test_a_blurred_copy_holds_less(tmp_path: Path) -> None:
    blurred = cv2.GaussianBlur(photograph("astronaut"), (0, 0), 2.5)
    assert more_detail_in_first(tmp_path, photograph("astronaut"), jpeg(blurred)) > 0


def test_noise_is_no_detail(tmp_path: Path) -> None:
    assert more_detail_in_first(tmp_path, changed("noise", photograph()), photograph()) <= 0


def test_a_frame_or_a_screen_round_it_adds_no_detail(tmp_path: Path) -> None:
    for change in ("white frame", "screenshot"):
        assert more_detail_in_first(tmp_path, photograph("astronaut"), changed(change, photograph("astronaut"))) > 0


def test_a_crop_does_not_hold_more_than_the_whole(tmp_path: Path) -> None:
    assert more_detail_in_first(tmp_path, photograph("astronaut"), changed("crop 80", photograph("astronaut"))) >= 0


def test_copies_alike_hold_the_same(tmp_path: Path) -> None:
    assert more_detail_in_first(tmp_path, photograph(), changed("turned 90", photograph())) == 0


@pytest.mark.parametrize(("what", "sign"), [("enlarged", 1), ("halved", 1)])
def test_of_a_picture_too_large_to_decode_in_colour_the_lightness_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, sign: int
) -> None:
    monkeypatch.setattr(pictures, "WHOLE_PIXELS", 200_000)
    other = {"enlarged": "upscaled 1.6", "halved": "half size"}[what]
    assert sign * more_detail_in_first(tmp_path, photograph("chelsea"), changed(other, photograph("chelsea"))) > 0


@pytest.mark.parametrize("factor", [1.3, 2.0, 3.0])
@pytest.mark.parametrize("filter_", [cv2.INTER_LINEAR, cv2.INTER_LANCZOS4])
def test_whatever_filter_enlarged_it_it_is_never_taken_for_the_finer(
    tmp_path: Path, factor: float, filter_: int
) -> None:
    for name in ("coffee", "astronaut", "chelsea", "rocket"):
        enlarged = cv2.resize(photograph(name), None, fx=factor, fy=factor, interpolation=filter_)
        assert more_detail_in_first(tmp_path, photograph(name), jpeg(enlarged, 88)) >= 0


def test_where_it_cannot_be_told_which_holds_more_the_copy_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detail, "SURE", 1e6)
    monkeypatch.setattr(detail, "SURE_FINER", 1e6)
    found = related(tmp_path, photograph("coffee"), changed("half size", photograph("coffee")))
    assert (found.relation, found.detail) == (Relation.RESAVED, 0.0)
    assert found.remark == Remark(Change.UNTOLD)


@pytest.mark.parametrize("factor", [0.965, 0.98, 1.02, 1.05])
def test_between_sizes_nearly_alike_nothing_is_told_and_nothing_selected(tmp_path: Path, factor: float) -> None:
    picture = photograph("coffee", 2.0)
    other = cv2.resize(
        picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    )
    found = related(tmp_path, jpeg(picture, 90), jpeg(other, 90))
    assert (found.relation, found.detail, found.remark) == (Relation.RESAVED, 0.0, Remark(Change.UNTOLD))


def test_an_original_that_was_away_is_looked_at_again_when_it_is_back(tmp_path: Path) -> None:
    view = saved(tmp_path, "a.jpg", changed("upscaled 1.6", photograph("chelsea")))
    for memory in (pictures._windows, pictures._originals, pictures._lumas):
        memory.clear()

    def looked() -> list[bool]:
        found = (pictures.original_of(view, 64), pictures.window_of(view, (0.5, 0.5), 32), pictures.luma_of(view))
        return [one is not None for one in found]

    away = Path(view.path).rename(tmp_path / "away.jpg")
    assert looked() == [False] * 3
    away.rename(view.path)
    assert looked() == [True] * 3


def test_a_window_is_the_same_whatever_was_looked_at_before(tmp_path: Path) -> None:
    first, second = (saved(tmp_path, f"{name}.jpg", changed("upscaled 1.6", photograph("chelsea"))) for name in "ab")
    middle, near = (0.5012, 0.4988), (0.4972, 0.5031)
    pictures._windows.clear()
    alone = pictures.window_of(first, middle, 128)
    pictures._windows.clear()
    pictures.window_of(second, near, 128)
    after = pictures.window_of(second, middle, 128)
    assert alone is not None and after is not None
    assert (alone == after).all()
