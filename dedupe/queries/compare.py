"""``compare``: what two photos are to each other, and everything the verdict rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dedupe import steps
from dedupe.errors import QueryError
from dedupe.queries import library
from dedupe.queries.library import Shelf
from dedupe.session import Session
from dedupe.settings import Settings
from dedupe.types import Evidence, Photo, Relation, Transform

if TYPE_CHECKING:
    from dedupe.console import Progress


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on ``a`` and ``b``. ``distance`` is Euclidean between their unit vectors.

    ``relation`` is that of ``dedupe scan``, None where they do not show one scene. ``evidence`` is what the alignment saw,
    its transform lays b on a; it is empty where none was needed. ``previews`` are the stored JPEGs of a and b.
    """

    a: Photo
    b: Photo
    distance: float
    relation: Relation | None
    why: str
    evidence: Evidence
    previews: tuple[bytes, bytes]

    @property
    def duplicates(self) -> bool:
        """The two show one capture."""
        return self.relation is not None and self.relation is not Relation.SIMILAR


def compare(a: str, b: str, settings: Settings | None = None, *, progress: Progress | None = None) -> Comparison:
    """What the photo ``b`` is to the photo ``a``; both are read and remembered, nothing is changed.

    Raises QueryError where one of them is missing, no picture, or cannot be compared.
    """
    with Session(settings or Settings(), progress) as session:
        files = [library.photo_file(path) for path in (a, b)]
        shelf = library.shelve(session, list({file.path: file for file in files}.values()))
        library.must_be_readable(shelf, files)
        steps.restore_previews(session, shelf.contents.files, shelf.keys)
        photos = {photo.path: photo for photo in library.photos_of(session, shelf)}
        one, other = (photos[file.path] for file in files)
        previews = session.previews.get_many(shelf.keys)
        if len(previews) < len(shelf.keys):
            raise QueryError("One of the two photos changed while it was read; try again.")
        distance, relation, why, evidence = _verdict(session, shelf, one, other)
        both = (previews[one.content_key], previews[other.content_key])
        return Comparison(one, other, distance, relation, why, evidence, both)


def _verdict(session: Session, shelf: Shelf, a: Photo, b: Photo) -> tuple[float, Relation | None, str, Evidence]:
    if a.content_key == b.content_key:
        said = "one file, named twice" if library.one_file(a.file, b.file) else "the same bytes"
        return 0.0, Relation.IDENTICAL, said, Evidence()
    ends = library.in_order(a.content_key, b.content_key)
    distance = steps.distances(session, [ends])[0]
    match = steps.examine(session, shelf.contents, ends, distance)
    evidence = match.evidence if ends[0] == a.content_key else _the_other_way(match.evidence)
    return distance, match.relation, match.why, evidence


def _the_other_way(evidence: Evidence) -> Evidence:
    """The same evidence with a laid on b."""
    if evidence.transform is None:
        return evidence
    a, b, x, c, d, y = evidence.transform.matrix
    area = a * d - b * c
    a, b, c, d = d / area, -b / area, -c / area, a / area
    matrix = (a, b, -(a * x + b * y), c, d, -(c * x + d * y))
    forth = evidence.transform
    # Turned after it was mirrored is its own way back.
    turn = forth.turn if forth.mirrored else -forth.turn % 360.0
    return replace(evidence, transform=Transform(matrix, turn, forth.mirrored, 1 / forth.scale))
