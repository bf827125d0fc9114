"""From a real scan through the review to the act, in a real terminal; and what the review proves from the scan's store."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import pytest
import skimage.data
from PIL import Image

from dedupe.errors import UsageError
from dedupe.grouping.losses import PIXEL_LOSSES
from dedupe.library.decisions import Decisions
from dedupe.library.scans import EditState, GroupEdit
from dedupe.pipeline import scan
from dedupe.review.decisions import picked, show_and_clear
from dedupe.review.saved_scan import as_reviewed, last_scan, verifier
from dedupe.settings import Settings
from dedupe.types import Photo, Relation
from tests.review import made
from tests.review.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal needs POSIX")

REVIEW = """
import sys
from dedupe.cli.review import run_review
from dedupe.review.run import Wishes
from dedupe.settings import Settings
if __name__ == "__main__":
    print("\\nexit", run_review(Settings(store=sys.argv[1]), Wishes(), offered=len(sys.argv) > 2))
"""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos, copies of them in ``phone``, and the store of their scan; not to be changed."""
    folder = tmp_path_factory.mktemp("scanned")
    photos, phone = folder / "photos", folder / "photos" / "phone"
    phone.mkdir(parents=True)
    for name in ("astronaut", "coffee"):
        original = photos / f"{name}.jpg"
        Image.fromarray(getattr(skimage.data, name)()).save(original, quality=95)
        shutil.copy(original, phone / f"{name} (1).jpg")
        Image.open(original).save(phone / f"{name}_small.jpg", quality=70)
    Image.fromarray(skimage.data.chelsea()).save(photos / "cat.jpg")
    scan([str(photos)], Settings(store=str(folder / "cache.db"), jobs=1))
    return folder


@pytest.fixture
def tree(scanned: Path, tmp_path: Path) -> Path:
    """The same, at a place of its own that may be changed."""
    for path in scanned.iterdir():
        if path.is_file():
            shutil.copy2(path, tmp_path / path.name)
    return tmp_path


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def store(folder: Path) -> str:
    return str(folder / "cache.db")


def open_review(folder: Path, *more: str) -> Terminal:
    return Terminal(["-c", REVIEW, store(folder), *more], columns=100, rows=40)


