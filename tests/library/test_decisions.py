"""What the user said holds, whatever becomes of the files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe.library.decisions import Decisions
from dedupe.library.pairs import DecisionKind
from dedupe.types import ByHand, Photo
from tests.library.made import photo


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "decisions.db")


@pytest.fixture
def decisions(store: str) -> Iterator[Decisions]:
    with Decisions(store) as decisions:
        yield decisions


A = photo("/photos/a.jpg", "a", "picture a")
B = photo("/photos/b.jpg", "b", "picture b")
C = photo("/photos/c.jpg", "c", "picture c")


def moved(one: Photo, path: str) -> Photo:
    return replace(one, file=replace(one.file, path=path))


def retagged(one: Photo, content: str) -> Photo:
    return replace(photo(one.path, content), pixel_key=one.pixel_key)


def test_what_is_not_said_is_not_assumed(decisions: Decisions) -> None:
    assert not decisions.not_duplicates(A, B)
    assert decisions.chosen_keeper([A, B, C]) is None
    assert decisions.chosen_keeper([]) is None
    assert decisions.made() == []


def test_two_photos_said_to_differ_stay_apart_in_the_next_run(store: str) -> None:
    with Decisions(store) as decisions:
        decisions.mark_not_duplicates(A, B)
    with Decisions(store) as decisions:
        assert decisions.not_duplicates(A, B)
        assert decisions.not_duplicates(B, A)
        assert not decisions.not_duplicates(A, C)
        assert not decisions.not_duplicates(B, C)


def test_it_holds_when_the_photos_are_renamed_and_moved(decisions: Decisions) -> None:
    decisions.mark_not_duplicates(A, B)
    assert decisions.not_duplicates(moved(B, "/elsewhere/x.jpg"), moved(A, "/y.jpg"))


def test_it_holds_when_the_photos_are_retagged(decisions: Decisions) -> None:
    decisions.mark_not_duplicates(A, B)
    assert decisions.not_duplicates(retagged(A, "a with a rating"), retagged(B, "b with a caption"))


def test_it_holds_for_a_retagged_photo_whose_pixel_key_became_known_later(store: str) -> None:
    bare = photo(A.path, "a")
    with Decisions(store) as decisions:
        decisions.mark_not_duplicates(bare, B)
        assert decisions.not_duplicates(bare, B)
        assert decisions.not_duplicates(A, B), "found by its content"
    with Decisions(store) as decisions:
        assert decisions.not_duplicates(retagged(A, "a with a rating"), B), "and from then on by its picture"


def test_two_copies_of_one_picture_can_be_kept_apart_and_stay_so_when_one_is_retagged(decisions: Decisions) -> None:
    one, other = photo("/1.jpg", "1", "same"), photo("/2.jpg", "2", "same")
    decisions.mark_not_duplicates(one, other)
    assert decisions.not_duplicates(one, other)
    assert decisions.not_duplicates(retagged(one, "1 with a rating"), other)
    assert not decisions.not_duplicates(one, moved(one, "/copy of 1.jpg")), (
        "copies of the very same bytes were not meant"
    )


def test_two_files_of_the_same_bytes_can_be_kept_apart(decisions: Decisions) -> None:
    decisions.mark_not_duplicates(A, moved(A, "/copy.jpg"))
    assert decisions.not_duplicates(A, moved(A, "/copy.jpg"))
    assert not decisions.not_duplicates(A, B)
    assert not decisions.not_duplicates(A, retagged(A, "a with a rating"))


def test_a_chosen_keeper_is_chosen_again(store: str) -> None:
    with Decisions(store) as decisions:
        decisions.choose_keeper(B, [A, B, C])
    with Decisions(store) as decisions:
        assert decisions.chosen_keeper([A, B, C]) == B
        assert decisions.chosen_keeper([C, B]) == B
        assert decisions.chosen_keeper([A, C]) is None, "between these two nothing was said"
        assert decisions.chosen_keeper([B]) is None


def test_a_chosen_keeper_is_found_renamed_moved_and_retagged(decisions: Decisions) -> None:
    decisions.choose_keeper(B, [A])
    found = retagged(moved(B, "/elsewhere/x.jpg"), "b with a rating")
    assert decisions.chosen_keeper([retagged(A, "a2"), found]) == found


def test_the_last_word_counts(decisions: Decisions) -> None:
    decisions.choose_keeper(A, [B])
    decisions.choose_keeper(B, [A])
    assert decisions.chosen_keeper([A, B]) == B
    decisions.choose_keeper(A, [B])
    assert decisions.chosen_keeper([A, B]) == A


def test_who_was_chosen_over_the_one_chosen_over_the_third_stays(decisions: Decisions) -> None:
    decisions.choose_keeper(A, [B])
    decisions.choose_keeper(B, [C])
    assert decisions.chosen_keeper([C, B, A]) == A
    assert decisions.chosen_keeper([B, C]) == B


def test_choices_in_a_circle_end_with_the_last(decisions: Decisions) -> None:
    decisions.choose_keeper(A, [B])
    decisions.choose_keeper(B, [C])
    decisions.choose_keeper(C, [A])
    assert decisions.chosen_keeper([A, B, C]) == C


def test_of_two_files_of_the_same_bytes_the_chosen_place_stays(decisions: Decisions) -> None:
    copy = moved(A, "/backup/a.jpg")
    decisions.choose_keeper(copy, [A])
    assert decisions.chosen_keeper([A, copy]) == copy
    assert decisions.chosen_keeper([A, moved(A, "/third.jpg")]) is None, "what told them apart is gone"


def test_of_two_files_of_one_picture_the_chosen_bytes_stay(decisions: Decisions) -> None:
    tagged = retagged(moved(A, "/tagged.jpg"), "a with a rating")
    decisions.choose_keeper(tagged, [A])
    assert decisions.chosen_keeper([A, tagged]) == tagged
    assert decisions.chosen_keeper([moved(tagged, "/x.jpg"), A]) == moved(tagged, "/x.jpg")


def test_of_two_copies_of_the_chosen_one_that_at_its_place_stays(decisions: Decisions) -> None:
    decisions.choose_keeper(B, [A])
    copy = moved(B, "/a copy.jpg")
    assert decisions.chosen_keeper([copy, A, B]) == B


def test_decisions_can_be_listed_and_taken_back(store: str) -> None:
    with Decisions(store) as decisions:
        decisions.mark_not_duplicates(A, B)
        decisions.choose_keeper(B, [C, A])
        listed = decisions.made()
        assert [(one.kind, one.a.path, one.b.path) for one in listed] == [
            (DecisionKind.NOT_DUPLICATES, A.path, B.path),
            (DecisionKind.KEEPER, B.path, C.path),
            (DecisionKind.KEEPER, B.path, A.path),
        ]
        assert decisions.forget([listed[0].id, 999]) == 1
        assert not decisions.not_duplicates(A, B)
        assert decisions.chosen_keeper([A, B]) == B
        assert decisions.clear() == 2
        assert decisions.chosen_keeper([A, B]) is None
    with Decisions(store) as decisions:
        assert decisions.made() == []


def test_a_decision_has_reached_the_disk_when_it_is_made(store: str) -> None:
    with Decisions(store) as decisions:
        decisions.mark_not_duplicates(A, B)
        with Decisions(store) as other:
            assert other.not_duplicates(A, B)
        assert decisions._db.connection.execute("PRAGMA synchronous").fetchone() == (2,), "FULL"


def test_any_byte_in_the_name_of_a_decided_photo_is_listed_as_it_is(store: str) -> None:
    with Decisions(store) as decisions:
        decisions.mark_not_duplicates(moved(A, "/\udcff\n.jpg"), B)
    with Decisions(store) as decisions:
        assert decisions.made()[0].a.path == "/\udcff\n.jpg"


def test_many_pairs_set_apart_together_are_each_apart(store: str) -> None:
    with Decisions(store) as decisions:
        decisions.set_apart(iter([(A, B), (B, C)]))
    with Decisions(store) as decisions:
        assert decisions.not_duplicates(A, B)
        assert decisions.not_duplicates(C, B)
        assert not decisions.not_duplicates(A, C)


def test_a_store_from_before_there_were_words_on_sets_keeps_all_and_takes_them(tmp_path: Path) -> None:
    store = str(tmp_path / "old.db")
    with Decisions(store) as memory:
        memory.put_picks("series", ["/photos/a.jpg"])
    with sqlite3.connect(store) as db:
        db.execute("DROP TABLE words")
        db.execute("PRAGMA user_version = 2")
    db.close()
    word = ByHand("set", (b"a" * 16,), (b"b" * 16, b"c" * 16))
    with Decisions(store) as memory:
        assert memory.picks() == {"series": ("/photos/a.jpg",)}
        assert memory.words() == {}
        memory.put_word(word)
    assert len(list(tmp_path.glob("old.db.v2-*"))) == 1
    with Decisions(store) as memory:
        assert memory.words() == {"set": word}
        memory.drop_words(["set", "another"])
        assert memory.words() == {}


def test_a_word_that_somebody_edited_is_none(tmp_path: Path) -> None:
    store = str(tmp_path / "old.db")
    with Decisions(store) as memory:
        memory.put_word(ByHand("set", (b"a" * 16,), (b"b" * 16,)))
    with sqlite3.connect(store) as db:
        db.execute("INSERT INTO words SELECT 'another', word, made_at FROM words")
        db.execute("INSERT INTO words VALUES ('nonsense', '[7]', 0)")
        db.execute("INSERT INTO words VALUES ('number', 7, 0)")
    db.close()
    with Decisions(store) as memory:
        assert set(memory.words()) == {"set"}
