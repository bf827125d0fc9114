"""A small photo tree made of the photographs that scikit-image carries, with copies as life makes them."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from dedupe.library.files import settled
from dedupe.types import FileStamp

NAMES = ("astronaut", "chelsea", "coffee", "rocket")


@cache
def photo(name: str) -> Image.Image:
    """One of scikit-image's photographs, RGB."""
    from skimage import data

    return Image.fromarray(np.asarray(getattr(data, name)())).convert("RGB")


def jpeg(picture: Image.Image, quality: int = 92, *, taken: str | None = None) -> bytes:
    """The picture as JPEG, with a capture time where one is given ("2024:05:01 12:00:00")."""
    exif = Image.Exif()
    if taken is not None:
        exif[0x010F], exif[0x0110] = "Acme", "Phone 7"
        exif.get_ifd(0x8769)[0x9003] = taken
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, exif=exif.tobytes() if taken else b"")
    return out.getvalue()


def encoded(picture: Image.Image, kind: str) -> bytes:
    """The picture in another lossless format."""
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def album(folder: Path) -> Mapping[str, str]:
    """Four photos and copies of two of them below ``folder``; the relation of each copy by its path in the folder."""
    for name in NAMES:
        _write(folder / "camera" / f"{name}.jpg", jpeg(photo(name), taken=f"2024:05:01 12:00:{NAMES.index(name):02}"))
    astronaut, chelsea = photo("astronaut"), photo("chelsea")
    _write(folder / "old backup" / "astronaut.jpg", (folder / "camera" / "astronaut.jpg").read_bytes())
    _write(
        folder / "phone" / "IMG-20240501-WA0001.jpg", jpeg(astronaut.resize((256, 256), Image.Resampling.LANCZOS), 70)
    )
    _write(folder / "phone" / "crop.jpg", jpeg(astronaut.crop((60, 40, 480, 470)), 85))
    _write(folder / "web" / "cat.png", encoded(chelsea.rotate(90, expand=True), "PNG"))
    _write(folder / "web" / "cat.tiff", encoded(chelsea.rotate(90, expand=True), "TIFF"))
    wait_until_settled(folder)
    return {
        "old backup/astronaut.jpg": "identical",
        "phone/IMG-20240501-WA0001.jpg": "resaved",
        "phone/crop.jpg": "edited",
    }


def wait_until_settled(folder: Path) -> None:
    """Until a reading of the files below ``folder`` counts: a file read within a tick of its change is read again."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    while not all(settled(FileStamp.of(path.stat()), time.time_ns()) for path in files):
        time.sleep(0.01)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
