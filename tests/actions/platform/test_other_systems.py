"""The paths of macOS and Windows, with their calls faked where no such machine is at hand."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from dedupe import mounts
from dedupe.actions.planning import checks, preflight
from dedupe.actions.platform import disk, exclusive, lock, volumes
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.lock import is_alive, only_one
from dedupe.actions.platform.trash import Trash
from dedupe.errors import LockedError
from dedupe.types import FileMove, FileStamp
from tests.support import key


def as_system(monkeypatch: pytest.MonkeyPatch, module: ModuleType, platform: str) -> None:
    monkeypatch.setattr(module, "sys", SimpleNamespace(platform=platform, modules=sys.modules))


# -- Windows -----------------------------------------------------------------------------------------------------------


class FakeMsvcrt(ModuleType):
    LK_NBLCK = 2

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.locked: set[tuple[int, int]] = set()

    def locking(self, handle: int, mode: int, size: int) -> None:
        place = (os.fstat(handle).st_ino, os.lseek(handle, 0, os.SEEK_CUR))
        if place in self.locked:
            raise OSError(errno.EACCES, "locked")
        self.locked.add(place)


def test_windows_locks_a_byte_behind_the_text_so_that_others_can_read_who_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeMsvcrt()
    monkeypatch.setitem(sys.modules, "msvcrt", fake)
    as_system(monkeypatch, lock, "win32")
    path = str(tmp_path / "lock")
    with only_one(path):
        with pytest.raises(LockedError, match=str(os.getpid())), only_one(path):
            pass
        assert [offset for _, offset in fake.locked] == [1 << 30]
        assert os.path.getsize(path) < 200


def test_windows_asks_the_system_whether_a_process_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int] = []
    kernel = SimpleNamespace(OpenProcess=lambda rights, inherit, pid: 77 if pid == 5 else 0, CloseHandle=closed.append)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    as_system(monkeypatch, lock, "win32")
    assert (is_alive(5), is_alive(6), closed) == (True, False, [77])


def test_windows_renames_with_its_own_refusing_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_system(monkeypatch, disk, "win32")
    called: list[tuple[str, str]] = []
    monkeypatch.setattr(os, "rename", lambda source, target: called.append((source, target)))
    Disk().rename("C:\\a.jpg", "C:\\b.jpg")
    assert called == [("C:\\a.jpg", "C:\\b.jpg")]
    Disk().fsync_folder("C:\\nowhere")


def test_windows_drives_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(drive: str, *arguments: Any) -> int:
        arguments[5].value = "exFAT"
        return 1

    kernel = SimpleNamespace(GetDriveTypeW=lambda drive: 2, GetVolumeInformationW=fill)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    as_system(monkeypatch, volumes, "win32")
    found = volumes.volume_of("/somewhere")
    assert (found.fstype, found.weak, found.folds, found.network) == ("exfat", True, True, False)


def test_windows_refuses_the_recycle_bin_of_a_network_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class NetworkDisk(Disk):
        def volume(self, folder: str) -> volumes.Volume:
            return volumes.windows_volume("\\\\nas\\photos", volumes.WINDOWS_REMOTE, "NTFS")

    from dedupe.actions.platform import trash

    as_system(monkeypatch, trash, "win32")
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"x")
    assert "delete it for good" in (Trash(NetworkDisk()).blocker(str(photo), photo.stat()) or "")
    assert not Trash(NetworkDisk()).undoable


def test_windows_system_folders_are_no_target(monkeypatch: pytest.MonkeyPatch) -> None:
    as_system(monkeypatch, preflight, "win32")
    monkeypatch.setenv("SystemRoot", "/windows")
    assert "system" in (preflight.place_blocker("/windows/photos") or "")
    assert preflight.place_blocker("/users/me/photos") is None


def test_a_file_that_had_to_be_closed_is_looked_at_by_its_name(tmp_path: Path) -> None:
    """Windows moves no open file, so the last look goes by the name alone."""
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"x\n1")
    from contextlib import ExitStack

    move = FileMove(str(photo), None, FileStamp.of(photo.stat()), key(b"x\n1"))
    with ExitStack() as stack:
        held = checks.hold(Disk(), move, stack)
        checks.let_go(Disk(), held)
        assert checks.still_blocker(Disk(), held, siblings=False) is None
        photo.write_bytes(b"x\n2")
        os.utime(photo, ns=(1, 1))
        assert checks.still_blocker(Disk(), held, siblings=False) == checks.CHANGED


def test_a_copy_reads_again_what_had_to_be_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dedupe import actions
    from dedupe.actions.execution import place
    from dedupe.types import ActionKind
    from tests.faults import FaultyDisk
    from tests.support import Places, fake_scan, make, tree_snapshot

    class Windows(SimpleNamespace):
        name = "nt"

        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

    root = tmp_path / "photos"
    make(root, {"a.jpg": "x\n1", "b.jpg": "x\n2"})
    before = tree_snapshot(root)
    monkeypatch.setattr(place, "os", Windows())
    faulty, paths = FaultyDisk(volumes=(str(root),)), Places.below(tmp_path / "state")
    to = str(tmp_path / "to")
    assert actions.act(fake_scan(root), kind=ActionKind.MOVE, target=to, paths=paths, disk=faulty).exit_code == 0
    assert actions.undo(paths, disk=faulty).exit_code == 0
    assert tree_snapshot(root) == before


# -- macOS -------------------------------------------------------------------------------------------------------------


class FakeLibrary:
    """Apple's C library, as far as it is called."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.answer = 0

    def renamex_np(self, *arguments: Any) -> int:
        self.calls.append(("renamex_np", *arguments))
        return self.answer

    def fcopyfile(self, *arguments: Any) -> int:
        self.calls.append(("fcopyfile", *arguments))
        return self.answer


