"""Acting from the page: stopped, killed midway, refused by a full disk; at every moment each photo is there once."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dedupe.library.paths import StorePaths
from dedupe.review.saved_scan import last_scan
from dedupe.review.web.acting import Actor, Destination
from dedupe.review.web.desk import Desk, Intent
from dedupe.settings import Settings
from tests.review.web.conftest import NO_PICTURE, Client, Open, Start, saved
from tests.support import contents, fake_scan, make, tree_snapshot

PAIRS = 150


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    make(root, {f"{folder}/{n}.jpg": f"picture {n}\n{folder}" for n in range(PAIRS) for folder in ("keep", "old")})
    return root


@pytest.fixture
def store(tmp_path: Path, photos: Path) -> Path:
    return saved(tmp_path / "cache.db", fake_scan(photos))


def accepted(client: Client) -> str:
    """All groups accepted; the name of the scan."""
    scan = client.json("api/state")["scan"]
    numbers = client.json("api/numbers")
    status, _ = client.post("api/bulk", {"scan": scan, "filter": {}, "expected": numbers["safe"]})
    assert status == 200
    return scan


def begun(client: Client, target: Path) -> None:
    where = {"scan": accepted(client), "kind": "move", "target": str(target)}
    status, told = client.post("api/preview", where)
    assert (status, told["photos"]) == (200, PAIRS)
    assert client.post("api/apply", {**where, "digest": told["digest"]})[0] == 202


def ended(client: Client) -> dict[str, object]:
    while True:
        run = client.json("api/run")
        if not run["running"]:
            return run
        time.sleep(0.05)


def test_a_run_can_be_stopped_between_two_photos_and_put_back(
    store: Path, photos: Path, tmp_path: Path, start: Start
) -> None:
    before = tree_snapshot(photos)
    client = Client(start(store))
    begun(client, tmp_path / "away")
    assert client.post("api/group/0", {"scan": "", "revision": 0, "intent": "skip"})[1]["clash"] == "BUSY"
    while client.json("api/run")["done"] < 2:
        time.sleep(0.01)
    client.post("api/run/stop", {})
    run = ended(client)
    assert "Stopped as you asked, between two photos." in run["sentences"]
    assert 2 <= len(before) - len(tree_snapshot(photos)) < PAIRS
    assert client.json("api/state")["away"] == len(before) - len(tree_snapshot(photos))
    client.post(f"api/undo/{run['run']}", {})
    assert "put back" in ended(client)["sentences"][0]
    assert tree_snapshot(photos) == before


def test_the_account_on_the_page_names_emptied_folders_and_no_option_of_the_command_line(tmp_path: Path) -> None:
    make(tmp_path / "photos", {"keep/1.jpg": "one", "old/1.jpg": "one"})
    path = saved(tmp_path / "cache.db", fake_scan(tmp_path / "photos"))
    with last_scan(Settings(store=str(path))) as (session, _):
        desk = Desk(session)
        desk.decide(0, 0, Intent.ACCEPT, 1)
        actor = Actor(desk, StorePaths.at(str(path)), None, lambda: None)
        where = Destination.parse("move", str(tmp_path / "away"))
        actor.apply(where, actor.preview(where).digest)()
    assert "Now this folder is empty:" in actor.state.sentences
    assert not [said for said in actor.state.sentences if "--" in said]


def test_killed_midway_the_next_start_puts_it_right_and_nothing_is_lost(
    store: Path, photos: Path, tmp_path: Path, start: Start
) -> None:
    before, every = tree_snapshot(photos), contents(photos)
    review = start(store)
    client = Client(review)
    begun(client, tmp_path / "away")
    while client.json("api/run")["done"] < 3:
        time.sleep(0.005)
    review.process.send_signal(signal.SIGKILL)
    review.process.wait()
    assert contents(photos, tmp_path / "away") == every
    again = Client(start(store))
    assert contents(photos, tmp_path / "away") == every
    state = again.json("api/state")
    assert state["away"] == len(before) - len(tree_snapshot(photos)) >= 3
    assert again.json("api/state")["counts"]["accepted"] == PAIRS
    (run,) = again.json("api/history")["runs"]
    again.post(f"api/undo/{run['run']}", {})
    ended(again)
    assert tree_snapshot(photos) == before


def test_ctrl_c_while_photos_are_moved_ends_the_run_and_then_the_review(
    store: Path, photos: Path, tmp_path: Path, start: Start
) -> None:
    every = contents(photos)
    review = start(store)
    client = Client(review)
    begun(client, tmp_path / "away")
    while client.json("api/run")["done"] < 2:
        time.sleep(0.005)
    assert review.end() == 0
    assert contents(photos, tmp_path / "away") == every


def test_a_place_that_cannot_be_is_refused_in_the_dialog_and_nothing_moves(
    store: Path, photos: Path, start: Start, open_page: Open
) -> None:
    before = tree_snapshot(photos)
    review = start(store)
    page = open_page(review, expected=(*NO_PICTURE, "422"))
    page.keyboard.press("A")
    page.get_by_role("button", name=f"Accept {PAIRS} groups").click()
    page.wait_for_selector(f"text={PAIRS} accepted.")
    page.keyboard.press("q")
    page.get_by_text("Into a folder").click()
    for wrong, said in (
        ("photos", "with its full path"),
        (str(photos), "is one of those that were scanned"),
        ("/etc/dedupe", "belongs to the system"),
    ):
        page.fill("input[name=target]", wrong)
        page.get_by_role("button", name="Show what would happen").click()
        if page.locator("dialog button.danger").count() == 0:
            page.wait_for_selector(f"dialog :text('{said}'), dialog button.danger")
        if page.locator("dialog button.danger").count():
            page.locator("dialog button.danger").click()
            page.wait_for_selector(f"dialog :text('{said}')")
            page.get_by_role("button", name="Back to the groups").click()
            page.wait_for_selector("dialog", state="hidden")
            page.keyboard.press("q")
            page.get_by_text("Into a folder").click()
    assert tree_snapshot(photos) == before


@pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("unshare"), reason="a small disk is made by a mount namespace"
)
def test_a_disk_that_is_full_stops_the_run_with_a_sentence_and_loses_nothing(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespace can be made here")
    command = ["unshare", "-rm", sys.executable, "-m", "tests.review.web.small_disk", str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout.splitlines()[-1])
    assert found["lost"] == 0
    assert any("full" in line or "free" in line for line in found["sentences"])


def test_what_is_away_is_marked_and_not_counted_again(store: Path, photos: Path, tmp_path: Path, start: Start) -> None:
    client = Client(start(store))
    begun(client, tmp_path / "away")
    ended(client)
    scan = client.json("api/state")["scan"]
    assert client.json("api/state")["going"] == 0
    assert [photo["mark"] for photo in client.json("api/group/0")["photos"]] == ["keep", "away"]
    again = client.post("api/preview", {"scan": scan, "kind": "move", "target": str(tmp_path / "away")})[1]
    assert again["photos"] == 0
