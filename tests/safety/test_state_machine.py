"""Row 2 and §5: nothing is lost, whatever a user, dedupe and crashes do in whatever order.

Every byte string that existed and that the user did not destroy is somewhere. Every photo that left did so for a keeper
that was there, that stays, that it was directly proven against, and of which nobody had said that it is no duplicate.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dedupe import actions
from dedupe.actions.journal.journal import Journal
from dedupe.actions.platform.disk import Disk
from dedupe.errors import RefusedError, StoreError, UsageError
from dedupe.library.decisions import Decisions
from dedupe.library.scans import EditState, GroupEdit
from dedupe.review.choice import reviewed
from dedupe.review.prompt import pressed
from dedupe.review.state import ReviewState
from dedupe.types import Action, ActionKind, Extra, Photo, Relation, ScanResult
from tests.faults import CRASHED, FaultyDisk
from tests.safety.crash_points import in_child
from tests.support import MARKER, Places, contents, key, photos_below, result_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="crashes are tried in forked processes")

FOLDERS = ["a", "b", "c/d"]
NAMES = ["1.jpg", "1.png", "2.jpg", "3.jpg", "1.xmp", "2.mov"]
PICTURES = st.integers(0, 3)
COPIES = list(combinations(range(4), 2))
PRESSED = st.lists(
    st.sampled_from(
        ["enter", "2 enter", "3 enter", "down space enter", "space", "k enter", "left", "n", "a", "s", "A y"]
    ),
    min_size=1,
    max_size=6,
)
"""Keys of a review, in words as a person would press them one after the other."""


class Photos(RuleBasedStateMachine):
    """A tree under attack.

    ``alive`` counts every byte string that the user has not destroyed. While a crash waits for its recovery a file may
    be there twice, so then only its being there at all is asked.
    """

    def __init__(self) -> None:
        super().__init__()
        shared = Path("/dev/shm")
        self.base = Path(tempfile.mkdtemp(dir=shared if os.access(shared, os.W_OK) else None))
        self.root = self.base / "photos"
        self.root.mkdir()
        self.trash = self.base / "home" / "Trash"
        self.trash.parent.mkdir()
        os.environ["HOME"] = os.environ["XDG_DATA_HOME"] = str(self.trash.parent)
        self.paths = Places.below(self.base / "state")
        # send2trash looks its folders up when it is imported: this machine's, then.
        for name in [name for name in sys.modules if name.partition(".")[0] == "send2trash"]:
            del sys.modules[name]
        self.alive: Counter[bytes] = Counter()
        self.written = 0
        self.crashed = False
        self.touched_since = False
        self.for_a_person: set[Path] = set()
        self.near: set[tuple[int, int]] = set()
        self.versions: set[tuple[int, int]] = set()
        self.written_as: dict[bytes, bytes] = {}
        self.memory = Decisions(str(self.base / "state" / "decisions.db"))
        self.result = result_of([], [])
        self.target = self.base / "moved"

    @initialize(
        inside=st.booleans(),
        photos=st.lists(
            st.tuples(st.sampled_from(FOLDERS), st.sampled_from(NAMES), PICTURES, st.booleans()),
            min_size=8,
            max_size=14,
            unique_by=lambda photo: photo[:2],
        ),
        near=st.sets(st.sampled_from(COPIES), min_size=1, max_size=4),
        versions=st.sets(st.sampled_from(COPIES), min_size=1, max_size=4),
    )
    def begin(
        self,
        inside: bool,
        photos: list[tuple[str, str, int, bool]],
        near: set[tuple[int, int]],
        versions: set[tuple[int, int]],
    ) -> None:
        self.near, self.versions = near, versions - near
        self.target = self.root / "moved" if inside else self.base / "moved"
        for folder, name, picture, same in photos:
            self.user_adds(folder, name, picture, same)
        self.scan()

    def teardown(self) -> None:
        self.memory.close()
        shutil.rmtree(self.base)

    def everywhere(self) -> Counter[bytes]:
        folders = [self.root, self.trash] + ([] if self.target.is_relative_to(self.root) else [self.target])
        return Counter(contents(*folders))

    def _files(self, *, away: bool) -> list[Path]:
        folders = [self.root, self.target, self.trash] if away else [self.root]
        return sorted(
            {
                path
                for folder in folders
                for path in folder.rglob("*")
                if path.is_file()
                and not path.is_symlink()
                and path.name != MARKER
                and path.suffix not in (".partial", ".trashinfo")
            }
        )

    def _pick(self, data: st.DataObject, *, away: bool = True) -> Path | None:
        files = self._files(away=away)
        return data.draw(st.sampled_from(files)) if files else None

    # -- the user ------------------------------------------------------------------------------------------------------

    @rule(
        what=st.sampled_from(
            ["adds", "adds", "edits", "edits, time set back", "deletes", "renames", "links", "makes a symlink"]
        ),
        data=st.data(),
        folder=st.sampled_from(FOLDERS),
    )
    def user_does(self, what: str, data: st.DataObject, folder: str) -> None:
        if what == "adds":
            name, picture = data.draw(st.sampled_from(NAMES)), data.draw(PICTURES)
            self.user_adds(folder, name, picture, data.draw(st.booleans()))
            return
        path = self._pick(data, away=what not in ("links", "makes a symlink"))
        self.written += 1
        place = self.root / folder / f"made{self.written}.jpg"
        if path is None:
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        event(f"the user {what}")
        self.touched_since = True
        if what.startswith("edits"):
            self._edit(path, keep_time="back" in what)
        elif what == "deletes":
            self.alive[path.read_bytes()] -= 1
            path.unlink()
        elif what == "renames":
            path.rename(place)
        elif what == "links":
            self.alive[path.read_bytes()] += 1
            os.link(path, place)
        else:
            place.symlink_to(path)

    def user_adds(self, folder: str, name: str, picture: int, same: bool) -> None:
        path = self.root / folder / name
        if os.path.lexists(path):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self.written += 1
        content = b"p%d\n%s" % (picture, b"same" if same else b"%d" % self.written)
        path.write_bytes(content)
        self.written_as[key(content)] = content
        self.alive[content] += 1
        self.touched_since = True

    def _edit(self, path: Path, *, keep_time: bool) -> None:
        before, status = path.read_bytes(), path.stat()
        after = before[:-1] + b"%c" % (33 + self.written % 90)
        self.alive[before] -= status.st_nlink
        self.alive[after] += status.st_nlink
        self.written_as[key(after)] = after
        path.write_bytes(after)
        if keep_time:
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    # -- dedupe --------------------------------------------------------------------------------------------------------

    def proven(self, one: bytes, other: bytes) -> bool:
        """Whether the pictures of these contents were drawn as copies of one another; that is no equivalence."""
        return self._drawn(one, other, self.near, same=True)

    def _drawn(self, one: bytes, other: bytes, pairs: set[tuple[int, int]], *, same: bool = False) -> bool:
        if one not in self.written_as or other not in self.written_as:
            return False  # what was copied so far of a file that the user removed
        pictures = [int(self.written_as[content].split(b"\n")[0][1:]) for content in (one, other)]
        return (same and pictures[0] == pictures[1]) or (min(pictures), max(pictures)) in pairs

    def edited(self, one: bytes, other: bytes) -> bool:
        """Whether the pictures of these contents were drawn as versions of one another."""
        return self._drawn(one, other, self.versions)

    def scan(self) -> None:
        """Families as a scan makes them.

        Each copy is proven against the head of its version, each head against another head, and nobody called the two no
        duplicates.
        """
        left, versions = photos_below(self.root), []
        while left:
            head, *rest = left
            copies = [
                photo
                for photo in rest
                if self.proven(head.content_key, photo.content_key) and not self.memory.not_duplicates(head, photo)
            ]
            versions.append((head, copies))
            left = [photo for photo in rest if photo not in copies]
        self.result = self._families(versions)
        self.memory.save_scan(self.result)

    def _families(self, versions: list[tuple[Photo, list[Photo]]]) -> ScanResult:
        families: list[tuple[Photo, list[Photo], list[Extra]]] = []
        for head, copies in versions:
            below = [Extra(one, self._as_copy(head, one), 0.1, selected=True, keeper=head.path) for one in copies]
            for _, heads, extras in families:
                parent = next((one for one in heads if self.edited(one.content_key, head.content_key)), None)
                if parent is not None and not self.memory.not_duplicates(parent, head):
                    heads.append(head)
                    extras += [Extra(head, Relation.EDITED, 0.3, selected=False, keeper=parent.path), *below]
                    break
            else:
                families.append((head, [head], below))
        families = [one for one in families if one[2]]
        made = result_of([self.root], [(root, [one.photo for one in extras]) for root, _, extras in families])
        groups = zip(made.groups, families, strict=True)
        return replace(made, groups=tuple(replace(one, extras=tuple(extras)) for one, (_, _, extras) in groups))

    @staticmethod
    def _as_copy(keep: Photo, photo: Photo) -> Relation:
        return Relation.IDENTICAL if keep.content_key == photo.content_key else Relation.RESAVED

    def verify(self, keep: Photo, photo: Photo) -> Extra | None:
        if self.proven(keep.content_key, photo.content_key):
            return Extra(photo, self._as_copy(keep, photo), 0.1, selected=True, keeper=keep.path)
        if self.edited(keep.content_key, photo.content_key):
            return Extra(photo, Relation.EDITED, 0.3, selected=False, keeper=keep.path)
        return None

    @rule(words=PRESSED)
    def review(self, words: list[str]) -> None:
        """A person presses keys; everything is stored, and the review may go on another time."""
        if not self.result.groups:
            return
        state = ReviewState.begin(self.result.groups, self.verify, self.memory.edits())
        for one in " ".join(words).split():
            state = pressed(state, one.replace("space", " "), self.memory)
        for choice in state.choices:
            event(f"reviewed: {choice.verdict.value}{', another keeper' if choice.keep else ''}")

    @property
    def plan(self) -> ScanResult:
        """What `dedupe apply` would go by."""
        return reviewed(self.result, self.memory.edits(), self.verify).plan

    def _disk(self, other_volume: bool, way: int) -> FaultyDisk:
        volumes = (str(self.target), str(self.trash)) if other_volume else ()
        return FaultyDisk(volumes=volumes, exclusive_rename=way == 0, links=way < 2)

    def _act(self, disk: Disk, trash: bool) -> actions.Report:
        kind = ActionKind.TRASH if trash else ActionKind.MOVE
        target = None if trash else str(self.target)
        return actions.act(self.plan, kind=kind, target=target, paths=self.paths, disk=disk)

    @rule(
        how=st.sampled_from(["scanned now", "reviewed now", "reviewed now", "as it was left"]),
        words=PRESSED,
        trash=st.booleans(),
        other_volume=st.booleans(),
        way=st.integers(0, 2),
        fault=st.sampled_from([0, 0, 0, errno.EIO, errno.ENOSPC, errno.EACCES]),
        nth=st.integers(3, 25),
    )
    def apply(
        self, how: str, words: list[str], trash: bool, other_volume: bool, way: int, fault: int, nth: int
    ) -> None:
        if how.endswith("now"):
            self.scan()
        if how.startswith("reviewed"):
            self.review(words)
        disk, edits = self._disk(other_volume and not trash, way), self.memory.edits()
        if fault:
            disk.fail("any", nth, fault)
        try:
            report = self._act(disk, trash)
        except (RefusedError, StoreError):
            return
        self._reconciled()
        event(f"{'trashed' if trash else 'moved'} {min(len(report.done), 3)}, exit {report.exit_code}")
        for outcome in report.done:
            self._agreed(outcome.action, edits)
            for part in (outcome.action.keeper, *outcome.action.keeper_parts):
                assert key(Path(part.source).read_bytes()) == part.content_key
            assert not any(os.path.lexists(move.source) for move in outcome.action.moves)
        if report.exit_code == 4:
            self._loosen()

    def _agreed(self, action: Action, edits: dict[str, GroupEdit]) -> None:
        """It left for a photo that it is proven against; and where there was a review, because that said so."""
        ends = action.moves[0].content_key, action.keeper.content_key
        chosen = any(action.moves[0].source in (edit.selected or ()) for edit in edits.values())
        assert self.proven(*ends) or (chosen and self.edited(*ends))
        event("left as an edit" if not self.proven(*ends) else "left as a copy")
        if not edits:
            return
        edit = edits[action.group.partition("-")[0]]
        event(f"left after a review{', for another keeper' if edit.keeper else ''}")
        assert edit.state is EditState.ACCEPTED
        assert edit.selected is None or action.moves[0].source in edit.selected
        assert action.keeper.source not in (edit.selected or ())

    @rule(
        stale=st.booleans(),
        trash=st.booleans(),
        other_volume=st.booleans(),
        way=st.integers(0, 2),
        moment=st.integers(1, 60),
    )
    def crash_in_apply(self, stale: bool, trash: bool, other_volume: bool, way: int, moment: int) -> None:
        if not stale:
            self.scan()
        disk = self._disk(other_volume and not trash, way).crash(moment)
        if in_child(lambda: self._act(disk, trash) and None) == CRASHED:
            event("crashed in apply")
            self._loosen()

    @rule(moment=st.integers(1, 40), other_volume=st.booleans())
    def crash_in_undo(self, moment: int, other_volume: bool) -> None:
        disk = self._disk(other_volume, 0).crash(moment)
        if in_child(lambda: actions.undo(self.paths, disk=disk) and None) == CRASHED:
            event("crashed in undo")
            self._loosen()

    @precondition(lambda self: self.crashed)
    @rule(moment=st.integers(1, 12))
    def crash_in_recovery(self, moment: int) -> None:
        in_child(lambda: actions.recover(self.paths, FaultyDisk().crash(moment)) and None)

    @rule()
    def recover(self) -> None:
        actions.recover(self.paths)
        self._reconciled()

    @rule(other_volume=st.booleans())
    def undo(self, other_volume: bool) -> None:
        try:
            report = actions.undo(self.paths, disk=self._disk(other_volume, 0))
        except (UsageError, RefusedError):
            return
        event(f"undone {min(len(report.restored), 3)}, exit {report.exit_code}")
        self._reconciled()

    def _loosen(self) -> None:
        if not self.crashed:
            self.touched_since = False
        self.crashed = True

    def _reconciled(self) -> None:
        """Check that the count is exact again after a recovery.

        It need not be where the user had a hand in between crash and recovery, or the disk let an asset not be
        reconciled yet.
        """
        if os.path.exists(self.paths.journal):
            with Journal(self.paths.journal, Disk()) as journal:
                if journal.open_assets():
                    self._loosen()
                    return
        if self.crashed and self.touched_since:
            self.there()
            self.alive = self.everywhere()
            # Where the user removed what was being copied, the copy so far is left for a person to look at.
            self.for_a_person = set(self.base.rglob("*.partial"))
        self.crashed = False

    # -- what must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def there(self) -> None:
        found = self.everywhere()
        alive = +self.alive
        if self.crashed:
            assert not [content for content in alive if content not in found]
        else:
            assert found == alive

    @invariant()
    def nothing_half_written_after_a_recovery(self) -> None:
        if not self.crashed:
            assert set(self.base.rglob("*.partial")) <= self.for_a_person


Photos.TestCase.settings = settings(
    max_examples=int(os.environ.get("DEDUPE_STATE_EXAMPLES", "30")), stateful_step_count=30
)


class TestPhotos(Photos.TestCase):
    """The machine, with an environment that is put back."""

    @pytest.fixture(autouse=True)
    def _isolated(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", "/nonexistent")
        monkeypatch.setenv("XDG_DATA_HOME", "/nonexistent")
