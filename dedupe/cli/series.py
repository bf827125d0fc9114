"""`dedupe series`: bursts and further tries side by side; a person says which shots stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from dedupe.cli import options as o

if TYPE_CHECKING:
    from dedupe.review.run import Wishes
    from dedupe.series.shots import ShotSet
    from dedupe.session import Session
    from dedupe.settings import Settings
    from dedupe.types import Parting, ScanResult

_MoveTo = Annotated[
    str | None,
    typer.Option(
        "--move-to", metavar="DIR", help="Move the shots that you let go into this folder.", rich_help_panel=o.ACTING
    ),
]
_Trash = Annotated[
    bool, typer.Option("--trash", help="Move the shots that you let go to the trash.", rich_help_panel=o.ACTING)
]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How the sets are shown: as JSON, at most this many, brackets and panoramas too, decided ones again."""

    as_json: bool
    limit: int | None
    whole: bool
    again: bool


def series(
    roots: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH…]",
            help="Folders; scanned first where there is no scan of them. [default: the newest scan]",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Show at most N sets.", rich_help_panel=o.RESULT)
    ] = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Also ask about brackets and panoramas, which are left whole otherwise.",
            rich_help_panel=o.RESULT,
        ),
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also ask about the sets that you decided on.", rich_help_panel=o.RESULT)
    ] = False,
    as_json: o.Json = False,
    move_to: _MoveTo = None,
    trash: _Trash = False,
    yes: o.Yes = False,
    dry_run: o.DryRun = False,
    prune_empty: o.PruneEmpty = False,
    max_drop: o.MaxDrop = None,
    store: o.Store = None,
) -> None:
    """Compare the shots of bursts and of further tries, and say which stay.

    One shot of each set is suggested. None is ever selected for you: a shot leaves only if you chose, in its own set, which
    ones stay. --move-to and --trash act on what you chose so far.
    """
    from dedupe.config import load_settings
    from dedupe.review.run import Wishes, recover
    from dedupe.settings import absolute

    settings = load_settings({"max_drop": max_drop, "store": store})
    wishes = Wishes(move_to=move_to, trash=trash, yes=yes, dry_run=dry_run, prune_empty=prune_empty)
    wishes.check(to_stdout=as_json)
    paths = absolute(roots or [])
    _scan_first(settings, paths)
    if wishes.act:
        recover(settings, dry_run=dry_run)
        code = _apply(settings, wishes, paths, as_json=as_json)
    else:
        code = _show(settings, paths, _Wanted(as_json, limit, whole, again))
    if code:
        raise typer.Exit(code)


def _scan_first(settings: Settings, roots: tuple[str, ...]) -> None:
    """Scan these folders where there is no scan of them."""
    import os

    from dedupe.cli.running import run
    from dedupe.library.decisions import Decisions
    from dedupe.library.paths import StorePaths

    if not roots:
        return
    path = StorePaths.at(settings.store).decisions
    if os.path.lexists(path):
        with Decisions(path) as memory:
            if memory.use_scan(roots):
                return
    run(roots, settings)


def _apply(settings: Settings, wishes: Wishes, roots: tuple[str, ...], *, as_json: bool) -> int:
    """Act on what was chosen so far; the exit code."""
    from dedupe.review.run import act

    result, leaving, settings = _chosen(settings, roots)
    return act(result, settings, wishes, as_json=as_json, partings=leaving)


def _chosen(settings: Settings, roots: tuple[str, ...]) -> tuple[ScanResult, tuple[Parting, ...], Settings]:
    """The scan without its copies, the shots that a person let go, and the settings that the scan was made with."""
    from dedupe.review.saved_scan import last_scan
    from dedupe.review.series import away_from, partings, sets_in, shots_alone

    with last_scan(settings, roots) as (session, result):
        leaving = partings(sets_in(result), session.decisions.words(), away_from(session.paths))
        return shots_alone(result), leaving, session.settings


def _show(settings: Settings, roots: tuple[str, ...], wanted: _Wanted) -> int:
    from dedupe.review.saved_scan import last_scan
    from dedupe.review.series import sets_in

    with last_scan(settings, roots) as (session, result):
        sets = sets_in(result)
        if wanted.as_json:
            _print_json(session, result, sets[: wanted.limit])
            return 0
        chose = _choose(session, result, sets, wanted)
    return _after(settings, roots) if chose else 0


def _print_json(session: Session, result: ScanResult, sets: tuple[ShotSet, ...]) -> None:
    from dedupe.report.files import to_stdout
    from dedupe.report.series import json_chunks
    from dedupe.review.series import away_from, copies_of, fates
    from dedupe.steps import look

    found = fates(sets, session.decisions.words(), away_from(session.paths))
    to_stdout(json_chunks(result.roots, look(session, sets), found, copies_of(result)))


def _choose(session: Session, result: ScanResult, sets: tuple[ShotSet, ...], wanted: _Wanted) -> bool:
    """Show the sets and, on a terminal, ask which shots stay; whether a set was decided on."""
    from dedupe.review.run import on_terminal
    from dedupe.review.series import copies_of, holds
    from dedupe.review.series_prompt import Choosing
    from dedupe.steps import Looked
    from dedupe.terminal.console import say, stdout

    words = session.decisions.words()
    open_sets = [one for one in sets if wanted.again or not holds(words.get(one.id), one)]
    shown = [one for one in open_sets if wanted.whole or not one.kind.whole][: wanted.limit]
    looked = Looked(session, shown)
    choosing = Choosing(looked, session.decisions, stdout(), result.roots, copies_of(result), wanted.whole)
    (choosing.run if on_terminal() else choosing.show_all)()
    left = len(choosing.passed) + sum(one.kind.whole for one in open_sets if not wanted.whole)
    say(_counted(len(shown) - len(choosing.passed), left, len(sets) - len(open_sets)))
    return bool(choosing.decided)


def _counted(shown: int, left: int, decided: int) -> str:
    """How many sets there are, as a sentence or two."""
    from dedupe.terminal.text import format_count

    said = [f"{format_count(shown, 'set')} of shots to choose from." if shown else "There is no set to choose from."]
    if left:
        said.append(
            f"{format_count(left, 'bracket or panorama', 'brackets or panoramas')} left whole (--all shows them)."
        )
    if decided:
        said.append(f"{format_count(decided, 'set')} decided before (--again shows them).")
    return " ".join(said)


def _after(settings: Settings, roots: tuple[str, ...]) -> int:
    """What becomes of the shots that a person let go."""
    from dedupe.review.run import Wishes, act, say
    from dedupe.review.where import where_to_shots

    result, leaving, settings = _chosen(settings, roots)
    if not leaving:
        say(["All shots stay."])
        return 0
    trash, folder = where_to_shots(leaving)
    if not trash and folder is None:
        say(["Your choice is saved; nothing was removed. `dedupe series --trash` or `--move-to DIR` does it later."])
        return 0
    return act(result, settings, Wishes(trash=trash, move_to=folder), partings=leaving)
