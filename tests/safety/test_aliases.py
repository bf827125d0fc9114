"""One file that is seen in two ways, by mounts or by folding names, never leaves in favour of itself."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.platform.volumes import Volume
from tests.faults import FaultyDisk
from tests.safety.conftest import World, refused

SAME = "is the same file as the photo that stays"


class Pool(FaultyDisk):
    """A disk whose folder ``real`` is seen a second time as ``shown``, as a program (FUSE) would.

    It has inodes and times of its own, and a kernel that remembers what a file was like. Only opening tells the truth.
    """

    def __init__(self, real: Path, shown: Path, *, weak: bool = True, volumes: tuple[str, ...] = ()) -> None:
        super().__init__(volumes=volumes)
        self.real, self.shown, self.weak = str(real), str(shown), weak
        self.seen: dict[str, os.stat_result] = {}
        self.handles: set[int] = set()

    def _behind(self, path: str) -> str:
        return self.real + path[len(self.shown) :] if path.startswith(self.shown + os.sep) else path

    def _other(self, found: os.stat_result) -> os.stat_result:
        exact = {name: getattr(found, name) for name in ("st_atime_ns", "st_mtime_ns")}
        return os.stat_result(
            (found.st_mode, found.st_ino + 10**6, found.st_dev + 1, 1, *found[4:]), {**exact, "st_ctime_ns": 17}
        )

    def lstat(self, path: str) -> os.stat_result:
        if self._behind(path) == path:
            return super().lstat(path)
        if path not in self.seen:
            self.seen[path] = self._other(super().lstat(self._behind(path)))
        return self.seen[path]

    def is_taken(self, path: str) -> bool:
        return super().is_taken(self._behind(path))

    def open_read(self, path: str) -> int:
        handle = super().open_read(self._behind(path))
        self.handles.discard(handle)
        if self._behind(path) != path:
            self.handles.add(handle)
        return handle

    def fstat(self, handle: int) -> os.stat_result:
        found = super().fstat(handle)
        return self._other(found) if handle in self.handles else found

    def volume(self, folder: str) -> Volume:
        return replace(super().volume(folder), weak=self.weak and folder.startswith(self.shown))

    def rename(self, source: str, target: str) -> None:
        self.seen.pop(target, None)
        super().rename(self._behind(source), self._behind(target))


def seen_twice(world: World, disk: Pool, *names: str) -> object:
    """What a scan says that took each photo below ``real`` for a copy of what it sees below ``shown``."""
    from tests.support import photo_at, result_of

    groups = []
    for name in names:
        extra = photo_at(f"{disk.real}/{name}", world.root)
        stamp = disk.lstat(f"{disk.shown}/{name}")
        file = replace(extra.file, path=f"{disk.shown}/{name}", stamp=type(extra.file.stamp).of(stamp))
        groups.append((replace(extra, file=file), [extra]))
    return result_of([world.root], groups)


@pytest.mark.parametrize("way", ["move", "copy", "trash"])
@pytest.mark.parametrize("weak", [True, False], ids=["weak", "other device"])
def test_a_photo_seen_through_a_pool_of_its_own_disk_stays(world: World, way: str, weak: bool) -> None:
    world.make({"disk/a.jpg": "beach", "disk/b.jpg": "cake"})
    (world.root / "pool").mkdir()
    volumes = (str(world.root),) if way == "copy" else ()
    disk = Pool(world.root / "disk", world.root / "pool", weak=weak, volumes=volumes)
    before = world.snapshot()
    report = world.act(seen_twice(world, disk, "a.jpg", "b.jpg"), trash=way == "trash", disk=disk)  # type: ignore[arg-type]
    assert refused(report.outcomes) == [SAME, "is in a folder that can be reached by two paths"]
    assert report.exit_code == 1
    assert "show the same files" in " ".join(report.notes)
    after = world.snapshot()
    assert {path: after[path] for path in before} == before
    assert sorted(world.contents()) == [b"beach", b"cake"]
    assert actions.history(world.paths) == ()


def test_another_pair_of_folders_goes_on(world: World) -> None:
    world.make({"disk/a.jpg": "beach", "disk/b.jpg": "cake", "disk/copy of b.jpg": "cake"})
    (world.root / "pool").mkdir()
    disk = Pool(world.root / "disk", world.root / "pool")
    from tests.support import photo_at, result_of

    twice = seen_twice(world, disk, "a.jpg")
    pair = (photo_at(world.root / "disk/b.jpg", world.root), [photo_at(world.root / "disk/copy of b.jpg", world.root)])
    groups = [(group.keep, [extra.photo for extra in group.extras]) for group in twice.groups]  # type: ignore[attr-defined]
    report = world.act(result_of([world.root], [*groups, pair]), disk=disk)
    assert len(report.done) == 1
    assert report.refusals == {SAME: 1}


def test_a_crash_in_the_middle_does_not_let_the_only_copy_go(world: World) -> None:
    """Cut off when the copy stands and its original waits under its private name: recovery looks at the keeper too."""
    from tests.safety.crash_points import in_child

    world.make({"disk/a.jpg": "beach"})
    (world.root / "pool").mkdir()
    disk = Pool(world.root / "disk", world.root / "pool", volumes=(str(world.root),))
    result = seen_twice(world, disk, "a.jpg")

    class Ending(Pool):
        def rename(self, source: str, target: str) -> None:
            super().rename(source, target)
            if target.endswith(".leaving"):
                os._exit(1)

    ending = Ending(world.root / "disk", world.root / "pool", volumes=(str(world.root),))
    ending.lstat(str(world.root / "pool/a.jpg"))
    assert in_child(lambda: world.act(result, disk=ending) and None) == 1  # type: ignore[arg-type]
    assert not (world.root / "disk" / "a.jpg").exists()
    actions.recover(world.paths, disk=Pool(world.root / "disk", world.root / "pool", volumes=(str(world.root),)))
    assert (world.root / "disk" / "a.jpg").read_text() == "beach"
    assert not list(world.target.rglob("*.jpg"))
    assert not list(world.root.rglob("*.leaving"))


def test_a_keeper_that_cannot_be_opened_any_more_brings_the_other_back(world: World) -> None:
    """Not one file, but a keeper on another disk that fails meanwhile: the run stops, and the photo is in its place."""
    world.make({"disk/a.jpg": "beach"})
    (world.root / "pool").mkdir()

    class Failing(Pool):
        broken = False

        def open_read(self, path: str) -> int:
            if self.broken and path.startswith(self.shown):
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
            return super().open_read(path)

        def rename(self, source: str, target: str) -> None:
            self.broken = True
            super().rename(source, target)

    disk = Failing(world.root / "disk", world.root / "pool")
    report = world.act(seen_twice(world, disk, "a.jpg"), disk=disk)  # type: ignore[arg-type]
    assert report.exit_code == 4
    assert "the photo that stays: cannot be read" in report.failed[0].reason
    assert (world.root / "disk" / "a.jpg").read_text() == "beach"
