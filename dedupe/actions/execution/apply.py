"""The plan carried out, strictly one asset after the other.

For each asset: guards on the plan → files of both sides opened and read → intent committed → moved, nothing overwritten →
verified. A refusal leaves that asset alone and the next begins; a fault of the disk, the trash or the journal stops the
run, with everything begun put right. What is counted at the end was looked up on the disk again.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from dedupe.actions.execution.move import Mover, OneFileError, Way, missing_folders
from dedupe.actions.execution.place import ArrivedError, NameTakenError, StopError, refusal
from dedupe.actions.execution.reconcile import partial_name
from dedupe.actions.execution.recover import tidy
from dedupe.actions.journal.journal import Journal, JournalError
from dedupe.actions.journal.records import AssetPurpose, AssetRow, Intent, RunPurpose
from dedupe.actions.planning.checks import KEEPER, Held, LeftAloneError, hold_asset
from dedupe.actions.planning.names import MARKER, free_names, is_plain, root_of
from dedupe.actions.planning.preflight import is_inside
from dedupe.actions.planning.siblings import Siblings
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.trash import Trash
from dedupe.actions.platform.volumes import membership_under
from dedupe.actions.report import freed
from dedupe.errors import RefusedError
from dedupe.terminal.text import display_path
from dedupe.types import Action, ActionKind, Outcome, OutcomeKind, Relation

Progress = Callable[[int, int], None]
"""Called with (assets dealt with, assets in all)."""

Stop = Callable[[], bool]
"""Asked between two assets: whether the run is to end there."""

INTERRUPTED = "Stopped by Ctrl-C, between two photos."
STOPPED_AS_ASKED = "Stopped as you asked, between two photos."

SEEN_TWICE = "lies where the same files are seen twice"
NOT_BEGUN = "not begun, because the run had stopped"
STOPPED = "Stopped there: the rest was not begun. The next start, or `dedupe recover`, puts right what is left to do."
MARKER_TEXT = b"dedupe moved duplicate photos here. Scans skip this folder as long as this file is in it.\n"
_NAMES_TRIED = 20


@dataclass(frozen=True, slots=True)
class Terms:
    """What the plan as a whole means for each of its actions. ``target`` is a real path, None for the trash."""

    kind: ActionKind
    target: str | None
    roots: tuple[str, ...]
    sources: frozenset[str]
    identities: frozenset[tuple[int, int]]
    shared: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        actions: Sequence[Action],
        kind: ActionKind,
        target: str | None,
        roots: Sequence[str],
        shared: Mapping[str, frozenset[str]] | None = None,
    ) -> Terms:
        """The terms of a plan; ``shared`` as in ``Plan``."""
        moves = [move for action in actions for move in action.moves]
        return cls(
            kind=kind,
            target=target,
            roots=tuple(roots),
            sources=frozenset(move.source for move in moves),
            identities=frozenset((move.stamp.dev, move.stamp.inode) for move in moves),
            shared=shared or {},
        )


# -- guards on the plan (it may have been edited, or forged) ---------------------------------------------------------------


def plan_blocker(action: Action, terms: Terms) -> str | None:
    """Why the plan alone forbids this action, as a phrase, or None. Looks at no file."""
    return (
        relation_blocker(action)
        or path_blocker(action, terms)
        or target_blocker(action, terms)
        or keeper_blocker(action, terms)
    )


def relation_blocker(action: Action) -> str | None:
    """Another shot of the same scene is no duplicate."""
    return "is another shot, no duplicate" if action.relation is Relation.SIMILAR else None


def path_blocker(action: Action, terms: Terms) -> str | None:
    """Only plain paths below the scanned folders are acted on, and each once."""
    sources = [move.source for move in action.moves]
    for path in (*sources, *(part.source for part in (action.keeper, *action.keeper_parts))):
        if not is_plain(path) or root_of(path, terms.roots) is None:
            return "lies outside the scanned folders"
    return None if sources and len(set(sources)) == len(sources) else "names no file, or one twice"


def target_blocker(action: Action, terms: Terms) -> str | None:
    """Every file goes below the folder that was named, or to the trash."""
    targets = [move.target for move in action.moves]
    if action.kind is not terms.kind:
        return "is planned for another kind of action"
    if terms.target is None:
        return None if not any(targets) else "is planned for a folder, not for the trash"
    for target in targets:
        if (
            target is None
            or not is_plain(target)
            or target == terms.target
            or not membership_under(target, terms.target)
        ):
            return "would not land in the folder that was named"
    return None


def keeper_blocker(action: Action, terms: Terms) -> str | None:
    """The photo that stays must not leave by another action of the plan, under whatever name."""
    for part in (action.keeper, *action.keeper_parts):
        if part.source in terms.sources or (part.stamp.dev, part.stamp.inode) in terms.identities:
            return "the photo that stays is to leave as well"
    return None


def way_blocker(action: Action, roots: Sequence[str]) -> str | None:
    """No link stands between a root and a file: one that took a folder's place would lead somewhere else."""
    staying = (action.keeper, *action.keeper_parts)
    for path, whose in (*((move.source, "") for move in action.moves), *((part.source, KEEPER) for part in staying)):
        root, folder = root_of(path, roots) or "", os.path.dirname(path)
        straight = os.path.normpath(os.path.join(os.path.realpath(root), os.path.relpath(folder, root or os.sep)))
        if os.path.normcase(os.path.realpath(folder)) != os.path.normcase(straight):
            return whose + "is reached through a link"
    return None


