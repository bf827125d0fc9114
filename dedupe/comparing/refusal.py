"""Refuses candidate pairs by their signatures, some dozens at a time: a worker task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dedupe.types import ContentKey

if TYPE_CHECKING:
    from dedupe.comparing.signature import Signature

READY_KEPT: Final = 128
"""At 180 kB each: the tasks of a cluster of photos come one after the other."""


@dataclass(frozen=True, slots=True)
class RefusalTask:
    """Pairs of contents, and the signature of each; a pair that lacks one is passed on."""

    pairs: tuple[tuple[ContentKey, ContentKey], ...]
    signatures: Mapping[ContentKey, bytes]


def refusals(task: RefusalTask) -> tuple[bool, ...]:
    """Whether the two of each pair share nothing, regardless of their order and of what else is asked."""
    from dedupe.comparing.signature import may_be_related

    made = {key: found for key, data in task.signatures.items() if (found := _ready(data)) is not None}
    return tuple(
        a in made and b in made and not may_be_related(made[min(a, b)], made[max(a, b)]) for a, b in task.pairs
    )


@lru_cache(maxsize=READY_KEPT)
def _ready(data: bytes) -> Signature | None:
    """The signature made ready; None where the bytes are not a signature."""
    from dedupe.comparing.signature import ready
    from dedupe.formats.errors import DamagedError

    try:
        return ready(data)
    except DamagedError:
        return None
