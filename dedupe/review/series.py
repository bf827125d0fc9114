"""What a person decides on sets of shots: which stay. The others may leave; nothing else lets another shot leave.

A word is about one set, by the contents of all its shots, and about the files that were shown. Where one of them changed, another
joined, or something else is beside one of them, the word holds no longer. It says nothing of the same shots in another folder:
these could go because those are there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from hashlib import blake2b
from typing import TYPE_CHECKING

from dedupe.asset import beside
from dedupe.errors import UsageError
from dedupe.report.series import Fate
from dedupe.report.sizes import pinned
from dedupe.series.shots import ShotSet, sets_of
from dedupe.types import ByHand, Parting, Photo, ScanResult

if TYPE_CHECKING:
    from dedupe.library.paths import StorePaths

_NUMBERS = re.compile(r"\d{1,6}(?:\s*-\s*\d{1,6})?(?:[\s,]+\d{1,6}(?:\s*-\s*\d{1,6})?)*")
_SPAN = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")


class Ending(Enum):
    """What a person wants next at a set, beside naming shots."""

    NEXT = "next"
    BACK = "back"
    STOP = "stop"
    OPEN = "open"


def word_of(shots: ShotSet, stays: Collection[int]) -> ByHand:
    """The word that the shots at these places stay and the others go; those that may not leave (``pinned``) stay as well.

    Raises UsageError unless one is named.
    """
    if not stays or not all(0 <= place < len(shots.photos) for place in stays):
        raise UsageError("At least one shot of the set stays, and only its own can be named.")
    contents = shots.contents
    stays = {*stays, *(place for place, photo in enumerate(shots.photos) if pinned(photo))}
    return ByHand(
        shots.id,
        tuple(key for place, key in enumerate(contents) if place in stays),
        tuple(key for place, key in enumerate(contents) if place not in stays),
        seen_of(shots),
    )


def seen_of(shots: ShotSet) -> str:
    """A digest of the files of a set: where each shot is, what it holds, and what is beside it."""
    digest = blake2b(digest_size=16)
    for photo in sorted(shots.photos, key=lambda photo: photo.path):
        for part in (os.fsencode(photo.path), photo.content_key, beside(photo).encode()):
            digest.update(b"%d:%b" % (len(part), part))
    return digest.hexdigest()


def holds(word: ByHand | None, shots: ShotSet) -> bool:
    """Whether a person's word is about exactly these shots, each once, and these files, and lets one stay."""
    if word is None or word.shots != shots.id or word.seen != seen_of(shots) or not word.stays:
        return False
    return sorted((*word.stays, *word.goes)) == sorted(shots.contents)


def partings(sets: Iterable[ShotSet], words: Mapping[str, ByHand], away: Collection[str] = ()) -> tuple[Parting, ...]:
    """The shots that a person let go and that are not ``away`` yet, each with a shot of its set that is there and stays."""
    return tuple(
        Parting(photo, keep, word)
        for one in sets
        if (word := words.get(one.id)) is not None and holds(word, one)
        for keep in [_keep_of(one, word, away)]
        for photo in one.photos
        if photo.content_key in word.goes and photo.path not in away
    )


def _keep_of(shots: ShotSet, word: ByHand, away: Collection[str]) -> Photo:
    """The first shot that stays and is not away; where all are, the first, whose absence holds the others back."""
    staying = [photo for photo in shots.photos if photo.content_key in word.stays]
    return next((photo for photo in staying if photo.path not in away), staying[0])


def fates(sets: Iterable[ShotSet], words: Mapping[str, ByHand], away: Collection[str] = ()) -> dict[str, Fate]:
    """What becomes of each shot by its path, as far as a person decided."""
    found: dict[str, Fate] = {}
    for one in sets:
        word = words.get(one.id)
        for photo in one.photos:
            if photo.path in away:
                found[photo.path] = Fate.GONE
            elif word is not None and holds(word, one):
                found[photo.path] = Fate.STAYS if photo.content_key in word.stays else Fate.GOES
    return found


def copies_of(result: ScanResult) -> dict[str, int]:
    """How many copies of each photo are in its group, by the path of the photo that the group is kept for."""
    return {group.keep.path: len(group.extras) for group in result.groups}


def away_from(paths: StorePaths) -> frozenset[str]:
    """The photos that a run removed and that are not back."""
    from dedupe import actions

    return frozenset(path for path in actions.away(paths) if not os.path.lexists(path))


def shots_alone(result: ScanResult) -> ScanResult:
    """The scan with none of its copies selected: what is acted on is about shots."""
    groups = tuple(
        replace(group, extras=tuple(replace(extra, selected=False) for extra in group.extras))
        for group in result.groups
    )
    return replace(result, groups=groups, from_takeout=())


def sets_in(result: ScanResult) -> tuple[ShotSet, ...]:
    """The sets of a scan, those of most shots first."""
    return tuple(sorted(sets_of(result.series), key=lambda one: (-len(one.photos), one.photos[0].path)))


def answered(text: str, count: int, suggested: int | None) -> frozenset[int] | Ending | None:
    """The places that a person named to stay in a set of ``count`` shots, or what is wanted next; None where it is neither."""
    said = text.strip().lower()
    if said in _WORDS:
        return _WORDS[said]
    if said == "a":
        return frozenset(range(count))
    if said == "s":
        return None if suggested is None else frozenset((suggested,))
    if not _NUMBERS.fullmatch(said):
        return None
    spans = [(int(first), int(last or first)) for first, last in _SPAN.findall(said)]
    if not all(1 <= first <= last <= count for first, last in spans):
        return None
    return frozenset(place - 1 for first, last in spans for place in range(first, last + 1))


_WORDS = {"": Ending.NEXT, "b": Ending.BACK, "q": Ending.STOP, "o": Ending.OPEN}


def told(shots: ShotSet, word: ByHand) -> str:
    """What a person's word means, as a sentence."""
    going = [str(place + 1) for place, key in enumerate(shots.contents) if key in word.goes]
    return f"{_listed(going)} would go." if going else "All of them stay."


def _listed(numbers: Sequence[str]) -> str:
    if len(numbers) == 1:
        return f"Shot {numbers[0]}"
    return f"Shots {', '.join(numbers[:-1])} and {numbers[-1]}"
