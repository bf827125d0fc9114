"""`dedupe review`: the last scan again, group by group; and the decisions it left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dedupe.cli import options as o

_INTERRUPTED = 130

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dedupe.library.scans import GroupEdit
    from dedupe.review.run import Wishes
    from dedupe.settings import Settings
    from dedupe.types import ScanResult


def review(
    roots: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH…]", help="Review the last scan of these folders. [default: the newest scan]"),
    ] = None,
    listing: Annotated[
        bool, typer.Option("--list", help="List the scans that can be reviewed.", rich_help_panel=o.RESULT)
    ] = False,
    decisions: Annotated[
        bool,
        typer.Option("--decisions", help="List your decisions, and take back any of them.", rich_help_panel=o.RESULT),
    ] = False,
    folder: Annotated[
        str | None,
        typer.Option(
            "--folder", metavar="DIR", help="Review only groups with a photo in DIR.", rich_help_panel=o.PHOTOS
        ),
    ] = None,
    sort: o.SortBy = None,
    rescue: o.RescueWish = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the decisions as one JSON object.", rich_help_panel=o.RESULT)
    ] = False,
    web: o.Web = False,
    no_open: o.NoOpen = False,
    port: o.Port = None,
    html_to: o.Html = None,
    html_gps: o.HtmlGps = False,
    store: o.Store = None,
) -> None:
    """Look at the groups of the last scan one by one and decide.

    Nothing is done before you agree to it, and every decision is remembered.
    """
    from dedupe.config import load_settings
    from dedupe.errors import UsageError
    from dedupe.settings import absolute, rescue_mode
    from dedupe.terminal import display

    display.choose(sort=sort)
    settings = load_settings({"store": store, "rescue": None if rescue is None else rescue_mode(rescue)})
    if as_json and not decisions:
        raise UsageError("--json prints decisions: use it with --decisions.")
    if decisions:
        _decisions(settings, as_json=as_json)
        return
    wanted = absolute(roots or [])
    browser = o.browser(web=web, no_open=no_open, port=port, roots=wanted)
    if html_to is not None:
        _page(settings, html_to, wanted, places=html_gps)
    if browser is not None:
        from dedupe.review.web.server import review_in_browser

        review_in_browser(settings, browser)
    elif html_to is None:
        _in_terminal(settings, wanted, listing=listing, folder=folder)


def _in_terminal(settings: Settings, roots: tuple[str, ...], *, listing: bool, folder: str | None) -> None:
    from dedupe.review.run import Wishes
    from dedupe.review.saved_scan import scan_lines
    from dedupe.settings import absolute
    from dedupe.terminal.console import say

    if listing:
        say(*(scan_lines(settings) or ["There is no scan yet: run `dedupe scan DIR` first."]))
        return
    wishes = Wishes(review=True)
    wishes.check()
    inside = absolute([folder])[0] if folder is not None else None
    raise typer.Exit(run_review(settings, wishes, offered=False, roots=roots, folder=inside))


def _page(settings: Settings, target: str, roots: tuple[str, ...], *, places: bool) -> None:
    from dedupe.report.targets import check_targets
    from dedupe.review.page import write_page

    check_targets(None, None, target)
    write_page(settings, target, roots, places=places)


def _decisions(settings: Settings, *, as_json: bool) -> None:
    from dedupe.library.paths import StorePaths
    from dedupe.review.decisions import decisions_json, show_and_clear

    path = StorePaths.at(settings.store).decisions
    if as_json:
        from dedupe.report.files import to_stdout

        to_stdout(decisions_json(path))
    else:
        show_and_clear(path)


def run_review(
    settings: Settings, wishes: Wishes, *, offered: bool, roots: tuple[str, ...] = (), folder: str | None = None
) -> int:
    """Review the last scan (where it is only ``offered``, after a yes), then act as wished or answered; the exit code."""
    from dedupe.rescue.offer import offer as carry_over
    from dedupe.review.choice import accepted, unproven
    from dedupe.review.prompt import review as ask_person
    from dedupe.review.run import tell_unproven
    from dedupe.review.saved_scan import in_order, last_scan, previews, verifier, with_rescue
    from dedupe.review.state import Ending
    from dedupe.terminal.console import say, stdout

    with last_scan(settings, roots) as (session, found):
        result = in_order(with_rescue(found, settings), folder)
        if not result.groups:
            say(
                "There is nothing to review: no duplicates are left."
                if not folder
                else "No group has a photo in that folder."
            )
            return 0
        if offered and not _wants_review(result, session.decisions.edits()):
            return 0
        verify = verifier(session, result)
        state = ask_person(
            result, stdout(), session.decisions, verify=verify, offer=carry_over, preview=previews(session)
        )
        chosen = accepted(result, state.choices)
        lost = unproven(session.decisions.edits(), result.groups, state.choices)
    if state.ending is not Ending.FINISHED:
        typer.echo("Your decisions are saved; nothing was removed. `dedupe review` continues.", err=True)
        return _INTERRUPTED if state.ending is Ending.INTERRUPTED else 0
    code = tell_unproven(lost)
    return _after(chosen, session.settings, wishes) or code


def _wants_review(result: ScanResult, edits: Mapping[str, GroupEdit]) -> bool:
    """Whether a person wants to go through the groups after a scan; where all are decided, Enter is no."""
    from dedupe.library.scans import EditState
    from dedupe.terminal.ask import agreed
    from dedupe.terminal.text import format_count

    decided = [edits[group.id].state is not EditState.OPEN for group in result.groups if group.id in edits]
    left = len(result.groups) - sum(decided)
    if not left:
        return agreed("Every group is decided. Review them again?")
    which = "group" if left == len(result.groups) else "undecided group"
    the = "the group" if which == "group" and left == 1 else f"the {format_count(left, which)}"
    return agreed(f"Review {the} now?", default=True)


def _after(chosen: ScanResult, settings: Settings, wishes: Wishes) -> int:
    """What becomes of the accepted extras."""
    from dedupe.review.run import Wishes, act
    from dedupe.review.where import where_to
    from dedupe.terminal.console import say

    if not any(extra.selected for group in chosen.groups for extra in group.extras):
        say("No photo was marked for removal; nothing was removed.")
        return 0
    if not wishes.act:
        trash, folder = where_to(chosen)
        wishes = Wishes(trash=trash, move_to=folder)
    if not wishes.act:
        say("Nothing was removed. `dedupe apply --trash` or `dedupe apply --move-to DIR` does it later.")
        return 0
    return act(chosen, settings, wishes)
