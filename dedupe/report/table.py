"""The table of a scan: what was found, what would go, why one stays, what would be lost, and a summary."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from dedupe.report import phrases
from dedupe.report.rows import Layout, Mark, Row
from dedupe.report.sizes import folder_of, freed_by, freed_bytes, further_files, pinned, selected_extras
from dedupe.terminal.text import display_path, display_text, format_bytes, format_count, format_time
from dedupe.types import Extra, Group, Photo, Relation, ScanResult, Series, Skipped

if TYPE_CHECKING:
    from rich.table import Table

SCREEN_GROUPS = 100
"""Groups shown on a screen; on paper all are."""

_SCREEN_SERIES = 20
_SCREEN_SKIPPED = 3


def render(result: ScanResult, console: Console, *, paper: bool | None = None, hints: bool = True) -> None:
    """Print ``result``: its groups one by one, series, skipped files, summary, and what to do next.

    On a screen the first ``SCREEN_GROUPS`` groups and shortened names that fit its width; on ``paper`` (by
    default: where the console writes to no terminal) everything in full, a photo a line.
    """
    on_paper = not console.file.isatty() if paper is None else paper
    layout = Layout.of(console, result.roots, paper=on_paper)
    out = _Printer(console)
    if result.groups:
        _groups(result.groups, layout, out)
    if result.series:
        _series(result.series, layout, out)
    if result.skipped:
        _skipped(result, layout, out)
    _summary(result, layout, console, out)
    if hints and result.groups:
        _hints(result, layout, out)


class _Printer:
    """Prints lines that already have their width; a plain console takes them much faster as strings."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._plain = console.color_system is None

    def lines(self, lines: Iterable[Text]) -> None:
        if self._plain:
            self._console.file.write("".join(f"{line.plain}\n" for line in lines))
        else:
            for line in lines:
                self._console.print(line, soft_wrap=True)

    def text(self, text: str = "", style: str = "") -> None:
        self.lines([Text(text, style=style)])


def _groups(groups: Sequence[Group], layout: Layout, out: _Printer) -> None:
    out.lines(layout.titles())
    shown = groups if layout.paper else groups[:SCREEN_GROUPS]
    for number, group in enumerate(shown, 1):
        out.text()
        out.lines(group_lines(number, group, layout))
    if len(shown) < len(groups):
        out.text()
        more = format_count(len(groups) - len(shown), "more group")
        out.text(f"{layout.signs.ellipsis} and {more}: `dedupe review` goes through all, `--json FILE` lists them.")
    out.text()


def group_lines(number: int, group: Group, layout: Layout) -> list[Text]:
    """The lines of one group: a heading, the kept photo, the extras."""
    lines = [layout.heading(f"Group {number:,}", tally(group))]
    for row in group_rows(group):
        lines += layout.lines(row)
    return lines


def tally(group: Group) -> str:
    """How many photos ``group`` has, how many of them would go, and what that frees."""
    chosen = sum(extra.selected for extra in group.extras)
    photos = format_count(1 + len(group.extras), "photo")
    if not chosen:
        return f"{photos}, none to remove"
    return f"{photos}, {chosen:,} to remove, frees {format_bytes(freed_by(group.extras, group.keep))}"


def group_rows(group: Group) -> list[Row]:
    """The rows of one group, the kept photo first."""
    return [
        keeper_row(group.keep, phrases.reason(group)),
        *(extra_row(extra, group.keeper_of(extra)) for extra in group.extras),
    ]


def keeper_row(keep: Photo, reason: str) -> Row:
    """The row of the photo that stays, with why."""
    remarks = (f"kept: {reason}", _belongings(keep))
    return Row(keep, Mark.KEEP, remark="; ".join(filter(None, remarks)))


def extra_row(extra: Extra, keep: Photo) -> Row:
    """The row of an extra, with why it stays where it may not leave. A companion that ``keep`` shares is not counted: it
    stays."""
    remarks = (phrases.remark(extra) or pinned(extra.photo), _belongings(extra.photo, besides=further_files(keep)))
    return Row(
        extra.photo,
        Mark.REMOVE if extra.selected else Mark.STAYS,
        extra.relation,
        extra.distance,
        phrases.losses(extra),
        "; ".join(filter(None, remarks)),
    )


def _belongings(photo: Photo, *, besides: Iterable[str] = ()) -> str:
    count = len({*further_files(photo)}.difference(besides))
    return f"with {format_count(count, 'companion')}" if count else ""


def _series(series: Sequence[Series], layout: Layout, out: _Printer) -> None:
    photos = sum(len(one.photos) for one in series)
    count = f"{format_count(photos, 'photo')} in {len(series):,} series"
    out.lines([layout.heading("Series", f"{count}: different shots of one scene, never selected")])
    shown = series if layout.paper else series[:_SCREEN_SERIES]
    for number, one in enumerate(shown, 1):
        out.lines(_series_lines(number, one, layout))
    if len(shown) < len(series):
        more = format_count(len(series) - len(shown))
        out.text(f"  {layout.signs.ellipsis} and {more} more; `--json FILE` lists them.")
    out.text()


