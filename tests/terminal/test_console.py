"""The door to the terminal: harmless names, figures, consoles, progress."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from dedupe.facts import Exposure
from dedupe.terminal import console, progress
from dedupe.terminal.text import (
    display_path,
    display_text,
    format_bytes,
    format_count,
    format_exposure,
    format_left,
    format_taken,
    format_time,
    sentence_lines,
    shorten_middle,
)
from dedupe.types import CaptureTime

NOON = 1_625_401_867
EVIL = "\x1b]0;owned\x07\r\n\t\x7f\x85\x9b31m\u202e\u2066\u200b\u200d\ufeff\u2028\u2029\ue000\U000e0001\udcff"


def _may_act(char: str) -> bool:
    """Independent of the implementation: what may not reach a terminal."""
    code = ord(char)
    return (
        code < 0x20
        or 0x7F <= code <= 0x9F
        or 0x200B <= code <= 0x200F
        or 0x2028 <= code <= 0x202E
        or 0x2060 <= code <= 0x206F
        or 0xD800 <= code <= 0xDFFF
        or code in (0xFEFF, 0x10EEEE)
        or 0xE0000 <= code <= 0xE007F
    )


@given(st.binary(min_size=1))
@example(os.fsencode(EVIL))
@example("Пляж 東京 ñ.jpg".encode())
def test_a_file_name_of_any_bytes_is_shown_without_a_character_that_acts_on_the_terminal(name: bytes) -> None:
    shown = display_path(name)
    assert not any(map(_may_act, shown))
    shown.encode()


@given(st.lists(st.binary(max_size=6), min_size=2, max_size=2, unique=True))
@example([b"\xff", b"\\xff"])
@example([b"\x85", "\x85".encode()])
@example([b"\\u202e", "\u202e".encode()])
@example([b"\\\\x1b", b"\\\x1b"])
def test_two_different_names_are_never_shown_alike(names: list[bytes]) -> None:
    assert display_path(names[0]) != display_path(names[1])


@pytest.mark.parametrize("name", ["Urlaub/[/x] photo.jpg", ":smile:.jpg", "東京 – “été”.jpg", "a b\u00a0c\u202f1.png"])
def test_an_ordinary_name_is_shown_as_it_is(name: str) -> None:
    assert display_path(name) == name


def test_escapes_are_spelt_out() -> None:
    assert display_path(b"a\x1b[31m\n\xff\xc2\x85") == r"a\x1b[31m\x0a\xff\u0085"
    assert display_path("\u202egpj.exe") == r"\u202egpj.exe"
    assert display_path("a\\b") == ("a\\b" if os.sep == "\\" else "a\\\\b")


@pytest.mark.parametrize(
    "path",
    [
        f"photos{os.sep}{'a' * 6_000}.jpg",
        f"photos{os.sep}{'a' * 3_000}{os.sep}{'b' * 3_000}.jpg",
        f"{os.sep}folder" * 5_000 + ".jpg",
        "\u00e9\x1b" * 3_000 + ".jpg",
    ],
    ids=["a name", "two names", "folders", "names that are no text"],
)
def test_a_path_that_no_file_can_have_is_shown_without_its_middle(path: str) -> None:
    shown = display_path(path)
    assert len(shown) < 600
    assert "\u2026" in shown
    assert shown.isprintable()
    assert shown.endswith(".jpg")
    assert shown[:3] == display_path(path[:3])[:3]


def test_every_path_that_a_file_can_have_is_shown_whole() -> None:
    longest = os.sep + os.sep.join(["b" * 255] * 15)
    assert display_path(longest) == longest


def test_a_sentence_that_holds_a_shown_path_is_not_escaped_twice() -> None:
    sentence = f"{display_path('a' + chr(27) + chr(92))} is gone"
    assert display_text(sentence) == sentence
    assert display_text("\x1b[2J") == r"\x1b[2J"


@given(st.text(max_size=60), st.integers(0, 40))
@example("東京タワー.jpg", 8)
@example("e\u0301" * 30, 9)
def test_a_shortened_name_fits_its_column(text: str, width: int) -> None:
    text = display_text(text)
    short = shorten_middle(text, width)
    assert cell_len(short) <= max(width, 0)
    if cell_len(text) <= width:
        assert short == text


def test_a_name_is_shortened_in_its_middle() -> None:
    assert shorten_middle("IMG_20210704_123107_final.jpg", 15) == "IMG_202…nal.jpg"
    assert shorten_middle("IMG_20210704_123107_final.jpg", 15, "...") == "IMG_20...al.jpg"


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (3_412_345, "3.41 MB"),
        (12_345_678, "12.3 MB"),
        (99_960, "100 kB"),
        (999_600, "1.00 MB"),
        (120 * 10**9, "120 GB"),
        (5 * 10**15, "5.00 PB"),
        (10**19, "10000 PB"),
    ],
)
def test_bytes_are_shown_with_three_figures(count: int, shown: str) -> None:
    assert format_bytes(count) == shown


def test_counts_and_times_read_as_a_person_says_them() -> None:
    assert format_count(1_234_567) == "1,234,567"
    assert format_count(1, "photo") == "1 photo"
    assert format_count(0, "photo") == "0 photos"
    assert format_count(2, "copy", "copies") == "2 copies"
    assert [format_time(s) for s in (0, 0.44, 9.94, 9.96, 59.4, 59.6, 3599.6, 7384)] == [
        "0.0 s",
        "0.4 s",
        "9.9 s",
        "10 s",
        "59 s",
        "1 min 00 s",
        "1 h 00 min",
        "2 h 03 min",
    ]


def test_how_long_a_scan_still_takes_is_said_as_roughly_as_it_is_known() -> None:
    assert [format_left(s) for s in (0, 3, 34, 57, 58, 100, 3_540, 3_599, 9_000, 400_000)] == [
        "about 5 s left",
        "about 5 s left",
        "about 35 s left",
        "about 55 s left",
        "about 1 min left",
        "about 2 min left",
        "about 59 min left",
        "about 1.0 h left",
        "about 2.5 h left",
        "about 111 h left",
    ]


def test_an_exposure_is_written_as_a_photographer_writes_it() -> None:
    assert format_exposure(Exposure(1 / 125, 2.8, 200, 1 / 3)) == "1/125 s, f/2.8, ISO 200, +0.33 EV"
    assert format_exposure(Exposure(2.5, bias=-1.0)) == "2.5 s, -1 EV"
    assert format_exposure(Exposure(1 / 2, 11, bias=0.0)) == "0.5 s, f/11"
    assert format_exposure(None) == ""


def test_a_capture_time_is_shown_as_the_camera_wrote_it() -> None:
    taken = CaptureTime(NOON, fraction=0.07, digits=2, offset_minutes=-210)
    assert format_taken(taken) == "2021-07-04 12:31:07"
    assert format_taken(taken, precise=True) == "2021-07-04 12:31:07.07 -03:30"
    assert format_taken(CaptureTime(NOON, fraction=0.999, digits=2), precise=True) == "2021-07-04 12:31:07.99"
    assert format_taken(None) == format_taken(CaptureTime(10**15)) == ""


def test_the_consoles_read_no_markup_emoji_or_syntax_in_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    console.stdout().print("[/x] :smile: [red]1[/red] 'a' 3.jpg")
    console.stderr().print("[b]talk")
    out, err = capsys.readouterr()
    assert out == "[/x] :smile: [red]1[/red] 'a' 3.jpg\n"
    assert err == "[b]talk\n"


def test_a_pipe_has_120_columns_whatever_terminal_stdin_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert console.stdout().width == 120
    monkeypatch.setenv("COLUMNS", "90")
    assert console.stdout().width == 90


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    console.stdout().print("x", style="red")
    assert "\x1b[31m" in sys.stdout.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    console.stdout().print("x", style="red")
    assert "31" not in sys.stdout.getvalue()


def test_a_name_that_the_output_cannot_spell_stops_nothing() -> None:
    code = "from dedupe.terminal.console import stdout; stdout().print('東京 ✓.jpg')"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONIOENCODING": "cp1252"}, capture_output=True, check=True
    )
    assert done.stdout.decode("ascii").strip() == r"\u6771\u4eac \u2713.jpg"


def test_importing_the_console_loads_no_rich() -> None:
    code = "import sys, dedupe.terminal.text as c; c.display_path('a\\n'); print('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"


def test_progress_is_quiet_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    shown = progress.progress()
    with shown.step("read", 3) as step:
        for _ in range(3):
            step.advance()
    with shown.step("embed") as step:
        step.expect(10)
        step.advance(10)
    assert capsys.readouterr() == ("", "")


def test_long_steps_leave_a_plain_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with progress.progress().step("embed", 400) as step:
        for _ in range(4):
            now[0] += 20
            step.advance(50)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "3/8 embed  100/400  2.5 photos/s  about 2 min left",
        "3/8 embed  200/400  2.5 photos/s  about 1 min left",
    ]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [80, 140])
def test_a_scan_shows_one_line_with_the_time_that_all_its_steps_still_take(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", _Terminal())
    monkeypatch.setenv("COLUMNS", str(columns))
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    shown = progress.progress()
    assert isinstance(shown, progress.Foresight)
    with shown.step("read", 12_400) as read:
        now[0] += 2
        read.advance(100)
        now[0] += 2
        read.advance(100)
        shown.foresee("compare", 3 * 3_600)
        now[0] += 2
        read.advance(100)
        time.sleep(0.45)  # two refreshes of the live line
    told = sys.stderr.getvalue()
    for part in ("2/8 read", "300/12,400", "50 photos/s", "about 3.5 h left"):
        assert part in told, part
    assert told.count("\n") == 1  # at the end; never a second line
    assert told.rfind("\x1b[?25h") > told.rfind("\x1b[?25l")  # the cursor is back
    width = max(cell_len(line) for line in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", told).replace("\r", "\n").splitlines())
    assert width <= columns


def test_where_a_step_runs_within_another_the_line_shows_the_inner_one_then_the_outer_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stderr", _Terminal())
    shown = progress.progress(())
    with shown.step("read", 3) as read:
        with shown.step("hash", 7):
            time.sleep(0.25)
        read.advance()
        time.sleep(0.25)
    told = sys.stderr.getvalue()
    assert 0 < told.index("0/7") < told.rindex("1/3")


def test_a_step_that_fails_gives_the_terminal_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", _Terminal())
    shown = progress.progress()
    with pytest.raises(KeyboardInterrupt), shown.step("read", 3) as step:
        step.advance()
        raise KeyboardInterrupt
    assert sys.stderr.getvalue().rfind("\x1b[?25h") > sys.stderr.getvalue().rfind("\x1b[?25l")
    with shown.step("embed", 1) as step:
        step.advance()


def test_counting_is_cheap_enough_for_a_million_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", _Terminal())
    calls = []
    with progress.progress().step("walk", 1_000_000) as step:
        tell = step.tell
        monkeypatch.setattr(step, "tell", lambda: (calls.append(1), tell()))
        for _ in range(100_000):
            step.advance()
    # The live display is told of ten counts a second, not of every file.
    assert len(calls) < 1000


def test_the_silent_default_tells_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.SilentProgress().step("read", 3) as step:
        step.advance()
        step.expect(4)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("width", [40, 80, 140])
def test_no_word_of_a_sentence_is_cut_and_a_path_stays_whole(width: int) -> None:
    said = "Replaces the scan of 2026-11-29 08:32; your 25 decisions on its groups carry over into the new one. " * 2
    lines = sentence_lines(said.strip(), width)
    assert " ".join(lines) == said.strip()
    assert max(map(len, lines)) <= width
    path = (
        "Saved /pictures of the whole family/sorted out by hand/in the long winter of last year/both.png as you asked."
    )
    assert sentence_lines(path, width) == [path]
