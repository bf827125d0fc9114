"""The options of the browser review: what they need, and what excludes what, in a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dedupe.cli import app
from dedupe.errors import UsageError
from dedupe.review.web import server
from dedupe.review.web.server import WebUnavailableError


@pytest.mark.parametrize("command", [["review"], ["scan", "."]])
def test_without_the_extra_one_sentence_has_the_command(
    command: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(server, "find_spec", lambda name: None)
    done = CliRunner().invoke(app, [*command, "--web", "--store", str(tmp_path / "c.db")])
    assert isinstance(done.exception, WebUnavailableError)
    assert "pip install 'dedupe-photos[web]'" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [["--no-open"], ["--port", "8765"]])
def test_options_of_the_page_need_the_page(options: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["review", *options, "--store", str(tmp_path / "c.db")])
    assert isinstance(done.exception, UsageError)
    assert "need --web" in str(done.exception)


@pytest.mark.parametrize("options", [["--trash", "--yes"], ["--json", "-"]])
def test_a_scan_with_the_page_does_not_act_by_itself(options: list[str], tmp_path: Path) -> None:
    pytest.importorskip("starlette", reason="the browser review needs starlette (dedupe-photos[web])")
    done = CliRunner().invoke(app, ["scan", str(tmp_path), "--web", *options, "--store", str(tmp_path / "c.db")])
    assert isinstance(done.exception, UsageError)
    assert "--web can't be used with" in str(done.exception)


def test_help_loads_no_server() -> None:
    code = (
        "import sys; from dedupe.cli import app\n"
        "try: app(['review', '--help'])\nexcept SystemExit: pass\n"
        "print([name for name in ('starlette', 'uvicorn', 'jinja2', 'cv2') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"