def test_macos_renames_exclusively(monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeLibrary()
    monkeypatch.setattr(ctypes, "CDLL", lambda name, use_errno: library)
    as_system(monkeypatch, disk, "darwin")
    monkeypatch.setattr(disk, "_EXCLUSIVE_RENAME", disk._exclusive_rename())
    Disk().rename("/a", "/b")
    assert library.calls == [("renamex_np", b"/a", b"/b", 4)]
    library.answer = -1
    monkeypatch.setattr(ctypes, "get_errno", lambda: errno.EEXIST)
    with pytest.raises(FileExistsError):
        Disk().rename("/a", "/b")


def test_macos_copies_what_belongs_to_a_file_with_its_own_call(monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeLibrary()
    monkeypatch.setattr(ctypes, "CDLL", lambda name, use_errno: library)
    as_system(monkeypatch, disk, "darwin")
    assert Disk().copy_metadata("/a", 3, "/b", 4) == ()
    assert library.calls == [("fcopyfile", 3, 4, None, 7)]
    library.answer = -1
    assert Disk().copy_metadata("/a", 3, "/b", 4) == ("extended attributes",)


def test_macos_folds_names_and_asks_mount(monkeypatch: pytest.MonkeyPatch) -> None:
    as_system(monkeypatch, volumes, "darwin")
    monkeypatch.setattr(mounts, "listed", lambda: [("/", "apfs"), ("/Volumes/NAS", "smbfs")])
    monkeypatch.setattr(os.path, "realpath", lambda path: path)
    mac, nas = volumes.volume_of("/Users/me"), volumes.volume_of("/Volumes/NAS/p")
    assert (mac.folds, mac.weak, nas.folds, nas.weak, nas.network) == (True, False, True, True, True)


def test_macos_trash_takes_what_may_be_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dedupe.actions.platform import trash

    as_system(monkeypatch, trash, "darwin")
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"x")
    assert Trash(Disk()).blocker(str(photo), photo.stat()) is None


def test_a_c_library_without_the_call_falls_back_to_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_EXCLUSIVE_RENAME", None)
    with pytest.raises(OSError) as raised:
        Disk().rename("/a", "/b")
    assert raised.value.errno in exclusive.NO_EXCLUSIVE_RENAME
