"""`dedupe scan`: find the groups, show them, and act only where that was asked for."""

from __future__ import annotations

from typing import Annotated

import typer

from dedupe.cli import options as o
from dedupe.cli.acting import finish

Relations = list[str] | None


def scan(
    roots: o.Roots,
    model: o.Model = None,
    weights: o.Weights = None,
    threshold: o.Threshold = None,
    show: Annotated[Relations, typer.Option(metavar="REL,…", help="Relations to display [all].")] = None,
    select: Annotated[Relations, typer.Option(metavar="REL,…", help="Relations to pre-select.")] = None,
    keep: Annotated[Relations, typer.Option(metavar="RULE,…", help="Keeper rules that come first.")] = None,
    reference: Annotated[Relations, typer.Option(metavar="DIR", help="Scanned, may keep, never an extra.")] = None,
    protect: Annotated[Relations, typer.Option(metavar="DIR", help="Compared, never selected.")] = None,
    prefer: o.Prefer = None,
    caution: o.Caution = None,
    cross_only: Annotated[bool | None, typer.Option("--cross-only", help="Only pairs from different PATHs.")] = None,
    exclude: o.Exclude = None,
    min_bytes: o.MinBytes = None,
    include_hidden: o.IncludeHidden = None,
    follow: o.Follow = None,
    jobs: o.Jobs = None,
    retry: Annotated[bool | None, typer.Option("--retry", help="Try photos again that failed before.")] = None,
    json_to: o.JsonFile = None,
    csv_to: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Write a row a photo.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 when a photo was skipped.")] = False,
    review: Annotated[bool, typer.Option("--review", help="Go straight to the review.")] = False,
    move_to: o.MoveTo = None,
    trash: o.Trash = False,
    yes: o.Yes = False,
    dry_run: o.DryRun = False,
    max_drop: o.MaxDrop = None,
    store: o.Store = None,
) -> None:
    """Find duplicate photos under PATH…, show them, and offer to review them.

    Nothing in the photo folders is changed unless --move-to or --trash is given, and agreed to.
    """
    from dedupe import settings as s
    from dedupe.pipeline import scan as run_scan
    from dedupe.report.targets import check_targets
    from dedupe.review.run import Wishes, recover
    from dedupe.terminal.progress import progress

    roots = list(s.absolute(roots))
    model_of = {"model": model, "weights": weights, "threshold": threshold, "jobs": jobs, "retry": retry}
    walk = {"min_bytes": min_bytes, "include_hidden": include_hidden, "follow": follow, "cross_only": cross_only}
    lists = {
        "show": s.relations(show) if show else None,
        "select": s.relations(select) if select else None,
        "keep": s.keeper_rules(keep) if keep else None,
        "reference": s.absolute(reference) if reference else None,
        "protect": s.absolute(protect) if protect else None,
        "prefer": s.absolute(prefer) if prefer else None,
        "caution": s.caution(caution) if caution else None,
        "exclude": tuple(exclude) if exclude else None,
    }
    settings = s.load_settings({**model_of, **walk, **lists, "max_drop": max_drop, "store": store})
    wishes = Wishes(move_to=move_to, trash=trash, yes=yes, dry_run=dry_run, review=review)
    wishes.check(to_stdout="-" in (json_to, csv_to))
    check_targets(json_to, csv_to)
    recover(settings, dry_run=dry_run)
    result = run_scan(roots, settings, progress=progress())
    finish(result, settings, wishes, json_to=json_to, csv_to=csv_to, strict=strict)
