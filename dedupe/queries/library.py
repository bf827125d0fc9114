"""What search, compare and check share: photos brought into the store, their vectors, their nearest, their relation."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dedupe import embedding, steps
from dedupe.decoding.version import READER_VERSION
from dedupe.errors import QueryError
from dedupe.queries.index import VectorIndex
from dedupe.session import Session
from dedupe.settings import absolute
from dedupe.terminal.text import display_path
from dedupe.types import (
    Change,
    ContentKey,
    FileStamp,
    Loss,
    Match,
    Pair,
    Photo,
    PhotoFile,
    Relation,
    Remark,
    SkipKind,
    Skipped,
)

_log = logging.getLogger("dedupe")

_UNKNOWN: Final = "is not a picture that dedupe knows"


@dataclass(frozen=True, slots=True)
class Found:
    """A photo near a query. ``distance`` is Euclidean, between unit vectors for compact, between raw fc1 vectors for vgg16.

    ``relation`` is that of ``dedupe scan``, None where the two do not show one scene; ``score`` ranks how well they fit;
    ``loses`` is what the query holds that this photo lacks, where the two show one capture and ``search`` asked for it, and
    ``note`` that one of the two is damaged, or that they are shown turned against each other.
    """

    photo: Photo
    distance: float
    relation: Relation | None
    remark: Remark | None = None
    score: float = 0.0
    loses: tuple[Loss, ...] = ()
    note: str = ""

    @property
    def duplicate(self) -> bool:
        """The two show one capture, on all their pages."""
        other_pages = self.remark is not None and self.remark.change is Change.PAGE
        return self.relation is not None and self.relation is not Relation.SIMILAR and not other_pages


@dataclass(frozen=True, slots=True)
class Named:
    """The photos that a person named.

    ``files`` has each once, ``single`` the paths of those named by themselves, ``skipped`` what was passed over in the folders.
    """

    files: tuple[PhotoFile, ...]
    single: tuple[str, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Photos that are in the store: ``keys`` are those of their contents that have a vector, sorted."""

    contents: steps.Contents
    keys: tuple[ContentKey, ...]

    def files(self, keys: Iterable[ContentKey] | None = None) -> Iterator[tuple[PhotoFile, ContentKey]]:
        """The readable photos with these contents, or all."""
        held = self.contents.files
        for key in held if keys is None else keys:
            for file in held.get(key, ()):
                yield file, key


def photo_files(session: Session, names: Sequence[str]) -> Named:
    """The photos that were named: files as they are, folders with all below them.

    Raises QueryError for a path that does not exist or a folder without photos, MissingRootError as ``steps.walk``.
    """
    files: dict[str, PhotoFile] = {}
    single: list[str] = []
    skipped: list[Skipped] = []
    for path in absolute(names):
        if os.path.isdir(path):
            inside = steps.walk(session, [path], extra_roots=False)
            if not inside.files:
                raise QueryError(f"There are no photos in {display_path(path)}.")
            skipped += inside.skipped
            files.update((file.path, file) for file in inside.files if file.path not in files)
        else:
            file = photo_file(path)
            files[file.path] = file
            single.append(file.path)
    return Named(tuple(files.values()), tuple(single), tuple(skipped))


