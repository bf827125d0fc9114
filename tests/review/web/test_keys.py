"""Every key does what the help says it does, and what it does in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dedupe.library.decisions import Decisions
from dedupe.library.scans import EditState, GroupEdit
from dedupe.review.prompt import pressed
from dedupe.review.saved_scan import last_scan, verifier
from dedupe.review.state import ReviewState
from dedupe.settings import Settings
from tests.review import made
from tests.review.web.conftest import NO_PICTURE, Open, Start, saved, until


def edits(store: Path) -> dict[str, GroupEdit]:
    with Decisions(str(store.with_suffix("")) + ".decisions.db") as memory:
        return memory.edits()


def at(page) -> str:
    return page.inner_text(".position b")


@pytest.fixture
def page(scanned: Path, start: Start, open_page: Open) -> Iterator[object]:
    """The first of three groups; the store is shared, so nothing is decided here."""
    yield open_page(start(scanned / "cache.db"))


def test_the_arrows_walk_through_groups_and_photos_without_deciding(page, scanned: Path) -> None:
    for key, number in (
        ("ArrowRight", "2"),
        ("End", "3"),
        ("b", "2"),
        ("ArrowLeft", "1"),
        ("Backspace", "1"),
        ("Home", "1"),
    ):
        page.keyboard.press(key)
        until(page, f"document.querySelector('.position b').textContent === '{number}'")
    marked = page.get_attribute(".leaf[aria-current=true] .pick", "aria-label")
    page.keyboard.press("ArrowDown")
    until(page, f"document.querySelector('.leaf[aria-current=true] .pick').ariaLabel !== {marked!r}")
    page.keyboard.press("ArrowUp")
    until(page, f"document.querySelector('.leaf[aria-current=true] .pick').ariaLabel === {marked!r}")
    assert edits(scanned / "cache.db") == {}


def test_the_keys_for_looking_change_the_stage(page) -> None:
    mode = lambda: page.get_attribute("#stage", "data-mode")  # noqa: E731
    assert mode() == "side"
    for key, name in (("f", "flip"), ("w", "wipe"), ("d", "diff"), ("d", "seen"), ("v", "side")):
        page.keyboard.press(key)
        page.wait_for_selector(f"#stage[data-mode={name}]")
    page.keyboard.press("f")
    first = page.inner_text(".caption b")
    page.keyboard.press("f")
    assert {first, page.inner_text(".caption b")} == {"A", "B"}
    page.keyboard.press("v")
    whole = page.inner_text(".caption .share")
    page.keyboard.press("+")
    assert page.inner_text(".caption .share") != whole
    page.keyboard.press("-")
    page.keyboard.press("z")
    page.keyboard.press("z")
    assert "100 %" in page.inner_text("#captions")
    before = page.get_attribute(".frame", "style")
    page.keyboard.press("Shift+ArrowRight")
    assert page.get_attribute(".frame", "style") != before
    page.keyboard.press("z")
    assert page.inner_text(".caption .share") == whole
    rows = page.locator(".compared tbody tr").count()
    page.keyboard.press("m")
    assert page.locator(".compared tbody tr").count() > rows


def test_the_keys_for_dialogs_open_and_escape_closes_them(page) -> None:
    for key, title in (("?", "Keys"), ("g", "Go to group"), ("A", "Accept without a look"), ("q", "Finish")):
        page.keyboard.press(key)
        page.wait_for_selector(f"dialog[open] h2:text-is('{title}')")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog:not([open])", state="attached")
    page.keyboard.press("g")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.position b').textContent === '3'")


def test_in_the_filter_keys_are_text(page, scanned: Path) -> None:
    page.keyboard.press("/")
    page.keyboard.type("Astronaut")
    page.wait_for_selector("text=1 of 1")
    assert page.input_value("#words") == "Astronaut"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") != "words"
    assert edits(scanned / "cache.db") == {}


def test_the_help_names_every_key_of_the_terminal_but_the_way_pictures_are_drawn(page) -> None:
    page.keyboard.press("?")
    told = " ".join(page.locator(".keys dt").all_inner_texts())
    for key in ("Enter", "1 … 9", "Space", "a", "n", "s", "b", "g", "o", "A", "q"):
        assert key in told


KEYS = (
    "Enter",
    "a",
    "n",
    "s",
    "2",
    "Enter",
    " ",
    "Enter",
    "ArrowDown",
    "k",
    "Enter",
    " ",
    "a",
    "ArrowRight",
    "Enter",
    "n",
)
NAMES = {"Enter": "enter", "ArrowDown": "down", "ArrowRight": "right"}


def test_the_terminal_and_the_page_leave_the_same_rows(tmp_path: Path, start: Start, open_page: Open) -> None:
    groups = [
        made.group(f"g{n}", made.photo(f"{n}/a.jpg"), *(made.extra(made.photo(f"{n}/{x}.jpg")) for x in "bc"))
        for n in range(12)
    ]
    stores = [
        saved(tmp_path / name / "cache.db", made.result(*groups))
        for name in ("terminal", "page")
        if _folder(tmp_path / name)
    ]
    with last_scan(Settings(store=str(stores[0]))) as (session, result):
        state = ReviewState.begin(result.groups, verifier(session, result), {})
        for key in KEYS:
            state = pressed(state, NAMES.get(key, key), session.decisions)
    page = open_page(start(stores[1]), expected=NO_PICTURE)
    for key in KEYS:
        before = page.evaluate(
            "document.querySelector('#facts').innerText + document.querySelector('.tally').innerText"
        )
        page.keyboard.press(key)
        until(
            page,
            "before => !document.querySelector('.decisions .primary')?.disabled"
            " && document.querySelector('#facts').innerText + document.querySelector('.tally').innerText !== before",
            before,
        )
        page.wait_for_timeout(150)  # the answer to one key is in before the next, as with a person
    assert edits(stores[0]) == edits(stores[1]) != {}
    assert {edit.state for edit in edits(stores[1]).values()} >= {
        EditState.ACCEPTED,
        EditState.KEEP_ALL,
        EditState.NOT_DUPLICATES,
    }
    rows = []
    for store in stores:
        with Decisions(str(store.with_suffix("")) + ".decisions.db") as memory:
            rows.append([(one.kind, one.a, one.b) for one in memory.made()])
    assert rows[0] == rows[1] != []


def _folder(path: Path) -> bool:
    path.mkdir()
    return True
