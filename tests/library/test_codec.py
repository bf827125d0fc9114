"""Values go to the store and come back the same."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.library.codec import from_json, to_json
from dedupe.settings import Settings
from dedupe.types import Evidence, Facts, Group, Match, Relation, ScanResult
from tests.library import made
from tests.library.strategies import results


@settings(max_examples=40)
@given(results())
def test_any_scan_result_comes_back_the_same(result: ScanResult) -> None:
    text = to_json(result)
    assert text.isascii()
    assert from_json(ScanResult, text) == result


@given(st.binary(min_size=1), st.text())
def test_any_byte_in_a_name_and_any_caption_come_back(name: bytes, caption: str) -> None:
    group = Group(os.fsdecode(name), made.photo("/a" + os.fsdecode(name), 1), "", ())
    assert os.fsencode(from_json(Group, to_json(group)).keep.path) == b"/a" + name
    facts = Facts("PNG", 1, 1, caption=caption.encode("utf-8", "ignore").decode())
    assert from_json(Facts, to_json(facts)) == facts


def test_what_is_at_its_default_takes_no_room() -> None:
    assert to_json(Facts("JPEG", 3, 2)) == '{"format":"JPEG","width":3,"height":2}'


def test_numbers_of_numpy_become_plain_numbers() -> None:
    held = Match(b"a", b"b", np.float32(0.5), Relation.EDITED, evidence=Evidence(np.int64(7)))  # type: ignore[arg-type]
    back = from_json(Match, to_json(held))
    assert back == Match(b"a", b"b", 0.5, Relation.EDITED, evidence=Evidence(7))
    assert type(back.distance) is float
    assert type(back.evidence.keypoints) is int


def test_settings_can_be_saved_with_a_scan() -> None:
    held = Settings(select=(Relation.IDENTICAL,), exclude=("*.png",), threshold=0.5, follow=True)
    assert from_json(Settings, to_json(held)) == held


@pytest.mark.parametrize("text", ["", "[]", "null", "3", '{"format": "JPEG"}', '{"no such field": 1}', '{"a": "zz"}'])
def test_what_is_not_the_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_json(Match, text)
