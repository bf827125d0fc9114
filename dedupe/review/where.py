"""Where the selected copies shall go, as a person answers."""

from __future__ import annotations

import os
from collections.abc import Sequence

from dedupe.report.sizes import freed_bytes
from dedupe.terminal.ask import answer
from dedupe.terminal.text import format_bytes, format_count
from dedupe.types import Parting, ScanResult


def where_to(chosen: ScanResult) -> tuple[bool, str | None]:
    """Where the selected extras of ``chosen`` shall go, as a person answers: to the trash, or to which folder, or neither."""
    extras = [
        (extra, freed_bytes(extra.photo, group.keeper_of(extra))) for group in chosen.groups for extra in group.extras
    ]
    sizes = [size for extra, size in extras if extra.selected]
    return _asked(f"{format_count(len(sizes), 'photo')} ({format_bytes(sum(sizes))})")


def where_to_shots(partings: Sequence[Parting]) -> tuple[bool, str | None]:
    """The same of shots that a person let go."""
    size = sum(one.photo.file.stamp.size for one in partings)
    return _asked(f"{format_count(len(partings), 'shot')} ({format_bytes(size)})")


def _asked(count: str) -> tuple[bool, str | None]:
    said = answer(f"Remove {count}? t: to the trash, f: into a folder, Enter: not now.").lower()
    if said in ("t", "trash"):
        return True, None
    if said in ("f", "folder"):
        folder = answer("Which folder? It may be a new one; subfolders are kept:")
        return False, os.path.abspath(os.path.expanduser(folder)) if folder else None
    return False, None
