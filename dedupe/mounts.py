"""What is mounted where: the one place that reads the system's table of mounts.

Linux tells through ``/proc/self/mountinfo`` (proc(5)), in which a space in a name is written ``\\040``; macOS through
``mount``. Where the system does not tell, nothing is mounted but the root.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

TABLE: Final = "/proc/self/mountinfo"

NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "9p"}
    | {"virtiofs", "davfs", "fuse.davfs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs"}
)
"""File systems that other hosts may write to at the same time, by the names that Linux and macOS give them."""


def mount_of(path: str) -> tuple[str, str]:
    """Give the mount point that covers ``path``, which must be real, and its type; where two share a point, the later one."""
    best = (os.sep, "")
    for mount, fstype in listed():
        if len(mount) >= len(best[0]) and is_under(path, mount):
            best = (mount, fstype)
    return best


def is_under(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or something below it, by their names alone."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def listed() -> list[tuple[str, str]]:
    """List the mount points and their types, in the order of the system's table."""
    return _darwin() if sys.platform == "darwin" else _linux()


def _linux() -> list[tuple[str, str]]:
    try:
        with open(TABLE, "rb") as table:
            return parse_linux(table.read())
    except OSError:
        return []


def parse_linux(table: bytes) -> list[tuple[str, str]]:
    """Read mount points and types from the lines of ``/proc/self/mountinfo``."""
    return [(mount.point, mount.fstype) for mount in parse_whole(table)]


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system: where, of what type, what was mounted, and its own options."""

    point: str
    fstype: str
    source: str = ""
    options: str = ""


def whole() -> list[Mount]:
    """List the mounts with what Linux alone tells of them; nothing on other systems."""
    try:
        with open(TABLE, "rb") as table:
            return parse_whole(table.read())
    except OSError:
        return []


def parse_whole(table: bytes) -> list[Mount]:
    """Read the lines of ``/proc/self/mountinfo``, in their order."""
    return list(_parsed(table))


@lru_cache(maxsize=2)
def _parsed(table: bytes) -> tuple[Mount, ...]:
    """The mounts; an act reads the table a dozen times, and it hardly changes."""
    mounts = []
    for line in table.splitlines():
        head, _, tail = line.partition(b" - ")
        fields, rest = head.split(b" "), tail.split(b" ")
        if len(fields) >= 5 and rest[0]:
            source, options = (_text(rest[at]) if len(rest) > at else "" for at in (1, 2))
            mounts.append(Mount(_text(fields[4]), rest[0].decode("ascii", "replace"), source, options))
    return tuple(mounts)


def _text(field: bytes) -> str:
    return os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found.group(1), 8)]), field))


def _darwin() -> list[tuple[str, str]]:
    try:
        told = subprocess.run(["/sbin/mount"], capture_output=True, check=False, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return []
    return parse_darwin(os.fsdecode(told.stdout))


def parse_darwin(text: str) -> list[tuple[str, str]]:
    """Read mount points and types from lines like ``//me@nas/p on /Volumes/p (smbfs, nodev)``."""
    found = (re.match(r".* on (/.*) \(([^,)]+)", line) for line in text.splitlines())
    return [(match.group(1), match.group(2)) for match in found if match]
