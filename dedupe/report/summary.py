"""What a scan comes to: how many photos, how many copies of which relation, what removing them frees."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from dedupe.report.rows import Layout
from dedupe.report.sizes import freed_bytes
from dedupe.terminal.text import display_text, format_bytes, format_count, format_time
from dedupe.types import Extra, Relation, ScanResult

_COLUMNS = (("copies", 8), ("size", 9), ("remove", 8), ("frees", 9))
_NARROW = 47
"""Columns of a screen below which the sizes of all copies are left out."""


def headline(result: ScanResult) -> str:
    """One sentence: groups, copies, and what removing the selected ones frees."""
    sizes = _sizes(result)
    if not sizes:
        return f"{format_count(result.stats.photos, 'photo')}, no duplicates found."
    groups = format_count(len(result.groups), "group")
    copies = format_count(len(sizes), "copy", "copies")
    chosen = [size for extra, size in sizes if extra.selected]
    if not chosen:
        return f"{groups} with {copies}, none marked for removal."
    return f"{groups} with {copies}; {format_count(len(chosen))} to remove, frees {format_bytes(sum(chosen))}."


def summary_lines(result: ScanResult, layout: Layout, *, details: bool) -> list[Text]:
    """The summary; with ``details`` also the seconds of each step, the model and the radius."""
    stats = result.stats
    lines = [layout.heading("Summary")]
    files = f" in {format_count(stats.files, 'file')}" if stats.files != stats.photos else ""
    skipped = f", {format_count(len(result.skipped))} skipped" if result.skipped else ""
    lines.append(Text(f"  {format_count(stats.photos, 'photo')}{files}{skipped}"))
    sizes = _sizes(result)
    found = ["no duplicates found"]
    if sizes:
        copies = format_count(len(sizes), "copy", "copies")
        found = [f"{format_count(len(result.groups), 'group')} with {copies}"]
    if result.series:
        found.append(f"{format_count(len(result.series))} series")
    lines.append(Text(f"  {', '.join(found)}"))
    if sizes:
        lines += [Text(), *_by_relation(sizes, layout), Text()]
    return lines + _rescuable(result, layout) + _from_takeout(result, layout) + _cost(result, layout, details=details)


def _rescuable(result: ScanResult, layout: Layout) -> list[Text]:
    """How many copies seem to stay only for metadata that can be carried over; whether it can, the photos must be read for."""
    count = sum(extra.may_be_rescued for group in result.groups for extra in group.extras)
    if not count:
        return []
    stay, it = ("copy stays", "its") if count == 1 else ("copies stay", "their")
    return layout.wrapped(
        f"{format_count(count)} {stay} only for {it} metadata, which may be carried over to the photo that is kept: "
        "use --rescue always, or r in the review.",
        margin=2,
    )


def _from_takeout(result: ScanResult, layout: Layout) -> list[Text]:
    """How many photos get what their own Takeout JSON says with the action, and how many contradict it."""
    lines = []
    count = len(result.own_sidecars)
    if count:
        have = "photo lacks" if count == 1 else "photos lack"
        said = "what Google Takeout's JSON says; --move-to or --trash writes it into a sidecar (.xmp)."
        lines += layout.wrapped(f"{format_count(count)} {have} {said}", margin=2)
    left = sum(not one.is_written for one in result.from_takeout)
    if left:
        photos = format_count(left, "photo")
        why = "it contradicts what is there, or something is in the way."
        lines += layout.wrapped(f"Google Takeout's JSON is not written beside {photos}: {why}", margin=2)
    return lines


def _sizes(result: ScanResult) -> list[tuple[Extra, int]]:
    return [
        (extra, freed_bytes(extra.photo, group.keeper_of(extra))) for group in result.groups for extra in group.extras
    ]


def _cost(result: ScanResult, layout: Layout, *, details: bool) -> list[Text]:
    seconds = result.stats.seconds
    total = seconds.get("total", sum(seconds.values()))
    if not details:
        return [Text(f"  Scanned in {format_time(total)}.", style="dim")]
    dot = f" {layout.signs.dot} "
    spent = dot.join(f"{name} {format_time(took)}" for name, took in seconds.items() if name != "total")
    radius = f"candidates within a distance of {result.threshold:.2f} (0 is the same, 1.41 unrelated)"
    return [
        *layout.wrapped(f"Scanned in {format_time(total)}{': ' if spent else ''}{spent}", "dim", margin=2),
        *layout.wrapped(f"model {display_text(result.model)}, {radius}", "dim", margin=2),
    ]


def _by_relation(sizes: Sequence[tuple[Extra, int]], layout: Layout) -> list[Text]:
    """The copies, with the bytes each takes up, added up by relation."""
    cells = (_cell(title, width) for title, width in _COLUMNS if _is_shown(title, layout))
    head = f"  {'relation':<11}{''.join(cells)}"
    lines = [Text(head, style="dim")]
    for relation in Relation:
        ones = [one for one in sizes if one[0].relation is relation]
        if ones:
            lines.append(Text(_row(relation.value, ones, layout)))
    return [*lines, Text(_row("all", sizes, layout), style="bold")]


def _row(name: str, sizes: Sequence[tuple[Extra, int]], layout: Layout) -> str:
    chosen = [size for extra, size in sizes if extra.selected]
    none = layout.signs.dash
    cells = (
        format_count(len(sizes)),
        format_bytes(sum(size for _, size in sizes)),
        format_count(len(chosen)) if chosen else none,
        format_bytes(sum(chosen)) if chosen else none,
    )
    both = zip(cells, _COLUMNS, strict=True)
    shown = (_cell(cell, width) for cell, (title, width) in both if _is_shown(title, layout))
    return f"  {name:<11}{''.join(shown)}"


def _cell(text: str, width: int) -> str:
    return f"{text:>{width}}"


def _is_shown(title: str, layout: Layout) -> bool:
    return title != "size" or layout.paper or layout.width >= _NARROW
