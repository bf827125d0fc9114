"""The one screen before anything happens."""

from __future__ import annotations

import io

from rich.console import Console

from dedupe.actions.report import Preview
from dedupe.review.summary import show_actions, show_preview
from dedupe.types import Action, ActionKind, FileMove, Relation
from tests.review import made


def shown(preview: Preview, width: int = 80) -> str:
    out = io.StringIO()
    show_preview(preview, Console(file=out, width=width, markup=False, emoji=False, highlight=False))
    return out.getvalue()


def preview(kind: ActionKind = ActionKind.MOVE, photos: int = 420, **more: object) -> Preview:
    told = {
        "kind": kind,
        "target": "/mnt/away",
        "photos": photos,
        "files": photos + 31,
        "bytes": 1_234_567_890,
        "relations": {Relation.IDENTICAL: 400, Relation.RESAVED: 20},
        "undo": "`dedupe undo` puts them back.",
        "left": {},
    }
    return Preview(**{**told, **more})


def test_files_bytes_place_relations_and_the_way_back_are_said() -> None:
    text = shown(preview())
    for part in (
        "420 photos with 31 companions (451 files, 1.23 GB) will be moved to /mnt/away.",
        "400  identical",
        "20  resaved",
    ):
        assert part in text
    assert "`dedupe undo` puts them back." in text
    assert "to the trash" in shown(preview(ActionKind.TRASH, target=None))


def test_what_is_left_alone_is_said_with_its_reason_made_harmless() -> None:
    text = shown(preview(left={"changed since the scan: \x1b[2Ja.jpg": 3}))
    assert "3 skipped: changed since the scan: \\x1b[2Ja.jpg." in text
    assert "\x1b" not in text


def test_nothing_to_do_is_said_plainly() -> None:
    text = shown(preview(photos=0, files=0, relations={}))
    assert "Nothing: no photo is selected." in text
    assert "undo" not in text


def test_a_dry_run_names_every_file_its_place_and_the_photo_that_stays() -> None:
    keep, gone = made.photo("a.jpg"), made.photo("b.jpg")
    moves = tuple(
        FileMove(f"{made.ROOT}/b.{end}", f"/mnt/away/b.{end}", gone.file.stamp, gone.content_key)
        for end in ("jpg", "xmp")
    )
    keeper = FileMove(keep.path, None, keep.file.stamp, keep.content_key)
    out = io.StringIO()
    console = Console(file=out, width=40, markup=False, emoji=False, highlight=False)
    show_actions([Action(ActionKind.MOVE, "g", Relation.RESAVED, moves, keeper)], console)
    assert out.getvalue().splitlines() == [
        f"{made.ROOT}/b.jpg",
        "    -> /mnt/away/b.jpg",
        f"{made.ROOT}/b.xmp",
        "    -> /mnt/away/b.xmp",
        f"    resaved; kept: {made.ROOT}/a.jpg",
    ]
