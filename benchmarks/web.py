"""The review in the browser with 10,000 groups of three photos, driven in a real browser: ``python -m benchmarks.web [GROUPS]``.

``python -m benchmarks.web --rows`` decides 100 groups by the same keys in the browser and in the terminal review, and compares
what is stored.

Prints when the page is ready, how long a key takes to the next group, how many nodes the list has, what tab and server take of
memory, and how long the first view of a 12-megapixel original takes. The groups are made up, their previews are real JPEGs.
"""

from __future__ import annotations

import io
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.screenshot import PROGRAMS
from dedupe.library.codec import to_json
from dedupe.library.decisions import Decisions
from dedupe.library.paths import StorePaths
from dedupe.library.previews import Previews
from dedupe.settings import Settings
from dedupe.types import Extra, Facts, FileStamp, Group, Photo, PhotoFile, Relation, ScanResult, Stats

if TYPE_CHECKING:
    from playwright.sync_api import Page

KEYS = 100
_FOLDERS = ("2019/Garden", "2020/Italy/Rome", "phone/DCIM/100APPLE", "WhatsApp Images", "backup/old laptop/Pictures")


def photo(number: int, root: str) -> Photo:
    """A made-up photo of its own."""
    name = f"{root}/{_FOLDERS[number % 5]}/IMG_{number * 7919 % 1_000_000:06}.JPG"
    key = number.to_bytes(32, "big")
    stamp = FileStamp(1, number + 1, 1_000_000 + number * 104_729 % 4_000_000, 1, 1)
    return Photo(PhotoFile(name, root, stamp), key, key, Facts("JPEG", 4032, 3024, quality=92))


def library(groups: int, real: Path) -> ScanResult:
    """``groups`` groups of three; the first is of two copies of the file ``real``."""
    root = str(real.parent)
    made = [_group(number, root) for number in range(groups)]
    stamp = FileStamp.of(os.stat(real))
    first = [Photo(PhotoFile(str(real), root, stamp), bytes(32), bytes(32), Facts("JPEG", 4032, 3024))] * 2
    made[0] = Group("g0", first[0], "shorter path", (Extra(first[1], Relation.IDENTICAL, 0.0, True),))
    stats = Stats(3 * groups, 3 * groups, groups, 2 * groups, 0, {})
    return ScanResult("compact-3", 0.8, (root,), tuple(made), (), (), stats)


def _group(number: int, root: str) -> Group:
    keep, *copies = (photo(3 * number + place + 3, root) for place in range(3))
    extras = tuple(Extra(copy, Relation.IDENTICAL, 0.0, True) for copy in copies)
    return Group(f"g{number}", keep, "shorter path", extras)


def fill(store: str, result: ScanResult) -> None:
    """The store of ``result`` with a preview for every photo."""
    import numpy as np
    from PIL import Image

    jpegs = []
    for seed in range(100):
        small = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), np.uint8)
        out = io.BytesIO()
        Image.fromarray(small).resize((400, 300), Image.Resampling.BICUBIC).save(out, "JPEG", quality=75)
        jpegs.append(out.getvalue())
    paths = StorePaths.at(store)
    with Decisions(paths.decisions) as memory:
        memory.save_scan(result, to_json(Settings()))
    with Previews(paths.previews) as previews:
        for group in result.groups:
            for one in (group.keep, *(extra.photo for extra in group.extras)):
                previews.put(one.content_key, jpegs[one.file.stamp.inode % 100])


@contextmanager
def served(store: str) -> Iterator[tuple[str, int]]:
    """The link of the review and its process."""
    command = [sys.executable, "-u", "-m", "dedupe", "review", "--web", "--no-open", "--store", store]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            link = re.search(r"http://\S+launch#\S+", process.stdout.readline() if process.stdout else "")
            if link is None:
                raise SystemExit("The review could not be started.")
            yield link[0], process.pid
        finally:
            process.send_signal(signal.SIGINT)


def key_times(page: Page, key: str) -> list[float]:
    """Milliseconds from each key to the frame in which the next group's facts and previews are drawn."""
    measure = """async (key) => {
      const now = () => document.querySelector('.position b').textContent;
      const before = now(), began = performance.now();
      document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
      while (now() === before || [...document.querySelectorAll('.frame .preview')].some((one) => !one.complete))
        await new Promise(requestAnimationFrame);
      return performance.now() - began;
    }"""
    return [float(page.evaluate(measure, key)) for _ in range(KEYS)]


