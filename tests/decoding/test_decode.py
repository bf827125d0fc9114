"""Pixels as a viewer shows them, whatever the format, at the smallest scaled decode that serves."""

from __future__ import annotations

import io
import struct
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from dedupe.decoding import decode, icc, preview
from dedupe.decoding.pixel_key import pixel_key
from dedupe.formats.errors import DamagedError, NotAPhotoError, TooLargeError
from tests.decoding.made import (
    UPRIGHT,
    corners,
    encoded,
    photograph,
    quarters,
    stored_for,
    turned,
)

ORIENTATIONS = range(1, 9)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_a_photo_stands_upright_whichever_way_the_camera_was_held(kind: str, orientation: int) -> None:
    stored = stored_for(orientation, quarters(96, 64))
    found = decode.decode(encoded(stored, kind, exif=turned(orientation)), long_side=400)
    assert (found.width, found.height) == (96, 64)
    assert found.pixels.shape == (64, 96, 3)
    assert corners(found.pixels) == UPRIGHT


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_scaled_decode_stands_upright_too(orientation: int) -> None:
    stored = stored_for(orientation, quarters(1920, 1280))
    found = decode.decode(encoded(stored, exif=turned(orientation)), long_side=200)
    assert found.pixels.shape == (133, 200, 3)
    assert (found.width, found.height) == (1920, 1280)
    assert corners(found.pixels) == UPRIGHT


def test_an_orientation_that_does_not_exist_turns_nothing() -> None:
    found = decode.decode(encoded(quarters(), exif=turned(9)), long_side=400)
    assert corners(found.pixels) == UPRIGHT


@pytest.mark.parametrize("long_side", [60, 120, 250, 500, 1600])
def test_a_reduced_decode_shows_what_the_full_one_shows(long_side: int) -> None:
    whole = cv2.resize(photograph(), (1600, 1600), interpolation=cv2.INTER_CUBIC)
    data = encoded(whole, quality=92)
    found = decode.decode(data, long_side=long_side).pixels
    full = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    expected = cv2.resize(full, (long_side, long_side), interpolation=cv2.INTER_AREA)
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).mean() < 2.0


def test_a_picture_is_never_enlarged() -> None:
    assert decode.decode(encoded(quarters(30, 20)), long_side=400).pixels.shape == (20, 30, 3)


def test_a_picture_of_one_pixel_and_a_very_long_one_can_be_shown() -> None:
    assert decode.decode(encoded(quarters(1, 1)), long_side=400).pixels.shape == (1, 1, 3)
    thin = np.full((1, 5000, 3), 90, np.uint8)
    found = decode.decode(encoded(thin, "PNG"), long_side=400)
    assert found.pixels.shape == (1, 400, 3)
    assert 0.0 <= preview.texture(found.pixels) <= 1.0


def test_what_is_transparent_is_shown_on_white() -> None:
    picture = np.zeros((20, 20, 4), np.uint8)
    picture[:10] = (255, 0, 0, 255)
    for kind in ("PNG", "WEBP", "TIFF", "AVIF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        found = decode.decode(encoded(picture, kind, **options), long_side=400)
        assert np.abs(found.pixels[2, 10].astype(int) - (255, 0, 0)).max() < 12, kind
        assert found.pixels[17, 10].min() > 243, kind
        assert found.source.alpha


def test_half_transparent_colour_is_mixed_with_white() -> None:
    picture = np.zeros((4, 4, 4), np.uint8)
    picture[:, :] = (0, 0, 0, 128)
    assert abs(int(decode.decode(encoded(picture, "PNG"), long_side=9).pixels[2, 2, 0]) - 127) <= 1


def test_a_palette_with_a_transparent_entry_is_shown_on_white() -> None:
    picture = Image.fromarray(quarters()).quantize(4)
    hidden = picture.getpixel((1, 1))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", transparency=hidden)
    found = decode.decode(buffer.getvalue(), long_side=400)
    assert found.pixels[5, 5].tolist() == [255, 255, 255]
    assert found.source.alpha and found.source.lossless


def test_sixteen_bits_a_channel_are_shown_as_eight() -> None:
    grey = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    expected = (grey >> 8).astype(int)
    for kind in ("PNG", "TIFF"):
        found = decode.decode(encoded(grey, kind), long_side=400).pixels
        assert np.abs(found[:, :, 1].astype(int) - expected).max() <= 1, kind


def test_sixteen_bits_in_three_channels_are_shown_as_eight() -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (32, 48, 3), np.uint16)
    for ending in (".png", ".tiff"):
        data = cv2.imencode(ending, deep[:, :, ::-1])[1].tobytes()
        found = decode.decode(data, long_side=400).pixels
        assert np.abs(found.astype(int) - (deep >> 8)).max() <= 1, ending


