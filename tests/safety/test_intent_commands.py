"""Row 24 at the command line: whatever is not a clear yes is a no, and every refusal has its exit code and changes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dedupe.library.codec import to_json
from dedupe.library.decisions import Decisions
from dedupe.library.paths import StorePaths
from dedupe.settings import Settings
from tests.safety.conftest import World
from tests.safety.test_two_at_once import another_holder
from tests.support import tree_snapshot

PROGRAM = ["-m", "dedupe"]
"""What Python is told to run; ``test_guards_elsewhere`` puts a program with a guard less in its place."""


def scanned(world: World, pairs: int = 2) -> Path:
    """A store whose last scan found these pairs; the store."""
    world.make({f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(pairs) for folder in ("keep", "old")})
    store = world.base / "store" / "cache.db"
    store.parent.mkdir()
    with Decisions(StorePaths.beside(str(store)).decisions) as decisions:
        decisions.save_scan(world.scan(), to_json(Settings()))
    return store


def dedupe(store: Path, *arguments: str, said: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command without a terminal; ``said`` is piped in, None is a closed stdin."""
    return subprocess.run(
        [sys.executable, *PROGRAM, *arguments, "--store", str(store)],
        input=said,
        stdin=subprocess.DEVNULL if said is None else None,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.parametrize("said", [None, "", "\n" * 50, "y\n" * 50], ids=["closed", "empty", "yes ''", "yes"])
def test_without_a_terminal_and_without_yes_nothing_is_done(world: World, said: str | None) -> None:
    store = scanned(world)
    before = world.snapshot()
    told = dedupe(store, "apply", "--trash", said=said)
    assert told.returncode == 2
    assert "--yes" in told.stderr
    assert "Traceback" not in told.stderr
    assert world.snapshot() == before


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
@pytest.mark.parametrize(
    ("said", "goes"), [("\r", False), ("n\r", False), ("\x04", False), ("\x03", False), ("y\r", True)]
)
def test_on_a_terminal_only_a_clear_yes_is_one(world: World, said: str, goes: bool) -> None:
    from tests.review.terminal import Terminal

    store = scanned(world)
    before = tree_snapshot(world.root)
    arguments = [*PROGRAM, "apply", "--move-to", str(world.target), "--store", str(store)]
    with Terminal(arguments, columns=120, env={"PYTHONPATH": str(Path(__file__).parents[2])}) as terminal:
        terminal.wait_for("Proceed?")
        assert tree_snapshot(world.root) == before
        terminal.send(said)
        terminal.process.wait(timeout=60)
    assert (tree_snapshot(world.root) != before) is goes
    assert world.target.exists() is goes


def test_the_whole_way_and_back_at_the_command_line(world: World) -> None:
    store = scanned(world)
    before = tree_snapshot(world.root)
    tried = dedupe(store, "apply", "--move-to", str(world.target), "--dry-run")
    assert (tried.returncode, tree_snapshot(world.root)) == (0, before)
    assert str(world.target / "old" / "1.jpg") in tried.stdout.replace("\n", "")
    moved = dedupe(store, "apply", "--move-to", str(world.target), "--yes")
    assert (moved.returncode, len(list(world.target.rglob("*.jpg")))) == (0, 2)
    assert "2 photos moved" in moved.stdout
    assert "dedupe undo 1" in dedupe(store, "history").stdout
    assert "Nothing was interrupted." in dedupe(store, "recover").stdout
    back = dedupe(store, "undo", "--yes")
    assert (back.returncode, tree_snapshot(world.root)) == (0, before)
    again = dedupe(store, "undo", "--yes")
    assert (again.returncode, "nothing to undo" in again.stderr) == (2, True)


def test_every_refusal_has_its_exit_code(world: World) -> None:
    store = scanned(world)
    before = world.snapshot()
    cases: list[tuple[int, list[str]]] = [
        (3, ["--move-to", str(world.root), "--yes"]),
        (3, ["--move-to", str(world.base / ".hidden"), "--yes"]),
        (3, ["--trash", "--yes", "--max-drop", "1"]),
        (2, ["--trash", "--yes", "--max-drop", "some"]),
        (2, ["--trash", "--move-to", str(world.target), "--yes"]),
        (2, ["--yes"]),
    ]
    for code, arguments in cases:
        told = dedupe(store, "apply", *arguments)
        assert (arguments, told.returncode, told.stdout.count("Traceback")) == (arguments, code, 0), told.stderr
        assert "Traceback" not in told.stderr
        assert world.snapshot() == before
    with another_holder(str(Path(os.environ["XDG_STATE_HOME"]) / "dedupe" / "lock")):
        told = dedupe(store, "apply", "--trash", "--yes")
    assert (told.returncode, "Another dedupe" in told.stderr) == (3, True)
    (world.root / "old" / "1.jpg").write_bytes(b"changed")
    told = dedupe(store, "apply", "--move-to", str(world.target), "--yes")
    assert (told.returncode, "changed since the scan" in told.stdout) == (1, True)
