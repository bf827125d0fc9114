"""One frozen ``Settings``: defaults ← config file ← flags. An unknown key or a value that does not fit is an error, because
a silently ignored typo can turn a careful run into the wrong one."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from dedupe.errors import ConfigError, UsageError
from dedupe.terminal.text import display_path
from dedupe.types import SAFE_RELATIONS, Caution, Relation

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
    """How a scan is run. ``threshold`` is a Euclidean distance between unit vectors, None for the model's own;
    ``jobs`` 0 is one worker a core; ``max_pixels`` is the largest picture that is decoded; paths are absolute.
    ``cluster`` is the address of a Dask scheduler, or ``local[:N]``; ``path_map`` names folders of this machine as its
    workers know them (``LOCAL=REMOTE``)."""

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
    """Paths become text; raises UsageError for a value of another kind than its field's."""
    for key in ("weights", "store"):
        object.__setattr__(settings, key, _text(getattr(settings, key)))
    for key in ("reference", "protect"):
        given = getattr(settings, key)
        named = [given] if isinstance(given, str | os.PathLike) else given
        if isinstance(named, list | tuple):
            object.__setattr__(settings, key, tuple(map(_text, named)))
    for field in fields(settings):
        value = getattr(settings, field.name)
        if not ((value is None and field.default is None) or _is_of_kind(field.name, value)):
            raise UsageError(f"The setting {field.name} has a value of the wrong kind: {value!r}.")


def _text(value: object) -> object:
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _is_of_kind(key: str, value: object) -> bool:
    if key in _LISTS:
        item = Relation if key in ("show", "select") else str
        return isinstance(value, tuple) and all(isinstance(one, item) for one in value)
    return isinstance(value, _SCALARS.get(key, object)) and not _is_bool_for_number(key, value)


def _check(settings: Settings) -> None:
    if settings.threshold is not None and not 0 < settings.threshold <= 2:
        raise UsageError(
            f"The threshold is a distance above 0 and up to 2 (same 0, unrelated 1.41), not {settings.threshold:g}."
        )
    if Relation.SIMILAR in settings.select:
        raise UsageError("Photos that are only similar are different moments: they can be shown, never selected.")
    if settings.jobs < 0:
        raise _no_jobs(settings.jobs)
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


def _no_jobs(number: int) -> UsageError:
    return UsageError(f"--jobs is a number of worker processes from 1 up, not {number}.")


def allowed_to_leave(limit: str, photos: int) -> int:
    """How many of ``photos`` may leave under ``limit`` (``100`` or ``2.5%``).

    Raises UsageError where ``limit`` is neither a number nor a percentage.
    """
    found = re.fullmatch(r"\s*(\d{1,12}|\d{1,3}(?:\.\d{1,6})?\s*%)\s*", limit, re.ASCII)
    if found is None or (limit.rstrip().endswith("%") and float(limit.strip().rstrip("%")) > 100):
        raise UsageError(
            f"--max-drop takes a number of photos or a percentage, 100 or 5%, not “{display_path(limit)}”."
        )
    text = found.group(1)
    return int(photos * float(text.rstrip("% ")) / 100) if text.endswith("%") else int(text)


def relations(names: Sequence[str]) -> tuple[Relation, ...]:
    """The relations named (commas or repeats), in order of safety.

    Raises UsageError on a name that is no relation.
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


def config_path() -> Path:
    """Where the config file is looked for; it need not exist."""
    from platformdirs import user_config_path

    return user_config_path("dedupe", appauthor=False) / "config.toml"


def load_settings(flags: Mapping[str, object], config: Path | None = None) -> Settings:
    """Defaults ← config file ← ``flags`` (those that are not None).

    Raises ConfigError where the file cannot be read, is no TOML, or has an unknown key or a value of the wrong kind, and
    UsageError where a value does not fit: 0 jobs, which stand for one a core, are not for a person to ask for.
    """
    path = config or config_path()
    values: dict[str, object] = dict(_from_file(path)) if path.is_file() else {}
    values.update({name: value for name, value in flags.items() if value is not None})
    if values.get("jobs") == 0:
        raise _no_jobs(0)
    return replace(Settings(), **values)  # type: ignore[arg-type]


def _from_file(path: Path) -> Mapping[str, object]:
    shown = display_path(str(path))
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The config file {shown} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The config file {shown} is not valid TOML: {error}.") from error
    known = [field.name for field in fields(Settings)]
    for key in table:
        if key not in known:
            raise ConfigError(f"The config file {shown} has an unknown key “{key}”; known are {', '.join(known)}.")
    return {key: _convert(key, value, shown) for key, value in table.items()}


def _convert(key: str, value: object, shown: str) -> object:
    if key in _LISTS:
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return _LISTS[key](items)
    elif key in _SCALARS and isinstance(value, _SCALARS[key]) and not _is_bool_for_number(key, value):
        return value
    elif key == "caution" and isinstance(value, str):
        return caution(value)
    raise ConfigError(f"The config file {shown}: “{key}” has a value of the wrong kind.")


def _is_bool_for_number(key: str, value: object) -> bool:
    return isinstance(value, bool) and _SCALARS.get(key) is not bool


def absolute(names: Sequence[str]) -> tuple[str, ...]:
    """Absolute paths, ``~`` expanded, links left as they are.

    Raises UsageError on an empty name: an unset variable of a shell must never mean the current folder.
    """
    if "" in names:
        raise UsageError("One of the paths is empty (an unset variable?); “.” is the current folder.")
    return tuple(os.path.abspath(Path(name).expanduser()) for name in names)


_LISTS: Mapping[str, Callable[[Sequence[str]], tuple[object, ...]]] = {
    "show": relations,
    "select": relations,
    "keep": keeper_rules,
    "reference": absolute,
    "protect": absolute,
    "prefer": absolute,
    "exclude": tuple,
    "path_map": tuple,
}
_SCALARS: Mapping[str, type | tuple[type, ...]] = {
    "model": str,
    "weights": str,
    "threshold": (int, float),
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
