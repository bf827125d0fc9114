"""Acting while everything goes wrong, and an account of every byte string afterwards.

``python -m benchmarks.soak [--events N] [--volumes tmpfs,ext4,…] [--seed N] [--json FILE]`` makes small trees of photos with
copies and acts on them (move on the volume and across, trash, undo, recover) in child processes, while it kills them at random
moments, sends signals, edits, replaces and creates files as a user would, starts a second dedupe, and fills the disk. After each
event it recovers and looks for every byte string that was there and that the user did not take away. File systems that
cannot be made on this machine are skipped and counted.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.volumes import MAKERS, UnavailableError, mounted
from dedupe import actions
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.volumes import Volume
from dedupe.errors import DedupeError
from dedupe.formats.hashing import digest
from dedupe.types import (
    ActionKind,
    Companion,
    CompanionKind,
    Extra,
    Facts,
    FileStamp,
    Group,
    Photo,
    PhotoFile,
    Relation,
    ScanResult,
    Stats,
)

PAIRS = 4
HANG_S = 120
TRACEBACK, HUNG = 70, 71


class HastyDisk(Disk):
    """The real disk, with a clock so fine that nobody waits for its tick."""

    def volume(self, folder: str) -> Volume:
        """As on the disk, but for the tick."""
        return replace(super().volume(folder), tick_ns=0)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the journal and the lock are."""

    journal: str
    lock: str


@dataclass
class Account:
    """What was done on one volume, and what was found wrong."""

    events: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)
    hangs: int = 0

    @property
    def count(self) -> int:
        """How many events."""
        return sum(self.events.values())

    def as_json(self) -> dict[str, object]:
        """The account for a program."""
        return {
            "events": dict(self.events),
            "runs": dict(self.runs),
            "lost": self.lost,
            "tracebacks": self.tracebacks,
            "hangs": self.hangs,
        }


