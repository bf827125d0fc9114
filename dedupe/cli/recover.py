"""`dedupe recover`: end what a crash interrupted."""

from __future__ import annotations

import typer

from dedupe.cli import options as o


def recover(store: o.Store = None) -> None:
    """End what a crash or a power cut interrupted: each photo ends up in exactly one place. Any command that scans or acts does
    this by itself. Exit 4 where something stays interrupted, 1 where something needs a person."""
    from dedupe import actions
    from dedupe.library.paths import StorePaths
    from dedupe.review.run import say
    from dedupe.settings import load_settings

    paths = StorePaths.at(load_settings({"store": store}).store)
    told = actions.recover(paths)
    say(told or ["Nothing was interrupted: there is nothing to recover."])
    left = actions.unreconciled(paths)
    if left.open or left.needs_person:
        raise typer.Exit(4 if left.open else 1)