def memory_of(pid: int) -> int:
    """Resident bytes of a process."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


WISHES = {"Enter": "enter", "a": "a", "n": "n", "s": "s", "k": "k", " ": " ", "ArrowDown": "down", "p": "d", "P": "D"}
"""Keys of the page, and what the terminal calls them."""
DECIDES = ("Enter", "a", "n", "s")


def copies(groups: int) -> ScanResult:
    """Groups of a photo and two copies of its bytes, in other folders."""
    made = []
    for number in range(groups):
        name = f"{number:03}.jpg"
        one = photo(number, "/photos")
        every = [replace(one, file=replace(one.file, path=f"/photos/{folder}/{name}")) for folder in ("a", "b", "c")]
        extras = tuple(Extra(copy, Relation.IDENTICAL, 0.0, True, keeper=every[0].path) for copy in every[1:])
        made.append(Group(f"g{number}", every[0], "shorter path", extras))
    stats = Stats(3 * groups, 3 * groups, groups, 2 * groups, 0, {})
    return ScanResult("compact-3", 0.8, ("/photos",), tuple(made), (), (), stats)


def rows() -> None:
    """Decide the same in both, and say whether the same is stored."""
    from playwright.sync_api import sync_playwright

    from dedupe.review.prompt import pressed
    from dedupe.review.saved_scan import last_scan, verifier
    from dedupe.review.state import Mode, ReviewState

    dice, keys, result = random.Random(7), [], copies(100)
    for _ in range(100):
        keys += [*dice.choices(["k", " ", "ArrowDown", "p", "P"], k=2), dice.choice(["Enter", *DECIDES])]
    with tempfile.TemporaryDirectory(prefix="dedupe-") as name:
        stores = [str(Path(name) / side / "cache.db") for side in ("terminal", "page")]
        for store in stores:
            os.mkdir(os.path.dirname(store))
            with Decisions(StorePaths.at(store).decisions) as memory:
                memory.save_scan(result, to_json(Settings()))
        with last_scan(Settings(store=stores[0])) as (session, found):
            state = ReviewState.begin(found.groups, verifier(session, found), {})
            for key in keys:
                state = pressed(state, WISHES[key], session.decisions)
            at_end = state.mode is Mode.END
        with served(stores[1]) as (link, _), sync_playwright() as playwright:
            program = next(filter(None, map(shutil.which, PROGRAMS)), None)
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            page = playwright.chromium.launch(executable_path=program, args=arguments).new_page()
            page.goto(link)
            page.wait_for_selector(".leaf")
            answered: list[int] = []
            page.on("requestfinished", lambda one: answered.append(1) if one.method == "POST" else None)
            for key in keys:
                _press(page, key, answered)
        kept = []
        for store in stores:
            with Decisions(StorePaths.at(store).decisions) as memory:
                kept.append((memory.edits(), [(one.kind, one.a, one.b) for one in memory.made()]))
        print(f"groups, keys            {len(result.groups)}, {len(keys)}; the terminal came to its end: {at_end}")
        for side, (edits, lasting) in zip(("terminal", "page"), kept, strict=True):
            print(f"{side:<22}  {len(edits)} edits, {len(lasting)} rows that last")
        print(f"the same rows           {kept[0] == kept[1]}")


def _press(page: Page, key: str, answered: list[int]) -> None:
    """One key and the answer to it; a decision leads to the next group.

    The page takes no key while it waits for an answer, so that nothing is decided unseen: such a key is pressed again.
    """
    if key == "ArrowDown":
        page.keyboard.press(key)
        return
    before, place = len(answered), page.inner_text(".position b")
    while len(answered) == before:
        page.keyboard.press(key)
        for _ in range(50):
            page.wait_for_timeout(5)
            if len(answered) > before:
                break
    while key in DECIDES and page.inner_text(".position b") == place and not page.locator("dialog[open]").count():
        page.wait_for_timeout(5)


def main() -> None:
    """Measure, and print."""
    import numpy as np
    from PIL import Image
    from playwright.sync_api import sync_playwright

    if sys.argv[1:] == ["--rows"]:
        rows()
        return
    groups = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    with tempfile.TemporaryDirectory(prefix="dedupe-") as name:
        real = Path(name) / "real.jpg"
        coarse = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
        Image.fromarray(coarse).resize((4032, 3024), Image.Resampling.BICUBIC).save(real, quality=92)
        store = str(Path(name) / "cache.db")
        fill(store, library(groups, real))
        with served(store) as (link, server), sync_playwright() as playwright:
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path=program, args=arguments)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            began = time.monotonic()
            page.goto(link)
            page.wait_for_selector(".leaf")
            print(f"page ready              {time.monotonic() - began:6.2f} s  ({groups:,} groups)")
            print(f"first view of 12 MP     {_view(page):6.0f} ms")
            for key, word in (("ArrowRight", "next group"), ("Enter", "accept, next group")):
                times = sorted(key_times(page, key))
                print(f"{word:<22}  {statistics.median(times):6.0f} ms median, {times[int(KEYS * 0.95)]:.0f} ms p95")
            nodes = page.evaluate("document.getElementById('groups').getElementsByTagName('*').length")
            sizes = "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('api/groups'))[0].encodedBodySize"
            print(f"nodes in the list       {nodes:6}")
            print(f"index, compressed       {page.evaluate(sizes) / 1000:6.0f} kB")
            print(f"memory of the page      {_heap(page) / 1e6:6.0f} MB of JavaScript")
            print(f"memory of the server    {memory_of(server) / 1e6:6.0f} MB")
            browser.close()


def _view(page: Page) -> float:
    """Milliseconds from asking for the first original to having its view; the worker that makes it is started for that."""
    page.wait_for_selector(".frame .view", state="attached")
    entry = "performance.getEntriesByType('resource').find((one) => one.name.endsWith('img/0/0/view'))"
    return float(page.evaluate(f"{entry}.duration"))


def _heap(page: Page) -> float:
    session: Any = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])


if __name__ == "__main__":
    main()
