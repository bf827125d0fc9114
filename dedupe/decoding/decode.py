"""The only door to cv2, Pillow and LibRaw: bytes in, upright sRGB pixels out, at the smallest scaled decode
that serves.

Everything is decoded from bytes in memory (``cv2.imread`` crashes on some names and accepts truncated files).
The header's size is judged before any pixel is decoded. Orientation is applied here, once: cv2 is told to
ignore it, Pillow does not apply it, and libheif has applied HEIC's own rotation before pillow-heif hands over
the pixels. Transparency is shown on white. This module runs in worker processes, since a decoder may crash,
hang or exhaust memory.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

from dedupe.formats.sniff import DEFAULT_MAX_PIXELS

os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(DEFAULT_MAX_PIXELS))  # cv2 reads it once, at its import

import cv2
import numpy as np
from numpy.typing import NDArray

from dedupe.decoding import icc, stderr_capture
from dedupe.formats import jpeg, sniff
from dedupe.formats.errors import DamagedError, NotAPhotoError, PhotoError, TooLargeError, UnsupportedError
from dedupe.formats.header import Source

cv2.setNumThreads(1)  # the worker processes share the cores among themselves

PREVIEW_SIDE: Final = 400
PREVIEW_BYTES: Final = 25_600
_LARGEST: Final = 1 << 16
_QUALITIES: Final = (76, 66, 55, 44, 33, 22, 12)
_BEST_QUALITY: Final = 88
_FLIPS: Final = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
"""EXIF orientation → what is mirrored (after the transposition of 5–8): 1 columns, 0 rows, -1 both."""
_REDUCED: Final = (
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
)

_FREQUENCIES: Final = [(v, d - v) for d in range(15) for v in range(max(0, d - 7), min(7, d) + 1)]
_ZIGZAG: Final = np.array(sorted(_FREQUENCIES, key=lambda at: (sum(at), at[sum(at) % 2 == 0]))).T
"""(vertical, horizontal) frequency of each entry of a JPEG's quantisation table."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Decoded:
    """``pixels`` is uint8[h, w, 3], RGB, upright, sRGB; ``width`` and ``height`` are those of the whole
    picture, upright.

    ``warning`` is what the decoder said of corrupt data, None for a clean file; ``parts`` are the markers of
    a JPEG.
    """

    pixels: Pixels
    width: int
    height: int
    warning: str | None
    source: Source
    parts: jpeg.Jpeg | None = None


def decode(data: bytes, *, long_side: int, max_pixels: int = DEFAULT_MAX_PIXELS) -> Decoded:
    """The picture in ``data`` with its long side at ``long_side`` (never enlarged: at most its own size).

    Raises DamagedError, TooLargeError, NotAPhotoError or UnsupportedError; MemoryError where memory is short.
    """
    kind = sniff.sniff(data)
    if kind is None:
        raise _unknown(data)
    if kind == sniff.JPEGXL:
        raise UnsupportedError("is a JPEG XL, which dedupe cannot read")
    if kind == sniff.JPEG:
        return _decode_jpeg(data, long_side, max_pixels)
    if kind == sniff.RAW:
        from dedupe.decoding import raw

        return _finish(*raw.load(data, long_side, max_pixels), long_side)
    from dedupe.decoding import pillow

    return _finish(*pillow.load(data, kind, long_side, max_pixels), long_side)


def _unknown(data: bytes) -> PhotoError:
    """What to say of a file that begins as no picture: a failing disk leaves files empty or full of zeros."""
    if not data:
        return DamagedError("is empty")
    if data.count(0) == len(data):
        return DamagedError("holds nothing but zeros")
    return NotAPhotoError("is not a picture that dedupe knows")


def _finish(
    pixels: Pixels, source: Source, warning: str | None, long_side: int, parts: jpeg.Jpeg | None = None
) -> Decoded:
    """Scale down, bring into sRGB, turn upright: in this order, since the small picture costs least."""
    small = icc.to_srgb(shrink(pixels, long_side), source.icc)
    width, height = source.upright_size
    return Decoded(upright(small, source.orientation), width, height, warning, source, parts)


def _decode_jpeg(data: bytes, long_side: int, max_pixels: int) -> Decoded:
    parts = jpeg.parse(data)
    check_size(parts.width, parts.height, max_pixels)
    source = Source.of_jpeg(data, parts)
    pixels, warning = jpeg_pixels(data, parts, long_side)
    return _finish(pixels, source, warning, long_side, parts)


