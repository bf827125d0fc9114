"""Whether a thing stands in one place of a picture and in another place of the other: then time passed between the two.

What is put on a picture is on one side alone, and under it is the scene. A thing that moved is on both sides. Frames of a film
from a camera that stands still need this: a codec repeats what does not change to the pixel, noise included, so that noise tells
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from dedupe.comparing.align import Floats, Mask
from dedupe.comparing.measure import Measurement
from dedupe.comparing.registration import grey_of
from dedupe.comparing.thresholds import FOUND_AGAIN, LEAST_FOUND, NOT_IN_PLACE, SHARE_FOUND

_SIDE: Final = 12
"""Pixels along a patch that is looked for."""
_STEP: Final = 4
_MOST: Final = 120
"""Patches that are looked for."""
_GROWN: Final = 7
_INSIDE: Final = 0.7
"""Share of a patch that must lie within what differs, on both sides."""
_CONTRAST: Final = 6.0
"""Standard deviation, grey levels, from which a patch can be told from others."""
_ALIKE: Final = 2
"""Pixels by which two shifts may differ and be one motion."""

_Shift = tuple[int, int]


def has_moved(measurement: Measurement) -> bool:
    """Whether patches of what differs are found in another place of the other picture, all moved in the same way.

    It is judged at the first look. A thing that turned by more than some degrees is not found again.
    """
    still, moved = (grey_of(picture) for picture in (measurement.registered.still, measurement.registered.moved))
    grown = np.ones((_GROWN, _GROWN), np.uint8)
    differing = cv2.dilate(measurement.difference.mask.astype(np.uint8), grown).astype(np.float32)
    within = cv2.boxFilter(differing, -1, (_SIDE, _SIDE), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT) > _INSIDE
    patches = list(_patches(still, within))
    shifts = [shift for at in patches if (shift := _found(still, moved, within, at)) is not None]
    if len(shifts) < LEAST_FOUND:
        return False
    all_shifts = np.array(shifts)
    together = (np.abs(all_shifts[:, None] - all_shifts[None]).max(axis=2) <= _ALIKE).sum(axis=1)
    return int(together.max()) >= max(LEAST_FOUND, SHARE_FOUND * len(patches))


def _patches(grey: Floats, within: Mask) -> Iterator[_Shift]:
    """Corners, row and column, of patches with contrast that lie within what differs, spread evenly over it."""
    rows, cols = np.nonzero(within[::_STEP, ::_STEP])
    corners = [(int(row) * _STEP, int(col) * _STEP) for row, col in zip(rows, cols, strict=True)]
    telling = [at for at in corners if _cut(grey, at).std() > _CONTRAST]
    yield from telling[:: max(1, -(-len(telling) // _MOST))]


def _found(still: Floats, moved: Floats, within: Mask, at: _Shift) -> _Shift | None:
    """By how much a patch of ``still`` has moved; None where it is not found, or is found in its own place as well."""
    likeness: Floats = cv2.matchTemplate(moved, _cut(still, at), cv2.TM_CCOEFF_NORMED)
    if likeness[at] > NOT_IN_PLACE:
        return None
    likeness[~within[: likeness.shape[0], : likeness.shape[1]]] = -1
    place: npt.NDArray[np.intp] = np.array(np.unravel_index(int(likeness.argmax()), likeness.shape))
    if likeness[tuple(place)] < FOUND_AGAIN:
        return None
    return int(place[0]) - at[0], int(place[1]) - at[1]


def _cut(grey: Floats, at: _Shift) -> Floats:
    return grey[at[0] : at[0] + _SIDE, at[1] : at[1] + _SIDE]
