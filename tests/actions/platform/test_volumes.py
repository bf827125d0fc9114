"""Which file systems are trusted how far."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from dedupe import mounts
from dedupe.actions.planning.checks import content_key_of
from dedupe.actions.platform.disk import CHUNK, Disk
from dedupe.actions.platform.volumes import is_under, mount_id, volume_of


@pytest.mark.parametrize(
    ("line", "path", "weak", "folds", "network"),
    [
        (b"36 35 0:31 / /mnt/nas rw - cifs //nas/p rw", "/mnt/nas/a.jpg", True, True, True),
        (b"36 35 0:31 / /mnt/n\\040a\\134s rw - nfs4 nas:/p rw", "/mnt/n a\\s/a.jpg", False, False, True),
        (b"36 35 8:17 / /media/STICK rw - vfat /dev/sdb1 rw", "/media/STICK/DCIM/a.jpg", True, True, False),
        (b"36 35 8:17 / /media/CARD rw - exfat /dev/sdb1 rw", "/media/CARD/a.jpg", True, True, False),
        (b"36 35 0:44 / /home/me/r rw - fuse.sshfs me@host: rw", "/home/me/r/a.jpg", True, False, True),
        (b"36 35 8:2 / /data rw shared:1 - btrfs /dev/sda2 rw", "/data/a.jpg", False, False, False),
    ],
)
def test_a_mount_table_tells_what_a_path_lies_on(
    monkeypatch: pytest.MonkeyPatch, line: bytes, path: str, weak: bool, folds: bool, network: bool
) -> None:
    table = b"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + line + b"\n"
    monkeypatch.setattr(mounts, "listed", lambda: mounts.parse_linux(table))
    monkeypatch.setattr(os.path, "realpath", lambda path: path)
    found = volume_of(path)
    assert (found.weak, found.folds, found.network) == (weak, folds, network)
    root = volume_of("/elsewhere")
    assert (root.mount, root.fstype, root.weak) == ("/", "ext4", False)


def test_a_table_that_cannot_be_read_trusts_inodes_as_the_default() -> None:
    assert mounts.parse_linux(b"") == []
    assert mounts.parse_linux(b"garbage\n") == []


def test_the_mounts_of_macos_are_read() -> None:
    text = (
        "/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)\n"
        "//me@nas._smb._tcp.local/Photos on /Volumes/My Photos (smbfs, nodev, nosuid)\n"
    )
    assert mounts.parse_darwin(text) == [("/", "apfs"), ("/Volumes/My Photos", "smbfs")]


def test_a_folder_is_not_under_its_namesake() -> None:
    assert is_under("/a/b", "/a")
    assert is_under("/a", "/a")
    assert is_under("/a", "/")
    assert not is_under("/ab", "/a")


@pytest.mark.skipif(sys.platform != "linux", reason="mount numbers are Linux's")
def test_two_folders_of_one_mount_have_one_number(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert mount_id(str(tmp_path)) == mount_id(str(tmp_path / "a")) is not None
    assert mount_id("/proc") != mount_id(str(tmp_path))
    assert mount_id(str(tmp_path / "nowhere")) is None


def test_the_content_key_of_an_action_is_that_of_the_scan(tmp_path: Path) -> None:
    from dedupe.decoding.content_key import content_key

    for size in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK):
        content = os.urandom(size)
        path = tmp_path / "photo"
        path.write_bytes(content)
        disk = Disk()
        handle = disk.open_read(str(path))
        assert content_key_of(disk, handle) == content_key(content)
        disk.close(handle)
