"""Rows 6, 8, 10 and 22 on real mounts, made in a namespace of our own (``unshare -rm``)."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


@functools.cache
def _no_mounts() -> str:
    """Why mounts cannot be made here; empty where they can."""
    try:
        told = subprocess.run(
            ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt"], capture_output=True, text=True, check=False
        )
    except OSError as error:
        return f"no unshare here: {error.strerror}"
    return "" if told.returncode == 0 else f"no mounts here: {told.stderr.strip() or told.returncode}"


pytestmark = pytest.mark.skipif(bool(_no_mounts()), reason=_no_mounts() or "mounts work")

_PRELUDE = """
import os, sys
from pathlib import Path
base = Path(sys.argv[1])
from dedupe import actions
from dedupe.actions.platform.disk import Disk
from dedupe.types import ActionKind
from tests.support import Places, fake_scan, make, tree_snapshot, contents, photo_at, result_of
root, target, paths = base / "photos", base / "moved", Places.below(base / "state")
def act(trash=False, to=target, **more):
    kind = ActionKind.TRASH if trash else ActionKind.MOVE
    where = None if trash else str(to)
    return actions.act(fake_scan(root), kind=kind, target=where, paths=paths, **more)
"""


def in_namespace(base: Path, mounts: str, code: str) -> None:
    """Run ``code`` after these mounts (shell lines, ``$B`` is the base) in a mount namespace of its own."""
    for folder in ("photos", "moved", "state", "home/data"):
        (base / folder).mkdir(parents=True)
    script = base / "check.py"
    script.write_text(_PRELUDE + textwrap.dedent(code))
    environment = {
        **os.environ,
        "B": str(base),
        "HOME": str(base / "home"),
        "XDG_DATA_HOME": str(base / "home" / "data"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    told = subprocess.run(
        ["unshare", "-rm", "sh", "-ec", f'{mounts}\nexec "$0" "$B/check.py" "$B"', sys.executable],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert told.returncode == 0, told.stderr


TWO_DISKS = "mount -t tmpfs -o size=8m none $B/photos; mount -t tmpfs -o size=8m none $B/moved"


def test_a_move_between_two_disks_and_back_changes_nothing(tmp_path: Path) -> None:
    in_namespace(
        tmp_path,
        TWO_DISKS,
        """
        made = make(root, {"keep/a.jpg": "x\\n1", "old/a.jpg": "x\\n2", "old/a.xmp": "stars", "old/b.jpg": "x\\n3"})
        made["old/a.jpg"].chmod(0o604)
        try:
            os.setxattr(made["old/a.jpg"], "user.comment", b"grandma")
        except OSError:
            pass
        before = tree_snapshot(root)
        report = act()
        assert (len(report.done), report.files, report.exit_code) == (2, 3, 0), report.sentences()
        assert os.lstat(target).st_dev != os.lstat(root).st_dev
        moved = tree_snapshot(target)
        assert moved[str(target / "old" / "a.jpg")] == before[str(root / "old" / "a.jpg")]
        assert not made["old/a.jpg"].exists()
        report = actions.undo(paths)
        assert report.exit_code == 0, report.sentences()
        assert tree_snapshot(root) == before
        assert not list(target.rglob("*"))
        """,
    )


def test_a_disk_that_is_too_small_refuses_before_anything_is_touched(tmp_path: Path) -> None:
    in_namespace(
        tmp_path,
        "mount -t tmpfs -o size=1m none $B/moved",
        """
        from dedupe.errors import RefusedError
        make(root, {"keep/a.jpg": b"x\\n1" + bytes(3_000_000), "old/a.jpg": b"x\\n2" + bytes(3_000_000)})
        before = tree_snapshot(root)
        try:
            act()
        except RefusedError as error:
            assert "would be copied" in str(error), error
        else:
            raise AssertionError("not refused")
        assert tree_snapshot(root) == before
        assert not list(target.rglob("*"))
        """,
    )


def test_a_disk_that_fills_up_midway_leaves_the_original_and_no_half_copy(tmp_path: Path) -> None:
    in_namespace(
        tmp_path,
        "mount -t tmpfs -o size=1m none $B/moved",
        """
        class Hopeful(Disk):
            def free_bytes(self, folder):
                return 10**9
        make(root, {f"{f}/{n}.jpg": f"p{n}\\n{f}".encode() + bytes(400_000) for n in range(4) for f in ("keep", "old")})
        before, everything = tree_snapshot(root), contents(root)
        report = act(disk=Hopeful())
        assert report.exit_code == 4, report.sentences()
        assert report.failed[0].reason == "the disk is full", report.failed
        assert len(report.done) == 2
        assert contents(root, target) == everything
        assert not list(target.rglob("*.partial"))
        assert actions.undo(paths).exit_code == 0
        assert tree_snapshot(root) == before
        """,
    )


def test_a_read_only_disk_gives_nothing_and_takes_nothing(tmp_path: Path) -> None:
    in_namespace(
        tmp_path,
        "mount -t tmpfs none $B/photos; mkdir $B/photos/keep $B/photos/old; printf 'x\\n1' > $B/photos/keep/a.jpg;"
        " printf 'x\\n2' > $B/photos/old/a.jpg; mount -o remount,ro $B/photos",
        """
        from dedupe.errors import RefusedError
        before = tree_snapshot(root)
        for report in (act(), act(trash=True)):
            assert (len(report.done), sum(report.refusals.values())) == (0, 1), report.sentences()
        assert tree_snapshot(root) == before
        try:
            act(to=root / "moved")
        except RefusedError as error:
            assert "can't be written" in str(error)
        else:
            raise AssertionError("not refused")
        assert not list(target.rglob("*.jpg")), list(target.rglob("*"))
        """,
    )


def test_a_bind_mount_is_one_device_that_renames_do_not_cross(tmp_path: Path) -> None:
    """Equal st_dev, and yet EXDEV: a move copies, the trash (which would copy into the home) refuses."""
    in_namespace(
        tmp_path,
        "mkdir $B/real; mount --bind $B/real $B/photos",
        """
        make(root, {"keep/a.jpg": "x\\n1", "old/a.jpg": "x\\n2"})
        before = tree_snapshot(root)
        assert os.lstat(root).st_dev == os.lstat(base).st_dev
        report = act(trash=True)
        [reason] = report.refusals
        assert reason.startswith("no trash can be made on " + str(root)), reason
        assert tree_snapshot(root) == before
        assert not (base / "home" / "data" / "Trash").exists()
        report = act()
        assert report.exit_code == 0, report.sentences()
        assert actions.undo(paths).exit_code == 0
        assert tree_snapshot(root) == before
        """,
    )


def test_a_photo_reached_by_two_mounts_never_leaves_for_itself(tmp_path: Path) -> None:
    in_namespace(
        tmp_path,
        "mkdir $B/photos/a $B/photos/b; mount --bind $B/photos/a $B/photos/b",
        """
        make(root, {"a/x.jpg": "x\\nsame"})
        photos = [photo_at(root / d / "x.jpg", root) for d in ("a", "b")]
        forged = result_of([root], [(photos[0], photos[1:])])
        report = actions.act(forged, kind=ActionKind.MOVE, target=str(target), paths=paths)
        assert not report.done, report.sentences()
        assert (root / "a" / "x.jpg").exists()
        """,
    )


def test_a_trash_on_another_volume_is_used_and_undone(tmp_path: Path) -> None:
    in_namespace(
        tmp_path,
        "mount -t tmpfs none $B/photos",
        """
        make(root, {"keep/a.jpg": "x\\n1", "old/a.jpg": "x\\n2"})
        before = tree_snapshot(root / "keep", root / "old")
        report = act(trash=True)
        assert report.exit_code == 0, report.sentences()
        assert list((root / f".Trash-{os.getuid()}" / "files").iterdir())
        assert actions.undo(paths).exit_code == 0
        assert tree_snapshot(root / "keep", root / "old") == before
        """,
    )


def test_a_volume_that_goes_between_plan_and_apply_is_gone_not_deleted(tmp_path: Path) -> None:
    in_namespace(
        tmp_path,
        "mount -t tmpfs none $B/photos",
        """
        import subprocess
        from dedupe.errors import RefusedError
        make(root, {"keep/a.jpg": "x\\n1", "old/a.jpg": "x\\n2"})
        result = fake_scan(root)
        subprocess.run(["umount", str(root)], check=True)
        try:
            actions.act(result, kind=ActionKind.MOVE, target=str(target), paths=paths)
        except RefusedError as error:
            assert "is its disk gone" in str(error), error
        else:
            raise AssertionError("not refused")
        assert not list(target.rglob("*"))
        """,
    )


def test_kills_between_two_real_disks_lose_nothing(tmp_path: Path) -> None:
    in_namespace(
        tmp_path,
        TWO_DISKS,
        """
        from tests.faults import CRASHED, FaultyDisk
        from tests.safety.crash_points import in_child
        files = {"keep/a.jpg": "x\\n1", "old/a.jpg": "x\\n2", "old/a.xmp": "stars"}
        point, everything = 0, sorted(text.encode() for text in files.values())
        while True:
            point += 1
            make(root, files)
            before = tree_snapshot(root)
            result = fake_scan(root)
            def run():
                act_on = dict(kind=ActionKind.MOVE, target=str(target), paths=paths)
                actions.act(result, disk=FaultyDisk().crash(point), **act_on)
            code = in_child(run)
            assert code in (0, CRASHED), code
            actions.recover(paths)
            assert contents(root, target) == everything, point
            if any(run.undoable for run in actions.history(paths)):
                assert actions.undo(paths).exit_code == 0
            assert tree_snapshot(root) == before, point
            assert not list(target.rglob("*")), list(target.rglob("*"))
            if code == 0:
                break
        assert point > 40, point
        """,
    )