def test_what_was_accepted_is_moved_after_a_second_yes_and_nothing_else(scanned: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(scanned, work)
    photos = work / "photos"
    scan([str(photos)], Settings(store=store(work), jobs=1))
    before = names(photos)
    with open_review(work) as terminal:
        terminal.wait_for("1/2", "✓ remove")
        terminal.send("\r")
        terminal.wait_for("2/2")
        terminal.send("s")
        terminal.wait_for("2 of 2 groups decided", "2 photos to remove")
        terminal.send("\r")
        terminal.wait_for("t: to the trash, f: into a folder, Enter: not now.")
        terminal.send("f\r")
        terminal.wait_for("Which folder?")
        terminal.send(f"{work}/away\r")
        terminal.wait_for("Proceed? [y/N]")
        assert names(photos) == before
        terminal.send("y\r")
        terminal.wait_for("exit 0")
    gone = before - names(photos)
    assert len(gone) == 2
    assert all(name.startswith("phone/") for name in gone)
    assert len({name for name in names(work / "away") if name.endswith(".jpg")}) == 2


@pytest.mark.parametrize("no", ["\r", "yo\r", "\x04", "\x03"])
def test_anything_but_a_yes_touches_nothing(tree: Path, scanned: Path, no: str) -> None:
    before = names(scanned / "photos")
    with Decisions(str(tree / "cache.decisions.db")) as memory:
        for group in memory.last_scan().groups:
            memory.put_edit(GroupEdit(group.id, state=EditState.ACCEPTED))
    with open_review(tree) as terminal:
        terminal.wait_for("2 of 2 groups decided")
        terminal.send("\r")
        terminal.wait_for("Enter: not now.")
        terminal.send("t\r")
        terminal.wait_for("Proceed? [y/N]")
        terminal.send(no)
        terminal.wait_for("Nothing was changed.", "exit 0")
    assert names(scanned / "photos") == before


@pytest.mark.parametrize("answer", ["x\r", "f\r\r", "\x04"])
def test_without_a_place_to_go_nothing_is_done(tree: Path, scanned: Path, answer: str) -> None:
    before = names(scanned / "photos")
    with Decisions(str(tree / "cache.decisions.db")) as memory:
        for group in memory.last_scan().groups:
            memory.put_edit(GroupEdit(group.id, state=EditState.ACCEPTED))
    with open_review(tree) as terminal:
        terminal.wait_for("2 of 2 groups decided")
        terminal.send("\r")
        terminal.wait_for("Enter: not now.")
        for part in answer.split("\r")[: answer.count("\r")] or [answer]:
            terminal.send(f"{part}\r" if "\r" in answer else part)
            if part == "f":
                terminal.wait_for("Which folder?")
        terminal.wait_for("Nothing was removed.", "exit 0")
    assert names(scanned / "photos") == before


def test_keys_typed_into_the_review_do_not_answer_the_questions_after_it(tree: Path) -> None:
    with open_review(tree) as terminal:
        terminal.wait_for("1/2")
        terminal.send("\r\rq\rt\ry\ry\r")
        terminal.wait_for("Enter: not now.")
        assert "Proceed?" not in terminal.text
        terminal.send("\x04")
        terminal.wait_for("Nothing was removed.")


def test_an_offered_review_can_be_declined(tree: Path) -> None:
    with open_review(tree, "offered") as terminal:
        terminal.wait_for("Review the 2 groups now? [Y/n]")
        terminal.send("n\r")
        terminal.wait_for("exit 0")


def test_ctrl_c_in_the_review_says_that_the_decisions_are_kept(tree: Path) -> None:
    with open_review(tree) as terminal:
        terminal.wait_for("1/2")
        terminal.send("\x03")
        terminal.wait_for("Your decisions are saved; nothing was removed.", "exit 130")


def test_nothing_scanned_yet_is_one_sentence_and_begins_no_store(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no scan yet"), last_scan(Settings(store=str(tmp_path / "c.db"))):
        pass
    show_and_clear(str(tmp_path / "c.decisions.db"))
    assert list(tmp_path.iterdir()) == []


def test_another_keeper_is_proven_from_what_the_scan_found_out(tree: Path) -> None:
    with last_scan(Settings(store=store(tree))) as (session, result):
        verify = verifier(session, result)
        photos = {os.path.basename(p.path): p for g in result.groups for p in (g.keep, *(x.photo for x in g.extras))}
        small, big, copy = (photos[f"coffee{end}.jpg"] for end in ("_small", "", " (1)"))
        found = verify(small, big)
        assert found is not None
        assert (found.photo, found.relation, found.selected) == (big, Relation.RESAVED, False)
        assert PIXEL_LOSSES & set(found.loses)
        assert 0 < found.distance < 0.5
        same = verify(copy, big)
        assert same is not None
        assert (same.relation, same.distance, same.selected) == (Relation.IDENTICAL, 0.0, True)
        assert verify(big, photos["astronaut.jpg"]) is None
        # A pair that was not compared (a photo that the scan never saw) is not proven.
        assert verify(big, made.photo("stranger.jpg")) is None


def test_another_keeper_can_be_chosen_for_photos_that_were_called_no_duplicates(tree: Path) -> None:
    with last_scan(Settings(store=store(tree))) as (session, result):
        keep, extra = result.groups[0].keep, result.groups[0].extras[0].photo
        session.decisions.mark_not_duplicates(keep, extra)
        assert verifier(session, result)(extra, keep) is not None


def test_apply_gets_the_scan_as_the_review_left_it(tree: Path) -> None:
    with last_scan(Settings(store=store(tree))) as (session, result):
        first, second = result.groups
        session.decisions.put_edit(GroupEdit(first.id, state=EditState.NOT_DUPLICATES))
        keeper = second.extras[0].photo
        session.decisions.put_edit(GroupEdit(second.id, keeper=keeper.path, state=EditState.ACCEPTED))
        plan = as_reviewed(session, result).plan
        assert [group.id for group in plan.groups] == [second.id]
        assert plan.groups[0].keep == keeper
        assert plan.groups[0].reason == "your choice"


def _decided(path: Path) -> tuple[str, list[Photo]]:
    photos = [made.photo(f"{name}.jpg") for name in "abcd"]
    store = str(path / "d.db")
    with Decisions(store) as memory:
        memory.mark_not_duplicates(photos[0], photos[1])
        memory.choose_keeper(photos[2], [photos[3]])
    return store, photos


def test_decisions_are_listed_and_without_a_terminal_only_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = _decided(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO("all\ny\n"))
    show_and_clear(store)
    out = capsys.readouterr().out
    assert f"not duplicates\n{'':14}{made.ROOT}/a.jpg\n{'':14}{made.ROOT}/b.jpg\n" in out
    assert f"chosen to keep\n      keep    {made.ROOT}/c.jpg\n      copy    {made.ROOT}/d.jpg\n" in out
    with Decisions(store) as memory:
        assert len(memory.made()) == 2


@pytest.mark.parametrize(
    ("said", "yes", "left"),
    [("all", "y", 0), ("1", "yes", 1), ("all", "", 2), ("3", None, 2)],
)
def test_decisions_are_taken_back_after_a_yes(tmp_path: Path, said: str, yes: str | None, left: int) -> None:
    store, _ = _decided(tmp_path)
    code = "import sys; from dedupe.review.decisions import show_and_clear; show_and_clear(sys.argv[1])"
    with Terminal(["-c", code, store]) as terminal:
        terminal.wait_for("Take back which?")
        terminal.send(f"{said}\r")
        if yes is not None:
            terminal.wait_for("[y/N]")
            terminal.send(f"{yes}\r")
        terminal.end()
    with Decisions(store) as memory:
        assert len(memory.made()) == left


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("2 5-7", [2, 5, 6, 7]),
        ("3,1", [1, 3]),
        ("all", list(range(1, 10))),
        ("0", []),
        ("8-20", []),
        ("5-2", []),
        ("1 x", []),
    ],
)
def test_an_answer_that_names_anything_wrong_names_nothing(tmp_path: Path, said: str, numbers: list[int]) -> None:
    with Decisions(str(tmp_path / "d.db")) as memory:
        memory.choose_keeper(made.photo("k.jpg"), [made.photo(f"{n}.jpg") for n in range(9)])
        assert [memory.made().index(one) + 1 for one in picked(said, memory.made())] == numbers
