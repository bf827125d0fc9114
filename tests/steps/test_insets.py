"""A photo inside a screenshot or on a page is proposed as its copy, however little the network sees of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

import dedupe
from dedupe.embedding.model import ModelInfo
from dedupe.library.cache import Cache
from dedupe.types import Relation
from tests.album import jpeg, photo


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three photos, and a screenshot that shows one of them small between black bars."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("astronaut", "chelsea", "coffee"):
        (folder / f"{name}.jpg").write_bytes(jpeg(photo(name)))
    screen = Image.new("RGB", (1440, 880), (250, 250, 252))
    for line in range(40, 860, 40):
        screen.paste((70, 70, 90), (40, line, 260, line + 12))
    screen.paste((0, 0, 0), (500, 500, 1000, 720))
    screen.paste(photo("chelsea").resize((330, 220), Image.Resampling.LANCZOS), (585, 500))
    (folder / "screen.png").write_bytes(jpeg(screen, 85))
    return folder


def grouped(folder: Path, store: Path) -> list[set[str]]:
    result = dedupe.scan([str(folder)], dedupe.Settings(store=str(store)))
    return [
        {os.path.basename(one.path) for one in (group.keep, *(extra.photo for extra in group.extras))}
        for group in result.groups
    ]


def test_the_photo_in_a_screenshot_is_found_as_the_source_of_it(photos: Path, tmp_path: Path) -> None:
    result = dedupe.scan([str(photos)], dedupe.Settings(store=str(tmp_path / "library.db")))
    (group,) = result.groups
    assert os.path.basename(group.keep.path) == "chelsea.jpg"
    (extra,) = group.extras
    assert os.path.basename(extra.photo.path) == "screen.png"
    assert extra.relation is Relation.EDITED and not extra.selected


def test_without_a_look_inside_it_is_not_proposed(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ModelInfo, "insets", ())
    assert grouped(photos, tmp_path / "library.db") == []


def test_a_rescan_knows_the_looks_inside(photos: Path, tmp_path: Path) -> None:
    store = tmp_path / "library.db"
    first = grouped(photos, store)
    (photos / "rocket.jpg").write_bytes(jpeg(photo("rocket")))  # another search, of looks that are stored
    assert grouped(photos, store) == first == [{"chelsea.jpg", "screen.png"}]


def test_looks_inside_are_no_photos_in_the_account_of_the_cache(photos: Path, tmp_path: Path) -> None:
    grouped(photos, tmp_path / "library.db")
    with Cache(str(tmp_path / "library.db")) as cache:
        assert [count for _, count in cache.info().vectors] == [4]
