"""Limits of memory: one sentence and an exit code, nothing said of the photos that is not so, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dedupe import actions
from tests.album import jpeg, photo
from tests.faults import FaultyDisk
from tests.safety.conftest import World
from tests.support import contents, make, tree_snapshot

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the address space is limited as Linux does")
MEGABYTE = 1_000_000


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A photo, its copy, and another."""
    data = {name: jpeg(photo(name)) for name in ("astronaut", "coffee")}
    make(tmp_path / "photos", {"a.jpg": data["astronaut"], "b/a.jpg": data["astronaut"], "c.jpg": data["coffee"]})
    return tmp_path / "photos"


def scan(photos: Path, limit: int | None, script: str = "") -> subprocess.CompletedProcess[str]:
    """`dedupe scan` in a process of its own, with so much address space; ``script`` is run before."""
    bound = "" if limit is None else f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))\n"
    arguments = ["scan", str(photos), "--jobs", "1", "--store", str(photos.parent / "store.db")]
    return subprocess.run(
        [sys.executable, "-c", f"{bound}{script}\nfrom dedupe.__main__ import main\nmain()", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )


@pytest.mark.parametrize("limit", [150, 300, 600, 990])
def test_too_low_a_limit_is_one_sentence_and_no_photo_is_blamed(photos: Path, limit: int) -> None:
    before = tree_snapshot(photos)
    told = scan(photos, limit * MEGABYTE)
    assert (told.returncode, told.stdout) == (2, "")
    assert (
        told.stderr
        == f"dedupe: The memory limit of {limit} MB (`ulimit -v`) is too low: at least 1.00 GB are needed.\n"
    )
    assert tree_snapshot(photos) == before
    whole = scan(photos, None)
    assert whole.returncode == 0, whole.stderr
    assert "1 group" in whole.stdout
    assert "kipped" not in whole.stdout


def test_memory_that_runs_out_in_the_middle_is_one_sentence(photos: Path) -> None:
    """What a limit lets begin and then ends: here the comparison asks for more than there is."""
    greedy = (
        "from dedupe import steps\nfrom dedupe.steps import compare\n"
        "steps.matches = lambda *arguments: bytearray(40 << 30)"
    )
    told = scan(photos, 3_000 * MEGABYTE, greedy)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == "dedupe: There is not enough memory for that; fewer --jobs need less.\n"
    assert "1 group" in scan(photos, None).stdout


def test_enough_memory_is_enough(photos: Path) -> None:
    told = scan(photos, 2_000 * MEGABYTE)
    assert (told.returncode, told.stderr) == (0, "")
    assert "1 group" in told.stdout


@pytest.mark.parametrize("command", ["--help", "history", "recover", "undo --yes", "scan {photos}", "cache info"])
def test_hardly_any_memory_is_at_most_one_sentence(photos: Path, command: str) -> None:
    """From the least that Python starts with: a library that cannot be loaded is a sentence as well."""
    before = tree_snapshot(photos)
    arguments = command.format(photos=photos).split()
    store = [] if command == "--help" else ["--store", str(photos.parent / "new.db")]
    codes = set()
    for limit in (*range(26, 80, 9), 80):
        bound = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({limit * MEGABYTE}, {limit * MEGABYTE}))"
        told = subprocess.run(
            [sys.executable, "-c", f"from dedupe.__main__ import main\n{bound}\nmain()", *arguments, *store],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert "Traceback" not in told.stderr and told.stderr.count("\n") <= 1, (limit, told.stderr)
        codes.add(told.returncode)
        assert limit >= 80 or told.stderr.startswith(f"dedupe: The memory limit of {limit} MB")
    assert codes <= {0, 2}
    assert tree_snapshot(photos) == before


def test_a_library_that_cannot_be_loaded_is_named(photos: Path) -> None:
    told = scan(photos, None, "import sys; sys.modules['numpy'] = None")
    assert (told.returncode, told.stdout) == (2, "")
    assert (
        told.stderr
        == "dedupe: A part that dedupe needs cannot be loaded: import of numpy halted; None in sys.modules.\n"
    )


@pytest.mark.parametrize("way", ["move", "copy", "trash", "undo"])
def test_memory_that_runs_out_at_any_step_of_an_act_loses_nothing(world: World, way: str) -> None:
    held = sorted(text.encode() for text in PAIRS.values())
    number, taken = 0, 0
    while taken >= number:
        number += 1
        for place in (world.root, world.target, world.trash):
            shutil.rmtree(place, ignore_errors=True)
        world.make(dict(PAIRS))
        if way == "undo":
            world.act()
        disk = FaultyDisk(volumes=(str(world.target),) if way == "copy" else ())
        disk.before = out_of_memory(number)
        with contextlib.suppress(MemoryError):
            world.undo(disk=disk) if way == "undo" else world.act(trash=way == "trash", disk=disk)
        taken = len(disk.taken) + 1
        actions.recover(world.paths, FaultyDisk())
        assert contents(*(place for place in (world.root, world.target, world.trash) if place.exists())) == held
        assert not [path for path in world.base.rglob(".dedupe-*") if path.name != ".dedupe-moved"]
    assert number > 10


PAIRS = {"keep/a.jpg": "x\n1", "old/a.jpg": "x\n2", "old/a.xmp": "stars", "keep/b.jpg": "y\n", "old/b.jpg": "y\n"}


def out_of_memory(nth: int) -> Callable[[str, tuple[object, ...]], None]:
    """A hook that ends the nth step so."""
    steps = iter(range(1, 10_000))

    def hook(step: str, arguments: tuple[object, ...]) -> None:
        if next(steps) == nth:
            raise MemoryError

    return hook
