"""`dedupe scan`: find the groups, show them, and act only where that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedupe.cli import options as o
from dedupe.cli.acting import Outputs, finish

if TYPE_CHECKING:
    from dedupe.settings import Settings

_PLAIN = (
    "model",
    "weights",
    "threshold",
    "jobs",
    "cluster",
    "retry",
    "include_hidden",
    "follow",
    "cross_only",
    "exact",
    "rescue_dates",
    "albums_as_keywords",
    "max_drop",
    "store",
)

_WISHES = ("move_to", "trash", "link", "yes", "dry_run", "review", "prune_empty")
_OUTPUTS = ("json_to", "csv_to", "plan_to", "html_to", "html_gps", "by_folder", "everything")


def scan(
    roots: o.Roots,
    exclude: o.Exclude = None,
    min_bytes: o.MinBytes = None,
    include_hidden: o.IncludeHidden = None,
    follow: o.Follow = None,
    reference: o.Reference = None,
    protect: o.Protect = None,
    cross_only: o.CrossOnly = None,
    exact: o.Exact = None,
    model: o.Model = None,
    weights: o.Weights = None,
    threshold: o.Threshold = None,
    retry: o.Retry = None,
    jobs: o.Jobs = None,
    cluster: o.Cluster = None,
    path_map: o.PathMap = None,
    select: o.Select = None,
    keep: o.Keep = None,
    prefer: o.Prefer = None,
    caution: o.CautionLevel = None,
    show: o.Show = None,
    everything: o.All = False,
    sort: o.SortBy = None,
    limit: o.Limit = None,
    by_folder: o.ByFolder = False,
    json_to: o.JsonFile = None,
    csv_to: o.CsvFile = None,
    html_to: o.Html = None,
    html_gps: o.HtmlGps = False,
    plan_to: o.PlanTo = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 if a photo is skipped or damaged.", rich_help_panel=o.RESULT)
    ] = False,
    review: Annotated[
        bool, typer.Option("--review", help="Start the review without asking.", rich_help_panel=o.ACTING)
    ] = False,
    web: o.Web = False,
    no_open: o.NoOpen = False,
    port: o.Port = None,
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
    store: o.Store = None,
) -> None:
    """Find duplicate photos, show them, and offer to review them.

    Nothing in the photo folders is changed unless you ask for --move-to or --trash and agree.
    """
    _run(dict(locals()))


def _run(given: Mapping[str, Any]) -> None:
    from dedupe.cli.running import run
    from dedupe.report.targets import check_targets
    from dedupe.review.carried import carried
    from dedupe.review.plan_file import check_target
    from dedupe.review.run import Wishes, recover
    from dedupe.review.saved_scan import tell_replaced
    from dedupe.settings import absolute

    paths = absolute(given["roots"])
    settings = _settings(given)
    wishes = Wishes(**{name: given[name] for name in _WISHES})
    outputs = Outputs(**{name: given[name] for name in _OUTPUTS})
    wishes.check(to_stdout=outputs.to_stdout)
    check_targets(outputs.json_to, outputs.csv_to, outputs.html_to)
    check_target(outputs.plan_to, outputs.json_to, outputs.csv_to)
    acts = wishes.act or wishes.review or outputs.to_stdout
    browser = o.browser(web=given["web"], no_open=given["no_open"], port=given["port"], roots=paths, acts=acts)
    recover(settings, dry_run=wishes.dry_run, acts=wishes.act)
    tell_replaced(settings, paths)
    finish(carried(run(paths, settings), settings), settings, wishes, outputs, strict=given["strict"], browser=browser)


def _settings(given: Mapping[str, Any]) -> Settings:
    """The settings that the words of the command line make; what is about the display holds from here on."""
    from dedupe import settings as s
    from dedupe.config import load_settings
    from dedupe.terminal import display

    display.choose(sort=given["sort"], limit=given["limit"])
    readers: dict[str, Callable[[list[str]], object]] = {
        "show": s.relations,
        "select": s.relations,
        "keep": s.keeper_rules,
        "reference": s.absolute,
        "protect": s.absolute,
        "prefer": s.absolute,
        "exclude": tuple,
        "path_map": tuple,
    }
    lists = {name: read(given[name]) if given[name] else None for name, read in readers.items()}
    lists["rescue"] = s.rescue_mode(given["rescue"]) if given["rescue"] else None
    lists["caution"] = s.caution(given["caution"]) if given["caution"] else None
    smallest = None if given["min_bytes"] is None else s.size(given["min_bytes"])
    return load_settings({**{name: given[name] for name in _PLAIN}, **lists, "min_bytes": smallest})
