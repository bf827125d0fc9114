"""The guards guard: each one taken away in turn makes the test of its promise fail (SAFETY.md §5)."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dedupe.actions import lock
from dedupe.actions.disk import Disk
from tests.safety import (
    test_changed_files as changed,
)
from tests.safety import (
    test_counts as counts,
)
from tests.safety import (
    test_forged as forged,
)
from tests.safety import (
    test_intent as intent,
)
from tests.safety import (
    test_links_act as links,
)
from tests.safety import (
    test_moving as moving,
)
from tests.safety import (
    test_trash as trash,
)
from tests.safety import (
    test_two_at_once as two,
)
from tests.safety import (
    test_units_act as units,
)
from tests.safety.conftest import World

Check = Callable[[World], object]


def allow(*arguments: object, **named: object) -> None:
    """What stands in a guard's place: no reason against anything."""


def forgery(name: str) -> Check:
    return lambda world: forged.test_a_forged_plan_moves_nothing(world, name)


GUARDS: list[tuple[str, Check]] = [
    ("checks.stamp_blocker", changed.test_same_bytes_in_another_file_are_not_what_was_scanned),
    ("checks.content_blocker", changed.test_an_edit_with_its_time_set_back_is_seen_by_its_content),
    ("checks.content_blocker", changed.test_a_changed_keeper_is_named_as_the_reason),
    ("checks.quiet_blocker", lambda world: changed.test_a_photo_written_to_while_it_is_read_is_left_alone(world, 1)),
    ("checks.bytes_blocker", changed.test_identical_means_the_same_bytes_not_the_same_hash),
    ("checks.same_file_blocker", changed.test_a_photo_never_leaves_in_favour_of_itself),
    (
        "checks.links_blocker",
        lambda world: links.test_a_hard_linked_extra_with_a_name_elsewhere_stays(world, trash=False),
    ),
    ("move.still_blocker", changed.test_another_file_swapped_in_after_the_check_stays),
    ("place.still_blocker", moving.test_a_source_edited_while_it_is_copied_stays_as_edited),
    ("place.copy_blocker", moving.test_a_copy_with_one_wrong_bit_is_removed_and_the_run_stops),
    ("move.folder_blocker", links.test_a_link_among_the_folders_of_the_target_is_not_followed),
    ("move.folder_blocker", forged.test_a_link_swapped_in_right_before_the_restoring_is_not_followed),
    ("apply.relation_blocker", links.test_a_similar_photo_is_never_planned_nor_moved),
    (
        "plan.protected_blocker",
        lambda world: links.test_protected_and_reference_folders_give_nothing_away(world, "protected"),
    ),
    ("beside.Beside.unseen_blocker", units.test_a_companion_that_comes_after_the_plan_holds_its_photo_back),
    ("apply.shared_blocker", units.test_a_photo_that_comes_after_the_plan_and_shares_a_sidecar_holds_the_unit_back),
    ("plan.half_blocker", units.test_a_raw_is_not_given_up_for_a_jpeg_alone),
    ("plan.companion_blocker", units.test_another_video_of_the_same_size_is_no_equal),
    ("apply.path_blocker", forgery("outside")),
    ("apply.path_blocker", forgery("dots")),
    (
        "apply.way_blocker",
        lambda world: links.test_a_folder_that_became_a_link_after_the_scan_is_not_followed(world, "old", inside=False),
    ),
    ("apply.target_blocker", forgery("target outside")),
    ("apply.target_blocker", forgery("another kind")),
    ("apply.keeper_blocker", changed.test_a_keeper_that_is_to_leave_by_another_group_keeps_its_extra),
    ("apply.arrival_blocker", counts.test_a_file_that_came_back_before_the_count_is_not_counted),
    ("preflight.roots_blocker", intent.test_an_empty_mount_point_is_not_the_same_as_deleted_photos),
    ("preflight.folder_blocker", intent.test_a_file_is_no_target),
    ("preflight.place_blocker", lambda world: intent.test_a_hidden_folder_is_no_target(world, ".hidden")),
    ("preflight.root_blocker", intent.test_a_scanned_folder_is_no_target),
    (
        "preflight.keeper_blocker",
        lambda world: intent.test_a_folder_that_holds_photos_of_the_plan_is_no_target(world, "old"),
    ),
    ("preflight.crowd_blocker", intent.test_a_folder_in_the_root_with_photos_of_its_own_is_no_target),
    ("preflight.space_blocker", moving.test_too_little_room_on_the_other_disk_refuses_the_whole),
    ("__init__.drop_blocker", lambda world: intent.test_more_than_max_drop_is_refused_as_a_whole(world, "9")),
    (
        "undo.restore_blocker",
        lambda world: forged.test_undo_restores_only_below_the_recorded_roots(world, "{base}/escaped.jpg"),
    ),
    ("undo.restore_blocker", forged.test_undo_does_not_follow_a_link_that_took_a_folders_place),
    ("undo.place_blocker", lambda world: forged.test_undo_takes_only_from_where_it_put(world, "{base}/secret.jpg")),
    ("undo.place_blocker", forged.test_undo_takes_only_from_a_trash_that_has_a_record_of_it),
    (
        "settle.unit_blocker",
        lambda world: forged.test_recovery_removes_no_partial_copy_that_is_not_named_as_one(world, "only.jpg"),
    ),
    (
        "trusted._ends_blocker",
        lambda world: forged.test_recovery_removes_and_moves_nothing_that_a_forged_row_names(
            world, "source", undone=False, trash=False
        ),
    ),
    (
        "trusted._partial_blocker",
        lambda world: forged.test_recovery_removes_no_partial_copy_that_is_not_named_as_one(world, "only.jpg"),
    ),
    (
        "undo.moved_blocker",
        lambda world: forged.test_what_changed_since_it_was_moved_stays_where_it_is(world, os.utime, trash=False),
    ),
    ("undo.run_blocker", forged.test_undo_with_its_root_gone_touches_nothing),
    ("trash.Trash.blocker", trash.test_a_name_too_long_for_its_record_is_refused),
]


