"""What the documents say is so: their examples run, their links lead somewhere, and their lists are complete."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import dedupe
from dedupe.config import KEYS, load_settings
from dedupe.terminal.display import Display
from tests.album import album, jpeg, wait_until_settled

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*DOCS, *ROOT.glob("*.md"), *(ROOT / "benchmarks").glob("*.md"), *(ROOT / "training").glob("*.md")]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with the photos that the examples speak of."""
    from PIL import Image
    from skimage import data

    album(tmp_path / "Pictures")
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "IMG_1.jpg").write_bytes((tmp_path / "Pictures/camera/coffee.jpg").read_bytes())
    (tmp_path / "card" / "moon.jpg").write_bytes(jpeg(Image.fromarray(data.moon()).convert("RGB")))
    wait_until_settled(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def examples() -> Iterator[tuple[str, str, str]]:
    """The heading, the script and what it prints, for each example of docs/api.md."""
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    for part in re.split(r"(?m)^## ", text)[1:]:
        for script, printed in re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", part, re.DOTALL):
            yield part.splitlines()[0], script, printed


@pytest.mark.slow
def test_the_examples_of_the_api_run_and_print_what_the_page_says(here: Path) -> None:
    shown = {}
    for title, script, _ in examples():
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(script, f"docs/api.md: {title}", "exec"), {"__name__": "__main__"})
        shown[title] = out.getvalue()
    assert shown == {title: printed for title, _, printed in examples()}
    assert len(shown) == (ROOT / "docs" / "api.md").read_text("utf-8").count("```python")


def test_every_public_function_is_on_the_page_of_the_api() -> None:
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    functions = [name for name in dir(dedupe) if name[0].islower()]
    assert len(functions) >= 10
    assert [name for name in functions if f"`{name}(" not in page] == []
    errors = [name for name in dir(dedupe) if name.endswith("Error")]
    assert [name for name in errors if f"`{name}`" not in page] == []


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    for name in dir(dedupe):
        assert name == "__version__" or (getattr(dedupe, name).__doc__ or "").strip(), name


def test_every_setting_is_on_the_page_of_the_configuration_with_its_default() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    rows = dict(re.findall(r"(?m)^\| `([a-z-]+)` \| (.*?) \|", page))
    settings, shown = dedupe.Settings(), Display()
    assert rows == {key.name: _toml(getattr(shown if key.display else settings, key.field)) for key in KEYS}


def _toml(value: object) -> str:
    if value is None:
        return "none"
    return f"`{json.dumps(list(value) if isinstance(value, tuple) else value)}`"


def test_the_config_file_of_the_page_is_one(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    [written] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "config.toml"
    file.write_text(written)
    settings = load_settings({}, file)
    assert (settings.jobs, settings.max_drop, settings.keep[1:3]) == (2, "5%", ("oldest", "path"))


def test_every_link_inside_the_repository_leads_to_a_file() -> None:
    broken = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
            path = target.split("#")[0]
            if path and not re.match(r"[a-z]+:", path) and not (page.parent / path).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_every_document_is_linked_from_the_readme_or_from_another() -> None:
    everything = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert [page.name for page in DOCS if f"{page.name})" not in everything] == []


def test_every_room_is_on_the_page_of_the_architecture() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = {path.parent.name for path in (ROOT / "dedupe").glob("*/__init__.py")}
    assert [room for room in sorted(rooms) if f"`{room}/`" not in page] == []
    modules = {path.stem for path in (ROOT / "dedupe").glob("*.py")} - {"__main__", "_version", "__init__"}
    assert [name for name in sorted(modules) if f"`{name}`" not in page] == []
