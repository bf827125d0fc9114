"""`dedupe recover`: end what a crash interrupted."""

from __future__ import annotations

from dedupe.cli import options as o


def recover(store: o.Store = None) -> None:
    """End what a crash or a power cut interrupted: each photo ends up in exactly one place. Any command that scans or acts does
    this by itself."""
    from dedupe import actions
    from dedupe.cli.acting import say
    from dedupe.library.paths import StorePaths
    from dedupe.settings import load_settings

    told = actions.recover(StorePaths.at(load_settings({"store": store}).store))
    say(told or ["Nothing was interrupted: there is nothing to recover."])
