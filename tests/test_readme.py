"""The README shows what dedupe prints, and names every command."""

from __future__ import annotations

import re
from pathlib import Path

from tests import samples


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
