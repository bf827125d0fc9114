"""`dedupe check`: which of these photos do I have already?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from dedupe.cli import options as o

if TYPE_CHECKING:
    from dedupe.queries.check import CheckResult, Verdict


def check(
    new: Annotated[list[str], typer.Argument(metavar="NEW…", help="Photos or folders to look up.")],
    against: Annotated[
        list[str],
        typer.Option("--against", metavar="LIBRARY", help="The folders to look in, one or more, after NEW."),
    ],
    as_json: o.Json = False,
    print0: Annotated[
        str | None,
        typer.Option(
            "--print0",
            metavar="KIND,…",
            help="Print only the paths of these, each ended by a NUL: new, have, better, edited, partly.",
            rich_help_panel=o.RESULT,
        ),
    ] = None,
    model: o.Model = None,
    weights: o.Weights = None,
    threshold: o.Threshold = None,
    exclude: o.Exclude = None,
    jobs: o.Jobs = None,
    store: o.Store = None,
) -> None:
    """Tell which of the NEW photos are in the library, and where.

    have: you have it. better: you have it, but the new one is better. edited: you only have a
    changed version. partly: you have some of its files. new: you don't have it.
    RAW+JPEG and Live Photos are one photo. Exit code: 0 if you have some, 1 if none, 2 on an error.
    """
    from dedupe.config import load_settings
    from dedupe.errors import UsageError
    from dedupe.queries.check import check as run_check
    from dedupe.queries.check import verdicts_named
    from dedupe.terminal.progress import progress

    wanted = verdicts_named(print0) if print0 is not None else ()
    if wanted and as_json:
        raise UsageError("--print0 and --json can't be used together.")
    settings = load_settings(
        {
            "model": model,
            "weights": weights,
            "threshold": threshold,
            "exclude": tuple(exclude) if exclude else None,
            "jobs": jobs,
            "store": store,
        }
    )
    result = run_check(new, against, settings, progress=progress(()))
    _show(result, wanted, as_json=as_json)
    raise typer.Exit(0 if result.have else 1)


def _show(result: CheckResult, wanted: Sequence[Verdict], *, as_json: bool) -> None:
    from dedupe.queries import render, report
    from dedupe.report.files import to_stdout
    from dedupe.terminal.console import stderr, stdout
    from dedupe.terminal.text import format_count

    if wanted:
        report.print0(dict.fromkeys(path for one in result.checked if one.verdict in wanted for path in one.files))
        render.show_skipped(result.skipped, stderr())
    elif as_json:
        to_stdout(report.check_json(result))
    else:
        render.show_check(result, stdout())
    if result.unread:
        unread = format_count(len(result.unread), "file")
        stderr().print(f"{unread} of the library could not be read; photos listed as new may be among them.")
