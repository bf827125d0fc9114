"""Putting a run back, in reverse order, never over anything.

A file goes back only to the path that the journal recorded, below a root that it recorded, through folders that are the
same ones as then; and only if it is still the file that was moved: size, time and content, never the change time, which
the move itself altered. Where its path is occupied it is put beside it, and that is said.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from dedupe.actions.execution.apply import Progress, Stop, deferred_interrupt, tell, unfinished
from dedupe.actions.execution.move import Mover, Way, missing_folders
from dedupe.actions.execution.place import ArrivedError, NameTakenError, StopError, refusal
from dedupe.actions.execution.prune import make_again
from dedupe.actions.execution.reconcile import reversal
from dedupe.actions.execution.recover import reconcile_all, tidy
from dedupe.actions.execution.sidecars import take_back
from dedupe.actions.execution.unlinking import give_own_file
from dedupe.actions.journal.access import ActionPaths, acting_alone
from dedupe.actions.journal.journal import DamagedRowError, Journal, JournalError, exists
from dedupe.actions.journal.records import AssetPurpose, AssetRow, AssetState, FileRow, RunPurpose, RunRow
from dedupe.actions.journal.validate import place_blocker, restore_blocker, sidecar_blocker
from dedupe.actions.planning.checks import CHANGED, Held, LeftAloneError, check_content, hold
from dedupe.actions.planning.names import restored_names, root_of
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.trash import Trash
from dedupe.errors import RefusedError, UsageError
from dedupe.terminal.text import display_path, format_count

_NAMES_TRIED = 20
NEEDED = "its sidecar holds what a photo said that is not back"
MOVED_CHANGED = "changed since it was moved"


@dataclass(frozen=True, slots=True)
class Restored:
    """One asset that was put back, or a ``sidecar`` that is as it was before.

    ``path`` is the photo's recorded path, ``now`` the one it got. ``asset`` is the asset of the undo, None where the
    photo was back already.
    """

    path: str
    now: str
    asset: int | None = None
    sidecar: bool = False

    @property
    def siblings(self) -> bool:
        """Its own path was occupied."""
        return self.path != self.now


@dataclass(slots=True)
class UndoReport:
    """How an undo went. ``run`` is the run that was undone; ``left`` counts assets by the reason they stay where they are."""

    run: int
    restored: list[Restored] = field(default_factory=list)
    sidecars: list[Restored] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    stopped: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all back, 1 something stays, 4 stopped midway."""
        if self.stopped is not None:
            return 4
        return 1 if self.left else 0

    def sentences(self) -> list[str]:
        """The account, a line each."""
        photos = f"{format_count(len(self.restored), 'photo')} put back (run {self.run})."
        lines = [photos] if self.restored or not self.sidecars else []
        lines += [
            f"{display_path(asset.path)} is taken, so it was put back as {display_path(os.path.basename(asset.now))}."
            for asset in self.restored
            if asset.siblings
        ]
        if self.sidecars:
            which = "" if self.restored else f" (run {self.run})"
            lines.append(f"{format_count(len(self.sidecars), 'sidecar')} as before{which}.")
        lines += [f"{format_count(count)} not put back: {reason}." for reason, count in self.left.items()]
        lines += self.notes
        if self.stopped is not None:
            lines.append(self.stopped)
        return lines