def shared_blocker(action: Action, terms: Terms, siblings: Siblings) -> str | None:
    """A companion of the asset belongs to a photo too that came after the plan was made."""
    own = {move.source for move in action.moves}
    others = (siblings.owners(path) - own - terms.shared.get(path, frozenset()) for path in own)
    return "shares a companion with a photo that the scan did not see" if any(others) else None


Ways = tuple[str, str, int, int]
"""The roots below which a photo and the one that stays lie, and their devices."""


def ways_of(action: Action, terms: Terms) -> Ways:
    """How the two photos of an action are reached."""
    photo, keeper = action.moves[0], action.keeper
    roots = [root_of(move.source, terms.roots) or "" for move in (photo, keeper)]
    return roots[0], roots[1], photo.stamp.dev, keeper.stamp.dev


def seen_twice_blocker(action: Action, terms: Terms, same: Collection[Ways]) -> str | None:
    """Two photos reached in these ways turned out to be one file: so may any other two."""
    return SEEN_TWICE if same and ways_of(action, terms) in same else None


def without_shared(action: Action, terms: Terms, gone: Collection[str]) -> Action:
    """The action without the companions that must stay, because a photo which shares them has not left."""
    own = {move.source for move in action.moves}
    kept = {path for path in own if any(name not in own and name not in gone for name in terms.shared.get(path, ()))}
    if not kept:
        return action
    return replace(action, moves=tuple(move for move in action.moves if move.source not in kept))


# -- carrying out ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Applied:
    """What became of the actions, in their order, why the run ended early where it did, and what a person should know."""

    outcomes: list[Outcome] = field(default_factory=list)
    stopped: str | None = None
    notes: list[str] = field(default_factory=list)


def rehearse(actions: Sequence[Action], terms: Terms, disk: Disk, progress: Progress | None = None) -> Applied:
    """The dry run: every guard and every check of the real one, and then nothing."""
    applied = Applied()
    trash, siblings = Trash(disk), Siblings(disk)
    gone: set[str] = set()
    for planned in actions:
        action = without_shared(planned, terms, gone)
        try:
            with ExitStack() as stack:
                _checked(disk, trash, action, terms, stack, siblings=siblings)
            gone.update(move.source for move in action.moves)
            applied.outcomes.append(Outcome(action, OutcomeKind.DONE, bytes_freed=freed(action)))
        except LeftAloneError as error:
            applied.outcomes.append(Outcome(action, OutcomeKind.REFUSED, str(error)))
        except OSError as error:
            applied.outcomes.append(Outcome(action, OutcomeKind.FAILED, str(refusal(error))))
        if progress is not None:
            progress(len(applied.outcomes), len(actions))
    return applied


def _checked(
    disk: Disk, trash: Trash, action: Action, terms: Terms, stack: ExitStack, *, siblings: Siblings
) -> tuple[list[Held], list[Held]]:
    """Every guard on one action: its files and its keeper's, open and read. Raises LeftAloneError."""
    _refuse(plan_blocker(action, terms))
    victims, keepers = hold_asset(disk, action, stack)
    _refuse(way_blocker(action, terms.roots))
    _refuse(siblings.unseen_blocker([move.source for move in action.moves], terms.shared, again=True))
    _refuse(shared_blocker(action, terms, siblings))
    if action.kind is ActionKind.TRASH:
        for held in victims:
            _refuse(trash.blocker(held.move.source, held.status))
    return victims, keepers


