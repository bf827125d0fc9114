"""The review in a real pseudo-terminal: what a person sees, and that no way of leaving it loses a decision."""

from __future__ import annotations

import os
import signal
import termios
from pathlib import Path

import pytest

from dedupe.library.decisions import Decisions
from dedupe.library.pairs import DecisionKind
from dedupe.library.scans import EditState, GroupEdit
from dedupe.review.prompt import pressed
from dedupe.review.state import ReviewState
from tests.review import child, made
from tests.review.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal needs POSIX")


def groups() -> made.ScanResult:
    return made.result(
        made.group("g1", made.photo("1/a.jpg"), made.extra(made.photo("1/b.jpg"))),
        made.group(
            "g2", made.photo("2/a.jpg"), made.extra(made.photo("2/b.jpg")), made.extra(made.photo("apart/c.jpg"))
        ),
        made.group("g3", made.photo("3/a.jpg"), made.extra(made.photo("3/b.jpg"))),
    )


@pytest.fixture
def store(tmp_path: Path) -> str:
    path = str(tmp_path / "store.decisions.db")
    with Decisions(path) as memory:
        memory.save_scan(groups())
    return path


def start(store: str, columns: int = 80, rows: int = 24, **env: str) -> Terminal:
    return Terminal(["-m", "tests.review.child", store], columns=columns, rows=rows, env=env)


def edits(store: str) -> dict[str, GroupEdit]:
    with Decisions(store) as memory:
        return memory.edits()


def states(store: str) -> dict[str, EditState]:
    return {name: edit.state for name, edit in edits(store).items()}


def test_a_group_is_shown_with_its_position_and_accepting_it_counts_its_bytes(store: str) -> None:
    with start(store) as terminal:
        terminal.wait_for("1/3", "so far 0 B", "1 keep", "a.jpg", "✓ remove", "identical", "kept: more real detail")
        assert max(map(len, terminal.lines)) <= 80
        terminal.send("\r")
        terminal.wait_for("2/3", "so far 3.41 MB")
        terminal.send("s")
        terminal.wait_for("3/3")
        terminal.send("\r")
        terminal.wait_for("3 of 3 groups decided", "2 photos to remove, frees 6.82 MB", "skipped")
        terminal.send("\r")
        terminal.wait_for("ended: finished, freed 6824690")
        assert terminal.end() == 0
    assert states(store) == {"g1": EditState.ACCEPTED, "g2": EditState.SKIPPED, "g3": EditState.ACCEPTED}


def test_the_decision_is_stored_before_the_next_key(store: str) -> None:
    with start(store) as terminal:
        terminal.wait_for("1/3")
        terminal.send("n")
        terminal.wait_for("2/3")
        terminal.send("2\r")
        terminal.wait_for("3/3")
        terminal.process.kill()
    assert states(store) == {"g1": EditState.NOT_DUPLICATES, "g2": EditState.ACCEPTED}
    first, second = groups().groups[:2]
    with Decisions(store) as memory:
        assert memory.not_duplicates(first.keep, first.extras[0].photo)
        assert memory.chosen_keeper([second.keep, second.extras[0].photo]) == second.extras[0].photo
    assert edits(store)["g2"].keeper == f"{made.ROOT}/2/b.jpg"


def test_a_decision_that_is_changed_is_taken_back(store: str) -> None:
    with start(store) as terminal:
        terminal.wait_for("1/3")
        terminal.send("n")
        terminal.wait_for("2/3")
        terminal.send("b")
        terminal.wait_for("1/3", "not duplicates")
        terminal.send("\r")
        terminal.wait_for("2/3", "so far 3.41 MB")
        terminal.send("2\r")
        terminal.wait_for("3/3")
        terminal.send("b")
        terminal.wait_for("2/3")
        terminal.send("1\r")
        terminal.wait_for("3/3")
        terminal.send("\x03")
        terminal.wait_for("ended: interrupted")
    first, second = groups().groups[:2]
    with Decisions(store) as memory:
        assert not memory.not_duplicates(first.keep, first.extras[0].photo)
        assert not [made_ for made_ in memory.made() if made_.kind is DecisionKind.NOT_DUPLICATES]
        assert memory.chosen_keeper([second.keep, second.extras[0].photo]) is None
        assert memory.made() == []


