"""What is told: before, afterwards, and later."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

from dedupe import actions
from dedupe.actions.journal.records import RunPurpose
from dedupe.library.paths import StorePaths
from dedupe.types import ActionKind, OutcomeKind
from tests.support import Places, fake_scan, make, tree_snapshot

ROOM = Path(__file__).parents[3] / "dedupe" / "actions"


def test_the_users_own_store_is_a_place_for_the_journal(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    make(root, {"a.jpg": "x\n1", "b.jpg": "x\n2"})
    before = tree_snapshot(root)
    paths = StorePaths.at(None)
    report = actions.act(fake_scan(root), kind=ActionKind.MOVE, target=str(tmp_path / "to"), paths=paths)
    assert len(report.done) == 1
    assert os.stat(paths.journal).st_mode & 0o077 == 0 or os.stat(os.path.dirname(paths.journal)).st_mode & 0o077 == 0
    assert actions.undo(paths).exit_code == 0
    assert tree_snapshot(root) == before


def test_history_lists_the_newest_first_and_what_can_be_undone(tmp_path: Path) -> None:
    root, paths = tmp_path / "photos", Places.below(tmp_path / "state")
    make(root, {"a.jpg": "x\n1", "b.jpg": "x\n22", "b.xmp": "stars"})
    began = time.time()
    actions.act(fake_scan(root), kind=ActionKind.MOVE, target=str(tmp_path / "to"), paths=paths)
    make(root, {"c.jpg": "x\n333"})
    actions.act(fake_scan(root), kind=ActionKind.TRASH, target=None, paths=paths)
    actions.undo(paths, 1)
    undo, trash, move = actions.history(paths)
    assert (move.purpose, move.target, move.assets, move.files, move.bytes) == (
        RunPurpose.MOVE,
        str(tmp_path / "to"),
        1,
        2,
        9,
    )
    assert (move.undone, move.undoable, move.bytes_away, trash.bytes_away) == (1, False, 0, 5)
    assert (trash.purpose, trash.target, trash.undone, trash.undoable) == (RunPurpose.TRASH, None, 0, True)
    assert (undo.purpose, undo.undoes, undo.undoable, undo.assets) == (RunPurpose.UNDO, 1, False, 1)
    assert [run.way_back for run in (undo, trash, move)] == ["was an undo", "dedupe undo 2", "all back"]
    assert began - 1 <= move.began <= trash.began <= undo.began <= time.time() + 1


def test_a_report_counts_each_reason_and_says_what_happened(tmp_path: Path) -> None:
    root, paths = tmp_path / "photos", Places.below(tmp_path / "state")
    made = make(root, {f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(4) for folder in "ab"})
    result = fake_scan(root)
    for n in (1, 2):
        made[f"b/{n}.jpg"].write_bytes(b"changed")
    made["b/3.jpg"].unlink()
    seen: list[tuple[int, int]] = []
    report = actions.act(
        result,
        kind=ActionKind.MOVE,
        target=str(tmp_path / "to"),
        paths=paths,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert report.refusals == {"changed since the scan": 2, "no longer exists": 1}
    assert report.sentences() == [
        f"1 photo moved to {tmp_path / 'to'}, 4 B.",
        "2 skipped: changed since the scan.",
        "1 skipped: no longer exists.",
        f"`dedupe undo {report.run}` puts it back.",
    ]
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [outcome.kind for outcome in report.outcomes].count(OutcomeKind.DONE) == 1


def test_evil_names_cannot_speak_in_what_is_told(tmp_path: Path) -> None:
    root, paths = tmp_path / "photos", Places.below(tmp_path / "state")
    make(root, {"a.jpg": "x\n1", "b\x1b[2J\n\u202e.jpg": "x\n2"})
    target = tmp_path / "t\x1b[31m\n"
    told = actions.preview(fake_scan(root), kind=ActionKind.MOVE, target=str(target)).sentences()
    report = actions.act(fake_scan(root), kind=ActionKind.MOVE, target=str(target), paths=paths)
    make(root, {"b\x1b[2J\n\u202e.jpg": "in the way"})
    told += report.sentences() + actions.undo(paths).sentences()
    text = "".join(told)
    assert "restored" in text
    assert text.isprintable()


def test_the_room_is_light_to_enter() -> None:
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import dedupe.actions, sys; print(len(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOM.parents[1],
    )
    assert not {"numpy", "rich", "send2trash", "PIL", "cv2"} & set(told.stderr.split())


def test_only_the_disk_renames_links_copies_and_unlinks() -> None:
    """One door each: what changes a photo disk is in disk.py (lock and journal keep their own files)."""
    banned = (
        *("rename", "replace", "unlink", "remove", "link", "symlink", "rmdir", "mkdir", "makedirs", "truncate"),
        *("chmod", "utime", "move", "rmtree", "copy", "copy2", "copyfile", "open", "write"),
    )
    found = set()
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                called = (node.value.id, node.attr)
                found |= {(path.name, node.attr)} if called[0] in ("os", "shutil") and called[1] in banned else set()
    assert {name for name, _ in found} <= {"disk.py", "lock.py", "opening.py", "volumes.py"}
    assert ("opening.py", "makedirs") in found
    assert not {attr for name, attr in found if name == "volumes.py"} - {"open"}