def jpeg_pixels(data: bytes, parts: jpeg.Jpeg, long_side: int) -> tuple[Pixels, str | None]:
    """(RGB as stored, neither turned nor scaled to the exact size; corruption warning or None).

    DamagedError where the picture is cut off. A file that merely lacks its end marker is decoded with one
    added: it is whole if libjpeg then has nothing to complain about.
    """
    whole = data if parts.end is not None else data + b"\xff\xd9"
    flag = cv2.IMREAD_COLOR
    for factor, reduced in _REDUCED:
        if max(parts.width, parts.height) >= long_side * factor:
            flag = reduced
            break
    with stderr_capture.captured() as lines:
        array = _imdecode(whole, flag | cv2.IMREAD_IGNORE_ORIENTATION)
    warning = stderr_capture.corruption(lines, _padding(whole, parts.end))
    if parts.end is None and (array is None or warning):
        raise DamagedError("is cut off: the picture ends early")
    if array is None and (parts.precision != 8 or parts.process not in (0xC0, 0xC1, 0xC2)):
        raise UnsupportedError("is a variant of JPEG that cannot be decoded")
    if len(parts.components) == 4 or array is None:
        from dedupe.decoding import pillow

        return pillow.jpeg_pixels(whole, parts, long_side), warning
    return _rgb(array), warning


def _padding(data: bytes, end: int | None) -> int:
    """How many zero bytes stand before the end marker, at most 64."""
    if end is None:
        return 0
    tail = data[max(0, end - 66) : end - 2]
    return len(tail) - len(tail.rstrip(b"\x00"))


def _imdecode(data: bytes, flags: int) -> Pixels | None:
    """cv2's decoder; None where it refuses. MemoryError where memory is short."""
    try:
        array: Pixels | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as problem:
        if problem.code == cv2.Error.STS_NO_MEM:
            raise MemoryError from None
        return None
    return array


def unchanged(data: bytes) -> NDArray[Any] | None:
    """The pixels as stored, in the file's own depth: [h, w] or [h, w, 3 or 4] in RGB(A) order; None where cv2
    refuses.
    """
    array = _imdecode(data, cv2.IMREAD_UNCHANGED)
    if array is None or array.ndim == 2 or array.shape[2] < 3:
        return array
    return np.concatenate([array[:, :, 2::-1], array[:, :, 3:]], axis=2)


def coloured(data: bytes) -> Pixels | None:
    """uint8[h, w, 3] RGB of any picture that cv2 reads, alpha dropped; None where it refuses."""
    array = _imdecode(data, cv2.IMREAD_COLOR)
    return None if array is None else _rgb(array)


def luma(data: bytes, *, mark_clipped: bool) -> tuple[Pixels, NDArray[np.float32] | None, bytes | None]:
    """Lightness as stored, uint8[h, w] at full size, neither turned nor brought into sRGB; of a JPEG whose first component is
    lightness its quantisation steps, float32[8, 8] by vertical and horizontal frequency, None for other formats; and the colour
    profile, None where it changes nothing.

    ``mark_clipped``: 255 where a colour reaches black or full, so that lightness was lost on the way to RGB. Needs the colours
    too: three bytes a pixel more. Raises what ``decode`` raises.
    """
    kind = sniff.sniff(data)
    if kind == sniff.JPEG:
        parts = jpeg.parse(data)
        light = _imdecode(data, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
        if light is None or len(parts.luminance) != 64 or not parts.is_luma_first:
            raise UnsupportedError("is a variant of JPEG without lightness of its own")
        steps = np.zeros((8, 8), np.float32)
        steps[tuple(_ZIGZAG)] = parts.luminance
        if mark_clipped:
            _mark_clipped(light, _imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION))
        return light, steps, None if icc.is_srgb(parts.icc) else parts.icc
    if kind is None or kind in (sniff.JPEGXL, sniff.RAW):
        raise UnsupportedError("has no pixels of its own")
    from dedupe.decoding import pillow

    pixels, source, _ = pillow.load(data, kind, _LARGEST, DEFAULT_MAX_PIXELS)
    light = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if mark_clipped:
        _mark_clipped(light, pixels)
    return light, None, None if icc.is_srgb(source.icc) else source.icc


