"""`--rescue` on the command line: what only a copy says is carried over, then the copy goes; undo puts both back."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe.library.decisions import Decisions
from dedupe.library.paths import StorePaths
from dedupe.library.scans import EditState, GroupEdit
from dedupe.review.choice import edit_of, suggested
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


def test_the_oldest_date_of_the_files_is_carried_over_where_no_photo_states_one(tmp_path: Path) -> None:
    root, store = tmp_path / "photos", str(tmp_path / "s.db")
    for name, seconds in (("a", 1_500_000_000), ("b", 1_200_000_000), ("c", 1_400_000_000)):
        path = root / name / "cat.jpg"
        path.parent.mkdir(parents=True)
        path.write_bytes(jpeg(photo("chelsea")))
        os.utime(path, (seconds, seconds))
    wait_until_settled(root)
    before = tree_snapshot(root)
    words = ("--store", store, "--jobs", "1", "--keep", "path", "--rescue", "always", "--rescue-dates")
    assert run("scan", str(root), *words, "--move-to", str(tmp_path / "moved"), "--yes") == 0
    assert [path.parent.name for path in root.rglob("*.jpg")] == ["a"]
    found = told(root / "a" / "cat.jpg.xmp")["XMP-xmp:CreateDate"]
    stated = datetime.datetime.strptime(found.replace(":", "", 2).replace(" ", "T", 1), "%Y%m%dT%H:%M:%S%z")
    assert stated.timestamp() == 1_200_000_000
    assert run("undo", "--yes", "--store", store) == 0
    assert tree_snapshot(root) == before


def test_the_date_of_a_file_is_not_carried_over_where_a_photo_states_one(tmp_path: Path) -> None:
    root, store = tmp_path / "photos", str(tmp_path / "s.db")
    for name, taken in (("a", "2024:05:01 12:00:00"), ("b", "2024:05:01 12:00:00")):
        path = root / name / "cat.jpg"
        path.parent.mkdir(parents=True)
        path.write_bytes(jpeg(photo("chelsea"), taken=taken))
    os.utime(root / "b" / "cat.jpg", (1_200_000_000, 1_200_000_000))
    wait_until_settled(root)
    words = ("--store", store, "--jobs", "1", "--keep", "path", "--rescue", "always", "--rescue-dates")
    assert run("scan", str(root), *words, "--move-to", str(tmp_path / "moved"), "--yes") == 0
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["cat.jpg"]


@pytest.mark.parametrize("carried", [True, False])
def test_a_plan_says_what_is_carried_over_and_a_person_may_turn_it_off(
    photos: Path, tmp_path: Path, carried: bool
) -> None:
    store, plan = str(tmp_path / "s.db"), tmp_path / "plan.json"
    words = ("--store", store, "--jobs", "1", "--keep", "path", "--rescue", "always")
    run("scan", str(photos), *words, "--plan", str(plan))
    data = json.loads(plan.read_text("utf-8"))
    [entry] = [one for one in data["copies"] if one["remove"]]
    assert entry["rescue"] is True
    assert not any("rescue" in one for one in data["copies"] if not one["remove"])
    entry["rescue"] = carried
    plan.write_text(json.dumps(data), "utf-8")
    moved = tmp_path / "moved"
    assert run("apply", "--store", store, "--plan", str(plan), "--move-to", str(moved), "--yes") == 0
    assert not Path(entry["path"]).exists()
    assert (photos / "a" / "cat.jpg.xmp").exists() is carried


def test_what_a_person_agreed_to_carry_over_is_carried_over_after_a_new_scan_as_well(
    photos: Path, tmp_path: Path
) -> None:
    store, moved = str(tmp_path / "s.db"), tmp_path / "moved"
    words = ("scan", str(photos), "--store", store, "--jobs", "1", "--keep", "path")
    run(*words)
    copy = str(photos / "Summer in Rome" / "cat.jpg")
    with Decisions(StorePaths.at(store).decisions) as memory:
        [group] = memory.saved_scan().result.groups
        memory.put_edit(GroupEdit(group.id, selected=(copy,), state=EditState.ACCEPTED, rescued=(copy,)))
    run(*words)
    assert run("apply", "--store", store, "--move-to", str(moved), "--yes") == 0
    assert not Path(copy).exists()
    assert "beach" in told(photos / "a" / "cat.jpg.xmp")["XMP-dc:Subject"]


@pytest.mark.parametrize("again", [False, True])
def test_a_copy_that_stayed_in_an_accepted_group_stays_whatever_rescue_says_later(
    photos: Path, tmp_path: Path, again: bool
) -> None:
    store, moved = str(tmp_path / "s.db"), tmp_path / "moved"
    (photos / "b").mkdir()
    shutil.copy(photos / "a" / "cat.jpg", photos / "b" / "cat.jpg")
    wait_until_settled(photos)
    words = ("scan", str(photos), "--store", store, "--jobs", "1", "--keep", "path")
    run(*words)
    with Decisions(StorePaths.at(store).decisions) as memory:
        [group] = memory.saved_scan().result.groups
        assert any(extra.may_be_rescued for extra in group.extras)
        memory.put_edit(edit_of(group, replace(suggested(group), verdict=EditState.ACCEPTED)))
    if again:
        run(*words)
    run("apply", "--store", store, "--rescue", "always", "--move-to", str(moved), "--yes")
    assert [str(path.relative_to(moved)) for path in moved.rglob("*.jpg")] == [os.path.join("b", "cat.jpg")]
    assert not list(photos.rglob("*.xmp"))
