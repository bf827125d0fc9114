"""The answers of search, compare and check in the terminal: words everywhere, pictures where the terminal can show them."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from dedupe.library.paths import StorePaths
from dedupe.library.previews import Previews
from dedupe.queries.check import VERDICTS, Checked, CheckResult, Verdict
from dedupe.queries.compare import Comparison
from dedupe.queries.describe import verdict_of
from dedupe.queries.library import Found
from dedupe.queries.search import Answer, SearchResult
from dedupe.report import dates, phrases
from dedupe.settings import Settings
from dedupe.terminal.console import signs, stderr
from dedupe.terminal.pictures import Pictures, picture_makers
from dedupe.terminal.text import display_path, display_text, format_bytes, format_count
from dedupe.types import ContentKey, Photo, Skipped

_PICTURE = 26
"""Cells across a small picture, and half as many lines; somewhat narrower where one more then fits beside."""
_NARROWEST = 24
_LARGE = 60
_GAP = 2
_DRAWN = 12
"""No more pictures of one answer: a sixel terminal takes its time."""
_PICTURED = 3
"""The answers of at most this many queries are shown as pictures; a contact sheet is the better view of more."""
_NAMED = 5
"""At most this many files that could not be read are named; the rest are counted."""
_COPIES = 3
"""At most this many of the library's copies of one photo are named, the safest first."""
_WORDS = 10
"""Lines below the pictures of a comparison, which should stay on the screen with them."""


def previews_of(result: SearchResult, settings: Settings) -> dict[ContentKey, bytes]:
    """The stored previews of all that the answers name."""
    keys = {answer.query.content_key for answer in result.answers}
    keys.update(found.photo.content_key for answer in result.answers for found in answer.found)
    with Previews(StorePaths.at(settings.store).previews) as previews:
        return previews.get_many(sorted(keys))


def show_search(result: SearchResult, settings: Settings, console: Console) -> None:
    """Each query with what was found, nearest first."""
    makers = picture_makers(console) if len(result.answers) <= _PICTURED else ()
    jpegs = previews_of(result, settings) if makers else {}
    for number, answer in enumerate(result.answers):
        if number:
            _say(console)
        _say(console, "Query", f"  {display_path(answer.query.path)}")
        if makers:
            _draw(answer, Pictures(console, lambda photo: jpegs.get(photo.content_key), makers), console)
        if answer.found:
            _rows(console, answer)
        else:
            _say(console, "", "      nothing within the threshold")
    if len(result.skipped) > _NAMED:
        unread = format_count(len(result.skipped), "file")
        stderr().print(f"{unread} could not be read and were left out; --json lists them.")
    else:
        show_skipped(result.skipped, stderr())


