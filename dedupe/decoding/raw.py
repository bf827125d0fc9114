"""LibRaw's half of :mod:`dedupe.decoding.decode`: a camera RAW is shown by the preview that its camera embedded.

The preview is enough to match, and a tenth of the work of developing the sensor data. The sensor data is developed, at
half size, only where the preview is missing or smaller than a stored preview needs.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.decoding.jpeg_pixels import jpeg_pixels
from dedupe.decoding.opencv import check_size
from dedupe.formats import extents, jpeg, sniff
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.blocks import blocks
from dedupe.formats.errors import DamagedError, UnsupportedError
from dedupe.formats.header import Source
from dedupe.formats.tiff import Tiff

_FLIPS = {0: 1, 3: 3, 5: 8, 6: 6}
"""LibRaw's flip → EXIF orientation."""


def load(data: bytes, long_side: int, max_pixels: int) -> tuple[NDArray[np.uint8], Source, str | None]:
    """(uint8[h, w, 3] RGB, turned as ``source.orientation`` says; source of the whole RAW; warning).

    UnsupportedError where rawpy is not installed or LibRaw does not know the camera.
    """
    try:
        import rawpy
    except ImportError:
        raise UnsupportedError(
            "is a camera RAW, and rawpy, which reads it, does not load here: install dedupe again"
        ) from None
    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            sizes = raw.sizes
            check_size(sizes.width, sizes.height, max_pixels)
            return _load(raw, data, long_side)
    except rawpy.LibRawFileUnsupportedError as problem:
        raise UnsupportedError("is a camera RAW that LibRaw does not know") from problem
    except (rawpy.LibRawDataError, rawpy.LibRawIOError) as problem:
        raise DamagedError("is a damaged camera RAW") from problem
    except rawpy.LibRawError as problem:
        if extents.is_cut_off(data):
            raise DamagedError("is cut off: its picture data end early") from problem
        raise UnsupportedError("is a camera RAW that LibRaw cannot decode") from problem


def _load(raw: Any, data: bytes, long_side: int) -> tuple[NDArray[np.uint8], Source, str | None]:
    sizes = raw.sizes
    if extents.is_cut_off(data):
        raise DamagedError("is cut off: its picture data end early")
    exif = data if Tiff.open(data) else _canon_exif(data)
    found = tuple(blocks(data, sniff.RAW))
    turn = _FLIPS.get(sizes.flip, 1)
    shown = _preview(raw, min(long_side, 400), long_side)
    if shown is None:
        pixels = raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8, user_flip=0)
        return _in_colour(pixels), _source(sizes, turn, exif, None, found), None
    pixels, parts = shown
    # LibRaw writes its own EXIF into the preview it hands over: only the shape tells whether it was stored upright.
    seen = turn in (5, 6, 7, 8) and (pixels.shape[0] > pixels.shape[1]) != (sizes.height > sizes.width)
    return pixels, _source(sizes, turn, exif, parts, found, upright=seen), None


def _source(
    sizes: Any,
    turn: int,
    exif: bytes | None,
    parts: jpeg.Jpeg | None,
    found: tuple[Block, ...],
    *,
    upright: bool = False,
) -> Source:
    """``upright``: the preview was stored as seen, so the size is given as seen and nothing is turned."""
    swap = upright and turn in (5, 6, 7, 8)
    width, height = (sizes.height, sizes.width) if swap else (sizes.width, sizes.height)
    return Source(
        sniff.RAW,
        width,
        height,
        orientation=1 if upright else turn,
        raw=True,
        lossless=True,
        icc=parts.icc if parts is not None else None,
        exif=exif or (parts.exif if parts is not None else None),
        blocks=found or _of_preview(parts),
        bits=16,
    )


def _of_preview(parts: jpeg.Jpeg | None) -> tuple[Block, ...]:
    """The metadata of the preview, for a RAW whose own container is not known."""
    return (Block(BlockKind.EXIF, parts.exif),) if parts is not None and parts.exif else ()


def _preview(raw: Any, least: int, long_side: int) -> tuple[NDArray[np.uint8], jpeg.Jpeg | None] | None:
    """(pixels as stored, JPEG parts or None) of the embedded preview; None where none is large enough and whole."""
    import rawpy

    try:
        thumb = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        return None
    if thumb.format == rawpy.ThumbFormat.BITMAP:
        bitmap = np.asarray(thumb.data)
        return (_in_colour(bitmap), None) if max(bitmap.shape[:2]) >= least else None
    try:
        parts = jpeg.parse(thumb.data)
        if max(parts.width, parts.height) < least:
            return None
        pixels, warning = jpeg_pixels(thumb.data, parts, long_side)
    except DamagedError:
        return None
    return None if warning else (pixels, parts)


def _in_colour(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8[h, w, 3] of what a monochrome camera gives with one channel or none."""
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    return pixels if pixels.shape[2] == 3 else np.repeat(pixels[:, :, :1], 3, axis=2)


def _canon_exif(data: bytes) -> bytes | None:
    """The first TIFF block (CMT1) of a Canon CR3."""
    at = data.find(b"CMT1", 0, 65536)
    return data[at + 4 :] if at >= 0 else None
