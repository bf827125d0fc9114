"""``scan``: walk ─► read ─► embed ─► neighbours ─► relate ─► complete ─► group, one after the other.

Touches nothing in the photo folders. What each step finds out is in the store when it ends.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dedupe import steps
from dedupe.library.codec import to_json
from dedupe.library.database import DamagedStoreError
from dedupe.session import Session, rare_collection
from dedupe.settings import Settings, absolute
from dedupe.tree.walk import check_roots
from dedupe.types import ScanResult, Skipped, Stats

if TYPE_CHECKING:
    from dedupe.steps import Grouped
    from dedupe.terminal.progress import Progress


_log = logging.getLogger("dedupe")


def scan(
    roots: Sequence[str] | str, settings: Settings | None = None, *, progress: Progress | None = None
) -> ScanResult:
    """The verified duplicate groups of the photos below ``roots``; remembered for `dedupe review` and `apply`.

    Raises MissingRootError, UsageError, ModelUnavailableError or StoreError before anything is read; a photo that cannot
    be read is in ``ScanResult.skipped`` and stops nothing.
    """
    roots = [roots] if isinstance(roots, str) else roots
    try:
        return _scan(roots, settings or Settings(), progress)
    except DamagedStoreError as error:
        # Closed, the damaged database was kept aside; what it held is worked out anew.
        if error.notice:
            _log.warning("%s", error.notice)
        return _scan(roots, settings or Settings(), progress)


@rare_collection()
def _scan(roots: Sequence[str], settings: Settings, progress: Progress | None) -> ScanResult:
    check_roots((*absolute(roots), *settings.reference, *settings.protect))
    with Session(settings, progress) as session:
        tree = steps.walk(session, absolute(roots))
        embedding = steps.Embedding(session)
        contents = embedding.complete(steps.read(session, tree.files, embedding))
        matches = steps.matches(session, contents)
        related = steps.complete(session, contents, matches)
        grouped = steps.group(session, contents, related)
        result = _result(session, absolute(roots), (*tree.skipped, *contents.skipped), grouped)
        session.decisions.save_scan(result, to_json(settings))
    return result


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
    )
