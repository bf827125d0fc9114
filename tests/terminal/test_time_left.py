"""How long a scan still takes: right within a factor of two, on whole scans as they were recorded."""

from __future__ import annotations

import json
from pathlib import Path

from dedupe.terminal.time_left import Pace, TimeLeft

STEPS = ("walk", "read", "embed", "neighbours", "refuse", "compare", "complete", "group")


def test_photos_that_were_known_before_do_not_count_as_fast_ones() -> None:
    pace = Pace(began=0.0, total=100_000)
    pace.advance(90_000, 0.2)  # an earlier scan was stopped there
    for second in range(1, 21):
        pace.advance(10, float(second))
    assert pace.rate(20.0) == 10
    assert pace.left(20.0) == (10_000 - 200) / 10


def test_a_step_that_becomes_slower_is_judged_by_its_last_half() -> None:
    pace = Pace(began=0.0, total=1_200)
    for second in range(1, 11):
        pace.advance(100, float(second))  # small photos
    for second in range(11, 31):
        pace.advance(5, float(second))  # large ones
    assert pace.left(30.0) == 100 / 5


def test_what_was_foreseen_of_later_steps_is_a_part_of_the_time_left() -> None:
    left = TimeLeft(STEPS)
    left.begin("walk", None, 0.0)
    left.end("walk", 0.1)
    read = left.begin("read", 400, 0.1)
    assert left.left(0.5) is None  # nothing is known yet
    read.advance(100, 10.1)
    left.foresee("neighbours", 1.0)
    left.foresee("refuse", 9.0)
    left.foresee("compare", 300.0)
    left.foresee("complete", 0.0)
    left.foresee("group", 0.0)
    assert left.left(10.1) == 30 + 1 + 9 + 300


def test_where_nothing_was_foreseen_later_steps_are_expected_to_take_their_usual_share_of_the_reading() -> None:
    left = TimeLeft(STEPS)
    read = left.begin("read", 200, 0.0)
    read.advance(100, 50.0)
    told = left.left(50.0)
    assert told is not None
    assert 100 < told < 250


def test_a_step_that_counts_nothing_yet_counts_down_from_what_was_foreseen() -> None:
    left = TimeLeft(STEPS)
    left.foresee("compare", 60.0)
    left.foresee("complete", 0.0)
    left.foresee("group", 0.0)
    left.begin("compare", None, 100.0)
    assert left.left(130.0) == 30
    assert left.left(190.0) == 0


def test_steps_that_were_passed_over_are_not_waited_for() -> None:
    left = TimeLeft(("walk", "hash", "read", "group"))
    left.begin("walk", None, 0.0)
    left.end("walk", 1.0)
    left.foresee("hash", 1_000.0)
    left.foresee("group", 0.0)
    read = left.begin("read", 100, 1.0)
    read.advance(50, 11.0)
    assert left.left(11.0) == 10


def test_the_time_left_of_a_recorded_scan_is_right_within_a_factor_of_two_from_the_first_minute() -> None:
    """240 photos and edits on two cores with a load of twenty: half a minute of reading, 24 min of comparing."""
    events = json.loads((Path(__file__).parent / "recorded_scan.json").read_text("utf-8"))
    *_, (end, _, _, _) = events
    left, paces = TimeLeft(STEPS), dict[str, Pace]()
    asked, wrong = 60.0, []
    for moment, kind, name, value in events:
        while asked < min(moment, 0.95 * end):
            told = left.left(asked)
            if told is None or not 0.5 <= told / (end - asked) <= 2:
                wrong.append((asked, told, end - asked))
            asked += 15
        if kind == "begin":
            paces[name] = left.begin(name, value, moment)
        elif kind == "advance":
            paces[name].advance(value, moment)
        elif kind == "expect":
            paces[name].total = value
        elif kind == "foresee":
            left.foresee(name, value)
        elif name in paces:
            left.end(name, moment)
    assert asked > 0.9 * end
    assert wrong == []
