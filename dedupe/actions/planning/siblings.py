"""What is beside a photo on the disk now: companions that the scan did not see, and the other photos of a companion.

Who belongs to whom is worked out by the very rules of the scan (``tree/companions.py``), once a folder, and again only
where a name is new there.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe.actions.platform.disk import Disk
from dedupe.types import Companion, CompanionKind, Photo

if TYPE_CHECKING:
    from dedupe.tree.folder_notes import FolderNotes

_FEW = 256
"""A folder with so few names is listed again whenever it changed."""

_SHARE = 20
"""A larger one, which every photo that leaves it changes, is listed for at most a twentieth of the time."""

_IN_FOLDERS = (CompanionKind.FOLDER, CompanionKind.ELSEWHERE)
"""The remarks that lists of a folder and folders below make; attributes of the photo itself have a guard of their own."""

UNSEEN = "has a companion that the scan did not see"
REMARKED = "what lists and programs keep about it in its folder changed since the scan"


@dataclass(slots=True)
class _Folder:
    """What is known of a folder's names and companions.

    ``known`` are all names from which the companions were worked out, ``names`` those that were there when it was last
    listed. ``stamp`` is the folder's stamp before that, None where a later change might not show in it.
    """

    known: frozenset[str]
    names: frozenset[str]
    companions: dict[str, list[str]]
    owners: dict[str, list[str]]
    stamp: tuple[int, ...] | None = None
    listed_ns: int = 0
    cost_ns: int = 0


class Siblings:
    """Looks into the folders of the photos that are to leave."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._folders: dict[str, _Folder] = {}
        self._notes: FolderNotes | None = None

    def unseen_blocker(self, paths: Sequence[str], shared: Collection[str], *, again: bool) -> str | None:
        """Refuse where a photo among ``paths`` has a companion that the plan does not know.

        Known companions are among ``paths``, or are ``shared`` and left behind on purpose. With ``again`` the folders
        are listed anew. Returns a phrase, or None.
        """
        from dedupe.formats.sniff import PHOTO_EXTENSIONS

        looked: set[str] = set()
        for index, path in enumerate(paths):
            folder, name = os.path.split(path)
            if index and os.path.splitext(name)[1].lower() not in PHOTO_EXTENSIONS:
                continue
            if again and folder not in looked and not self._is_fresh(folder):
                self._look(folder)
            looked.add(folder)
            siblings = (os.path.join(folder, other) for other in self._folder(folder).companions.get(name, ()))
            if any(other not in paths and other not in shared and self._is_file(other) for other in siblings):
                return UNSEEN
        return None

    def remarks_blocker(self, photo: Photo) -> str | None:
        """Refuse where lists of a folder say something else of a photo than the scan found: they stay behind when it leaves.

        Each folder is looked into once, when the first of its photos is asked for.
        """
        from dedupe.tree.folder_notes import FolderNotes

        self._notes = self._notes or FolderNotes()
        for part in photo.parts:
            before = (one for one in part.remarks if one.kind in _IN_FOLDERS)
            if set(map(_told, self._notes.on(part))) != set(map(_told, before)):
                return REMARKED
        return None

    def owners(self, companion: str) -> frozenset[str]:
        """The photos that the companion belongs to, as its folder was when it was last listed."""
        folder, name = os.path.split(companion)
        found = self._folder(folder)
        return frozenset(os.path.join(folder, owner) for owner in found.owners.get(name, ()) if owner in found.names)

    def _folder(self, folder: str) -> _Folder:
        return self._folders[folder] if folder in self._folders else self._look(folder)

    def _is_fresh(self, folder: str) -> bool:
        """What is known of a folder still holds: it did not change, or is so large that it was listed just now."""
        found = self._folders.get(folder)
        if found is None:
            return False
        if found.stamp is not None and found.stamp == self._stamp(folder):
            return True
        return len(found.names) > _FEW and time.monotonic_ns() - found.listed_ns < _SHARE * found.cost_ns

    def _stamp(self, folder: str) -> tuple[int, ...] | None:
        """What changes with each name that comes or goes; None where that was so lately that the next might not show."""
        try:
            status = self._disk.lstat(folder)
        except OSError:
            return None
        settled = time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > self._disk.volume(folder).tick_ns
        return (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns) if settled else None

    def _look(self, folder: str) -> _Folder:
        stamp, began = self._stamp(folder), time.monotonic_ns()
        found = self._list(folder)
        found.stamp, found.listed_ns = stamp, time.monotonic_ns()
        found.cost_ns = found.listed_ns - began
        return found

    def _list(self, folder: str) -> _Folder:
        try:
            names = frozenset(self._disk.listdir(folder))
        except OSError:
            names = frozenset()  # what is in the way of reading it will be in the way of the photo too
        found = self._folders.get(folder)
        if found is not None and names <= found.known:
            found.names = names
        else:
            self._folders[folder] = found = _worked_out(names)
        return found

    def _is_file(self, path: str) -> bool:
        try:
            return stat.S_ISREG(self._disk.lstat(path).st_mode)
        except OSError:
            return False


def _told(remark: Companion) -> tuple[object, ...]:
    """What counts of a remark: what it says, or, where it was not understood, the file as it is."""
    return remark.path, remark.kind, remark.stamp if remark.inventory is None else remark.inventory


def _worked_out(names: frozenset[str]) -> _Folder:
    from dedupe.formats.sniff import PHOTO_EXTENSIONS
    from dedupe.tree.companions import attach

    photos = [name for name in names if os.path.splitext(name)[1].lower() in PHOTO_EXTENSIONS]
    others = sorted(names.difference(photos))
    companions: dict[str, list[str]] = {}
    owners: dict[str, list[str]] = {}
    for photo, owned in attach(photos, others).items() if others else ():
        companions[photo] = [name for name, _ in owned]
        for name, _ in owned:
            owners.setdefault(name, []).append(photo)
    return _Folder(names, names, companions, owners)
