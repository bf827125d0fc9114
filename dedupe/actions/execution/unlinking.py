"""Undoing links: each path gets a file of its own again, with the same bytes and the look that it had."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace

from dedupe.actions.execution.linking import Look
from dedupe.actions.execution.links import replace_file, settle, stand_in_name
from dedupe.actions.execution.place import StopError, refusal
from dedupe.actions.journal.journal import Journal
from dedupe.actions.journal.records import AssetPurpose, AssetRow, AssetState, FileRow, Intent
from dedupe.actions.planning.checks import Held, LeftAloneError, check_content, hold
from dedupe.actions.platform.disk import CHUNK, Disk
from dedupe.types import FileStamp

CHANGED_SINCE = "changed since it became a link"


def give_own_file(disk: Disk, journal: Journal, run: int, asset: AssetRow) -> int:
    """Undo one link; the number of the asset of the undo.

    Raises LeftAloneError where the path does not lead to the link any more, StopError or OSError where nothing more may move.
    """
    [file] = asset.files
    source = file.move.source
    look = Look.of_text(file.info)
    if look is None:
        raise LeftAloneError("the journal does not say how it was")
    with ExitStack() as stack:
        held = _hold(disk, file, stack)
        move = replace(file.move, stamp=FileStamp.of(held.status))
        intent = Intent(
            purpose=AssetPurpose.UNLINK,
            moves=(move,),
            parents=(file.parent,),
            partials=(stand_in_name(source),),
            group=asset.group,
            relation=asset.relation,
            reverses=asset.id,
            infos=(file.info,),
        )
        back = journal.begin_asset(run, intent)
        try:
            replace_file(disk, journal, back, held, lambda beside: _copy(disk, held, beside, look))
        except (LeftAloneError, StopError, OSError) as error:
            state, reason = settle(disk, journal, back)
            journal.flush()
            if state in (AssetState.NEEDS_PERSON, AssetState.BEGUN):
                raise StopError(f"{error}: {reason}") from error
            if state is not AssetState.DONE:
                raise refusal(error) from error
    return back.id


def _hold(disk: Disk, file: FileRow, stack: ExitStack) -> Held:
    """The link, open and read to its end, still the one that dedupe made."""
    try:
        status = disk.lstat(file.move.source)
    except FileNotFoundError:
        raise LeftAloneError("no longer exists") from None
    if file.copy is not None and status.st_ino != file.copy[1]:
        raise LeftAloneError(CHANGED_SINCE)
    held = hold(disk, replace(file.move, stamp=FileStamp.of(status)), stack)
    try:
        check_content(disk, held)
    except LeftAloneError as error:
        raise LeftAloneError(CHANGED_SINCE) from error
    return held


def _copy(disk: Disk, held: Held, beside: str, look: Look) -> None:
    made = disk.create(beside)
    try:
        disk.rewind(held.handle)
        while chunk := disk.read(held.handle, CHUNK):
            disk.write(made, chunk)
        disk.copy_metadata(held.move.source, held.handle, beside, made)
        disk.set_look(made, look.mode, (look.uid, look.gid), (look.atime_ns, look.mtime_ns))
        disk.fsync(made)
    finally:
        disk.close(made)
    disk.fsync_folder(os.path.dirname(beside))
