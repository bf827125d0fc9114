"""Guards outside ``dedupe.actions``, or that are no blockers: each one taken away in turn makes the test of its promise fail."""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dedupe.actions.platform.volumes import Volume
from dedupe.actions.platform.volumes import _volume as volume_of_mount
from dedupe.grouping.keeper import UNDAMAGED
from dedupe.library import migrate
from dedupe.library.decisions import Decision, Who
from tests.actions.journal import test_history as history
from tests.decoding.made import encoded, put, quarters
from tests.library import test_stores_of_0_1_0 as stores
from tests.safety import test_broken_photos as broken
from tests.safety import test_file_names as names
from tests.safety import test_intent as intent
from tests.safety import test_intent_commands as commands
from tests.safety import test_links_and_paths as paths
from tests.safety import test_moving as moving
from tests.safety import test_names_act as bytes_of_names
from tests.safety import test_older_journals as older
from tests.safety import test_real_volumes as volumes
from tests.safety import test_streams as streams
from tests.safety import test_tampered as tampered
from tests.safety import test_trash as trash
from tests.safety.conftest import World
from tests.safety.test_guards import allow, holder_of
from tests.tree import test_aliases as pools

Check = Callable[[World], None]
BREAKS = (AssertionError, pytest.fail.Exception)
TRACEBACKS = (TypeError, ValueError, AttributeError, sqlite3.Error)
"""What comes of a damaged row that nobody looked at: the promise is one sentence."""


def in_folder(check: Callable[..., None], *more: object) -> Check:
    """A check that needs a folder only."""
    return lambda world: check(world.base / "elsewhere", *more)


def of_old_stores(check: Callable[[stores.Old], None]) -> Check:
    """A check of the stores that 0.1.0 wrote."""

    def run(world: World) -> None:
        (world.base / "old").mkdir()
        check(stores.an_old_user(world.base / "old"))

    return run


def of_journal(table: str) -> Check:
    return lambda world: tampered.test_an_edited_row_of_the_journal_is_a_sentence_and_moves_nothing_else(
        world, table, begun=True
    )


def of_decisions(world: World) -> None:
    (world.base / "decided").mkdir()
    tampered.test_an_edited_row_of_the_decisions_is_a_sentence(world.base / "decided", "decisions")


def unread(value: object) -> Any:
    """A column as it stands there."""
    return value


def any_path(value: Any) -> str | None:
    return None if value is None else os.fsdecode(value)


def any_decision(number: int, kind: Any, made_at: Any, who: Sequence[Any]) -> Decision:
    return Decision(number, kind, Who(who[0], who[1], os.fsdecode(who[2])), Who(who[3], who[4], who[5]), made_at)


def told_at_once(progress: Callable[[int, int], None], done: int, total: int) -> None:
    """A report of progress that may fail."""
    progress(done, total)


def step_by_step(connection: sqlite3.Connection, path: str, version: int, steps: Sequence[migrate.Step]) -> None:
    """An upgrade that writes each step for good before the next."""
    for number, step in enumerate(steps, start=1):
        step(connection)
        connection.execute(f"PRAGMA user_version = {number + 1}")


def cut_off(world: World) -> None:
    with pytest.MonkeyPatch.context() as patch:
        older.test_an_upgrade_that_a_power_cut_ends_leaves_the_journal_as_it_was(world, patch, "before the end")


def homeless(world: World) -> None:
    with pytest.MonkeyPatch.context() as patch:
        trash.test_no_trash_is_made_at_the_top_or_in_the_current_folder_where_home_is_no_folder(
            world, patch, "relative"
        )


def in_made_folder(check: Callable[..., None], *more: object) -> Check:
    """A check that needs a folder that is there."""

    def run(world: World) -> None:
        (world.base / "elsewhere").mkdir()
        check(world.base / "elsewhere", *more)

    return run


def in_patched_folder(check: Callable[[Path, pytest.MonkeyPatch], None]) -> Check:
    """A check that needs a folder and patches something itself."""

    def run(world: World) -> None:
        with pytest.MonkeyPatch.context() as patch:
            (world.base / "elsewhere").mkdir()
            check(world.base / "elsewhere", patch)

    return run


def nothing_acts(show: Callable[..., None]) -> Check:
    def run(world: World) -> None:
        with pytest.MonkeyPatch.context() as patch:
            names.test_no_name_acts_on_the_terminal(show, patch)

    return run


NUMBERS = itertools.count()


def another_each_time(path: str) -> tuple[int, int]:
    """The identity of a folder that is never met again."""
    return 0, next(NUMBERS)


def as_text(path: str | None) -> bytes | None:
    """A path as text that can be stored, whatever it loses."""
    return None if path is None else path.encode("utf-8", "replace")


VOLUME = volume_of_mount


def trusted(mount: str, fstype: str, **told: bool) -> Volume:
    """A volume whose inodes are believed, whatever it is."""
    return replace(VOLUME(mount, fstype, **told), weak=False)


