"""What is said of two photos: how they are related, on what that rests, and which was made from which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Relation(StrEnum):
    """What an extra is to the photo that is kept, safest first."""

    IDENTICAL = "identical"
    SAME_PIXELS = "same-pixels"
    RESAVED = "resaved"
    EDITED = "edited"
    SIMILAR = "similar"

    @property
    def rank(self) -> int:
        """0 for the safest; a less safe relation has the larger rank."""
        return _RELATION_RANK[self.value]


_RELATION_RANK = {"identical": 0, "same-pixels": 1, "resaved": 2, "edited": 3, "similar": 4}


class Change(StrEnum):
    """What a verdict rests on; ``report.phrases`` has the words.

    The first part says that two files hold the same picture, the second that they are two captures, the third what a person
    sees of an edit, the fourth what keeps a re-save from being certain.
    """

    ONE_FILE = "one-file"
    SAME_BYTES = "same-bytes"
    METADATA = "metadata"

    TIMES = "times"
    EXPOSURE = "exposure"
    VIEWPOINT = "viewpoint"
    OVERLAP = "overlap"
    EVERYWHERE = "everywhere"
    MOST_PLACES = "most-places"
    CONTENT = "content"
    TEXT = "text"
    SENSOR_NOISE = "sensor-noise"

    CROPPED = "cropped"
    PUT_ON = "put-on"
    PERSPECTIVE = "perspective"
    STRETCHED = "stretched"
    FRAMED = "framed"
    MARK = "mark"
    BAND = "band"
    SPOT = "spot"
    BLUR = "blur"
    TONE = "tone"
    COLOUR = "colour"
    LIGHT = "light"
    LOW_TEXTURE = "low-texture"
    APART = "apart"
    PAGE = "page"
    STILL = "still"
    UNREAD = "unread"

    UNTOLD = "untold"
    LINEAGE = "lineage"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class Remark:
    """A change and how much of it there is.

    ``amount`` is seconds for TIMES, the share (0–1) that the two pictures have in common for CROPPED, the number
    of the first page or frame that differs for PAGE, of frames in all for STILL, and 0 for the others.
    """

    change: Change
    amount: float = 0.0


SAFE_RELATIONS = (Relation.IDENTICAL, Relation.SAME_PIXELS, Relation.RESAVED)
"""The relations that may be selected without a look."""


class Caution(StrEnum):
    """What a re-save must show before it may be selected.

    ``strict``: proof of which file was saved from which. ``normal``: that the photo that stays is at least as good by every
    measure, and agrees with it everywhere.
    """

    STRICT = "strict"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class Transform:
    """How b is placed on a.

    ``matrix`` is the 2×3 similarity (row by row) that maps upright full-frame coordinates of b, each axis scaled to 0–1, onto
    those of a; ``turn`` in degrees (0–359), ``mirrored``, ``scale`` as a factor of b's pixels.
    """

    matrix: tuple[float, float, float, float, float, float]
    turn: float
    mirrored: bool
    scale: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the alignment saw; the numbers that `compare` shows."""

    keypoints: int = 0
    inliers: int = 0
    overlap: float = 0.0
    correlation: float = 0.0
    worst_block: float = 0.0
    tone: float = 0.0
    residual: float = 0.0
    transform: Transform | None = None


class ClueKind(StrEnum):
    """What shows that one picture of a capture was made from another."""

    CROP = "crop"
    PADDING = "padding"
    MARKS = "marks"
    COLOUR = "colour"
    TONE = "tone"
    PROFILE = "profile"
    RESHAPED = "reshaped"
    NOISE = "noise"
    SHARPENED = "sharpened"
    BLURRED = "blurred"
    ENLARGED = "enlarged"
    REDUCED = "reduced"
    QUANTISATION = "quantisation"
    FORMAT = "format"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Clue:
    """One sign of which picture of a pair (a, b) was made from the other.

    ``weight`` is in log odds (3 is 20 to 1): > 0 where b was made from a, < 0 where a was made from b.
    """

    kind: ClueKind
    weight: float