def test_floating_point_pixels_are_shown_by_their_range() -> None:
    picture = np.linspace(0.0, 1.0, 100, dtype=np.float32).reshape(10, 10)
    found = decode.decode(encoded(picture, "TIFF"), long_side=400).pixels
    assert found[0, 0].tolist() == [0, 0, 0] and found[9, 9].tolist() == [255, 255, 255]


def test_greyscale_palette_and_black_and_white_are_shown_as_they_are() -> None:
    grey = np.asarray(Image.fromarray(quarters()).convert("L"))
    for kind in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "JPEG2000"):
        found = decode.decode(encoded(grey, kind), long_side=400).pixels
        assert np.abs(found.astype(int) - grey[:, :, None]).max() < 8, kind
    bitmap = grey > 100
    found = decode.decode(encoded(bitmap, "PNG"), long_side=400).pixels
    assert np.array_equal(found[:, :, 0], np.where(bitmap, 255, 0))


def test_cmyk_photos_look_like_their_rgb_originals() -> None:
    original = photograph(256)
    buffer = io.BytesIO()
    Image.fromarray(original).convert("CMYK").save(buffer, "JPEG", quality=95)
    data = buffer.getvalue()
    found = decode.decode(data, long_side=256)
    assert np.abs(found.pixels.astype(int) - original).mean() < 4
    assert found.parts is not None and len(found.parts.components) == 4
    scaled = decode.decode(data, long_side=60)
    assert scaled.pixels.shape == (60, 60, 3) and scaled.width == 256


def test_progressive_jpegs_are_read_like_others() -> None:
    plain, progressive = encoded(photograph(), quality=90), encoded(photograph(), quality=90, progressive=True)
    one, two = (decode.decode(data, long_side=400) for data in (plain, progressive))
    assert np.abs(one.pixels.astype(int) - two.pixels).max() <= 3
    assert two.parts is not None and two.parts.progressive and two.warning is None


def test_the_first_frame_of_an_animation_is_shown_and_the_frames_are_counted() -> None:
    first, *rest = [Image.fromarray(np.full((20, 30, 3), level, np.uint8)) for level in (10, 120, 240)]
    for kind in ("GIF", "WEBP", "PNG", "AVIF"):
        buffer = io.BytesIO()
        options = {"lossless": True} if kind == "WEBP" else {}
        first.save(buffer, kind, save_all=True, append_images=rest, duration=50, **options)
        found = decode.decode(buffer.getvalue(), long_side=400)
        assert found.source.frames == 3, kind
        assert found.pixels.max() < 20, kind


def test_the_pages_of_a_tiff_are_counted_but_not_its_thumbnails() -> None:
    pages = [Image.fromarray(quarters(size, size)) for size in (64, 64, 32)]
    pages[2].encoderinfo = {"tiffinfo": {254: 1}}
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    assert decode.decode(buffer.getvalue(), long_side=400).source.frames == 2


def test_jpeg_2000_is_decoded_at_a_scale_that_serves() -> None:
    found = decode.decode(encoded(quarters(1280, 960), "JPEG2000"), long_side=300)
    assert found.pixels.shape == (225, 300, 3)
    assert (found.width, found.height) == (1280, 960)
    assert corners(found.pixels) == UPRIGHT
    assert found.source.lossless
    lossy = encoded(quarters(64, 64), "JPEG2000", irreversible=True, quality_layers=[40])
    assert not decode.decode(lossy, long_side=300).source.lossless


