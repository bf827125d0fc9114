"""The command line: one thin file a command (parse → Settings → one library call → render → exit code).

Nothing heavy is imported here: `dedupe --help` loads none of TensorFlow, cv2, faiss.
"""

from __future__ import annotations

from typing import Annotated

import typer

from dedupe._version import __version__
from dedupe.cli import (
    apply,
    cache,
    check,
    click_ext,
    compare,
    greedy_option,
    history,
    models,
    recover,
    review,
    scan,
    search,
    undo,
)

app = typer.Typer(
    name="dedupe",
    cls=click_ext.Commands,
    help="Find duplicate photos by what they show, prove each pair, and clean up without losing one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dedupe {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    pass


app.command("scan", cls=click_ext.Command)(scan.scan)
app.command("review")(review.review)
app.command("apply")(apply.apply)
app.command("undo", cls=click_ext.Command)(undo.undo)
app.command("recover")(recover.recover)
app.command("history")(history.history)
app.command("search", cls=click_ext.Command)(search.search)
app.command("compare", cls=click_ext.Command)(compare.compare)
app.command("check", cls=greedy_option.Greedy)(check.check)
app.command("models")(models.models)
app.add_typer(cache.app, name="cache")
