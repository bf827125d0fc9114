"""Whether all frames of two animations, or all pages of two documents, agree: their first ones were verified before.

A page agrees where no part of it differs by more than saving it again leaves, measured on the two first pages. Two files whose
first pages alone agree are two documents that begin alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from dedupe.comparing.pictures import View, bytes_of
from dedupe.comparing.thresholds import FRAME_GRID, FRAME_LOCAL, FRAME_RATIO, FRAME_SIDE
from dedupe.formats.errors import PhotoError
from dedupe.types import Change, Remark

Grey: TypeAlias = NDArray[np.uint8]


def unlike(a: View, b: View) -> Remark | None:
    """What tells the frames of two files apart whose first ones are one capture; None where all agree."""
    if max(a.facts.frames, b.facts.frames) == 1:
        return None
    if min(a.facts.frames, b.facts.frames) == 1:
        return Remark(Change.STILL, max(a.facts.frames, b.facts.frames))
    try:
        number = _first_unlike(_frames(a), _frames(b))
    except PhotoError:
        return Remark(Change.UNREAD)
    return None if number is None else Remark(Change.PAGE, number)


def _frames(view: View) -> Iterator[Grey]:
    from dedupe.decoding.frames import frames

    data = bytes_of(view)
    if data is None:
        raise PhotoError("is gone or another file now")
    return frames(data, FRAME_SIDE)


def _first_unlike(ours: Iterator[Grey], theirs: Iterator[Grey]) -> int | None:
    """The number, from 1, of the first frame that differs or that one of the two lacks."""
    turn, limit = 0, 0.0
    for number, (one, other) in enumerate(zip_longest(ours, theirs), 1):
        if one is None or other is None:
            return number
        if number == 1:
            turn = min(range(8), key=lambda way: difference(one, _turned(other, way)))
            limit = max(FRAME_LOCAL, FRAME_RATIO * difference(one, _turned(other, turn)))
        elif difference(one, _turned(other, turn)) > limit:
            return number
    return None


def difference(one: Grey, other: Grey) -> float:
    """The largest mean difference, in grey levels, of a part of two pictures brought to one size; other shapes differ wholly."""
    if abs(np.log(one.shape[0] / one.shape[1] * other.shape[1] / other.shape[0])) > 0.05:
        return 255.0
    size = (min(one.shape[1], other.shape[1]), min(one.shape[0], other.shape[0]))
    a, b = (cv2.resize(each, size, interpolation=cv2.INTER_AREA).astype(np.float32) for each in (one, other))
    grid = (min(FRAME_GRID, size[0]), min(FRAME_GRID, size[1]))
    parts = cv2.resize(np.abs(cv2.GaussianBlur(a - b, (0, 0), 1.0)), grid, interpolation=cv2.INTER_AREA)
    return float(parts.max())


def _turned(picture: Grey, way: int) -> Grey:
    """One of the eight turns and mirrors of a picture."""
    turned = np.rot90(picture, way % 4)
    return np.ascontiguousarray(turned[:, ::-1] if way >= 4 else turned)
