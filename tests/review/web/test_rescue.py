"""On the page a copy that only its metadata holds back may go once that is carried over; the summary says so before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.album import jpeg, photo, wait_until_settled
from tests.rescue.made import needs_exiftool, tagged, told
from tests.review.web.conftest import Client, Open, Start
from tests.support import tree_snapshot

pytestmark = needs_exiftool


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A photo and a copy of it that alone has a keyword; scanned."""
    from dedupe.pipeline import scan
    from dedupe.settings import Settings

    for name in "ab":
        path = tmp_path / "photos" / name / "cat.jpg"
        path.parent.mkdir(parents=True)
        path.write_bytes(jpeg(photo("chelsea"), taken="2024:05:01 12:00:00"))
    tagged(tmp_path / "photos" / "b" / "cat.jpg", "-XMP-dc:Subject=beach")
    wait_until_settled(tmp_path)
    scan([str(tmp_path / "photos")], Settings(store=str(tmp_path / "cache.db"), jobs=1, keep=("path",)))
    return tmp_path / "cache.db"


def test_the_page_offers_to_carry_over_what_only_a_copy_says(
    store: Path, start: Start, open_page: Open, tmp_path: Path
) -> None:
    before = tree_snapshot(tmp_path / "photos")
    page = open_page(start(store))
    page.locator(".pick:has-text('cat.jpg')").nth(1).click()
    page.get_by_role("button", name="Carry it over").click()
    page.wait_for_selector("text=carried over: keywords")
    page.keyboard.press("Enter")
    page.locator("input[value=move]").check()
    page.fill("input[name=target]", str(tmp_path / "away"))
    page.get_by_role("button", name="Show what would happen").click()
    page.wait_for_selector("text=goes into sidecars (.xmp) beside the photos that stay")
    assert tree_snapshot(tmp_path / "photos") == before
    page.get_by_role("button", name="Move 1 photo").click()
    page.wait_for_selector("text=Done")
    assert not (tmp_path / "photos" / "b" / "cat.jpg").exists()
    assert told(tmp_path / "photos" / "a" / "cat.jpg.xmp")["XMP-dc:Subject"] == ["beach"]
    page.get_by_role("button", name="Put back").click()
    page.wait_for_selector("text=put back (run 1)")
    assert tree_snapshot(tmp_path / "photos") == before


def test_the_key_r_carries_over_and_a_second_time_does_not(store: Path, start: Start) -> None:
    client = Client(start(store))
    group = client.json("api/group/0")
    assert group["photos"][1]["rescuable"] and group["photos"][1]["mark"] == "stays"
    words = {"scan": group["scan"], "intent": "rescue", "place": 1}
    carried = client.post("api/group/0", {**words, "revision": group["revision"]})[1]["group"]
    assert (carried["photos"][1]["mark"], carried["photos"][1]["carried"]) == ("remove", "carried over: keywords")
    again = client.post("api/group/0", {**words, "revision": carried["revision"]})[1]["group"]
    assert (again["photos"][1]["mark"], again["photos"][1]["carried"]) == ("stays", "")
