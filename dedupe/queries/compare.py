"""``compare``: what two photos are to each other, and everything the verdict rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe import steps
from dedupe.errors import QueryError
from dedupe.queries import library
from dedupe.session import Session
from dedupe.settings import Settings
from dedupe.types import Evidence, Match, Photo, Relation

if TYPE_CHECKING:
    from dedupe.console import Progress


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on ``a`` and ``b``. ``distance`` is Euclidean between their unit vectors; ``match`` is None for the same
    bytes. ``evidence.transform`` says how b lies on a."""

    a: Photo
    b: Photo
    distance: float
    relation: Relation | None
    why: str
    match: Match | None
    previews: tuple[bytes, bytes]

    @property
    def duplicates(self) -> bool:
        """The two show one capture."""
        return self.relation is not None and self.relation is not Relation.SIMILAR

    @property
    def evidence(self) -> Evidence:
        """What the alignment saw; nothing where none was needed."""
        return self.match.evidence if self.match is not None else Evidence()


def compare(a: str, b: str, settings: Settings | None = None, *, progress: Progress | None = None) -> Comparison:
    """What the photo ``b`` is to the photo ``a``; both are read and remembered, nothing is changed.

    Raises QueryError where one of them is missing or no picture.
    """
    with Session(settings or Settings(), progress) as session:
        files = [library.photo_file(path) for path in (a, b)]
        shelf = library.shelve(session, files)
        library.must_be_readable(shelf)
        steps.restore_previews(session, shelf.contents.files, list(shelf.keys))
        photos = library.photos_of(session, shelf)
        one, other = (photos[file.path] for file in files)
        previews = session.previews.get_many(shelf.keys)
        try:
            both = (previews[one.content_key], previews[other.content_key])
        except KeyError:
            raise QueryError("One of the two photos changed while it was read; try again.") from None
        return _compared(session, shelf, (one, other), both)


def _compared(
    session: Session, shelf: library.Shelf, photos: tuple[Photo, Photo], previews: tuple[bytes, bytes]
) -> Comparison:
    one, other = photos
    if one.content_key == other.content_key:
        return Comparison(one, other, 0.0, Relation.IDENTICAL, "the same bytes", None, previews)
    ends = (one.content_key, other.content_key)
    distance = steps.distances(session, [ends])[0]
    match = steps.examine(session, shelf.contents, (min(ends), max(ends)), distance)
    return Comparison(one, other, distance, match.relation, match.why, match, previews)
