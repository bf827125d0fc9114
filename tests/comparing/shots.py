"""Photographs for the tests of alignment and relation, and how they are saved, copied and shot again."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from benchmarks.changes import CHANGES, encode
from dedupe.comparing.relate import RelateTask, View, relate
from dedupe.decoding import content_key, decode, preview, read
from dedupe.types import Match, Relation

Picture = NDArray[np.uint8]
SAFE = (Relation.IDENTICAL, Relation.SAME_PIXELS, Relation.RESAVED)
NOT_ONE_CAPTURE = (None, Relation.SIMILAR)


@lru_cache(maxsize=8)
def photograph(name: str = "coffee", factor: float = 1.0) -> Picture:
    """One of scikit-image's photographs; ``factor`` enlarges it, with grain so that every size has something to show."""
    picture: Picture = np.ascontiguousarray(getattr(data, name)()[..., :3])
    if factor == 1.0:
        return picture
    large = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    noise = np.random.default_rng(5).standard_normal(large.shape, np.float32)
    return saturated(large + cv2.GaussianBlur(noise, (0, 0), 1.0) * 16)


def saturated(values: NDArray[np.float32]) -> Picture:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def jpeg(picture: Picture, quality: int = 92) -> bytes:
    return cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def saved(folder: Path, name: str, content: bytes | Picture) -> View:
    """The photo, written to ``folder`` and read as the scan reads it."""
    content = content if isinstance(content, bytes) else jpeg(content)
    path = folder / name
    path.write_bytes(content)
    decoded = decode.decode(content, long_side=preview.PREVIEW_SIDE)
    return View(content_key.content_key(content), preview.preview(decoded.pixels), read.facts_of(decoded), str(path))


def changed(name: str, picture: Picture, seed: int = 3) -> bytes:
    """The picture after one of the 32 everyday changes."""
    change = next(change for change in CHANGES if change.name == name)
    return encode(change.apply(picture, np.random.default_rng([seed, 17])))


def compared(a: View, b: View) -> Match:
    return relate(RelateTask(a, b, 0.5))


def related(folder: Path, one: bytes | Picture, other: bytes | Picture) -> Match:
    """The verdict on two files made here; ``detail`` > 0 where ``one`` holds more."""
    a, b = saved(folder, "one", one), saved(folder, "other", other)
    return compared(a, b)


def more_detail_in_first(folder: Path, one: bytes | Picture, other: bytes | Picture) -> float:
    a, b = saved(folder, "one", one), saved(folder, "other", other)
    match = compared(a, b)
    return match.detail if match.a == a.content_key else -match.detail


def shot_again(picture: Picture, seed: int, *, turn: float = 0.0, strength: float = 3.0) -> Picture:
    """What the camera sees a second later: turned by ``turn`` degrees about its own axes, with new sensor noise."""
    rng = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    lens = np.array([[1.1 * width, 0, width / 2], [0, 1.1 * width, height / 2], [0, 0, 1]])
    turned = cv2.Rodrigues(np.radians(rng.choice([-1, 1], 3) * turn))[0]
    matrix = lens @ turned @ np.linalg.inv(lens)
    seen = cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    noise = cv2.GaussianBlur(rng.standard_normal(seen.shape, np.float32), (0, 0), 0.6) * 1.7
    margin_x, margin_y = round(width * 0.03), round(height * 0.03)
    lit = saturated(seen.astype(np.float32) + noise * strength)
    return np.ascontiguousarray(lit[margin_y : height - margin_y, margin_x : width - margin_x])


def edited(picture: Picture, edit: Callable[[Picture], None]) -> Picture:
    copy = picture.copy()
    edit(copy)
    return copy
