"""What was named to be scanned: folders and single photos, each looked at before a long scan begins."""

from __future__ import annotations

import os
import pathlib
import stat
from collections.abc import Sequence

from dedupe.errors import MissingRootError, UsageError


def split_roots(paths: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The folders among what was named, and the single files, links to files followed.

    Raises MissingRootError where one is missing.
    """
    folders, files = [], []
    for path in paths:
        if path and os.path.isfile(path):
            files.append(os.path.realpath(path))
        else:
            folders.append(checked(path))
    return tuple(folders), tuple(dict.fromkeys(files))


def check_roots(paths: Sequence[str]) -> None:
    """Raises MissingRootError where one of the folders is missing or is not a folder."""
    for path in paths:
        checked(path)


def checked(path: str) -> str:
    """A folder that was named, absolute; MissingRootError where it is not a folder.

    An empty name names no folder: ``abspath`` would make it the current folder.
    """
    if not path:
        raise MissingRootError("The name of one of the folders is empty.")
    whole = os.path.realpath(path) if os.pardir in pathlib.PurePath(path).parts else os.path.abspath(path)
    try:
        status = os.stat(whole)
    except (OSError, ValueError):
        raise MissingRootError(f"{shown(path)} does not exist.") from None
    if not stat.S_ISDIR(status.st_mode):
        raise MissingRootError(f"{shown(path)} is a file, not a folder.")
    return whole


def narrow(path: str) -> str:
    """A reference folder, as ``checked``; UsageError where it is the whole system, which holds everything."""
    whole = checked(path)
    if os.path.dirname(os.path.realpath(whole)) == os.path.realpath(whole):
        raise UsageError(
            f"{shown(path)} is the whole system, so every photo would be a reference: name a folder in it."
        )
    return whole


def shown(path: str) -> str:
    """``path`` fit to be shown."""
    from dedupe.terminal.text import display_path

    return display_path(path)
