"""complete and group: from verdicts to the groups and series a person is shown."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dedupe.comparing.version import RELATE_VERSION
from dedupe.session import Session
from dedupe.steps.compare import judge
from dedupe.steps.contents import Contents
from dedupe.steps.neighbours import distances
from dedupe.types import ContentKey, Damage, Group, Match, Pair, Photo, Series

if TYPE_CHECKING:
    from dedupe.grouping.group import Options

ROUNDS: Final = 4
"""So often the families are asked for pairs that they need; what a round joins may need another."""


@dataclass(frozen=True, slots=True)
class Related:
    """What may be in a group or series.

    ``photos``: RAW+JPEG as one; ``members``: how many photos of the tree are members of another; ``matches``: those of their
    contents.
    """

    photos: tuple[Photo, ...]
    members: int
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The groups and series, with the account of what they were made from.

    ``files`` that were read, and ``photos``, of which RAW+JPEG is one; ``damaged`` is what is or may be damaged among them.
    """

    groups: tuple[Group, ...]
    series: tuple[Series, ...]
    files: int
    photos: int
    reclaimable_bytes: int
    damaged: tuple[Damage, ...] = ()
    doubtful: tuple[str, ...] = ()


def complete(session: Session, contents: Contents, matches: Sequence[Match]) -> Related:
    """The photos of the matches, and the further verdicts that their families need: on heads that only their copies join."""
    from dedupe.grouping import group

    with session.step("complete") as shown:
        photos, members = _assets(session, contents, matches)
        known = {(match.a, match.b): match for match in matches}
        tried: set[tuple[ContentKey, ContentKey]] = set()
        for _ in range(ROUNDS):
            wanted = group.open_pairs(photos, known.values(), _options(session), decisions=session.decisions)
            asked = [ends for ends in wanted if ends not in known and ends not in tried]
            if not asked:
                break
            tried.update(asked)
            pairs = _not_unrelated(session, asked)
            shown.expect(len(tried))
            judged = judge(session, contents, pairs, shown)
            known.update(((match.a, match.b), match) for match in judged if match.relation is not None)
    return Related(tuple(photos), members, tuple(known.values()))


def _not_unrelated(session: Session, asked: Sequence[tuple[ContentKey, ContentKey]]) -> list[Pair]:
    """The pairs with their distances, without those that are remembered to be unrelated."""
    judged = session.cache.matches([Pair(a, b, 0.0) for a, b in asked], RELATE_VERSION)
    asked = [ends for ends in asked if ends not in judged or judged[ends].relation is not None]
    if not asked:
        return []
    return [Pair(a, b, apart) for (a, b), apart in zip(asked, distances(session, asked), strict=True)]


def group(
    session: Session, contents: Contents, related: Related, damaged: Mapping[frozenset[ContentKey], int]
) -> Grouped:
    """The family of each capture, its head and root by the settings' rules and the user's word.

    ``damaged`` as ``steps.damage`` has its pairs.
    """
    from dedupe.grouping import group

    with session.step("group", len(related.photos)) as shown:
        found = group.group(
            related.photos,
            related.matches,
            _options(session),
            decisions=session.decisions,
            companion_key=session.cache.companion_key,
            damaged=damaged,
        )
        shown.advance(len(related.photos))
    files = contents.files.count
    return Grouped(
        found.groups,
        found.series,
        files=files,
        photos=files - related.members,
        reclaimable_bytes=sum(group.reclaimable(found.groups).values()),
        doubtful=found.doubtful,
    )


def _options(session: Session) -> Options:
    from dedupe.grouping.group import Options

    settings = session.settings
    return Options(
        rules=settings.keep,
        prefer=settings.prefer,
        select=settings.select,
        cross_only=settings.cross_only,
        caution=settings.caution,
    )


def _assets(session: Session, contents: Contents, matches: Sequence[Match]) -> tuple[list[Photo], int]:
    """The units that may be in a group or series, and how many photos of the tree are members of another."""
    related = {key for match in matches for key in (match.a, match.b)}
    related.update(contents.files.shared)
    return assets_of(session, contents, related)


def assets_of(session: Session, contents: Contents, related: set[ContentKey]) -> tuple[list[Photo], int]:
    """The assets of these contents and of those that share a name, and how many photos of the tree are members of another.

    The companions of the ``related`` have been read.
    """
    from dedupe.tree.companion_content import described
    from dedupe.tree.companions import join_members, stem_families
    from dedupe.tree.folder_notes import FolderNotes
    from dedupe.tree.unscanned import UnscannedFiles

    paths = contents.files.paths()
    families = {path for family in stem_families(paths) for path in family}
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
    folders = FolderNotes()
    whole = [
        unscanned.attached(described(photo, folders)) if photo.content_key in related else photo for photo in units
    ]
    return whole, len(photos) - len(units)
