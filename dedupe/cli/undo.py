"""`dedupe undo`: put back what a run moved."""

from __future__ import annotations

from typing import Annotated

import typer

from dedupe.cli import options as o


def undo(
    run: Annotated[
        int | None, typer.Argument(metavar="[RUN]", help="Number of the run (see `dedupe history`) [the last].")
    ] = None,
    yes: o.Yes = False,
    store: o.Store = None,
) -> None:
    """Put back the photos that a run moved, each to its place. Nothing is overwritten: where the place is taken again, the
    photo is put beside it as "NAME (restored)"."""
    import sys

    from dedupe import actions
    from dedupe.errors import RefusedError, UsageError
    from dedupe.library.paths import StorePaths
    from dedupe.review.run import counted, recover, say
    from dedupe.settings import load_settings
    from dedupe.terminal.ask import agreed, is_terminal
    from dedupe.terminal.console import stdout
    from dedupe.terminal.text import display_path, format_bytes, format_count

    settings = load_settings({"store": store})
    paths = StorePaths.at(settings.store)
    recover(settings)
    runs = actions.history(paths)
    one = next((one for one in runs if (one.undoable if run is None else one.number == run)), None)
    if one is not None and one.why_not is not None:
        raise RefusedError(one.why_not)
    if one is not None and not yes:
        if not is_terminal(sys.stdin):
            raise UsageError("Without a terminal to ask on, undo needs --yes.")
        where = "the trash" if one.target is None else display_path(one.target)
        what = format_count(one.assets - one.undone, "photo")
        stdout().print(
            f"Run {one.number}: {what}, {format_bytes(one.bytes_away)}, come back from {where}.", soft_wrap=True
        )
        if not agreed("Put them back?"):
            say(["Nothing was touched."])
            return
    with counted("undo") as advance:
        report = actions.undo(paths, run if one is None else one.number, progress=advance)
    say(report.sentences())
    if report.exit_code:
        raise typer.Exit(report.exit_code)
