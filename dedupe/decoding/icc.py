"""Colours as a viewer shows them: an embedded ICC profile is applied, the result is sRGB (IEC 61966-2-1)."""

from __future__ import annotations

import functools
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_RGB, _GREY, _CMYK = b"RGB ", b"GRAY", b"CMYK"


def is_srgb(profile: bytes | None) -> bool:
    """Whether a profile changes nothing: absent, unreadable as a header, or sRGB by its description."""
    if profile is None or len(profile) < 132 or profile[36:40] != b"acsp":
        return True
    head = profile[:4096]
    return profile[16:20] == _RGB and (b"sRGB IEC61966" in head or b"s\0R\0G\0B\0 \0I\0E\0C" in head)


def to_srgb(pixels: NDArray[np.uint8], profile: bytes | None) -> NDArray[np.uint8]:
    """uint8[h, w, 3] RGB in the profile's space → sRGB; unchanged where there is nothing to do or the profile
    is broken.

    A grey profile is applied to the first channel. Perceptual intent, as browsers do by default.
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
    """A CMYK picture as sRGB: by its profile where it has one, else by the plain complement, as browsers
    do.
    """
    if profile is not None and profile[16:20] == _CMYK:
        transform = _transform(profile, "CMYK")
        if transform is not None:
            return ImageCms.applyTransform(image, transform) or image.convert("RGB")
    return image.convert("RGB")


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> Any:
    """LittleCMS' transform to sRGB, None where it refuses the profile; one phone's photos all carry the same
    one.
    """
    try:
        return ImageCms.buildTransform(ImageCms.ImageCmsProfile(io.BytesIO(profile)), _srgb_profile(), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@functools.cache
def _srgb_profile() -> Any:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
