"""What happens after a scan, in this order: reports, table, review or action, and the exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from dedupe.review.carried import Carried
    from dedupe.review.run import Wishes
    from dedupe.review.web.server import Wanted
    from dedupe.settings import Settings
    from dedupe.types import ScanResult


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the result of a scan goes; ``-`` is stdout, None nowhere. ``by_folder`` and ``everything`` are about the table."""

    json_to: str | None = None
    csv_to: str | None = None
    plan_to: str | None = None
    html_to: str | None = None
    html_gps: bool = False
    by_folder: bool = False
    everything: bool = False

    @property
    def to_stdout(self) -> bool:
        """A report takes stdout for itself."""
        return "-" in (self.json_to, self.csv_to, self.plan_to)


def finish(
    found: Carried,
    settings: Settings,
    wishes: Wishes,
    outputs: Outputs,
    *,
    strict: bool = False,
    browser: Wanted | None = None,
) -> None:
    """Write the reports, show the table, review and act as wished; ends with typer.Exit where the code is not 0."""
    result = found.result
    _write(result, outputs)
    _write_page(result, settings, outputs)
    if not outputs.to_stdout:
        _show(found, settings, wishes, outputs)
    code = _go_on(result, settings, wishes, outputs, browser)
    if wishes.act:
        _write_page(result, settings, outputs)
    if strict and (result.skipped or result.damaged):
        code = code or 1
    if code:
        raise typer.Exit(code)


def _go_on(result: ScanResult, settings: Settings, wishes: Wishes, outputs: Outputs, browser: Wanted | None) -> int:
    """Review or act, as wished; the exit code."""
    from dedupe.review.run import act, on_terminal

    if browser is not None:
        from dedupe.review.web.server import review_in_browser

        review_in_browser(settings, browser)
        return 0
    asked = not outputs.to_stdout and not wishes.act and bool(result.groups) and on_terminal()
    if wishes.review or asked:
        from dedupe.cli.review import run_review

        return run_review(settings, wishes, offered=not wishes.review)
    return act(result, settings, wishes, quiet=outputs.to_stdout) if wishes.act else 0


def _write_page(result: ScanResult, settings: Settings, outputs: Outputs) -> None:
    if outputs.html_to is not None:
        from dedupe.review.page import write_page

        write_page(settings, outputs.html_to, result.roots, places=outputs.html_gps)


def _write(result: ScanResult, outputs: Outputs) -> None:
    if outputs.csv_to is not None:
        from dedupe.report.csv import write_csv

        write_csv(result, outputs.csv_to)
    if outputs.json_to is not None:
        from dedupe.report.json import write_json

        write_json(result, outputs.json_to)
    if outputs.plan_to is not None:
        from dedupe.review.plan_file import write_plan

        write_plan(result, outputs.plan_to)


def _show(found: Carried, settings: Settings, wishes: Wishes, outputs: Outputs) -> None:
    from dedupe.report.table import Decided, Look, render
    from dedupe.terminal.display import chosen
    from dedupe.terminal.pager import paged

    shown = chosen()
    look = Look(
        relations=settings.show,
        sort=shown.sort,
        limit=shown.limit,
        everything=outputs.everything,
        by_folder=outputs.by_folder,
        hints=not wishes.act and not wishes.review,
        brief=shown.quiet,
        details=shown.verbose,
        decided=Decided(found.decided, found.undecided, found.accepted) if found.decided else None,
    )
    with paged() as console:
        render(found.result, console, look)
