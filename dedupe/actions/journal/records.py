"""What the journal holds: its tables, and their rows as values: runs, their assets, the files of each."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from dedupe.formats.hashing import KEY_BYTES, LEGACY
from dedupe.types import ContentKey, FileMove, FileStamp

_E = TypeVar("_E", bound=StrEnum)

SCHEMA = """
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  purpose TEXT NOT NULL,
  began REAL NOT NULL,
  ended REAL,
  target BLOB,
  undoes INTEGER REFERENCES runs (id)
);
CREATE TABLE roots (run INTEGER NOT NULL REFERENCES runs (id), path BLOB NOT NULL);
CREATE TABLE units (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (id),
  purpose TEXT NOT NULL,
  state TEXT NOT NULL,
  grp TEXT NOT NULL,
  relation TEXT NOT NULL,
  keeper BLOB,
  keeper_key BLOB,
  reverses INTEGER REFERENCES units (id),
  reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX units_of ON units (run);
CREATE TABLE files (
  id INTEGER PRIMARY KEY,
  unit INTEGER NOT NULL REFERENCES units (id),
  source BLOB NOT NULL,
  parent BLOB NOT NULL,
  target BLOB,
  partial BLOB,
  content_key BLOB NOT NULL,
  dev TEXT NOT NULL,
  inode TEXT NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  state TEXT NOT NULL,
  claimed INTEGER NOT NULL DEFAULT 0,
  copy_dev TEXT,
  copy_inode TEXT,
  placed_mtime_ns INTEGER,
  entry BLOB,
  info BLOB
);
CREATE INDEX files_of ON files (unit);
CREATE TABLE folders (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (id),
  path BLOB NOT NULL,
  marker INTEGER NOT NULL
);
CREATE INDEX folders_of ON folders (run);
"""

ADDED_IN_2 = """
CREATE INDEX units_in ON units (state);
CREATE INDEX files_from ON files (source);
CREATE TABLE parents (
  run INTEGER NOT NULL REFERENCES runs (id),
  path BLOB NOT NULL,
  mode INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  gid INTEGER NOT NULL,
  attributes BLOB NOT NULL,
  PRIMARY KEY (run, path)
);
CREATE TABLE lease (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  pid INTEGER NOT NULL,
  host TEXT NOT NULL,
  token TEXT NOT NULL,
  renewed REAL NOT NULL
);
"""

ADDED_IN_3 = """
CREATE TABLE sidecars (
  file INTEGER PRIMARY KEY REFERENCES files (id),
  before BLOB
);
"""
"""The bytes of a sidecar before a run wrote it; NULL where there was none."""


REMOVED_FOLDER = 0x10000
"""Marks, in ``folders.marker``, an empty folder that the run removed; its mode is in the low bits.

Otherwise ``marker`` is 0 for a folder that the run made, and 1 for the marker file in it.
"""


class RunPurpose(StrEnum):
    """What a run was for."""

    MOVE = "move"
    TRASH = "trash"
    LINK = "link"
    UNDO = "undo"


class AssetPurpose(StrEnum):
    """Why an asset moved, or a file was replaced in its place.

    Moved: the action itself, its undoing, or putting back the parts of an asset that could not move whole. Replaced: by a link,
    by a file of its own again, or a sidecar beside the photo that stays by one that says more, or by what it was before.
    """

    ACT = "act"
    UNDO = "undo"
    PUT_BACK = "put back"
    LINK = "link"
    UNLINK = "unlink"
    RESCUE = "rescue"
    UNRESCUE = "take back"


IN_PLACE = frozenset((AssetPurpose.LINK, AssetPurpose.UNLINK, AssetPurpose.RESCUE, AssetPurpose.UNRESCUE))
"""Of these nothing goes to another folder."""

SIDECARS = frozenset((AssetPurpose.RESCUE, AssetPurpose.UNRESCUE))
"""These are about a sidecar, not about a photo."""


class AssetState(StrEnum):
    """How an asset ended; only ``begun`` is not final."""

    BEGUN = "begun"
    DONE = "done"
    ROLLED_BACK = "rolled back"
    UNDONE = "undone"
    NEEDS_PERSON = "needs a person"


class FileState(StrEnum):
    """How far a file of a begun asset came."""

    INTENT = "intent"
    PLACED = "placed"


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of an asset, as the journal has it.

    ``parent`` is the real path of the source's folder when the asset began. ``partial`` is the name of an unfinished
    copy. ``claimed`` says that an empty file at the target is dedupe's own. ``copy`` is (device, inode) of the copy that
    dedupe made. ``entry`` and ``info`` are where the trash keeps the file and its record; before the file goes, ``info``
    is the name that the record will have.
    """

    id: int
    asset: int
    move: FileMove
    parent: str
    partial: str | None
    state: FileState
    claimed: bool = False
    copy: tuple[int, int] | None = None
    placed_mtime_ns: int | None = None
    entry: str | None = None
    info: str | None = None

    @property
    def place(self) -> str | None:
        """Where the file is when the asset is done: its target, or its entry in the trash."""
        return self.move.target if self.move.target is not None else self.entry


@dataclass(frozen=True, slots=True)
class AssetRow:
    """One asset of a run, with its files in the order in which they move."""

    id: int
    run: int
    purpose: AssetPurpose
    state: AssetState
    group: str
    relation: str
    keeper: str | None
    keeper_key: ContentKey | None
    reverses: int | None
    reason: str
    files: tuple[FileRow, ...]


@dataclass(frozen=True, slots=True)
class RunRow:
    """One call of apply or undo. Times are seconds since 1970; ``target`` is None for the trash."""

    id: int
    purpose: RunPurpose
    began: float
    ended: float | None
    target: str | None
    undoes: int | None
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lease:
    """Which process is acting by the journal, and when it last said so.

    ``token`` tells the process from a later one of the same number (``lock.started``). ``renewed`` is in seconds since
    1970.
    """

    pid: int
    host: str
    token: str
    renewed: float


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be journalled of one asset.

    ``parents`` and ``partials`` go with ``moves``, one each. ``infos`` are the trash's records that the files will get
    there, or that leave with them (an undo of a trashing). ``before`` are the bytes of a sidecar before it is written.
    """

    purpose: AssetPurpose
    moves: tuple[FileMove, ...]
    parents: tuple[str, ...]
    partials: tuple[str | None, ...]
    group: str = ""
    relation: str = ""
    keeper: FileMove | None = None
    reverses: int | None = None
    infos: tuple[str | None, ...] = ()
    before: bytes | None = None


# -- rows, which somebody may have edited or a disk have damaged ---------------------------------------------------------


class RowError(ValueError):
    """A row was not written by dedupe."""


RUN_COLUMNS = "id, purpose, began, ended, target, undoes"
ASSET_COLUMNS = "id, run, purpose, state, grp, relation, keeper, keeper_key, reverses, reason"
FILE_COLUMNS = (
    "id, unit, source, target, dev, inode, size, mtime_ns, content_key, parent, partial, state, claimed,"
    " copy_dev, copy_inode, placed_mtime_ns, entry, info"
)


def run_of(row: Sequence[Any], roots: Sequence[tuple[Any]]) -> RunRow:
    """The run of a row of ``RUN_COLUMNS`` and its roots. Raises RowError."""
    return RunRow(
        id=_integer(row[0]),
        purpose=_member(RunPurpose, row[1]),
        began=_time(row[2]),
        ended=None if row[3] is None else _time(row[3]),
        target=_path(row[4]),
        undoes=None if row[5] is None else _integer(row[5]),
        roots=tuple(_there(_path(path)) for (path,) in roots),
    )


def asset_of(row: Sequence[Any], files: Sequence[Sequence[Any]]) -> AssetRow:
    """The asset of a row of ``ASSET_COLUMNS`` and its rows of ``FILE_COLUMNS``. Raises RowError."""
    if not files:
        raise RowError("an asset without files")
    return AssetRow(
        id=_integer(row[0]),
        run=_integer(row[1]),
        purpose=_member(AssetPurpose, row[2]),
        state=_member(AssetState, row[3]),
        group=_text(row[4]),
        relation=_text(row[5]),
        keeper=_path(row[6]),
        keeper_key=None if row[7] is None else _key(row[7]),
        reverses=None if row[8] is None else _integer(row[8]),
        reason=_text(row[9]),
        files=tuple(_file(file) for file in files),
    )


def _file(row: Sequence[Any]) -> FileRow:
    size = _integer(row[6])
    stamp = FileStamp(dev=_number(row[4]), inode=_number(row[5]), size=size, mtime_ns=_integer(row[7]), ctime_ns=0)
    if size < 0:
        raise RowError("a size below 0")
    return FileRow(
        id=_integer(row[0]),
        asset=_integer(row[1]),
        move=FileMove(_there(_path(row[2])), _path(row[3]), stamp, _key(row[8])),
        parent=_there(_path(row[9])),
        partial=_path(row[10]),
        state=_member(FileState, row[11]),
        claimed=bool(_integer(row[12])),
        copy=None if row[13] is None else (_number(row[13]), _number(row[14])),
        placed_mtime_ns=None if row[15] is None else _integer(row[15]),
        entry=_path(row[16]),
        info=_path(row[17]),
    )


def path_of(value: object) -> str | None:
    """A stored path; None where the value is no path."""
    try:
        return _path(value)
    except RowError:
        return None


def _path(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, bytes) or b"\0" in value or not value:
        raise RowError("no path")
    return os.fsdecode(value)


def _there(path: str | None) -> str:
    if path is None:
        raise RowError("a path is missing")
    return path


def _integer(value: object) -> int:
    if not isinstance(value, int):
        raise RowError("no number")
    return value


def _number(value: object) -> int:
    """A device or an inode, which SQLite could not hold as a number: they may have 128 bits."""
    if not isinstance(value, str) or not (value.isascii() and value.isdigit() and len(value) < 40):
        raise RowError("no device or inode")
    return int(value)


def _time(value: object) -> float:
    if not isinstance(value, (int, float)) or not math.isfinite(value) or not 0 <= value < 1e11:
        raise RowError("no time")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise RowError("no text")
    return value


def _key(value: object) -> ContentKey:
    if not isinstance(value, bytes) or (len(value) != KEY_BYTES and not value.startswith(LEGACY)):
        raise RowError("no content key")
    return value


def _member(kind: type[_E], value: object) -> _E:
    try:
        return kind(_text(value))
    except ValueError as error:
        raise RowError(f"no {kind.__name__}") from error
