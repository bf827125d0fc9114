"""A sidecar written beside the photo that stays, before a copy leaves; and taken back. No photo is opened for writing here.

The new bytes are written under a name of dedupe's own in the same folder, synced and read back. Where there is no sidecar they
get its name by a rename that overwrites nothing. Where there is one, both names are exchanged in one step and what came out is
looked at; only if it is the very file that was read is it removed, and its bytes are in the journal since before the first step.
Whatever interrupts this, the contents that the journal names say how far it came.
"""

from __future__ import annotations

import contextlib
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dedupe.actions.execution.links import stand_in_name
from dedupe.actions.execution.place import StopError, holds, refusal
from dedupe.actions.execution.sidecar_end import identity, key_at, settle
from dedupe.actions.journal.journal import Journal, JournalError
from dedupe.actions.journal.records import AssetPurpose, AssetRow, AssetState, FileRow, Intent
from dedupe.actions.planning.checks import CHANGED, Held, LeftAloneError, check_content, hold, still_blocker
from dedupe.actions.planning.names import is_plain, root_of
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.exclusive import move_exclusively
from dedupe.formats.hashing import digest
from dedupe.types import Action, FileMove, FileStamp

if TYPE_CHECKING:
    from dedupe.rescue.draft import Draft

CHANGED_SINCE = "its sidecar changed since it was written"
UNWRITABLE = "the folder of the photo that stays can't be written to"
NO_EXCHANGE = "the file system of the photo that stays can't replace its sidecar in one step"
OUTSIDE = "its sidecar would lie outside the scanned folders"
_HARD_LINK = "the sidecar of the photo that stays has another name (a hard link)"
_NEW = FileStamp(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Written:
    """A sidecar that a run wrote: its row in the journal, and what it says."""

    asset: AssetRow
    draft: Draft


def drafted(action: Action, roots: tuple[str, ...]) -> Draft | None:
    """The sidecar that this action needs beside the photo that stays; None where none is needed, or where all is written already.

    Raises LeftAloneError where it must not leave without one and cannot have it.
    """
    if action.handover is None:
        return None
    from dedupe.report.phrases import obstacle
    from dedupe.rescue.draft import draft
    from dedupe.rescue.stated import RescueError

    told = action.handover
    staying = {part.source for part in (action.keeper, *action.keeper_parts)}
    if told.keep.path not in staying or (told.copy is not None and told.copy.path != action.moves[0].source):
        raise LeftAloneError("its metadata is planned for another photo")
    try:
        made = draft(told.copy, told.keep, told.added)
    except RescueError as error:
        raise LeftAloneError(obstacle(error.obstacle, error.detail)) from error
    if made is not None:
        _refuse(path_blocker(made.path, roots))
    return made


def path_blocker(path: str, roots: tuple[str, ...]) -> str | None:
    """The sidecar would not be in a scanned folder that may be written to."""
    if not is_plain(path) or root_of(path, roots) is None or not path.lower().endswith(".xmp"):
        return OUTSIDE
    return None if os.access(os.path.dirname(path), os.W_OK | os.X_OK) else UNWRITABLE


class Sidecars:
    """Writes the sidecars of one run."""

    def __init__(self, disk: Disk, journal: Journal, run: int, roots: tuple[str, ...]) -> None:
        self._disk = disk
        self._journal = journal
        self._run = run
        self._roots = roots
        self._new: dict[str, dict[str, FileMove]] = {}

    def current(self, action: Action) -> Action:
        """The action with the sidecars that this run has written beside its keeper, in place of those that the scan saw."""
        new = self._new.get(action.keeper.source)
        if not new:
            return action
        others = tuple(part for part in action.keeper_parts if part.source not in new)
        return replace(action, keeper_parts=(*others, *new.values()))

    def write(self, action: Action) -> Written | None:
        """Write the sidecar that ``action`` needs, or return None where nothing is to be written.

        On return it is in its place, synced and read back. Raises LeftAloneError or StopError; the sidecar is then as it
        was.
        """
        made = drafted(action, self._roots)
        if made is None:
            return None
        with ExitStack() as stack:
            held = self._held(made, stack)
            stamp = _NEW if held is None else FileStamp.of(held.status)
            intent = Intent(
                purpose=AssetPurpose.RESCUE,
                moves=(FileMove(made.path, None, stamp, digest(made.after)),),
                parents=(os.path.realpath(os.path.dirname(made.path)),),
                partials=(stand_in_name(made.path),),
                group=action.group,
                relation=action.relation.value,
                keeper=action.keeper,
                before=made.before,
            )
            asset = self._journal.begin_asset(self._run, intent)
            try:
                put(self._disk, self._journal, asset, made.after, held or action.keeper.source)
            except (LeftAloneError, StopError, OSError) as error:
                put_right(self._disk, self._journal, asset, error)
        self._journal.end_asset(asset, AssetState.DONE)
        now = FileStamp.of(self._disk.lstat(made.path))
        self._new.setdefault(action.keeper.source, {})[made.path] = FileMove(
            made.path, None, now, asset.files[0].move.content_key
        )
        return Written(asset, made)

    def take_back(self, written: Written, keeper: str) -> None:
        """Bring the sidecar to what it was, because the copy could not leave. What cannot be taken back is left to an undo."""
        with contextlib.suppress(LeftAloneError, StopError, JournalError, OSError):
            take_back(self._disk, self._journal, self._run, written.asset)
            self._new.get(keeper, {}).pop(written.draft.path, None)
            if written.draft.before is not None:
                now = FileStamp.of(self._disk.lstat(written.draft.path))
                before = FileMove(written.draft.path, None, now, digest(written.draft.before))
                self._new.setdefault(keeper, {})[written.draft.path] = before

    def _held(self, made: Draft, stack: ExitStack) -> Held | None:
        """The existing sidecar, open and read, with the bytes that the new one was made from."""
        if made.before is None:
            _refuse("a file took the name of its sidecar" if self._disk.is_taken(made.path) else None)
            return None
        held = _hold(self._disk, made.path, digest(made.before), stack)
        _refuse(_HARD_LINK if held.status.st_nlink > 1 and not held.volume_is_weak else None)
        _refuse(NO_EXCHANGE if held.volume_is_weak else None)
        return held


def take_back(disk: Disk, journal: Journal, run: int, asset: AssetRow) -> None:
    """Bring a sidecar to what it was before ``asset`` wrote it: the earlier bytes, or none.

    Raises LeftAloneError where somebody wrote to it since, StopError or OSError where the disk does not allow it.
    """
    [file] = asset.files
    before = journal.sidecar_before(file)
    with ExitStack() as stack:
        try:
            held = _hold(disk, file.move.source, file.move.content_key, stack)
        except LeftAloneError as error:
            raise LeftAloneError(CHANGED_SINCE) from error
        intent = Intent(
            purpose=AssetPurpose.UNRESCUE,
            moves=(FileMove(file.move.source, None, FileStamp.of(held.status), file.move.content_key),),
            parents=(file.parent,),
            partials=(stand_in_name(file.move.source),),
            group=asset.group,
            relation=asset.relation,
            reverses=asset.id,
            before=before,
        )
        back = journal.begin_asset(run, intent)
        try:
            if before is None:
                _remove(disk, back.files[0], held)
            else:
                put(disk, journal, back, before, held, mtime_ns=asset.files[0].move.stamp.mtime_ns)
        except (LeftAloneError, StopError, OSError) as error:
            put_right(disk, journal, back, error)
    journal.end_asset(back, AssetState.DONE)


# -- the steps -------------------------------------------------------------------------------------------------------------


def put(disk: Disk, journal: Journal, asset: AssetRow, data: bytes, like: Held | str, *, mtime_ns: int = 0) -> None:
    """Make ``data`` the sidecar of ``asset``: in the place of the held one, or new, with the look of the photo ``like``.

    Raises LeftAloneError, StopError or OSError, with the disk as ``settle`` finds it.
    """
    [file] = asset.files
    path, beside = file.move.source, file.partial or ""
    made = disk.create(beside)
    try:
        disk.write(made, data)
        _give_look(disk, like, (beside, made), mtime_ns)
        disk.fsync(made)
        status = disk.fstat(made)
    finally:
        disk.close(made)
    journal.copied(file, status)
    if key_at(disk, beside) != digest(data):
        raise StopError("the sidecar that was written is not what was meant")
    if isinstance(like, str):
        weak = disk.volume(os.path.dirname(path)).weak
        move_exclusively(
            disk,
            beside,
            path,
            links=not weak,
            claimed=lambda: journal.claimed(file),
            unclaimed=lambda: journal.unclaimed(file),
        )
    else:
        _exchange(disk, journal, file, like, status)
    disk.fsync_folder(os.path.dirname(path))
    if not holds(disk, path, digest(data)):
        raise StopError("the sidecar does not hold what was written")


def _exchange(disk: Disk, journal: Journal, file: FileRow, held: Held, made: os.stat_result) -> None:
    path, beside = file.move.source, file.partial or ""
    _refuse(still_blocker(disk, held, siblings=False))
    disk.exchange(beside, path)
    changed = exchanged_blocker(held, made, disk.lstat(beside), disk.lstat(path))
    if changed is not None:
        disk.exchange(beside, path)
        raise LeftAloneError(changed)
    disk.fsync_folder(os.path.dirname(path))
    journal.placed(file)
    disk.unlink(beside)


def exchanged_blocker(held: Held, made: os.stat_result, out: os.stat_result, now: os.stat_result) -> str | None:
    """What came out is not the sidecar that was read, or what went in is not the new one: somebody wrote in the last instant."""
    same = (out.st_size, out.st_mtime_ns) == (held.status.st_size, held.status.st_mtime_ns)
    return None if same and identity(out) == held.identity and identity(now) == identity(made) else CHANGED


def _remove(disk: Disk, file: FileRow, held: Held) -> None:
    """The sidecar that a run wrote goes: first to a name of dedupe's own, where it is looked at once more."""
    path, aside = file.move.source, file.partial or ""
    _refuse(still_blocker(disk, held, siblings=False))
    move_exclusively(disk, path, aside, links=not held.volume_is_weak)
    disk.fsync_folder(os.path.dirname(path))
    if key_at(disk, aside) != file.move.content_key:
        raise LeftAloneError(CHANGED_SINCE)
    disk.unlink(aside)
    disk.fsync_folder(os.path.dirname(path))


def _give_look(disk: Disk, like: Held | str, made: tuple[str, int], mtime_ns: int) -> None:
    """Give it mode and owner of what it replaces, or of the photo that it is about; its time is now, unless one is named."""
    now = time.time_ns()
    if isinstance(like, str):
        status = disk.lstat(like)
        disk.set_look(made[1], status.st_mode & 0o666, (status.st_uid, status.st_gid), (now, now))
        return
    disk.copy_metadata(like.move.source, like.handle, *made)
    status = like.status
    disk.set_look(made[1], status.st_mode & 0o7777, (status.st_uid, status.st_gid), (now, mtime_ns or now))


def put_right(disk: Disk, journal: Journal, asset: AssetRow, error: Exception) -> None:
    """Reconcile the asset, then raise what it means for the others; raise nothing where it had gone through."""
    state, reason = settle(disk, journal, asset)
    journal.flush()
    if state in (AssetState.NEEDS_PERSON, AssetState.BEGUN):
        raise StopError(f"{error}: {reason}") from error
    if state is AssetState.DONE:
        return
    if isinstance(error, OSError):
        raise _meaning(error) from error
    raise error


def _meaning(error: OSError) -> Exception:
    import errno

    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return LeftAloneError(UNWRITABLE)
    if error.errno in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP):
        return LeftAloneError(NO_EXCHANGE)
    if error.errno == errno.EEXIST:
        return LeftAloneError("a file took the name of its sidecar")
    return refusal(error)


def _hold(disk: Disk, path: str, key: bytes, stack: ExitStack) -> Held:
    """The sidecar at ``path``, open and read to its end; it has the content ``key``. Raises LeftAloneError."""
    try:
        status = disk.lstat(path)
    except OSError:
        raise LeftAloneError("its sidecar no longer exists") from None
    held = hold(disk, FileMove(path, None, FileStamp.of(status), key), stack)
    check_content(disk, held)
    return held


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise LeftAloneError(reason)
