"""The stored previews, made anew where the bounded database dropped them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar

from dedupe.session import Session
from dedupe.types import ContentKey, PhotoFile

T = TypeVar("T")

PREVIEW_BATCH: Final = 2_000
"""Previews held in memory at once: 50 MB."""


def restore_previews(
    session: Session, files: Mapping[ContentKey, Sequence[PhotoFile]], keys: Sequence[ContentKey]
) -> None:
    """Read those photos again whose previews were dropped from the bounded database.

    At most PREVIEW_BATCH at a time, so that none of them is dropped again before it is used.
    """
    missing = session.previews.missing(keys)
    if not missing:
        return
    from dedupe.decoding.read import Read, ReadRequest, read_photo

    limit = session.settings.max_pixels
    requests = (ReadRequest(files[key][0].path, files[key][0].stamp, limit) for key in missing)
    for _, answer in session.pool().run(read_photo, requests):
        if isinstance(answer, Read):
            session.previews.put(answer.content_key, answer.preview, answer.signature)


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """``items`` in order, ``size`` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
