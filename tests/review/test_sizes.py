"""The review on screens of three sizes: the photo to keep is always in view, and nothing is wider than the screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.cells import cell_len

from dedupe.library.decisions import Decisions
from tests.review import made
from tests.review.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal needs POSIX")

SIZES = [(80, 24), (100, 30), (140, 40)]


def large(photos: int) -> made.ScanResult:
    """A group of many copies, then one whose names are long."""
    copies = [made.extra(made.photo(f"blank/copy {n:03}.jpg")) for n in range(photos)]
    long = "a folder with a long name/and one below it that is no shorter/IMG_20210704_123107_edited_final_really.jpg"
    return made.result(
        made.group("g1", made.photo("blank/original.jpg"), *copies),
        made.group("g2", made.photo("blank/1.jpg"), made.extra(made.photo(f"blank/{long}"))),
    )


@pytest.fixture
def store(tmp_path: Path) -> str:
    path = str(tmp_path / "store.decisions.db")
    with Decisions(path) as memory:
        memory.save_scan(large(90))
    return path


def start(store: str, columns: int, rows: int) -> Terminal:
    return Terminal(["-m", "tests.review.child", store], columns=columns, rows=rows, env={"NO_COLOR": "1"})


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_the_photo_to_keep_stays_in_view_however_far_a_person_goes(store: str, columns: int, rows: int) -> None:
    with start(store, columns, rows) as terminal:
        terminal.wait_for("1/2", "91 photos", "1  keep", "original.jpg", "> 2  ✓ remove", "below")
        terminal.send("\x1b[B" * 30)
        terminal.wait_for(">32  ✓ remove", "copy 030.jpg", "original.jpg", "above", "below")
        assert "1  keep" in terminal.text
        assert max(map(cell_len, terminal.lines)) <= columns
        assert any("finish" in line for line in terminal.lines[-3:])
        terminal.send("\x1b[6~")  # page down
        terminal.wait_for(">37  ✓ remove", "original.jpg")
        terminal.send("\x1b[5~\x1b[5~")
        terminal.wait_for(">27  ✓ remove", "original.jpg")
        terminal.send("\x03")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_long_name_is_readable_whole(store: str, columns: int, rows: int) -> None:
    with start(store, columns, rows) as terminal:
        terminal.wait_for("1/2")
        terminal.send("s")
        terminal.wait_for("2/2", "final_really.jpg")
        assert "IMG_20210704_123107_edited_final_really.jpg" in terminal.text.replace("\n", "").replace(" " * 15, "")
        assert max(map(cell_len, terminal.lines)) <= columns
        terminal.send("\x03")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_number_that_no_group_has_is_answered(store: str, columns: int, rows: int) -> None:
    with start(store, columns, rows) as terminal:
        terminal.wait_for("1/2")
        terminal.send("g99\r")
        terminal.wait_for("Go to group (1-2):", "There is no group 99.")
        terminal.send("2\r")
        terminal.wait_for("2/2")
        terminal.send("\x03")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_the_keys_are_explained_on_one_screen(store: str, columns: int, rows: int) -> None:
    with start(store, columns, rows) as terminal:
        terminal.wait_for("1/2")
        terminal.send("?")
        terminal.wait_for("Keys", "Press any key to go back.", "Ctrl-C")
        assert max(map(cell_len, terminal.lines)) <= columns
        terminal.send("x\x03")
