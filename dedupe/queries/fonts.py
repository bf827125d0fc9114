"""Words on pictures, in a font of this machine that has the letters; those that none has are spelt out, never boxes."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Final, TypeAlias

from dedupe.decoding.opencv import Pixels

import numpy as np  # isort: skip
from PIL import Image, ImageDraw, ImageFont

Font: TypeAlias = ImageFont.ImageFont | ImageFont.FreeTypeFont

_PLAIN: Final = {ord("×"): "x", ord("–"): "-", ord("—"): "-", ord("−"): "-", ord("…"): "..."}
"""Signs that the letters which come with Pillow lack, and that lose little so."""
_KNOWN: Final = (
    "dejavusans",
    "notosans-regular",
    "notosans",
    "segoeui",
    "arial",
    "arialunicode",
    "arialuni",
    "liberationsans-regular",
    "freesans",
    "hiraginosansw3",
    "ヒラギノ角ゴシックw3",
    "pingfang",
    "hiraginosansgb",
    "stheitilight",
    "applesdgothicneo",
    "applegothic",
    "notosanscjk-regular",
    "notosanscjk-vf",
    "notosanscjkjp-regular",
    "notosanscjksc-regular",
    "sourcehansans-regular",
    "yugothr",
    "yugothm",
    "meiryo",
    "msgothic",
    "msyh",
    "simsun",
    "malgun",
    "nanumgothic",
    "wqy-microhei",
    "wqy-zenhei",
    "droidsansfallbackfull",
    "droidsansfallback",
    "ipag",
    "takaogothic",
    "geezapro",
    "arialhb",
    "thonburi",
    "devanagarimt",
    "kohinoor",
    "nirmala",
    "leelawui",
    "notosansarabic-regular",
    "notosanshebrew-regular",
    "notosansdevanagari-regular",
    "notosansthai-regular",
    "lohit-devanagari",
    "garuda",
    "unifont",
)
"""Files of fonts with many letters, as Linux, macOS and Windows have them; lower case, without spaces and ending."""
_FAMILIES: Final = ("notosans", "lohit")
"""Families with a font for each script."""
_UPRIGHT: Final = ("-regular", "-vf", "[wght]")
_ENDINGS: Final = (".ttf", ".otf", ".ttc")
_NOWHERE: Final = "\U0010ffff"
"""No font has this: what is drawn for it is drawn for all that a font lacks."""
_DEEP: Final = 4
_SIZE: Final = 24


def lettered(lines: Sequence[str], width: int, *, size: int = 14, ink: tuple[int, int, int] = (30, 30, 30)) -> Pixels:
    """uint8[h, width, 3]: the lines of text on white below each other, each cut in its middle where it is too long."""
    name = font_for("".join(lines))
    font = _font(name, size)
    height = round(size * 1.4)
    image = Image.new("RGB", (width, max(1, height * len(lines))), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        said = _short(spelt(line, name), width, font)
        # An Arabic name stays before its ending, as the terminal has it.
        draw.text((0, number * height), said, fill=ink, font=font, direction=_direction(font))
    return np.asarray(image).copy()


def font_for(text: str) -> str:
    """The file of the font that has the most letters of ``text``; empty for those that come with Pillow, which are taken
    wherever they do."""
    letters = {char for char in unicodedata.normalize("NFC", text) if not char.isspace()}
    if len(letters) == sum(has(char, "") or ord(char) in _PLAIN for char in letters):
        return ""
    best, most = "", sum(has(char, "") for char in letters)
    for name in fonts():
        count = sum(has(char, name) for char in letters)
        if count > most:
            best, most = name, count
        if most == len(letters):
            break
    return best


def spelt(line: str, font: str) -> str:
    r"""``line`` in letters that ``font`` has: accents are left out where need be, other letters appear as ``\u6771``."""
    return "".join(_spelt(char, font) for char in unicodedata.normalize("NFC", line))


def _spelt(char: str, font: str) -> str:
    if char.isspace() or has(char, font):
        return char
    plain = _PLAIN.get(ord(char)) or "".join(
        part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)
    )
    if plain != char and all(part.isspace() or has(part, font) for part in plain):
        return plain  # empty for a mark that stands on what comes before it
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


@cache
def has(char: str, font: str) -> bool:
    """Whether the font in the file ``font`` (empty: Pillow's own) draws this character; False where it cannot be opened."""
    try:
        loaded = _font(font, _SIZE, basic=True)
        drawn, lacking = loaded.getmask(char), loaded.getmask(_NOWHERE)
    except (OSError, ValueError):
        return False
    if drawn.getbbox() is None:  # there are fonts that draw nothing for what they lack
        return False
    return drawn.size != lacking.size or bytes(drawn) != bytes(lacking)


@cache
def fonts() -> tuple[str, ...]:
    """The files of the well-known fonts that this machine has, the preferred ones first."""
    found: dict[str, str] = {}
    for folder in _folders():
        for path in _files(folder):
            stem, ending = os.path.splitext(os.path.basename(path))
            if ending.lower() in _ENDINGS:
                # macOS takes names apart: a letter and its mark.
                found.setdefault(unicodedata.normalize("NFC", stem).lower().replace(" ", ""), path)
    others = sorted(name for name in found if name.startswith(_FAMILIES) and name.endswith(_UPRIGHT))
    return tuple(found[name] for name in dict.fromkeys((*_KNOWN, *others)) if name in found)


def _folders() -> tuple[str, ...]:
    if sys.platform == "win32":
        own = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
        system = os.environ.get("WINDIR") or r"C:\Windows"
        return (os.path.join(own, "Microsoft", "Windows", "Fonts"), os.path.join(system, "Fonts"))
    if sys.platform == "darwin":
        return tuple(os.path.expanduser(f"{start}Library/Fonts") for start in ("~/", "/", "/System/", "/Network/"))
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    own = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    places = [own, *(place for place in shared.split(":") if os.path.isabs(place))]
    return (*(os.path.join(place, "fonts") for place in places), os.path.expanduser("~/.fonts"))


def _files(folder: str) -> Iterator[str]:
    depth = folder.rstrip(os.sep).count(os.sep)
    for place, folders, names in os.walk(folder):
        if place.count(os.sep) - depth >= _DEEP:
            folders.clear()
        folders.sort()
        yield from (os.path.join(place, name) for name in sorted(names))


def _direction(font: Font) -> str | None:
    shaped = isinstance(font, ImageFont.FreeTypeFont) and font.layout_engine == ImageFont.Layout.RAQM
    return "ltr" if shaped else None


def _short(line: str, width: int, font: Font) -> str:
    shown, kept = line, len(line)
    while kept > 2 and font.getlength(shown) > width:
        kept -= 1
        shown = f"{line[: kept - kept // 2]}...{line[len(line) - kept // 2 :]}"
    return shown


@lru_cache(maxsize=8)
def _font(name: str, size: int, *, basic: bool = False) -> Font:
    """Raises OSError for a file that holds no font of this size."""
    if not name:
        return ImageFont.load_default(size)
    if basic:
        return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
    return ImageFont.truetype(name, size)
