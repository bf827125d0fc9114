"""Copies become links only where they are byte for byte the photo that stays, nothing is ever missing, and undo undoes it."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.volumes import UnavailableError, mounted
from dedupe import actions
from dedupe.actions.platform.disk import Disk
from dedupe.actions.report import Report
from dedupe.types import ActionKind, OutcomeKind, Relation, ScanResult
from tests.support import Places, contents, fake_scan, make, tree_snapshot

pytestmark = pytest.mark.skipif(os.name == "nt", reason="two names cannot be exchanged in one step there")

HARD = ActionKind.HARD_LINK


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two identical copies in ``b`` of photos in ``a``, and a copy of other bytes."""
    return a_tree(tmp_path / "photos")


def a_tree(root: Path) -> Path:
    """The photos of ``tree``, below ``root``."""
    make(root, {"a/1.jpg": "p1\nsame", "a/2.jpg": "p2\nsame", "a/3.jpg": "p3\nlong"})
    make(root, {"b/1.jpg": "p1\nsame", "b/2.jpg": "p2\nsame", "b/3.jpg": "p3\nshort"})
    (root / "b/1.jpg").chmod(0o640)
    return root


def link(
    result: ScanResult, base: Path, *, disk: Disk | None = None, kind: ActionKind = HARD, **more: object
) -> Report:
    return actions.link(result, kind=kind, paths=Places.below(base / "state"), disk=disk, **more)  # type: ignore[arg-type]


def undo(base: Path) -> actions.UndoReport:
    return actions.undo(Places.below(base / "state"))


def same_file(a: Path, b: Path) -> bool:
    return a.stat().st_ino == b.stat().st_ino


def leftovers(tree: Path) -> list[Path]:
    return list(tree.rglob(".dedupe-*"))


def test_identical_copies_become_hard_links_and_others_are_refused_with_the_reason(tree: Path, tmp_path: Path) -> None:
    report = link(fake_scan(tree), tmp_path)
    assert same_file(tree / "a/1.jpg", tree / "b/1.jpg")
    assert same_file(tree / "a/2.jpg", tree / "b/2.jpg")
    assert (tree / "b/3.jpg").read_text() == "p3\nshort"
    assert report.refusals == {"isn't byte-identical to the photo that stays, so it can't be a link to it": 1}
    assert report.sentences()[0] == "2 photos replaced with hard links to the photo that stays, 14 B."
    assert report.sentences()[-1] == "`dedupe undo 1` puts them back."
    assert report.exit_code == 1
    assert leftovers(tree) == []


def test_undo_gives_each_path_a_file_of_its_own_as_it_was(tree: Path, tmp_path: Path) -> None:
    before = tree_snapshot(tree)
    link(fake_scan(tree), tmp_path)
    assert undo(tmp_path).sentences()[0] == "2 photos put back (run 1)."
    assert tree_snapshot(tree) == before
    assert not same_file(tree / "a/1.jpg", tree / "b/1.jpg")
    assert leftovers(tree) == []
    assert undo_again_says_nothing(tmp_path)


def undo_again_says_nothing(base: Path) -> bool:
    runs = actions.history(Places.below(base / "state"))
    return all(not run.undoable for run in runs)


def test_a_dry_run_says_the_same_and_touches_nothing(tree: Path, tmp_path: Path) -> None:
    before = tree_snapshot(tmp_path)
    told = link(fake_scan(tree), tmp_path, dry_run=True)
    assert (len(told.done), told.refusals) == (2, link(fake_scan(tree), tmp_path / "other").refusals)
    assert {name: entry for name, entry in tree_snapshot(tmp_path / "photos" / "a").items()} == {
        name: entry for name, entry in before.items() if "/photos/a/" in name
    }


def test_a_scan_after_it_knows_the_links_as_one_photo(tree: Path, tmp_path: Path) -> None:
    link(fake_scan(tree), tmp_path)
    assert [group.keep.path for group in fake_scan(tree).groups] == [str(tree / "a/3.jpg")]


