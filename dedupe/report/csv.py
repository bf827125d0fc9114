"""The result for spreadsheets: CSV, a row a photo, deterministic.

A field that a spreadsheet would take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from dedupe.report import dates, phrases
from dedupe.report.files import write
from dedupe.report.json import b64
from dedupe.report.sizes import further_files
from dedupe.terminal.text import display_path, display_text
from dedupe.types import Extra, Photo, ScanResult

_CSV_HEAD = (
    "group",
    "role",
    "path",
    "bytes",
    "width",
    "height",
    "taken",
    "relation",
    "distance",
    "selected",
    "protected",
    "reason",
    "loses",
    "note",
    "companions",
    "path_b64",
    "keeper",
)
_CSV_MARK = "\ufeff"  # without it Excel takes UTF-8 for the local code page
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(result: ScanResult, target: str) -> None:
    """Write a row a photo of every group as CSV into the file ``target``, or to stdout where it is ``-``.

    Raises UsageError where the file cannot be written, or exists and is not a CSV report.
    """
    start = "" if target == "-" else _CSV_MARK
    write(target, (start, *csv_rows(result)), START)


def csv_rows(result: ScanResult) -> Iterator[str]:
    """The lines of the CSV: its head, then the kept photo and the extras of each group in turn."""
    yield _line(_CSV_HEAD)
    for number, group in enumerate(result.groups, 1):
        yield _row(number, "keep", group.keep, reason=phrases.reason(group))
        for extra in group.extras:
            yield _row(number, "extra", extra.photo, extra, keeper=display_path(group.keeper_of(extra).path))


def _row(
    number: int, role: str, photo: Photo, extra: Extra | None = None, *, reason: str = "", keeper: str = ""
) -> str:
    path = display_path(photo.path)
    return _line(
        (
            number,
            role,
            path,
            photo.file.stamp.size,
            photo.facts.width,
            photo.facts.height,
            dates.shown(photo, precise=True),
            extra.relation.value if extra else "",
            f"{extra.distance:.6f}" if extra else "",
            ("yes" if extra.selected else "no") if extra else "",
            "yes" if photo.file.protected or photo.file.reference else "no",
            _harmless(reason),
            _harmless("; ".join(phrases.losses(extra))) if extra else "",
            _harmless(phrases.remark(extra)) if extra else "",
            sum(1 for _ in further_files(photo)),
            "" if path == photo.path else b64(photo.path),
            keeper,
        )
    )


def _harmless(text: str) -> str:
    shown = display_text(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _line(cells: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


START = f"{_CSV_MARK}{','.join(_CSV_HEAD[:12])},".encode()
"""How a CSV report begins, also one of an earlier version."""
