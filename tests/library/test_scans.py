"""The last scan and its review are there again tomorrow."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings

from dedupe.errors import StoreError
from dedupe.library.codec import from_json, to_json
from dedupe.library.decisions import Decisions
from dedupe.library.scans import EditState, GroupEdit
from dedupe.report import phrases
from dedupe.types import Extra, Loss, LossCode, Relation, ScanResult, Stats
from tests.library import made
from tests.library.strategies import results

EMPTY = ScanResult("compact-1", 0.62, ("/photos",), (), (), (), Stats(0, 0, 0, 0, 0, {}))


@settings(max_examples=8)
@given(results())
def test_any_scan_is_there_again(tmp_path_factory: pytest.TempPathFactory, result: ScanResult) -> None:
    store = str(tmp_path_factory.mktemp("scans") / "x.db")
    with Decisions(store) as decisions:
        assert decisions.last_scan() is None
        decisions.save_scan(result, '{"select": ["identical"]}')
    with Decisions(store) as decisions:
        assert decisions.last_scan() == result
        saved = decisions.saved_scan()
        assert saved is not None
        assert saved.settings == '{"select": ["identical"]}'
        assert saved.made_at > 1_700_000_000


def test_the_review_goes_on_where_it_was_left(tmp_path: Path) -> None:
    store = str(tmp_path / "x.db")
    first = GroupEdit("1", "/a\udcff.jpg", ("/b.jpg",), EditState.ACCEPTED)
    with Decisions(store) as decisions:
        decisions.save_scan(EMPTY)
        decisions.put_edit(GroupEdit("1", state=EditState.SKIPPED))
        decisions.put_edits([first, GroupEdit("2", selected=(), state=EditState.KEEP_ALL)])
    with Decisions(store) as decisions:
        assert decisions.edits() == {
            "1": first,
            "2": GroupEdit("2", selected=(), state=EditState.KEEP_ALL),
        }
        decisions.drop_edits()
        assert decisions.edits() == {}
        assert decisions.last_scan() == EMPTY


def test_a_new_scan_starts_without_the_edits_of_the_one_before_but_with_the_decisions(tmp_path: Path) -> None:
    a, b = made.photo("/a.jpg", "a"), made.photo("/b.jpg", "b")
    with Decisions(str(tmp_path / "x.db")) as decisions:
        decisions.save_scan(EMPTY)
        decisions.put_edit(GroupEdit("1", "/a.jpg"))
        decisions.mark_not_duplicates(a, b)
        decisions.save_scan(EMPTY)
        assert decisions.edits() == {}
        assert decisions.not_duplicates(a, b)


def test_taking_decisions_back_leaves_the_last_scan(tmp_path: Path) -> None:
    with Decisions(str(tmp_path / "x.db")) as decisions:
        decisions.save_scan(EMPTY)
        decisions.put_edit(GroupEdit("1", "/a.jpg"))
        decisions.clear()
        assert decisions.last_scan() == EMPTY
        assert set(decisions.edits()) == {"1"}


@pytest.mark.parametrize(
    "packed", [zlib.compress(b'{"another": "shape"}'), zlib.compress(b"no JSON"), zlib.compress(b"\xff"), b"no zlib"]
)
def test_a_scan_in_another_form_is_one_sentence_and_leaves_the_decisions(tmp_path: Path, packed: bytes) -> None:
    store = str(tmp_path / "x.db")
    a, b = made.photo("/a.jpg", "a"), made.photo("/b.jpg", "b")
    with Decisions(store) as decisions:
        decisions.save_scan(EMPTY)
        decisions.mark_not_duplicates(a, b)
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE scans SET result = ?", (packed,))
    connection.close()
    with Decisions(store) as decisions:
        with pytest.raises(StoreError, match="saved by another version of dedupe: scan again"):
            decisions.last_scan()
        assert decisions.not_duplicates(a, b)
        decisions.save_scan(EMPTY)
        assert decisions.last_scan() == EMPTY


def test_a_scan_saved_when_losses_were_phrases_is_still_read() -> None:
    photo = made.photo("/a.jpg", 1)
    extra = Extra(photo, Relation.RESAVED, 0.1, selected=False, loses=(Loss(LossCode.KEYWORDS),))
    text = to_json(extra).replace('{"code":"keywords"}', '"the caption"')
    found = from_json(Extra, text)
    assert phrases.losses(found) == ("the caption",)
    assert from_json(Extra, to_json(found)) == found
