"""What a person types at a set of shots, and how far it goes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from dedupe.errors import UsageError
from dedupe.library.decisions import Decisions
from dedupe.review import series_prompt
from dedupe.review.series import Ending, answered, told, word_of
from dedupe.review.series_prompt import Choosing
from dedupe.series.shots import SetKind, ShotSet, set_id
from dedupe.series.suggest import Judged, Why
from tests.review import made


def a_set(*names: str, kind: SetKind = SetKind.BURST, **more: object) -> Judged:
    photos = tuple(made.photo(name, **more) for name in names)
    shots = ShotSet(set_id(photo.content_key for photo in photos), kind, photos)
    if kind.whole:
        return Judged(shots, (None,) * len(photos), None, Why.WHOLE)
    return Judged(shots, (None,) * len(photos), 1, Why.SHARPEST)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("2", {1}),
        ("1 3", {0, 2}),
        ("1,3", {0, 2}),
        ("2-4", {1, 2, 3}),
        ("1, 3 - 4", {0, 2, 3}),
        ("s", {1}),
        ("A", {0, 1, 2, 3}),
        ("", Ending.NEXT),
        ("b", Ending.BACK),
        ("q", Ending.STOP),
        ("o", Ending.OPEN),
    ],
)
def test_numbers_ranges_and_letters_are_understood(said: str, wanted: object) -> None:
    assert answered(said, 4, 1) == wanted


@pytest.mark.parametrize(
    "said", ["0", "5", "1 9", "3-9", "4-3", "all", "x", "-1", "1;2", "1 b", "1-99999999999", "٣x", "9" * 30, "9" * 9000]
)
def test_what_names_no_shot_of_the_set_decides_nothing(said: str) -> None:
    assert answered(said, 4, 1) is None


def test_without_a_suggestion_s_decides_nothing() -> None:
    assert answered("s", 4, None) is None


def test_at_least_one_shot_of_the_set_stays() -> None:
    shots = a_set("1.jpg", "2.jpg").shots
    for wrong in ([], [2], [-1], [0, 7]):
        with pytest.raises(UsageError):
            word_of(shots, wrong)


def test_a_protected_shot_stays_beside_those_that_are_named() -> None:
    photos = (made.photo("1.jpg"), made.photo("2.jpg", protected=True), made.photo("3.jpg"))
    shots = ShotSet("x", SetKind.BURST, photos)
    word = word_of(shots, [0])
    assert word.stays == (photos[0].content_key, photos[1].content_key)
    assert told(shots, word) == "Shot 3 would go."


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """What a person types, line by line; then nothing more."""
    waiting = iter(lines)
    monkeypatch.setattr(series_prompt, "answer", lambda question: next(waiting, "q"))


def choosing(path: Path, sets: Sequence[Judged], *, whole: bool = False) -> tuple[Choosing, Decisions, io.StringIO]:
    out = io.StringIO()
    memory = Decisions(str(path / "decisions.db"))
    return Choosing(sets, memory, Console(file=out, width=100), [made.ROOT], {}, whole), memory, out


def test_each_set_is_decided_by_itself_and_one_can_go_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = a_set("1.jpg", "2.jpg"), a_set("3.jpg", "4.jpg", "5.jpg")
    typed(monkeypatch, "1", "b", "2", "", "q")
    run, memory, _ = choosing(tmp_path, [first, second])
    run.run()
    with memory:
        [word] = memory.words().values()
    assert (word.shots, word.stays) == (first.shots.id, (first.shots.contents[1],))
    assert run.decided == {first.shots.id}


def test_passing_over_a_decided_set_says_that_the_choice_still_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = a_set("1.jpg", "2.jpg")
    typed(monkeypatch, "1", "")
    run, memory, out = choosing(tmp_path, [one, a_set("3.jpg", "4.jpg")])
    run.run()
    assert "As you chose before" not in out.getvalue()
    memory.close()
    typed(monkeypatch, "")
    run, memory, out = choosing(tmp_path, [one])
    run.run()
    assert "As you chose before: Shot 2 would go." in out.getvalue()
    memory.close()


def test_brackets_and_panoramas_are_passed_over_and_shown_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = [
        a_set("1.jpg", "2.jpg", kind=SetKind.BRACKET),
        a_set("3.jpg", "4.jpg"),
        a_set("5.jpg", "6.jpg", kind=SetKind.PANORAMA),
    ]
    typed(monkeypatch, "s", "s", "s")
    run, memory, out = choosing(tmp_path, sets)
    run.run()
    assert run.decided == {sets[1].shots.id} and run.passed == {sets[0].shots.id, sets[2].shots.id}
    assert "1.jpg" not in out.getvalue() and "5.jpg" not in out.getvalue()
    typed(monkeypatch, "1", "a", "s", "a")
    run, memory, out = choosing(tmp_path, sets, whole=True)
    run.run()
    with memory:
        assert len(memory.words()) == 3
    assert "Name shots by their numbers" in out.getvalue()  # s names nothing in a panorama


def test_back_over_a_bracket_leads_to_the_set_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sets = [a_set("1.jpg", "2.jpg"), a_set("3.jpg", "4.jpg", kind=SetKind.BRACKET), a_set("5.jpg", "6.jpg")]
    typed(monkeypatch, "", "b", "1", "q")
    run, memory, _ = choosing(tmp_path, sets)
    run.run()
    memory.close()
    assert run.decided == {sets[0].shots.id}
