"""damage: which photos decode with warnings, and of which two photos one was damaged.

Of two such photos the lengths are equal and a few bytes differ.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dedupe.session import Session
from dedupe.steps.contents import Contents
from dedupe.types import ContentKey, Damage, DamageKind, Match, PhotoFile


@dataclass(frozen=True, slots=True)
class Damaged:
    """The damaged photos and pairs of a scan.

    ``listed`` is for the user. ``pairs`` gives, for each two contents of which one is damaged, the number of bytes that
    differ.
    """

    listed: tuple[Damage, ...]
    pairs: Mapping[frozenset[ContentKey], int]


def damage(session: Session, contents: Contents, matches: Sequence[Match]) -> Damaged:
    """What is damaged, or may be, among the contents.

    Opens only files of one length that show one scene, or that bear one name where one of them decodes with warnings.
    """
    from dedupe.tree.byte_difference import difference

    warned = session.cache.warnings(contents.keys)
    listed = [
        Damage(DamageKind.WARNED, (file.path,), warning=warning)
        for key, warning in warned.items()
        for file in contents.files[key]
    ]
    pairs: dict[frozenset[ContentKey], int] = {}
    asked = dict.fromkeys((*_matched(contents, matches), *_namesakes(contents, warned)))
    facts = session.cache.facts({key for ends in asked for key in ends})
    for a, b in asked:
        one, other = contents.files[a][0], contents.files[b][0]
        found = difference(one.path, other.path, facts[a].format) if a in facts else None
        if found is not None:
            pairs[frozenset((a, b))] = found.count
            listed.append(Damage(DamageKind.DIFFERS, tuple(sorted((one.path, other.path))), found.count, "", (a, b)))
    return Damaged(tuple(sorted(listed, key=lambda one: (one.kind.value, one.paths))), pairs)


def _matched(contents: Contents, matches: Sequence[Match]) -> Iterator[tuple[ContentKey, ContentKey]]:
    """The pairs that show one scene and whose files have one length."""
    for match in matches:
        if match.a in contents.files and match.b in contents.files:
            one, other = contents.files[match.a][0], contents.files[match.b][0]
            if one.stamp.size == other.stamp.size:
                yield match.a, match.b


def _namesakes(contents: Contents, warned: Mapping[ContentKey, str]) -> Iterator[tuple[ContentKey, ContentKey]]:
    """The contents of one length and name of which one decodes with warnings: it may show too little to be matched."""
    if not warned:
        return
    wanted = {_name(file): key for key in warned for file in contents.files[key]}
    for key in contents.keys:
        for file in contents.files[key]:
            other = wanted.get(_name(file))
            if other is not None and other != key:
                yield min(key, other), max(key, other)


def _name(file: PhotoFile) -> tuple[int, str]:
    return file.stamp.size, os.path.basename(file.path).casefold()
