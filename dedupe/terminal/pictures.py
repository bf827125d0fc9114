"""Photos inside the terminal: kitty's protocol or sixel where it answers that it can, coloured half blocks elsewhere.

The library is textual-image. It asks the terminal when it is imported, by escape sequences and their answers
on stdin, so it is imported only for a review that runs on a terminal, before the first key is read.
"""

from __future__ import annotations

import base64
import io
import logging
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import Any, Protocol, TypeAlias

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from dedupe.types import Photo

Preview: TypeAlias = Callable[[Photo], bytes | None]
"""The stored small JPEG of a photo, None where there is none."""

Lines: TypeAlias = list[list[Segment]]

Maker: TypeAlias = Callable[..., Any]
"""Makes a rich renderable of a picture file; the words ``width`` and ``height`` say how large."""

_KEPT = 16
_DOT = base64.b64decode("R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs=")


class _Drawn(Protocol):
    def cleanup(self) -> None: ...


def picture_makers(console: Console) -> tuple[Maker, ...]:
    """The ways to draw a picture on ``console``, the best first.

    Empty where there is no terminal, no colour to draw blocks with, or no answer that makes sense.
    """
    if not _both_terminals() or console.is_dumb_terminal:
        return ()
    # Its warnings would go to stderr, in the middle of the screen.
    logging.getLogger("textual_image").addHandler(logging.NullHandler())
    try:
        from textual_image.renderable import HalfcellImage, Image, UnicodeImage

        # Measuring makes it ask for the size of a cell now: later the answer would be taken from the keys.
        console.measure(HalfcellImage(io.BytesIO(_DOT)))
    except Exception:  # noqa: BLE001 - whatever a strange terminal answers must not end the review
        return ()
    coloured = console.color_system is not None and not console.no_color
    best = () if Image in (HalfcellImage, UnicodeImage) else (Image,)
    return (*best, HalfcellImage) if coloured else best


def _both_terminals() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.__stdin__, sys.__stdout__))


class Pictures:
    """Draws the previews of photos side by side, and remembers the last ones.

    A context manager: what the terminal holds of them is freed at the end.
    """

    def __init__(self, console: Console, preview: Preview, makers: Sequence[Maker]) -> None:
        self._console = console
        self._preview = preview
        self._makers = tuple(makers)
        self._way = 0
        self._drawn: OrderedDict[tuple[bytes, int, int], tuple[_Drawn, Lines]] = OrderedDict()

    @property
    def available(self) -> bool:
        """There is a way to draw here, and drawing is not switched off."""
        return self._way < len(self._makers)

    def switch(self) -> None:
        """Draw in the next way, after the last not at all: some terminals promise more than they can do."""
        self.close()
        self._way = (self._way + 1) % (len(self._makers) + 1)

    def side_by_side(self, photos: Sequence[Photo], *, width: int, height: int, gap: int) -> SideBySide | None:
        """Draw ``photos`` next to each other, each within ``width`` × ``height`` cells; None where none can be drawn."""
        columns = [self._lines(photo, width, height) for photo in photos]
        if not any(columns):
            return None
        return SideBySide(columns, width, height, gap)

    def close(self) -> None:
        """Free what the terminal holds."""
        while self._drawn:
            self._forget()

    def _lines(self, photo: Photo, width: int, height: int) -> Lines:
        key = (photo.content_key, width, height)
        if key in self._drawn:
            self._drawn.move_to_end(key)
            return self._drawn[key][1]
        jpeg = self._preview(photo) if self.available else None
        if jpeg is None:
            return []
        options = self._console.options.update(width=width)
        options.max_height = height
        try:
            picture = self._makers[self._way](io.BytesIO(jpeg), width="auto", height="auto")
            lines = self._console.render_lines(picture, options, pad=False)
        except Exception:  # noqa: BLE001 - a preview that cannot be drawn is not drawn
            return []
        self._drawn[key] = (picture, lines)
        if len(self._drawn) > _KEPT:
            self._forget()
        return lines

    def _forget(self) -> None:
        _, (picture, _) = self._drawn.popitem(last=False)
        picture.cleanup()


class SideBySide:
    """Columns of already rendered lines as one rich renderable of ``height`` + 1 lines."""

    def __init__(self, columns: Sequence[Lines], width: int, height: int, gap: int) -> None:
        self._columns = columns
        self._width = width
        self._height = height
        self._gap = gap

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # A sixel comes after its blank lines, drawn upwards from the line below them: each column keeps its
        # place in that line because what moves the cursor also puts it back.
        rows: Iterable[Sequence[list[Segment] | None]] = zip_longest(*self._columns)
        drawn = 0
        for row in rows:
            for line in row:
                yield from line or ()
                used = Segment.get_line_length(line or [])
                yield Segment(" " * (self._width - used + self._gap))
            yield Segment.line()
            drawn += 1
        for _ in range(self._height + 1 - drawn):
            yield Segment.line()
