"""The pixel key of a whole file: of a JPEG from its stream, of all else from its full upright pixels.

Pixels are brought into one form (RGB, plus alpha where anything is transparent; 8 or 16 bits), so that a
lossless change of container keeps the key. Where a decoder would give less than the file holds (more than 8
bits, damage) there is no key: None proves nothing.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dedupe.decoding import icc, opencv, pillow, storage, tiff_opencv
from dedupe.formats import jpeg, sniff
from dedupe.formats.errors import BROKEN, PhotoError, TooLargeError
from dedupe.formats.hashing import digest_of
from dedupe.formats.header import Source, orientation
from dedupe.formats.tiff import Tiff
from dedupe.types import PixelKey

_MOST_FRAMES: Final = 2000
_PLAIN_GAMMA: Final = 0.45455


def pixel_key(data: bytes, like: PixelKey = b"") -> PixelKey | None:
    """The key of the picture in ``data``, of the kind of ``like``; None where it is damaged or its pixels cannot be had in full.

    MemoryError passes.
    """
    try:
        made = pieces(data)
        return None if made is None else digest_of(made, like)
    except PhotoError:
        return None


def pieces(data: bytes) -> Iterable[bytes | memoryview] | None:
    """What the key is made of, piece by piece: equal for equal pictures, whatever their container; None where it cannot be had.

    Raises PhotoError, also while it is iterated.
    """
    kind = sniff.sniff(data)
    if kind is None:
        return None
    if kind == sniff.JPEG:
        parts = jpeg.parse(data)
        return jpeg.payload(data, parts, orientation(parts.exif))
    return _raw_pieces(data) if kind == sniff.RAW else _pieces(data, kind)


class _NoKeyError(PhotoError):
    """The pixels cannot be had in full."""


def _pieces(data: bytes, kind: str) -> Iterator[bytes]:
    """What is hashed: the form of each frame, then its pixels."""
    stated = sniff.frame_size(data, kind)
    if stated is not None:
        opencv.check_size(*stated, sniff.DEFAULT_MAX_PIXELS)
    if kind == sniff.PNG and pillow.png_warning(data) is not None:
        raise _NoKeyError
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = pillow.opened(data, kind)
        opencv.check_size(*image.size, sniff.DEFAULT_MAX_PIXELS)
        opencv.check_claim(*image.size, len(data))
        if kind == sniff.PNG:
            pillow.loaded(image, kind, data)  # an orientation may come after the picture data
        source = pillow.source_of(data, kind, image)
        if source.frames > _MOST_FRAMES:
            raise TooLargeError("has too many frames")
        yield _profile(image, source)
        deep = storage.depth(data, kind, image) > 8
        for number in range(source.frames):
            pixels = _deep_pixels(data, kind, source) if deep else _frame(image, kind, number, data)
            pixels = opencv.upright(pixels, source.orientation)
            yield struct.pack("<4I", *pixels.shape, pixels.itemsize)
            yield pixels.tobytes()


def _profile(image: Image.Image, source: Source) -> bytes:
    """What turns the numbers into colours, empty for sRGB."""
    if not icc.is_srgb(source.icc):
        return source.icc or b""
    gamma = image.info.get("gamma")
    if source.icc is None and "srgb" not in image.info and isinstance(gamma, float):
        return b"" if abs(gamma - _PLAIN_GAMMA) < 0.001 else struct.pack("<d", gamma)
    return b""


def _frame(image: Image.Image, kind: str, number: int, data: bytes) -> NDArray[Any]:
    """uint8[h, w, 3 or 4] of one frame: RGB, RGBA where something is transparent, CMYK as it is."""
    try:
        if number:
            image.seek(number)
    except (*BROKEN, OverflowError, RuntimeError) as problem:
        raise _NoKeyError from problem
    whole, warning = pillow.loaded_with_warning(image, kind, data)
    if warning is not None:
        raise _NoKeyError
    if whole.mode == "CMYK":
        return np.asarray(whole)
    if storage.has_alpha(whole):
        whole = whole.convert("RGBA")
        return np.asarray(whole if whole.getchannel("A").getextrema() != (255, 255) else whole.convert("RGB"))
    return np.asarray(whole if whole.mode == "RGB" else whole.convert("RGB"))


def _deep_pixels(data: bytes, kind: str, source: Source) -> NDArray[Any]:
    """uint16[h, w, 3 or 4] of a single picture with more than 8 bits a channel."""
    if kind == sniff.HEIF and source.frames == 1:
        import pillow_heif

        return _channels(np.asarray(pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)))
    tiff = Tiff.open(data) if kind == sniff.TIFF else None
    plain = kind == sniff.PNG or (tiff is not None and tiff_opencv.is_plainly_deep(tiff))
    if not plain or source.frames != 1:
        raise _NoKeyError
    array = opencv.unchanged(data)
    if array is None or array.dtype != np.uint16:
        raise _NoKeyError
    return _channels(array)


def _channels(array: NDArray[Any]) -> NDArray[Any]:
    """RGB or RGBA; alpha that hides nothing is dropped."""
    if array.ndim == 2:
        array = array[:, :, None]
    if array.shape[2] in (2, 4) and array[:, :, -1].min() == np.iinfo(array.dtype).max:
        array = array[:, :, :-1]
    if array.shape[2] == 1:
        return np.repeat(array, 3, axis=2)
    if array.shape[2] == 2:
        return np.concatenate([np.repeat(array[:, :, :1], 3, axis=2), array[:, :, 1:]], axis=2)
    return array


def _raw_pieces(data: bytes) -> Iterator[bytes]:
    """The sensor data of a camera RAW: re-tagging leaves them as they are."""
    try:
        import rawpy
    except ImportError:
        raise _NoKeyError from None
    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            opencv.check_size(raw.sizes.width, raw.sizes.height, sniff.DEFAULT_MAX_PIXELS)
            pixels = np.ascontiguousarray(raw.raw_image)
            yield struct.pack("<4I", *pixels.shape[:2], pixels.itemsize, raw.sizes.flip)
            yield raw.color_desc + repr(list(raw.black_level_per_channel)).encode()
            yield pixels.tobytes()
    except rawpy.LibRawError as problem:
        raise _NoKeyError from problem
