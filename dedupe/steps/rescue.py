"""rescue: where it was asked for, which copies may go because what only they say is carried over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dedupe.session import Session
from dedupe.steps.contents import Contents
from dedupe.steps.group import Grouped, assets_of
from dedupe.types import FromTakeout, Group, PhotoFile, RescueMode


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


def with_jsons(session: Session, found: Sequence[PhotoFile], files: list[PhotoFile]) -> list[PhotoFile]:
    """``files`` with those of ``found`` that have a Takeout JSON, where it is to be written; in the order of ``found``."""
    if session.settings.rescue is not RescueMode.ALWAYS:
        return files
    from dedupe.rescue.own import has_json

    paths = {file.path for file in files}
    return [file for file in found if file.path in paths or has_json(file)]


def from_takeout(session: Session, contents: Contents, groups: Sequence[Group]) -> tuple[FromTakeout, ...]:
    """The photos whose own Takeout JSON says more than they do; none where that was not asked for."""
    if session.settings.rescue is not RescueMode.ALWAYS:
        return ()
    from dedupe.rescue import own

    files = contents.files
    wanted = {key for key in files if any(map(own.has_json, files[key]))}
    if not wanted:
        return ()
    from dedupe.tree.companion_content import described

    photos = [
        described(photo)
        for photo in assets_of(session, contents, wanted)[0]
        if any(own.has_json(p.file) for p in photo.parts)
    ]
    with session.step("takeout", len(photos)) as shown:
        found: list[FromTakeout] = []
        for photo in photos:
            found += own.from_takeout([photo], groups)
            shown.advance()
    return tuple(found)
