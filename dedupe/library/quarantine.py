"""Moving a database that cannot be used out of the way, without losing or overwriting anything."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dedupe.errors import StoreError
from dedupe.terminal.text import display_path

_SHARED_FIRST = 0x4000_0002
_SHARED_BYTES = 510


def keep_aside(path: str, why: str) -> str:
    """Renames the database at ``path``, with its log, to ``NAME.WHY-YYYYmmdd-HHMMSS`` and returns that path.

    Nothing is overwritten: a name that is taken gets a number. Raises StoreError where it cannot be renamed.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for number in range(1000):
        aside = f"{path}.{why}-{stamp}" + (f"-{number}" if number else "")
        try:
            # The log goes first: a fresh database must never find the old one's log beside it.
            for suffix in ("-wal", "-shm", "-journal", ""):
                if os.path.lexists(path + suffix):
                    _rename(path + suffix, aside + suffix)
        except FileExistsError:
            continue
        except OSError as error:
            raise StoreError(f"The unusable {display_path(path)} cannot be kept aside: {error.strerror}.") from error
        return aside
    raise StoreError("A thousand unusable stores of this second have been kept aside already.")


def _rename(source: str, target: str) -> None:
    """A rename that fails where ``target`` exists. Databases only: photos go through ``actions.disk``."""
    if os.name == "nt":
        os.rename(source, target)  # noqa: TID251 - refuses to overwrite on Windows
        return
    try:
        os.link(source, target)  # noqa: TID251 - the store's own file, never a photo
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: claim the name, then replace our own empty claim.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
        os.replace(source, target)  # noqa: TID251 - the target is the claim made in the line above
    else:
        os.unlink(source)  # noqa: TID251 - its second name was made above


@contextmanager
def folder_lock(path: str, *, alone: bool) -> Iterator[None]:
    """Held, with others, while a database in this folder is opened, and ``alone`` while one is kept aside.

    SQLite finds a log by its name: a database must not be renamed while another process is about to open the one or the
    other. Where the system has no such lock (Windows) the rename itself fails while another process has the file open.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
    except OSError:  # The opening that follows says what is wrong with the folder.
        yield
        return
    try:
        fcntl.flock(folder, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(folder)


def in_use(path: str) -> bool:
    """Whether another process has the database open; this one must not.

    A connection with a write-ahead log holds SQLite's shared lock as long as it is open
    (https://sqlite.org/src/file/src/os.h: 510 bytes behind the pending and the reserved byte).
    """
    try:
        import fcntl
    except ImportError:
        return False
    with open(path, "r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_BYTES, _SHARED_FIRST)
        except BlockingIOError:
            return True
    return False
