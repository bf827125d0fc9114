"""An unpacked Google Takeout, its JSON in every spelling: of each picture one photo stays, with date and place."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from benchmarks.rescue_made import picture
from tests.album import wait_until_settled
from tests.cli.made import Scanned
from tests.rescue.made import needs_exiftool, told
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
