"""Row 11: a crash at any step of moving, trashing, undoing or recovering loses nothing, and the next start ends every row."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dedupe import actions
from dedupe.actions.journal.journal import Journal
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.volumes import Volume
from tests.faults import FaultyDisk
from tests.safety.conftest import World
from tests.safety.crash_points import CRASHED, SCENARIOS, in_child
from tests.support import tree_snapshot

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="crash points are tried in forked processes")


def crash(what: str, scenario: str, folder: Path) -> dict[str, Any]:
    """The account of a scenario: a process of its own that forks for each crash."""
    home = folder / "world" / "home"
    environment = {
        **os.environ,
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    told = subprocess.run(
        [sys.executable, "-m", "tests.safety.crash_points", what, scenario, str(folder)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


ALL = bool(os.environ.get("DEDUPE_EVERY_POINT"))
"""Whether to try every way of moving and every pair of points.

Without it a few minutes are saved: by one asset instead of two where the way is a variant of another, and by taking
every few points where two crashes are combined.
"""

_SHORT = ("move-across-volumes-by-link", "move-across-volumes-by-claim")
_CASES = [(what, scenario) for what in ("act", "undo") for scenario in SCENARIOS]
CASES = [
    (what, scenario, scenario in _SHORT or (what == "undo" and "across" in scenario))
    for what, scenario in _CASES
    if what == "act" or scenario not in ("move", "move-by-link", *_SHORT) or ALL
]


@pytest.mark.parametrize(("what", "scenario", "short"), CASES)
def test_a_crash_at_every_step_loses_nothing_and_the_next_start_ends_it(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, scenario: str, short: bool
) -> None:
    if short and not ALL:
        monkeypatch.setenv("DEDUPE_ONE_UNIT", "1")
    account = crash(what, scenario, quick_path)
    assert account["wrong"] == []
    assert account["crashes"] == account["points"] - 1 >= 15


@pytest.mark.parametrize(("scenario", "stride"), [("move", 3), ("trash", 3), ("move-across-volumes", 17)])
def test_a_crash_of_the_recovery_itself_loses_nothing(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch, scenario: str, stride: int
) -> None:
    monkeypatch.setenv("DEDUPE_STRIDE", "1" if ALL else str(stride))
    account = crash("recover", scenario, quick_path)
    assert account["wrong"] == []
    assert account["crashes"] > 40


@pytest.mark.parametrize("scenario", ["move", "trash"])
def test_random_kills_lose_nothing(quick_path: Path, scenario: str) -> None:
    """DEDUPE_KILLS=200 for a night of it."""
    account = crash("kill", scenario, quick_path)
    assert account["wrong"] == []


def test_the_crash_children_import_nothing_heavy() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, dedupe.actions; print(*sys.modules)"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=True,
    )
    heavy = {"numpy", "cv2", "faiss", "tensorflow", "rich", "PIL", "typer", "send2trash", "ai_edge_litert"}
    assert not heavy & set(told.stdout.split())


def crashed_move(world: World, moment: int, **disk: Any) -> None:
    result = world.scan()
    code = in_child(lambda: world.act(result, disk=FaultyDisk(**disk).crash(moment)) and None)
    assert code == CRASHED


def moment_of(world: World, wanted: str, **disk: Any) -> int:
    """The moment right after the first step of that name in a whole run on a copy of the world."""
    found = []
    probe = FaultyDisk(**disk)

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if step == wanted:
            found.append(probe.moments + 2)

    probe.before = hook
    world.act(disk=probe)
    world.undo()
    return found[0]


def test_the_next_action_recovers_by_itself_and_says_so(world: World) -> None:
    _keep, extra = world.pair("resaved")
    world.make({"old/a.xmp": "five stars"})
    crashed_move(world, moment_of(world, "rename"))
    assert not extra.exists()
    report = world.act()
    assert any("was taken back" in note for note in report.notes)
    assert extra.exists()
    assert len(world.act().done) == 1


def test_recovery_at_the_start_is_silent_where_nothing_is_open(world: World) -> None:
    assert actions.recover_if_needed(world.paths) == []
    world.pair()
    world.act()
    assert actions.recover_if_needed(world.paths) == []


def test_a_lost_file_is_left_to_a_person_and_nothing_else_is_touched(world: World) -> None:
    _, extra = world.pair("resaved")
    crashed_move(world, moment_of(world, "rename"))
    (world.target / "old" / "a.jpg").write_bytes(b"overwritten by somebody")
    before = world.snapshot()
    for _ in range(2):
        [sentence] = actions.recover(world.paths)
        assert "needs your attention" in sentence
        assert world.snapshot() == before
    assert actions.recover_if_needed(world.paths) == []
    assert actions.history(world.paths)[0].needs_person == 1
    extra.write_bytes(b"beach\nagain")
    assert "taken back" in actions.recover(world.paths)[0]
    assert actions.recover(world.paths) == []


def test_a_disk_that_is_out_is_waited_for(world: World) -> None:
    _keep, extra = world.pair("resaved")
    world.make({"old/a.xmp": "five stars"})
    crashed_move(world, moment_of(world, "rename"))
    before = world.snapshot()
    world.target.rename(world.base / "unplugged")
    [sentence] = actions.recover_if_needed(world.paths)
    assert "does not exist now" in sentence
    (world.base / "unplugged").rename(world.target)
    assert world.snapshot() == before
    [sentence] = actions.recover_if_needed(world.paths)
    assert "taken back" in sentence
    assert extra.exists()


def test_a_new_file_in_the_old_place_after_a_crash_survives(world: World) -> None:
    _keep, extra = world.pair("resaved")
    crashed_move(world, moment_of(world, "rename"))
    extra.write_bytes(b"taken since")
    assert "gone through" in actions.recover(world.paths)[0]
    assert extra.read_bytes() == b"taken since"
    report = world.undo()
    assert report.restored[0].now == str(extra.with_name("a (restored).jpg"))
    assert extra.read_bytes() == b"taken since"


def test_where_a_volume_gives_one_number_to_two_files_the_bytes_say_which_is_ours(world: World) -> None:
    """Cut off when the photo had arrived; another was saved under the old name, and its inode number is the photo's own."""
    _keep, extra = world.pair("resaved")
    crashed_move(world, moment_of(world, "rename"))
    extra.write_bytes(b"taken since")
    place = world.target / "old" / "a.jpg"

    class OneNumber(FaultyDisk):
        def volume(self, folder: str) -> Volume:
            return replace(super().volume(folder), weak=True)

        def lstat(self, path: str) -> os.stat_result:
            found = super().lstat(path)
            number = place.lstat().st_ino if path == str(extra) else found.st_ino
            return os.stat_result((found.st_mode, number, *found[2:]), {"st_mtime_ns": found.st_mtime_ns})

    before = world.snapshot()
    actions.recover(world.paths, disk=OneNumber())
    assert world.snapshot() == before
    assert extra.read_bytes() == b"taken since"
    assert place.read_bytes() == b"beach\nagain"


