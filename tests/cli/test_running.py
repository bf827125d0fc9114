"""What a long scan says before it compares anything."""

from __future__ import annotations

import pytest

from dedupe.cli.running import WORTH_TELLING, tell
from dedupe.steps import Grouped
from dedupe.types import Extra, Group, Relation
from tests.comparing.made import photo


def found(files: int, copies: int) -> Grouped:
    extras = tuple(Extra(photo(f"{number}.jpg"), Relation.IDENTICAL, 0.0, True) for number in range(copies))
    groups = (Group("id", photo("kept.jpg"), "", extras),) if copies else ()
    return Grouped(groups, (), files=files, photos=files, reclaimable_bytes=3_000_000 * copies)


def test_the_first_results_of_a_large_tree_are_told_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    tell(found(WORTH_TELLING, 2))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "2 copies with the same bytes or pixels (6.00 MB)" in " ".join(shown.err.split())
    assert "dedupe scan --exact" in shown.err


@pytest.mark.parametrize(("files", "copies"), [(WORTH_TELLING - 1, 2), (WORTH_TELLING, 0)])
def test_of_a_small_tree_or_without_copies_nothing_is_told(
    capsys: pytest.CaptureFixture[str], files: int, copies: int
) -> None:
    tell(found(files, copies))
    assert capsys.readouterr() == ("", "")
