"""walk, read and embed: from folders to contents with a vector each, what is known taken from the cache."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from dedupe.session import Session
from dedupe.steps.contents import ByContent, Contents
from dedupe.types import ContentKey, PhotoFile, SkipKind, Skipped

if TYPE_CHECKING:
    from dedupe.tree.walk import Walk
    from dedupe.workers import WorkerFailure

T = TypeVar("T")

_log = logging.getLogger("dedupe")

LONG_RUN_S = 120
EMBED_BATCH = 64
PREVIEW_BATCH = 2_000
"""Previews held in memory at once: 50 MB."""


def walk(session: Session, roots: Sequence[str], *, extra_roots: bool = True) -> Walk:
    """The photos below the roots and, with ``extra_roots``, the settings' reference folders.

    Raises MissingRootError where one of them is missing or no folder.
    """
    from dedupe.tree.walk import WalkOptions
    from dedupe.tree.walk import walk as walk_tree

    settings = session.settings
    options = WalkOptions(
        exclude=settings.exclude,
        min_bytes=settings.min_bytes,
        include_hidden=settings.include_hidden,
        follow=settings.follow,
        reference=settings.reference if extra_roots else (),
        protect=settings.protect if extra_roots else (),
    )
    with session.step("walk") as shown:
        found = walk_tree(roots, options)
        shown.advance(len(found.files))
    return found


def read(session: Session, found: Sequence[PhotoFile]) -> Contents:
    """The content of each file, from the cache or read by the workers; previews, facts and vectors are stored."""
    with session.step("read", len(found)) as shown:
        answers = session.cache.known(found, retry=session.settings.retry)
        todo = [at for at, answer in enumerate(answers) if answer is None] if None in answers else []
        shown.advance(len(found) - len(todo))
        if todo:
            session.embedder()  # weights that are not at hand are an error before anything is read
            _warn_of_a_long_run(session, len(todo))
            batch = _EmbedBatch(session)
            place = {found[at].path: at for at in todo}
            for file, content in _read_files(session, [found[at] for at in todo], batch):
                answers[place[file.path]] = content
                shown.advance()
            batch.flush()
    contents = ByContent(found, answers)
    if contents.count == len(found):
        return Contents(contents, ())
    skipped = [
        replace(answer, path=file.path)
        for file, answer in zip(found, answers, strict=True)
        if isinstance(answer, Skipped) and not _is_no_photo_at_all(answer)
    ]
    return Contents(contents, tuple(skipped))


def _warn_of_a_long_run(session: Session, photos: int) -> None:
    seconds = photos * session.model.seconds_per_photo
    if seconds > LONG_RUN_S:
        _log.warning(
            "%s takes about %.2g s a photo on two cores: %d min for these %d. Ctrl-C keeps what is done.",
            session.model.name,
            session.model.seconds_per_photo,
            round(seconds / 60),
            photos,
        )


def _is_no_photo_at_all(skipped: Skipped) -> bool:
    """A file without a photo's extension was only looked into in case; it is not missed."""
    return skipped.kind is SkipKind.NOT_A_PHOTO and not os.path.splitext(skipped.path)[1]


def _read_files(
    session: Session, todo: Sequence[PhotoFile], batch: _EmbedBatch
) -> Iterator[tuple[PhotoFile, ContentKey | Skipped]]:
    from dedupe.decoding.read import Known, Read, ReadRequest, read_photo

    files = {file.path: file for file in todo}
    side, limit = session.model.input_size, session.settings.max_pixels
    began: dict[str, int] = {}

    def requests() -> Iterator[ReadRequest]:
        for file in todo:
            began[file.path] = time.time_ns()
            yield ReadRequest(file.path, file.stamp, limit, session.cache.path, side)

    for request, answer in session.pool().run(read_photo, requests()):
        file, read_ns = files[request.path], began.pop(request.path)
        if isinstance(answer, Read):
            session.previews.put(answer.content_key, answer.preview)
            batch.add(answer.content_key, answer.pixels)
            session.cache.put(
                file.path, answer.stamp, answer.content_key, answer.pixel_key, answer.facts, read_ns=read_ns
            )
            yield file, answer.content_key
        elif isinstance(answer, Known):
            session.cache.put_file(file.path, answer.stamp, answer.content_key, read_ns=read_ns)
            yield file, answer.content_key
        else:
            skipped = answer if isinstance(answer, Skipped) else _failed(file.path, answer)
            session.cache.put_skipped(skipped, file.stamp, read_ns=read_ns)
            yield file, skipped