def test_a_copy_that_the_user_made_meanwhile_is_not_taken_for_ours(world: World) -> None:
    """Cut off before the rename; then the user copies the photo to the very place. Both stay."""
    _keep, extra = world.pair("resaved")
    crashed_move(world, moment_of(world, "rename") - 1)
    (world.target / "old" / "a.jpg").write_bytes(extra.read_bytes())
    actions.recover(world.paths)
    assert extra.exists()
    assert (world.target / "old" / "a.jpg").exists()


def test_an_unfinished_copy_of_a_photo_that_is_gone_is_left_for_a_person(world: World) -> None:
    _keep, extra = world.pair("resaved")
    volumes = (str(world.root),)
    crashed_move(world, moment_of(world, "copy_metadata", volumes=volumes), volumes=volumes)
    extra.unlink()
    [partial] = world.target.rglob("*.partial")
    for _ in range(2):
        [told] = actions.recover(world.paths)
        assert "what was copied so far is" in told
        assert partial.read_text() == "beach\nagain"


@pytest.mark.parametrize("again", range(2))
def test_an_edit_of_the_source_after_a_crash_in_the_copy_survives(world: World, again: int) -> None:
    _keep, extra = world.pair("resaved")
    volumes = (str(world.root),)
    crashed_move(world, moment_of(world, "unlink", volumes=volumes) - 1, volumes=volumes)
    extra.write_bytes(b"edited since")
    actions.recover(world.paths)
    assert extra.read_bytes() == b"edited since"
    assert b"beach\nagain" in world.contents()


