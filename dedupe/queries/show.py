"""The answers of search, compare and check in the terminal: words everywhere, pictures where the terminal can show them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from dedupe.console import display_path, display_text, format_bytes, format_count, format_taken, signs, stderr
from dedupe.library.paths import StorePaths
from dedupe.library.previews import Previews
from dedupe.queries.check import Checked, CheckResult
from dedupe.queries.compare import Comparison
from dedupe.queries.library import Found
from dedupe.queries.report import verdict
from dedupe.queries.search import Answer, SearchResult
from dedupe.queries.words import verdict_of
from dedupe.review.pictures import Pictures, picture_makers
from dedupe.settings import Settings
from dedupe.types import ContentKey, Skipped

_PICTURE = 26
"""Cells across a small picture, and half as many lines."""
_GAP = 2
_DRAWN = 12
"""No more pictures of one answer: a sixel terminal takes its time."""
_PICTURED = 3
"""Of so many queries the answers are shown as pictures; of more a contact sheet is the better view."""


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
        for rank, found in enumerate(answer.found, 1):
            _row(console, rank, found)
        if not answer.found:
            _say(console, "", "      nothing found within the threshold")
    if result.skipped:
        unread = format_count(len(result.skipped), "file")
        stderr().print(f"{unread} could not be read and took no part; --json lists them.")


def _draw(answer: Answer, pictures: Pictures, console: Console) -> None:
    """The query and the first found beside each other. The pictures stay in the terminal: they are not closed."""
    photos = [answer.query, *(found.photo for found in answer.found)][:_DRAWN]
    titles = ["query", *(f"{n}  {found.distance:.2f}" for n, found in enumerate(answer.found, 1))]
    a_row = max(1, console.width // (_PICTURE + _GAP))
    for start in range(0, len(photos), a_row):
        drawn = pictures.side_by_side(photos[start : start + a_row], width=_PICTURE, height=_PICTURE // 2, gap=_GAP)
        if drawn is not None:
            _say(
                console, "", "".join(f"{title:<{_PICTURE + _GAP}}" for title in titles[start : start + a_row]).rstrip()
            )
            console.print(drawn)


def _row(console: Console, rank: int, found: Found) -> None:
    marks = signs(console)
    facts = found.photo.facts
    figures = (
        f"{rank:>4}",
        f"{found.distance:>8.3f}",
        f"{found.relation.value if found.relation is not None else marks.dash:<11}",
        f"{facts.width}{marks.times}{facts.height}".rjust(11),
        f"{format_bytes(found.photo.file.stamp.size):>7}",
        f"{format_taken(facts.taken) or marks.dash:<19}",
    )
    path, line = display_path(found.photo.path), "  ".join(figures)
    if not console.file.isatty() or len(line) + 2 + len(path) <= console.width:
        _say(console, "", f"{line}  {path}")
    else:
        _say(console, "", line.rstrip())
        _say(console, "", f"{'':16}{path}")


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Both photos beside each other, then the verdict and what it rests on."""
    jpegs = {comparison.b.content_key: comparison.previews[1], comparison.a.content_key: comparison.previews[0]}
    makers = picture_makers(console)
    if makers:
        width = max(_PICTURE, min(60, (console.width - _GAP) // 2))
        pictures = Pictures(console, lambda photo: jpegs.get(photo.content_key), makers)
        drawn = pictures.side_by_side((comparison.a, comparison.b), width=width, height=width // 2, gap=_GAP)
        if drawn is not None:
            console.print(drawn)
    for name, photo in (("A", comparison.a), ("B", comparison.b)):
        size = f"{photo.facts.width}{signs(console).times}{photo.facts.height}"
        facts = (size, format_bytes(photo.file.stamp.size), photo.facts.format)
        _say(console, name, f"  {display_path(photo.path)}  ({', '.join(facts)})")
    first, *others = verdict_of(comparison)
    _say(console, display_text(first))
    for line in others:
        _say(console, "", f"  {display_text(line)}")


def show_check(result: CheckResult, console: Console) -> None:
    """A line for each new photo, then how many of each kind."""
    for one in result.checked:
        _checked(console, one)
    if result.skipped:
        show_skipped(result.skipped, console)
    better = sum(one.better for one in result.checked)
    told = [f"{format_count(len(result.have))} already there" + (f" ({better:,} better than there)" if better else "")]
    told.append(f"{format_count(len(result.new))} new")
    if result.skipped:
        told.append(f"{format_count(len(result.skipped))} skipped")
    _say(console, format_count(len(result.checked) + len(result.skipped), "photo"), f": {', '.join(told)}.")


def _checked(console: Console, one: Checked) -> None:
    word, style = {"new": ("new", "green"), "have": ("have", "dim"), "better": ("better", "yellow")}[verdict(one)]
    _say(console, f"{word:<8}", display_path(one.photo.path), style=style)
    for found in one.have:
        relation = found.relation.value if found.relation is not None else ""
        why = f" ({display_text(found.why)})" if found.why else ""
        _say(console, "", f"{'':8}{relation}{why}: {display_path(found.photo.path)}")


def show_skipped(skipped: Sequence[Skipped], console: Console) -> None:
    """A line for each photo that could not be read."""
    for one in skipped:
        _say(console, f"{'skipped':<8}", f"{display_path(one.path)}: {display_text(one.reason)}", style="red")


def _say(console: Console, lead: str = "", rest: str = "", *, style: str = "bold") -> None:
    console.print(Text(lead, style=style).append(rest, "default not bold"), soft_wrap=True)