class World:
    """A tree on one volume, a folder on another, a trash, and what must be found in them."""

    def __init__(self, volume: Path, other: Path, chance: random.Random) -> None:
        self.root, self.near, self.far = volume / "photos", volume / "moved", other / "moved"
        self.home, self.chance = other / "home", chance
        self.places = Places(str(other / "state" / "journal.db"), str(other / "state" / "lock"))
        self.must: Counter[bytes] = Counter()
        self.number = 0

    def make(self) -> None:
        """Photos with a copy each, some with a sidecar."""
        (self.home / ".local/share").mkdir(parents=True, exist_ok=True)
        Path(self.places.lock).parent.mkdir(parents=True, exist_ok=True)
        for _ in range(PAIRS):
            self.number += 1
            picture = f"picture {self.number}\n".encode()
            size = self.chance.choice((10, 5_000, 300_000))
            whole = self.chance.randbytes(size)
            again = whole if self.chance.random() < 0.5 else self.chance.randbytes(size)
            self._write(self.root / "keep" / f"{self.number}.jpg", picture + whole)
            self._write(self.root / "old" / f"{self.number}.jpg", picture + again)
            if self.chance.random() < 0.3:
                self._write(self.root / "old" / f"{self.number}.xmp", f"stars of {self.number}".encode())

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1_500_000_000, 1_500_000_000))
        self.must[content] += 1

    def found(self) -> Counter[bytes]:
        """Every byte string that is anywhere."""
        held: Counter[bytes] = Counter()
        for place in (self.root, self.near, self.far, *self._trashes()):
            for path in place.rglob("*"):
                if path.is_file() and path.suffix != ".trashinfo" and path.name != ".dedupe-moved":
                    held[path.read_bytes()] += 1
        return held

    def _trashes(self) -> list[Path]:
        user = os.getuid()
        return [self.home / ".local/share/Trash", *self.root.parent.glob(f".Trash-{user}")]

    def missing(self) -> list[str]:
        """The byte strings that must be there and are not, by their first words."""
        lost = self.must - self.found()
        return [f"{count} × {content[:40]!r}" for content, count in lost.items()]

    def forget(self) -> None:
        """Empty everything: the next photos start anew."""
        for place in (self.root, self.near, self.far, *self._trashes(), Path(self.places.journal).parent):
            shutil.rmtree(place, ignore_errors=True)
        self.must.clear()

    # -- what dedupe does ------------------------------------------------------------------------------------------------

    def scan(self) -> ScanResult:
        """What a scan would say: photos with one first line show one picture, the first by path stays."""
        pictures: dict[bytes, list[Photo]] = {}
        for path in sorted(self.root.rglob("*.jpg")):
            with contextlib.suppress(OSError):
                content = path.read_bytes()
                pictures.setdefault(content.split(b"\n")[0], []).append(self._photo(path, content))
        groups = tuple(
            Group(f"g{number}", photos[0], "path", tuple(_extra(photos[0], photo) for photo in photos[1:]))
            for number, photos in enumerate(pictures.values())
            if len(photos) > 1
        )
        return ScanResult("soak", 0.8, (str(self.root),), groups, (), (), Stats(0, 0, 0, 0, 0, {}))

    def _photo(self, path: Path, content: bytes) -> Photo:
        sidecar = path.with_suffix(".xmp")
        companions: tuple[Companion, ...] = ()
        with contextlib.suppress(OSError):
            companions = (Companion(str(sidecar), CompanionKind.SIDECAR, FileStamp.of(sidecar.lstat())),)
        file = PhotoFile(str(path), str(self.root), FileStamp.of(path.lstat()), companions)
        return Photo(file, digest(content), None, Facts("JPEG", 40, 30))

    def act(self, what: str) -> None:
        """One command."""
        disk = HastyDisk()
        match what:
            case "undo":
                actions.undo(self.places, disk=disk)
            case "recover":
                actions.recover(self.places, disk=disk)
            case _:
                target = {"move": self.near, "move across": self.far, "trash": None}[what]
                kind = ActionKind.TRASH if target is None else ActionKind.MOVE
                actions.act(
                    self.scan(), kind=kind, target=str(target) if target else None, paths=self.places, disk=disk
                )

    # -- what a user does ------------------------------------------------------------------------------------------------

    def user(self) -> None:
        """Edit, replace, add or delete a file, with the ledger kept. What is appended to may be on its way: then the bytes
        before and after are both fine."""
        files = [path for path in (*self.root.rglob("*.jpg"), *self.near.rglob("*.jpg"), *self.far.rglob("*.jpg"))]
        match self.chance.choice(("append", "create", "delete") if files else ("create",)):
            case "append":
                self._append(self.chance.choice(files))
            case "create":
                self.number += 1
                self._write(self.root / "old" / f"new {self.number}.jpg", f"picture {self.number}\nnew".encode())
            case _:
                self._delete(self.chance.choice(files))

    def _append(self, path: Path) -> None:
        more = f" edited {self.number}".encode()
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDWR | os.O_APPEND)
            before = os.read(handle, 1 << 24)
            os.write(handle, more)
            os.close(handle)
            self.must[before] -= 1
            self.must[before + more] += 1
            self.must += Counter()

    def _delete(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            content = path.read_bytes()
            path.unlink()
            self.must[content] -= 1
            self.must += Counter()


def _extra(keep: Photo, photo: Photo) -> Extra:
    same = keep.content_key == photo.content_key
    return Extra(photo, Relation.IDENTICAL if same else Relation.RESAVED, 0.0, selected=True)


# -- child processes -----------------------------------------------------------------------------------------------------


def child(run: Callable[[], None]) -> int:
    """``run`` in a forked process, at its own risk; its process number."""
    number = os.fork()
    if number:
        return number
    code = 0
    try:
        run()
    except DedupeError:
        code = 3
    except BaseException:  # noqa: BLE001 - the parent counts it
        traceback.print_exc()
        code = TRACEBACK
    finally:
        sys.stderr.flush()
        os._exit(code)


def ended(number: int, account: Account, what: str) -> None:
    """Wait for a child; a traceback or a hang is noted."""
    until = time.monotonic() + HANG_S
    while time.monotonic() < until:
        found, status = os.waitpid(number, os.WNOHANG)
        if found:
            if os.waitstatus_to_exitcode(status) == TRACEBACK:
                account.tracebacks.append(what)
            return
        time.sleep(0.002)
    account.hangs += 1
    os.kill(number, signal.SIGKILL)
    os.waitpid(number, 0)


def event(world: World, account: Account, chance: random.Random) -> None:
    """One command with one disturbance; then recovery, and the account."""
    what = chance.choice(("move", "move across", "trash", "undo", "undo", "recover"))
    trouble = chance.choice(("kill", "kill", "kill", "signal", "user", "second dedupe", "full disk"))
    with filled(world.far.parent, trouble == "full disk"):
        number = child(lambda: world.act(what))
        second = disturb(world, trouble, number, chance)
        ended(number, account, f"{what}, {trouble}")
        if second is not None:
            ended(second, account, f"{what}, second dedupe")
    account.events[trouble] += 1
    account.runs[what] += 1
    ended(child(lambda: world.act("recover")), account, f"recovery after {what}, {trouble}")
    account.lost += [f"{what}, {trouble}: {lost}" for lost in world.missing()]


def disturb(world: World, trouble: str, number: int, chance: random.Random) -> int | None:
    """What happens meanwhile; the process number of a second dedupe."""
    if trouble in ("kill", "signal", "user"):
        time.sleep(chance.uniform(0, 0.08))
    match trouble:
        case "kill":
            os.kill(number, signal.SIGKILL)
        case "signal":
            os.kill(number, chance.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)))
        case "user":
            world.user()
        case "second dedupe":
            other = chance.choice(("move", "trash", "undo", "recover"))
            return child(lambda: world.act(other))
    return None


