"""The guards guard: each one taken away in turn makes the test of its promise fail."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dedupe.actions.execution.reconcile import Where
from dedupe.actions.planning.plan import _Drafter, companions_of
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.freedesktop import Place
from dedupe.actions.platform.trash import Entry, Trash
from dedupe.formats.hashing import LEGACY, digest
from dedupe.grouping.doubts import Doubts
from dedupe.grouping.membership import lies_on
from dedupe.library import carry
from dedupe.library.decisions import Decisions
from dedupe.loss import LossCode
from dedupe.review.choice import keep_instead
from dedupe.types import Change, FileMove, Photo
from tests.actions.execution import (
    test_links as linking,
)
from tests.actions.execution import (
    test_sidecars as sidecars,
)
from tests.cli import (
    test_plan as plans,
)
from tests.cli.made import Scanned
from tests.grouping import (
    test_group as grouping,
)
from tests.library import (
    test_carry as carrying,
)
from tests.rescue import (
    test_offers as offers,
)
from tests.review import (
    made,
)
from tests.review import (
    test_doubts as doubts,
)
from tests.review import (
    test_state as review,
)
from tests.review import (
    test_versions as versions,
)
from tests.safety import (
    test_aliases as aliases,
)
from tests.safety import (
    test_assets_act as assets,
)
from tests.safety import (
    test_changed_files as changed,
)
from tests.safety import (
    test_counts as counts,
)
from tests.safety import (
    test_crafted as crafted,
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
    test_remarks as remarked,
)
from tests.safety import (
    test_shots as shots,
)
from tests.safety import (
    test_trash as trash,
)
from tests.safety import (
    test_two_at_once as two,
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
    return lambda world: assets.test_a_sidecar_stays_while_any_photo_that_shares_it_did_not_leave_in_the_run(
        world, "old/i.heic", why
    )


def beside(check: Callable[[sidecars.Tree], None]) -> Check:
    """A check on a photo whose copy says something that it does not."""

    def run(world: World) -> None:
        tree = sidecars.Tree(world.base / "speaking")
        sidecars.picture(tree.keep)
        check(tree)

    return run


def among_links(check: Callable[[Path, Path], None]) -> Check:
    """A check on photos that are to become links."""
    return lambda world: check(linking.a_tree(world.base / "linked" / "photos"), world.base / "linked")


def without(name: str) -> Callable[..., dict[str, FileMove]]:
    """What stays of the keeper's asset, but for the file of this name."""
    staying = _Drafter._staying

    def instead(drafter: _Drafter, photo: Photo, keep: Photo) -> dict[str, FileMove]:
        return {path: move for path, move in staying(drafter, photo, keep).items() if not path.endswith(name)}

    return instead


def carried_over(world: World, change: dict[str, object]) -> None:
    """A decision on two assets, and a scan that finds another file beside one of them."""
    with Decisions(str(world.base / "decisions.db")) as memory:
        carrying.test_a_photo_beside_which_another_edit_or_sidecar_lies_is_to_be_looked_at_again(
            memory, "what goes", change
        )


class AnyKey:
    """What stands in the place of a content key that is looked at once more: it equals every key."""

    def __init__(self, *arguments: object) -> None:
        pass

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def put_over(disk: Disk, source: str, claim: str) -> None:
    os.replace(source, claim)


def somewhere(trash: Trash, path: str, status: os.stat_result, record: str | None) -> Entry:
    return Entry(path, path)


def any_place(path: str) -> list[Place]:
    base = path.partition("/photos/")[0]
    return [Place(f"{base}/notes", "")]


