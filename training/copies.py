"""The 32 everyday changes by name and tier, made apart from the augmentation.

What the network learns from must not also judge it. Each change takes RGB uint8[h, w, 3] and returns the changed picture
at whatever size it then has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import cv2
import numpy as np

from training.pixels import Picture, pixels, recompressed

Change = Callable[[Picture], Picture]


def _jpeg(quality: int) -> Change:
    return lambda picture: recompressed(picture, ".jpg", quality)


def _webp(picture: Picture) -> Picture:
    return recompressed(picture, ".webp", 60)


def _scaled(factor: float) -> Change:
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return lambda picture: pixels(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=way))


def _longest(side: int) -> Change:
    return lambda picture: _scaled(min(1.0, side / max(picture.shape[:2])))(picture)


def _turned(quarters: int) -> Change:
    return lambda picture: np.ascontiguousarray(np.rot90(picture, quarters))


def _cropped(share: float, x: float, y: float) -> Change:
    """`share` of the area, aspect kept; x and y from 0 (left, top) to 1."""

    def change(picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        h, w = int(height * math.sqrt(share)), int(width * math.sqrt(share))
        top, left = int((height - h) * y), int((width - w) * x)
        return np.ascontiguousarray(picture[top : top + h, left : left + w])

    return change


def _to_aspect(aspect: float) -> Change:
    def change(picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        w, h = min(width, int(height * aspect)), min(height, int(width / aspect))
        top, left = (height - h) // 2, (width - w) // 2
        return np.ascontiguousarray(picture[top : top + h, left : left + w])

    return change


def _tone(gain: float = 1.0, offset: float = 0.0, gamma: float = 1.0) -> Change:
    ramp = 255 * (np.arange(256) / 255) ** gamma
    table = np.clip((ramp - 128) * gain + 128 + offset, 0, 255).astype(np.uint8)
    return lambda picture: pixels(cv2.LUT(picture, table))


def _grey(picture: Picture) -> Picture:
    return pixels(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


def _sepia_vignette(picture: Picture) -> Picture:
    matrix = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]], np.float32)
    brown = np.clip(cv2.transform(picture, matrix), 0, 255).astype(np.float32)
    y = np.linspace(-1, 1, picture.shape[0], dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, picture.shape[1], dtype=np.float32)[None]
    return pixels(brown * (1 - 0.35 * (x * x + y * y))[..., None])


def _warm(picture: Picture) -> Picture:
    strong = cv2.addWeighted(picture, 1.6, _grey(picture), -0.6, 0)
    return pixels(np.clip(strong * np.array([1.12, 1.0, 0.85], np.float32), 0, 255))


def _text(picture: Picture, text: str, at: tuple[float, float], size: float, ink: tuple[int, int, int]) -> Picture:
    height, width = picture.shape[:2]
    made = picture.copy()
    place = (int(at[0] * width), int(at[1] * height))
    cv2.putText(
        made, text, place, cv2.FONT_HERSHEY_SIMPLEX, size * height / 22, ink, max(1, height // 200), cv2.LINE_AA
    )
    return made


def _date_stamp(picture: Picture) -> Picture:
    return _text(picture, "2014 08 23", (0.6, 0.95), 0.05, (255, 150, 40))


def _watermark(picture: Picture) -> Picture:
    marked = _text(picture, "(c) A. Photographer", (0.1, 0.55), 0.08, (255, 255, 255))
    return pixels(cv2.addWeighted(marked, 0.5, picture, 0.5, 0))


def _white_frame(picture: Picture) -> Picture:
    side = int(0.08 * max(picture.shape[:2]))
    return pixels(cv2.copyMakeBorder(picture, side, side, side, side, cv2.BORDER_CONSTANT, value=(255, 255, 255)))


def _straightened(degrees: float) -> Change:
    """Turned and enlarged until no empty corner shows."""

    def change(picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        angle = math.radians(abs(degrees))
        longer = max(width / height, height / width)
        zoom = math.cos(angle) + longer * math.sin(angle)
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom)
        return pixels(cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR))

    return change


def _noise(picture: Picture) -> Picture:
    grain = np.random.default_rng(int(picture.sum()) % 2**32).normal(0, 14, picture.shape)
    return pixels(np.clip(picture + grain, 0, 255))


def _blur(picture: Picture) -> Picture:
    return pixels(cv2.GaussianBlur(picture, (0, 0), max(picture.shape[:2]) / 250))


def _phone(picture: Picture) -> Picture:
    """A phone's gallery: 1080 × 2340 in proportion, black, the picture across the whole width in the middle."""
    width = 360
    inner = cv2.resize(
        picture, (width, max(1, round(picture.shape[0] * width / picture.shape[1]))), interpolation=cv2.INTER_AREA
    )
    height = max(780, inner.shape[0] + 60)
    screen = np.zeros((height, width, 3), np.uint8)
    top = (height - inner.shape[0]) // 2
    screen[top : top + inner.shape[0]] = inner
    cv2.putText(screen, "14:32", (16, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    cv2.rectangle(screen, (318, 10), (344, 22), (255, 255, 255), 1)
    for button in range(4):
        cv2.circle(screen, (45 + 90 * button, height - 28), 9, (220, 220, 220), 2, cv2.LINE_AA)
    return screen


def _meme(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    made = picture.copy()
    for text, base in (("WHEN YOU FIND IT", 0.14), ("TWICE ON THE DISK", 0.95)):
        for ink, weight in (((0, 0, 0), height // 60 + 2), ((255, 255, 255), height // 200 + 1)):
            place = (int(0.04 * width), int(base * height))
            cv2.putText(made, text, place, cv2.FONT_HERSHEY_DUPLEX, width / 330, ink, weight, cv2.LINE_AA)
    return _jpeg(40)(_longest(480)(made))


def _chain(picture: Picture) -> Picture:
    return _jpeg(35)(_longest(400)(_tone(1.15, 12, 0.85)(_cropped(0.7, 0.3, 0.6)(picture))))


def _unchanged(picture: Picture) -> Picture:
    return picture.copy()


TIERS: Mapping[str, Mapping[str, Change]] = {
    "copy": {
        "jpeg 60": _jpeg(60),
        "jpeg 40": _jpeg(40),
        "jpeg 20": _jpeg(20),
        "half": _scaled(0.5),
        "thumbnail 160": _longest(160),
        "upscale 1.6": _scaled(1.6),
        "png": _unchanged,
        "webp": _webp,
        "turn 90": _turned(1),
        "turn 180": _turned(2),
        "mirror": lambda picture: np.ascontiguousarray(picture[:, ::-1]),
    },
    "edit": {
        "crop 95": _cropped(0.95, 0.5, 0.5),
        "crop 80": _cropped(0.80, 0.2, 0.7),
        "square": _to_aspect(1.0),
        "16:9": _to_aspect(16 / 9),
        "brighter": _tone(1.0, 40),
        "darker": _tone(1.0, -10, 1.6),
        "contrast": _tone(1.5),
        "grey": _grey,
        "sepia + vignette": _sepia_vignette,
        "warm": _warm,
        "date stamp": _date_stamp,
        "watermark": _watermark,
        "white frame": _white_frame,
        "straightened 3": _straightened(3),
        "blur": _blur,
        "noise": _noise,
    },
    "hard": {
        "crop 60": _cropped(0.6, 0.8, 0.3),
        "crop 40": _cropped(0.4, 0.4, 0.6),
        "phone screenshot": _phone,
        "tilt 10": _straightened(10),
        "meme": _meme,
        "chain": _chain,
    },
}
