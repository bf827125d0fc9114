"""The options that say how much is shown, the same for every command, before its name or after it."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

import typer

from dedupe.terminal import display

PANEL = "Terminal"


def _set(name: str, value: object = None) -> Any:
    def callback(given: Any) -> Any:
        if given:
            display.choose(**{name: given if value is None else value})
        return given

    return callback


def _options(
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            callback=_set("quiet", True),
            expose_value=False,
            help="Show only the summary and errors.",
            rich_help_panel=PANEL,
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            callback=_set("verbose", True),
            expose_value=False,
            help="Also show times, the model and where dedupe keeps its data.",
            rich_help_panel=PANEL,
        ),
    ] = False,
    no_progress: Annotated[
        bool,
        typer.Option(
            "--no-progress",
            callback=_set("progress", False),
            expose_value=False,
            help="Show no progress.",
            rich_help_panel=PANEL,
        ),
    ] = False,
    no_pager: Annotated[
        bool,
        typer.Option(
            "--no-pager",
            callback=_set("pager", False),
            expose_value=False,
            help="Never open a pager for long results.",
            rich_help_panel=PANEL,
        ),
    ] = False,
    color: Annotated[
        str | None,
        typer.Option(
            "--color",
            metavar="WHEN",
            callback=_set("color"),
            expose_value=False,
            help="When to use colour: auto, always or never. [default: auto]",
            rich_help_panel=PANEL,
            autocompletion=lambda: list(display.Color),
        ),
    ] = None,
) -> None: ...


@cache
def display_params() -> tuple[Any, ...]:
    """The options as click parameters."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(_options)
    return tuple(typer.main.get_command(app).params)


_FLAGS = {
    "--quiet": {"quiet": True},
    "-q": {"quiet": True},
    "--verbose": {"verbose": True},
    "-v": {"verbose": True},
    "--no-progress": {"progress": False},
    "--no-pager": {"pager": False},
}


def take_display_options(args: list[str]) -> list[str]:
    """``args`` without the options above that come before the command's name; they hold from here on."""
    rest = list(args)
    while rest:
        if rest[0] in _FLAGS:
            display.choose(**_FLAGS[rest.pop(0)])
        elif rest[0] == "--color" and len(rest) > 1:
            display.choose(color=rest[1])
            del rest[:2]
        elif rest[0].startswith("--color="):
            display.choose(color=rest.pop(0).partition("=")[2])
        else:
            break
    return rest