@pytest.mark.parametrize("victim", [True, False])
def test_what_changed_since_the_scan_is_skipped(tree: Path, tmp_path: Path, victim: bool) -> None:
    result = fake_scan(tree)
    changed = tree / ("b" if victim else "a") / "1.jpg"
    stamp = changed.stat()
    changed.write_text("p1\nSAME")
    os.utime(changed, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    before = contents(tree)
    link(result, tmp_path)
    assert not same_file(tree / "a/1.jpg", tree / "b/1.jpg")
    assert contents(tree) == before


def test_a_forged_relation_makes_no_link_of_different_bytes(tree: Path, tmp_path: Path) -> None:
    result = fake_scan(tree)
    groups = tuple(
        replace(group, extras=tuple(replace(extra, relation=Relation.IDENTICAL) for extra in group.extras))
        for group in result.groups
    )
    key = groups[2].keep.content_key
    forged = replace(groups[2].extras[0], photo=replace(groups[2].extras[0].photo, content_key=key))
    before = contents(tree)
    link(replace(result, groups=(*groups[:2], replace(groups[2], extras=(forged,)))), tmp_path)
    assert contents(tree) == before
    assert not same_file(tree / "a/3.jpg", tree / "b/3.jpg")


def test_a_protected_photo_and_one_with_several_names_are_refused(tree: Path, tmp_path: Path) -> None:
    os.link(tree / "b/1.jpg", tree / "b/1 again.jpg")
    result = fake_scan(tree)
    protected = replace(result.groups[1].extras[0].photo.file, protected=True)
    extra = replace(result.groups[1].extras[0], photo=replace(result.groups[1].extras[0].photo, file=protected))
    groups = (result.groups[0], replace(result.groups[1], extras=(extra,)), *result.groups[2:])
    report = link(replace(result, groups=groups), tmp_path)
    assert set(report.refusals) >= {"is in a protected folder", "has several names already"}
    assert not same_file(tree / "a/2.jpg", tree / "b/2.jpg")


def test_tags_that_only_the_copy_has_are_not_lost(tree: Path, tmp_path: Path) -> None:
    try:
        os.setxattr(tree / "b/1.jpg", "user.xdg.tags", b"grandma")
    except (AttributeError, OSError):
        pytest.skip("extended attributes of users need a file system that has them")
    report = link(fake_scan(tree), tmp_path)
    assert "has tags or other attributes that the photo that stays lacks" in report.refusals
    assert os.getxattr(tree / "b/1.jpg", "user.xdg.tags") == b"grandma"


class Without(Disk):
    """A disk that has not got one of the calls."""

    def __init__(self, name: str) -> None:
        super().__init__()

        def refuse(*words: object) -> None:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

        setattr(self, name, refuse)


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("link", HARD, "its file system has no hard links"),
        ("clone", ActionKind.REFLINK, "its file system has no reflinks"),
        ("exchange", HARD, "its file system can't replace a file in one step"),
    ],
)
def test_a_file_system_that_cannot_is_told_apart_and_nothing_is_touched(
    tree: Path, tmp_path: Path, name: str, kind: ActionKind, said: str
) -> None:
    before = tree_snapshot(tree)
    report = link(fake_scan(tree), tmp_path, disk=Without(name), kind=kind)
    assert report.refusals[said] == 2
    assert tree_snapshot(tree) == before
    assert leftovers(tree) == []


def test_reflinks_share_blocks_where_the_file_system_can(tree: Path, tmp_path: Path) -> None:
    before = tree_snapshot(tree)
    report = link(fake_scan(tree), tmp_path, kind=ActionKind.REFLINK)
    if not report.done:
        assert report.refusals["its file system has no reflinks"] == 2
        pytest.skip("this file system has no reflinks")
    assert tree_snapshot(tree) == before
    assert not same_file(tree / "a/1.jpg", tree / "b/1.jpg")


