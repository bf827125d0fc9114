"""A signature from a stored preview: a worker task for photos that were read before there were signatures of this version."""

from __future__ import annotations

from dataclasses import dataclass

from dedupe.types import ContentKey


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A preview, the stored JPEG, whose signature is wanted."""

    key: ContentKey
    preview: bytes


def sign(request: SigningRequest) -> bytes:
    """What reading makes of the photo itself; raises DamagedError for a preview that cannot be decoded."""
    from dedupe.decoding.preview import decode_preview
    from dedupe.decoding.signature import signature

    return signature(decode_preview(request.preview))
