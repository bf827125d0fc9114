"""What is said of a set once its shots were looked at: whether it is one picture in parts, and which shot is suggested to stay.

A suggestion selects nothing. What it rests on is a code; the words are in ``report.phrases``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final

from dedupe.series.look import Look
from dedupe.series.shots import BRACKET_STOPS, SCENE_SECONDS, SetKind, ShotSet, stops
from dedupe.types import CompanionKind, Photo

ALIKE: Final = 90.0
"""Of the sharpest: a shot this sharp counts as sharp.

Of equally blurred shots one in twenty measures less than 95, and less than 93 where noise and exposure differ; a blur of
0.7 pixels takes a sharp shot to 70–85 (``benchmarks/sharpness.py``, with ``--alike``).
"""
CLIPPED: Final = 1.0
"""Per cent of the picture by which two shots must differ in what is clipped for it to count."""
_PART: Final = 0.2
_PART_OF_TWO: Final = 0.4


class Why(StrEnum):
    """What a suggestion rests on, or why there is none."""

    MARKED = "marked"
    SHARPEST = "sharpest"
    LESS_CLIPPED = "less clipped"
    ALIKE = "alike"
    WHOLE = "whole"
    UNCOMPARABLE = "uncomparable"


@dataclass(frozen=True, slots=True)
class Judged:
    """A set with what was seen of each shot; ``suggested`` is the place of the shot that is suggested to stay."""

    shots: ShotSet
    looks: tuple[Look | None, ...]
    suggested: int | None
    why: Why


def judged(shots: ShotSet, looks: Sequence[Look | None]) -> Judged:
    """The set with a suggestion; none for a bracket, a panorama, or shots that could not be compared."""
    kind = shots.kind
    if not kind.whole:
        kind = _kind_seen(shots, looks)
    shots, looks = replace(shots, kind=kind), tuple(looks)
    if kind.whole:
        return Judged(shots, looks, None, Why.WHOLE)
    marked = [place for place, photo in enumerate(shots.photos) if _is_marked(photo)]
    if len(marked) == 1:
        return Judged(shots, looks, marked[0], Why.MARKED)
    return Judged(shots, looks, *_best(looks))


def _best(looks: Sequence[Look | None]) -> tuple[int | None, Why]:
    sharp = {
        place: (look, look.sharpness)
        for place, look in enumerate(looks)
        if look is not None and look.sharpness is not None
    }
    if len(sharp) < 2:
        return None, Why.UNCOMPARABLE
    first = max(sharp, key=lambda place: (sharp[place][1], -place))
    alike = [place for place, (_, value) in sharp.items() if value >= ALIKE]
    if len(alike) == 1:
        return first, Why.SHARPEST
    least = min(alike, key=lambda place: (_clipped(sharp[place][0]), place))
    if _clipped(sharp[first][0]) - _clipped(sharp[least][0]) >= CLIPPED:
        return least, Why.LESS_CLIPPED
    return first, Why.ALIKE if len(alike) == len(sharp) else Why.SHARPEST


def _clipped(look: Look) -> float:
    return look.dark + look.bright


def _is_marked(photo: Photo) -> bool:
    """A person rated or edited it."""
    return bool(photo.facts.rating) or any(one.kind is CompanionKind.EDIT for one in photo.companions)


def _kind_seen(shots: ShotSet, looks: Sequence[Look | None]) -> SetKind:
    """The kind of a set as its pictures show it, where the files do not state it."""
    seen = [look for look in looks if look is not None]
    unstated = any(stops(photo.facts.exposure) is None for photo in shots.photos)
    if shots.kind is SetKind.BURST and unstated and len(seen) > 1:
        light = [look.light for look in seen if look.share > 0.5]
        if light and max(light) - min(light) >= BRACKET_STOPS:
            return SetKind.BRACKET
    return SetKind.PANORAMA if _is_panorama(shots, looks) else shots.kind


def _is_panorama(shots: ShotSet, looks: Sequence[Look | None]) -> bool:
    """Each shot adjoins the one before it, all in one direction, without a pause."""
    places = [look.place for look in looks if look is not None and look.place is not None]
    if len(places) < len(looks) or not _without_pause(shots.photos):
        return False
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(places)]
    lengths = [(x * x + y * y) ** 0.5 for x, y in steps]
    least = _PART_OF_TWO if len(steps) == 1 else _PART
    if min(lengths) < least:
        return False
    return all(
        a[0] * b[0] + a[1] * b[1] > 0.7 * one * other
        for (a, one), (b, other) in pairwise(zip(steps, lengths, strict=True))
    )


def _without_pause(photos: Sequence[Photo]) -> bool:
    times = [photo.facts.taken for photo in photos]
    return all(
        one is not None and other is not None and other.seconds - one.seconds <= SCENE_SECONDS / 2
        for one, other in pairwise(times)
    )
