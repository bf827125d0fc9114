"""Guards outside ``dedupe.actions``, or that are no blockers: each one taken away in turn makes the test of its promise fail."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from dedupe.library import migrate
from dedupe.library.decisions import Decision, Who
from tests.library import test_stores_of_0_1_0 as stores
from tests.safety import test_broken_photos as broken
from tests.safety import test_moving as moving
from tests.safety import test_older_journals as older
from tests.safety import test_streams as streams
from tests.safety import test_tampered as tampered
from tests.safety import test_trash as trash
from tests.safety.conftest import World
from tests.safety.test_guards import allow, holder_of

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


def no_copy(path: str, version: int) -> str:
    return path


WITHOUT: list[tuple[str, Callable[..., object], Check, tuple[type[BaseException], ...]]] = [
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
