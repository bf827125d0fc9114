"""Make photos in bulk for the speed benchmark: large camera-like JPEGs and many tiny ones, every one a different picture.

They are made from any photos and cached on disk by their count; the same seed gives the same bytes.
"""

from __future__ import annotations

import io
import multiprocessing
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from PIL import Image

from benchmarks import capture_times
from benchmarks.capture_times import Exif, Taken
from benchmarks.pictures import Picture, as_picture, scaled_down, upright
from benchmarks.tree import photos_in

WIDTH, HEIGHT = 4032, 3024
_TINY = 96
_A_FOLDER = 500
_KEPT = 600
_KEPT_SIDE = 400
_NOISE = 5.0


class Palette:
    """The photos that pictures are made of, decoded once. Raises ValueError where there is none."""

    def __init__(self, sources: Sequence[str]) -> None:
        photos = (data for source in sources for _, data in photos_in(Path(source)))
        self._photos = [scaled_down(upright(data), _KEPT_SIDE) for data in islice(photos, _KEPT)]
        if not self._photos:
            raise ValueError(f"There is no photo in {', '.join(sources)}.")

    def __len__(self) -> int:
        return len(self._photos)

    def photo(self, number: int) -> Picture:
        """A photo; numbers beyond the last start again."""
        return self._photos[number % len(self._photos)]


def large_photos(sources: Sequence[str], count: int, place: Path, jobs: int) -> Path:
    """A folder of ``count`` different 12-megapixel JPEGs, quality 92, about 4 MB each, with capture times."""
    folder = place / f"large-{count}"
    return made(folder, count, partial(_large, list(sources), folder), jobs)


def tiny_photos(sources: Sequence[str], count: int, place: Path, jobs: int) -> Path:
    """Make a folder tree of ``count`` different JPEGs of 96×96, each put together from four places of four photos."""
    folder = place / f"tiny-{count}"
    return made(folder, count, partial(_tiny, list(sources), folder), jobs)


def made(folder: Path, count: int, make: partial[None], jobs: int) -> Path:
    done = folder.with_suffix(".done")
    if done.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    parts = [range(first, count, jobs) for first in range(jobs)]
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for _ in pool.imap_unordered(make, parts):
            pass
    done.touch()
    return folder


def _large(sources: list[str], folder: Path, numbers: range) -> None:
    palette = Palette(sources)
    for number in numbers:
        target = folder / f"{number // 100:02d}" / f"IMG_{number:04d}.jpg"
        if target.exists():
            continue
        rng = default_rng([51, number])
        target.parent.mkdir(parents=True, exist_ok=True)
        write(target, _jpeg(_composed(palette, number, rng), 92, number, rng))


def _composed(palette: Palette, number: int, rng: Generator) -> Picture:
    """Lay a second photo faintly over the first, with as much fine grain as fills a camera's 4 MB.

    The grain is what a decoder spends its time on. It is gone from the preview, where every picture is its own.
    """
    first, second = palette.photo(number), palette.photo(int(rng.integers(len(palette))))
    if number >= len(palette):
        first = np.ascontiguousarray(np.rot90(first, number // len(palette) % 4))
    picture = cv2.resize(first, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    picture = 0.75 * picture + 0.25 * cv2.resize(second, (WIDTH, HEIGHT))
    noise: NDArray[np.float32] = rng.standard_normal((HEIGHT, WIDTH, 1), np.float32)
    return as_picture(picture + noise * _NOISE)


def _tiny(sources: list[str], folder: Path, numbers: range) -> None:
    palette = Palette(sources)
    half = _TINY // 2
    for number in numbers:
        target = folder / f"{number // _A_FOLDER:03d}" / f"{number:06d}.jpg"
        if target.exists():
            continue
        rng = default_rng([52, number])
        target.parent.mkdir(parents=True, exist_ok=True)
        quarters = [patch(palette.photo(int(rng.integers(len(palette)))), half, rng) for _ in range(4)]
        rows = [np.hstack(quarters[:2]), np.hstack(quarters[2:])]
        write(target, _jpeg(np.vstack(rows), 80, number, rng))


def patch(photo: Picture, side: int, rng: Generator) -> Picture:
    height, width = photo.shape[:2]
    size = int(min(int(height), int(width)) * float(rng.uniform(0.4, 0.9)))
    y, x = int(rng.integers(0, height - size + 1)), int(rng.integers(0, width - size + 1))
    cut = np.ascontiguousarray(photo[y : y + size, x : x + size])
    return as_picture(cv2.resize(cut, (side, side), interpolation=cv2.INTER_AREA))


def _jpeg(picture: Picture, quality: int, number: int, rng: Generator) -> bytes:
    taken = Taken(capture_times.EPOCH + timedelta(minutes=17 * number), 0, "Canon", "Canon EOS 80D")
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality, exif=capture_times.block(taken, Exif.KEPT, rng))
    return buffer.getvalue()


def write(target: Path, data: bytes) -> None:
    """Whole or not at all: a stopped run leaves no half photo that the next one would take for made."""
    partly = target.with_suffix(".partly")
    partly.write_bytes(data)
    partly.replace(target)
