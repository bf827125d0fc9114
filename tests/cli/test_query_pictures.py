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


def rows_of(lines: list[str]) -> list[str]:
    """What stands below the heading, losses left out; above it there may be a step that took its time."""
    below = lines[1 + next(at for at, line in enumerate(lines) if "distance  relation" in line) :]
    return [line for line in below if "lacks what the query has" not in line]


def test_on_a_narrow_screen_no_sentence_is_broken_within_a_word_and_all_rows_are_alike(
    library: Library, tmp_path: Path
) -> None:
    from tests.review.terminal import Terminal

    mine = library.copied(tmp_path)
    plain = {"NO_COLOR": "1"}
    store = ["--store", str(mine.store)]
    pair = (library.path("camera/astronaut.jpg"), library.path("phone/crop.jpg"))
    words = []
    for columns in (60, 200):
        with Terminal(["-m", "dedupe", "compare", *pair, *store], columns=columns, rows=60, env=plain) as shown:
            assert shown.end() == 0
            words.append(shown.text[shown.text.index("Duplicates: ") :].split())
    assert words[0] == words[1]
    assert "percentile)," in words[0]
    asked = ["search", pair[0], str(library.photos), *store]
    with Terminal(["-m", "dedupe", *asked], columns=200, rows=60, env=plain) as wide:
        assert wide.end() == 0
        assert all("/" in line for line in rows_of(wide.lines)[:7])
    longest = max(len(line) for line in rows_of(wide.lines))
    with Terminal(["-m", "dedupe", *asked], columns=longest - 1, rows=60, env=plain) as narrow:
        assert narrow.end() == 0
        assert ["/" in line for line in rows_of(narrow.lines)[:14]] == [False, True] * 7


def test_without_colour_the_words_alone_are_printed(library: Library, tmp_path: Path) -> None:
    from tests.review.terminal import Terminal

    mine = library.copied(tmp_path)
    pair = (library.path("camera/astronaut.jpg"), library.path("phone/crop.jpg"))
    arguments = ["-m", "dedupe", "compare", *pair, "--store", str(mine.store)]
    with Terminal(arguments, columns=80, rows=60, env={"NO_COLOR": "1"}) as shown:
        assert shown.end() == 0
        assert "▀" not in shown.text
        assert "Duplicates: edited" in shown.text
