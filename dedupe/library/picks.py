"""Which shots of a series a person wants to keep. They are remarks: nothing is ever done with them."""

from __future__ import annotations

import os
from collections.abc import Iterable

from dedupe.library.database import Database


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
