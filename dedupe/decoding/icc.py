"""Colours as a viewer shows them: an embedded ICC profile is applied, the result is sRGB (IEC 61966-2-1)."""

from __future__ import annotations

import functools
import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from dedupe.formats import profile as primaries

_RGB, _GREY, _CMYK = b"RGB ", b"GRAY", b"CMYK"


_LEAST_CHANGE: Final = 2
"""Levels by which a profile must change a colour to count: programs write sRGB with curves and numbers of their own."""
_STEPS: Final = 9


def is_srgb(profile: bytes | None) -> bool:
    """Whether a profile changes nothing: absent, unreadable as a header, or sRGB by its description or by what it does."""
    if profile is None or len(profile) < 132 or profile[36:40] != b"acsp":
        return True
    if profile[16:20] != _RGB:
        return False
    head = profile[:4096]
    if b"sRGB IEC61966" in head or b"s\0R\0G\0B\0 \0I\0E\0C" in head:
        return True
    return primaries.is_srgb(profile) and _changes_nothing(profile)


@functools.lru_cache(maxsize=64)
def _changes_nothing(profile: bytes) -> bool:
    """Whether colours all over the cube come out as they went in."""
    transform = _transform(profile, "RGB")
    if transform is None:
        return True
    levels = np.linspace(0, 255, _STEPS).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3)
    shown = np.asarray(ImageCms.applyTransform(Image.fromarray(cube), transform)).astype(np.int16)
    return int(np.abs(shown - cube).max()) <= _LEAST_CHANGE


def to_srgb(pixels: NDArray[np.uint8], profile: bytes | None) -> NDArray[np.uint8]:
    """Convert RGB pixels, uint8[h, w, 3], from the profile's space to sRGB.

    They are returned unchanged where there is nothing to do or the profile is broken. A grey profile is applied to the
    first channel. The intent is perceptual, as browsers have it by default.
    """
    if profile is None or is_srgb(profile):
        return pixels
    space = profile[16:20]
    if space not in (_RGB, _GREY):
        return pixels
    transform = _transform(profile, "RGB" if space == _RGB else "L")
    if transform is None:
        return pixels
    image = Image.fromarray(pixels if space == _RGB else np.ascontiguousarray(pixels[:, :, 0]))
    return np.asarray(ImageCms.applyTransform(image, transform))


def cmyk_to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert a CMYK picture to sRGB.

    Its profile is used where it has one, else the plain complement, as in browsers.
    """
    if profile is not None and profile[16:20] == _CMYK:
        transform = _transform(profile, "CMYK")
        if transform is not None:
            return ImageCms.applyTransform(image, transform) or image.convert("RGB")
    return image.convert("RGB")


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> Any:
    """LittleCMS' transform to sRGB, None where it refuses the profile.

    The result is cached, because the photos of one phone all carry the same profile.
    """
    try:
        return ImageCms.buildTransform(ImageCms.ImageCmsProfile(io.BytesIO(profile)), _srgb_profile(), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@functools.cache
def _srgb_profile() -> Any:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
