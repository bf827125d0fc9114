"""What dedupe 0.1.0 wrote still opens: the user's word holds, the last scan is read, a run of then can be undone."""

from __future__ import annotations

import os
import shutil
import sqlite3
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.errors import StoreError
from dedupe.formats.hashing import LEGACY
from dedupe.library import migrate
from dedupe.library.decisions import Decisions
from dedupe.pipeline import scan
from dedupe.settings import Settings
from tests.support import Places

STORES = Path(__file__).parent / "stores"
THEN = "/stores-0.1.0"


@dataclass(frozen=True)
class Old:
    """A user's folder as 0.1.0 left it: rocket.jpg twice and said to be no duplicates, coffee.jpg and old/astronaut.jpg moved."""

    base: Path

    @property
    def photos(self) -> Path:
        return self.base / "photos"

    @property
    def decisions(self) -> Path:
        return self.base / "store.decisions.db"

    @property
    def places(self) -> Places:
        return Places(str(self.base / "journal.db"), str(self.base / "lock"))


@pytest.fixture
def old(tmp_path: Path) -> Old:
    return an_old_user(tmp_path)


def an_old_user(tmp_path: Path) -> Old:
    """The folder and the stores of ``old``, below this one."""
    found = Old(tmp_path)
    for name, place in {
        "astronaut": "photos/astronaut",
        "coffee": "photos/old/coffee",
        "rocket": "photos/rocket",
        "rocket ": "photos/old/rocket",
        "coffee ": "moved/coffee",
        "astronaut ": "moved/old/astronaut",
    }.items():
        path = tmp_path / f"{place}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(STORES / "photos" / f"{name.strip()}.jpg", path)
        os.utime(path, (1_500_000_000, 1_500_000_000))
    shutil.copy(STORES / "decisions-0.1.0.db", found.decisions)
    shutil.copy(STORES / "journal-0.1.0.db", found.places.journal)
    _relocate(found.decisions, {"decisions": ("a_path", "b_path")}, tmp_path)
    _relocate(
        Path(found.places.journal),
        {
            "runs": ("target",),
            "roots": ("path",),
            "units": ("keeper",),
            "files": ("source", "parent", "target", "partial"),
            "folders": ("path",),
        },
        tmp_path,
    )
    return found


def _relocate(path: Path, columns: dict[str, tuple[str, ...]], base: Path) -> None:
    """Put today's folder in the place of the one that the store was written in."""
    db = sqlite3.connect(path)
    for table, names in columns.items():
        for name in names:
            for number, value in db.execute(f"SELECT rowid, {name} FROM {table}").fetchall():
                if value is not None:
                    new = value.replace(os.fsencode(THEN), os.fsencode(base))
                    db.execute(f"UPDATE {table} SET {name} = ? WHERE rowid = ?", (new, number))
    if "decisions" in columns:
        [(packed,)] = db.execute("SELECT result FROM scans").fetchall()
        text = zlib.decompress(packed).replace(THEN.encode(), str(base).encode())
        db.execute("UPDATE scans SET result = ?", (zlib.compress(text),))
    db.commit()
    db.close()


def groups(old: Old) -> dict[str, list[str]]:
    """What a scan of today finds: the photo that stays, and those that would go."""
    result = scan([str(old.photos)], Settings(store=str(old.base / "store.db"), jobs=1))
    return {
        os.path.relpath(group.keep.path, old.photos): [
            os.path.relpath(extra.photo.path, old.photos) for extra in group.extras
        ]
        for group in result.groups
    }


def test_decisions_are_brought_up_to_date_after_a_copy_was_kept(old: Old) -> None:
    before = old.decisions.read_bytes()
    with Decisions(str(old.decisions)) as decisions:
        made = [(one.kind.value, os.path.basename(one.a.path)) for one in decisions.made()]
        [notice] = decisions.notices
    assert made == [("not duplicates", "rocket.jpg"), ("keeper", "coffee.jpg")]
    [kept] = old.base.glob("store.decisions.db.v1-*")
    assert str(kept) in notice
    with sqlite3.connect(kept) as copy, sqlite3.connect(STORES / "decisions-0.1.0.db"):
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
        assert copy.execute("SELECT count(*) FROM decisions").fetchone() == (2,)
    copy.close()
    assert before != old.decisions.read_bytes()
    with Decisions(str(old.decisions)) as again:
        assert again.notices == [], "said once"


