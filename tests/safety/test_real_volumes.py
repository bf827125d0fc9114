"""Moving, trashing and undoing on real file systems: those that can be made on this machine; the others are skipped by name."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import soak
from benchmarks.soak_world import World
from benchmarks.volumes import MAKERS, UnavailableError, mounted
from dedupe import actions
from dedupe.actions.platform.disk import Disk
from dedupe.actions.report import Report
from dedupe.types import ActionKind
from tests.safety.conftest import refused
from tests.support import Places, contents, fake_scan, make, tree_snapshot

FILES = {
    "photos/keep/a.jpg": "beach\nas the camera wrote it",
    "photos/old/a.jpg": "beach\nsaved again",
    "photos/old/a.xmp": "five stars",
    "photos/keep/b.jpg": "cake\none",
    "photos/old/b.jpg": "cake\none",
}


@pytest.fixture(params=list(MAKERS))
def volume(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    try:
        with mounted(request.param, tmp_path / "volume") as place:
            yield place
    except UnavailableError as reason:
        pytest.skip(f"{request.param}: {reason}")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    (home / ".local/share").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local/share"))
    return home


def act(root: Path, places: Places, target: Path | None) -> Report:
    kind = ActionKind.TRASH if target is None else ActionKind.MOVE
    return actions.act(
        fake_scan(root), kind=kind, target=None if target is None else str(target), paths=places, disk=Disk()
    )


def cycle(base: Path, root: Path, target: Path | None) -> None:
    """Act, undo: the tree is what it was, bit for bit, and nothing is left elsewhere."""
    places = Places.below(base / "state")
    before = _tree(root)
    held = contents(root)
    report = act(root, places, target)
    assert (len(report.done), report.exit_code) == (2, 0), report.sentences()
    assert not [path for path in root.rglob("*.leaving")]
    everywhere = contents(root) if target is None else sorted(contents(root) + contents(target))
    if target is not None:
        assert everywhere == held
    undone = actions.undo(places)
    assert undone.exit_code == 0, undone.sentences()
    assert _tree(root) == before
    if target is not None:
        assert not [path for path in target.rglob("*") if path.is_file()]


def _tree(root: Path) -> dict[str, tuple[object, ...]]:
    """Names, sizes, times to the two seconds that FAT keeps, and contents."""
    found = {}
    for path, entry in tree_snapshot(root).items():
        if entry[0] == "file":
            _, _, size, mtime, digest = entry
            found[path] = (size, mtime // 2_000_000_000, digest)
    return found


def test_photos_move_within_a_volume_and_come_back(volume: Path, tmp_path: Path, home: Path) -> None:
    make(volume, FILES)
    cycle(tmp_path, volume / "photos", volume / "moved")


def _gives_back_what_it_was_given(volume: Path) -> None:
    """Skip where a file just written reads as something else: a copy there is refused (the test below)."""
    if volume.name == "fusefat":
        pytest.skip("fusefat reads other bytes than were just written")


def test_photos_move_onto_a_volume_and_come_back(volume: Path, tmp_path: Path, home: Path) -> None:
    _gives_back_what_it_was_given(volume)
    make(tmp_path, FILES)
    cycle(tmp_path, tmp_path / "photos", volume / "moved")


def test_photos_move_off_a_volume_and_come_back(volume: Path, tmp_path: Path, home: Path) -> None:
    _gives_back_what_it_was_given(volume)
    make(volume, FILES)
    cycle(tmp_path, volume / "photos", tmp_path / "moved")


def test_a_volume_that_reads_other_bytes_than_were_written_gets_no_photo(tmp_path: Path, home: Path) -> None:
    """FAT by fusefat does so until a file is opened anew. The copy is read back, and the photos stay."""
    try:
        with mounted("fusefat", tmp_path / "volume") as place:
            make(tmp_path, FILES)
            before = tree_snapshot(tmp_path / "photos")
            report = act(tmp_path / "photos", Places.below(tmp_path / "state"), place / "moved")
            if len(report.done) == 2:
                pytest.skip("this fusefat reads what was written")
            assert (len(report.done), report.exit_code) == (0, 4)
            assert "the copy that was written is not what was read" in " ".join(report.sentences())
            assert tree_snapshot(tmp_path / "photos") == before
            assert contents(place) == []
    except UnavailableError as reason:
        pytest.skip(str(reason))


def test_what_a_copy_says_goes_into_a_sidecar_on_any_volume_and_comes_back(
    volume: Path, tmp_path: Path, home: Path
) -> None:
    world = World(volume, tmp_path / "other", random.Random(2))
    world.make_speaking()
    for sidecar in world.labels:
        sidecar.unlink()  # one that is there is replaced only where two names can be exchanged in one step
    before, held = _tree(world.root), contents(world.root)
    target = str(world.near)
    report = actions.act(world.scan_speaking(), kind=ActionKind.MOVE, target=target, paths=world.places)
    assert (len(report.done), report.exit_code, world.written()) == (2, 0, 2), report.sentences()
    assert not [path.name for path in volume.rglob(".dedupe-*") if path.name != ".dedupe-moved"]
    undone = actions.undo(world.places)
    assert (len(undone.restored), len(undone.sidecars), undone.exit_code) == (2, 2, 0)
    assert (_tree(world.root), contents(world.root)) == (before, held)


@pytest.mark.parametrize("kind", ["sshfs", "mergerfs"])
@pytest.mark.parametrize("what", ["move", "move across", "trash", "rescue, move", "undo"])
def test_a_mount_whose_server_dies_in_the_middle_loses_nothing(
    tmp_path: Path, home: Path, kind: str, what: str
) -> None:
    """The server is killed while photos move; what is tried with the mount dead, and then gone, loses nothing either."""
    world = World(tmp_path / "volume" / kind, tmp_path / "other", random.Random(4))
    account = soak.Account()
    place = world.root.parent
    try:
        with mounted(kind, tmp_path / "volume"):
            world.make()
            world.make_speaking()
            if what == "undo":
                world.act("move")
            number = soak.child(lambda: world.act(what))
            time.sleep(0.03)
            servers = serving(place)
            assert servers
            for server in servers:
                os.kill(server, signal.SIGKILL)
            soak.ended(number, account, what)
            soak.ended(soak.child(lambda: world.act("recover")), account, "dead")
            subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)
            soak.ended(soak.child(lambda: world.act("undo")), account, "gone")
            assert list(place.iterdir()) == [], "nothing is written into the empty mount point"
            MAKERS[kind](tmp_path / "volume", place)
            soak.ended(soak.child(lambda: world.act("recover")), account, "back")
            assert (world.missing(), account.tracebacks, account.hangs) == ([], [], 0)
    except UnavailableError as reason:
        pytest.skip(str(reason))


def serving(place: Path) -> list[int]:
    """The processes that serve what is mounted there."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if os.path.basename(words[0]) in (b"sshfs", b"mergerfs") and os.fsencode(place) in words:
                found.append(int(path.parent.name))
    return found


