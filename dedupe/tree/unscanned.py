"""Members of an asset that took no part in the scan: the RAW beside a JPEG that could not be read, or was left out.

Without them an asset would be torn apart: its JPEG is an extra of another JPEG, and its RAW stays behind alone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Container
from dataclasses import replace

from dedupe.formats.sniff import PICTURE_EXTENSIONS, RAW_EXTENSIONS
from dedupe.types import Companion, CompanionKind, FileStamp, Photo


class UnscannedFiles:
    """Finds them in the photos' folders, each of which is listed once. ``known`` are the paths of the photos that were read."""

    def __init__(self, known: Container[str]) -> None:
        self._known = known
        self._folders: dict[str, dict[str, list[str]]] = {}

    def attached(self, photo: Photo) -> Photo:
        """The photo with its stray members as companions of its file; itself where there are none."""
        found = [unscanned for asset in photo.parts for unscanned in self._of(asset)]
        if not found:
            return photo
        held = {companion.path for companion in photo.file.companions}
        fresh = {unscanned.path: unscanned for unscanned in found if unscanned.path not in held}
        return replace(photo, file=replace(photo.file, companions=(*photo.file.companions, *fresh.values())))

    def _of(self, photo: Photo) -> list[Companion]:
        folder, name = os.path.split(photo.path)
        stem, extension = os.path.splitext(name)
        is_raw = photo.facts.raw or extension.lower() in RAW_EXTENSIONS
        kind = CompanionKind.PHOTO if is_raw else CompanionKind.RAW
        wanted = PICTURE_EXTENSIONS if is_raw else RAW_EXTENSIONS
        unscanned = []
        for other in self._names(folder).get(stem.casefold(), ()):
            path = os.path.join(folder, other)
            if os.path.splitext(other)[1].lower() in wanted and path not in self._known:
                unscanned += _companion(path, kind)
        return unscanned

    def _names(self, folder: str) -> dict[str, list[str]]:
        if folder not in self._folders:
            names: dict[str, list[str]] = {}
            try:
                for name in sorted(os.listdir(folder)):
                    names.setdefault(os.path.splitext(name)[0].casefold(), []).append(name)
            except OSError:
                pass
            self._folders[folder] = names
        return self._folders[folder]


def _companion(path: str, kind: CompanionKind) -> list[Companion]:
    try:
        status = os.lstat(path)
    except OSError:
        return []
    return [Companion(path, kind, FileStamp.of(status))] if stat.S_ISREG(status.st_mode) else []
