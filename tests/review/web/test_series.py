"""Series on the page: what is suggested, what a person says of a set, and what then leaves."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.album import wait_until_settled
from tests.review.web.conftest import Client, Open, Start, held_back
from tests.series.made import bracket, burst
from tests.support import tree_snapshot


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A burst of three and a bracket, with the store of their scan."""
    from dedupe.pipeline import scan
    from dedupe.settings import Settings

    folder = tmp_path_factory.mktemp("scene")
    burst(folder / "photos" / "party")
    bracket(folder / "photos" / "night")
    wait_until_settled(folder)
    scan([str(folder / "photos")], Settings(store=str(folder / "cache.db"), jobs=1))
    return folder


@pytest.fixture
def store(scene: Path) -> Path:
    """The store without what a test before said or did."""
    for path in scene.glob("cache.decisions.db*"):
        kept = scene / f"kept-{path.name}"
        if not kept.exists():
            shutil.copy(path, kept)
    for kept in scene.glob("kept-cache*"):
        shutil.copy(kept, scene / kept.name.removeprefix("kept-"))
    return scene / "cache.db"


def set_of(client: Client, name: str) -> int:
    index = client.json("api/series")["series"]
    return next(one["number"] for one in index if one["folder"].endswith(name))


def test_a_shot_goes_only_after_a_word_on_its_set_and_comes_back(
    scene: Path, store: Path, start: Start, open_page: Open
) -> None:
    before = tree_snapshot(scene / "photos")
    review = start(store)
    page = open_page(review, ready="#top a[href='#/series']")
    page.locator("#top a[href='#/series']").click()
    page.locator(".series-list a:has-text('party')").click()
    page.wait_for_selector("text=Suggested: 2, IMG_0001.jpg (the sharpest).")
    assert page.locator(".shots input:checked").count() == 0
    page.keyboard.press("2")
    page.get_by_role("button", name="Let the other 2 shots go").click()
    page.wait_for_selector("text=2 shots will go when you finish")
    page.get_by_role("button", name="Finish").click()
    page.locator("input[value=move]").check()
    page.fill("input[name=target]", str(scene / "away"))
    page.get_by_role("button", name="Show what would happen").click()
    page.wait_for_selector("text=2 are other shots, not copies")
    assert tree_snapshot(scene / "photos") == before
    page.get_by_role("button", name="Move 2 photos").click()
    page.wait_for_selector("text=Done")
    assert [path.name for path in (scene / "photos" / "party").iterdir()] == ["IMG_0001.jpg"]
    page.get_by_role("button", name="Put back").click()
    page.wait_for_selector("text=put back (run 1)")
    assert tree_snapshot(scene / "photos") == before
    shutil.rmtree(scene / "away", ignore_errors=True)


def test_ticks_alone_let_nothing_go_and_a_new_tick_takes_the_word_back(store: Path, start: Start) -> None:
    client = Client(start(store))
    scan, number = client.json("api/state")["scan"], set_of(client, "party")
    status, told = client.post(f"api/series/{number}", {"scan": scan, "picked": [1]})
    assert (status, told["going"], told["decided"]) == (200, 0, False)
    status, told = client.post(f"api/series/{number}/word", {"scan": scan, "stays": [1]})
    assert (status, told["going"], told["goes"]) == (200, 2, [0, 2])
    assert client.post(f"api/series/{number}", {"scan": scan, "picked": [0, 1]})[1]["going"] == 0
    client.post(f"api/series/{number}/word", {"scan": scan, "stays": [0]})
    assert client.post(f"api/series/{number}/word", {"scan": scan, "stays": []})[1]["going"] == 0


def test_a_word_is_refused_that_names_no_shot_of_the_set_or_another_scan(store: Path, start: Start) -> None:
    client = Client(start(store))
    scan, number = client.json("api/state")["scan"], set_of(client, "party")
    for stays, wanted in (([7], 422), ([-1], 422), (["x"], 400), (None, 400)):
        assert client.post(f"api/series/{number}/word", {"scan": scan, "stays": stays})[0] == wanted
    assert client.post(f"api/series/{number}/word", {"scan": "another", "stays": [1]})[0] == 409
    whole = set_of(client, "night")
    assert client.post(f"api/series/{whole}/word", {"scan": scan, "stays": [1]})[0] == 422
    assert client.post("api/series/99/word", {"scan": scan, "stays": [1]})[0] == 404
    assert client.json("api/state")["going"] == 0


@pytest.mark.parametrize("said", [[1e999], [0.9], [True], ["1"], {"1": 1}, True, "12"])
def test_what_is_no_list_of_places_says_nothing(store: Path, start: Start, said: object) -> None:
    client = Client(start(store))
    scan, number = client.json("api/state")["scan"], set_of(client, "party")
    assert client.post(f"api/series/{number}", {"scan": scan, "picked": said})[0] == 400
    assert client.post(f"api/series/{number}/word", {"scan": scan, "stays": said})[0] == 400
    assert client.post("api/bulk", {"scan": scan, "filter": {}, "expected": 1e999})[0] == 400
    assert client.json("api/state")["going"] == 0


def test_a_shot_named_twice_is_ticked_once(store: Path, start: Start) -> None:
    client = Client(start(store))
    scan, number = client.json("api/state")["scan"], set_of(client, "party")
    status, told = client.post(f"api/series/{number}", {"scan": scan, "picked": [1, 1]})
    assert (status, told["picked"]) == (200, [1])
    status, told = client.post(f"api/series/{number}/word", {"scan": scan, "stays": [1, 1]})
    assert (status, told["goes"]) == (200, [0, 2])


def test_the_page_offers_to_let_nothing_of_a_bracket_go(store: Path, start: Start, open_page: Open) -> None:
    page = open_page(start(store), ready="#top a[href='#/series']")
    page.locator("#top a[href='#/series']").click()
    page.locator(".series-list a:has-text('night')").click()
    page.wait_for_selector("text=All of them stay: each shot is a part of the whole.")
    page.keyboard.press("1")
    page.wait_for_selector("text=They stay: the shots are parts of one picture.")
    assert page.get_by_role("button", name="Let the other").count() == 0


def test_a_key_pressed_while_the_next_set_is_read_ticks_nothing(store: Path, start: Start, open_page: Open) -> None:
    review = start(store)
    page = open_page(review, ready="#top a[href='#/series']")
    page.locator("#top a[href='#/series']").click()
    page.locator(".series-list a").first.click()
    page.wait_for_selector(".shots li")
    asked = held_back(page, "**/api/series/1")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("text=The shots are read and compared …")
    page.keyboard.press("2")
    asked().continue_()
    page.wait_for_selector("text=2 of 2")
    assert page.locator(".shots input:checked").count() == 0
    page.keyboard.press("2")
    asked().continue_()
    page.wait_for_selector(".shots li[data-picked=true]")
    assert page.locator(".shots input:checked").count() == 1
