"""The same result by folder: what would leave from where, and which folders are copies of others."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.text import Text

from dedupe.formats.sniff import PHOTO_EXTENSIONS
from dedupe.report.rows import Layout
from dedupe.report.sizes import folder_of, freed_bytes
from dedupe.terminal.text import display_path, format_bytes, format_count, wrapped_path
from dedupe.types import Group


@dataclass(slots=True)
class Folder:
    """One folder: ``shown`` as it is named, photos that would leave it, and the bytes that frees.

    ``of`` are the folders of which they are copies. ``copies`` counts every copy in it, selected or not.
    """

    path: str
    shown: str
    leaving: int = 0
    frees: int = 0
    copies: int = 0
    of: Counter[str] = field(default_factory=Counter)

    @property
    def wholly_in(self) -> str | None:
        """The folder that has a copy of every photo in this one; None where there is none."""
        for other, count in self.of.most_common(1):
            if count >= _photos_in(self.path) > 0:
                return other
        return None


def folders(groups: Sequence[Group], roots: Sequence[str]) -> tuple[Folder, ...]:
    """The folders that hold copies, what frees most first."""
    found: dict[str, Folder] = {}
    for group in groups:
        for extra in group.extras:
            path = os.path.dirname(extra.photo.path)
            shown = display_path(folder_of(extra.photo.file, roots))
            folder = found.setdefault(path, Folder(path, shown))
            keep = group.keeper_of(extra)
            folder.copies += 1
            folder.of[display_path(folder_of(keep.file, roots))] += 1
            if extra.selected:
                folder.leaving += 1
                folder.frees += freed_bytes(extra.photo, keep)
    return tuple(sorted(found.values(), key=lambda one: (-one.frees, -one.copies, os.fsencode(one.path))))


def folder_lines(groups: Sequence[Group], layout: Layout) -> list[Text]:
    """The lines of the table, and the folders that are wholly copies."""
    found = folders(groups, layout.roots)
    if not found:
        return []
    lines = [layout.heading("Folders", f"{format_count(len(found), 'folder')} with copies")]
    lines.append(Text("  remove  copies    frees  folder", style="dim"))
    for folder in found:
        leaving = format_count(folder.leaving) if folder.leaving else layout.signs.dash
        start = f"  {leaving:>6}  {folder.copies:>6,}  {format_bytes(folder.frees):>7}  "
        first, *more = wrapped_path(folder.shown, layout.width - len(start))
        lines += [Text(start + first), *(Text(" " * len(start) + part) for part in more)]
        for other, count in folder.of.most_common(3):
            said = "is a copy of a photo" if count == 1 else "are copies of photos"
            lines += layout.wrapped(f"{format_count(count)} {said} in {other}", "dim", margin=len(start))
    pairs = [(folder.shown, folder.wholly_in) for folder in found]
    whole = [(shown, of) for shown, of in pairs if of is not None and of != shown]
    if whole:
        lines += [Text(), layout.heading("Folder pairs", "every photo of the first has a copy in the second")]
        lines += [line for shown, of in whole for line in layout.wrapped(f"{shown}  =  {of}", margin=2)]
    return [*lines, Text()]


def _photos_in(folder: str) -> int:
    """How many photos are in ``folder``, by the names that it holds now; 0 where it cannot be read."""
    try:
        names = os.listdir(folder)
    except OSError:
        return 0
    return sum(os.path.splitext(name)[1].lower() in PHOTO_EXTENSIONS for name in names)
