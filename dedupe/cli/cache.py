"""`dedupe cache info | prune | clear`: what dedupe remembers of photos, and forgetting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from dedupe.cli import options as o

if TYPE_CHECKING:
    from dedupe.library.paths import StorePaths

_NOTHING = "Nothing is remembered yet."

app = typer.Typer(
    help="Show, tidy or empty what dedupe remembers of photos (never your decisions).",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def info(store: o.Store = None) -> None:
    """Show what is remembered, where, and how much room it takes."""
    from dedupe.library import maintenance
    from dedupe.terminal.text import display_path, format_bytes

    for part in maintenance.held(_paths(store)):
        size = f" ({format_bytes(part.bytes_on_disk)})" if part.there else ": not begun yet"
        _say(f"{part.name:<10} {display_path(part.path)}{size}")
        for phrase in part.held:
            _say(f"{'':<10} {phrase}")


@app.command()
def prune(store: o.Store = None) -> None:
    """Forget photos that are gone. Those on a disk or share that is away now stay."""
    from dedupe.library import maintenance
    from dedupe.terminal.text import format_count

    done = maintenance.prune(_paths(store))
    if done is None:
        _say(_NOTHING)
        return
    _say(
        *done.notices,
        f"Forgot {format_count(done.pruned.files, 'file')} no longer there, "
        f"{format_count(done.pruned.contents, 'photo')} without a file and "
        f"{format_count(done.previews, 'preview')}.",
    )
    if done.pruned.away:
        _say(f"{format_count(done.pruned.away, 'file')} out of reach now (a disk or folder is away): kept.")


@app.command()
def clear(store: o.Store = None) -> None:
    """Forget everything about photos; the next scan reads them anew. Decisions, history and undo stay."""
    from dedupe.library import maintenance

    done = maintenance.clear(_paths(store))
    if done is None:
        _say(_NOTHING)
        return
    _say(*done.notices, "Cache and previews are empty. Your decisions, the last scan and what undo needs stay.")


def _paths(store: str | None) -> StorePaths:
    from dedupe.library.paths import StorePaths
    from dedupe.settings import load_settings

    return StorePaths.at(load_settings({"store": store}).store)


def _say(*sentences: str) -> None:
    from dedupe.terminal.console import stdout

    for sentence in sentences:
        stdout().print(sentence, soft_wrap=True)
