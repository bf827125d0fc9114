"""A whole review in a real browser: seen, decided, moved and put back."""

from __future__ import annotations

from pathlib import Path

from dedupe.library.decisions import Decisions
from dedupe.library.scans import EditState
from tests.review.web.conftest import NO_PICTURE, Open, Start
from tests.support import tree_snapshot


def states(folder: Path) -> list[EditState]:
    with Decisions(str(folder / "cache.decisions.db")) as memory:
        return [edit.state for edit in memory.edits().values()]


def test_photos_are_accepted_moved_to_a_folder_and_put_back(work: Path, start: Start, open_page: Open) -> None:
    photos = work / "photos"
    before = tree_snapshot(photos)
    review = start(work / "cache.db")
    page = open_page(review)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=2 of 3")
    page.keyboard.press("s")
    page.wait_for_selector("text=3 of 3")
    page.keyboard.press("a")
    page.wait_for_selector("dialog[open]")
    assert sorted(states(work)) == sorted([EditState.ACCEPTED, EditState.SKIPPED, EditState.KEEP_ALL])
    assert tree_snapshot(photos) == before
    page.get_by_text("Into a folder").click()
    page.fill("input[name=target]", str(work / "away"))
    page.get_by_role("button", name="Show what would happen").click()
    page.wait_for_selector("text=What will happen")
    assert tree_snapshot(photos) == before
    page.locator("dialog button.danger").click()
    page.wait_for_selector("h2:text-is('Done')")
    gone = before.keys() - tree_snapshot(photos).keys()
    assert len(gone) == 2
    assert all("phone" in str(name) for name in gone)
    page.get_by_role("button", name="Put back").click()
    page.wait_for_selector("text=put back (run 1)")
    assert tree_snapshot(photos) == before
    assert review.end() == 0


def test_quit_on_the_page_and_ctrl_c_in_the_terminal_both_end_it_cleanly(
    scanned: Path, start: Start, open_page: Open
) -> None:
    review = start(scanned / "cache.db")
    # Pictures that were still on order when the review ended are not made.
    page = open_page(review, expected=NO_PICTURE)
    page.keyboard.press("q")
    page.get_by_role("button", name="Quit").click()
    page.wait_for_selector("text=The review has ended")
    assert review.process.wait(20) == 0
    again = start(scanned / "cache.db")
    assert again.end() == 0
    assert "your decisions are kept" in again.said[-1]
