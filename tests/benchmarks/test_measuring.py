"""The measuring tools measure: memory and time of a process, differences between reports, pictures in bulk."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from benchmarks import tables
from benchmarks.equivalence import differences, without_seconds
from benchmarks.manifest import Entry, Kind
from benchmarks.material import tiny_photos
from benchmarks.memory import watched
from benchmarks.score import Finding
from benchmarks.sheets import contact_sheets

MEGABYTE = 1_000_000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_the_memory_of_a_process_and_of_its_child_are_told_apart() -> None:
    child = "import time; x = bytearray(80_000_000); time.sleep(0.5)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    seen = watched([sys.executable, "-c", program], os.environ, memory=True)
    assert seen.code == 0
    assert 80 * MEGABYTE < seen.worker_bytes < 200 * MEGABYTE
    assert 0 < seen.main_bytes < 60 * MEGABYTE


def test_what_a_command_says_on_stderr_and_its_code_come_back() -> None:
    seen = watched([sys.executable, "-c", "import sys; print('no', file=sys.stderr); sys.exit(3)"], os.environ)
    assert (seen.code, seen.errors) == (3, "no\n")
    assert seen.main_bytes == 0


def report(relation: str = "resaved", seconds: float = 1.0) -> dict[str, object]:
    extra = {"path": "/b", "relation": relation}
    return {"groups": [{"keep": "/a", "extras": [extra]}], "stats": {"files": 2, "seconds": {"walk": seconds}}}


def test_reports_that_differ_in_seconds_alone_are_equal() -> None:
    assert differences(without_seconds(report(seconds=1)), without_seconds(report(seconds=2))) == []


def test_another_relation_a_missing_key_and_a_lost_group_each_differ() -> None:
    assert differences(report(), report("edited")) == ["/groups/0/extras/0/relation: 'resaved' against 'edited'"]
    assert differences(report(), {"stats": report()["stats"]}) == ["/groups only in one"]
    assert differences(report(), {**report(), "groups": []}) == ["/groups: 1 against 0 entries"]


def test_tiny_photos_are_all_different_and_made_once(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("coffee", "chelsea", "rocket"):
        Image.fromarray(np.asarray(getattr(data, name)())).save(source / f"{name}.jpg")
    folder = tiny_photos([str(source)], 12, tmp_path / "work", jobs=2)
    files = sorted(folder.rglob("*.jpg"))
    assert len({file.read_bytes() for file in files}) == 12
    made = [file.stat().st_mtime_ns for file in files]
    assert tiny_photos([str(source)], 12, tmp_path / "work", jobs=2) == folder
    assert [file.stat().st_mtime_ns for file in files] == made


def test_every_finding_gets_onto_a_contact_sheet(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        Image.fromarray(np.asarray(data.coffee())).save(tmp_path / name)
    finding = Finding("a.jpg", "b.jpg", "edited", False, "strangers")
    sheets = contact_sheets([finding] * 14, tmp_path, tmp_path / "sheet")
    assert [sheet.name for sheet in sheets] == ["sheet-01.png", "sheet-02.png"]
    assert Image.open(sheets[0]).size == Image.open(sheets[1]).size


def test_a_table_has_one_width_in_all_its_lines() -> None:
    lines = tables.table(("change", "found"), [("crop 40", "0.9"), ("meme", "0.95 (19/20)")]).splitlines()
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1


def test_tiers_are_for_copies_in_the_tiers_alone() -> None:
    assert Entry("a", "a", "a", Kind.COPY, "photo", "crop 60").tier == "hard"
    assert Entry("a", "a", "a", Kind.COPY, "photo", "same bytes").tier is None
    assert Entry("a", "a", "a", Kind.ALTERED, "photo", "moved").tier is None
