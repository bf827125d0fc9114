"""The hash behind every claim that two contents are equal: BLAKE3, cut to 128 bits.

It must be one that nobody can aim at: for a fast checksum such as XXH3 a different picture with the key of a known photo is
made in milliseconds. Keys that dedupe 0.1.0 stored were XXH3; they are kept, marked with ``LEGACY``, and only ever
compared with the XXH3 of a file, never with another key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from blake3 import blake3

KEY_BYTES: Final = 16
"""128 bits: 2^128 tries to hit a given photo's key, and bytes are compared again before any action."""

LEGACY: Final = b"xxh3:"
"""The prefix of a key that dedupe 0.1.0 wrote."""


class Hasher(Protocol):
    """What becomes a key, fed piece by piece."""

    def update(self, piece: bytes | memoryview, /) -> object:
        """Feed the next bytes."""

    def digest(self) -> bytes:
        """The key of all that was fed."""


class Blake3:
    """BLAKE3 as a ``Hasher``."""

    __slots__ = ("_hash",)

    def __init__(self) -> None:
        self._hash = blake3()

    def update(self, piece: bytes | memoryview, /) -> None:
        self._hash.update(piece)

    def digest(self) -> bytes:
        return self._hash.digest(length=KEY_BYTES)


class _Legacy:
    """XXH3-128, as 0.1.0 made its keys, under the mark."""

    __slots__ = ("_hash",)

    def __init__(self) -> None:
        import xxhash

        self._hash = xxhash.xxh3_128()

    def update(self, piece: bytes | memoryview, /) -> None:
        self._hash.update(piece)

    def digest(self) -> bytes:
        return LEGACY + self._hash.digest()


def hasher(like: bytes = b"") -> Hasher:
    """An empty hasher of the kind that made the key ``like``: BLAKE3 unless that is one of 0.1.0's."""
    return _Legacy() if like.startswith(LEGACY) and len(like) == len(LEGACY) + 16 else Blake3()


def digest(data: bytes | memoryview, like: bytes = b"") -> bytes:
    """The key of ``data``."""
    made = hasher(like)
    made.update(data)
    return made.digest()


def digest_of(pieces: Iterable[bytes | memoryview], like: bytes = b"") -> bytes:
    """The key of pieces, each preceded by its length, so that no two lists of pieces share one stream."""
    made = hasher(like)
    for piece in pieces:
        made.update(len(piece).to_bytes(8, "little"))
        made.update(piece)
    return made.digest()
