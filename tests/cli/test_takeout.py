"""An unpacked Google Takeout, its JSON in every spelling: of each picture one photo stays, with date and place."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.rescue_made import picture
from tests.album import wait_until_settled
from tests.cli.made import Scanned
from tests.rescue.made import needs_exiftool, tagged, told
from tests.support import tree_snapshot

pytestmark = needs_exiftool

SPELLINGS = {
    "IMG_4081.JPG": "IMG_4081.JPG.json",
    "IMG_4081(1).JPG": "IMG_4081.JPG(1).json",
    "IMG_20210704_094147.jpg": "IMG_20210704_094147.jpg.supplemental-metadata.json",
    "IMG_20210704_094147(1).jpg": "IMG_20210704_094147.jpg.supplemental-metadata(1).json",
    "Screenshot_20190812-101010_WhatsApp Business.jpg": "Screenshot_20190812-101010_WhatsApp Business.j.json",
    "Screenshot_20190812-101010_WhatsApp Business(1).jpg": "Screenshot_20190812-101010_WhatsApp Business.j(1).json",
    "PXL_20210101_010101.PORTRAIT-01.COVER.jpg": "PXL_20210101_010101.PORTRAIT-01.COVER.jpg.supp.json",
    "IMG_20190812_123456789_HDR_BURST001_COV.jpg": "IMG_20190812_123456789_HDR_BURST001_COV.jpg.su.json",
    "img(18).jpg": "img(18).jpg.supple(18).json",
    "816226709_8639.jpg": "816226709_8639.json",
    "IMG_20200305_131415.jpg~2.jpg": "IMG_20200305_131415.jpg~2.jpg.supplemental-meta.json",
    "Großmutter 奈良.jpg": "Großmutter 奈良.jpg.supplemental-metadata.json",
}
"""Each photo with the name of its JSON: with and without Takeout's tail, the tail cut off, the counter in either place."""
BEGAN = 1_500_000_000


def unpacked(root: Path) -> Path:
    """Each picture in the folder of its year and in an album, each time with its JSON."""
    for number, (name, json_name) in enumerate(SPELLINGS.items()):
        said = {
            "title": name,
            "photoTakenTime": {"timestamp": str(BEGAN + 86_400 * number)},
            "geoData": {"latitude": 40.0 + number, "longitude": -3.5, "altitude": 20.0},
            "description": f"Picture {number}",
        }
        for folder in ("Photos from 2019", "Summer in Rome"):
            path = root / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture(number))
            path.with_name(json_name).write_text(json.dumps(said), "utf-8")
    wait_until_settled(root)
    return root


def test_one_photo_apicture_stays_with_its_date_its_place_and_its_album(tmp_path: Path) -> None:
    made = Scanned(tmp_path)
    unpacked(made.photos)
    before = tree_snapshot(made.photos)
    words = ("--rescue", "always", "--albums-as-keywords", "--prefer", str(made.photos / "Photos from 2019"))
    done = made.ran(
        "scan", str(made.photos), "--jobs", "1", *words, "--keep", "preferred", "--move-to", str(made.away), "--yes"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    stayed = {path.name: path for path in made.photos.rglob("*") if path.suffix.lower() == ".jpg"}
    assert set(stayed) == set(SPELLINGS)
    assert {path.parent.name for path in stayed.values()} == {"Photos from 2019"}
    for number, name in enumerate(SPELLINGS):
        found = told(f"{stayed[name]}.xmp")
        moment = datetime.datetime.fromtimestamp(BEGAN + 86_400 * number, datetime.UTC)
        assert found["XMP-exif:DateTimeOriginal"] == f"{moment:%Y:%m:%d %H:%M:%S}Z", name
        assert found["XMP-exif:GPSLatitude"] == pytest.approx(40.0 + number), name
        assert found["XMP-exif:GPSLongitude"] == pytest.approx(-3.5), name
        assert found["XMP-dc:Description"] == f"Picture {number}", name
        assert found["XMP-dc:Subject"] == ["Summer in Rome"], name
        assert stayed[name].with_name(SPELLINGS[name]).exists(), name
    assert not [path for path in (made.photos / "Summer in Rome").rglob("*") if path.is_file()]
    assert made.ran("undo", "--yes").returncode == 0
    assert tree_snapshot(made.photos) == before


def test_a_copy_whose_json_says_another_date_stays(tmp_path: Path) -> None:
    made = Scanned(tmp_path)
    unpacked(made.photos)
    wrong = made.photos / "Summer in Rome" / "816226709_8639.json"
    said = json.loads(wrong.read_text("utf-8"))
    said["photoTakenTime"]["timestamp"] = str(BEGAN - 10**7)
    wrong.write_text(json.dumps(said), "utf-8")
    wait_until_settled(made.photos)
    words = ("--rescue", "always", "--prefer", str(made.photos / "Photos from 2019"), "--keep", "preferred")
    made.ran("scan", str(made.photos), "--jobs", "1", *words, "--move-to", str(made.away), "--yes")
    left = [path.name for path in (made.photos / "Summer in Rome").rglob("*.jpg")]
    assert left == ["816226709_8639.jpg"]


# -- photos without a copy -------------------------------------------------------------------------------------------------


def said_of(path: Path, **more: object) -> Path:
    """A photo with its JSON: a date, a place, and ``more``."""
    said = {
        "title": path.name,
        "photoTakenTime": {"timestamp": str(BEGAN)},
        "geoData": {"latitude": 41.9, "longitude": 12.5, "altitude": 20.0},
        "people": [{"name": "Ada"}],
        **more,
    }
    path.with_name(f"{path.name}.supplemental-metadata.json").write_text(json.dumps(said), "utf-8")
    return path


def lone(root: Path, name: str, number: int) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture(number))
    return path