def _series_lines(number: int, series: Series, layout: Layout) -> list[Text]:
    lines: list[Text] = []
    lead = f"{number:>6,}  "
    by_folder = groupby(series.photos, key=lambda photo: folder_of(photo.file, layout.roots))
    for folder, photos in by_folder:
        names = [display_path(os.path.basename(photo.path)) for photo in photos]
        if not layout.paper and len(names) > 4:
            names = [
                *names[:3],
                f"{layout.signs.ellipsis} {len(names) - 4:,} more {layout.signs.ellipsis}",
                names[-1],
            ]
        wrapped = layout.wrapped(f"{display_path(folder)}: {', '.join(names)}", margin=len(lead))
        if not lines:
            wrapped[0] = Text(lead + wrapped[0].plain[len(lead) :])
        lines += wrapped
    return lines


def _skipped(result: ScanResult, layout: Layout, out: _Printer) -> None:
    out.lines([layout.heading("Skipped", format_count(len(result.skipped), "file"))])
    kinds: dict[str, list[Skipped]] = {}
    for one in result.skipped:
        kinds.setdefault(one.kind.value, []).append(one)
    for kind, ones in sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0])):
        out.text(f"  {kind}: {format_count(len(ones), 'file')}")
        shown = ones if layout.paper else ones[:_SCREEN_SKIPPED]
        for one in shown:
            path = display_path(_below_root(one.path, result.roots))
            out.lines(layout.wrapped(f"{path}: {display_text(one.reason)}", "dim", margin=4))
        if len(shown) < len(ones):
            out.text(f"    {layout.signs.ellipsis} and {format_count(len(ones) - len(shown))} more", "dim")
    out.text()


def _below_root(path: str, roots: Sequence[str]) -> str:
    if len(roots) == 1 and path.startswith(roots[0].rstrip(os.sep) + os.sep):
        return path[len(roots[0].rstrip(os.sep)) + 1 :]
    return path


def _summary(result: ScanResult, layout: Layout, console: Console, out: _Printer) -> None:
    stats = result.stats
    out.lines([layout.heading("Summary")])
    files = f" in {format_count(stats.files, 'file')}" if stats.files != stats.photos else ""
    skipped = f"{format_count(len(result.skipped))} skipped" if result.skipped else "none skipped"
    out.text(f"  {format_count(stats.photos, 'photo')}{files}, {skipped}")
    extras = [
        (extra, freed_bytes(extra.photo, group.keeper_of(extra))) for group in result.groups for extra in group.extras
    ]
    groups = f"{format_count(len(result.groups), 'group')} with {format_count(len(extras), 'extra')}"
    found = [groups if extras else "no duplicates found"]
    if result.series:
        found.append(f"{format_count(len(result.series))} series")
    out.text(f"  {', '.join(found)}")
    if extras:
        out.text()
        console.print(_relations(extras, layout))
        out.text()
    _costs(result, layout, out)


def _costs(result: ScanResult, layout: Layout, out: _Printer) -> None:
    stats = result.stats
    spent = [f"{name} {format_time(seconds)}" for name, seconds in stats.seconds.items() if name != "total"]
    total = stats.seconds.get("total", sum(stats.seconds.values()))
    dot = f" {layout.signs.dot} "
    out.lines(layout.wrapped(f"{format_time(total)}{': ' if spent else ''}{dot.join(spent)}", "dim", margin=2))
    radius = f"candidates within a distance of {result.threshold:.2f} (0 same, 1.41 unrelated)"
    out.lines(layout.wrapped(f"model {display_text(result.model)}, {radius}", "dim", margin=2))


def _relations(extras: Sequence[tuple[Extra, int]], layout: Layout) -> Table:
    """The extras, with the bytes each takes up, added up by relation."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 3, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("  extras by relation", no_wrap=True)
    for title in ("photos", "reclaimable", "to remove", "frees"):
        table.add_column(title, justify="right", no_wrap=True)
    for relation in Relation:
        ones = [one for one in extras if one[0].relation is relation]
        if ones:
            table.add_row(f"  {relation.value}", *_sums(ones, layout))
    table.add_row(*(Text(cell, style="bold") for cell in ("  all", *_sums(extras, layout))))
    return table


def _sums(extras: Sequence[tuple[Extra, int]], layout: Layout) -> tuple[str, str, str, str]:
    chosen = [size for extra, size in extras if extra.selected]
    none = layout.signs.dash
    return (
        format_count(len(extras)),
        format_bytes(sum(size for _, size in extras)),
        format_count(len(chosen)) if chosen else none,
        format_bytes(sum(chosen)) if chosen else none,
    )


def _hints(result: ScanResult, layout: Layout, out: _Printer) -> None:
    chosen = sum(1 for _ in selected_extras(result.groups))
    out.text()
    out.text("Next", "bold")
    out.text("  dedupe review                decide group by group")
    if chosen:
        out.text(f"  dedupe apply --trash         move the {format_count(chosen, 'selected photo')} to the trash")
        out.text("  dedupe apply --move-to DIR   or into a folder; `dedupe undo` puts them back")
    out.lines(layout.wrapped("Nothing has been changed so far.", "dim", margin=2))
