"""The HTML report of the last scan as it is now: reviewed or not, acted on or not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dedupe.library.scans import EditState
from dedupe.terminal.text import display_path, format_bytes, format_count

if TYPE_CHECKING:
    from dedupe.actions import RunSummary
    from dedupe.session import Session
    from dedupe.settings import Settings
    from dedupe.types import ScanResult

_WORDS = {
    EditState.ACCEPTED: "accepted",
    EditState.SKIPPED: "skipped",
    EditState.KEEP_ALL: "all kept",
    EditState.NOT_DUPLICATES: "not duplicates",
}


def write_page(settings: Settings, target: str, roots: tuple[str, ...] = (), *, places: bool = False) -> None:
    """Write the last scan (of ``roots``), as its review left it, into the file ``target``; with ``places`` also GPS positions.

    Raises UsageError where there is no scan, or the file cannot be written; HtmlUnavailableError without jinja2.
    """
    from dedupe.report.html import Wanted, check_available, write_html
    from dedupe.report.html_pictures import Pictures
    from dedupe.report.placement import placements
    from dedupe.review.saved_scan import last_scan, previews

    check_available()
    with last_scan(settings, roots) as (session, left):
        saved = session.decisions.saved_scan()
        result = saved.result if saved is not None else left  # with what was removed since
        pictures = Pictures(previews(session), lambda keep, photo: placements(session.cache, [(keep, photo)])[0])
        plan, states = _as_decided(session, result)
        write_html(plan, target, pictures, _done(session), Wanted(places, states))


def _as_decided(session: Session, result: ScanResult) -> tuple[ScanResult, dict[str, str]]:
    """The scan with what was decided, every group still in it, and the decisions in words."""
    from dataclasses import replace

    from dedupe.review.choice import CHOSEN, restored
    from dedupe.review.saved_scan import verifier
    from dedupe.types import Group

    edits, verify = session.decisions.edits(), verifier(session, result)
    groups, states = [], {}
    for group in result.groups:
        choice = restored(group, edits.get(group.id), verify)
        goes = choice.verdict in (EditState.OPEN, EditState.ACCEPTED)
        extras = tuple(replace(one, selected=one.selected and goes) for one in choice.extras if one is not None)
        chosen = Group(group.id, choice.stays, CHOSEN, extras)
        groups.append(replace(group, extras=extras) if choice.keep == 0 else chosen)
        if choice.verdict in _WORDS:
            states[group.id] = _WORDS[choice.verdict]
    return replace(result, groups=tuple(groups)), states


def _done(session: Session):  # type: ignore[no-untyped-def]  # the report's module is loaded only when it is wanted
    from dedupe import actions
    from dedupe.report.html import Done

    runs = actions.history(session.paths)
    return Done(frozenset(actions.away(session.paths)), tuple(map(_said, runs)))


def _said(run: RunSummary) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.began))
    what = f"{run.purpose.value} of run {run.undoes}" if run.undoes is not None else run.purpose.value
    where = f" to {display_path(run.target)}" if run.target is not None else ""
    back = f", {format_count(run.undone)} of them back" if run.undone else ""
    return f"Run {run.number}, {when}: {what}{where}, {format_count(run.assets, 'photo')} ({format_bytes(run.bytes)}){back}."
