"""The network's input from a stored preview: a worker task for photos that were read before another model was
chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

from dedupe.types import ContentKey


@dataclass(frozen=True, slots=True)
class SquashRequest:
    """``preview`` is the stored JPEG, ``side`` the input size of the network in px."""

    key: ContentKey
    preview: bytes
    side: int


def squash_preview(request: SquashRequest) -> bytes:
    """uint8[side, side, 3] RGB as bytes; raises DamagedError for a preview that cannot be decoded."""
    from dedupe.decoding.preview import squash

    return squash(request.preview, request.side).tobytes()
