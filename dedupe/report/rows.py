"""How a photo is laid out in a row: one line where its path fits, else its path on lines of its own; on paper always one.

Columns have fixed places, so that they line up from group to group though each is printed on its own. No name is ever
shortened: what a person decides about must be readable whole.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Self

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from dedupe.report import dates
from dedupe.report.sizes import folder_of
from dedupe.terminal.console import Signs, signs
from dedupe.terminal.text import display_path, display_text, format_bytes, wrapped_path, wrapped_text
from dedupe.types import Photo, Relation

MARK, PIXELS, BYTES, TAKEN, RELATION, DISTANCE = 8, 11, 7, 16, 11, 8
_GAP = "  "
_MEDIUM, _WIDE = 100, 120
_NARROWEST = 40


class Mark(Enum):
    """What becomes of a photo: the word and its colour. The word alone says it."""

    KEEP = ("keep", "bold green")
    REMOVE = ("remove", "yellow")
    COPY = ("copy", "dim")
    UNPROVEN = ("keep", "dim")


@dataclass(frozen=True, slots=True)
class Row:
    """One photo as it is shown; ``losses`` and ``remark`` take lines of their own, ``lead`` comes first.

    ``depth`` is the number of photos above it in its group that it was made from.
    """

    photo: Photo
    mark: Mark
    relation: Relation | None = None
    distance: float | None = None
    losses: tuple[str, ...] = ()
    remark: str = ""
    lead: str = ""
    current: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """The widths of one output, in cells.

    ``paper``: no screen, so the path comes last and in full. ``full``: every figure is shown, on a line below the path where
    they do not fit beside it.
    """

    width: int
    paper: bool
    signs: Signs
    roots: tuple[str, ...]
    indent: int = 2
    full: bool = False

    @classmethod
    def of(cls, console: Console, roots: Sequence[str], *, paper: bool, indent: int = 2, full: bool = False) -> Self:
        """The layout that fits ``console``."""
        return cls(max(console.width, _NARROWEST), paper, signs(console), tuple(roots), indent, full)

    @property
    def margin(self) -> int:
        """Cells before the path."""
        return self.indent + MARK + len(_GAP)

    @property
    def columns(self) -> tuple[str, ...]:
        """The figures beside a path."""
        if self.paper or self.width >= _WIDE:
            return ("pixels", "size", "taken", "relation", "distance")
        if self.width >= _MEDIUM:
            return ("pixels", "size", "relation")
        return ("size", "relation")

    @property
    def path_width(self) -> int:
        """Width of the path column."""
        figures = _join(*(self._title(name) for name in self.columns))
        return self.width - self.margin - len(_GAP) - len(figures)

    def titles(self) -> list[Text]:
        """The heads of the columns."""
        figures = _join(*(self._title(name) for name in self.columns))
        start = " " * self.margin
        line = (
            f"{start}{figures}{_GAP}photo" if self.paper else f"{start}{_left('photo', self.path_width)}{_GAP}{figures}"
        )
        return [Text(line.rstrip(), style="dim")]

    def heading(self, title: str, more: str = "") -> Text:
        """A line that begins something; a rule to the edge of a screen. What does not fit beside the title goes below it."""
        if more and not self.paper and cell_len(f"{title}  {more}") > self.width:
            below = "".join(f"\n  {line}" for line in wrapped_text(more, self.width - 2))
            return self.heading(title).append(below, "not bold")
        text = Text(title, style="bold")
        text.append(f"  {more}" if more else "", "not bold")
        if not self.paper:
            text.append(f"  {self.signs.rule * max(self.width - text.cell_len - 2, 0)}", "not bold dim")
        return text

    def lines(self, row: Row) -> list[Text]:
        """``row`` as the lines of this layout."""
        path = "  " * row.depth + self._path(row.photo)
        figures = _join(*(self._cell(name, row) for name in self.columns))
        if self.paper:
            return [self._marked(row, f"{figures}{_GAP}{path}"), *self._remarks(row)]
        if self.full and len(self.columns) < 5:
            first, *more = wrapped_path(path, self.width - self.margin)
            lines = [
                self._marked(row, first),
                *(self._below(part) for part in more),
                self._below(self._all_figures(row)),
            ]
        elif cell_len(path) <= self.path_width:
            lines = [self._marked(row, f"{_left(path, self.path_width)}{_GAP}{figures}")]
        else:
            first, *more = wrapped_path(path, self.width - self.margin)
            lines = [self._marked(row, first), *(self._below(part) for part in more)]
            lines.append(self._below(f"{' ' * self.path_width}{_GAP}{figures}"))
        return [*lines, *self._remarks(row)]

    def _below(self, text: str) -> Text:
        return Text(f"{' ' * self.margin}{text}".rstrip(), style="dim")

    def _path(self, photo: Photo) -> str:
        name, folder = os.path.basename(photo.path), folder_of(photo.file, self.roots)
        return display_path(name if folder == "." else f"{folder}{os.sep}{name}")

    def _all_figures(self, row: Row) -> str:
        cells = (self._cell(name, row).strip() for name in ("pixels", "size", "taken", "relation", "distance"))
        return _GAP.join(filter(None, cells))

    def _marked(self, row: Row, rest: str) -> Text:
        word, style = row.mark.value
        tick = f"{self.signs.tick} " if row.mark is Mark.REMOVE else ""
        text = Text(_left(row.lead, self.indent))
        text.append(_left(f"{tick}{word}", MARK), style)
        text.append(f"{_GAP}{rest}".rstrip(), "reverse" if row.current else "bold" if row.mark is Mark.KEEP else "")
        return text

    def _title(self, name: str) -> str:
        width, right = _WIDTHS[name]
        return _right(name, width) if right else _left(name, width)

    def _cell(self, name: str, row: Row) -> str:
        facts = row.photo.facts
        said = {
            "pixels": f"{facts.width}{self.signs.times}{facts.height}",
            "size": format_bytes(row.photo.file.stamp.size),
            "taken": dates.brief(row.photo) or self.signs.dash,
            "relation": row.relation.value if row.relation is not None else "",
            "distance": f"{row.distance:.2f}" if row.distance is not None else "",
        }[name]
        width, right = _WIDTHS[name]
        return _right(said, width) if right else _left(said, width)

    def _remarks(self, row: Row) -> list[Text]:
        said: list[tuple[str, str]] = []
        if row.losses:
            said.append((f"would lose: {', '.join(row.losses)}", "red"))
        if row.remark:
            said.append((row.remark, "dim"))
        return [line for text, style in said for line in self.wrapped(display_text(text), style)]

    def wrapped(self, text: str, style: str = "", margin: int | None = None) -> list[Text]:
        """``text`` below the paths, on as many lines as it needs; on paper on one."""
        start = " " * (self.margin if margin is None else margin)
        if self.paper:
            return [Text(f"{start}{text}", style=style)]
        return [Text(f"{start}{part}", style=style) for part in wrapped_text(text, self.width - len(start))]


_WIDTHS = {
    "pixels": (PIXELS, True),
    "size": (BYTES, True),
    "taken": (TAKEN, False),
    "relation": (RELATION, False),
    "distance": (DISTANCE, True),
}


def _join(*cells: str) -> str:
    return _GAP.join(cells)


def _left(text: str, width: int) -> str:
    return text + " " * (width - (len(text) if text.isascii() else cell_len(text)))


def _right(text: str, width: int) -> str:
    return " " * (width - (len(text) if text.isascii() else cell_len(text))) + text
