"""Two system calls that Python does not have: exchanging two names in one step, and sharing the blocks of a file."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from typing import Any

_AT_FDCWD, _RENAME_EXCHANGE, _RENAME_SWAP = -100, 2, 2
_FICLONE = 0x40049409


def exchange(a: str, b: str) -> None:
    """The names ``a`` and ``b`` change their files (renameat2(2) RENAME_EXCHANGE, renamex_np(2) RENAME_SWAP).

    Raises OSError, ENOSYS where the system has no such call.
    """
    call, flags = _exchanging()
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), a, None, b)
    first, second = os.fsencode(a), os.fsencode(b)
    words = (_AT_FDCWD, first, _AT_FDCWD, second, flags) if sys.platform != "darwin" else (first, second, flags)
    if call(*words):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), a, None, b)


def _exchanging() -> tuple[Any, int]:
    if sys.platform == "win32":
        return None, 0
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        return getattr(library, "renamex_np", None), _RENAME_SWAP
    return getattr(library, "renameat2", None), _RENAME_EXCHANGE


def clone(source: int, target: int) -> None:
    """The open file ``target`` gets the content of ``source`` without a copy (ioctl_ficlone(2)).

    Raises OSError, ENOSYS where the system has no such call.
    """
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    import fcntl

    fcntl.ioctl(target, _FICLONE, source)
