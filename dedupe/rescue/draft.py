"""The sidecar that a photo gets before a copy leaves: what only the copy says, and the proof that nothing is lost then.

The proof is the inventory, not this module's own list: the sidecar that would be written is read as any other sidecar, and what
the copy holds must then be beside the photo that stays. What does not is a reason to leave the copy where it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dedupe.facts import Facts
from dedupe.formats.inventory import Item, packed
from dedupe.grouping.holdings import items_of, missing, positions_of
from dedupe.loss import CARRIED, Loss, LossCode, Obstacle, Saved
from dedupe.rescue.packet import ClashError, PacketError, merged
from dedupe.rescue.place import sidecar_of
from dedupe.rescue.stated import RescueError, fresh, of_jsons, of_pictures, read_companion
from dedupe.rescue.statement import FORMS, Form, Statement
from dedupe.rescue.wanted import wanted
from dedupe.tree.companion_content import sidecar_items
from dedupe.types import Companion, CompanionKind, DateSource, FileStamp, Photo

REAL_DATES = frozenset((DateSource.XMP, DateSource.IPTC, DateSource.DIGITIZED, DateSource.CREATED))
"""What a date of capture comes from; a date of the last change, or in a file's name, does not count."""

_SAID_ONCE = {
    LossCode.DATE: "exif:DateTimeOriginal",
    LossCode.PLACE: "exif:GPSLatitude",
    LossCode.CAPTION: "dc:description",
    LossCode.TITLE: "dc:title",
    LossCode.RATING: "xmp:Rating",
}
"""What a photo has one of, whatever states it: another value is a question for a person."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A sidecar to be written: its path, the bytes that are there (None: none), those that will be, and what is new."""

    path: str
    before: bytes | None
    after: bytes
    saved: tuple[Saved, ...]


class StillLostError(RescueError):
    """Not all that the copy holds would be beside the photo that stays."""

    def __init__(self, losses: Sequence[Loss]) -> None:
        super().__init__(Obstacle.STILL_LOST, ", ".join(sorted({loss.code.value for loss in losses})))
        self.losses = tuple(losses)


def draft(copy: Photo | None, keep: Photo, added: Sequence[Saved] = ()) -> Draft | None:
    """Draft the sidecar of ``keep``, or return None where nothing is to be written.

    It says what only ``copy`` says, what Takeout's JSON of either says, and ``added``. Without a copy it is about the
    photo alone.

    Raises RescueError where the photo that stays, or without a copy the photo itself, says something else, or where something
    would still be lost.
    """
    keep = fresh(keep)
    copy = None if copy is None else fresh(copy)
    path = _place(keep)
    before = read_companion(path) if os.path.lexists(path) else None
    keep = _with_sidecar(keep, path, before)
    if copy is None:
        _refuse_contradiction(keep)
    theirs = of_pictures(keep)
    jsons = of_jsons(keep)
    ours = [] if copy is None else [*of_pictures(copy), *of_jsons(copy)]
    if copy is not None and not _same_frame(copy, keep):
        ours = [said for said in ours if said.form is not Form.REGIONS]
    have = _held_in_pictures(keep)
    new = wanted([*jsons, *ours, *map(_of_saved, added)], theirs, have, _Known.of(keep, have).stated)
    after = _merged(before, new) if new else before
    _prove(copy, keep, path, after, theirs=[*theirs, *jsons], ours=ours)
    if after is None or after == before:
        return None
    return Draft(path, before, after, tuple(Saved(said.name, said.values) for said in new))


def _place(keep: Photo) -> str:
    try:
        return sidecar_of(keep)
    except OSError as error:
        raise RescueError(Obstacle.FOLDER, os.path.dirname(keep.path)) from error


def _merged(before: bytes | None, new: Sequence[Statement]) -> bytes:
    try:
        return merged(before, new)
    except ClashError as error:
        raise RescueError(Obstacle.CONFLICT, str(error)) from error
    except PacketError as error:
        raise RescueError(Obstacle.SIDECAR, str(error)) from error


def _of_saved(saved: Saved) -> Statement:
    languages = ("x-default",) * len(saved.values) if FORMS[saved.name] is Form.ALT else ()
    return Statement(saved.name, saved.values, languages)


