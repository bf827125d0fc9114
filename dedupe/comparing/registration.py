"""What is left of the displacement between two pictures once one is registered on the other.

The finer picture is brought down to the sampling of the coarser one, both are band-passed, and the overlap is cut into blocks. In
each, a linear model explains the one picture by the other: a gain (tone) and a shift (Lucas and Kanade 1981), with the shift's
standard error from what stays unexplained. One affine map explains the shifts of all blocks when both pictures come from one
capture, to a few hundredths of a pixel; two captures leave shifts that bend over the picture: perspective, parallax, motion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from dedupe.comparing.align import Floats, Mask, Matrix, Rgb, compose, invert, scale_of
from dedupe.comparing.grid import FINE, Grid, Layer
from dedupe.comparing.ground import CELL, Ground, blocks_of

P = TypeVar("P", bound=np.generic)

TEXTURED: Final = 2.0
"""Band-passed contrast, in grey levels, from which a block counts: above what compression leaves in flat areas."""
_MIN_COVER: Final = 0.9
_SHIFT_FLOOR: Final = 0.04
_LAWFUL: Final = 0.97


@dataclass(frozen=True, slots=True)
class Overlay:
    """Two pictures at the sampling of the coarser one: ``matrix`` maps pixels of ``moving`` onto ``still``.

    ``still`` is a, ``moving`` is b brought down to its sampling; the other way round where ``swapped``. The masks are
    float32[h, w], 1 where a picture has content, None where it has everywhere.
    """

    still: Rgb
    moving: Rgb
    matrix: Matrix
    swapped: bool
    still_mask: Floats | None = None
    moving_mask: Floats | None = None


@dataclass(frozen=True, slots=True)
class Laid:
    """An overlay by one matrix: ``moving`` float32 is its grey, ``moved`` the same on the grid of ``still``."""

    matrix: Matrix
    moving: Floats
    moved: Floats
    ground: Ground
    still: Layer


@dataclass(frozen=True, slots=True)
class Field:
    """The block-wise comparison; each array is float32[rows, cols] over the blocks.

    ``valid`` 1: wholly inside both pictures. ``texture``: the weaker of both band-passed contrasts, grey levels. ``plain``:
    correlation unshifted; ``correlation``: after the block's own shift. ``gain``: tone. ``dx``, ``dy``: how far ``moving``
    is off ``still``, pixels; ``sigma``: standard error of each. ``x``, ``y``: block centres.
    """

    valid: Floats
    texture: Floats
    plain: Floats
    correlation: Floats
    gain: Floats
    dx: Floats
    dy: Floats
    sigma: Floats
    x: Floats
    y: Floats

    @property
    def textured(self) -> Mask:
        """bool[rows, cols]: inside both pictures and with structure in both."""
        return (self.valid > 0) & (self.texture > TEXTURED)


@dataclass(frozen=True, slots=True)
class Registered:
    """An overlay whose displacement is refined: both pictures on one grid.

    ``still``, ``moved`` uint8[h, w, 3]; ``cover`` float32[h, w], 1 where both have content.
    """

    overlay: Overlay
    field: Field
    still: Rgb
    moved: Rgb
    cover: Floats


@dataclass(frozen=True, slots=True)
class Bend:
    """The non-rigid part of the shifts: what no affine map explains and a smooth cubic does.

    ``amplitude`` is the root mean square in pixels, ``certainty`` the F statistic of the cubic terms (about 1–5 for
    noise).
    """

    amplitude: float
    certainty: float


def overlay(a: Rgb, b: Rgb, matrix: Matrix, mask: Floats | None = None) -> Overlay:
    """Bring the finer of two pictures down to the sampling of the coarser, each direction by itself.

    ``matrix`` maps pixels of b onto a. ``mask``, float32[h, w], is 1 where b has content.
    """
    swapped = scale_of(matrix) > 1.0
    still, fine, onto = (b, a, invert(matrix)) if swapped else (a, b, matrix)
    masks = (mask, None) if swapped else (None, mask)
    height, width = fine.shape[:2]
    wide, high = (min(1.0, float(np.linalg.norm(onto[:, axis]))) for axis in (0, 1))
    across, down = max(1, round(width * wide)), max(1, round(height * high))
    if min(wide, high) > 0.98:
        return Overlay(still, fine, onto, swapped, *masks)
    small = cv2.resize(fine, (across, down), interpolation=cv2.INTER_AREA)
    small_mask = None if masks[1] is None else cv2.resize(masks[1], (across, down), interpolation=cv2.INTER_AREA)
    sx, sy = width / across, height / down
    grow = np.array([[sx, 0, (sx - 1) / 2], [0, sy, (sy - 1) / 2]])
    return Overlay(still, small, compose(onto, grow), swapped, masks[0], small_mask)


def laid(over: Overlay, matrix: Matrix, before: Laid | None = None) -> Laid:
    """Register ``over`` by ``matrix``.

    What ``before``, another registration of the same overlay, has in common with it is reused.
    """
    still = grey_of(over.still) if before is None else before.still.grey
    moving = grey_of(over.moving) if before is None else before.moving
    cover = cover_of(over, matrix)
    if before is not None and np.array_equal(cover, before.ground.cover):
        ground, layer = before.ground, before.still
    else:
        ground = Ground(cover)
        layer = Layer(still, ground)
    return Laid(matrix, moving, warped(moving, matrix, still.shape), ground, layer)


def refine(
    over: Overlay, rounds: tuple[float, ...] = (3.0, FINE, FINE), start: Laid | None = None
) -> tuple[Registered, Grid]:
    """Refine the overlay by the shifts of its blocks until one affine map explains what it can of them.

    ``rounds`` are the fine scales of the band, coarse to fine. ``start`` is ``over`` as registered, where that is known.
    Also returns both pictures on one grid, with all that was worked out of them.
    """
    now = start or laid(over, over.matrix)
    for fine in rounds:
        still = now.still if fine == now.still.fine else Layer(now.still.grey, now.ground, fine)
        step = _correction(_field(still, Layer(now.moved, now.ground, fine)))
        now = laid(over, compose(step, now.matrix), now)
    grid = Grid(over.still, warped(over.moving, now.matrix, over.still.shape), now.ground, now.still)
    # A tone that bends or clips would pass for shifts: the reading under which the blocks agree best is the true one.
    seen = max((_field(*pair) for pair in grid.readings), key=_agreeing)
    if _agreeing(seen) < _LAWFUL and (lawful := grid.law(forth=True)) is not None:
        seen = max(seen, _field(*lawful), key=_agreeing)
    return Registered(replace(over, matrix=now.matrix), seen, over.still, grid.moved, grid.ground.cover), grid


def bend(field: Field, among: Mask) -> Bend:
    """How far the shifts of the blocks ``among`` bool[rows, cols] bend over the picture."""
    usable = among & (field.correlation > 0.5)
    count = int(usable.sum())
    if count < 24:
        return Bend(0.0, 0.0)
    x, y = _unit(field.x[usable]), _unit(field.y[usable])
    affine = np.stack([np.ones_like(x), x, y], 1)
    smooth = np.stack([x * x, x * y, y * y, x**3, x * x * y, x * y * y, y**3], 1)
    cubic = np.concatenate([affine, smooth], 1)
    sigma2 = field.sigma[usable].astype(np.float64) ** 2 + _SHIFT_FLOOR**2
    certainty = amplitude2 = 0.0
    for shift in (field.dx[usable].astype(np.float64), field.dy[usable].astype(np.float64)):
        weight = 1 / sigma2
        for _ in range(2):
            off = shift - cubic @ _solve(cubic, shift, weight)
            reach = np.maximum(0.6, 4 * np.sqrt(sigma2))
            weight = np.maximum(0.0, 1 - (off / reach) ** 2) ** 2 / sigma2
        curved = cubic @ _solve(cubic, shift, weight)
        straight = affine @ _solve(affine, shift, weight)
        before, after = float(weight @ (shift - straight) ** 2), float(weight @ (shift - curved) ** 2)
        freedom = max(1, int((weight > 0).sum()) - 10)
        certainty += max(0.0, before - after) / 14 / max(after / freedom, 1e-9)
        amplitude2 += float(weight @ (curved - straight) ** 2) / max(float(weight.sum()), 1e-9)
    return Bend(amplitude2**0.5, certainty)


def grey_of(rgb: Rgb) -> Floats:
    """float32[h, w] luma, 0–255."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)


