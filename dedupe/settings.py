"""All settings of a run, in one frozen ``Settings``.

A value that does not fit is an error: a typo that is silently ignored can turn a careful run into the wrong one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from dedupe.errors import UsageError
from dedupe.types import SAFE_RELATIONS, Caution, Relation, RescueMode

KEEPER_RULES = (
    "undamaged",
    "protected",
    "detail",
    "raw",
    "original",
    "metadata",
    "compression",
    "preferred",
    "oldest",
    "name",
    "path",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a scan is run.

    ``threshold`` is a Euclidean distance between unit vectors, None for the model's own; ``jobs`` 0 is one worker a core;
    ``max_pixels`` is the largest picture that is decoded; paths are absolute. ``cluster`` is the address of a Dask scheduler,
    or ``local[:N]``; ``path_map`` names folders of this machine as its workers know them (``LOCAL=REMOTE``). ``exact``: only
    files of the same bytes or the same pixels are looked for. ``rescue``: whether metadata that only a copy has goes into a
    sidecar beside the photo that stays, so that the copy may go; ``rescue_dates``: and the oldest date of the files;
    ``albums_as_keywords``: and the names of their folders.
    """

    model: str = "compact"
    weights: str | None = None
    threshold: float | None = None
    show: tuple[Relation, ...] = tuple(Relation)
    select: tuple[Relation, ...] = SAFE_RELATIONS
    keep: tuple[str, ...] = KEEPER_RULES
    reference: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    caution: Caution = Caution.NORMAL
    cross_only: bool = False
    exclude: tuple[str, ...] = ()
    min_bytes: int = 0
    include_hidden: bool = False
    follow: bool = False
    jobs: int = 0
    max_pixels: int = 200_000_000
    retry: bool = False
    max_drop: str | None = None
    store: str | None = None
    cluster: str | None = None
    path_map: tuple[str, ...] = ()
    exact: bool = False
    rescue: RescueMode = RescueMode.ASK
    rescue_dates: bool = False
    albums_as_keywords: bool = False

    def __post_init__(self) -> None:
        _check_kinds(self)
        _check(self)

    @property
    def workers(self) -> int:
        """How many worker processes: ``jobs``, or the cores this process may use."""
        if self.jobs:
            return self.jobs
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_kinds(settings: Settings) -> None:
    """Paths become absolute text; raises UsageError for a value of another kind than its field's."""
    for key in ("weights", "store"):
        object.__setattr__(settings, key, _text(getattr(settings, key)))
    for key in ("reference", "protect", "prefer"):
        given = getattr(settings, key)
        named = [given] if isinstance(given, str | os.PathLike) else given
        if isinstance(named, list | tuple):
            object.__setattr__(settings, key, tuple(map(_place, named)))
    for field in fields(settings):
        value = getattr(settings, field.name)
        if not ((value is None and field.default is None) or _is_of_kind(field.name, value, field.default)):
            raise UsageError(f"The setting {field.name} has a value of the wrong kind: {value!r}.")


def _text(value: object) -> object:
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _place(value: object) -> object:
    """An absolute path; a name that is not a path is left for those who check it."""
    text = _text(value)
    return absolute([text])[0] if isinstance(text, str) and text else text


def _is_of_kind(key: str, value: object, default: object) -> bool:
    if key in _TUPLES:
        item = Relation if key in ("show", "select") else str
        return isinstance(value, tuple) and all(isinstance(one, item) for one in value)
    kind = _SCALARS.get(key, type(default))
    return isinstance(value, kind) and (not isinstance(value, bool) or kind is bool)


def _check(settings: Settings) -> None:
    if settings.threshold is not None and not 0 < settings.threshold <= 2:
        raise UsageError(
            f"The threshold is a distance above 0 and up to 2 (same 0, unrelated 1.41), not {settings.threshold:g}."
        )
    if Relation.SIMILAR in settings.select:
        raise UsageError("Photos that are only similar are different moments: they can be shown, never selected.")
    if settings.jobs < 0:
        raise no_jobs(settings.jobs)
    if settings.max_drop is not None:
        allowed_to_leave(settings.max_drop, 0)
    for rule in settings.keep:
        if rule not in KEEPER_RULES:
            raise UsageError(f"There is no keeper rule “{rule}”; the rules are {', '.join(KEEPER_RULES)}.")
    if settings.min_bytes < 0:
        raise UsageError(f"--min-bytes is a size from 0 up, not {settings.min_bytes}.")
    if settings.weights == "" or "" in settings.exclude:
        name = "--exclude" if "" in settings.exclude else "--weights"
        raise UsageError(f"{name} is empty (an unset variable?).")
    if settings.max_pixels < 1:
        raise UsageError("max_pixels is the largest number of pixels to decode, 1 or more.")


