"""The pixel key is the picture's: re-tagging keeps it, and whatever changes how it looks changes it."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from dedupe.decoding import content_key, pixel_key_task
from dedupe.decoding.decode import decode
from dedupe.decoding.pixel_key import pixel_key
from tests.decoding.made import (
    encoded,
    exif,
    photograph,
    put,
    quarters,
    stored_for,
    turned,
    with_segment,
    with_xmp,
)


def _key(data: bytes) -> bytes:
    key = pixel_key(data)
    assert key is not None and len(key) == 16
    return key


def test_the_content_key_is_the_same_from_bytes_and_from_a_file(tmp_path: Path) -> None:
    for data in (b"", b"x", os.urandom(3_000_000)):
        path = put(tmp_path, "file", data)
        with open(path, "rb") as file:
            file.read(1)
            assert content_key.content_key_of_file(file.fileno()) == content_key.content_key(data)
    assert content_key.content_key(b"") != content_key.content_key(b"\x00")


def test_retagging_a_jpeg_keeps_its_pixel_key() -> None:
    plain = encoded(photograph(128))
    for other in (
        with_xmp(plain, 'xmp:Rating="5"'),
        with_segment(plain, 0xE1, b"Exif\x00\x00" + exif(t0x010E="A caption")[6:]),
        with_segment(plain, 0xFE, b"a comment"),
        with_segment(plain, 0xED, b"Photoshop 3.0\x00"),
        plain + b"appended junk \xff\xd9",
        with_segment(plain, 0xE1, b"Exif\x00\x00" + turned(1)[6:]),
    ):
        assert _key(other) == _key(plain)


def test_what_changes_a_jpegs_looks_changes_its_pixel_key() -> None:
    plain = encoded(photograph(128), quality=90)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    keys = [
        _key(plain),
        _key(encoded(photograph(128), quality=91)),
        _key(encoded(photograph(128), quality=90, exif=turned(6))),
        _key(encoded(photograph(128), quality=90, exif=turned(8))),
        _key(encoded(photograph(128), quality=90, icc_profile=profile)),
        _key(with_segment(plain, 0xEE, b"Adobe\x00\x64\x00\x00\x00\x00\x00")),
        _key(encoded(photograph(127), quality=90)),
    ]
    assert len(set(keys)) == len(keys)


def test_a_jpeg_that_is_cut_off_has_no_pixel_key() -> None:
    assert pixel_key(encoded(photograph(128))[:-2]) is None


def test_a_lossless_change_of_container_keeps_the_pixel_key() -> None:
    picture = photograph(96)
    keys = {
        _key(encoded(picture, kind, **options))
        for kind, options in (
            ("PNG", {}),
            ("PNG", {"compress_level": 0}),
            ("TIFF", {}),
            ("TIFF", {"compression": "tiff_lzw"}),
            ("BMP", {}),
            ("WEBP", {"lossless": True}),
            ("JPEG2000", {}),
        )
    }
    assert len(keys) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_pixel_key_is_that_of_the_upright_picture(orientation: int) -> None:
    turned_file = encoded(stored_for(orientation, photograph(64)[:40]), "PNG", exif=turned(orientation))
    assert _key(turned_file) == _key(encoded(photograph(64)[:40], "PNG"))


def test_grey_palette_and_opaque_alpha_are_the_same_picture_as_plain_colour() -> None:
    colour = quarters()
    opaque = np.dstack([colour, np.full(colour.shape[:2], 255, np.uint8)])
    buffer = io.BytesIO()
    Image.fromarray(colour).convert("P", palette=Image.Palette.ADAPTIVE, colors=4).save(buffer, "PNG")
    assert _key(encoded(opaque, "PNG")) == _key(encoded(colour, "PNG")) == _key(buffer.getvalue())
    grey = np.asarray(Image.fromarray(colour).convert("L"))
    assert _key(encoded(grey, "PNG")) == _key(encoded(np.dstack([grey] * 3), "PNG"))


def test_what_changes_the_pixels_changes_the_pixel_key() -> None:
    picture = photograph(64)
    changed = picture.copy()
    changed[63, 63, 2] ^= 1
    hidden = np.dstack([picture, np.full((64, 64), 254, np.uint8)])
    deep = picture.astype(np.uint16) * 257
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    green = profile.index(b"gXYZ")
    at = int.from_bytes(profile[green + 4 : green + 8], "big") + 8
    profile[at : at + 4] = round(0.36 * 65536).to_bytes(4, "big")  # of a red part that is 0.385 in sRGB
    odd = bytes(profile)
    keys = [
        _key(encoded(picture, "PNG")),
        _key(encoded(changed, "PNG")),
        _key(encoded(hidden, "PNG")),
        _key(encoded(picture, "PNG", icc_profile=odd)),
        _key(encoded(picture.reshape(32, 128, 3), "PNG")),
        _key(cv2.imencode(".png", deep[:, :, ::-1])[1].tobytes()),
    ]
    assert len(set(keys)) == len(keys)


def test_the_lower_bits_of_deep_pictures_count() -> None:
    deep = np.random.default_rng(3).integers(0, 65536, (16, 16, 3), np.uint16)
    other = deep.copy()
    other[3, 3, 1] ^= 1
    for ending in (".png", ".tiff"):
        one, two = (cv2.imencode(ending, each)[1].tobytes() for each in (deep, other))
        assert _key(one) != _key(two), ending
    png, tiff = (cv2.imencode(ending, deep)[1].tobytes() for ending in (".png", ".tiff"))
    assert _key(png) == _key(tiff)


def test_deep_pictures_that_would_lose_bits_have_no_key() -> None:
    import pillow_heif

    grey = np.random.default_rng(4).integers(0, 65536, (64, 64), np.uint16)
    assert pixel_key(encoded(grey, "JPEG2000")) is None
    deep = np.random.default_rng(5).integers(0, 65536, (64, 64, 3), np.uint16)
    buffer = io.BytesIO()
    pillow_heif.encode("RGB;16", (64, 64), deep.tobytes(), buffer, quality=-1)
    key = pixel_key(buffer.getvalue())
    assert key is not None and key != pixel_key(encoded((deep >> 8).astype(np.uint8), "HEIF", quality=-1))


def test_every_frame_of_an_animation_counts() -> None:
    def animation(*levels: int) -> bytes:
        frames = [Image.fromarray(np.full((8, 8, 3), level, np.uint8)) for level in levels]
        buffer = io.BytesIO()
        frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
        return buffer.getvalue()

    assert _key(animation(1, 2, 3)) == _key(animation(1, 2, 3))
    assert len({_key(animation(*levels)) for levels in ((1, 2, 3), (1, 2, 4), (1, 2), (1,))}) == 4


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "WEBP", "TIFF", "JPEG2000", "AVIF", "HEIF"])
def test_a_damaged_file_has_no_pixel_key(kind: str) -> None:
    data = encoded(photograph(64), kind)
    assert pixel_key(data) is not None
    assert pixel_key(data[: len(data) * 2 // 3]) is None


def test_a_png_whose_checksum_is_wrong_has_no_pixel_key() -> None:
    data = bytearray(encoded(photograph(64), "PNG"))
    at = data.index(b"IDAT") + 4 + int.from_bytes(data[data.index(b"IDAT") - 4 : data.index(b"IDAT")])
    data[at] ^= 1
    assert pixel_key(bytes(data)) is None


def test_the_task_answers_for_the_content_it_was_asked_about_and_no_other(tmp_path: Path) -> None:
    def asked(path: str, content: bytes) -> pixel_key_task.PixelKeyAnswer | None:
        return pixel_key_task.pixel_key_of(pixel_key_task.PixelKeyRequest(path, content_key.content_key(content)))

    picture = encoded(quarters(), "PNG")
    whole: Any = put(tmp_path, b"\xff\xfe.png", picture)
    assert asked(whole, picture) == pixel_key_task.PixelKeyAnswer(pixel_key(picture))
    assert asked(str(tmp_path / "missing.jpg"), picture) is None
    assert asked(put(tmp_path, "text.jpg", b"text"), b"text") == pixel_key_task.PixelKeyAnswer(None)
    assert asked(put(tmp_path, "replaced.png", encoded(photograph(64), "PNG")), picture) is None


def test_a_jpeg_xl_has_the_key_of_its_pixels_and_a_deep_one_has_none() -> None:
    pytest.importorskip("pillow_jxl", reason="pillow-jxl-plugin is not installed")
    plain = encoded(quarters(), "PNG")
    assert pixel_key(encoded(quarters(), "JXL", lossless=True)) == pixel_key(plain) is not None
    other = quarters()
    other[3, 3] = 7
    assert pixel_key(encoded(other, "JXL", lossless=True)) != pixel_key(plain)
    deep = encoded((quarters()[:, :, 0].astype(np.uint16) << 7), "JXL", lossless=True)
    assert pixel_key(deep) is None
    assert decode(deep, long_side=96).source.bits == 16
