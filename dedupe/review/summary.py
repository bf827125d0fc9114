"""The one screen before anything happens: how many files and bytes, which relations, where to, and how to undo it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from dedupe.actions.report import sentence_of
from dedupe.report.rows import Layout
from dedupe.terminal.text import display_path, display_text, format_bytes, format_count
from dedupe.types import Action, ActionKind, Relation

if TYPE_CHECKING:
    from dedupe.actions.report import Preview

_CHECK = "A copy is removed only after the photo that stays was read again and found unchanged."
_CHECK_SHOTS = "A shot is removed only after one of its set that stays was read again and found unchanged."


def show_preview(preview: Preview, console: Console) -> None:
    """Print what an action will do: photos, files, bytes, where to, relations, what will be skipped, the way back."""
    layout = Layout.of(console, (), paper=not console.file.isatty())
    lines = [layout.heading("What will happen")]
    if not preview.photos:
        lines += layout.wrapped("Nothing: no photo is selected.", margin=2)
    else:
        companions = preview.files - preview.photos
        others = f" with {format_count(companions, 'companion')}" if companions else ""
        size = f"{format_count(preview.files, 'file')}, {format_bytes(preview.bytes)}"
        sentence = f"{format_count(preview.photos, 'photo')}{others} ({size}) will {sentence_of(preview)}."
        lines += layout.wrapped(sentence, "bold", margin=2)
        lines += [Text(f"  {format_count(count):>8}  {name.value}") for name, count in preview.relations.items()]
    lines += [
        line
        for reason, count in preview.left.items()
        for line in layout.wrapped(f"{format_count(count)} skipped: {display_text(reason)}.", "yellow", margin=2)
    ]
    lines += [line for said in preview.no_copies() for line in layout.wrapped(said, "yellow", margin=2)]
    lines += [line for said in preview.carried() for line in layout.wrapped(said, margin=2)]
    if preview.own and not preview.photos:
        lines += layout.wrapped("`dedupe undo` takes the sidecars back.", "dim", margin=2)
    if preview.photos:
        check = _CHECK if set(preview.relations) != {Relation.SIMILAR} else _CHECK_SHOTS
        lines += layout.wrapped(check, "dim", margin=2) + layout.wrapped(preview.undo, "dim", margin=2)
    for line in lines:
        console.print(line, soft_wrap=True)


def show_actions(actions: Iterable[Action], console: Console) -> None:
    """Print every file that would leave, where to, and the photo that stays in its stead: the list of a dry run."""
    for action in actions:
        for move in action.moves:
            linked = action.kind in (ActionKind.HARD_LINK, ActionKind.REFLINK)
            where = (
                f"a {action.kind.value}"
                if linked
                else "the trash"
                if move.target is None
                else display_path(move.target)
            )
            console.print(Text(f"{display_path(move.source)}\n    -> {where}"), soft_wrap=True)
        relation = action.relation.value if action.by_hand is None else "another shot, chosen by hand"
        stays = f"    {relation}; kept: {display_path(action.keeper.source)}"
        console.print(Text(stays, style="dim"), soft_wrap=True)


def show_sidecars(paths: Iterable[str], console: Console) -> None:
    """Print every sidecar that would be written for what a photo's own Takeout JSON says: the list of a dry run."""
    for path in paths:
        console.print(Text(f"{display_path(path)}\n    says what Google Takeout's JSON does"), soft_wrap=True)