def acted(made: Scanned, *words: str, rescue: str = "always") -> tuple[str, dict[str, Any]]:
    """A scan that moves what is selected: what it printed, and its report."""
    wait_until_settled(made.photos)
    report = made.base / "report.json"
    report.unlink(missing_ok=True)
    moved = ("--move-to", str(made.away), "--yes", "--json", str(report))
    done = made.ran("scan", str(made.photos), "--jobs", "1", "--rescue", rescue, *moved, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout), json.loads(report.read_text("utf-8"))


def test_a_photo_without_a_copy_gets_its_date_its_place_and_its_people_too_and_undo_takes_them_back(
    tmp_path: Path,
) -> None:
    made = Scanned(tmp_path)
    path = said_of(lone(made.photos, "Photos from 2017/alone.jpg", 1), description="The sea")
    plain = lone(made.photos, "Photos from 2017/plain.jpg", 3)
    before, content = tree_snapshot(made.photos), path.read_bytes()

    text, report = acted(made)

    found = told(f"{path}.xmp")
    assert found["XMP-exif:DateTimeOriginal"] == "2017:07:14 02:40:00Z"
    assert found["XMP-exif:GPSLatitude"] == pytest.approx(41.9)
    assert found["XMP-exif:GPSLongitude"] == pytest.approx(12.5)
    assert found["XMP-dc:Description"] == "The sea"
    assert found["XMP-iptcExt:PersonInImage"] in ("Ada", ["Ada"])
    assert path.read_bytes() == content and not plain.with_name("plain.jpg.xmp").exists()
    [entry] = report["from_takeout"]
    assert (entry["path"], entry["sidecar"]) == (str(path), f"{path}.xmp")
    assert "exif:DateTimeOriginal" in {one["property"] for one in entry["rescues"]}
    assert "1 photo lacks what Google Takeout's JSON says" in " ".join(text.split())
    assert "1 new sidecar says what Google Takeout's JSON says" in text
    assert not made.away.exists()

    again, report = acted(made)
    assert "from_takeout" not in report and "Nothing to do" in again
    assert made.ran("undo", "--yes").returncode == 0
    assert tree_snapshot(made.photos) == before


@pytest.mark.parametrize("rescue", ["ask", "never"])
def test_a_photo_without_a_copy_gets_no_sidecar_unless_always_was_asked_for(tmp_path: Path, rescue: str) -> None:
    made = Scanned(tmp_path)
    said_of(lone(made.photos, "alone.jpg", 1))
    before = tree_snapshot(made.photos)
    _, report = acted(made, rescue=rescue)
    assert tree_snapshot(made.photos) == before and "from_takeout" not in report


def test_photos_with_and_without_copies_get_their_sidecars_in_one_run_and_one_undo(tmp_path: Path) -> None:
    made = Scanned(tmp_path)
    path = said_of(lone(made.photos, "Photos from 2017/alone.jpg", 1))
    kept = said_of(lone(made.photos, "Photos from 2017/both.jpg", 2))
    said_of(lone(made.photos, "Rome/both.jpg", 2))
    before = tree_snapshot(made.photos)
    words = ("--albums-as-keywords", "--keep", "preferred", "--prefer", str(made.photos / "Photos from 2017"))
    text, _ = acted(made, *words)
    assert not (made.photos / "Rome" / "both.jpg").exists()
    for one in (path, kept):
        assert told(f"{one}.xmp")["XMP-exif:GPSLatitude"] == pytest.approx(41.9)
    assert told(f"{kept}.xmp")["XMP-dc:Subject"] == ["Rome"]
    assert "1 new sidecar says" in text and "1 sidecar beside the photos that stay" in text
    assert made.ran("undo", "--yes").returncode == 0
    assert tree_snapshot(made.photos) == before


