"""Which photo of a group stays: ordered rules, each a number to compare and the phrase that says what decided.

Every rule judges a photo by itself, so that comparing by one rule after the other is a total order: no three photos
can each be better than the next. What the alignment knows of two photos (which of them holds more real detail) goes
in beforehand, as ``Candidate.detail``: the pixels of an enlarged copy count no more than those it was made from.
The last rule, the path, separates whatever the others leave equal.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from dedupe.errors import UsageError
from dedupe.grouping.provenance import copy_mark, distance_to_camera
from dedupe.grouping.telling import telling
from dedupe.types import CompanionKind, Photo

Key: TypeAlias = tuple[int | str, ...]
"""What a rule compares; the smaller is kept."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A photo that may stay. ``detail``: its real pixels; ``quality``: how little its compression took, 1–100 as a
    JPEG's, 101 lossless, 102 RAW; ``support``: how many others show the same as it, edits not counted."""

    photo: Photo
    detail: int
    quality: int
    support: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to keep a photo. ``phrase`` says it of a photo and of the runner-up it beat by this rule."""

    name: str
    key: Callable[[Candidate], Key]
    phrase: Callable[[Candidate, Candidate], str]


def quality_of(photo: Photo) -> int:
    """How little the compression took from a picture, as ``Candidate.quality``; 90 where the format does not say."""
    facts = photo.facts
    if facts.raw:
        return 102
    if facts.lossless:
        return 101
    return facts.quality or 90


def has_raw(photo: Photo) -> bool:
    """Whether a RAW is part of the asset, read or not."""
    if not photo.members and not photo.file.companions:
        return photo.facts.raw
    assets = (photo, *photo.members)
    return any(
        asset.facts.raw or any(companion.kind is CompanionKind.RAW for companion in asset.file.companions)
        for asset in assets
    )


def carries(photo: Photo) -> tuple[str, ...]:
    """What an asset holds besides its pixels, as phrases, the weightiest first."""
    facts, companions = photo.facts, {companion.kind for companion in photo.file.companions}
    said = (
        ("the capture date", facts.taken is not None),
        ("GPS", facts.gps is not None),
        ("the caption", bool(facts.caption)),
        ("the rating", bool(facts.rating)),
        ("the Live Photo video", CompanionKind.VIDEO in companions),
        *((f"the embedded {name}", True) for name in facts.embedded),
        ("all its frames", facts.frames > 1),
        ("the edit", CompanionKind.EDIT in companions),
        ("the sidecar", CompanionKind.SIDECAR in companions),
    )
    return tuple(name for name, there in said if there)


def _damage(candidate: Candidate) -> Key:
    if not candidate.photo.members:
        return (candidate.photo.facts.suspect is not None,)
    assets = (candidate.photo, *candidate.photo.members)
    return (sum(asset.facts.suspect is not None for asset in assets),)


def _raw(candidate: Candidate) -> Key:
    """An asset with the RAW before one without, and of two such the one with more pictures beside it."""
    photo = candidate.photo
    return (not has_raw(photo), -len(photo.members) if photo.members and has_raw(photo) else 0)


def _raw_phrase(_keep: Candidate, other: Candidate) -> str:
    return "has the RAW and what was developed from it" if has_raw(other.photo) else "has the RAW"


def _metadata(candidate: Candidate) -> Key:
    held = carries(candidate.photo)
    facts = candidate.photo.facts
    return (-len(held), facts.taken is None, facts.gps is None, -facts.frames)


def _metadata_phrase(keep: Candidate, other: Candidate) -> str:
    lacking = [name for name in carries(keep.photo) if name not in carries(other.photo)]
    return f"has {_listed(lacking)}" if lacking else f"has {keep.photo.facts.frames} frames"


def _detail_phrase(keep: Candidate, other: Candidate) -> str:
    facts = keep.photo.facts
    size = f"{facts.width}×{facts.height}"
    return f"more real detail ({size}{'; the other is enlarged' if other.photo.pixels > keep.photo.pixels else ''})"


def _original_phrase(keep: Candidate, _other: Candidate) -> str:
    return "names its camera" if distance_to_camera(keep.photo) else "camera original"


def _quality(candidate: Candidate) -> Key:
    """An edit is saved last, and often best: what most copies are copies of comes first."""
    return (-candidate.support, -candidate.quality)


def _quality_phrase(keep: Candidate, other: Candidate) -> str:
    if keep.support != other.support:
        return "what most of the copies show"
    if other.quality < quality_of(other.photo):
        return "the other was saved again"

    def said(candidate: Candidate) -> str:
        if candidate.quality > 100:
            return "lossless"
        return f"quality {candidate.quality}" if candidate.photo.facts.quality else "quality unknown"

    return f"less compressed ({said(keep)} against {said(other)})"


# Before 1980-01-02 lie the zeros of FAT, ZIP and a clock that was never set: no date at all.
_FIRST_DATE_NS: Final = 315_619_200_000_000_000
_TWO_SECONDS_NS: Final = 2_000_000_000
_NO_DATE: Final = 1 << 62


def _age(candidate: Candidate) -> Key:
    """By the file's own date, in the two-second steps of FAT, so that a faithful copy is not the older file."""
    written, taken = candidate.photo.file.stamp.mtime_ns, candidate.photo.facts.taken
    return (
        written // _TWO_SECONDS_NS if written >= _FIRST_DATE_NS else _NO_DATE,
        taken.seconds if taken is not None else _NO_DATE,
    )


