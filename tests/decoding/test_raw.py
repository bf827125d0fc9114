"""Camera RAW by its embedded preview."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dedupe.decoding import decode, pixel_key
from dedupe.decoding.read import Read, ReadRequest, read_photo
from dedupe.formats import sniff
from dedupe.formats.errors import DamagedError
from tests.decoding.made import UPRIGHT, corners, dng, encoded, put, quarters, stamp, stored_for, turned

pytest.importorskip("rawpy", reason="rawpy has no wheel for this machine")


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_raw_is_shown_upright_by_its_preview_with_the_size_of_its_sensor(orientation: int) -> None:
    upright = quarters(1280, 960) if orientation in (1, 3) else quarters(960, 1280)
    data = dng(encoded(stored_for(orientation, upright)), (640, 480), orientation)
    found = decode.decode(data, long_side=400)
    assert found.source.raw and found.source.lossless
    assert corners(found.pixels) == UPRIGHT
    assert (found.width, found.height) == ((640, 480) if orientation in (1, 3) else (480, 640))
    assert max(found.pixels.shape) == 400


def test_a_preview_with_an_orientation_of_its_own_is_turned_once() -> None:
    data = dng(encoded(stored_for(6, quarters(960, 1280)), exif=turned(6)), (640, 480), 6)
    assert corners(decode.decode(data, long_side=400).pixels) == UPRIGHT


def test_a_preview_that_was_stored_upright_is_not_turned_again() -> None:
    found = decode.decode(dng(encoded(quarters(960, 1280)), (640, 480), 6), long_side=400)
    assert corners(found.pixels) == UPRIGHT
    assert (found.width, found.height) == (480, 640)


def test_a_raw_whose_preview_is_too_small_or_damaged_is_developed() -> None:
    for preview in (encoded(quarters(64, 48)), encoded(quarters(1280, 960))[:900] + b"\xff\xd9"):
        found = decode.decode(dng(preview), long_side=400)
        assert max(found.pixels.shape) == 320  # half the sensor
        assert found.pixels.shape[2] == 3
        assert (found.width, found.height) == (640, 480)


def test_a_raw_is_known_by_content_whatever_it_is_called(tmp_path: Path) -> None:
    path = put(tmp_path, "IMG_1.tif", dng(encoded(quarters(640, 480))))
    found = read_photo(ReadRequest(path, stamp(path)))
    assert isinstance(found, Read)
    assert found.facts.raw and found.facts.format == sniff.RAW
    assert found.facts.camera == "Maker Model One"


def test_a_jpeg_called_nef_is_the_jpeg_it_is(tmp_path: Path) -> None:
    path = put(tmp_path, "IMG_1.NEF", encoded(quarters()))
    found = read_photo(ReadRequest(path, stamp(path)))
    assert isinstance(found, Read)
    assert found.facts.format == sniff.JPEG and not found.facts.raw


def test_a_plain_tiff_is_no_raw() -> None:
    assert sniff.sniff(encoded(quarters(), "TIFF")) == sniff.TIFF


def test_a_raw_that_is_cut_off_is_damaged() -> None:
    data = dng(encoded(quarters(64, 48)))
    with pytest.raises(DamagedError):
        decode.decode(data[: len(data) // 2], long_side=400)


def test_the_pixel_key_of_a_raw_is_its_sensor_data() -> None:
    one = dng(encoded(quarters(640, 480)))
    other_preview = dng(encoded(quarters(480, 320)))
    other_sensor = one.replace(np.uint16(700).tobytes() + np.uint16(701).tobytes(), b"\x07\x07\x08\x08", 1)
    assert pixel_key.pixel_key(one) == pixel_key.pixel_key(other_preview) is not None
    assert pixel_key.pixel_key(one) != pixel_key.pixel_key(other_sensor)


def test_without_rawpy_a_raw_is_skipped_with_the_name_of_what_is_missing(tmp_path: Path) -> None:
    path = put(tmp_path, "IMG_1.dng", dng(encoded(quarters(640, 480))))
    code = (
        "import sys; sys.modules['rawpy'] = None\n"
        "from tests.decoding.made import stamp\n"
        "from dedupe.decoding.read import ReadRequest, read_photo\n"
        f"print(read_photo(ReadRequest({path!r}, stamp({path!r}))))\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "SkipKind.UNSUPPORTED" in answer and "rawpy" in answer and "install dedupe again" in answer
