"""Looks, before a long scan, whether the reports can be written where they are wanted."""

from __future__ import annotations

import os

from dedupe.errors import UsageError
from dedupe.report import csv, json
from dedupe.report.files import check


def check_targets(json_to: str | None, csv_to: str | None) -> None:
    """Raise UsageError where a report cannot be written, or both are to go to the same place. Writes nothing."""
    if json_to is not None and json_to == csv_to:
        raise UsageError("--json and --csv need two different places.")
    for target, start in ((json_to, json.START), (csv_to, csv.START)):
        if target is not None and target != "-":
            check(os.path.realpath(target), start)
