"""`dedupe search`: the photos nearest to a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dedupe.cli import options as o

if TYPE_CHECKING:
    from dedupe.queries.search import SearchResult
    from dedupe.settings import Settings

Arguments = Annotated[
    list[str], typer.Argument(metavar="PHOTO… FOLDER…", help="Photos (or first a folder of them) and where to search.")
]


def search(
    arguments: Arguments,
    k: Annotated[int, typer.Option("-k", metavar="N", help="How many to find.")] = 10,
    model: o.Model = None,
    weights: o.Weights = None,
    threshold: o.Threshold = None,
    exclude: o.Exclude = None,
    jobs: o.Jobs = None,
    as_json: o.Json = False,
    show: Annotated[bool, typer.Option("--show", help="Open a contact sheet in the system's viewer.")] = False,
    save: o.Save = None,
    store: o.Store = None,
) -> None:
    """Find the photos below FOLDER… that look most like each PHOTO, with the relation to each.

    With --model vgg16: fc1 of VGG16, 4,096 numbers, exact Euclidean distance.
    """
    from dedupe import settings as s
    from dedupe.queries.search import search as run_search
    from dedupe.queries.search import told_apart
    from dedupe.terminal.console import stdout
    from dedupe.terminal.progress import progress

    queries, folders = told_apart(arguments)
    settings = s.load_settings(
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
    if as_json:
        from dedupe.queries.report import search_json
        from dedupe.report.files import to_stdout

        to_stdout(search_json(result))
    else:
        from dedupe.queries.render import show_search

        show_search(result, settings, stdout())
    if show or save is not None:
        _sheet(result, settings, show=show, save=save)


def _sheet(result: SearchResult, settings: Settings, *, show: bool, save: str | None) -> None:
    from dedupe.queries.contact_sheet import contact_sheet, open_in_viewer, write
    from dedupe.queries.render import previews_of

    pixels = contact_sheet(result.answers, previews_of(result, settings))
    if save is not None:
        write(pixels, save)
    if show:
        typer.echo(open_in_viewer(pixels), err=True)
