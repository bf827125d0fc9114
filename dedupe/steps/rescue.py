"""rescue: where it was asked for, which copies may go because what only they say is carried over."""

from __future__ import annotations

from dataclasses import replace

from dedupe.session import Session
from dedupe.steps.group import Grouped
from dedupe.types import Group, RescueMode


def carry_over(session: Session, grouped: Grouped) -> Grouped:
    """The groups with the copies selected that a sidecar frees; as they are where that was not asked for."""
    settings = session.settings
    if settings.rescue is not RescueMode.ALWAYS:
        return grouped
    from dedupe.grouping.group import reclaimable
    from dedupe.rescue.offer import Wanted, offered

    wanted = Wanted(albums=settings.albums_as_keywords, dates=settings.rescue_dates)
    with session.step("rescue", len(grouped.groups)) as shown:
        found: list[Group] = []
        for group in grouped.groups:
            found += offered([group], wanted)
            shown.advance()
    groups = tuple(found)
    return replace(grouped, groups=groups, reclaimable_bytes=sum(reclaimable(groups).values()))
