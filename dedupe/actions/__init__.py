"""Acting on the groups: plan, apply, recover, undo.

Light on purpose: no NumPy, no cv2, no FAISS; a crash must not depend on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dedupe.actions.execution.apply import Applied, Applier, Progress, Stop, rehearse
from dedupe.actions.execution.guards import Terms
from dedupe.actions.execution.prune import emptied, prune
from dedupe.actions.execution.recover import reconcile_all, recover, recover_if_needed
from dedupe.actions.execution.undo import UndoReport, undo
from dedupe.actions.journal.access import ActionPaths, acting_alone
from dedupe.actions.journal.history import RunSummary, away, history, unreconciled
from dedupe.actions.link import link, preview_links
from dedupe.actions.planning.plan import Plan, draft, plan, references_of
from dedupe.actions.planning.preflight import check_all, drop_blocker, target_folder
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.trash import Trash
from dedupe.actions.report import Preview, Report, preview_of
from dedupe.errors import RefusedError, UsageError
from dedupe.types import ActionKind, Parting, ScanResult

__all__ = [
    "ActionPaths",
    "Preview",
    "Report",
    "RunSummary",
    "UndoReport",
    "act",
    "away",
    "history",
    "link",
    "plan",
    "preview",
    "preview_links",
    "recover",
    "recover_if_needed",
    "undo",
    "unreconciled",
]


def act(  # noqa: PLR0913 - the words of the command line, all but one by name
    result: ScanResult,
    *,
    kind: ActionKind,
    target: str | None,
    paths: ActionPaths,
    max_drop: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    stop: Stop | None = None,
    prune_empty: bool = False,
    disk: Disk | None = None,
    partings: Sequence[Parting] = (),
) -> Report:
    """Bring the selected extras of ``result`` to the trash, or to the folder ``target``, and account for each.

    So go the shots of ``partings``, which are no copies: a person let each of them go by hand. The photos of
    ``result.own_sidecars`` get what their own Takeout JSON says, after that.

    A dry run plans the same actions, makes the same checks and touches nothing. ``stop`` ends the run between two photos.
    ``prune_empty`` removes the folders that the photos leave empty; an undo makes them again.
    What goes wrong with single photos is in the report. Raises RefusedError (LockedError) where the whole is refused before
    anything was touched, UsageError on a missing target or a ``max_drop`` that is not a number.
    """
    disk, wanted = disk or Disk(), (result, partings)
    if kind is ActionKind.MOVE and not target:
        raise UsageError("A move needs a folder to move to.")
    place = target_folder(target) if target and kind is ActionKind.MOVE else None
    if dry_run:
        drafted, terms = _prepared(wanted, kind, place, max_drop, disk)
        return _report(
            None, drafted, terms, rehearse(drafted.actions, terms, disk, progress, drafted.own), dry_run=True
        )
    with acting_alone(paths, disk) as journal:
        notes = reconcile_all(disk, journal)
        drafted, terms = _prepared(wanted, kind, place, max_drop, disk)
        if not drafted.actions and not drafted.own:
            return _report(None, drafted, terms, Applied(), notes=tuple(notes))
        applier = Applier(terms, disk, journal, Trash(disk))
        trash = Trash(disk)
        applied = applier.run(drafted.actions, progress, stop, drafted.own)
        if applied.refused is not None:
            raise RefusedError(applied.refused)
        empty = emptied(disk, applied.outcomes, result.roots)
        pruned = prune(disk, journal, applier.number, empty) if prune_empty else ()
        report = _report(applier.number, drafted, terms, applied, notes=tuple(notes))
        undoable = kind is ActionKind.MOVE or trash.undoable
        return replace(
            report, emptied=tuple(one for one in empty if one not in pruned), pruned=pruned, undoable=undoable
        )


def preview(
    result: ScanResult,
    *,
    kind: ActionKind,
    target: str | None,
    max_drop: str | None = None,
    disk: Disk | None = None,
    partings: Sequence[Parting] = (),
) -> Preview:
    """What ``act`` would be about, without reading a photo: for the one screen before anything happens.

    Raises RefusedError where more than ``max_drop`` would leave, UsageError where that is not a number.
    """
    disk = disk or Disk()
    place = target_folder(target) if target else None
    drafted = draft(result, kind=kind, target=place, disk=disk, read_companions=False, partings=partings)
    _refuse_too_many(drafted, result, max_drop)
    told = preview_of(drafted.actions, drafted.left, kind=kind, target=place, undoable=Trash(disk).undoable)
    return replace(told, own=len(drafted.own))


def _prepared(
    wanted: tuple[ScanResult, Sequence[Parting]], kind: ActionKind, place: str | None, max_drop: str | None, disk: Disk
) -> tuple[Plan, Terms]:
    """The plan and its terms, with the preflight passed. Raises RefusedError."""
    result, partings = wanted
    drafted = draft(result, kind=kind, target=place, disk=disk, partings=partings)
    _refuse_too_many(drafted, result, max_drop)
    terms = replace(
        Terms.of(drafted.actions, kind, place, result.roots, drafted.shared), references=references_of(result)
    )
    check_all(disk, drafted.actions, terms.scanned, place)
    return drafted, terms


def _refuse_too_many(drafted: Plan, result: ScanResult, max_drop: str | None) -> None:
    reason = None if max_drop is None else drop_blocker(len(drafted.actions), result.stats.photos, max_drop)
    if reason is not None:
        raise RefusedError(f"{reason} Nothing was touched.")


def _report(
    run: int | None,
    drafted: Plan,
    terms: Terms,
    applied: Applied,
    *,
    dry_run: bool = False,
    notes: tuple[str, ...] = (),
) -> Report:
    return Report(
        run=run,
        kind=terms.kind,
        target=terms.target,
        outcomes=(*applied.outcomes, *drafted.left),
        dry_run=dry_run,
        stopped=applied.stopped,
        notes=(*notes, *applied.notes),
        own=tuple(applied.own),
    )
