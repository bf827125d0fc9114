"""Which statements a sidecar needs: those that a photo does not make yet, and of a thing that there is one of, only one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from dedupe.formats.inventory import Item, lacking
from dedupe.formats.texts import moment_of
from dedupe.formats.xmp_items import items
from dedupe.loss import Obstacle
from dedupe.rescue.packet import merged
from dedupe.rescue.stated import RescueError
from dedupe.rescue.statement import Form, Statement

_ORIGINAL, _CREATED = ("exif:DateTimeOriginal", "photoshop:DateCreated"), ("xmp:CreateDate",)
_POSITION = ("exif:GPSLatitude", "exif:GPSLongitude")
_CAPTIONS = ("dc:description", "exif:UserComment")


def wanted(
    said: Sequence[Statement], theirs: Sequence[Statement], have: frozenset[Item], known: Collection[str]
) -> list[Statement]:
    """The statements of ``said`` that neither ``theirs`` nor the items ``have`` make; ``known``: there is a "date", a "place".

    Raises RescueError where a property that a photo has once would have two values.
    """
    found: list[Statement] = []
    if "date" not in known:
        found += _dates(said)
    if "place" not in known:
        found += _position(said)
    found += _captions([one for one in said if one.name in _CAPTIONS], theirs, have)
    rest = [one for one in said if one.name not in (*_ORIGINAL, *_CREATED, *_POSITION, *_CAPTIONS)]
    for name in dict.fromkeys(one.name for one in rest):
        ours = [one for one in rest if one.name == name]
        found += _of_list(ours, theirs, have) if ours[0].is_list else _single(ours, theirs, have)
    return found


def _single(ours: Sequence[Statement], theirs: Sequence[Statement], have: frozenset[Item]) -> Iterator[Statement]:
    """A property that has one value, or one a language."""
    name = ours[0].name
    new = [one for one in dict.fromkeys(ours) if lacking(_items(one), have)]
    if not new:
        return
    if len({_key(one) for one in new}) > 1 and name != "dc:creator":
        raise RescueError(Obstacle.CONFLICT, name)
    if any(one.name == name and _key(one) != _key(new[0]) for one in theirs):
        raise RescueError(Obstacle.CONFLICT, name)
    if name == "dc:creator":
        yield Statement(name, tuple(dict.fromkeys(value for one in new for value in one.values)))
    elif not any(one.name == name for one in theirs):
        yield new[0]


def _key(one: Statement) -> tuple[str, ...]:
    return tuple(sorted(one.values))


def _captions(ours: Sequence[Statement], theirs: Sequence[Statement], have: frozenset[Item]) -> Iterator[Statement]:
    """The caption; where one copy has two, the other one becomes EXIF's comment."""
    new = {_key(one): one for one in reversed(ours) if lacking(_items(one), have)}
    found = list(reversed(new.values()))
    if not found:
        return
    if len(found) > len(_CAPTIONS) or any(one.name in _CAPTIONS for one in theirs):
        raise RescueError(Obstacle.CONFLICT, "dc:description")
    for name, one in zip(_CAPTIONS, sorted(found, key=lambda one: one.name != _CAPTIONS[0]), strict=False):
        yield Statement(name, one.values, one.languages)


def _of_list(ours: Sequence[Statement], theirs: Sequence[Statement], have: frozenset[Item]) -> Iterator[Statement]:
    """The missing entries."""
    name, size = ours[0].name, ours[0].size
    values = dict.fromkeys(value for one in ours for value in one.values)
    new = tuple(value for value in values if lacking(_items(Statement(name, (value,), size=size)), have))
    if not new:
        return
    if ours[0].form is Form.REGIONS:
        _refuse_redrawn(new, [value for one in theirs if one.name == name for value in one.values], name)
    yield Statement(name, new, size=size)


def _refuse_redrawn(new: Sequence[str], there: Sequence[str], name: str) -> None:
    """One face drawn in two ways would be two faces. Raises RescueError."""
    drawn = {_region_name(one) for one in there}
    if drawn and any(_region_name(one) in (*drawn, "") for one in new):
        raise RescueError(Obstacle.CONFLICT, name)


def _region_name(entry: str) -> str:
    """Whose region it is, by its inventory's own reading; empty where nobody is named."""
    from dedupe.formats.xmp import parsed, short_name
    from dedupe.rescue.statement import namespaces

    root = parsed(f'<x xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"{namespaces(entry)}>{entry}</x>'.encode())
    for one in () if root is None else root.iter():
        told = {short_name(tag): value for tag, value in one.attrib.items()} | {short_name(one.tag): one.text or ""}
        for key in ("mwg-rs:Name", "MPReg:PersonDisplayName"):
            if told.get(key, "").strip():
                return told[key].strip().casefold()
    return ""


# -- when and where --------------------------------------------------------------------------------------------------------


def _dates(said: Sequence[Statement]) -> Iterator[Statement]:
    """The date of capture under both names that programs look for, and the date of digitisation where that is another."""
    original = _moment(said, _ORIGINAL)
    created = _moment(said, _CREATED)
    if original is not None:
        yield from (Statement(name, (original,)) for name in _ORIGINAL)
    if created is not None and (original is None or _clock(created) != _clock(original)):
        yield Statement(_CREATED[0], (created,))


def _moment(said: Sequence[Statement], names: Sequence[str]) -> str | None:
    """The one date under these names, the most precise where they agree; an instant in UTC only where there is no wall clock.

    Raises RescueError where there are two.
    """
    values = [value for one in said if one.name in names for value in one.values if moment_of(value) is not None]
    local = [value for value in values if not value.endswith("Z")] or values
    clocks = {_clock(value) for value in local}
    if len(clocks) > 1:
        raise RescueError(Obstacle.CONFLICT, names[0])
    return max(local, key=lambda value: (len(value), value), default=None)


def _clock(value: str) -> int:
    moment = moment_of(value)
    return moment.seconds if moment is not None else 0


def _position(said: Sequence[Statement]) -> Iterator[Statement]:
    """The first whole position; that others agree with it is what the inventory proves."""
    first = {name: next((one for one in said if one.name == name), None) for name in _POSITION}
    if all(first.values()):
        yield from (one for one in first.values() if one is not None)


def _items(said: Statement) -> list[Item]:
    """What the inventory makes of a statement."""
    return list(items(merged(None, [said])))