class Applier:
    """One run. Use ``run`` once, with the lock held and every earlier asset settled."""

    def __init__(self, terms: Terms, disk: Disk, journal: Journal, trash: Trash) -> None:
        self._terms = terms
        self._disk = disk
        self._journal = journal
        self._trash = trash
        self._siblings = Siblings(disk)
        self._gone: set[str] = set()
        self._same: set[Ways] = set()
        self._mover = Mover(disk, journal, trash)
        self._assets: list[int] = []
        self._prepared = False
        self._stopped: str | None = None
        purpose = RunPurpose.TRASH if terms.kind is ActionKind.TRASH else RunPurpose.MOVE
        try:
            self.number = journal.begin_run(purpose, target=terms.target, roots=terms.roots)
        except JournalError as error:
            raise RefusedError(f"{error} Nothing was touched.") from error

    def run(self, actions: Sequence[Action], progress: Progress | None = None, stop: Stop | None = None) -> Applied:
        """Carry out the actions in order. Never raises for what goes wrong with them: the outcomes say it."""
        applied = Applied()
        with deferred_interrupt(stop) as interrupted:
            for action in actions:
                applied.stopped = applied.stopped or interrupted()
                if applied.stopped is not None:
                    applied.outcomes.append(Outcome(action, OutcomeKind.REFUSED, NOT_BEGUN))
                    continue
                self._one(action, applied)
                if progress is not None:
                    progress(len(applied.outcomes), len(actions))
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
            phrase = str(refusal(error) if isinstance(error, OSError) else error)
            applied.outcomes.append(Outcome(action, OutcomeKind.FAILED, phrase.rstrip(".")))
            applied.stopped = STOPPED
        else:
            applied.outcomes.append(done)
            applied.stopped = self._stopped

    def _act(self, action: Action) -> Outcome:
        """One asset, under another name where its own is taken meanwhile."""
        action = without_shared(action, self._terms, self._gone)
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
                    self._stopped = f"Stopped after it: {error}. The rest was not begun."
            self._assets.append(asset.id)
            self._gone.update(move.source for move in action.moves)
            note = f"moved without {', '.join(lost)}" if lost else ""
            return Outcome(action, OutcomeKind.DONE, note, freed(action))
        raise LeftAloneError("no name is free for it")

    def _checked(self, action: Action, stack: ExitStack) -> tuple[list[Held], list[Held]]:
        _refuse(seen_twice_blocker(action, self._terms, self._same))
        return _checked(self._disk, self._trash, action, self._terms, stack, siblings=self._siblings)

    def _begin(self, action: Action) -> tuple[AssetRow, Way]:
        """The intent of the asset, and of the folders it needs, on the disk."""
        targets = [move.target for move in action.moves]
        folders = missing_folders(targets) if self._terms.target is not None else ()
        for folder in folders:
            self._journal.add_folder(self.number, folder)
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
        return self._journal.begin_asset(self.number, intent), Way(folders, reals)

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
        marked = is_inside(target, self._terms.roots) and not self._disk.is_taken(marker)
        if marked:
            self._journal.add_folder(self.number, marker, marker=True)
        self._journal.flush()
        try:
            for folder in folders:
                self._disk.mkdir(folder)
                self._disk.fsync_folder(os.path.dirname(folder))
            if marked:
                handle = self._disk.create(marker)
                self._disk.write(handle, MARKER_TEXT)
                self._disk.close(handle)
        except OSError as error:
            problem = refusal(error)
            phrase = str(problem) if isinstance(problem, StopError) else (error.strerror or "").lower()
            raise StopError(f"the target folder cannot be made ({phrase})") from error
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


def one_file_note(action: Action) -> str:
    """What was found out about the two folders."""
    photo, keeper = (display_path(os.path.dirname(move.source)) for move in (action.moves[0], action.keeper))
    return f"{photo} and {keeper} show the same files: nothing more was moved between them. Scan only one of the two."


def unfinished(error: JournalError | OSError) -> str:
    """Why the end of a run could not be written down, as a sentence for the report."""
    if isinstance(error, OSError):
        return f"The disk could not be looked at once more ({refusal(error)}); the next start settles the journal."
    return f"{error} The photos are where they were said to be; the next start settles the journal."


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
