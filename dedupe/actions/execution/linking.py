"""Copies replaced by links: the space comes back, and every path still leads to the picture.

Only copies of the very same bytes on the same volume as the photo that stays: both are read and compared byte for byte just
before. A hard link makes two names of one file; a reflink makes a file of its own that shares its blocks until one is written
to. Nothing else is touched: companions stay as they are. Each replacement is journalled, and undo gives each path a file of
its own again, with the mode, owner and times that it had.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from dedupe.actions.execution.apply import Applied, Progress, Stop, deferred_interrupt
from dedupe.actions.execution.guards import Terms, keeper_blocker, path_blocker, way_blocker
from dedupe.actions.execution.links import replace_file, settle, stand_in_name
from dedupe.actions.execution.place import StopError, refusal
from dedupe.actions.journal.journal import Journal, JournalError
from dedupe.actions.journal.records import AssetPurpose, AssetRow, AssetState, Intent, RunPurpose
from dedupe.actions.planning.checks import Held, LeftAloneError, hold_asset
from dedupe.actions.planning.plan import protected_blocker, selected
from dedupe.actions.platform.disk import Disk
from dedupe.errors import RefusedError
from dedupe.types import Action, ActionKind, Extra, FileMove, Outcome, OutcomeKind, Photo, Relation, ScanResult

NOT_IDENTICAL = "isn't byte-identical to the photo that stays, so it can't be a link to it"
OTHER_VOLUME = "is on another file system than the photo that stays"
_NO_EXCHANGE = "its file system can't replace a file in one step"
_NO_LINKS = "its file system has no hard links"
_LEAVES_TOO = "the photo that stays is selected for removal too"
_NO_CLONES = "its file system has no reflinks"
_UNSUPPORTED = frozenset(
    (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV, errno.EPERM)
)


@dataclass(frozen=True, slots=True)
class Look:
    """What of a file is not in its bytes; what it had before it became a link."""

    mode: int
    uid: int
    gid: int
    atime_ns: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Look:
        """The look of an open file."""
        mode = status.st_mode & 0o7777
        return cls(mode, status.st_uid, status.st_gid, status.st_atime_ns, status.st_mtime_ns)

    def packed(self) -> str:
        """As the journal keeps it."""
        return json.dumps([self.mode, self.uid, self.gid, self.atime_ns, self.mtime_ns])

    @classmethod
    def of_text(cls, text: str | None) -> Look | None:
        """What ``packed`` was made of; None where it is nothing of the kind."""
        try:
            numbers = json.loads(text or "")
        except (ValueError, RecursionError):
            return None
        if (
            not isinstance(numbers, list)
            or len(numbers) != 5
            or not all(type(one) is int and one >= 0 for one in numbers)
        ):
            return None
        mode, *rest = numbers
        return cls(mode & 0o7777, *rest)


# -- the plan --------------------------------------------------------------------------------------------------------------


def draft_links(result: ScanResult, kind: ActionKind) -> tuple[list[Action], list[Outcome]]:
    """An action for each selected copy that may become a link, and the others with the reason. Touches nothing."""
    leaving = {extra.photo.path for _, extra in selected(result)}
    actions, left = [], []
    for group, extra in selected(result):
        keep = group.keeper_of(extra)
        action = Action(kind, group.id, extra.relation, (_move(extra.photo),), _move(keep))
        reason = link_blocker(extra, keep) or (_LEAVES_TOO if keep.path in leaving else None)
        if reason is None:
            actions.append(action)
        else:
            left.append(Outcome(action, OutcomeKind.REFUSED, reason))
    return actions, left


def _move(photo: Photo) -> FileMove:
    return FileMove(photo.path, None, photo.file.stamp, photo.content_key)


def link_blocker(extra: Extra, keep: Photo) -> str | None:
    """Why this copy must not become a link, by what the scan said."""
    if extra.relation is not Relation.IDENTICAL or extra.photo.content_key != keep.content_key:
        return NOT_IDENTICAL
    if extra.photo.file.links_inside or extra.photo.file.stamp.links > 1:
        return "has several names already"
    return protected_blocker(extra.photo)


# -- the acting ------------------------------------------------------------------------------------------------------------


def checked(disk: Disk, action: Action, terms: Terms, stack: ExitStack) -> tuple[Held, Held]:
    """The copy and the photo that stays, open, read and equal. Raises LeftAloneError."""
    _refuse(None if action.relation is Relation.IDENTICAL else NOT_IDENTICAL)
    _refuse(path_blocker(action, terms) or keeper_blocker(action, terms))
    [victim], [keeper] = hold_asset(disk, action, stack)
    _refuse(way_blocker(action, terms.scanned))
    _refuse(OTHER_VOLUME if victim.status.st_dev != keeper.status.st_dev else None)
    _refuse(_NO_LINKS if victim.volume_is_weak or keeper.volume_is_weak else None)
    if action.kind is ActionKind.HARD_LINK:
        _refuse(attributes_blocker(disk, victim, keeper))
    return victim, keeper


def attributes_blocker(disk: Disk, victim: Held, keeper: Held) -> str | None:
    """A hard link has the attributes of the photo that stays: what only the copy carries (tags, comments) would be lost."""
    mine, others = disk.attributes(victim.handle), disk.attributes(keeper.handle)
    return "has tags or other attributes that the photo that stays lacks" if mine.items() - others.items() else None


def rehearse_links(actions: Sequence[Action], terms: Terms, disk: Disk, progress: Progress | None) -> Applied:
    """The dry run: every check of the real one, and then nothing."""
    applied = Applied()
    for action in actions:
        try:
            with ExitStack() as stack:
                victim, _ = checked(disk, action, terms, stack)
            applied.outcomes.append(Outcome(action, OutcomeKind.DONE, bytes_freed=victim.status.st_size))
        except LeftAloneError as error:
            applied.outcomes.append(Outcome(action, OutcomeKind.REFUSED, str(error)))
        except OSError as error:
            applied.outcomes.append(Outcome(action, OutcomeKind.FAILED, str(refusal(error))))
        if progress is not None:
            progress(len(applied.outcomes), len(actions))
    return applied


class Linker:
    """One run. Use ``run`` once, with the lock held and every earlier asset reconciled."""

    def __init__(self, terms: Terms, disk: Disk, journal: Journal) -> None:
        self._terms = terms
        self._disk = disk
        self._journal = journal
        try:
            self.number = journal.begin_run(RunPurpose.LINK, target=None, roots=terms.roots)
        except JournalError as error:
            raise RefusedError(f"{error} Nothing was touched.") from error

    def run(self, actions: Sequence[Action], progress: Progress | None = None, stop: Stop | None = None) -> Applied:
        """Carry out the actions in order. Never raises for what goes wrong with them: the outcomes say it."""
        applied = Applied()
        with deferred_interrupt(stop) as interrupted:
            for action in actions:
                applied.stopped = applied.stopped or interrupted()
                if applied.stopped is not None:
                    applied.outcomes.append(
                        Outcome(action, OutcomeKind.REFUSED, "not started, because the run had stopped")
                    )
                    continue
                self._one(action, applied)
                if progress is not None:
                    progress(len(applied.outcomes), len(actions))
            if not self._journal.open_assets():
                self._journal.end_run(self.number)
        return applied

    def _one(self, action: Action, applied: Applied) -> None:
        try:
            with ExitStack() as stack:
                victim, keeper = checked(self._disk, action, self._terms, stack)
                size = victim.status.st_size
                self._replace(action, victim, keeper)
            applied.outcomes.append(Outcome(action, OutcomeKind.DONE, bytes_freed=size))
        except LeftAloneError as error:
            applied.outcomes.append(Outcome(action, OutcomeKind.REFUSED, str(error)))
        except (StopError, JournalError, OSError) as error:
            phrase = str(refusal(error))
            applied.outcomes.append(Outcome(action, OutcomeKind.FAILED, phrase.rstrip(".")))
            applied.stopped = "Stopped there; the rest was not started."

    def _replace(self, action: Action, victim: Held, keeper: Held) -> None:
        source = action.moves[0].source
        intent = Intent(
            purpose=AssetPurpose.LINK,
            moves=action.moves,
            parents=(os.path.realpath(os.path.dirname(source)),),
            partials=(stand_in_name(source),),
            group=action.group,
            relation=action.relation.value,
            keeper=action.keeper,
            infos=(Look.of(victim.status).packed(),),
        )
        asset = self._journal.begin_asset(self.number, intent)
        try:
            replace_file(
                self._disk, self._journal, asset, victim, lambda beside: self._make(action, victim, keeper, beside)
            )
        except (LeftAloneError, StopError, OSError) as error:
            self._put_right(asset, error)

    def _make(self, action: Action, victim: Held, keeper: Held, beside: str) -> None:
        """The link under the stand-in name. Raises LeftAloneError where the volume has none of the kind."""
        if action.kind is ActionKind.HARD_LINK:
            with _telling(_NO_LINKS):
                self._disk.link(keeper.move.source, beside)
            found = self._disk.lstat(beside)
            if (found.st_dev, found.st_ino) != keeper.identity:
                raise StopError("another file took the place of the photo that stays")
            return
        made = self._disk.create(beside)
        try:
            with _telling(_NO_CLONES):
                self._disk.clone(keeper.handle, made)
            self._disk.copy_metadata(victim.move.source, victim.handle, beside, made)
            self._disk.fsync(made)
        finally:
            self._disk.close(made)

    def _put_right(self, asset: AssetRow, error: Exception) -> None:
        """Settle the asset, then raise what it means for the others."""
        state, reason = settle(self._disk, self._journal, asset)
        self._journal.flush()
        if state in (AssetState.NEEDS_PERSON, AssetState.BEGUN):
            raise StopError(f"{error}: {reason}") from error
        if state is AssetState.DONE:
            return
        if isinstance(error, OSError) and error.errno in _UNSUPPORTED:
            raise LeftAloneError(_NO_EXCHANGE) from error
        raise refusal(error) from error


class _telling:  # noqa: N801 - used like a function
    """Within the block a volume that cannot do this makes a LeftAloneError with this phrase."""

    def __init__(self, phrase: str) -> None:
        self._phrase = phrase

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and error.errno in _UNSUPPORTED | {errno.EMLINK}:
            raise LeftAloneError(self._phrase) from error


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise LeftAloneError(reason)