def test_lossless_and_lossy_webp_are_told_apart() -> None:
    alpha = np.dstack([quarters(), np.full(quarters().shape[:2], 200, np.uint8)])
    for picture in (quarters(), alpha):
        assert decode.decode(encoded(picture, "WEBP", lossless=True), long_side=99).source.lossless
        assert not decode.decode(encoded(picture, "WEBP", quality=80), long_side=99).source.lossless


def _swapped_profile() -> bytes:
    """sRGB with the red and blue primaries exchanged: applied, it turns red into blue."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132], "big")
    places = {bytes(profile[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, blue = (bytes(profile[places[name] + 4 : places[name] + 12]) for name in (b"rXYZ", b"bXYZ"))
    profile[places[b"rXYZ"] + 4 : places[b"rXYZ"] + 12] = blue
    profile[places[b"bXYZ"] + 4 : places[b"bXYZ"] + 12] = red
    return bytes(profile).replace(b"s\x00R\x00G\x00B\x00 \x00b", b"t\x00R\x00G\x00B\x00 \x00b")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_colours_are_brought_from_the_files_profile_into_srgb(kind: str) -> None:
    red = np.zeros((32, 32, 3), np.uint8)
    red[:, :, 0] = 220
    found = decode.decode(encoded(red, kind, icc_profile=_swapped_profile()), long_side=400).pixels
    assert found[16, 16, 2] > 180 and found[16, 16, 0] < 60


def test_a_profile_that_is_srgb_or_broken_changes_nothing() -> None:
    plain = decode.decode(encoded(photograph(128), "PNG"), long_side=400).pixels
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, b"nonsense", srgb[:200], b""):
        found = decode.decode(encoded(photograph(128), "PNG", icc_profile=profile), long_side=400).pixels
        assert np.abs(found.astype(int) - plain).max() <= 1


def test_srgb_is_known_however_a_program_wrote_it_and_a_wider_space_by_another_name_is_not() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    renamed = srgb.replace(b"sRGB", b"mine").replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))
    assert icc.is_srgb(renamed)
    wider = bytearray(renamed)
    at = int.from_bytes(wider[wider.index(b"gXYZ") + 4 :][:4], "big") + 8
    wider[at : at + 4] = round(0.3 * 65536).to_bytes(4, "big")
    assert not icc.is_srgb(bytes(wider))


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "AVIF", "HEIF"):
        data = encoded(quarters(200, 100), kind)
        with pytest.raises(TooLargeError, match="200 × 100 pixels"):
            decode.decode(data, long_side=400, max_pixels=19_999)
        assert decode.decode(data, long_side=400, max_pixels=20_000).width == 200


def test_what_is_no_picture_is_said_to_be_none() -> None:
    for data in (
        b"hello",
        b"%PDF-1.7\n" + b"x" * 99,
        b"\x00\x00\x00\x20ftypisom" + b"\x00" * 64,
        b"PK\x03\x04" + b"0" * 90,
    ):
        with pytest.raises(NotAPhotoError):
            decode.decode(data, long_side=400)


def test_a_preview_is_small_in_pixels_and_in_bytes_even_of_noise() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (900, 1200, 3), np.uint8)
    for picture in (noise, photograph(), quarters(10, 1000)):
        data = preview.preview(picture)
        assert len(data) <= preview.PREVIEW_BYTES
        shown = preview.decode_preview(data)
        assert max(shown.shape) <= 400
    assert preview.decode_preview(preview.preview(photograph())).shape == (400, 400, 3)
    assert corners(preview.decode_preview(preview.preview(quarters()))) == UPRIGHT


def test_a_preview_that_is_cut_off_is_damaged() -> None:
    data = preview.preview(photograph())
    for broken in (b"", data[:100], data[: len(data) // 2]):
        with pytest.raises(DamagedError):
            preview.decode_preview(broken)


def test_the_network_is_shown_the_whole_frame_squashed() -> None:
    pixels = preview.squash(preview.preview(quarters(300, 100)), 112)
    assert pixels.shape == (112, 112, 3) and pixels.dtype == np.uint8
    assert corners(pixels) == UPRIGHT


def test_texture_tells_sky_from_a_crowd() -> None:
    sky = np.repeat(np.linspace(120, 200, 300)[:, None], 400, axis=1)[:, :, None].repeat(3, axis=2)
    noise = np.random.default_rng(2).normal(0, 2, sky.shape)
    assert preview.texture((sky + noise).clip(0, 255).astype(np.uint8)) == 0.0
    assert preview.texture(photograph()) > 0.8
    half = photograph(400).copy()
    half[:, 200:] = 128
    assert 0.35 < preview.texture(half) < 0.65


def _tiff(pixels: np.ndarray[Any, Any], photometric: int, *, planar: bool = False, floating: bool = False) -> bytes:
    """An uncompressed little-endian TIFF of any depth and layout; ``pixels`` is [h, w] or [h, w, 3]."""
    height, width = pixels.shape[:2]
    samples = 1 if pixels.ndim == 2 else pixels.shape[2]
    layers = [pixels[:, :, layer] for layer in range(samples)] if planar else [pixels]
    strips = [np.ascontiguousarray(layer).tobytes() for layer in layers]
    offsets = [8 + sum(map(len, strips[:at])) for at in range(len(strips))]
    tables = 8 + sum(map(len, strips))
    extra = struct.pack(f"<{len(strips)}I", *offsets) + struct.pack(f"<{len(strips)}I", *map(len, strips))
    many = len(strips) > 1
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, pixels.itemsize * 8), (259, 3, 1, 1),
        (262, 3, 1, photometric), (273, 4, len(strips), tables if many else offsets[0]), (277, 3, 1, samples),
        (278, 4, 1, height), (279, 4, len(strips), tables + 4 * len(strips) if many else len(strips[0])),
        (284, 3, 1, 2 if planar else 1), (339, 3, 1, 3 if floating else 1),
    ]  # fmt: skip
    if samples == 3:  # three depths do not fit into an entry
        entries[2] = (258, 3, 3, tables + len(extra))
        extra += struct.pack("<3H", *[pixels.itemsize * 8] * 3) + b"\x00\x00"
    start = tables + len(extra)
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return (
        b"II*\x00"
        + struct.pack("<I", start)
        + b"".join(strips)
        + extra
        + struct.pack("<H", len(entries))
        + body
        + b"\x00" * 4
    )


def test_deep_tiffs_in_planes_and_in_floating_point_are_shown_as_they_are() -> None:
    picture = photograph(128)
    deep = picture.astype(np.uint16) * 257
    for name, data in {
        "16 bits": _tiff(deep, 2),
        "16 bits in planes": _tiff(deep, 2, planar=True),
        "8 bits in planes": _tiff(picture, 2, planar=True),
        "float": _tiff(picture.astype(np.float32) / 255, 2, floating=True),
        "double": _tiff(picture[:, :, 0].astype(np.float64) / 255, 1, floating=True),
    }.items():
        found = decode.decode(data, long_side=400)
        expected = picture if name != "double" else picture[:, :, :1]
        assert np.abs(found.pixels.astype(int) - expected).max() <= 1, name
        assert (found.width, found.height, found.source.frames) == (128, 128, 1)
    with pytest.raises(TooLargeError):
        decode.decode(_tiff(deep, 2, planar=True), long_side=400, max_pixels=128 * 127)


def test_a_tiff_in_which_zero_is_white_is_shown_so() -> None:
    grey = photograph(64)[:, :, 1]
    for deep in (grey, grey.astype(np.uint16) * 257):
        found = decode.decode(_tiff(deep, 0), long_side=400).pixels
        assert np.abs(found[:, :, 0].astype(int) - (255 - grey)).max() <= 1
        assert pixel_key(_tiff(deep, 0)) != pixel_key(_tiff(deep, 1))
    assert pixel_key(_tiff(grey.astype(np.uint16), 0)) is None
