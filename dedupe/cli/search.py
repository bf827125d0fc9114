"""`dedupe search`: the photos nearest to a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dedupe.cli import options as o

if TYPE_CHECKING:
    from dedupe.queries.search import SearchResult
    from dedupe.settings import Settings

Arguments = Annotated[
    list[str],
    typer.Argument(metavar="PHOTO… FOLDER…", help="Photos (or a folder of them), then the folders to search."),
]


def search(
    arguments: Arguments,
    k: Annotated[int, typer.Option("-k", metavar="N", help="The number of photos to find.")] = 10,
    model: o.Model = None,
    weights: o.Weights = None,
    threshold: o.Threshold = None,
    exclude: o.Exclude = None,
    jobs: o.Jobs = None,
    as_json: o.Json = False,
    show: Annotated[
        bool,
        typer.Option(
            "--show", help="Open the photos found as one picture in the system's viewer.", rich_help_panel=o.RESULT
        ),
    ] = False,
    save: o.Save = None,
    store: o.Store = None,
) -> None:
    """Find the photos in FOLDER… that look most like each PHOTO, and say how they are related."""
    from dedupe.config import load_settings
    from dedupe.queries.search import search as run_search
    from dedupe.queries.search import told_apart
    from dedupe.terminal.console import stdout
    from dedupe.terminal.progress import progress

    queries, folders = told_apart(arguments)
    settings = load_settings(
        {
            "model": model,
            "weights": weights,
            "threshold": threshold,
            "exclude": tuple(exclude) if exclude else None,
            "jobs": jobs,
            "store": store,
        }
    )
    if save is not None:
        from dedupe.queries.contact_sheet import check_target

        check_target(save)
    result = run_search(queries, folders, settings, k=k, progress=progress(()))
    if show or save is not None:
        _sheet(result, settings, show=show, save=save)
    if as_json:
        from dedupe.queries.report import search_json
        from dedupe.report.files import to_stdout

        to_stdout(search_json(result))
    else:
        from dedupe.queries.render import show_search

        show_search(result, settings, stdout())


def _sheet(result: SearchResult, settings: Settings, *, show: bool, save: str | None) -> None:
    from dedupe.queries.contact_sheet import contact_sheet, open_in_viewer, write
    from dedupe.queries.render import previews_of
    from dedupe.terminal.console import say
    from dedupe.terminal.text import display_path

    pixels = contact_sheet(result.answers, previews_of(result, settings))
    if save is not None:
        write(pixels, save)
        say(f"Saved {display_path(save)}.", talk=True)
    if show:
        say(open_in_viewer(pixels), talk=True)
