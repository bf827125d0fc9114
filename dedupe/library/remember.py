"""A new scan takes the place of the one of the same folders, and what was decided on any earlier scan goes on with it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from sqlite3 import Connection

from dedupe.errors import StoreError
from dedupe.library import scans
from dedupe.library.carry import GroupReview, carried, is_sound, review_of
from dedupe.library.codec import to_json
from dedupe.library.database import Database
from dedupe.library.scans import EditState, ScanEntry
from dedupe.types import ScanResult


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a new scan did to what was there.

    ``scan`` is the one of the same folders that it replaced (None: there was none); ``carried`` says of how many groups it
    took over a decision.
    """

    scan: ScanEntry | None
    carried: int


def save(db: Database, result: ScanResult, settings: str) -> Replaced:
    """Stores ``result`` as the last scan of its folders, with the decisions of earlier scans on the same photos."""
    before = scans.listed(db)
    remember(db, before)
    replaced = [entry for entry in before if set(entry.about.roots) == set(result.asked)]
    others = [entry for entry in before if entry not in replaced]
    edits = carried(result.groups, reviews(db))
    number = scans.add(db, result, settings)
    scans.put_edits(db, number, edits)
    scans.drop(db, [entry.id for entry in (*replaced, *others[scans.KEPT - 1 :])])
    decided = sum(edit.state is not EditState.OPEN for edit in edits)
    return Replaced(replaced[0] if replaced else None, decided)


def remember(db: Database, entries: Iterable[ScanEntry]) -> None:
    """Notes the decisions made on these scans apart from them, by what the photos hold."""
    for entry in entries:
        edits = scans.dated_edits(db, entry.id)
        if not edits:
            continue
        with suppress(StoreError):  # a scan of another version: its decisions cannot be told apart any more
            saved = scans.load(db, entry.id)
            groups = {group.id: group for group in saved.result.groups} if saved is not None else {}
            found = [review_of(groups[name], *edit) for name, edit in edits.items() if name in groups]
            store(db, [one for one in found if one is not None])


def reviews(db: Database) -> list[GroupReview]:
    """All that is remembered of groups, from any scan."""
    found = (scans.sound(GroupReview, text) for (text,) in db.rows("SELECT review FROM remembered"))
    return [review for review in found if review is not None and is_sound(review)]


def store(db: Database, found: Iterable[GroupReview]) -> None:
    """Stores the reviews; of two of the same contents the newer stays, one that opened its group again included."""
    with db.transaction() as connection:
        put(connection, found)


def put(connection: Connection, found: Iterable[GroupReview]) -> None:
    """The same as ``store``, within a transaction of the caller."""
    connection.executemany(
        "INSERT INTO remembered(contents, made_at, review) VALUES (?, ?, ?) ON CONFLICT(contents) DO UPDATE "
        "SET made_at = excluded.made_at, review = excluded.review WHERE excluded.made_at >= made_at",
        [(review.contents, review.made_at, to_json(review)) for review in found],
    )
