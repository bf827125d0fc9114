"""Read capture times in files, and write them as cameras, messengers and time-zone corrections leave them."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from numpy.random import Generator
from PIL import Image

_EXIF_IFD, _TAKEN, _DIGITISED, _SUBSEC = 0x8769, 0x9003, 0x9004, 0x9291
_MAKE, _MODEL, _ORIENTATION = 0x010F, 0x0110, 0x0112
_FORMAT = "%Y:%m:%d %H:%M:%S"
EPOCH = datetime(2019, 1, 1)
CAMERAS = (("Apple", "iPhone 12"), ("samsung", "SM-G991B"), ("Canon", "Canon EOS 80D"), ("Google", "Pixel 6"))


class Exif(StrEnum):
    """What became of the capture time on the way to a copy."""

    KEPT = "kept"
    COARSE = "without sub-seconds"
    SHIFTED = "shifted by whole hours"
    ZEROED = "zeroed"
    STRIPPED = "stripped"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Taken:
    """When and with what: ``millis`` None where the camera writes no sub-seconds."""

    time: datetime
    millis: int | None
    make: str
    model: str


def read_taken(data: bytes) -> Taken | None:
    """The capture time in a file's bytes, or None where it has none."""
    with Image.open(io.BytesIO(data)) as opened:
        exif = opened.getexif()
    inner = exif.get_ifd(_EXIF_IFD)
    try:
        time = datetime.strptime(str(inner.get(_TAKEN)), _FORMAT)
    except ValueError:
        return None
    digits = str(inner.get(_SUBSEC, "")).strip()
    millis = int(digits[:3].ljust(3, "0")) if digits.isdigit() else None
    return Taken(time, millis, str(exif.get(_MAKE, "")).strip("\0 "), str(exif.get(_MODEL, "")).strip("\0 "))


def invented(rng: Generator) -> Taken | None:
    """Give a photo without a capture time a plausible one; None for two of five, as in folders filled by messengers."""
    if rng.random() < 0.4:
        return None
    make, model = CAMERAS[int(rng.integers(len(CAMERAS)))]
    time = EPOCH + timedelta(seconds=int(rng.integers(0, 3 * 365 * 86400)))
    return Taken(time, int(rng.integers(0, 1000)) if rng.random() < 0.5 else None, make, model)


def later(taken: Taken, rng: Generator) -> Taken:
    """Give the capture time of the next shot with the same camera.

    Half of the time it is seconds later, else within the second, which proves nothing where the camera writes no sub-seconds.
    """
    if rng.random() < 0.5:
        return replace(taken, time=taken.time + timedelta(seconds=int(rng.integers(1, 5))))
    return replace(taken, millis=None)


def fate(taken: Taken | None, rng: Generator) -> Exif:
    """What happens to the capture time of a copy."""
    if taken is None:
        return Exif.NONE
    fates = (Exif.KEPT, Exif.COARSE, Exif.SHIFTED, Exif.ZEROED, Exif.STRIPPED)
    return fates[int(rng.choice(5, p=(0.3, 0.08, 0.17, 0.05, 0.4)))]


def block(taken: Taken | None, exif: Exif, rng: Generator, orientation: int = 1) -> bytes | None:
    """The EXIF block for a copy, or None where it gets none."""
    if taken is None or exif in {Exif.STRIPPED, Exif.NONE}:
        return None
    if exif is Exif.COARSE:
        taken = replace(taken, millis=None)
    if exif is Exif.SHIFTED:
        hours = int(rng.integers(1, 12)) * (1 if rng.random() < 0.5 else -1)
        taken = replace(taken, time=taken.time + timedelta(hours=hours))
    text = "0000:00:00 00:00:00" if exif is Exif.ZEROED else taken.time.strftime(_FORMAT)
    made = Image.Exif()
    made[_MAKE], made[_MODEL], made[_ORIENTATION] = taken.make, taken.model, orientation
    inner = made.get_ifd(_EXIF_IFD)
    inner[_TAKEN] = inner[_DIGITISED] = text
    if taken.millis is not None and exif is not Exif.ZEROED:
        inner[_SUBSEC] = f"{taken.millis:03d}"
    return made.tobytes()


def with_block(jpeg: bytes, exif: bytes) -> bytes:
    """The same JPEG with an EXIF segment put first; the picture's own bytes stay as they are."""
    body = exif if exif.startswith(b"Exif\0\0") else b"Exif\0\0" + exif
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]


def orientation_of(data: bytes) -> int:
    """EXIF's orientation, 1 where none is stated."""
    with Image.open(io.BytesIO(data)) as opened:
        return int(opened.getexif().get(_ORIENTATION) or 1)


def stripped(jpeg: bytes) -> bytes:
    """The same JPEG without its metadata, shown as before: a turned picture keeps an EXIF block with its orientation alone."""
    bare, orientation = without_blocks(jpeg), orientation_of(jpeg)
    if orientation == 1:
        return bare
    made = Image.Exif()
    made[_ORIENTATION] = orientation
    return with_block(bare, made.tobytes())


def without_blocks(jpeg: bytes) -> bytes:
    """The same JPEG without its EXIF and XMP segments (APP1); the picture's own bytes stay as they are."""
    kept, at = [jpeg[:2]], 2
    while jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if jpeg[at + 1] != 0xE1:
            kept.append(jpeg[at:end])
        at = end
    return b"".join((*kept, jpeg[at:]))
