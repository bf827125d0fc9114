"""Replacing copies by links: the doors for the command line."""

from __future__ import annotations

from dataclasses import replace

from dedupe.actions.execution.apply import Applied, Progress, Stop
from dedupe.actions.execution.guards import Terms
from dedupe.actions.execution.linking import Linker, draft_links, rehearse_links
from dedupe.actions.execution.recover import reconcile_all
from dedupe.actions.journal.access import ActionPaths, acting_alone
from dedupe.actions.planning.plan import references_of
from dedupe.actions.planning.preflight import drop_blocker, roots_blocker
from dedupe.actions.platform.disk import Disk
from dedupe.actions.report import Preview, Report, preview_of
from dedupe.errors import RefusedError
from dedupe.types import Action, ActionKind, Outcome, ScanResult


def link(
    result: ScanResult,
    *,
    kind: ActionKind,
    paths: ActionPaths,
    max_drop: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    stop: Stop | None = None,
    disk: Disk | None = None,
) -> Report:
    """Replace the selected copies of ``result`` that are byte-identical by links to the photo that stays.

    ``kind`` chooses hard links or reflinks. The report accounts for each copy; one that is not byte-identical is refused
    with the reason. A dry run makes the same checks and touches nothing. Raises RefusedError (LockedError) where the
    whole is refused before anything was touched.
    """
    disk = disk or Disk()
    if dry_run:
        actions, left, terms = _prepared(result, kind, max_drop, disk)
        return _report(None, terms, rehearse_links(actions, terms, disk, progress), left, dry_run=True)
    with acting_alone(paths, disk) as journal:
        notes = tuple(reconcile_all(disk, journal))
        actions, left, terms = _prepared(result, kind, max_drop, disk)
        if not actions:
            return _report(None, terms, Applied(), left, notes=notes)
        linker = Linker(terms, disk, journal)
        return _report(linker.number, terms, linker.run(actions, progress, stop), left, notes=notes)


def preview_links(result: ScanResult, kind: ActionKind, max_drop: str | None = None) -> Preview:
    """What ``link`` would be about, without reading a photo. Raises RefusedError where ``max_drop`` does not allow it."""
    actions, left = draft_links(result, kind)
    _refuse_too_many(len(actions), result, max_drop)
    return preview_of(actions, left, kind=kind, target=None, undoable=True)


def _prepared(
    result: ScanResult, kind: ActionKind, max_drop: str | None, disk: Disk
) -> tuple[list[Action], list[Outcome], Terms]:
    actions, left = draft_links(result, kind)
    _refuse_too_many(len(actions), result, max_drop)
    reason = roots_blocker(disk, actions, result.roots)
    if reason is not None:
        raise RefusedError(f"{reason} Nothing was touched.")
    return actions, left, replace(Terms.of(actions, kind, None, result.roots), references=references_of(result))


def _refuse_too_many(count: int, result: ScanResult, max_drop: str | None) -> None:
    reason = None if max_drop is None else drop_blocker(count, result.stats.photos, max_drop)
    if reason is not None:
        raise RefusedError(f"{reason} Nothing was touched.")


def _report(
    run: int | None,
    terms: Terms,
    applied: Applied,
    left: list[Outcome],
    *,
    dry_run: bool = False,
    notes: tuple[str, ...] = (),
) -> Report:
    outcomes = (*applied.outcomes, *left)
    return Report(run, terms.kind, None, outcomes, dry_run=dry_run, stopped=applied.stopped, notes=notes)
