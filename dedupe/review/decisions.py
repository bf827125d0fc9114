"""The decisions that last: shown, and taken back where a person says which and says yes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from dedupe.library.decisions import Decision, DecisionKind, Decisions
from dedupe.terminal.ask import agreed, answer, is_terminal
from dedupe.terminal.console import stdout
from dedupe.terminal.text import display_path, format_count


def show_and_clear(path: str) -> None:
    """List the decisions stored at ``path``; on a terminal ask which to take back, and ask again before it is done.

    Begins no store where there is none. Raises StoreError where it cannot be read.
    """
    if not os.path.lexists(path):
        stdout().print("Nothing was decided yet.")
        return
    with Decisions(path) as memory:
        _offer(memory, stdout())


def _offer(memory: Decisions, console: Console) -> None:
    made = memory.made()
    if not made:
        console.print("Nothing was decided yet.")
        return
    for number, decision in enumerate(made, 1):
        _show(number, decision, console)
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        return
    said = answer("Take back which? Their numbers, “all”, or nothing (Enter):")
    chosen = picked(said, made)
    if not chosen:
        console.print("All decisions stay." if not said else "There is no such decision: all stay.")
        return
    if agreed(f"Take back {format_count(len(chosen), 'decision')}?"):
        console.print(f"{format_count(memory.forget(one.id for one in chosen), 'decision')} taken back.")
    else:
        console.print("All decisions stay.")


def picked(said: str, made: Sequence[Decision]) -> tuple[Decision, ...]:
    """The decisions that an answer such as ``2 5-7`` or ``all`` names; none where any part of it names none."""
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


def _show(number: int, decision: Decision, console: Console) -> None:
    when = datetime.fromtimestamp(decision.made_at).strftime("%Y-%m-%d %H:%M")
    a, b = display_path(decision.a.path), display_path(decision.b.path)
    first, second = ("keep", "over") if decision.kind is DecisionKind.KEEPER else ("no duplicates:", "and")
    console.print(Text(f"{number:>4}  {when}  {first} {a}\n{'':<24}{second} {b}"), soft_wrap=True)
