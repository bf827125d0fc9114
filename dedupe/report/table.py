"""The table of a scan: what was found, what would go, why one stays, what would be lost, and a summary."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console
from rich.text import Text

from dedupe.loss import Obstacle
from dedupe.report import phrases
from dedupe.report.by_folder import folder_lines
from dedupe.report.order import as_tree, ordered, with_relations
from dedupe.report.rows import Layout, Mark, Row
from dedupe.report.sizes import folder_of, freed_by, further_files, pinned, selected_extras
from dedupe.report.summary import headline, summary_lines
from dedupe.terminal.console import forget_reader
from dedupe.terminal.display import Sort
from dedupe.terminal.text import display_path, display_text, format_bytes, format_count
from dedupe.types import Extra, Group, Photo, Relation, ScanResult, Series, Skipped

_SCREEN_SERIES = 20
_SCREEN_SKIPPED = 3
_MANY = 10


@dataclass(frozen=True, slots=True)
class Decided:
    """How far a person came with the groups of an earlier scan: groups decided on, groups left, photos agreed to remove."""

    groups: int
    left: int
    accepted: int


@dataclass(frozen=True, slots=True)
class Look:
    """How a result is shown.

    ``relations`` are those shown, ``limit`` the most groups (None: all), ``everything`` also the groups with nothing to remove,
    ``by_folder`` folders instead of groups, ``hints`` what to do next, ``brief`` the summary alone, ``details`` times and the
    model as well, ``decided`` what a person decided before.
    """

    relations: Sequence[Relation] = tuple(Relation)
    sort: Sort = Sort.FREES
    limit: int | None = None
    everything: bool = False
    by_folder: bool = False
    hints: bool = True
    brief: bool = False
    details: bool = False
    decided: Decided | None = None


def render(result: ScanResult, console: Console, look: Look | None = None, *, paper: bool | None = None) -> None:
    """Print ``result``: its groups one by one, series, skipped files, summary, and what to do next.

    On a screen in columns that fit its width; on ``paper`` (by default: where the console writes to no terminal) every
    figure, a photo a line.
    """
    look = look or Look()
    on_paper = not console.file.isatty() if paper is None else paper
    layout = Layout.of(console, result.roots, paper=on_paper)
    out = _Printer(console)
    if not look.brief:
        _body(result, look, layout, out)
    out.lines(summary_lines(result, layout, details=look.details))
    if look.hints and (result.groups or result.series) and not look.brief:
        out.lines(_hints(result, look.decided, layout))


def _body(result: ScanResult, look: Look, layout: Layout, out: _Printer) -> None:
    if len(result.groups) > _MANY:
        out.lines([*layout.wrapped(headline(result), "bold", margin=0), Text()])
    if look.by_folder:
        out.lines(folder_lines(result.groups, layout))
    elif result.groups:
        _groups(result.groups, look, layout, out)
    if result.series and Relation.SIMILAR in look.relations and not look.by_folder:
        _series(result.series, layout, out)
    if result.skipped:
        _skipped(result, layout, out)
    if result.damaged:
        _damaged(result, layout, out)
    _contradicting(result, layout, out)


class _Printer:
    """Prints lines that already have their width; a plain file takes them much faster as strings."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._plain = console.color_system is None and not console.file.isatty()

    def lines(self, lines: Iterable[Text]) -> None:
        if self._plain:
            try:
                self._console.file.write("".join(f"{line.plain}\n" for line in lines))
            except BrokenPipeError:
                forget_reader()
        else:
            for line in lines:
                self._console.print(line, soft_wrap=True)

    def text(self, text: str = "", style: str = "") -> None:
        self.lines([Text(text, style=style)])


def _groups(groups: Sequence[Group], look: Look, layout: Layout, out: _Printer) -> None:
    numbered = list(enumerate(ordered(groups, look.sort), 1))
    related = [(number, with_relations(group, look.relations)) for number, group in numbered]
    of_relation = [(number, group) for number, group in related if group is not None]
    open_ones = [one for one in of_relation if look.everything or any(extra.selected for extra in one[1].extras)]
    shown = open_ones if look.limit is None else open_ones[: look.limit]
    if shown:
        out.lines(layout.titles())
    for number, group in shown:
        out.text()
        out.lines(group_lines(number, group, layout))
    out.text()
    hidden = (
        (len(open_ones) - len(shown), "more group", "--limit N shows more"),
        (len(of_relation) - len(open_ones), "group with nothing to remove", "--all shows them"),
        (len(groups) - len(of_relation), "group of other relations", "--show chooses which are shown"),
    )
    said = [(count, what, how) for count, what, how in hidden if count]
    for count, what, how in said:
        plural = what.replace("group", "groups", 1)
        text = f"{layout.signs.ellipsis} {format_count(count, what, plural)} not shown; {how}."
        out.lines(layout.wrapped(text, "dim", margin=0))
    if said:
        out.text()


