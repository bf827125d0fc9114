"""A copy in which bytes were flipped is never selected, nor is the photo it was copied from, whatever the format."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import dedupe
from benchmarks import rot
from benchmarks.photographs import photographs
from dedupe.settings import Settings
from dedupe.types import DamageKind

PAIRS = 42


def test_of_photos_and_their_rotten_copies_none_is_selected_and_most_are_named(tmp_path: Path) -> None:
    pytest.importorskip("pillow_jxl", reason="pillow-jxl-plugin is not installed")
    kinds = rot.write(tmp_path / "tree", [str(photographs(tmp_path))], PAIRS, seed=11)
    assert len({kind for kind, _ in kinds.values()}) >= 8
    result = dedupe.scan(str(tmp_path / "tree"), Settings(store=str(tmp_path / "x.db")))
    assert [extra.photo.path for group in result.groups for extra in group.extras if extra.selected] == []
    named = {os.path.basename(path) for one in result.damaged for path in one.paths}
    named |= {os.path.basename(one.path) for one in result.skipped}
    assert len(named) > PAIRS * 2 // 3
    assert any(one.kind is DamageKind.DIFFERS for one in result.damaged)
