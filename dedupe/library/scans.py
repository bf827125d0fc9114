"""The last scan of each set of folders, whole, and what the review made of its groups."""

from __future__ import annotations

import time
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from dedupe.errors import StoreError
from dedupe.library.codec import from_json, to_json
from dedupe.library.database import Database
from dedupe.types import ScanResult

T = TypeVar("T")

KEPT = 30
"""How many scans of different folders are kept."""


class EditState(StrEnum):
    """How far the review came with a group."""

    OPEN = "open"
    ACCEPTED = "accepted"
    SKIPPED = "skipped"
    KEEP_ALL = "keep all"
    NOT_DUPLICATES = "not duplicates"


@dataclass(frozen=True, slots=True)
class GroupEdit:
    """What the review made of one group.

    The path of its root and the paths that leave, None where that is as the scan had it; how far it came; and ``heads``, the
    paths that a person chose to stay, in that order; of ``rescued`` metadata is carried over before they leave. ``by_folder``
    are those of the heads of which only the folder was chosen.
    """

    group: str
    keeper: str | None = None
    selected: tuple[str, ...] | None = None
    state: EditState = EditState.OPEN
    heads: tuple[str, ...] = ()
    rescued: tuple[str, ...] = ()
    by_folder: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Nobody decided or changed anything."""
        return self.keeper is None and self.selected is None and not self.heads and self.state is EditState.OPEN


@dataclass(frozen=True, slots=True)
class About:
    """What is listed of a saved scan without unpacking it."""

    roots: tuple[str, ...]
    groups: int
    extras: int


@dataclass(frozen=True, slots=True)
class ScanEntry:
    """A saved scan in a list; ``decided`` counts its groups that a person decided on."""

    id: int
    made_at: int
    about: About
    decided: int


@dataclass(frozen=True, slots=True)
class SavedScan:
    """A scan as it was saved; ``settings`` is the JSON it was saved with, ``made_at`` seconds since 1970."""

    id: int
    result: ScanResult
    settings: str
    made_at: int


def add(db: Database, result: ScanResult, settings: str) -> int:
    """Stores the scan beside the others; its id."""
    packed = zlib.compress(to_json(result).encode("ascii"), 1)
    about = About(result.asked, len(result.groups), sum(len(group.extras) for group in result.groups))
    with db.transaction() as connection:
        cursor = connection.execute(
            "INSERT INTO scans(made_at, settings, result, about) VALUES (?, ?, ?, ?)",
            (int(time.time()), settings, packed, to_json(about)),
        )
    return int(cursor.lastrowid or 0)


def drop(db: Database, scans: Iterable[int]) -> None:
    """Forgets these scans and their edits."""
    rows = [(scan,) for scan in scans]
    with db.transaction() as connection:
        connection.executemany("DELETE FROM reviews WHERE scan = ?", rows)
        connection.executemany("DELETE FROM scans WHERE id = ?", rows)


def listed(db: Database) -> list[ScanEntry]:
    """The saved scans, the newest first."""
    decided: Counter[int] = Counter()
    for scan, text in db.rows("SELECT scan, edit FROM reviews"):
        edit = sound(GroupEdit, text)
        decided[scan] += edit is not None and edit.state is not EditState.OPEN
    rows = db.rows("SELECT id, made_at, about FROM scans ORDER BY id DESC")
    return [
        ScanEntry(scan, made_at, about, decided[scan])
        for scan, made_at, text in rows
        if isinstance(made_at, int) and (about := sound(About, text)) is not None
    ]


def sound(kind: type[T], text: str) -> T | None:
    """The value that a row holds; None where somebody edited it, or the disk did."""
    try:
        return from_json(kind, text)
    except ValueError:
        return None


def newest(db: Database) -> int | None:
    """The id of the scan made last; None where there is none."""
    found = db.value("SELECT max(id) FROM scans")
    return None if found is None else int(found)


def of_roots(db: Database, roots: Sequence[str]) -> int | None:
    """The id of the scan of these folders, in whatever order they are named; None where there is none."""
    return next((entry.id for entry in listed(db) if set(entry.about.roots) == set(roots)), None)


def load(db: Database, scan: int | None) -> SavedScan | None:
    """The saved scan. Raises StoreError where this version cannot read it."""
    rows = db.rows("SELECT id, result, settings, made_at FROM scans WHERE id = ?", (scan,))
    if not rows:
        return None
    number, packed, settings, made_at = rows[0]
    try:
        result = from_json(ScanResult, zlib.decompress(packed).decode("ascii"))
    except (ValueError, TypeError, AttributeError, zlib.error) as error:
        raise StoreError("The last scan was saved by another version of dedupe: scan again.") from error
    return SavedScan(number, result, settings, made_at)


def made_at(db: Database, scan: int | None) -> int | None:
    """When the scan was made, seconds since 1970; None where there is none. Does not unpack it."""
    return next((int(row[0]) for row in db.rows("SELECT made_at FROM scans WHERE id = ?", (scan,))), None)


def put_edits(db: Database, scan: int | None, edits: Iterable[GroupEdit], when: int | None = None) -> None:
    """Stores what the review made of groups of ``scan``, all or none; ``when`` in seconds since 1970, None for now."""
    now = int(time.time()) if when is None else when
    rows = [(scan or 0, edit.group, to_json(edit), now) for edit in edits]
    with db.transaction() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO reviews(scan, group_id, edit, made_at) VALUES (?, ?, ?, ?)", rows
        )


def edits(db: Database, scan: int | None) -> dict[str, GroupEdit]:
    """The edits of ``scan`` by group id."""
    return {group: edit for group, (edit, _) in dated_edits(db, scan).items()}


def dated_edits(db: Database, scan: int | None) -> dict[str, tuple[GroupEdit, int]]:
    """The edits of ``scan`` by group id, each with the second in which it was made."""
    rows = db.rows("SELECT group_id, edit, made_at FROM reviews WHERE scan = ?", (scan or 0,))
    return {
        group: (edit, made_at)
        for group, text, made_at in rows
        if isinstance(made_at, int) and isinstance(group, str) and (edit := sound(GroupEdit, text)) is not None
    }


def drop_edits(db: Database, scan: int | None) -> None:
    """Forgets the edits of ``scan``."""
    with db.transaction() as connection:
        connection.execute("DELETE FROM reviews WHERE scan = ?", (scan or 0,))
