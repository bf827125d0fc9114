"""How a begun asset is ended: what is on the disk decides, not what interrupted it.

The same code ends an asset after a refusal in mid-asset, after a fault of the disk, and after a crash at the next start
(``recover.py``), so the crash tests exercise the everyday path too. Nothing is removed but copies, links and placeholders of
dedupe's own, each only while the file it stands for was just read whole at its other place.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum

from dedupe.actions.execution import sidecar_end
from dedupe.actions.execution.links import settle
from dedupe.actions.execution.place import (
    NameTakenError,
    StopError,
    aside_name,
    drop_aside,
    holds,
    place_file,
    remove_source,
    set_aside,
)
from dedupe.actions.journal.journal import Journal
from dedupe.actions.journal.records import SIDECARS, AssetPurpose, AssetRow, AssetState, FileRow, Intent
from dedupe.actions.journal.validate import asset_blocker
from dedupe.actions.planning.checks import LeftAloneError, hold
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.exclusive import move_exclusively, remove_claim
from dedupe.actions.platform.trash import Entry, Trash
from dedupe.terminal.text import display_path
from dedupe.types import FileMove, FileStamp


class Where(Enum):
    """Where a file of an asset is."""

    SOURCE = "not moved"
    BOTH = "at its source, with a copy or link of ours at the target"
    TARGET = "moved"
    UNCLEAR = "needs a person"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How the asset ended, and the sentence for a person where one must look."""

    state: AssetState
    reason: str = ""


