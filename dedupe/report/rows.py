"""How a photo is laid out in a row: one line where there is room, two on a narrow screen, in full on paper.

Columns have fixed places, so that they line up from group to group though each is printed on its own.
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

from dedupe.report.sizes import folder_of
from dedupe.terminal.console import Signs, signs
from dedupe.terminal.text import display_path, display_text, format_bytes, format_taken, shorten_middle
from dedupe.types import Photo, Relation

MARK, PIXELS, BYTES, TAKEN, RELATION, DISTANCE = 8, 11, 7, 19, 11, 8
_GAP = "  "
_WIDE = 120


class Mark(Enum):
    """What becomes of a photo: the word and its colour. The word alone says it."""

    KEEP = ("keep", "bold green")
    REMOVE = ("remove", "yellow")
    STAYS = ("stays", "dim")
    UNPROVEN = ("unproven", "dim")


@dataclass(frozen=True, slots=True)
class Row:
    """One photo as it is shown; ``losses`` and ``remark`` take lines of their own, ``lead`` comes first."""

    photo: Photo
    mark: Mark
    relation: Relation | None = None
    distance: float | None = None
    losses: tuple[str, ...] = ()
    remark: str = ""
    lead: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The widths of one output, in cells. ``paper``: no screen, so the path comes last and in full."""

    width: int
    paper: bool
    signs: Signs
    roots: tuple[str, ...]
    indent: int = 2

    @classmethod
    def of(cls, console: Console, roots: Sequence[str], *, paper: bool, indent: int = 2) -> Self:
        """The layout that fits ``console``."""
        return cls(max(console.width, 60), paper, signs(console), tuple(roots), indent)

    @property
    def wide(self) -> bool:
        """A photo takes one line."""
        return self.width >= _WIDE

    @property
    def margin(self) -> int:
        """Cells before the name."""
        return self.indent + MARK + len(_GAP)

    @property
    def name(self) -> int:
        """Width of the name column."""
        if self.wide:
            return (self._free // 2) - 2
        return self.width - self.margin - (PIXELS + BYTES + TAKEN + 3 * len(_GAP))

    @property
    def folder(self) -> int:
        """Width of the folder column."""
        if self.wide:
            return self._free - self.name
        return self.width - self.margin - (RELATION + DISTANCE + 2 * len(_GAP))

    @property
    def _free(self) -> int:
        taken = PIXELS + BYTES + TAKEN + RELATION + DISTANCE
        return self.width - self.margin - taken - 6 * len(_GAP)

    def titles(self) -> list[Text]:
        """The heads of the columns."""
        figures = _join(_right("pixels", PIXELS), _right("size", BYTES), _left("taken", TAKEN))
        verdict = _join(_left("relation", RELATION), _right("distance", DISTANCE))
        start = " " * self.margin
        if self.paper:
            lines = [f"{start}{figures}{_GAP}{verdict}{_GAP}photo"]
        elif self.wide:
            lines = [f"{start}{_join(_left('photo', self.name), _left('folder', self.folder), figures, verdict)}"]
        else:
            lines = [
                f"{start}{_join(_left('photo', self.name), figures)}",
                f"{start}{_join(_left('folder', self.folder), verdict)}",
            ]
        return [Text(line.rstrip(), style="dim") for line in lines]

    def heading(self, title: str, more: str = "") -> Text:
        """A line that begins something; a rule to the edge of a screen."""
        text = Text(title, style="bold")
        text.append(f"  {more}" if more else "", "not bold")
        if not self.paper:
            text.append(f"  {self.signs.rule * max(self.width - text.cell_len - 2, 0)}", "not bold dim")
        return text

    def lines(self, row: Row) -> list[Text]:
        """``row`` as the lines of this layout."""
        figures, verdict = self._figures(row.photo), self._verdict(row)
        name = display_path(os.path.basename(row.photo.path))
        folder = display_path(folder_of(row.photo.file, self.roots))
        if self.paper:
            where = name if folder == "." else f"{folder}{os.sep}{name}"
            lines = [self._marked(row, f"{figures}{_GAP}{verdict}{_GAP}{where}")]
        elif self.wide:
            shown = _join(self._short(name, self.name), self._short(folder, self.folder), figures, verdict)
            lines = [self._marked(row, shown)]
        else:
            below = _join(self._short(folder, self.folder), verdict)
            lines = [
                self._marked(row, _join(self._short(name, self.name), figures)),
                Text(f"{' ' * self.margin}{below}".rstrip(), style="dim"),
            ]
        return lines + self._remarks(row)

    def _marked(self, row: Row, rest: str) -> Text:
        word, style = row.mark.value
        tick = f"{self.signs.tick} " if row.mark is Mark.REMOVE else ""
        text = Text(_left(row.lead, self.indent))
        text.append(_left(f"{tick}{word}", MARK), style)
        text.append(f"{_GAP}{rest}".rstrip(), "reverse" if row.current else "bold" if row.mark is Mark.KEEP else "")
        return text

    def _figures(self, photo: Photo) -> str:
        pixels = f"{photo.facts.width}{self.signs.times}{photo.facts.height}"
        taken = format_taken(photo.facts.taken) or self.signs.dash
        return _join(_right(pixels, PIXELS), _right(format_bytes(photo.file.stamp.size), BYTES), _left(taken, TAKEN))

    def _verdict(self, row: Row) -> str:
        relation = row.relation.value if row.relation is not None else ""
        distance = f"{row.distance:.2f}" if row.distance is not None else ""
        return _join(_left(relation, RELATION), _right(distance, DISTANCE))

    def _remarks(self, row: Row) -> list[Text]:
        said: list[tuple[str, str]] = []
        if row.losses:
            said.append((f"would lose: {', '.join(row.losses)}", "red"))
        if row.remark:
            said.append((row.remark, "dim"))
        return [line for text, style in said for line in self.wrapped(display_text(text), style)]

    def wrapped(self, text: str, style: str = "", margin: int | None = None) -> list[Text]:
        """``text`` below the names, on as many lines as it needs; on paper on one."""
        start = " " * (self.margin if margin is None else margin)
        if self.paper:
            return [Text(f"{start}{text}", style=style)]
        lines, line = [], ""
        for word in text.split(" "):
            if line and cell_len(f"{line} {word}") > self.width - len(start):
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        return [Text(f"{start}{part}", style=style) for part in (*lines, line)]

    def _short(self, text: str, width: int) -> str:
        return _left(shorten_middle(text, width, self.signs.ellipsis), width)


def _join(*cells: str) -> str:
    return _GAP.join(cells)


def _left(text: str, width: int) -> str:
    return text + " " * (width - (len(text) if text.isascii() else cell_len(text)))


def _right(text: str, width: int) -> str:
    return " " * (width - (len(text) if text.isascii() else cell_len(text))) + text
