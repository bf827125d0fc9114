"""What a person decided on a group is there again in the next scan, wherever the photos lie by then."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe.library.decisions import Decisions
from dedupe.library.scans import EditState, GroupEdit
from dedupe.loss import Rescue
from dedupe.types import FileStamp, Group, Photo, Relation, ScanResult
from tests.review import made

KEEP, COPY, SMALL = made.photo("a/1.jpg"), made.photo("b/1.jpg"), made.photo("c/1.jpg")


def scan(*photos: Photo, name: str = "g", selected: bool = True, root: str = made.ROOT) -> ScanResult:
    """One group: the first stays."""
    extras = [made.extra(photo, Relation.RESAVED, 0.1, selected=selected) for photo in photos[1:]]
    return made.result(made.group(name, photos[0], *extras), roots=(root,))


def moved(photo: Photo, name: str) -> Photo:
    """The same bytes under another name, a new file to the disk."""
    file = replace(photo.file, path=f"{made.ROOT}/{name}", stamp=FileStamp(1, 99, photo.file.stamp.size, 7, 7))
    return replace(photo, file=file)


def retagged(photo: Photo) -> Photo:
    """The same picture in other bytes."""
    file = replace(photo.file, stamp=FileStamp(1, 98, photo.file.stamp.size + 9, 9, 9))
    return replace(photo, file=file, content_key=b"other bytes 1234")


def after(
    memory: Decisions, first: ScanResult, edit: GroupEdit, then: ScanResult, name: str = "later"
) -> GroupEdit | None:
    """The edit of the group ``name`` when ``then`` is scanned after ``edit`` was made on ``first``."""
    memory.save_scan(first)
    memory.put_edit(edit)
    memory.save_scan(then)
    return memory.edits().get(name)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Decisions]:
    with Decisions(str(tmp_path / "x.db")) as memory:
        yield memory


@pytest.mark.parametrize("state", [EditState.KEEP_ALL, EditState.SKIPPED, EditState.ACCEPTED])
def test_a_decided_group_stays_decided(memory: Decisions, state: EditState) -> None:
    found = after(memory, scan(KEEP, COPY), GroupEdit("g", state=state), scan(KEEP, COPY, name="later"))
    assert found == GroupEdit("later", state=state)


@pytest.mark.parametrize("state", [EditState.KEEP_ALL, EditState.SKIPPED, EditState.ACCEPTED])
def test_also_where_every_photo_was_moved_and_renamed(memory: Decisions, state: EditState) -> None:
    then = scan(moved(KEEP, "new/x.jpg"), moved(COPY, "new/y.jpg"), name="later")
    assert after(memory, scan(KEEP, COPY), GroupEdit("g", state=state), then) == GroupEdit("later", state=state)


@pytest.mark.parametrize("state", [EditState.KEEP_ALL, EditState.ACCEPTED])
def test_a_new_copy_opens_the_group_again_and_what_stayed_still_stays(memory: Decisions, state: EditState) -> None:
    edit = GroupEdit("g", selected=(), state=state)
    found = after(memory, scan(KEEP, COPY), edit, scan(KEEP, COPY, SMALL, name="later"))
    assert found == GroupEdit("later", selected=(SMALL.path,), state=EditState.OPEN)


def with_beside(photo: Photo, **beside: object) -> Photo:
    """The photo with an edit and a sidecar beside it, of which ``beside`` is told."""
    said = {"edit": b"an edit 12345678", "sidecar": "five stars", **beside}
    edit = replace(made.photo(f"{photo.path[-5]}e.jpg"), content_key=said["edit"])
    sidecar = replace(made.companion("x.xmp"), inventory=said["sidecar"])
    return replace(photo, members=(edit,), file=replace(photo.file, companions=(sidecar,)))


@pytest.mark.parametrize("which", ["what goes", "what stays"])
@pytest.mark.parametrize(
    "change", [{"edit": b"another 12345678"}, {"sidecar": "three stars"}, {"sidecar": None}], ids=str
)
def test_a_photo_beside_which_another_edit_or_sidecar_lies_is_to_be_looked_at_again(
    memory: Decisions, which: str, change: dict[str, object]
) -> None:
    keep, copy = with_beside(KEEP), with_beside(COPY)
    changed = (keep, with_beside(COPY, **change)) if which == "what goes" else (with_beside(KEEP, **change), copy)
    edit = GroupEdit("g", selected=(COPY.path,), state=EditState.ACCEPTED)
    assert after(memory, scan(keep, copy), edit, scan(*changed, name="later", selected=False)) is None
    again = after(memory, scan(keep, copy), edit, scan(keep, copy, name="later", selected=False))
    assert again == GroupEdit("later", selected=(COPY.path,), state=EditState.ACCEPTED)


def test_a_photo_a_person_took_out_of_what_goes_stays_out(memory: Decisions) -> None:
    edit = GroupEdit("g", selected=(SMALL.path,))
    found = after(memory, scan(KEEP, COPY, SMALL), edit, scan(KEEP, COPY, SMALL, name="later"))
    assert found == GroupEdit("later", selected=(SMALL.path,))


def test_a_photo_a_person_let_go_goes_again_only_while_its_bytes_are_those_looked_at(memory: Decisions) -> None:
    first, edit = scan(KEEP, COPY, selected=False), GroupEdit("g", selected=(COPY.path,), state=EditState.ACCEPTED)
    same = scan(KEEP, COPY, selected=False, name="later")
    assert after(memory, first, edit, same) == GroupEdit("later", selected=(COPY.path,), state=EditState.ACCEPTED)
    other = scan(KEEP, retagged(COPY), selected=False, name="later")
    assert after(memory, first, edit, other) is None


def test_accepting_does_not_hold_where_another_photo_would_stay(memory: Decisions) -> None:
    found = after(memory, scan(KEEP, COPY), GroupEdit("g", state=EditState.ACCEPTED), scan(COPY, KEEP, name="later"))
    assert found is None or found.state is EditState.OPEN
    assert found is None or KEEP.path not in (found.selected or ())


def test_keeping_all_holds_whichever_photo_the_scan_would_keep(memory: Decisions) -> None:
    found = after(memory, scan(KEEP, COPY), GroupEdit("g", state=EditState.KEEP_ALL), scan(COPY, KEEP, name="later"))
    assert found is not None
    assert found.state is EditState.KEEP_ALL


def test_the_keeper_a_person_chose_stays_chosen_before_it_was_accepted(memory: Decisions) -> None:
    edit = GroupEdit("g", keeper=SMALL.path, selected=(KEEP.path,))
    found = after(memory, scan(KEEP, COPY, SMALL), edit, scan(KEEP, COPY, SMALL, name="later"))
    assert found == GroupEdit("later", keeper=SMALL.path, selected=(KEEP.path,))


def test_a_retagged_copy_is_still_kept_but_never_let_go_unseen(memory: Decisions) -> None:
    kept = after(
        memory, scan(KEEP, COPY), GroupEdit("g", state=EditState.KEEP_ALL), scan(KEEP, retagged(COPY), name="later")
    )
    assert kept is not None
    assert kept.state is EditState.KEEP_ALL


def test_a_decision_outlives_scans_that_do_not_see_the_photos(memory: Decisions) -> None:
    memory.save_scan(scan(KEEP, COPY))
    memory.put_edit(GroupEdit("g", state=EditState.KEEP_ALL))
    memory.save_scan(made.result())  # the disk was away
    memory.save_scan(scan(KEEP, COPY, name="later"))
    assert memory.edits() == {"later": GroupEdit("later", state=EditState.KEEP_ALL)}


def test_a_scan_of_another_folder_leaves_the_first_as_it_was_and_knows_its_decisions(memory: Decisions) -> None:
    memory.save_scan(scan(KEEP, COPY))
    memory.put_edit(GroupEdit("g", state=EditState.KEEP_ALL))
    memory.save_scan(scan(KEEP, COPY, name="part", root=f"{made.ROOT}/a"))
    assert memory.edits() == {"part": GroupEdit("part", state=EditState.KEEP_ALL)}
    assert [entry.about.roots for entry in memory.saved_scans()] == [(f"{made.ROOT}/a",), (made.ROOT,)]
    assert memory.use_scan([made.ROOT])
    assert memory.edits() == {"g": GroupEdit("g", state=EditState.KEEP_ALL)}
    assert memory.last_scan() == scan(KEEP, COPY)
    assert not memory.use_scan(["/elsewhere"])


def test_a_decision_taken_back_is_not_carried(memory: Decisions) -> None:
    memory.save_scan(scan(KEEP, COPY))
    memory.put_edit(GroupEdit("g", state=EditState.KEEP_ALL))
    memory.save_scan(scan(KEEP, COPY, name="later"))
    memory.put_edit(GroupEdit("later"))
    memory.save_scan(scan(KEEP, COPY, name="last"))
    assert memory.edits() == {}


def test_of_two_copies_of_the_same_bytes_the_one_that_was_to_stay_stays(memory: Decisions) -> None:
    twin = replace(moved(COPY, "d/1.jpg"), content_key=COPY.content_key)
    edit = GroupEdit("g", selected=(twin.path,), state=EditState.ACCEPTED)
    found = after(memory, scan(KEEP, COPY, twin), edit, scan(KEEP, twin, COPY, name="later"))
    assert found == GroupEdit("later", selected=(twin.path,), state=EditState.ACCEPTED)


def test_a_group_of_other_photos_is_not_decided(memory: Decisions) -> None:
    other: Group = scan(made.photo("x.jpg"), made.photo("y.jpg"), name="later").groups[0]
    assert after(memory, scan(KEEP, COPY), GroupEdit("g", state=EditState.KEEP_ALL), made.result(other)) is None


def test_a_store_of_the_first_version_keeps_its_scan_and_its_review(tmp_path: Path) -> None:
    store = str(tmp_path / "old.db")
    with Decisions(store) as memory:
        memory.save_scan(scan(KEEP, COPY))
        memory.put_edit(GroupEdit("g", state=EditState.KEEP_ALL))
    with sqlite3.connect(store) as db:  # as 0.1.0 had it: one scan, one table of edits
        db.execute("CREATE TABLE edits(group_id TEXT PRIMARY KEY, edit TEXT NOT NULL) WITHOUT ROWID")
        db.execute("INSERT INTO edits SELECT group_id, edit FROM reviews")
        db.execute("DROP TABLE reviews")
        db.execute("DROP TABLE remembered")
        db.execute("DROP TABLE tried")
        db.execute("DROP TABLE picks")
        db.execute("DROP TABLE words")
        db.execute("ALTER TABLE scans DROP COLUMN about")
        db.execute("PRAGMA user_version = 1")
    db.close()
    with Decisions(store) as memory:
        result = memory.last_scan()
        assert result is not None
        assert [group.keep.path for group in result.groups] == [KEEP.path]
        assert memory.edits() == {"g": GroupEdit("g", state=EditState.KEEP_ALL)}
        assert memory.saved_scans()[0].about.roots == (made.ROOT,)
        assert memory.saved_scans()[0].decided == 1


def test_a_copy_whose_metadata_was_to_be_carried_over_goes_later_only_with_that(memory: Decisions) -> None:
    edit = GroupEdit("g", selected=(COPY.path,), state=EditState.ACCEPTED, rescued=(COPY.path,))
    first, then = scan(KEEP, COPY, selected=False), scan(moved(KEEP, "x.jpg"), moved(COPY, "y.jpg"), selected=False)
    going = (f"{made.ROOT}/y.jpg",)
    assert after(memory, first, edit, then, name="g") == replace(edit, selected=going, rescued=going)
    assert memory.save_scan(then).carried == 1 and memory.edits()["g"].rescued == going


def test_where_another_copy_of_a_version_was_chosen_accepting_holds_only_while_the_scan_proposes_the_same(
    memory: Decisions,
) -> None:
    version, copy = made.photo("d/crop.jpg"), made.photo("e/crop.jpg")

    def scanned(head: Photo, other: Photo) -> ScanResult:
        edited = replace(made.extra(head, Relation.EDITED, 0.1, selected=False), keeper=KEEP.path)
        below = replace(made.extra(other, Relation.IDENTICAL, 0.0, selected=True), keeper=head.path)
        return made.result(made.group("g", KEEP, edited, below), roots=(made.ROOT,))

    edit = GroupEdit("g", selected=(version.path,), state=EditState.ACCEPTED, heads=(copy.path,))
    found = after(memory, scanned(version, copy), edit, scanned(version, copy), name="g")
    assert found == GroupEdit("g", selected=(version.path,), state=EditState.OPEN)
    memory.put_edit(edit)
    memory.save_scan(scanned(copy, version))
    assert memory.edits()["g"] == GroupEdit("g", state=EditState.ACCEPTED)


def test_also_where_the_scan_would_let_it_go_without(memory: Decisions) -> None:
    edit = GroupEdit("g", selected=(COPY.path,), state=EditState.ACCEPTED, rescued=(COPY.path,))
    assert after(memory, scan(KEEP, COPY), edit, scan(KEEP, COPY, name="later")) == replace(edit, group="later")


def test_a_copy_that_the_scan_frees_by_a_sidecar_keeps_it_where_another_is_taken_out(memory: Decisions) -> None:
    group = scan(KEEP, COPY, SMALL).groups[0]
    freed = tuple(replace(extra, rescue=Rescue(f"{KEEP.path}.xmp")) for extra in group.extras)
    offered = made.result(replace(group, extras=freed), roots=(made.ROOT,))
    edit = GroupEdit("g", state=EditState.ACCEPTED)
    found = after(memory, offered, edit, scan(KEEP, COPY, SMALL, selected=False), name="g")
    assert found is not None and set(found.rescued) == set(found.selected or ()) == {COPY.path, SMALL.path}
