"""The databases together, for `dedupe cache`: what they hold, tidying, emptying. Creates none that is missing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from dedupe.library.cache import Cache
from dedupe.library.decisions import Decisions
from dedupe.library.header import file_size
from dedupe.library.paths import StorePaths
from dedupe.library.previews import Previews
from dedupe.library.prune import Pruned
from dedupe.terminal.text import display_path, format_bytes, format_count

MANY: Final = 100_000
ENOUGH: Final = 1_000
"""With fewer photos, what is there before the first one counts too much to tell what one costs."""


@dataclass(frozen=True, slots=True)
class Held:
    """One database: is it there, how large, and what it holds, as short phrases.

    ``photos`` is how many photos it holds something of, None where it does not grow with them.
    """

    name: str
    path: str
    there: bool = False
    bytes_on_disk: int = 0
    held: tuple[str, ...] = ()
    photos: int | None = None

    @property
    def bytes_for_many(self) -> int | None:
        """What it takes for ``MANY`` photos, by what it takes now; None where there are too few to tell."""
        if self.photos is None or self.photos < ENOUGH:
            return None
        return self.bytes_on_disk * MANY // self.photos


@dataclass(frozen=True, slots=True)
class Tidied:
    """What ``prune`` and ``clear`` did; ``notices`` are sentences the user should read."""

    notices: tuple[str, ...]
    pruned: Pruned
    previews: int = 0


def prune(paths: StorePaths) -> Tidied | None:
    """Forgets photos that are surely gone, and their previews; None where nothing has been begun."""
    if not os.path.lexists(paths.cache):
        return None
    with Cache(paths.cache) as cache, Previews(paths.previews) as previews:
        pruned = cache.prune()
        dropped = previews.prune(cache.content_keys())
        return Tidied((*cache.notices, *previews.notices), pruned, dropped)


def clear(paths: StorePaths) -> Tidied | None:
    """Empties cache and previews; None where nothing has been begun."""
    if not os.path.lexists(paths.cache):
        return None
    with Cache(paths.cache) as cache, Previews(paths.previews) as previews:
        cache.clear()
        previews.clear()
        _drop_indexes(paths.index)
        return Tidied((*cache.notices, *previews.notices), Pruned(0, 0, 0, 0, 0))


def _drop_indexes(folder: str) -> None:
    """The search indexes are made again from the vectors; only files that bear their names are removed."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            if name.endswith(".vectors"):
                os.unlink(os.path.join(folder, name))  # noqa: TID251 - dedupe's own file, never a photo


def held(paths: StorePaths) -> list[Held]:
    """Cache, previews, decisions and journal. Raises StoreError where an existing one cannot be opened."""
    return [
        _held("cache", paths.cache, _cache),
        _held("previews", paths.previews, _previews),
        _held("decisions", paths.decisions, _decisions),
        _held("journal", paths.journal, lambda _: ((), None)),
    ]


_Told: TypeAlias = tuple[tuple[str, ...], int | None]


def _held(name: str, path: str, look: Callable[[str], _Told]) -> Held:
    if not os.path.lexists(path):
        return Held(name, path)
    found, photos = look(path)
    return Held(name, path, True, sum(file_size(path + end) for end in ("", "-wal", "-journal")), found, photos)


def _cache(path: str) -> _Told:
    with Cache(path) as cache:
        info, notices = cache.info(), cache.notices
    return (
        *notices,
        f"{format_count(info.files, 'file')}, {format_count(info.contents, 'photo')} read, "
        f"{format_count(info.failures, 'file')} that cannot be judged",
        f"verdicts on {format_count(info.verdicts, 'pair')}",
        *(f"{format_count(count, 'vector')} by {model}" for model, count in info.vectors),
        *(f"from {display_path(root)}" for root in info.roots),
    ), info.contents


def _previews(path: str) -> _Told:
    with Previews(path) as previews:
        count = previews.info()[0]
        return (*previews.notices, f"{format_count(count, 'preview')}, at most {format_bytes(previews.limit)}"), count


def _decisions(path: str) -> _Told:
    with Decisions(path) as decisions:
        scans = decisions.saved_scans()
        groups = sum(scan.decided for scan in scans)
        pairs = len(decisions.made())
        return (
            f"{format_count(groups, 'decision')} on groups of {format_count(len(scans), 'scan')}",
            f"{format_count(pairs, 'decision')} on pairs of photos",
        ), None
