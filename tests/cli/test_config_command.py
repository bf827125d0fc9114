"""`dedupe config`: what holds, where it comes from, and a file to edit that changes nothing until it is edited."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from dedupe import config
from dedupe.config import KEYS, entries, load_settings, template
from dedupe.errors import ConfigError, UsageError
from dedupe.settings import Settings
from dedupe.terminal import display
from dedupe.terminal.display import Color, Display, Sort
from tests.queries.made import run

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[bytes]


@pytest.fixture
def file(home: Path) -> Path:
    path = config.config_path()
    assert str(path).startswith(str(home))
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_every_setting_may_stand_in_the_file() -> None:
    assert {key.field for key in KEYS if not key.display} == {field.name for field in fields(Settings)}
    assert {key.field for key in KEYS if key.display} == {field.name for field in fields(Display)}


def test_each_key_is_shown_with_its_value_and_where_it_comes_from(
    monkeypatch: Patch, capfdbinary: Capture, file: Path
) -> None:
    file.write_text('min-bytes = "20k"\nsort = "path"\n')
    told = run(monkeypatch, capfdbinary, "config")
    text = told.out.decode()
    assert f"Config file: {file}\n" in text
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines()[3:] if line and not line.startswith(" ")}
    assert rows["min-bytes"] == ["20000", "config", "file"]
    assert rows["sort"] == ['"path"', "config", "file"]
    assert rows["jobs"] == ["0", "default"]
    assert set(rows) == {key.name for key in KEYS}
    keys = json.loads(run(monkeypatch, capfdbinary, "config", "--json").out)["keys"]
    assert keys["min-bytes"] == {"value": 20000, "origin": "config file"}


def test_a_written_template_changes_nothing_and_names_every_key(
    monkeypatch: Patch, capfdbinary: Capture, file: Path
) -> None:
    told = run(monkeypatch, capfdbinary, "config", "--init")
    assert told.out.decode() == f"Wrote {file}.\n"
    assert load_settings({}) == Settings()
    assert re.findall(r"^# ([a-z-]+) = ", file.read_text(), re.MULTILINE) == [key.name for key in KEYS]
    again = run(monkeypatch, capfdbinary, "config", "--init")
    assert (again.code, again.err) == (2, f"dedupe: The config file {file} already exists; edit it instead.\n")


def test_every_line_of_the_template_is_valid_without_its_mark(tmp_path: Path) -> None:
    for line in template().splitlines():
        if re.match(r"# [a-z-]+ = ", line) and not line.endswith('""'):
            path = tmp_path / "config.toml"
            path.write_text(line.removeprefix("# "))
            assert [entry.key.name for entry in entries(path) if entry.from_file] == [line.split()[1]]
            load_settings({}, path) if "jobs = 0" not in line else None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("min_byte = 1", "unknown key “min_byte”"),
        ("min-bytes = true", "“min-bytes” has a value of the wrong kind"),
        ('min-bytes = "lots"', "--min-bytes takes a size"),
        ('color = "red"', "--color is one of auto, always, never"),
        ('sort = "size"', "--sort is one of frees, path, photos, distance"),
        ("limit = -1", "from 0 up"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises((ConfigError, UsageError), match=said):
        load_settings({}, path)


def test_keys_of_an_older_file_with_underscores_still_hold(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("min_bytes = 7\ninclude_hidden = true\n")
    settings = load_settings({}, path)
    assert (settings.min_bytes, settings.include_hidden) == (7, True)


def test_the_command_line_wins_over_the_file_also_for_the_display(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('color = "always"\nsort = "path"\nquiet = true\n')
    display.choose(color="never")
    load_settings({}, path)
    assert display.chosen() == Display(color=Color.NEVER, sort=Sort.PATH, quiet=True)
