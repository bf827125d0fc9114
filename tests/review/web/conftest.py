"""A review served to a real browser: the program as a person starts it, and Debian's Chromium without a screen."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from dedupe.types import ScanResult

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """The browser of this machine; dedupe's tests bring none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="the browser tests need playwright (dedupe-photos[test])"
    )
    program = chromium()
    if program is None:
        pytest.skip(f"no browser is installed: apt-get install {PROGRAMS[0]}")
    arguments = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@dataclass
class Review:
    """A review that runs as a program of its own."""

    process: subprocess.Popen[str]
    link: str
    said: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where the page is, without a code."""
        return self.link.partition("launch#")[0]

    @property
    def port(self) -> int:
        return int(re.search(r":(\d+)/", self.link)[1])

    def end(self, how: int = signal.SIGINT) -> int:
        """End it, and wait; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        rest, _ = self.process.communicate(timeout=30)
        self.said += rest.splitlines()
        return self.process.returncode


class Client:
    """A program that knows the link, and speaks to the review as its page does."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self.prefix = "/" + review.address.split("/", 3)[3]
        self.host = f"127.0.0.1:{review.port}"
        self.cookie = self.token = ""
        code = review.link.partition("#")[2]
        status, headers, _ = self.ask("POST", "launch", {"code": code})
        assert status == 200
        self.cookie = headers["set-cookie"].partition(";")[0]
        self.token = self.json("api/state")["token"]

    def ask(self, method: str, path: str, body: object = None, **more: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of one request; ``more`` are headers in place of the page's own."""
        headers = {
            "Host": self.host,
            "Cookie": self.cookie,
            "Sec-Fetch-Site": "same-origin",
            "X-Dedupe-Token": self.token,
            "Origin": f"http://{self.host}",
            "Content-Type": "application/json",
        }
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        connection = HTTPConnection("127.0.0.1", self.review.port, timeout=60)
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, self.prefix + path, data, headers)
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def json(self, path: str) -> Any:
        """What the page is told there."""
        return json.loads(self.ask("GET", path)[2])

    def post(self, path: str, body: object) -> tuple[int, Any]:
        """Status and answer of a write."""
        status, _, told = self.ask("POST", path, body)
        return status, json.loads(told)


def saved(store: Path, result: ScanResult) -> Path:
    """A store that holds ``result`` as its last scan."""
    from dedupe.library.codec import to_json
    from dedupe.library.decisions import Decisions
    from dedupe.library.paths import StorePaths
    from dedupe.settings import Settings

    with Decisions(StorePaths.at(str(store)).decisions) as memory:
        memory.save_scan(result, to_json(Settings()))
    return store


NO_PICTURE = ("Failed to load resource",)
"""What the browser's console says of photos that are not there."""

Start = Callable[..., Review]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the review of a store; ended with the test."""
    pytest.importorskip("starlette", reason="the browser review needs starlette (dedupe-photos[web])")
    pytest.importorskip("uvicorn", reason="the browser review needs uvicorn (dedupe-photos[web])")
    begun: list[Review] = []

    def start(store: Path | str, *more: str, without: str = "") -> Review:
        """``without`` is code that takes a guard away before the program starts."""
        program = ["-c", f"{without}\nfrom dedupe.__main__ import main\nmain()"] if without else ["-m", "dedupe"]
        command = [sys.executable, "-u", *program, "review", "--web", "--no-open", "--store", str(store), *more]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        line = process.stdout.readline()
        link = re.search(r"http://\S+launch#\S+", line)
        if link is None:
            process.wait(30)
            raise AssertionError(line + process.stdout.read())
        begun.append(Review(process, link[0], [line]))
        return begun[-1]

    yield start
    for review in begun:
        if review.process.poll() is None:
            review.process.kill()
        review.process.wait()
        review.process.stdout.close()


Open = Callable[..., "Page"]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open a review in a browser of its own; at the end nothing may have gone wrong in the page."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_page(review: Review, *, ready: str = ".leaf", expected: tuple[str, ...] = (), **options: Any) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()

        def note(text: str) -> None:
            if not any(part in text for part in expected):
                wrong.append(text)

        page.on("console", lambda message: note(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: note(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"a dialog: {dialog.message}"))
        page.goto(review.link)
        page.wait_for_selector(ready)
        return page

    yield open_page
    for context in contexts:
        with suppress(Exception):
            context.close()
    assert wrong == []


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos, copies of them, and the store of their scan; not to be changed."""
    import skimage.data
    from PIL import Image

    from dedupe.pipeline import scan
    from dedupe.settings import Settings
    from tests.album import wait_until_settled

    folder = tmp_path_factory.mktemp("scanned")
    photos, phone = folder / "photos", folder / "photos" / "phone"
    phone.mkdir(parents=True)
    for name in ("astronaut", "coffee", "rocket"):
        original = photos / f"{name}.jpg"
        picture = Image.fromarray(getattr(skimage.data, name)())
        picture.save(original, quality=95)
        shutil.copy(original, phone / f"{name} (1).jpg")
        picture.resize((picture.width // 2, picture.height // 2)).save(phone / f"{name}_small.jpg", quality=80)
    cut = Image.fromarray(skimage.data.astronaut()).crop((60, 40, 480, 470))
    cut.save(phone / "cut.jpg", quality=92)
    wait_until_settled(folder)
    scan([str(photos)], Settings(store=str(folder / "cache.db"), jobs=1))
    return folder


@pytest.fixture
def work(scanned: Path, tmp_path: Path) -> Path:
    """The same store over the same photos, which may be changed: the photos too lie at a place of their own."""
    from dedupe.pipeline import scan
    from dedupe.settings import Settings
    from tests.album import wait_until_settled

    shutil.copytree(scanned, tmp_path / "work")
    wait_until_settled(tmp_path / "work")
    scan([str(tmp_path / "work" / "photos")], Settings(store=str(tmp_path / "work" / "cache.db"), jobs=1))
    return tmp_path / "work"


def until(page: Page, expression: str, argument: object = None) -> None:
    """Wait until the page says so.

    Playwright's own wait evaluates text in the page, which its policy forbids.
    """
    end = time.monotonic() + 30
    while not page.evaluate(expression, argument):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(30)


def held_back(page: Page, address: str) -> Callable[[], Any]:
    """Hold back what the page asks for at ``address``; each call gives the next such request, to be let go."""
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    def taken() -> Any:
        end = time.monotonic() + 30
        while not held:
            assert time.monotonic() < end
            page.wait_for_timeout(10)
        return held.pop(0)

    page.route(address, hold)
    return taken
