"""The words on the command line: a mistake in them is one sentence and exit 2, and Ctrl-C is told as what becomes of the work."""

from __future__ import annotations

import io
import os
import signal
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from dedupe.actions.journal.history import RunSummary
from dedupe.actions.journal.records import RunPurpose
from dedupe.library.cache import Cache
from dedupe.review.runs import show_history
from tests.album import album
from tests.queries.made import Ran, run

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[bytes]


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
@pytest.mark.parametrize(
    "words",
    [
        ["scan", "PHOTOS"],
        ["search", "PHOTOS/camera/coffee.jpg", "PHOTOS"],
        ["check", "PHOTOS/camera", "--against", "PHOTOS"],
    ],
    ids=lambda words: words[0],
)
def test_ctrl_c_keeps_what_was_read_and_says_so(
    tmp_path: Path, monkeypatch: Patch, capfdbinary: Capture, words: list[str]
) -> None:
    album(tmp_path / "photos")
    store, put, read = tmp_path / "library.db", Cache.put, []

    def interrupted(cache: Cache, path: str, *rest: Any, **named: Any) -> None:
        put(cache, path, *rest, **named)
        read.append(path)
        if len(read) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    named = [word.replace("PHOTOS", str(tmp_path / "photos")) for word in words]
    with monkeypatch.context() as patch:
        patch.setattr(Cache, "put", interrupted)
        told = run(patch, capfdbinary, *named, "--jobs", "1", "--store", str(store))
    assert (told.code, told.out) == (130, b"")
    assert told.err == "dedupe: Stopped. What was read is kept; the next scan continues from there.\n"
    with Cache(str(store)) as cache:
        assert len(cache.content_keys()) == 2


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_ctrl_c_where_nothing_is_read_promises_nothing(monkeypatch: Patch, capfdbinary: Capture) -> None:
    monkeypatch.setattr("dedupe.embedding.models", lambda: os.kill(os.getpid(), signal.SIGINT))
    assert run(monkeypatch, capfdbinary, "models") == Ran(130, b"", "dedupe: Stopped.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("scan . --jobs x", "--jobs takes a whole number; see"),
        ("scan . --jobs 0", "--jobs is a number of worker processes from 1 up, not 0."),
        ("scan . --jobs -1", "--jobs is a number of worker processes from 1 up, not -1."),
        ("scan . --jobs 1.5", "--jobs takes a whole number; see"),
        ("scan . --min-bytes many", "--min-bytes takes a size, such as 500, 20k or 1M, not 'many'."),
        ("scan . --threshold near", "--threshold takes a number; see"),
        ("search a b -k few", "-k takes a whole number; see"),
        ("search a b --jobs 0", "--jobs is a number of worker processes from 1 up, not 0."),
        ("check a --jobs two --against b", "--jobs takes a whole number; see"),
        ("compare a b --threshold 1", "No such option: --threshold"),
        ("undo last", "RUN takes a whole number; see"),
        ("scan", "Missing argument 'PATH…'; see"),
        ("scan . --jobs", "Option '--jobs' requires an argument."),
        ("scan . --nosuch", "No such option: --nosuch; see"),
        ("check a", "Missing option '--against'; see"),
        ("skan .", "No such command 'skan'"),
        ("cache bogus", "No such command 'bogus'; see"),
        ("--nosuch", "No such option: --nosuch; see"),
    ],
)
def test_a_mistake_in_the_words_is_one_sentence(
    tmp_path: Path, monkeypatch: Patch, capfdbinary: Capture, words: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    told = run(monkeypatch, capfdbinary, *words.split())
    assert (told.code, told.out, told.err.count("\n")) == (2, b"", 1)
    assert told.err.startswith(f"dedupe: {said}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("scan", "PATH..."),
        ("search", "PHOTO... FOLDER..."),
        ("compare", "A B"),
        ("check", "NEW..."),
        ("undo", "[RUN]"),
    ],
)
def test_the_usage_line_is_plain(monkeypatch: Patch, capfdbinary: Capture, command: str, usage: str) -> None:
    told = run(monkeypatch, capfdbinary, command, "--help")
    assert told.code == 0
    assert told.out.decode().splitlines()[0].endswith(f"dedupe {command} [OPTIONS] {usage}")


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_the_history_names_the_folder_of_each_run_whole(columns: int) -> None:
    target = "/srv/pictures of the whole family/sorted out by hand in the long winter of 2024/二つの写真"
    runs = [_ran(2, RunPurpose.UNDO, target=None, undoes=1), _ran(1, RunPurpose.MOVE, target=target)]
    console = Console(file=io.StringIO(), width=columns, markup=False)
    show_history(runs, console)
    head, undone, moved, where = cast(io.StringIO, console.file).getvalue().splitlines()
    assert where == f"     to {target}"
    assert undone.split()[3:6] == ["undo", "of", "1"]
    assert moved[: moved.index("move")].split()[0] == "1"
    assert head.index("undo") == moved.index("dedupe undo 1")
    assert max(map(len, (head, undone, moved))) <= 80


def _ran(number: int, purpose: RunPurpose, *, target: str | None, undoes: int | None = None) -> RunSummary:
    return RunSummary(
        number=number,
        purpose=purpose,
        began=1_700_000_000.0,
        target=target,
        undoes=undoes,
        assets=1_234,
        files=2_468,
        bytes=3_410_000,
        bytes_away=3_410_000,
        undone=0,
        needs_person=0,
        sidecars=0,
        why_not=None,
    )
