"""``scan``: walk ─► read ─► embed ─► neighbours ─► relate ─► group, one after the other (DESIGN.md §3).

Touches nothing in the photo folders. What each step finds out is in the store when it ends.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dedupe import steps
from dedupe.session import Session
from dedupe.settings import Settings, absolute
from dedupe.types import ScanResult, Skipped, Stats

if TYPE_CHECKING:
    from dedupe.console import Progress
    from dedupe.steps import Grouped


def scan(roots: Sequence[str], settings: Settings | None = None, *, progress: Progress | None = None) -> ScanResult:
    """The verified duplicate groups of the photos below ``roots``; remembered for `dedupe review` and `apply`.

    Raises MissingRootError, UsageError, ModelUnavailableError or StoreError before anything is read; a photo that cannot
    be read is in ``ScanResult.skipped`` and stops nothing.
    """
    with Session(settings or Settings(), progress) as session:
        tree = steps.walk(session, absolute(roots))
        contents = steps.read(session, tree.files)
        keys = steps.embed(session, contents)
        pairs = steps.neighbours(session, keys)
        matches = steps.relate(session, contents, steps.wanted(session, contents, pairs))
        grouped = steps.group(session, contents, matches)
        result = _result(session, absolute(roots), (*tree.skipped, *contents.skipped), grouped)
        session.decisions.save_scan(result)
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
