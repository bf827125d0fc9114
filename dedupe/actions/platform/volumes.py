"""What kind of file system a path is on: whether inode numbers can be trusted there, and whether names fold.

Linux and macOS tell through ``dedupe.mounts``, Windows through ``GetDriveTypeW`` and ``GetVolumeInformationW``. Where the
system does not tell, the more careful answer is given.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace

from dedupe import mounts
from dedupe.mounts import is_under

__all__ = ["Volume", "is_under", "mount_id", "volume_of"]

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
    network = network or kind in mounts.NETWORK or kind.startswith("fuse.")
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
    """The volume that ``path`` (which need not exist yet) is on. Reads only."""
    real = os.path.realpath(path)
    if sys.platform == "win32":
        return _windows_volume(real)
    if sys.platform == "darwin":
        return _volume(*mounts.mount_of(real), folds=True)
    return _volume(*mounts.mount_of(real))


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
