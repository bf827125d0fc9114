"""Only what is known to be damaged is called damaged: people delete what is called so."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

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


def deep_tiff(pixels: np.ndarray, bits: int, *, compression: int = 1, photometric: int = 2) -> bytes:
    """A TIFF of three samples of so many bits a pixel, packed."""
    height, width = pixels.shape[:2]
    values = (pixels.astype(np.uint64) * ((1 << bits) - 1) // 255).reshape(height, -1)
    spread = (values[:, :, None] >> np.arange(bits - 1, -1, -1, dtype=np.uint64)) & np.uint64(1)
    body = np.packbits(spread.reshape(height, -1).astype(np.uint8), axis=1).tobytes()
    tags = [(0x100, 4, 1, width), (0x101, 4, 1, height), (0x102, 3, 3, 8 + len(body)), (0x103, 3, 1, compression),
            (0x106, 3, 1, photometric), (0x111, 4, 1, 8), (0x115, 3, 1, 3), (0x116, 4, 1, height),
            (0x117, 4, 1, len(body))]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    lists = struct.pack("<HHH", bits, bits, bits)
    return (
        b"II*\0" + struct.pack("<I", 14 + len(body)) + body + lists + struct.pack("<H", len(tags)) + entries + bytes(4)
    )


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_a_scan_of_ten_twelve_or_fourteen_bits_is_read(bits: int) -> None:
    found = decode.decode(deep_tiff(photograph(64), bits), long_side=400)
    assert near(found.pixels, photograph(64))
    assert found.source.bits == bits and found.source.blocks


def apples_png(pixels: np.ndarray) -> bytes:
    """A PNG as Xcode packs it into an iPhone's app: another first chunk, no zlib header, blue before red."""
    rows = np.concatenate([pixels[:, :, ::-1], np.full((*pixels.shape[:2], 1), 255, np.uint8)], axis=2)
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = squeezed.compress(b"".join(b"\0" + row.tobytes() for row in rows)) + squeezed.flush()
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 6, 0, 0, 0)
    parts = ((b"CgBI", b"\x50\0\x20\2"), (b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def with_frame(marker: int, precision: int = 8) -> bytes:
    """A JPEG whose frame is of another process or precision."""
    data = bytearray(encoded(photograph(64), "JPEG"))
    at = data.find(b"\xff\xc0")
    data[at + 1], data[at + 4] = marker, precision
    return bytes(data)


def jpeg_in_bmp(pixels: np.ndarray) -> bytes:
    data = encoded(pixels, "JPEG")
    info = struct.pack("<IiiHHIIiiII", 40, pixels.shape[1], pixels.shape[0], 1, 0, 4, len(data), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(data), 0, 0, 54) + info + data


def stretched_jpeg2000() -> bytes:
    """A grey JPEG 2000 whose samples are announced to lie thirteen pixels apart, as those of a canvas of that size."""
    data = bytearray(encoded(photograph(64)[:, :, 0], "JPEG2000"))
    at = data.find(b"\xff\x51")
    data[at + 41] = 13
    return bytes(data)


NOT_SUPPORTED = {
    "TIFF with JPEG 2000 in it": lambda: deep_tiff(photograph(64), 8, compression=34712),
    "TIFF with JPEG XL in it": lambda: deep_tiff(photograph(64), 8, compression=52546),
    "TIFF of an unheard-of compression": lambda: deep_tiff(photograph(64), 8, compression=99),
    "TIFF of six bits a sample": lambda: deep_tiff(photograph(64), 6),
    "TIFF of LogLuv colours": lambda: deep_tiff(photograph(64), 8, photometric=32845),
    "PNG from an iPhone's app": lambda: apples_png(photograph(64)),
    "JPEG without loss": lambda: with_frame(0xC3),
    "JPEG of twelve bits": lambda: with_frame(0xC1, 12),
    "JPEG of several layers": lambda: with_frame(0xC5),
    "JPEG-LS": lambda: with_frame(0xF7),
    "BMP with a JPEG in it": lambda: jpeg_in_bmp(photograph(64)),
    "HEIF coded as VVC": lambda: encoded(photograph(64), "HEIF").replace(b"hvc1", b"vvc1").replace(b"hvcC", b"vvcC"),
    "HEIF without compression": lambda: (
        encoded(photograph(64), "HEIF").replace(b"hvc1", b"unci").replace(b"hvcC", b"uncC")
    ),
    "JPEG 2000 of stretched samples": stretched_jpeg2000,
}


@pytest.mark.parametrize("made", NOT_SUPPORTED.values(), ids=NOT_SUPPORTED.keys())
def test_a_variant_that_nothing_here_reads_is_not_supported_and_never_called_damaged(made: Callable[[], bytes]) -> None:
    with pytest.raises(UnsupportedError, match="not supported"):
        decode.decode(made(), long_side=400)


def rotten(data: bytes, share: float = 0.5) -> bytes:
    """The file with 200 bytes of noise in it."""
    at = int(len(data) * share)
    return data[:at] + bytes(n * 7 + 3 & 255 for n in range(200)) + data[at + 200 :]


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "lzma"])
def test_a_scan_whose_compressed_data_are_broken_is_damaged(compression: str) -> None:
    with pytest.raises(DamagedError):
        decode.decode(rotten(encoded(photograph(128), "TIFF", compression=compression), 0.1), long_side=400)


def test_a_png_whose_compressed_data_are_broken_is_damaged() -> None:
    with pytest.raises(DamagedError):
        decode.decode(rotten(encoded(photograph(128), "PNG")), long_side=400)


def test_what_the_library_says_of_broken_jpeg_data_in_a_scan_is_a_warning() -> None:
    data = encoded(photograph(128), "TIFF", compression="jpeg")
    assert decode.decode(data, long_side=400).warning is None
    warning = decode.decode(rotten(data, 0.3), long_side=400).warning
    assert warning is not None and "Corrupt" in warning


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
