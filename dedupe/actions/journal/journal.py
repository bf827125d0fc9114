"""The journal: what an action is about to do, on the disk before it is done (SQLite, WAL, synchronous=FULL).

An asset (a photo with its companions) is one row of ``assets`` with a row of ``files`` for each file. Its intent is
committed before the first file moves; that it was done is committed with the next asset's intent, or at the end. In between
the disk itself tells how far it came, and ``recover.py`` ends the asset from that. The journal is never begun afresh
over one that is damaged or newer: it is refused, and nothing is moved without it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

from dedupe.actions.journal.opening import JournalError, connect, telling
from dedupe.actions.journal.records import (
    ASSET_COLUMNS,
    FILE_COLUMNS,
    REMOVED_FOLDER,
    RUN_COLUMNS,
    SIDECARS,
    AssetPurpose,
    AssetRow,
    AssetState,
    FileRow,
    FileState,
    Intent,
    Lease,
    RowError,
    RunPurpose,
    RunRow,
    asset_of,
    path_of,
    run_of,
)
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.folders import FolderLook
from dedupe.terminal.text import display_path
from dedupe.types import FileMove

__all__ = ["DamagedRowError", "Journal", "JournalError", "exists"]


class DamagedRowError(JournalError):
    """A row of the journal was not written by dedupe."""


class Journal:
    """The open journal; a context manager. Raises JournalError (or StoreError for a file that is not a journal)."""

    def __init__(self, path: str, disk: Disk) -> None:
        self.path = path
        self._disk = disk
        with telling(path):
            self._db = connect(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    # -- whose it is -----------------------------------------------------------------------------------------------------

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Nobody else writes within the block; it is committed at its end, or not at all."""
        with telling(self.path):
            self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self.flush()

    def lease(self) -> Lease | None:
        """Who acts; None where nobody does, or the row is not a lease."""
        for pid, host, token, renewed in self._read("SELECT pid, host, token, renewed FROM lease"):
            if isinstance(pid, int) and isinstance(host, str) and isinstance(renewed, float):
                return Lease(pid, host, str(token), renewed)
        return None

    def put_lease(self, lease: Lease) -> None:
        """Pending: from now on it is that one's."""
        self._write(
            "INSERT OR REPLACE INTO lease (id, pid, host, token, renewed) VALUES (1, ?, ?, ?, ?)",
            (lease.pid, lease.host, lease.token, lease.renewed),
        )

    def release(self) -> None:
        """It is nobody's, committed."""
        self._write("DELETE FROM lease", ())
        self.flush()

    # -- writing -------------------------------------------------------------------------------------------------------

    def begin_run(
        self, purpose: RunPurpose, *, target: str | None, roots: Sequence[str], undoes: int | None = None
    ) -> int:
        """A new run, committed; its number."""
        run = self._write(
            "INSERT INTO runs (purpose, began, target, undoes) VALUES (?, ?, ?, ?)",
            (purpose, time.time(), _blob(target), undoes),
        )
        for root in roots:
            self._write("INSERT INTO roots (run, path) VALUES (?, ?)", (run, _blob(root)))
        self.flush()
        return run

    def begin_asset(self, run: int, intent: Intent) -> AssetRow:
        """The asset's intent, committed (with all that was pending): from here on its files may move."""
        self._write("UPDATE lease SET renewed = ?", (time.time(),))
        keeper = intent.keeper
        asset = self._write(
            "INSERT INTO units (run, purpose, state, grp, relation, keeper, keeper_key, reverses)"
            " VALUES (?, ?, 'begun', ?, ?, ?, ?, ?)",
            (
                run,
                intent.purpose,
                intent.group,
                intent.relation,
                _blob(keeper.source) if keeper else None,
                keeper.content_key if keeper else None,
                intent.reverses,
            ),
        )
        infos = intent.infos or (None,) * len(intent.moves)
        each = zip(intent.moves, intent.parents, intent.partials, infos, strict=True)
        files = tuple(self._add_file(asset, *one) for one in each)
        if intent.purpose in SIDECARS:
            self._write("INSERT INTO sidecars (file, before) VALUES (?, ?)", (files[0].id, intent.before))
        self.flush()
        return AssetRow(
            id=asset,
            run=run,
            purpose=intent.purpose,
            state=AssetState.BEGUN,
            group=intent.group,
            relation=intent.relation,
            keeper=keeper.source if keeper else None,
            keeper_key=keeper.content_key if keeper else None,
            reverses=intent.reverses,
            reason="",
            files=files,
        )

    def _add_file(self, asset: int, move: FileMove, parent: str, partial: str | None, info: str | None) -> FileRow:
        number = self._write(
            "INSERT INTO files (unit, source, parent, target, partial, content_key, dev, inode, size, mtime_ns,"
            " state, info) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'intent', ?)",
            (
                asset,
                _blob(move.source),
                _blob(parent),
                _blob(move.target),
                _blob(partial),
                move.content_key,
                str(move.stamp.dev),
                str(move.stamp.inode),
                move.stamp.size,
                move.stamp.mtime_ns,
                _blob(info),
            ),
        )
        return FileRow(number, asset, move, parent, partial, FileState.INTENT, info=info)

    def claimed(self, file: FileRow) -> None:
        """Committed: an empty file at the target will be ours."""
        self._write("UPDATE files SET claimed = 1 WHERE id = ?", (file.id,))
        self.flush()

    def unclaimed(self, file: FileRow) -> None:
        """Pending: no file at the target is ours after all."""
        self._write("UPDATE files SET claimed = 0 WHERE id = ?", (file.id,))

    def copied(self, file: FileRow, copy: os.stat_result) -> None:
        """Committed: the copy with this inode is ours, whatever its name."""
        self._write(
            "UPDATE files SET copy_dev = ?, copy_inode = ? WHERE id = ?",
            (str(copy.st_dev), str(copy.st_ino), file.id),
        )
        self.flush()

    def placed(self, file: FileRow) -> None:
        """Committed: the copy is at the target, verified; the source may go."""
        self._write("UPDATE files SET state = 'placed' WHERE id = ?", (file.id,))
        self.flush()

    def arrived(self, file: FileRow, mtime_ns: int) -> None:
        """Pending: the time stamp that the file has at its target."""
        self._write("UPDATE files SET placed_mtime_ns = ? WHERE id = ?", (mtime_ns, file.id))

    def thrown(self, file: FileRow, entry: str, info: str) -> None:
        """Pending: where the trash keeps the file, and its record."""
        self._write("UPDATE files SET entry = ?, info = ? WHERE id = ?", (_blob(entry), _blob(info), file.id))

    def end_asset(self, asset: AssetRow, state: AssetState, reason: str = "") -> None:
        """Pending: how the asset ended. A finished undo marks the asset that it reversed as undone in the same commit."""
        self._write("UPDATE units SET state = ?, reason = ? WHERE id = ?", (state, reason, asset.id))
        undoing = asset.purpose in (AssetPurpose.UNDO, AssetPurpose.UNLINK, AssetPurpose.UNRESCUE)
        if state is AssetState.DONE and undoing and asset.reverses is not None:
            self.mark_undone(asset.reverses)

    def mark_undone(self, asset: int) -> None:
        """Pending: the asset's files are back where they were."""
        self._write("UPDATE units SET state = 'undone' WHERE id = ?", (asset,))

    def end_run(self, run: int) -> None:
        """The run is over, committed."""
        self._write("UPDATE runs SET ended = ? WHERE id = ?", (time.time(), run))
        self.flush()

    def reopen_run(self, run: int) -> None:
        """Pending: assets of a run that was over are looked at again, so its open ones count again."""
        self._write("UPDATE runs SET ended = NULL WHERE id = ?", (run,))

    def add_folder(self, run: int, path: str, *, marker: bool = False) -> None:
        """Pending: a folder (or the marker file) that the run is about to make."""
        self._write("INSERT INTO folders (run, path, marker) VALUES (?, ?, ?)", (run, _blob(path), int(marker)))

    def add_parent(self, run: int, folder: str, look: FolderLook) -> None:
        """Pending: how a folder looked before photos were moved out of it."""
        self._write(
            "INSERT OR IGNORE INTO parents (run, path, mode, uid, gid, attributes) VALUES (?, ?, ?, ?, ?, ?)",
            (run, _blob(folder), look.mode, look.uid, look.gid, look.packed()),
        )

    def add_removed_folder(self, run: int, path: str, mode: int) -> None:
        """Pending: an empty folder with this mode that the run is about to remove."""
        self._write(
            "INSERT INTO folders (run, path, marker) VALUES (?, ?, ?)",
            (run, _blob(path), REMOVED_FOLDER | (mode & 0o7777)),
        )

    def removed_folders(self, run: int) -> list[tuple[str, int]]:
        """The empty folders that the run removed, with their modes."""
        rows = self._read(
            "SELECT path, marker FROM folders WHERE run = ? AND typeof(marker) = 'integer' AND marker >= ?",
            (run, REMOVED_FOLDER),
        )
        return [(found, int(marker) & 0o7777) for path, marker in rows if (found := path_of(path)) is not None]

    def forget_folder(self, run: int, path: str) -> None:
        """Pending: what the run made is gone again."""
        self._write("DELETE FROM folders WHERE run = ? AND path = ?", (run, _blob(path)))

    def flush(self) -> None:
        """All that is pending is on the disk."""
        if not self._db.in_transaction:
            return
        try:
            with telling(self.path):
                self._disk.commit(self._db)
        except JournalError:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    # -- reading -------------------------------------------------------------------------------------------------------

    def runs(self) -> list[RunRow]:
        """All runs whose rows can be read, oldest first."""
        return [run for number in self._runs() if (run := self._run(number)) is not None]

    def run(self, number: int) -> RunRow | None:
        """One run, None where there is none of that number. Raises JournalError where its row is damaged."""
        found = self._run(number)
        if found is None and number in self._runs():
            raise self._damaged(number)
        return found

    def damaged_runs(self) -> list[str]:
        """A sentence for each run whose rows are damaged; the others stay usable."""
        told = []
        for number in self._runs():
            try:
                self.run(number)
                self.assets(number)
            except JournalError as error:
                told.append(str(error))
        return told

    def assets(self, run: int) -> list[AssetRow]:
        """The assets of a run, oldest first. Raises JournalError where a row of one is damaged."""
        return [self.asset(row[0]) for row in self._read("SELECT id FROM units WHERE run = ? ORDER BY id", (run,))]

    def asset(self, number: int) -> AssetRow:
        """One asset, as the journal has it now. Raises JournalError where a row of it is damaged."""
        rows = self._read(f"SELECT {ASSET_COLUMNS} FROM units WHERE id = ?", (number,))
        files = self._read(f"SELECT {FILE_COLUMNS} FROM files WHERE unit = ? ORDER BY id", (number,))
        try:
            return asset_of(rows[0], files)
        except (RowError, IndexError) as error:
            raise self._damaged(rows[0][1] if rows else None) from error

    def open_assets(self) -> list[AssetRow]:
        """The undamaged assets that were begun and not ended, newest first. No run is ended while it has one."""
        return self._sound(
            "SELECT id FROM units WHERE state = 'begun' AND run IN (SELECT id FROM runs WHERE ended IS NULL)"
            " ORDER BY id DESC"
        )

    def unclear_assets(self) -> list[AssetRow]:
        """The assets that need a person, newest first; damaged ones are left out."""
        return self._sound("SELECT id FROM units WHERE state = 'needs a person' ORDER BY id DESC")

    def sidecar_before(self, file: FileRow) -> bytes | None:
        """The bytes of a sidecar before it was written, None where there was none. Raises JournalError where no row says so."""
        rows = self._read("SELECT before FROM sidecars WHERE file = ?", (file.id,))
        if not rows or not isinstance(rows[0][0], bytes | None):
            raise self._damaged(None)
        return rows[0][0]

    def entries_of_others(self, file: FileRow) -> set[str]:
        """Where the trash keeps the files of other assets that went there from the same path and are away."""
        rows = self._read(
            "SELECT f.entry FROM files f JOIN units u ON u.id = f.unit WHERE f.source = ? AND f.id != ?"
            " AND f.entry IS NOT NULL AND u.state = 'done' AND u.purpose = 'act'",
            (_blob(file.move.source), file.id),
        )
        return {path for (entry,) in rows if (path := path_of(entry)) is not None}

    def open_runs(self) -> list[int]:
        """The numbers of runs that were begun and not ended."""
        return [row[0] for row in self._read("SELECT id FROM runs WHERE ended IS NULL ORDER BY id")]

    def folders(self, run: int) -> list[tuple[str, bool]]:
        """What the run made, innermost last: path, and whether it is the marker file."""
        rows = self._read(
            "SELECT path, marker FROM folders WHERE run = ? AND marker < ? ORDER BY id", (run, REMOVED_FOLDER)
        )
        return [(found, bool(marker)) for path, marker in rows if (found := path_of(path)) is not None]

    def runs_with_folders(self) -> list[int]:
        """The runs that made folders which may still be there, newest first."""
        rows = self._read("SELECT DISTINCT run FROM folders WHERE marker < ? ORDER BY run DESC", (REMOVED_FOLDER,))
        return [run for (run,) in rows if isinstance(run, int)]

    def look_of(self, run: int, folder: str) -> FolderLook | None:
        """How a folder was before the run moved photos out of it; None where that is not known."""
        rows = self._read(
            "SELECT mode, uid, gid, attributes FROM parents WHERE run = ? AND path = ?", (run, _blob(folder))
        )
        try:
            return FolderLook.of_row(rows[0]) if rows else None
        except ValueError:
            return None

    # -- within --------------------------------------------------------------------------------------------------------

    def _runs(self) -> list[int]:
        return [row[0] for row in self._read("SELECT id FROM runs ORDER BY id")]

    def _run(self, number: int) -> RunRow | None:
        rows = self._read(f"SELECT {RUN_COLUMNS} FROM runs WHERE id = ?", (number,))
        roots = self._read("SELECT path FROM roots WHERE run = ? ORDER BY rowid", (number,))
        try:
            return run_of(rows[0], roots) if rows else None
        except RowError:
            return None

    def _sound(self, sql: str) -> list[AssetRow]:
        found = []
        for (number,) in self._read(sql):
            with suppress(DamagedRowError):
                found.append(self.asset(number))
        return found

    def _damaged(self, run: object) -> JournalError:
        which = f"run {run}" if isinstance(run, int) else "a run"
        return DamagedRowError(
            f"What the journal {display_path(self.path)} says of {which} is damaged; nothing is done by it, and the photos of"
            " that run stay where they are."
        )

    def _write(self, sql: str, values: Iterable[object]) -> int:
        with telling(self.path):
            if not self._db.in_transaction:
                self._db.execute("BEGIN IMMEDIATE")
            return self._db.execute(sql, tuple(values)).lastrowid or 0

    def _read(self, sql: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        with telling(self.path):
            return self._db.execute(sql, tuple(values)).fetchall()


def exists(path: str) -> bool:
    """There is a journal: something was acted on before."""
    return os.path.exists(path)


def _blob(path: str | None) -> bytes | None:
    return None if path is None else os.fsencode(path)
