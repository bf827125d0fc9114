"""read: from files to their contents, from the cache or by the workers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from dedupe.session import Session
from dedupe.steps.contents import ByContent, Contents
from dedupe.steps.read_ahead import reading_ahead
from dedupe.types import ContentKey, PhotoFile, SkipKind, Skipped

if TYPE_CHECKING:
    from dedupe.steps.embed import Embedding
    from dedupe.workers import WorkerFailure


def read(session: Session, found: Sequence[PhotoFile], embedding: Embedding | None = None) -> Contents:
    """The content of each file, from the cache or read by the workers; previews and facts are stored.

    The pixels of each picture read go to ``embedding`` at once: kept for later, those of 100,000 photos would take 4 GB.
    Without one no network is loaded.
    """
    with session.step("read", len(found)) as shown:
        answers = session.cache.known(found, retry=session.settings.retry)
        todo = [at for at, answer in enumerate(answers) if answer is None] if None in answers else []
        shown.advance(len(found) - len(todo))
        if todo:
            if embedding is not None:
                embedding.expect(len(todo))
            place = {found[at].path: at for at in todo}
            for file, content in _read_files(session, [found[at] for at in todo], embedding):
                answers[place[file.path]] = content
                shown.advance()
    contents = ByContent(found, answers)
    if contents.count == len(found):
        return Contents(contents, ())
    skipped = [
        replace(answer, path=file.path)
        for file, answer in zip(found, answers, strict=True)
        if isinstance(answer, Skipped) and not _is_no_photo_at_all(answer)
    ]
    return Contents(contents, tuple(skipped))


def _is_no_photo_at_all(skipped: Skipped) -> bool:
    """A file without a photo's extension was only looked into in case; it is not missed."""
    return skipped.kind is SkipKind.NOT_A_PHOTO and not os.path.splitext(skipped.path)[1]


def _read_files(
    session: Session, todo: Sequence[PhotoFile], embedding: Embedding | None
) -> Iterator[tuple[PhotoFile, ContentKey | Skipped]]:
    from dedupe.decoding.read import Known, Read, ReadRequest, read_photo
    from dedupe.embedding.task import EmbeddedRead, read_and_embed

    files = {file.path: file for file in todo}
    side, limit = session.model.input_size if embedding else 0, session.settings.max_pixels
    began: dict[str, int] = {}

    def requests() -> Iterator[ReadRequest]:
        # The workers of a cluster read for themselves: what this machine has in its cache is of no use to them.
        with reading_ahead(todo) if session.settings.cluster is None else nullcontext(iter(todo)) as coming:
            for file in coming:
                began[file.path] = time.time_ns()
                yield ReadRequest(file.path, file.stamp, limit, session.cache.path, side)

    task = read_and_embed if embedding is not None and embedding.elsewhere else read_photo
    for request, given in session.pool().run(task, requests()):
        file, read_ns = files[request.path], began.pop(request.path)
        answer = given.read if isinstance(given, EmbeddedRead) else given
        if embedding is not None:
            embedding.take(given)
        if isinstance(answer, Read):
            session.previews.put(answer.content_key, answer.preview, answer.signature)
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