def test_a_pair_that_was_said_to_be_no_duplicates_still_is_none(old: Old) -> None:
    shutil.copy2(old.base / "moved/coffee.jpg", old.photos / "coffee.jpg")
    assert groups(old) == {"old/coffee.jpg": ["coffee.jpg"]}, "rocket.jpg is not shown, the chosen coffee.jpg stays"
    with Decisions(str(old.decisions)) as decisions:
        keys = [who.content_key for one in decisions.made() for who in (one.a, one.b)]
    assert not any(key.startswith(LEGACY) for key in keys), "met again, they bear the keys of today"


def test_copies_told_apart_by_their_bytes_are_asked_about_again_once_one_was_edited(old: Old) -> None:
    rocket = old.photos / "old" / "rocket.jpg"
    content = rocket.read_bytes()
    comment = b"\xff\xfe\x00\x07hello"
    (old.photos / "renamed.jpg").write_bytes(content[:2] + comment + content[2:])
    rocket.unlink()
    found = groups(old)
    assert {name for keep, extras in found.items() for name in (keep, *extras)} == {"renamed.jpg", "rocket.jpg"}


def test_a_choice_of_then_survives_tagging_of_the_photo_since(old: Old) -> None:
    """coffee.jpg below old/ was chosen; the other one, with a comment added since, is another file with its picture."""
    content = (STORES / "photos" / "coffee.jpg").read_bytes()
    (old.photos / "a.jpg").write_bytes(content)
    with sqlite3.connect(old.decisions) as db:
        db.execute("UPDATE decisions SET b_content = zeroblob(16) WHERE kind = 'keeper'")
        db.execute("UPDATE decisions SET b_payload = zeroblob(16) WHERE kind = 'keeper'")
    db.close()
    tagged = content[:2] + b"\xff\xfe\x00\x07hello" + content[2:]
    (old.photos / "old" / "coffee.jpg").write_bytes(tagged)
    groups(old)
    with Decisions(str(old.decisions)) as decisions:
        [choice] = [one for one in decisions.made() if one.kind.value == "keeper"]
    assert choice.a.pixel_key is not None
    assert not choice.a.pixel_key.startswith(LEGACY)


def test_the_last_scan_is_read_with_its_fields_of_today(old: Old) -> None:
    with Decisions(str(old.decisions)) as decisions:
        result = decisions.last_scan()
    assert result is not None
    astronaut = result.groups[0]
    assert astronaut.keep.path == str(old.photos / "astronaut.jpg")
    assert astronaut.keep.content_key.startswith(LEGACY)
    assert astronaut.keep.pixel_key is not None
    assert astronaut.extras[0].photo.members == ()


def test_a_run_of_then_is_listed_and_undone_bit_for_bit(old: Old) -> None:
    [run] = actions.history(old.places)
    assert (run.assets, run.undoable) == (2, True)
    report = actions.undo(old.places)
    assert report.exit_code == 0, report.sentences()
    for name in ("coffee.jpg", "old/astronaut.jpg"):
        path = old.photos / name
        assert path.read_bytes() == (STORES / "photos" / os.path.basename(name)).read_bytes()
        assert path.stat().st_mtime == 1_500_000_000
    assert list(old.base.glob("journal.db.v1-*"))


def test_a_photo_of_then_that_was_edited_since_it_was_moved_stays_where_it_is(old: Old) -> None:
    path = old.base / "moved" / "coffee.jpg"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    os.utime(path, (1_500_000_000, 1_500_000_000))
    report = actions.undo(old.places)
    assert report.left == {"changed since it was moved": 1}
    assert not (old.photos / "coffee.jpg").exists()


def test_a_move_of_then_that_was_cut_off_is_ended(old: Old) -> None:
    with sqlite3.connect(old.places.journal) as db:
        db.execute("UPDATE units SET state = 'begun' WHERE id = 2")
        db.execute("UPDATE runs SET ended = NULL")
    db.close()
    [sentence] = actions.recover(old.places)
    assert "had gone through" in sentence


@pytest.mark.parametrize("store", ["decisions", "journal"])
def test_where_no_copy_can_be_kept_the_store_is_left_as_it_is(
    old: Old, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*paths: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(migrate, "_copy", full)
    path = old.decisions if store == "decisions" else Path(old.places.journal)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="cannot be brought up to date"):
        _ = Decisions(str(path)) if store == "decisions" else actions.history(old.places)
    assert path.read_bytes() == before
    assert not list(old.base.glob(f"{path.name}.v1-*"))


def test_a_row_that_cannot_be_brought_up_to_date_leaves_the_store_as_it_is(old: Old) -> None:
    with sqlite3.connect(old.decisions) as db:
        db.execute("UPDATE decisions SET a_content = 17 WHERE id = 2")
    db.close()
    before = old.decisions.read_bytes()
    with pytest.raises(StoreError, match="was left as it is"):
        Decisions(str(old.decisions))
    assert old.decisions.read_bytes() == before