def photo_file(name: str) -> PhotoFile:
    """One photo by its path; raises QueryError where it does not exist, is a folder, or is no regular file."""
    path = absolute([name])[0]
    if os.path.isdir(path):
        raise QueryError(f"{display_path(path)} is a folder, not a photo.")
    try:
        # A link to a photo is a way to name it; what is remembered is the photo itself.
        real = os.path.realpath(path)
        stamp = FileStamp.of(os.stat(real))
    except OSError as error:
        raise QueryError(f"{display_path(path)} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # a NUL in the name
        raise QueryError(f"{display_path(path)} is not a file name.") from error
    if not os.path.isfile(real):
        raise QueryError(f"{display_path(path)} is not a photo: it is not a regular file.")
    return PhotoFile(real, os.path.dirname(real), stamp)


def shelve(session: Session, files: Sequence[PhotoFile]) -> Shelf:
    """Bring the photos into the store, reading only what is new."""
    embedding = steps.Embedding(session)
    contents = embedding.complete(steps.read(session, files, embedding))
    return Shelf(contents, contents.keys)


def unreadable(shelf: Shelf, named: Named) -> tuple[Skipped, ...]:
    """The photos of ``named`` that could not be read; a file named by itself is never passed over in silence."""
    told = {*(skipped.path for skipped in shelf.contents.skipped), *(file.path for file, _ in shelf.files())}
    silent = [path for path in named.single if path not in told]
    return (*shelf.contents.skipped, *(Skipped(path, SkipKind.NOT_A_PHOTO, _UNKNOWN) for path in silent))


def must_be_readable(shelf: Shelf, files: Iterable[PhotoFile]) -> None:
    """Raises QueryError for the first of ``files`` that was not read as a picture."""
    readable = {file.path for file, key in shelf.files(shelf.keys)}
    reasons = {skipped.path: skipped.reason.rstrip(".") for skipped in shelf.contents.skipped}
    for file in files:
        if file.path not in readable:
            reason = reasons.get(file.path, _UNKNOWN)
            raise QueryError(f"{display_path(file.path)} {reason}.")


def photos_of(session: Session, shelf: Shelf, keys: Collection[ContentKey] | None = None) -> list[Photo]:
    """The photos with these contents (or all) with their facts, in the order of their paths."""
    held = shelf.contents.files
    said = session.cache.contents([key for key in (held if keys is None else keys) if key in held])
    photos = [Photo(file, key, *said[key]) for file, key in shelf.files(said)]
    return sorted(photos, key=lambda photo: os.fsencode(photo.path))


def by_content(photos: Iterable[Photo]) -> dict[ContentKey, list[Photo]]:
    """The photos of each content, in their order."""
    sorted_out: dict[ContentKey, list[Photo]] = {}
    for photo in photos:
        sorted_out.setdefault(photo.content_key, []).append(photo)
    return sorted_out


class Nearest:
    """The index of the session's model, brought up to date; ``ask`` it, then ``close`` it to keep it on disk."""

    def __init__(self, session: Session) -> None:
        model, cache = session.model, session.cache
        self._session = session
        self._index = VectorIndex(
            os.path.join(session.paths.index, f"{model.name}.vectors"),
            f"{model.name} {model.storage} {model.dim} reader {READER_VERSION}",
            model.dim,
            model.storage,
            unit=not model.name.startswith(embedding.VGG16),
        )
        if self._index.rebuilt:
            _log.warning("The search index of %s did not match the store, so it was rebuilt.", model.name)
        self._index.update(
            cache.vector_keys(model.name), lambda keys: next(cache.vector_blocks(model.name, keys, size=len(keys)))
        )

    def ask(
        self, queries: Sequence[ContentKey], among: Collection[ContentKey], k: int
    ) -> dict[ContentKey, list[tuple[ContentKey, float]]]:
        """The ``k`` contents of ``among`` nearest to each query with their distance, nearest first; the query may be one."""
        vectors = self._session.cache.vectors(self._session.model.name, queries)
        return dict(zip(queries, self._index.nearest(vectors, k, among), strict=True))

    def close(self) -> None:
        """Writes what changed, where it is worth it."""
        self._index.save()


Ends = tuple[ContentKey, ContentKey]


def unit_distances(session: Session, pairs: Iterable[Ends]) -> dict[Ends, float]:
    """What ``--threshold`` is held against, for every model: the distance of the unit vectors, by (a, b) with a < b."""
    ends = sorted({in_order(a, b) for a, b in pairs if a != b})
    return dict(zip(ends, steps.distances(session, ends), strict=True))


def in_order(a: ContentKey, b: ContentKey) -> Ends:
    """The two as the ends of a pair."""
    return (a, b) if a < b else (b, a)


def relations(session: Session, apart: Mapping[Ends, float], *shelves: Shelf) -> dict[Ends, Match]:
    """The verdicts of ``dedupe scan`` on those of these pairs that are within the radius; unrelated ones are left out."""
    asked = [Pair(a, b, distance) for (a, b), distance in apart.items() if distance <= session.radius]
    ends = {key for pair in asked for key in (pair.a, pair.b)}
    files = steps.ByContent.of(pair for shelf in shelves for pair in shelf.files(ends))
    judged = steps.relate(session, steps.Contents(files, ()), asked)
    return {(match.a, match.b): match for match in judged.matches}


def found(photo: Photo, query: ContentKey, distance: float, matches: Mapping[Ends, Match]) -> Found:
    """What ``photo`` is to the content ``query``."""
    if photo.content_key == query:
        return Found(photo, 0.0, Relation.IDENTICAL, Remark(Change.SAME_BYTES), 1.0)
    match = matches.get(in_order(photo.content_key, query))
    if match is None:
        return Found(photo, distance, None)
    return Found(photo, distance, match.relation, match.remark, match.score)


def one_file(a: PhotoFile, b: PhotoFile) -> bool:
    """The two are one file on the disk, whatever their names."""
    return (a.stamp.dev, a.stamp.inode) == (b.stamp.dev, b.stamp.inode)
