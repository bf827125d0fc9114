"""Ctrl-C in the middle of comparing keeps what was found out; the next scan goes on and ends as if nothing had happened."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import dedupe
from dedupe.library.paths import StorePaths
from dedupe.pipeline import scan
from dedupe.report.json import json_chunks
from dedupe.types import ScanResult
from tests.album import album


class Counting:
    """Progress that counts what each step did, and presses Ctrl-C in one of them after so many."""

    def __init__(self, stop_in: str | None = None, after: int = 0) -> None:
        self.done: dict[str, int] = {}
        self._stop_in, self._after, self._name = stop_in, after, ""

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Counting]:
        before, self._name = self._name, name
        try:
            yield self
        finally:
            self._name = before

    def advance(self, count: int = 1) -> None:
        self.done[self._name] = self.done.get(self._name, 0) + count
        if self._name == self._stop_in and self.done[self._name] >= self._after:
            raise KeyboardInterrupt

    def expect(self, total: int) -> None:
        pass


def as_json(result: ScanResult) -> dict[str, object]:
    report = json.loads("".join(json_chunks(result)))
    report["stats"].pop("seconds")
    return dict(report)


@pytest.mark.parametrize(("step", "after"), [("read", 3), ("compare", 1), ("compare", 4)])
def test_what_was_read_and_judged_before_ctrl_c_is_kept(tmp_path: Path, step: str, after: int) -> None:
    album(tmp_path / "photos")
    roots = [str(tmp_path / "photos")]
    settings = dedupe.Settings(store=str(tmp_path / "library.db"), jobs=1, threshold=1.3)
    with pytest.raises(KeyboardInterrupt):
        scan(roots, settings, progress=Counting(step, after))
    with closing(sqlite3.connect(StorePaths.at(settings.store).cache)) as cache:
        files, verdicts, refusals = (
            cache.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("files", "verdicts", "refusals")
        )
    assert files >= (after if step == "read" else 9)
    assert verdicts + refusals >= (after if step == "compare" else 0)
    result = scan(roots, settings)
    whole = scan(roots, dedupe.Settings(store=str(tmp_path / "other.db"), jobs=1, threshold=1.3))
    assert as_json(result) == as_json(whole)
