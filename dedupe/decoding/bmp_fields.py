"""BMPs whose channels are in bit fields of their own, which Pillow refuses and cv2 reads in the wrong colours."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

_BIT_FIELDS: Final = frozenset((3, 6))
_KINDS: Final = {16: "<u2", 32: "<u4"}


def load(data: bytes) -> NDArray[np.uint8] | None:
    """uint8[h, w, 3] of a BMP with bit fields; None for any other, or where its rows are not all there."""
    if len(data) < 66:
        return None
    start, header, width, height, _, bits, compression = struct.unpack_from("<10xIIiiHHI", data)
    if compression not in _BIT_FIELDS or bits not in _KINDS or width <= 0 or not height or header < 40:
        return None
    masks = struct.unpack_from("<III", data, 54)
    stride = (width * bits + 31) // 32 * 4
    if start + stride * abs(height) > len(data) or not all(masks):
        return None
    rows = np.frombuffer(data, np.uint8, stride * abs(height), start).reshape(abs(height), stride)
    values = np.ascontiguousarray(rows[:, : width * bits // 8]).view(_KINDS[bits]).astype(np.uint64)
    channels = [(values & mask) * 255 // mask for mask in (np.uint64(mask) for mask in masks)]
    picture = np.stack(channels, axis=2).astype(np.uint8)
    return picture[::-1].copy() if height > 0 else picture
