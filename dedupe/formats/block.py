"""One block of a picture file that is not its pixels: a kind that all containers share, and its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class BlockKind(Enum):
    """What a block holds."""

    EXIF = "a TIFF structure"
    TIFF = "a whole TIFF file"
    XMP = "an XMP packet"
    IPTC = "Photoshop's image resources, or bare IPTC"
    ICC = "a colour profile"
    TEXT = "a text under a keyword"
    COMMENT = "a comment"
    STREAM = "a stream that embedded names"
    UNKNOWN = "something else"


@dataclass(frozen=True, slots=True)
class Block:
    """One block; ``name`` is the keyword of a text, the name of a stream, or what the container calls an unknown block."""

    kind: BlockKind
    data: bytes
    name: str = ""