@pytest.mark.parametrize(
    ("leave", "ended"),
    [("\x03", "interrupted"), ("\x04", "closed"), (signal.SIGTERM, "closed"), (signal.SIGINT, "interrupted")],
)
def test_leaving_in_the_middle_keeps_the_decisions_and_gives_the_terminal_back(
    store: str, leave: str | signal.Signals, ended: str
) -> None:
    with start(store) as terminal:
        terminal.wait_for("1/3")
        terminal.send("\r")
        terminal.wait_for("2/3")
        if isinstance(leave, str):
            terminal.send(leave)
        else:
            os.kill(terminal.process.pid, leave)
        terminal.wait_for(f"ended: {ended}")
        assert terminal.end() == 0
        assert termios.tcgetattr(terminal.master) == terminal.modes
        for on, off in (
            (b"\x1b[?1049h", b"\x1b[?1049l"),
            (b"\x1b[?25l", b"\x1b[?25h"),
            (b"\x1b[?2004h", b"\x1b[?2004l"),
        ):
            assert terminal.sent_by_program.rfind(off) > terminal.sent_by_program.rfind(on) >= 0
    assert states(store) == {"g1": EditState.ACCEPTED}


def test_closing_the_window_keeps_the_decisions(store: str) -> None:
    with start(store) as terminal:
        terminal.wait_for("1/3")
        terminal.send("a")
        terminal.wait_for("2/3")
        terminal.hang_up()
        terminal.end()
    assert states(store) == {"g1": EditState.KEEP_ALL}


def test_a_review_goes_on_where_it_was_left(store: str) -> None:
    with Decisions(store) as memory:
        memory.put_edit(GroupEdit("g1", state=EditState.ACCEPTED))
    with start(store) as terminal:
        terminal.wait_for("2/3", "so far 3.41 MB")


def test_a_resized_window_is_drawn_anew_and_decides_nothing(store: str) -> None:
    with start(store) as terminal:
        terminal.wait_for("1/3", "? help")
        terminal.resize(140, 40)
        terminal.wait_for(
            "─" * 140, "1/3", "q finish"
        )  # drawn to its end: what comes late would land on the smaller screen
        terminal.resize(60, 12)
        terminal.wait_for("1/3", "keep")
        terminal.send("\x03")
        terminal.wait_for("ended: interrupted")
    assert states(store) == {}


def test_two_photos_are_drawn_side_by_side_and_can_be_switched_off(store: str) -> None:
    with start(store, rows=40) as terminal:
        terminal.wait_for("1/3", "▀▀▀▀", "q finish")
        row = next(n for n, line in enumerate(terminal.lines) if line.startswith("▀"))
        assert terminal.lines[row].count("▀") > 60
        assert {"c", "1"} <= {colour[0] for colour in terminal.colours(row)}  # c81e1e and 1e1ec8, or nearly
        assert terminal.lines[row - 1].split() == ["1", "keep", "2", "remove"]
        terminal.send("p")
        terminal.wait_for("1/3", gone="▀")
        assert "a.jpg" in terminal.text
        terminal.send("p")
        terminal.wait_for("▀▀▀▀")


def test_a_terminal_that_knows_sixel_gets_real_pictures(store: str) -> None:
    sixel = "\x1b[?62;4;22c"
    with Terminal(["-m", "tests.review.child", store], columns=80, rows=40, device=sixel) as terminal:
        terminal.wait_for("1 keep", "2 remove", "q finish")
        assert terminal.sent_by_program.count(b"\x1bP") == 2
        assert b"Failed" not in terminal.sent_by_program
        assert b"\xe2\x96\x80" not in terminal.sent_by_program


def test_where_there_is_no_colour_there_are_no_pictures_and_all_the_words(store: str) -> None:
    with start(store, rows=40, NO_COLOR="1") as terminal:
        terminal.wait_for("1/3", "1  keep", "> 2  ✓ remove", "q finish")
        assert "▀" not in terminal.text


def test_a_pasted_text_decides_nothing(store: str) -> None:
    with start(store) as terminal:
        terminal.wait_for("1/3")
        terminal.send("\x1b[200~Any answer\rA\ry\x1b[201~")
        terminal.send("?")
        terminal.wait_for("Press any key to go back")
        terminal.send("\x03")
        terminal.wait_for("ended: interrupted")
    assert states(store) == {}