# Guards that are called blockers, below dedupe.actions.
GUARDS: list[tuple[str, Check]] = [
    ("planning.checks.stamp_blocker", changed.test_same_bytes_in_another_file_are_not_what_was_scanned),
    ("planning.checks.content_blocker", changed.test_an_edit_with_its_time_set_back_is_seen_by_its_content),
    ("planning.checks.content_blocker", changed.test_a_changed_keeper_is_named_as_the_reason),
    (
        "planning.checks.quiet_blocker",
        lambda world: changed.test_a_photo_written_to_while_it_is_read_is_left_alone(world, 1),
    ),
    (
        "planning.checks.attributes_blocker",
        lambda world: changed.test_a_photo_that_was_tagged_since_the_scan_stays(world, 1, ""),
    ),
    ("planning.checks.bytes_blocker", changed.test_identical_means_the_same_bytes_not_the_same_hash),
    (
        "execution.checker.picture_blocker",
        crafted.test_a_jpeg_of_another_stream_is_not_the_same_picture_whatever_its_key,
    ),
    (
        "execution.checker.picture_blocker",
        lambda world: crafted.test_a_forged_key_lets_no_other_picture_go(world, "PNG", "TIFF"),
    ),
    ("planning.checks.same_file_blocker", changed.test_a_photo_never_leaves_in_favour_of_itself),
    (
        "planning.checks.links_blocker",
        lambda world: links.test_a_hard_linked_extra_with_a_name_elsewhere_stays(world, trash=False),
    ),
    ("execution.move.still_blocker", changed.test_another_file_swapped_in_after_the_check_stays),
    ("execution.place.still_blocker", moving.test_a_source_edited_while_it_is_copied_stays_as_edited),
    ("execution.place.copy_blocker", moving.test_a_copy_with_one_wrong_bit_is_removed_and_the_run_stops),
    (
        "execution.place.aside_blocker",
        lambda world: moving.test_a_file_saved_under_the_old_name_in_the_last_instant_stays(
            world, "before it is set aside"
        ),
    ),
    (
        "execution.move.gone_blocker",
        lambda world: aliases.test_a_photo_seen_through_a_pool_of_its_own_disk_stays(world, "copy", weak=True),
    ),
    (
        "execution.apply.seen_twice_blocker",
        lambda world: aliases.test_a_photo_seen_through_a_pool_of_its_own_disk_stays(world, "move", weak=True),
    ),
    (
        "journal.access.lease_blocker",
        lambda world: two.test_the_lease_of_another_machine_holds_until_it_was_silent_for_an_hour(
            world, 0.0, holds=True
        ),
    ),
    (
        "platform.lock.foreign_blocker",
        lambda world: two.test_a_lock_that_is_a_photo_is_left_as_it_is(world, "user", "photo"),
    ),
    (
        "platform.lock.foreign_blocker",
        lambda world: two.test_a_lock_that_is_a_photo_is_left_as_it_is(world, "journal", "hard link"),
    ),
    (
        "execution.linking.link_blocker",
        among_links(linking.test_a_protected_photo_and_one_with_several_names_are_refused),
    ),
    ("execution.linking.attributes_blocker", among_links(linking.test_tags_that_only_the_copy_has_are_not_lost)),
    ("journal.validate._stand_in_blocker", forged.test_recovery_removes_no_stand_in_that_is_not_named_as_one),
    ("execution.move.folder_blocker", links.test_a_link_among_the_folders_of_the_target_is_not_followed),
    ("execution.move.folder_blocker", forged.test_a_link_swapped_in_right_before_the_restoring_is_not_followed),
    ("planning.plan.relation_blocker", links.test_a_similar_photo_is_not_even_planned),
    ("execution.guards.relation_blocker", links.test_a_similar_photo_is_never_planned_nor_moved),
    (
        "execution.guards.relation_blocker",
        lambda world: shots.test_no_shot_leaves_that_a_persons_word_does_not_name(world, "another shot goes"),
    ),
    (
        "planning.plan.protected_blocker",
        lambda world: links.test_protected_and_reference_folders_give_nothing_away(world, "protected"),
    ),
    (
        "planning.siblings.Siblings.unseen_blocker",
        assets.test_a_companion_that_comes_after_the_plan_holds_its_photo_back,
    ),
    (
        "execution.checker.shared_blocker",
        assets.test_a_photo_that_comes_after_the_plan_and_shares_a_sidecar_holds_the_asset_back,
    ),
    (
        "planning.plan._Drafter._keeper_blocker",
        links.test_a_chain_of_groups_is_refused_where_a_keeper_would_leave,
    ),
    ("planning.plan.member_blocker", assets.test_a_raw_is_not_given_up_for_a_jpeg_alone),
    ("planning.plan.companion_blocker", assets.test_another_video_of_the_same_size_is_no_equal),
    ("execution.guards.path_blocker", forgery("outside")),
    ("execution.guards.path_blocker", forgery("dots")),
    (
        "execution.checker.way_blocker",
        lambda world: links.test_a_folder_that_became_a_link_after_the_scan_is_not_followed(world, "old", inside=False),
    ),
    ("execution.guards.target_blocker", forgery("target outside")),
    ("execution.guards.target_blocker", forgery("another kind")),
    ("execution.guards.keeper_blocker", changed.test_a_keeper_that_is_to_leave_by_another_group_keeps_its_extra),
    ("execution.apply.arrival_blocker", counts.test_a_file_that_came_back_before_the_count_is_not_counted),
    ("planning.preflight.roots_blocker", intent.test_an_empty_mount_point_is_not_the_same_as_deleted_photos),
    ("planning.preflight.folder_blocker", intent.test_a_file_is_no_target),
    (
        "planning.preflight.length_blocker",
        lambda world: moving.test_a_target_with_too_long_a_name_is_refused_by_its_name(world, 1),
    ),
    ("planning.preflight.place_blocker", lambda world: intent.test_a_hidden_folder_is_no_target(world, ".hidden")),
    ("planning.preflight.root_blocker", intent.test_a_scanned_folder_is_no_target),
    (
        "planning.preflight.keeper_blocker",
        lambda world: intent.test_a_folder_that_holds_photos_of_the_plan_is_no_target(world, "old"),
    ),
    ("planning.preflight.crowd_blocker", intent.test_a_folder_in_the_root_with_photos_of_its_own_is_no_target),
    ("planning.preflight.space_blocker", moving.test_too_little_room_on_the_other_disk_refuses_the_whole),
    ("__init__.drop_blocker", lambda world: intent.test_more_than_max_drop_is_refused_as_a_whole(world, "9")),
    (
        "execution.undo.restore_blocker",
        lambda world: forged.test_undo_restores_only_below_the_recorded_roots(world, "{base}/escaped.jpg"),
    ),
    ("execution.undo.restore_blocker", forged.test_undo_does_not_follow_a_link_that_took_a_folders_place),
    (
        "execution.undo.place_blocker",
        lambda world: forged.test_undo_takes_only_from_where_it_put(world, "{base}/secret.jpg"),
    ),
    ("execution.undo.place_blocker", forged.test_undo_takes_only_from_a_trash_that_has_a_record_of_it),
    (
        "execution.reconcile.asset_blocker",
        lambda world: forged.test_recovery_removes_no_partial_copy_that_is_not_named_as_one(world, "only.jpg"),
    ),
    (
        "journal.validate._ends_blocker",
        lambda world: forged.test_recovery_removes_and_moves_nothing_that_a_forged_row_names(
            world, "source", undone=False, trash=False
        ),
    ),
    (
        "journal.validate._partial_blocker",
        lambda world: forged.test_recovery_removes_no_partial_copy_that_is_not_named_as_one(world, "only.jpg"),
    ),
    (
        "execution.undo.moved_blocker",
        lambda world: forged.test_what_changed_since_it_was_moved_stays_where_it_is(world, os.utime, trash=False),
    ),
    (
        "execution.undo.back_blocker",
        lambda world: counts.test_what_undo_put_back_is_counted_from_the_disk(world, "vanished"),
    ),
    (
        "execution.undo.sidecar_blocker",
        lambda world: forged.test_a_photo_is_never_taken_back_as_a_sidecar_that_a_run_wrote(world, "done", None),
    ),
    (
        "journal.validate.sidecar_blocker",
        lambda world: forged.test_a_photo_is_never_taken_back_as_a_sidecar_that_a_run_wrote(world, "begun", b"<xmp/>"),
    ),
    (
        "execution.sidecars.path_blocker",
        lambda world: forged.test_a_sidecar_is_written_only_below_the_scanned_folders(world, "{base}/elsewhere"),
    ),
    ("execution.undo.run_blocker", forged.test_undo_with_its_root_gone_touches_nothing),
    ("execution.recover.made_blocker", forged.test_no_folder_is_removed_that_no_run_made),
    (
        "execution.sidecars.exchanged_blocker",
        beside(sidecars.test_a_sidecar_that_is_edited_in_the_last_instant_stays_as_edited_and_so_does_the_copy),
    ),
    ("platform.trash.Trash.blocker", trash.test_a_name_too_long_for_its_record_is_refused),
]


