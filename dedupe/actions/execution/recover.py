"""What a crash left behind, ended at the next start: every unit that was begun is finished or put back."""

from __future__ import annotations

import contextlib
import os
from typing import Protocol

from dedupe.actions.execution.reconcile import Settled, Settler
from dedupe.actions.journal.journal import Journal, exists
from dedupe.actions.journal.records import UnitPurpose, UnitRow, UnitState
from dedupe.actions.planning.names import MARKER
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.lock import only_one
from dedupe.actions.platform.trash import Trash
from dedupe.errors import LockedError, RefusedError, StoreError
from dedupe.terminal.console import display_path


class ActionPaths(Protocol):
    """Where the journal and the lock are (``library.paths.StorePaths`` is one)."""

    @property
    def journal(self) -> str:
        """The journal's file."""

    @property
    def lock(self) -> str:
        """The lock's file."""


def recover(paths: ActionPaths, disk: Disk | None = None) -> list[str]:
    """End what was begun and not ended, and look again at what needed a person; a sentence for each. Raises LockedError
    while another dedupe acts, StoreError where the journal cannot be used."""
    if not exists(paths.journal):
        return []
    disk = disk or Disk()
    with only_one(paths.lock), Journal(paths.journal, disk) as journal:
        return settle_all(disk, journal, final=True)


def recover_if_needed(paths: ActionPaths, disk: Disk | None = None) -> list[str]:
    """As ``recover``, for the start of any command: silent where nothing is open or another dedupe is at work, and a
    journal that cannot be used is a sentence, because reading photos needs none."""
    if not exists(paths.journal):
        return []
    disk = disk or Disk()
    try:
        with Journal(paths.journal, disk) as journal:
            if not journal.open_units() and not journal.open_runs():
                return []
        with only_one(paths.lock), Journal(paths.journal, disk) as journal:
            return settle_all(disk, journal)
    except LockedError:
        return []
    except (StoreError, RefusedError) as error:
        return [str(error)]


def settle_all(disk: Disk, journal: Journal, *, final: bool = False) -> list[str]:
    """End every open unit, newest first, then every open run. With the lock held. ``final``: a unit whose folders are
    gone is not kept for a later start, and one that needed a person is looked at again."""
    settler = Settler(disk, journal, Trash(disk))
    told = []
    unclear = journal.unclear_units() if final else []
    for run in {unit.run for unit in unclear}:
        journal.reopen_run(run)
    units = [*journal.open_units(), *unclear]
    for unit in sorted(units, key=lambda unit: unit.id, reverse=True):
        try:
            settled = settler.settle(unit, final=final)
        except OSError as error:
            settled = Settled(UnitState.BEGUN, f"the disk does not allow it now ({(error.strerror or '').lower()})")
        journal.flush()
        told.append(_sentence(unit, settled))
    still_open = {unit.run for unit in journal.open_units()}
    for run in journal.runs_with_folders():
        tidy(disk, journal, run)
    for run in journal.open_runs():
        if run not in still_open:
            journal.end_run(run)
    return told


def _sentence(unit: UnitRow, settled: Settled) -> str:
    name = display_path(unit.files[0].move.source)
    match settled.state:
        case UnitState.DONE:
            return f"{name}: the move that was interrupted had gone through; it is complete now."
        case UnitState.ROLLED_BACK:
            return f"{name}: the move that was interrupted was taken back; it is in its place."
        case UnitState.BEGUN:
            return f"{name}: an interrupted move cannot be settled yet: {settled.reason}. The next start tries again."
        case _:
            return f"{name}: an interrupted move needs a person: {settled.reason}."


def tidy(disk: Disk, journal: Journal, run: int) -> None:
    """Remove the folders and the marker that a run made, where nothing is in them and nothing of the run is away."""
    away = (UnitState.DONE, UnitState.BEGUN, UnitState.NEEDS_PERSON)
    if any(unit.state in away and unit.purpose is UnitPurpose.ACT for unit in journal.units(run)):
        return
    for path, is_marker in sorted(journal.folders(run), key=_depth, reverse=True):
        with contextlib.suppress(OSError):
            if not is_marker:
                disk.rmdir(path)
            elif disk.listdir(os.path.dirname(path)) == [MARKER]:
                disk.unlink(path)
        if not disk.is_taken(path):
            journal.forget_folder(run, path)
    journal.flush()


def _depth(made: tuple[str, bool]) -> tuple[int, bool]:
    """What is in a folder sorts behind it, its marker right behind it: to be removed last but for the folder."""
    path, is_marker = made
    return len(os.path.dirname(path) if is_marker else path), is_marker