def _same_frame(copy: Photo, keep: Photo) -> bool:
    """A region of the one is on the same part of the other."""
    ours, theirs = copy.facts, keep.facts
    if ours.orientation != theirs.orientation or not (ours.height and theirs.width):
        return False
    return abs(ours.width * theirs.height / (ours.height * theirs.width) - 1) < 0.01


def _held_in_pictures(keep: Photo) -> frozenset[Item]:
    """What the pictures and XMP sidecars say; what Takeout's JSON says is where few programs look."""
    said = [part.facts.inventory for part in keep.parts]
    said += [one.inventory for one in keep.companions if one.kind is CompanionKind.SIDECAR and one.inventory]
    return items_of(tuple(text for text in said if text))


@dataclass(frozen=True, slots=True)
class _Known:
    """Whether the photo that stays has a date of capture and a position."""

    date: bool
    place: bool

    @classmethod
    def of(cls, keep: Photo, have: frozenset[Item]) -> _Known:
        facts = [part.facts for part in keep.parts]
        dated = any(
            one.taken is not None or (one.dated is not None and one.dated.source in REAL_DATES) for one in facts
        )
        return cls(dated or any(item.topic == "date" for item in have), bool(positions_of(keep, have)))

    @property
    def stated(self) -> frozenset[str]:
        """The names of what is known, for ``wanted``."""
        return frozenset((*(["date"] if self.date else ()), *(["place"] if self.place else ())))


def _prove(
    copy: Photo | None,
    keep: Photo,
    path: str,
    after: bytes | None,
    *,
    theirs: Iterable[Statement],
    ours: Iterable[Statement],
) -> None:
    """Raise RescueError unless all that the copy holds is beside the photo that stays once the sidecar is written."""
    if copy is None:
        left = untold(_with_sidecar(keep, path, after))
        if left:
            raise StillLostError(left)
        return
    left = missing(copy, _with_sidecar(keep, path, after))
    if not left:
        return
    said = {one.name: set(one.values) for one in theirs}
    clashes = {one.name for one in ours if not one.is_list and one.name in said and said[one.name] != set(one.values)}
    clashes |= {_SAID_ONCE[loss.code] for loss in left if loss.code in _SAID_ONCE and loss.differs}
    if any(loss.differs for loss in left) and clashes:
        raise RescueError(Obstacle.CONFLICT, ", ".join(sorted(clashes)))
    raise StillLostError(left)


def _with_sidecar(keep: Photo, path: str, data: bytes | None) -> Photo:
    """The photo as it is with this sidecar beside it."""
    if data is None:
        return keep
    others = tuple(one for one in keep.file.companions if one.path != path)
    new = Companion(path, CompanionKind.SIDECAR, FileStamp(0, 0, len(data), 0, 0), packed(sidecar_items(data)))
    return replace(keep, file=replace(keep.file, companions=(*others, new)))


def untold(photo: Photo) -> list[Loss]:
    """What the photo's own Takeout JSON says, a sidecar can say, and neither the photo nor its sidecars do; reads no file."""
    jsons = tuple(one for one in photo.companions if one.kind is CompanionKind.TAKEOUT)
    if not jsons:
        return []
    bare = Facts(photo.facts.format, photo.facts.width, photo.facts.height)
    said = Photo(replace(photo.file, companions=jsons), photo.content_key, None, bare)
    return [loss for loss in missing(said, _without_json(photo)) if loss.code in CARRIED]


def _without_json(photo: Photo) -> Photo:
    kept = tuple(one for one in photo.file.companions if one.kind is not CompanionKind.TAKEOUT)
    return replace(
        photo, file=replace(photo.file, companions=kept), members=tuple(_without_json(one) for one in photo.members)
    )


def _refuse_contradiction(photo: Photo) -> None:
    """Raise RescueError where the photo says one thing and its own Takeout JSON another."""
    names = [_SAID_ONCE.get(loss.code, loss.code.value) for loss in untold(photo) if loss.differs]
    if names:
        raise RescueError(Obstacle.CONFLICT, ", ".join(sorted(names)))
