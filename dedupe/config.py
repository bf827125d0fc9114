"""The config file: what it may hold, what it holds, and where each value came from.

Keys are spelled like the options of the command line. An unknown key is an error: a silently ignored typo can turn a careful
run into the wrong one.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TypeVar

from dedupe.errors import ConfigError, UsageError
from dedupe.settings import Settings, absolute, caution, keeper_rules, no_jobs, relations, rescue_mode, size
from dedupe.terminal import display
from dedupe.terminal.display import Color, Display, Sort
from dedupe.terminal.text import display_path

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key:
    """One key. ``read`` turns what TOML has into the value, raising TypeError on the wrong kind."""

    name: str
    read: Callable[[object], object]
    about: str
    display: bool = False
    example: str = ""

    @property
    def field(self) -> str:
        """The field of Settings or Display that it sets."""
        return self.name.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with the value that holds and whether the config file says so."""

    key: Key
    value: object
    from_file: bool


def _text(value: object) -> str:
    return _kind(value, str)


def _flag(value: object) -> bool:
    return _kind(value, bool)


def _whole(value: object) -> int:
    return _kind(value, int)


def _number(value: object) -> float:
    return value if isinstance(value, int) and not isinstance(value, bool) else _kind(value, float)


def _size(value: object) -> int:
    return size(value if isinstance(value, str) else _whole(value))


def _caution(value: object) -> object:
    return caution(_text(value))


def _rescue(value: object) -> object:
    return rescue_mode(_text(value))


def _list(make: Callable[[Sequence[str]], object]) -> Callable[[object], object]:
    def read(value: object) -> object:
        items = [value] if isinstance(value, str) else _kind(value, list)
        if not all(isinstance(item, str) for item in items):
            raise TypeError(value)
        return make(items)

    return read


def _kind(value: object, kind: type[T]) -> T:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(value)
    return value


KEYS = (
    Key("model", _text, "The model that finds candidates: compact or vgg16."),
    Key("weights", _text, "A file with the weights of the model.", example='"/path/to/weights"'),
    Key("threshold", _number, "The largest distance of a candidate: 0 is the same, 1.41 unrelated.", example="0.7"),
    Key("show", _list(relations), "The relations to show."),
    Key("select", _list(relations), "The relations to select for removal; never similar."),
    Key("keep", _list(keeper_rules), "The rules that choose the photo to keep, the first one first."),
    Key("reference", _list(absolute), "Folders whose photos are always kept.", example='["~/Pictures/Albums"]'),
    Key(
        "protect", _list(absolute), "Folders whose photos are never selected for removal.", example='["~/Pictures/Raw"]'
    ),
    Key("prefer", _list(absolute), "Folders whose copy is kept of equal ones.", example='["~/Pictures/Albums"]'),
    Key("caution", _caution, "When a re-saved copy is selected: normal or strict."),
    Key("cross-only", _flag, "Compare only photos from different PATHs."),
    Key("exclude", _list(tuple), "Patterns of names or paths to leave out.", example='["*.tmp", "Thumbnails"]'),
    Key("min-bytes", _size, "Skip smaller files: 500, 20k, 1M.", example='"20k"'),
    Key("include-hidden", _flag, "Scan hidden files and folders too."),
    Key("follow", _flag, "Follow symbolic links."),
    Key("jobs", _whole, "The number of worker processes; one per core by default.", example="4"),
    Key("max-pixels", _whole, "Skip pictures with more pixels than this."),
    Key("retry", _flag, "Try photos again that could not be read before."),
    Key("max-drop", _text, "Refuse to remove more photos than this: 100 or 5%.", example='"5%"'),
    Key("store", _text, "The file in which dedupe remembers what it read.", example='"/path/to/store.db"'),
    Key("exact", _flag, "Look only for files of the same bytes or the same pixels."),
    Key("cluster", _text, "Read, embed and compare on a Dask cluster: its address, or local[:N].", example='"local"'),
    Key("path-map", _list(tuple), "Folders as the workers of the cluster know them.", example='["/home/me=/mnt/me"]'),
    Key("rescue", _rescue, "Carry over metadata that only a copy has, so that it can go: ask, always or never."),
    Key("rescue-dates", _flag, "Carry over the oldest file date where no photo has a date."),
    Key("albums-as-keywords", _flag, "Carry over the names of the copies' folders, as keywords."),
    Key("sort", _text, f"The order of the groups: {', '.join(Sort)}.", display=True),
    Key("limit", _whole, "The number of groups to show; all by default.", display=True, example="50"),
    Key("color", _text, f"When to use colour: {', '.join(Color)}.", display=True),
    Key("progress", _flag, "Show progress.", display=True),
    Key("pager", _flag, "Show long results in a pager.", display=True),
    Key("quiet", _flag, "Show only the summary and errors.", display=True),
    Key("verbose", _flag, "Show times, the model and paths as well.", display=True),
)
"""All that the config file may hold."""


