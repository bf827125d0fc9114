"""`dedupe compare`: what two photos are to each other, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from dedupe.cli import options as o


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="A photo.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another photo.")],
    as_json: o.Json = False,
    save: o.Save = None,
    model: o.Model = None,
    weights: o.Weights = None,
    store: o.Store = None,
) -> None:
    """Explain how two photos are related: the distance, the relation and the evidence.

    Exit code: 0 if they are duplicates, 1 if not, 2 on an error.
    """
    from dedupe.config import load_settings
    from dedupe.queries.compare import compare as run_compare
    from dedupe.terminal.console import stdout
    from dedupe.terminal.progress import progress

    settings = load_settings({"model": model, "weights": weights, "store": store})
    if save is not None:
        from dedupe.queries.contact_sheet import check_target

        check_target(save)
    comparison = run_compare(a, b, settings, progress=progress(()))
    if save is not None:
        from dedupe.queries.contact_sheet import compared, write
        from dedupe.terminal.console import say
        from dedupe.terminal.text import display_path

        write(compared(comparison), save)
        say(f"Saved {display_path(save)}.", talk=True)
    if as_json:
        from dedupe.queries.report import compare_json
        from dedupe.report.files import to_stdout

        to_stdout(compare_json(comparison))
    else:
        from dedupe.queries.render import show_comparison

        show_comparison(comparison, stdout())
    raise typer.Exit(0 if comparison.duplicates else 1)
