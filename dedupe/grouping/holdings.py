"""What an asset holds besides its pixels, and what of it another asset has not: differences of inventories."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from dedupe.asset import remarks_on
from dedupe.formats.inventory import Item, instants, is_compared_apart, lacking, positions, unpacked, with_implied
from dedupe.types import DateSource, Facts, Loss, LossCode, Photo

FAR: Final = 1e-3
"""Degrees by which two positions differ beyond what programs round away: about 100 m."""
_ZONES_S: Final = 14 * 3600
_TOLERANCE_S: Final = 10
_MODIFIED: Final = "date modified"
_CODES: Final = {
    "date": LossCode.DATE, "date modified": LossCode.DATE, "caption": LossCode.CAPTION, "rating": LossCode.RATING,
    "title": LossCode.TITLE, "headline": LossCode.TITLE, "keyword": LossCode.KEYWORDS, "category": LossCode.KEYWORDS,
    "face": LossCode.FACES, "person": LossCode.PEOPLE, "author": LossCode.AUTHOR, "credit": LossCode.AUTHOR,
    "source": LossCode.AUTHOR, "copyright": LossCode.COPYRIGHT, "location": LossCode.LOCATION, "location code": LossCode.LOCATION,
    "event": LossCode.EVENT, "maker": LossCode.MAKER_NOTES, "live": LossCode.LIVE_LINK, "comment": LossCode.COMMENT,
    "profile": LossCode.GAMUT, "exif 935C": LossCode.LAYERS, "favourite": LossCode.FAVOURITE,
    "exif 9011": LossCode.PRECISION, "exif 9291": LossCode.PRECISION,
    "xmp lr:hierarchicalSubject": LossCode.KEYWORDS, "xmp digiKam:TagsList": LossCode.KEYWORDS,
    "stream video": LossCode.VIDEO, "stream audio": LossCode.AUDIO, "stream depth": LossCode.DEPTH_MAP,
    "stream gain map": LossCode.GAIN_MAP, "stream further picture": LossCode.FURTHER_PICTURE,
    "stream further data": LossCode.FURTHER_DATA,
}  # fmt: skip
_KINDS: Final = (
    ("exif ", LossCode.CAMERA), ("gps ", LossCode.POSITION), ("develop ", LossCode.DEVELOPING), ("region ", LossCode.REGIONS)
)  # fmt: skip
_NAMED: Final = frozenset((LossCode.METADATA,))
_COUNTED: Final = frozenset((LossCode.KEYWORDS, LossCode.FACES, LossCode.PEOPLE))
_SINGLE: Final = frozenset(
    (
        LossCode.DATE,
        LossCode.CAPTION,
        LossCode.RATING,
        LossCode.TITLE,
        LossCode.AUTHOR,
        LossCode.COPYRIGHT,
        LossCode.COMMENT,
    )
)
"""What a photo has one of: of two that differ it is said that the other is another."""
_ORDER: Final = {code: place for place, code in enumerate(LossCode)}


@functools.lru_cache(maxsize=65536)
def items_of(inventories: tuple[str, ...]) -> frozenset[Item]:
    """The items of several packed inventories together."""
    return frozenset().union(*map(unpacked, inventories))


def held(asset: Photo) -> frozenset[Item]:
    """Everything an asset holds: in its pictures, and in the sidecars, lists and Takeout's JSON beside them."""
    said = [part.facts.inventory for part in asset.parts]
    said += [one.inventory for one in (*asset.companions, *remarks_on(asset)) if one.inventory]
    return items_of(tuple(text for text in said if text))


def missing(extra: Photo, keep: Photo) -> list[Loss]:
    """What ``extra`` holds that ``keep`` does not, weightiest first."""
    ours, theirs = held(extra), with_implied(held(keep))
    found = (
        _of_items(ours, theirs, keep),
        _of_places(extra, keep, ours, theirs),
        _of_instants(extra, keep, ours, theirs),
    )
    lost = dict.fromkeys(itertools.chain(*found))
    if not any(part.facts.inventory for part in extra.parts):
        lost |= dict.fromkeys(_of_facts(extra.facts, keep.facts))
    return sorted(lost, key=lambda loss: _ORDER[loss.code])


