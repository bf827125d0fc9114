"""The last scan, whole, and what the review made of its groups."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dedupe.errors import StoreError
from dedupe.library.codec import from_json, to_json
from dedupe.library.database import Database
from dedupe.types import ScanResult


class EditState(StrEnum):
    """How far the review came with a group."""

    OPEN = "open"
    ACCEPTED = "accepted"
    SKIPPED = "skipped"
    KEEP_ALL = "keep all"
    NOT_DUPLICATES = "not duplicates"


@dataclass(frozen=True, slots=True)
class GroupEdit:
    """What the review made of one group: the path that stays and the paths that leave, None where that is
    as the scan had it; and how far it came."""

    group: str
    keeper: str | None = None
    selected: tuple[str, ...] | None = None
    state: EditState = EditState.OPEN


@dataclass(frozen=True, slots=True)
class SavedScan:
    """A scan as it was saved; ``settings`` is the JSON it was saved with, ``made_at`` seconds since 1970."""

    result: ScanResult
    settings: str
    made_at: int


def save(db: Database, result: ScanResult, settings: str) -> None:
    """Puts the scan in the place of the one before; that one's edits go with it."""
    packed = zlib.compress(to_json(result).encode("ascii"), 1)
    with db.transaction() as connection:
        connection.execute("DELETE FROM scans")
        connection.execute("DELETE FROM edits")
        connection.execute(
            "INSERT INTO scans(made_at, settings, result) VALUES (?, ?, ?)",
            (int(time.time()), settings, packed),
        )


def load(db: Database) -> SavedScan | None:
    """The saved scan. Raises StoreError where this version cannot read it."""
    rows = db.rows("SELECT result, settings, made_at FROM scans")
    if not rows:
        return None
    packed, settings, made_at = rows[0]
    try:
        result = from_json(ScanResult, zlib.decompress(packed).decode("ascii"))
    except (ValueError, zlib.error) as error:
        raise StoreError("The last scan was saved by another version of dedupe: scan again.") from error
    return SavedScan(result, settings, made_at)


def made_at(db: Database) -> int | None:
    """When the saved scan was made, seconds since 1970; None where there is none. Does not unpack it."""
    return next((int(row[0]) for row in db.rows("SELECT made_at FROM scans")), None)


def put_edits(db: Database, edits: Iterable[GroupEdit]) -> None:
    """Stores what the review made of groups, all or none."""
    rows = [(edit.group, to_json(edit)) for edit in edits]
    with db.transaction() as connection:
        connection.executemany("INSERT OR REPLACE INTO edits(group_id, edit) VALUES (?, ?)", rows)


def edits(db: Database) -> dict[str, GroupEdit]:
    """The edits by group id."""
    return {group: from_json(GroupEdit, edit) for group, edit in db.rows("SELECT group_id, edit FROM edits")}


def drop_edits(db: Database) -> None:
    """Forgets the edits."""
    with db.transaction() as connection:
        connection.execute("DELETE FROM edits")
