"""Real file systems for the tests and the soak, as far as this machine lets them be made: in images, by FUSE, over sftp."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SFTP_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server")
IMAGE_BYTES = 64 << 20
BTRFS_BYTES, XFS_BYTES = 128 << 20, 320 << 20  # below that these two cannot be made


class UnavailableError(Exception):
    """This machine cannot make the file system; the text says why."""


def _run(*command: str) -> None:
    if shutil.which(command[0]) is None:
        raise UnavailableError(f"{command[0]} is not installed")
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if told.returncode:
        raise UnavailableError(f"{' '.join(command[:2])}: {(told.stderr or told.stdout).strip()[:200]}")


def _image(base: Path, *make: str, size: int = IMAGE_BYTES) -> str:
    image = base / "image"
    with image.open("wb") as file:
        file.truncate(size)
    _run(*make, str(image))
    return str(image)


def _loop(image: str) -> str:
    """A block device that is the image."""
    told = subprocess.run(
        ["losetup", "--find", "--show", image], capture_output=True, text=True, check=False, timeout=60
    )
    if told.returncode:
        raise UnavailableError(f"losetup: {told.stderr.strip()}")
    return told.stdout.strip()


def _tmpfs(base: Path, place: Path) -> None:
    _run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place))


def _ext4(base: Path, place: Path) -> None:
    _run("mount", "-o", "loop", _image(base, "mkfs.ext4", "-q", "-F"), str(place))


def _btrfs(base: Path, place: Path) -> None:
    _run("mount", "-o", "loop", _image(base, "mkfs.btrfs", "-q", size=BTRFS_BYTES), str(place))


def _xfs(base: Path, place: Path) -> None:
    _run("mount", "-o", "loop", _image(base, "mkfs.xfs", "-q", "-m", "reflink=1", size=XFS_BYTES), str(place))


def _vfat(base: Path, place: Path) -> None:
    _run("mount", "-t", "vfat", "-o", "loop,iocharset=utf8", _image(base, "mkfs.vfat"), str(place))


def _fusefat(base: Path, place: Path) -> None:
    _run("fusefat", "-o", "rw+", _image(base, "mkfs.vfat"), str(place))


def _exfat(base: Path, place: Path) -> None:
    _run("mount.exfat-fuse", _loop(_image(base, "mkfs.exfat")), str(place))


def _ntfs(base: Path, place: Path) -> None:
    _run("ntfs-3g", _image(base, "mkfs.ntfs", "-F", "-q"), str(place))


def _sshfs(base: Path, place: Path) -> None:
    server = next((path for path in SFTP_SERVERS if os.access(path, os.X_OK)), None)
    if server is None:
        raise UnavailableError("there is no sftp-server")
    (base / "served").mkdir(exist_ok=True)
    script = base / "ssh"
    script.write_text(f"#!/bin/sh\nexec {server}\n")
    script.chmod(0o755)
    _run("sshfs", "-o", f"ssh_command={script}", f"localhost:{base / 'served'}", str(place))


def _mergerfs(base: Path, place: Path) -> None:
    for name in ("one", "two"):
        (base / name).mkdir(exist_ok=True)
    _run("mergerfs", "-o", "fsname=pool", f"{base / 'one'}:{base / 'two'}", str(place))


MAKERS: dict[str, Callable[[Path, Path], None]] = {
    "tmpfs": _tmpfs,
    "ext4": _ext4,
    "btrfs": _btrfs,
    "xfs": _xfs,
    "vfat": _vfat,
    "fusefat": _fusefat,
    "exfat": _exfat,
    "ntfs": _ntfs,
    "sshfs": _sshfs,
    "mergerfs": _mergerfs,
}


@contextmanager
def mounted(kind: str, base: Path) -> Iterator[Path]:
    """A fresh file system of this kind, mounted at ``base/kind``; its image or what it shows lies beside it.

    Raises UnavailableError where it cannot be made here (no root, no tool, no such file system in the kernel).
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        raise UnavailableError("mounting needs Linux and root")
    place = base / kind
    place.mkdir(parents=True)
    try:
        MAKERS[kind](base, place)
        yield place
    finally:
        _unmount(place)
        _free_loop(base / "image")


def _free_loop(image: Path) -> None:
    if image.exists() and shutil.which("losetup"):
        told = subprocess.run(["losetup", "-j", str(image)], capture_output=True, text=True, check=False, timeout=30)
        for line in told.stdout.splitlines():
            subprocess.run(["losetup", "-d", line.split(":")[0]], capture_output=True, check=False, timeout=30)


def _unmount(place: Path) -> None:
    for _ in range(20):
        if not os.path.ismount(place):
            break
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(["umount", str(place)], capture_output=True, check=False, timeout=30)
        time.sleep(0.1)
    else:
        subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False, timeout=30)
