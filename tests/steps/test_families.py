"""A scan of one capture and what was made of it: the original is the root, and of identical crops one stays."""

from __future__ import annotations

from pathlib import Path

from dedupe.pipeline import scan
from dedupe.report.phrases import reason
from dedupe.settings import Settings
from dedupe.types import Group, Relation
from tests.album import jpeg, photo, wait_until_settled


def folder_of_versions(folder: Path) -> None:
    original = photo("astronaut")
    crop = jpeg(original.crop((60, 40, 480, 470)), 90)
    files = {
        "2019/IMG_1.jpg": jpeg(original, 92, taken="2019:07:04 12:00:00"),
        "backup/IMG_1.jpg": jpeg(original, 92, taken="2019:07:04 12:00:00"),
        "prints/crop.jpg": crop,
        "a/crop.jpg": crop,
        "b/crop.jpg": crop,
        "a/grey.jpg": jpeg(original.convert("L").convert("RGB"), 97),
    }
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    wait_until_settled(folder)


def tree_of(group: Group, folder: Path) -> dict[str, tuple[str, Relation, bool]]:
    """Each extra with what stays for it, its relation, and whether it goes."""
    return {
        str(Path(one.photo.path).relative_to(folder)): (
            str(Path(group.keeper_of(one).path).relative_to(folder)),
            one.relation,
            one.selected,
        )
        for one in group.extras
    }


def test_of_identical_crops_all_but_one_go_and_the_original_is_the_root(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder_of_versions(folder)
    result = scan(str(folder), Settings(store=str(tmp_path / "store.db"), jobs=2))
    (group,) = result.groups
    root = str(Path(group.keep.path).relative_to(folder))
    assert root in ("2019/IMG_1.jpg", "backup/IMG_1.jpg")
    assert group.original
    assert reason(group).startswith("the original; ")
    tree = tree_of(group, folder)
    crops = {name: said for name, said in tree.items() if "crop" in name}
    (head,) = (name for name, said in crops.items() if said[1] is Relation.EDITED)
    assert crops[head] == (root, Relation.EDITED, False)
    assert [said for name, said in crops.items() if name != head] == [(head, Relation.IDENTICAL, True)] * 2
    assert tree["a/grey.jpg"] == (root, Relation.EDITED, False)
    assert sum(said[2] for said in tree.values()) == 3
    assert {"compare", "complete", "group"} <= result.stats.seconds.keys()
