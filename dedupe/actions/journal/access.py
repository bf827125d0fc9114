"""One dedupe at a time: a lock of the user's, a lock beside the journal, and a lease in the journal itself.

The user's lock keeps two stores from acting on one tree. Two users, or one with two state folders, share none; so the
journal that they both use has a lock beside it. And a journal that is reached under two names has two of those, but one
lease.
"""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from dedupe.actions.journal.journal import Journal
from dedupe.actions.journal.opening import JournalError
from dedupe.actions.journal.records import Lease
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.lock import Holder, in_the_way, is_alive, only_one, started
from dedupe.errors import LockedError, RefusedError

_SILENT_S = 3600
"""A holder on another machine that has not renewed its lease for so long is taken to be dead."""


class ActionPaths(Protocol):
    """Where the journal and the lock are (``library.paths.StorePaths`` is one)."""

    @property
    def journal(self) -> str:
        """The journal's file."""

    @property
    def lock(self) -> str:
        """The lock's file."""


@contextmanager
def acting_alone(paths: ActionPaths, disk: Disk) -> Iterator[Journal]:
    """The open journal, with both locks and the lease held for the length of the block.

    Raises LockedError where another dedupe acts, RefusedError or JournalError where a file cannot be used.
    """
    beside = os.path.realpath(paths.journal) + ".lock"
    with only_one(paths.lock), only_one(beside), Journal(paths.journal, disk) as journal:
        _take(journal)
        try:
            yield journal
        finally:
            with contextlib.suppress(JournalError):
                journal.release()


def _take(journal: Journal) -> None:
    mine = Lease(os.getpid(), platform.node(), started(os.getpid()), time.time())
    try:
        with journal.exclusively():
            reason = lease_blocker(journal.lease(), journal.path)
            if reason is not None:
                raise LockedError(reason)
            journal.put_lease(mine)
    except JournalError as error:
        raise RefusedError(f"{error} Nothing was touched.") from error


def lease_blocker(lease: Lease | None, path: str) -> str | None:
    """Somebody else acts by this journal, as a sentence, or None."""
    if lease is None:
        return None
    holder = Holder(lease.pid, lease.host)
    if not holder.here:
        return in_the_way(holder, path) if abs(time.time() - lease.renewed) < _SILENT_S else None
    alive = lease.pid != os.getpid() and is_alive(lease.pid) and started(lease.pid) == lease.token
    return in_the_way(holder, path) if alive else None
