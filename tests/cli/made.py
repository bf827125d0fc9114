"""A scan of made-up photos in a store, and the command line run on it, in this process, in another, or in a terminal."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dedupe.library.codec import to_json
from dedupe.library.decisions import Decisions
from dedupe.library.paths import StorePaths
from dedupe.library.scans import GroupEdit
from dedupe.settings import Settings
from dedupe.types import ScanResult
from tests.review.terminal import Terminal
from tests.support import Entry, fake_scan, make, tree_snapshot

TOP = Path(__file__).parents[2]


@dataclass(frozen=True)
class Scanned:
    """``pairs`` pairs below ``photos``: ``keep/N.jpg`` stays, ``old/N.jpg`` would go."""

    base: Path

    @property
    def photos(self) -> Path:
        return self.base / "photos"

    @property
    def away(self) -> Path:
        return self.base / "away"

    @property
    def store(self) -> str:
        return str(self.base / "cache.db")

    @property
    def paths(self) -> StorePaths:
        return StorePaths.at(self.store)

    def scan(self, pairs: int, **settings: Any) -> ScanResult:
        """Make the photos and save their scan, made with these settings."""
        make(self.photos, {f"{at}/{n}.jpg": f"p{n}\n{at}" for n in range(pairs) for at in ("keep", "old")})
        result = fake_scan(self.photos)
        self.save(result, **settings)
        return result

    def save(self, result: ScanResult, **settings: Any) -> None:
        """Make it the last scan."""
        with Decisions(self.paths.decisions) as memory:
            memory.save_scan(result, to_json(Settings(**settings)))

    def review(self, *edits: GroupEdit) -> None:
        """Store what a review made of the groups."""
        with Decisions(self.paths.decisions) as memory:
            memory.put_edits(edits)

    def snapshot(self) -> dict[str, Entry]:
        """All that must not change where nothing is to be done: photos, target, trash."""
        return tree_snapshot(self.photos, self.away, os.path.join(os.environ["XDG_DATA_HOME"], "Trash"))

    def interrupt(self) -> None:
        """Make the journal say that the last run's assets were begun and not ended."""
        with sqlite3.connect(self.paths.journal) as db:
            db.execute("UPDATE units SET state = 'begun'")
            db.execute("UPDATE runs SET ended = NULL")
        db.close()

    def gone(self) -> list[str]:
        """The photos that left."""
        return [path.name for path in sorted((self.photos / "keep").iterdir()) if not self.old(path.name).exists()]

    def old(self, name: str) -> Path:
        return self.photos / "old" / name

    def closed(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command in a process of its own, its stdin closed."""
        return _ran(["sh", "-c", 'exec "$@" <&-', "sh", *self._command(arguments)])

    def ran(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """The command in a process of its own, with ``said`` piped in."""
        return _ran(self._command(arguments), said)

    def terminal(self, *arguments: str) -> Terminal:
        """The command in a terminal."""
        environment = {"PYTHONPATH": str(TOP)}
        return Terminal(self._command(arguments)[1:], columns=150, rows=40, env=environment)

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "dedupe", *arguments, "--store", self.store]


def _ran(command: list[str], said: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=said, capture_output=True, text=True, check=False, cwd=TOP)
