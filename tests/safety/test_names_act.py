"""Row 17, acting: any bytes in a name are moved, trashed, found again and put back, bit for bit."""

from __future__ import annotations

import os

import pytest

from tests.safety.conftest import World
from tests.support import photo_at, result_of, tree_snapshot

EVIL = [
    b"\xff.jpg",
    b"\xe9t\xe9.jpg",
    b"line\nbreak.jpg",
    b"carriage\rreturn.jpg",
    b"\x1b[2J.jpg",
    b"\x1b]0;title\x07.jpg",
    b"tab\there.jpg",
    b"\xc2\x9b31m.jpg",
    "\u202egpj.exe.jpg".encode(),
    "\u200b.jpg".encode(),
    b"[/x] photo.jpg",
    b"[red]bold.jpg",
    b":smile:.jpg",
    b"%2e%2e%2f.jpg",
    b"a%00b.jpg",
    b"-rf.jpg",
    b"--help.jpg",
    b" leading and trailing .jpg ",
    b"...jpg",
    b"..jpg",
    b"quote'\"`$(x).jpg",
    b"back\\slash.jpg",
    b"*?<>|:.jpg",
    b"CON.jpg",
    b"no-extension",
    b".hidden.jpg",
    b"Path=x.jpg",
    "e\u0301.jpg".encode(),
    "\u00e9.jpg".encode(),
    "\ud83d\ude00.jpg".encode("utf-16", "surrogatepass").decode("utf-16").encode(),
    b"a" * 230 + b".jpg",
    b"b" * 251 + b".jpg",
    b"x (2).jpg",
    b"x (restored).jpg",
    b"name.jpg.trashinfo",
    b".dedupe-moved.jpg",
]


def evil_tree(world: World) -> list[str]:
    made = {"keep.jpg": "x\nkept"}
    made |= {"old/" + os.fsdecode(name): f"x\n{number}" for number, name in enumerate(EVIL)}
    return [str(path) for path in world.make(dict(made)).values()]


@pytest.mark.parametrize("trash", [False, True], ids=["move", "trash"])
def test_any_name_goes_and_comes_back(world: World, trash: bool) -> None:
    keep, *extras = evil_tree(world)
    result = result_of([world.root], [(photo_at(keep, world.root), [photo_at(path, world.root) for path in extras])])
    before = tree_snapshot(world.root)
    everything = world.contents()
    report = world.act(result, trash=trash)
    too_long = {"its name is too long for the trash": 1} if trash else {}
    assert report.refusals == too_long
    assert len(report.done) == len(EVIL) - len(too_long)
    assert world.contents() == everything
    assert "\n" not in "".join(report.sentences())
    assert world.undo().exit_code == 0
    assert tree_snapshot(world.root) == before


def test_long_names_that_collide_are_cut_to_fit(world: World) -> None:
    name = b"\xc3\xa9" * 125 + b".jpg"
    keep = world.make({"keep.jpg": "x\n0", os.fsdecode(b"old/" + name): "x\n1"})
    (world.target / "old").mkdir(parents=True)
    (world.target / "old" / os.fsdecode(name)).write_bytes(b"in the way")
    [outcome] = world.act().done
    target = os.fsencode(os.path.basename(outcome.action.moves[0].target or ""))
    assert len(target) <= 255
    assert target.endswith(b" (2).jpg")
    assert world.undo().exit_code == 0
    assert all(path.exists() for path in keep.values())
