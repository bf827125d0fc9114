"""The only door through which dedupe changes a photo disk. Nothing here overwrites, and nothing here deletes a photo.

Each method is one step that can fail or be the last one before a crash; the order that makes them safe is in
``place.py``. ``rename``, ``link`` and ``create`` refuse an occupied name in the system call itself, so a file that
appears between a check and the act survives. ``unlink`` is called only on copies and placeholders that dedupe made, and
on a source whose copy was just read back and found equal.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

from dedupe.actions.platform.exchange import clone, exchange
from dedupe.actions.platform.exclusive import NO_EXCLUSIVE_RENAME
from dedupe.actions.platform.folders import FolderLook, look_of, missing_of
from dedupe.actions.platform.volumes import Volume, volume_of

CHUNK = 1 << 20
"""Bytes read or written at a time."""

_AT_FDCWD, _RENAME_NOREPLACE, _RENAME_EXCL = -100, 1, 4
_OF_USER = ("user.", "com.apple.metadata:")
_COPYFILE_ACL_STAT_XATTR = 1 | 2 | 4
# A new label belongs to the new place; only the administrator could carry the old one there.
_LABELS = ("security.selinux", "security.ima", "security.evm")


class _Call(Protocol):
    def __call__(self, *args: object) -> int: ...


def _exclusive_rename() -> Callable[[bytes, bytes], int] | None:
    """The C library's rename that fails on an occupied name (renameat2(2), renamex_np(2)), None where it has none."""
    if sys.platform == "win32":
        return None
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        apple = cast("_Call | None", getattr(library, "renamex_np", None))
        return None if apple is None else lambda source, target: apple(source, target, _RENAME_EXCL)
    call = cast("_Call | None", getattr(library, "renameat2", None))
    if call is None:
        return None
    return lambda source, target: call(_AT_FDCWD, source, _AT_FDCWD, target, _RENAME_NOREPLACE)


_EXCLUSIVE_RENAME = _exclusive_rename()


