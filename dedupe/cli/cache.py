"""`dedupe cache info | prune | clear`: what dedupe remembers of photos, and forgetting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from dedupe.cli import options as o
from dedupe.cli.click_ext import Command, Commands, examples

if TYPE_CHECKING:
    from dedupe.library.paths import StorePaths

_NOTHING = "Nothing is remembered yet."

app = typer.Typer(
    cls=Commands,
    help="Show or empty what dedupe remembers of photos. Your decisions always stay.",
    epilog=examples("dedupe cache info", "dedupe cache prune     forget photos that were deleted"),
    rich_markup_mode=None,
)


@app.command(
    cls=Command, short_help="Show what is remembered, where, and its size.", epilog=examples("dedupe cache info --json")
)
def info(as_json: o.Json = False, store: o.Store = None) -> None:
    """Show what is remembered, where, and how much space it takes."""
    from dedupe.library import maintenance
    from dedupe.terminal.console import say
    from dedupe.terminal.text import display_path, format_bytes

    held = maintenance.held(_paths(store))
    if as_json:
        _print(
            {
                "files": [
                    {"name": part.name, "path": part.path, "exists": part.there, "bytes": part.bytes_on_disk}
                    | {"holds": list(part.held)}
                    for part in held
                ]
            }
        )
        return
    for part in held:
        size = f" ({format_bytes(part.bytes_on_disk)})" if part.there else ": empty"
        say(f"{part.name:<10} {display_path(part.path)}{size}", *(f"{'':<10} {phrase}" for phrase in part.held))


@app.command(cls=Command, short_help="Forget photos that no longer exist.", epilog=examples("dedupe cache prune"))
def prune(as_json: o.Json = False, store: o.Store = None) -> None:
    """Forget photos that no longer exist. Photos on a disk or share that is not connected now are kept."""
    from dedupe.library import maintenance
    from dedupe.terminal.console import say
    from dedupe.terminal.text import format_count

    done = maintenance.prune(_paths(store))
    if as_json:
        pruned = None if done is None else done.pruned
        _print(
            {
                "files": 0 if pruned is None else pruned.files,
                "photos": 0 if pruned is None else pruned.contents,
                "previews": 0 if done is None else done.previews,
                "out_of_reach": 0 if pruned is None else pruned.away,
            }
        )
        return
    if done is None:
        say(_NOTHING)
        return
    say(
        *done.notices,
        f"Forgot {format_count(done.pruned.files, 'deleted file')}, "
        f"{format_count(done.pruned.contents, 'photo')} without a file, and "
        f"{format_count(done.previews, 'preview')}.",
    )
    if done.pruned.away:
        say(f"Kept {format_count(done.pruned.away, 'file')} on a disk or in a folder that is not connected now.")


@app.command(cls=Command, short_help="Forget everything about photos.", epilog=examples("dedupe cache clear"))
def clear(as_json: o.Json = False, store: o.Store = None) -> None:
    """Forget everything about photos; the next scan reads them again. Your decisions, the history and undo stay."""
    from dedupe.library import maintenance
    from dedupe.terminal.console import say

    done = maintenance.clear(_paths(store))
    if as_json:
        _print({"cleared": done is not None})
        return
    if done is None:
        say(_NOTHING)
        return
    say(*done.notices, "The cache and the previews are empty. Your decisions, the last scans and the history stay.")


def _paths(store: str | None) -> StorePaths:
    from dedupe.config import load_settings
    from dedupe.library.paths import StorePaths

    return StorePaths.at(load_settings({"store": store}).store)


def _print(entry: dict[str, object]) -> None:
    from dedupe.report.files import to_stdout
    from dedupe.report.json import dumped

    to_stdout([dumped(entry), "\n"])
