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

from dedupe.asset import POLICIES, needs_bytes, remarks_on
from dedupe.errors import UsageError
from dedupe.grouping.holdings import carried, held, missing
from dedupe.grouping.provenance import UNNAMED, copy_mark, distance_to_camera
from dedupe.grouping.telling import telling
from dedupe.types import CompanionKind, Facts, Loss, LossCode, Photo

Key: TypeAlias = tuple[int | str, ...]
"""What a rule compares; the smaller is kept."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A photo that may stay.

    ``detail`` is the number of real pixels of its asset, whose RAW holds all there is; ``shown`` is that of its first
    picture. ``quality`` says how little its compression took: 1–100 as a JPEG's, 101 lossless, 102 RAW. ``support``
    counts the others that show the same, edits not counted. ``source`` says that another is known to be saved from it.
    """

    photo: Photo
    detail: int
    shown: int
    quality: int
    support: int = 0
    source: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a photo stays: the words of the rule, or what it ``has`` that the other has not."""

    text: str = ""
    has: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to keep a photo. ``phrase`` says it of a photo and of the runner-up it beat by this rule."""

    name: str
    key: Callable[[Candidate], Key]
    phrase: Callable[[Candidate, Candidate], str]


METADATA: Final = "metadata"
QUANTISED: Final = 128
"""The number of palette colours from which a picture counts as reduced from one with more.

Each of 40 photographs saved as GIF has 256; drawings need fewer. The limit is a guess.
"""
_OF_PALETTE: Final = 50
"""The quality of such a picture: as JPEG at 50, it keeps the shapes and loses the shades."""


def is_quantised(facts: Facts) -> bool:
    """Whether a picture was brought down to the colours of a palette."""
    return facts.colours is not None and facts.colours >= QUANTISED


def quality_of(photo: Photo) -> int:
    """How little the compression took from a picture, as ``Candidate.quality``; 90 where the format does not say."""
    facts = photo.facts
    if facts.raw:
        return 102
    if is_quantised(facts):
        return _OF_PALETTE
    if facts.lossless:
        return 101
    return facts.quality or 90


def has_raw(photo: Photo) -> bool:
    """Whether a RAW is part of the asset, read or not."""
    if not photo.members and not photo.file.companions:
        return photo.facts.raw
    assets = photo.parts
    return any(
        asset.facts.raw or any(companion.kind is CompanionKind.RAW for companion in asset.file.companions)
        for asset in assets
    )


def carries(photo: Photo) -> tuple[LossCode, ...]:
    """The kinds of things that an asset holds besides its pixels, the weightiest first."""
    beside = (*photo.companions, *remarks_on(photo))
    kinds = {companion.kind for companion in beside}
    found = {*carried(photo), *(POLICIES[kind].loss for kind in kinds if needs_bytes(kind))}
    found.update(POLICIES[one.kind].loss for one in beside if one.inventory is None)
    if photo.facts.frames > 1:
        found.add(LossCode.PAGES if photo.facts.format == "TIFF" else LossCode.FRAMES)
    return tuple(code for code in LossCode if code in found)


def _damage(candidate: Candidate) -> Key:
    if not candidate.photo.members:
        return (candidate.photo.facts.suspect is not None,)
    assets = candidate.photo.parts
    return (sum(asset.facts.suspect is not None for asset in assets),)


def _raw(candidate: Candidate) -> Key:
    """An asset with the RAW before one without, and of two such the one with more pictures beside it."""
    photo = candidate.photo
    return (not has_raw(photo), -len(photo.members) if photo.members and has_raw(photo) else 0)


def _raw_phrase(_keep: Candidate, other: Candidate) -> str:
    return "has the RAW and what was developed from it" if has_raw(other.photo) else "has the RAW"


def _metadata(candidate: Candidate) -> Key:
    """By how much an asset holds: whoever has all that another has, and more, comes first."""
    photo = candidate.photo
    return (-len(carries(photo)), -len(held(photo)), -photo.facts.frames)


def _detail_phrase(keep: Candidate, other: Candidate) -> str:
    facts = keep.photo.facts
    size = f"{facts.width}×{facts.height}"
    return f"more real detail ({size}{'; the other is enlarged' if other.photo.pixels > keep.photo.pixels else ''})"


