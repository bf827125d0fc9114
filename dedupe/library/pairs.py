"""What a person said of two photos."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dedupe.types import ContentKey, Photo, PixelKey


class DecisionKind(StrEnum):
    """What the user said of two photos."""

    NOT_DUPLICATES = "not duplicates"
    KEEPER = "keeper"


@dataclass(frozen=True, slots=True)
class Who:
    """One photo of a decision: what it was, and where it was when the decision was made."""

    content_key: ContentKey
    pixel_key: PixelKey | None
    path: str

    def same_picture(self, other: Who | Photo) -> bool:
        """Whether the payload says so; False where one is not known."""
        return self.pixel_key is not None and self.pixel_key == other.pixel_key


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision as it is listed: ``a`` is kept over ``b``, or the two are not duplicates. ``made_at`` is in seconds."""

    id: int
    kind: DecisionKind
    a: Who
    b: Who
    made_at: int
