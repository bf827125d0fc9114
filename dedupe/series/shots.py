"""Which shots of a series a person compares with each other: bursts, brackets, and further tries within a minute."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dedupe.types import ContentKey, Exposure, Photo, Series

BURST_SECONDS: Final = 3.0
"""Shots this close in time are one press of the shutter, or one sequence."""
SCENE_SECONDS: Final = 60.0
"""After a longer pause it is another moment."""
BRACKET_STOPS: Final = 0.9
"""Exposures this far apart, within one burst, were set so on purpose. A camera that meters anew drifts by a third of a stop."""
BRACKET_BIAS: Final = 0.3
LARGEST: Final = 40
"""The most shots in a set: a person looks at no more at once."""


class SetKind(StrEnum):
    """How the shots of a set belong together."""

    BURST = "burst"
    BRACKET = "bracket"
    PANORAMA = "panorama"
    SHOTS = "shots"

    @property
    def whole(self) -> bool:
        """Each shot is a part of one picture: none is better, and none goes."""
        return self in (SetKind.BRACKET, SetKind.PANORAMA)


@dataclass(frozen=True, slots=True)
class ShotSet:
    """Shots to be compared with each other, in the order in which they were taken. ``id`` is made of their contents."""

    id: str
    kind: SetKind
    photos: tuple[Photo, ...]

    @property
    def contents(self) -> tuple[ContentKey, ...]:
        """The keys of their bytes."""
        return tuple(photo.content_key for photo in self.photos)


def sets_of(series: Iterable[Series]) -> tuple[ShotSet, ...]:
    """The sets of all series, in the order of these. Uses what the files state; looks at no picture."""
    return tuple(made for one in series for made in _in_series(one))


def set_id(contents: Iterable[ContentKey]) -> str:
    """The name of the set of these contents, whatever their order."""
    return hashlib.blake2b(b"".join(sorted(contents)), digest_size=8).hexdigest()


def stops(exposure: Exposure | None) -> float | None:
    """How much light an exposure lets in, in stops; None where it is not stated in full."""
    if exposure is None or not (exposure.seconds > 0 and exposure.f_number > 0):
        return None
    return math.log2(exposure.seconds / exposure.f_number**2 * ((exposure.iso or 100.0) / 100.0))


def _in_series(series: Series) -> Iterator[ShotSet]:
    runs = list(_split(series.photos, BURST_SECONDS, same_camera=True))
    brackets = [run for run in runs if _is_bracket(run)]
    for run in brackets:
        yield from _made(SetKind.BRACKET, run)
    taken = {photo.path for run in brackets for photo in run}
    for part in _joined([photo for photo in series.photos if photo.path not in taken]):
        yield from _made(SetKind.BURST if _is_burst(part) else SetKind.SHOTS, part)


def _made(kind: SetKind, photos: Sequence[Photo]) -> Iterator[ShotSet]:
    """The set, in parts where it is larger than a person looks at."""
    count = -(-len(photos) // LARGEST)
    for number in range(count):
        part = tuple(photos[number * len(photos) // count : (number + 1) * len(photos) // count])
        if len(part) > 1:
            yield ShotSet(set_id(photo.content_key for photo in part), kind, part)


def _joined(photos: Sequence[Photo]) -> list[list[Photo]]:
    """The photos in parts without long pauses; one that would be alone stands with those before it."""
    parts: list[list[Photo]] = []
    for part in _split(photos, SCENE_SECONDS, same_camera=False):
        if parts and (len(part) == 1 or len(parts[-1]) == 1):
            parts[-1] += part
        else:
            parts.append(part)
    return [part for part in parts if len(part) > 1]


def _split(photos: Sequence[Photo], pause: float, *, same_camera: bool) -> Iterator[list[Photo]]:
    part: list[Photo] = []
    for photo in photos:
        if part and not _follows(part[-1], photo, pause, same_camera=same_camera):
            yield part
            part = []
        part.append(photo)
    if part:
        yield part


def _follows(before: Photo, photo: Photo, pause: float, *, same_camera: bool) -> bool:
    one, other = before.facts.taken, photo.facts.taken
    if one is None or other is None:
        return one is other and not same_camera
    if same_camera and before.facts.camera != photo.facts.camera:
        return False
    gap = other.seconds + other.fraction - one.seconds - one.fraction
    open_for = before.facts.exposure.seconds if before.facts.exposure is not None else 0.0
    return gap <= pause + open_for


def _is_burst(photos: Sequence[Photo]) -> bool:
    return len(list(_split(photos, BURST_SECONDS, same_camera=True))) == 1


def _is_bracket(photos: Sequence[Photo]) -> bool:
    """The exposures of a burst differ by more than a camera that meters anew makes of them."""
    if len(photos) < 2:
        return False
    biases = [photo.facts.exposure.bias for photo in photos if photo.facts.exposure is not None]
    stated = [bias for bias in biases if bias is not None]
    if len(stated) == len(photos) and max(stated) - min(stated) >= BRACKET_BIAS:
        return True
    found = [value for photo in photos if (value := stops(photo.facts.exposure)) is not None]
    return len(found) == len(photos) and max(found) - min(found) >= BRACKET_STOPS
