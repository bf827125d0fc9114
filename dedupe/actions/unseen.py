"""Companions that appeared after the scan: their photo stays, because it would leave them behind."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Sequence

from dedupe.actions.disk import Disk

UNSEEN = "has a companion that the scan did not see"


class Unseen:
    """Looks into the folders of the photos that are to leave; what belongs to which is worked out again only where a
    possible companion is new."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._folders: dict[str, tuple[frozenset[str], dict[str, list[str]]]] = {}

    def unseen_blocker(self, paths: Sequence[str], shared: Collection[str], *, again: bool) -> str | None:
        """A companion of the photos among ``paths`` is neither among them nor ``shared`` (left behind on purpose), as
        a phrase, or None. ``again``: their folders are listed anew."""
        from dedupe.photos.formats import PHOTO_EXTENSIONS

        looked: set[str] = set()
        for index, path in enumerate(paths):
            folder, name = os.path.split(path)
            if index and os.path.splitext(name)[1].lower() not in PHOTO_EXTENSIONS:
                continue
            if folder not in self._folders or (again and folder not in looked):
                self._look(folder)
                looked.add(folder)
            beside = (os.path.join(folder, other) for other in self._folders[folder][1].get(name, ()))
            if any(other not in paths and other not in shared and self._is_file(other) for other in beside):
                return UNSEEN
        return None

    def _look(self, folder: str) -> None:
        from dedupe.photos.companions import COMPANION_EXTENSIONS, attach
        from dedupe.photos.formats import PHOTO_EXTENSIONS

        try:
            names = [name for name in self._disk.listdir(folder) if not name.startswith(".")]
        except OSError:
            names = []  # what is in the way of reading it will be in the way of the photo too
        others = frozenset(name for name in names if name[name.rfind(".") :].lower() in COMPANION_EXTENSIONS)
        before = self._folders.get(folder)
        if before is not None and others <= before[0]:
            return
        photos = [name for name in names if name[name.rfind(".") :].lower() in PHOTO_EXTENSIONS]
        found = attach(photos, others)
        self._folders[folder] = (others, {photo: [name for name, _ in owned] for photo, owned in found.items()})

    def _is_file(self, path: str) -> bool:
        try:
            return stat.S_ISREG(self._disk.lstat(path).st_mode)
        except OSError:
            return False
