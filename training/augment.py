"""Views: one photo as it comes back after years of crops, filters, screenshots and messengers, squashed to the input.

What the network is shown here decides what it will find later. A view is a chain, in the order in which life applies
it: geometry → tone → things drawn on it → a frame or a screen → wear → the square. Some views stay nearly clean,
because a scan compares mangled copies with clean originals. Everything follows from the generator's seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training import drawing, photometric
from training.pixels import Picture, pixels

Change = Callable[[Picture, Generator], Picture]

TONES: tuple[tuple[float, Change], ...] = (
    (0.55, photometric.light),
    (0.25, photometric.cast),
    (0.30, photometric.saturation),
    (0.10, photometric.sepia),
    (0.06, photometric.hue),
    (0.12, photometric.vignette),
    (0.06, photometric.equalised),
)
DRAWN: tuple[tuple[float, Change], ...] = (
    (0.18, drawing.lettering),
    (0.10, drawing.date_stamp),
    (0.12, drawing.boxes),
    (0.12, drawing.meme),
)
WEAR: tuple[tuple[float, Change], ...] = (
    (0.18, photometric.blur),
    (0.10, photometric.sharpen),
    (0.18, photometric.noise),
    (0.25, photometric.small_and_back),
    (0.50, photometric.jpeg),
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How hard the views are: the share of each kind of change, and crops down to `smallest` of the area."""

    clean: float = 0.12  # nearly untouched
    whole: float = 0.3  # not cropped
    smallest: float = 0.14
    aspect: float = 0.8  # crops are up to exp(aspect) times wider or higher than the photo
    framed: float = 0.18
    screens: float = 0.2
    turned: float = 0.35
    mirrored: float = 0.35
    tilted: float = 0.35
    tones: float = 1.0  # this and the two below scale the chance of each change of that kind
    drawn: float = 1.0
    wear: float = 1.0


def view(photo: Picture, side: int, rng: Generator, recipe: Recipe) -> Picture:
    """One view of RGB uint8[h, w, 3], squashed to uint8[side, side, 3]."""
    if rng.random() < recipe.clean:
        return plain(photo, side, rng)
    picture = geometry(photo, side, rng, recipe)
    picture = _chain(picture, TONES, rng, recipe.tones)
    picture = _chain(picture, DRAWN, rng, recipe.drawn)
    kind = rng.random()
    if kind < recipe.framed:
        picture = drawing.frame(picture, rng)
    elif kind < recipe.framed + recipe.screens:
        picture = drawing.screenshot(picture, rng)
    picture = square(picture, round(side * 1.25))
    picture = _chain(picture, WEAR, rng, recipe.wear)
    if rng.random() < 0.1:
        picture = _chain(picture, TONES, rng, recipe.tones * 0.5)
    return square(picture, side)


def views(photo: Picture, count: int, side: int, rng: Generator, recipe: Recipe) -> Picture:
    """`count` views of one photo, uint8[count, side, side, 3]; the first is nearly the photo itself."""
    return np.stack([plain(photo, side, rng), *(view(photo, side, rng, recipe) for _ in range(count - 1))])


def plain(photo: Picture, side: int, rng: Generator) -> Picture:
    """The photo as an original in a library: whole, now and then compressed or in slightly other light."""
    kind = rng.random()
    if kind < 0.3:
        photo = photometric.jpeg(photo, rng)
    elif kind < 0.45:
        photo = photometric.light(photo, rng)
    return square(photo, side)


def square(picture: Picture, side: int) -> Picture:
    """The whole frame squashed to side × side, averaging where it shrinks: what the product feeds the network."""
    if picture.shape[:2] == (side, side):
        return picture
    shrinks = picture.shape[0] > side or picture.shape[1] > side
    return pixels(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR))


def geometry(photo: Picture, side: int, rng: Generator, recipe: Recipe) -> Picture:
    """Crop, tilt, turn, mirror and perspective in one warp; the result has about side² × 1.7 pixels."""
    height, width = photo.shape[:2]
    area = 1.0 if rng.random() < recipe.whole else float(rng.uniform(recipe.smallest, 1.0))
    aspect = math.exp(float(rng.uniform(-recipe.aspect, recipe.aspect))) if area < 1 else 1.0
    w, h = min(width, width * math.sqrt(area * aspect)), min(height, height * math.sqrt(area / aspect))
    x, y = float(rng.uniform(0, width - w)), float(rng.uniform(0, height - h))
    corners = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32)
    if rng.random() < recipe.tilted:
        angle = math.radians(float(rng.uniform(-15, 15)))
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], np.float32)
        centre = corners.mean(axis=0)
        corners = (corners - centre) @ turn.T + centre
    if rng.random() < 0.1:
        corners = corners + rng.uniform(-0.08, 0.08, (4, 2)).astype(np.float32) * np.float32(min(w, h))
    corners, (w, h) = _turned(corners, (w, h), rng, recipe)
    scale = 1.3 * side / math.sqrt(w * h)
    size = (max(8, round(w * scale)), max(8, round(h * scale)))
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    border = (cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT)[int(rng.integers(3))]
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    shrinking = scale < 0.7
    source = cv2.blur(photo, (2, 2)) if shrinking else photo
    return pixels(
        cv2.warpPerspective(
            source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border, borderValue=drawing.colour(rng)
        )
    )


def _turned(
    corners: NDArray[np.float32], size: tuple[float, float], rng: Generator, recipe: Recipe
) -> tuple[NDArray[np.float32], tuple[float, float]]:
    if rng.random() < recipe.turned:
        quarters = int(rng.integers(1, 4))
        corners = np.roll(corners, quarters, axis=0)
        size = size if quarters == 2 else (size[1], size[0])
    if rng.random() < recipe.mirrored:
        corners = corners[[1, 0, 3, 2]]
    return corners, size


def _chain(picture: Picture, changes: tuple[tuple[float, Change], ...], rng: Generator, strength: float) -> Picture:
    for chance, change in changes:
        if rng.random() < chance * strength:
            picture = change(picture, rng)
    return picture
