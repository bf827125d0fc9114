"""The desk behind the page decides as the terminal does, whatever is asked in whatever order."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the browser review needs starlette (dedupe-photos[web])")

from dedupe.library.decisions import Decisions
from dedupe.library.pairs import DecisionKind
from dedupe.library.scans import EditState
from dedupe.review.prompt import pressed
from dedupe.review.saved_scan import as_reviewed, last_scan, verifier
from dedupe.review.state import ReviewState
from dedupe.review.web import payloads
from dedupe.review.web.desk import Desk, Intent, _name_of
from dedupe.settings import Settings
from dedupe.types import Group, Photo
from tests.review import made
from tests.review.web.conftest import saved

KEYS = {
    Intent.ACCEPT: "enter",
    Intent.KEEP_ALL: "a",
    Intent.NOT_DUPLICATES: "n",
    Intent.SKIP: "s",
    Intent.KEEP: "k",
    Intent.TOGGLE: " ",
    Intent.PREFER: "d",
    Intent.PREFER_NONE: "D",
}


def copies(number: int) -> Group:
    """A photo and two copies of its bytes, in other folders."""
    keep = made.photo(f"phone/{number}.jpg")

    def copy(folder: str) -> Photo:
        one = made.photo(f"{folder}/{number}.jpg")
        return replace(one, content_key=keep.content_key, pixel_key=keep.pixel_key)

    return made.group(
        f"g{number}", keep, *(made.extra(copy(folder), keeper=keep.path) for folder in ("album", "backup"))
    )


def store(folder: Path, groups: Sequence[Group]) -> str:
    folder.mkdir()
    return str(saved(folder / "cache.db", made.result(*groups)))


@contextmanager
def desk(path: str) -> Iterator[Desk]:
    with last_scan(Settings(store=path)) as (session, _):
        yield Desk(session)


def ask(one: Desk, number: int, intent: Intent, place: int = 1) -> str:
    return one.decide(number, one.snapshot.revisions[number], intent, place).message


def rows(path: str) -> tuple[Any, ...]:
    """What is stored: the edits, and what lasts beyond this scan."""
    with Decisions(path.removesuffix(".db") + ".decisions.db") as memory:
        return memory.edits(), [(one.kind, one.a, one.b) for one in memory.made()]


@pytest.mark.parametrize("seed", range(6))
def test_the_same_wishes_leave_the_same_rows_as_in_the_terminal(tmp_path: Path, seed: int) -> None:
    groups, dice = [copies(n) for n in range(8)], random.Random(seed)
    wishes = [(dice.randrange(8), dice.choice(list(KEYS)), dice.randrange(3)) for _ in range(60)]
    terminal, page = store(tmp_path / "terminal", groups), store(tmp_path / "page", groups)
    with last_scan(Settings(store=terminal)) as (session, result):
        state = ReviewState.begin(result.groups, verifier(session, result), {})
        for number, intent, place in wishes:
            state = pressed(replace(state, at=number, cursor=place), KEYS[intent], session.decisions)
            state = replace(state, mode=type(state.mode).GROUP)
    with desk(page) as one:
        for number, intent, place in wishes:
            ask(one, number, intent, place)
        assert [choice.stays for choice in one.snapshot.choices] == [choice.stays for choice in state.choices]
        assert one.snapshot.state.freed == state.freed
    assert rows(terminal) == rows(page)
    assert rows(page)[0]


def staying(one: Desk) -> list[str]:
    return [choice.stays.path.removeprefix(f"{made.ROOT}/") for choice in one.snapshot.choices]


def test_a_folder_is_preferred_in_all_open_groups_and_taken_back_as_one_step(tmp_path: Path) -> None:
    with desk(store(tmp_path / "page", [copies(n) for n in range(3)])) as one:
        ask(one, 0, Intent.ACCEPT)
        said = ask(one, 1, Intent.PREFER, 1)
        assert said == f"{made.ROOT}/album is preferred: its photo stays in 2 groups."
        assert staying(one) == ["phone/0.jpg", "album/1.jpg", "album/2.jpg"]
        assert payloads.totals(one.snapshot)["preferred"] == [f"{made.ROOT}/album"]
        assert [choice.needs_no_look for choice in one.snapshot.choices] == [False, True, True]
        one.back()
        assert staying(one) == ["phone/0.jpg", "phone/1.jpg", "phone/2.jpg"]
        assert one.snapshot.state.preferred == ()
        assert one.snapshot.choices[0].verdict is EditState.ACCEPTED


def test_no_folder_is_preferred_any_more_by_a_word(tmp_path: Path) -> None:
    with desk(store(tmp_path / "page", [copies(n) for n in range(2)])) as one:
        ask(one, 0, Intent.PREFER, 2)
        assert staying(one) == ["backup/0.jpg", "backup/1.jpg"]
        assert ask(one, 1, Intent.PREFER_NONE) == "No folder is preferred any more."
        assert staying(one) == ["phone/0.jpg", "phone/1.jpg"]
        assert ask(one, 1, Intent.PREFER_NONE) == "No folder is preferred."


def lasting(path: str) -> list[DecisionKind]:
    return [kind for kind, _, _ in rows(path)[1]]


def test_a_preferred_folder_ends_with_the_review_in_every_group_not_yet_decided(tmp_path: Path) -> None:
    path = store(tmp_path / "page", [copies(n) for n in range(3)])
    with desk(path) as one:
        ask(one, 0, Intent.PREFER, 1)
        ask(one, 0, Intent.ACCEPT)
        assert staying(one) == ["album/0.jpg", "album/1.jpg", "album/2.jpg"]
    with desk(path) as one:
        assert staying(one) == ["album/0.jpg", "phone/1.jpg", "phone/2.jpg"]
        assert [choice.needs_no_look for choice in one.snapshot.choices] == [False, True, True]
        ask(one, 1, Intent.PREFER, 2)
        assert staying(one) == ["album/0.jpg", "backup/1.jpg", "backup/2.jpg"]


def test_a_folder_preferred_and_nothing_accepted_lets_nothing_go(tmp_path: Path) -> None:
    path = store(tmp_path / "page", [copies(n) for n in range(2)])
    with desk(path) as one:
        ask(one, 0, Intent.PREFER, 1)
    with last_scan(Settings(store=path)) as (session, result):
        assert not [
            extra for group in as_reviewed(session, result).plan.groups for extra in group.extras if extra.selected
        ]


def test_a_photo_accepted_for_its_folder_is_no_lasting_choice_of_that_photo(tmp_path: Path) -> None:
    path = store(tmp_path / "page", [copies(n) for n in range(2)])
    with desk(path) as one:
        ask(one, 0, Intent.PREFER, 1)
        ask(one, 0, Intent.ACCEPT)
        ask(one, 1, Intent.TOGGLE, 2)
    with desk(path) as one:
        assert staying(one) == ["album/0.jpg", "album/1.jpg"]
        ask(one, 0, Intent.TOGGLE, 2)
        ask(one, 0, Intent.ACCEPT)
        ask(one, 1, Intent.ACCEPT)
        assert staying(one) == ["album/0.jpg", "album/1.jpg"]
    assert lasting(path) == []
    with desk(path) as one:
        ask(one, 1, Intent.KEEP, 1)
        ask(one, 1, Intent.ACCEPT)
    assert set(lasting(path)) == {DecisionKind.KEEPER}


def test_a_preferred_folder_still_is_when_another_dedupe_decided_meanwhile(tmp_path: Path) -> None:
    path = store(tmp_path / "page", [copies(n) for n in range(3)])
    with desk(path) as one, desk(path) as other:
        ask(one, 0, Intent.PREFER, 1)
        ask(one, 1, Intent.KEEP, 0)
        other.refresh()
        ask(other, 0, Intent.SKIP)
        assert one.refresh()
        assert staying(one) == ["phone/0.jpg", "phone/1.jpg", "album/2.jpg"]
        assert one.snapshot.state.preferred == (f"{made.ROOT}/album",)
        ask(one, 1, Intent.PREFER_NONE)
        assert staying(one) == ["phone/0.jpg", "phone/1.jpg", "phone/2.jpg"]


def test_scans_of_the_same_groups_with_other_series_have_other_names() -> None:
    scans = [made.result(copies(0), series=series) for series in ((), made.holiday().series)]
    assert len({_name_of(1, scan) for scan in scans}) == len({_name_of(at, scans[0]) for at in (1, 2)}) == 2
