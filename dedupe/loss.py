"""What would be lost with a photo, and what of it is carried over to the photo that stays.

These are codes that programs may rely on, and their data. ``report.phrases`` makes the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class LossCode(StrEnum):
    """What would be lost with a photo; the words for it are made in ``report.phrases``."""

    RESOLUTION = "resolution"
    DETAIL = "detail"
    QUALITY = "quality"
    CHROMA = "colour resolution"
    BITS = "bits a channel"
    COLOURS = "colours"
    GAMUT = "wide colours"
    TRANSPARENCY = "transparency"
    PAGES = "pages"
    FRAMES = "frames"
    RAW = "raw"
    PICTURE = "picture"
    LIVE_VIDEO = "live video"
    EDIT = "edit"
    SIDECAR = "sidecar"
    TAKEOUT = "takeout"
    NOTE = "note"
    FOLDER_NOTE = "folder note"
    ATTRIBUTES = "attributes"
    VIDEO = "embedded video"
    AUDIO = "embedded audio"
    DEPTH_MAP = "depth map"
    GAIN_MAP = "gain map"
    FURTHER_PICTURE = "further picture"
    FURTHER_DATA = "further data"
    LAYERS = "layers"
    DATE = "date"
    PRECISION = "precision of the date"
    PLACE = "place"
    CAPTION = "caption"
    RATING = "rating"
    TITLE = "title"
    KEYWORDS = "keywords"
    FACES = "faces"
    PEOPLE = "people"
    AUTHOR = "author"
    COPYRIGHT = "copyright"
    LOCATION = "location"
    EVENT = "event"
    CAMERA = "camera"
    MAKER_NOTES = "maker notes"
    DEVELOPING = "develop settings"
    LIVE_LINK = "live link"
    FAVOURITE = "favourite"
    POSITION = "position data"
    REGIONS = "regions"
    COMMENT = "comment"
    METADATA = "metadata"
    SAID = "said"


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that would be lost with a photo.

    ``count`` says how many (0: not counted), ``name`` which where the code does not say it; ``differs``: the photo that stays
    has one, too, but another.
    """

    code: LossCode
    count: int = 0
    name: str = ""
    differs: bool = False

    @classmethod
    def from_text(cls, text: str) -> Loss:
        """The loss that a scan saved by dedupe 0.1 holds as a phrase."""
        return cls(LossCode.SAID, name=text)


class RescueMode(StrEnum):
    """Whether metadata that only a copy has goes into a sidecar beside the photo that stays.

    ASK writes it where a person says so in the review, ALWAYS for every copy that it frees, NEVER not at all.
    """

    ASK = "ask"
    ALWAYS = "always"
    NEVER = "never"


class Obstacle(StrEnum):
    """Why metadata is not carried over."""

    CONFLICT = "conflict"
    STILL_LOST = "still lost"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    SIDECAR = "sidecar"
    FOLDER = "folder"


CARRIED: Final = frozenset(
    (
        LossCode.DATE, LossCode.PLACE, LossCode.POSITION, LossCode.CAPTION, LossCode.RATING, LossCode.TITLE, LossCode.KEYWORDS,
        LossCode.FACES, LossCode.PEOPLE, LossCode.AUTHOR, LossCode.COPYRIGHT, LossCode.LOCATION, LossCode.EVENT,
    )
)  # fmt: skip
"""What a sidecar can say."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A property of a sidecar (``dc:subject``) and the values that it is given."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rescue:
    """What of a copy goes into ``sidecar``.

    ``added`` is the part that is not in the copy's metadata: the album it is in, the date of the file. ``obstacle``
    says why nothing is carried over (None: it can be), ``detail`` what is in the way.
    """

    sidecar: str
    saved: tuple[Saved, ...] = ()
    added: tuple[Saved, ...] = ()
    obstacle: Obstacle | None = None
    detail: str = ""
