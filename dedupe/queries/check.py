"""``check``: which of these photos are in the library already?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe import steps
from dedupe.errors import QueryError
from dedupe.queries import library
from dedupe.queries.library import Found, Shelf
from dedupe.session import Session
from dedupe.settings import Settings, absolute
from dedupe.types import ContentKey, Match, Photo, Skipped

if TYPE_CHECKING:
    from dedupe.console import Progress


@dataclass(frozen=True, slots=True)
class Checked:
    """A new photo and where the library has it: ``have`` are its duplicates there, the safest and best fitting first, empty
    for a photo that is new. ``better``: by the keeper rules it would be kept instead of all of them."""

    photo: Photo
    have: tuple[Found, ...]
    better: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The photos checked, in the order of their paths, and those that could not be read."""

    checked: tuple[Checked, ...]
    skipped: tuple[Skipped, ...]

    @property
    def have(self) -> tuple[Checked, ...]:
        """Those the library has."""
        return tuple(one for one in self.checked if one.have)

    @property
    def new(self) -> tuple[Checked, ...]:
        """Those the library has not."""
        return tuple(one for one in self.checked if not one.have)


def check(
    new: Sequence[str] | str,
    against: Sequence[str] | str,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
) -> CheckResult:
    """Look up each photo of ``new`` (photos or folders) in the folders ``against``; neither is compared with itself.

    A photo that lies in both counts as new only where the library holds no other copy. What the store knows of the
    library is not read again. Raises QueryError for a missing photo or a folder without photos, and as ``dedupe.scan``.
    """
    names, folders = ([one] if isinstance(one, str) else list(one) for one in (new, against))
    with Session(settings or Settings(), progress) as session:
        files = library.photo_files(session, names)
        inodes = {(file.stamp.dev, file.stamp.inode) for file in files}
        tree = steps.walk(session, absolute(folders), extra_roots=False)
        owned = [file for file in tree.files if (file.stamp.dev, file.stamp.inode) not in inodes]
        fresh, shelf = library.shelve(session, files), library.shelve(session, owned)
        if not fresh.keys and not fresh.contents.skipped:
            raise QueryError("There are no photos to check.")
        return CheckResult(tuple(_checked(session, fresh, shelf)), fresh.contents.skipped)


def _checked(session: Session, fresh: Shelf, shelf: Shelf) -> list[Checked]:
    queries, owned = library.photos_of(session, fresh), library.photos_of(session, shelf)
    by_content: dict[ContentKey, list[Photo]] = {}
    for photo in owned.values():
        by_content.setdefault(photo.content_key, []).append(photo)
    pairs = _candidates(session, fresh, shelf)
    matches = library.relations(session, ((asked, key) for asked, key, _ in pairs), fresh, shelf)
    near: dict[ContentKey, list[tuple[ContentKey, float]]] = {}
    for asked, key, distance in pairs:
        near.setdefault(asked, []).append((key, distance))
    result = []
    for query in queries.values():
        same = [(query.content_key, 0.0)] if query.content_key in by_content else []
        found = [
            library.found(photo, query.content_key, distance, matches)
            for key, distance in (*same, *near.get(query.content_key, ()))
            for photo in by_content[key]
        ]
        have = tuple(sorted((one for one in found if one.duplicate), key=_best_first))
        result.append(Checked(query, have, better=bool(have) and _is_better(session, query, have, matches)))
    return result


def _candidates(session: Session, fresh: Shelf, shelf: Shelf) -> list[tuple[ContentKey, ContentKey, float]]:
    """(new, owned, distance) of different contents within the threshold."""
    if not shelf.keys or not fresh.keys:
        return []
    near = library.nearest(session, list(fresh.keys), shelf.keys, session.model.neighbours)
    return [
        (query, key, distance)
        for query, others in near.items()
        for key, distance in others
        if key != query and distance <= session.radius
    ]


def _best_first(found: Found) -> tuple[int, float, str]:
    rank = found.relation.rank if found.relation is not None else 9
    return rank, -found.score, found.photo.path


def _is_better(
    session: Session, query: Photo, have: Sequence[Found], matches: Mapping[tuple[bytes, bytes], Match]
) -> bool:
    from dedupe.matching.grouping import group

    photos = [query, *(one.photo for one in have)]
    groups, _ = group(photos, matches.values(), rules=session.settings.keep, decisions=session.decisions)
    return any(one.keep.path == query.path for one in groups) and all(
        one.photo.content_key != query.content_key for one in have
    )
