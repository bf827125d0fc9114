"""The plan carried out, strictly one asset after the other.

For each asset: guards on the plan → files of both sides opened and read → intent committed → moved, nothing overwritten →
verified. A refusal leaves that asset alone and the next begins; a fault of the disk, the trash or the journal stops the
run, with everything begun put right. What is counted at the end was looked up on the disk again.
"""

from __future__ import annotations

import functools
import operator
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dedupe.actions.execution.checker import Checker
from dedupe.actions.execution.guards import (
    Terms,
    Ways,
    seen_twice_blocker,
    ways_of,
    without_shared,
)
from dedupe.actions.execution.move import Mover, OneFileError, Way, make_folder, missing_folders
from dedupe.actions.execution.own_words import NOT_BEGUN, each_own, would_write, write_own
from dedupe.actions.execution.place import ArrivedError, NameTakenError, StopError, refusal
from dedupe.actions.execution.reconcile import partial_name
from dedupe.actions.execution.recover import tidy
from dedupe.actions.execution.sidecars import Sidecars, drafted
from dedupe.actions.journal.journal import Journal, JournalError
from dedupe.actions.journal.records import AssetPurpose, AssetRow, Intent, RunPurpose
from dedupe.actions.planning.checks import Held, LeftAloneError
from dedupe.actions.planning.names import MARKER, free_names, root_of
from dedupe.actions.planning.preflight import is_inside
from dedupe.actions.planning.siblings import Siblings
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.folders import FolderLook
from dedupe.actions.platform.trash import Trash
from dedupe.actions.platform.volumes import is_under
from dedupe.actions.report import freed
from dedupe.errors import RefusedError
from dedupe.terminal.text import display_path
from dedupe.types import Action, ActionKind, Outcome, OutcomeKind

if TYPE_CHECKING:
    from dedupe.rescue.draft import Draft

Progress = Callable[[int, int], None]
"""Called with (assets dealt with, assets in all)."""

Stop = Callable[[], bool]
"""Asked between two assets: whether the run is to end there."""

INTERRUPTED = "Stopped by Ctrl-C, between two photos."
STOPPED_AS_ASKED = "Stopped as you asked, between two photos."

STOPPED = "Stopped there; the rest was not started. `dedupe recover`, or the next run, finishes what is left."
MARKER_TEXT = b"dedupe moved duplicate photos here. Scans skip this folder as long as this file is in it.\n"
_NAMES_TRIED = 20


class TargetError(StopError):
    """The folder to move to cannot be made."""


def common_look(looks: Sequence[FolderLook]) -> FolderLook | None:
    """How the folder looks that photos from all these go to: as the one, or open to none who may not enter them all."""
    if len(looks) <= 1:
        return looks[0] if looks else None
    first = looks[0]
    mode = functools.reduce(operator.and_, (look.mode for look in looks))
    return FolderLook(mode, first.uid, first.gid) if all(look.uid == first.uid for look in looks) else None


# -- carrying out ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Applied:
    """What became of the actions, in their order, why the run ended early where it did, and what a person should know."""

    outcomes: list[Outcome] = field(default_factory=list)
    stopped: str | None = None
    notes: list[str] = field(default_factory=list)
    refused: str | None = None
    own: list[Outcome] = field(default_factory=list)


def rehearse(
    actions: Sequence[Action], terms: Terms, disk: Disk, progress: Progress | None = None, own: Sequence[Action] = ()
) -> Applied:
    """The dry run: every guard and every check of the real one, and then nothing."""
    applied = Applied()
    gone: set[str] = set()
    with Checker(disk, terms, Trash(disk), Siblings(disk)) as checker:
        for planned in actions:
            action = without_shared(planned, terms, gone)
            try:
                with ExitStack() as stack:
                    checker.check(action, stack)
                    made = drafted(action, terms.scanned)
                gone.update(move.source for move in action.moves)
                applied.outcomes.append(_would(action, made))
            except LeftAloneError as error:
                applied.outcomes.append(Outcome(action, OutcomeKind.REFUSED, str(error)))
            except OSError as error:
                applied.outcomes.append(Outcome(action, OutcomeKind.FAILED, str(refusal(error))))
            if progress is not None:
                progress(len(applied.outcomes), len(actions))
    applied.own, _ = each_own(own, lambda action: would_write(action, terms, disk), lambda: None)
    return applied


