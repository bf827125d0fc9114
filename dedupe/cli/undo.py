"""`dedupe undo`: put back what a run removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dedupe.cli import options as o

if TYPE_CHECKING:
    from dedupe.actions import RunSummary


def undo(
    run: Annotated[
        int | None,
        typer.Argument(metavar="[RUN]", help="The number of the run in `dedupe history`. [default: the last one]"),
    ] = None,
    yes: o.Yes = False,
    as_json: o.Json = False,
    store: o.Store = None,
) -> None:
    """Put back the photos that a run removed, each where it was.

    Nothing is overwritten: if a name is taken again, the photo is put beside it as "NAME (restored)".
    """
    from dedupe import actions
    from dedupe.config import load_settings
    from dedupe.errors import RefusedError
    from dedupe.library.paths import StorePaths
    from dedupe.review.run import counted, despite_lost_output, recover
    from dedupe.terminal.console import say

    settings = load_settings({"store": store})
    paths = StorePaths.at(settings.store)
    recover(settings)
    runs = actions.history(paths)
    one = next((one for one in runs if (one.undoable if run is None else one.number == run)), None)
    if one is not None and one.why_not is not None:
        raise RefusedError(one.why_not)
    if one is not None and not yes and not _agreed(one, as_json=as_json):
        say("Nothing was changed.")
        return
    with counted("undo") as advance:
        report = actions.undo(paths, run if one is None else one.number, progress=advance)
    with despite_lost_output():
        if as_json:
            from dedupe.report.files import to_stdout
            from dedupe.review.runs import undo_json

            to_stdout(undo_json(report))
        else:
            say(*report.sentences())
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def _agreed(run: RunSummary, *, as_json: bool) -> bool:
    """Whether a person agrees to undo this run. Raises UsageError where nobody can be asked."""
    import sys

    from dedupe.errors import UsageError
    from dedupe.review.runs import undo_question
    from dedupe.terminal.ask import agreed, is_terminal
    from dedupe.terminal.console import say

    if as_json or not is_terminal(sys.stdin):
        raise UsageError("There is no terminal to ask on; add --yes to undo without a question.")
    say(undo_question(run))
    return agreed("Put them back?")
