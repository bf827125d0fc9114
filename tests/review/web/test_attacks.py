"""Strangers' pages against a running review, in a real browser that has the review open beside them."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dedupe.library.decisions import Decisions
from tests.review import made
from tests.review.web.conftest import NO_PICTURE, Client, Open, Start, chromium, saved


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return saved(tmp_path / "cache.db", made.many(3))


def edits(store: Path) -> int:
    with Decisions(str(store.with_suffix("")) + ".decisions.db") as memory:
        return len(memory.edits())


ATTACK = """<!doctype html><title>evil</title><script>
const address = "{address}";
window.results = (async () => {{
  const said = [];
  const body = JSON.stringify({{scan: "x", revision: 0, intent: "accept", place: 1}});
  const ours = {{"Content-Type": "application/json", "X-Dedupe-Token": "guess"}};
  for (const headers of [{{}}, {{"Content-Type": "text/plain"}}, ours])
    for (const mode of ["cors", "no-cors"])
      try {{
        const answer = await fetch(address + "api/group/0", {{method: "POST", mode, headers, body, credentials: "include"}});
        said.push(answer.type === "opaque" ? "opaque" : answer.status);
      }} catch (error) {{ said.push("blocked"); }}
  try {{ said.push((await (await fetch(address + "api/state", {{credentials: "include"}})).json()).token); }}
  catch (error) {{ said.push("unread"); }}
  const image = new Image();
  said.push(await new Promise((done) => {{
    image.onload = () => done("seen"); image.onerror = () => done("no picture"); image.src = address + "img/0/0/preview"; }}));
  return said;
}})();
</script><iframe src="{address}"></iframe>
<form id="form" method="POST" enctype="text/plain" action="{address}api/quit"><input name='{{"a":"' value='"}}'></form>"""


TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


@contextmanager
def strangers_page(html: str) -> Iterator[str]:
    """A page on another port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            kind = TYPES.get(self.path.rpartition(".")[2], "text/html")
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(
                PICTURE.encode() if kind == "image/svg+xml" else html.encode() if kind == "text/html" else b""
            )

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def test_a_page_on_another_local_port_can_neither_write_nor_see_anything(
    store: Path, start: Start, open_page: Open
) -> None:
    review = start(store)
    ours = open_page(review, expected=NO_PICTURE)
    with strangers_page(ATTACK.format(address=review.address)) as address:
        evil = ours.context.new_page()
        evil.goto(address)
        results = evil.evaluate("window.results")
        assert set(results[:-2]) <= {"blocked", "opaque"}
        assert results[-2:] == ["unread", "no picture"]
        assert evil.frames[1].content().count("leaf") == 0
        evil.evaluate("document.getElementById('form').submit()")
        evil.wait_for_load_state()
    assert edits(store) == 0
    assert review.process.poll() is None
    ours.keyboard.press("a")
    ours.wait_for_selector("text=2 of 3")


def test_a_name_that_resolves_to_this_machine_is_refused(store: Path, start: Start) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright")
    if chromium() is None:
        pytest.skip("no browser is installed")
    review = start(store)
    # Another process: only one Playwright can run in a thread, and this browser resolves names in its own way.
    code = (
        "import sys\nfrom playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as playwright:\n"
        " browser = playwright.chromium.launch(executable_path=sys.argv[1], args=['--no-sandbox',"
        " '--host-resolver-rules=MAP evil.test 127.0.0.1'])\n"
        " page = browser.new_page()\n"
        " for path in sys.argv[3:]:\n"
        "  answer = page.goto(sys.argv[2] + path)\n  print(answer.status, page.inner_text('body')[:80])\n"
    )
    assert sync_api
    prefix = "/" + review.address.split("/", 3)[3]
    command = [
        sys.executable,
        "-c",
        code,
        chromium(),
        f"http://evil.test:{review.port}",
        f"{prefix}launch",
        prefix,
        f"{prefix}api/state",
    ]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout.splitlines()
    assert len(told) == 3
    assert all(line.startswith("403 ") and "127.0.0.1 or localhost" in line for line in told)


def test_it_listens_on_the_loopback_address_alone(store: Path, start: Start) -> None:
    review = start(store)
    with socket.create_connection(("127.0.0.1", review.port), timeout=5):
        pass
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in (*others, "127.0.0.2"):
        with pytest.raises(OSError), socket.create_connection((address, review.port), timeout=5):
            pass


def test_the_answers_say_nothing_of_the_server_and_pictures_of_originals_are_not_stored(
    scanned: Path, start: Start
) -> None:
    client = Client(start(scanned / "cache.db"))
    for path in ("api/state", "img/0/0/view", "static/app.js", "nothing"):
        headers = client.ask("GET", path)[1]
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["referrer-policy"] == "no-referrer"
    assert client.ask("GET", "img/0/0/view")[1]["cache-control"] == "no-store"
    assert client.ask("GET", "img/0/1/tile/0/0")[1]["cache-control"] == "no-store"


def test_the_cookie_is_for_this_review_alone_and_no_script_sees_it(store: Path, start: Start, open_page: Open) -> None:
    page = open_page(start(store), expected=NO_PICTURE)
    assert page.evaluate("document.cookie") == ""
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert cookie["path"] in page.url
    assert cookie["name"].removeprefix("dedupe_") in cookie["path"]


def test_the_link_opens_once_and_says_so_the_second_time(store: Path, start: Start, open_page: Open, browser) -> None:
    review = start(store)
    open_page(review, expected=NO_PICTURE)
    other = browser.new_context().new_page()
    other.goto(review.link)
    other.wait_for_selector("text=This link was used already")
    assert other.goto(review.address).status == 401
    other.context.close()


def test_a_path_never_leads_out_of_the_page_s_own_files(store: Path, start: Start) -> None:
    client = Client(start(store))
    for path in (
        "static/../app.py",
        "static/%2e%2e/app.py",
        "static/..%2fapp.py",
        "static//etc/passwd.css",
        "static/vendor/lit-html.LICENSE",
    ):
        assert client.ask("GET", path)[0] == 404
    assert client.ask("GET", "static/vendor/lit-html.js")[0] == 200


def test_the_address_that_is_left_for_a_second_start_is_private_and_opens_nothing(
    store: Path, home: Path, start: Start
) -> None:
    review = start(store)
    (record,) = (home / ".local" / "state").rglob("review-*.txt") or store.parent.rglob("review-*.txt")
    assert stat.S_IMODE(os.stat(record).st_mode) == 0o600
    assert record.read_text().strip() == review.address
    review.end()
    assert not record.exists()


def test_nothing_is_served_by_websocket(store: Path, start: Start) -> None:
    client = Client(start(store))
    status = client.ask(
        "GET", "api/state", Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Key="x", Sec_WebSocket_Version="13"
    )[0]
    assert status == 200  # answered as the plain question that it also is
