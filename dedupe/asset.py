"""What each companion of a photo means for its asset: the one table that scan, check and the actions go by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from typing import Final

from dedupe.loss import LossCode
from dedupe.types import Companion, CompanionKind, Photo


class Need(Enum):
    """What must be beside the photo that stays for a companion to go."""

    BYTES = "a file of the same bytes"
    CONTENT = "everything it says"


@dataclass(frozen=True, slots=True)
class Policy:
    """What is done about one kind of part of an asset.

    ``need``: as above; ``loss``: what is lost where that is not there; ``counted``: without its counterpart the library has
    the photo in part only.
    """

    need: Need
    loss: LossCode
    counted: bool


POLICIES: Final[Mapping[CompanionKind, Policy]] = {
    CompanionKind.RAW: Policy(Need.BYTES, LossCode.RAW, counted=True),
    CompanionKind.PHOTO: Policy(Need.BYTES, LossCode.PICTURE, counted=True),
    CompanionKind.VIDEO: Policy(Need.BYTES, LossCode.LIVE_VIDEO, counted=True),
    CompanionKind.EDIT: Policy(Need.BYTES, LossCode.EDIT, counted=True),
    CompanionKind.SIDECAR: Policy(Need.CONTENT, LossCode.SIDECAR, counted=False),
    CompanionKind.TAKEOUT: Policy(Need.CONTENT, LossCode.TAKEOUT, counted=False),
    CompanionKind.NOTE: Policy(Need.BYTES, LossCode.NOTE, counted=True),
    CompanionKind.FOLDER: Policy(Need.CONTENT, LossCode.FOLDER_NOTE, counted=False),
    CompanionKind.ELSEWHERE: Policy(Need.BYTES, LossCode.NOTE, counted=False),
    CompanionKind.ATTRIBUTES: Policy(Need.CONTENT, LossCode.ATTRIBUTES, counted=False),
}


def needs_bytes(kind: CompanionKind) -> bool:
    """Whether a companion leaves only while the same bytes stay."""
    return POLICIES[kind].need is Need.BYTES


def remarks_on(asset: Photo) -> Iterator[Companion]:
    """What lists of its folder, files elsewhere and extended attributes say of any picture of an asset."""
    return (one for part in asset.parts for one in part.remarks)


def attributes_of(picture: Photo) -> str | None:
    """What the extended attributes of one picture said at the scan, packed; None where they could not be read."""
    found = (one.inventory for one in picture.remarks if one.kind is CompanionKind.ATTRIBUTES)
    return next(found, "")


def beside(photo: Photo) -> str:
    """A digest of what is beside the first picture of an asset, whatever it is called; empty where nothing is.

    Of a companion counts what it says, or its size and time where it was not read.
    """
    held = [part.content_key.hex() for part in photo.members]
    for one in (*photo.companions, *remarks_on(photo)):
        said = one.inventory if one.inventory is not None else f"{one.stamp.size} {one.stamp.mtime_ns}"
        held.append(f"{one.kind.value} {said}")
    return blake2b("\0".join(sorted(held)).encode(), digest_size=16).hexdigest() if held else ""
