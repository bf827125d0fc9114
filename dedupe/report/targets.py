"""Looks, before a long scan, whether the reports can be written where they are wanted."""

from __future__ import annotations

import os

from dedupe.errors import UsageError
from dedupe.report import csv, html, json
from dedupe.report.files import check


def check_targets(json_to: str | None, csv_to: str | None, html_to: str | None = None) -> None:
    """Raise UsageError where a report cannot be written, or two are to go to the same place. Writes nothing."""
    named = [target for target in (json_to, csv_to, html_to) if target is not None]
    if len(set(named)) < len(named):
        raise UsageError("--json, --csv and --html need different places.")
    if html_to is not None:
        html.check_available()
        if html_to == "-":
            raise UsageError("--html needs the name of a file.")
    for target, start in ((json_to, json.START), (csv_to, csv.START), (html_to, html.START)):
        if target is not None and target != "-":
            check(os.path.realpath(target), start)
