"""Completion, tried in the shells themselves: installed in an empty home, then Tab in a terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.review.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these shells and terminals are POSIX")

BIN = Path(sys.executable).parent
SHELLS = {"bash": "bash -i", "zsh": "zsh -i", "fish": "fish -i"}


@pytest.fixture(scope="module", params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """A shell, and an environment in whose home completion was installed."""
    name: str = request.param
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed here")
    if not (BIN / "dedupe").exists():
        pytest.skip("dedupe is not installed beside this Python, so a shell finds no command of that name")
    home = tmp_path_factory.mktemp(name)
    (home / "Pictures").mkdir()
    homes = {"XDG_DATA_HOME": "data", "XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": ".config"}
    homes = {variable: str(home / folder) for variable, folder in homes.items()}
    env = {**homes, "HOME": str(home), "PATH": f"{BIN}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "PS1": "$ "}
    done = subprocess.run(
        ["dedupe", "--install-completion", name],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return name, env


@pytest.fixture
def prompt(shell: tuple[str, dict[str, str]]) -> Iterator[Terminal]:
    """The shell in its home, as it has just begun."""
    name, env = shell
    start = "import os, sys; os.chdir(os.environ['HOME']); os.execvp(sys.argv[1], sys.argv[1:])"
    with Terminal(["-c", start, *SHELLS[name].split()], env=env) as terminal:
        terminal.send("echo re''ady\r")
        terminal.wait_for("\nready")
        yield terminal


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("dedupe sc", "dedupe scan "),
        ("dedupe scan --so", "dedupe scan --sort "),
        ("dedupe scan --sort fr", "dedupe scan --sort frees"),
        ("dedupe cache pr", "dedupe cache prune"),
        ("dedupe scan Pic", "dedupe scan Pictures/"),
    ],
)
def test_the_first_tab_completes_commands_options_values_and_folders(
    prompt: Terminal, typed: str, completed: str
) -> None:
    prompt.send(typed)
    prompt.wait_for(typed)
    prompt.send("\t")
    prompt.wait_for(completed.rstrip())
