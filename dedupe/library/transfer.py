"""A person's decisions as a file, to go on with them on another machine.

Decisions hang on what the photos hold, so they are found again wherever the photos are there. What a person said of shots is
about the very files and stays behind, as does what is known of files by their stamps.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from sqlite3 import Connection
from typing import Final

from dedupe.errors import UsageError
from dedupe.library import remember, scans
from dedupe.library.carry import LAST_SECOND, GroupReview, is_known, is_sound
from dedupe.library.codec import from_json, is_of, to_json
from dedupe.library.database import Database
from dedupe.library.pairs import Decision, DecisionKind, Who
from dedupe.types import FileStamp

FORMAT: Final = 1
START: Final = b'{"dedupe_decisions":'
"""How every such file begins."""
_VERSION: Final = re.compile(r'\s*\{\s*"dedupe_decisions"\s*:\s*(\d{1,18})\s*[,}]')
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
    groups = map(_unstamped, remember.reviews(db))
    return to_json(Exported(FORMAT, tuple(pairs), tuple(sorted(groups, key=lambda review: review.contents))))


def read(text: str, name: str) -> Exported:
    """The decisions in the text of the file called ``name``. Raises UsageError where it holds none that this version can read."""
    version = _VERSION.match(text)
    if version is not None and int(version[1]) > FORMAT:
        raise UsageError(f"{name} was written by a newer dedupe: update this one.")
    try:
        held = from_json(Exported, text)
    except ValueError as error:
        raise UsageError(f"{name} {_NONE_HELD}.") from error
    if not (is_of(Exported, held) and held.dedupe_decisions == FORMAT and all(map(_is_sound, held.pairs))):
        raise UsageError(f"{name} {_NONE_HELD}.")
    if not all(map(is_sound, held.groups)):
        raise UsageError(f"{name} {_NONE_HELD}.")
    return held


def take_in(
    db: Database, held: Exported, known: Iterable[Decision], store: Callable[[Connection, list[Decision]], None]
) -> TakenIn:
    """Store the decisions that are new here, all or none: ``store`` does it for pairs. Gives the account.

    Of two on the same photos the newer holds. Where both are of the same second, or the other machine's clock is ahead of this
    one, that is the one made here.
    """
    remember.remember(db, scans.listed(db))
    now = int(time.time())
    pairs = _new_pairs(held.pairs, list(known), now)
    groups = _new_groups(held.groups, {review.contents: review for review in remember.reviews(db)}, now)
    with db.transaction() as connection:
        remember.put(connection, groups)
        store(connection, pairs)
    return TakenIn(len(pairs), len(groups))


def _new_groups(found: Iterable[GroupReview], here: Mapping[bytes, GroupReview], now: int) -> list[GroupReview]:
    newest: dict[bytes, GroupReview] = {}
    for review in sorted(found, key=lambda one: (one.made_at <= now, one.made_at)):
        newest[review.contents] = review
    return [
        replace(_unstamped(review), made_at=min(review.made_at, now))
        for contents, review in newest.items()
        if contents not in here or here[contents].made_at < review.made_at <= now
    ]


def _new_pairs(found: Iterable[Decision], here: Iterable[Decision], now: int) -> list[Decision]:
    """Those that say something new; a keeper only where none was chosen here of the same two photos since."""
    same = {(pair.kind, pair.a, pair.b) for pair in here}
    chosen: dict[frozenset[tuple[bytes, str]], int] = {}
    for pair in here:
        for photos in _photos(pair) if pair.kind is DecisionKind.KEEPER else ():
            chosen[photos] = max(pair.made_at, chosen.get(photos, 0))
    news: dict[tuple[DecisionKind, Who, Who], Decision] = {}
    for pair in found:
        said = (pair.kind, pair.a, pair.b)
        since = max((chosen[photos] for photos in _photos(pair) if photos in chosen), default=None)
        lapsed = pair.kind is DecisionKind.KEEPER and since is not None and not since < pair.made_at <= now
        if said not in same and not lapsed:
            news[said] = replace(pair, made_at=min(pair.made_at, now))
    return list(news.values())


def _photos(pair: Decision) -> Iterator[frozenset[tuple[bytes, str]]]:
    """The two photos of a decision by each of their keys, whichever comes first; copies of the same bytes by their paths."""
    if pair.a.content_key == pair.b.content_key:
        yield frozenset((one.content_key, one.path) for one in (pair.a, pair.b))
        return
    for a, b in product((pair.a.content_key, pair.a.pixel_key), (pair.b.content_key, pair.b.pixel_key)):
        if a is not None and b is not None and a != b:
            yield frozenset(((a, ""), (b, "")))


def _unstamped(review: GroupReview) -> GroupReview:
    return replace(review, photos=tuple(replace(photo, stamp=_NO_STAMP) for photo in review.photos))


def _is_sound(pair: Decision) -> bool:
    return 0 <= pair.made_at <= LAST_SECOND and is_known(pair.a) and is_known(pair.b)
