"""The words for people of what the steps say in codes: losses, remarks, the reason to keep.

Every sentence about a group that reaches a table, a page, a prompt or a file is made here, so that one thing has one name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final

from dedupe.terminal.text import display_path, display_text
from dedupe.types import (
    Change,
    ClueKind,
    Damage,
    DamageKind,
    DateSource,
    Extra,
    Group,
    Loss,
    LossCode,
    Obstacle,
    Remark,
)

_DATE_SOURCES: Final = {
    DateSource.XMP: "XMP",
    DateSource.IPTC: "IPTC",
    DateSource.DIGITIZED: "EXIF",
    DateSource.CREATED: "made",
    DateSource.TAKEOUT: "JSON",
    DateSource.MODIFIED: "saved",
    DateSource.NAME: "name",
}
_LOSSES: Final = {
    LossCode.RESOLUTION: "a higher resolution",
    LossCode.DETAIL: "more real detail",
    LossCode.QUALITY: "a better quality",
    LossCode.CHROMA: "a finer colour resolution",
    LossCode.BITS: "more bits a channel",
    LossCode.COLOURS: "more colours",
    LossCode.GAMUT: "colours outside sRGB",
    LossCode.TRANSPARENCY: "the transparency",
    LossCode.PAGES: "further pages",
    LossCode.FRAMES: "further frames",
    LossCode.RAW: "the RAW",
    LossCode.PICTURE: "another picture of the same photo",
    LossCode.LIVE_VIDEO: "the Live Photo video",
    LossCode.EDIT: "the edit beside it",
    LossCode.SIDECAR: "the sidecar's metadata",
    LossCode.TAKEOUT: "what Takeout's JSON says",
    LossCode.NOTE: "a file that belongs to it",
    LossCode.FOLDER_NOTE: "what a list of its folder says",
    LossCode.ATTRIBUTES: "its tags and comments",
    LossCode.VIDEO: "the embedded video",
    LossCode.AUDIO: "the embedded sound",
    LossCode.DEPTH_MAP: "the depth map",
    LossCode.GAIN_MAP: "the embedded gain map",
    LossCode.FURTHER_PICTURE: "the embedded further picture",
    LossCode.FURTHER_DATA: "the embedded further data",
    LossCode.LAYERS: "the layers",
    LossCode.DATE: "the capture date",
    LossCode.PLACE: "GPS",
    LossCode.CAPTION: "the caption",
    LossCode.RATING: "the rating",
    LossCode.TITLE: "the title",
    LossCode.KEYWORDS: "keywords",
    LossCode.FACES: "face regions",
    LossCode.PEOPLE: "names of people",
    LossCode.AUTHOR: "the author",
    LossCode.COPYRIGHT: "the copyright",
    LossCode.LOCATION: "the name of the place",
    LossCode.EVENT: "the event",
    LossCode.PRECISION: "the time zone or fraction of the capture date",
    LossCode.CAMERA: "camera data",
    LossCode.MAKER_NOTES: "the camera's maker notes",
    LossCode.DEVELOPING: "develop settings",
    LossCode.FAVOURITE: "the mark as a favourite",
    LossCode.POSITION: "height and direction",
    LossCode.REGIONS: "marked regions",
    LossCode.LIVE_LINK: "the link to its Live Photo video",
    LossCode.COMMENT: "the comment",
    LossCode.METADATA: "metadata",
    LossCode.SAID: "",
}
_DIFFERENT: Final = {
    LossCode.DATE: "another capture date",
    LossCode.PLACE: "another GPS position",
    LossCode.CAPTION: "another caption",
    LossCode.RATING: "another rating",
    LossCode.TITLE: "another title",
    LossCode.AUTHOR: "another author",
    LossCode.COPYRIGHT: "another copyright",
    LossCode.COMMENT: "another comment",
    LossCode.LOCATION: "another name of the place",
}

_CHANGES: Final[Mapping[Change, str]] = {
    Change.ONE_FILE: "one file, named twice",
    Change.SAME_BYTES: "the same bytes",
    Change.METADATA: "the same picture, other metadata",
    Change.TIMES: "taken {seconds} apart",
    Change.EXPOSURE: "exposed differently by one camera",
    Change.VIEWPOINT: "another point of view",
    Change.OVERLAP: "each shows what the other does not",
    Change.EVERYWHERE: "differs everywhere",
    Change.MOST_PLACES: "differs in most places",
    Change.CONTENT: "something moved or was replaced",
    Change.TEXT: "other text",
    Change.SENSOR_NOISE: "each has its own sensor noise",
    Change.CROPPED: "cropped to {share}",
    Change.PUT_ON: "something added or replaced",
    Change.PERSPECTIVE: "perspective changed",
    Change.STRETCHED: "stretched to another shape",
    Change.FRAMED: "framed a little differently",
    Change.MARK: "text or a mark added",
    Change.BAND: "a band added",
    Change.SPOT: "a spot differs",
    Change.BLUR: "blurred or noisy",
    Change.TONE: "tone changed",
    Change.COLOUR: "colour changed",
    Change.LIGHT: "light changed in places",
    Change.LOW_TEXTURE: "too little texture to be sure",
    Change.PAGE: "page {number} differs",
    Change.STILL: "only one of its {number} frames",
    Change.APART: "differs by more than a re-save explains",
    Change.UNREAD: "an original could not be read again",
    Change.UNTOLD: "can't tell which has more detail",
    Change.LINEAGE: "can't tell which is the original",
    Change.PROFILE: "has another colour profile",
}


def change(remark: Remark | None) -> str:
    """What a verdict rests on, as a short phrase; an empty string where there is nothing to say."""
    if remark is None:
        return ""
    return _CHANGES[remark.change].format(
        seconds=duration(remark.amount), share=f"{remark.amount:.0%}", number=round(remark.amount)
    )


def duration(seconds: float) -> str:
    """A span of time in its natural unit: "0.37 s", "2 s", "5 min", "3 h", "12 days"."""
    if seconds < 120:
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"
    for unit, size in (("min", 60), ("h", 3600)):
        if seconds < 120 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def date_source(source: DateSource) -> str:
    """Where a date is from, in a word that fits behind a day in a narrow column."""
    return _DATE_SOURCES[source]


def losses(extra: Extra) -> tuple[str, ...]:
    """What would be lost with this photo, each as a short phrase; empty where nothing is."""
    return words_of(extra.lost)


def words_of(lost: Iterable[Loss]) -> tuple[str, ...]:
    """Each loss as a short phrase."""
    return tuple(map(loss, lost))


def carried(extra: Extra) -> str:
    """What of this photo goes into a sidecar, or why it cannot; empty where nothing needs to."""
    if extra.rescue is None:
        return ""
    if extra.rescue.obstacle is not None:
        return f"not carried over: {obstacle(extra.rescue.obstacle, extra.rescue.detail)}"
    told = [f"{property_words(one.name)}" for one in extra.rescue.saved]
    return f"carried over: {', '.join(dict.fromkeys(told))}" if told else ""


def loss(lost: Loss) -> str:
    """One loss as a short phrase."""
    words = _DIFFERENT.get(lost.code) if lost.differs else None
    words = words or _LOSSES[lost.code]
    if lost.count > 1:
        words = f"{lost.count} {words}"
    if lost.name:
        words = f"{words} ({lost.name})" if words else lost.name
    return words


def losses_entry(lost: Iterable[Loss]) -> list[dict[str, str]]:
    """Losses as JSON has them: the code for programs, the words for people."""
    return [{"code": one.code.value, "words": display_text(loss(one))} for one in lost]


_PROPERTIES: Final = {
    "exif:DateTimeOriginal": "capture date", "xmp:CreateDate": "date", "dc:description": "caption", "dc:title": "title",
    "dc:creator": "author", "dc:rights": "copyright", "xmp:Rating": "rating", "mwg-rs:Regions": "face region", "MP:RegionInfo":
    "face region", "photoshop:City": "city", "exif:GPSLatitude": "GPS position", "exif:GPSLongitude": "GPS position",
    "exif:UserComment": "caption", "xmp:Label": "label", "photoshop:DateCreated": "capture date",
    "dc:subject": "keywords", "lr:hierarchicalSubject": "keywords", "digiKam:TagsList": "keywords",
    "Iptc4xmpExt:PersonInImage": "names of people", "exif:GPSAltitude": "height",
}  # fmt: skip


def property_words(name: str) -> str:
    """What a property of a sidecar is to a person; its own name where it has no other."""
    return _PROPERTIES.get(name, display_text(name))


def obstacle(kind: Obstacle, detail: str = "") -> str:
    """Why the metadata of a copy is not carried over to the photo that stays, as a phrase."""
    match kind:
        case Obstacle.CONFLICT:
            words = " and ".join(dict.fromkeys(property_words(name) for name in detail.split(", ")))
            return f"the photo that stays, or another copy, has another {words}"
        case Obstacle.STILL_LOST:
            return f"a sidecar can't hold all that would be lost ({display_text(detail)})"
        case Obstacle.CHANGED:
            return "changed since the scan"
        case Obstacle.UNREADABLE:
            return f"{display_path(os.path.basename(detail))} cannot be read"
        case Obstacle.SIDECAR:
            return f"the photo that stays: {display_text(detail)}"
        case Obstacle.FOLDER:
            return "the folder of the photo that stays can't be written to"


def own_obstacle(kind: Obstacle, detail: str = "") -> str:
    """Why what a photo's own Takeout JSON says is not written beside it, as a phrase."""
    if kind is Obstacle.CONFLICT:
        words = " and ".join(dict.fromkeys(property_words(name) for name in detail.split(", ")))
        return f"Google Takeout's JSON states another {words} than the photo"
    return obstacle(kind, detail).replace("the photo that stays", "the photo")


