"""Prefer folders for the rest of a review: of copies with the same picture, the one in such a folder stays.

A copy changes places with the photo that it would go for, and only where nothing else changes by that: this photo, and all
that would go for it, may go for the copy.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from dedupe.library.scans import EditState
from dedupe.review.choice import Choice, Verify, keep_instead, photos_of
from dedupe.types import Group, Relation

_SAME: Final = (Relation.IDENTICAL, Relation.SAME_PIXELS)


def preferred_in_all(
    groups: Sequence[Group], choices: Sequence[Choice], folders: Sequence[str], verify: Verify
) -> Mapping[int, Choice]:
    """The choices that ``folders`` change, by the number of their group."""
    changed = {
        number: preferring(group, choice, folders, verify)
        for number, (group, choice) in enumerate(zip(groups, choices, strict=True))
    }
    return {number: choice for number, choice in changed.items() if choice is not choices[number]}


def preferring(group: Group, choice: Choice, folders: Sequence[str], verify: Verify) -> Choice:
    """``choice`` with the copies in ``folders`` staying, the first folder preferred most.

    Decided choices, and those in which a person chose a photo to stay, are given back as they are.
    """
    if choice.verdict is not EditState.OPEN or choice.heads:
        return choice
    paths, now = [photo.path for photo in photos_of(group)], choice
    for stays, place in _better(paths, choice, folders).items():
        other = keep_instead(group, now, place, verify)
        if _going(other) == (_going(now) - {paths[place]}) | {stays}:
            now = replace(other, by_folder=other.by_folder | {place})
    return now


def _better(paths: Sequence[str], choice: Choice, folders: Sequence[str]) -> Mapping[str, int]:
    """The photos that stay, each with the place of a copy of its very picture in a folder preferred to its own."""
    best: dict[str, tuple[int, int]] = {}
    for place, extra in enumerate(choice.extras):
        if extra is not None and extra.selected and extra.relation in _SAME:
            stays = extra.keeper or choice.stays.path
            rank = _rank(paths[place], folders)
            if rank < _rank(stays, folders):
                best[stays] = min(best.get(stays, (rank, place)), (rank, place))
    return {stays: place for stays, (_, place) in best.items()}


def _rank(path: str, folders: Sequence[str]) -> int:
    return next(
        (number for number, folder in enumerate(folders) if path.startswith(os.path.join(folder, ""))), len(folders)
    )


def _going(choice: Choice) -> set[str]:
    return {extra.photo.path for extra in choice.selected}
