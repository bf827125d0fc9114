"""The output goes into a real pipe whose reader leaves early, as `head` does: that is no failure and no noise."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.album import album
from tests.cli.made import TOP

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX pipes and a POSIX shell")

WORDS = (
    "--help",
    "--version",
    "scan --help",
    "help check",
    "help --man",
    "models",
    "config",
    "history",
    "history --json",
    "cache info",
    "cache info --json",
    "review --list",
    "review --decisions --json",
    "compare PHOTOS/camera/astronaut.jpg PHOTOS/phone/crop.jpg",
    "search PHOTOS/phone/crop.jpg PHOTOS --jobs 1",
    "search PHOTOS/phone/crop.jpg PHOTOS --jobs 1 --json",
    "check PHOTOS/camera --against PHOTOS --jobs 1",
    "check PHOTOS/camera --against PHOTOS --jobs 1 --json",
    "check PHOTOS/camera --against PHOTOS --jobs 1 --print0 have",
    "scan PHOTOS --jobs 1",
    "scan PHOTOS --jobs 1 --json -",
    "scan PHOTOS --jobs 1 --csv -",
    "scan PHOTOS --jobs 1 --plan -",
    "apply --trash --dry-run",
    "apply --trash --dry-run --json",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an album that was scanned, and the store of that scan."""
    base = tmp_path_factory.mktemp("pipes")
    album(base / "photos")
    _piped(base, "scan PHOTOS --jobs 1", "cat")
    return base


def _piped(base: Path, words: str, reader: str) -> tuple[int, str]:
    """The exit code of dedupe, and all that it and the reader said on stderr."""
    homes = {name: str(base / "home") for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    program = shlex.join([sys.executable, "-m", "dedupe"])
    command = f"{program} {words.replace('PHOTOS', shlex.quote(str(base / 'photos')))} | {reader} > /dev/null"
    ran = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=TOP,
        env={**os.environ, **homes},
        timeout=120,
    )
    return ran.returncode, ran.stderr


@pytest.mark.parametrize("words", WORDS)
def test_a_reader_that_reads_nothing_is_no_failure(place: Path, words: str) -> None:
    assert _piped(place, words, "true") == (0, "")


@pytest.mark.parametrize(
    ("words", "reader"),
    [
        ("scan PHOTOS --jobs 1", "head -n 1"),
        ("scan PHOTOS --jobs 1 --json -", "head -c 10"),
        ("check PHOTOS/camera --against PHOTOS --jobs 1", "head -n 1"),
        ("history", "head -n 1"),
    ],
)
def test_a_reader_that_leaves_early_is_no_failure(place: Path, words: str, reader: str) -> None:
    assert _piped(place, words, reader) == (0, "")


def test_a_long_report_whose_reader_leaves_in_its_middle_is_no_failure(tmp_path: Path) -> None:
    """More than a pipe holds, so that the reader is gone while dedupe still writes."""
    script = (
        "import dedupe.__main__ as m, sys\n"
        "from tests.review.made import many\n"
        "from dedupe.report.json import write_json\n"
        "from dedupe.report.table import render\n"
        "from dedupe.terminal.console import stdout\n"
        "m.steady_streams()\n"
        "result = many(3_000)\n"
        "write_json(result, '-') if sys.argv[1] == 'json' else render(result, stdout())\n"
    )
    for kind in ("json", "table"):
        ran = subprocess.run(
            [
                "bash",
                "-c",
                f'{shlex.quote(sys.executable)} -c "$0" {kind} | head -c 10 >/dev/null; exit ${{PIPESTATUS[0]}}',
                script,
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=TOP,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
