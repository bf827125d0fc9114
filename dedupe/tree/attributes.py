"""Reads what extended attributes say of a photo, where the system and the volume have them."""

from __future__ import annotations

import errno
import os
from typing import Final

from dedupe.formats.attributes import is_read, said
from dedupe.types import Companion, CompanionKind, PhotoFile

_NONE: Final = frozenset((errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOENT, errno.ENOTDIR, errno.ENODATA))


def remarks(file: PhotoFile) -> tuple[Companion, ...]:
    """What the attributes of the file say, as a remark on it; of one that cannot be read nothing is known (None)."""
    if not hasattr(os, "listxattr"):  # Linux alone
        return ()
    try:
        names = filter(is_read, os.listxattr(file.path, follow_symlinks=False))
        found = said({name: os.getxattr(file.path, name, follow_symlinks=False) for name in names})
    except OSError as error:
        if error.errno in _NONE:
            return ()
        return (Companion(file.path, CompanionKind.ATTRIBUTES, file.stamp),)
    return (Companion(file.path, CompanionKind.ATTRIBUTES, file.stamp, found),) if found else ()