def test_a_photo_whose_json_contradicts_it_is_listed_and_left(tmp_path: Path) -> None:
    made = Scanned(tmp_path)
    path = said_of(tagged(lone(made.photos, "alone.jpg", 1), "-XMP-dc:Description=a hill"), description="The sea")
    dated = said_of(tagged(lone(made.photos, "dated.jpg", 2), "-EXIF:DateTimeOriginal=2001:02:03 04:05:06"))
    before = tree_snapshot(made.photos)
    text, report = acted(made)
    assert tree_snapshot(made.photos) == before
    obstacles = {entry["path"]: entry["rescue_obstacle"] for entry in report["from_takeout"]}
    assert {one["code"] for one in obstacles.values()} == {"conflict"}
    assert obstacles[str(path)]["words"] == "Google Takeout's JSON states another caption than the photo"
    assert obstacles[str(dated)]["words"] == "Google Takeout's JSON states another capture date than the photo"
    assert "alone.jpg: Google Takeout's JSON states another caption" in " ".join(text.split())


def test_a_date_that_the_photo_states_in_its_own_time_zone_is_no_contradiction(tmp_path: Path) -> None:
    made = Scanned(tmp_path)
    path = said_of(tagged(lone(made.photos, "alone.jpg", 1), "-EXIF:DateTimeOriginal=2017:07:14 04:40:00"))
    acted(made)
    found = told(f"{path}.xmp")
    assert found["XMP-exif:GPSLatitude"] == pytest.approx(41.9) and "XMP-exif:DateTimeOriginal" not in found


def test_an_existing_sidecar_is_added_to_and_comes_back_as_it_was(tmp_path: Path) -> None:
    made = Scanned(tmp_path)
    path = said_of(lone(made.photos, "alone.jpg", 1))
    tagged(path.with_name("alone.jpg.xmp"), "-XMP-dc:Title=Mine", "-XMP-exif:DateTimeOriginal=2017:07:14 02:40:00Z")
    before = tree_snapshot(made.photos)
    acted(made)
    found = told(f"{path}.xmp")
    assert (found["XMP-dc:Title"], found["XMP-exif:DateTimeOriginal"]) == ("Mine", "2017:07:14 02:40:00Z")
    assert found["XMP-exif:GPSLatitude"] == pytest.approx(41.9)
    assert made.ran("undo", "--yes").returncode == 0
    assert tree_snapshot(made.photos) == before


def test_a_dry_run_names_the_sidecar_and_writes_none_and_apply_of_that_scan_writes_it(tmp_path: Path) -> None:
    made = Scanned(tmp_path)
    path = said_of(lone(made.photos, "alone.jpg", 1))
    before = tree_snapshot(made.photos)
    text, _ = acted(made, "--dry-run")
    assert tree_snapshot(made.photos) == before
    assert f"{path}.xmp" in text and "1 sidecar would be written with what Google Takeout's JSON says" in text

    where = ("--move-to", str(made.away), "--yes", "--json")
    made.ran("apply", *where, "--rescue", "never")
    assert tree_snapshot(made.photos) == before
    said = json.loads(made.ran("apply", *where).stdout)
    [entry] = said["from_takeout"]
    assert (entry["outcome"], entry["sidecar"]) == ("done", f"{path}.xmp")
    assert Path(f"{path}.xmp").exists()
    assert made.ran("undo", "--yes").returncode == 0
    assert tree_snapshot(made.photos) == before


@pytest.mark.parametrize("changed", ["photo", "json"])
def test_a_photo_or_a_json_that_changed_since_the_scan_gets_no_sidecar(tmp_path: Path, changed: str) -> None:
    made = Scanned(tmp_path)
    path = said_of(lone(made.photos, "alone.jpg", 1))
    acted(made, "--dry-run")
    if changed == "photo":
        path.write_bytes(picture(5))
    else:
        said_of(path, photoTakenTime={"timestamp": str(BEGAN - 10**7)})
    before = tree_snapshot(made.photos)
    done = made.ran("apply", "--move-to", str(made.away), "--yes")
    assert done.returncode == 1 and "1 skipped" in done.stdout
    assert tree_snapshot(made.photos) == before


def test_photos_of_protected_folders_get_no_sidecar_and_exact_scans_write_the_others(tmp_path: Path) -> None:
    made = Scanned(tmp_path)
    said_of(lone(made.photos, "shut/alone.jpg", 1))
    said_of(lone(made.photos, "open/alone.jpg", 3))
    acted(made, "--exact", "--protect", str(made.photos / "shut"))
    assert [path.parent.name for path in made.photos.rglob("*.xmp")] == ["open"]
