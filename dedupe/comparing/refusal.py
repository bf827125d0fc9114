"""Refuses candidate pairs by their signatures, some dozens at a time: a worker task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dedupe.types import ContentKey


@dataclass(frozen=True, slots=True)
class RefusalTask:
    """Pairs of contents, and the signature of each; a pair that lacks one is passed on."""

    pairs: tuple[tuple[ContentKey, ContentKey], ...]
    signatures: Mapping[ContentKey, bytes]


def refusals(task: RefusalTask) -> tuple[bool, ...]:
    """For each pair, whether the two share nothing. The same whichever is named first, and whatever else is asked."""
    from dedupe.comparing.signature import may_be_related, ready
    from dedupe.formats.errors import DamagedError

    made = {}
    for key, data in task.signatures.items():
        try:
            made[key] = ready(data)
        except DamagedError:
            continue
    return tuple(
        a in made and b in made and not may_be_related(made[min(a, b)], made[max(a, b)]) for a, b in task.pairs
    )
