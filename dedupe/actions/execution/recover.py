"""What a crash left behind, ended at the next start: every asset that was begun is finished or put back."""

from __future__ import annotations

import contextlib
import os

from dedupe.actions.execution.reconcile import Reconciled, Reconciler
from dedupe.actions.journal.access import ActionPaths, acting_alone
from dedupe.actions.journal.journal import DamagedRowError, Journal, exists
from dedupe.actions.journal.records import SIDECARS, AssetPurpose, AssetRow, AssetState
from dedupe.actions.journal.validate import made_blocker
from dedupe.actions.planning.names import MARKER
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.trash import Trash
from dedupe.errors import LockedError, RefusedError, StoreError
from dedupe.terminal.text import display_path


def recover(paths: ActionPaths, disk: Disk | None = None) -> list[str]:
    """End what was begun and not ended, check again what needed a person, and return a sentence for each.

    Raises LockedError while another dedupe acts, StoreError where the journal cannot be used.
    """
    if not exists(paths.journal):
        return []
    disk = disk or Disk()
    with acting_alone(paths, disk) as journal:
        return [*reconcile_all(disk, journal, final=True), *journal.damaged_runs()]


def recover_if_needed(paths: ActionPaths, disk: Disk | None = None, *, acts: bool = False) -> list[str]:
    """Do what ``recover`` does, at the start of any command.

    It is silent where nothing is open or another dedupe is at work. A journal that cannot be used is only a sentence,
    because reading photos needs none. With ``acts`` that sentence is left out: the command needs the journal, and will
    say so itself.
    """
    if not exists(paths.journal):
        return []
    disk = disk or Disk()
    try:
        with Journal(paths.journal, disk) as journal:
            if not journal.open_assets() and not journal.open_runs():
                return []
        with acting_alone(paths, disk) as journal:
            return reconcile_all(disk, journal)
    except LockedError:
        return []
    except (StoreError, RefusedError) as error:
        return [] if acts else [str(error)]


def reconcile_all(disk: Disk, journal: Journal, *, final: bool = False) -> list[str]:
    """End every open asset, newest first, then every open run, and return a sentence for each asset.

    The caller holds the lock. With ``final`` an asset whose folders are gone is not kept for a later start, and one that
    needed a person is checked again.
    """
    reconciler = Reconciler(disk, journal, Trash(disk))
    told = []
    unclear = journal.unclear_assets() if final else []
    for run in {asset.run for asset in unclear}:
        journal.reopen_run(run)
    assets = [*journal.open_assets(), *unclear]
    for asset in sorted(assets, key=lambda asset: asset.id, reverse=True):
        try:
            reconciled = reconciler.reconcile(asset, final=final)
        except OSError as error:
            reconciled = Reconciled(
                AssetState.BEGUN, f"the disk does not allow it now ({(error.strerror or '').lower()})"
            )
        journal.flush()
        told.append(_sentence(asset, reconciled))
    still_open = {asset.run for asset in journal.open_assets()}
    for run in journal.runs_with_folders():
        tidy(disk, journal, run)
    for run in journal.open_runs():
        if run not in still_open:
            journal.end_run(run)
    return told


def _sentence(asset: AssetRow, reconciled: Reconciled) -> str:
    name = display_path(asset.files[0].move.source)
    if asset.purpose in SIDECARS:
        return _of_sidecar(name, reconciled)
    match reconciled.state:
        case AssetState.DONE:
            return f"{name}: the move that was interrupted had gone through; it is complete now."
        case AssetState.ROLLED_BACK:
            return f"{name}: the move that was interrupted was taken back; it is in its place."
        case AssetState.BEGUN:
            return f"{name}: an interrupted move can't be finished yet: {reconciled.reason}. The next run tries again."
        case _:
            return f"{name}: an interrupted move needs your attention: {reconciled.reason}."


def _of_sidecar(name: str, reconciled: Reconciled) -> str:
    match reconciled.state:
        case AssetState.DONE:
            return f"{name}: this sidecar was being written or taken back; that is complete now."
        case AssetState.ROLLED_BACK:
            return f"{name}: this sidecar is as it was before it was to be changed."
        case AssetState.BEGUN:
            return f"{name}: this sidecar can't be finished yet: {reconciled.reason}. The next run tries again."
        case _:
            return f"{name}: this sidecar needs your attention: {reconciled.reason}."


def tidy(disk: Disk, journal: Journal, run: int) -> None:
    """Remove the folders and the marker that a run made, where nothing is in them and nothing of the run is away."""
    away = (AssetState.DONE, AssetState.BEGUN, AssetState.NEEDS_PERSON)
    try:
        if any(asset.state in away and asset.purpose is AssetPurpose.ACT for asset in journal.assets(run)):
            return
        found = journal.run(run)
    except DamagedRowError:
        return  # nobody knows what is away
    for path, is_marker in sorted(journal.folders(run), key=_depth, reverse=True):
        if made_blocker(path, found) is not None:
            continue
        with contextlib.suppress(OSError):
            if not is_marker:
                disk.rmdir(path)
            elif disk.listdir(os.path.dirname(path)) == [MARKER]:
                disk.unlink(path)
        if not disk.is_taken(path):
            journal.forget_folder(run, path)
    journal.flush()


def _depth(made: tuple[str, bool]) -> tuple[int, bool]:
    """Sort a folder's contents behind it, and its marker right behind it, so that the marker is removed last but one."""
    path, is_marker = made
    return len(os.path.dirname(path) if is_marker else path), is_marker
