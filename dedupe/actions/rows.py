"""What the journal holds, as values: runs, their units, the files of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dedupe.types import FileMove


class RunPurpose(StrEnum):
    """What a run was for."""

    MOVE = "move"
    TRASH = "trash"
    UNDO = "undo"


class UnitPurpose(StrEnum):
    """Why a unit moved: the action itself, its undoing, or putting back the parts of a unit that could not move whole."""

    ACT = "act"
    UNDO = "undo"
    PUT_BACK = "put back"


class UnitState(StrEnum):
    """How a unit ended; only ``begun`` is not final."""

    BEGUN = "begun"
    DONE = "done"
    ROLLED_BACK = "rolled back"
    UNDONE = "undone"
    NEEDS_PERSON = "needs a person"


class FileState(StrEnum):
    """How far a file of a begun unit came."""

    INTENT = "intent"
    PLACED = "placed"


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of a unit. ``parent`` is the real path of the source's folder when the unit began; ``partial`` the name
    of an unfinished copy; ``claimed`` says that an empty file at the target is ours; ``copy`` is (device, inode) of the
    copy that dedupe made; ``entry`` and ``info`` are where the trash keeps the file and its record."""

    id: int
    unit: int
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
        """Where the file is when the unit is done: its target, or its entry in the trash."""
        return self.move.target if self.move.target is not None else self.entry


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit of a run, with its files in the order in which they move."""

    id: int
    run: int
    purpose: UnitPurpose
    state: UnitState
    group: str
    relation: str
    keeper: str | None
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
class Intent:
    """What is about to be journalled of one unit. ``parents`` and ``partials`` go with ``moves``, one each; ``entries``
    are the trash's records that leave with the files (an undo of a trashing)."""

    purpose: UnitPurpose
    moves: tuple[FileMove, ...]
    parents: tuple[str, ...]
    partials: tuple[str | None, ...]
    group: str = ""
    relation: str = ""
    keeper: FileMove | None = None
    reverses: int | None = None
    infos: tuple[str | None, ...] = ()
