"""Help a newcomer can use: every value named, every command with examples, nothing leaked from the code, nothing cut off."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dedupe.settings import KEEPER_RULES
from dedupe.types import Relation
from tests.queries.made import run

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[bytes]

COMMANDS = (
    "scan",
    "review",
    "apply",
    "undo",
    "history",
    "recover",
    "search",
    "compare",
    "check",
    "config",
    "models",
    "help",
    "cache info",
    "cache prune",
    "cache clear",
    "cache export",
    "cache import",
)


def helped(monkeypatch: Patch, capture: Capture, *words: str, columns: int = 80) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    told = run(monkeypatch, capture, *words)
    assert (told.code, told.err) == (0, "")
    return told.out.decode()


@pytest.mark.parametrize("words", [[], ["cache"]])
def test_nothing_asked_for_is_answered_with_the_help_on_stdout(
    monkeypatch: Patch, capfdbinary: Capture, words: list[str]
) -> None:
    assert helped(monkeypatch, capfdbinary, *words) == helped(monkeypatch, capfdbinary, *words, "--help")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_its_help_in_groups_with_examples_at_the_end(
    monkeypatch: Patch, capfdbinary: Capture, command: str
) -> None:
    text = helped(monkeypatch, capfdbinary, *command.split(), "--help")
    assert f"Usage: dedupe {command}" in text
    assert re.search(rf"\nExamples:\n(  .*dedupe {command}.*\n)", text)
    assert text.rstrip().endswith(text[text.index("Examples:") :].rstrip())
    for leaked in ("<", "list[", "TEXT", "INTEGER", "FLOAT", "..."):
        assert leaked not in text.replace("PATH...", "").replace("NEW...", "").replace("[COMMAND...]", "").replace(
            "PHOTO... FOLDER...", ""
        ), leaked
    assert max(map(len, text.splitlines())) <= 80
    assert text == helped(monkeypatch, capfdbinary, "help", *command.split())


def test_every_option_stands_in_a_group_but_the_last_ones(monkeypatch: Patch, capfdbinary: Capture) -> None:
    text = helped(monkeypatch, capfdbinary, "scan", "--help")
    groups = re.findall(r"\n(\S[^\n]*):\n", text)
    assert groups[0] == "Arguments"
    assert groups[-2:] == ["Other options", "Examples"]
    assert text[text.index("Other options:") : text.index("Examples:")].count("--") == 1


def test_list_options_name_their_values(monkeypatch: Patch, capfdbinary: Capture) -> None:
    text = " ".join(helped(monkeypatch, capfdbinary, "scan", "--help").split())
    assert f"Show only these relations: {', '.join(Relation)}." in text
    assert "identical, same-pixels, resaved, edited." in text
    assert ", ".join(KEEPER_RULES) in text
    assert "frees, path, photos, distance" in text
    assert "auto, always or never" in text
    assert "compact or vgg16" in text


def test_the_list_of_commands_has_each_sentence_whole(monkeypatch: Patch, capfdbinary: Capture) -> None:
    text = helped(monkeypatch, capfdbinary)
    for command in {word.split()[0] for word in COMMANDS}:
        line = next(line for line in text.splitlines() if line.startswith(f"  {command} "))
        assert line.endswith(".")


def test_help_of_what_is_no_command_is_one_sentence(monkeypatch: Patch, capfdbinary: Capture) -> None:
    told = run(monkeypatch, capfdbinary, "help", "skan")
    assert (told.code, told.out) == (2, b"")
    assert told.err == "dedupe: There is no command “skan”; `dedupe help` lists them.\n"


def test_the_man_page_has_every_command_and_option(monkeypatch: Patch, capfdbinary: Capture, tmp_path: Path) -> None:
    page = helped(monkeypatch, capfdbinary, "help", "--man")
    assert page.startswith('.TH DEDUPE 1 "" "dedupe ')
    for command in COMMANDS:
        assert f".SS dedupe {command} [OPTIONS]" in page
    for option in re.findall(r"--[a-z-]+", helped(monkeypatch, capfdbinary, "scan", "--help")):
        assert option.replace("-", "\\-") in page
    if shutil.which("groff") is None:
        pytest.skip("groff, which would say whether the page is valid, is not installed")
    source = tmp_path / "dedupe.1"
    source.write_text(page, "utf-8")
    shown = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-K", "utf8", str(source)], capture_output=True, text=True, check=False
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "DEDUPE(1)" in shown.stdout


def _dedupe(**env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dedupe"], capture_output=True, text=True, check=False, env={**os.environ, **env}
    )


@pytest.mark.parametrize(
    ("typed", "expected"), [("sc", "scan"), ("scan --so", "--sort"), ("scan --sort fr", "frees"), ("cache pr", "prune")]
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_options_and_values(shell: str, typed: str, expected: str) -> None:
    words = f"dedupe {typed}"
    env = {"_DEDUPE_COMPLETE": f"complete_{shell}"}
    if shell == "bash":
        env |= {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    else:
        env |= {"_TYPER_COMPLETE_ARGS": words, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    assert expected in _dedupe(**env).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_where_the_shell_looks_for_it(home: Path, shell: str) -> None:
    env = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "dedupe", "--install-completion", shell],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert done.returncode == 0, done.stderr
    written = [path for path in home.rglob("*") if path.is_file() and "dedupe" in path.read_text("utf-8", "replace")]
    assert written
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed, so nothing can be said of the script's syntax")
    script = next(path for path in written if "_DEDUPE_COMPLETE" in path.read_text("utf-8", "replace"))
    flag = "--no-execute" if shell == "fish" else "-n"
    assert subprocess.run([program, flag, str(script)], capture_output=True, check=False).returncode == 0
