"""Pictures and files for the tests of photos: real ones, made here."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image

from dedupe.types import FileStamp

Pixels = NDArray[np.uint8]

RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 160, 40), (40, 60, 200), (220, 200, 40)


def quarters(width: int = 96, height: int = 64) -> Pixels:
    """uint8[h, w, 3]: red top left, green top right, blue bottom left, yellow bottom right; no turn looks like it."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = RED
    picture[: height // 2, width // 2 :] = GREEN
    picture[height // 2 :, : width // 2] = BLUE
    picture[height // 2 :, width // 2 :] = YELLOW
    return picture


def corners(pixels: Pixels) -> list[str]:
    """The colours of the quarters as names: top left, top right, bottom left, bottom right."""
    height, width = pixels.shape[:2]
    names = {"red": RED, "green": GREEN, "blue": BLUE, "yellow": YELLOW}
    found = []
    for y, x in ((1, 1), (1, 3), (3, 1), (3, 3)):
        colour = pixels[height * y // 4, width * x // 4].astype(int)
        found.append(min(names, key=lambda name: int(np.abs(colour - names[name]).sum())))
    return found


UPRIGHT = ["red", "green", "blue", "yellow"]


def stored_for(orientation: int, upright: Pixels) -> Pixels:
    """The pixels as a camera stores them so that the EXIF orientation turns them upright (EXIF 2.32, table 6)."""
    return {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: np.rot90(p, 1),
        7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
        8: lambda p: np.rot90(p, -1),
    }[orientation](upright).copy()


def photograph(side: int = 512) -> Pixels:
    """uint8[side, side, 3]: a real photograph."""
    picture = Image.fromarray(skimage.data.astronaut())
    return np.asarray(picture if side == 512 else picture.resize((side, side), Image.Resampling.LANCZOS))


def encoded(pixels: NDArray[Any], kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file of Pillow's format ``kind``."""
    if kind in ("HEIF", "AVIF"):
        import pillow_heif

        pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def exif(**tags: Any) -> bytes:
    """An EXIF block with main tags by number (``t0x0110="X"``), ``photo={tag: value}`` and ``gps={tag: value}``."""
    block = Image.Exif()
    for name, value in tags.items():
        if name == "photo":
            block.get_ifd(0x8769).update(value)
        elif name == "gps":
            block.get_ifd(0x8825).update(value)
        else:
            block[int(name[1:], 16)] = value
    return block.tobytes()


def turned(orientation: int) -> bytes:
    """An EXIF block that holds an orientation alone."""
    return exif(t0x0112=orientation)


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """A JPEG with one more segment behind SOI."""
    return jpeg[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def with_xmp(jpeg: bytes, attributes: str) -> bytes:
    """A JPEG with an XMP packet whose description has these attributes."""
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description {attributes}/></rdf:RDF></x:xmpmeta>'
    return with_segment(jpeg, 0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + packet.encode())


def dng(preview: bytes, size: tuple[int, int] = (640, 480), orientation: int = 1) -> bytes:
    """A minimal DNG: a 16-bit mosaic of ``size`` and an embedded JPEG preview."""
    width, height = size
    mosaic = (np.indices((height, width)).sum(0) % 4000 + 512).astype("<u2").tobytes()
    camera = b"Maker\x00Model One\x00"
    matrix = b"".join(struct.pack("<ii", value, 10000) for value in (10000, 0, 0, 0, 10000, 0, 0, 0, 10000))
    blob = io.BytesIO(b"II*\x00\x00\x00\x00\x00")
    blob.seek(8)

    def put(data: bytes) -> int:
        at = blob.tell()
        blob.write(data + b"\x00" * (len(data) & 1))
        return at

    jpeg_at, mosaic_at, matrix_at = put(preview), put(mosaic), put(matrix)
    make_at, model_at = put(b"Maker\x00"), put(b"Model One\x00")
    with Image.open(io.BytesIO(preview)) as shown:
        shown_width, shown_height = shown.size
    raw_ifd = _directory(
        [
            (254, 4, 1, 0), (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 1),
            (262, 3, 1, 32803), (273, 4, 1, mosaic_at), (277, 3, 1, 1), (278, 4, 1, height),
            (279, 4, 1, len(mosaic)), (33421, 3, 2, 2 | 2 << 16), (33422, 1, 4, 0x02010100), (50717, 4, 1, 16383),
        ]
    )  # fmt: skip
    raw_at = put(raw_ifd)
    main = _directory(
        [
            (254, 4, 1, 1), (256, 4, 1, shown_width), (257, 4, 1, shown_height), (258, 3, 1, 8), (259, 3, 1, 7),
            (262, 3, 1, 6), (271, 2, 6, make_at), (272, 2, 10, model_at), (273, 4, 1, jpeg_at),
            (274, 3, 1, orientation), (277, 3, 1, 3), (278, 4, 1, shown_height), (279, 4, 1, len(preview)),
            (330, 4, 1, raw_at), (50706, 1, 4, 0x00000401), (50707, 1, 4, 0x00000101), (50708, 2, 10, model_at),
            (50721, 10, 9, matrix_at), (50778, 3, 1, 21),
        ]
    )  # fmt: skip
    main_at = put(main)
    data = bytearray(blob.getvalue())
    struct.pack_into("<I", data, 4, main_at)
    assert camera
    return bytes(data)


def _directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + body + b"\x00\x00\x00\x00"


def put(folder: Path, name: str | bytes, data: bytes) -> str:
    """A file of these bytes; its path as ``str``."""
    import os

    path = os.path.join(os.fsencode(folder), name if isinstance(name, bytes) else os.fsencode(name))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    return os.fsdecode(path)


def stamp(path: str) -> FileStamp:
    """What lstat says now."""
    import os

    return FileStamp.of(os.lstat(path))
