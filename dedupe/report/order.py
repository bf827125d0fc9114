"""Which groups are shown, in which order, and the order of the photos in one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dedupe.report.sizes import freed_by
from dedupe.terminal.display import Sort
from dedupe.types import Extra, Group, Relation


def ordered(groups: Sequence[Group], sort: Sort) -> tuple[Group, ...]:
    """``groups`` in this order: what frees most, has most photos, or is closest comes first."""
    return tuple(sorted(groups, key=_KEYS[sort]))


def with_relations(group: Group, relations: Sequence[Relation]) -> Group | None:
    """``group`` with the copies of these relations alone; None where it has none."""
    from dataclasses import replace

    extras = tuple(extra for extra in group.extras if extra.relation in relations)
    return replace(group, extras=extras) if extras else None


def as_tree(group: Group) -> Iterator[tuple[int, Extra]]:
    """The extras of ``group``, each below the photo that stays for it, with its depth: 0 below the kept photo."""
    below: dict[str, list[Extra]] = {}
    paths = {extra.photo.path for extra in group.extras}
    for extra in group.extras:
        parent = extra.keeper if extra.keeper in paths and extra.keeper != extra.photo.path else group.keep.path
        below.setdefault(parent, []).append(extra)
    seen: set[str] = set()

    def walk(path: str, depth: int) -> Iterator[tuple[int, Extra]]:
        for extra in below.get(path, ()):
            if extra.photo.path not in seen:
                seen.add(extra.photo.path)
                yield depth, extra
                yield from walk(extra.photo.path, depth + 1)

    yield from walk(group.keep.path, 0)
    yield from ((0, extra) for extra in group.extras if extra.photo.path not in seen)


def touches(group: Group, folder: str) -> bool:
    """A photo of ``group`` is in ``folder`` or below it."""
    start = folder.rstrip(os.sep) + os.sep
    return any(path.startswith(start) for path in (group.keep.path, *(extra.photo.path for extra in group.extras)))


def _path(group: Group) -> bytes:
    return os.fsencode(group.keep.path)


_KEYS: dict[Sort, Callable[[Group], Any]] = {
    Sort.FREES: lambda group: (-freed_by(group.extras, group.keep), _path(group)),
    Sort.PATH: _path,
    Sort.PHOTOS: lambda group: (-len(group.extras), _path(group)),
    Sort.DISTANCE: lambda group: (max((extra.distance for extra in group.extras), default=0.0), _path(group)),
}