def _would(action: Action, made: Draft | None) -> Outcome:
    done = Outcome(action, OutcomeKind.DONE, bytes_freed=freed(action))
    return done if made is None else replace(done, sidecar=made.path, saved=made.saved)


class Applier:
    """One run. Use ``run`` once, with the lock held and every earlier asset reconciled."""

    def __init__(self, terms: Terms, disk: Disk, journal: Journal, trash: Trash) -> None:
        self._terms = terms
        self._disk = disk
        self._journal = journal
        self._trash = trash
        self._checker = Checker(disk, terms, trash, Siblings(disk))
        self._gone: set[str] = set()
        self._same: set[Ways] = set()
        self._noted: set[str] = set()
        self._lost: set[str] = set()
        self._mover = Mover(disk, journal, trash)
        self._assets: list[int] = []
        self._prepared = False
        self._stopped: str | None = None
        purpose = RunPurpose.TRASH if terms.kind is ActionKind.TRASH else RunPurpose.MOVE
        try:
            self.number = journal.begin_run(purpose, target=terms.target, roots=terms.scanned)
        except JournalError as error:
            raise RefusedError(f"{error} Nothing was touched.") from error
        self._sidecars = Sidecars(disk, journal, self.number, terms.scanned)

    def run(
        self,
        actions: Sequence[Action],
        progress: Progress | None = None,
        stop: Stop | None = None,
        own: Sequence[Action] = (),
    ) -> Applied:
        """Carry out the actions in order, then those of ``own``. Never raises for what goes wrong: the outcomes say it."""
        applied = Applied()
        with deferred_interrupt(stop) as interrupted, self._checker:
            for action in actions:
                applied.stopped = applied.stopped or interrupted()
                if applied.stopped is not None:
                    applied.outcomes.append(Outcome(action, OutcomeKind.REFUSED, NOT_BEGUN))
                    continue
                self._one(action, applied)
                if progress is not None:
                    tell(progress, len(applied.outcomes), len(actions))
            self._own(own, applied, interrupted)
            self._end(applied)
        return applied

    def _one(self, action: Action, applied: Applied) -> None:
        try:
            done = self._act(action)
        except OneFileError as error:
            self._same.add(ways_of(action, self._terms))
            applied.notes.append(one_file_note(action))
            applied.outcomes.append(Outcome(action, OutcomeKind.REFUSED, str(error)))
        except LeftAloneError as error:
            applied.outcomes.append(Outcome(action, OutcomeKind.REFUSED, str(error)))
        except (StopError, JournalError, OSError) as error:
            phrase = str(refusal(error))
            applied.outcomes.append(Outcome(action, OutcomeKind.FAILED, phrase.rstrip(".")))
            applied.stopped = STOPPED
            if isinstance(error, TargetError) and not self._assets:
                applied.refused = f"{phrase[:1].upper()}{phrase[1:]}. Nothing was touched."
        else:
            applied.outcomes.append(done)
            applied.stopped = self._stopped

    def _own(self, own: Sequence[Action], applied: Applied, interrupted: Callable[[], str | None]) -> None:
        def write(action: Action) -> Outcome | None:
            return write_own(action, self._terms, self._disk, self._sidecars)

        applied.own, failed = each_own(own, write, lambda: applied.stopped or interrupted())
        late = interrupted() if any(one.reason == NOT_BEGUN for one in applied.own) else None
        applied.stopped = applied.stopped or (STOPPED if failed else late)

    def _act(self, action: Action) -> Outcome:
        """One asset, with what only it says written beside the photo that stays before."""
        action = self._sidecars.current(without_shared(action, self._terms, self._gone))
        if action.handover is None:
            return self._leave(action)
        with ExitStack() as stack:
            self._checked(action, stack)
            written = self._sidecars.write(action)
        if written is None:
            return self._leave(action)
        try:
            done = self._leave(self._sidecars.current(action))
        except Exception:
            self._sidecars.take_back(written, action.keeper.source)
            raise
        return replace(done, sidecar=written.draft.path, saved=written.draft.saved)

    def _leave(self, action: Action) -> Outcome:
        """One asset, under another name where its own is taken meanwhile."""
        for _ in range(_NAMES_TRIED):
            with ExitStack() as stack:
                victims, keepers = self._checked(action, stack)
                self._prepare_target()
                asset, way = self._begin(action)
                try:
                    lost = self._mover.move(asset, victims, keepers, way)
                except NameTakenError:
                    action = self._renamed(action)
                    continue
                except ArrivedError as error:
                    lost = ()
                    self._stopped = f"Stopped after it: {error}. The rest was not started."
            self._assets.append(asset.id)
            self._gone.update(move.source for move in action.moves)
            lost, self._lost = (*dict.fromkeys((*self._lost, *lost)),), set()
            note = f"moved without {', '.join(lost)}" if lost else ""
            return Outcome(action, OutcomeKind.DONE, note, freed(action))
        raise LeftAloneError("no name is free for it")

    def _checked(self, action: Action, stack: ExitStack) -> tuple[list[Held], list[Held]]:
        _refuse(seen_twice_blocker(action, self._terms, self._same))
        return self._checker.check(action, stack)

    def _begin(self, action: Action) -> tuple[AssetRow, Way]:
        """The intent of the asset, and of the folders it needs, on the disk."""
        targets = [move.target for move in action.moves]
        folders = missing_folders(targets) if self._terms.target is not None else ()
        for folder in folders:
            self._journal.add_folder(self.number, folder)
        self._note_parents(action)
        intent = Intent(
            purpose=AssetPurpose.ACT,
            moves=action.moves,
            parents=tuple(os.path.realpath(os.path.dirname(move.source)) for move in action.moves),
            partials=tuple(partial_name(target) for target in targets),
            group=action.group,
            relation=action.relation.value,
            keeper=action.keeper,
            infos=self._trash.records(action.moves) if self._terms.target is None else (),
        )
        reals = tuple(None if target is None else os.path.dirname(target) for target in targets)
        return self._journal.begin_asset(self.number, intent), Way(folders, reals, self._looks(action, folders))

    def _note_parents(self, action: Action) -> None:
        """How the folders look that photos leave, for an undo that has to make them again."""
        for move in action.moves:
            root, folder = root_of(move.source, self._terms.roots), os.path.dirname(move.source)
            while root is not None and folder not in self._noted and is_under(folder, root):
                self._noted.add(folder)
                self._journal.add_parent(self.number, folder, self._disk.look_of(folder))
                folder = os.path.dirname(folder)

    def _looks(self, action: Action, folders: Sequence[str]) -> dict[str, FolderLook]:
        """The folders to be made look like those that the photos leave."""
        looks = {}
        for move in action.moves:
            root = root_of(move.source, self._terms.roots)
            made, left = os.path.dirname(move.target or ""), os.path.dirname(move.source)
            while root is not None and made in folders and is_under(left, root):
                looks[made] = self._disk.look_of(left)
                made, left = os.path.dirname(made), os.path.dirname(left)
        return looks

    def _renamed(self, action: Action) -> Action:
        names = free_names([move.target or "" for move in action.moves], self._disk.is_taken)
        moves = (replace(move, target=name) for move, name in zip(action.moves, names, strict=True))
        return replace(action, moves=tuple(moves))

    def _prepare_target(self) -> None:
        """Before the first file: the folder, and inside a scanned one the marker that later scans skip it by."""
        target = self._terms.target
        if self._prepared or target is None:
            return
        folders = missing_folders([os.path.join(target, MARKER)])
        for folder in folders:
            self._journal.add_folder(self.number, folder)
        marker = os.path.join(target, MARKER)
        marked = is_inside(target, self._terms.scanned) and not self._disk.is_taken(marker)
        if marked:
            self._journal.add_folder(self.number, marker, marker=True)
        self._journal.flush()
        try:
            for folder in folders:
                look = common_look([self._disk.look_of(root) for root in self._terms.roots])
                self._lost.update(make_folder(self._disk, folder, look if folder == target else None))
                self._disk.fsync_folder(os.path.dirname(folder))
            if marked:
                handle = self._disk.create(marker)
                self._disk.write(handle, MARKER_TEXT)
                self._disk.close(handle)
        except OSError as error:
            problem = refusal(error)
            phrase = str(problem) if isinstance(problem, StopError) else (error.strerror or "").lower()
            raise TargetError(f"the target folder cannot be made ({phrase})") from error
        self._prepared = True

    # -- the end -----------------------------------------------------------------------------------------------------------

    def _end(self, applied: Applied) -> None:
        """Look at the disk once more, then close the run in the journal."""
        try:
            self._recheck(applied)
            if not any(outcome.kind is OutcomeKind.DONE for outcome in applied.outcomes):
                tidy(self._disk, self._journal, self.number)
            if applied.stopped is None or not self._journal.open_assets():
                self._journal.end_run(self.number)
        except (JournalError, OSError) as error:
            applied.stopped = unfinished(error)

    def _recheck(self, applied: Applied) -> None:
        """Every asset that was said to be gone is gone, and is where it was said to be."""
        assets = iter(self._assets)
        for index, outcome in enumerate(applied.outcomes):
            if outcome.kind is not OutcomeKind.DONE:
                continue
            reason = arrival_blocker(self._disk, self._journal.asset(next(assets)), self._trash.undoable)
            if reason is not None:
                applied.outcomes[index] = replace(outcome, kind=OutcomeKind.FAILED, reason=reason, bytes_freed=0)
                applied.stopped = applied.stopped or "The disk does not show what was done."


