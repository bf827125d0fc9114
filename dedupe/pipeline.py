"""``scan``: the steps from a folder tree to groups, one after the other.

walk ─► read ─► embed ─► neighbours ─► refuse ─► compare ─► complete ─► group; with ``exact``
walk ─► hash ─► read ─► complete ─► group.

Touches nothing in the photo folders. What each step finds out is in the store when it ends.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from dedupe import steps
from dedupe.library.codec import to_json
from dedupe.library.database import DamagedStoreError
from dedupe.session import Session, rare_collection
from dedupe.settings import Settings, absolute
from dedupe.tree.roots import check_roots, split_roots
from dedupe.types import Match, ScanResult, Skipped, Stats

if TYPE_CHECKING:
    from dedupe.steps import Contents, Grouped
    from dedupe.terminal.progress import Progress
    from dedupe.tree.walk import Walk


_log = logging.getLogger("dedupe")

Early: TypeAlias = "Callable[[Grouped], None]"


def scan(
    roots: Sequence[str] | str,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    early: Early | None = None,
) -> ScanResult:
    """The verified duplicate groups of the photos below ``roots``; remembered for `dedupe review` and `apply`.

    Raises MissingRootError, UsageError, ModelUnavailableError or StoreError before anything is read; a photo that cannot
    be read is in ``ScanResult.skipped`` and stops nothing. ``early`` is told the groups of the same bytes and pixels as soon
    as all is read, before anything is compared, where anything had to be read.
    """
    roots = [roots] if isinstance(roots, str) else roots
    try:
        return _scan(roots, settings or Settings(), progress, early)
    except DamagedStoreError as error:
        # Closed, the damaged database was kept aside; what it held is worked out anew.
        if error.notice:
            _log.warning("%s", error.notice)
        return _scan(roots, settings or Settings(), progress, early)


@rare_collection()
def _scan(roots: Sequence[str], settings: Settings, progress: Progress | None, early: Early | None) -> ScanResult:
    folders, files = split_roots(absolute(roots))
    check_roots((*settings.reference, *settings.protect))
    with Session(settings, progress) as session:
        tree = steps.walk(session, absolute(roots))
        contents, grouped = _exact(session, tree) if settings.exact else _whole(session, tree, early)
        result = _result(session, _roots(folders, files), (*tree.skipped, *contents.skipped), grouped)
        result = replace(result, from_takeout=steps.from_takeout(session, contents, grouped.groups))
        if files:
            result = replace(result, named=absolute(roots))
        session.decisions.save_scan(result, to_json(settings))
    return result


def _whole(session: Session, tree: Walk, early: Early | None) -> tuple[Contents, Grouped]:
    embedding = steps.Embedding(session)
    contents = embedding.complete(steps.read(session, tree.files, embedding))
    if early is not None and embedding.expected:
        early(_grouped(session, contents, steps.same_pixels(session, contents, work_out=False)))
    return contents, _grouped(session, contents, steps.matches(session, contents))


def _exact(session: Session, tree: Walk) -> tuple[Contents, Grouped]:
    """Only what is equal: reads the files that may be, and no others."""
    files = steps.with_jsons(session, tree.files, steps.perhaps_equal(session, tree.files))
    contents = steps.read(session, files)
    grouped = _grouped(session, contents, steps.same_pixels(session, contents, work_out=True))
    alone = len(tree.files) - len(files)
    return contents, replace(grouped, files=grouped.files + alone, photos=grouped.photos + alone)


def _grouped(session: Session, contents: Contents, matches: Sequence[Match]) -> Grouped:
    related = steps.complete(session, contents, matches)
    damaged = steps.damage(session, contents, related.matches)
    grouped = replace(steps.group(session, contents, related, damaged.pairs), damaged=damaged.listed)
    return steps.carry_over(session, grouped)


def _roots(folders: Sequence[str], files: Sequence[str]) -> tuple[str, ...]:
    """The folders of a scan: those named, and those in which the named photos are."""
    return tuple(dict.fromkeys((*folders, *map(os.path.dirname, files))))


def _result(session: Session, roots: tuple[str, ...], skipped: Sequence[Skipped], grouped: Grouped) -> ScanResult:
    return ScanResult(
        model=session.model.name,
        threshold=session.radius,
        roots=roots,
        groups=grouped.groups,
        series=grouped.series,
        skipped=tuple(sorted(skipped, key=lambda one: (os.fsencode(one.path), one.kind))),
        stats=Stats(
            files=grouped.files + len(skipped),
            photos=grouped.photos,
            groups=len(grouped.groups),
            extras=sum(len(group.extras) for group in grouped.groups),
            reclaimable_bytes=grouped.reclaimable_bytes,
            seconds={name: round(spent, 3) for name, spent in session.seconds.items()},
        ),
        damaged=grouped.damaged,
        doubtful=grouped.doubtful,
    )