def _original(candidate: Candidate) -> Key:
    """A WebP from which a JPEG is known to be made is no farther from a camera than that."""
    distance = distance_to_camera(candidate.photo)
    return (min(distance, UNNAMED) if candidate.source else distance,)


def _original_phrase(keep: Candidate, _other: Candidate) -> str:
    distance = distance_to_camera(keep.photo)
    if distance >= UNNAMED:
        return "in a format that cameras write"
    return "names its camera" if distance else "camera original"


def _quality(candidate: Candidate) -> Key:
    """An edit is saved last, and often best: what most copies are copies of comes first."""
    facts = candidate.photo.facts
    chroma = facts.chroma_quality if facts.chroma_quality is not None and facts.format == "JPEG" else 0
    held = (-facts.bits, -round(100 * facts.chroma), -chroma)
    return (is_quantised(facts), -candidate.support, -candidate.quality, *held)


def _quality_phrase(keep: Candidate, other: Candidate) -> str:
    if is_quantised(other.photo.facts) and not is_quantised(keep.photo.facts):
        return "has more colours"
    if keep.support != other.support:
        return "what most of the copies show"
    if keep.quality == other.quality:
        return _stored_better(keep.photo.facts, other.photo.facts)
    if other.quality < quality_of(other.photo):
        return "the other was saved again"

    def said(candidate: Candidate) -> str:
        if candidate.quality > 100:
            return "lossless"
        return f"quality {candidate.quality}" if candidate.photo.facts.quality else "quality unknown"

    return f"less compressed ({said(keep)} against {said(other)})"


def _stored_better(keep: Facts, other: Facts) -> str:
    if keep.bits != other.bits:
        return f"more bits a channel ({keep.bits} against {other.bits})"
    return "finer colour resolution" if keep.chroma != other.chroma else "colours less compressed"


# Before 1980-01-02 come the zeros of FAT, ZIP and a clock that was never set: no date at all.
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
    """Names without a copy mark come first; among these, the one that says more, by itself or by its folder."""
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
        Rule("original", _original, _original_phrase),
        Rule(METADATA, _metadata, lambda _keep, _other: "has more metadata"),
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
    Raises UsageError on a name that is not a rule.
    """
    for name in names:
        if name not in RULES:
            raise UsageError(f"There is no keeper rule “{name}”; the rules are {', '.join(RULES)}.")
    rules = {**RULES, PREFERRED: replace(RULES[PREFERRED], key=_preference(prefer))}
    wanted = dict.fromkeys((*names, *RULES))
    first = (UNDAMAGED, REFERENCE)
    return (*first, *(rules[name] for name in wanted if name != UNDAMAGED.name))


def _preference(prefer: Sequence[str]) -> Callable[[Candidate], Key]:
    """By the first of the folders that a photo is in."""
    folders = [os.path.join(folder, "") for folder in prefer]

    def key(candidate: Candidate) -> Key:
        path = candidate.photo.path
        return (next((number for number, folder in enumerate(folders) if path.startswith(folder)), len(folders)),)

    return key


def ranked(candidates: Iterable[Candidate], rules: Sequence[Rule]) -> list[Candidate]:
    """The candidates, the one to keep first; the same whatever order they come in."""
    return _sorted(list(candidates), rules)


def _sorted(candidates: list[Candidate], rules: Sequence[Rule]) -> list[Candidate]:
    """By the first rule that separates any of them, each tie by the rules after it: most are decided by a few."""
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


def reason(keep: Candidate, runner_up: Candidate, rules: Sequence[Rule]) -> Reason:
    """The first rule by which the two differ, in words; what it holds more, where that decided."""
    for rule in rules:
        if rule.key(keep) != rule.key(runner_up):
            if rule.name == METADATA:
                return Reason(has=advantage(keep.photo, runner_up.photo))
            return Reason(rule.phrase(keep, runner_up))
    return Reason(_path_phrase(keep, runner_up))


def advantage(photo: Photo, other: Photo) -> tuple[Loss, ...]:
    """What an asset holds that another does not."""
    more = missing(photo, other)
    told = {loss.code for loss in more}
    kinds = (code for code in carries(photo) if code not in told and code not in carries(other))
    return (*more, *map(Loss, kinds))
