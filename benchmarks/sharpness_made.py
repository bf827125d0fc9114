"""Bursts with a known order of sharpness: one photograph, each time moved, blurred, lit and noisy in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

GAUSS: Final = (0.0, 0.7, 1.1, 1.6, 2.3)
"""Standard deviations of the blur, in pixels."""
MOTION: Final = (1.0, 4.0, 6.5, 10.0, 15.0)
"""Lengths of the smear, in pixels."""
SIDE: Final = 1400


class Blur(StrEnum):
    """How a shot came to be blurred."""

    GAUSS = "gauss"
    MOTION = "motion"


@dataclass(frozen=True, slots=True)
class Varied:
    """What differs between the shots besides the blur.

    ``noise`` is the most noise, in grey levels. ``stops`` is the largest change of exposure. ``moved`` is how far the
    camera moves, as a share of the width.
    """

    noise: float = 0.0
    stops: float = 0.0
    moved: float = 0.01


def burst(picture: Picture, blur: Blur, varied: Varied, seed: int) -> list[tuple[float, bytes]]:
    """The shots of one burst in a mixed order, each with how much it is blurred (the least is the sharpest)."""
    rng = np.random.default_rng(seed)
    levels = GAUSS if blur is Blur.GAUSS else MOTION
    angle = float(rng.uniform(0, 180))
    shots = [(level, _shot(picture, _kernel(blur, level, angle), varied, rng)) for level in levels]
    return [shots[place] for place in rng.permutation(len(shots))]


def equals(picture: Picture, blur: float, varied: Varied, seed: int, count: int = 4) -> list[tuple[float, bytes]]:
    """Shots of one burst that are blurred by a lens alike, with that blur."""
    rng = np.random.default_rng(seed)
    return [(blur, _shot(picture, _kernel(Blur.GAUSS, blur, 0.0), varied, rng)) for _ in range(count)]


def latent(picture: Picture) -> Picture:
    """The photograph without its own noise: reduced, so that a pixel is the mean of several."""
    height, width = picture.shape[:2]
    factor = min(0.5, SIDE / max(height, width)) if max(height, width) > 800 else 1.0
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def _kernel(blur: Blur, level: float, angle: float) -> npt.NDArray[np.float32] | None:
    if level == 0.0 or (blur is Blur.MOTION and level <= 1.0):
        return None
    if blur is Blur.GAUSS:
        line = cv2.getGaussianKernel(2 * int(4 * level + 1) + 1, level)
        return np.asarray(line @ line.T, np.float32)
    half = int(level / 2 + 2)
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for step in np.linspace(-level / 2, level / 2, 8 * half):
        dx, dy = half + step * np.cos(np.radians(angle)), half + step * np.sin(np.radians(angle))
        x, y = int(dx), int(dy)
        for ox, oy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            kernel[y + oy, x + ox] += (1 - abs(dx - x - ox)) * (1 - abs(dy - y - oy))
    return kernel / kernel.sum()


def _shot(picture: Picture, kernel: npt.NDArray[np.float32] | None, varied: Varied, rng: np.random.Generator) -> bytes:
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-0.6, 0.6)), 1.0)
    turn[:, 2] += rng.uniform(-1, 1, 2) * varied.moved * width
    light = (picture.astype(np.float32) / 255) ** 2.2
    light = cv2.warpAffine(light, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    if kernel is not None:
        light = cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_REFLECT)
    light = np.clip(light * 2 ** rng.uniform(-varied.stops, varied.stops), 0, 1)
    strength = rng.uniform(0, varied.noise) / 255
    shown = light ** (1 / 2.2) + rng.standard_normal(light.shape, np.float32) * np.float32(strength)
    values = np.clip(np.rint(shown * 255), 0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(85, 96))]
    return bytes(cv2.imencode(".jpg", values[..., ::-1], quality)[1])
