"""Runs that an older dedupe began and a crash cut off: the journal is brought up to date, and today's recovery ends them."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.journal.journal import Journal
from dedupe.actions.platform.disk import Disk
from dedupe.formats.hashing import LEGACY, digest
from tests.faults import CRASHED, FaultyDisk
from tests.safety.conftest import World
from tests.safety.crash_points import in_child
from tests.support import contents

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each crash needs a process")

FILES = {
    "keep/a.jpg": "x\nkept",
    "old/a.jpg": "x\nagain",
    "old/a.xmp": "stars",
    "keep/b.jpg": "y\none",
    "old/b.jpg": "y\none",
}
SINCE_2 = "DROP INDEX units_in; DROP INDEX files_from; DROP TABLE parents; DROP TABLE lease;"
POINTS_AT_MOST = 400


def as_written_by(version: int, journal: str, held: list[bytes]) -> None:
    """Make the journal what a dedupe of that version would have left; ``held`` are the contents that keys stand for."""
    with sqlite3.connect(journal) as db:
        db.executescript(f"DROP TABLE sidecars; {SINCE_2 if version == 1 else ''} PRAGMA user_version = {version};")
        for content in held if version == 1 else ():
            old = digest(content, LEGACY + bytes(16)).removeprefix(LEGACY)
            db.execute("UPDATE files SET content_key = ? WHERE content_key = ?", (old, digest(content)))
            db.execute("UPDATE units SET keeper_key = ? WHERE keeper_key = ?", (old, digest(content)))
    db.close()


def check(world: World, held: list[bytes]) -> None:
    """Every byte string is there once, each photo that stays is in its place, and nothing is left open."""
    assert (
        contents(world.root, *({world.target, world.trash} if world.target.exists() or world.trash.exists() else ()))
        == held
    )
    assert {path.name for path in (world.root / "keep").iterdir()} == {"a.jpg", "b.jpg"}
    with Journal(world.paths.journal, Disk()) as journal:
        assert not journal.open_assets()
        assert not journal.unclear_assets()


def crashed(world: World, number: int, *, trash: bool, volumes: bool) -> bool:
    """Act on fresh photos and end the process at this step; False where the run came to its end."""
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        Path(world.paths.journal).with_name(name).unlink(missing_ok=True)
    for place in (world.root, world.target, world.trash):
        for path in sorted(place.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    world.make(dict(FILES))
    apart = (str(world.target),) if volumes else ()
    return in_child(lambda: world.act(trash=trash, disk=FaultyDisk(volumes=apart).crash(number))) == CRASHED


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("way", ["move", "copy", "trash"])
def test_a_run_that_an_older_dedupe_began_is_ended_and_undone(world: World, way: str, version: int) -> None:
    held = sorted(text.encode() for text in FILES.values())
    number = ended = 0
    for number in range(1, POINTS_AT_MOST):
        going_on = crashed(world, number, trash=way == "trash", volumes=way == "copy")
        if not Path(world.paths.journal).exists() or not _is_journal(world.paths.journal):
            continue
        as_written_by(version, world.paths.journal, held)
        actions.recover(world.paths, FaultyDisk())
        check(world, held)
        if any(run.undoable for run in actions.history(world.paths)):
            assert world.undo(disk=FaultyDisk()).exit_code == 0
            assert contents(world.root) == held
            ended += 1
        if not going_on:
            break
    assert number > 15 and ended > 3
    assert len(list(Path(world.paths.journal).parent.glob(f"journal.db.v{version}-*"))) > 15


def _is_journal(path: str) -> bool:
    with sqlite3.connect(path) as db:
        [(tables,)] = db.execute("SELECT COUNT(*) FROM sqlite_master")
    db.close()
    return bool(tables)


@pytest.mark.parametrize("moment", ["before the copy", "in a step", "before the end"])
def test_an_upgrade_that_a_power_cut_ends_leaves_the_journal_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    world.make(dict(FILES))
    world.act()
    as_written_by(1, world.paths.journal, [text.encode() for text in FILES.values()])
    place = {
        "before the copy": "dedupe.library.migrate._keep_copy",
        "in a step": "dedupe.library.legacy.mark_keys",
        "before the end": "dedupe.actions.journal.opening._from_2",
    }[moment]

    def cut(*arguments: object) -> None:
        os._exit(CRASHED)

    before = _dump(world.paths.journal)
    with monkeypatch.context() as patch:
        patch.setattr(place, cut)
        assert in_child(lambda: actions.recover(world.paths)) == CRASHED
    assert _dump(world.paths.journal) == before
    assert world.undo().exit_code == 0
    assert contents(world.root) == sorted(text.encode() for text in FILES.values())


def _dump(path: str) -> list[str]:
    with sqlite3.connect(path) as db:
        found = [f"version {db.execute('PRAGMA user_version').fetchone()[0]}", *db.iterdump()]
    db.close()
    return found
