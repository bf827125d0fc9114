"""``compare``: what two photos are to each other, and everything the verdict rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dedupe import steps
from dedupe.errors import QueryError
from dedupe.queries import library
from dedupe.queries.library import Shelf
from dedupe.session import Session
from dedupe.settings import Settings, absolute
from dedupe.types import Change, Evidence, Photo, Relation, Remark, Transform

if TYPE_CHECKING:
    from dedupe.terminal.progress import Progress


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the photos ``a`` and ``b`` are to each other, and why.

    ``distance`` is Euclidean between their unit vectors: 0 same, 1.41 unrelated, 2 at most. ``relation`` is that of
    ``dedupe.scan``, None where nothing shows that the two are one scene; ``remark`` says what that rests on. ``evidence`` is
    what the alignment saw, empty where the bytes are the same: counts of key points, ``overlap`` (0–1) the smaller of the
    shares of a and b that the other covers, correlations −1–1, ``tone`` in grey levels 0–255, ``residual`` in pixels of the
    previews, and the transform that lays b on a. ``previews`` are the stored small JPEGs of a and b.
    """

    a: Photo
    b: Photo
    distance: float
    relation: Relation | None
    remark: Remark | None
    evidence: Evidence
    previews: tuple[bytes, bytes]

    @property
    def duplicates(self) -> bool:
        """The two show one capture."""
        return self.relation is not None and self.relation is not Relation.SIMILAR


def compare(a: str, b: str, settings: Settings | None = None, *, progress: Progress | None = None) -> Comparison:
    """What the photo ``b`` is to the photo ``a``: the verdict of ``dedupe.scan`` on these two, whatever their distance.

    ``a`` and ``b`` are paths of files; both are read and remembered in the store, nothing else is written. Of ``settings``
    only model, weights, store, jobs and what the decoder may read count. The verdict is the same with a and b exchanged.

    Raises QueryError where one of them is missing, a folder, no picture, damaged, or cannot be compared; ModelUnavailableError,
    StoreError and UsageError as ``dedupe.scan``.
    """
    paths = absolute((a, b))
    with Session(settings or Settings(), progress) as session:
        files = [library.photo_file(path) for path in paths]
        shelf = library.shelve(session, list({file.path: file for file in files}.values()))
        library.must_be_readable(shelf, files)
        steps.restore_previews(session, shelf.contents.files, shelf.keys)
        photos = {photo.path: photo for photo in library.photos_of(session, shelf)}
        one, other = (photos[file.path] for file in files)
        previews = session.previews.get_many(shelf.keys)
        if len(previews) < len(shelf.keys):
            raise QueryError("One of the two photos changed while it was read; try again.")
        distance, relation, remark, evidence = _verdict(session, shelf, one, other)
        both = (previews[one.content_key], previews[other.content_key])
        return Comparison(one, other, distance, relation, remark, evidence, both)


def _verdict(
    session: Session, shelf: Shelf, a: Photo, b: Photo
) -> tuple[float, Relation | None, Remark | None, Evidence]:
    if a.content_key == b.content_key:
        same = Change.ONE_FILE if library.one_file(a.file, b.file) else Change.SAME_BYTES
        return 0.0, Relation.IDENTICAL, Remark(same), Evidence()
    ends = library.in_order(a.content_key, b.content_key)
    distance = steps.distances(session, [ends])[0]
    match = steps.examine(session, shelf.contents, ends, distance)
    evidence = match.evidence if ends[0] == a.content_key else _the_other_way(match.evidence)
    return distance, match.relation, match.remark, evidence


def _the_other_way(evidence: Evidence) -> Evidence:
    """The same evidence with a registered on b."""
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
