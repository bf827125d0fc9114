"""Reading and embedding as one worker task: a cluster sends back a vector of some hundred bytes instead of a picture.

The vector is the one that this machine would make: it depends on the pixels alone (``model.Embedder``).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from dedupe.decoding.read import Known, Read, ReadRequest, read_photo
from dedupe.decoding.squash import SquashRequest, squash_preview
from dedupe.embedding import COMPACT, load
from dedupe.embedding.model import Embedder
from dedupe.types import Skipped


@dataclass(frozen=True, slots=True)
class EmbeddedRead:
    """A photo that was read; ``vectors`` has float32[dim] as bytes for each of its looks, which ``read`` lacks."""

    read: Read
    vectors: tuple[bytes, ...]


def read_and_embed(request: ReadRequest) -> EmbeddedRead | Skipped | Known:
    """As ``read_photo``, with the vectors of the shipped network in place of its inputs."""
    answer = read_photo(request)
    if not isinstance(answer, Read):
        return answer
    return EmbeddedRead(replace(answer, looks=()), _vectors(answer.looks))


def embed_preview(request: SquashRequest) -> tuple[bytes, ...]:
    """As ``squash_preview``, with the vectors of the shipped network in place of its inputs."""
    return _vectors(squash_preview(request))


def _vectors(looks: tuple[bytes, ...]) -> tuple[bytes, ...]:
    import numpy as np

    embedder = _embedder()
    side = embedder.input_size
    pixels = np.frombuffer(b"".join(looks), np.uint8).reshape(len(looks), side, side, 3)
    return tuple(vector.tobytes() for vector in embedder.embed_raw(pixels))


@functools.cache
def _embedder() -> Embedder:
    """The network of this worker process, loaded once."""
    return load(COMPACT)
