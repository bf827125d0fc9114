"""Light, colour and wear: what filters, messengers and bad copies do to the values of a picture.

Every function takes RGB uint8[h, w, 3] and a seeded generator and returns RGB uint8[h, w, 3].
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from training.pixels import Picture, pixels, recompressed

RAMP = np.arange(256, dtype=np.float32)
SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]], np.float32)


def light(picture: Picture, rng: Generator) -> Picture:
    """Gamma, contrast and brightness."""
    gamma = float(np.exp(rng.uniform(-0.7, 0.7)))
    contrast = float(np.exp(rng.uniform(-0.5, 0.5)))
    values = (255 * (RAMP / 255) ** gamma - 128) * contrast + 128 + float(rng.uniform(-45, 45))
    return pixels(cv2.LUT(picture, pixels(np.clip(values, 0, 255))))


def cast(picture: Picture, rng: Generator) -> Picture:
    """A curve of its own for each channel: warm, cold, faded, filtered."""
    gains = np.exp(rng.uniform(-0.3, 0.3, 3))
    table = np.clip(RAMP[:, None] * gains + rng.uniform(-20, 20, 3), 0, 255).astype(np.uint8)
    return pixels(cv2.LUT(picture, table[None]))


def saturation(picture: Picture, rng: Generator) -> Picture:
    """From grey to 2.2 × the colour; a quarter of the time all grey."""
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    amount = 0.0 if rng.random() < 0.35 else float(rng.uniform(0.1, 2.2))
    return pixels(cv2.addWeighted(picture, amount, grey, 1 - amount, 0))


def sepia(picture: Picture, rng: Generator) -> Picture:
    """Brown print, whole or in part."""
    mix = float(rng.uniform(0.5, 1.0))
    return pixels(np.clip(cv2.transform(picture, mix * SEPIA + (1 - mix) * np.eye(3, dtype=np.float32)), 0, 255))


def hue(picture: Picture, rng: Generator) -> Picture:
    """Turn the colours; rarely swap or invert them."""
    if rng.random() < 0.1:
        return pixels(255 - picture)
    space = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    space[..., 0] = (space[..., 0].astype(np.int16) + int(rng.integers(-25, 26))) % 180
    return pixels(cv2.cvtColor(space, cv2.COLOR_HSV2RGB))


def vignette(picture: Picture, rng: Generator) -> Picture:
    """Dark corners, or a light that falls from one side."""
    height, width = picture.shape[:2]
    centre = rng.uniform(0.3, 0.7, 2)
    y = (np.linspace(0, 1, height, dtype=np.float32) - np.float32(centre[0]))[:, None]
    x = (np.linspace(0, 1, width, dtype=np.float32) - np.float32(centre[1]))[None]
    shade = 1 - np.float32(rng.uniform(0.5, 2.0)) * (x * x + y * y)
    return pixels(np.clip(picture * np.maximum(shade, 0.05)[..., None], 0, 255))


def equalised(picture: Picture, rng: Generator) -> Picture:
    """An automatic enhancement: the lightness spread out, or few levels left."""
    if rng.random() < 0.3:
        step = int(rng.integers(24, 64))
        return pixels(picture // step * step)
    space = cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb)
    space[..., 0] = cv2.equalizeHist(np.ascontiguousarray(space[..., 0]))
    return pixels(cv2.addWeighted(cv2.cvtColor(space, cv2.COLOR_YCrCb2RGB), 0.7, picture, 0.3, 0))


def blur(picture: Picture, rng: Generator) -> Picture:
    """Out of focus, or moved."""
    if rng.random() < 0.25:
        size = int(rng.integers(3, 10))
        kernel = np.zeros((size, size), np.float32)
        cv2.line(kernel, (0, int(rng.integers(size))), (size - 1, int(rng.integers(size))), 1.0)
        return pixels(cv2.filter2D(picture, -1, kernel / max(1.0, float(kernel.sum()))))
    return pixels(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 2.5))))


def sharpen(picture: Picture, rng: Generator) -> Picture:
    """Unsharp mask."""
    amount = float(rng.uniform(0.3, 2.0))
    return pixels(cv2.addWeighted(picture, 1 + amount, cv2.GaussianBlur(picture, (0, 0), 1.5), -amount, 0))


def noise(picture: Picture, rng: Generator) -> Picture:
    """Sensor noise, coloured or grey."""
    height, width = picture.shape[:2]
    layers = 3 if rng.random() < 0.6 else 1
    grain = rng.standard_normal((height, width, layers), np.float32) * np.float32(rng.uniform(3, 25))
    return pixels(np.clip(picture + grain, 0, 255))


def small_and_back(picture: Picture, rng: Generator) -> Picture:
    """Shrunk to a thumbnail and enlarged again."""
    height, width = picture.shape[:2]
    factor = float(np.exp(rng.uniform(np.log(0.25), np.log(0.9))))
    size = (max(8, int(width * factor)), max(8, int(height * factor)))
    down = cv2.INTER_AREA if rng.random() < 0.6 else cv2.INTER_LINEAR
    up = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.choice(3, p=[0.1, 0.5, 0.4]))]
    return pixels(cv2.resize(cv2.resize(picture, size, interpolation=down), (width, height), interpolation=up))


def jpeg(picture: Picture, rng: Generator) -> Picture:
    """Through JPEG at quality 10–90."""
    return recompressed(picture, ".jpg", int(rng.integers(10, 91)))