class Reconciler:
    """Ends assets from what is on the disk."""

    def __init__(self, disk: Disk, journal: Journal, trash: Trash) -> None:
        self._disk = disk
        self._journal = journal
        self._trash = trash

    def reconcile(self, asset: AssetRow, *, final: bool = False, back: bool = False) -> Reconciled:
        """Put every part of a begun asset back, or finish it where all parts have arrived, and record which.

        With ``back`` it is put back in any case; it is also put back where the photo that it left for is gone.

        Where a folder of the asset is not there (a disk taken out) the asset stays begun, unless ``final``. Raises
        OSError or JournalError where the end itself fails: the asset stays begun, and the next start tries again. The
        record is pending until the journal is flushed.
        """
        asset = self._journal.asset(asset.id)
        forged = asset_blocker(asset, self._journal)
        if forged is not None:
            reconciled = Reconciled(AssetState.NEEDS_PERSON, forged)
        elif asset.purpose in (AssetPurpose.LINK, AssetPurpose.UNLINK):
            return Reconciled(*settle(self._disk, self._journal, asset))
        elif asset.purpose in SIDECARS:
            return Reconciled(*sidecar_end.settle(self._disk, self._journal, asset))
        else:
            reconciled = self._end(asset, [self.locate(file) for file in asset.files], final=final, back=back)
        if reconciled.state is not AssetState.BEGUN:
            self._journal.end_asset(asset, reconciled.state, reconciled.reason)
        return reconciled

    def _end(self, asset: AssetRow, wheres: Sequence[Where], *, final: bool, back: bool) -> Reconciled:
        if Where.UNCLEAR in wheres:
            gone = self._missing_folder(asset)
            if gone is not None and not final:
                return Reconciled(AssetState.BEGUN, f"the folder {display_path(gone)} does not exist now")
            return Reconciled(AssetState.NEEDS_PERSON, self._needs_person(asset, wheres))
        for file in asset.files:
            self._remove_partial(file)
        arrived = Where.TARGET in wheres and Where.SOURCE not in wheres
        if arrived and not back and self._is_kept(asset) and self._forward(asset, wheres):
            for file in asset.files:
                self._drop_leftover(file)
            self.finish(asset)
            return Reconciled(AssetState.DONE)
        return self._backward(asset, wheres)

    # -- finding out -----------------------------------------------------------------------------------------------------

    def locate(self, file: FileRow) -> Where:
        """Find out where the file is now.

        What was set aside gets its name back. Nothing is removed but an empty placeholder of dedupe's own and a trash
        record without a file.
        """
        self._return_aside(file)
        source = self._lstat(file.move.source)
        if file.move.target is None:
            return self._locate_thrown(file, source)
        target = self._lstat(file.move.target)
        expected = (file.move.stamp.dev, file.move.stamp.inode)
        if target is not None and file.claimed and target.st_size == 0 and _identity(target) != expected:
            if source is None:
                # An empty file that has arrived looks like the claim for it.
                return Where.TARGET if self._holds(file, file.move.target) else Where.UNCLEAR
            remove_claim(self._disk, file.move.target, None)
            target = None
        if target is None:
            return Where.SOURCE if source is not None else Where.UNCLEAR
        if source is None:
            return Where.TARGET if self._holds(file, file.move.target) else Where.UNCLEAR
        return self._locate_both(file, source, target)

    def _return_aside(self, file: FileRow) -> None:
        """A source that waited under its private name for its end gets its own name back, if that is free."""
        aside = aside_name(file)
        found = None if aside is None else self._lstat(aside)
        if aside is None or found is None:
            return
        source = self._lstat(file.move.source)
        weak = self._disk.volume(os.path.dirname(aside)).weak
        if source is None:
            move_exclusively(self._disk, aside, file.move.source, links=not weak)  # also what was written to since
        elif not weak and _identity(source) == _identity(found):
            self._disk.unlink(aside)  # a second name of the file, made on the way to its private one
        elif found.st_size == 0 and file.move.stamp.size:
            remove_claim(self._disk, aside, None)  # an empty placeholder of ours

    def _drop_leftover(self, file: FileRow) -> None:
        """What was set aside goes for good where its name was taken by another file, and the copy holds all of it."""
        aside, target = aside_name(file), file.move.target
        if aside is not None and target is not None and self._holds(file, aside) and self._holds(file, target):
            self._disk.unlink(aside)

    def _locate_both(self, file: FileRow, source: os.stat_result, target: os.stat_result) -> Where:
        """Something is at both ends: ours at the target only if its inode says so (where inodes say anything)."""
        place = file.move.target or ""
        expected = (file.move.stamp.dev, file.move.stamp.inode)
        weak = self._disk.volume(os.path.dirname(place)).weak
        if _identity(source) == _identity(target):
            # A weak volume may give one number to two files: only their bytes say that both are ours.
            if weak and self._holds(file, place) and self._holds(file, file.move.source):
                return Where.BOTH
            if not weak and _identity(target) == expected:
                return Where.BOTH
        ours = _identity(target) in (expected, file.copy) or (weak and file.copy is not None)
        if not ours or not self._holds(file, place):
            return Where.SOURCE
        copied = _identity(target) != expected
        return Where.BOTH if copied and self._holds(file, file.move.source) else Where.TARGET

    def _locate_thrown(self, file: FileRow, source: os.stat_result | None) -> Where:
        expected = (file.move.stamp.dev, file.move.stamp.inode)
        weak = self._disk.volume(os.path.dirname(file.move.source)).weak
        unmoved = weak and file.entry is None and self._holds(file, file.move.source)
        if source is not None and (_identity(source) == expected or unmoved):
            with contextlib.suppress(OSError):
                self._trash.sweep(file.info, file.move.source)
            return Where.SOURCE
        entry = self._entry_of(file)
        if entry is not None:
            self._journal.thrown(file, entry.file, entry.info)
            return Where.TARGET
        return Where.SOURCE if source is not None else Where.UNCLEAR

    def _entry_of(self, file: FileRow) -> Entry | None:
        if file.entry is not None and file.info is not None:
            recorded = Entry(file.entry, file.info)
            return recorded if self._holds(file, recorded.file) else None
        if not self._trash.undoable:
            return None
        taken = self._journal.entries_of_others(file)
        free = (entry for entry in self._trash.find(file.move.source) if entry.file not in taken)
        found = [entry for entry in free if self._holds(file, entry.file)]
        expected = (file.move.stamp.dev, file.move.stamp.inode)
        same = (entry for entry in found if _identity(self._disk.lstat(entry.file)) == expected)
        return next(same, next(iter(found), None))

    def _holds(self, file: FileRow, path: str) -> bool:
        """The file at ``path`` has exactly the bytes that were to be moved."""
        try:
            found = self._disk.lstat(path)
        except OSError:
            return False
        same_size = stat.S_ISREG(found.st_mode) and found.st_size == file.move.stamp.size
        return same_size and holds(self._disk, path, file.move.content_key)

    def _lstat(self, path: str) -> os.stat_result | None:
        try:
            return self._disk.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _missing_folder(self, asset: AssetRow) -> str | None:
        for file in asset.files:
            for place in (file.move.source, file.place):
                if place is not None and not os.path.isdir(os.path.dirname(place)):
                    return os.path.dirname(place)
        return None

    def _needs_person(self, asset: AssetRow, wheres: Sequence[Where]) -> str:
        told = []
        for file, where in zip(asset.files, wheres, strict=True):
            name = display_path(file.move.source)
            if where is not Where.UNCLEAR:
                continue
            if file.move.target is None and not self._trash.undoable:
                told.append(f"{name} is not in its place; look in the Trash or Recycle Bin")
            else:
                place = display_path(file.place) if file.place is not None else "in the trash"
                told.append(f"{name} is neither there nor at {place} as it was")
            if file.partial is not None and self._disk.is_taken(file.partial):
                told.append(f"what was copied so far is {display_path(file.partial)}")
        return "; ".join(told)

    # -- ending ----------------------------------------------------------------------------------------------------------

    def _remove_partial(self, file: FileRow) -> None:
        """The unfinished copy, under the name that only this row knows; never while it might be the only one."""
        partial = file.partial
        if partial is None or self._lstat(partial) is None:
            return
        target = file.move.target
        if self._lstat(file.move.source) is not None or (target is not None and self._holds(file, target)):
            self._disk.unlink(partial)

    def _is_kept(self, asset: AssetRow) -> bool:
        """The photo that the asset left for is still there, and as it was."""
        acts = asset.purpose is AssetPurpose.ACT and asset.keeper is not None
        return not acts or holds(self._disk, asset.keeper or "", asset.keeper_key or b"")

    def _forward(self, asset: AssetRow, wheres: Sequence[Where]) -> bool:
        """Every part is at its target, some sources are gone already: let the others go too. False if one cannot."""
        try:
            with ExitStack() as stack:
                aside = []
                for file, where in zip(asset.files, wheres, strict=True):
                    if where is Where.BOTH:
                        held = hold(self._disk, file.move, stack, by_content=True)
                        aside.append(set_aside(self._disk, file, held, siblings=True))
                if aside and not self._is_kept(asset):
                    return False  # the one and the other are one file
                self._sync_targets(asset)
                for one in aside:
                    drop_aside(self._disk, one)
        except (OSError, LeftAloneError, StopError):
            return False
        return True

    def _sync_targets(self, asset: AssetRow) -> None:
        """The names of the copies are on the disk before an original goes: a power cut may have come before they were."""
        places = (file.move.target for file in asset.files)
        for folder in dict.fromkeys(os.path.dirname(place) for place in places if place is not None):
            self._disk.fsync_folder(folder)

    def _backward(self, asset: AssetRow, wheres: Sequence[Where]) -> Reconciled:
        """Undo what was done of the asset, last part first."""
        problems = []
        for file, where in reversed(list(zip(asset.files, wheres, strict=True))):
            now = self.locate(file) if where is Where.BOTH else where
            if now is Where.BOTH:
                self._disk.unlink(file.move.target or "")
            elif now is Where.TARGET and not self._put_back(asset, file):
                problems.append(f"{display_path(file.place or '')} could not be put back")
        if problems:
            return Reconciled(AssetState.NEEDS_PERSON, "; ".join(reversed(problems)))
        return Reconciled(AssetState.ROLLED_BACK)

    def _put_back(self, asset: AssetRow, file: FileRow) -> bool:
        """Move one part back to its source, journalled like any move. False where its place is occupied."""
        row = self._journal.asset(asset.id).files[[part.id for part in asset.files].index(file.id)]
        place = row.place
        if place is None or os.path.realpath(os.path.dirname(row.move.source)) != row.parent:
            return False
        back = self._journal.begin_asset(asset.run, reversal(self._disk, (row,), (row.move.source,), asset))
        try:
            with ExitStack() as stack:
                held = hold(self._disk, back.files[0].move, stack, by_content=True)
                if place_file(self._disk, self._journal, back.files[0], held).copied:
                    remove_source(self._disk, back.files[0], held, siblings=False)
        except (NameTakenError, LeftAloneError, StopError):
            return self.reconcile(back).state is AssetState.DONE
        self.finish(back)
        self._journal.end_asset(back, AssetState.DONE)
        return True

    def finish(self, asset: AssetRow) -> None:
        """What is left to do once every part of an asset has arrived: times, and the trash's records."""
        for file in asset.files:
            place = file.move.target
            if place is not None and asset.purpose is not AssetPurpose.ACT:
                if file.info is not None:
                    self._trash.forget(Entry(file.move.source, file.info), place)
                if self._disk.lstat(place).st_mtime_ns != file.move.stamp.mtime_ns:
                    self._disk.set_times(place, file.move.stamp.mtime_ns)
            elif place is not None:
                self._journal.arrived(file, self._disk.lstat(place).st_mtime_ns)


