"""Which groups the list shows and in which order; the bulk accept takes the same filter."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from dedupe.library.scans import EditState
from dedupe.report import phrases
from dedupe.report.sizes import freed_bytes
from dedupe.review.choice import Choice, photos_of
from dedupe.terminal.text import display_path
from dedupe.types import Group, Relation

_LONGEST = 500


class Sort(StrEnum):
    """The orders of the list."""

    FOUND = "found"
    SIZE = "size"
    PATH = "path"
    RELATION = "relation"


@dataclass(frozen=True, slots=True)
class GroupFilter:
    """What a group must be to be shown; empty and None ask for nothing.

    One of ``relations`` among its extras, one of ``states``, all of ``words`` in the paths of its photos, and with ``loses``
    (or without) something that would be lost.
    """

    relations: frozenset[Relation] = frozenset()
    states: frozenset[EditState] = frozenset()
    words: tuple[str, ...] = ()
    loses: bool | None = None
    sort: Sort = Sort.FOUND

    @classmethod
    def parse(cls, said: Mapping[str, object]) -> Self:
        """The filter that a page asks for. Raises ValueError on anything that is none."""
        words = str(said.get("words", ""))
        loses = {"": None, "yes": True, "no": False}[str(said.get("loses", ""))]
        if len(words) > _LONGEST:
            raise ValueError("too long")
        return cls(
            frozenset(Relation(name) for name in _names(said.get("relations"))),
            frozenset(EditState(name) for name in _names(said.get("states"))),
            tuple(words.casefold().split()),
            loses,
            Sort(str(said.get("sort") or Sort.FOUND)),
        )


def _names(said: object) -> list[str]:
    return [name for name in str(said or "").split(",") if name]


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a group a filter looks at and no decision changes."""

    relations: frozenset[Relation]
    paths: str
    loses: bool
    reclaimable: int

    @classmethod
    def of(cls, group: Group) -> Self:
        """The traits of ``group``."""
        paths = [display_path(photo.path) for photo in photos_of(group)]
        return cls(
            frozenset(extra.relation for extra in group.extras),
            "\n".join(paths).casefold(),
            any(phrases.losses(extra) for extra in group.extras),
            sum(freed_bytes(extra.photo, group.keeper_of(extra)) for extra in group.extras),
        )


def shown(traits: Sequence[Traits], choices: Sequence[Choice], wanted: GroupFilter) -> list[int]:
    """The numbers of the groups that fit, in the order asked for."""
    fitting = [n for n, one in enumerate(traits) if _fits(one, choices[n], wanted)]
    key: Callable[[Traits], Any] | None = _ORDERS.get(wanted.sort)
    return fitting if key is None else sorted(fitting, key=lambda number: (key(traits[number]), number))


def _fits(traits: Traits, choice: Choice, wanted: GroupFilter) -> bool:
    return (
        (not wanted.relations or not wanted.relations.isdisjoint(traits.relations))
        and (not wanted.states or choice.verdict in wanted.states)
        and (wanted.loses is None or wanted.loses is traits.loses)
        and all(word in traits.paths for word in wanted.words)
    )


_ORDERS: Mapping[Sort, Callable[[Traits], Any]] = {
    Sort.SIZE: lambda one: -one.reclaimable,
    Sort.PATH: lambda one: one.paths.replace(os.sep, "\0"),
    Sort.RELATION: lambda one: max(relation.rank for relation in one.relations),
}
