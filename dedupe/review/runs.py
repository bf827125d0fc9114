"""What was done to photos, for people and programs: runs of the history, an action and its undoing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dedupe.actions.journal.records import RunPurpose
from dedupe.report.json import SCHEMA, dumped, path_entry, saved_entry
from dedupe.terminal.text import display_path, display_text, format_bytes, format_count

if TYPE_CHECKING:
    from rich.console import Console

    from dedupe.actions import Report, RunSummary, UndoReport
    from dedupe.types import Outcome


_HEAD = "run  when              what         photos     size  put back  undo"


def show_history(runs: Sequence[RunSummary], console: Console) -> None:
    """Print the runs as a table."""
    if not runs:
        console.print("No photo was removed yet.")
        return
    console.print(_HEAD, style="dim", soft_wrap=True)
    for run in runs:
        what = run.purpose.value if run.undoes is None else f"{run.purpose.value} of {run.undoes}"
        figures = f"{run.assets:>7,}{format_bytes(run.bytes):>9}{run.undone:>10,}"
        line = f"{run.number:>3,}  {_when(run.began)}  {what:<12}{figures}  {run.way_back}"
        console.print(line.rstrip(), soft_wrap=True)
        if run.target is not None:  # a path of any length, whole
            console.print(f"{'':<5}to {display_path(run.target)}", soft_wrap=True)
        if run.why_not is not None and run.purpose is not RunPurpose.UNDO and run.assets != run.undone:
            console.print(f"{'':<5}{display_text(run.why_not)}", soft_wrap=True)
    for run in runs:
        if run.sidecars:
            sidecars = format_count(run.sidecars, "sidecar")
            console.print(f"Run {run.number}: wrote {sidecars} beside photos that stay.", soft_wrap=True)
        if run.needs_person:
            photos = format_count(run.needs_person, "photo")
            verb = "needs" if run.needs_person == 1 else "need"
            said = f"Run {run.number}: {photos} {verb} your attention; `dedupe recover` says which."
            console.print(said, soft_wrap=True)


def _when(began: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(began))


def undo_question(run: RunSummary) -> str:
    """What an undo of ``run`` is about."""
    where = "the trash" if run.target is None else display_path(run.target)
    count = run.assets - run.undone
    if not count and run.sidecars:
        back = "is taken back" if run.sidecars == 1 else "are taken back"
        return f"Run {run.number}: {format_count(run.sidecars, 'sidecar')} {back}."
    if run.purpose is RunPurpose.LINK:
        links = format_count(count, "link")
        return f"Run {run.number}: {links}, {format_bytes(run.bytes_away)}, become files of their own again."
    verb = "comes" if count == 1 else "come"
    return (
        f"Run {run.number}: {format_count(count, 'photo')}, {format_bytes(run.bytes_away)}, {verb} back from {where}."
    )


def history_json(runs: Sequence[RunSummary]) -> Iterator[str]:
    """The runs as one JSON object."""
    yield dumped({"schema": SCHEMA, "runs": [_run(run) for run in runs]}) + "\n"


def _run(run: RunSummary) -> dict[str, object]:
    target = {"target": None} if run.target is None else path_entry("target", run.target)
    return {
        "run": run.number,
        "purpose": run.purpose.value,
        "began": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(run.began)),
        **target,
        "undoes": run.undoes,
        "photos": run.assets,
        "files": run.files,
        "bytes": run.bytes,
        "put_back": run.undone,
        "sidecars": run.sidecars,
        "need_attention": run.needs_person,
        "undoable": run.undoable,
        "why_not": run.why_not,
    }


def apply_json(report: Report) -> Iterator[str]:
    """What an action did, as one JSON object."""
    target = {"target": None} if report.target is None else path_entry("target", report.target)
    entry = {
        "schema": SCHEMA,
        "run": report.run,
        "kind": report.kind.value,
        **target,
        "dry_run": report.dry_run,
        "photos": len(report.done),
        "files": report.files,
        "bytes": report.bytes_freed,
        "stopped": None if report.stopped is None else display_text(report.stopped),
        "notes": [display_text(note) for note in report.notes],
        "emptied": [path_entry("path", folder) for folder in report.emptied],
        "pruned": [path_entry("path", folder) for folder in report.pruned],
        "undo": None if report.run is None else f"dedupe undo {report.run}",
        "outcomes": [_outcome(outcome) for outcome in report.outcomes],
        **({"from_takeout": [_own(outcome) for outcome in report.own]} if report.own else {}),
    }
    yield dumped(entry) + "\n"


def _outcome(outcome: Outcome) -> dict[str, object]:
    action = outcome.action
    return {
        "outcome": outcome.kind.value,
        "reason": display_text(outcome.reason),
        "relation": action.relation.value,
        **({} if action.by_hand is None else {"by_hand": True}),
        "keeper": path_entry("path", action.keeper.source),
        "files": [
            path_entry("path", move.source) | ({"to": None} if move.target is None else path_entry("to", move.target))
            for move in action.moves
        ],
        **_written(outcome),
    }


def _own(outcome: Outcome) -> dict[str, object]:
    """A photo that got, or was to get, what its own Takeout JSON says."""
    head = {"outcome": outcome.kind.value, "reason": display_text(outcome.reason)}
    return {**head, **path_entry("path", outcome.action.keeper.source), **_written(outcome)}


def _written(outcome: Outcome) -> dict[str, object]:
    if not outcome.sidecar:
        return {}
    return {"rescues": saved_entry(outcome.saved), **path_entry("sidecar", outcome.sidecar)}


def undo_json(report: UndoReport) -> Iterator[str]:
    """What an undo did, as one JSON object."""
    entry = {
        "schema": SCHEMA,
        "run": report.run,
        "photos": len(report.restored),
        "sidecars": [path_entry("path", one.path) for one in report.sidecars],
        "restored": [path_entry("path", one.path) | path_entry("now", one.now) for one in report.restored],
        "skipped": [{"reason": display_text(reason), "photos": count} for reason, count in report.left.items()],
        "stopped": None if report.stopped is None else display_text(report.stopped),
        "notes": [display_text(note) for note in report.notes],
    }
    yield dumped(entry) + "\n"