# Guards that are not called blockers: where, what stands in their place, and the test that needs them.
OTHERS: list[tuple[str, Callable[..., object] | None, Check]] = [
    (
        "decoding.content_key.digest",
        lambda data: digest(data, LEGACY + bytes(16)),
        alone(crafted.test_the_key_of_a_crafted_picture_is_its_own),
    ),
    (
        "actions.execution.sidecars.Sidecars.take_back",
        allow,
        beside(lambda tree: sidecars.test_the_sidecar_is_taken_back_where_the_copy_cannot_leave(tree, there=True)),
    ),
    (
        "actions.execution.sidecars.key_at",
        AnyKey,
        beside(sidecars.test_a_sidecar_that_is_edited_in_the_last_instant_of_undo_stays_as_edited),
    ),
    (
        "actions.execution.undo.NEEDED",
        None,
        beside(sidecars.test_the_sidecar_stays_at_undo_while_a_copy_that_it_speaks_for_is_not_back),
    ),
    ("rescue.draft._prove", allow, beside(sidecars.test_a_copy_that_would_still_lose_something_stays)),
    (
        "actions.execution.checker.claimed",
        lambda action, victims, keepers, relation: [(victims[0], keepers[0])] if action.relation is relation else [],
        crafted.test_a_forged_key_of_an_edit_beside_the_photo_lets_it_not_go,
    ),
    ("actions.execution.apply.without_shared", lambda action, terms, gone: action, shared_stays("changed")),
    ("actions.execution.apply.without_shared", lambda action, terms, gone: action, shared_stays("locked")),
    (
        "actions.planning.plan._Drafter._leaving",
        lambda drafter, photo: companions_of(photo),
        shared_stays("not selected"),
    ),
    (
        "actions.planning.plan._Drafter._staying",
        without("keep/a-e.jpg"),
        lambda world: assets.test_a_photo_stays_where_a_picture_or_sidecar_beside_the_other_is_not_as_it_was(
            world, "keep/a-e.jpg", "after the plan", "changed"
        ),
    ),
    (
        "actions.planning.plan._Drafter._staying",
        without("keep/a.xmp"),
        lambda world: assets.test_a_photo_stays_where_a_picture_or_sidecar_beside_the_other_is_not_as_it_was(
            world, "keep/a.xmp", "after the scan", "gone"
        ),
    ),
    (
        "actions.planning.plan._Drafter._staying",
        without("keep/a.xmp"),
        lambda world: assets.test_a_photo_stays_where_the_equal_of_its_unreadable_sidecar_is_not_as_it_was(
            world, "gone"
        ),
    ),
    (
        "rescue.offer._beyond_words",
        lambda extra, keep: set(),
        lambda world: offers.test_what_is_no_metadata_is_not_made_up_for_by_a_sidecar(world.base, LossCode.RESOLUTION),
    ),
    (
        "actions.planning.siblings.Siblings.remarks_blocker",
        lambda siblings, photo: None,
        lambda world: remarked.test_a_photo_stays_where_a_list_of_its_folder_says_something_new_of_it(world, "a star"),
    ),
    (
        "actions.planning.plan.stand_in_of",
        lambda photo, keep: keep,
        assets.test_a_raw_alone_goes_for_the_same_raw_beside_its_jpeg,
    ),
    (
        "grouping.membership._replaces",
        yes,
        alone(lambda: grouping.test_an_edit_stays_where_the_edit_beside_the_other_original_holds_less({"width": 5000})),
    ),
    (
        "grouping.membership._is_as_good",
        yes,
        alone(lambda: grouping.test_an_edit_stays_where_it_is_in_doubt_that_the_other_edit_is_as_good("remark")),
    ),
    (
        "grouping.doubts.doubts_of",
        lambda result: Doubts(),
        lambda world: doubts.test_of_two_of_which_one_is_damaged_neither_is_selected_where_the_other_is_chosen_to_stay(
            world.base
        ),
    ),
    (
        "grouping.doubts.Doubts.concern",
        lambda *arguments: False,
        alone(
            lambda: doubts.test_a_copy_that_the_scan_had_doubts_of_is_proven_and_not_selected(
                Doubts(frozenset((doubts.ONE.path,))), doubts.FITS_ANOTHER
            )
        ),
    ),
    (
        "grouping.extras.Extras._lies_on",
        lambda extras, asset, keep: lies_on(asset, keep, extras.versions.known),
        alone(
            lambda: grouping.test_where_edits_are_selected_too_nothing_goes_for_a_photo_that_it_may_not_go_for(
                "a copy of the edit"
            )
        ),
    ),
    (
        "grouping.extras.distance_to_camera",
        lambda photo: 0,
        alone(
            lambda: (
                grouping.test_a_resave_that_may_hold_more_goes_only_where_what_stays_is_as_good_and_as_near_to_the_camera(
                    {}, {"camera": "Acme"}, False, Change.UNTOLD
                )
            )
        ),
    ),
    (
        "grouping.extras._is_as_good",
        yes,
        alone(
            lambda: (
                grouping.test_a_resave_that_may_hold_more_goes_only_where_what_stays_is_as_good_and_as_near_to_the_camera(
                    {}, {"quality": 91}, False, Change.PROFILE
                )
            )
        ),
    ),
    (
        "library.carry._same_asset",
        carry._same_bytes,
        lambda world: carried_over(world, {"edit": b"another 12345678"}),
    ),
    (
        "grouping.membership._lacks_raw",
        lambda picture, part, fit: (),
        alone(grouping.test_a_raw_goes_for_the_same_sensor_data_and_not_for_a_raw_whose_preview_alone_agrees),
    ),
    (
        "actions.planning.siblings.Siblings.owners",
        lambda siblings, path: frozenset(),
        lambda world: assets.test_a_companion_of_a_photo_that_is_in_no_group_stays(
            world, "IMG_1.jpg", "IMG_1-edited.jpg", "IMG_1.jpg.json"
        ),
    ),
    (
        "actions.planning.checks._wait_for_the_clock",
        allow,
        patched(changed.test_a_photo_just_written_is_read_only_after_the_clock_has_ticked),
    ),
    ("actions.planning.checks.check_equal", allow, changed.test_identical_means_the_same_bytes_not_the_same_hash),
    ("actions.execution.move.Mover._look_again", allow, changed.test_another_file_swapped_in_after_the_check_stays),
    (
        "actions.execution.move.Mover._look_for_keepers",
        allow,
        lambda world: changed.test_where_the_photo_that_stays_goes_with_the_other_that_one_comes_back(world, "move"),
    ),
    (
        "actions.execution.move.far_apart",
        lambda *arguments: False,
        lambda world: aliases.test_a_photo_seen_through_a_pool_of_its_own_disk_stays(world, "move", weak=False),
    ),
    (
        "actions.execution.move.drop_aside",
        lambda disk, aside: disk.unlink(aside.path),
        moving.test_what_is_written_into_a_photo_on_its_way_out_is_kept,
    ),
    (
        "actions.execution.reconcile.Reconciler._return_aside",
        allow,
        aliases.test_a_crash_in_the_middle_does_not_let_the_only_copy_go,
    ),
    (
        "actions.execution.reconcile.Reconciler._is_kept",
        yes,
        changed.test_a_crash_after_the_photo_that_stays_went_brings_the_other_back,
    ),
    (
        "actions.execution.reconcile.Reconciler._holds",
        yes,
        crashes.test_a_lost_file_is_left_to_a_person_and_nothing_else_is_touched,
    ),
    (
        "actions.execution.reconcile.Reconciler._sync_targets",
        allow,
        crashes.test_recovery_has_the_copys_name_on_the_disk_before_the_original_goes,
    ),
    (
        "actions.execution.reconcile.Reconciler._locate_both",
        lambda reconciler, file, source, target: Where.BOTH,
        crashes.test_where_a_volume_gives_one_number_to_two_files_the_bytes_say_which_is_ours,
    ),
    ("actions.execution.reconcile.Reconciler._missing_folder", allow, crashes.test_a_disk_that_is_out_is_waited_for),
    (
        "actions.platform.exclusive.remove_claim",
        lambda disk, target, identity: disk.unlink(target),
        moving.test_a_placeholder_that_somebody_wrote_into_is_theirs,
    ),
    (
        "actions.platform.exclusive.drop_old_name",
        lambda disk, source, target: disk.unlink(source),
        moving.test_another_file_that_takes_the_old_name_in_the_last_instant_stays,
    ),
    (
        "actions.platform.disk.Disk.replace_claim",
        put_over,
        moving.test_a_placeholder_that_somebody_wrote_into_is_theirs,
    ),
    (
        "actions.platform.trash.Trash._is_same",
        lambda *arguments: False,
        counts.test_a_trash_that_does_nothing_is_reported_as_failed,
    ),
    (
        "actions.platform.trash.Trash._entry_of",
        somewhere,
        counts.test_a_trash_that_deletes_stops_the_run_at_the_first_photo,
    ),
    ("actions.platform.trash.names_folder_of", yes, forged.test_the_record_of_another_folders_file_stays_in_the_trash),
    (
        "actions.platform.trash.Trash._let_it_be_filled",
        allow,
        patched(trash.test_a_record_that_another_program_is_just_filling_after_a_crash_stays),
    ),
    (
        "actions.platform.trash.Trash._stands",
        lambda *arguments: False,
        trash.test_an_empty_record_that_stood_there_before_a_crash_is_another_programs,
    ),
    (
        "actions.platform.trash.places",
        any_place,
        lambda world: trash.test_a_forged_record_is_not_swept(world, "{base}/notes/info/a.jpg.trashinfo"),
    ),
    (
        "actions.journal.journal.Journal.entries_of_others",
        lambda *arguments: set(),
        trash.test_recovery_does_not_take_an_earlier_runs_file_for_one_that_was_lost,
    ),
    (
        "actions.execution.undo._Undoer._is_back",
        lambda *arguments: False,
        forged.test_a_photo_that_somebody_already_put_back_counts_as_back,
    ),
    ("actions.execution.guards.is_plain", yes, forgery("dots")),
    ("actions.platform.lock._still_holds", lambda *arguments: False, two.test_a_holder_on_another_machine_is_respected),
    ("actions.platform.lock._try_lock", yes, two.test_a_second_one_refuses_and_names_the_first),
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
        "review.choice._Tree._staying",
        lambda tree, extra, place: extra,
        alone(versions.test_where_edits_are_selected_a_root_that_gives_way_stays_for_the_copies_that_go_for_it),
    ),
    (
        "review.plan_file._held",
        lambda photo, keep: {},
        lambda world: plans.test_a_plan_lets_nothing_go_that_a_later_scan_found_otherwise(
            Scanned(world.base / "plans"),
            lambda scan: plans.with_edits(scan, of_copy="new", of_keeper="edit"),
            "a file beside them changed",
        ),
    ),
    ("review.choice._follows", yes, alone(versions.test_a_copy_that_was_to_stay_stays_where_its_version_goes)),
    (
        "review.series.holds",
        lambda word, shots: word is not None and bool(word.stays),
        shots.test_a_word_is_about_its_own_set_alone,
    ),
    (
        "review.choice._follows",
        lambda was, proven: was is not None and was.selected,
        alone(
            lambda: versions.test_a_copy_with_which_something_would_be_lost_stays_where_its_version_goes(
                versions.CROP_SMALL
            )
        ),
    ),
    (
        "review.state.keep_instead",
        lambda group, choice, place, verify: keep_instead(group, choice, place, lambda keep, photo: made.extra(photo)),
        alone(review.test_what_is_not_proven_against_the_new_keeper_cannot_be_selected),
    ),
    (
        "review.choice.accepted_groups",
        lambda group, choice: [replace(group, keep=choice.stays)],
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


def _is_module(steps: list[str]) -> bool:
    place = Path(__file__).parents[2].joinpath("dedupe", *steps)
    return place.is_dir() or place.with_suffix(".py").is_file()


def holder_of(name: str) -> Any:
    """The module or class below dedupe in which the guard of that name is looked up.

    ``actions`` has functions that are named like its modules.
    """
    steps = name.split(".")[:-1]
    modules = next(n for n in range(len(steps), 0, -1) if _is_module(steps[:n]))
    holder: Any = importlib.import_module(".".join(["dedupe", *steps[:modules]]))
    for step in steps[modules:]:
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
        ("execution.guards", "plan_blocker"),
        ("platform.trash", "_linux_blocker"),
        ("platform.trash", "windows_blocker"),
    }
    assert defined - tested == {(f"dedupe.actions.{module}", name) for module, name in rest}
