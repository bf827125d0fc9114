"""Only what is known to be damaged is called damaged: people delete what is called so."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from dedupe.decoding import decode
from dedupe.formats.errors import DamagedError, UnsupportedError
from tests.decoding.made import dng, encoded, photograph


def bitfields(pixels: np.ndarray) -> bytes:
    """A BMP of 32 bits whose channels stand in an order of their own."""
    height, width = pixels.shape[:2]
    red, green, blue = (pixels[::-1, :, channel].astype(np.uint32) for channel in range(3))
    body = ((red << 20) | (green << 11) | (blue << 2)).astype("<u4").tobytes()
    masks = struct.pack("<III", 0xFF << 20, 0xFF << 11, 0xFF << 2)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 32, 3, len(body), 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 14 + len(info) + 12 + len(body), 0, 0, 66) + info + masks + body


def webp_in_tiff(pixels: np.ndarray) -> bytes:
    """A TIFF of two strips, each of them a WebP."""
    height, width = pixels.shape[:2]
    strips = [
        encoded(pixels[: height // 2], "WEBP", lossless=True),
        encoded(pixels[height // 2 :], "WEBP", lossless=True),
    ]
    tags = [(0x100, 4, 1, width), (0x101, 4, 1, height), (0x102, 3, 1, 8), (0x103, 3, 1, 50001), (0x106, 3, 1, 2),
            (0x111, 4, 2, 0), (0x115, 3, 1, 3), (0x116, 4, 1, height // 2), (0x117, 4, 2, 0)]  # fmt: skip
    start = 8 + 2 + 12 * len(tags) + 4
    first = start + 16
    places = {0x111: start, 0x117: start + 8}
    entries = b"".join(
        struct.pack("<HHII", tag, kind, count, places.get(tag, value)) for tag, kind, count, value in tags
    )
    lists = struct.pack("<IIII", first, first + len(strips[0]), *map(len, strips))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + lists + b"".join(strips)


def near(found: np.ndarray, wanted: np.ndarray) -> bool:
    return found.shape == wanted.shape and bool(np.abs(found.astype(int) - wanted).mean() < 3)


def test_variants_that_only_another_library_reads_are_read() -> None:
    picture = photograph(64)
    for data in (bitfields(picture), webp_in_tiff(picture)):
        assert near(decode.decode(data, long_side=400).pixels, picture)


def test_a_png_with_more_than_a_megabyte_of_text_is_read() -> None:
    from PIL import PngImagePlugin

    text = PngImagePlugin.PngInfo()
    text.add_text("Genealogy", "x" * 3_000_000, zip=True)
    assert decode.decode(encoded(photograph(64), "PNG", pnginfo=text), long_side=400).width == 64


def test_an_avif_of_the_general_brand_is_read_after_a_heif_in_the_same_process() -> None:
    picture = photograph(64)
    avif = encoded(picture, "AVIF")
    general = avif[:8] + b"mif1" + avif[12:]
    decode.decode(encoded(picture, "HEIF"), long_side=400)
    assert decode.decode(general, long_side=400).source.format == "AVIF"


def test_a_jpeg_xl_is_read_where_its_library_is_installed() -> None:
    pytest.importorskip("pillow_jxl", reason="pillow-jxl-plugin is not installed")
    picture = photograph(64)
    found = decode.decode(encoded(picture, "JXL", lossless=True), long_side=400)
    assert found.source.format == "JPEG XL" and near(found.pixels, picture)


def twelve_bits() -> bytes:
    """A TIFF of three samples of 12 bits a pixel, which neither Pillow nor cv2 reads."""
    size = 64 * 64 * 3 * 12 // 8
    tags = [(0x100, 4, 1, 64), (0x101, 4, 1, 64), (0x102, 3, 3, 8 + size), (0x103, 3, 1, 1), (0x106, 3, 1, 2), (0x111, 4, 1, 8),
            (0x115, 3, 1, 3), (0x116, 4, 1, 64), (0x117, 4, 1, size)]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    pixels = (bytes(range(256)) * (size // 256 + 1))[:size]
    lists = struct.pack("<HHH", 12, 12, 12)
    return b"II*\0" + struct.pack("<I", 14 + size) + pixels + lists + struct.pack("<H", len(tags)) + entries + bytes(4)


def test_a_variant_that_nothing_here_reads_is_not_called_damaged() -> None:
    with pytest.raises(UnsupportedError):
        decode.decode(twelve_bits(), long_side=400)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "WEBP", "TIFF", "JPEG2000", "AVIF", "HEIF"])
def test_a_picture_that_is_cut_off_is_damaged(kind: str) -> None:
    data = encoded(photograph(128), kind)
    for share in (0.4, 0.7):
        with pytest.raises(DamagedError):
            decode.decode(data[: int(len(data) * share)], long_side=400)


def test_a_raw_whose_sensor_data_end_early_is_damaged_though_its_preview_is_whole() -> None:
    data = dng(encoded(photograph(480)), (640, 480))
    assert decode.decode(data, long_side=400).source.raw
    with pytest.raises(DamagedError):
        decode.decode(data[: len(data) - 1000], long_side=400)