def config_path() -> Path:
    """Where the config file is looked for; it need not exist."""
    from platformdirs import user_config_path

    try:
        return user_config_path("dedupe", appauthor=False) / "config.toml"
    except RuntimeError:  # a user without a home, as containers have them
        return Path(os.devnull) / "config.toml"


def load_settings(flags: Mapping[str, object], config: Path | None = None) -> Settings:
    """Give the settings: defaults ← config file ← ``flags`` (those that are not None).

    What the file says of the display holds from here on, but where the command line says something else.

    Raises ConfigError where the file cannot be read, is not TOML, or has an unknown key or a value of the wrong kind, and
    UsageError where a value does not fit: 0 jobs, which stand for one per core, are not for a person to ask for.
    """
    found = from_file(config or config_path())
    display.choose_default(**{key.field: value for key, value in found.items() if key.display})
    values = {key.field: value for key, value in found.items() if not key.display}
    values.update({name: value for name, value in flags.items() if value is not None})
    if values.get("jobs") == 0:
        raise no_jobs(0)
    return replace(Settings(), **values)  # type: ignore[arg-type]


def from_file(path: Path) -> dict[Key, object]:
    """The keys of the file with their values; none where there is no file.

    Raises ConfigError as ``load_settings``.
    """
    if not path.is_file():
        return {}
    shown = display_path(str(path))
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The config file {shown} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The config file {shown} is not valid TOML: {error}.") from error
    except RecursionError as error:
        raise ConfigError(f"The config file {shown} is nested too deeply.") from error
    known = {key.name: key for key in KEYS} | {key.field: key for key in KEYS}
    for name in table:
        if name not in known:
            raise ConfigError(
                f"The config file {shown} has an unknown key “{name}”; see `dedupe config` for the keys it may have."
            )
    return {known[name]: _value(known[name], value, shown) for name, value in table.items()}


def _value(key: Key, value: object, shown: str) -> object:
    try:
        return key.read(value)
    except TypeError:
        raise ConfigError(f"The config file {shown}: “{key.name}” has a value of the wrong kind.") from None


def entries(path: Path) -> tuple[Entry, ...]:
    """Every key with its value and origin. Raises ConfigError as ``load_settings``."""
    found = from_file(path)
    settings, shown = Settings(), Display()
    return tuple(
        Entry(key, found.get(key, getattr(shown if key.display else settings, key.field)), key in found) for key in KEYS
    )


def template() -> str:
    """A config file in which every key is commented out, with what it means and its default."""
    lines = ["# dedupe's config file. Remove the # before a key to set it. Options on the command line win.", ""]
    for key in KEYS:
        default = getattr(Display() if key.display else Settings(), key.field)
        lines += [f"# {key.about}", f"# {key.name} = {key.example or toml(default)}", ""]
    return "\n".join(lines)


def toml(value: object) -> str:
    """``value`` as TOML writes it; an empty string for None."""
    if value is None:
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, Enum):
        return toml(value.value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)


def write_template(path: Path) -> None:
    """Write the template. Raises UsageError where the file exists already or cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(template())
    except FileExistsError:
        raise UsageError(f"The config file {display_path(str(path))} already exists; edit it instead.") from None
    except OSError as error:
        raise UsageError(f"The config file {display_path(str(path))} cannot be written: {error.strerror}.") from error