@pytest.mark.parametrize(("guard", "check"), GUARDS, ids=[guard for guard, _ in GUARDS])
def test_without_its_guard_a_promise_is_broken(
    world: World, monkeypatch: pytest.MonkeyPatch, guard: str, check: Check
) -> None:
    module, *names, guarded = guard.split(".")
    owner: object = importlib.import_module("dedupe.actions" if module == "__init__" else f"dedupe.actions.{module}")
    for name in names:
        owner = getattr(owner, name)
    monkeypatch.setattr(owner, guarded, allow)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(world)


@pytest.mark.parametrize("check", [check for _, check in GUARDS], ids=[guard for guard, _ in GUARDS])
def test_with_its_guard_the_promise_is_kept(world: World, check: Check) -> None:
    check(world)


def test_without_the_refusing_rename_a_photo_is_overwritten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Disk, "rename", lambda self, source, target: os.replace(source, target))
    plain = moving.SHAPES[0]
    with pytest.raises((AssertionError, pytest.fail.Exception, ValueError)):
        moving.test_a_name_taken_in_the_last_instant_is_not_overwritten(world, moving.a_file, plain)


def test_without_no_follow_a_link_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "O_NOFOLLOW", 0)
    monkeypatch.setattr("dedupe.actions.checks.stamp_blocker", allow)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        links.test_a_link_swapped_in_between_look_and_open_is_not_followed(world)


def test_without_the_lock_two_act_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_try_lock", lambda handle, path: True)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        two.test_a_second_one_refuses_and_names_the_first(world)


def test_without_the_written_holder_another_machine_is_not_respected(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_still_holds", lambda holder, kernel_lock: False)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        two.test_a_holder_on_another_machine_is_respected(world)


def test_every_guard_is_taken_away_once() -> None:
    """A new guard (a function that ends in ``blocker``) needs a line above."""
    import ast

    folder = Path(__file__).parents[2] / "dedupe" / "actions"
    defined = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.endswith("blocker"):
                defined.add(node.name)
    tested = {guard.rpartition(".")[2] for guard, _ in GUARDS}
    # plan_blocker and _linux_blocker gather others; windows_blocker is asked directly in test_trash.py.
    assert defined - tested == {"plan_blocker", "_linux_blocker", "windows_blocker"}
