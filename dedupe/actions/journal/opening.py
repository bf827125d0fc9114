"""How the journal is opened: begun, brought up to date, or refused, but never begun afresh over an existing one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from dedupe.actions.journal.records import ADDED_IN_2, ADDED_IN_3, SCHEMA
from dedupe.errors import StoreError
from dedupe.terminal.text import display_path

_APPLICATION_ID = int.from_bytes(b"dDjr", "big")
_VERSION = 3


class JournalError(StoreError):
    """The journal cannot be read or written, so nothing may be moved."""


def connect(path: str) -> sqlite3.Connection:
    """The open journal, begun where there is none and brought up to date where it is older. Raises JournalError."""
    from dedupe.library.header import lies_on_a_network, read_header

    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    except OSError as error:
        raise JournalError(
            f"The folder {display_path(os.path.dirname(path))} for the journal cannot be made: {error.strerror}."
        ) from error
    header = read_header(path)
    rolling_back = os.path.exists(path + "-journal")
    if header is not None and not header.empty and not rolling_back and (not header.is_sqlite or header.truncated):
        raise _unusable(path, "is damaged, or is not a dedupe journal")
    db = sqlite3.connect(os.fsencode(path), isolation_level=None, timeout=15)
    try:
        _begin_or_check(db, path)
        # A write-ahead log needs memory shared between all who open it, which a network does not give.
        db.execute(f"PRAGMA journal_mode = {'DELETE' if lies_on_a_network(path) else 'WAL'}")
        db.execute("PRAGMA synchronous = FULL")
    except BaseException:
        db.close()
        raise
    return db


def _begin_or_check(db: sqlite3.Connection, path: str) -> None:
    """The schema is written before WAL is switched on: a crash leaves an empty file or a whole schema, no third."""
    [(application,)] = db.execute("PRAGMA application_id")
    [(version,)] = db.execute("PRAGMA user_version")
    [(tables,)] = db.execute("SELECT COUNT(*) FROM sqlite_master")
    if (application, version, tables) == (0, 0, 0):
        db.executescript(
            f"BEGIN IMMEDIATE; PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {_VERSION};"
            f"{SCHEMA} {ADDED_IN_2} {ADDED_IN_3} COMMIT;"
        )
    elif application != _APPLICATION_ID:
        raise _unusable(path, "is not a dedupe journal")
    elif version < 1 or version > _VERSION:
        raise _unusable(path, "was written by another version of dedupe")
    else:
        _upgrade(db, path)


def _upgrade(db: sqlite3.Connection, path: str) -> None:
    from dedupe.library.migrate import upgrade

    try:
        upgrade(db, path, _VERSION, (_from_1, _from_2))
    except (OSError, ValueError, sqlite3.Error) as error:
        raise _unusable(path, "was written by an older dedupe and cannot be brought up to date") from error


def _from_1(db: sqlite3.Connection) -> None:
    """0.1.0: its keys were XXH3, and there were neither leases nor a record of the folders that photos left."""
    from dedupe.library.legacy import mark_keys

    mark_keys(db, "files", ("content_key",))
    mark_keys(db, "units", ("keeper_key",))
    for statement in ADDED_IN_2.split(";"):
        db.execute(statement)


def _from_2(db: sqlite3.Connection) -> None:
    """Before sidecars were written."""
    db.execute(ADDED_IN_3)


def _unusable(path: str, what: str) -> JournalError:
    return JournalError(
        f"The journal {display_path(path)} {what}; it was left as it is, and nothing is moved without it."
    )


@contextmanager
def telling(path: str) -> Iterator[None]:
    """What SQLite says of the journal becomes one sentence."""
    try:
        yield
    except sqlite3.Error as error:
        raise JournalError(f"The journal {display_path(path)} cannot be used: {error}.") from error
