"""The worker task that works out a pixel key; light to import, since the main process names it."""

from __future__ import annotations

from dataclasses import dataclass

from dedupe.decoding.content_key import content_key
from dedupe.types import ContentKey, PixelKey


@dataclass(frozen=True, slots=True)
class PixelKeyRequest:
    """The file at ``path``, as long as it still holds the content that was read."""

    path: str
    content_key: ContentKey


@dataclass(frozen=True, slots=True)
class PixelKeyAnswer:
    """What is known for good of a content: its pixel key, or None where its picture cannot be proven."""

    key: PixelKey | None


def pixel_key_of(request: PixelKeyRequest) -> PixelKeyAnswer | None:
    """Compute the pixel key of a content in a worker process.

    It takes the full pixels unless the content is a JPEG, so it is done for candidates only. ``PixelKeyAnswer(None)``
    means that the key cannot be proven: the content is damaged, or its decoder gives less than the file holds. None
    means that the content cannot be had now: the file is gone, unreadable or another.
    """
    from dedupe.decoding.pixel_key import pixel_key

    try:
        with open(request.path, "rb") as file:
            data = file.read()
    except OSError:
        return None
    return PixelKeyAnswer(pixel_key(data)) if content_key(data) == request.content_key else None
