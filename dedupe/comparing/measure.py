"""Everything that the verdict is drawn from, measured once of two registered pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from dedupe.comparing import align, difference, registration, sharpness
from dedupe.comparing.align import Mask, Matrix, Rgb
from dedupe.comparing.difference import Difference
from dedupe.comparing.grid import FINE
from dedupe.comparing.ground import CELL, blocks
from dedupe.comparing.keystone import Keystone, flat, untilted
from dedupe.comparing.registration import Bend, Field, Overlay, Registered
from dedupe.comparing.thresholds import BLOCK_AGREES, LEAST_BLOCKS

_MOST_NOISE: Final = 3.0


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured of two pictures, a and b.

    ``quarter`` is the 25th percentile of the correlation, unshifted, of blocks outside all difference regions. ``fit``
    is their mean, weighted by texture: it ranks how well pictures fit. ``agreement`` is the share of the textured blocks
    outside all difference regions that correlate once shifted. ``overlap`` is the share of each picture's frame (a, b)
    that the other covers. ``placement``, float64[2, 3], maps b's frame (0–1 each way) onto a's. ``softened`` is the
    sigma, in pixels of the grid, by which a had to be softened to look like b, negative where it was b. ``keystone`` was
    taken out of b before: ``placement`` starts from what is left.
    """

    registered: Registered
    bend: Bend
    difference: Difference
    blocks: int
    quarter: float
    fit: float
    agreement: float
    overlap: tuple[float, float]
    placement: Matrix
    softened: float
    echo: float
    raw: Overlay
    keystone: Keystone | None = None

    @property
    def unsoftened(self) -> Registered:
        """The two pictures on one grid, as sharp as they are."""
        return registration.re_registered(self.raw, self.registered) if self.softened else self.registered

    @property
    def tangent(self) -> Matrix:
        """float64[2, 3]: b's frame onto a's, 0–1 each way, exact at its middle where ``keystone`` tilts it."""
        return flat(self.keystone, self.placement)

    @property
    def frame_error(self) -> float:
        """How far b's whole frame is from a's whole frame in the best of the eight turns and mirrors.

        It is the largest distance of two corners, as a share of a's long side.
        """
        overlay = self.registered.overlay
        return overlay_frame_error(overlay.still.shape, overlay.moving.shape, overlay.matrix)


def measure(
    a: Rgb,
    b: Rgb,
    placement: Matrix,
    rounds: tuple[float, ...] = (3.0, FINE, FINE),
    keystone: Keystone | None = None,
    *,
    least_fit: float = -1.0,
) -> Measurement:
    """Settles b on a, starting from ``placement`` (b's frame without its ``keystone`` onto a's, 0–1 each way), and measures.

    Where they fit no better than ``least_fit`` the two show different things, and no differences are sought.
    """
    matrix = align.from_unit(placement, b.shape, a.shape)
    if keystone is None:
        raw = registration.overlay(a, b, matrix)
    else:
        plane = untilted(b, keystone)
        raw = registration.overlay(a, plane.picture, matrix, plane.mask)
    over, softened, lies = sharpness.even(raw)
    registered, grid = registration.refine(over, rounds, lies)
    field, textured = registered.field, registered.field.textured
    fit = _fit(field, textured)
    found = difference.differences_of(grid) if fit > least_fit else difference.none_sought(grid)
    clean = textured & ~touched(found.mask)
    count = int(textured.sum())
    untouched = field.plain[clean if clean.sum() >= LEAST_BLOCKS else textured]
    return Measurement(
        registered=registered,
        bend=registration.bend(field, clean),
        difference=found,
        blocks=count,
        quarter=float(np.percentile(untouched, 25)) if count else 0.0,
        fit=fit,
        agreement=_agreement(field, clean, found.noise),
        overlap=_overlap(registered),
        placement=_placement(registered),
        softened=-softened if over.swapped else softened,
        echo=sharpness.echo(registration.re_registered(raw, registered)) if softened else 1.0,
        raw=raw,
        keystone=keystone,
    )


def _fit(field: Field, textured: Mask) -> float:
    """The mean correlation of the unshifted blocks, weighted by their texture."""
    weight = field.texture[textured].astype(np.float64)
    return float(weight @ field.plain[textured] / weight.sum()) if len(weight) else 0.0


def _agreement(field: Field, clean: Mask, noise: float) -> float:
    """The share of the blocks that correlate, of those with structure well above the noise."""
    clear = clean & (field.texture > 3 * min(noise, _MOST_NOISE))
    judged = clear if clear.sum() >= LEAST_BLOCKS else clean
    return float((field.correlation[judged] > BLOCK_AGREES).mean()) if judged.any() else 0.0


def overlay_frame_error(still: tuple[int, ...], moving: tuple[int, ...], matrix: Matrix) -> float:
    """The largest distance between corners when the frame of ``moving`` should cover that of ``still``.

    It is a share of the long side, for the best of the eight turns and mirrors.
    """
    corners = _corners(moving)
    placed = corners @ matrix[:, :2].T + matrix[:, 2]
    errors = []
    for whole in align.frame_matrices(still, moving):
        should = corners @ whole[:, :2].T + whole[:, 2]
        errors.append(float(np.hypot(*(placed - should).T).max()))
    return min(errors) / max(still[:2])


def _corners(shape: tuple[int, ...]) -> Matrix:
    height, width = shape[:2]
    return np.array([[-0.5, -0.5], [width - 0.5, -0.5], [-0.5, height - 0.5], [width - 0.5, height - 0.5]])


def touched(mask: Mask) -> Mask:
    """bool[rows, cols]: blocks that a difference region, or its halo in the band, reaches into."""
    return (
        blocks(cv2.dilate(mask.astype(np.uint8), np.ones((25, 25), np.uint8)).astype(np.float32))
        > 0.03 * (2 * CELL) ** 2
    )


def _overlap(registered: Registered) -> tuple[float, float]:
    covered = float((registered.cover > 0).sum())
    moving = registered.overlay.moving.shape
    area = moving[0] * moving[1] * align.scale_of(registered.overlay.matrix) ** 2
    shares = (min(1.0, covered / registered.cover.size), min(1.0, covered / max(area, 1.0)))
    return (shares[1], shares[0]) if registered.overlay.swapped else shares


def _placement(registered: Registered) -> Matrix:
    over = registered.overlay
    unit = align.to_unit(over.matrix, over.moving.shape, over.still.shape)
    return align.invert(unit) if over.swapped else unit
