"""Frames of one film: what does not move is repeated to the pixel, noise included, and what moves tells that time passed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from dedupe.comparing import moved
from dedupe.types import Change, Relation
from tests.comparing.shots import NOT_ONE_CAPTURE, Picture, jpeg, photograph, related
from tests.comparing.test_captures import emoji, grained


def walking(scene: Picture, x: int, turn: float = 0.0, width: int = 110) -> Picture:
    """``scene`` with a cat at ``x``."""
    cat = photograph("cat")[20:280, 100:330]
    cat = cv2.resize(cat, (width, width * cat.shape[0] // cat.shape[1]), interpolation=cv2.INTER_AREA)
    height = cat.shape[0]
    shape = np.zeros((height, width), np.float32)
    cv2.ellipse(shape, (width // 2, height // 2), (width // 2 - 2, height // 2 - 2), 0, 0, 360, 1, -1)
    lies = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    lies[:, 2] += (x, 150)
    size = (scene.shape[1], scene.shape[0])
    over, where = cv2.warpAffine(cat, lies, size), cv2.warpAffine(shape, lies, size)[..., None]
    return (scene * (1 - where) + over * where).astype(np.uint8)


@pytest.mark.parametrize(("x", "turn"), [(110, 0.0), (170, 3.0), (330, 0.0)])
def test_what_moved_between_two_frames_of_a_film_makes_them_two_moments(tmp_path: Path, x: int, turn: float) -> None:
    scene = grained(photograph("coffee"), 1)
    found = related(tmp_path, walking(scene, 90), jpeg(walking(scene, x, turn), 90))
    assert found.relation in NOT_ONE_CAPTURE
    assert found.remark is not None
    assert found.remark.change is Change.CONTENT


def test_without_looking_for_what_moved_two_frames_would_be_versions_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = grained(photograph("coffee"), 1)
    monkeypatch.setattr(moved, "has_moved", lambda _measurement: False)
    found = related(tmp_path, walking(scene, 90), jpeg(walking(scene, 330), 90))
    assert found.relation is Relation.EDITED


def test_frames_of_a_coded_film_are_two_moments(tmp_path: Path) -> None:
    film, noise = tmp_path / "film.mp4", np.random.default_rng(3)
    scene = photograph("coffee").astype(np.float32)
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"mp4v"), 25, (scene.shape[1], scene.shape[0]))
    if not writer.isOpened():
        pytest.skip("this build of OpenCV writes no films")
    for number in range(12):
        shot = np.clip(scene + noise.normal(0, 2, scene.shape), 0, 255).astype(np.uint8)
        writer.write(walking(shot, 60 + 15 * number)[..., ::-1])
    writer.release()
    reader, frames = cv2.VideoCapture(str(film)), []
    while (read := reader.read())[0]:
        frames.append(np.ascontiguousarray(read[1][..., ::-1]))
    assert related(tmp_path, frames[1], jpeg(frames[6], 92)).relation in NOT_ONE_CAPTURE
    assert related(tmp_path, frames[6], jpeg(frames[11], 92)).relation in NOT_ONE_CAPTURE


def test_a_thing_that_is_on_one_side_alone_did_not_move(tmp_path: Path) -> None:
    scene = grained(photograph("coffee"), 1)
    assert related(tmp_path, scene, jpeg(walking(scene, 330), 90)).relation is Relation.EDITED
    assert related(tmp_path, scene, jpeg(emoji(emoji(scene), 150, 200), 90)).relation is Relation.EDITED
