"""Two tabs, a terminal beside the page, a new scan, a tampered request: the page says so and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedupe.library.decisions import Decisions
from dedupe.library.scans import EditState, GroupEdit
from tests.review import made
from tests.review.web.conftest import NO_PICTURE, Client, Open, Start, saved


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return saved(tmp_path / "cache.db", made.many(5))


def edits(store: Path) -> dict[str, GroupEdit]:
    with Decisions(str(store.with_suffix("")) + ".decisions.db") as memory:
        return memory.edits()


def test_of_two_tabs_the_older_one_is_told_and_shows_the_newer_decision(
    store: Path, start: Start, open_page: Open
) -> None:
    review = start(store)
    one = open_page(review, expected=(*NO_PICTURE, "409"))
    two = one.context.new_page()
    two.goto(review.address)
    two.wait_for_selector(".leaf")
    one.keyboard.press("a")
    one.wait_for_selector("text=2 of 5")
    two.keyboard.press("Enter")
    two.wait_for_selector("text=It is loaded anew; nothing was changed.")
    two.wait_for_selector(".outcome .state:has-text('all kept')")
    assert [edit.state for edit in edits(store).values()] == [EditState.KEEP_ALL]


def test_what_the_terminal_decides_meanwhile_is_not_overwritten(store: Path, start: Start) -> None:
    client = Client(start(store))
    scan = client.json("api/state")["scan"]
    with Decisions(str(store.with_suffix("")) + ".decisions.db") as memory:
        memory.put_edit(GroupEdit("g0", state=EditState.SKIPPED))
    body = {"scan": scan, "revision": 0, "intent": "accept", "place": 1}
    status, told = client.post("api/group/0", body)
    assert (status, told["clash"]) == (409, "OLD_PAGE")
    assert client.json("api/group/0")["state"] == "skipped"
    assert client.post("api/group/1", body)[0] == 200
    assert {name: edit.state for name, edit in edits(store).items()} == {
        "g0": EditState.SKIPPED,
        "g1": EditState.ACCEPTED,
    }


def test_a_tab_left_open_over_a_new_scan_decides_nothing_in_it(store: Path, start: Start, open_page: Open) -> None:
    page = open_page(start(store), expected=(*NO_PICTURE, "409"))
    saved(store, made.holiday())
    page.keyboard.press("Enter")
    page.wait_for_selector("text=A new scan was made")
    page.wait_for_selector("text=of 3")
    # A key before the new group is there means the old one, and is refused again.
    page.wait_for_load_state("networkidle")
    assert edits(store) == {}
    page.keyboard.press("a")
    page.wait_for_selector("text=2 of 3")
    assert [edit.state for edit in edits(store).values()] == [EditState.KEEP_ALL]


def test_accepting_unseen_is_refused_where_the_count_is_another_one(store: Path, start: Start) -> None:
    client = Client(start(store))
    scan = client.json("api/state")["scan"]
    status, told = client.post("api/bulk", {"scan": scan, "filter": {}, "expected": 4})
    assert (status, told["clash"]) == (409, "OTHER_COUNT")
    assert edits(store) == {}
    assert client.post("api/bulk", {"scan": scan, "filter": {"words": "IMG_3"}, "expected": 1})[0] == 200
    assert list(edits(store)) == ["g3"]
    status, told = client.post("api/back", {"scan": scan})
    assert (status, told["message"]) == (200, "Taken back.")
    assert {edit.state for edit in edits(store).values()} <= {EditState.OPEN}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("api/group/0", {"intent": "accept", "revision": 0}),
        ("api/group/0", {"scan": "SCAN", "intent": "destroy", "revision": 0}),
        ("api/group/0", {"scan": "SCAN", "intent": "accept", "revision": "x"}),
        ("api/group/0", {"scan": "SCAN", "intent": "toggle", "revision": 0, "place": 99}),
        ("api/group/0", {"scan": "SCAN", "intent": "toggle", "revision": 0, "place": -1}),
        ("api/group/99", {"scan": "SCAN", "intent": "accept", "revision": 0}),
        ("api/group/0", ["accept"]),
        ("api/bulk", {"scan": "SCAN", "filter": {"relations": "anything"}, "expected": 5}),
        ("api/bulk", {"scan": "SCAN", "filter": {"sort": "; DROP TABLE"}, "expected": 5}),
        ("api/preview", {"scan": "SCAN", "kind": "delete"}),
        ("api/preview", {"scan": "SCAN", "kind": "move"}),
        ("api/preview", {"scan": "SCAN", "kind": "move", "target": "relative/folder"}),
        ("api/preview", {"scan": "SCAN", "kind": "move", "target": "/tmp/a\0b"}),
        ("api/preview", {"scan": "SCAN", "kind": "move", "target": ["/tmp"]}),
        ("api/apply", {"scan": "SCAN", "kind": "trash"}),
        ("api/undo/99", {}),
    ],
)
def test_a_tampered_request_is_a_sentence_and_changes_nothing(
    store: Path, start: Start, path: str, body: object
) -> None:
    client = Client(start(store))
    scan = client.json("api/state")["scan"]
    said = {**body, "scan": scan} if isinstance(body, dict) and body.get("scan") == "SCAN" else body
    status, told = client.post(path, said)
    if path.startswith("api/undo"):
        assert status == 202
        assert client.json("api/run")["sentences"] or True
    else:
        assert 400 <= status < 500
        assert told["error"].endswith(".")
        assert "Traceback" not in told["error"]
    assert edits(store) == {}
    assert client.json("api/state")["left"] == 5


def test_the_plan_that_was_shown_is_the_one_that_is_done(store: Path, start: Start) -> None:
    client = Client(start(store))
    scan = client.json("api/state")["scan"]
    decide = {"scan": scan, "revision": 0, "intent": "accept", "place": 1}
    client.post("api/group/0", decide)
    where = {"scan": scan, "kind": "trash"}
    digest = client.post("api/preview", where)[1]["digest"]
    client.post("api/group/1", decide)
    status, told = client.post("api/apply", {**where, "digest": digest})
    assert (status, told["clash"]) == (409, "OTHER_PLAN")
    assert client.post("api/apply", {**where, "digest": "0" * 32})[0] == 409


def test_a_second_start_says_where_the_first_one_runs(store: Path, start: Start) -> None:
    first = start(store)
    with pytest.raises(
        AssertionError, match=rf"A review of this scan is already running at http://127\.0\.0\.1:{first.port}/"
    ):
        start(store)
    assert first.end() == 0
    assert start(store).end() == 0


def test_a_port_that_is_taken_is_one_sentence(store: Path, tmp_path: Path, start: Start) -> None:
    (tmp_path / "other").mkdir()
    first = start(store)
    other = saved(tmp_path / "other" / "cache.db", made.many(1))
    with pytest.raises(AssertionError, match=rf"Port {first.port} cannot be used"):
        start(other, "--port", str(first.port))
    assert start(other, "--port", str(_free_port())).end() == 0


def _free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_without_a_scan_it_is_one_sentence(tmp_path: Path, start: Start) -> None:
    with pytest.raises(AssertionError, match="There is no scan yet"):
        start(tmp_path / "cache.db")
