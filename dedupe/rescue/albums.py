"""Folders whose name says something about the photos in them, as albums do."""

from __future__ import annotations

import os
import re
from typing import Final

from dedupe.types import Photo

_PLAIN: Final = frozenset(
    (
        "photos", "photo", "pictures", "images", "image", "bilder", "fotos", "foto", "camera", "camera roll", "kamera",
        "dcim", "download", "downloads", "desktop", "backup", "backups", "old", "new", "tmp", "temp", "import", "imports",
        "export", "exports", "exported", "originals", "original", "masters", "copies", "copy", "duplicates", "misc", "other",
        "unsorted", "sorted", "raw", "jpg", "jpeg", "edited", "phone", "iphone", "android", "sd card", "screenshots",
        "whatsapp", "whatsapp images", "telegram", "signal", "archive", "bin", "trash", "untitled", "takeout",
        "google photos", "google fotos", "icloud photos", "sent", "media", "library", "home", "users", "data", "web",
        "small", "large", "thumbs", "thumbnails", "private", "cache", "saved pictures",
    )
)  # fmt: skip
"""Names of folders that programs make, or that say where a file came from and not what it shows."""
_PER_YEAR: Final = re.compile(
    r"\W*(?:photos from|fotos (?:von|de|aus|del)|photos de|foto del)\W*\d{4}\W*", re.IGNORECASE
)
_CAMERA_FOLDER: Final = re.compile(r"\d{3}[A-Z_0-9]{5}$", re.IGNORECASE)
_LETTERS: Final = re.compile(r"[^\W\d_]{3,}")
_MONTH_OR_COPY: Final = re.compile(
    r"^(?:(?:new folder|neuer ordner|untitled|backup|copy|kopie|old)\W*\d*)$", re.IGNORECASE
)


def album_of(photo: Photo) -> str:
    """The name of the album that the photo is in; empty where its folder's name says nothing of it."""
    folder = os.path.dirname(photo.path)
    if folder == photo.file.root.rstrip(os.sep):
        return ""
    name = " ".join(os.path.basename(folder).replace("_", " ").split())
    return name if says_something(name) else ""


def says_something(name: str) -> bool:
    """Whether the name of a folder is more than a date, a camera's counter, or where files came from."""
    if name.casefold() in _PLAIN or _PER_YEAR.fullmatch(name) or _CAMERA_FOLDER.fullmatch(name):
        return False
    if _MONTH_OR_COPY.match(name) or any(0xD800 <= ord(sign) <= 0xDFFF for sign in name):
        return False
    return _LETTERS.search(name) is not None
