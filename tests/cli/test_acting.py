"""Acting from the command line: whatever is not a clear yes is a no, and only what was agreed to happens."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.library.decisions import Decisions
from dedupe.library.scans import EditState, GroupEdit
from tests.cli.made import Scanned
from tests.queries.made import run
from tests.safety.test_two_at_once import another_holder
from tests.support import fake_scan, tree_snapshot

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals and sh are POSIX")


@pytest.fixture
def scanned(tmp_path: Path) -> Scanned:
    return Scanned(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["apply", "--trash"],
        ["apply", "--move-to", "away"],
        ["review"],
        ["scan", "PHOTOS", "--jobs", "1", "--trash"],
        ["undo"],
    ],
    ids=" ".join,
)
def test_a_closed_stdin_is_a_no_and_a_sentence(scanned: Scanned, arguments: list[str]) -> None:
    scanned.scan(1)
    if arguments == ["undo"]:
        assert scanned.ran("apply", "--move-to", str(scanned.away), "--yes").returncode == 0
    before = scanned.snapshot()
    told = scanned.closed(*(str(scanned.photos) if word == "PHOTOS" else word for word in arguments))
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.count("\n") == 1
    assert "terminal" in told.stderr
    assert scanned.snapshot() == before


def test_a_closed_stdin_stops_nothing_that_asks_nothing(scanned: Scanned) -> None:
    scanned.scan(1)
    assert scanned.closed("review", "--decisions").stdout == "You have not decided anything yet.\n"
    scanned.photos.joinpath("empty").mkdir()
    assert scanned.closed("scan", str(scanned.photos / "empty"), "--jobs", "1").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", "", "--trash", "--yes"],
        ["scan", "keep", "", "--trash", "--yes"],
        ["scan", "keep", "--reference", ""],
        ["scan", "keep", "--protect", ""],
        ["scan", "keep", "--move-to", "", "--yes"],
        ["apply", "--move-to", "", "--yes"],
        ["search", "", "keep"],
        ["search", "keep/0.jpg", ""],
        ["compare", "", "keep/0.jpg"],
        ["check", "", "--against", "keep"],
        ["check", "old", "--against", ""],
    ],
    ids=lambda arguments: " ".join(word or "''" for word in arguments),
)
def test_an_empty_path_is_never_the_current_folder(
    scanned: Scanned,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    home: Path,
    arguments: list[str],
) -> None:
    """An unset variable of a shell, ``"$PHOTOS"``, arrives as an empty word."""
    scanned.scan(1)
    monkeypatch.chdir(scanned.photos)
    before = tree_snapshot(scanned.base, home)
    told = run(monkeypatch, capfdbinary, *arguments, "--store", scanned.store)
    assert (told.code, told.out, told.err.count("\n")) == (2, b"", 1)
    assert "unset" in told.err
    assert tree_snapshot(scanned.base, home) == before


def test_after_a_review_only_what_was_accepted_goes_and_the_rest_is_named(scanned: Scanned) -> None:
    scanned.scan(3)
    scanned.review(GroupEdit("g0", state=EditState.SKIPPED), GroupEdit("g1", state=EditState.ACCEPTED))
    told = scanned.ran("apply", "--move-to", str(scanned.away), "--yes")
    assert "Skipped 1 undecided group;" in told.stdout
    assert (told.returncode, scanned.gone()) == (0, ["1.jpg"])


def test_accepted_photos_that_lost_their_proof_are_named_and_stay(scanned: Scanned) -> None:
    result = scanned.scan(2)
    group = result.groups[0]
    # The other keeper's proof was in the cache, which is empty; pictures known to be equal would need none.
    extra = replace(group.extras[0].photo, pixel_key=b"another picture")
    group = replace(group, extras=(replace(group.extras[0], photo=extra),))
    scanned.save(replace(result, groups=(group, *result.groups[1:])))
    scanned.review(
        GroupEdit(group.id, keeper=extra.path, selected=(group.keep.path,), state=EditState.ACCEPTED),
        GroupEdit("g1", state=EditState.ACCEPTED),
    )
    told = scanned.ran("apply", "--move-to", str(scanned.away), "--yes")
    assert "1 accepted photo can't be verified any more: skipped. Scan again." in told.stdout
    assert (told.returncode, scanned.gone()) == (1, ["1.jpg"])


def test_undo_puts_back_the_run_it_asked_about(scanned: Scanned) -> None:
    scanned.scan(2)
    other = Scanned(scanned.base / "other")
    other.base.mkdir()
    other.scan(1)
    for one in (scanned, other):
        assert scanned.ran("apply", "--move-to", str(one.away), "--yes").returncode == 0
        scanned.save(fake_scan(other.photos))
    other.photos.rename(other.base / "unplugged")
    # Run 2 cannot be put back now, run 1 can.
    with scanned.terminal("undo") as terminal:
        terminal.wait_for("Run 1: 2 photos, 12 B, come back", "Put them back?")
        terminal.send("y\r")
        terminal.wait_for("2 photos put back (run 1).")
        assert terminal.end() == 0
    assert scanned.gone() == []
    for named in ([], ["2"]):
        refused = scanned.ran("undo", *named, "--yes")
        assert (refused.returncode, "is its disk connected?" in refused.stderr) == (3, True)
    refused = scanned.ran("undo", "3")
    assert (refused.returncode, "Run 3 was itself an undo" in refused.stderr) == (3, True)


def test_undo_asks_about_what_is_still_away(scanned: Scanned) -> None:
    scanned.scan(2)
    assert scanned.ran("apply", "--move-to", str(scanned.away), "--yes").returncode == 0
    moved = scanned.away / "old" / "1.jpg"
    moved.write_bytes(changed := moved.read_bytes() + b"changed")
    assert scanned.ran("undo", "--yes").returncode == 1
    with scanned.terminal("undo") as terminal:
        terminal.wait_for("Run 1: 1 photo, 6 B, comes back", "Put them back? [y/N]")
        terminal.send("\x04")
        terminal.wait_for("Nothing was changed.")
    assert moved.read_bytes() == changed


@pytest.mark.parametrize("command", ["apply", "scan"])
def test_a_dry_run_recovers_nothing_and_says_that_something_is_open(scanned: Scanned, command: str) -> None:
    scanned.scan(1)
    to = ("--move-to", str(scanned.away))
    assert scanned.ran("apply", *to, "--yes").returncode == 0
    scanned.interrupt()
    before = scanned.snapshot()
    paths = () if command == "apply" else (str(scanned.photos), "--jobs", "1")
    told = scanned.ran(command, *paths, *to, "--dry-run")
    assert "1 move interrupted earlier: `dedupe recover` finishes it.\n" in told.stderr
    assert scanned.snapshot() == before
    assert actions.unreconciled(scanned.paths).open == 1
    told = scanned.ran("recover")
    assert (told.returncode, "it is complete now" in told.stdout) == (0, True)
    assert actions.unreconciled(scanned.paths).open == 0


def test_recover_says_by_its_exit_code_what_is_left(
    scanned: Scanned, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    scanned.scan(1)
    recover = ("recover", "--store", scanned.store)
    assert run(monkeypatch, capfdbinary, *recover).code == 0
    assert scanned.ran("apply", "--move-to", str(scanned.away), "--yes").returncode == 0
    assert run(monkeypatch, capfdbinary, *recover).code == 0
    scanned.interrupt()
    with monkeypatch.context() as failing:

        def reconcile(*arguments: object, **named: object) -> None:
            raise OSError(errno.EROFS, "Read-only file system")

        failing.setattr("dedupe.actions.execution.reconcile.Reconciler.reconcile", reconcile)
        told = run(failing, capfdbinary, *recover)
        assert (told.code, b"can't be finished yet" in told.out) == (4, True)
    (scanned.away / "old" / "0.jpg").write_bytes(b"overwritten by somebody")
    told = run(monkeypatch, capfdbinary, *recover)
    assert (told.code, b"needs your attention" in told.out) == (1, True)


def test_the_max_drop_of_the_scan_holds_for_apply_and_before_the_question(scanned: Scanned) -> None:
    scanned.scan(3, max_drop="2")
    before = scanned.snapshot()
    move = ("apply", "--move-to", str(scanned.away))
    told = scanned.ran(*move, "--yes")
    assert (told.returncode, "--max-drop" in told.stderr) == (3, True)
    with scanned.terminal(*move) as terminal:
        terminal.wait_for("--max-drop")
        assert terminal.end() == 3
        assert "Proceed?" not in terminal.text
    assert scanned.snapshot() == before
    assert scanned.ran(*move, "--yes", "--max-drop", "3").returncode == 0
    assert len(scanned.gone()) == 3


def test_apply_says_which_scan_it_acts_on(scanned: Scanned) -> None:
    scanned.scan(1)
    with Decisions(scanned.paths.decisions) as memory:
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(memory.scan_made_at()))
    told = scanned.ran("apply", "--move-to", str(scanned.away), "--dry-run")
    assert told.stdout.startswith(f"The scan of {scanned.photos}, made {made}.\n")


@pytest.mark.parametrize("rules", ["", " , "])
def test_an_empty_keeper_rule_is_a_sentence_and_no_scan(scanned: Scanned, rules: str) -> None:
    scanned.scan(1)
    before = scanned.snapshot()
    told = scanned.ran("scan", str(scanned.photos), "--keep", rules, "--trash", "--yes")
    assert (told.returncode, told.stdout) == (2, "")
    assert "--keep needs at least one rule" in told.stderr
    assert scanned.snapshot() == before


def test_all_that_a_scan_selected_is_refused_by_a_share_of_the_photos(scanned: Scanned) -> None:
    scanned.scan(4)
    before = scanned.snapshot()
    told = scanned.ran("apply", "--move-to", str(scanned.away), "--yes", "--max-drop", "49%")
    assert (told.returncode, told.stderr.count("4 photos of 8 would be removed")) == (3, 1)
    assert scanned.snapshot() == before
    told = scanned.ran("apply", "--move-to", str(scanned.away), "--yes", "--max-drop", "50%")
    assert (told.returncode, len(scanned.gone())) == (0, 4)


def test_two_stores_share_one_lock(scanned: Scanned) -> None:
    scanned.scan(1)
    other = Scanned(scanned.base / "other")
    other.base.mkdir()
    other.scan(1)
    before = scanned.snapshot()
    with another_holder(other.paths.lock) as holder:
        told = scanned.ran("apply", "--trash", "--yes")
        assert (told.returncode, f"process {holder.pid}" in told.stderr) == (3, True)
        assert scanned.snapshot() == before
    assert scanned.ran("apply", "--trash", "--yes").returncode == 0
    assert scanned.gone() == ["0.jpg"]
