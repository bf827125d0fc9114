"""The journal: on the disk before the act, never begun afresh over another one, refused where it cannot be trusted."""

from __future__ import annotations

import errno
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.journal.journal import Journal, JournalError
from dedupe.actions.journal.records import AssetPurpose, AssetState, Intent, RunPurpose
from dedupe.actions.platform.disk import Disk
from dedupe.errors import RefusedError, StoreError
from dedupe.types import ActionKind, FileMove, FileStamp
from tests.faults import FaultyDisk
from tests.support import Places, fake_scan, key, make, tree_snapshot

STAMP = FileStamp(dev=2**63 + 5, inode=2**64 - 1, size=4, mtime_ns=-5, ctime_ns=0)


def intent(name: str = "a.jpg") -> Intent:
    source = os.fsdecode(b"/p/\xff/" + name.encode())
    move = FileMove(source, f"/t/{name}", STAMP, key(b"abcd"))
    return Intent(AssetPurpose.ACT, (move,), ("/p",), ("/t/.x.partial",), group="g", relation="identical", keeper=move)


def test_what_is_written_is_read_back_with_any_bytes_and_any_inode(tmp_path: Path) -> None:
    with Journal(str(tmp_path / "journal.db"), Disk()) as journal:
        run = journal.begin_run(RunPurpose.MOVE, target="/t", roots=["/p", os.fsdecode(b"/\xfe")])
        asset = journal.begin_asset(run, intent())
    with Journal(str(tmp_path / "journal.db"), Disk()) as journal:
        [found_asset] = journal.open_assets()
        [file] = found_asset.files
        [written] = asset.files
        scanned = replace(written.move.stamp, ctime_ns=0)
        assert replace(found_asset, files=()) == replace(asset, files=())
        assert file == replace(written, move=replace(written.move, stamp=scanned))
        assert (file.parent, file.partial, file.claimed, file.copy) == ("/p", "/t/.x.partial", False, None)
        found = journal.run(run)
        assert found is not None
        assert found.roots == ("/p", os.fsdecode(b"/\xfe"))


def test_an_intent_is_on_the_disk_when_begin_asset_returns(tmp_path: Path) -> None:
    path = str(tmp_path / "journal.db")
    with Journal(path, Disk()) as journal:
        asset = journal.begin_asset(journal.begin_run(RunPurpose.MOVE, target="/t", roots=["/p"]), intent())
        with Journal(path, Disk()) as other:
            assert [open_asset.id for open_asset in other.open_assets()] == [asset.id]
        journal.end_asset(asset, AssetState.DONE)
        with Journal(path, Disk()) as other:
            assert other.open_assets(), "what is pending is committed with the next intent"
        journal.begin_asset(asset.run, intent("b.jpg"))
        with Journal(path, Disk()) as other:
            assert [open_asset.id for open_asset in other.open_assets()] == [asset.id + 1]


def test_it_is_a_log_that_syncs_every_commit(tmp_path: Path) -> None:
    with Journal(str(tmp_path / "journal.db"), Disk()) as journal:
        assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_on_a_network_it_does_without_shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedupe.library.header.lies_on_a_network", lambda path: True)
    with Journal(str(tmp_path / "journal.db"), Disk()) as journal:
        assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        journal.begin_run(RunPurpose.TRASH, target=None, roots=["/p"])


def other_database(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE photos (id)")
    db.close()


def newer_journal(path: Path) -> None:
    Journal(str(path), Disk()).__exit__(None, None, None)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


def broken_journal(path: Path) -> None:
    with Journal(str(path), Disk()) as journal:
        journal.begin_run(RunPurpose.MOVE, target="/t", roots=["/p"])
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))


def cut_journal(path: Path) -> None:
    with Journal(str(path), Disk()) as journal:
        journal.begin_run(RunPurpose.MOVE, target="/t", roots=["/p"])
    path.write_bytes(path.read_bytes()[:5000])


def a_photo(path: Path) -> None:
    path.write_bytes(b"\xff\xd8\xff" + bytes(5000))


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("spoil", [other_database, newer_journal, broken_journal, cut_journal, a_photo, a_folder])
def test_a_journal_that_cannot_be_trusted_is_left_and_nothing_moves(tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    root, paths = tmp_path / "photos", Places.below(tmp_path / "state")
    make(root, {"a.jpg": "x\n1", "b.jpg": "x\n2"})
    spoil(Path(paths.journal))
    before = tree_snapshot(tmp_path)
    with pytest.raises((StoreError, RefusedError)) as raised:
        actions.act(fake_scan(root), kind=ActionKind.MOVE, target=str(tmp_path / "to"), paths=paths)
    assert str(raised.value).count("\n") == 0
    after = tree_snapshot(tmp_path)
    ours = (paths.lock, paths.journal + ".lock", paths.journal + "-wal", paths.journal + "-shm")
    assert {path: entry for path, entry in after.items() if path not in ours} == before
    for sentence in actions.recover_if_needed(paths):
        assert "journal" in sentence


def test_a_crash_while_the_journal_is_made_leaves_one_that_can_be_made(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.touch()
    with Journal(str(path), Disk()) as journal:
        assert journal.runs() == []


def test_a_full_disk_takes_the_pending_rows_back(tmp_path: Path) -> None:
    disk = FaultyDisk().fail("commit", 2, errno.ENOSPC)
    with Journal(str(tmp_path / "journal.db"), disk) as journal:
        run = journal.begin_run(RunPurpose.MOVE, target="/t", roots=["/p"])
        with pytest.raises(JournalError, match="full"):
            journal.begin_asset(run, intent())
        assert journal.open_assets() == []
        assert journal.begin_asset(run, intent()).files


def test_history_of_nothing_makes_no_journal(tmp_path: Path) -> None:
    paths = Places.below(tmp_path / "state")
    assert actions.history(paths) == ()
    assert actions.recover(paths) == []
    assert not Path(paths.journal).exists()
