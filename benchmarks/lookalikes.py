"""Make what must not be merged: the next shot of a burst, and pictures in which something is moved, replaced or retouched.

Every maker takes RGB uint8[h, w, 3] and a seeded generator and returns a new picture, or None where the photograph has no
place in which the change could be seen (a plain wall): a benchmark must not count what nobody can see.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.pictures import Picture, as_picture, long_side

VISIBLE = 18.0
"""Mean difference of values (0–255) over the changed place from which on a person sees it side by side."""

_TRIES = 24


def next_shot(picture: Picture, rng: Generator) -> Picture:
    """Make the shot taken a second later from the hand.

    The camera moved and turned a little, near things moved more than far ones, the light is a trace different, the sensor's
    noise is new, and half of the time a thing has moved.
    """
    scene = picture
    if rng.random() < 0.5:
        moved = moved_object(picture, rng)
        scene = picture if moved is None else moved
    clean = cv2.bilateralFilter(scene, 5, 12, 3).astype(np.float32)
    warped = cv2.remap(clean, *_hand_motion(picture, rng), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    noise: NDArray[np.float32] = rng.standard_normal(warped.shape, np.float32)
    lit = warped * float(rng.uniform(0.96, 1.04)) + noise * float(rng.uniform(2.5, 5))
    height, width = picture.shape[:2]
    x, y = round(width * 0.04), round(height * 0.04)
    return as_picture(lit[y : height - y, x : width - x])


def _hand_motion(picture: Picture, rng: Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Say where each pixel of the next shot comes from: a small similarity and a smooth parallax of 0.5–1.2 % of the side."""
    height, width = picture.shape[:2]
    angle, zoom = float(rng.uniform(-1.5, 1.5)), float(rng.uniform(0.985, 1.015))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, zoom)
    matrix[:, 2] += rng.uniform(-0.015, 0.015, 2) * (width, height)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    reach = long_side(picture) * float(rng.uniform(0.005, 0.012))
    depth = rng.standard_normal((5, 5)).astype(np.float32)
    depth = cv2.resize(depth / max(float(np.abs(depth).max()), 1e-6), (width, height), interpolation=cv2.INTER_CUBIC)
    heading = float(rng.uniform(0, 2 * np.pi))
    from_x = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] + depth * reach * np.cos(heading)
    from_y = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] + depth * reach * np.sin(heading)
    return from_x.astype(np.float32), from_y.astype(np.float32)


def moved_object(picture: Picture, rng: Generator) -> Picture | None:
    """A thing an eighth to a fifth of the short side wide stands elsewhere; its old place is filled in."""

    def attempt() -> tuple[Picture, NDArray[np.float32]]:
        side = _side(picture, rng, 0.12, 0.2)
        old, new = _corner(picture, side, rng), _corner(picture, side, rng)
        blob = _ellipse(side)
        mask = _place(picture, blob, old)
        without = _filled(picture, mask, side)
        thing = picture[old[1] : old[1] + side, old[0] : old[0] + side]
        return _pasted(without, thing, blob, new), np.maximum(mask, _place(picture, blob, new))

    return _first_visible(picture, attempt)


def replaced_patch(picture: Picture, donor: Picture, rng: Generator) -> Picture | None:
    """Replace a patch as large as a face, an eighth to a quarter of the short side, by one of another photo.

    Its edge is feathered and its brightness brought to that of its surroundings: what "swap the face" does.
    """

    def attempt() -> tuple[Picture, NDArray[np.float32]]:
        side = _side(picture, rng, 0.13, 0.25)
        donor_side = _side(donor, rng, 0.15, 0.4)
        at, source = _corner(picture, side, rng), _corner(donor, donor_side, rng)
        patch = donor[source[1] : source[1] + donor_side, source[0] : source[0] + donor_side]
        fitted = cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
        around = picture[at[1] : at[1] + side, at[0] : at[0] + side]
        toned = as_picture(fitted + (around.mean() - fitted.mean()) * 0.7)
        blob = _ellipse(side)
        return _pasted(picture, toned, blob, at), _place(picture, blob, at)

    return _first_visible(picture, attempt)


def retouched_spot(picture: Picture, rng: Generator) -> Picture | None:
    """A spot of 4–7 % of the long side is gone, filled in from its surroundings."""

    def attempt() -> tuple[Picture, NDArray[np.float32]]:
        side = max(9, round(long_side(picture) * float(rng.uniform(0.04, 0.07))))
        mask = _place(picture, _ellipse(side), _corner(picture, side, rng))
        return _filled(picture, mask, side), mask

    return _first_visible(picture, attempt)


def _first_visible(picture: Picture, attempt: Callable[[], tuple[Picture, NDArray[np.float32]]]) -> Picture | None:
    for _ in range(_TRIES):
        changed, mask = attempt()
        difference = np.abs(changed.astype(np.float32) - picture).mean(axis=2)
        inside = mask > 0.5
        if inside.any() and float(difference[inside].mean()) >= VISIBLE:
            return changed
    return None


def _side(picture: Picture, rng: Generator, low: float, high: float) -> int:
    short = min(int(picture.shape[0]), int(picture.shape[1]))
    return max(9, round(short * float(rng.uniform(low, high))))


def _corner(picture: Picture, side: int, rng: Generator) -> tuple[int, int]:
    height, width = picture.shape[:2]
    return int(rng.integers(0, width - side + 1)), int(rng.integers(0, height - side + 1))


def _ellipse(side: int) -> NDArray[np.float32]:
    """A feathered blob, float32[side, side], 0–1."""
    blob = np.zeros((side, side), np.float32)
    cv2.circle(blob, (side // 2, side // 2), max(2, round(side * 0.42)), 1.0, -1)
    return np.asarray(cv2.GaussianBlur(blob, (0, 0), max(0.8, side * 0.04)), np.float32)


def _place(picture: Picture, blob: NDArray[np.float32], at: tuple[int, int]) -> NDArray[np.float32]:
    mask = np.zeros(picture.shape[:2], np.float32)
    mask[at[1] : at[1] + blob.shape[0], at[0] : at[0] + blob.shape[1]] = blob
    return mask


def _pasted(picture: Picture, patch: Picture, blob: NDArray[np.float32], at: tuple[int, int]) -> Picture:
    result = picture.copy()
    window = result[at[1] : at[1] + blob.shape[0], at[0] : at[0] + blob.shape[1]]
    weight = blob[..., None]
    window[:] = as_picture(patch.astype(np.float32) * weight + window.astype(np.float32) * (1 - weight))
    return result


def _filled(picture: Picture, mask: NDArray[np.float32], side: int) -> Picture:
    """Fill the masked place in from round it.

    Only the neighbourhood is worked on, so 12 megapixels cost no more.
    """
    rows, columns = np.nonzero(mask > 0.02)
    top, bottom = max(0, rows.min() - side // 2), rows.max() + side // 2
    left, right = max(0, columns.min() - side // 2), columns.max() + side // 2
    window = np.ascontiguousarray(picture[top:bottom, left:right])
    hole = (mask[top:bottom, left:right] > 0.02).astype(np.uint8)
    factor = min(1.0, 96 / side)
    small = cv2.resize(window, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    small_hole = cv2.resize(hole, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_NEAREST)
    patched = cv2.inpaint(small, small_hole, 3, cv2.INPAINT_TELEA)
    whole = cv2.resize(patched, (window.shape[1], window.shape[0]), interpolation=cv2.INTER_LINEAR)
    result = picture.copy()
    weight = mask[top:bottom, left:right, None]
    result[top:bottom, left:right] = as_picture(whole.astype(np.float32) * weight + window * (1 - weight))
    return result
