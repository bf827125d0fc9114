"""Text for a person: what comes from outside made harmless, and figures in words.

A file name may hold any byte, so it could move the cursor, hide or reverse text, or set the window's title. Every path
shown goes through ``display_path``, every other text from a file through ``display_text``: what comes out is printable, its
escapes spelt out.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dedupe.facts import Exposure
from dedupe.types import CaptureTime

# Controls, formats (bidi, zero-width), surrogates, private use (kitty's pictures), line and paragraph ends.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})

_LONGEST_NAME: Final = 255
"""No file system that photos are kept on takes a longer name, in bytes or in UTF-16 units."""
_LONGEST_PATH: Final = 32_767 if os.name == "nt" else 4_096
_SHORT: Final = 121
"""Cells of what stands for an impossible name or path: its two ends and the sign between them."""


def display_path(path: str | bytes) -> str:
    r"""``path`` as one line of printable text that stands for exactly this path.

    Control characters appear as ``\x1b``, bytes that are no UTF-8 as ``\xff``, C1 controls, bidi, zero-width,
    private and separator characters as ``\u202e`` or ``\U000e0001``; a backslash in a name is doubled, except
    where it separates folders. A name or path that is too long for any file is shown without its middle.
    """
    text = os.fsdecode(path)
    if len(text) > _LONGEST_NAME:
        text = _without_middles(text)
    if "\\" in text and os.sep != "\\":
        text = text.replace("\\", "\\\\")
    return display_text(text)


def _without_middles(path: str) -> str:
    """``path`` with ``…`` for the middle of what no file can be called; every path that a file can have stays as it is."""
    names = path.split(os.sep)
    shown = os.sep.join(shorten_middle(name, _SHORT) if len(name) > _LONGEST_NAME else name for name in names)
    return shorten_middle(shown, _SHORT) if len(shown) > _LONGEST_PATH else shown


def display_text(text: str) -> str:
    r"""Any text from outside (a caption, a decoder's message, a sentence with a path) as one printable line.

    Unlike ``display_path`` it leaves backslashes alone, so what was made harmless before stays as it is.
    """
    if text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def is_unsafe(char: str) -> bool:
    """``char`` could act on a terminal, hide, reorder or stand in for other text."""
    return not char.isprintable() and unicodedata.category(char) in _UNSAFE


def _shown(char: str) -> str:
    if not is_unsafe(char):
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # os.fsdecode's stand-in for the byte 0x80–0xff
        return f"\\x{code - 0xDC00:02x}"
    # C1 is written \u0085, not \x85: that is the lone byte.
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def shorten_middle(text: str, width: int, sign: str = "…") -> str:
    """``text`` in at most ``width`` terminal cells: where it is longer, ``sign`` stands for its middle."""
    if text.isascii() and len(text) <= width:
        return text
    from rich.cells import cell_len, get_character_cell_size

    if cell_len(text) <= width:
        return text
    room = width - cell_len(sign)
    if room < 2:
        return sign[: max(width, 0)]
    sizes = [get_character_cell_size(char) for char in text]
    head = _fitting(sizes, room // 2)
    tail = _fitting(sizes[::-1], room - sum(sizes[:head]))
    while tail and sizes[-tail] == 0:  # a combining mark would sit on the sign
        tail -= 1
    return f"{text[:head]}{sign}{text[len(text) - tail :]}"


def wrapped_text(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells, broken between words; a word that is longer than a line is broken within."""
    from rich.cells import cell_len

    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if line and cell_len(joined) > width:
            lines.append(line)
            joined = word
        while cell_len(joined) > width:
            part = _head(joined, width)
            lines.append(part)
            joined = joined[len(part) :]
        line = joined
    return [*lines, line]


def sentence_lines(sentence: str, width: int) -> list[str]:
    """A sentence in lines of at most ``width`` cells, no word cut in two.

    One that names a path is a single line, so that the path can be copied whole; so is one that is indented or fits.
    """
    from rich.cells import cell_len

    if cell_len(sentence) <= width or os.sep in sentence or sentence.startswith(" "):
        return [sentence]
    return wrapped_text(sentence, width)


def wrapped_path(path: str, width: int) -> list[str]:
    """``path`` in lines of at most ``width`` cells, broken behind a separator where there is one; joined they are the path."""
    from rich.cells import cell_len

    lines, rest = [], path
    while cell_len(rest) > width:
        part = _head(rest, width)
        cut = part.rfind(os.sep) + 1
        part = part[:cut] if part[:cut].strip() else part
        lines.append(part)
        rest = rest[len(part) :]
    return [*lines, rest]


def _head(text: str, width: int) -> str:
    """The beginning of ``text`` that fits into ``width`` cells, at least one character."""
    from rich.cells import get_character_cell_size

    return text[: max(_fitting([get_character_cell_size(char) for char in text], width), 1)]


def _fitting(sizes: Sequence[int], room: int) -> int:
    """How many of the first ``sizes`` add up to at most ``room``."""
    for count, size in enumerate(sizes):
        room -= size
        if room < 0:
            return count
    return len(sizes)


def format_bytes(count: int) -> str:
    """``count`` in decimal units with three figures: ``999 B``, ``3.41 MB``, ``120 GB``."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if abs(value) < 999.5 or unit == "PB":
            break
        value /= 1000
    if unit == "B":
        return f"{count} B"
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f} {unit}"


def format_count(count: int, noun: str = "", plural: str = "") -> str:
    """``1,234``, or with a noun ``1 photo``, ``1,234 photos``."""
    if not noun:
        return f"{count:,}"
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def format_time(seconds: float) -> str:
    """A length of time: ``0.4 s``, ``42 s``, ``2 min 05 s``, ``1 h 02 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


def format_left(seconds: float) -> str:
    """How long something still takes, as roughly as it is known: ``about 5 s left``, ``about 4 min left``."""
    if seconds < 57.5:
        return f"about {max(5, 5 * round(seconds / 5))} s left"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {max(1, minutes)} min left"
    hours = seconds / 3600
    return f"about {hours:.1f} h left" if hours < 9.95 else f"about {hours:,.0f} h left"


def format_exposure(exposure: Exposure | None) -> str:
    """The exposure as a photographer writes it, ``1/125 s, f/2.8, ISO 100, +1 EV``; empty where there is none."""
    if exposure is None:
        return ""
    time = exposure.seconds
    parts = (
        (f"1/{1 / time:.0f} s" if time < 0.3 else f"{time:.3g} s") if time else "",
        f"f/{exposure.f_number:.3g}" if exposure.f_number else "",
        f"ISO {exposure.iso:.0f}" if exposure.iso else "",
        f"{exposure.bias:+.2g} EV" if exposure.bias else "",
    )
    return ", ".join(filter(None, parts))


def format_taken(taken: CaptureTime | None, *, precise: bool = False) -> str:
    """The capture time as written, ``2021-07-04 12:31:07``; ``precise`` adds sub-seconds and the offset.

    Empty where there is none, or it is outside the calendar.
    """
    if taken is None:
        return ""
    try:
        moment = datetime(1970, 1, 1) + timedelta(seconds=taken.seconds)
    except OverflowError:
        return ""
    text = moment.isoformat(" ", "seconds")
    if not precise:
        return text
    if taken.digits > 0:
        fraction = min(round(taken.fraction * 10**taken.digits), 10**taken.digits - 1)
        text += f".{fraction:0{taken.digits}d}"
    if taken.offset_minutes is not None:
        hours, minutes = divmod(abs(taken.offset_minutes), 60)
        text += f" {'-' if taken.offset_minutes < 0 else '+'}{hours:02d}:{minutes:02d}"
    return text
