"""The command line: one thin file a command (parse → Settings → one library call → render → exit code).

Nothing heavy is imported here: `dedupe --help` loads none of TensorFlow, cv2, faiss.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any

import typer

from dedupe._version import __version__
from dedupe.cli import (
    apply,
    cache,
    check,
    compare,
    config,
    greedy_option,
    help,
    history,
    models,
    recover,
    review,
    scan,
    search,
    series,
    undo,
)
from dedupe.cli.click_ext import Command, Commands, examples
from dedupe.cli.completion import answer_first_tab

answer_first_tab()


class _Dedupe(Commands):
    panels = (
        ("Clean up", ("scan", "review", "apply", "series", "undo", "history", "recover")),
        ("Look things up", ("search", "compare", "check")),
        ("Set up", ("config", "cache", "models", "help")),
    )


app = typer.Typer(
    name="dedupe",
    cls=_Dedupe,
    help="Find duplicate photos, prove each pair, and clean up without losing one.",
    epilog=examples(
        "dedupe scan ~/Pictures          find duplicates and review them",
        "dedupe apply --trash            move the reviewed copies to the trash",
        "dedupe undo                     put them back",
        "dedupe help scan                explain a command",
    ),
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
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


app.command(
    "scan",
    cls=Command,
    short_help="Find duplicate photos and review them.",
    epilog=examples(
        "dedupe scan ~/Pictures                       find duplicates, review them",
        "dedupe scan ~/Pictures /media/card           also between two folders",
        "dedupe scan ~/Pictures --reference ~/Albums  keep what is in Albums",
        "dedupe scan ~/Pictures --trash --yes         clean up without asking",
        "dedupe scan ~/Pictures --json - | jq .stats  for programs",
    ),
)(scan.scan)
app.command(
    "review",
    cls=Command,
    short_help="Decide on the last scan, group by group.",
    epilog=examples(
        "dedupe review                   continue with the last scan",
        "dedupe review --list            list the scans that can be reviewed",
        "dedupe review ~/Pictures        review the last scan of this folder",
        "dedupe review --decisions       list what you decided, and take it back",
    ),
)(review.review)
app.command(
    "apply",
    cls=Command,
    short_help="Remove the selected copies of the last scan.",
    epilog=examples(
        "dedupe apply --trash --dry-run       show what would leave, and change nothing",
        "dedupe apply --trash                 move the selected copies to the trash",
        "dedupe apply --move-to ~/Duplicates      or into a folder",
        "dedupe apply --link hard             or replace identical copies with links",
        "dedupe apply --plan plan.json        act on a plan that `scan --plan` wrote",
    ),
)(apply.apply)
app.command(
    "series",
    cls=Command,
    short_help="Compare shots of one scene and say which stay.",
    epilog=examples(
        "dedupe series ~/Pictures          look at bursts, and say which shots stay",
        "dedupe series --json | jq .sets   what was measured, for programs",
        "dedupe series --trash --dry-run   show which shots would leave, and change nothing",
    ),
)(series.series)
app.command(
    "undo",
    cls=Command,
    short_help="Put back what a run removed.",
    epilog=examples("dedupe undo       undo the last run", "dedupe undo 3     undo run 3 of `dedupe history`"),
)(undo.undo)
app.command(
    "history",
    cls=Command,
    short_help="List the runs that removed photos.",
    epilog=examples("dedupe history", "dedupe history --json"),
)(history.history)
app.command(
    "recover",
    cls=Command,
    short_help="Finish moves that a crash interrupted.",
    epilog=examples("dedupe recover"),
)(recover.recover)
app.command(
    "search",
    cls=Command,
    short_help="Find the photos that look most like a picture.",
    epilog=examples(
        "dedupe search cat.jpg ~/Pictures              the ten nearest photos",
        "dedupe search cat.jpg ~/Pictures -k 3 --show  the three nearest, as pictures",
    ),
)(search.search)
app.command(
    "compare",
    cls=Command,
    short_help="Explain how two photos are related.",
    epilog=examples("dedupe compare a.jpg b.jpg", "dedupe compare a.jpg b.jpg --save both.png"),
)(compare.compare)
app.command(
    "check",
    cls=greedy_option.Greedy,
    short_help="Tell which photos you already have.",
    epilog=examples(
        "dedupe check /media/card --against ~/Pictures    which photos are new?",
        "dedupe check *.jpg --against ~/Pictures --print0 have | xargs -0 ls",
    ),
)(check.check)
app.command(
    "config",
    cls=Command,
    short_help="Show the settings, and write a config file.",
    epilog=examples(
        "dedupe config            show every setting and where it comes from",
        "dedupe config --init     write a config file to edit",
    ),
)(config.config)
app.command(
    "models",
    cls=Command,
    short_help="List the models that find candidates.",
    epilog=examples("dedupe models", "dedupe models --json"),
)(models.models)
app.command(
    "help",
    cls=Command,
    short_help="Explain a command.",
    epilog=examples("dedupe help scan", "dedupe help --man > dedupe.1     write the man page"),
)(help.help_)
app.add_typer(cache.app, name="cache", short_help="Show or empty what dedupe remembers of photos.")


@functools.cache
def command() -> Any:
    """The whole command line as click's command, made once a process: making it takes longer than most commands need."""
    return typer.main.get_command(app)
