"""What a person said of sets of shots: ticks, which are remarks, and words, by which shots may leave."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable

from dedupe.library.codec import to_json
from dedupe.library.database import Database
from dedupe.library.scans import sound
from dedupe.types import ByHand

_WORDS = "CREATE TABLE words(shots TEXT PRIMARY KEY, word TEXT NOT NULL, made_at INTEGER NOT NULL) WITHOUT ROWID"


def put(db: Database, series: str, paths: Iterable[str]) -> None:
    """Stores the picked photos of a series in place of those before."""
    rows = [(series, os.fsencode(path)) for path in paths]
    with db.transaction() as connection:
        connection.execute("DELETE FROM picks WHERE series = ?", (series,))
        connection.executemany("INSERT INTO picks(series, path) VALUES (?, ?)", rows)


def all_of(db: Database) -> dict[str, tuple[str, ...]]:
    """The paths of the picked photos by the id of their series."""
    found: dict[str, tuple[str, ...]] = {}
    for series, path in db.rows("SELECT series, path FROM picks ORDER BY series, path"):
        found[series] = (*found.get(series, ()), os.fsdecode(path))
    return found


def put_word(db: Database, word: ByHand) -> None:
    """Stores a person's word on a set in place of the one before."""
    with db.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO words(shots, word, made_at) VALUES (?, ?, ?)",
            (word.shots, to_json(word), int(time.time())),
        )


def drop_words(db: Database, shots: Iterable[str]) -> None:
    """Forgets the words on these sets."""
    with db.transaction() as connection:
        connection.executemany("DELETE FROM words WHERE shots = ?", [(one,) for one in shots])


def words(db: Database) -> dict[str, ByHand]:
    """The words by the id of their set; a row that somebody edited into nonsense is left out."""
    rows = db.rows("SELECT shots, word FROM words ORDER BY shots")
    found = ((shots, sound(ByHand, text)) for shots, text in rows if isinstance(text, str))
    return {shots: word for shots, word in found if word is not None and word.shots == shots}


def from_2(connection: sqlite3.Connection) -> None:
    """The table of words, for a store without it."""
    connection.execute(_WORDS)