def undo(
    paths: ActionPaths,
    run: int | None = None,
    *,
    disk: Disk | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> UndoReport:
    """Put back what ``run`` moved (None: the last run of which something can be put back); ``stop`` ends it between two photos.

    Raises UsageError where there is no such run, RefusedError where it cannot be undone or another dedupe acts.
    """
    disk = disk or Disk()
    if not exists(paths.journal):
        raise UsageError("There is nothing to undo: no photo was removed yet.")
    with acting_alone(paths, disk) as journal:
        notes = reconcile_all(disk, journal)
        trash = Trash(disk)
        chosen = choose(journal, run, trash.undoable)
        reason = run_blocker(chosen, journal.assets(chosen.id), trash.undoable)
        if reason is not None:
            raise RefusedError(reason)
        report = _Undoer(chosen, disk, journal, trash).run(progress, stop)
        report.notes = (*notes, *report.notes)
        return report


def choose(journal: Journal, run: int | None, trash_undoable: bool) -> RunRow:
    """Choose the run of that number, or the last one of which something can be put back.

    Where nothing can be put back it is the last run that still has something away. Raises UsageError.
    """
    if run is not None:
        found = journal.run(run)
        if found is None:
            raise UsageError(f"There is no run {run}; `dedupe history` lists them.")
        return found
    blocked: RunRow | None = None
    damaged = False
    for found in reversed(journal.runs()):
        try:
            assets = journal.assets(found.id)
        except DamagedRowError:
            damaged = True  # the others stay usable
            continue
        if found.purpose is RunPurpose.UNDO or not _away(assets):
            continue
        if run_blocker(found, assets, trash_undoable) is None:
            return found
        blocked = blocked or found
    if blocked is not None:
        return blocked
    if damaged:
        raise UsageError("There is nothing that can be undone: rows of the journal are damaged; see `dedupe history`.")
    raise UsageError("There is nothing to undo: everything is back.")


def run_blocker(run: RunRow, assets: Sequence[AssetRow], trash_undoable: bool) -> str | None:
    """Why the run as a whole cannot be undone, as a sentence, or None."""
    if run.purpose is RunPurpose.UNDO:
        return f"Run {run.id} was itself an undo; apply again to move the photos once more."
    if not _away(assets):
        return f"Nothing of run {run.id} is left to undo."
    photos_left = any(asset.purpose is not AssetPurpose.RESCUE for asset in _away(assets))
    if run.purpose is RunPurpose.TRASH and photos_left and not trash_undoable:
        return "Restore them from the Trash or Recycle Bin; `dedupe undo` cannot take files out of it on this system."
    left = {root_of(file.move.source, run.roots) for asset in _away(assets) for file in asset.files}
    for root in run.roots:
        if root in left and not os.path.isdir(root):
            return f"The folder {display_path(root)} that the photos came from does not exist: is its disk connected?"
    if run.target is not None and photos_left and not os.path.isdir(run.target):
        return f"The folder {display_path(run.target)} that the photos were moved to does not exist: is its disk connected?"
    return None


def _away(assets: Sequence[AssetRow]) -> list[AssetRow]:
    acts = (AssetPurpose.ACT, AssetPurpose.LINK, AssetPurpose.RESCUE)
    return [asset for asset in assets if asset.state is AssetState.DONE and asset.purpose in acts]


# -- guards on the journal's rows (they may have been edited) --------------------------------------------------------------


def moved_blocker(file: FileRow, status: os.stat_result) -> str | None:
    """The file was written to since it was moved; its change time says nothing, the move itself altered it."""
    expected = file.placed_mtime_ns if file.placed_mtime_ns is not None else file.move.stamp.mtime_ns
    if (status.st_size, status.st_mtime_ns) != (file.move.stamp.size, expected):
        return MOVED_CHANGED
    return None


def back_blocker(disk: Disk, asset: AssetRow) -> str | None:
    """The disk shows the opposite of what the journal says was put back."""
    for file in asset.files:
        target = file.move.target or ""
        if not disk.is_taken(target) or disk.lstat(target).st_size != file.move.stamp.size:
            return "not where they were put back to"
        if disk.is_taken(file.move.source):
            found = disk.lstat(file.move.source)
            if (found.st_dev, found.st_ino) == (file.move.stamp.dev, file.move.stamp.inode):
                return "still where they were moved to"
    return None


# -- the undoing -----------------------------------------------------------------------------------------------------------


class _Undoer:
    def __init__(self, run: RunRow, disk: Disk, journal: Journal, trash: Trash) -> None:
        self._run = run
        self._disk = disk
        self._journal = journal
        self._mover = Mover(disk, journal, trash)
        self._report = UndoReport(run.id)
        self._left: Counter[str] = Counter()
        self._stuck: set[str | None] = set()
        try:
            self._number = journal.begin_run(RunPurpose.UNDO, target=None, roots=run.roots, undoes=run.id)
        except JournalError as error:
            raise RefusedError(f"{error} Nothing was touched.") from error

    def run(self, progress: Progress | None, stop: Stop | None = None) -> UndoReport:
        assets = _away(self._journal.assets(self._run.id))
        make_again(self._disk, self._journal, self._run)
        with deferred_interrupt(stop) as interrupted:
            for count, asset in enumerate(reversed(assets), start=1):
                self._report.stopped = interrupted()
                if self._report.stopped is not None:
                    break
                if not self._one(asset):
                    break
                if progress is not None:
                    tell(progress, count, len(assets))
            self._end()
        self._report.left = dict(self._left.most_common())
        return self._report

    def _one(self, asset: AssetRow) -> bool:
        """Put one asset back; False where nothing more may move."""
        try:
            found = self._restore(asset)
            (self._report.sidecars if found.sidecar else self._report.restored).append(found)
        except LeftAloneError as error:
            self._stuck.add(asset.keeper)
            self._left[str(error)] += 1
        except (StopError, JournalError, OSError) as error:
            name = display_path(asset.files[0].move.source)
            phrase = str(refusal(error))
            self._report.stopped = (
                f"Stopped at {name}: {phrase.rstrip('.')}. `dedupe recover`, or the next run, finishes what is left."
            )
            return False
        return self._report.stopped is None

    def _end(self) -> None:
        """Look at the disk once more, then close the run in the journal."""
        try:
            self._recheck()
            for run in self._journal.runs_with_folders():
                tidy(self._disk, self._journal, run)
            if self._report.stopped is None or not self._journal.open_assets():
                self._journal.end_run(self._number)
        except (JournalError, OSError) as error:
            self._report.stopped = unfinished(error)

    def _recheck(self) -> None:
        """Every asset that was said to be back is back."""
        for one in list(self._report.restored):
            reason = None if one.asset is None else back_blocker(self._disk, self._journal.asset(one.asset))
            if reason is not None:
                self._report.restored.remove(one)
                self._left[reason] += 1
                self._report.stopped = self._report.stopped or "The disk does not show what was done."

    def _restore(self, asset: AssetRow) -> Restored:
        for file in asset.files:
            _refuse(restore_blocker(file, self._run) or sidecar_blocker(asset, file))
        wanted = [file.move.source for file in asset.files]
        if asset.purpose is AssetPurpose.RESCUE:
            _refuse(NEEDED if asset.keeper in self._stuck else None)
            take_back(self._disk, self._journal, self._number, asset)
            return Restored(wanted[0], wanted[0], sidecar=True)
        if asset.purpose is AssetPurpose.LINK:
            give_own_file(self._disk, self._journal, self._number, asset)
            return Restored(wanted[0], wanted[0])
        if self._is_back(asset):
            self._journal.mark_undone(asset.id)
            self._journal.flush()
            return Restored(wanted[0], wanted[0])
        for file in asset.files:
            _refuse(place_blocker(file, self._run))
        for _ in range(_NAMES_TRIED):
            with ExitStack() as stack:
                held = [self._hold(file, stack) for file in asset.files]
                targets = restored_names(wanted, self._disk.is_taken)
                folders = missing_folders(targets)
                intent = reversal(self._disk, asset.files, targets, asset, AssetPurpose.UNDO)
                looks = {path: look for path in folders if (look := self._journal.look_of(asset.run, path)) is not None}
                way = Way(folders, tuple(file.parent for file in asset.files), looks)
                back = self._journal.begin_asset(self._number, intent)
                try:
                    self._mover.move(back, held, (), way)
                except NameTakenError:
                    continue
                except ArrivedError as error:
                    self._report.stopped = f"Stopped after {display_path(targets[0])}: {error}."
                return Restored(wanted[0], targets[0], back.id)
        raise LeftAloneError("no name is free for it")

    def _hold(self, file: FileRow, stack: ExitStack) -> Held:
        """The moved file, open and read; still what the journal says."""
        place = file.place or ""
        stamp = replace(file.move.stamp, mtime_ns=file.placed_mtime_ns or file.move.stamp.mtime_ns)
        move = replace(file.move, source=place, target=None, stamp=stamp)
        try:
            held = hold(self._disk, move, stack, by_content=True)
            _refuse(moved_blocker(file, held.status))
            check_content(self._disk, held)
        except LeftAloneError as error:
            raise LeftAloneError(MOVED_CHANGED if str(error) == CHANGED else str(error)) from error
        return held

    def _is_back(self, asset: AssetRow) -> bool:
        """Somebody (or a power cut before the disk had the move) put every file back already."""
        for file in asset.files:
            if file.place is not None and self._disk.is_taken(file.place):
                return False
            try:
                with ExitStack() as stack:
                    check_content(self._disk, hold(self._disk, file.move, stack, by_content=True))
            except LeftAloneError:
                return False
        return True


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise LeftAloneError(reason)
