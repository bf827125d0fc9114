"""Photos for training: decoded once into one memory-mapped file, so that every epoch and every worker reads pixels.

Takes a folder of tar shards or a folder of photos. A photo's hash decides, once and for all, whether it is held out.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

HELD_OUT = 400  # photos that are never trained on
LONGEST = 256  # px; photos are stored no larger
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}


@dataclass(frozen=True, slots=True)
class Photos:
    """Pictures by number: `photos[i]` is RGB uint8[h, w, 3]; `names[i]` says where it came from."""

    pixels: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    shapes: NDArray[np.int32]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        height, width = (int(v) for v in self.shapes[index])
        start = int(self.offsets[index])
        return self.pixels[start : start + height * width * 3].reshape(height, width, 3)

    def split(self, held_out: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of (training, held-out) photos: those with the lowest hash of their name, on any machine.

        At most a tenth is held out.
        """
        held_out = min(held_out, len(self) // 10)
        order = np.argsort([hashlib.sha256(name.encode()).hexdigest() for name in self.names], kind="stable")
        return np.sort(order[held_out:]), np.sort(order[:held_out])


def prepare(source: Path, cache: Path) -> Photos:
    """Decode every photo of `source` into `cache` unless that is done already; then open it.

    Raises ValueError when `source` holds no photo that can be read, or `cache` those of another folder.
    """
    index = cache / "index.json"
    if not index.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _fill(source, cache)
    elif json.loads(index.read_text()).get("source", str(source.resolve())) != str(source.resolve()):
        raise ValueError(f"{cache} holds the photos of another folder than {source}")
    return open_cache(cache)


def open_cache(cache: Path) -> Photos:
    """The photos that `prepare` stored; the pixels stay on disk and are mapped."""
    index = json.loads((cache / "index.json").read_text())
    shapes = np.array(index["shapes"], np.int32)
    offsets = np.concatenate([[0], np.cumsum(shapes.prod(axis=1, dtype=np.int64) * 3)[:-1]])
    pixels = np.memmap(cache / "pixels.u8", np.uint8, "r")
    return Photos(pixels, offsets, shapes, tuple(index["names"]))


def _fill(source: Path, cache: Path) -> None:
    names: list[str] = []
    shapes: list[tuple[int, int]] = []
    with (cache / "pixels.u8").open("wb") as out:
        for name, data in _files(source):
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
            if picture is None or min(picture.shape[:2]) < 32:
                continue
            scale = LONGEST / max(picture.shape[:2])
            if scale < 1:
                picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            out.write(np.ascontiguousarray(picture[:, :, ::-1]).tobytes())
            names.append(name)
            shapes.append((picture.shape[0], picture.shape[1]))
    if not names:
        raise ValueError(f"no photos in {source}")
    partial = cache / "index.json.partial"
    partial.write_text(json.dumps({"source": str(source.resolve()), "names": names, "shapes": shapes}))
    partial.replace(cache / "index.json")


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of each photo in the tar shards of `source`, or else in the folder itself, in a fixed order."""
    shards = sorted(source.glob("*.tar"))
    for shard in shards:
        with tarfile.open(shard) as tar:
            for member in tar:
                if member.isfile() and Path(member.name).suffix.lower() in SUFFIXES:
                    handle = tar.extractfile(member)
                    if handle is not None:
                        yield member.name, handle.read()
    if not shards:
        for path in sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()):
            yield path.relative_to(source).as_posix(), path.read_bytes()
