"""The report as a page to keep, send or print: no script, nothing fetched, and nothing in a name can become markup.

Up to ``ONE_PAGE`` groups it is one file with its pictures in it. Beyond that FILE has the totals and leads to pages in a
folder beside it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from dedupe._version import __version__
from dedupe.errors import DedupeError, UsageError
from dedupe.report import dates, phrases
from dedupe.report.facts import compared_facts
from dedupe.report.files import write
from dedupe.report.sizes import folder_of, freed_by, freed_bytes, pinned
from dedupe.terminal.text import display_path, display_text, format_bytes, format_count
from dedupe.types import Extra, Group, Photo, Relation, ScanResult, Series, Skipped

if TYPE_CHECKING:
    from jinja2 import Template

    from dedupe.report.html_pictures import Pictures

ONE_PAGE: Final = 500
A_PAGE: Final = 250
START: Final = b"<!doctype html><!-- a report of dedupe -->"
INSTALL: Final = "The HTML report needs one more small library: pip install 'dedupe-photos[web]'"


class HtmlUnavailableError(DedupeError):
    """The library of the HTML report is not installed."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done so far: ``away`` are the paths that runs moved and that are not back, ``runs`` a sentence for each."""

    away: Collection[str] = frozenset()
    runs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the report shall hold: with ``places`` also GPS positions; ``states`` say of groups how they were decided."""

    places: bool = False
    states: Mapping[str, str] = field(default_factory=dict)


def check_available() -> None:
    """Raises HtmlUnavailableError, with the command that mends it, where jinja2 is missing."""
    if find_spec("jinja2") is None:
        raise HtmlUnavailableError(INSTALL)


def write_html(
    result: ScanResult, target: str, pictures: Pictures, done: Done | None = None, wanted: Wanted | None = None
) -> None:
    """Write ``result`` as a page into the file ``target`` (and, where it is large, a folder beside it).

    Raises HtmlUnavailableError, and UsageError where a file cannot be written, or exists and is not a report of dedupe.
    """
    check_available()
    if target == "-":
        raise UsageError("--html needs the name of a file.")
    page = _Page(result, pictures, done or Done(), wanted or Wanted())
    if len(result.groups) <= ONE_PAGE:
        write(target, page.whole(), START)
        return
    folder = f"{os.path.splitext(os.path.abspath(target))[0]}-pages"
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise UsageError(f"The folder {display_path(folder)} cannot be made: {error.strerror}.") from error
    links = []
    numbered = list(enumerate(result.groups, 1))
    parts = [numbered[at : at + A_PAGE] for at in range(0, len(numbered), A_PAGE)]
    for number, part in enumerate(parts, 1):
        name = f"page-{number:04}.html"
        write(os.path.join(folder, name), page.part(part, number), START)
        links.append((f"{os.path.basename(folder)}/{name}", part[0][0], part[-1][0]))
    write(target, page.index(links), START)


@dataclass(frozen=True, slots=True)
class _Page:
    result: ScanResult
    pictures: Pictures
    done: Done
    wanted: Wanted

    def whole(self) -> Iterator[str]:
        """Everything on one page."""
        return self._rendered(groups=self._groups(enumerate(self.result.groups, 1)), **self._rest())

    def part(self, groups: Sequence[tuple[int, Group]], number: int) -> Iterator[str]:
        """Some groups."""
        return self._rendered(groups=self._groups(groups), part=number)

    def index(self, links: Sequence[tuple[str, int, int]]) -> Iterator[str]:
        """The totals, and where the groups are."""
        return self._rendered(groups=(), links=links, **self._rest())

    def _rendered(self, **more: Any) -> Iterator[str]:
        yield START.decode()
        yield from _template().generate(made=time.strftime("%Y-%m-%d %H:%M"), version=__version__, **more)

    def _rest(self) -> dict[str, Any]:
        roots = self.result.roots
        return {
            "totals": self._totals(),
            "relations": _relations(self.result),
            "roots": [display_path(root) for root in roots],
            "series": [self._series(one) for one in self.result.series],
            "damaged": [
                (list(map(display_path, one.paths)), display_text(phrases.damage(one))) for one in self.result.damaged
            ],
            "skipped": [_skipped(one) for one in self.result.skipped],
            "done": [display_text(line) for line in self.done.runs],
        }

    def _there(self, group: Group) -> list[Extra]:
        """The extras that no run moved away."""
        return [extra for extra in group.extras if extra.photo.path not in self.done.away]

    def _totals(self) -> list[tuple[str, str]]:
        result = self.result
        there = [(group, self._there(group)) for group in result.groups]
        chosen = sum(extra.selected for _, extras in there for extra in extras)
        frees = sum(freed_by(extras, group.keep) for group, extras in there)
        gone = sum(len(group.extras) - len(extras) for group, extras in there)
        return [
            (format_count(result.stats.photos), "photos"),
            (format_count(len(result.groups)), "groups"),
            (format_count(sum(len(group.extras) for group in result.groups)), "extras"),
            *([(format_count(gone), "moved away")] if gone else []),
            (format_count(chosen), "to remove"),
            (format_bytes(frees), "to be freed"),
            (format_count(len(result.series)), "series"),
            (format_count(len(result.skipped)), "skipped"),
        ]

    def _groups(self, groups: Iterable[tuple[int, Group]]) -> Iterator[dict[str, Any]]:
        for number, group in groups:
            there = self._there(group)
            chosen, away = sum(extra.selected for extra in there), len(group.extras) - len(there)
            said = [f"{chosen:,} to remove, frees {format_bytes(freed_by(there, group.keep))}"] if chosen else []
            said += [f"{away:,} moved away"] if away else []
            yield {
                "number": number,
                "state": self.wanted.states.get(group.id, ""),
                "tally": ", ".join((format_count(1 + len(group.extras), "photo"), *(said or ["none to remove"]))),
                "reason": display_text(phrases.reason(group)),
                "keep": self._photo(group.keep, "keep"),
                "extras": [self._extra(group, extra) for extra in group.extras],
            }

    def _extra(self, group: Group, extra: Extra) -> dict[str, Any]:
        above = group.keeper_of(extra)
        panels = self.pictures.panels(above, extra.photo, extra.relation)
        facts = compared_facts((above, extra.photo), places=self.wanted.places)
        made = phrases.made_from(extra, display_path(os.path.basename(above.path)))
        remarks = (made, phrases.remark(extra) or pinned(extra.photo))
        is_away = extra.photo.path in self.done.away
        return {
            **self._photo(extra.photo, "moved away" if is_away else "remove" if extra.selected else "stays"),
            "relation": extra.relation.value,
            "of": "" if above is group.keep else display_path(os.path.basename(above.path)),
            "depth": _depth(group, extra),
            "loses": [display_text(loss) for loss in phrases.losses(extra)],
            "remark": display_text("; ".join(filter(None, remarks))),
            "facts": [(row.kind.value, *(value or "–" for value in row.values)) for row in facts if row.differs],
            "panels": panels,
            "above": display_path(os.path.basename(above.path)),
        }

    def _photo(self, photo: Photo, mark: str) -> dict[str, Any]:
        return {
            "mark": mark,
            "thumb": self.pictures.thumb(photo),
            "name": display_path(os.path.basename(photo.path)),
            "path": display_path(photo.path),
            "size": format_bytes(photo.file.stamp.size),
            "pixels": f"{photo.facts.width} × {photo.facts.height}",
            "taken": dates.shown(photo),
        }

    def _series(self, series: Series) -> dict[str, Any]:
        folder = display_path(folder_of(series.photos[0].file, self.result.roots))
        return {"folder": folder, "photos": [self._photo(photo, "") for photo in series.photos]}


def _depth(group: Group, extra: Extra) -> int:
    """How far below the photo at the top, 1 for what hangs on it."""
    above = {one.photo.path: one.keeper for one in group.extras}
    depth, path = 1, extra.keeper
    while path and path != group.keep.path and path in above and depth < len(above):
        depth, path = depth + 1, above[path]
    return depth


def _relations(result: ScanResult) -> list[tuple[str, str, str]]:
    found = []
    for relation in Relation:
        sizes = [
            freed_bytes(extra.photo, group.keeper_of(extra))
            for group in result.groups
            for extra in group.extras
            if extra.relation is relation
        ]
        if sizes:
            found.append((relation.value, format_count(len(sizes)), format_bytes(sum(sizes))))
    return found


def _skipped(one: Skipped) -> tuple[str, str, str]:
    return one.kind.value, display_path(one.path), display_text(one.reason)


def _template() -> Template:
    """The template, which turns whatever is put into it to text."""
    from jinja2 import Environment

    source = (files("dedupe.report") / "report.html").read_text("utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)