def no_jobs(number: int) -> UsageError:
    """The error for an impossible number of workers."""
    return UsageError(f"--jobs is a number of worker processes from 1 up, not {number}.")


def relations(names: Sequence[str]) -> tuple[Relation, ...]:
    """The relations named (commas or repeats), in order of safety.

    Raises UsageError on a name that is not a relation.
    """
    known = {relation.value: relation for relation in Relation}
    wanted = _split(names)
    for name in wanted:
        if name not in known:
            raise UsageError(f"There is no relation “{name}”; the relations are {', '.join(known)}.")
    return tuple(relation for relation in Relation if relation.value in wanted)


def caution(name: str) -> Caution:
    """The caution of that name.

    Raises UsageError on another word.
    """
    known = {one.value: one for one in Caution}
    if name not in known:
        raise UsageError(f"There is no caution “{name}”; it is {' or '.join(known)}.")
    return known[name]


def rescue_mode(name: str) -> RescueMode:
    """The way of carrying metadata over of that name.

    Raises UsageError on another word.
    """
    known = {one.value: one for one in RescueMode}
    if name not in known:
        raise UsageError(f"--rescue is {', '.join(known)}, not “{name}”.")
    return known[name]


def keeper_rules(names: Sequence[str]) -> tuple[str, ...]:
    """The rules named first, then the rest in their default order; ``undamaged`` always leads.

    Raises UsageError on an unknown rule, a rule named twice, or none at all.
    """
    wanted = _split(names)
    if not wanted:
        raise UsageError(f"--keep needs at least one rule: {', '.join(KEEPER_RULES)}.")
    for name in wanted:
        if name not in KEEPER_RULES:
            raise UsageError(f"There is no keeper rule “{name}”; the rules are {', '.join(KEEPER_RULES)}.")
        if wanted.count(name) > 1:
            raise UsageError(f"The keeper rule “{name}” is named twice.")
    ordered = [name for name in wanted if name != "undamaged"]
    return ("undamaged", *ordered, *(r for r in KEEPER_RULES if r not in wanted and r != "undamaged"))


def _split(names: Sequence[str]) -> list[str]:
    return [part.strip() for name in names for part in name.split(",") if part.strip()]


def absolute(names: Sequence[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Absolute paths, ``~`` expanded, links left as they are.

    Raises UsageError on an empty name: an unset variable of a shell must never mean the current folder.
    """
    if not all(isinstance(name, str | os.PathLike) for name in names):
        raise UsageError("A path is text or an os.PathLike.")
    if "" in names:
        raise UsageError("One of the paths is empty (an unset variable?); “.” is the current folder.")
    return tuple(os.path.abspath(Path(name).expanduser()) for name in names)


def allowed_to_leave(limit: str, photos: int) -> int:
    """How many photos ``limit`` (``100`` or ``2.5%``) allows to go, of ``photos``.

    Raises UsageError where it is neither.
    """
    found = re.fullmatch(r"\s*(\d{1,12}|\d{1,3}(?:\.\d{1,6})?\s*%)\s*", limit, re.ASCII)
    if found is None or (limit.rstrip().endswith("%") and float(limit.strip().rstrip("%")) > 100):
        raise UsageError(f"--max-drop takes a number of photos or a percentage, such as 100 or 5%, not {limit!r}.")
    text = found.group(1)
    return int(photos * float(text.rstrip("% ")) / 100) if text.endswith("%") else int(text)


_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}
_BINARY = {"ki": 1024, "mi": 1024**2, "gi": 1024**3, "ti": 1024**4}


def size(text: str | int) -> int:
    """Bytes from ``500``, ``20k``, ``1.5M``, ``2 GB`` (decimal) or ``1MiB`` (binary).

    Raises UsageError where it is not a size.
    """
    found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]i?)?b?\s*", str(text), re.ASCII | re.IGNORECASE)
    if found is None or isinstance(text, bool):
        raise UsageError(f"--min-bytes takes a size, such as 500, 20k or 1M, not {text!r}.")
    unit = (found[2] or "").lower()
    return int(float(found[1]) * (_UNITS | _BINARY)[unit]) if unit else int(float(found[1]))


_TUPLES = frozenset(("show", "select", "keep", "reference", "protect", "prefer", "exclude", "path_map"))
_SCALARS: Mapping[str, type | tuple[type, ...]] = {
    "model": str,
    "weights": str,
    "threshold": (int, float),
    "exact": bool,
    "rescue_dates": bool,
    "albums_as_keywords": bool,
    "cross_only": bool,
    "min_bytes": int,
    "include_hidden": bool,
    "follow": bool,
    "jobs": int,
    "max_pixels": int,
    "retry": bool,
    "max_drop": str,
    "store": str,
    "cluster": str,
}
