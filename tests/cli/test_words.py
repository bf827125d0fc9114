"""The words on the command line: Ctrl-C is told as what becomes of the work."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from dedupe.library.cache import Cache
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
    assert told.err == "dedupe: Stopped. What was read is kept; the next scan goes on from there.\n"
    with Cache(str(store)) as cache:
        assert len(cache.content_keys()) == 2


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_ctrl_c_where_nothing_is_read_promises_nothing(monkeypatch: Patch, capfdbinary: Capture) -> None:
    monkeypatch.setattr("dedupe.embedding.models", lambda: os.kill(os.getpid(), signal.SIGINT))
    assert run(monkeypatch, capfdbinary, "models") == Ran(130, b"", "dedupe: Stopped.\n")
