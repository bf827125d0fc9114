"""The decisions: listed, and taken back where a person says which and says yes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.text import Text

from dedupe.library.decisions import Decisions
from dedupe.library.pairs import Decision, DecisionKind
from dedupe.library.scans import EditState, GroupEdit
from dedupe.report.json import SCHEMA, dumped, paths_entry
from dedupe.terminal.ask import agreed, answer, is_terminal
from dedupe.terminal.console import stdout
from dedupe.terminal.text import display_path, format_count
from dedupe.types import Group

_NONE = "You have not decided anything yet."
_KEEPER = "chosen to keep"
_WORDS = {
    EditState.ACCEPTED: "accepted",
    EditState.KEEP_ALL: "keep all",
    EditState.SKIPPED: "skipped",
    EditState.NOT_DUPLICATES: "not duplicates",
}


@dataclass(frozen=True, slots=True)
class Made:
    """One decision in the list: what was said (``words``) of which photos, when, and how it is taken back.

    ``pair`` is the number of a decision on two photos, ``group`` that of a group of the last scan. Of an accepted group
    ``removed`` are the paths that leave; the first path is that of the photo to keep.
    """

    words: str
    paths: tuple[str, ...]
    made_at: int
    pair: int | None = None
    group: str | None = None
    removed: frozenset[str] | None = None


def show_and_clear(path: str) -> None:
    """List the decisions stored at ``path``; on a terminal ask which to take back, and ask again before it is done.

    Begins no store where there is none. Raises StoreError where it cannot be read.
    """
    if not os.path.lexists(path):
        stdout().print(_NONE)
        return
    with Decisions(path) as memory:
        _offer(memory, stdout())


def decisions_json(path: str) -> Iterator[str]:
    """The decisions as one JSON object; begins no store where there is none."""
    made: tuple[Made, ...] = ()
    if os.path.lexists(path):
        with Decisions(path) as memory:
            made = all_made(memory)
    entries = [{"decision": one.words, **paths_entry("paths", one.paths), "made": _iso(one.made_at)} for one in made]
    yield dumped({"schema": SCHEMA, "decisions": entries}) + "\n"


def all_made(memory: Decisions) -> tuple[Made, ...]:
    """Every decision: those on pairs of photos, then those on groups of the last scan, the oldest first."""
    pairs = [_pair(decision) for decision in memory.made()]
    saved = memory.saved_scan()
    edits = memory.edits()
    groups = []
    for group in saved.result.groups if saved is not None else ():
        edit = edits.get(group.id)
        if (
            saved is not None
            and edit is not None
            and edit.state in _WORDS
            and edit.state is not EditState.NOT_DUPLICATES
        ):
            keep = edit.keeper or group.keep.path
            others = tuple(one.path for one in (group.keep, *(e.photo for e in group.extras)) if one.path != keep)
            accepts = edit.state is EditState.ACCEPTED
            removed = _removed(group, edit) if accepts else None
            groups.append(Made(_WORDS[edit.state], (keep, *others), saved.made_at, group=group.id, removed=removed))
    return (*pairs, *groups)


def _removed(group: Group, edit: GroupEdit) -> frozenset[str]:
    chosen = (extra.photo.path for extra in group.extras if extra.selected) if edit.selected is None else edit.selected
    return frozenset(chosen)


def _pair(decision: Decision) -> Made:
    words = _KEEPER if decision.kind is DecisionKind.KEEPER else _WORDS[EditState.NOT_DUPLICATES]
    return Made(words, (decision.a.path, decision.b.path), decision.made_at, pair=decision.id)


def _iso(made_at: int) -> str:
    return datetime.fromtimestamp(made_at).astimezone().isoformat(timespec="seconds")


def _offer(memory: Decisions, console: Console) -> None:
    made = all_made(memory)
    if not made:
        console.print(_NONE)
        return
    for number, decision in enumerate(made, 1):
        _show(number, decision, console)
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        return
    said = answer("Take back which? Numbers such as 2 5-7, “all”, or Enter for none:")
    chosen = picked(said, made)
    if not chosen:
        console.print("All decisions stay." if not said else "There is no such decision, so all of them stay.")
        return
    if agreed(f"Take back {format_count(len(chosen), 'decision')}?"):
        _take_back(chosen, memory)
        console.print(f"{format_count(len(chosen), 'decision')} taken back.")
    else:
        console.print("All decisions stay.")


def _take_back(chosen: Sequence[Made], memory: Decisions) -> None:
    from dedupe.library.scans import GroupEdit

    memory.forget(one.pair for one in chosen if one.pair is not None)
    memory.put_edits(GroupEdit(one.group) for one in chosen if one.group is not None)


def picked(said: str, made: Sequence[Made]) -> tuple[Made, ...]:
    """The decisions that an answer such as ``2 5-7`` or ``all`` names; empty where any part of it is invalid."""
    if said.strip().lower() == "all":
        return tuple(made)
    numbers: set[int] = set()
    for part in said.replace(",", " ").split():
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            return ()
        begin, end = int(first), int(last or first)
        if not 1 <= begin <= end <= len(made):
            return ()
        numbers.update(range(begin, end + 1))
    return tuple(made[number - 1] for number in sorted(numbers))


def _show(number: int, decision: Made, console: Console) -> None:
    when = datetime.fromtimestamp(decision.made_at).strftime("%Y-%m-%d %H:%M")
    first, *others = decision.paths
    lines = [f"{number:>4}  {when}  {decision.words}", f"{'':<6}{_role(decision, first):<8}{display_path(first)}"]
    lines += [f"{'':<6}{_role(decision, other):<8}{display_path(other)}" for other in others[:3]]
    if len(others) > 3:
        lines.append(f"{'':<14}and {len(others) - 3:,} more")
    console.print(Text("\n".join(lines)), soft_wrap=True)


def _role(decision: Made, path: str) -> str:
    """What a decision makes of one of its photos, in the words of the table."""
    if decision.removed is not None:
        return "remove" if path in decision.removed else "keep"
    if decision.words == _KEEPER:
        return "keep" if path == decision.paths[0] else "copy"
    return "keep" if decision.words == _WORDS[EditState.KEEP_ALL] else ""
