"""A plan that somebody edited, or a disk damaged, in hundreds of ways: a sentence, never a traceback, and nothing is lost."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dedupe.review.plan_file import write_plan
from tests.cli.made import Scanned
from tests.queries.made import Ran, run
from tests.support import contents, tree_snapshot

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[bytes]

PAIRS = 2
VALUES: list[str] = [
    *(
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1e400",
        "NaN",
        '""',
        '"x"',
        '"."',
        '"../old/0.jpg"',
        '"\\u0000"',
        '"\\ud800"',
        "[]",
    ),
    *(
        "{}",
        '[["a"]]',
        '{"path": 1}',
        "[" * 100_000 + "]" * 100_000,
        '"' + "x" * 70_000 + '"',
        "9" * 5_000,
        '"//etc/passwd"',
    ),
]
"""What is put in the place of each value of a plan, as JSON."""


def replaced(plan: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Every value of the head and of the first copy in turn by each of ``VALUES``."""
    places = [(plan, key) for key in plan] + [(plan["copies"][0], key) for key in plan["copies"][0]]
    for holder, key in places:
        kept, holder[key] = holder[key], "@@"
        text = json.dumps(plan)
        holder[key] = kept
        for value in VALUES:
            yield f"{key} = {value[:20]}", text.replace('"@@"', value).encode()


def rearranged(plan: dict[str, Any], photos: Path) -> Iterator[tuple[str, bytes]]:
    """Plans that are well formed and wrong."""
    one, other = plan["copies"]
    spelt = [
        str(photos / "keep" / ".." / "old" / "0.jpg"),
        f"/{one['path']}",
        f"{one['path']}/",
        f"{photos}/./old/0.jpg",
    ]
    relative = os.path.relpath(one["path"])
    changes: dict[str, list[dict[str, Any]]] = {
        "ends changed": [{**one, "path": one["keep"], "keep": one["path"]}],
        "keeps itself": [{**one, "keep": one["path"]}],
        "both ends": [one, {**one, "path": one["keep"], "keep": other["keep"]}],
        "contents changed": [{**one, "content": other["content"]}, {**other, "content": one["content"]}],
        "keepers changed": [{**one, "keep": other["keep"]}, {**other, "keep": one["keep"]}],
        "twice": [one, one],
        "another key": [{**one, "path_b64": "!!"}],
        "other bytes": [{**one, "path_b64": "L2V0Yy9wYXNzd2Q="}],
        **{f"spelt {path}": [{**one, "path": path}] for path in (*spelt, relative)},
        **{f"keeper spelt {path}": [{**one, "keep": path.replace("old", "keep")}] for path in (*spelt, relative)},
        **{f"without {key}": [{name: value for name, value in one.items() if name != key}] for key in one},
    }
    for what, copies in changes.items():
        yield what, json.dumps({**plan, "copies": copies}).encode()
    for roots in ([], ["/"], [f"{photos}/"], [str(photos / "old")], [str(photos), str(photos / "old")], ["."]):
        yield f"roots {roots}", json.dumps({**plan, "roots": roots}).encode()


def damaged(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Bytes that are lost, doubled or turned, as a bad disk or a bad editor makes them."""
    chance = random.Random(5)
    for number in range(60):
        at = chance.randrange(len(text))
        yield f"cut {number}", text[:at]
        yield f"turned {number}", text[:at] + bytes([text[at] ^ 1 << chance.randrange(8)]) + text[at + 1 :]
        yield f"doubled {number}", text[:at] + text[at : at + 40] + text[at:]
    for encoding in ("utf-16", "utf-8-sig", "utf-32"):
        yield encoding, text.decode().encode(encoding)


class Attempts:
    """A plan of two pairs, and ``apply`` tried with changed ones."""

    def __init__(self, base: Path, monkeypatch: Patch, capture: Capture) -> None:
        self.scanned = Scanned(base)
        self.path = base / "plan.json"
        write_plan(self.scanned.scan(PAIRS), str(self.path))
        self.text = self.path.read_bytes()
        self._run = monkeypatch, capture
        self.tried = self.left = 0

    @property
    def plan(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found

    def check(self, what: str, text: bytes) -> None:
        """Nothing is lost by this plan, the photos that stay are there, and what is said is a sentence."""
        self.tried += 1
        self.path.write_bytes(text)
        before, held = tree_snapshot(self.scanned.photos), contents(self.scanned.photos)
        told = self._dedupe("apply", "--plan", str(self.path), "--move-to", str(self.scanned.away))
        assert told.code in (0, 1, 2, 3), (what, told)
        assert "Traceback" not in told.err and told.err.count("\n") <= 1, (what, told)
        assert contents(self.scanned.photos, self.scanned.away) == held, what
        assert len(os.listdir(self.scanned.photos / "keep")) == PAIRS, what
        if contents(self.scanned.away):
            self.left += 1
            assert self._dedupe("undo").code == 0, what
        assert tree_snapshot(self.scanned.photos) == before, what

    def _dedupe(self, *arguments: str) -> Ran:
        return run(*self._run, *arguments, "--yes", "--store", self.scanned.store)


@pytest.fixture
def attempts(tmp_path: Path, monkeypatch: Patch, capfdbinary: Capture) -> Attempts:
    return Attempts(tmp_path, monkeypatch, capfdbinary)


@pytest.mark.slow
def test_a_plan_with_one_value_changed_loses_nothing(attempts: Attempts) -> None:
    for what, text in replaced(attempts.plan):
        attempts.check(what, text)
    assert attempts.tried >= 250


def test_a_plan_whose_entries_were_rearranged_loses_nothing(attempts: Attempts) -> None:
    for what, text in rearranged(attempts.plan, attempts.scanned.photos):
        attempts.check(what, text)
    assert attempts.tried >= 33


@pytest.mark.slow
def test_a_plan_with_damaged_bytes_loses_nothing(attempts: Attempts) -> None:
    for what, text in damaged(attempts.text):
        attempts.check(what, text)
    assert attempts.tried >= 180 and attempts.left
