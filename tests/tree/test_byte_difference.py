"""Two files of one length that differ in a place or two: one is damaged. An edit of uncompressed pixels is no damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import PngImagePlugin

from dedupe.formats.sniff import BMP, JPEG, PNG
from dedupe.tree.byte_difference import difference
from tests.decoding import made
from tests.decoding.made import encoded, quarters, with_segment

WHOLE = np.random.default_rng(3).integers(0, 256, 3_000_000, np.uint8).tobytes()


def differing(folder: Path, changed: bytes, kind: str = JPEG) -> int | None:
    (folder / "a").write_bytes(WHOLE)
    (folder / "b").write_bytes(changed)
    found = difference(str(folder / "a"), str(folder / "b"), kind)
    assert found == difference(str(folder / "b"), str(folder / "a"), kind)
    return found.count if found is not None else None


def with_bytes(*places: int, value: int = 1) -> bytes:
    changed = bytearray(WHOLE)
    for place in places:
        changed[place] ^= value
    return bytes(changed)


@pytest.mark.parametrize("places", [(0,), (2_999_999,), (5, 1_500_000), tuple(range(0, 3_000_000, 200_000))])
def test_flipped_bits_are_damage_wherever_they_are(tmp_path: Path, places: tuple[int, ...]) -> None:
    assert differing(tmp_path, with_bytes(*places)) == len(places)


def test_a_lost_sector_and_a_tail_of_zeros_are_damage(tmp_path: Path) -> None:
    assert differing(tmp_path, WHOLE[:8192] + bytes(4096) + WHOLE[12_288:]) is not None
    assert differing(tmp_path, WHOLE[:900_000] + bytes(2_100_000)) is not None


def test_another_picture_of_the_same_length_is_no_damage(tmp_path: Path) -> None:
    assert differing(tmp_path, WHOLE[::-1]) is None
    assert differing(tmp_path, WHOLE[:100_000] + WHOLE[100_000:][::-1]) is None


def test_a_retouched_spot_in_uncompressed_pixels_is_no_damage(tmp_path: Path) -> None:
    spot = [row * 6000 + column for row in range(100, 110) for column in range(900, 930)]
    assert differing(tmp_path, with_bytes(*spot, value=7), BMP) is None
    assert differing(tmp_path, with_bytes(123_456), BMP) == 1


def test_the_same_bytes_other_lengths_and_missing_files_are_no_damage(tmp_path: Path) -> None:
    assert differing(tmp_path, WHOLE) is None
    assert differing(tmp_path, WHOLE[:-1]) is None
    assert difference(str(tmp_path / "a"), str(tmp_path / "missing"), JPEG) is None


def dated(when: str, **tags: object) -> bytes:
    return with_segment(encoded(quarters(96, 96)), 0xE1, made.exif(t0x0112=1, photo={0x9003: when, **tags}))


def told(folder: Path, one: bytes, other: bytes, kind: str = JPEG) -> int | None:
    (folder / "a").write_bytes(one)
    (folder / "b").write_bytes(other)
    found = difference(str(folder / "a"), str(folder / "b"), kind)
    return found.count if found is not None else None


def test_a_clock_that_was_put_right_in_place_is_no_damage(tmp_path: Path) -> None:
    assert told(tmp_path, dated("2019:05:04 12:00:01"), dated("2019:06:05 13:00:01")) is None


def test_an_orientation_that_was_put_right_in_place_is_no_damage(tmp_path: Path) -> None:
    plain, draw = dated("2019:05:04 12:00:01"), made.exif(t0x0112=6, photo={0x9003: "2019:05:04 12:00:01"})
    turned = with_segment(encoded(quarters(96, 96)), 0xE1, draw)
    assert len(plain) == len(turned) and told(tmp_path, plain, turned) is None


def test_a_text_that_was_written_anew_in_a_png_is_no_damage_and_one_that_rotted_is(tmp_path: Path) -> None:
    files = []
    for text in ("Ada at sea", "Eve at sea"):
        said = PngImagePlugin.PngInfo()
        said.add_text("Description", text)
        files.append(encoded(quarters(96, 96), "PNG", pnginfo=said))
    assert told(tmp_path, files[0], files[1], PNG) is None


def test_one_flipped_bit_or_bytes_that_are_no_text_in_the_metadata_are_damage(tmp_path: Path) -> None:
    plain = dated("2019:05:04 12:00:01")
    at = plain.index(b"2019:05:04")
    flipped, zeroed = bytearray(plain), bytearray(plain)
    flipped[at + 9] ^= 1
    zeroed[at : at + 4] = bytes(4)
    assert told(tmp_path, plain, bytes(flipped)) == 1
    assert told(tmp_path, plain, bytes(zeroed)) == 4