def damage(one: Damage) -> str:
    """What is wrong with a file, or with one of two, as a sentence without its beginning."""
    if one.kind is DamageKind.WARNED:
        return f"decodes with warnings: {one.warning}"
    return f"differ in {one.count:,} {'byte' if one.count == 1 else 'bytes'}: one of the two is damaged"


def remark(extra: Extra) -> str:
    """The remark on this photo besides its relation, or an empty string."""
    return "; ".join(filter(None, (extra.note or change(extra.remark), carried(extra))))


def reason(group: Group) -> str:
    """Why the photo that stays was chosen, as a short phrase."""
    made = next((one for one in group.extras if one.clue and group.keeper_of(one) is group.keep), None)
    if not group.original or made is None:
        return reason_of(group.reason, group.has)
    return f"the original; {display_path(os.path.basename(made.photo.path))} {made_from(made)}"


def reason_of(text: str, has: tuple[Loss, ...]) -> str:
    """Why a photo stays: what it holds that the others do not, or the words of the rule that decided."""
    return f"has {_listed(words_of(has))}" if has else text


def _listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def made_from(extra: Extra, other: str = "it") -> str:
    """How this photo was made from the one that stays for it (``other``), as the end of a sentence; empty where nothing tells."""
    return _MADE[extra.clue].format(other) if extra.clue is not None else ""


_MADE = {
    ClueKind.CROP: "was cut from {}",
    ClueKind.PADDING: "shows {} within a frame, bars or a screen",
    ClueKind.MARKS: "has something added",
    ClueKind.COLOUR: "has lost its colours",
    ClueKind.TONE: "has its tones changed",
    ClueKind.PROFILE: "has lost its colour profile",
    ClueKind.RESHAPED: "was stretched from {}",
    ClueKind.NOISE: "has noise added",
    ClueKind.SHARPENED: "was sharpened",
    ClueKind.BLURRED: "is blurred",
    ClueKind.ENLARGED: "was enlarged from {}",
    ClueKind.REDUCED: "was reduced from {}",
    ClueKind.QUANTISATION: "was saved from {}",
    ClueKind.FORMAT: "was converted from {}",
    ClueKind.METADATA: "has lost what the camera wrote",
}
