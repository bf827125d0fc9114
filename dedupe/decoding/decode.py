"""The only door to cv2, Pillow and LibRaw: it turns a file's bytes into upright sRGB pixels.

A picture is decoded at the smallest scale that serves. Everything is decoded from bytes in memory (``cv2.imread``
crashes on some names and accepts truncated files). The header's size is judged before any pixel is decoded. Orientation
is applied here, once: cv2 is told to ignore it, Pillow does not apply it, and libheif has applied HEIC's own rotation
before pillow-heif hands over the pixels. Transparency is shown on white. This module runs in worker processes, since a
decoder may crash, hang or exhaust memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dedupe.decoding import icc, pillow
from dedupe.decoding.jpeg_pixels import jpeg_pixels
from dedupe.decoding.opencv import Pixels, check_scans, check_size, imdecode, shrink, upright
from dedupe.formats import jpeg, sniff
from dedupe.formats.errors import DamagedError, NotAPhotoError, PhotoError, UnsupportedError
from dedupe.formats.header import Source
from dedupe.formats.sniff import DEFAULT_MAX_PIXELS

_LARGEST: Final = 1 << 16

_FREQUENCIES: Final = [(v, d - v) for d in range(15) for v in range(max(0, d - 7), min(7, d) + 1)]
_ZIGZAG: Final = np.array(sorted(_FREQUENCIES, key=lambda at: (sum(at), at[sum(at) % 2 == 0]))).T
"""(vertical, horizontal) frequency of each entry of a JPEG's quantisation table."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded picture, with what its header and its decoder said.

    ``pixels`` is uint8[h, w, 3], RGB, upright, sRGB. ``width`` and ``height`` are those of the whole picture, upright.
    ``warning`` is what the decoder said of corrupt data, None for a clean file. ``parts`` are the markers of a JPEG.
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
    if kind == sniff.JPEG:
        return _decode_jpeg(data, long_side, max_pixels)
    if kind == sniff.RAW:
        from dedupe.decoding import raw

        return _finish(*raw.load(data, long_side, max_pixels), long_side)
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
    check_scans(parts.width, parts.height, parts.scans)
    source = Source.of_jpeg(data, parts)
    pixels, warning = jpeg_pixels(data, parts, long_side)
    return _finish(pixels, source, warning, long_side, parts)


def luma(data: bytes, *, mark_clipped: bool) -> tuple[Pixels, NDArray[np.float32] | None, bytes | None]:
    """Decode the lightness as stored, and return it with a JPEG's quantisation steps and the colour profile.

    The lightness is uint8[h, w] at full size, neither turned nor brought into sRGB. The steps are float32[8, 8], by
    vertical and horizontal frequency; they are None for formats other than JPEG. The profile is None where it changes
    nothing.

    ``mark_clipped`` writes 255 where a colour is black or full, because lightness was lost there on the way to RGB. This
    needs the colours too: three bytes a pixel more.

    Raises UnsupportedError for a JPEG whose first component is not lightness and for a camera RAW, and what ``decode``
    raises.
    """
    kind = sniff.sniff(data)
    if kind == sniff.JPEG:
        parts = jpeg.parse(data)
        light = imdecode(data, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
        if light is None or len(parts.luminance) != 64 or not parts.is_luma_first:
            raise UnsupportedError("is a variant of JPEG without lightness of its own")
        steps = np.zeros((8, 8), np.float32)
        steps[tuple(_ZIGZAG)] = parts.luminance
        if mark_clipped:
            _mark_clipped(light, imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION))
        return light, steps, None if icc.is_srgb(parts.icc) else parts.icc
    if kind is None or kind == sniff.RAW:
        raise UnsupportedError("has no pixels of its own")
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
