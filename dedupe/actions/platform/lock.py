"""One dedupe acts at a time: a lock file that names its holder, and the kernel's own lock inside it.

The file is made with O_EXCL and never removed: a second process could hold the removed file and a third a new one, both
believing themselves alone (filelock #574). The kernel's lock falls with its process, so a dead holder's is simply
taken over. What is written in the file decides where the kernel's lock does not reach: another host, or a file system
without locks.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dedupe.errors import LockedError, RefusedError
from dedupe.terminal.text import display_path

# Far behind the text, so that others can still read who holds it: a Windows lock is mandatory.
_WINDOWS_LOCK_BYTE = 1 << 30
_BEGINS = b'{"pid"'
_MOST_BYTES = 4096
_NO_LOCKS = frozenset((errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL))


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that wrote itself into the lock file."""

    pid: int
    host: str

    @property
    def here(self) -> bool:
        """It is, or was, a process of this machine."""
        return self.host == platform.node()


@contextmanager
def only_one(path: str) -> Iterator[None]:
    """Hold the lock at ``path`` for the length of the block.

    Raises LockedError, naming the holder, where another dedupe acts; RefusedError where the file cannot be used.
    """
    handle = _open(path)
    try:
        try:
            _claim(handle, path)
        except OSError as error:
            raise RefusedError(f"The lock {display_path(path)} cannot be used: {error.strerror}.") from error
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # the kernel's lock falls anyway
                _write(handle, None)
    finally:
        os.close(handle)


def _claim(handle: int, path: str) -> None:
    kernel_lock = _try_lock(handle, path)
    holder = _read(handle)
    if holder is not None and _still_holds(holder, kernel_lock):
        raise LockedError(in_the_way(holder, path))
    _write(handle, Holder(os.getpid(), platform.node()))


def _open(path: str) -> int:
    flags = os.O_RDWR
    for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        try:
            return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            handle = os.open(path, flags)
    except OSError as error:
        raise RefusedError(f"The lock {display_path(path)} cannot be opened: {error.strerror}.") from error
    if foreign_blocker(handle):
        os.close(handle)
        raise RefusedError(f"{display_path(path)} is not a dedupe lock; it was left as it is, and nothing was touched.")
    return handle


def foreign_blocker(handle: int) -> str | None:
    """The file may be somebody's, under another name as well: a lock is small, has one name, and says who holds it."""
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1 or status.st_size > _MOST_BYTES:
        return "is not a lock"
    os.lseek(handle, 0, os.SEEK_SET)
    begins = os.read(handle, len(_BEGINS))
    return None if _BEGINS.startswith(begins) else "holds something else"


def _try_lock(handle: int, path: str) -> bool:
    """True with the kernel's lock held, False where the file system has none; LockedError where another holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, _WINDOWS_LOCK_BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
            raise LockedError(in_the_way(_read(handle), path)) from None
        raise
    return True


def _still_holds(holder: Holder, kernel_lock: bool) -> bool:
    """Another host may hold it where this kernel's lock does not reach; a process of this one that is dead does not."""
    if not holder.here:
        return True
    return not kernel_lock and is_alive(holder.pid)


def is_alive(pid: int) -> bool:
    """A process of that number runs on this machine."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        process = kernel.OpenProcess(0x1000, False, pid)
        if process:
            kernel.CloseHandle(process)
        return bool(process)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def started(pid: int) -> str:
    """What tells a process from a later one of the same number: when it was started, "" where the system does not tell."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode("ascii")
    except (OSError, IndexError, UnicodeDecodeError):
        return ""


def in_the_way(holder: Holder | None, path: str) -> str:
    """The sentence that names who acts."""
    if holder is None:
        return "Another dedupe is acting on photos right now; nothing was touched."
    if holder.here:
        return f"Another dedupe (process {holder.pid}) is acting on photos right now; nothing was touched."
    return (
        f"A dedupe on the machine {display_path(holder.host)!r} (process {holder.pid}) holds the lock; nothing was "
        f"touched. If it no longer runs there, empty the file {display_path(path)}."
    )


def _read(handle: int) -> Holder | None:
    """Who is written in the file; None where it is empty, or the writer died in the middle of writing."""
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        found = json.loads(os.read(handle, 4096))
        return Holder(int(found["pid"]), str(found["host"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _write(handle: int, holder: Holder | None) -> None:
    text = b"" if holder is None else json.dumps({"pid": holder.pid, "host": holder.host}).encode()
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, text)
    os.fsync(handle)
