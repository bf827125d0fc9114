"""``dedupe cache info | prune | clear``: what the cache holds, and forgetting what is gone.

A file is forgotten only where its absence is certain: its root is there, and other files of the same device
below that root are. A disk that is not plugged in, a share that is not mounted, an unreadable folder: their
rows stay.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TypeAlias

from dedupe.library.database import Database

_TABLES = (
    "files",
    "failures",
    "companions",
    "contents",
    "warnings",
    "vectors",
    "models",
    "verdicts",
    "refusals",
    "candidates",
    "candidate_lists",
    "roots",
)

_STORED = "SELECT path, dev FROM files UNION ALL SELECT path, 0 FROM failures UNION ALL SELECT path, 0 FROM companions"

_Place: TypeAlias = tuple[bytes, int]


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What the cache holds; ``bytes_on_disk`` with its log."""

    path: str
    bytes_on_disk: int
    files: int
    failures: int
    contents: int
    vectors: tuple[tuple[str, int], ...]
    verdicts: int
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was forgotten, and what stays because its disk or folder is missing."""

    files: int
    contents: int
    vectors: int
    verdicts: int
    away: int


def info(db: Database) -> CacheInfo:
    """Counts and sizes; looks at no photo."""
    count = {table: db.value(f"SELECT count(*) FROM {table}") for table in _TABLES}
    by_model = db.rows(
        "SELECT name, (SELECT count(*) FROM vectors WHERE model = models.id) FROM models"
        " WHERE name NOT LIKE '%/inset %' ORDER BY name"
    )
    return CacheInfo(
        path=db.path,
        bytes_on_disk=db.bytes_on_disk(),
        files=count["files"],
        failures=count["failures"],
        contents=count["contents"],
        vectors=tuple((str(name), int(number)) for name, number in by_model),
        verdicts=count["verdicts"],
        roots=tuple(os.fsdecode(row[0]) for row in db.rows("SELECT path FROM roots ORDER BY path")),
    )


def clear(db: Database) -> None:
    """Empties the cache and gives the space back."""
    db.flush()
    with db.transaction() as connection:
        for table in _TABLES:
            connection.execute(f"DELETE FROM {table}")
    db.shrink()


def prune(db: Database) -> Pruned:
    """Forget the files that are surely gone, then what nothing refers to; raises nothing on folders it cannot read."""
    gone, away = _gone(db)
    with db.transaction() as connection:
        run = connection.execute
        connection.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in gone])
        connection.executemany("DELETE FROM failures WHERE path = ?", [(path,) for path in gone])
        connection.executemany("DELETE FROM companions WHERE path = ?", [(path,) for path in gone])
        contents = run("DELETE FROM contents WHERE content_key NOT IN (SELECT content_key FROM files)").rowcount
        known = "(SELECT content_key FROM contents)"
        run(f"DELETE FROM warnings WHERE content_key NOT IN {known}")
        vectors = run(f"DELETE FROM vectors WHERE content_key NOT IN {known}").rowcount
        unknown = f"substr(pair, 1, 16) NOT IN {known} OR substr(pair, 17) NOT IN {known}"
        verdicts = run(f"DELETE FROM verdicts WHERE {unknown}").rowcount
        run(f"DELETE FROM refusals WHERE {unknown}")
        if contents:
            run("DELETE FROM candidates")
            run("DELETE FROM candidate_lists")
    db.shrink()
    return Pruned(len(gone), contents, vectors, verdicts, away)


def _gone(db: Database) -> tuple[list[bytes], int]:
    """The stored paths whose files are surely gone, and how many are merely out of reach."""
    roots = sorted((row[0] for row in db.rows("SELECT path FROM roots")), key=len, reverse=True)
    folders: dict[bytes, frozenset[bytes] | None] = {}
    alive: set[_Place] = set()
    absent: list[tuple[bytes, _Place]] = []
    for path, dev in db.stream(_STORED):
        root = next((root for root in roots if _is_below(path, root)), None)
        there = _is_there(path, folders) if root is not None else None
        if root is not None and there:
            alive.update({(root, dev), (root, 0)})
        else:
            absent.append((path, (root or b"", dev) if there is False else (b"", 0)))
    gone = list(dict.fromkeys(path for path, place in absent if place in alive))
    return gone, len(absent) - len(gone)


def _is_there(path: bytes, folders: dict[bytes, frozenset[bytes] | None]) -> bool | None:
    """Whether the file is in its folder; None where that cannot be told."""
    folder, name = os.path.split(path)
    if folder not in folders:
        folders[folder] = _names(folder)
    names = folders[folder]
    return None if names is None else name in names


def _names(folder: bytes) -> frozenset[bytes] | None:
    try:
        return frozenset(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except OSError:
        return None


def _is_below(path: bytes, root: bytes) -> bool:
    return path.startswith(root.rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep))
