"""What the page's headers forbid, asked of a real browser: with them nothing of it happens, and without them all of it does."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.review import made
from tests.review.web.conftest import Open, Review, Start, saved
from tests.review.web.test_attacks import strangers_page

if TYPE_CHECKING:
    from playwright.sync_api import Frame

NO_DOOR = "from dedupe.review.web import guard; guard.site_refusal = lambda headers: None"
NO_HEADERS = f"{NO_DOOR}; guard.HEADERS.clear()"

INSIDE = """async (address) => {
  const done = (element, made) => new Promise((settled) => {
    element.onload = () => settled(true);
    element.onerror = () => settled(false);
    made(element);
    document.body.append(element);
  });
  const ran = () => { const answer = Boolean(window.ran); delete window.ran; return answer; };
  const results = {};
  const inline = document.createElement("script");
  inline.textContent = "window.ran = true";
  document.body.append(inline);
  results["a script in the page"] = ran();
  const button = document.createElement("button");
  button.setAttribute("onclick", "window.ran = true");
  document.body.append(button);
  button.click();
  results["a script in an attribute"] = ran();
  const style = document.createElement("style");
  style.textContent = "#probe { color: rgb(1, 2, 3) }";
  const probe = document.createElement("i");
  probe.id = "probe";
  document.body.append(probe, style);
  results["a style in the page"] = getComputedStyle(probe).color === "rgb(1, 2, 3)";
  results["a script from elsewhere"] = await done(document.createElement("script"), (one) => (one.src = address + "evil.js"));
  results["a style from elsewhere"] =
    await done(document.createElement("link"), (one) => { one.rel = "stylesheet"; one.href = address + "evil.css"; });
  results["a picture from elsewhere"] = await done(new Image(), (one) => (one.src = address + "evil.svg"));
  results["a question to elsewhere"] = await fetch(address, { mode: "no-cors" }).then(() => true, () => false);
  const base = document.createElement("base");
  base.href = address;
  document.head.append(base);
  results["another base for addresses"] = document.baseURI.startsWith(address);
  base.remove();
  results["an answer taken for a script"] = await done(document.createElement("script"), (one) => (one.src = "api/state"));
  const frame = document.createElement("iframe");
  const form = document.createElement("form");
  frame.name = form.target = "sent";
  form.action = address;
  document.body.append(frame, form);
  results["a form sent elsewhere"] = await new Promise((settled) => {
    document.addEventListener("securitypolicyviolation", (event) => event.effectiveDirective === "form-action" && settled(false));
    // From the page elsewhere: a frame that is blocked loads a page of the browser's own.
    window.addEventListener("message", () => settled(true));
    form.submit();
  });
  return results;
}"""

ELSEWHERE = "<!doctype html><title>elsewhere</title><script>parent.postMessage('here', '*')</script>"

FRAME = """(address) => {
  document.body.appendChild(document.createElement("iframe")).src = address;
}"""

LINK = """(address) => {
  const link = document.body.appendChild(document.createElement("a"));
  link.href = address;
  link.click();
}"""


def allowed(review: Review, open_page: Open) -> dict[str, bool]:
    """What a page could do: from within ours, as if something had got in, and from a page of another port."""
    page = open_page(review, expected=("",))
    with strangers_page(ELSEWHERE) as address:
        found = page.evaluate(INSIDE, address)
        other = page.context.new_page()
        other.goto(address)
        with other.expect_event("framenavigated", lambda frame: not frame.url.startswith("about:")) as told:
            other.evaluate(FRAME, review.address + "launch")
        framed = told.value
        found["our page in a stranger's frame"] = not framed.url.startswith("chrome-error:") and _has_a_heading(framed)
        page.evaluate(LINK, address)
        page.wait_for_url(address)
        found["the address in what a link tells"] = page.evaluate("document.referrer") != ""
    return found


def _has_a_heading(framed: Frame) -> bool:
    """Whether the page in the frame comes to show one; it draws itself once its files are there."""
    from playwright.sync_api import TimeoutError

    with contextlib.suppress(TimeoutError):
        framed.locator("h1").first.wait_for(timeout=10_000)
    return framed.locator("h1").count() > 0


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return saved(tmp_path / "cache.db", made.many(2))


def test_the_headers_let_nothing_in_and_nothing_out(store: Path, start: Start, open_page: Open) -> None:
    assert [name for name, could in allowed(start(store, without=NO_DOOR), open_page).items() if could] == []


def test_without_the_headers_all_of_it_would_happen(store: Path, start: Start, open_page: Open) -> None:
    review = start(store, without=NO_HEADERS)
    assert [name for name, could in allowed(review, open_page).items() if not could] == []
