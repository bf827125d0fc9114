"""File names cannot speak to the terminal, whatever shows them, and any byte in a name comes back."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from dedupe.cli import app
from dedupe.library.decisions import Decisions
from dedupe.report.csv import write_csv
from dedupe.report.json import write_json
from dedupe.report.table import render
from dedupe.review.summary import show_actions
from dedupe.terminal import ask
from dedupe.terminal.console import stdout
from dedupe.types import Action, ActionKind, FileMove, Relation, ScanResult, Series, SkipKind, Skipped
from tests.review import made
from tests.review.terminal import Terminal

EVIL = (
    b"\x1b]0;owned\x07title.jpg",
    b"\x1b[2J\x1b[31mclear.jpg",
    b"\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\.jpg",
    b"\x1b_Gi=1;AAAA\x1b\\kitty.jpg",
    b"\x1bP0;0q#0~~\x1b\\sixel.jpg",
    b"two\nlines.jpg",
    b"carriage\rreturn.jpg",
    b"tab\tstop\x0b\x0c\x08.jpg",
    b"\x01\x02\x7f.jpg",
    "c1 \x85\x9b31m\x9d.jpg".encode(),
    "bidi \u202egpj.exe\u2066\u2069\u200f.jpg".encode(),
    "zero\u200b\u200dwidth\ufeff\u2028\u2029.jpg".encode(),
    "tag\U000e0041\U0010eeee.jpg".encode(),
    b"not utf-8 \xff\xfe.jpg",
    b"[/x] photo.jpg",
    b":smile: [red]name[/red].jpg",
    b"-rf.jpg",
    b"=cmd|' /C calc'!A0.jpg",
    "ordinär – 東京.jpg".encode(),
)
SHOWN_EXACTLY = ("[/x] photo.jpg", ":smile: [red]name[/red].jpg", "-rf.jpg", "ordinär – 東京.jpg")


def acts(text: str) -> str:
    """The first character that could act on a terminal, empty where there is none; a newline ends a line."""
    controls, hidden = r"\x00-\x09\x0b-\x1f\x7f-\x9f", r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    found = re.search(rf"[{controls}{hidden}\ud800-\udfff\U000e0000-\U000e007f\U0010eeee]", text)
    return repr(text[max(found.start() - 20, 0) : found.end() + 20]) if found else ""


def evil_tree() -> ScanResult:
    """Every evil name as a kept photo, an extra, a companion, a folder, a series, a skipped file, and in every text."""
    names = [os.fsdecode(name) for name in EVIL]
    groups = []
    for number, name in enumerate(names):
        one = made.photo(name, companions=(made.companion(f"{name}.xmp"),))
        two = made.extra(made.photo(f"{name}/{name}"), Relation.RESAVED, 0.1, note=name, loses=(name,))
        groups.append(made.group(f"g{number}", one, two, reason=name))
    series = Series("s", tuple(made.photo(f"{name}/shot") for name in names))
    skipped = tuple(Skipped(f"{made.ROOT}/{name}", SkipKind.DAMAGED, f"cannot read {name}") for name in names)
    return made.result(*groups, series=(series,), skipped=skipped, roots=(made.ROOT, f"{made.ROOT}/{names[0]}"))


def actions(result: ScanResult) -> Iterator[Action]:
    for group in result.groups:
        keeper = FileMove(group.keep.path, None, group.keep.file.stamp, group.keep.content_key)
        for extra in group.extras:
            move = replace(keeper, source=extra.photo.path, target=f"/trash{extra.photo.path}")
            yield Action(ActionKind.MOVE, group.id, extra.relation, (move,), keeper)


def on_paper(result: ScanResult, out: io.StringIO) -> None:
    render(result, Console(file=out, width=120, markup=False, emoji=False, highlight=False))


def on_a_screen(result: ScanResult, out: io.StringIO) -> None:
    render(result, Console(file=out, width=80, markup=False, emoji=False, highlight=False), paper=False)


def as_json(result: ScanResult, out: io.StringIO) -> None:
    with redirect_stdout(out):
        write_json(result, "-")


def as_csv(result: ScanResult, out: io.StringIO) -> None:
    with redirect_stdout(out):
        write_csv(result, "-")


def as_a_dry_run(result: ScanResult, out: io.StringIO) -> None:
    with redirect_stdout(out):
        show_actions(actions(result), stdout())


def as_a_question(result: ScanResult, out: io.StringIO) -> None:
    for group in result.groups:
        with redirect_stderr(out):
            assert not ask.agreed(f"Move {group.keep.path}?")


@pytest.mark.parametrize("show", [on_paper, on_a_screen, as_json, as_csv, as_a_dry_run, as_a_question])
def test_no_name_acts_on_the_terminal(
    show: Callable[[ScanResult, io.StringIO], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    out = io.StringIO()
    show(evil_tree(), out)
    text = out.getvalue().replace("\r\n", "\n") if show is as_csv else out.getvalue()
    assert text
    assert acts(text) == ""
    text.encode()


def test_colour_adds_nothing_but_colour() -> None:
    out = io.StringIO()
    console = Console(file=out, width=140, force_terminal=True, color_system="truecolor", markup=False, emoji=False)
    render(evil_tree(), console, paper=False)
    assert "\x1b[" in out.getvalue()
    assert acts(re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())) == ""


def test_a_newline_in_a_name_does_not_break_a_row() -> None:
    plain, evil = io.StringIO(), io.StringIO()
    names = [made.extra(made.photo("two lines.jpg")), made.extra(made.photo("two\nlines.jpg"))]
    for name, out in zip(names, (plain, evil), strict=True):
        on_paper(made.result(made.group("g", made.photo("a.jpg"), name)), out)
    assert evil.getvalue().count("\n") == plain.getvalue().count("\n")


@pytest.mark.parametrize("name", SHOWN_EXACTLY)
def test_names_with_markup_and_emoji_codes_are_shown_as_they_are(name: str) -> None:
    out = io.StringIO()
    on_paper(made.result(made.group("g", made.photo(name), made.extra(made.photo(f"b/{name}")))), out)
    assert f"  {name}\n" in out.getvalue()
    assert f"  b/{name}\n" in out.getvalue()


def test_every_byte_of_every_name_comes_back_from_json_and_csv(tmp_path: Path) -> None:
    result = evil_tree()
    write_json(result, str(tmp_path / "out.json"))
    write_csv(result, str(tmp_path / "out.csv"))
    data = json.loads((tmp_path / "out.json").read_bytes())
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    kept = [row for row in rows if row["role"] == "keep"]
    for group, entry, row in zip(result.groups, data["groups"], kept, strict=True):
        exact = os.fsencode(group.keep.path)
        path = entry["keep"]
        assert base64.b64decode(path["path_b64"]) == exact if "path_b64" in path else path["path"].encode() == exact
        assert base64.b64decode(row["path_b64"]) == exact if row["path_b64"] else row["path"].encode() == exact


@pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal needs POSIX")
def test_the_review_shows_evil_names_without_obeying_them(tmp_path: Path) -> None:
    store = str(tmp_path / "store.db")
    result = evil_tree()
    with Decisions(store) as memory:
        memory.save_scan(result)
    with Terminal(["-m", "tests.review.child", store], columns=100, rows=30, env={"NO_COLOR": "1"}) as terminal:
        for number in range(1, len(result.groups) + 1):
            terminal.wait_for(f"{number}/{len(result.groups)}", "q finish")
            terminal.send("\x1b[C" if number < len(result.groups) else "\x03")
        terminal.wait_for("ended: interrupted")
        # What rich itself sends: cursor, clearing, styles, the alternate screen, bracketed paste.
        sent = terminal.sent_by_program.decode("utf-8")
        own = re.sub(r"\x1b\[\??[0-9;]*[A-Za-z]|\x1b_G[^\x1b]*;AAAA\x1b\\|\r\n", "", sent)
        assert acts(own) == ""
        assert "owned" not in terminal.title


def evil_photos(folder: Path) -> Path:
    """Real photos under every evil name, in a folder of an evil name, each name twice with the same picture."""
    root = os.path.join(os.fsencode(folder), b"roo\x1b[31mt\xff")
    colours = np.random.default_rng(18).integers(0, 256, (len(EVIL), 7, 7, 3), dtype=np.uint8)
    for colour, name in zip(colours, (name.replace(b"/", b"_") for name in EVIL), strict=True):
        picture = io.BytesIO()
        Image.fromarray(colour).resize((200, 200), Image.Resampling.BICUBIC).save(picture, "JPEG")
        for place in (root, os.path.join(root, b"copies", b"in\n" + name)):
            os.makedirs(place, exist_ok=True)
            with open(os.path.join(place, name), "wb") as file:
                file.write(picture.getvalue())
    with open(os.path.join(root, b"cut\x1b[2J.jpg"), "wb") as file:
        file.write(b"\xff\xd8\xff\xe0 cut")
    return Path(os.fsdecode(root))


@pytest.mark.slow
def test_every_command_over_a_tree_of_evil_names_writes_no_byte_that_acts(tmp_path: Path) -> None:
    root = str(evil_photos(tmp_path))
    away, first = f"{tmp_path}/away\x1b[31m", os.path.join(root, os.fsdecode(EVIL[0]))
    existing = {command.name for command in app.registered_commands}
    commands = (
        ("scan", root),
        ("scan", root, "--json", "-", "--csv", f"{tmp_path}/out.csv"),
        ("scan", f"{root}/missing\x1b[31m"),
        ("review", "--decisions"),
        ("apply", "--move-to", away, "--dry-run"),
        ("compare", first, os.path.join(root, os.fsdecode(EVIL[5]))),
        ("search", first, root),
        ("check", root, "--against", root),
        ("apply", "--move-to", away, "--yes"),
        ("history",),
        ("undo", "--yes"),
        ("recover",),
    )
    for command in commands:
        if command[0] in existing:
            done = subprocess.run(
                [sys.executable, "-m", "dedupe", *command, "--store", f"{tmp_path}/st\x1bore.db"],
                capture_output=True,
                stdin=subprocess.DEVNULL,
                check=False,
            )
            for stream in (done.stdout, done.stderr):
                assert acts(stream.decode("utf-8")) == "", command
                assert b"Traceback" not in stream, command
    assert acts((tmp_path / "out.csv").read_text("utf-8-sig").replace("\r\n", "\n")) == ""


@pytest.mark.slow
def test_the_json_of_a_real_scan_names_every_file_byte_for_byte(tmp_path: Path) -> None:
    root = str(evil_photos(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "dedupe", "scan", root, "--json", "-", "--store", f"{tmp_path}/store.db"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=True,
    )
    data = json.loads(done.stdout)
    entries = [entry for group in data["groups"] for entry in (group["keep"], *group["extras"])] + data["skipped"]
    named = {base64.b64decode(one["path_b64"]) if "path_b64" in one else one["path"].encode() for one in entries}
    there = {os.path.join(place, name) for place, _, names in os.walk(os.fsencode(root)) for name in names}
    assert named == there
