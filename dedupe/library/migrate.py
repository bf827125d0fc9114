"""Bring an older database up to date: first a copy, then every step in one transaction.

Used for what is never begun afresh: the user's decisions and the journal.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

Step: TypeAlias = Callable[[sqlite3.Connection], None]
"""Brings a database of one version to the next, in the transaction that is open; ValueError where a row does not allow it."""


def upgrade(connection: sqlite3.Connection, path: str, version: int, steps: Sequence[Step]) -> str | None:
    """Take the steps that the database lacks; the path of the copy that was kept, None where it is up to date.

    ``steps`` end at ``version``. Raises OSError where no copy can be kept, sqlite3.Error or ValueError where a step fails;
    the database is then as it was.
    """
    if _version(connection) >= version:
        return None
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = _version(connection)  # another dedupe may have been first
        if found >= version:
            connection.execute("ROLLBACK")
            return None
        kept = _keep_copy(path, found)
        for step in steps[len(steps) - (version - found) :]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return kept


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _keep_copy(path: str, version: int) -> str:
    """A whole copy beside the database, on the disk, under a name that was free."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for number in range(1000):
        kept = f"{path}.v{version}-{stamp}" + (f"-{number}" if number else "")
        try:
            handle = os.open(kept, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except FileExistsError:
            continue
        try:
            _copy(path, kept)
            os.fsync(handle)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(kept)  # noqa: TID251 - the store's own unfinished copy
            raise
        finally:
            os.close(handle)
        return kept
    raise FileExistsError(f"a thousand copies of {path} were made in this second")


def _copy(path: str, kept: str) -> None:
    source, target = sqlite3.connect(path), sqlite3.connect(kept)
    try:
        source.backup(target)
    except sqlite3.Error as error:
        raise OSError(str(error)) from error
    finally:
        target.close()
        source.close()
