"""`--link` on the command line: asked about, done, told, refused with a reason, undone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.made import Scanned
from tests.queries.made import run
from tests.support import fake_scan, make

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[bytes]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="two names cannot be exchanged in one step there")


@pytest.fixture
def scanned(tmp_path: Path) -> Scanned:
    """Two identical pairs, and one of other bytes."""
    one = Scanned(tmp_path)
    make(one.photos, {f"{at}/{n}.jpg": f"p{n}\nsame" for n in range(2) for at in ("keep", "old")})
    make(one.photos, {"keep/2.jpg": "p2\na", "old/2.jpg": "p2\nb"})
    one.save(fake_scan(one.photos))
    return one


def linked(scanned: Scanned) -> list[str]:
    kept = sorted((scanned.photos / "keep").iterdir())
    return [path.name for path in kept if path.stat().st_ino == scanned.old(path.name).stat().st_ino]


def test_identical_copies_become_links_and_undo_takes_them_apart(
    scanned: Scanned, monkeypatch: Patch, capfdbinary: Capture
) -> None:
    told = run(monkeypatch, capfdbinary, "apply", "--link", "hard", "--yes", "--store", scanned.store)
    assert told.code == 1  # one was refused
    lines = told.out.decode().splitlines()
    assert "2 photos replaced with hard links to the photo that stays, 14 B." in lines
    assert "1 skipped: isn't byte-identical to the photo that stays, so it can't be a link to it." in lines
    assert lines[-1] == "`dedupe undo 1` puts them back."
    assert linked(scanned) == ["0.jpg", "1.jpg"]
    assert run(monkeypatch, capfdbinary, "undo", "--yes", "--store", scanned.store).code == 0
    assert linked(scanned) == []
    assert len(list(scanned.photos.rglob("*.jpg"))) == 6


def test_a_dry_run_links_nothing(scanned: Scanned, monkeypatch: Patch, capfdbinary: Capture) -> None:
    before = scanned.snapshot()
    told = run(monkeypatch, capfdbinary, "apply", "--link", "hard", "--dry-run", "--json", "--store", scanned.store)
    entry = json.loads(told.out)
    assert (entry["kind"], entry["dry_run"], entry["photos"]) == ("hard link", True, 2)
    assert scanned.snapshot() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--link soft --yes", "--link is hard or ref, not “soft”."),
        ("--link hard --trash --yes", "--trash, --move-to and --link can't be used together."),
        ("--link hard --prune-empty --yes", "--link leaves no folder empty"),
        ("--link hard", "There is no terminal to ask on"),
    ],
)
def test_a_wish_that_cannot_be_is_one_sentence(
    scanned: Scanned, monkeypatch: Patch, capfdbinary: Capture, words: str, said: str
) -> None:
    before = scanned.snapshot()
    told = run(monkeypatch, capfdbinary, "apply", *words.split(), "--store", scanned.store)
    assert (told.code, told.out, told.err.count("\n")) == (2, b"", 1)
    assert said in told.err
    assert scanned.snapshot() == before
