"""`dedupe recover`: finish what a crash interrupted."""

from __future__ import annotations

import typer

from dedupe.cli import options as o


def recover(store: o.Store = None) -> None:
    """Finish moves that a crash or a power cut interrupted.

    Afterwards each photo is in exactly one place. Every command that scans or acts does this by itself. Exit code: 4 if something
    is still interrupted, 1 if something needs your attention.
    """
    from dedupe import actions
    from dedupe.config import load_settings
    from dedupe.library.paths import StorePaths
    from dedupe.terminal.console import say

    paths = StorePaths.at(load_settings({"store": store}).store)
    told = actions.recover(paths)
    say(*(told or ["Nothing was interrupted."]))
    left = actions.unreconciled(paths)
    if left.open or left.needs_person:
        raise typer.Exit(4 if left.open else 1)
