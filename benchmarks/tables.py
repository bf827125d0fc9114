"""Figures as Markdown tables, which read well in a terminal and in a README."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.changes import CHANGES
from benchmarks.manifest import EXACT_CHANGES, tier_of
from benchmarks.score import Finding, Score, Share

TO_REACH = {"exact": 1.0, "copy": 0.99, "edit": 0.98, "hard": 0.90}
"""Recall by tier that a release must reach."""

RELATION_TO_REACH = 0.97


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns padded to their widest cell; the first is text, the others stand right."""
    cells = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = [
        "| "
        + " | ".join(_padded(cell, width, i) for i, (cell, width) in enumerate(zip(row, widths, strict=True)))
        + " |"
        for row in cells
    ]
    rule = "|" + "|".join("-" * (width + 1) + ("-" if i == 0 else ":") for i, width in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _padded(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)


def share(value: Share | None) -> str:
    """Write a share as "0.987 (148/150)"."""
    return "–" if value is None else f"{value.value:.3f} ({value.right}/{value.total})"


def verdict(result: Score) -> str:
    """The table of what was reached beside what is to be reached."""
    order = [name for name in ("exact", "copy", "edit", "hard", "beyond", "documents") if name in result.tiers]
    rows: list[tuple[object, ...]] = [
        (f"recall, {name}", share(result.tiers[name]), f"≥ {TO_REACH[name]:.2f}" if name in TO_REACH else "")
        for name in order
    ]
    rows += [
        (f"relation right, {name}", share(one), f"≥ {RELATION_TO_REACH:.2f}")
        for name, one in sorted(result.relations.items())
    ]
    selected = sum(finding.selected for finding in result.false_pairs)
    rows += [
        ("false pairs", len(result.false_pairs), 0),
        ("… of them distinct shots of one scene", len(result.distinct_shots), 0),
        ("… of them pre-selected", selected, 0),
        ("pre-selected although something visible differs", len(result.visible_selected), 0),
        ("altered pictures called resaved or safer, or pre-selected", len(result.altered_wrong), 0),
        ("original is the root", share(result.original_kept), "≥ 0.97"),
        ("plain copies pre-selected", share(result.plain_selected), "≥ 0.95"),
        (
            "… of those that state no other date and are not shown turned for good",
            share(result.plain_alike_selected),
            "≥ 0.95",
        ),
        ("byte-for-byte copies of what stays, pre-selected", share(result.identical_selected), "all"),
        ("paths in two groups, paths unknown", f"{len(result.twice)}, {len(result.unknown)}", "0, 0"),
        ("files skipped", len(result.skipped), 0),
    ]
    return table(("figure", "reached", "asked"), rows)


def by_change(result: Score) -> str:
    """Recall of each of the 32 changes."""
    named = [*EXACT_CHANGES, *(change.name for change in CHANGES)]
    names = [*(name for name in named if name in result.changes), *sorted(result.changes.keys() - set(named))]
    rows = [(name, str(tier_of(name) or "exact"), share(result.changes[name])) for name in names]
    return table(("change", "tier", "found"), rows)


def by_name(head: str, figures: Mapping[str, object]) -> str:
    """Two columns: a name and its figure."""
    return table((head, "figure"), [(name, _shown(value)) for name, value in figures.items()])


def _shown(value: object) -> str:
    return share(value) if isinstance(value, Share) else str(value)


def listed(title: str, findings: Sequence[Finding], limit: int = 200) -> str:
    """One line a finding, or nothing where there is none."""
    if not findings:
        return ""
    lines = [f"- {f.said}{' SELECTED' if f.selected else ''}: `{f.a}` ↔ `{f.b}` ({f.about})" for f in findings[:limit]]
    rest = [f"- … and {len(findings) - limit} more"] if len(findings) > limit else []
    return "\n".join([f"### {title} ({len(findings)})", "", *lines, *rest])
