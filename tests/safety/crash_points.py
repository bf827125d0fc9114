"""Ends a process at every step of an action in turn, lets another one recover, and looks at what is left.

Run as ``python -m tests.safety.crash_points SCENARIO FOLDER``; prints the account as JSON. It is a process of its own, which
imports nothing but ``dedupe.actions`` and forks for every point, so that each crash and each recovery is a fresh process.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from dedupe import actions
from dedupe.actions.journal.journal import Journal
from dedupe.actions.platform.disk import Disk
from dedupe.types import ActionKind
from tests.faults import CRASHED, FaultyDisk
from tests.support import Places, contents, fake_scan, make, tree_snapshot

FILES = {
    "keep/IMG_1.jpg": "beach\nthe original, with everything in it",
    "old/IMG_1.jpg": "beach\nthe original, with everything in it",
    "old/IMG_2.jpg": "cake\nsaved again",
    "old/IMG_2.xmp": "five stars",
    "keep/IMG_2.jpg": "cake\nas the camera wrote it",
}
ONE_UNIT = {name: text for name, text in FILES.items() if "IMG_2" in name}
POINTS_AT_MOST = 2000


@dataclass
class World:
    """A tree of photos with its journal, target and trash; made anew for every point."""

    base: Path
    kind: ActionKind
    volumes: bool = False
    exclusive_rename: bool = True
    links: bool = True
    inside: bool = False
    files: dict[str, str] = field(default_factory=lambda: FILES)
    before: dict[str, tuple[object, ...]] = field(default_factory=dict)

    @property
    def photos(self) -> Path:
        return self.base / "photos"

    @property
    def target(self) -> Path:
        return self.photos / "moved" if self.inside else self.base / "moved"

    @property
    def trash(self) -> Path:
        return self.base / "home" / "data" / "Trash"

    @property
    def paths(self) -> Places:
        return Places(str(self.base / "state" / "journal.db"), str(self.base / "state" / "lock"))

    def fresh(self) -> None:
        shutil.rmtree(self.base, ignore_errors=True)
        make(self.photos, self.files)
        (self.base / "home" / "data").mkdir(parents=True)
        os.environ["HOME"] = str(self.base / "home")
        os.environ["XDG_DATA_HOME"] = str(self.base / "home" / "data")
        self.before = tree_snapshot(self.photos)

    def disk(self) -> FaultyDisk:
        volumes = (str(self.photos),) if self.volumes else ()
        return FaultyDisk(volumes=volumes, exclusive_rename=self.exclusive_rename, links=self.links)

    def act(self, disk: Disk) -> None:
        target = str(self.target) if self.kind is ActionKind.MOVE else None
        actions.act(fake_scan(self.photos), kind=self.kind, target=target, paths=self.paths, disk=disk)

    def undo(self, disk: Disk) -> None:
        actions.undo(self.paths, disk=disk)

    def recover(self, disk: Disk) -> None:
        actions.recover(self.paths, disk=disk)

    # -- what must be true after every recovery -------------------------------------------------------------------------

    def everything(self) -> list[bytes]:
        return contents(self.photos, self.target, self.trash) if not self.inside else contents(self.photos, self.trash)

    def check(self) -> list[str]:
        """What is wrong, in words."""
        wrong = []
        if self.everything() != sorted(text.encode() for text in self.files.values()):
            wrong.append(f"photos lost or doubled: {self.everything()}")
        for name in self.files:
            if name.startswith("keep") and not (self.photos / name).is_file():
                wrong.append(f"the keeper {name} is gone")
        members = [(self.photos / name).exists() for name in ("old/IMG_2.jpg", "old/IMG_2.xmp")]
        if members[0] != members[1]:
            wrong.append("a unit was split")
        if self.before and (leftover := self._leftovers()):
            wrong.append(f"left lying around: {leftover}")
        if Path(self.paths.journal).exists():
            wrong += self._check_journal()
        return wrong

    def _leftovers(self) -> list[str]:
        names = [path.name for path in self.base.rglob("*")]
        records = [path for path in self.trash.glob("info/*")]
        orphans = [path.name for path in records if not (self.trash / "files" / path.stem).exists()]
        return [name for name in names if name.endswith(".partial")] + orphans

    def _check_journal(self) -> list[str]:
        wrong = []
        with Journal(self.paths.journal, Disk()) as journal:
            if journal.open_assets() or journal.open_runs():
                wrong.append("rows of the journal are still open")
            for run in journal.runs():
                for asset in journal.assets(run.id):
                    for file in asset.files:
                        away = asset.state == "done" and asset.purpose == "act"
                        if away and (file.place is None or not os.path.exists(file.place)):
                            wrong.append(f"the journal says done, but {file.place} is not there")
                        back = asset.state == "rolled back" and asset.purpose == "act"
                        if back and not os.path.exists(file.move.source):
                            wrong.append(f"the journal says rolled back, but {file.move.source} is not there")
        return wrong

    def check_undone(self) -> list[str]:
        """After everything was undone the tree is what it was, bit for bit, and nothing is left elsewhere."""
        wrong = [] if tree_snapshot(self.photos) == self.before else ["undo did not restore the tree"]
        left = [str(path) for path in (self.target, self.trash) for path in path.rglob("*") if path.is_file()]
        return wrong + [f"left over after undo: {path}" for path in left]


def in_child(run: Callable[[], object]) -> int:
    """``run`` in a forked process; its exit code, 0 where it ended by itself."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 3
        try:
            run()
            code = 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def attempt(run: Callable[[], None]) -> list[str]:
    """``run``, which must not fail: what it raised, in words."""
    try:
        run()
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    return []


