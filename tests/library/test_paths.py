"""Where the databases stand."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dedupe.errors import StoreError
from dedupe.library.cache import Cache
from dedupe.library.decisions import Decisions
from dedupe.library.paths import StorePaths
from dedupe.library.previews import Previews


def test_the_databases_stand_in_the_users_own_folders(home: Path) -> None:
    paths = StorePaths.at()
    assert Path(paths.cache) == home / ".local/share/dedupe/cache.db"
    assert Path(paths.journal) == home / ".local/state/dedupe/journal.db"
    assert not (home / ".local/share/dedupe").exists(), "asking for the places makes nothing"


def test_the_default_folder_is_made_when_it_is_needed_and_is_private(home: Path) -> None:
    paths = StorePaths.at()
    with Cache(paths.cache), Previews(paths.previews), Decisions(paths.decisions):
        pass
    made = home / ".local/share/dedupe"
    assert {"cache.db", "previews.db", "decisions.db"} == {path.name for path in made.iterdir()}
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_with_a_store_the_others_stand_beside_it(tmp_path: Path) -> None:
    paths = StorePaths.at(str(tmp_path / "mine.db"))
    assert paths.cache == str(tmp_path / "mine.db")
    assert paths.previews == str(tmp_path / "mine.previews.db")
    assert paths.decisions == str(tmp_path / "mine.decisions.db")
    assert paths.journal == str(tmp_path / "mine.journal.db")
    assert paths.index == str(tmp_path / "mine.index")


def test_there_is_one_lock_whatever_the_store(tmp_path: Path) -> None:
    assert StorePaths.at(str(tmp_path / "mine.db")).lock == StorePaths.at().lock


def test_the_store_may_have_any_byte_in_its_name(tmp_path: Path) -> None:
    paths = StorePaths.at(os.fsdecode(os.fsencode(tmp_path) + b"/\xff?%41#.db"))
    with Cache(paths.cache), Previews(paths.previews), Decisions(paths.decisions):
        pass
    names = set(os.listdir(os.fsencode(tmp_path)))
    assert names == {b"\xff?%41#.db", b"\xff?%41#.previews.db", b"\xff?%41#.decisions.db"}


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_a_store_without_a_proper_name_is_refused(name: str) -> None:
    with pytest.raises(StoreError, match=r"--store needs the name of a file\."):
        StorePaths.at(name)


def test_a_data_folder_that_cannot_be_made_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "file"))
    with pytest.raises(StoreError, match=r"The folder .*file/dedupe for dedupe's own data cannot be made: Not a"):
        Cache(StorePaths.at().cache)
