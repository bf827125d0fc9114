"""Single photos can be scanned as folders can, each with what belongs to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import dedupe
from dedupe.errors import MissingRootError
from dedupe.library.decisions import Decisions
from dedupe.library.paths import StorePaths
from dedupe.tree.roots import split_roots
from dedupe.tree.walk import WalkOptions, walk
from tests.album import album


def names(found: dedupe.ScanResult) -> set[str]:
    groups = (path for group in found.groups for path in (group.keep.path, *(one.photo.path for one in group.extras)))
    return {os.path.basename(path) for path in groups}


def test_only_the_named_photos_are_compared_and_the_folder_keeps_its_own_last_scan(tmp_path: Path) -> None:
    album(tmp_path / "photos")
    settings = dedupe.Settings(store=str(tmp_path / "s.db"), jobs=1)
    dedupe.scan([tmp_path / "photos"], settings)
    named = [tmp_path / "photos/camera/astronaut.jpg", tmp_path / "photos/old backup/astronaut.jpg"]
    found = dedupe.scan(named, settings)
    assert found.stats.photos == 2
    assert [one.photo.path for one in found.groups[0].extras] == [str(named[1])]
    assert found.roots == (str(tmp_path / "photos/camera"), str(tmp_path / "photos/old backup"))
    with Decisions(StorePaths.at(settings.store).decisions) as memory:
        roots = [entry.about.roots for entry in memory.saved_scans()]
    assert roots == [tuple(map(str, named)), (str(tmp_path / "photos"),)]


def test_a_named_photo_brings_its_companions_and_no_other_photo(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.xmp", "a.mov", "b.jpg", "b.xmp"):
        (tmp_path / name).write_bytes(b"\xff\xd8\xff\xe0 a picture, as far as a walk looks")
    found = walk([], WalkOptions(files=[str(tmp_path / "a.jpg")]))
    assert [os.path.basename(file.path) for file in found.files] == ["a.jpg"]
    [file] = found.files
    assert {os.path.basename(one.path) for one in file.companions} == {"a.xmp", "a.mov"}


def test_a_photo_in_a_scanned_folder_is_there_once(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    found = walk([str(tmp_path)], WalkOptions(files=[str(tmp_path / "a.jpg")]))
    assert len(list(found.files)) == 1


def test_a_named_file_that_is_no_photo_is_listed(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    found = walk([], WalkOptions(files=[str(tmp_path / "notes.txt")]))
    assert [(os.path.basename(one.path), one.kind.value) for one in found.skipped] == [("notes.txt", "not a photo")]


@pytest.mark.skipif(os.name == "nt", reason="a link needs rights on Windows")
def test_a_link_that_was_named_leads_to_its_photo(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "a.jpg")
    assert split_roots([str(tmp_path / "link.jpg")]) == ((), (str(tmp_path / "a.jpg"),))


def test_what_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingRootError, match="does not exist"):
        split_roots([str(tmp_path / "none.jpg")])
