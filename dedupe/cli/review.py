"""`dedupe review`: the last scan again, group by group; and the decisions it left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dedupe.cli import options as o
from dedupe.errors import UsageError
from dedupe.review.run import Wishes, act, tell_unproven

_INTERRUPTED = 130

if TYPE_CHECKING:
    from dedupe.settings import Settings
    from dedupe.types import ScanResult


def review(
    decisions: Annotated[
        bool, typer.Option("--decisions", help="Show what you decided so far, and take back what you choose.")
    ] = False,
    web: o.Web = False,
    no_open: o.NoOpen = False,
    port: o.Port = None,
    store: o.Store = None,
) -> None:
    """Look at the groups of the last scan one by one and decide. Nothing is done before you agree to it."""
    from dedupe.library.paths import StorePaths
    from dedupe.review.decisions import show_and_clear
    from dedupe.settings import load_settings

    settings = load_settings({"store": store})
    if decisions:
        show_and_clear(StorePaths.at(settings.store).decisions)
        return
    if web:
        in_browser(settings, no_open=no_open, port=port)
        return
    if no_open or port is not None:
        raise UsageError("--no-open and --port go with --web.")
    wishes = Wishes(review=True)
    wishes.check()
    raise typer.Exit(run_review(settings, wishes, offered=False))


def in_browser(settings: Settings, *, no_open: bool, port: int | None) -> None:
    """Serve the last scan to the browser until that is ended."""
    from dedupe.review.run import say
    from dedupe.review.web.server import Wanted, review_in_browser

    review_in_browser(settings, Wanted(port or 0, not no_open, lambda line: say([line])))


def run_review(settings: Settings, wishes: Wishes, *, offered: bool) -> int:
    """Review the last scan (where it is only ``offered``, after a yes), then act as wished or answered; the exit code."""
    from dedupe.review.choice import accepted, unproven
    from dedupe.review.prompt import review as ask_person
    from dedupe.review.saved_scan import last_scan, previews, verifier
    from dedupe.review.state import Ending
    from dedupe.terminal.ask import agreed
    from dedupe.terminal.console import stdout
    from dedupe.terminal.text import format_count

    with last_scan(settings) as (session, result):
        if not result.groups:
            typer.echo("The last scan found no duplicates: there is nothing to review.")
            return 0
        if offered and not agreed(f"Review the {format_count(len(result.groups), 'group')} now?", default=True):
            return 0
        state = ask_person(result, stdout(), session.decisions, verify=verifier(session), preview=previews(session))
        chosen = accepted(result, state.choices)
        lost = unproven(session.decisions.edits(), result.groups, state.choices)
    if state.ending is not Ending.FINISHED:
        typer.echo("Your decisions are kept, nothing was done. `dedupe review` goes on from there.", err=True)
        return _INTERRUPTED if state.ending is Ending.INTERRUPTED else 0
    code = tell_unproven(lost)
    return _after(chosen, session.settings, wishes) or code


def _after(chosen: ScanResult, settings: Settings, wishes: Wishes) -> int:
    """What becomes of the accepted extras."""
    from dedupe.terminal.ask import where_to

    if not any(extra.selected for group in chosen.groups for extra in group.extras):
        typer.echo("Nothing was marked to be removed, nothing was done.")
        return 0
    if not wishes.act:
        trash, folder = where_to(chosen)
        wishes = Wishes(trash=trash, move_to=folder)
    if not wishes.act:
        typer.echo("Nothing was done. `dedupe apply --trash` or `--move-to DIR` does it later.")
        return 0
    return act(chosen, settings, wishes)
