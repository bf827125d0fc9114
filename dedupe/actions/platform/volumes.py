"""What kind of file system a path lies on: whether inode numbers can be trusted there, and whether names fold.

Linux tells through ``/proc/self/mountinfo`` (proc(5)), macOS through ``mount``, Windows through ``GetDriveTypeW`` and
``GetVolumeInformationW``. Where the system does not tell, the more careful answer is given.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace

_NETWORK = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afpfs",
        "webdav",
        "ncpfs",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "9p",
        "davfs",
        "fuse.sshfs",
        "fuse.rclone",
    ]
)
# Their inode numbers are made up while the file is in use, so a number may change without the file changing.
_WEAK = frozenset(
    [
        "cifs",
        "smb3",
        "smbfs",
        "afpfs",
        "webdav",
        "9p",
        "davfs",
        "vboxsf",
        "vmhgfs",
        "vfat",
        "msdos",
        "exfat",
        "fuse",
        "fuseblk",
        "osxfuse",
        "macfuse",
    ]
)
_FOLDING = frozenset(
    ["vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "hfs", "hfsplus", "apfs", "cifs", "smb3", "smbfs", "afpfs"]
)

_FINE_TICK_NS = 20_000_000
_COARSE_TICK_NS = 2_100_000_000


@dataclass(frozen=True, slots=True)
class Volume:
    """A mounted file system: its mount point, its type's name, and what follows from the type.

    ``weak``: inode numbers do not identify a file. ``folds``: names that differ in case or normalisation may be one name.
    ``tick_ns``: two writes closer together than this may leave the same time stamp. ``recycles``: Windows has a Recycle
    Bin there.
    """

    mount: str
    fstype: str
    weak: bool
    folds: bool
    network: bool
    tick_ns: int
    recycles: bool = True


def _volume(mount: str, fstype: str, *, folds: bool = False, network: bool = False) -> Volume:
    kind = fstype.lower()
    network = network or kind in _NETWORK or kind.startswith("fuse.")
    weak = (network and not kind.startswith("nfs")) or kind in _WEAK
    return Volume(
        mount=mount,
        fstype=kind,
        weak=weak,
        folds=folds or kind in _FOLDING,
        network=network,
        tick_ns=_COARSE_TICK_NS if weak else _FINE_TICK_NS,
    )


def volume_of(path: str) -> Volume:
    """The volume that ``path`` (which need not exist yet) lies on. Reads only."""
    real = os.path.realpath(path)
    if sys.platform == "win32":
        return _windows_volume(real)
    if sys.platform == "darwin":
        mount, fstype = _longest(real, _darwin_mounts())
        return _volume(mount, fstype, folds=True)
    mount, fstype = _longest(real, _linux_mounts())
    return _volume(mount, fstype)


def mount_id(path: str) -> int | None:
    """The kernel's number of the mount that the folder ``path`` is reached through, None where there is none to read.

    Linux refuses a rename between two mounts even of one device (bind mounts), so equal ``st_dev`` is not enough.
    """
    flag = getattr(os, "O_PATH", None)
    if flag is None:
        return None
    try:
        handle = os.open(path, flag | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        with open(f"/proc/self/fdinfo/{handle}", "rb") as info:
            return next((int(line.split()[1]) for line in info if line.startswith(b"mnt_id:")), None)
    except (OSError, ValueError):
        return None
    finally:
        os.close(handle)


def _longest(path: str, mounts: list[tuple[str, str]]) -> tuple[str, str]:
    """The mount that covers ``path``; of two on one point the later one, which hides the other."""
    best = (os.sep, "")
    for mount, fstype in mounts:
        if len(mount) >= len(best[0]) and membership_under(path, mount):
            best = (mount, fstype)
    return best


def membership_under(path: str, folder: str) -> bool:
    """``path`` is ``folder`` or something below it, by their names alone."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _linux_mounts() -> list[tuple[str, str]]:
    try:
        with open("/proc/self/mountinfo", "rb") as table:
            return parse_linux_mounts(table.read())
    except OSError:
        return []


def parse_linux_mounts(table: bytes) -> list[tuple[str, str]]:
    """Mount points and types from the lines of ``/proc/self/mountinfo``, in their order."""
    mounts = []
    for line in table.splitlines():
        head, _, tail = line.partition(b" - ")
        fields, rest = head.split(b" "), tail.split(b" ")
        if len(fields) >= 5 and rest[0]:
            mounts.append((os.fsdecode(_unescape(fields[4])), rest[0].decode("ascii", "replace")))
    return mounts


def _unescape(field: bytes) -> bytes:
    return re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found.group(1), 8)]), field)


def _darwin_mounts() -> list[tuple[str, str]]:
    try:
        listed = subprocess.run(["/sbin/mount"], capture_output=True, check=False, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return []
    return parse_darwin_mounts(os.fsdecode(listed.stdout))


def parse_darwin_mounts(text: str) -> list[tuple[str, str]]:
    """Mount points and types from lines like ``//me@nas/p on /Volumes/p (smbfs, nodev)``."""
    found = (re.match(r".* on (/.*) \(([^,)]+)", line) for line in text.splitlines())
    return [(match.group(1), match.group(2)) for match in found if match]


def _windows_volume(path: str) -> Volume:
    import ctypes

    drive = os.path.splitdrive(path)[0] + "\\"
    kind, name = 0, ctypes.create_unicode_buffer(64)
    windll = getattr(ctypes, "windll", None)
    if windll is not None:
        kind = windll.kernel32.GetDriveTypeW(drive)
        windll.kernel32.GetVolumeInformationW(drive, None, 0, None, None, None, name, 64)
    return windows_volume(drive, kind, name.value)


WINDOWS_UNKNOWN, WINDOWS_FIXED, WINDOWS_REMOTE = 0, 3, 4


def windows_volume(drive: str, kind: int, name: str) -> Volume:
    """The volume of a drive from ``GetDriveTypeW``'s number and the file system's name (NTFS, FAT32, exFAT, ReFS)."""
    network = kind in (WINDOWS_REMOTE, WINDOWS_UNKNOWN) or drive.startswith("\\\\")
    fstype = {"FAT32": "vfat", "FAT": "msdos", "EXFAT": "exfat"}.get(name.upper(), name.lower())
    return replace(_volume(drive, fstype, folds=True, network=network), recycles=kind == WINDOWS_FIXED and not network)