def warped(picture: npt.NDArray[P], matrix: Matrix, shape: tuple[int, ...]) -> npt.NDArray[P]:
    """The picture on a grid of that shape, ``matrix`` mapping its pixels onto the grid's."""
    size = (shape[1], shape[0])
    return cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def cover_of(over: Overlay, matrix: Matrix) -> Floats:
    """float32[h, w] on the grid of ``still``: 1 where ``moving``, mapped by ``matrix``, has content."""
    size = (over.still.shape[1], over.still.shape[0])
    whole = np.ones(over.moving.shape[:2], np.float32) if over.moving_mask is None else over.moving_mask
    cover = cv2.warpAffine(whole, matrix, size, flags=cv2.INTER_LINEAR)
    if over.still_mask is not None:
        cover = cover * over.still_mask
    within = cv2.compare(cover, 0.999, cv2.CMP_GT)
    within = cv2.erode(within, np.ones((3, 3), np.uint8), borderValue=255)
    return (within > 0).astype(np.float32)


def re_registered(over: Overlay, registered: Registered) -> Registered:
    """``over`` placed as ``registered`` is: the same two pictures before one was softened."""
    moved = warped(over.moving, registered.overlay.matrix, over.still.shape)
    return replace(registered, overlay=replace(over, matrix=registered.overlay.matrix), still=over.still, moved=moved)


