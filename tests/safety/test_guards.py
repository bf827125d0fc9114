"""The guards guard: each one taken away in turn makes the test of its promise fail (SAFETY.md §5)."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dedupe.actions.planning.plan import companions_of
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.trash import Entry, Trash, _Place
from dedupe.review.choice import keep_instead
from tests.review import (
    made,
)
from tests.review import (
    test_state as review,
)
from tests.safety import (
    test_changed_files as changed,
)
from tests.safety import (
    test_counts as counts,
)
from tests.safety import (
    test_crashes as crashes,
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


def yes(*arguments: object) -> bool:
    """What stands in the place of a question whose no protects something."""
    return True


def forgery(name: str) -> Check:
    return lambda world: forged.test_a_forged_plan_moves_nothing(world, name)


def alone(check: Callable[[], None]) -> Check:
    """A check that needs no world."""
    return lambda world: check()


def patched(check: Callable[[World, pytest.MonkeyPatch], None]) -> Check:
    """A check that patches something itself."""

    def run(world: World) -> None:
        with pytest.MonkeyPatch.context() as patch:
            check(world, patch)

    return run


def shared_stays(why: str) -> Check:
    return lambda world: units.test_a_sidecar_stays_while_any_photo_that_shares_it_did_not_leave_in_the_run(
        world, "old/i.heic", why
    )


def put_over(disk: Disk, source: str, claim: str) -> None:
    os.replace(source, claim)


def somewhere(trash: Trash, path: str, status: os.stat_result) -> Entry:
    return Entry(path, path)


def any_place(path: str) -> list[_Place]:
    base = path.partition("/photos/")[0]
    return [_Place(f"{base}/notes", "")]


# Guards that are called blockers, below dedupe.actions.
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
    ("plan.relation_blocker", links.test_a_similar_photo_is_not_even_planned),
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
    ("undo.back_blocker", lambda world: counts.test_what_undo_put_back_is_counted_from_the_disk(world, "vanished")),
    ("undo.run_blocker", forged.test_undo_with_its_root_gone_touches_nothing),
    ("trash.Trash.blocker", trash.test_a_name_too_long_for_its_record_is_refused),
]


# Guards that are not called blockers: where, what stands in their place, and the test that needs them.
OTHERS: list[tuple[str, Callable[..., object], Check]] = [
    ("actions.apply.without_shared", lambda action, terms, gone: action, shared_stays("changed")),
    ("actions.apply.without_shared", lambda action, terms, gone: action, shared_stays("locked")),
    ("actions.plan._Drafter._leaving", lambda drafter, photo: companions_of(photo), shared_stays("not selected")),
    (
        "actions.beside.Beside.owners",
        lambda beside, path: frozenset(),
        lambda world: units.test_a_companion_of_a_photo_that_is_in_no_group_stays(
            world, "IMG_1.jpg", "IMG_1-edited.jpg", "IMG_1.jpg.json"
        ),
    ),
    (
        "actions.checks._wait_for_the_clock",
        allow,
        patched(changed.test_a_photo_just_written_is_read_only_after_the_clock_has_ticked),
    ),
    ("actions.checks.check_equal", allow, changed.test_identical_means_the_same_bytes_not_the_same_hash),
    ("actions.move.Mover._look_again", allow, changed.test_another_file_swapped_in_after_the_check_stays),
    (
        "actions.move.Mover._look_for_keepers",
        allow,
        lambda world: changed.test_where_the_photo_that_stays_goes_with_the_other_that_one_comes_back(world, "move"),
    ),
    (
        "actions.settle.Settler._is_kept",
        yes,
        changed.test_a_crash_after_the_photo_that_stays_went_brings_the_other_back,
    ),
    ("actions.settle.Settler._holds", yes, crashes.test_a_lost_file_is_left_to_a_person_and_nothing_else_is_touched),
    ("actions.settle.Settler._missing_folder", allow, crashes.test_a_disk_that_is_out_is_waited_for),
    (
        "actions.place.remove_claim",
        lambda disk, target, identity: disk.unlink(target),
        moving.test_a_placeholder_that_somebody_wrote_into_is_theirs,
    ),
    (
        "actions.place._drop_old_name",
        lambda disk, source, target: disk.unlink(source),
        moving.test_another_file_that_takes_the_old_name_in_the_last_instant_stays,
    ),
    ("actions.disk.Disk.replace_claim", put_over, moving.test_a_placeholder_that_somebody_wrote_into_is_theirs),
    (
        "actions.trash.Trash._is_same",
        lambda *arguments: False,
        counts.test_a_trash_that_does_nothing_is_reported_as_failed,
    ),
    ("actions.trash.Trash._entry_of", somewhere, counts.test_a_trash_that_deletes_stops_the_run_at_the_first_photo),
    (
        "actions.trash._check_environment",
        allow,
        patched(trash.test_an_environment_that_changed_since_the_import_refuses),
    ),
    ("actions.trash._names_folder_of", yes, forged.test_the_record_of_another_folders_file_stays_in_the_trash),
    (
        "actions.trash.Trash._let_it_be_filled",
        allow,
        patched(trash.test_a_record_that_another_program_is_just_filling_after_a_crash_stays),
    ),
    (
        "actions.trash.Trash._stands",
        lambda *arguments: False,
        trash.test_an_empty_record_that_stood_there_before_a_crash_is_another_programs,
    ),
    (
        "actions.trash._places",
        any_place,
        lambda world: trash.test_a_forged_record_is_not_swept(world, "{base}/notes/info/a.jpg.trashinfo"),
    ),
    (
        "actions.journal.Journal.entries_of_others",
        lambda *arguments: set(),
        trash.test_recovery_does_not_take_an_earlier_runs_file_for_one_that_was_lost,
    ),
    (
        "actions.undo._Undoer._is_back",
        lambda *arguments: False,
        forged.test_a_photo_that_somebody_already_put_back_counts_as_back,
    ),
    ("actions.apply.is_plain", yes, forgery("dots")),
    ("actions.lock._still_holds", lambda *arguments: False, two.test_a_holder_on_another_machine_is_respected),
    ("actions.lock._try_lock", yes, two.test_a_second_one_refuses_and_names_the_first),
    (
        "review.state.pinned",
        lambda photo: "",
        alone(lambda: review.test_a_pinned_photo_cannot_be_selected_by_any_key({"protected": True})),
    ),
    (
        "review.choice._held",
        lambda extra: extra,
        alone(review.test_a_pinned_photo_that_was_to_stay_is_not_let_go_by_another_keeper),
    ),
    (
        "review.state.keep_instead",
        lambda group, choice, place, verify: keep_instead(group, choice, place, lambda keep, photo: made.extra(photo)),
        alone(review.test_what_is_not_proven_against_the_new_keeper_cannot_be_selected),
    ),
    (
        "review.choice._group",
        lambda group, choice: replace(group, keep=choice.stays),
        alone(review.test_nothing_goes_of_a_group_that_nobody_accepted),
    ),
    (
        "review.choice.Choice.needs_no_look",
        property(yes),
        alone(review.test_accepting_the_rest_lets_nothing_go_that_was_not_suggested_and_safe),
    ),
    (
        "review.choice.unproven",
        lambda *arguments: 0,
        alone(review.test_accepted_photos_without_their_proof_are_counted_and_stay),
    ),
]


ALL = [*((f"actions.{name}".replace(".__init__", ""), allow, check) for name, check in GUARDS), *OTHERS]


def holder_of(name: str) -> Any:
    """The module or class below dedupe in which the guard of that name is looked up. (``actions`` has functions that are
    named like its modules.)"""
    steps = name.split(".")[:-1]
    holder: Any = importlib.import_module(".".join(["dedupe", *steps[:2]]))
    for step in steps[2:]:
        holder = getattr(holder, step)
    return holder


@pytest.mark.parametrize(("guard", "instead", "check"), ALL, ids=[name for name, _, _ in ALL])
def test_without_its_guard_a_promise_is_broken(
    world: World, monkeypatch: pytest.MonkeyPatch, guard: str, instead: object, check: Check
) -> None:
    monkeypatch.setattr(holder_of(guard), guard.rpartition(".")[2], instead)
    with pytest.raises((AssertionError, pytest.fail.Exception, FileNotFoundError)):
        check(world)


@pytest.mark.parametrize("check", [check for _, _, check in ALL], ids=[name for name, _, _ in ALL])
def test_with_its_guard_the_promise_is_kept(world: World, check: Check) -> None:
    check(world)


def test_without_the_refusing_rename_a_photo_is_overwritten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Disk, "rename", lambda self, source, target: os.replace(source, target))
    plain = moving.SHAPES[0]
    with pytest.raises((AssertionError, pytest.fail.Exception, ValueError)):
        moving.test_a_name_taken_in_the_last_instant_is_not_overwritten(world, moving.a_file, plain)


def test_without_no_follow_a_link_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "O_NOFOLLOW", 0)
    monkeypatch.setattr("dedupe.actions.planning.checks.stamp_blocker", allow)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        links.test_a_link_swapped_in_between_look_and_open_is_not_followed(world)


def test_every_guard_is_taken_away_once() -> None:
    """A new guard (a function that ends in ``blocker``) needs a line above."""
    import ast

    folder = Path(__file__).parents[2] / "dedupe" / "actions"
    defined = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.endswith("blocker"):
                defined.add((".".join(path.relative_to(folder.parents[1]).with_suffix("").parts), node.name))
    taken = [getattr(holder_of(name), name.rpartition(".")[2]) for name, _, _ in ALL if name.endswith("blocker")]
    tested = {(guard.__module__, guard.__name__) for guard in taken}
    # These two gather others; windows_blocker is asked directly in test_trash.py.
    rest = {
        ("execution.apply", "plan_blocker"),
        ("platform.trash", "_linux_blocker"),
        ("platform.trash", "windows_blocker"),
    }
    assert defined - tested == {(f"dedupe.actions.{module}", name) for module, name in rest}
