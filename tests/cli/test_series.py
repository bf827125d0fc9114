"""`dedupe series` on real bursts: it shows and suggests, a person chooses, the others leave and come back."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.album import wait_until_settled
from tests.cli.made import Scanned
from tests.series.made import bracket, burst, panorama
from tests.support import tree_snapshot

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals and sh are POSIX")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scanned once: a burst of three, a bracket, a panorama; never to be changed."""
    made = Scanned(tmp_path_factory.mktemp("scene"))
    burst(made.photos / "party")
    bracket(made.photos / "night")
    panorama(made.photos / "coast")
    wait_until_settled(made.photos)
    told = made.ran("scan", str(made.photos), "--jobs", "1")
    assert "4 series" not in told.stdout and "3 series" in told.stdout, told.stdout + told.stderr
    return made.base


@pytest.fixture
def scanned(scene: Path) -> Scanned:
    """The scene as it was scanned. What a test moves, it puts back."""
    made = Scanned(scene)
    before = tree_snapshot(made.photos)
    stores = {path: path.read_bytes() for path in scene.glob("cache*")}
    yield made
    assert tree_snapshot(made.photos) == before
    for path in scene.glob("cache*"):
        path.unlink()
    for path, data in stores.items():
        path.write_bytes(data)
    shutil.rmtree(made.away, ignore_errors=True)


def sets(scanned: Scanned, *words: str) -> dict[str, dict[str, object]]:
    told = scanned.ran("series", "--json", *words)
    assert told.returncode == 0, told.stderr
    return {Path(one["shots"][0]["path"]).parent.name: one for one in json.loads(told.stdout)["sets"]}


def test_it_says_which_shot_is_sharpest_and_leaves_brackets_and_panoramas_whole(scanned: Scanned) -> None:
    found = sets(scanned)
    assert {name: one["kind"] for name, one in found.items()} == {
        "party": "burst",
        "night": "bracket",
        "coast": "panorama",
    }
    party = found["party"]
    assert Path(str(party["suggested"])).name == "IMG_0001.jpg"
    assert party["why"] == "sharpest" and "the sharpest" in str(party["reason"])
    assert found["night"]["suggested"] is None and found["coast"]["suggested"] is None
    assert {shot["fate"] for one in found.values() for shot in one["shots"]} == {"open"}  # type: ignore[attr-defined]


def test_without_a_terminal_it_shows_the_sets_and_chooses_nothing(scanned: Scanned) -> None:
    told = scanned.ran("series", str(scanned.photos))
    assert told.returncode == 0
    assert "Suggested: 2, IMG_0001.jpg (the sharpest)." in told.stdout
    assert "2 brackets or panoramas left whole" in told.stdout and "AEB" not in told.stdout
    assert "AEB_0.jpg" in scanned.ran("series", "--all").stdout
    done = scanned.ran("series", "--move-to", str(scanned.away), "--yes")
    assert (done.returncode, scanned.away.exists()) == (0, False)


def test_a_limit_shows_no_more_sets(scanned: Scanned) -> None:
    assert len(sets(scanned, "--limit", "2")) == 2
    told = scanned.ran("series", "--limit", "0")
    assert (told.returncode, told.stdout) == (2, "")


def test_what_a_person_lets_go_leaves_and_comes_back(scanned: Scanned) -> None:
    before = tree_snapshot(scanned.photos)
    with scanned.terminal("series") as terminal:
        terminal.wait_for("Which stay?", "IMG_0001.jpg")
        terminal.send("7\n")
        terminal.wait_for("Name shots by their numbers")
        terminal.send("2\n")
        terminal.wait_for("Shots 1 and 3 would go.", "Remove 2 shots")
        terminal.send("f\n")
        terminal.wait_for("Which folder?")
        terminal.send(f"{scanned.away}\n")
        terminal.wait_for("are other shots, not copies", "Proceed?")
        assert tree_snapshot(scanned.photos) == before
        terminal.send("y\n")
        assert terminal.end() == 0
    assert [path.name for path in (scanned.photos / "party").iterdir()] == ["IMG_0001.jpg"]
    assert {shot["fate"] for shot in sets(scanned)["party"]["shots"]} == {"gone", "stays"}  # type: ignore[attr-defined]
    assert scanned.ran("undo", "--yes").returncode == 0


def test_what_was_chosen_can_be_acted_on_later_after_a_look_at_what_would_happen(scanned: Scanned) -> None:
    before = tree_snapshot(scanned.photos)
    with scanned.terminal("series", str(scanned.photos)) as terminal:
        terminal.wait_for("Which stay?")
        terminal.send("s\n")
        terminal.wait_for("Remove 2 shots")
        terminal.send("\n")
        terminal.wait_for("Your choice is saved; nothing was removed.")
        assert terminal.end() == 0
    rehearsed = scanned.ran("series", "--move-to", str(scanned.away), "--dry-run")
    assert rehearsed.stdout.count("another shot, chosen by hand") == 2
    assert tree_snapshot(scanned.photos) == before
    assert scanned.ran("apply", "--move-to", str(scanned.away), "--yes").returncode == 0
    assert tree_snapshot(scanned.photos) == before
    done = scanned.ran("series", "--move-to", str(scanned.away), "--yes", "--json")
    account = json.loads(done.stdout)
    assert (done.returncode, account["photos"]) == (0, 2)
    assert all(one["by_hand"] and one["relation"] == "similar" for one in account["outcomes"])
    assert json.loads(scanned.ran("series", "--move-to", str(scanned.away), "--yes", "--json").stdout)["photos"] == 0
    assert scanned.ran("undo", "--yes").returncode == 0


def test_a_closed_stdin_is_a_no(scanned: Scanned) -> None:
    told = scanned.closed("series", "--trash")
    assert (told.returncode, told.stdout) == (2, "") and "terminal" in told.stderr


def test_without_a_scan_it_says_so_and_a_missing_folder_is_named(tmp_path: Path) -> None:
    empty = Scanned(tmp_path)
    told = empty.ran("series")
    assert told.returncode == 2 and "There is no scan yet" in told.stderr
    told = empty.ran("series", str(tmp_path / "none"))
    assert told.returncode == 2 and "none" in told.stderr


def test_folders_without_a_scan_are_scanned_first(tmp_path: Path) -> None:
    fresh = Scanned(tmp_path)
    burst(fresh.photos / "party")
    wait_until_settled(fresh.photos)
    told = fresh.ran("series", str(fresh.photos), "--json")
    [one] = json.loads(told.stdout)["sets"]
    assert (told.returncode, Path(one["suggested"]).name, len(one["shots"])) == (0, "IMG_0001.jpg", 3)
