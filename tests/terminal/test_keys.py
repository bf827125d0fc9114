"""Keys: what a person presses, and nothing that a terminal sends of its own accord."""

from __future__ import annotations

import os
import pty
import signal
import termios
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.terminal.keys import take, terminal_keys


def keys(text: str, *, more: bool = False) -> list[str]:
    found = []
    while text:
        taken = take(text, more=more)
        if taken is None:
            break
        key, text = taken
        if key:
            found.append(key)
    return found


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a", ["a"]),
        ("\r\n", ["enter", "enter"]),
        ("\x7f", ["backspace"]),
        ("\x03", ["ctrl-c"]),
        ("\x04", ["eof"]),
        ("\x1b[A\x1b[B\x1b[C\x1b[D", ["up", "down", "right", "left"]),
        ("\x1bOA\x1bOB", ["up", "down"]),
        ("\x1b[5~\x1b[6~\x1b[1~", ["pageup", "pagedown", "home"]),
        ("\x1b", ["escape"]),
        ("é", ["é"]),
        ("\x01\x1a\x00", []),
    ],
)
def test_keys_have_names(sent: str, read: list[str]) -> None:
    assert keys(sent) == read


@pytest.mark.parametrize(
    "sent",
    [
        "\x1b[?62;4;6c",  # which terminal are you
        "\x1b]11;rgb:1e1e/1e1e/1e1e\x07",  # your background
        "\x1b_Gi=31;OK\x1b\\",  # kitty: can you draw
        "\x1bP>|kitty(0.26.5)\x1b\\",
        "\x1b[12;40R",  # where is the cursor
        "\x1b[200~a1yA\rn\x1b[201~",  # a pasted text
        "\x1b[200~ends nowhere A\r",
        "\x1b[M !!",
        "\x1ba",  # Alt and a key
        "\x1b[1;5A",  # Ctrl and an arrow
        "\x1b[8;24;80t",
    ],
)
def test_what_a_terminal_sends_of_its_own_accord_decides_nothing(sent: str) -> None:
    decisive = set("ansAk 123456789") | {"enter", "backspace", "up", "down"}
    assert not decisive.intersection(keys(sent))


@given(st.text(st.sampled_from("\x1b[]OP_a1;?~cmM\\\x07\r \x18\x80"), max_size=30))
def test_any_input_is_read_to_its_end(sent: str) -> None:
    rest = sent
    for _ in range(len(sent) + 1):
        if not rest:
            break
        taken = take(rest, more=False)
        assert taken is not None
        assert len(taken[1]) < len(rest)
        rest = taken[1]
    assert rest == ""


@given(st.text(st.sampled_from("\x1b[]OP_a1;?~cm\\\x07"), min_size=1, max_size=12), st.integers(1, 12))
def test_a_sequence_cut_in_two_is_read_as_one(sent: str, cut: int) -> None:
    """Waiting for more never gives a key that the whole would not give."""
    whole = keys(sent)
    first: list[str] = []
    rest = sent[:cut]
    while rest:
        taken = take(rest, more=True)
        if taken is None:
            break
        first += [taken[0]] if taken[0] else []
        rest = taken[1]
    assert first == whole[: len(first)]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The master end of a pseudo-terminal whose other end is stdin."""
    master, slave = pty.openpty()
    with os.fdopen(slave, "r", closefd=True) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield master
    os.close(master)


def test_keys_come_one_by_one_without_echo_and_the_modes_are_put_back(terminal: int) -> None:
    before = termios.tcgetattr(terminal)
    with terminal_keys() as source:
        os.write(terminal, b"n\x1b[A\x03\x1b")
        assert [source.read() for _ in range(4)] == ["n", "up", "ctrl-c", "escape"]
        os.write(terminal, "é".encode()[:1])
        threading.Timer(0.1, os.write, (terminal, "é".encode()[1:])).start()
        assert source.read() == "é"
    assert termios.tcgetattr(terminal) == before
    os.set_blocking(terminal, False)
    with pytest.raises(BlockingIOError):
        os.read(terminal, 100)  # nothing was echoed


def test_keys_typed_before_the_review_begins_are_dropped(terminal: int) -> None:
    os.write(terminal, b"\r\rAy")
    time.sleep(0.05)
    with terminal_keys() as source:
        os.write(terminal, b"q")
        assert source.read() == "q"


@pytest.mark.parametrize(
    ("number", "key"), [(signal.SIGWINCH, "resize"), (signal.SIGHUP, "hangup"), (signal.SIGTERM, "hangup")]
)
def test_signals_come_as_keys_and_the_handlers_are_put_back(terminal: int, number: int, key: str) -> None:
    before = signal.getsignal(number)
    with terminal_keys() as source:
        threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
        assert source.read() == key
    assert signal.getsignal(number) == before


def test_a_terminal_that_went_away_is_a_hangup_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "r", closefd=True) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        with terminal_keys() as source:
            os.close(master)
            assert source.read() in ("hangup", "eof")
            assert source.read() in ("hangup", "eof")
