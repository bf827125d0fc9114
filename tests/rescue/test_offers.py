"""Carrying metadata over makes up for words alone: a copy with more pixels, or with a list that was not understood, stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from dedupe.grouping.holdings import missing
from dedupe.loss import Loss, LossCode, Obstacle
from dedupe.rescue.offer import offer
from dedupe.types import Extra, Photo, Relation
from tests.rescue.made import picture, read


def offered(copy: Photo, keep: Photo, *lost: Loss) -> Extra:
    """The copy, which would go but for these losses and what the scan finds missing in words."""
    loses = (*lost, *missing(copy, keep))
    made = Extra(copy, Relation.RESAVED, 0.0, False, loses=loses, keeper=keep.path, only_lossy=bool(loses))
    return offer(keep, made)


@pytest.mark.parametrize(
    "code",
    [LossCode.RESOLUTION, LossCode.QUALITY, LossCode.FOLDER_NOTE, LossCode.NOTE, LossCode.SIDECAR, LossCode.EDIT],
)
def test_what_is_no_metadata_is_not_made_up_for_by_a_sidecar(tmp_path: Path, code: LossCode) -> None:
    keep, copy = read(picture(tmp_path / "keep/a.jpg")), read(picture(tmp_path / "copy/a.jpg"))
    found = offered(copy, keep, Loss(code))
    assert not found.selected
    assert found.rescue is not None and (found.rescue.obstacle, found.rescue.detail) == (
        Obstacle.STILL_LOST,
        code.value,
    )


def test_a_caption_beside_which_pixels_would_be_lost_lets_no_copy_go(tmp_path: Path) -> None:
    keep, path = read(picture(tmp_path / "keep/a.jpg")), picture(tmp_path / "copy/a.jpg")
    with Image.open(path) as image:
        exif = image.getexif()
        exif[0x010E] = "At sea"
        image.save(path, exif=exif)
    copy = read(path)
    assert offered(copy, keep).selected
    assert not offered(copy, keep, Loss(LossCode.RESOLUTION)).selected


def test_a_list_of_the_folder_that_was_not_understood_lets_no_copy_go(tmp_path: Path) -> None:
    keep, path = read(picture(tmp_path / "keep/a.jpg")), picture(tmp_path / "copy/a.jpg")
    (path.parent / ".picasa.ini").write_bytes(b"\0")
    copy = read(path)
    (remark,) = copy.remarks
    assert remark.inventory is None
    assert not offered(copy, keep, Loss(LossCode.FOLDER_NOTE, name=".picasa.ini")).selected
    assert offered(replace(copy, remarks=()), keep).rescue is None
