"""What the review shows: each state as the lines of a screen. Nothing here reads, writes or decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console, RenderableType
from rich.text import Text

from dedupe.library.scans import EditState
from dedupe.report import phrases
from dedupe.report.order import as_tree
from dedupe.report.rows import Layout, Mark, Row
from dedupe.report.table import extra_row, keeper_row
from dedupe.review.choice import CHOSEN
from dedupe.review.state import Mode, ReviewState
from dedupe.terminal.pictures import Pictures
from dedupe.terminal.text import display_path, display_text, format_bytes, format_count, shorten_middle

_INDENT = 5
_GAP = 2
_PICTURE_ROWS = range(6, 21)
_PICTURE_COLUMNS = 60

_HELP = (
    ("Enter", "accept: copies marked “remove” are removed at the end; next group"),
    ("1 … 9", "keep that photo instead; k keeps the highlighted one"),
    ("up, down", "highlight a photo; it is shown beside the one to keep"),
    ("PgUp, PgDn", "the same, a screen at a time"),
    ("Space", "mark the highlighted copy for removal, or unmark it"),
    ("r", "carry over what only this copy has, so that it can go"),
    ("a", "keep all photos of this group"),
    ("n", "not duplicates; never shown as duplicates again"),
    ("s", "skip: remove nothing of this group for now"),
    ("b, left, right", "another group, without deciding"),
    ("g", "go to a group by its number"),
    ("d", "prefer this photo's folder for the rest; D prefers none"),
    ("f", "only groups with a photo in this photo's folder, or all again"),
    ("p", "show the pictures in another way, or not at all"),
    ("o", "open the two compared photos in the system's viewer"),
    ("A", "accept all other groups whose copies are resaved or safer"),
    ("q", "finish: see what you decided; nothing is removed yet"),
    ("Ctrl-C", "leave; your decisions are kept, nothing is removed"),
)


def screen(state: ReviewState, console: Console, roots: Sequence[str], pictures: Pictures) -> list[RenderableType]:
    """The renderables of ``state``, one below the other; together at most as high as ``console``."""
    layout = Layout.of(console, roots, paper=False, indent=_INDENT, full=True)
    if state.mode is Mode.HELP:
        return [*_help(layout)]
    if state.mode is Mode.END:
        return [*_end(state, layout)]
    head, foot = _head(state, layout), _foot(state, layout)
    if console.height < len(head) + len(foot) + 4:
        foot = foot[:1]
    room = console.height - len(head) - len(foot)
    blocks = [layout.lines(row) for row in _rows(state)]
    shown, rows = _pictures(state, layout, pictures, room, sum(map(len, blocks)))
    return [*head, *shown, *_window(blocks, state, room - rows, layout), *foot]


def _head(state: ReviewState, layout: Layout) -> list[Text]:
    chosen = state.choice.selected
    frees = f"{len(chosen):,} to remove, frees {format_bytes(state.choice.would_free)}" if chosen else "none to remove"
    text = Text(f"{state.at + 1:,}/{len(state.groups):,}", style="bold")
    text.append(f"  {format_count(len(state.photos), 'photo')}, {frees}", "not bold")
    if state.choice.verdict is not EditState.OPEN:
        text.append(f"  {layout.signs.tick} {state.choice.verdict.value}", "bold green")
    so_far = f"so far {format_bytes(state.freed)}"
    text.append(" " * max(layout.width - text.cell_len - len(so_far), 2) + so_far, "not bold dim")
    return [text, Text(layout.signs.rule * layout.width, style="dim")]


def _rows(state: ReviewState) -> list[Row]:
    choice = state.choice
    rows = []
    depths = {extra.photo.path: depth for depth, extra in as_tree(state.group)} if choice.keep == 0 else {}
    for place, photo in enumerate(state.photos):
        extra = choice.extras[place]
        if place == choice.keep:
            row = keeper_row(photo, phrases.reason(state.group) if place == 0 else CHOSEN)
        elif extra is None:
            row = Row(photo, Mark.UNPROVEN, remark="not verified against the photo to keep, so it is kept too")
        else:
            row = extra_row(extra, state.choice.stays, depth=depths.get(photo.path, 0))
        current = place == state.cursor
        rows.append(replace(row, lead=f"{'>' if current else ' '}{place + 1:>2} ", current=current))
    return rows


def _pictures(
    state: ReviewState, layout: Layout, pictures: Pictures, room: int, wanted: int
) -> tuple[list[RenderableType], int]:
    """Captions and pictures of the two compared photos, and their height; nothing where there is no room."""
    # One line for the captions, one below the pictures (a sixel is drawn from there); rows that do not fit can scroll.
    height = min(max(room - wanted, room // 2) - 2, _PICTURE_ROWS.stop - 1)
    width = min((layout.width - _GAP) // 2, _PICTURE_COLUMNS)
    if not pictures.available or height not in _PICTURE_ROWS:
        return [], 0
    places = state.compared
    photos = state.photos
    drawn = pictures.side_by_side([photos[place] for place in places], width=width, height=height, gap=_GAP)
    if drawn is None:
        return [], 0
    rows = _rows(state)
    caption = Text()
    for place in places:
        word, style = rows[place].mark.value
        label = shorten_middle(f"{place + 1} {word}", width, layout.signs.ellipsis)
        caption.append(label.ljust(width + _GAP), style)
    return [caption, drawn], height + 2


def _window(blocks: Sequence[list[Text]], state: ReviewState, room: int, layout: Layout) -> list[Text]:
    """Show all ``blocks`` where they fit into ``room`` lines.

    Else the one that stays on top, and below it as many others around the highlighted one as fit, with how many are not shown.
    """
    if sum(map(len, blocks)) <= room:
        return [line for block in blocks for line in block]
    keep = state.choice.keep
    pinned = blocks[keep][: max(room - 4, 1)]
    others = [block for place, block in enumerate(blocks) if place != keep]
    cursor = state.cursor - (state.cursor > keep) if state.cursor != keep else 0
    return [*pinned, *_around(others, cursor, room - len(pinned), layout)]


def _around(blocks: Sequence[list[Text]], cursor: int, room: int, layout: Layout) -> list[Text]:
    """As many whole ``blocks`` around that of the cursor as fit into ``room`` lines, with how many are not shown."""
    first = last = cursor
    used = len(blocks[cursor]) + 2
    while True:
        if last + 1 < len(blocks) and used + len(blocks[last + 1]) <= room:
            last += 1
            used += len(blocks[last])
        elif first > 0 and used + len(blocks[first - 1]) <= room:
            first -= 1
            used += len(blocks[first])
        else:
            break
    above, below = first, len(blocks) - 1 - last
    more = layout.signs.ellipsis
    lines = [Text(f"     {more} {above:,} above", style="dim")] if above else []
    lines += [line for block in blocks[first : last + 1] for line in block]
    lines += [Text(f"     {more} {below:,} below", style="dim")] if below else []
    return lines[: max(room, 1)]


def _foot(state: ReviewState, layout: Layout) -> list[Text]:
    arrows = "↑↓" if layout.signs.dot == "·" else "up/down"
    keys = (
        "Enter accept",
        "1-9 keep that one",
        f"{arrows} Space mark",
        "a keep all",
        "n not duplicates",
        "s skip",
        "b back",
        "g go to",
        "f folder",
        "d prefer folder",
        "o open",
        "A accept all safe ones",
        "? help",
        "q finish",
    )
    message = state.message
    if state.mode is Mode.JUMP:
        message = f"Go to group (1-{len(state.groups):,}): {state.typed}_  {state.message}".rstrip()
    elif state.mode is Mode.REST:
        message = _rest_question(state)
    lines = layout.wrapped(display_text(message), "bold yellow", margin=0)
    line = ""
    for key in keys:
        joined = f"{line}  {layout.signs.dot}  {key}" if line else key
        if len(joined) > layout.width:
            lines.append(Text(line, style="dim"))
            joined = key
        line = joined
    return [*lines, Text(line, style="dim")]


def _rest_question(state: ReviewState) -> str:
    rest = [state.choices[number] for number in state.rest()]
    photos = format_count(sum(len(choice.selected) for choice in rest), "photo")
    size = format_bytes(sum(choice.would_free for choice in rest))
    groups = format_count(len(rest), "group")
    return f"Accept {groups} without a look? Removes {photos} ({size}), all identical, same-pixels or resaved. y/n"


def _help(layout: Layout) -> list[Text]:
    lines = [layout.heading("Keys"), Text()]
    for key, meaning in _HELP:
        wrapped = layout.wrapped(meaning, margin=18)
        wrapped[0] = Text(f"  {key:<16}", style="bold").append(wrapped[0].plain[18:], "not bold")
        lines += wrapped
    return [*lines, Text(), Text("  Press any key to go back.", style="dim")]


def _end(state: ReviewState, layout: Layout) -> list[Text]:
    total, left = len(state.groups), state.count(EditState.OPEN)
    extras = [x for c in state.choices if c.verdict is EditState.ACCEPTED for x in c.selected]
    going = f"{format_count(len(extras), 'photo')} to remove, frees {format_bytes(state.freed)}"
    counts = (
        ("accepted", EditState.ACCEPTED, going),
        ("all kept", EditState.KEEP_ALL, ""),
        ("not duplicates", EditState.NOT_DUPLICATES, "remembered for later scans"),
        ("skipped", EditState.SKIPPED, "nothing is removed"),
        ("undecided", EditState.OPEN, "nothing is removed for now"),
    )
    lines = [layout.heading("Review", f"{total - left:,} of {format_count(total, 'group')} decided"), Text()]
    for name, verdict, more in counts:
        count = state.count(verdict)
        if count:
            lines.append(Text(f"  {name:<16}{count:>8,}   {more}".rstrip()))
    if state.preferred:
        count = sum(bool(choice.by_folder) for choice in state.choices)
        named = ", ".join(map(display_path, state.preferred))
        lines += layout.wrapped(
            f"by folder       {count:>8,}   the photo in a preferred folder stays: {named}", margin=2
        )
    enter = "choose where the copies go" if extras else "finish"
    lines += [
        *layout.wrapped(display_text(state.message), "bold yellow", margin=2),
        Text(f"  Enter   {enter}", style="bold"),
        Text("  b       back to the groups", style="dim"),
        Text("  Ctrl-C  leave; your decisions are kept, nothing is removed", style="dim"),
    ]
    return lines
