"""The README shows what dedupe prints, and names every command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from dedupe.cli import app
from tests import samples

TOP = samples.README.parent


def test_the_samples_of_the_readme_are_what_dedupe_prints(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("COLUMNS", "80")
    text = samples.README.read_text("utf-8")
    assert text.count("<!-- sample: ") == 2
    assert text == samples.written(text, samples.samples(tmp_path)), "run: python -m tests.samples"


def test_the_readme_names_every_command() -> None:
    text = samples.README.read_text("utf-8")
    section = text[text.index("## Commands") : text.index("## Ask your library")]
    for command in re.findall(r"(?m)^  (\w+)  ", samples.help_of_dedupe()):
        assert re.search(rf"`dedupe {command}\b|`{command}`", section), command


def _commands() -> Iterator[str]:
    """Every command of dedupe that the README or a guide in docs/ shows, as it is written there."""
    for path in (samples.README, *sorted((TOP / "docs").glob("*.md"))):
        text = re.sub(r"<!-- sample: .*?```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
        for block in re.findall(r"```(?:sh|)\n(.*?)```", text, flags=re.DOTALL):
            yield from (found[1] for line in block.splitlines() if (found := re.match(r"(dedupe .+)", line)))
        yield from re.findall(r"`(dedupe [^`]+)`", text)


@pytest.mark.parametrize("shown", sorted(set(_commands())))
def test_every_command_that_the_readme_shows_is_understood(shown: str) -> None:
    """Its options and arguments are those of the command; what is behind blanks, a pipe or a # is no part of it."""
    words = re.split(r"\s{2,}|\s[|#]\s|…$", shown)[0]
    command = typer.main.get_command(app)
    name, *rest = shlex.split(words)[1:]
    if name.startswith("-") or name in ("…", "COMMAND"):
        assert name in {"--help", "--version", "--install-completion", "--show-completion", "…"}
        return
    context = command.make_context("dedupe", [name, *rest], resilient_parsing=True)
    found = command.get_command(context, name)  # type: ignore[attr-defined]
    assert found is not None, name
    options = {option for param in found.get_params(context) for option in param.opts}
    used = {word.partition("=")[0] for word in rest if re.match(r"--?[a-zA-Z]", word)}
    assert used <= options | {"--help", "-h"}, used - options
