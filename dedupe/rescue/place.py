"""Where the sidecar of a photo is, or is to be: the names that other programs look for, and those that a folder already uses."""

from __future__ import annotations

import os
from collections.abc import Sequence

from dedupe.formats.sniff import PHOTO_EXTENSIONS
from dedupe.types import Photo

EXTENSION = ".xmp"


def sidecar_of(photo: Photo, names: Sequence[str] | None = None) -> str:
    """The path of the photo's XMP sidecar.

    An existing sidecar comes first. A new one is ``IMG.jpg.xmp``, or ``IMG.xmp`` where its folder names them so.
    ``names`` are those in its folder; with None the folder is listed. Raises OSError where it cannot be listed.
    """
    folder, name = os.path.split(photo.path)
    names = os.listdir(folder) if names is None else names
    folded = {other.casefold(): other for other in sorted(names)}
    long, short = name + EXTENSION, os.path.splitext(name)[0] + EXTENSION
    for wanted in (long, short):
        there = folded.get(wanted.casefold())
        if there is not None and (wanted is long or _is_alone(photo, names)):
            return os.path.join(folder, there)
    if _names_by_stem(names) and _is_alone(photo, names):
        return os.path.join(folder, short)
    return os.path.join(folder, long)


def _is_alone(photo: Photo, names: Sequence[str]) -> bool:
    """No other photo of the folder has this stem, so a sidecar named after it is this asset's."""
    own = {os.path.basename(part.path) for part in photo.parts}
    stem = _stem(os.path.basename(photo.path))
    return all(name in own or _stem(name) != stem for name in names if _is_photo(name))


def _names_by_stem(names: Sequence[str]) -> bool:
    """The sidecars of this folder's photos are called ``IMG.xmp``, and none ``IMG.jpg.xmp``."""
    sidecars = {os.path.splitext(name)[0].casefold() for name in names if name.casefold().endswith(EXTENSION)}
    if not sidecars:
        return False
    photos = [name for name in names if _is_photo(name)]
    return any(_stem(name) in sidecars for name in photos) and not any(name.casefold() in sidecars for name in photos)


def _is_photo(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in PHOTO_EXTENSIONS


def _stem(name: str) -> str:
    return os.path.splitext(name)[0].casefold()