class Disk:
    """The real disk. Paths are absolute ``str`` as ``os.fsdecode`` makes them; every method raises OSError."""

    def __init__(self) -> None:
        self._volumes: dict[str, Volume] = {}

    # -- reading -------------------------------------------------------------------------------------------------------

    def lstat(self, path: str) -> os.stat_result:
        """What is under this name, a link itself and not what it points at."""
        return os.lstat(path)

    def is_taken(self, path: str) -> bool:
        """Something has this name; a dangling link counts."""
        return os.path.lexists(path)

    def open_read(self, path: str) -> int:
        """A descriptor for reading; fails with ELOOP on a link, and never waits on a pipe."""
        flags = os.O_RDONLY
        for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOCTTY"):
            flags |= getattr(os, name, 0)
        return os.open(path, flags)

    def fstat(self, handle: int) -> os.stat_result:
        """The status of the file that an open descriptor refers to."""
        return os.fstat(handle)

    def read(self, handle: int, size: int) -> bytes:
        """Up to ``size`` bytes, empty at the end."""
        return os.read(handle, size)

    def rewind(self, handle: int) -> None:
        """The next read begins at the first byte."""
        os.lseek(handle, 0, os.SEEK_SET)

    def close(self, handle: int) -> None:
        """Give the descriptor back."""
        os.close(handle)

    def listdir(self, folder: str) -> list[str]:
        """The names in a folder."""
        return os.listdir(folder)

    def free_bytes(self, folder: str) -> int:
        """Bytes that this user may still write on the volume of an existing folder."""
        return shutil.disk_usage(folder).free

    def volume(self, folder: str) -> Volume:
        """The volume that a folder is on, looked up once a folder."""
        if folder not in self._volumes:
            self._volumes[folder] = volume_of(folder)
        return self._volumes[folder]

    # -- folders -------------------------------------------------------------------------------------------------------

    def mkdir(self, folder: str, mode: int = 0o777) -> None:
        """Make one folder; its parent is there."""
        os.mkdir(folder, mode)

    def look_of(self, folder: str) -> FolderLook:
        """Mode, owner and access lists of a folder."""
        return look_of(folder)

    def give_look(self, folder: str, look: FolderLook) -> tuple[str, ...]:
        """Give a folder that dedupe made these; what could not be given, by name."""
        if sys.platform == "win32":
            return ()
        with contextlib.suppress(OSError):  # first, because it clears bits of the mode
            os.chown(folder, look.uid, look.gid)
        for name, value in look.attributes.items():
            with contextlib.suppress(OSError, AttributeError):
                os.setxattr(folder, name, value)
        with contextlib.suppress(OSError):
            os.chmod(folder, look.mode)  # noqa: PTH101 - a path may hold bytes that are no text
        return tuple(missing_of(look, folder))

    def rmdir(self, folder: str) -> None:
        """Remove a folder, if it is empty."""
        os.rmdir(folder)

    def set_mode(self, folder: str, mode: int) -> None:
        """Give a folder that was made again its permissions back."""
        Path(folder).chmod(mode)

    # -- names, without overwriting ------------------------------------------------------------------------------------

    def rename(self, source: str, target: str) -> None:
        """Rename a file on one volume, never over another.

        Raises FileExistsError where ``target`` is taken, EXDEV across volumes, and an error of
        ``exclusive.NO_EXCLUSIVE_RENAME`` where the volume cannot promise that.
        """
        if sys.platform == "win32":
            os.rename(source, target)  # MoveFileEx without MOVEFILE_REPLACE_EXISTING: refuses by itself
            return
        if _EXCLUSIVE_RENAME is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), source, None, target)
        if _EXCLUSIVE_RENAME(os.fsencode(source), os.fsencode(target)):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), source, None, target)

    def link(self, source: str, target: str) -> None:
        """A second name for the file; FileExistsError where ``target`` is taken."""
        os.link(source, target, follow_symlinks=False)

    def create(self, path: str) -> int:
        """A new empty file, open for writing and reading; FileExistsError where the name is taken."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):
            flags |= getattr(os, name, 0)
        return os.open(path, flags, 0o600)

    def replace_claim(self, source: str, claim: str) -> None:
        """Put ``source`` over the empty placeholder that ``create`` made; OSError (EEXIST) if it is no longer empty."""
        status = os.lstat(claim)
        if status.st_size or os.path.islink(claim):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), claim)
        os.replace(source, claim)

    def exchange(self, a: str, b: str) -> None:
        """Exchange the files of two names of one folder in a single step.

        Raises an error of ``NO_EXCLUSIVE_RENAME`` where the volume cannot.
        """
        exchange(a, b)

    def clone(self, source: int, target: int) -> None:
        """Give the open empty file ``target`` the content of ``source`` by sharing its blocks.

        Raises OSError (ENOTTY, EOPNOTSUPP, EXDEV …) where the volume cannot share blocks.
        """
        clone(source, target)

    def attributes(self, handle: int) -> dict[str, bytes]:
        """The extended attributes of an open file that belong to its user; none where there are none."""
        if not hasattr(os, "listxattr"):
            return {}
        try:
            return {name: os.getxattr(handle, name) for name in os.listxattr(handle) if name.startswith(_OF_USER)}
        except OSError:
            return {}

    def set_look(self, handle: int, mode: int, owner: tuple[int, int], times: tuple[int, int]) -> None:
        """Give an open file of ours this mode, owner (where that is allowed) and times of access and change (ns)."""
        if hasattr(os, "fchown"):
            with contextlib.suppress(OSError):
                os.fchown(handle, *owner)
            try:
                os.fchmod(handle, mode)
            except OSError as error:
                if error.errno not in NO_EXCLUSIVE_RENAME:  # the volume has no modes
                    raise
        os.utime(handle, ns=times)

    def unlink(self, path: str) -> None:
        """Remove one name of a file."""
        os.unlink(path)

    # -- content -------------------------------------------------------------------------------------------------------

    def write(self, handle: int, data: bytes) -> None:
        """Write all of ``data``."""
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]

    def write_at(self, handle: int, data: bytes, offset: int) -> None:
        """Write all of ``data`` from the byte ``offset`` on; what is skipped is a hole where the volume has those."""
        os.lseek(handle, offset, os.SEEK_SET)
        self.write(handle, data)

    def set_size(self, handle: int, size: int) -> None:
        """The file ends at ``size``."""
        os.ftruncate(handle, size)

    def copy_metadata(self, source: str, opened: int, target: str, made: int) -> tuple[str, ...]:
        """Give the copy the source's owner, mode, extended attributes and times; what could not be carried, by name."""
        if sys.platform == "win32":
            shutil.copystat(source, target)
            return ()
        if sys.platform == "darwin":
            library = ctypes.CDLL(None, use_errno=True)
            if library.fcopyfile(opened, made, None, _COPYFILE_ACL_STAT_XATTR):
                return ("extended attributes",)
            return ()
        status = os.fstat(opened)
        return (*_copy_owner(status, made), *_copy_attributes(opened, made), *_copy_times(status, made))

    def set_times(self, path: str, mtime_ns: int) -> None:
        """Give a restored copy its first time back; when it was last read stays."""
        atime_ns = os.lstat(path).st_atime_ns
        os.utime(path, ns=(atime_ns, mtime_ns), follow_symlinks=os.utime not in os.supports_follow_symlinks)

    def fsync(self, handle: int) -> None:
        """The file is on the disk; its cached bytes are let go, so that the next read comes from there."""
        os.fsync(handle)
        advise = getattr(os, "posix_fadvise", None)
        if advise is not None:
            with contextlib.suppress(OSError):
                advise(handle, 0, 0, os.POSIX_FADV_DONTNEED)

    def fsync_folder(self, folder: str) -> None:
        """The folder's names are on the disk. A file system that cannot do that (EINVAL) is let pass, EIO is not."""
        if sys.platform == "win32":
            return
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except PermissionError:
            return  # a folder that may be written but not read cannot be synced on its own
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
                raise
        finally:
            os.close(handle)

    # -- others at the same door ---------------------------------------------------------------------------------------

    def commit(self, journal: sqlite3.Connection) -> None:
        """The journal's open transaction is on the disk (WAL, synchronous=FULL)."""
        journal.execute("COMMIT")

    def throw_away(self, path: str, record: str | None = None) -> None:
        """Trash one file: under ``record`` by the FreeDesktop specification; without one (macOS, Windows) by send2trash."""
        if record is not None:
            from dedupe.actions.platform.freedesktop import put_into_trash

            put_into_trash(self, path, record)
            return
        from send2trash import send2trash

        send2trash(path)


def _copy_owner(status: os.stat_result, made: int) -> list[str]:
    """Owner first: changing it clears bits of the mode."""
    lost = []
    mine = os.fstat(made)
    if (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.fchown(made, status.st_uid, status.st_gid)
        except OSError:
            lost.append("the owner")
    with contextlib.suppress(OSError):
        os.fchmod(made, status.st_mode & 0o7777)
    if os.fstat(made).st_mode != status.st_mode:
        lost.append("the permissions")
    return lost


def _copy_times(status: os.stat_result, made: int) -> list[str]:
    with contextlib.suppress(OSError):
        os.utime(made, ns=(status.st_atime_ns, status.st_mtime_ns))
    return ["the exact time"] if os.fstat(made).st_mtime_ns != status.st_mtime_ns else []


def _copy_attributes(opened: int, made: int) -> list[str]:
    if not hasattr(os, "listxattr"):
        return []
    try:
        names = os.listxattr(opened)
    except OSError:
        return []
    lost = []
    for name in names:
        try:
            os.setxattr(made, name, os.getxattr(opened, name))
        except OSError:
            if name not in _LABELS:
                lost.append(f"the attribute {name}")
    return lost