@pytest.mark.parametrize("volume", ["btrfs", "xfs"])
def test_real_reflinks_free_the_space_of_the_copy_and_undo_takes_it_again(tmp_path: Path, volume: str) -> None:
    size = 8 << 20
    try:
        with mounted(volume, tmp_path / "volume") as place:
            data = os.urandom(size)
            make(place / "photos", {"a/1.jpg": data, "b/1.jpg": data})
            before = tree_snapshot(place / "photos")
            two = used(place)
            report = link(fake_scan(place / "photos"), tmp_path, kind=ActionKind.REFLINK)
            assert (len(report.done), report.exit_code) == (1, 0), report.sentences()
            assert within_seconds(lambda: two - used(place) > size * 3 // 4)
            assert tree_snapshot(place / "photos") == before
            assert not same_file(place / "photos/a/1.jpg", place / "photos/b/1.jpg")
            with (place / "photos/b/1.jpg").open("r+b") as file:
                file.write(b"edited")
            assert (place / "photos/a/1.jpg").read_bytes() == data
            with (place / "photos/b/1.jpg").open("r+b") as file:
                file.write(data[:6])
            os.utime(place / "photos/b/1.jpg", ns=(0, before[str(place / "photos/b/1.jpg")][3]))
            assert undo(tmp_path).exit_code == 0
            assert tree_snapshot(place / "photos") == before
            assert within_seconds(lambda: two - used(place) < size // 4)
            assert leftovers(place / "photos") == []
    except UnavailableError as reason:
        pytest.skip(f"{volume}: {reason}")


def within_seconds(holds: Callable[[], bool], most: float = 20.0) -> bool:
    """Whether it holds before long: xfs gives the blocks of a file that is gone back in the background."""
    end = time.monotonic() + most
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.1)
    return held


def used(place: Path) -> int:
    """Bytes in use on the volume, once everything is on the disk."""
    os.sync()
    found = os.statvfs(place)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


class Copying(Disk):
    """A disk whose reflinks are copies, so that all around the call is tested where no file system has them."""

    def clone(self, source: int, target: int) -> None:
        self.rewind(source)
        while chunk := self.read(source, 1 << 20):
            self.write(target, chunk)


def test_a_reflink_keeps_the_mode_and_the_times_of_the_copy_and_undo_leaves_it_so(tree: Path, tmp_path: Path) -> None:
    before = tree_snapshot(tree)
    inode = (tree / "b/1.jpg").stat().st_ino
    report = link(fake_scan(tree), tmp_path, kind=ActionKind.REFLINK, disk=Copying())
    assert len(report.done) == 2
    assert (tree / "b/1.jpg").stat().st_ino != inode
    assert tree_snapshot(tree) == before
    assert undo(tmp_path).exit_code == 0
    assert tree_snapshot(tree) == before


class Cut(BaseException):
    """The power goes."""


STEPS = ("link", "lstat", "exchange", "unlink", "fsync_folder", "commit", "create", "write", "fsync")


class Failing(Disk):
    """Ends the program at the n-th call that changes or looks at the disk, before it or after it."""

    def __init__(self, at: int, *, after: bool) -> None:
        super().__init__()
        self.left, self.after = at, after

    def __getattribute__(self, name: str) -> object:
        found = super().__getattribute__(name)
        if name not in STEPS:
            return found

        def counted(*words: object) -> object:
            self.left -= 1
            if self.left == 0 and not self.after:
                raise Cut
            done = found(*words)
            if self.left == 0:
                raise Cut
            return done

        return counted


def cuts() -> Iterator[tuple[int, bool]]:
    for at in range(1, 60):
        yield from ((at, True), (at, False))


@pytest.mark.parametrize("undoing", [False, True])
def test_a_power_cut_at_any_step_leaves_every_path_with_a_whole_picture(tmp_path: Path, undoing: bool) -> None:
    ended = 0
    for number, (at, after) in enumerate(cuts()):
        base = tmp_path / str(number)
        root = base / "photos"
        make(root, {"a/1.jpg": "p1\nsame", "b/1.jpg": "p1\nsame"})
        result, before = fake_scan(root), contents(root)
        if undoing:
            link(result, base)
        try:
            disk = Failing(at, after=after)
            if undoing:
                actions.undo(Places.below(base / "state"), disk=disk)
            else:
                link(result, base, disk=disk)
            ended += 1
        except Cut:
            pass
        assert (root / "b/1.jpg").read_text() == "p1\nsame", (at, after)
        assert (root / "a/1.jpg").read_text() == "p1\nsame", (at, after)
        told = actions.recover(Places.below(base / "state"))
        assert not any("attention" in sentence for sentence in told), (at, after, told)
        assert contents(root) == before, (at, after)
        assert leftovers(root) == [], (at, after)
        assert actions.unreconciled(Places.below(base / "state")).open == 0
    assert ended > 4  # the last ones were not cut: every step was met


def test_a_file_that_takes_the_name_in_the_last_instant_survives(tree: Path, tmp_path: Path) -> None:
    class Late(Disk):
        def exchange(self, a: str, b: str) -> None:
            if not Path(b).read_text().startswith("new"):
                Path(b).unlink()
                Path(b).write_text("new work")
            super().exchange(a, b)

    report = link(fake_scan(tree), tmp_path, disk=Late())
    assert (tree / "b/1.jpg").read_text() == "new work"
    assert all(outcome.kind is not OutcomeKind.DONE for outcome in report.outcomes)
    assert (tree / "a/1.jpg").read_text() == "p1\nsame"


def test_a_link_that_was_edited_since_is_not_undone_over_the_edit(tree: Path, tmp_path: Path) -> None:
    link(fake_scan(tree), tmp_path)
    (tree / "b/1.jpg").unlink()
    (tree / "b/1.jpg").write_text("my own")
    report = undo(tmp_path)
    assert report.left == {"changed since it became a link": 1}
    assert (tree / "b/1.jpg").read_text() == "my own"
    assert (tree / "b/2.jpg").read_text() == "p2\nsame"
    assert not same_file(tree / "a/2.jpg", tree / "b/2.jpg")


def test_the_mode_of_the_copy_comes_back_with_the_undo(tree: Path, tmp_path: Path) -> None:
    link(fake_scan(tree), tmp_path)
    undo(tmp_path)
    assert stat.S_IMODE((tree / "b/1.jpg").stat().st_mode) == 0o640
