"""Row 23d: what lists of a folder say of a photo stays behind when it leaves, so it must be what the scan found."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from dedupe.actions.planning.siblings import REMARKED
from dedupe.tree.companion_content import described
from dedupe.tree.folder_notes import FolderNotes
from dedupe.types import CompanionKind, ScanResult
from tests.safety.conftest import World, refused
from tests.support import photo_at, result_of

BEFORE = "[b.jpg]\nstar=yes\n"
CHANGES = {
    "a star": ("old/.picasa.ini", f"{BEFORE}[a.jpg]\nstar=yes\n"),
    "a list that is not understood": ("old/.picasa.ini", BEFORE + "\0"),
    "another list": ("old/descript.ion", "a.jpg At sea\n"),
    "settings in a folder below": ("old/NKSC_PARAM/a.jpg.nksc", "settings"),
}


def scanned(world: World, before: str = BEFORE) -> ScanResult:
    """A copy in a folder with a list, as a scan sees both."""
    made = world.make({"keep/a.jpg": "x", "old/a.jpg": "x", "old/b.jpg": "y", "old/.picasa.ini": before})
    extra = photo_at(made["old/a.jpg"], world.root)
    extra = replace(extra, remarks=FolderNotes().of(extra.path))
    return result_of([world.root], [(photo_at(made["keep/a.jpg"], world.root), [extra])])


@pytest.mark.parametrize("change", CHANGES)
def test_a_photo_stays_where_a_list_of_its_folder_says_something_new_of_it(world: World, change: str) -> None:
    result = scanned(world)
    name, text = CHANGES[change]
    path = world.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert world.act(result, dry_run=True).refusals == {REMARKED: 1}
    before = world.snapshot()
    assert refused(world.act(result).outcomes) == [REMARKED]
    assert world.snapshot() == before


def test_a_photo_stays_where_what_a_list_said_of_it_is_another_text_or_gone(world: World) -> None:
    result = scanned(world, "[a.jpg]\ncaption=At sea\n")
    kept = world.root / "old/.picasa.ini"
    kept.write_text("[a.jpg]\ncaption=At Sea\n")
    assert refused(world.act(result).outcomes) == [REMARKED]
    kept.unlink()
    assert refused(world.act(result).outcomes) == [REMARKED]


def test_a_photo_goes_where_its_list_changed_for_other_photos_alone(world: World) -> None:
    result = scanned(world, f"{BEFORE}[a.jpg]\ncaption=At sea\n")
    (world.root / "old/.picasa.ini").write_text("[a.jpg]\ncaption=At sea\n")
    assert world.act(result).files == 1
    assert not os.path.exists(world.root / "old/a.jpg")


def test_what_a_list_says_of_another_name_of_the_same_file_counts_too(world: World) -> None:
    """All hard links of a photo leave together."""
    made = world.make({"keep/a.jpg": "x", "old/a.jpg": "x", "albums/.picasa.ini": "[b.jpg]\nstar=yes\n"})
    os.link(made["old/a.jpg"], world.root / "albums/b.jpg")
    extra = photo_at(made["old/a.jpg"], world.root)
    extra = replace(extra, file=replace(extra.file, links_inside=(str(world.root / "albums/b.jpg"),)))
    assert [one.kind for one in described(extra).remarks] == [CompanionKind.FOLDER]
    result = result_of([world.root], [(photo_at(made["keep/a.jpg"], world.root), [extra])])
    assert refused(world.act(result).outcomes) == [REMARKED]
