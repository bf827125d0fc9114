"""Of several shots of one scene the least blurred one is the sharpest, however noisy, dark or bright each is."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from benchmarks.sharpness import VARIED, best_found, pairs, ranked
from benchmarks.sharpness_made import Blur, burst, latent
from dedupe.series.look import LookTask, looked
from dedupe.series.shots import SetKind, ShotSet
from dedupe.series.suggest import Why, judged
from tests.comparing.shots import Picture, photograph, saturated, saved
from tests.series.made import shot

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "camera", "coins")


def grey_or_colour(name: str) -> Picture:
    from skimage import data

    picture = np.asarray(getattr(data, name)())
    return np.ascontiguousarray(picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2))


def test_shots_of_known_blur_are_ranked_in_their_order(tmp_path: Path) -> None:
    in_order: list[bool] = []
    sharpest: list[bool] = []
    for number, (name, blur) in enumerate(product(PHOTOGRAPHS, Blur)):
        found = ranked(burst(latent(grey_or_colour(name)), blur, VARIED["both"], number), tmp_path)
        assert all(sharp is not None for _, sharp in found)
        in_order += pairs(found)
        sharpest.append(best_found(found))
    assert np.mean(in_order) >= 0.95
    assert all(sharpest)


def views(folder: Path, *shots: Picture) -> LookTask:
    return LookTask(tuple(saved(folder, f"{number}.jpg", one) for number, one in enumerate(shots)))


@pytest.mark.parametrize("stops", [-1.0, 0.0, 0.8])
def test_noise_is_not_taken_for_sharpness(tmp_path: Path, stops: float) -> None:
    first, second = looked(
        views(tmp_path, shot("coffee", 1, blur=1.2, noise=12, stops=stops), shot("coffee", 2, noise=1))
    )
    assert first is not None and second is not None
    assert (first.sharpness or 100) < 75 and second.sharpness == 100


def test_only_the_part_that_all_shots_show_is_compared(tmp_path: Path) -> None:
    """A shot that shows more fine structure beside the scene is not the sharper one."""
    picture = photograph("astronaut", 1.5)
    width = picture.shape[1]
    left = picture[:, : width * 3 // 4].copy()
    right = picture[:, width // 4 :].copy()
    rng = np.random.default_rng(3)
    left[:, : width // 4] = saturated(rng.uniform(0, 255, left[:, : width // 4].shape).astype(np.float32))
    soft = np.asarray(shot("astronaut", 4, blur=1.5))
    one, other = looked(views(tmp_path, left, right))
    assert one is not None and other is not None
    assert min(one.sharpness or 0, other.sharpness or 0) > 90
    assert one.share < 0.9
    *_, blurred = looked(views(tmp_path, left, right, soft))
    assert blurred is not None and (blurred.sharpness or 100) < 75


def test_another_scene_among_the_shots_is_compared_with_none(tmp_path: Path) -> None:
    one, two, other = looked(views(tmp_path, shot("coffee", 1), shot("coffee", 2, blur=2), shot("rocket", 3)))
    assert one is not None and two is not None and other is not None
    assert other.sharpness is None
    assert one.sharpness == 100 and (two.sharpness or 100) < 60


def test_a_shot_that_is_gone_is_none_and_the_others_are_compared(tmp_path: Path) -> None:
    three = views(tmp_path, shot("coffee", 11), shot("coffee", 12, blur=2), shot("coffee", 13, blur=1))
    (tmp_path / "1.jpg").unlink()
    first, gone, last = looked(three)
    assert gone is None
    assert first is not None and last is not None
    assert first.sharpness == 100 and (last.sharpness or 100) < 90


def test_a_blank_scene_is_not_compared(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    blank = [saturated(rng.normal(120, 2, (300, 400, 3)).astype(np.float32)) for _ in range(2)]
    assert all(look is not None and look.sharpness is None for look in looked(views(tmp_path, *blank)))


def test_what_is_burnt_out_or_black_is_told_in_per_cent(tmp_path: Path) -> None:
    white = shot("coffee", 1)
    white[: white.shape[0] // 4] = 255
    black = shot("coffee", 2)
    black[:, : black.shape[1] // 5] = 0
    first, second = looked(views(tmp_path, white, black))
    assert first is not None and second is not None
    assert first.bright == pytest.approx(25, abs=3) and second.dark >= 19


def test_a_panorama_is_seen_in_how_its_parts_lie(tmp_path: Path) -> None:
    from tests.series.test_sets import taken

    picture = photograph("chelsea", 2.0)
    wide = picture.shape[1] // 2
    parts = [np.ascontiguousarray(picture[:, at * wide // 2 : at * wide // 2 + wide]) for at in range(3)]
    photos = tuple(taken(number, 2 * number) for number in range(3))
    one = judged(ShotSet("x", SetKind.BURST, photos), looked(views(tmp_path, *parts)))
    assert (one.shots.kind, one.suggested, one.why) == (SetKind.PANORAMA, None, Why.WHOLE)
