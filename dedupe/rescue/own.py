"""What a photo's own Takeout JSON says and the photo does not, for its sidecar. Reads the photos, writes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from dedupe.loss import Obstacle, Rescue
from dedupe.rescue.draft import draft, untold
from dedupe.rescue.stated import RescueError
from dedupe.types import CompanionKind, FromTakeout, Group, Photo, PhotoFile


def has_json(file: PhotoFile) -> bool:
    """Takeout's JSON lies beside it."""
    return any(one.kind is CompanionKind.TAKEOUT for one in file.companions)


def from_takeout(photos: Sequence[Photo], groups: Sequence[Group]) -> Iterator[FromTakeout]:
    """Those of ``photos`` that stay and whose JSON says more than they do; copies are left, whether they go or not.

    So are photos that are only to be looked at: those of protected and reference folders. The companions of ``photos`` have been
    read (``tree.companion_content.described``).
    """
    copies = {part.path for group in groups for extra in group.extras for part in extra.photo.parts}
    keepers = {group.keep.path for group in groups}
    for photo in photos:
        if photo.path in copies or any(part.file.protected or part.file.reference for part in photo.parts):
            continue
        rescue = own_words(photo)
        if rescue is not None:
            yield FromTakeout(photo, rescue, photo.path in keepers)


def own_words(photo: Photo) -> Rescue | None:
    """What goes into the photo's sidecar, or what is in the way; None where its JSON says nothing new."""
    if not untold(photo):
        return None
    try:
        made = draft(None, photo)
    except RescueError as error:
        return Rescue("", obstacle=error.obstacle, detail=error.detail)
    if made is None:
        return None
    if not os.access(os.path.dirname(made.path), os.W_OK | os.X_OK):
        return Rescue("", obstacle=Obstacle.FOLDER)
    return Rescue(made.path, made.saved)
