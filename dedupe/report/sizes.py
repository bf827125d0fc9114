"""What an asset is made of, where it is, and what its leaving would free."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from dedupe.grouping.group import leaving
from dedupe.types import Extra, Group, Photo, PhotoFile


def further_files(photo: Photo) -> Iterator[str]:
    """The paths that go with that of ``photo``: further names, companions, and the members with theirs."""
    yield from photo.file.links_inside
    for companion in photo.file.companions:
        yield companion.path
    for half in photo.members:
        yield half.path
        yield from further_files(half)


def freed_bytes(photo: Photo, keep: Photo) -> int:
    """Count the bytes that the asset of ``photo`` gives back where it leaves and ``keep`` stays.

    Nothing for a protected photo, a file with further names, or a companion that both share.
    """
    return sum(leaving(photo, (keep,)).values())


def freed_by(extras: Iterable[Extra], keep: Photo) -> int:
    """Count the bytes that the selected of ``extras`` give back where ``keep`` and the others stay.

    A companion of several selected ones counts once.
    """
    every = tuple(extras)
    stay = [keep, *(extra.photo for extra in every if not extra.selected)]
    files: dict[str, int] = {}
    for extra in every:
        if extra.selected:
            files |= leaving(extra.photo, stay)
    return sum(files.values())


def selected_extras(groups: Iterable[Group]) -> Iterator[Extra]:
    """Every selected extra, group by group."""
    return (extra for group in groups for extra in group.extras if extra.selected)


def pinned(photo: Photo) -> str:
    """Why ``photo`` may not leave whatever anybody selects, as a phrase; empty where it may."""
    assets = photo.parts
    if any(asset.file.reference for asset in assets):
        return "is in a reference folder"
    if any(asset.file.protected for asset in assets):
        return "is protected"
    if any(asset.file.stamp.links > 1 + len(asset.file.links_inside) for asset in assets):
        return "has a hard link outside the scanned folders"
    if any(companion.stamp.links > 1 for asset in assets for companion in asset.file.companions):
        return "has a companion with a hard link"
    return ""


def folder_of(file: PhotoFile, roots: Sequence[str]) -> str:
    """The folder of ``file`` below its root, ``.`` for the root; with several roots their name comes first.

    A raw path, not yet fit for display.
    """
    folder = os.path.dirname(file.path)
    root = file.root.rstrip(os.sep)
    below = folder[len(root) :].strip(os.sep) if _lies_in(folder, root) else folder
    if len(roots) < 2:
        return below or "."
    name = os.path.basename(root)
    label = name if name and sum(os.path.basename(other.rstrip(os.sep)) == name for other in roots) == 1 else root
    return os.path.join(label, below) if below else label


def _lies_in(folder: str, root: str) -> bool:
    return folder == root or folder.startswith(root + os.sep)
