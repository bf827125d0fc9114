"""What search, compare and check share: photos brought into the store, their vectors, their nearest, their relation."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dedupe import steps
from dedupe.console import display_path
from dedupe.errors import QueryError
from dedupe.queries.index import VectorIndex
from dedupe.session import Session
from dedupe.settings import absolute
from dedupe.types import ContentKey, FileStamp, Match, Pair, Photo, PhotoFile, Relation, Skipped

_log = logging.getLogger("dedupe")


@dataclass(frozen=True, slots=True)
class Found:
    """A photo near a query. ``distance`` is Euclidean between the stored vectors: of unit length for compact, raw fc1 for
    vgg16. ``relation`` is that of ``dedupe scan``, None where the two do not show one scene."""

    photo: Photo
    distance: float
    relation: Relation | None
    why: str = ""
    score: float = 0.0

    @property
    def duplicate(self) -> bool:
        """The two show one capture."""
        return self.relation is not None and self.relation is not Relation.SIMILAR


@dataclass(frozen=True, slots=True)
class Shelf:
    """Photos that are in the store with facts and vector, by path."""

    contents: steps.Contents
    keys: tuple[ContentKey, ...]

    @property
    def files(self) -> list[PhotoFile]:
        """Every readable photo, in the order of its path."""
        return sorted(
            (file for same in self.contents.files.values() for file in same), key=lambda f: os.fsencode(f.path)
        )


def photo_files(session: Session, names: Sequence[str]) -> list[PhotoFile]:
    """The photos that were named: files as they are, folders with all below them; each once.

    Raises QueryError for a path that is not there or a folder without photos, MissingRootError as ``steps.walk``.
    """
    found: dict[str, PhotoFile] = {}
    for path in absolute(names):
        if os.path.isdir(path):
            inside = steps.walk(session, [path], extra_roots=False).files
            if not inside:
                raise QueryError(f"There are no photos in {display_path(path)}.")
            found.update((file.path, file) for file in inside)
        else:
            found[path] = photo_file(path)
    return list(found.values())


def photo_file(name: str) -> PhotoFile:
    """One photo by its path; raises QueryError where it is not there or a folder."""
    path = absolute([name])[0]
    if os.path.isdir(path):
        raise QueryError(f"{display_path(path)} is a folder, not a photo.")
    try:
        stamp = FileStamp.of(os.stat(path))
    except OSError as error:
        raise QueryError(f"{display_path(path)} cannot be read: {error.strerror}.") from error
    return PhotoFile(path, os.path.dirname(path), stamp)


def shelve(session: Session, files: Sequence[PhotoFile]) -> Shelf:
    """Bring the photos into the store, reading only what is new."""
    contents = steps.read(session, files)
    return Shelf(contents, tuple(steps.embed(session, contents)))


def must_be_readable(shelf: Shelf) -> None:
    """Raises QueryError for the first photo that could not be read as a picture."""
    for skipped in shelf.contents.skipped:
        raise QueryError(f"{display_path(skipped.path)} is no photo that can be compared: it {_said(skipped)}.")


def _said(skipped: Skipped) -> str:
    return skipped.reason.rstrip(".") or skipped.kind.value


def photos_of(session: Session, shelf: Shelf) -> dict[str, Photo]:
    """The photos of a shelf with their facts, by path."""
    key_of = {file.path: key for key, same in shelf.contents.files.items() for file in same}
    said = session.cache.contents(shelf.contents.files)
    return {file.path: Photo(file, key_of[file.path], *said[key_of[file.path]]) for file in shelf.files}


def nearest(
    session: Session, queries: Sequence[ContentKey], among: Sequence[ContentKey], k: int
) -> dict[ContentKey, list[tuple[ContentKey, float]]]:
    """The ``k`` contents nearest to each query, from the index on disk, which is brought up to date first."""
    model = session.model
    index = VectorIndex(session.paths.index, model.name, model.dim)
    if index.rebuilt:
        _log.warning("The search index of %s did not match and was made again.", model.name)
    known = session.cache.vector_keys(model.name)
    index.update(known, lambda keys: session.cache.vectors(model.name, keys))
    index.save()
    found = index.nearest(session.cache.vectors(model.name, queries), k, among)
    return dict(zip(queries, found, strict=True))


def relations(
    session: Session, pairs: Iterable[tuple[ContentKey, ContentKey]], *shelves: Shelf
) -> Mapping[tuple[ContentKey, ContentKey], Match]:
    """The verdicts of ``dedupe scan`` on these pairs, by (a, b) with a < b; unrelated ones are left out."""
    files: dict[ContentKey, Sequence[PhotoFile]] = {}
    for shelf in shelves:
        files.update(shelf.contents.files)
    ends = sorted({(min(a, b), max(a, b)) for a, b in pairs if a != b})
    asked = [Pair(a, b, apart) for (a, b), apart in zip(ends, steps.distances(session, ends), strict=True)]
    judged = steps.relate(session, steps.Contents(files, ()), asked)
    return {(match.a, match.b): match for match in judged.matches}


def found(photo: Photo, query: ContentKey, distance: float, matches: Mapping[tuple[bytes, bytes], Match]) -> Found:
    """What ``photo`` is to the content ``query``."""
    key = photo.content_key
    if key == query:
        return Found(photo, 0.0, Relation.IDENTICAL, "the same bytes", 1.0)
    match = matches.get((min(key, query), max(key, query)))
    if match is None:
        return Found(photo, distance, None)
    return Found(photo, distance, match.relation, match.why, match.score)