def test_photos_leave_a_volume_that_sets_a_new_time_when_a_file_is_renamed(tmp_path: Path, home: Path) -> None:
    try:
        with mounted("fusefat", tmp_path / "volume") as place:
            make(place, FILES)
            held = contents(place)
            report = act(place / "photos", Places.below(tmp_path / "state"), tmp_path / "moved")
            assert (len(report.done), report.exit_code) == (2, 0), report.sentences()
            assert sorted(contents(place) + contents(tmp_path / "moved")) == held
    except UnavailableError as reason:
        pytest.skip(str(reason))


def test_photos_go_to_the_trash_of_a_volume_and_come_back(volume: Path, tmp_path: Path, home: Path) -> None:
    make(volume, FILES)
    cycle(tmp_path, volume / "photos", None)


def test_a_disk_and_the_pool_that_shows_it_below_one_root_lose_nothing(tmp_path: Path, home: Path) -> None:
    try:
        with mounted("mergerfs", tmp_path / "root") as pool:
            make(tmp_path / "root", {"one/a.jpg": "beach", "two/b.jpg": "cake"})
            _nothing_leaves(tmp_path, pool, tmp_path / "root")
    except UnavailableError as reason:
        pytest.skip(str(reason))


def test_the_own_disk_over_the_network_below_one_root_loses_nothing(tmp_path: Path, home: Path) -> None:
    try:
        with mounted("sshfs", tmp_path / "root") as shown:
            make(tmp_path / "root", {"served/a.jpg": "beach", "served/b.jpg": "cake"})
            _nothing_leaves(tmp_path, shown, tmp_path / "root")
    except UnavailableError as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("kind", ["exfat", "ntfs", "vfat"])
def test_one_folder_under_two_spellings_loses_nothing(tmp_path: Path, home: Path, kind: str) -> None:
    """A volume that folds case shows ``photos`` as ``PHOTOS`` too, where FUSE with another inode."""
    try:
        with mounted(kind, tmp_path / "volume") as place:
            make(place, {"photos/a.jpg": "beach", "photos/b.jpg": "cake"})
            if not (place / "PHOTOS").exists():
                pytest.skip(f"{kind} does not fold names as it is mounted here")
            _nothing_leaves(tmp_path, place / "PHOTOS", place / "photos", roots=[place / "photos", place / "PHOTOS"])
    except UnavailableError as reason:
        pytest.skip(str(reason))


def _nothing_leaves(base: Path, shown: Path, real: Path, roots: list[Path] | None = None) -> None:
    """Every photo below ``shown`` is said to be kept for the same one below ``real``: move and trash, both ways round."""
    from tests.support import photo_at, result_of

    roots = roots or [real]
    behind = {path.name: path for path in real.rglob("*.jpg") if not path.is_relative_to(shown)}
    pairs = [(photo_at(shown / name, roots[-1]), photo_at(path, roots[0])) for name, path in sorted(behind.items())]
    assert len(pairs) == 2
    held = contents(*{path.parent for path in behind.values()})
    for number, target in enumerate((base / "moved", shown.parent / "moved here", None)):
        for turn in (pairs, [(b, a) for a, b in pairs]):
            places = Places.below(base / f"state {number}")
            kind = ActionKind.TRASH if target is None else ActionKind.MOVE
            report = actions.act(
                result_of(roots, [(keep, [extra]) for keep, extra in turn]),
                kind=kind,
                target=None if target is None else str(target),
                paths=places,
                disk=Disk(),
            )
            assert not report.done, report.sentences()
            assert all(path.is_file() for path in behind.values())
            assert contents(*{path.parent for path in behind.values()}) == held
            assert len(refused(report.outcomes)) == 2
