"""Pillow's half of :mod:`dedupe.decoding.decode`: every format but RAW and JPEG, and the JPEGs in CMYK.

Pillow opens a file by its header alone, so the size is judged before pixels are decoded. A truncated file is
never loaded. TIFF and HEIF come out upright (Pillow and libheif turn them), the others as stored.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, PngImagePlugin

from dedupe.decoding import bmp_fields, icc, stderr_capture, storage, tiff_opencv, tiff_webp
from dedupe.decoding.opencv import check_claim, check_size, coloured
from dedupe.decoding.refusal import broken_stream, refused
from dedupe.formats import jpeg, sniff, webp
from dedupe.formats.block import BlockKind
from dedupe.formats.blocks import blocks
from dedupe.formats.errors import BROKEN, UnsupportedError
from dedupe.formats.header import Source, first, orientation
from dedupe.formats.tiff import Tiff

Image.MAX_IMAGE_PIXELS = None  # check_size judges, with the user's limit
ImageFile.LOAD_TRUNCATED_IMAGES = False
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = 1 << 26  # a worker has its own limit of memory

_FORMATS: Final = {
    sniff.JPEG: ("JPEG", "MPO"),
    sniff.PNG: ("PNG",),
    sniff.GIF: ("GIF",),
    sniff.BMP: ("BMP", "DIB"),
    sniff.WEBP: ("WEBP",),
    sniff.TIFF: ("TIFF",),
    sniff.JPEG2000: ("JPEG2000",),
    sniff.AVIF: ("AVIF",),
    sniff.HEIF: ("HEIF",),
    sniff.JPEGXL: ("JXL",),
}
"""What Pillow calls the formats: without it the opener registered last would be asked first, and a HEIF's takes any AVIF."""
_UPRIGHT_ALREADY: Final = frozenset((sniff.TIFF, sniff.HEIF))


def load(data: bytes, kind: str, long_side: int, max_pixels: int) -> tuple[NDArray[np.uint8], Source, str | None]:
    """Decode a picture, and return its pixels, its header and the decoder's warning.

    The pixels are uint8[h, w, 3], RGB in the file's own space. ``orientation`` of the header (:class:`Source`) says how
    they must still be turned. The warning is None for a clean file.
    """
    stated = sniff.frame_size(data, kind)
    if stated is not None:
        check_size(*stated, max_pixels)
        check_claim(*stated, len(data))
    warning = png_warning(data) if kind == sniff.PNG else None
    tiff = Tiff.open(data) if kind == sniff.TIFF else None
    if tiff is not None and tiff_opencv.is_odd(tiff):
        return tiff_opencv.load(data, tiff, max_pixels)
    try:
        return _loaded(data, kind, long_side, max_pixels, warning)
    except UnsupportedError:
        if kind not in _SECOND_TRY:
            raise
        array = _by_another(data, kind, tiff)
        if array is None:
            raise
        return array, _plain_source(data, kind, array), warning


def _by_another(data: bytes, kind: str, tiff: Tiff | None) -> NDArray[np.uint8] | None:
    """The pixels of a variant that Pillow does not read; None where nothing here does."""
    if kind == sniff.BMP:
        return bmp_fields.load(data)
    if tiff is not None and tiff_webp.is_webp(tiff):
        return tiff_webp.load(tiff)
    with stderr_capture.captured() as lines:  # cv2 speaks its mind there
        array = coloured(data)
    # cv2 gives a black picture for a compression that it does not know, and says so there alone.
    return None if any("TIFF_Error" in line for line in lines) else array


_SECOND_TRY: Final = frozenset((sniff.TIFF, sniff.BMP, sniff.JPEG2000))
"""Formats of which another library reads variants that Pillow does not."""