def group_lines(number: int, group: Group, layout: Layout) -> list[Text]:
    """The lines of one group: a heading, the kept photo, the copies."""
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
    """The rows of one group, the kept photo first, each copy below the photo that stays for it."""
    rows = [keeper_row(group.keep, phrases.reason(group))]
    rows += [extra_row(extra, group.keeper_of(extra), depth=depth) for depth, extra in as_tree(group)]
    return rows


def keeper_row(keep: Photo, reason: str) -> Row:
    """The row of the photo that stays, with why."""
    remarks = (f"kept: {reason}", _belongings(keep))
    return Row(keep, Mark.KEEP, remark="; ".join(filter(None, remarks)))


def extra_row(extra: Extra, keep: Photo, *, depth: int = 0) -> Row:
    """Make the row of an extra, with why it stays where it may not leave. A companion that ``keep`` shares is not counted."""
    remarks = (phrases.remark(extra) or pinned(extra.photo), _belongings(extra.photo, besides=further_files(keep)))
    return Row(
        extra.photo,
        Mark.REMOVE if extra.selected else Mark.COPY,
        extra.relation,
        extra.distance,
        phrases.losses(extra),
        "; ".join(filter(None, remarks)),
        depth=depth,
    )


def _belongings(photo: Photo, *, besides: Iterable[str] = ()) -> str:
    count = len({*further_files(photo)}.difference(besides))
    return f"with {format_count(count, 'companion')}" if count else ""


def _series(series: Sequence[Series], layout: Layout, out: _Printer) -> None:
    photos = sum(len(one.photos) for one in series)
    count = f"{format_count(photos, 'photo')} in {len(series):,} series"
    out.lines([layout.heading("Series", f"{count} of different shots, all kept")])
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
            names = [*names[:3], f"{len(names) - 4:,} more", names[-1]]
        wrapped = layout.wrapped(f"{display_path(folder)}: {', '.join(names)}", margin=len(lead))
        if not lines:
            wrapped[0] = Text(lead + wrapped[0].plain[len(lead) :])
        lines += wrapped
    return lines


def _damaged(result: ScanResult, layout: Layout, out: _Printer) -> None:
    """The files that decode with warnings, and the pairs of which one is damaged."""
    out.lines([layout.heading("Damaged?", format_count(len(result.damaged), "finding"))])
    for one in result.damaged:
        for path in one.paths:
            out.lines(layout.wrapped(display_path(path), margin=4))
        out.lines(layout.wrapped(display_text(phrases.damage(one)), "dim", margin=6))


def _contradicting(result: ScanResult, layout: Layout, out: _Printer) -> None:
    """The photos whose own Takeout JSON says more, and is not written beside them."""
    left = [one for one in result.from_takeout if not one.is_written]
    if not left:
        return
    out.lines([layout.heading("Google Takeout", f"{format_count(len(left), 'photo')} left as they are")])
    for one in left:
        path = display_path(_below_root(one.photo.path, result.roots))
        why = display_text(phrases.own_obstacle(one.rescue.obstacle or Obstacle.CONFLICT, one.rescue.detail))
        out.lines(layout.wrapped(f"{path}: {why}", "dim", margin=4))
    out.text()


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


def _hints(result: ScanResult, decided: Decided | None, layout: Layout) -> list[Text]:
    """What to do next. Where a person decided on anything, `dedupe apply` removes what was accepted and nothing else."""
    chosen = sum(1 for _ in selected_extras(result.groups)) if decided is None else decided.accepted
    review = "decide group by group"
    if decided is not None:
        left = format_count(decided.left, "undecided group")
        review = f"continue with the {left}" if decided.left else "look at your decisions again"
    steps = [("dedupe review", review)] if result.groups else []
    if chosen:
        photos = format_count(chosen, "selected photo" if decided is None else "accepted photo")
        steps += [
            ("dedupe apply --trash", f"move the {photos} to the trash"),
            ("dedupe apply --move-to DIR", "or into a folder"),
            ("dedupe undo", "put them back"),
        ]
    if result.series:
        steps.append(("dedupe series", "say which shots of a burst stay"))
    lines = [Text(), Text("Next", "bold")]
    for command, what in steps:
        line = f"  {command:<26}   {what}"
        lines += (
            [Text(line)]
            if layout.paper or len(line) <= layout.width
            else [Text(f"  {command}"), *layout.wrapped(what, margin=4)]
        )
    return lines
