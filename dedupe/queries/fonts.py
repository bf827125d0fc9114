r"""Words on pictures, in the font that comes with dedupe; what it lacks is taken from this machine or spelt out as ``\u6771``.

DejaVu Sans has the letters of most alphabets. Chinese, Japanese, Korean and Indian names need a font of the system: Pillow
looks for the usual ones by their file names, and only for letters that ours lacks. No box is ever drawn.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import as_file, files
from itertools import groupby
from typing import Final

from dedupe.decoding.opencv import Pixels

import numpy as np  # isort: skip
from PIL import Image, ImageDraw, ImageFont

SYSTEM_FONTS: Final = (
    *("msyh.ttc", "YuGothR.ttc", "meiryo.ttc", "malgun.ttf", "Nirmala.ttc", "Nirmala.ttf", "leelawui.ttf"),
    *(
        "PingFang.ttc",
        "Hiragino Sans GB.ttc",
        "AppleSDGothicNeo.ttc",
        "Arial Unicode.ttf",
        "Kohinoor.ttc",
        "Thonburi.ttc",
    ),
    *("NotoSansCJK-Regular.ttc", "NotoSansCJK-VF.ttc", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf"),
    *("DroidSansFallback.ttf", "NotoSansDevanagari-Regular.ttf", "Lohit-Devanagari.ttf", "NotoSansThai-Regular.ttf"),
    "unifont.otf",
)
"""Fonts with the scripts that DejaVu Sans lacks, as Windows, macOS and Linux bring them."""

OWN: Final = ""
"""Names the font that comes with dedupe."""

_NOWHERE: Final = "\U0010ffff"
"""No font has this: what is drawn for it is drawn for all that a font lacks."""
_SIZE: Final = 24


def lettered(lines: Sequence[str], width: int, *, size: int = 14, ink: tuple[int, int, int] = (30, 30, 30)) -> Pixels:
    """Draw the lines of text on white below each other, each cut in its middle where it is too long: uint8[h, width, 3]."""
    height = round(size * 1.4)
    image = Image.new("RGB", (width, max(1, height * len(lines))), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        left, base = 0.0, number * height + size
        for name, said in runs(_short(line, width, size)):
            font = _font(name, size)
            # An Arabic name stays before its ending, as the terminal has it.
            draw.text((left, base), said, fill=ink, font=font, anchor="ls", direction=_direction(font))
            left += font.getlength(said)
    return np.asarray(image).copy()


def runs(line: str) -> tuple[tuple[str, str], ...]:
    """The line in pieces, each with the font that draws it; what no font has is spelt out in our own."""
    pieces = [_piece(char) for char in unicodedata.normalize("NFC", line)]
    return tuple((name, "".join(said for _, said in run)) for name, run in groupby(pieces, key=lambda piece: piece[0]))


@cache
def _piece(char: str) -> tuple[str, str]:
    if char.isspace() or has(char, OWN):
        return OWN, char
    for name in SYSTEM_FONTS:
        if has(char, name):
            return name, char
    plain = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    if plain != char and all(part.isspace() or has(part, OWN) for part in plain):
        return OWN, plain  # empty for a mark that stands on what comes before it
    return OWN, f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


@cache
def has(char: str, font: str) -> bool:
    """Whether the font draws this character; False where the font is not there or cannot be opened."""
    loaded = _opened(font, _SIZE, basic=True)
    if loaded is None:
        return False
    drawn, lacking = loaded.getmask(char), loaded.getmask(_NOWHERE)
    if drawn.getbbox() is None:  # there are fonts that draw nothing for what they lack
        return False
    return drawn.size != lacking.size or bytes(drawn) != bytes(lacking)


def _direction(font: ImageFont.FreeTypeFont) -> str | None:
    return "ltr" if font.layout_engine == ImageFont.Layout.RAQM else None


def _short(line: str, width: int, size: int) -> str:
    shown, kept = line, len(line)
    while kept > 2 and sum(_font(name, size).getlength(said) for name, said in runs(shown)) > width:
        kept -= 1
        shown = f"{line[: kept - kept // 2]}…{line[len(line) - kept // 2 :]}"
    return shown


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """The font ``name``, or our own where it cannot be opened in this size. Raises OSError where ours is missing."""
    found = _opened(name, size) or _opened(OWN, size)
    if found is None:
        raise OSError("DejaVuSans.ttf is missing from this installation of dedupe")
    return found


@lru_cache(maxsize=64)
def _opened(name: str, size: int, *, basic: bool = False) -> ImageFont.FreeTypeFont | None:
    engine = ImageFont.Layout.BASIC if basic else None
    try:
        if name != OWN:
            return ImageFont.truetype(name, size, layout_engine=engine)
        with as_file(files("dedupe.queries") / "font" / "DejaVuSans.ttf") as path:
            return ImageFont.truetype(path, size, layout_engine=engine)
    except (OSError, ValueError):
        return None
