"""What speaks against calling two verified photos the same although nothing is lost: damage in one of them, or a turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dedupe.types import Caution, Match, Photo


@dataclass(frozen=True, slots=True)
class Caveat:
    """What must be said of a photo besides its relation to another.

    ``note`` is as in ``Extra.note``. ``damaged`` means that one of the two is damaged; else they are shown turned
    against each other.
    """

    note: str
    damaged: bool


def caveat(asset: Photo, rival: Photo, matches: Sequence[Match], caution: Caution) -> Caveat | None:
    """The caveat on ``asset`` against ``rival``; None where there is none. Opens pictures of one length."""
    from dedupe.grouping.losses import damaged_reason
    from dedupe.grouping.pair import turned_note

    count = _differing(asset, rival, matches)
    if count:
        return Caveat(damaged_reason(count), damaged=True)
    note = turned_note(asset, rival, matches, caution)
    return Caveat(note, damaged=False) if note else None


def _differing(asset: Photo, rival: Photo, matches: Sequence[Match]) -> int:
    """The number of bytes in which two verified pictures differ where only damage explains it; 0 where there are none."""
    from dedupe.tree.byte_difference import difference

    matched = {frozenset((match.a, match.b)) for match in matches}
    found = (
        difference(one.path, other.path, one.facts.format)
        for one in asset.parts
        for other in rival.parts
        if one.file.stamp.size == other.file.stamp.size and frozenset((one.content_key, other.content_key)) in matched
    )
    return max((each.count for each in found if each is not None), default=0)