def test_a_late_answer_of_the_terminal_decides_nothing(store: str) -> None:
    with start(store) as terminal:
        terminal.wait_for("1/3")
        terminal.send("\x1b[?62;1;2;6;9c\x1b_Gi=1;OK\x1b\\")
        terminal.send("?")
        terminal.wait_for("Press any key to go back")
        terminal.send("\x03")
        terminal.wait_for("ended: interrupted")
    assert states(store) == {}


def test_accepting_the_rest_asks_first(store: str) -> None:
    with start(store) as terminal:
        terminal.wait_for("1/3")
        terminal.send("A")
        terminal.wait_for("Accept 3 groups without a look? Removes 4 photos (13.6 MB)", "y/n")
        terminal.send("y")
        terminal.wait_for("3 of 3 groups decided", "4 photos to remove, frees 13.6 MB")


def test_opening_photos_without_a_desktop_says_so(store: str) -> None:
    with start(store, DISPLAY="", WAYLAND_DISPLAY="") as terminal:
        terminal.wait_for("1/3")
        terminal.send("o")
        terminal.wait_for("There is no desktop here to open a viewer on.")


def test_the_viewer_gets_the_two_compared_photos(store: str, tmp_path: Path) -> None:
    program = tmp_path / "xdg-open"
    program.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/opened\n')
    program.chmod(0o755)
    with start(store, DISPLAY=":0", PATH=f"{tmp_path}:{os.environ['PATH']}") as terminal:
        terminal.wait_for("1/3")
        terminal.send("o")
        terminal.wait_for("Opened in the viewer.")
        terminal.send("\x03")
        terminal.wait_for("ended: interrupted")
    assert sorted((tmp_path / "opened").read_text().split()) == [f"{made.ROOT}/1/a.jpg", f"{made.ROOT}/1/b.jpg"]


def test_a_group_larger_than_the_screen_scrolls_with_the_mark(tmp_path: Path) -> None:
    store = str(tmp_path / "big.db")
    extras = [made.extra(made.photo(f"copies/{n:02d}.jpg")) for n in range(40)]
    with Decisions(store) as memory:
        memory.save_scan(made.result(made.group("big", made.photo("a.jpg"), *extras)))
    with start(store) as terminal:
        terminal.wait_for("1/1", "41 photos, 40 to remove", "below", "> 2")
        terminal.send("\x1b[A\x1b[A")
        terminal.wait_for(">41", "39.jpg", "above")
        assert "? help" in terminal.text


def test_accepting_many_groups_at_once_stores_every_one(tmp_path: Path) -> None:
    result = made.many(300)
    with Decisions(str(tmp_path / "d.db")) as memory:
        memory.save_scan(result)
        state = ReviewState.begin(result.groups, lambda keep, photo: None).press("A")
        pressed(state, "y", memory)
        assert {edit.state for edit in memory.edits().values()} == {EditState.ACCEPTED}
        assert len(memory.edits()) == 300


@pytest.mark.parametrize("back", [["b", "s"], ["b", "n"], ["b", "a"], ["b", "1", "enter"], ["b", " "], ["b", "1"]])
def test_a_keeper_that_was_taken_back_leaves_no_decision(store: str, back: list[str]) -> None:
    first = groups().groups[0]
    with Decisions(store) as memory:
        memory.choose_keeper(first.keep, [made.photo("elsewhere.jpg")])
        state = ReviewState.begin(groups().groups, child.verify)
        for key in ["2", "enter"]:
            state = pressed(state, key, memory)
        assert memory.chosen_keeper([first.keep, first.extras[0].photo]) == first.extras[0].photo
        for key in back:
            state = pressed(state, key, memory)
        keepers = [one for one in memory.made() if one.kind is DecisionKind.KEEPER]
        assert [one.b.path for one in keepers] == [f"{made.ROOT}/elsewhere.jpg"]


def test_taking_a_keeper_back_leaves_what_was_decided_before_this_scan(store: str) -> None:
    first = groups().groups[0]
    other = first.extras[0].photo
    with Decisions(store) as memory:
        memory.choose_keeper(other, [first.keep])
        [before] = memory.made()
        state = ReviewState.begin(groups().groups, child.verify)
        for key in ["2", "enter", "b", "enter", "b", "s"]:
            state = pressed(state, key, memory)
        assert memory.made() == [before]
