"""Rows of the journal and of the decisions that somebody edited, or a disk damaged.

They give one sentence, never a traceback. Nothing is lost, and what is sound stays usable.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.errors import DedupeError
from dedupe.library.decisions import Decisions
from dedupe.library.scans import EditState, GroupEdit
from tests.library import made
from tests.library.test_carry import scan
from tests.safety.conftest import World

VALUES: list[object] = [None, -1, 2**62, 1e308, "x", "[" * 5000, b"", b"/etc/passwd", b"../../x\0", b"\xff" * 21]
TABLES = {
    "runs": ("purpose", "began", "ended", "target", "undoes"),
    "roots": ("run", "path"),
    "units": ("run", "purpose", "state", "grp", "relation", "keeper", "keeper_key", "reverses", "reason"),
    "files": (
        *("unit", "source", "parent", "target", "partial", "content_key", "dev", "inode", "size", "mtime_ns", "state"),
        *("claimed", "copy_dev", "copy_inode", "placed_mtime_ns", "entry", "info"),
    ),
    "folders": ("run", "path", "marker"),
    "parents": ("run", "path", "mode", "uid", "gid", "attributes"),
    "lease": ("pid", "host", "token", "renewed"),
}
LEAST = {"runs": 48, "roots": 18, "units": 84, "files": 160, "folders": 27, "parents": 54, "lease": 36}
"""How many mutations of a row are tried at least, twice each: with the run done, and begun."""


def mutations(path: Path, table: str, columns: tuple[str, ...], check: Callable[[str], None]) -> int:
    """Put every value into every column of the first row in turn, and ``check``; how many were tried."""
    tried = 0
    sound = path.read_bytes()
    for column in columns:
        for value in VALUES:
            path.write_bytes(sound)
            with sqlite3.connect(path) as db:
                db.execute("PRAGMA ignore_check_constraints = ON")
                try:
                    db.execute(
                        f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT min(rowid) FROM {table})", (value,)
                    )
                except sqlite3.IntegrityError:
                    continue
                finally:
                    db.commit()
            db.close()
            tried += 1
            check(f"{table}.{column} = {str(value)[:20]!r}")
    return tried


@pytest.mark.parametrize("begun", [False, True], ids=["done", "begun"])
@pytest.mark.parametrize("table", list(TABLES))
def test_an_edited_row_of_the_journal_is_a_sentence_and_moves_nothing_else(
    world: World, table: str, begun: bool
) -> None:
    world.make({"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2", "old/a.xmp": "stars"})
    world.act()
    world.make({"keep/b.jpg": "y\n1", "old/b.jpg": "y\n2"})
    world.act(trash=True)
    if begun:
        world.edit_journal("UPDATE runs SET ended = NULL WHERE id = 1")
        world.edit_journal("UPDATE units SET state = 'begun' WHERE id = 1")
    world.edit_journal("PRAGMA journal_mode = DELETE")
    world.edit_journal("INSERT INTO lease (id, pid, host, token, renewed) VALUES (1, 4000000, 'x', '', 0.0)")
    saved = world.base / "saved"
    for folder in (world.root, world.target, world.trash):
        shutil.copytree(folder, saved / folder.name)
    held = world.contents()

    def check(what: str) -> None:
        for attempt in (actions.history, actions.recover_if_needed, actions.recover, actions.undo, actions.undo):
            try:
                attempt(world.paths)
            except DedupeError as error:
                assert "\n" not in str(error), what
        assert world.contents() == held, what
        for folder in (world.root, world.target, world.trash):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(saved / folder.name, folder)

    assert mutations(Path(world.paths.journal), table, TABLES[table], check) >= LEAST[table]


def test_a_damaged_run_leaves_the_others_usable(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.make({"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2"})
    world.act()
    extra = world.make({"keep/b.jpg": "y\n1", "old/b.jpg": "y\n2"})["old/b.jpg"]
    world.act()
    world.edit_journal("UPDATE files SET size = 'many' WHERE id = 1")
    [run] = actions.history(world.paths)
    assert run.number == 2
    assert "of run 1 is damaged" in caplog.text
    with pytest.raises(DedupeError, match="of run 1 is damaged"):
        world.undo(1)
    assert world.undo().exit_code == 0
    assert extra.exists()


DECISIONS = {
    "decisions": (*("kind", "made_at", "a_content", "a_payload", "a_path", "b_content", "b_payload", "b_path"),),
    "scans": ("made_at", "settings", "result", "about"),
    "reviews": ("scan", "group_id", "edit", "made_at"),
    "remembered": ("contents", "made_at", "review"),
}
LEAST_OF_DECISIONS = {"decisions": 74, "scans": 36, "reviews": 36, "remembered": 28}


def test_so_many_edits_are_tried() -> None:
    """The tests above and below hold each number."""
    assert 2 * sum(LEAST.values()) == 854
    assert sum(LEAST_OF_DECISIONS.values()) == 174


@pytest.mark.parametrize("table", list(DECISIONS))
def test_an_edited_row_of_the_decisions_is_a_sentence(tmp_path: Path, table: str) -> None:
    path = tmp_path / "decisions.db"
    photos = [made.photo(f"{name}.jpg", name) for name in "abc"]
    result = scan(*photos)
    with Decisions(str(path)) as decisions:
        decisions.mark_not_duplicates(*photos[:2])
        decisions.choose_keeper(photos[1], photos)
        decisions.save_scan(result)
        decisions.put_edit(GroupEdit(result.groups[0].id, state=EditState.KEEP_ALL))
        decisions.save_scan(result)

    def check(what: str) -> None:
        try:
            with Decisions(str(path)) as decisions:
                decisions.not_duplicates(*photos[:2])
                decisions.chosen_keeper(photos)
                _quiet(decisions.saved_scan)
                decisions.saved_scans()
                decisions.edits()
                decisions.made()
                decisions.save_scan(result)
        except DedupeError as error:
            assert "\n" not in str(error), what

    if table in ("reviews", "remembered"):
        _with_rowid(path, table)
    assert mutations(path, table, DECISIONS[table], check) >= LEAST_OF_DECISIONS[table]


def _quiet(attempt: Callable[[], object]) -> None:
    try:
        attempt()
    except DedupeError as error:
        assert "\n" not in str(error)


def _with_rowid(path: Path, table: str) -> None:
    """The same table, but with rows that can be addressed by number."""
    with sqlite3.connect(path) as db:
        [(sql,)] = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchall()
        db.execute(f"ALTER TABLE {table} RENAME TO former")
        db.execute(sql.replace("WITHOUT ROWID", ""))
        db.execute(f"INSERT INTO {table} SELECT * FROM former")
        db.execute("DROP TABLE former")
    db.close()
