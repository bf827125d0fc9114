"""`dedupe apply`: act on the last scan as the review left it."""

from __future__ import annotations

import time

import typer

from dedupe.cli import options as o


def apply(
    move_to: o.MoveTo = None,
    trash: o.Trash = False,
    yes: o.Yes = False,
    dry_run: o.DryRun = False,
    max_drop: o.MaxDrop = None,
    store: o.Store = None,
) -> None:
    """Move the selected extras of the last scan to the trash or into a folder, as its review left them."""
    from dedupe.errors import UsageError
    from dedupe.review.run import Wishes, act, recover, say, tell_unproven
    from dedupe.review.saved_scan import as_reviewed, last_scan
    from dedupe.settings import load_settings
    from dedupe.terminal.text import display_path, format_count

    settings = load_settings({"max_drop": max_drop, "store": store})
    wishes = Wishes(move_to=move_to, trash=trash, yes=yes, dry_run=dry_run)
    if not wishes.act:
        raise UsageError("Say where the extras should go: --trash or --move-to DIR.")
    wishes.check()
    recover(settings, dry_run=dry_run)
    with last_scan(settings) as (session, result):
        reviewed = as_reviewed(session, result)
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(session.decisions.scan_made_at()))
    say([f"The scan of {', '.join(map(display_path, result.roots))}, made {made}."])
    if reviewed.open:
        say([f"{format_count(reviewed.open, 'group')} not decided on yet: left alone. `dedupe review` shows them."])
    lost = tell_unproven(reviewed.unproven)
    code = act(reviewed.plan, session.settings, wishes) or lost
    if code:
        raise typer.Exit(code)
