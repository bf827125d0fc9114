"""``search``: the photos nearest to a picture, as the article this project grew from, with the relation to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe import steps
from dedupe.errors import QueryError, UsageError
from dedupe.queries import library
from dedupe.queries.library import Found
from dedupe.session import Session
from dedupe.settings import Settings, absolute
from dedupe.types import ContentKey, Photo, Skipped

if TYPE_CHECKING:
    from dedupe.console import Progress

__all__ = ["Answer", "Found", "search"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The photos nearest to ``query``, nearest first."""

    query: Photo
    found: tuple[Found, ...]


def search(
    queries: Sequence[str] | str,
    paths: Sequence[str],
    settings: Settings | None = None,
    *,
    k: int = 10,
    progress: Progress | None = None,
) -> tuple[Answer, ...]:
    """For each query (a photo, or every photo of a folder) the ``k`` photos below ``paths`` nearest to it.

    What is new below ``paths`` is read and remembered. A threshold in ``settings`` leaves out what is farther. The query
    itself is not among its own answers. With the model vgg16 this is the article's method: raw fc1, IndexFlatL2, top-k.

    Raises QueryError for a query that is missing or no picture, UsageError for a ``k`` below 1, and as ``dedupe.scan``.
    """
    if k < 1:
        raise UsageError(f"-k is the number of photos to show, 1 or more, not {k}.")
    names = [queries] if isinstance(queries, str) else list(queries)
    with Session(settings or Settings(), progress) as session:
        asked = library.shelve(session, library.photo_files(session, names))
        library.must_be_readable(asked)
        tree = steps.walk(session, absolute(paths), extra_roots=False)
        shelf = library.shelve(session, tree.files)
        if not shelf.keys:
            raise QueryError("There are no photos to search in." + _unread(shelf.contents.skipped))
        return _answers(session, asked, shelf, k)


def _unread(skipped: Sequence[Skipped]) -> str:
    return f" {len(skipped)} could not be read." if skipped else ""


def _answers(session: Session, asked: library.Shelf, shelf: library.Shelf, k: int) -> tuple[Answer, ...]:
    queries, photos = library.photos_of(session, asked), library.photos_of(session, shelf)
    by_content: dict[ContentKey, list[Photo]] = {}
    for photo in photos.values():
        by_content.setdefault(photo.content_key, []).append(photo)
    # One more than asked for, because the query itself may be the nearest.
    near = library.nearest(session, sorted(asked.keys), shelf.keys, k + 1)
    limit = session.settings.threshold
    pairs = {(query, key) for query, others in near.items() for key, _ in others}
    matches = library.relations(session, pairs, asked, shelf)
    answers = []
    for query in queries.values():
        found = [
            library.found(photo, query.content_key, distance, matches)
            for key, distance in near.get(query.content_key, ())
            if limit is None or distance <= limit
            for photo in by_content[key]
            if photo.file.stamp != query.file.stamp
        ]
        answers.append(Answer(query, tuple(found[:k])))
    return tuple(answers)
