"""``search``: the photos nearest to a picture, as in the article this project grew from, with the relation to each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dedupe import steps
from dedupe.errors import QueryError, UsageError
from dedupe.queries import assets, library
from dedupe.queries.caveats import caveat
from dedupe.queries.library import Ends, Found, Shelf
from dedupe.session import Session, rare_collection
from dedupe.settings import Settings, absolute
from dedupe.types import ContentKey, Match, Photo, Skipped

if TYPE_CHECKING:
    from dedupe.terminal.progress import Progress

__all__ = ["Answer", "Found", "SearchResult", "search"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The photos nearest to ``query``, nearest first."""

    query: Photo
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """An answer for each query, in the order of their paths, and what could not be read, queries first."""

    model: str
    roots: tuple[str, ...]
    answers: tuple[Answer, ...]
    skipped: tuple[Skipped, ...]


@rare_collection()
def search(
    queries: Sequence[str] | str,
    paths: Sequence[str] | str,
    settings: Settings | None = None,
    *,
    k: int = 10,
    progress: Progress | None = None,
) -> SearchResult:
    """For each query (a photo, or every photo of a folder) the ``k`` photos below ``paths`` nearest to it.

    What is new below ``paths`` is read and remembered. A threshold in ``settings`` leaves out what is farther: it is held
    against unit vectors, whatever the model. The query itself is not among its own answers. With the model vgg16 this is
    the article's method: raw fc1, IndexFlatL2, top-k.

    Raises QueryError for a query that is missing or no picture and where there is nothing to search in, UsageError for a
    ``k`` below 1, and as ``dedupe.scan``.
    """
    if k < 1:
        raise UsageError(f"-k is the number of photos to find, 1 or more, not {k}.")
    names, roots = (absolute([one] if isinstance(one, str) else one) for one in (queries, paths))
    with Session(settings or Settings(), progress) as session:
        tree = steps.walk(session, roots, extra_roots=False)
        named = library.photo_files(session, names)
        asked = library.shelve(session, named.files)
        single = [file for file in named.files if file.path in named.single]
        library.must_be_readable(asked, single if single or asked.keys else named.files)
        shelf = library.shelve(session, tree.files)
        skipped = (*named.skipped, *asked.contents.skipped, *tree.skipped, *shelf.contents.skipped)
        if not shelf.keys:
            unread = f"; {len(skipped)} could not be read" if skipped else ""
            raise QueryError(f"There are no photos to search in{unread}.")
        answers = _answers(session, asked, shelf, k, frozenset(named.single))
        _keep_previews(session, asked, shelf, answers)
        return SearchResult(session.model.name, roots, answers, tuple(dict.fromkeys(skipped)))


def _answers(session: Session, asked: Shelf, shelf: Shelf, k: int, alone: frozenset[str]) -> tuple[Answer, ...]:
    index = library.Nearest(session)
    # One content more than asked for, because the query itself may be the nearest.
    near = index.ask(asked.keys, shelf.keys, k + 1)
    index.close()
    apart = library.unit_distances(session, ((query, key) for query, others in near.items() for key, _ in others))
    limit = session.settings.threshold
    if limit is not None:
        apart = {ends: distance for ends, distance in apart.items() if distance <= limit}
    matches = library.relations(session, apart, asked, shelf)
    photos = library.by_content(
        library.photos_of(session, shelf, {key for others in near.values() for key, _ in others})
    )
    answers = []
    for query in library.photos_of(session, asked):
        [asset] = assets.joined([query], alone)
        found = [
            _with_losses(session, asset, library.found(photo, query.content_key, distance, matches), matches)
            for key, distance in near.get(query.content_key, ())
            if key == query.content_key or library.in_order(key, query.content_key) in apart
            for photo in photos.get(key, ())
            if not library.one_file(photo.file, query.file)
        ]
        answers.append(Answer(query, tuple(found[:k])))
    return tuple(answers)


def _with_losses(session: Session, asset: Photo, found: Found, matches: Mapping[Ends, Match]) -> Found:
    """The photo with what the asset that was asked about holds and it lacks, the companions of both included."""
    from dedupe.grouping.pair import extra_of

    if not found.duplicate:
        return found
    match = matches.get(library.in_order(asset.content_key, found.photo.content_key))
    [rival] = assets.joined([found.photo])
    about = [match] if match else []
    extra = extra_of(rival, asset, about, companion_key=session.cache.companion_key)
    concern = caveat(asset, rival, about, session.settings.caution)
    return replace(found, loses=extra.loses if extra else (), note=concern.note if concern else "")


def _keep_previews(session: Session, asked: Shelf, shelf: Shelf, answers: Sequence[Answer]) -> None:
    """What a person is shown of the answers is in the store, also where the bounded previews had dropped it."""
    shown: set[ContentKey] = set()
    for answer in answers:
        shown.update((answer.query.content_key, *(found.photo.content_key for found in answer.found)))
    files = {key: (*shelf.contents.files.get(key, ()), *asked.contents.files.get(key, ())) for key in shown}
    steps.restore_previews(session, files, sorted(shown))


def told_apart(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The queries and the folders of `dedupe search PHOTO… PATH…`: the first argument is a query, as is every other file.

    Raises UsageError where no folder is left to search in.
    """
    first, *others = arguments
    queries = [first, *(name for name in others if os.path.isfile(absolute([name])[0]))]
    folders = [name for name in others if not os.path.isfile(absolute([name])[0])]
    if not folders:
        raise UsageError("Say where to search: dedupe search PHOTO… FOLDER….")
    return queries, folders
