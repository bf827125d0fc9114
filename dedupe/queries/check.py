"""``check``: which of these photos are in the library already?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dedupe import steps
from dedupe.errors import QueryError
from dedupe.queries import library
from dedupe.queries.library import Ends, Found, Shelf
from dedupe.session import Session
from dedupe.settings import Settings, absolute
from dedupe.types import ContentKey, Match, Photo, Skipped

if TYPE_CHECKING:
    from dedupe.console import Progress

_MORE: Final = 5
"""Where all the nearest lie within the radius, so many times as many are looked at."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A new photo and where the library has it: ``have`` are its duplicates there, the safest and best fitting first, empty
    for a photo that is new. ``better``: by the keeper rules it would be kept instead of all of them."""

    photo: Photo
    have: tuple[Found, ...]
    better: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The photos checked, in the order of their paths; those of them that could not be read (``skipped``), and those of the
    library (``unread``), in which a photo may still be."""

    model: str
    threshold: float
    checked: tuple[Checked, ...]
    skipped: tuple[Skipped, ...]
    unread: tuple[Skipped, ...]

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

    A file that lies in both is looked up among the others: it is no copy of itself. What the store knows of the library is
    not read again. Raises QueryError for a missing photo, a folder without photos, or where none can be read, and as
    ``dedupe.scan``.
    """
    names, folders = ([one] if isinstance(one, str) else list(one) for one in (new, against))
    with library.rare_collection(), Session(settings or Settings(), progress) as session:
        tree = steps.walk(session, absolute(folders), extra_roots=False)
        named = library.photo_files(session, names)
        own = {(file.stamp.dev, file.stamp.inode) for file in named.files}
        owned = [file for file in tree.files if (file.stamp.dev, file.stamp.inode) not in own]
        fresh = library.shelve(session, named.files)
        if not fresh.contents.files:
            library.must_be_readable(fresh, named.files)
            raise QueryError("There are no photos to check.")
        shelf = library.shelve(session, owned)
        skipped = (*named.skipped, *library.unreadable(fresh, named))
        unread = (*tree.skipped, *shelf.contents.skipped)
        checked = tuple(_checked(session, fresh, shelf))
        return CheckResult(session.model.name, session.radius, checked, skipped, unread)


def _checked(session: Session, fresh: Shelf, shelf: Shelf) -> list[Checked]:
    near = _candidates(session, fresh, shelf)
    apart = library.unit_distances(session, ((query, key) for query, others in near.items() for key in others))
    matches = library.relations(session, apart, fresh, shelf)
    wanted = {key for others in near.values() for key in others} | (fresh.contents.files.keys() & shelf.contents.files)
    owned = library.by_content(library.photos_of(session, shelf, wanted))
    result = []
    for query in library.photos_of(session, fresh):
        key = query.content_key
        found = [
            library.found(photo, key, apart.get(library.in_order(other, key), 0.0), matches)
            for other in dict.fromkeys((key, *near.get(key, ())))
            for photo in owned.get(other, ())
            if not session.decisions.not_duplicates(query, photo)
        ]
        have = tuple(sorted((one for one in found if one.duplicate), key=_best_first))
        result.append(Checked(query, have, better=_is_better(session, query, have, matches)))
    return result


def _candidates(session: Session, fresh: Shelf, shelf: Shelf) -> dict[ContentKey, list[ContentKey]]:
    """The owned contents that may be duplicates of each new one."""
    if not shelf.keys or not fresh.keys:
        return {}
    index, k = library.Nearest(session), session.model.neighbours
    near = index.ask(fresh.keys, shelf.keys, k)
    inside = library.unit_distances(
        session, ((query, others[-1][0]) for query, others in near.items() if len(others) == k)
    )
    full = [
        query
        for query, others in near.items()
        if len(others) == k and inside.get(library.in_order(query, others[-1][0]), 0.0) <= session.radius
    ]
    near.update(index.ask(full, shelf.keys, k * _MORE) if full else {})
    index.close()
    return {query: [key for key, _ in others if key != query] for query, others in near.items()}


def _best_first(found: Found) -> tuple[int, float, str]:
    rank = found.relation.rank if found.relation is not None else 9
    return rank, -found.score, found.photo.path


def _is_better(session: Session, query: Photo, have: Sequence[Found], matches: Mapping[Ends, Match]) -> bool:
    if not have or any(one.photo.content_key == query.content_key for one in have):
        return False
    from dedupe.matching.grouping import group

    photos = [query, *(one.photo for one in have)]
    about = [
        match
        for one in have
        if (match := matches.get(library.in_order(query.content_key, one.photo.content_key))) is not None
    ]
    groups, _ = group(photos, about, rules=session.settings.keep, decisions=session.decisions)
    return any(one.keep.path == query.path and len(one.extras) == len(have) for one in groups)
