"""How much is said on the terminal, and in which colours: one choice for the whole run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dedupe.errors import UsageError


class Color(StrEnum):
    """When the output is coloured."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Sort(StrEnum):
    """The order in which groups are shown."""

    FREES = "frees"
    PATH = "path"
    PHOTOS = "photos"
    DISTANCE = "distance"


@dataclass(frozen=True, slots=True)
class Display:
    """What a person chose. ``limit`` is how many groups are shown, None for all."""

    quiet: bool = False
    verbose: bool = False
    progress: bool = True
    pager: bool = True
    color: Color = Color.AUTO
    sort: Sort = Sort.FREES
    limit: int | None = None


_chosen: dict[str, Any] = {}
_default: dict[str, Any] = {}


def chosen() -> Display:
    """The choice of this run."""
    return Display(**(_default | _chosen))


def choose(**changes: Any) -> None:
    """What the command line says; None says nothing.

    Raises UsageError where a value is not among those of a choice.
    """
    _chosen.update(_checked(changes))


def choose_default(**changes: Any) -> None:
    """What the config file says. Raises UsageError as ``choose``."""
    _default.update(_checked(changes))


def reset() -> None:
    """Back to what holds where nobody chose anything."""
    _chosen.clear()
    _default.clear()


def _checked(changes: dict[str, Any]) -> dict[str, Any]:
    wanted = {name: value for name, value in changes.items() if value is not None}
    for name, kind in (("color", Color), ("sort", Sort)):
        if name in wanted:
            wanted[name] = _one_of(kind, name, str(wanted[name]))
    if wanted.get("limit", 0) < 0:
        raise UsageError(f"--limit is a number of groups from 0 up, not {wanted['limit']}.")
    return wanted


def _one_of(kind: type[StrEnum], name: str, value: str) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"--{name} is one of {', '.join(kind)}, not “{value}”.") from None
