"""How a picture is stored, for the formats that Pillow opens: frames, depth, palette, transparency, and what compression took."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from PIL import Image

from dedupe.formats import isobmff, jpegxl, sniff, webp
from dedupe.formats.errors import BROKEN
from dedupe.formats.tiff import Tiff

_BITS_A_PIXEL: Final = (
    (0.0, 1),
    (0.1, 10),
    (0.3, 30),
    (0.6, 50),
    (1.0, 72),
    (1.5, 83),
    (2.0, 88),
    (3.0, 94),
    (5.0, 98),
    (8.0, 100),
)
"""(bits a pixel of a JPEG photograph, its quality): the middle of what libjpeg makes of photographs at each quality."""
_AHEAD: Final = {sniff.HEIF: 2.0, sniff.AVIF: 2.2, sniff.JPEG2000: 1.2, sniff.JPEGXL: 1.8}
"""How many times the bits JPEG needs for the same picture, as the codecs' own comparisons have it."""
_LOSSY_TIFF: Final = frozenset((6, 7, 33003, 33004, 33005, 34712, 34887, 34892, 50001, 50002, 52546))
_MOST_COLOURS: Final = 256
_LEAST_TEXTURE: Final = 0.1


def has_alpha(image: Image.Image) -> bool:
    """Whether anything in a picture may be transparent."""
    return image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info


def shows_through(image: Image.Image) -> bool:
    """Whether any pixel of a loaded picture is transparent."""
    if not has_alpha(image):
        return False
    whole = image if image.mode in ("RGBA", "LA", "PA") else image.convert("RGBA")
    return whole.getchannel("A").getextrema() != (255, 255)


def colours(image: Image.Image) -> int | None:
    """How many colours of its palette a loaded picture uses; None without a palette."""
    if image.mode not in ("P", "PA"):
        return None
    used = (image if image.mode == "P" else image.getchannel("P")).getcolors(_MOST_COLOURS)
    return len(used) if used else _MOST_COLOURS


def frames(data: bytes, kind: str, image: Any) -> int:
    """Frames of an animation or pages of a TIFF; reduced copies of a page do not count."""
    if kind == sniff.TIFF:
        tiff = Tiff.open(data)
        if tiff is not None:
            return max(1, sum(not (tiff.integer(page, 0x00FE) or 0) & 1 for page in tiff.chain()))
    try:
        return max(1, int(getattr(image, "n_frames", 1)))
    except (*BROKEN, OverflowError, RuntimeError):
        return 1


def is_lossless(data: bytes, kind: str, image: Any) -> bool:
    """Whether the pixels are stored as they were given."""
    if kind in (sniff.PNG, sniff.GIF, sniff.BMP):
        return True
    if kind == sniff.TIFF:
        return is_lossless_tiff(data)
    if kind == sniff.WEBP:
        return webp.is_lossless(data)
    if kind == sniff.JPEG2000:
        at = data.find(b"\xff\x52")  # COD; its last field before the precincts is the wavelet: 1 is the reversible one
        return at >= 0 and data[at + 13 : at + 14] == b"\x01"
    return False


def is_lossless_tiff(data: bytes) -> bool:
    """Whether the first page of a TIFF is stored in a way that keeps its pixels; JPEG 2000, LERC, WebP and JPEG XL may not."""
    tiff = Tiff.open(data)
    return tiff is None or tiff.integer(tiff.directory(tiff.first), 0x0103) not in _LOSSY_TIFF


def bits_a_pixel(data: bytes, kind: str, pixels: int) -> float | None:
    """The bits a pixel that a JPEG of the same quality as this HEIF, AVIF, JPEG 2000 or JPEG XL would need.

    None for other formats.
    """
    return 8 * _coded_bytes(data, kind) / pixels * _AHEAD[kind] if kind in _AHEAD and pixels > 0 else None


def quality_of_bits(bits: float, texture: float) -> int:
    """The quality 1–100 of a JPEG photograph with this many bits a pixel; a picture with less texture (0–1) needs fewer."""
    bits /= max(texture, _LEAST_TEXTURE)
    for (low, worse), (high, better) in pairwise(_BITS_A_PIXEL):
        if bits < high:
            return max(1, round(worse + (better - worse) * (bits - low) / (high - low)))
    return 100


def _coded_bytes(data: bytes, kind: str) -> int:
    """The bytes of the coded picture without what is beside it in the file."""
    if kind in (sniff.HEIF, sniff.AVIF):
        meta = isobmff.meta_of(data)
        if meta is None:
            return len(data)
        parts = (meta.items[one] for one in meta.made_of(meta.primary) if one in meta.items)
        return sum(stop - start for item in parts for start, stop in item.extents) or len(data)
    streams = [box for box in isobmff.boxes(data) if box.kind in (b"jp2c", b"jxlc", b"jxlp")]
    return sum(box.stop - box.body for box in streams) or len(data)


def depth(data: bytes, kind: str, image: Image.Image) -> int:
    """Bits a channel; 16 where it is not known to be 8 or fewer."""
    if kind == sniff.PNG:
        return max(8, data[24])
    if kind == sniff.TIFF:
        tiff = Tiff.open(data)
        return max(8, *tiff.integers(tiff.directory(tiff.first), 0x0102)) if tiff else 16
    if kind == sniff.HEIF:
        return int(image.info.get("bit_depth", 8))
    if kind == sniff.AVIF:
        at = data.find(b"av1C")
        return 16 if at < 0 or data[at + 6] & 0x40 else 8
    if kind == sniff.JPEGXL:
        return max(8, jpegxl.depth(jpegxl.code_stream(data)))
    if kind == sniff.JPEG2000:
        return 16 if image.mode.startswith("I") else _jpeg2000_depth(data)
    return 8


def _jpeg2000_depth(data: bytes) -> int:
    at = data.find(b"\xff\x51")  # SIZ: the depth of each component is every three bytes from byte 40 on
    if at < 0 or at + 40 > len(data):
        return 16
    count = int.from_bytes(data[at + 38 : at + 40], "big")
    return max(8, max(((depth & 0x7F) + 1 for depth in data[at + 40 : at + 40 + 3 * count : 3]), default=16))


def chroma(data: bytes, kind: str) -> float:
    """Colour samples to lightness samples, 0.25 (4:2:0) to 1; for HEIF and AVIF by the codec's configuration."""
    if kind == sniff.WEBP:
        return 1.0 if webp.is_lossless(data) else 0.25
    if kind == sniff.AVIF and (at := data.find(b"av1C")) >= 0 and at + 6 < len(data):
        return (0.5 if data[at + 6] & 0x08 else 1.0) * (0.5 if data[at + 6] & 0x04 else 1.0)
    if kind == sniff.HEIF and (at := data.find(b"hvcC")) >= 0 and at + 20 < len(data):
        return {1: 0.25, 2: 0.5}.get(data[at + 20] & 3, 1.0)
    return 1.0
