"""Perspective: a picture tilted so that one affine map lays it on another.

A homography is an affine map after a *keystone*, which holds the middle of the frame and tilts the rest: two numbers, in the unit
frame of the picture. The pictures are compared once the keystone is taken out, so that everything else knows affine maps only.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from dedupe.comparing import align
from dedupe.comparing.align import Floats, Matrix, Rgb
from dedupe.comparing.homography import homography_of, placed
from dedupe.comparing.registration import Registered

_LEAST_BLOCKS = 40
_CORRELATED = 0.6
_REACH = 8.0
_ROBUST = 1.5


@dataclass(frozen=True, slots=True)
class Keystone:
    """How much nearer the right and the lower rim of a frame are than its middle, as a share of its distance, times two."""

    across: float
    down: float

    @property
    def amount(self) -> float:
        """The stronger of both tilts."""
        return max(abs(self.across), abs(self.down))

    @property
    def matrix(self) -> Matrix:
        """float64[3, 3], the frame (0–1 each way) onto itself without the tilt, made smaller so that all of it fits in."""
        room = 1 - (abs(self.across) + abs(self.down)) / 2
        tilt = np.array([[room, 0, 0], [0, room, 0], [self.across, self.down, 1.0]])
        to, back = (np.array([[1, 0, at], [0, 1, at], [0, 0, 1.0]]) for at in (-0.5, 0.5))
        return np.asarray(back @ tilt @ to)


@dataclass(frozen=True, slots=True)
class Untilted:
    """A picture uint8[h, w, 3] without its tilt; ``mask`` float32[h, w] is 1 where it has content."""

    picture: Rgb
    mask: Floats


def untilted(picture: Rgb, keystone: Keystone) -> Untilted:
    """The picture on a grid of its own size, its tilt taken out."""
    height, width = picture.shape[:2]
    unit = np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height], [0, 0, 1.0]])
    matrix = np.linalg.inv(unit) @ keystone.matrix @ unit
    moved = cv2.warpPerspective(
        picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    whole = np.ones((height, width), np.float32)
    mask = cv2.warpPerspective(whole, matrix, (width, height), flags=cv2.INTER_LINEAR)
    return Untilted(moved, (mask > 0.999).astype(np.float32))


def split(full: Matrix) -> tuple[Keystone, Matrix]:
    """Split a homography float64[3, 3] between frames (0–1 each way) into a keystone and an affine map float64[2, 3].

    The keystone is that of the source. The affine map carries what it leaves onto the target.
    """
    middle = full[2] @ np.array([0.5, 0.5, 1.0])
    keystone = Keystone(*(np.clip(full[2, :2] / middle, -0.9, 0.9)))
    affine = full @ np.linalg.inv(keystone.matrix)
    return keystone, np.asarray(affine[:2] / affine[2, 2])


def joined(keystone: Keystone | None, affine: Matrix) -> Matrix:
    """float64[3, 3]: ``split`` undone; ``affine`` float64[2, 3]."""
    whole = np.vstack([affine, [0.0, 0.0, 1.0]])
    return np.asarray(whole @ keystone.matrix) if keystone is not None else whole


def between_frames(full: Matrix, source: tuple[int, ...], target: tuple[int, ...]) -> Matrix:
    """A homography float64[3, 3] between pixels of pictures of these shapes as one between their frames, 0–1 each way."""
    return np.asarray(_units(target) @ full @ np.linalg.inv(_units(source)))


def flat(keystone: Keystone | None, affine: Matrix) -> Matrix:
    """float64[2, 3]: the affine map between frames that comes nearest to both together, at the middle of the source."""
    if keystone is None:
        return affine
    full = joined(keystone, affine)
    middle = np.array([0.5, 0.5, 1.0])
    depth = full[2] @ middle
    at = full[:2] @ middle / depth
    linear = (full[:2, :2] - np.outer(at, full[2, :2])) / depth
    return np.hstack([linear, (at - linear @ middle[:2])[:, None]])


def from_blocks(registered: Registered, keystone: Keystone | None) -> Matrix | None:
    """The homography float64[3, 3] that maps b's frame onto a's (0–1 each way), fitted to the shifts of the blocks.

    None where these are too few. ``keystone`` is what was taken out of b before.
    """
    field, over = registered.field, registered.overlay
    usable = field.textured & (field.correlation > _CORRELATED) & (np.hypot(field.dx, field.dy) < _REACH)
    if usable.sum() < _LEAST_BLOCKS:
        return None
    at = np.stack([field.x[usable], field.y[usable]], 1).astype(np.float64)
    shift = np.stack([field.dx[usable], field.dy[usable]], 1).astype(np.float64)
    back = align.invert(over.matrix)
    moving = at @ back[:, :2].T + back[:, 2]
    weight = 1 / (field.sigma[usable].astype(np.float64) ** 2 + 0.05**2)
    full = homography_of(at + shift, moving, weight)
    for _ in range(2):
        if full is None:
            return None
        off = np.hypot(*(placed(full, moving) - at - shift).T)
        full = homography_of(at + shift, moving, weight * np.maximum(0.0, 1 - (off / _ROBUST) ** 2) ** 2)
    if full is None:
        return None
    unit = between_frames(full, over.moving.shape, over.still.shape)
    out = np.linalg.inv(unit) if over.swapped else unit
    return np.asarray(out @ keystone.matrix if keystone is not None else out, np.float64)


def _units(shape: tuple[int, ...]) -> Matrix:
    height, width = shape[:2]
    return np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height], [0, 0, 1.0]])