def _mark_clipped(light: Pixels, colours: Pixels | None) -> None:
    if colours is None:
        raise UnsupportedError("has no colours that can be decoded")
    for plane in cv2.split(colours):
        light[(plane < 2) | (plane > 253)] = 255


def check_size(width: int, height: int, max_pixels: int) -> None:
    """TooLargeError where a header announces more pixels than allowed, DamagedError where it announces
    none.
    """
    if width <= 0 or height <= 0:
        raise DamagedError("says that it has no pixels")
    if width * height > max_pixels:
        raise TooLargeError(f"has {width} × {height} pixels, more than the limit of {max_pixels / 1e6:.0f} megapixels")


def shrink(pixels: Pixels, long_side: int) -> Pixels:
    """The picture with its long side at ``long_side``; unchanged where it is no larger.

    Averages areas; less than 1.5-fold it interpolates, which is measured to be nearer to the area average of the full
    picture when what is shrunk was itself averaged down, and six times as fast.
    """
    height, width = pixels.shape[:2]
    if max(width, height) <= long_side:
        return pixels
    scale = long_side / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return _resized(pixels, size, cv2.INTER_LINEAR if scale > 1 / 1.5 else cv2.INTER_AREA)


def _resized(pixels: Pixels, size: tuple[int, int], method: int = cv2.INTER_AREA) -> Pixels:
    small: Pixels = cv2.resize(pixels, size, interpolation=method)
    return small


def _rgb(pixels: Pixels) -> Pixels:
    swapped: Pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)  # its own inverse
    return swapped


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """The array (rows, columns, 3 or 4 channels) turned as EXIF orientation 1–8 asks; other values turn nothing."""
    if orientation in (5, 6, 7, 8):
        pixels = cv2.transpose(pixels)
    axis = _FLIPS.get(orientation)
    return pixels if axis is None else cv2.flip(pixels, axis)


def preview(pixels: Pixels) -> bytes:
    """A JPEG of uint8[h, w, 3] RGB with the long side at most 400 and at most 25 KB, as good as that allows."""
    small = _rgb(shrink(pixels, PREVIEW_SIDE))
    encoded = _encoded(small, _QUALITIES[0])
    if len(encoded) <= 0.7 * PREVIEW_BYTES:  # a plain picture may be kept better still
        better = _encoded(small, _BEST_QUALITY)
        return better if len(better) <= PREVIEW_BYTES else encoded
    for quality in _QUALITIES[1:]:
        if len(encoded) <= PREVIEW_BYTES:
            break
        encoded = _encoded(small, quality)
    return encoded


def _encoded(pixels: Pixels, quality: int) -> bytes:
    done, buffer = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise UnsupportedError("cannot be made into a preview")
    return bytes(buffer)


def decode_preview(data: bytes) -> Pixels:
    """uint8[h, w, 3] RGB of a stored preview; DamagedError where the bytes are no whole JPEG."""
    array = _imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION) if data else None
    if array is None:
        raise DamagedError("has a damaged preview")
    return _rgb(array)


def squash(data: bytes, side: int) -> Pixels:
    """The stored preview squashed to uint8[side, side, 3] RGB: what an embedding network is shown."""
    return _resized(decode_preview(data), (side, side))


def texture(pixels: Pixels) -> float:
    """The share (0–1) of the cells of an 8 × 8 grid over the picture that have contrast enough to be aligned.

    Contrast is the standard deviation of the band-passed luminance (difference of Gaussians 1.5/8 px at 400 px,
    made at half that size, where it is 0.75/4) within a cell; 2.5 grey levels lie above sensor and compression
    noise. A picture less than 8 px wide or high has fewer cells.
    """
    grey = cv2.cvtColor(shrink(pixels, PREVIEW_SIDE // 2), cv2.COLOR_RGB2GRAY).astype(np.float32)
    band = cv2.GaussianBlur(grey, (0, 0), 0.75) - cv2.GaussianBlur(grey, (0, 0), 4.0)
    grid = min(8, band.shape[1]), min(8, band.shape[0])
    mean, square = (cv2.resize(each, grid, interpolation=cv2.INTER_AREA) for each in (band, band * band))
    return float(np.mean(square - mean * mean > 2.5**2))
