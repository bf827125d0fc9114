"""The course of a first use in a terminal: scan, review, remove, undo, and a second scan that remembers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.album import album
from tests.cli.made import TOP
from tests.review.terminal import Terminal
from tests.support import tree_snapshot

pytestmark = pytest.mark.skipif(os.name == "nt", reason="terminals are POSIX")


@contextmanager
def _dedupe(base: Path, size: tuple[int, int], *words: str) -> Iterator[Terminal]:
    arguments = ["-m", "dedupe", *words, "--store", str(base / "store.db")]
    columns, rows = size
    with Terminal(arguments, columns=columns, rows=rows, env={"PYTHONPATH": str(TOP)}) as terminal:
        yield terminal


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (140, 40)], ids=str)
def test_from_the_first_scan_to_undo_and_the_next_scan(tmp_path: Path, size: tuple[int, int]) -> None:
    photos, away = tmp_path / "photos", tmp_path / "copies"
    album(photos)
    before = tree_snapshot(photos)
    scan = ("scan", str(photos), "--jobs", "1", "--no-pager")
    with _dedupe(tmp_path, size, *scan) as terminal:
        terminal.wait_for("move the 2 selected photos to the trash", "Review the 2 groups now? [Y/n]")
        terminal.send("y\r")
        terminal.wait_for("1/2", "Enter accept")
        assert "keep" in terminal.text and "remove" in terminal.text
        terminal.send("\r")
        terminal.wait_for("2/2")
        terminal.send("\r")
        terminal.wait_for("2 of 2 groups decided", "choose where the copies go")
        terminal.send("\r")
        terminal.wait_for("Remove 2 photos")
        terminal.send("f\r")
        terminal.wait_for("Which folder?")
        terminal.send(f"{away}\r")
        terminal.wait_for("What will happen", "Proceed? [y/N]")
        assert tree_snapshot(photos) == before
        terminal.send("y\r")
        terminal.wait_for("2 photos moved", "`dedupe undo 1` puts them back.")
    assert sorted(path.name for path in away.rglob("*.jpg")) == ["IMG-20240501-WA0001.jpg", "astronaut.jpg"]
    with _dedupe(tmp_path, size, "undo") as terminal:
        terminal.wait_for("Run 1: 2 photos", "Put them back? [y/N]")
        terminal.send("y\r")
        terminal.wait_for("2 photos put back (run 1).")
    assert tree_snapshot(photos) == before
    with _dedupe(tmp_path, size, *scan) as terminal:
        terminal.wait_for("move the 2 accepted photos to the trash", "Every group is decided. Review them again? [y/N]")
        terminal.send("\r")
        assert terminal.end() == 0
    assert tree_snapshot(photos) == before