def tell(progress: Progress, done: int, total: int) -> None:
    """Report progress; a screen that is gone or full must not end an act half-way."""
    with suppress(OSError, ValueError):
        progress(done, total)


def one_file_note(action: Action) -> str:
    """What was found out about the two folders."""
    photo, keeper = (display_path(os.path.dirname(move.source)) for move in (action.moves[0], action.keeper))
    return f"{photo} and {keeper} show the same files: nothing more was moved between them. Scan only one of the two."


def unfinished(error: JournalError | OSError) -> str:
    """Why the end of a run could not be written down, as a sentence for the report."""
    if isinstance(error, OSError):
        return f"The disk could not be looked at once more ({refusal(error)}); the next run corrects the journal."
    return f"{error} The photos are where they were said to be; the next run corrects the journal."


def arrival_blocker(disk: Disk, asset: AssetRow, undoable: bool) -> str | None:
    """The disk shows the opposite of what the journal says was done."""
    if asset.keeper is not None and not disk.is_taken(asset.keeper):
        return "the photo that stays is no longer there"
    for file in asset.files:
        if disk.is_taken(file.move.source):
            found = disk.lstat(file.move.source)
            if (found.st_dev, found.st_ino) == (file.move.stamp.dev, file.move.stamp.inode):
                return "it is still in its place"
        if file.place is None:
            if undoable:
                return "it is not in the trash"
        elif not disk.is_taken(file.place) or disk.lstat(file.place).st_size != file.move.stamp.size:
            return "it is not where it was moved to"
    return None


@contextmanager
def deferred_interrupt(stop: Stop | None = None) -> Iterator[Callable[[], str | None]]:
    """Within the block Ctrl-C is remembered instead of raised, so that no asset is cut in two.

    The callable says why the run must end now (Ctrl-C, or ``stop`` says so) as a sentence, or None.
    """
    seen = threading.Event()

    def reason() -> str | None:
        if seen.is_set():
            return INTERRUPTED
        return STOPPED_AS_ASKED if stop is not None and stop() else None

    if threading.current_thread() is not threading.main_thread():
        yield reason
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.set())
    try:
        yield reason
    finally:
        signal.signal(signal.SIGINT, before)


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise LeftAloneError(reason)