def _age_phrase(keep: Candidate, other: Candidate) -> str:
    return "older file" if _age(keep)[0] != _age(other)[0] else "earlier capture date"


def _name(candidate: Candidate) -> Key:
    """A name without a copy mark first, and of such the one that says more, by itself or by its folder."""
    file = candidate.photo.file
    below = file.path[len(file.root) :] if file.path.startswith(file.root) else file.path
    return (copy_mark(file.path) is not None, -telling(below))


def _name_phrase(keep: Candidate, other: Candidate) -> str:
    mark = copy_mark(other.photo.path)
    if mark is not None and copy_mark(keep.photo.path) is None:
        return f"name without {mark}"
    return "its name or folder says more"


def _path(candidate: Candidate) -> Key:
    path = candidate.photo.path
    return (len(path), path)


def _path_phrase(keep: Candidate, other: Candidate) -> str:
    return "shorter path" if len(keep.photo.path) != len(other.photo.path) else "first by path"


UNDAMAGED: Final = Rule("undamaged", _damage, lambda _keep, _other: "undamaged; the other decodes with warnings")
REFERENCE: Final = Rule(
    "reference", lambda one: (not one.photo.file.reference,), lambda _keep, _other: "in a reference folder"
)
"""No rule to name: a reference photo is never an extra, so where it may keep at all, it keeps."""

RULES: Final[Mapping[str, Rule]] = {
    rule.name: rule
    for rule in (
        UNDAMAGED,
        Rule("protected", lambda one: (not one.photo.file.protected,), lambda _keep, _other: "in a protected folder"),
        Rule("detail", lambda one: (-one.detail,), _detail_phrase),
        Rule("raw", _raw, _raw_phrase),
        Rule("original", lambda one: (distance_to_camera(one.photo),), _original_phrase),
        Rule("metadata", _metadata, _metadata_phrase),
        Rule("compression", _quality, _quality_phrase),
        Rule("preferred", lambda _one: (0,), lambda _keep, _other: "in a preferred folder"),
        Rule("oldest", _age, _age_phrase),
        Rule("name", _name, _name_phrase),
        Rule("path", _path, _path_phrase),
    )
}
"""The keeper rules in their default order."""

PREFERRED: Final = "preferred"
QUALITY_RULES: Final = frozenset(("detail", "raw", "original", "metadata", "compression"))
"""The rules that judge what a picture holds. Of versions, the clues to which was made from which come before them."""


def ordered(names: Sequence[str] = (), prefer: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules named, then the others in their default order; undamaged always leads, a reference photo comes next.

    ``prefer``: absolute paths of folders, the first is preferred most; the rule ``preferred`` goes by them.
    Raises UsageError on a name that is no rule.
    """
    for name in names:
        if name not in RULES:
            raise UsageError(f"There is no keeper rule “{name}”; the rules are {', '.join(RULES)}.")
    rules = {**RULES, PREFERRED: replace(RULES[PREFERRED], key=_preference(prefer))}
    wanted = dict.fromkeys((*names, *RULES))
    first = (UNDAMAGED, REFERENCE)
    return (*first, *(rules[name] for name in wanted if name != UNDAMAGED.name))


def _preference(prefer: Sequence[str]) -> Callable[[Candidate], Key]:
    """By the first of the folders that a photo lies in."""
    folders = [os.path.join(folder, "") for folder in prefer]

    def key(candidate: Candidate) -> Key:
        path = candidate.photo.path
        return (next((number for number, folder in enumerate(folders) if path.startswith(folder)), len(folders)),)

    return key


def ranked(candidates: Iterable[Candidate], rules: Sequence[Rule]) -> list[Candidate]:
    """The candidates, the one to keep first; the same whatever order they come in."""
    return _sorted(list(candidates), rules)


def _sorted(candidates: list[Candidate], rules: Sequence[Rule]) -> list[Candidate]:
    """By the first rule that separates any of them, each tie by the rules after it: most are settled by a few."""
    if len(candidates) < 2:
        return candidates
    for at, rule in enumerate(rules):
        keys = [rule.key(one) for one in candidates]
        if keys.count(keys[0]) == len(keys):
            continue
        ties: dict[Key, list[Candidate]] = {}
        for key, one in zip(keys, candidates, strict=True):
            ties.setdefault(key, []).append(one)
        return [one for key in sorted(ties) for one in _sorted(ties[key], rules[at + 1 :])]
    return candidates


def reason(keep: Candidate, runner_up: Candidate, rules: Sequence[Rule]) -> str:
    """The phrase of the first rule by which the two differ."""
    for rule in rules:
        if rule.key(keep) != rule.key(runner_up):
            return rule.phrase(keep, runner_up)
    return _path_phrase(keep, runner_up)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
