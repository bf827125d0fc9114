"""`dedupe apply`: act on the last scan as the review left it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dedupe.cli import options as o

if TYPE_CHECKING:
    from dedupe.review.run import Wishes
    from dedupe.settings import Settings


def apply(
    roots: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH…]", help="Act on the last scan of these folders. [default: the newest scan]"),
    ] = None,
    move_to: o.MoveTo = None,
    trash: o.Trash = False,
    link: o.Link = None,
    yes: o.Yes = False,
    dry_run: o.DryRun = False,
    prune_empty: o.PruneEmpty = False,
    rescue: o.RescueWish = None,
    rescue_dates: o.RescueDates = None,
    albums_as_keywords: o.Albums = None,
    max_drop: o.MaxDrop = None,
    plan: Annotated[
        str | None,
        typer.Option(
            "--plan", metavar="FILE", help="Act on this plan, which `scan --plan` wrote.", rich_help_panel=o.ACTING
        ),
    ] = None,
    as_json: o.Json = False,
    store: o.Store = None,
) -> None:
    """Remove the selected copies of the last scan, as you reviewed them.

    Once you have decided on a group, only groups that you accepted are acted on; before any decision, all copies that the scan
    selected.
    """
    from dedupe.config import load_settings
    from dedupe.errors import UsageError
    from dedupe.review.run import Wishes, recover
    from dedupe.settings import absolute, rescue_mode

    wish = None if rescue is None else rescue_mode(rescue)
    extras = {"rescue": wish, "rescue_dates": rescue_dates, "albums_as_keywords": albums_as_keywords}
    settings = load_settings({"max_drop": max_drop, "store": store, **extras})
    wishes = Wishes(move_to=move_to, trash=trash, link=link, yes=yes, dry_run=dry_run, prune_empty=prune_empty)
    if not wishes.act:
        raise UsageError("Say what to do with the copies: --trash, --move-to DIR or --link hard|ref.")
    wishes.check(to_stdout=as_json)
    recover(settings, dry_run=dry_run)
    if plan is not None and roots:
        raise UsageError("--plan names its folders itself: leave out PATH.")
    if plan is not None:
        code = _apply_plan(settings, wishes, plan, as_json=as_json)
    else:
        code = _apply(settings, wishes, absolute(roots or []), as_json=as_json)
    if code:
        raise typer.Exit(code)


def _apply_plan(settings: Settings, wishes: Wishes, path: str, *, as_json: bool) -> int:
    """Act on a plan file: on what the last scan of its folders verified. The exit code."""
    from dedupe.review.carried import with_decisions
    from dedupe.review.plan_file import planned, read_plan
    from dedupe.review.run import act
    from dedupe.review.saved_scan import last_scan, verifier, with_rescue
    from dedupe.terminal.console import say

    plan = read_plan(path)
    with last_scan(settings, plan.roots) as (session, scanned):
        result = with_rescue(scanned, settings)
        decided = with_decisions(result, session.decisions.edits(), verifier(session, result))
        found = planned(decided.result, plan, decided.kept)
    say(*found.refused, talk=as_json)
    return act(found.result, session.settings, wishes, as_json=as_json) or (1 if found.refused else 0)


def _apply(settings: Settings, wishes: Wishes, roots: tuple[str, ...], *, as_json: bool) -> int:
    from dedupe.review.run import act, despite_lost_output, tell_unproven
    from dedupe.review.saved_scan import as_reviewed, last_scan, when, with_rescue
    from dedupe.terminal.console import say
    from dedupe.terminal.text import display_path, format_count

    with last_scan(settings, roots) as (session, scanned):
        result = with_rescue(scanned, settings)
        reviewed = as_reviewed(session, result)
        made = when(session.decisions.scan_made_at() or 0)
    lost = 1 if reviewed.unproven else 0
    with despite_lost_output():
        if not as_json:
            say(f"The scan of {', '.join(map(display_path, result.roots))}, made {made}.")
            if reviewed.open:
                undecided = format_count(reviewed.open, "undecided group")
                say(f"Skipped {undecided}; `dedupe review` continues with them.")
        lost = tell_unproven(reviewed.unproven)
    return act(reviewed.plan, session.settings, wishes, as_json=as_json) or lost