def on_a_volume(kind: str) -> Check:
    """Photos move within a real file system and come back."""

    def run(world: World) -> None:
        try:
            with volumes.mounted(kind, world.base / "volume") as place:
                volumes.test_photos_move_within_a_volume_and_come_back(place, world.base, world.home)
        except volumes.UnavailableError as reason:
            pytest.skip(f"{kind}: {reason}")

    return run


def no_copy(path: str, version: int) -> str:
    return path


WITHOUT: list[tuple[str, object, Check, tuple[type[BaseException], ...]]] = [
    # Row 6: one file by two paths.
    (
        "tree.walk._identity",
        another_each_time,
        in_patched_folder(paths.test_nested_and_repeated_roots_show_each_photo_once),
        BREAKS,
    ),
    (
        "tree.aliases.without_aliases",
        lambda files, roots: (files, []),
        in_patched_folder(pools.test_a_photo_that_an_overlay_shows_again_counts_once),
        BREAKS,
    ),
    (
        "tree.aliases.without_aliases",
        lambda files, roots: (files, []),
        in_made_folder(pools.test_a_photo_of_a_pool_counts_where_its_disk_is_not_scanned),
        BREAKS,
    ),
    (
        "tree.aliases._without_mounted_files",
        lambda files, points: files,
        in_made_folder(pools.test_a_file_mounted_over_another_is_one_photo_and_never_leaves),
        BREAKS,
    ),
    (
        "tree.aliases.spelled",
        lambda path: path,
        in_made_folder(pools.test_a_folder_named_in_two_spellings_is_one, "exfat"),
        BREAKS,
    ),
    # Row 7: names that fold to one.
    (
        "actions.planning.plan.folded",
        lambda name: name,
        moving.test_what_is_planned_for_a_volume_that_folds_names_stays_apart_there,
        BREAKS,
    ),
    # Row 16: damaged pictures.
    (
        "decoding.refusal.is_incomplete",
        allow,
        in_folder(broken.test_other_pictures_that_are_cut_off_are_damaged, "HEIF"),
        BREAKS,
    ),
    (
        "decoding.stderr_capture.corruption",
        allow,
        in_folder(broken.test_a_jpeg_with_damage_in_the_middle_decodes_but_is_suspect, "hole", False),
        BREAKS,
    ),
    (
        "grouping.keeper.UNDAMAGED",
        replace(UNDAMAGED, key=lambda candidate: (0,)),
        in_folder(broken.test_a_suspect_photo_never_stays_over_a_clean_copy),
        BREAKS,
    ),
    # Row 17: names that are no text.
    (
        "actions.journal.journal._blob",
        as_text,
        lambda world: bytes_of_names.test_any_name_goes_and_comes_back(world, False),
        (*BREAKS, OSError),
    ),
    # Row 18: names that speak to the terminal.
    (
        "terminal.text.is_unsafe",
        lambda char: False,
        in_made_folder(history.test_evil_names_cannot_speak_in_what_is_told),
        BREAKS,
    ),
    ("terminal.text.is_unsafe", lambda char: False, nothing_acts(names.on_paper), BREAKS),
    # Row 31: volumes that invent inodes.
    ("actions.platform.volumes._volume", trusted, on_a_volume("sshfs"), BREAKS),
    # Row 14: what a header announces.
    (
        "decoding.decode.check_size",
        allow,
        in_folder(broken.test_the_limit_of_pixels_holds_for_every_format, "JPEG"),
        BREAKS,
    ),
    (
        "decoding.pillow.check_size",
        allow,
        in_folder(broken.test_the_limit_of_pixels_holds_for_every_format, "PNG"),
        BREAKS,
    ),
    (
        "decoding.pillow.check_claim",
        allow,
        in_folder(broken.test_a_few_bytes_that_announce_a_large_picture_are_too_large_to_judge, 4_200),
        BREAKS,
    ),
    (
        "decoding.decode.check_scans",
        allow,
        in_folder(broken.test_a_jpeg_that_is_drawn_over_thousands_of_times_is_too_large_to_judge, 210),
        BREAKS,
    ),
    # Row 33b: a link to a disk that is gone.
    (
        "actions.planning.preflight._dangling_link",
        allow,
        lambda world: intent.test_a_link_whose_folder_is_gone_is_no_target_and_nothing_is_made_there(world, ""),
        BREAKS,
    ),
    # Row 34: folders as private as those the photos leave.
    (
        "actions.execution.apply.Applier._looks",
        lambda *arguments: {},
        lambda world: moving.test_folders_that_a_move_makes_are_as_private_as_those_the_photos_leave(
            world, copies=False
        ),
        BREAKS,
    ),
    (
        "actions.execution.apply.common_look",
        lambda looks: None,
        lambda world: moving.test_folders_that_a_move_makes_are_as_private_as_those_the_photos_leave(
            world, copies=True
        ),
        BREAKS,
    ),
    # Row 35: damaged or edited rows.
    ("actions.journal.records._path", any_path, of_journal("files"), TRACEBACKS),
    ("actions.journal.records._integer", unread, of_journal("files"), TRACEBACKS),
    ("actions.journal.records._number", int, of_journal("files"), TRACEBACKS),
    ("library.decisions._decision", any_decision, of_decisions, TRACEBACKS),
    # Row 30: a screen that is gone.
    (
        "actions.execution.apply.tell",
        told_at_once,
        streams.test_progress_that_cannot_be_shown_does_not_end_an_act,
        (OSError,),
    ),
    # Row 32: no home.
    ("actions.platform.trash.home_trash", lambda: ".local/share/Trash", homeless, BREAKS),
    # Row 36: stores of an older dedupe.
    ("library.migrate.upgrade", step_by_step, cut_off, BREAKS),
    (
        "library.migrate._keep_copy",
        no_copy,
        of_old_stores(stores.test_decisions_are_brought_up_to_date_after_a_copy_was_kept),
        (*BREAKS, ValueError),
    ),
]


