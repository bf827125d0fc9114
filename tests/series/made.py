"""Bursts, brackets and panoramas shot from scikit-image's photographs, with what a camera writes into them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from tests.comparing.shots import Picture, photograph, saturated

NOON = 12 * 3600


def exif(seconds: int, *, exposure: float | None = None, bias: float | None = None, rating: int = 0) -> bytes:
    """What the camera writes: the time of day, the exposure (seconds at f/2.8, ISO 100), the bias, a rating."""
    made = Image.Exif()
    made[0x010F], made[0x0110] = "Acme", "Phone 7"
    if rating:
        made[0x4746] = rating
    clock = NOON + seconds
    inner = made.get_ifd(0x8769)
    inner[0x9003] = f"2024:05:01 {clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}"
    if exposure is not None:
        inner[0x829A], inner[0x829D], inner[0x8827] = (
            IFDRational(round(exposure * 1e6), 10**6),
            IFDRational(28, 10),
            100,
        )
    if bias is not None:
        inner[0x9204] = IFDRational(round(bias * 10), 10)
    return made.tobytes()


def saved(path: Path, picture: Picture, tags: bytes) -> Path:
    """The shot as a JPEG with these tags."""
    path.parent.mkdir(parents=True, exist_ok=True)
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=92, exif=tags)
    path.write_bytes(out.getvalue())
    return path


def shot(name: str, seed: int, *, blur: float = 0.0, stops: float = 0.0, noise: float = 2.0) -> Picture:
    """One of scikit-image's photographs, taken once more: held a little otherwise, blurred, lit and noisy in its own way."""
    rng = np.random.default_rng(seed)
    picture = photograph(name, 1.5)
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D(
        (width / 2, height / 2), float(rng.uniform(-0.8, 0.8)), float(rng.uniform(1.0, 1.02))
    )
    turn[:, 2] += rng.uniform(-0.012, 0.012, 2) * width
    light = cv2.warpAffine((picture.astype(np.float32) / 255) ** 2.2, turn, (width, height), flags=cv2.INTER_CUBIC)
    if blur:
        light = cv2.GaussianBlur(light, (0, 0), blur)
    shown = np.clip(light * 2**stops, 0, 1) ** (1 / 2.2) * 255
    grain = rng.standard_normal(shown.shape, np.float32) * np.float32(noise)
    margin = round(width * 0.04)
    return np.ascontiguousarray(saturated(shown + grain)[margin:-margin, margin:-margin])


def burst(folder: Path, name: str = "coffee", blurs: Sequence[float] = (1.6, 0.0, 2.4), begin: int = 0) -> list[Path]:
    """Shots within seconds, blurred so much each."""
    return [
        saved(
            folder / f"IMG_{begin + at:04}.jpg", shot(name, begin + at, blur=blur), exif(begin + at, exposure=1 / 100)
        )
        for at, blur in enumerate(blurs)
    ]


def bracket(
    folder: Path, name: str = "rocket", stops: Sequence[float] = (0.0, -1.3, 1.3), begin: int = 300
) -> list[Path]:
    """One scene in several exposures, as a camera set to bracketing takes it."""
    return [
        saved(
            folder / f"AEB_{at}.jpg",
            shot(name, begin + at, stops=value),
            exif(begin + at, exposure=2**value / 100, bias=value),
        )
        for at, value in enumerate(stops)
    ]


def panorama(folder: Path, name: str = "chelsea", parts: int = 3, begin: int = 600) -> list[Path]:
    """Parts of one picture from left to right, each with half of the one before."""
    picture = photograph(name, 2.0)
    height, width = picture.shape[:2]
    wide = width // 2
    step = (width - wide) // (parts - 1)
    rng = np.random.default_rng(begin)
    made = []
    for at in range(parts):
        part = picture[8 : height - 8, at * step : at * step + wide].astype(np.float32)
        noisy = saturated(part + rng.standard_normal(part.shape, np.float32) * 2)
        made.append(saved(folder / f"PANO_{at}.jpg", noisy, exif(begin + 2 * at, exposure=1 / 100)))
    return made
