"""A few kilobytes of each photo by which two that share nothing are told apart in a millisecond (``comparing.signature``).

They hold the corners of the preview, spread evenly over the frame so that a caption cannot draw them all, each with
its place, size, direction and an ORB descriptor (Rublee et al. 2011), and a thumbnail. A descriptor says nothing about
the mirror image, so each corner is described a second time in the mirrored picture.

Bytes: ``_HEADER`` (version, number of corners, frame), then uint8[n, 4] (x, y, octave, direction), uint8[n, 32],
uint8[n, 32] of the mirror image, and the thumbnail as a JPEG.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dedupe.decoding.opencv import Pixels, imdecode
from dedupe.decoding.version import SIGNATURE_VERSION
from dedupe.formats.errors import DamagedError

SIDE: Final = 256
"""Long side in pixels of the picture that corners are found in, so that a coordinate is one byte."""
THUMB_SIDE: Final = 96
CORNERS: Final = 160
OCTAVE: Final = 1.25
"""Factor between the sizes of two octaves."""

_OCTAVES: Final = 6
_PATCH: Final = 24
_FOUND: Final = 400
_CLEAR, _FAINT = 12, 5
"""Grey levels that a corner stands out by: few pictures lack clear ones, and faint ones take time to find."""
_CELLS: Final = 6
_THUMB_QUALITY: Final = 80
_ANGLES: Final = 256
_HEADER: Final = struct.Struct("<BBHH")


@dataclass(frozen=True, slots=True)
class Corners:
    """The corners of a picture, as the bytes of a signature hold them.

    ``frame`` is (width, height) in the unit of ``places``, float32[n, 2]. ``turns``, complex64[n], are the size times
    e^(i · direction). ``described`` and ``mirrored`` are uint64[n, 4]. ``thumb`` is uint8[h, w].
    """

    frame: tuple[int, int]
    places: NDArray[np.float32]
    turns: NDArray[np.complex64]
    described: NDArray[np.uint64]
    mirrored: NDArray[np.uint64]
    thumb: Pixels


def signature(rgb: Pixels) -> bytes:
    """The signature of a decoded preview, uint8[h, w, 3]; the same pixels always give the same bytes."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    seen = _scaled(grey, SIDE)
    found, described, mirrored = _corners(seen)
    table = np.array([_row(corner) for corner in found], np.uint8).reshape(-1, 4)
    height, width = seen.shape
    header = _HEADER.pack(SIGNATURE_VERSION, len(found), width, height)
    parts = (table, described, mirrored)
    return header + b"".join(part.tobytes() for part in parts) + _thumb(seen)


def _corners(seen: Pixels) -> tuple[list[Any], NDArray[np.uint8], NDArray[np.uint8]]:
    """The corners of the picture with their descriptors, uint8[n, 32], as it is and mirrored."""
    none = np.zeros((0, 32), np.uint8)
    if min(seen.shape) < _PATCH:  # OpenCV fails on an octave without any pixel
        return [], none, none
    found, described = _detector().compute(seen, _spread(_found(seen), seen.shape))
    if not found:
        return [], none, none
    mirror = cv2.flip(seen, 1)
    turned, mirrored = _detector().compute(mirror, [_flipped(corner, seen.shape[1]) for corner in found])
    if len(turned) != len(found):  # a corner too close to the border of one of its octaves would be left out of both
        mirrored = np.zeros_like(described)
    return list(found), described, mirrored


def parse(data: bytes) -> Corners:
    """Raises DamagedError where the bytes are no signature of this version."""
    try:
        version, count, width, height = _HEADER.unpack_from(data)
        start = _HEADER.size
        table = np.frombuffer(data, np.uint8, 4 * count, start).reshape(count, 4)
        start += 4 * count
        both = np.frombuffer(data, "<u8", 8 * count, start).reshape(2, count, 4)
        thumb = imdecode(data[start + 64 * count :], cv2.IMREAD_GRAYSCALE)
    except (struct.error, ValueError) as problem:
        raise DamagedError("has a damaged signature") from problem
    if version != SIGNATURE_VERSION or thumb is None:
        raise DamagedError("has a damaged signature")
    turns = OCTAVE ** table[:, 2].astype(np.float32) * np.exp(2j * np.pi * table[:, 3] / _ANGLES)
    return Corners(
        (width, height), table[:, :2].astype(np.float32), turns.astype(np.complex64), both[0], both[1], thumb
    )


@cache
def _detector(least: int = _CLEAR) -> Any:
    return cv2.ORB_create(_FOUND, OCTAVE, _OCTAVES, edgeThreshold=_PATCH // 2, patchSize=_PATCH, fastThreshold=least)


def _found(seen: Pixels) -> tuple[Any, ...]:
    clear: tuple[Any, ...] = _detector().detect(seen, None)
    return clear if len(clear) >= 2 * CORNERS else tuple(_detector(_FAINT).detect(seen, None))


def _scaled(grey: Pixels, side: int) -> Pixels:
    """The picture with its long side at ``side``, enlarged where it is smaller."""
    height, width = grey.shape
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR)


def _spread(found: tuple[Any, ...], shape: tuple[int, ...]) -> list[Any]:
    """At most CORNERS of the corners: the strongest of each cell of the frame, then the second of each, and so on."""
    if len(found) <= CORNERS:
        return list(found)
    places = cv2.KeyPoint_convert(found)
    strength = np.array([corner.response for corner in found])
    cell = max(shape) / _CELLS
    number = (places // cell).astype(np.int64) @ np.array([_CELLS + 1, 1])
    order = np.lexsort((-strength, number))
    first = np.flatnonzero(np.diff(number[order], prepend=-1))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    return [found[at] for at in np.lexsort((-strength, rank))[:CORNERS]]


def _flipped(corner: Any, width: int) -> Any:
    x, y = corner.pt
    return cv2.KeyPoint(width - 1 - x, y, corner.size, (180 - corner.angle) % 360, corner.response, corner.octave)


def _row(corner: Any) -> tuple[int, int, int, int]:
    x, y = corner.pt
    return min(255, round(x)), min(255, round(y)), corner.octave, math.floor(corner.angle / 360 * _ANGLES) % _ANGLES


def _thumb(grey: Pixels) -> bytes:
    _, encoded = cv2.imencode(".jpg", _scaled(grey, THUMB_SIDE), [cv2.IMWRITE_JPEG_QUALITY, _THUMB_QUALITY])
    return bytes(encoded)
