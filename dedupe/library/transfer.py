"""A person's decisions as a file, to go on with them on another machine.

Decisions hang on what the photos hold, so they are found again wherever the photos are there. What a person said of shots is
about the very files and stays behind, as does what is known of files by their stamps.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from dedupe.errors import UsageError
from dedupe.library import remember, scans
from dedupe.library.carry import GroupReview, ReviewedPhoto
from dedupe.library.codec import from_json, to_json
from dedupe.library.database import Database
from dedupe.library.pairs import Decision, Who
from dedupe.types import FileStamp

FORMAT: Final = 1
START: Final = b'{"dedupe_decisions":'
"""How every such file begins."""
_NO_STAMP: Final = FileStamp(0, 0, 0, 0, 0)
_NONE_HELD: Final = "is not a file that `dedupe cache export` wrote"


@dataclass(frozen=True, slots=True)
class Exported:
    """All that a file of decisions holds."""

    dedupe_decisions: int
    pairs: tuple[Decision, ...]
    groups: tuple[GroupReview, ...]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """How many decisions of a file are new here: on pairs of photos, and on groups."""

    pairs: int
    groups: int


def exported(db: Database, pairs: Iterable[Decision]) -> str:
    """The decisions on ``pairs`` and those on the groups of all scans, as JSON."""
    remember.remember(db, scans.listed(db))
    groups = [
        replace(review, photos=tuple(replace(photo, stamp=_NO_STAMP) for photo in review.photos))
        for review in remember.reviews(db)
    ]
    return to_json(Exported(FORMAT, tuple(pairs), tuple(sorted(groups, key=lambda review: review.contents))))


def read(text: str, name: str) -> Exported:
    """The decisions in the text of the file called ``name``. Raises UsageError where it holds none that this version can read."""
    try:
        held = from_json(Exported, text)
    except ValueError as error:
        raise UsageError(f"{name} {_NONE_HELD}.") from error
    if held.dedupe_decisions > FORMAT:
        raise UsageError(f"{name} was written by a newer dedupe: update this one.")
    sound = all(_is_sound(side) for pair in held.pairs for side in (pair.a, pair.b)) and all(
        0 <= review.stays < len(review.photos) and all(map(_is_sound, review.photos)) for review in held.groups
    )
    if not sound:
        raise UsageError(f"{name} {_NONE_HELD}.")
    return held


def take_in(db: Database, held: Exported, known: Iterable[Decision]) -> tuple[list[Decision], TakenIn]:
    """Store the decisions on groups, of two on the same photos the newer; give those on pairs that are new, and the account."""
    now = int(time.time())
    here = {(pair.kind, pair.a, pair.b) for pair in known}
    pairs = [
        replace(pair, made_at=min(pair.made_at, now))
        for pair in {(pair.kind, pair.a, pair.b): pair for pair in held.pairs}.values()
        if (pair.kind, pair.a, pair.b) not in here
    ]
    before = _reviews(db)
    remember.store(db, [replace(one, made_at=min(one.made_at, now)) for one in held.groups])
    changed = sum(before.get(contents) != review for contents, review in _reviews(db).items())
    return pairs, TakenIn(len(pairs), changed)


def _reviews(db: Database) -> dict[bytes, GroupReview]:
    return {review.contents: review for review in remember.reviews(db)}


def _is_sound(photo: Who | ReviewedPhoto) -> bool:
    """Whether it has a key, and a path that can be one of this machine."""
    try:
        return bool(photo.content_key) and bool(os.fsencode(photo.path))
    except UnicodeEncodeError:
        return False
