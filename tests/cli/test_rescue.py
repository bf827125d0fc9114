"""`--rescue` on the command line: what only a copy says is carried over, then the copy goes; undo puts both back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.album import jpeg, photo, wait_until_settled
from tests.rescue.made import needs_exiftool, tagged, told
from tests.support import tree_snapshot

pytestmark = needs_exiftool


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A photo in two folders; the copy alone has keywords, and another copy another caption."""
    root = tmp_path / "photos"
    keep = root / "a" / "cat.jpg"
    keep.parent.mkdir(parents=True)
    keep.write_bytes(jpeg(photo("chelsea"), taken="2024:05:01 12:00:00"))
    tagged(keep, "-XMP-dc:Description=a cat", "-XMP-dc:Title=Chelsea")
    for name, tag in (("Summer in Rome", "-XMP-dc:Subject=beach"), ("other", "-XMP-dc:Description=a tiger")):
        copy = root / name / "cat.jpg"
        copy.parent.mkdir()
        shutil.copy(keep, copy)
        tagged(copy, "-XMP-dc:Title=", tag, "-XMP-dc:Title=Chelsea")
    wait_until_settled(root)
    return root


def run(*words: str) -> int:
    return subprocess.run([sys.executable, "-m", "dedupe", *words], capture_output=True, check=False).returncode


def test_always_frees_the_copy_and_leaves_the_one_that_says_something_else(photos: Path, tmp_path: Path) -> None:
    store, report = str(tmp_path / "s.db"), tmp_path / "r.json"
    before = tree_snapshot(photos)
    words = ("--store", store, "--jobs", "1", "--keep", "path")
    run("scan", str(photos), *words, "--json", str(report))
    said = json.loads(report.read_text("utf-8"))
    assert said["stats"]["rescuable"] >= 1
    assert not any(extra["selected"] for group in said["groups"] for extra in group["extras"])

    moved = ("--move-to", str(tmp_path / "moved"), "--yes")
    run("scan", str(photos), *words, "--rescue", "always", "--albums-as-keywords", "--json", str(report), *moved)

    (group,) = json.loads(report.read_text("utf-8"))["groups"]
    chosen = [extra for extra in group["extras"] if extra["selected"]]
    assert len(chosen) == 1 and chosen[0]["rescues"] and chosen[0]["loses"] == []
    keep = Path(group["keep"]["path"])
    assert not Path(chosen[0]["path"]).exists()
    assert "beach" in told(f"{keep}.xmp")["XMP-dc:Subject"] or told(keep).get("XMP-dc:Subject") == "beach"
    run("undo", "--yes", "--store", store)
    assert tree_snapshot(photos) == before


def test_an_unpacked_takeout_leaves_one_photo_with_date_and_place_in_its_sidecar(tmp_path: Path) -> None:
    root, store = tmp_path / "Takeout" / "Google Photos", str(tmp_path / "s.db")
    said = {
        "title": "cat.jpg",
        "photoTakenTime": {"timestamp": "1556964001"},
        "geoData": {"latitude": 41.9, "longitude": 12.5, "altitude": 20.0},
    }
    for folder in ("Photos from 2019", "Summer in Rome"):
        (root / folder).mkdir(parents=True)
        (root / folder / "cat.jpg").write_bytes(jpeg(photo("chelsea")))
        (root / folder / "cat.jpg.supplemental-metadata.json").write_text(json.dumps(said), "utf-8")
    wait_until_settled(root)
    before = tree_snapshot(root)

    words = ("--store", store, "--jobs", "1", "--rescue", "always", "--albums-as-keywords", "--keep", "preferred")
    words = (*words, "--prefer", str(root / "Photos from 2019"))
    assert run("scan", str(root), *words, "--move-to", str(tmp_path / "moved"), "--yes") == 0

    assert [path.parent.name for path in root.rglob("*.jpg")] == ["Photos from 2019"]
    found = told(root / "Photos from 2019" / "cat.jpg.xmp")
    assert found["XMP-exif:DateTimeOriginal"] == "2019:05:04 10:00:01Z"
    assert found["XMP-exif:GPSLatitude"] == pytest.approx(41.9)
    assert found["XMP-dc:Subject"] == ["Summer in Rome"]
    assert run("undo", "--yes", "--store", store) == 0
    assert tree_snapshot(root) == before


def test_never_lets_nothing_be_carried_over(photos: Path, tmp_path: Path) -> None:
    store = str(tmp_path / "s.db")
    run("scan", str(photos), "--store", store, "--jobs", "1", "--keep", "path", "--rescue", "always")
    before = tree_snapshot(photos)
    run("apply", "--store", store, "--rescue", "never", "--move-to", str(tmp_path / "moved"), "--yes")
    assert tree_snapshot(photos) == before
    run("apply", "--store", store, "--move-to", str(tmp_path / "moved"), "--yes")
    assert (photos / "a" / "cat.jpg.xmp").exists()
