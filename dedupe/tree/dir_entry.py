"""What walk asks of one directory entry: what its name makes of it, and what the system says of it.

Everything that differs between Linux, macOS and Windows in a walk is here.
"""

from __future__ import annotations

import os
import sys
from typing import Final

from dedupe.formats import sniff

OTHER, PHOTO, CLOUD, NAMELESS = range(4)
KINDS: Final = {
    spelling: kind
    for names, kind in (
        (sniff.PHOTO_EXTENSIONS, PHOTO),
        ({".icloud"}, CLOUD),
        ({""}, NAMELESS),
    )
    for name in names
    for spelling in (name, name.upper())
}
_SNIFF_BYTES: Final = 4096
_WINDOWS: Final = sys.platform == "win32"
FLAGGED: Final = sys.platform in ("win32", "darwin")  # where a stat result also says "hidden" and "in the cloud"
_DATALESS = 0x40000000  # macOS: SF_DATALESS
_HIDDEN = 0x8000  # macOS: UF_HIDDEN
_CLOUD_ATTRIBUTES = 0x1000 | 0x40000 | 0x400000  # Windows: OFFLINE, RECALL_ON_OPEN, RECALL_ON_DATA_ACCESS
_HIDDEN_ATTRIBUTE = 0x2
_JUNCTION = 0xA0000003


def kind_of(name: str) -> int:
    """What a name makes of a file: the last extension counts, whatever its case; ``.x`` has none."""
    dot = name.rfind(".")
    ending = name[dot:] if dot > 0 else ""
    return KINDS.get(ending) or KINDS.get(ending.lower(), OTHER)


def lstat(entry: os.DirEntry[str]) -> os.stat_result:
    """The entry's own status. On Windows the entry itself knows neither inode nor links."""
    return os.lstat(entry.path) if _WINDOWS else entry.stat(follow_symlinks=False)


def is_link(entry: os.DirEntry[str]) -> bool:
    """Symbolic links, and the junctions of Windows."""
    if entry.is_symlink():
        return True
    return _WINDOWS and getattr(os.lstat(entry.path), "st_reparse_tag", 0) == _JUNCTION


def is_in_the_cloud(found: os.stat_result) -> bool:
    return bool(
        getattr(found, "st_flags", 0) & _DATALESS or getattr(found, "st_file_attributes", 0) & _CLOUD_ATTRIBUTES
    )


def is_flagged_hidden(found: os.stat_result) -> bool:
    return bool(getattr(found, "st_flags", 0) & _HIDDEN or getattr(found, "st_file_attributes", 0) & _HIDDEN_ATTRIBUTE)


def looks_like_photo(path: str) -> bool:
    """Whether a file without an extension begins as a picture."""
    try:
        with open(path, "rb", opener=_open_gently) as file:
            return sniff.sniff(file.read(_SNIFF_BYTES)) is not None
    except OSError:
        return False


def _open_gently(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
