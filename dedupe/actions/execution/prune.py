"""Folders that a run emptied: named after it, removed where that was asked for, made again before its photos come back.

Only a folder that a photo of this run has left, below a scanned folder and never one itself, is looked at; and only the file
system decides whether it is empty: rmdir refuses any other. The intent is in the journal before the folder goes.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Sequence

from dedupe.actions.journal.journal import Journal
from dedupe.actions.journal.records import RunRow
from dedupe.actions.planning.names import is_plain, root_of
from dedupe.actions.platform.disk import Disk
from dedupe.types import Outcome, OutcomeKind


def emptied(disk: Disk, outcomes: Iterable[Outcome], roots: Sequence[str]) -> tuple[str, ...]:
    """The folders that are empty now that photos have left them, the inner ones first.

    A folder that holds only such folders is one of them too.
    """
    left = {
        os.path.dirname(move.source)
        for outcome in outcomes
        if outcome.kind is OutcomeKind.DONE
        for move in outcome.action.moves
    }
    empty: dict[str, None] = {}
    for start in sorted(left, key=lambda path: (-path.count(os.sep), os.fsencode(path))):
        folder = start
        while folder not in empty and _is_below(folder, roots) and _holds_only(disk, folder, empty):
            empty[folder] = None
            folder = os.path.dirname(folder)
    return tuple(sorted(empty, key=lambda path: (-path.count(os.sep), os.fsencode(path))))


def _is_below(folder: str, roots: Sequence[str]) -> bool:
    """Whether ``folder`` is inside a scanned folder; False for a scanned folder itself, even inside another."""
    return (
        is_plain(folder)
        and root_of(folder, roots) is not None
        and folder not in {root.rstrip(os.sep) for root in roots}
    )


def _holds_only(disk: Disk, folder: str, empty: Iterable[str]) -> bool:
    try:
        if stat.S_ISLNK(disk.lstat(folder).st_mode):
            return False
        names = disk.listdir(folder)
    except OSError:
        return False
    return all(os.path.join(folder, name) in empty for name in names)


def prune(disk: Disk, journal: Journal, run: int, folders: Sequence[str]) -> tuple[str, ...]:
    """Remove these folders, the inner ones first; those that are gone now. One that is not empty any more stays."""
    gone = []
    for folder in folders:
        with contextlib.suppress(OSError):
            mode = stat.S_IMODE(disk.lstat(folder).st_mode)
            journal.add_removed_folder(run, folder, mode)
            journal.flush()
            try:
                disk.rmdir(folder)
            except OSError:
                journal.forget_folder(run, folder)
                journal.flush()
                raise
            disk.fsync_folder(os.path.dirname(folder))
            gone.append(folder)
    return tuple(gone)


def make_again(disk: Disk, journal: Journal, run: RunRow) -> None:
    """Make the folders that ``run`` removed, as they were, the outer ones first.

    A folder that cannot be made is skipped: the photo that goes into it deals with that.
    """
    for folder, mode in sorted(journal.removed_folders(run.id), key=lambda one: len(one[0])):
        if not _is_below(folder, run.roots) or os.path.realpath(os.path.dirname(folder)) != _real_parent(
            folder, run.roots
        ):
            continue
        with contextlib.suppress(OSError):
            disk.mkdir(folder)
            disk.set_mode(folder, mode)
            disk.fsync_folder(os.path.dirname(folder))


def _real_parent(folder: str, roots: Sequence[str]) -> str:
    """Where the folder's parent is if there is no link between it and its root."""
    root = root_of(folder, roots) or os.sep
    below = os.path.relpath(os.path.dirname(folder), root)
    return os.path.normpath(os.path.join(os.path.realpath(root), below))
