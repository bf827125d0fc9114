"""The page itself: hostile names, ten thousand groups, keyboard and screen reader, small screens, nothing written by looking."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path

import pytest
import skimage.data
from PIL import Image

from dedupe.pipeline import scan
from dedupe.settings import Settings
from tests.album import wait_until_settled
from tests.review import made
from tests.review.web.conftest import NO_PICTURE, Client, Open, Start, held_back, saved, until
from tests.support import tree_snapshot

EVIL = (
    b"<img src=x onerror=alert(1)>.jpg",
    b'"><script>alert(1)<slash script>.jpg',
    "\u202egpj.exe \u2066x.jpg".encode(),
    b"\xff\xfe not utf-8.jpg",
    b"${alert(1)} {{7*7}} `x`.jpg",
    b"a\x1b[31mb\nc.jpg",
    b"javascript:alert(1).jpg",
)


@pytest.mark.skipif(os.name == "nt", reason="these names cannot be made there")
def test_a_name_is_text_on_every_part_of_the_page(tmp_path: Path, start: Start, open_page: Open) -> None:
    photos = os.fsencode(tmp_path / "photos")
    os.makedirs(photos + b"/copies")
    Image.fromarray(skimage.data.astronaut()).save(tmp_path / "one.jpg", quality=90)
    for name in EVIL:
        shutil.copy(tmp_path / "one.jpg", photos + b"/copies/" + name)
    wait_until_settled(tmp_path / "photos")
    scan([str(tmp_path / "photos")], Settings(store=str(tmp_path / "cache.db"), jobs=1))
    before = tree_snapshot(tmp_path / "photos")
    page = open_page(start(tmp_path / "cache.db"))
    for place in range(len(EVIL)):
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(50 + place)
    page.keyboard.press("m")
    text = page.inner_text("body")
    assert "<img src=x onerror=alert(1)>.jpg" in text
    assert "\\u202egpj.exe" in text
    assert "\\xff\\xfe not utf-8.jpg" in text
    assert not {"\u202e", "\u2066", "\x1b"} & set(text)
    assert page.locator("img[onerror], script:not([src])").count() == 0
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    assert tree_snapshot(tmp_path / "photos") == before


def test_ten_thousand_groups_are_a_short_list_and_a_small_answer(tmp_path: Path, start: Start, open_page: Open) -> None:
    folders = ("2019/Garden", "2020/Italy/Rome", "phone/DCIM/100APPLE", "WhatsApp Images", "backup/old laptop")
    groups = [
        made.group(
            f"g{n}",
            made.photo(f"{folders[n % 5]}/IMG_{n * 7919 % 100000:05}.JPG", size=2_000_000 + n * 104729 % 3_000_000),
            *(made.extra(made.photo(f"copies/{n}-{x}.jpg", size=1_000_000 + n * 15485863 % 2_000_000)) for x in "ab"),
        )
        for n in range(10_000)
    ]
    review = start(saved(tmp_path / "cache.db", made.result(*groups)))
    page = open_page(review, expected=NO_PICTURE)
    index = page.evaluate("fetch('api/groups').then((answer) => answer.text())")
    assert len(json.loads(index)["columns"]["name"]) == 10_000
    entries = "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('api/groups'))"
    sent = page.evaluate(f"Math.max(...{entries}.map((one) => one.encodedBodySize))")
    assert 10_000 < sent <= 120_000
    assert len(gzip.compress(index.encode(), 6)) <= 120_000
    nodes = "document.getElementById('groups').getElementsByTagName('*').length"
    assert page.evaluate(nodes) <= 200
    for key, number in (("End", "10,000"), ("Home", "1")):
        page.keyboard.press(key)
        until(page, f"document.querySelector('.position b').textContent === '{number}'")
        assert page.evaluate(nodes) <= 200
    page.evaluate("document.getElementById('groups').scrollTop = 300000")
    until(page, "[...document.querySelectorAll('.row')].some((row) => Number(row.dataset.at) > 4000)")
    assert page.evaluate(nodes) <= 200
    page.select_option("label:has-text('Order') select", "size")
    page.fill("#words", "italy")
    page.wait_for_selector("text=of 2,000")
    page.keyboard.press("Escape")
    page.keyboard.press("A")
    page.get_by_role("button", name="Accept 2,000 groups").click()
    page.wait_for_selector("text=2,000 accepted.")
    assert "8,000 left" in page.inner_text(".tally").replace("\n", " ")


def _serious(page) -> list[str]:
    """What axe-core finds of serious or critical faults."""
    bundled = pytest.importorskip("axe_playwright_python", reason="axe-core comes with axe-playwright-python")
    page.evaluate((Path(bundled.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_axe_finds_nothing_serious(width: int, scheme: str, scanned: Path, start: Start, open_page: Open) -> None:
    page = open_page(start(scanned / "cache.db"), color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(200)
    assert _serious(page) == []
    page.keyboard.press("/")
    assert _serious(page) == []
    page.keyboard.press("Escape")
    until(page, "document.activeElement.tagName !== 'INPUT'")
    for key in ("?", "q", "A"):
        page.keyboard.press(key)
        page.wait_for_selector("dialog[open]")
        assert _serious(page) == []
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog[open]", state="detached")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_small_screen_every_button_can_be_touched(scanned: Path, start: Start, open_page: Open) -> None:
    page = open_page(start(scanned / "cache.db"))
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(200)
    small = page.evaluate(
        "[...document.querySelectorAll('button, select, input, .button')].filter((one) => one.checkVisibility())"
        ".map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 80)])"
        ".filter(([box]) => box.height < 43.5 || box.width < 43.5).map(([, html]) => html)"
    )
    assert small == []
    page.get_by_role("button", name="Groups").click()
    page.locator(".row").nth(1).click()
    page.wait_for_selector("text=2 of 3")
    assert not page.locator("#list").is_visible()


def test_the_review_can_be_done_by_tab_and_enter_alone(work: Path, start: Start, open_page: Open) -> None:
    page = open_page(start(work / "cache.db"))
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name = "((one) => (one.ariaLabel || one.innerText || one.id).trim().slice(0, 40))(document.activeElement)"
        seen.add(page.evaluate(name))
    for wanted in ("Skip to the photos", "Keys and help", "Side by side", "Not duplicates"):
        assert any(wanted in one for one in seen), (wanted, seen)
    page.get_by_role("button", name="Keep all").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=2 of 3")
    assert page.locator(".row[data-state='keep all']").count() == 1


def test_of_a_series_nothing_is_chosen_beforehand_and_what_is_picked_is_kept(
    tmp_path: Path, start: Start, open_page: Open
) -> None:
    store = saved(tmp_path / "cache.db", made.holiday())
    review = start(store)
    page = open_page(review, expected=NO_PICTURE)
    page.locator("#top a[href='#/series']").click()
    page.locator(".series-list a").first.click()
    page.wait_for_selector("text=6 shots of one scene")
    assert page.locator(".shots input:checked").count() == 0
    page.keyboard.press("2")
    page.wait_for_selector(".shots li[data-picked=true]")
    assert page.locator("textarea").input_value().count("\n") == 4
    review.end()
    again = Client(start(store))
    assert again.json("api/series/0")["picked"] == [1]
    assert again.post("api/series/0", {"scan": again.json("api/state")["scan"], "picked": [77]})[0] == 404


def test_looking_writes_nothing_in_the_photo_folder(scanned: Path, start: Start, open_page: Open) -> None:
    before = tree_snapshot(scanned / "photos")
    page = open_page(start(scanned / "cache.db"))
    for key in ("d", "d", "w", "f", "z", "+", "ArrowRight", "v", "ArrowRight"):
        page.keyboard.press(key)
        page.wait_for_timeout(150)
    assert tree_snapshot(scanned / "photos") == before


def test_both_photos_lie_on_the_same_place_of_the_scene(scanned: Path, start: Start, open_page: Open) -> None:
    page = open_page(start(scanned / "cache.db"))
    page.fill("#words", "cut")
    page.wait_for_selector("text=1 of 1")
    page.keyboard.press("Escape")
    page.locator(".pick:has-text('cut.jpg')").click()
    page.wait_for_selector(".caption:has-text('cut.jpg')")
    boxes = page.evaluate(
        "[...document.querySelectorAll('.pane')].map((pane) => { const a = pane.getBoundingClientRect(),"
        " b = pane.querySelector('.frame').getBoundingClientRect(); return [b.x - a.x, b.y - a.y, b.width, b.height]; })"
    )
    whole, cut = boxes
    scale = whole[2] / 512
    # The cut begins at (60, 40) and is 420 × 430 pixels of the whole.
    wanted = [whole[0] + 60 * scale, whole[1] + 40 * scale, 420 * scale, 430 * scale]
    assert all(abs(one - other) < 2.5 for one, other in zip(cut, wanted, strict=True)), (cut, wanted)


def test_a_difference_is_said_to_be_in_the_making_and_is_never_that_of_another_group(
    scanned: Path, start: Start, open_page: Open
) -> None:
    page = open_page(start(scanned / "cache.db"), expected=NO_PICTURE)
    asked = held_back(page, "**/diff")
    page.keyboard.press("d")
    page.keyboard.press("d")
    page.wait_for_selector("text=The difference is being made …")
    asked().continue_()
    page.wait_for_selector("text=bright: differs · red: counts")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("text=2 of 3")
    page.wait_for_selector("text=The difference is being made …")
    assert page.evaluate("document.querySelector('img.seen').naturalWidth") == 0
    asked().abort()
    page.wait_for_selector("text=The difference cannot be shown")
