"""`dedupe history`: what was done, and what of it can be undone."""

from __future__ import annotations

from dedupe.cli import options as o


def history(as_json: o.Json = False, store: o.Store = None) -> None:
    """List the runs that removed photos, the newest first, and which of them can be undone."""
    from dedupe import actions
    from dedupe.config import load_settings
    from dedupe.library.paths import StorePaths
    from dedupe.review.runs import history_json, show_history
    from dedupe.terminal.console import stdout

    runs = actions.history(StorePaths.at(load_settings({"store": store}).store))
    if as_json:
        from dedupe.report.files import to_stdout

        to_stdout(history_json(runs))
    else:
        show_history(runs, stdout())
