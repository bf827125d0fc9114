"""One SQLite file of dedupe's: opened, judged, kept aside where it must be, written in short transactions.

Every file carries dedupe's application id and a schema number, read from its header before SQLite touches
it. So a file that is something else (a photo, another program's catalogue) is refused and never written,
renamed or replaced; a damaged or newer *disposable* file is moved aside under a new name and a fresh one
begun; the user's decisions are only ever refused. Writes wait in memory and are committed every two seconds
in one short transaction: a kill loses seconds of work, and a second dedupe on the same store waits for
milliseconds.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

from dedupe.errors import StoreError
from dedupe.library.header import Header, file_size, lies_on_a_network, read_header
from dedupe.library.migrate import Step, upgrade
from dedupe.library.quarantine import folder_lock, in_use, keep_aside
from dedupe.terminal.text import display_path

Row: TypeAlias = tuple[Any, ...]

CHUNK = 900
"""Parameters in one ``IN (…)``: older SQLite builds allow 999."""

_COMMIT_EVERY_S = 2.0
_COMMIT_ROWS = 20_000
_BUSY_MS = 15_000
_VACUUM_PAGES = 4_096


@dataclass(frozen=True, slots=True)
class Kind:
    """What a database is for.

    ``steps`` bring a file of an older version to the next one, the last to ``version``; an older file without steps is begun
    afresh where it is disposable, and refused where it is not.
    """

    name: str
    application_id: int
    version: int
    disposable: bool
    schema: str
    page_size: int = 4096
    steps: tuple[Step, ...] = ()

    @property
    def oldest(self) -> int:
        """The oldest version that can be upgraded."""
        return self.version - len(self.steps)


class DamagedStoreError(StoreError):
    """A database turned out to be damaged in mid-work.

    Closed, a disposable one is kept aside, and opened again begun afresh. ``notice`` is then the sentence that says so.
    """

    notice = ""


class Closing:
    """A context manager that closes at its end."""

    def close(self) -> None:
        """Closes; a second call does nothing."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Database(Closing):
    """An open database of one kind; a context manager that commits what is pending and closes.

    ``notices`` are sentences the user should read (a store kept aside). ``ours`` says that dedupe chose the
    file's name, so that even a file without a readable header there is a damaged database of ours. Raises
    StoreError, in one sentence, on whatever keeps it from being used.
    """

    def __init__(self, path: str, kind: Kind, *, ours: bool) -> None:
        self.path = os.path.realpath(path)
        self.kind = kind
        self.notices: list[str] = []
        self._pending: list[tuple[str, Row]] = []
        self._committed = time.monotonic()
        self._ours = ours
        self._damage: DamagedStoreError | None = None
        self.connection = self._open()

    # -- opening --------------------------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        with folder_lock(self.path, alone=False):
            problem, connection = self._judge()
        if connection is not None:
            return connection
        if not self.kind.disposable:
            raise StoreError(self._sentence(_REFUSALS[problem]))
        with folder_lock(self.path, alone=True):
            problem, connection = self._judge()  # Another dedupe may have put it right meanwhile.
            if connection is not None:
                return connection
            self._step_aside(problem)
            return self._connect()

    def _judge(self) -> tuple[str, sqlite3.Connection | None]:
        """The open connection, or what is wrong with the file: "corrupt", "newer" or "older"."""
        problem = self._problem(read_header(self.path))
        if problem is not None:
            return problem, None
        self._damage = None
        try:
            return "", self._connect()
        except DamagedStoreError:
            return "corrupt", None

    def _step_aside(self, problem: str) -> None:
        if in_use(self.path):
            raise StoreError(self._sentence(_IN_USE))
        aside = keep_aside(self.path, problem)
        self._damage = None
        self.notices.append(self._sentence(_KEPT_ASIDE[problem], aside))

    def _problem(self, header: Header | None) -> str | None:
        """Say what is wrong with the file: "corrupt", "newer", "older", or None. Refuses what is not ours."""
        if header is None or header.empty:
            return None
        if not header.is_sqlite:
            if self._ours:
                return "corrupt"
            raise StoreError(
                f"{display_path(self.path)} is not a dedupe store; nothing in it was touched. Name another file."
            )
        if header.application_id != self.kind.application_id:
            raise self._foreign()
        if not self.kind.oldest <= header.version <= self.kind.version:
            return "newer" if header.version > self.kind.version else "older"
        return "corrupt" if header.truncated else None

    def _foreign(self) -> StoreError:
        return StoreError(
            f"{display_path(self.path)} is a database, but not dedupe's {self.kind.name} file; "
            "nothing in it was touched. Name another file."
        )

    def _connect(self) -> sqlite3.Connection:
        with self._speaking():
            connection = sqlite3.connect(self.path, timeout=_BUSY_MS / 1000, isolation_level=None)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        run = connection.execute
        run("PRAGMA cache_size = -8192")
        if run("PRAGMA user_version").fetchone()[0] == 0:
            run(f"PRAGMA page_size = {self.kind.page_size}")
            run("PRAGMA auto_vacuum = INCREMENTAL")
            self._create(connection)
        if self.kind.disposable:
            _use_wal(connection, self.path)
            run("PRAGMA synchronous = NORMAL")
        else:
            run("PRAGMA synchronous = FULL")
            if run("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise self.damage()
        self._upgrade(connection)
        # A store that cannot be written is refused now, not after an hour of work.
        run("BEGIN IMMEDIATE")
        run(f"PRAGMA user_version = {self.kind.version}")
        run("ROLLBACK")

    def _upgrade(self, connection: sqlite3.Connection) -> None:
        try:
            kept = upgrade(connection, self.path, self.kind.version, self.kind.steps)
        except (OSError, ValueError, sqlite3.Error) as error:
            raise StoreError(self._sentence(_NOT_UPGRADED)) from error
        if kept is not None:
            self.notices.append(self._sentence(_UPGRADED, kept))

    def _create(self, connection: sqlite3.Connection) -> None:
        schema = (Path(__file__).parent / self.kind.schema).read_text("utf-8")
        connection.execute("BEGIN IMMEDIATE")
        # Another dedupe may have made it while this one waited for the lock.
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise self._foreign()
            for statement in schema.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {self.kind.application_id}")
            connection.execute(f"PRAGMA user_version = {self.kind.version}")
        connection.execute("COMMIT")

    # -- reading --------------------------------------------------------------------------------------------

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query; what is pending is committed first, so that it is seen."""
        self.flush()
        with self._speaking():
            return self.connection.execute(sql, parameters).fetchall()

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        """The rows of a query one by one, for many rows in little memory."""
        self.flush()
        with self._speaking():
            yield from self.connection.execute(sql, parameters)

    def among(self, sql: str, keys: Iterable[bytes], before: Sequence[object] = ()) -> Iterator[Row]:
        """Give the rows of ``sql`` with its ``{}`` replaced by the keys, a chunk at a time, after the parameters ``before``."""
        wanted = list(keys)
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            yield from self.rows(sql.format(",".join("?" * len(chunk))), (*before, *chunk))

    def value(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """The first column of the first row, None where there is none."""
        found = self.rows(sql, parameters)
        return found[0][0] if found else None

    # -- writing --------------------------------------------------------------------------------------------

    def queue(self, sql: str, row: Row) -> None:
        """Let a statement wait for the next commit.

        It comes with the first ``queue`` or ``checkpoint`` two seconds after the last.
        """
        self._pending.append((sql, row))
        if len(self._pending) >= _COMMIT_ROWS:
            self.flush()
        else:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Commits what is pending where the last commit is two seconds old."""
        if self._pending and time.monotonic() - self._committed >= _COMMIT_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Commits what is pending, in its order. Where that fails it stays pending."""
        if not self._pending:
            return
        with self.transaction() as connection:
            for sql, row in self._pending:
                connection.execute(sql, row)
        self._pending.clear()
        self._committed = time.monotonic()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: all of it is committed, or none."""
        with self._speaking():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def shrink(self) -> None:
        """Give free pages back to the disk, a few thousand at a time: their log never grows to the size of the file."""
        self.flush()
        with self._speaking():
            while (free := self.value("PRAGMA freelist_count")) and not self.connection.in_transaction:
                # Not execute: it takes one step of a pragma that needs a step a page.
                self.connection.executescript(
                    f"PRAGMA incremental_vacuum({_VACUUM_PAGES}); PRAGMA wal_checkpoint(TRUNCATE)"
                )
                if self.value("PRAGMA freelist_count") >= free:  # a file of 0.1.0 cannot be made smaller in place
                    break

    # -- the end --------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Commits and closes, and keeps aside what turned out to be damaged; a second call does nothing."""
        try:
            if self._damage is None:
                self.flush()
        finally:
            self._pending.clear()
            self.connection.close()
            damage, self._damage = self._damage, None
            if damage is not None and self.kind.disposable:
                with folder_lock(self.path, alone=True):
                    if not in_use(self.path):
                        damage.notice = self._sentence(_KEPT_ASIDE["corrupt"], keep_aside(self.path, "corrupt"))

    def bytes_on_disk(self) -> int:
        """The size of the file with what belongs to it."""
        return sum(file_size(self.path + suffix) for suffix in ("", "-wal", "-shm", "-journal"))

    def damage(self) -> DamagedStoreError:
        """The error to raise where what was stored cannot be what dedupe wrote."""
        if self._damage is None:
            self._damage = DamagedStoreError(self._sentence(_SPOILT if self.kind.disposable else _REFUSALS["corrupt"]))
        return self._damage

    def _sentence(self, form: str, aside: str = "") -> str:
        file = f"dedupe's {self.kind.name} file {display_path(self.path)}"
        return form.format(file=file, aside=display_path(aside))

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turns what SQLite says about the file into one sentence."""
        try:
            yield
        except sqlite3.Error as error:
            code = _code(error)
            if code in _DAMAGE or str(error).startswith("no such "):
                raise self.damage() from error
            if code in _SENTENCES:
                raise StoreError(self._sentence(_SENTENCES[code])) from error
            raise


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SPOILT = "{file} is damaged: it is kept aside under another name; run dedupe again."
_CANNOT_WRITE = "{file} cannot be opened for writing: look at its folder and permissions."
_IN_USE = "Another dedupe is busy with {file}; try again when it is done."
_SENTENCES = {
    sqlite3.SQLITE_BUSY: _IN_USE,
    sqlite3.SQLITE_LOCKED: _IN_USE,
    sqlite3.SQLITE_PROTOCOL: _IN_USE,
    sqlite3.SQLITE_FULL: "The disk that holds {file} is full.",
    sqlite3.SQLITE_READONLY: _CANNOT_WRITE,
    sqlite3.SQLITE_CANTOPEN: _CANNOT_WRITE,
    sqlite3.SQLITE_PERM: _CANNOT_WRITE,
    sqlite3.SQLITE_AUTH: _CANNOT_WRITE,
    sqlite3.SQLITE_IOERR: "The disk that holds {file} cannot be read or written.",
}
_KEPT_ASIDE = {
    "corrupt": "{file} could not be read; it was kept as {aside}, and a new one was started.",
    "newer": "{file} was written by a newer dedupe; it was kept as {aside}, and a new one was started.",
    "older": "{file} was written by an older dedupe; it was kept as {aside}, and a new one was started.",
}
_UPGRADED = "{file} was written by an older dedupe; it was brought up to date, and a copy kept as {aside}."
_NOT_UPGRADED = (
    "{file} was written by an older dedupe and cannot be brought up to date (is its disk full, or was it edited?); it was "
    "left as it is."
)
_REFUSALS = {
    "corrupt": "{file} is damaged and was left as it is: put a backup in its place, or move it away to begin "
    "with none.",
    "newer": "{file} was written by a newer dedupe and was left as it is: update dedupe, or name another --store.",
    "older": "{file} was written by an older dedupe that this one cannot read, and was left as it is: name "
    "another --store.",
}


def _use_wal(connection: sqlite3.Connection, path: str) -> None:
    """Write-ahead logging, which needs memory shared between processes: not on a network file system."""
    mode = "TRUNCATE" if lies_on_a_network(path) else "WAL"
    for _ in range(50):
        try:
            connection.execute(f"PRAGMA journal_mode = {mode}").fetchall()
            return
        except sqlite3.OperationalError as error:
            # Changing the mode does not wait for the other process, whatever the timeout.
            if _code(error) != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(0.05)
