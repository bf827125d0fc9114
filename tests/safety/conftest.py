"""A world for the safety tests: photos, a target, a trash, a journal, and short ways to act on them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dedupe import actions
from dedupe.actions.execution.apply import Applied, Applier
from dedupe.actions.execution.guards import Terms
from dedupe.actions.execution.undo import UndoReport
from dedupe.actions.journal.journal import Journal
from dedupe.actions.planning.plan import plan
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.lock import only_one
from dedupe.actions.platform.trash import Trash
from dedupe.actions.report import Report
from dedupe.types import Action, ActionKind, OutcomeKind, ScanResult
from tests.faults import FaultyDisk
from tests.support import Entry, Places, contents, fake_scan, make, tree_snapshot


@dataclass
class World:
    """A tree with one pair in it (``keep/a.jpg`` stays, ``old/a.jpg`` would go) and room for more."""

    base: Path
    home: Path
    disk: Disk = field(default_factory=FaultyDisk)

    def __post_init__(self) -> None:
        self.root = self.base / "photos"
        self.target = self.base / "moved"
        self.paths = Places.below(self.base / "state")
        self.trash = self.home / ".local" / "share" / "Trash"
        self.root.mkdir()

    def pair(self, relation: str = "identical") -> tuple[Path, Path]:
        """The keeper and its extra."""
        rest = "same" if relation == "identical" else "again"
        made = make(self.root, {"keep/a.jpg": "beach\nsame", "old/a.jpg": f"beach\n{rest}"})
        return made["keep/a.jpg"], made["old/a.jpg"]

    def make(self, files: dict[str, str | bytes]) -> dict[str, Path]:
        """More files below the root."""
        return make(self.root, files)

    def scan(self) -> ScanResult:
        """What a scan of the root would say now."""
        return fake_scan(self.root)

    def act(
        self,
        result: ScanResult | None = None,
        *,
        trash: bool = False,
        target: Path | None = None,
        max_drop: str | None = None,
        dry_run: bool = False,
        disk: Disk | None = None,
    ) -> Report:
        """Move (or trash) what ``result`` selects, by default what a scan finds now."""
        return actions.act(
            self.scan() if result is None else result,
            kind=ActionKind.TRASH if trash else ActionKind.MOVE,
            target=None if trash else str(target or self.target),
            paths=self.paths,
            max_drop=max_drop,
            dry_run=dry_run,
            disk=disk or self.disk,
        )

    def plan(self, *, trash: bool = False) -> tuple[Action, ...]:
        """The plan for what a scan finds now."""
        kind = ActionKind.TRASH if trash else ActionKind.MOVE
        return plan(self.scan(), kind=kind, target=None if trash else str(self.target), disk=self.disk)

    def carry_out(
        self, planned: tuple[Action, ...], *, roots: tuple[str, ...] | None = None, disk: Disk | None = None
    ) -> Applied:
        """Carry out these very actions, whoever made them, as apply does after its preflight."""
        disk = disk or self.disk
        kind = planned[0].kind
        target = str(self.target) if kind is ActionKind.MOVE else None
        terms = Terms.of(planned, kind, target, roots or (str(self.root),))
        with only_one(self.paths.lock), Journal(self.paths.journal, disk) as journal:
            return Applier(terms, disk, journal, Trash(disk)).run(planned)

    def undo(self, run: int | None = None, *, disk: Disk | None = None) -> UndoReport:
        """Undo a run."""
        return actions.undo(self.paths, run, disk=disk or self.disk)

    def snapshot(self) -> dict[str, Entry]:
        """Everything below the root, the target and the trash."""
        return tree_snapshot(self.root, self.target, self.trash)

    def contents(self) -> list[bytes]:
        """Every byte string that is anywhere, once per file."""
        outside = [self.root, self.trash]
        return contents(*outside, *([self.target] if not self.target.is_relative_to(self.root) else []))

    def edit_journal(self, sql: str, values: tuple[object, ...] = ()) -> None:
        """Forge the journal, as somebody with an editor could."""
        import sqlite3

        with sqlite3.connect(self.paths.journal) as db:
            db.execute(sql, values)
        db.close()


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: these tests sync after every step, and a disk takes its time for that."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK | os.X_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=shared, prefix="dedupe-test-") as folder:
        yield Path(folder)


@pytest.fixture
def world(quick_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    home = quick_path / "home"
    (home / ".local" / "share").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local" / "share"))
    return World(quick_path, home)


Check = Callable[[World], None]


def refused(outcomes: tuple[object, ...] | list[object]) -> list[str]:
    """The reasons of all outcomes, which are all refusals."""
    assert all(one.kind is OutcomeKind.REFUSED for one in outcomes), [(one.kind, one.reason) for one in outcomes]  # type: ignore[attr-defined]
    return [outcome.reason for outcome in outcomes]  # type: ignore[attr-defined]
