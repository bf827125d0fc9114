"""Which copies may leave because what only they say is carried over, and what that is. Reads the photos, writes nothing."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dedupe.grouping.holdings import held, missing
from dedupe.loss import Obstacle, Rescue, Saved
from dedupe.rescue.albums import album_of
from dedupe.rescue.draft import REAL_DATES, draft
from dedupe.rescue.stated import RescueError
from dedupe.rescue.statement import FORMS, Form
from dedupe.rescue.values import local_of
from dedupe.types import SAFE_RELATIONS, CompanionKind, Extra, Group, Photo


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is carried over besides what a copy says.

    ``albums`` adds as keywords the albums that copies are in. ``dates`` adds the oldest of the files' dates where no
    photo of the group states one.
    """

    albums: bool = False
    dates: bool = False


def offered(groups: Sequence[Group], wanted: Wanted) -> tuple[Group, ...]:
    """Select every copy that loses nothing once its metadata is carried over.

    Where something is in the way, the extra says what.
    """
    return tuple(map(lambda group: _in_group(group, wanted), groups))


def withheld(groups: Sequence[Group]) -> tuple[Group, ...]:
    """The groups with nothing carried over: what would lose something stays."""
    return tuple(
        replace(group, extras=tuple(map(_without, group.extras)))
        if any(extra.rescue is not None for extra in group.extras)
        else group
        for group in groups
    )


def _without(extra: Extra) -> Extra:
    if extra.rescue is None:
        return extra
    return replace(extra, rescue=None, selected=extra.selected and not extra.loses)


def offer(keep: Photo, extra: Extra, wanted: Wanted | None = None, others: Sequence[Photo] = ()) -> Extra:
    """One extra for which ``keep`` stays, selected where nothing of it is lost any more; ``others`` are copies of the group.

    Its ``rescue`` says what goes into the sidecar, or what is in the way.
    """
    if not may_be_offered(extra):
        return extra
    added = tuple(_added(extra.photo, keep, others, wanted or Wanted()))
    if beyond := _beyond_words(extra, keep):
        return _refused(extra, added, Obstacle.STILL_LOST, ", ".join(sorted(beyond)))
    try:
        made = draft(extra.photo, keep, added)
    except RescueError as error:
        return _refused(extra, added, error.obstacle, error.detail)
    if made is None:
        return extra if extra.selected else replace(extra, selected=True, rescue=Rescue("", added=added))
    if not os.access(os.path.dirname(made.path), os.W_OK | os.X_OK):
        return _refused(extra, added, Obstacle.FOLDER, "")
    return replace(extra, selected=True, rescue=Rescue(made.path, made.saved, added))


def may_be_offered(extra: Extra) -> bool:
    """It goes, or it stays only because something would be lost with it."""
    return extra.relation in SAFE_RELATIONS and (extra.selected or extra.only_lossy)


def _beyond_words(extra: Extra, keep: Photo) -> set[str]:
    """What is lost besides the items of an inventory: no sidecar makes up for pixels, or for a file that was not understood."""
    items = {loss.code for loss in missing(extra.photo, keep)}
    return {loss.code.value for loss in extra.loses if loss.code not in items}


def _in_group(group: Group, wanted: Wanted) -> Group:
    if not any(map(may_be_offered, group.extras)):
        return group
    stay_for = {extra.keeper for extra in group.extras}
    made = []
    for extra in group.extras:
        keep = group.keeper_of(extra)
        others = [one.photo for one in group.extras if group.keeper_of(one) is keep]
        leads = extra.photo.path in stay_for
        made.append(extra if leads or not _concerns(extra, keep, wanted) else offer(keep, extra, wanted, others))
    return replace(group, extras=tuple(_without_clashes(made)))


def _concerns(extra: Extra, keep: Photo, wanted: Wanted) -> bool:
    """Something of it may have to be carried over; the others are not read."""
    return bool(extra.loses) or wanted.albums or wanted.dates or _has_json(keep) or _has_json(extra.photo)


def _has_json(photo: Photo) -> bool:
    return any(one.kind is CompanionKind.TAKEOUT for one in photo.companions)


def _refused(extra: Extra, added: Sequence[Saved], obstacle: Obstacle, detail: str) -> Extra:
    """A copy that loses nothing still goes, unless something else that was asked for cannot be carried over."""
    if extra.selected and not extra.loses and not added:
        return extra
    return replace(extra, selected=False, rescue=Rescue("", added=tuple(added), obstacle=obstacle, detail=detail))


def _without_clashes(extras: Sequence[Extra]) -> Iterator[Extra]:
    """Copies of one photo that contradict each other all stay: only a person knows which is right."""
    said: dict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
    for extra in extras:
        for one in _single(extra):
            said[extra.keeper, one.name].add(one.values)
    for extra in extras:
        names = sorted({one.name for one in _single(extra) if len(said[extra.keeper, one.name]) > 1})
        if not names or extra.rescue is None:
            yield extra
        elif extra.loses:
            yield _refused(extra, extra.rescue.added, Obstacle.CONFLICT, ", ".join(names))
        else:
            yield replace(extra, rescue=None)


def _single(extra: Extra) -> Iterator[Saved]:
    lists = (Form.BAG, Form.SEQ, Form.REGIONS)
    for one in extra.rescue.saved if extra.rescue is not None else ():
        if FORMS[one.name] not in lists or one.name == "dc:creator":
            yield one


def _added(photo: Photo, keep: Photo, others: Sequence[Photo], wanted: Wanted) -> Iterator[Saved]:
    album = album_of(photo) if wanted.albums else ""
    if album and album.casefold() != album_of(keep).casefold():
        yield Saved("dc:subject", (album,))
    if not wanted.dates or any(map(_states_a_date, (keep, photo, *others))):
        return
    oldest = min(one.file.stamp.mtime_ns for one in (photo, *others))
    if oldest < keep.file.stamp.mtime_ns:
        yield Saved("xmp:CreateDate", (local_of(oldest / 1e9),))


def _states_a_date(photo: Photo) -> bool:
    facts = [part.facts for part in photo.parts]
    dated = any(one.taken or (one.dated is not None and one.dated.source in REAL_DATES) for one in facts)
    return dated or any(item.topic == "date" or item.topic.startswith("utc ") for item in held(photo))
