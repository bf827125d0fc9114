"""group: from verdicts to the groups and series a person is shown."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from dedupe.comparing.version import RELATE_VERSION
from dedupe.session import Session
from dedupe.steps.compare import relate
from dedupe.steps.contents import Contents
from dedupe.steps.neighbours import distances
from dedupe.types import ContentKey, Group, Match, Pair, Photo, Series


@dataclass(frozen=True, slots=True)
class Grouped:
    """The groups and series, with the account of what they were made from: ``files`` that were read, and ``photos``, of which
    RAW+JPEG is one."""

    groups: tuple[Group, ...]
    series: tuple[Series, ...]
    files: int
    photos: int
    reclaimable_bytes: int


def group(session: Session, contents: Contents, matches: Sequence[Match]) -> Grouped:
    """Star groups of verified extras, the keeper of each by the settings' rules and the user's word."""
    from dedupe.decoding.content_key import content_key_of_path
    from dedupe.grouping import group

    settings = session.settings
    photos, members = _units(session, contents, matches)
    options = group.Options(
        rules=settings.keep,
        prefer=settings.prefer,
        select=settings.select,
        cross_only=settings.cross_only,
        caution=settings.caution,
    )
    open_pairs = group.open_pairs(photos, matches, options, decisions=session.decisions)
    matches = [*matches, *_late_matches(session, contents, matches, open_pairs)]
    with session.step("group", len(photos)) as shown:
        groups, series = group.group(
            photos, matches, options, decisions=session.decisions, companion_key=cache(content_key_of_path)
        )
        shown.advance(len(photos))
    found = contents.files.count
    return Grouped(
        groups,
        series,
        files=found,
        photos=found - members,
        reclaimable_bytes=sum(group.reclaimable(groups).values()),
    )


def _units(session: Session, contents: Contents, matches: Sequence[Match]) -> tuple[list[Photo], int]:
    """The units that may be in a group or series, and how many photos of the tree are members of another."""
    from dedupe.tree.companion_time import agreeing
    from dedupe.tree.companions import join_members, stem_families
    from dedupe.tree.unscanned import UnscannedFiles

    paths = contents.files.paths()
    families = {path for family in stem_families(paths) for path in family}
    related = {key for match in matches for key in (match.a, match.b)}
    related.update(contents.files.shared)
    needed = related | set(contents.files.key_of(families).values()) if families else related
    if not needed:
        return [], 0
    said = session.cache.contents(needed)
    photos = [
        Photo(file, key, *said[key])
        for key in needed & said.keys()
        for file in contents.files[key]
        if key in related or file.path in families
    ]
    photos.sort(key=lambda photo: os.fsencode(photo.path))
    units = join_members(photos)
    unscanned = UnscannedFiles(set(paths))
    whole = [unscanned.attached(agreeing(photo)) if photo.content_key in related else photo for photo in units]
    return whole, len(photos) - len(units)


def _late_matches(
    session: Session, contents: Contents, matches: Sequence[Match], open_pairs: Sequence[tuple[ContentKey, ContentKey]]
) -> list[Match]:
    """Verdicts on pairs that a chain of matches joins although the embedding did not hold them close."""
    known = {(match.a, match.b) for match in matches}
    asked = [ends for ends in open_pairs if ends not in known]
    judged = session.cache.matches([Pair(a, b, 0.0) for a, b in asked], RELATE_VERSION)
    asked = [ends for ends in asked if ends not in judged or judged[ends].relation is not None]
    if not asked:
        return []
    pairs = [Pair(a, b, apart) for (a, b), apart in zip(asked, distances(session, asked), strict=True)]
    return relate(session, contents, pairs, refuse=False).matches
