"""search and compare in a real terminal: the photos themselves, then the words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.queries.made import Library

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")


def test_compare_shows_both_photos_beside_each_other(library: Library, tmp_path: Path) -> None:
    from tests.review.terminal import Terminal

    mine = library.copied(tmp_path)
    pair = (library.path("camera/astronaut.jpg"), library.path("phone/crop.jpg"))
    with Terminal(["-m", "dedupe", "compare", *pair, "--store", str(mine.store)], columns=100, rows=60) as shown:
        assert shown.end() == 0
        pictured = [line for line in shown.lines if "▀" in line or "▄" in line]
        assert len(pictured) > 10
        assert all(len(line) > 60 for line in pictured[2:8])
        assert "Duplicates: edited" in shown.text
        assert len(shown.colours(5)) > 10


def test_search_shows_the_query_and_what_it_found(library: Library, tmp_path: Path) -> None:
    from tests.review.terminal import Terminal

    mine = library.copied(tmp_path)
    asked = ["search", library.path("phone/crop.jpg"), str(library.photos), "-k", "2", "--store", str(mine.store)]
    with Terminal(["-m", "dedupe", *asked], columns=100, rows=60) as shown:
        assert shown.end() == 0
        assert "query                       1  0." in shown.text
        assert len([line for line in shown.lines if "▀" in line or "▄" in line]) > 5
        assert "edited" in shown.text


def test_without_colour_the_words_alone_are_printed(library: Library, tmp_path: Path) -> None:
    from tests.review.terminal import Terminal

    mine = library.copied(tmp_path)
    pair = (library.path("camera/astronaut.jpg"), library.path("phone/crop.jpg"))
    arguments = ["-m", "dedupe", "compare", *pair, "--store", str(mine.store)]
    with Terminal(arguments, columns=80, rows=60, env={"NO_COLOR": "1"}) as shown:
        assert shown.end() == 0
        assert "▀" not in shown.text
        assert "Duplicates: edited" in shown.text