@dataclass
class Account:
    """How many points were tried, at how many the process was ended, and what was found wrong."""

    points: int = 0
    crashes: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, where: str, found: list[str]) -> None:
        self.wrong += [f"{where}: {what}" for what in found]


def crash_everywhere(world: World, begin: Callable[[], None], run: Callable[[Disk], None]) -> Account:
    """Crash ``run`` at its 1st, 2nd, … moment, from a world made by ``begin``, until it runs to its end."""
    account = Account()
    for point in range(1, POINTS_AT_MOST):
        world.fresh()
        begin()
        code = in_child(partial(run, world.disk().crash(point)))
        account.points += 1
        if code not in (0, CRASHED):
            account.add(f"point {point}", [f"ended with {code}"])
        if code == CRASHED:
            account.crashes += 1
            account.add(f"point {point}, recovery", attempt(lambda: world.recover(world.disk())))
        account.add(f"point {point}", world.check())
        account.add(f"point {point}, undone", _undone(world))
        if code == 0:
            return account
    account.add("all", ["it never ran to its end"])
    return account


def _undone(world: World) -> list[str]:
    """Undo what is away, and see that everything is as it was."""
    with_runs = Path(world.paths.journal).exists() and any(run.undoable for run in actions.history(world.paths))
    return (attempt(lambda: world.undo(world.disk())) if with_runs else []) + world.check_undone()


def crash_recovery_everywhere(world: World, stride: int) -> Account:
    """Crash the act at every moment, and then the recovery at every one (or every ``stride``th) of its own.

    A second recovery must suffice.
    """
    account = Account()
    for first in range(1, POINTS_AT_MOST):
        second = 1 + first % stride
        while True:
            world.fresh()
            acted = in_child(partial(world.act, world.disk().crash(first)))
            recovered = in_child(partial(world.recover, world.disk().crash(second)))
            account.points += 1
            account.crashes += (acted == CRASHED) + (recovered == CRASHED)
            where = f"point {first}, {second}"
            if recovered == CRASHED:
                account.add(where, attempt(lambda: world.recover(world.disk())))
            account.add(where, world.check())
            if recovered != CRASHED:
                account.add(where, [] if recovered == 0 else [f"recovery ended with {recovered}"])
                break
            second += stride
        if acted == 0:
            return account
    return account


def kill_at_random(world: World, times: int) -> Account:
    """SIGKILL an act somewhere in the middle, again and again; where it hits is up to the seed and the machine."""
    account = Account()
    chance = random.Random(20240607)
    world.fresh()
    began = time.monotonic()
    in_child(lambda: world.act(Disk()))
    whole = time.monotonic() - began
    for point in range(times):
        world.fresh()
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                world.act(Disk())
            os._exit(0)
        time.sleep(chance.uniform(0, whole))
        os.kill(child, signal.SIGKILL)
        account.points += 1
        account.crashes += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        account.add(f"kill {point}", attempt(lambda: world.recover(Disk())))
        account.add(f"kill {point}", world.check())
        account.add(f"kill {point}, undone", _undone(world))
    return account


SCENARIOS: dict[str, dict[str, object]] = {
    "move": {"kind": ActionKind.MOVE},
    "move-into-the-root": {"kind": ActionKind.MOVE, "inside": True},
    "move-across-volumes": {"kind": ActionKind.MOVE, "volumes": True},
    "move-by-link": {"kind": ActionKind.MOVE, "exclusive_rename": False},
    "move-by-claim": {"kind": ActionKind.MOVE, "exclusive_rename": False, "links": False},
    "move-across-volumes-by-link": {"kind": ActionKind.MOVE, "volumes": True, "exclusive_rename": False},
    "move-across-volumes-by-claim": {
        "kind": ActionKind.MOVE,
        "volumes": True,
        "exclusive_rename": False,
        "links": False,
    },
    "trash": {"kind": ActionKind.TRASH},
}


def main(what: str, scenario: str, folder: str) -> None:
    """One scenario: crash the act, the undo, or the recovery at every point."""
    import send2trash  # noqa: F401 - its own folders are looked up when it is imported

    world = World(base=Path(folder) / "world", **SCENARIOS[scenario])  # type: ignore[arg-type]
    if os.environ.get("DEDUPE_ONE_UNIT"):
        world.files = ONE_UNIT
    if what == "act":
        account = crash_everywhere(world, lambda: None, world.act)
    elif what == "undo":
        account = crash_everywhere(world, lambda: world.act(Disk()), world.undo)
    elif what == "kill":
        account = kill_at_random(world, int(os.environ.get("DEDUPE_KILLS", "20")))
    else:
        world.files = ONE_UNIT
        account = crash_recovery_everywhere(world, int(os.environ.get("DEDUPE_STRIDE", "1")))
    print(json.dumps(asdict(account)))


if __name__ == "__main__":
    main(*sys.argv[1:4])