def _agreeing(seen: Field) -> float:
    weight = seen.texture * seen.valid
    return float((weight * seen.correlation).sum() / max(float(weight.sum()), 1e-6))


def _field(still: Layer, moved: Layer) -> Field:
    area, slopes = still.ground.area, moved.slopes
    n = np.maximum(area, 1.0)
    ff, gg, fg = still.power, moved.power, blocks_of(still.band, moved.band)
    right = [fg.astype(np.float64)]
    right += [blocks_of(still.band, slope).astype(np.float64) for slope in (slopes.across, slopes.down)]
    i00, i01, i02, i11, i12, i22 = slopes.inverse
    gain, *shifts = (
        sum((cell * value for cell, value in zip(row, right, strict=True)), np.zeros(ff.shape))
        for row in ((i00, i01, i02), (i01, i11, i12), (i02, i12, i22))
    )
    explained = gain * right[0] + shifts[0] * right[1] + shifts[1] * right[2]
    left = np.maximum(ff - explained, 0.0)
    safe = np.where(np.abs(gain) < 0.05, 0.05, gain)
    # The band is ``fine`` pixels wide, so neighbouring pixels share their noise: a block holds fewer independent ones.
    variance = left / n * (4 * np.pi * moved.fine**2) * (i11 + i22) / 2
    rows, cols = ff.shape
    values = {
        "valid": area >= _MIN_COVER * (2 * CELL) ** 2,
        "texture": np.sqrt(np.minimum(ff, gg) / n),
        "plain": fg / np.sqrt(np.maximum(ff * gg, 1e-6)),
        "correlation": np.sqrt(np.clip(1 - left / np.maximum(ff, 1e-6), 0, 1)) * np.sign(gain),
        "gain": gain,
        "dx": -shifts[0] / safe,
        "dy": -shifts[1] / safe,
        "sigma": np.sqrt(variance) / np.abs(safe),
        "x": np.broadcast_to((np.arange(cols) + 1) * CELL - 0.5, ff.shape),
        "y": np.broadcast_to(((np.arange(rows) + 1) * CELL - 0.5)[:, None], ff.shape),
    }
    return Field(**{name: np.asarray(value, np.float32) for name, value in values.items()})


def _correction(seen: Field) -> Matrix:
    """The affine map, float64[2, 3], that undoes what the shifts of the blocks have in common."""
    usable = (seen.valid > 0) & (seen.texture > 1.5) & (seen.correlation > 0.4)
    if usable.sum() < 3:
        return np.eye(2, 3)
    x, y = seen.x[usable].astype(np.float64), seen.y[usable].astype(np.float64)
    dx, dy = seen.dx[usable].astype(np.float64), seen.dy[usable].astype(np.float64)
    sigma2 = seen.sigma[usable].astype(np.float64) ** 2 + 0.1**2
    cx, cy = x.mean(), y.mean()
    basis = np.stack([x - cx, y - cy, np.ones_like(x)], 1)
    # Key points have fixed turn and scale to a few per cent already; few blocks must not bend that.
    prior = np.diag([1 / 0.03**2, 1 / 0.03**2, 1 / 5.0**2])
    fits = (np.zeros(3), np.zeros(3))
    limit = 6.0
    for _ in range(6):
        away = np.hypot(dx - basis @ fits[0], dy - basis @ fits[1])
        weight = np.maximum(0.0, 1 - (away / limit) ** 2) ** 2 / sigma2
        normal = basis.T @ (basis * weight[:, None]) + prior
        fits = (_solved(normal, basis.T @ (weight * dx)), _solved(normal, basis.T @ (weight * dy)))
        limit = max(1.0, limit * 0.6)
    (ax, bx, tx), (ay, by, ty) = fits
    return np.array([[1 + ax, bx, tx - ax * cx - bx * cy], [ay, 1 + by, ty - ay * cx - by * cy]])


def _unit(values: Floats) -> Matrix:
    wide = values.astype(np.float64)
    return (wide - wide.mean()) / max(float(wide.std()), 1e-6)


def _solve(basis: Matrix, values: Matrix, weight: Matrix) -> Matrix:
    root = np.sqrt(weight)
    return np.asarray(np.linalg.lstsq(basis * root[:, None], values * root, rcond=None)[0])


def _solved(normal: Matrix, right: Matrix) -> Matrix:
    return np.asarray(np.linalg.solve(normal, right), np.float64)