def _plain_source(data: bytes, kind: str, array: NDArray[np.uint8]) -> Source:
    """The source of pixels that another library gave, upright."""
    found = tuple(blocks(data, kind))
    return Source(
        kind,
        array.shape[1],
        array.shape[0],
        lossless=kind == sniff.BMP or (kind == sniff.TIFF and storage.is_lossless_tiff(data)),
        exif=first(found, BlockKind.EXIF),
        blocks=found,
    )


def _loaded(
    data: bytes, kind: str, long_side: int, max_pixels: int, warning: str | None
) -> tuple[NDArray[np.uint8], Source, str | None]:
    tiff = Tiff.open(data) if kind == sniff.TIFF else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = opened(data, kind)
        check_size(*image.size, max_pixels)
        check_claim(*image.size, len(data))
        source = source_of(data, kind, image)
        if kind == sniff.JPEG2000:
            _reduce(image, long_side)
        whole, said = loaded_with_warning(image, kind, data)
        source = replace(source, alpha=storage.shows_through(whole), colours=storage.colours(whole))
        pixels = rgb(_smaller(whole, long_side), source.icc)
        if tiff is not None and image.mode.startswith("I;16") and tiff_opencv.is_white_zero(tiff):
            pixels = 255 - pixels
        return pixels, source, warning or said


