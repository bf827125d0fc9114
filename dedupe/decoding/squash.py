"""What an embedding network is shown of a photo: the whole, and each picture that is found inside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe.types import ContentKey

if TYPE_CHECKING:
    from dedupe.decoding.opencv import Pixels


@dataclass(frozen=True, slots=True)
class SquashRequest:
    """A preview, the stored JPEG, to be made into pixels for the network, whose input size in px is ``side``."""

    key: ContentKey
    preview: bytes
    side: int


def looks(pixels: Pixels, side: int) -> tuple[bytes, ...]:
    """The network's inputs of a decoded preview, each uint8[side, side, 3] RGB as bytes: the whole first, then its insets."""
    from dedupe.decoding.insets import insets
    from dedupe.decoding.preview import squashed

    shown = (pixels, *(pixels[top : top + high, left : left + wide] for left, top, wide, high in insets(pixels)))
    return tuple(squashed(one, side).tobytes() for one in shown)


def squash_preview(request: SquashRequest) -> tuple[bytes, ...]:
    """``looks`` of a stored preview, a worker task; raises DamagedError for a preview that cannot be decoded."""
    from dedupe.decoding.preview import decode_preview

    return looks(decode_preview(request.preview), request.side)
