"""`dedupe history`: what was done, and what of it can be undone."""

from __future__ import annotations

import time

from dedupe.cli import options as o


def history(store: o.Store = None) -> None:
    """List the runs that moved photos, newest first, with counts and bytes, and what of them can be undone."""
    from rich.table import Table

    from dedupe import actions
    from dedupe.library.paths import StorePaths
    from dedupe.review.run import say
    from dedupe.settings import load_settings
    from dedupe.terminal.console import stdout
    from dedupe.terminal.text import display_path, format_bytes

    runs = actions.history(StorePaths.at(load_settings({"store": store}).store))
    if not runs:
        say(["No photo was moved yet."])
        return
    table = Table(box=None, pad_edge=False)
    for title in ("run", "when", "what", "photos", "files", "size", "back", "undo"):
        figures = title in ("run", "photos", "files", "size", "back")
        table.add_column(title, justify="right" if figures else "left", no_wrap=title == "when")
    for run in runs:
        what = run.purpose.value if run.undoes is None else f"{run.purpose.value} of {run.undoes}"
        table.add_row(
            str(run.number),
            time.strftime("%Y-%m-%d %H:%M", time.localtime(run.began)),
            what if run.target is None else f"{what} to {display_path(run.target)}",
            str(run.assets),
            str(run.files),
            format_bytes(run.bytes),
            str(run.undone),
            run.way_back,
        )
    stdout().print(table)
    for run in runs:
        if run.needs_person:
            say([f"Run {run.number}: {run.needs_person} need a person; `dedupe recover` says which."])
