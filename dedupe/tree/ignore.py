"""Which folders and names a walk leaves out, and the globs by which a user leaves out more."""

from __future__ import annotations

import fnmatch
import os
import pathlib
import re
from collections.abc import Sequence
from typing import Final

LIBRARIES: Final = (
    ".photoslibrary",
    ".photolibrary",
    ".migratedphotolibrary",
    ".aplibrary",
    ".apmigrationlibrary",
    ".lrdata",
    ".lrcat-data",
    ".lrlibrary",
)
"""The endings of folders in which another program keeps its photos or previews.

They belong to that program and are not to be touched.
"""

_SYSTEM: Final = frozenset(
    (
        "@eadir",
        "@recycle",
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "recycler",
        ".recycle",
        ".recycle.bin",
        ".thumbnails",
        ".thumbs",
        ".picasaoriginals.tmp",
        "system volume information",
        "lost+found",
    )
)


def is_system_folder(name: str) -> bool:
    """Whether a folder of this name holds trash, thumbnails, a system's own data or another program's library."""
    folded = name.lower()
    return folded in _SYSTEM or folded.startswith((".trash", "$recycle")) or folded.endswith(LIBRARIES)


def is_trash(path: str, folders: Sequence[str]) -> bool:
    """Whether a folder with these folders in it is a trash can of the freedesktop.org kind.

    It is called plainly "Trash" in the user's data folder. What is in it may be gone tomorrow: it must never be the copy that
    stays.
    """
    inside = {os.path.basename(folder) for folder in folders}
    return os.path.basename(path) == "Trash" and {"files", "info"} <= inside


def is_in_library(path: str) -> bool:
    """Whether a path leads into another program's photo library."""
    return any(part.lower().endswith(LIBRARIES) for part in pathlib.PurePath(path).parts)


class Excludes:
    """``--exclude`` globs (``*``, ``?``, ``[…]``; ``*`` also matches "/").

    A glob without "/" is matched against the names of files and folders at any depth, one with "/" against
    the path below the root (or the whole path, where it begins with "/"). A final "/" means folders only. An
    excluded folder is left out with all that is in it.
    """

    def __init__(self, globs: Sequence[str]) -> None:
        rules = [(glob.rstrip("/"), glob.endswith("/")) for glob in map(_plain, globs) if glob.strip("/")]
        self._names = [(_compiled(glob), only) for glob, only in rules if "/" not in glob]
        self._below = [(_compiled(glob), only) for glob, only in rules if "/" in glob and glob[0] != "/"]
        self._whole = [(_compiled(glob), only) for glob, only in rules if glob.startswith("/")]

    def __bool__(self) -> bool:
        return bool(self._names or self._below or self._whole)

    def match(self, path: str, root: str, *, folder: bool) -> bool:
        """Whether a path below ``root`` is excluded by itself (not: by a folder above it)."""
        path = _plain(path)
        below = path[len(root.rstrip(os.sep)) + 1 :]
        name = path.rpartition("/")[2]
        return any(
            rule.match(text) and (folder or not only)
            for text, rules in ((name, self._names), (below, self._below), (path, self._whole))
            for rule, only in rules
        )


def _plain(text: str) -> str:
    """Slashes as "/", and case folded where the system's file names fold it."""
    return os.path.normcase(text).replace(os.sep, "/")


def _compiled(glob: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(glob))
