"""Standard streams that are closed, full or of a narrow encoding, and a user without a home.

Each gives one sentence and an exit code, and an act goes to its end.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.errors import StoreError
from dedupe.library import paths
from dedupe.library.decisions import Decisions
from tests.safety.conftest import World
from tests.support import fake_scan, make, tree_snapshot

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")

PROGRAM = ["-m", "dedupe"]
"""What Python is told to run; ``test_guards_elsewhere`` puts a program with a guard less in its place."""


def dedupe(world: World, arguments: str, redirect: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a shell, with this redirection."""
    command = f"exec {shlex.join([sys.executable, *PROGRAM])} {arguments} {redirect}"
    return subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        env={**os.environ, "HOME": str(world.home), "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        timeout=120,
    )


def saved(world: World) -> str:
    """A last scan with two photos to go; the store."""
    make(world.root, {f"{folder}/{n}.jpg": f"p{n}\nsame" for n in range(2) for folder in ("keep", "old")})
    store = world.base / "store.db"
    with Decisions(str(world.base / "store.decisions.db")) as decisions:
        decisions.save_scan(fake_scan(world.root))
    return str(store)


@pytest.mark.parametrize(
    "redirect", [">&-", ">/dev/full", "2>&-", "2>/dev/full", ">&- 2>&-", ">/dev/full 2>/dev/full", "<&-"]
)
def test_an_act_goes_to_its_end_and_says_by_its_code_how_it_went(world: World, redirect: str) -> None:
    store = saved(world)
    told = dedupe(world, f"apply --yes --store {store} --move-to {world.target}", redirect)
    assert "Traceback" not in told.stderr
    assert sorted(path.name for path in world.target.rglob("*.jpg")) == ["0.jpg", "1.jpg"]
    assert told.returncode == 0, told.stderr
    back = dedupe(world, f"undo --yes --store {store}", redirect)
    assert "Traceback" not in back.stderr
    assert back.returncode == 0, back.stderr
    assert not list(world.target.rglob("*.jpg"))


@pytest.mark.parametrize("command", ["--help", "scan --help", "models", "history", "--version"])
def test_a_full_stdout_is_a_sentence(world: World, command: str) -> None:
    told = dedupe(world, command, ">/dev/full")
    assert told.returncode == 2
    assert told.stderr.strip() == "dedupe: No space left on device."


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
@pytest.mark.parametrize("command", ["--help", "scan --help", "apply --help", "models", "nonsense"])
def test_a_narrow_encoding_costs_a_letter_not_the_command(world: World, command: str, encoding: str) -> None:
    told = dedupe(world, command, LC_ALL="C", PYTHONIOENCODING=encoding)
    assert "Traceback" not in told.stderr
    assert told.returncode == (2 if command == "nonsense" else 0)


def test_a_file_that_is_opened_never_takes_the_place_of_a_closed_stream(world: World) -> None:
    store = saved(world)
    assert dedupe(world, f"apply --yes --store {store} --move-to {world.target}", "<&- >&- 2>&-").returncode == 0
    assert {path.read_text() for path in world.target.rglob("*.jpg")} == {"p0\nsame", "p1\nsame"}
    assert len(actions.history(paths.StorePaths.at(store))) == 1


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that is run with a number for a user: no HOME, and nobody knows the number."""
    import pwd

    def unknown(number: int) -> None:
        raise KeyError(number)

    for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


def test_a_user_without_a_home_is_told_to_name_a_store(homeless: None) -> None:
    with pytest.raises(StoreError, match="There is no home folder"):
        paths.StorePaths.at(None)


def test_a_user_without_a_home_can_name_a_store_and_act_by_it(
    world: World, homeless: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(world.base)
    places = paths.StorePaths.at("store.db")
    assert places.lock == str(world.base / "store.lock")
    with Decisions(places.decisions):
        pass
    world.pair()
    before = tree_snapshot(world.base / "photos")
    world.paths = places  # type: ignore[assignment]
    assert len(world.act().done) == 1
    assert world.act(trash=True).outcomes == ()
    assert world.undo().exit_code == 0
    assert tree_snapshot(world.base / "photos") == before
    assert not (world.base / "~").exists()


def test_progress_that_cannot_be_shown_does_not_end_an_act(world: World) -> None:
    make(world.root, {f"{folder}/{n}.jpg": f"p{n}\nsame" for n in range(3) for folder in ("keep", "old")})

    def broken(done: int, total: int) -> None:
        raise BrokenPipeError

    report = actions.act(
        world.scan(),
        kind=actions.ActionKind.MOVE,  # type: ignore[attr-defined]
        target=str(world.target),
        paths=world.paths,
        progress=broken,
        disk=world.disk,
    )
    assert (len(report.done), report.exit_code) == (3, 0)
    undone = actions.undo(world.paths, progress=broken, disk=world.disk)
    assert (len(undone.restored), undone.exit_code) == (3, 0)


@pytest.mark.parametrize("command", ["undo --yes", "apply --yes --move-to {target}"])
def test_a_journal_that_cannot_be_used_is_told_once(world: World, command: str) -> None:
    store = saved(world)
    (world.base / "store.journal.db").write_bytes(b"no journal" * 100)
    told = dedupe(world, f"{command.format(target=world.target)} --store {store}")
    assert told.returncode in (2, 3)
    assert told.stderr.count("is damaged, or is not a dedupe journal") == 1
