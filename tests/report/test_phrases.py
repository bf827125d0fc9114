"""The words for people: each code has some, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dedupe.report import phrases
from dedupe.types import Change, ClueKind, Relation, Remark
from tests.review import made


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.33, "0.33 s"), (2, "2 s"), (119, "119 s"), (600, "10 min"), (9000, "2 h"), (1e6, "12 days")],
)
def test_the_time_between_is_said_in_the_unit_a_person_would_use(seconds: float, text: str) -> None:
    assert phrases.duration(seconds) == text


@pytest.mark.parametrize("change", Change)
def test_every_change_has_words_of_its_own(change: Change) -> None:
    said = phrases.change(Remark(change, 0.5))
    assert said
    assert "{" not in said
    assert [said] == [words for words in (phrases.change(Remark(other, 0.5)) for other in Change) if words == said]


def test_the_amount_stands_in_the_words() -> None:
    assert phrases.change(Remark(Change.TIMES, 2)) == "taken 2 s apart"
    assert phrases.change(Remark(Change.CROPPED, 0.6)) == "cropped to 60%"
    assert phrases.change(None) == ""


@pytest.mark.parametrize("clue", ClueKind)
def test_how_a_photo_was_made_names_the_photo_that_it_was_made_from(clue: ClueKind) -> None:
    said = phrases.made_from(replace(made.extra(made.photo("b.jpg")), clue=clue), "a.jpg")
    assert said
    assert not {"it", "{}"} & set(said.split())
    assert ("from" in said.split()) <= said.endswith("from a.jpg")


def test_why_a_photo_may_not_leave_is_said_before_what_changed() -> None:
    cropped = made.extra(made.photo("a.jpg"), Relation.EDITED, remark=Remark(Change.CROPPED, 0.6))
    assert phrases.remark(cropped) == "cropped to 60%"
    held = made.extra(made.photo("a.jpg"), Relation.EDITED, note="is protected", remark=Remark(Change.CROPPED, 0.6))
    assert phrases.remark(held) == "is protected"
