"""Contact sheets: every pair in question side by side, so that it can be looked at by eye."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from benchmarks.pictures import font, resized, upright
from benchmarks.score import Finding

_CELL = 320
_LINE = 34
_ROWS, _COLUMNS = 6, 2


def contact_sheets(findings: Sequence[Finding], root: Path, out: Path, limit: int = 120) -> list[Path]:
    """Write PNG files ``out``-01.png …, twelve pairs each; the caption has the relation, what the sheet knows, and the paths."""
    written: list[Path] = []
    pages = range(0, min(limit, len(findings)), _ROWS * _COLUMNS)
    for number, first in enumerate(pages, 1):
        page = findings[first : first + _ROWS * _COLUMNS]
        sheet = Image.new("RGB", (_COLUMNS * (2 * _CELL + 16), _ROWS * (_CELL + _LINE)), (70, 70, 70))
        for place, finding in enumerate(page):
            x, y = place % _COLUMNS * (2 * _CELL + 16), place // _COLUMNS * (_CELL + _LINE)
            _pair(sheet, finding, root, (x, y))
        target = out.with_name(f"{out.name}-{number:02d}.png")
        sheet.save(target)
        written.append(target)
    return written


def _pair(sheet: Image.Image, finding: Finding, root: Path, at: tuple[int, int]) -> None:
    pen = ImageDraw.Draw(sheet)
    mark = " SELECTED" if finding.selected else ""
    pen.text(at, f"{finding.said}{mark}: {finding.about}", (255, 255, 255), font(13))
    pen.text((at[0], at[1] + 16), f"{finding.a}  |  {finding.b}"[:105], (200, 200, 200), font(11))
    for index, path in enumerate((finding.a, finding.b)):
        picture = upright((root / path).read_bytes())
        small = resized(picture, min(_CELL / picture.shape[0], _CELL / picture.shape[1]))
        sheet.paste(Image.fromarray(small), (at[0] + index * _CELL, at[1] + _LINE))
