"""The one screen before anything happens: how many files and bytes, which relations, where to, and how to
undo it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from dedupe.console import display_path, format_bytes, format_count
from dedupe.review.layout import Layout
from dedupe.types import Action, Relation


def show_plan(actions: Sequence[Action], console: Console, *, target: str | None, listed: bool = False) -> None:
    """Print what ``actions`` would do; ``target`` is the folder they move to, None for the trash. ``listed`` prints every
    file with where it goes and which photo stays for it."""
    layout = Layout.of(console, (), paper=not console.file.isatty())
    lines = list(_each(actions)) if listed else []
    lines += [layout.heading("What would happen" if listed else "What will happen"), *_account(actions, target)]
    lines += _by_relation(actions)
    if actions:
        check = "A photo goes only while the one that stays has just been read and found unchanged."
        lines += layout.wrapped(check, "dim", margin=2)
        lines += layout.wrapped(how_to_undo(target), "dim", margin=2)
    for line in lines:
        console.print(line, soft_wrap=True)


def how_to_undo(target: str | None, platform: str = sys.platform) -> str:
    """How what goes to ``target`` (None: the trash) comes back, on this system (SAFETY.md §3)."""
    if target is not None or platform not in ("darwin", "win32"):
        return "`dedupe undo` puts every file back where it was."
    trash = "Trash" if platform == "darwin" else "Recycle Bin"
    return f"Restore from the {trash} to get a file back: `dedupe undo` cannot. What --move-to DIR moves, it can."


def _account(actions: Sequence[Action], target: str | None) -> list[Text]:
    files = sum(len(action.moves) for action in actions)
    size = sum(move.stamp.size for action in actions for move in action.moves)
    photos = format_count(len(actions), "photo")
    companions = files - len(actions)
    others = f" with {format_count(companions, 'companion')}" if companions else ""
    goes = "goes" if len(actions) == 1 else "go"
    where = "to the trash" if target is None else f"into {display_path(target)}"
    if not actions:
        return [Text("  Nothing is selected, nothing happens.")]
    return [Text(f"  {photos}{others} ({format_count(files, 'file')}, {format_bytes(size)}) {goes} {where}.")]


def _by_relation(actions: Sequence[Action]) -> list[Text]:
    lines = []
    for relation in Relation:
        ones = [action for action in actions if action.relation is relation]
        if ones:
            size = sum(move.stamp.size for action in ones for move in action.moves)
            lines.append(Text(f"    {relation.value:<12}{format_count(len(ones)):>8}{format_bytes(size):>12}"))
    return lines


def _each(actions: Iterable[Action]) -> Iterable[Text]:
    for action in actions:
        for move in action.moves:
            yield Text(display_path(move.source))
            yield Text(f"    -> {'the trash' if move.target is None else display_path(move.target)}")
        yield Text(f"    {action.relation.value}; stays: {display_path(action.keeper.source)}", style="dim")
