"""Which files may be photos (by name) and which are (by content).

The name only makes a file a candidate. What it is read as is decided by its first bytes, so that a JPEG
called ``.HEIC`` is read as the JPEG it is. Signatures: the formats' own specifications, and LibRaw's
``identify()`` for RAW.
"""

from __future__ import annotations

import struct
from typing import Final

from dedupe.formats.tiff import Tiff

DEFAULT_MAX_PIXELS: Final = 200_000_000
"""Pictures with more pixels are "too large to judge"."""

JPEG: Final = "JPEG"
PNG: Final = "PNG"
GIF: Final = "GIF"
BMP: Final = "BMP"
WEBP: Final = "WebP"
TIFF: Final = "TIFF"
JPEG2000: Final = "JPEG 2000"
AVIF: Final = "AVIF"
HEIF: Final = "HEIF"
JPEGXL: Final = "JPEG XL"
RAW: Final = "RAW"

_RAW_NAMES: Final = (
    "3fr arw cr2 cr3 crw dcr dng erf fff gpr iiq k25 kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srf srw x3f"
)
_PICTURE_NAMES: Final = (
    "jpg jpeg jpe jfif jif mpo jps insp png apng webp tif tiff bmp dib gif jp2 j2k jpf jpx j2c jpc avif avifs heic"
    " heics heif heifs hif jxl"
)

RAW_EXTENSIONS: Final = frozenset("." + name for name in _RAW_NAMES.split())
"""Camera RAW, lower case with the dot."""

PICTURE_EXTENSIONS: Final = frozenset("." + name for name in _PICTURE_NAMES.split())
"""Pictures that are no RAW, lower case with the dot."""

PHOTO_EXTENSIONS: Final = PICTURE_EXTENSIONS | RAW_EXTENSIONS

VIDEO_EXTENSIONS: Final = frozenset((".mov", ".mp4", ".m4v", ".mp"))
"""What the moving half of a Live or Motion Photo is called."""

SNIFF_BYTES: Final = 32
"""The number of first bytes that tell what a file is; a TIFF-based RAW is then sniffed as TIFF."""

_HEIF_BRANDS: Final = frozenset(
    (
        b"heic",
        b"heix",
        b"heim",
        b"heis",
        b"hevc",
        b"hevx",
        b"hevm",
        b"hevs",
        b"mif1",
        b"msf1",
        b"mif2",
        b"heif",
    )
)
_RAW_SIGNATURES: Final = (
    (0, b"IIRO"),  # Olympus
    (0, b"IIRS"),
    (0, b"MMOR"),
    (0, b"IIU\x00"),  # Panasonic, Leica
    (0, b"FUJIFILMCCD-RAW"),
    (0, b"FOVb"),  # Sigma
    (0, b"\x00MRM"),  # Minolta
    (6, b"HEAPCCDR"),  # Canon CRW
    (4, b"ftypcrx "),  # Canon CR3
)
_CFA, _LINEAR_RAW, _DNG_VERSION = 32803, 34892, 0xC612


def sniff(head: bytes) -> str | None:
    """Name the format that the first bytes announce, None where they are no picture's.

    ``head`` holds at least ``SNIFF_BYTES`` where the file has them. A TIFF that holds sensor data is told from a plain
    one only where ``head`` is the whole file.
    """
    if head[:3] == b"\xff\xd8\xff":
        return JPEG
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return PNG
    if any(head[at : at + len(mark)] == mark for at, mark in _RAW_SIGNATURES):
        return RAW
    if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return RAW if _holds_sensor_data(head) else TIFF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return _sniff_boxes(head)
    return _sniff_rest(head)


def _sniff_boxes(head: bytes) -> str | None:
    """AVIF or HEIF by the brands of the ISO base media file type box; a video has neither."""
    (size,) = struct.unpack_from(">I", head)
    end = min(len(head), max(16, size))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
    if any(brand in (b"avif", b"avis") for brand in brands):
        return AVIF
    return HEIF if brands[0] in _HEIF_BRANDS or not _HEIF_BRANDS.isdisjoint(brands[:6]) else None


def _sniff_rest(head: bytes) -> str | None:
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return GIF
    if head[:12] == b"\x00\x00\x00\x0cjP  \r\n\x87\n" or head[:4] == b"\xff\x4f\xff\x51":
        return JPEG2000
    if head[:2] == b"\xff\x0a" or head[:12] == b"\x00\x00\x00\x0cJXL \r\n\x87\n":
        return JPEGXL
    if head[:2] == b"BM" and len(head) >= 26 and head[6:10] == b"\x00\x00\x00\x00":
        return BMP
    return None


def _holds_sensor_data(data: bytes) -> bool:
    """Say whether a TIFF is a camera RAW.

    It is one if it states a DNG version, or if the pixels of a directory are a colour filter mosaic or linear RAW.
    """
    if data[8:10] == b"CR" or data[8:12] == b"IIII":  # Canon CR2, Phase One
        return True
    tiff = Tiff.open(data)
    if tiff is None:
        return False
    first = tiff.directory(tiff.first)
    directories = [first, *(tiff.directory(at) for at in tiff.integers(first, 0x014A)[:16])]
    return _DNG_VERSION in first or any(
        tiff.integer(directory, 0x0106) in (_CFA, _LINEAR_RAW) for directory in directories
    )


def frame_size(data: bytes, kind: str) -> tuple[int, int] | None:
    """The width and height that the header of a PNG, GIF, BMP or WebP states.

    None where the header is cut off or states no size, and for other formats.
    """
    try:
        if kind == PNG:
            return struct.unpack_from(">II", data, 16) if data[12:16] == b"IHDR" else None
        if kind == GIF:
            return struct.unpack_from("<HH", data, 6)
        if kind == BMP:
            return _bmp_size(data)
        if kind == WEBP:
            return _webp_size(data)
    except (struct.error, IndexError):
        return None
    return None


def _bmp_size(data: bytes) -> tuple[int, int]:
    if struct.unpack_from("<I", data, 14)[0] == 12:
        return struct.unpack_from("<HH", data, 18)
    width, height = struct.unpack_from("<ii", data, 18)
    return abs(width), abs(height)


def _webp_size(data: bytes) -> tuple[int, int] | None:
    chunk = data[12:16]
    if chunk == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return width, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None