def jpeg_pixels(data: bytes, parts: jpeg.Jpeg, long_side: int) -> NDArray[np.uint8]:
    """Decode a JPEG that cv2 does not serve (CMYK, YCCK, odd variants) as uint8[h, w, 3] RGB.

    It is decoded at the smallest scale that still serves ``long_side``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = opened(data, sniff.JPEG)
        short = max(1, long_side * min(parts.width, parts.height) // max(parts.width, parts.height))
        asked = (long_side, short) if parts.width >= parts.height else (short, long_side)
        image.draft(None, asked)  # None: keep the mode
        return rgb(loaded(image, sniff.JPEG, data), parts.icc)


def opened(data: bytes, kind: str) -> Image.Image:
    if kind == sniff.HEIF:
        import pillow_heif

        pillow_heif.register_heif_opener()
        pillow_heif.options.DECODE_THREADS = 1
    if kind == sniff.JPEGXL:
        _register_jpegxl()
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS[kind])
    except (*BROKEN, OverflowError, RuntimeError) as problem:
        raise refused(data, kind, problem) from problem


def _register_jpegxl() -> None:
    try:
        import pillow_jxl  # noqa: F401 - registers itself
    except ImportError:
        raise UnsupportedError(
            "is a JPEG XL: install dedupe-photos[jxl] (it adds pillow-jxl-plugin) to include it"
        ) from None


def loaded(image: Image.Image, kind: str, data: bytes) -> Image.Image:
    """The picture with its pixels; raises DamagedError or UnsupportedError."""
    return loaded_with_warning(image, kind, data)[0]


def loaded_with_warning(image: Image.Image, kind: str, data: bytes) -> tuple[Image.Image, str | None]:
    """The picture with its pixels, and what libtiff said of broken data, None for a clean file; raises as ``loaded``."""
    problem: BaseException | None = None
    with stderr_capture.captured() as lines:
        try:
            image.load()
        except (*BROKEN, OverflowError, RuntimeError, NotImplementedError) as found:
            problem = found
    if problem is not None:
        raise refused(data, kind, problem, lines) from problem
    return image, f"Corrupt TIFF data: {said}" if (said := broken_stream(lines)) else None


def _reduce(image: Any, long_side: int) -> None:
    """Let OpenJPEG decode at the smallest power of two that still serves."""
    levels = 0
    while max(image.size) >> (levels + 1) >= long_side and levels < 5:
        levels += 1
    image.reduce = levels


def _smaller(image: Image.Image, long_side: int) -> Image.Image:
    """A large picture averaged down to no less than twice what is asked for, before copies of it cost memory."""
    factor = max(image.size) // (2 * long_side)
    if factor >= 2 and image.mode in ("1", "P") and "transparency" not in image.info:
        image = image.convert("L" if image.mode == "1" else "RGB")
    if factor < 2 or image.mode not in ("L", "RGB", "RGBA", "LA", "CMYK") or "transparency" in image.info:
        return image
    return image.reduce(factor)  # transparent pixels weigh nothing: Pillow premultiplies


def rgb(image: Image.Image, profile: bytes | None) -> NDArray[np.uint8]:
    """Convert a picture of any mode to uint8[h, w, 3] RGB.

    What is transparent is shown on white. Deeper channels are scaled to 8 bits.
    """
    if storage.has_alpha(image):
        whole = image.convert("RGBA")
        if whole.getchannel("A").getextrema() != (255, 255):
            whole = Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole)
        image = whole.convert("RGB")
    elif image.mode == "CMYK":
        image = icc.cmyk_to_rgb(image, profile)
    elif image.mode.startswith("I;16"):
        return _grey(np.asarray(image).astype(np.uint16) >> 8)
    elif image.mode in ("I", "F"):
        return _grey(_scaled(np.asarray(image)))
    elif image.mode != "RGB":
        image = image.convert("RGB")
    return np.asarray(image)


def _scaled(values: NDArray[Any]) -> NDArray[Any]:
    """Scale values to 0–255.

    Integers of up to 16 bits are scaled by their depth; other ranges (0–1 of a float picture, or wider) by their largest
    value.
    """
    top = float(values.max(initial=0))
    if not np.isfinite(top):
        values, top = np.nan_to_num(values, posinf=0.0), 1.0
    if np.issubdtype(values.dtype, np.floating):
        limit = 1.0 if top <= 1.0 else 255.0 if top <= 255.0 else top
    else:
        limit = 255.0 if top <= 255 else 65535.0 if top <= 65535 else top
    return np.clip(values * (255.0 / limit), 0, 255)


def _grey(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.repeat(values.astype(np.uint8)[:, :, None], 3, axis=2)


def source_of(data: bytes, kind: str, image: Any) -> Source:
    info = image.info
    found = tuple(blocks(data, kind))
    exif = data if kind == sniff.TIFF else first(found, BlockKind.EXIF)
    turned = 1 if kind in _UPRIGHT_ALREADY else _avif_turn(image) if kind == sniff.AVIF else orientation(exif)
    profile = info.get("icc_profile")
    lossless = storage.is_lossless(data, kind, image)
    return Source(
        kind,
        width=image.width,
        height=image.height,
        orientation=turned,
        frames=storage.frames(data, kind, image),
        alpha=storage.has_alpha(image),
        lossless=lossless,
        quality=webp.quality(data) if kind == sniff.WEBP else None,
        bits_a_pixel=None if lossless else storage.bits_a_pixel(data, kind, image.width * image.height),
        icc=profile if isinstance(profile, bytes) and profile else None,
        exif=exif,
        blocks=found,
        bits=storage.depth(data, kind, image),
        chroma=storage.chroma(data, kind),
    )


def _avif_turn(image: Image.Image) -> int:
    """Pillow puts the turn of AVIF's own boxes into the EXIF it reports; the file's EXIF does not count."""
    value = image.getexif().get(0x0112, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def png_warning(data: bytes) -> str | None:
    """What is wrong with the checksums of a PNG's chunks, which Pillow does not verify for pixel data."""
    at, size = 8, len(data)
    while at + 12 <= size:
        (length,) = struct.unpack_from(">I", data, at)
        stop = at + 8 + length
        if stop + 4 > size:
            break
        name = data[at + 4 : at + 8]
        if name[:1].isupper() and zlib.crc32(memoryview(data)[at + 4 : stop]) != int.from_bytes(data[stop : stop + 4]):
            return "Corrupt PNG data: a checksum does not match"
        if name == b"IEND":
            return None
        at = stop + 4
    return "Corrupt PNG data: the end is missing"
