"""A library whose copies each know something else of a picture: cleaned up, all of it stands beside the photos that stay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks import rescue
from benchmarks.rescue_made import library
from tests.rescue.made import needs_exiftool

pytestmark = needs_exiftool


@pytest.mark.parametrize("seed", [3, 4])
def test_what_was_spread_over_copies_stands_beside_the_photos_that_stay(tmp_path: Path, seed: int) -> None:
    (tmp_path / "state").mkdir()
    told = rescue.cleaned(tmp_path / "photos", tmp_path / "state", 30, seed)
    assert (told.photos, told.pictures) == (30, 12)
    assert told.before > 50
    assert told.lost == ()
    assert told.changed == 0
    assert told.came_back
    assert told.left >= 10  # of 18 copies; those that contradict each other stay
    assert all("not carried over" in reason for reason in told.kept_for)


def test_a_property_that_went_with_a_copy_would_be_seen(tmp_path: Path) -> None:
    library(tmp_path, 12, 3)
    before = rescue.said(tmp_path)
    for path in tmp_path.rglob("*"):
        if path.is_file() and not path.parent.name.startswith("a"):
            os.unlink(path)
    after = rescue.said(tmp_path)
    assert sum(map(len, after.values())) < sum(map(len, before.values()))
    assert {name for told in before.values() for name, _ in told} >= {
        "date",
        "place",
        "caption",
        "keyword",
        "face",
        "author",
    }