def carried(asset: Photo) -> dict[LossCode, int]:
    """How many things of each kind an asset holds besides its pixels."""
    found: dict[LossCode, int] = {}
    items = held(asset)
    for item in items:
        code = code_of(item)
        if code is not None:
            found[code] = found.get(code, 0) + 1
    places = positions_of(asset, items)
    stated = asset.facts
    more = ((LossCode.PLACE, bool(places)), (LossCode.DATE, bool(_dates(asset) or instants(items))),
            (LossCode.CAPTION, bool(stated.caption)), (LossCode.RATING, bool(stated.rating)))  # fmt: skip
    found |= {code: 1 for code, there in more if there and code not in found}
    return found


def code_of(item: Item) -> LossCode | None:
    """What is lost with an item; None for a position or an instant, which are compared with a tolerance, and what is implied."""
    if is_compared_apart(item):
        return None
    code = _CODES.get(item.topic)
    return code or next((code for head, code in _KINDS if item.topic.startswith(head)), LossCode.METADATA)


def _of_items(ours: frozenset[Item], theirs: frozenset[Item], keep: Photo) -> Iterator[Loss]:
    topics = {item.topic for item in theirs}
    dated = "date" in topics or bool(_dates(keep))
    counts: dict[tuple[LossCode, str, bool], int] = {}
    for item in lacking(ours, theirs):
        code = code_of(item)
        if code is None or (item.topic == _MODIFIED and dated):
            continue
        differs = code in _SINGLE and (item.topic in topics or (code is LossCode.DATE and dated))
        name = _name(item) if code in _NAMED else ""
        counts[code, name, differs] = counts.get((code, name, differs), 0) + 1
    for (code, name, differs), count in counts.items():
        yield Loss(code, count if code in _COUNTED and count > 1 else 0, name, differs)


def _name(item: Item) -> str:
    """What an unknown item calls itself: ``xmp photoshop:Urgency`` is "Urgency"."""
    kind, _, name = item.topic.partition(" ")
    if not name:
        return kind
    return name.partition(":")[2] or name if kind == "xmp" else name


def positions_of(asset: Photo, items: Iterable[Item]) -> list[tuple[float, float]]:
    """The positions that the asset's pictures state, and those among ``items``."""
    return [*(part.facts.gps for part in asset.parts if part.facts.gps is not None), *positions(items)]


def _of_places(extra: Photo, keep: Photo, ours: frozenset[Item], theirs: frozenset[Item]) -> Iterator[Loss]:
    there = positions_of(keep, theirs)
    for place in positions_of(extra, ours):
        if all(_far(place, other) for other in there):
            yield Loss(LossCode.PLACE, differs=bool(there))
            return


def _far(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return not all(abs(one - other) <= FAR for one, other in zip(a, b, strict=True))


def _dates(asset: Photo) -> list[int]:
    """The dates of the asset's pictures that somebody or a camera wrote, in seconds."""
    facts = [part.facts for part in asset.parts if not _is_saving_date(part.facts)]
    return [said.date.seconds for said in facts if said.date is not None]


def _is_saving_date(facts: Facts) -> bool:
    """Whether all that a file says of its date is when a program saved it."""
    modified = facts.taken is None and facts.dated is not None and facts.dated.source is DateSource.MODIFIED
    return modified and Item(_MODIFIED) not in unpacked(facts.inventory)


def _of_instants(extra: Photo, keep: Photo, ours: frozenset[Item], theirs: frozenset[Item]) -> Iterator[Loss]:
    """Takeout states an instant in UTC, a photo the wall clock of some zone: whole quarter hours between them are agreement."""
    known = (*_dates(keep), *instants(theirs))
    for instant in instants(ours):
        if not any(_one_moment(instant, other) for other in known):
            yield Loss(LossCode.DATE, differs=bool(known))
            return


def _one_moment(one: int, other: int) -> bool:
    apart = abs(one - other)
    return apart <= _ZONES_S + _TOLERANCE_S and min(apart % 900, -apart % 900) <= _TOLERANCE_S


def _of_facts(ours: Facts, theirs: Facts) -> Iterator[Loss]:
    """What the facts say where no inventory was made."""
    if (
        ours.date is not None
        and not _is_saving_date(ours)
        and (theirs.date is None or ours.date.seconds != theirs.date.seconds)
    ):
        yield Loss(LossCode.DATE, differs=theirs.date is not None)
    if ours.caption and ours.caption != theirs.caption:
        yield Loss(LossCode.CAPTION, differs=bool(theirs.caption))
    if ours.rating and ours.rating != theirs.rating:
        yield Loss(LossCode.RATING, differs=bool(theirs.rating))