@pytest.mark.parametrize(("guard", "instead", "check", "ends"), WITHOUT, ids=[name for name, *_ in WITHOUT])
def test_without_its_guard_a_promise_is_broken(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    guard: str,
    instead: object,
    check: Check,
    ends: tuple[type[BaseException], ...],
) -> None:
    monkeypatch.setattr(holder_of(guard), guard.rpartition(".")[2], instead)
    with pytest.raises(ends):
        check(world)


@pytest.mark.parametrize("check", [check for _, _, check, _ in WITHOUT], ids=[name for name, *_ in WITHOUT])
def test_with_its_guard_the_promise_is_kept(world: World, check: Check) -> None:
    check(world)


# Guards of a program in a process of its own: it is run with one of them less.

NO_CHECK = "import dedupe.review.run as run; run.Wishes.check = lambda *told, **named: None"
ALWAYS_YES = "import dedupe.review.run as run; run.agreed = lambda *told, **named: True"
UNSTEADY = "import dedupe.__main__ as program; program.steady_streams = lambda: None"


def program(guardless: str) -> list[str]:
    return ["-c", f"{guardless}; from dedupe.__main__ import main; main()"]


IN_PROCESSES: list[tuple[str, ModuleType, str, Check]] = [
    # Row 24: what nobody meant.
    (
        "no --yes",
        commands,
        NO_CHECK,
        lambda world: commands.test_without_a_terminal_and_without_yes_nothing_is_done(world, "y\n" * 50),
    ),
    (
        "no question",
        commands,
        ALWAYS_YES,
        lambda world: commands.test_on_a_terminal_only_a_clear_yes_is_one(world, "n\r", False),
    ),
    # Row 30: streams that are closed, narrow encodings.
    ("closed streams", streams, UNSTEADY, streams.test_a_file_that_is_opened_never_takes_the_place_of_a_closed_stream),
    (
        "narrow encoding",
        streams,
        UNSTEADY,
        lambda world: streams.test_a_narrow_encoding_costs_a_letter_not_the_command(world, "apply --help", "latin-1"),
    ),
]
PROCESSES = [name for name, *_ in IN_PROCESSES]


@pytest.mark.parametrize(("room", "guardless", "check"), [row[1:] for row in IN_PROCESSES], ids=PROCESSES)
def test_a_program_without_its_guard_breaks_a_promise(
    world: World, monkeypatch: pytest.MonkeyPatch, room: ModuleType, guardless: str, check: Check
) -> None:
    monkeypatch.setattr(room, "PROGRAM", program(guardless))
    with pytest.raises(BREAKS):
        check(world)


@pytest.mark.parametrize(("room", "check"), [(row[1], row[3]) for row in IN_PROCESSES], ids=PROCESSES)
def test_a_program_with_its_guard_keeps_the_promise(
    world: World, monkeypatch: pytest.MonkeyPatch, room: ModuleType, check: Check
) -> None:
    monkeypatch.setattr(room, "PROGRAM", program("pass"))
    check(world)


# Row 15: a decoder that crashes.

SCAN = """
import sys, dedupe
from dedupe import workers
from dedupe.decoding import read
from tests import worker_tasks
real = read.read_photo
read.read_photo = worker_tasks.read_or_die
if sys.argv[1] == "one process":
    def run(pool, task, items):
        read.read_photo = real
        return ((item, task(item)) for item in items)
    workers.WorkerPool.run = run
result = dedupe.scan([sys.argv[2]], dedupe.Settings(store=sys.argv[3], jobs=1))
print([one.kind.name for one in result.skipped])
"""


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize(("how", "code"), [("one process", -signal.SIGSEGV), ("workers", 0)])
def test_without_worker_processes_a_photo_that_kills_its_decoder_takes_the_scan_with_it(
    tmp_path: Path, how: str, code: int
) -> None:
    for side, name in ((60, "a.jpg"), (70, "segfault.jpg")):
        put(tmp_path / "photos", name, encoded(quarters(side, side)))
    told = subprocess.run(
        [sys.executable, "-c", SCAN, how, str(tmp_path / "photos"), str(tmp_path / "store.db")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "DEDUPE_TEST_TRACES": str(tmp_path)},
    )
    assert (told.returncode, "POISON" in told.stdout) == (code, code == 0), told.stderr