def test_recovery_has_the_copys_name_on_the_disk_before_the_original_goes(world: World) -> None:
    """A second power cut must not take the copy's name when its original is gone.

    The photo was renamed and its sidecar copied; it was cut off before the folder of the copy was synced.
    """

    class SidecarsElsewhere(FaultyDisk):
        def rename(self, source: str, target: str) -> None:
            if source.endswith(".xmp") and not target.endswith(".leaving"):
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), source, None, target)
            super().rename(source, target)

    world.make({"keep/a.jpg": "beach\n1", "old/a.jpg": "beach\n2", "old/a.xmp": "five stars"})
    place, result, disk = world.target / "old", world.scan(), SidecarsElsewhere()

    def cut_off(step: str, arguments: tuple[object, ...]) -> None:
        if step == "fsync_folder" and arguments[0] == str(place) and (place / "a.xmp").exists():
            os._exit(CRASHED)

    disk.before = cut_off
    assert in_child(lambda: world.act(result, disk=disk) and None) == CRASHED
    assert (place / "a.xmp").exists()
    assert (world.root / "old" / "a.xmp").exists()
    taken: list[tuple[str, object]] = []
    again = SidecarsElsewhere()
    again.before = lambda step, arguments: taken.append((step, arguments[0] if arguments else None))
    actions.recover(world.paths, disk=again)
    assert sorted(path.name for path in place.iterdir()) == ["a.jpg", "a.xmp"]
    [gone] = [n for n, (step, path) in enumerate(taken) if step == "unlink" and str(path).endswith(".leaving")]
    assert ("fsync_folder", str(place)) in taken[:gone]


def test_recovery_waits_for_a_lock_and_says_nothing(world: World) -> None:
    from dedupe.actions.platform.lock import only_one
    from dedupe.errors import LockedError

    _keep, _extra = world.pair("resaved")
    world.make({"old/a.xmp": "five stars"})
    crashed_move(world, moment_of(world, "rename"))
    before = world.snapshot()
    with only_one(world.paths.lock):
        assert actions.recover_if_needed(world.paths) == []
        with pytest.raises(LockedError):
            actions.recover(world.paths)
    assert world.snapshot() == before


def test_a_full_disk_during_recovery_leaves_the_row_for_the_next_start(world: World) -> None:
    import errno

    world.pair("resaved")
    world.make({"old/a.xmp": "five stars"})
    everything = world.contents()
    crashed_move(world, moment_of(world, "rename"))
    [sentence] = actions.recover_if_needed(world.paths, FaultyDisk().fail("rename", 1, errno.EIO))
    assert "tries again" in sentence
    assert world.contents() == everything
    actions.recover(world.paths)
    assert world.contents() == everything
    with Journal(world.paths.journal, Disk()) as journal:
        assert not journal.open_assets()


def test_undo_after_a_crash_brings_back_every_bit(world: World) -> None:
    world.make({f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(5) for folder in ("keep", "old")})
    before = tree_snapshot(world.root)
    crashed_move(world, moment_of(world, "rename") + 12)
    assert tree_snapshot(world.root) != before
    report = world.undo()
    assert report.exit_code == 0
    assert tree_snapshot(world.root) == before