def _draw(answer: Answer, pictures: Pictures, console: Console) -> None:
    """The query and the first found side by side. The pictures stay in the terminal: they are not closed."""
    photos = [answer.query, *(found.photo for found in answer.found)][:_DRAWN]
    titles = ["query", *(_title(number, found) for number, found in enumerate(answer.found, 1))]
    a_row = max(1, (console.width + _GAP) // (_NARROWEST + _GAP))
    width = min(_PICTURE, max(1, (console.width + _GAP) // a_row - _GAP))
    for start in range(0, len(photos), a_row):
        shown = photos[start : start + a_row]
        drawn = pictures.side_by_side(shown, width=width, height=_lines(shown, width, width // 2), gap=_GAP)
        if drawn is not None:
            line = "".join(f"{title[:width]:<{width + _GAP}}" for title in titles[start : start + a_row])
            _say(console, "", line.rstrip())
            console.print(drawn)


def _title(number: int, found: Found) -> str:
    return f"{number}  {found.distance:.2f}" + (f"  {found.relation.value}" if found.relation is not None else "")


def _lines(photos: Sequence[Photo], width: int, most: int) -> int:
    """How many lines the tallest of these pictures takes when it is ``width`` cells wide, at most ``most``.

    A cell is about twice as high as wide.
    """
    return max(1, min(most, max(-(-width * one.facts.height // (2 * max(1, one.facts.width))) for one in photos)))


def _rows(console: Console, answer: Answer) -> None:
    """A line for each that was found, or two lines each where one path is too long for the screen."""
    marks = signs(console)
    lines = [f"{'#':>4}  distance  {'relation':<11}  {'pixels':>11}  {'size':>7}  {'taken':<16}"]
    paths = ["path"]
    for rank, found in enumerate(answer.found, 1):
        facts = found.photo.facts
        figures = (
            f"{rank:>4}",
            f"{found.distance:>8.3f}",
            f"{found.relation.value if found.relation is not None else marks.dash:<11}",
            f"{facts.width}{marks.times}{facts.height}".rjust(11),
            f"{format_bytes(found.photo.file.stamp.size):>7}",
            f"{dates.brief(found.photo) or marks.dash:<16}",
        )
        lines.append("  ".join(figures))
        paths.append(display_path(found.photo.path))
    beside = not console.file.isatty() or all(
        cell_len(line) + 2 + cell_len(path) <= console.width for line, path in zip(lines, paths, strict=True)
    )
    for number, (line, path) in enumerate(zip(lines, paths, strict=True)):
        style = "default" if number else "dim"
        if beside:
            _say(console, f"{line}  {path}", style=style)
        else:
            _say(console, line.rstrip(), style=style)
            if number:
                _say(console, "", f"{'':6}{path}")
        if number and answer.found[number - 1].loses:
            lost = ", ".join(map(display_text, phrases.words_of(answer.found[number - 1].loses)))
            _say(console, "", f"{'':6}lacks what the query has: {lost}")
        if number and answer.found[number - 1].note:
            _say(console, "", f"{'':6}{display_text(answer.found[number - 1].note)}")


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Both photos side by side, then the verdict and what it rests on."""
    jpegs = {comparison.b.content_key: comparison.previews[1], comparison.a.content_key: comparison.previews[0]}
    makers = picture_makers(console)
    if makers:
        both = (comparison.a, comparison.b)
        width = max(_PICTURE, min(_LARGE, (console.width - _GAP) // 2))
        height = _lines(both, width, min(width // 2, max(_PICTURE // 2, console.height - _WORDS)))
        pictures = Pictures(console, lambda photo: jpegs.get(photo.content_key), makers)
        drawn = pictures.side_by_side(both, width=width, height=height, gap=_GAP)
        if drawn is not None:
            console.print(drawn)
    for name, photo in (("A", comparison.a), ("B", comparison.b)):
        size = f"{photo.facts.width}{signs(console).times}{photo.facts.height}"
        facts = (size, format_bytes(photo.file.stamp.size), photo.facts.format)
        _say(console, name, f"  {display_path(photo.path)}")
        _say(console, "", f"   {', '.join(facts)}")
    first, *others = verdict_of(comparison)
    _sentence(console, Text(display_text(first), style="bold"))
    for line in others:
        _sentence(console, Text(display_text(line)), indent=2)


def show_check(result: CheckResult, console: Console) -> None:
    """How many of each answer, then the photos of each answer; every path whole on one line."""
    counts = [(verdict, [one for one in result.checked if one.verdict == verdict]) for verdict in VERDICTS]
    told = [f"{format_count(len(ones))} {_ANSWERS[verdict][0]}" for verdict, ones in counts if ones]
    if result.skipped:
        told.append(f"{format_count(len(result.skipped))} skipped")
    photos = format_count(len(result.checked) + len(result.skipped), "photo")
    _say(console, photos, f": {', '.join(told)}.")
    for verdict, ones in counts:
        if ones:
            word, explained, style = _ANSWERS[verdict]
            _say(console)
            _say(console, f"{word[0].upper()}{word[1:]}", f"  {explained}", style=style)
            for one in ones:
                _checked(console, one)
    if result.skipped:
        _say(console)
        show_skipped(result.skipped, console)


_ANSWERS: dict[Verdict, tuple[str, str, str]] = {
    "new": ("new", "you don't have these", "bold green"),
    "partly": ("partly there", "you have some of their files", "bold yellow"),
    "edited": ("edited", "you only have a changed version of these", "bold yellow"),
    "better": ("better", "you have these, but the new ones are better", "bold yellow"),
    "have": ("already there", "you have these", "bold"),
}


def _checked(console: Console, one: Checked) -> None:
    _say(console, "", f"  {display_path(one.photo.path)}")
    if one.verdict == "partly":
        for path in one.lacks:
            _line(console, "missing", path)
    if one.loses:
        lost = ", ".join(map(display_text, phrases.words_of(one.loses)))
        _say(console, "", f"{'':8}has what the library lacks: {lost}")
    if one.caveat is not None:
        _say(console, "", f"{'':8}{display_text(one.caveat.note)}")
    for part in one.parts:
        for found in part.have[:_COPIES]:
            relation = found.relation.value if found.relation is not None else ""
            why = f" ({phrases.change(found.remark)})" if found.remark else ""
            of = "" if part is one else f"{display_path(os.path.basename(part.photo.path))} "
            _line(console, f"{of}{relation}{why}", found.photo.path)
        if len(part.have) > _COPIES:
            more = format_count(len(part.have) - _COPIES, "more copy", "more copies")
            _say(console, "", f"{'':6}and {more}; --json lists them")


def _line(console: Console, said: str, path: str) -> None:
    """What is said of a path, and the path, on a line of its own where there is no room."""
    shown = display_path(path)
    if console.file.isatty() and 8 + cell_len(said) + cell_len(shown) > console.width:
        _say(console, "", f"{'':6}{said}:")
        _say(console, "", f"{'':8}{shown}")
    else:
        _say(console, "", f"{'':6}{said}: {shown}")


def show_skipped(skipped: Sequence[Skipped], console: Console) -> None:
    """A line for each photo that could not be read."""
    for one in skipped:
        _say(console, f"{'skipped':<8}", f"{display_path(one.path)}: {display_text(one.reason)}", style="red")


def _say(console: Console, lead: str = "", rest: str = "", *, style: str = "bold") -> None:
    console.print(Text(lead, style=style).append(rest, "default not bold"), soft_wrap=True)


def _sentence(console: Console, text: Text, *, indent: int = 0) -> None:
    """Broken between words on a screen; whole in a pipe."""
    padded = Padding(text, (0, 0, 0, indent), expand=False)
    if console.file.isatty():
        console.print(padded)
    else:
        console.print(Text(" " * indent).append_text(text), soft_wrap=True)
