"""`dedupe cache`: what dedupe remembers of photos, forgetting it, and taking decisions to another machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dedupe.cli import options as o
from dedupe.cli.click_ext import Command, Commands, examples

if TYPE_CHECKING:
    from dedupe.library.paths import StorePaths

_NOTHING = "Nothing is remembered yet."

app = typer.Typer(
    cls=Commands,
    help="Show or empty what dedupe remembers of photos. Your decisions always stay; take them along with export and import.",
    epilog=examples(
        "dedupe cache info",
        "dedupe cache prune     forget photos that were deleted",
        "dedupe cache export decisions.json",
    ),
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
                    | {"holds": list(part.held), "bytes_per_100000_photos": part.bytes_for_many}
                    for part in held
                ]
            }
        )
        return
    for part in held:
        size = f" ({format_bytes(part.bytes_on_disk)})" if part.there else ": empty"
        each = part.bytes_for_many
        cost = () if each is None else (f"{format_bytes(each)} for 100,000 photos",)
        say(
            f"{part.name:<10} {display_path(part.path)}{size}",
            *(f"{'':<10} {phrase}" for phrase in (*part.held, *cost)),
        )


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


@app.command(
    name="export",
    cls=Command,
    short_help="Write your decisions to a file.",
    epilog=examples("dedupe cache export decisions.json"),
)
def export_decisions(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to write, or - for standard output.")],
    store: o.Store = None,
) -> None:
    """Write your decisions to a file, to go on with them on another machine that has the same photos.

    They are known by what the photos hold, whatever they are called there. What you said of shots stays here: it is about these
    very files.
    """
    import os

    from dedupe.library.decisions import Decisions
    from dedupe.library.transfer import START
    from dedupe.report.files import write
    from dedupe.terminal.console import say

    path = _paths(store).decisions
    if not os.path.lexists(path):
        say(_NOTHING, talk=True)
        return
    with Decisions(path) as decisions:
        write(file, [decisions.exported(), "\n"], START)


@app.command(
    name="import",
    cls=Command,
    short_help="Take in decisions from another machine.",
    epilog=examples("dedupe cache import decisions.json"),
)
def import_decisions(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `dedupe cache export` wrote.")],
    store: o.Store = None,
) -> None:
    """Take in the decisions of another machine. They hold from the next scan on, for the photos that are here too.

    Of two decisions on the same photos the newer holds; if the other machine's clock is ahead, the one made here. Take in only
    files that you trust: what was accepted there may leave here.
    """
    from dedupe.library.decisions import Decisions
    from dedupe.library.transfer import read
    from dedupe.terminal.console import say
    from dedupe.terminal.text import display_path, format_count

    held = read(_text(file), display_path(file))
    with Decisions(_paths(store).decisions) as decisions:
        taken = decisions.take_in(held)
    say(
        f"Took in {format_count(taken.groups, 'decision')} on groups and {format_count(taken.pairs, 'decision')} on pairs of "
        "photos. Scan again to see them."
    )


def _text(file: str) -> str:
    from dedupe.errors import UsageError
    from dedupe.terminal.text import display_path

    try:
        with open(file, encoding="utf-8") as opened:
            return opened.read()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise UsageError(f"{display_path(file)} cannot be read: {reason}.") from error


def _paths(store: str | None) -> StorePaths:
    from dedupe.config import load_settings
    from dedupe.library.paths import StorePaths

    return StorePaths.at(load_settings({"store": store}).store)


def _print(entry: dict[str, object]) -> None:
    from dedupe.report.files import to_stdout
    from dedupe.report.json import dumped

    to_stdout([dumped(entry), "\n"])