@contextmanager
def filled(folder: Path, wanted: bool) -> Iterator[None]:
    """Within the block the volume of ``folder`` is full, where it is a small one."""
    filler = folder / "filler"
    if wanted and shutil.disk_usage(folder).total < 1 << 27:
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
    try:
        yield
    finally:
        filler.unlink(missing_ok=True)


def soak(volume: Path, other: Path, events: int, seed: int) -> Account:
    """So many events on one volume."""
    chance = random.Random(seed)
    account = Account()
    world = World(volume, other, chance)
    os.environ.update(HOME=str(world.home), XDG_DATA_HOME=str(world.home / ".local/share"))
    while account.count < events:
        if account.count % 20 == 0:
            world.forget()
        if len(list(world.root.rglob("*.jpg"))) < 2 * PAIRS:
            world.make()
        event(world, account, chance)
    return account


def main(arguments: list[str] | None = None) -> int:
    """Every volume in turn; 1 where anything was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=300, help="a volume")
    parser.add_argument("--volumes", default=",".join(MAKERS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json")
    asked = parser.parse_args(arguments)
    accounts: dict[str, Account] = {}
    skipped: dict[str, str] = {}
    for kind in asked.volumes.split(","):
        with tempfile.TemporaryDirectory(prefix="dedupe-soak-") as folder:
            try:
                with mounted(kind, Path(folder) / "one") as volume, mounted("tmpfs", Path(folder) / "two") as other:
                    accounts[kind] = soak(volume, other, asked.events, asked.seed)
            except UnavailableError as reason:
                skipped[kind] = str(reason)
            else:
                _tell(kind, accounts[kind])
    for kind, why in skipped.items():
        print(f"{kind:9} skipped: {why}")
    events = sum(account.count for account in accounts.values())
    lost = sum(len(account.lost) for account in accounts.values())
    print(f"{events:,} events on {len(accounts)} file systems: lost {lost}; {len(skipped)} file systems skipped")
    if asked.json:
        told = {"volumes": {kind: account.as_json() for kind, account in accounts.items()}, "skipped": skipped}
        Path(asked.json).write_text(json.dumps(told, indent=1))
    return 1 if any(one.lost or one.tracebacks or one.hangs for one in accounts.values()) else 0


def _tell(kind: str, account: Account) -> None:
    events = ", ".join(f"{count} {what}" for what, count in account.events.most_common())
    print(
        f"{kind:9} {account.count} events ({events}): lost {len(account.lost)}, tracebacks {len(account.tracebacks)},"
        f" hangs {account.hangs}",
        flush=True,
    )
    for line in (*account.lost[:10], *account.tracebacks[:10]):
        print(f"          {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