def _failed(path: str, failure: WorkerFailure) -> Skipped:
    return Skipped(path, SkipKind.POISON, f"{failure.kind}: {failure.detail}")


class _EmbedBatch:
    """Collects network inputs and embeds them some dozens at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: dict[ContentKey, bytes] = {}

    def add(self, key: ContentKey, pixels: bytes) -> None:
        """``pixels``: uint8[side, side, 3] RGB as bytes."""
        self._waiting[key] = pixels
        if len(self._waiting) >= EMBED_BATCH:
            self.flush()

    def flush(self) -> None:
        """Embeds what waits and stores the vectors; one that is not finite or all zero is left out."""
        if not self._waiting:
            return
        import numpy as np

        embedder = self._session.embedder()
        side = embedder.input_size
        keys = list(self._waiting)
        pixels = np.frombuffer(b"".join(self._waiting.values()), np.uint8).reshape(len(keys), side, side, 3)
        vectors = embedder.embed_raw(pixels)
        sound = np.flatnonzero(np.isfinite(vectors).all(axis=1) & vectors.any(axis=1))
        self._session.cache.put_vectors(
            embedder.name,
            [keys[row] for row in sound.tolist()],
            vectors[sound].astype(embedder.storage),
        )
        self._waiting.clear()


def embed(session: Session, contents: Contents) -> Contents:
    """The contents with a vector each; those that lack one are embedded from their previews. A photo that cannot be embedded
    is moved to the skipped."""
    keys = contents.keys
    missing = session.cache.missing_vectors(session.model.name, keys)
    with session.step("embed", len(keys)) as shown:
        shown.advance(len(keys) - len(missing))
        if not missing:
            return contents
        batch = _EmbedBatch(session)
        for key, pixels in _squashed(session, contents, missing):
            batch.add(key, pixels)
            shown.advance()
        batch.flush()
    lost = session.cache.missing_vectors(session.model.name, missing)
    return _without(contents, set(lost)) if lost else contents


def _without(contents: Contents, lost: set[ContentKey]) -> Contents:
    files = ByContent.of((file, key) for key, same in contents.files.items() if key not in lost for file in same)
    skipped = [
        Skipped(file.path, SkipKind.UNREADABLE, "could not be embedded: scan again")
        for key in sorted(lost)
        for file in contents.files[key]
    ]
    return Contents(files, (*contents.skipped, *skipped))


def _squashed(session: Session, contents: Contents, keys: Sequence[ContentKey]) -> Iterator[tuple[ContentKey, bytes]]:
    from dedupe.decoding.squash import SquashRequest, squash_preview

    side = session.model.input_size
    for chunk in chunks(keys, PREVIEW_BATCH):
        restore_previews(session, contents.files, chunk)
        requests = [SquashRequest(key, preview, side) for key, preview in session.previews.get_many(chunk).items()]
        for request, pixels in session.pool().run(squash_preview, requests):
            if isinstance(pixels, bytes):
                yield request.key, pixels


def restore_previews(
    session: Session, files: Mapping[ContentKey, Sequence[PhotoFile]], keys: Sequence[ContentKey]
) -> None:
    """Reads again those photos whose previews were dropped from the bounded database; at most PREVIEW_BATCH at a time, so that
    none of them is dropped again before it is used."""
    missing = session.previews.missing(keys)
    if not missing:
        return
    from dedupe.decoding.read import Read, ReadRequest, read_photo

    limit = session.settings.max_pixels
    requests = (ReadRequest(files[key][0].path, files[key][0].stamp, limit) for key in missing)
    for _, answer in session.pool().run(read_photo, requests):
        if isinstance(answer, Read):
            session.previews.put(answer.content_key, answer.preview)


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """``items`` in order, ``size`` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
