"""Acting while everything goes wrong, and an account of every byte string afterwards.

``python -m benchmarks.soak [--events N] [--volumes tmpfs,ext4,…] [--seed N] [--json FILE]`` makes small trees of photos with
copies and acts on them (move on the volume and across, trash, undo, recover) in child processes, while it kills them at random
moments, sends signals, edits, replaces and creates files as a user would, starts a second dedupe, and fills the disk. Some runs
carry what only a copy says into a sidecar beside the photo that stays before the copy leaves. After each event it recovers and
looks for every byte string that was there and that the user did not take away, and for the words of every copy that left. File
systems that cannot be made on this machine are skipped and counted.
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
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.soak_world import PAIRS, SPEAKING, World
from benchmarks.volumes import MAKERS, UnavailableError, mounted
from dedupe.errors import DedupeError

HANG_S = 120
TRACEBACK, INTERRUPTED = 70, 130


@dataclass
class Account:
    """What was done on one volume, and what was found wrong."""

    events: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)
    hangs: int = 0
    sidecars: int = 0

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
            "sidecars": self.sidecars,
        }


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
    except KeyboardInterrupt:
        code = INTERRUPTED  # as the command line ends then
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
    what = chance.choice(("move", "move across", "trash", "rescue", "rescue", "undo", "undo", "recover"))
    if what == "rescue":
        what = f"rescue, {chance.choice(('move', 'move across', 'trash'))}"
    trouble = chance.choice(("kill", "kill", "kill", "signal", "user", "second dedupe", "full disk"))
    written = world.written()
    with filled(world.far.parent, trouble == "full disk"):
        number = child(lambda: world.act(what))
        second = disturb(world, trouble, number, chance)
        ended(number, account, f"{what}, {trouble}")
        if second is not None:
            ended(second, account, f"{what}, second dedupe")
    account.events[trouble] += 1
    account.runs[what] += 1
    account.sidecars += max(0, world.written() - written)
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
        if len([path for path in world.root.rglob("*.jpg") if not path.name.startswith("s")]) < 2 * PAIRS:
            world.make()
        if len(list((world.root / "old").glob("s*.jpg"))) < SPEAKING:
            world.make_speaking()
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
        f"{kind:9} {account.count} events ({events}), {account.sidecars} sidecars written: lost {len(account.lost)},"
        f" tracebacks {len(account.tracebacks)}, hangs {account.hangs}",
        flush=True,
    )
    for line in (*account.lost[:10], *account.tracebacks[:10]):
        print(f"          {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