def reversal(
    disk: Disk,
    files: Sequence[FileRow],
    targets: Sequence[str],
    asset: AssetRow,
    purpose: AssetPurpose = AssetPurpose.PUT_BACK,
) -> Intent:
    """Make the intent that moves ``files`` from where they are to ``targets``.

    Each file is to have its journalled time stamp again there. Raises OSError where a file is not at its place.
    """
    moves = []
    for file, target in zip(files, targets, strict=True):
        place = file.place or ""
        found = FileStamp.of(disk.lstat(place))
        stamp = FileStamp(found.dev, found.inode, file.move.stamp.size, file.move.stamp.mtime_ns, found.ctime_ns)
        moves.append(FileMove(place, target, stamp, file.move.content_key))
    return Intent(
        purpose=purpose,
        moves=tuple(moves),
        parents=tuple(os.path.realpath(os.path.dirname(move.source)) for move in moves),
        partials=tuple(partial_name(move.target) for move in moves),
        group=asset.group,
        relation=asset.relation,
        reverses=asset.id,
        # Only a file that comes out of the trash leaves a record behind.
        infos=tuple(file.info if file.move.target is None else None for file in files),
    )


def partial_name(target: str | None) -> str | None:
    """A name beside ``target`` for an unfinished copy that nobody else uses."""
    if target is None:
        return None
    return os.path.join(os.path.dirname(target), f".dedupe-{os.urandom(8).hex()}.partial")


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
