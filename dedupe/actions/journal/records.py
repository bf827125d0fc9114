"""What the journal holds: its tables, and their rows as values: runs, their assets, the files of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dedupe.types import ContentKey, FileMove

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


class RunPurpose(StrEnum):
    """What a run was for."""

    MOVE = "move"
    TRASH = "trash"
    UNDO = "undo"


class AssetPurpose(StrEnum):
    """Why an asset moved: the action itself, its undoing, or putting back the parts of an asset that could not move whole."""

    ACT = "act"
    UNDO = "undo"
    PUT_BACK = "put back"


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
    """One file of an asset. ``parent`` is the real path of the source's folder when the asset began; ``partial`` the name
    of an unfinished copy; ``claimed`` says that an empty file at the target is ours; ``copy`` is (device, inode) of the
    copy that dedupe made; ``entry`` and ``info`` are where the trash keeps the file and its record (before it went, ``info``
    is the name that its record will have)."""

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
    """Who acts by the journal: the process, its machine, what tells it from a later one of its number (``lock.started``),
    and when it last said so, in seconds since 1970."""

    pid: int
    host: str
    token: str
    renewed: float


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be journalled of one asset. ``parents`` and ``partials`` go with ``moves``, one each; ``infos``
    are the trash's records that the files will get there, or that leave with them (an undo of a trashing)."""

    purpose: AssetPurpose
    moves: tuple[FileMove, ...]
    parents: tuple[str, ...]
    partials: tuple[str | None, ...]
    group: str = ""
    relation: str = ""
    keeper: FileMove | None = None
    reverses: int | None = None
    infos: tuple[str | None, ...] = ()
