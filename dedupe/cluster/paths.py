"""Where another machine finds a photo: paths under a mapped folder, and stamps of another mount."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from dedupe.errors import UsageError
from dedupe.types import FileStamp

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PathMap:
    """Folders of this machine and what they are called on the workers, the longest first."""

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, texts: Sequence[str]) -> PathMap:
        """The map of ``LOCAL=REMOTE`` texts.

        Raises UsageError where one of them has no ``=`` or a side that is not an absolute path.
        """
        pairs = []
        for text in texts:
            local, equals, remote = text.partition("=")
            if not equals or not os.path.isabs(os.path.expanduser(local)) or not remote.startswith("/"):
                raise UsageError(f"--path-map takes LOCAL=REMOTE, two absolute folders, not “{text}”.")
            pairs.append((os.path.abspath(os.path.expanduser(local)), remote.rstrip("/") or "/"))
        return cls(tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair))))

    def remote(self, path: str) -> str:
        """What ``path`` is called on the workers; itself where no folder of the map holds it."""
        for local, remote in self.pairs:
            if path == local or path.startswith(local.rstrip(os.sep) + os.sep):
                rest = path[len(local.rstrip(os.sep)) :].replace(os.sep, "/")
                return remote.rstrip("/") + rest
        return path


def sent(item: T, paths: PathMap) -> T:
    """``item`` as another machine needs it: its paths mapped, and without the database of this machine."""
    if not is_dataclass(item) or isinstance(item, type):
        return item
    changed: dict[str, Any] = {}
    for field in fields(item):
        value = getattr(item, field.name)
        if field.name == "path" and isinstance(value, str):
            changed["path"] = paths.remote(value)
        elif field.name == "cache_path":
            changed["cache_path"] = None
        elif is_dataclass(value):
            changed[field.name] = sent(value, paths)
        elif isinstance(value, tuple):
            changed[field.name] = tuple(sent(one, paths) for one in value)
    return replace(item, **changed)


def arrived(item: T) -> T:
    """``item`` on the machine that works on it, with the stamp that its mount gives the same file.

    Device and inode are a mount's own. A file whose size and time are those that were sent is the file that was meant;
    what it holds is told by its content key.
    """
    stamp, path = getattr(item, "stamp", None), getattr(item, "path", None)
    if not isinstance(stamp, FileStamp) or not isinstance(path, str):
        return item
    try:
        here = FileStamp.of(os.stat(path))
    except OSError:
        return item
    same = (here.size, here.mtime_ns) == (stamp.size, stamp.mtime_ns)
    return replace(item, stamp=here) if same else item  # type: ignore[type-var]


def returned(answer: T, item: object) -> T:
    """``answer``, and what it holds, with the path and the stamp that this machine knows ``item`` by."""
    if not is_dataclass(answer) or isinstance(answer, type):
        return answer
    own: dict[str, Any] = {}
    for field in fields(answer):
        value = getattr(answer, field.name)
        if field.name in ("path", "stamp") and hasattr(item, field.name):
            own[field.name] = getattr(item, field.name)
        elif is_dataclass(value) and hasattr(value, "path"):
            own[field.name] = returned(value, item)
    return replace(answer, **own)
