"""The same metadata are the same whatever container a picture is saved in: nothing is lost between formats."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from dedupe.decoding import decode, read
from dedupe.formats.inventory import lacking, unpacked
from dedupe.types import Facts
from tests.decoding import made
from tests.decoding.made import encoded, photograph
from tests.formats.test_inventory import bag, packet

PLACE = {1: "S", 2: (33.0, 51.0, 24.5), 3: "E", 4: (151.0, 12.0, 55.0)}
EXIF = made.exif(
    t0x010E="At sea", t0x010F="Nikon", t0x0110="P6000", t0x013B="Ada", t0x8298="© Ada", t0x4746=4,
    photo={0x9003: "2008:10:22 16:28:39", 0x829A: 0.01, 0x829D: 2.8, 0x8827: 100}, gps=PLACE,
)  # fmt: skip
XMP = packet(bag("dc:subject", "Venice", "Grandma"), attributes='photoshop:City="Venice" mine:Mood="calm"')
UUIDS = (b"JpgTiffExif->JP2", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"))


def png(picture: np.ndarray) -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return encoded(picture, "PNG", exif=EXIF, pnginfo=text)


def tiff(picture: np.ndarray) -> bytes:
    exif = Image.Exif()
    exif.load(EXIF)
    exif[700] = XMP
    return encoded(picture, "TIFF", exif=exif)


def jpeg2000(picture: np.ndarray) -> bytes:
    boxes = zip(UUIDS, (EXIF.removeprefix(b"Exif\0\0"), XMP), strict=True)
    return encoded(picture, "JPEG2000") + b"".join(
        struct.pack(">I", 24 + len(body)) + b"uuid" + uuid + body for uuid, body in boxes
    )


def jpeg_xl(picture: np.ndarray) -> bytes:
    """A JPEG XL with its boxes as cjxl and exiftool write them, behind or before the code stream."""
    pytest.importorskip("pillow_jxl", reason="pillow-jxl-plugin is not installed")
    stream = encoded(picture, "JXL")
    if stream[4:8] == b"JXL ":
        at = stream.index(b"jxlc")
        stream = stream[at + 4 : at - 4 + int.from_bytes(stream[at - 4 : at], "big")]
    bodies = (
        (b"ftyp", b"jxl \0\0\0\0jxl "),
        (b"Exif", bytes(4) + EXIF.removeprefix(b"Exif\0\0")),
        (b"jxlc", stream),
        (b"xml ", XMP),
    )
    boxes = b"".join(struct.pack(">I", 8 + len(body)) + name + body for name, body in bodies)
    return b"\0\0\0\x0cJXL \r\n\x87\n" + boxes


CONTAINERS: dict[str, Callable[[np.ndarray], bytes]] = {
    "JPEG": lambda picture: encoded(picture, "JPEG", exif=EXIF, xmp=XMP),
    "WebP": lambda picture: encoded(picture, "WEBP", exif=EXIF, xmp=XMP),
    "AVIF": lambda picture: encoded(picture, "AVIF", exif=EXIF, xmp=XMP),
    "HEIF": lambda picture: encoded(picture, "HEIF", exif=EXIF, xmp=XMP),
    "PNG": png,
    "TIFF": tiff,
    "JPEG 2000": jpeg2000,
    "JPEG XL": jpeg_xl,
}


def facts(data: bytes) -> Facts:
    return read.facts_of(decode.decode(data, long_side=400))


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_photo_says_the_same_of_itself_in_every_container(container: str) -> None:
    source = facts(CONTAINERS["JPEG"](photograph(64)))
    found = facts(CONTAINERS[container](photograph(64)))
    assert found.format == container
    assert (found.taken, found.camera, found.gps, found.caption, found.rating) == (
        source.taken, source.camera, source.gps, source.caption, source.rating,
    )  # fmt: skip
    assert found.taken is not None and found.gps is not None and found.rating == 4
    assert lacking(unpacked(source.inventory), unpacked(found.inventory)) == []
    assert lacking(unpacked(found.inventory), unpacked(source.inventory)) == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF", "HEIF", "JPEG2000"])
def test_a_picture_without_metadata_says_nothing(kind: str) -> None:
    buffer = io.BytesIO()
    Image.fromarray(photograph(64)).save(buffer, kind)
    assert facts(buffer.getvalue()).inventory == ""
