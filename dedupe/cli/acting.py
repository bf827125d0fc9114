"""What happens after a scan, in this order: reports, table, review or action, and the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from dedupe.review.run import Wishes
    from dedupe.settings import Settings
    from dedupe.types import ScanResult


def finish(
    result: ScanResult,
    settings: Settings,
    wishes: Wishes,
    *,
    json_to: str | None = None,
    csv_to: str | None = None,
    strict: bool = False,
) -> None:
    """Write the reports, show the table, review and act as wished; ends with typer.Exit where the code is not 0."""
    from dedupe.report.csv import write_csv
    from dedupe.report.json import write_json
    from dedupe.review.run import act, on_terminal

    if csv_to is not None:
        write_csv(result, csv_to)
    if json_to is not None:
        write_json(result, json_to)
    to_stdout = "-" in (json_to, csv_to)
    if not to_stdout:
        from dedupe.report.table import render
        from dedupe.terminal.console import stdout

        render(result, stdout())
    code = 0
    if wishes.review or (not to_stdout and not wishes.act and result.groups and on_terminal()):
        from dedupe.cli.review import run_review

        code = run_review(settings, wishes, offered=not wishes.review)
    elif wishes.act:
        code = act(result, settings, wishes, quiet=to_stdout)
    if strict and result.skipped:
        code = code or 1
    if code:
        raise typer.Exit(code)
